//! Through the router: who sees what, that the very words are marked, and that nothing a merchant writes runs anywhere.

use crate::tests::{Bench, boastful, honest, manager, owner, png, quack, reviewer};
use crate::{Content, Document, Listing, State};
use axum::Router;
use axum::body::Body;
use axum::http::StatusCode;
use kernel::{Actor, Kernel};
use web::testing::{Answer, call, site};
use web::{Authenticator, SignedSession};

struct Tokens;

#[async_trait::async_trait]
impl Authenticator for Tokens {
    async fn session(&self, _kernel: &Kernel, _token: &str) -> kernel::Result<Option<SignedSession>> {
        Ok(None)
    }

    async fn bearer(&self, _kernel: &Kernel, token: &str) -> kernel::Result<Option<Actor>> {
        Ok(match token {
            "reviewer" => Some(reviewer()),
            "manager" => Some(manager()),
            other => other.strip_prefix("owner-").map(owner),
        })
    }
}

fn migrations() -> db::Migrations {
    let mut all = crate::tests::migrations();
    all.extend(web::migrations());
    all
}

async fn opened() -> (Bench, Router) {
    let bench = Bench::over(db::testing::sqlite(migrations).await);
    bench.merchant("m1", 1, &["daily/home"]).await;
    let site = site(&bench.kernel, &[crate::CATALOG, merchants::CATALOG, web::CATALOG], Tokens).await;
    let router = super::routes().into_router(site);
    (bench, router)
}

async fn send(router: &Router, token: &str, method: &str, path: &str, kind: &str, body: impl Into<Body>) -> Answer {
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("content-type", kind), ("accept-language", "zh")];
    call(router, method, path, &headers, body).await
}

async fn get(router: &Router, token: &str, path: &str) -> Answer {
    send(router, token, "GET", path, "text/plain", Body::empty()).await
}

const FORM: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data; boundary=B";

enum Part<'a> {
    Text(&'a str, &'a str),
    File(&'a str, &'a str, &'a [u8]),
}

fn multipart(parts: &[Part<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for part in parts {
        let (head, content) = match part {
            Part::Text(name, value) => {
                (format!("--B\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n"), value.as_bytes())
            }
            Part::File(name, file, content) => (
                format!("--B\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\n\r\n"),
                *content,
            ),
        };
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--B--\r\n");
    body
}

const HOSTILE: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";

/// A listing whose every field carries markup, in two versions, with a picture and a document.
async fn hostile(bench: &Bench) -> Listing {
    let content = |title: &str| Content {
        title: format!("=cmd {HOSTILE} {title}"),
        description: HOSTILE.into(),
        brand: HOSTILE.into(),
        gtin: "<b>6901234567892".into(),
        attributes: [(HOSTILE.to_owned(), HOSTILE.to_owned())].into(),
        documents: vec![Document {
            kind: HOSTILE.into(),
            number: HOSTILE.into(),
            holder: HOSTILE.into(),
            ..Document::default()
        }],
        ..honest("x")
    };
    let mut first = content("全国第一");
    first.images = vec![bench.picture("m1", 3).await];
    let listing = bench.offer("m1", HOSTILE, first).await;
    bench.change(&listing, content("二")).await
}

#[tokio::test]
async fn markup_in_any_field_is_shown_as_text_on_every_page() {
    let (bench, router) = opened().await;
    let listing = hostile(&bench).await;
    bench.offer("m1", "Q", quack(HOSTILE)).await;
    let brand = crate::banks::brands::NewBrand {
        market: "cn".into(),
        name: HOSTILE.into(),
        owner: HOSTILE.into(),
        ..Default::default()
    };
    crate::banks::brands::add(&bench.kernel, &manager(), brand).await.unwrap();
    let id = &listing.id;
    let pages = [
        ("owner-m1", "/merchant/listings".to_owned()),
        ("owner-m1", "/merchant/listings/new".into()),
        ("owner-m1", format!("/merchant/listings/{id}")),
        ("owner-m1", format!("/merchant/listings/{id}/edit")),
        ("owner-m1", "/merchant/imports".into()),
        ("reviewer", "/console/listings".into()),
        ("reviewer", "/console/listings?q=%3Cscript%3E&state=draft".into()),
        ("reviewer", format!("/console/listings/{id}")),
        ("reviewer", format!("/console/listings/{id}?version=1&from=1&to=2")),
        ("manager", format!("/console/listings/{id}")),
        ("manager", "/console/listings/banks".into()),
        ("manager", "/console/listings/banks/brands".into()),
        ("manager", "/console/listings/banks/recalls".into()),
        ("manager", "/console/listings/imports".into()),
    ];
    for (token, path) in pages {
        for language in ["zh-CN", "en"] {
            let joint = if path.contains('?') { '&' } else { '?' };
            let answer = get(&router, token, &format!("{path}{joint}lang={language}")).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
            let body = answer.body;
            assert!(!body.contains("<script>alert") && !body.contains("<img src=x"), "{path}");
            assert!(!body.contains('⟨'), "a text is missing on {path}: {}", body.split('⟨').nth(1).unwrap_or(""));
            assert!(!body.contains(" style=\""), "{path}");
        }
    }
    let csv = get(&router, "reviewer", "/console/listings.csv").await;
    assert!(csv.body.contains("'=cmd "), "a formula is defused: {}", csv.body);
    let json = get(&router, "reviewer", "/console/listings.ndjson").await.body;
    let all: Vec<serde_json::Value> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(all.len() == 2 && all.iter().any(|one| one["brand"] == HOSTILE), "{json}");
    assert_eq!(
        get(&router, "owner-m1", "/merchant/listings.csv?state=removed").await.body.lines().count(),
        1,
        "only the header"
    );
    let lines = get(&router, "reviewer", "/console/listings.ndjson?state=draft").await;
    assert_eq!((lines.status, lines.body.as_str()), (StatusCode::OK, ""));
}

#[tokio::test]
async fn the_merchant_reads_why_with_the_very_words_marked() {
    let (bench, router) = opened().await;
    let listing = bench.offer("m1", "A", boastful("桌布")).await;
    assert!(matches!(listing.state, State::Rejected | State::InReview), "{}", listing.state);
    let page = get(&router, "owner-m1", &format!("/merchant/listings/{}", listing.id)).await.body;
    let run = crate::detail(&bench.kernel, &owner("m1"), &listing.id).await.unwrap().run.unwrap();
    let marked: Vec<_> =
        run.findings.iter().filter(|finding| finding.field == "title" && finding.start.is_some()).collect();
    assert!(!marked.is_empty());
    for finding in marked {
        assert!(page.contains(&format!(">{}<", finding.text)), "{} stands alone in its mark: {page}", finding.text);
        assert!(page.contains(&finding.reason.zh.replace('"', "&quot;")));
        assert!(page.contains(&finding.basis[0].name.zh), "the law is named");
        assert!(page.contains(&finding.fix.as_ref().unwrap().zh), "the remedy is named");
    }
    assert!(page.matches("<mark").count() >= 2, "{page}");
    assert!(!page.contains(&run.findings[0].rule), "rules are the staff's business");
    let listing = bench.change(&listing, honest("桌布")).await;
    let later = get(&router, "owner-m1", &format!("/merchant/listings/{}", listing.id)).await.body;
    assert!(later.contains(&run.findings[0].reason.zh), "what an earlier version was told stays in words");
    assert!(!later.contains(&run.findings[0].rule));
    let console = get(&router, "reviewer", &format!("/console/listings/{}?version=1", listing.id)).await.body;
    assert!(console.contains(&run.findings[0].rule) && console.contains("<mark"));
    assert!(!console.contains("/measure\""), "a reviewer takes no measures here");
}

fn typed<'a>(title: &'a str, action: &'a str) -> Vec<Part<'a>> {
    vec![
        Part::Text("external_id", "SKU-9"),
        Part::Text("title", title),
        Part::Text("category", "daily/home"),
        Part::Text("price", "39.90"),
        Part::Text("currency", "CNY"),
        Part::Text("attribute_name", "产地"),
        Part::Text("attribute_value", "杭州"),
        Part::Text("attribute_name", ""),
        Part::Text("attribute_value", ""),
        Part::Text("action", action),
    ]
}

async fn only(bench: &Bench) -> Vec<Listing> {
    crate::list(&bench.kernel, &owner("m1"), &crate::Filter::default(), &kernel::Paging::default()).await.unwrap().rows
}

#[tokio::test]
async fn a_listing_is_checked_saved_mended_and_goes_on_sale_through_the_form() {
    let (bench, router) = opened().await;
    let path = "/merchant/listings/new";
    let mut parts = typed("国家级桌布", "check");
    let picture = png(9);
    parts.push(Part::File("pictures", "a.png", &picture));
    let checked = send(&router, "owner-m1", "POST", path, MULTIPART, multipart(&parts)).await;
    assert_eq!(checked.status, StatusCode::OK, "{}", checked.body);
    assert!(
        checked.body.contains("<q>国家级</q>")
            && checked.body.contains("value=\"杭州\"")
            && checked.body.contains("value=\"39.90\"")
    );
    assert!(only(&bench).await.is_empty(), "checking keeps nothing");
    let sha256 = checked.body.split("name=\"image\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();

    let mut parts = typed("国家级桌布", "submit");
    parts.push(Part::Text("image", &sha256));
    let handed_in = send(&router, "owner-m1", "POST", path, MULTIPART, multipart(&parts)).await;
    assert_eq!(handed_in.status, StatusCode::SEE_OTHER, "{}", handed_in.body);
    bench.settle().await;
    let listing = only(&bench).await.remove(0);
    assert_eq!(handed_in.header("location"), format!("/merchant/listings/{}", listing.id));
    assert!(!listing.state.is_on_sale());
    let version = crate::detail(&bench.kernel, &owner("m1"), &listing.id).await.unwrap().versions.remove(0);
    assert_eq!((version.content.images[0].sha256.as_str(), version.content.price_minor), (sha256.as_str(), Some(3990)));

    let edit = format!("/merchant/listings/{}/edit", listing.id);
    let form = get(&router, "owner-m1", &edit).await.body;
    assert!(form.contains("value=\"国家级桌布\"") && form.contains("name=\"number\" value=\"1\""));
    let mut parts = typed("棉麻桌布", "submit");
    parts.push(Part::Text("number", "1"));
    let mended = send(&router, "owner-m1", "POST", &edit, MULTIPART, multipart(&parts)).await;
    assert_eq!(mended.status, StatusCode::SEE_OTHER, "{}", mended.body);
    bench.settle().await;
    assert_eq!(bench.listing(&listing.id).await.state, State::OnSale);

    let mut late = typed("另一个人的改动", "save");
    late.push(Part::Text("number", "1"));
    let stale = send(&router, "owner-m1", "POST", &edit, MULTIPART, multipart(&late)).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    assert!(stale.body.contains("另一个人的改动"), "what was typed is kept");
    assert!(stale.body.contains("棉麻") && stale.body.contains("name=\"number\" value=\"2\""), "what changed is shown");
    assert_eq!(bench.listing(&listing.id).await.latest_number, 2, "nothing was saved");
}

#[tokio::test]
async fn wrong_input_is_said_at_its_field_and_nothing_is_saved() {
    let (bench, router) = opened().await;
    let parts = [
        Part::Text("external_id", ""),
        Part::Text("title", ""),
        Part::Text("category", "daily/home"),
        Part::Text("price", "12,50"),
        Part::Text("currency", "CNY"),
        Part::Text("attribute_name", "产地"),
        Part::Text("attribute_value", "甲"),
        Part::Text("attribute_name", "产地"),
        Part::Text("attribute_value", "乙"),
        Part::Text("produced", "昨天"),
        Part::File("pictures", "a.png", b"MZ no picture"),
        Part::Text("action", "save"),
    ];
    let answer = send(&router, "owner-m1", "POST", "/merchant/listings/new", MULTIPART, multipart(&parts)).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.body);
    for field in ["external_id", "title", "price", "attributes", "produced", "pictures"] {
        assert!(answer.body.contains(&format!("field-{field}-error")), "{field}: {}", answer.body);
    }
    assert!(answer.body.contains("value=\"12,50\"") && !answer.body.contains('⟨'));
    assert!(only(&bench).await.is_empty());
}

#[tokio::test]
async fn findings_come_while_typing_and_keep_nothing() {
    let (bench, router) = opened().await;
    let body = "title=全国第一桌布&category=daily/home&currency=CNY&pictures=%5Bobject+File%5D&attribute_name=a&attribute_value=b";
    let answer = send(&router, "owner-m1", "POST", "/merchant/listings/check", FORM, body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert!(answer.body.contains("<q>全国第一</q>") && !answer.body.contains("<html"), "{}", answer.body);
    let calm = send(
        &router,
        "owner-m1",
        "POST",
        "/merchant/listings/check",
        FORM,
        "title=桌布&category=daily/home&currency=CNY",
    )
    .await;
    assert!(!calm.body.contains("<q>"), "{}", calm.body);
    let long = format!("title={}&category=daily/home", "a".repeat(3_000));
    let answer = send(&router, "owner-m1", "POST", "/merchant/listings/check", FORM, long).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("2000"));
    assert!(only(&bench).await.is_empty());
}

#[tokio::test]
async fn pictures_documents_and_pages_of_another_merchant_are_not_there() {
    let (bench, router) = opened().await;
    bench.merchant("m2", 2, &["daily/home"]).await;
    let file = crate::keep_document(&bench.kernel, &owner("m1"), bytes::Bytes::from_static(b"%PDF-1.4 a report"))
        .await
        .unwrap();
    let document = Document { kind: "test-report".into(), number: "T1".into(), sha256: file, ..Document::default() };
    let content = Content { images: vec![bench.picture("m1", 5).await], documents: vec![document], ..honest("桌布") };
    let sha256 = content.images[0].sha256.clone();
    let listing = bench.offer("m1", "A", content).await;
    let picture = format!("/pictures/listings/{sha256}");
    let document = format!("/documents/listings/{}/0", listing.latest_version_id);
    for path in [picture.as_str(), document.as_str()] {
        assert_eq!(get(&router, "owner-m1", path).await.status, StatusCode::OK, "{path}");
        assert_eq!(get(&router, "reviewer", path).await.status, StatusCode::OK, "{path}");
        assert_eq!(get(&router, "owner-m2", path).await.status, StatusCode::NOT_FOUND, "{path}");
        let stranger = get(&router, "nobody", path).await;
        assert!(
            stranger.status == StatusCode::SEE_OTHER && stranger.header("location").contains("sign-in"),
            "{path} {}",
            stranger.header("location")
        );
    }
    assert_eq!(get(&router, "owner-m1", &picture).await.header("content-type"), "image/png");
    assert_eq!(get(&router, "owner-m1", &document).await.header("content-type"), "application/pdf");
    for path in [format!("/merchant/listings/{}", listing.id), format!("/merchant/listings/{}/edit", listing.id)] {
        assert_eq!(get(&router, "owner-m2", &path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(get(&router, "owner-m1", "/console/listings").await.status, StatusCode::FORBIDDEN);
    let save = send(
        &router,
        "owner-m2",
        "POST",
        &format!("/merchant/listings/{}/edit", listing.id),
        MULTIPART,
        multipart(&typed("抢", "save")),
    )
    .await;
    assert_eq!(save.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_manager_suspends_with_reasons_and_restores_and_a_late_second_word_is_refused() {
    let (bench, router) = opened().await;
    let listing = bench.offer("m1", "A", honest("桌布")).await;
    assert_eq!(listing.state, State::OnSale);
    let path = format!("/console/listings/{}/measure", listing.id);
    let without = send(&router, "manager", "POST", &path, FORM, "expected=on_sale&measure=suspend").await;
    assert_eq!(without.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(without.body.contains("field-reason-error"), "{}", without.body);
    let limits = send(&router, "manager", "POST", &path, FORM, "expected=on_sale&measure=restrict&reason=x").await;
    assert!(limits.status == StatusCode::UNPROCESSABLE_ENTITY && limits.body.contains("field-limits-error"));
    let suspend = "expected=on_sale&measure=suspend&reason=抽检不合格&note=请查看报告";
    assert_eq!(send(&router, "reviewer", "POST", &path, FORM, suspend).await.status, StatusCode::FORBIDDEN);
    assert_eq!(send(&router, "manager", "POST", &path, FORM, suspend).await.status, StatusCode::SEE_OTHER);
    assert_eq!(bench.listing(&listing.id).await.state, State::Suspended);
    assert_eq!(send(&router, "manager", "POST", &path, FORM, suspend).await.status, StatusCode::CONFLICT);
    let own = get(&router, "owner-m1", &format!("/merchant/listings/{}", listing.id)).await.body;
    assert!(own.contains("抽检不合格") && own.contains("请查看报告"), "the merchant reads why: {own}");
    let restore = "expected=suspended&measure=restore&reason=复检合格";
    assert_eq!(send(&router, "manager", "POST", &path, FORM, restore).await.status, StatusCode::SEE_OTHER);
    assert_eq!(bench.listing(&listing.id).await.state, State::OnSale);
}

#[tokio::test]
async fn an_import_shows_its_progress_and_every_row_and_gives_its_report() {
    let (bench, router) = opened().await;
    let csv = "id,title,category,price_minor\nA,桌布,daily/home,3990\n=B,,daily/home,10\n";
    let parts = [Part::Text("mapping", "touchstone"), Part::File("file", "店铺.csv", csv.as_bytes())];
    let begun = send(&router, "owner-m1", "POST", "/merchant/imports", MULTIPART, multipart(&parts)).await;
    assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.body);
    let begun_at = begun.header("location");
    let running = get(&router, "owner-m1", &begun_at).await.body;
    assert!(running.contains("hx-trigger=\"every 2s\"") && running.contains("店铺.csv"));
    bench.settle().await;
    let done = get(&router, "owner-m1", &begun_at).await.body;
    assert!(!done.contains("hx-trigger"), "a finished import asks no more");
    assert!(done.contains("=B") && !done.contains('⟨'), "the refused row comes first: {done}");
    let created = get(&router, "owner-m1", &format!("{begun_at}?status=created")).await.body;
    assert!(created.contains("/merchant/listings/"));
    let report = get(&router, "owner-m1", &format!("{begun_at}/report.csv")).await.body;
    assert!(report.contains("'=B") && report.lines().count() == 3, "{report}");
    assert_eq!(get(&router, "owner-m2", &begun_at).await.status, StatusCode::NOT_FOUND);
    let console = begun_at.replace("/merchant/imports", "/console/listings/imports");
    assert_eq!(get(&router, "manager", &console).await.status, StatusCode::OK);
    assert!(get(&router, "manager", &format!("{console}/progress")).await.body.starts_with("<section"));

    let wrong = [
        Part::Text("mapping", "own"),
        Part::File("mapping_file", "m.toml", b"name = "),
        Part::File("file", "a.csv", b"id\n1\n"),
    ];
    let answer = send(&router, "owner-m1", "POST", "/merchant/imports", MULTIPART, multipart(&wrong)).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("m.toml") && !answer.body.contains('⟨'), "{}", answer.body);
}

#[tokio::test]
async fn banks_are_kept_from_the_console() {
    let (bench, router) = opened().await;
    bench.merchant("m3", 3, &["food/health-food"]).await;
    bench.offer("m3", "Q", quack("降糖茶")).await;
    let page = get(&router, "manager", "/console/listings/banks").await.body;
    let entry = page
        .split("/console/listings/banks/")
        .filter_map(|rest| rest.split_once("/remove\""))
        .map(|(id, _)| id)
        .find(|id| id.len() < 60);
    let entry = entry.expect("a fingerprint with its form").to_owned();
    let path = format!("/console/listings/banks/{entry}/remove");
    assert_eq!(send(&router, "manager", "POST", &path, FORM, "reason=").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(send(&router, "reviewer", "POST", &path, FORM, "reason=误判").await.status, StatusCode::FORBIDDEN);
    assert_eq!(
        send(&router, "manager", "POST", &path, FORM, "reason=误判&whole=true").await.status,
        StatusCode::SEE_OTHER
    );
    assert!(!get(&router, "manager", "/console/listings/banks?active=yes").await.body.contains(&path));

    let brands = "/console/listings/banks/brands";
    let brand = "market=cn&name=青砚坊&owner=青砚公司&aliases=Qingyanfang&authorisation=true";
    assert_eq!(send(&router, "manager", "POST", brands, FORM, brand).await.status, StatusCode::SEE_OTHER);
    let listed = get(&router, "manager", &format!("{brands}?q=青砚")).await.body;
    assert!(listed.contains("Qingyanfang") && listed.contains("/remove\""));
    assert_eq!(
        send(&router, "manager", "POST", brands, FORM, "market=cn&name=").await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );

    let recalls = "/console/listings/banks/recalls";
    let nothing = [Part::File("file", "a.jsonl", b"no notice at all")];
    let answer = send(&router, "manager", "POST", recalls, MULTIPART, multipart(&nothing)).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.body);
    assert!(answer.body.contains("a.jsonl"));
}
