//! Through the router: who sees what, what everybody may fetch, and that nothing anybody writes runs anywhere.

use super::*;
use axum::Router;
use axum::body::Body;
use axum::http::StatusCode;
use kernel::testing::owner;
use serde_json::{Value, json};
use web::testing::{Answer, call};
use web::{Authenticator, FixedNav, Settings, SignedSession, Site};

struct Tokens;

#[async_trait::async_trait]
impl Authenticator for Tokens {
    async fn session(&self, _kernel: &Kernel, _token: &str) -> kernel::Result<Option<SignedSession>> {
        Ok(None)
    }

    async fn bearer(&self, _kernel: &Kernel, token: &str) -> kernel::Result<Option<Actor>> {
        Ok(match token.split_once(' ').unwrap_or((token, "")) {
            ("manager", _) => Some(manager()),
            ("auditor", _) => Some(staff(Role::Auditor)),
            (other, _) => match other.split_once('-') {
                Some(("tester", id)) => Some(tester(id)),
                Some(("owner", id)) => Some(owner(id)),
                _ => None,
            },
        })
    }
}

async fn router(bench: &Bench) -> Router {
    let catalogs = Arc::new(ui::Catalogs::new(&[crate::CATALOG, web::CATALOG]).unwrap());
    let nav = Arc::new(FixedNav(Vec::new()));
    let settings = Settings { base_url: BASE.to_owned(), ..Settings::default() };
    let site = Site::new(bench.kernel.clone(), catalogs, settings, Arc::new(Tokens), nav).await.unwrap();
    crate::routes().into_router(site)
}

async fn send(router: &Router, token: &str, method: &str, path: &str, kind: &str, body: impl Into<Body>) -> Answer {
    let bearer = format!("Bearer {token}");
    let mut headers = vec![("content-type", kind), ("accept-language", "zh")];
    if !token.is_empty() {
        headers.push(("authorization", bearer.as_str()));
    }
    call(router, method, path, &headers, body).await
}

async fn get(router: &Router, token: &str, path: &str) -> Answer {
    send(router, token, "GET", path, "text/plain", Body::empty()).await
}

async fn post(router: &Router, token: &str, path: &str, body: Value) -> Answer {
    send(router, token, "POST", path, "application/json", body.to_string()).await
}

fn body(number: &str) -> Value {
    json!({
        "gtin": "6901234567892", "lot_number": "L1", "number": number, "title": "儿童雨衣安全检测",
        "standard": "GB 31701-2015", "tested_on": "2026-02-20", "result": "fail", "sign": true,
        "items": [{"name": "铅", "limit": "≤0.1", "value": "0.4", "unit": "mg/kg", "method": "GB 5009.12", "verdict": "fail"}],
    })
}

/// A multipart form, as a browser sends it.
fn form(fields: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (name, value) in fields {
        text.push_str(&format!("--XX\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"));
    }
    text + "--XX--\r\n"
}

const FORM: &str = "multipart/form-data; boundary=XX";

#[tokio::test]
async fn the_whole_way_by_json() {
    let bench = Bench::sqlite(migrations).await;
    lot(&bench.kernel, "lot-1", "m1", "L1").await;
    let router = router(&bench).await;
    let profile = json!({"name": "华东检测中心", "cma": {"number": "230012340001", "valid_until": "2029-01-01"}});
    let entered = send(&router, "tester-a1", "PUT", "/v1/laboratory", "application/json", profile.to_string()).await;
    assert_eq!(entered.status, StatusCode::OK, "{}", entered.body);
    let refused = post(&router, "tester-a1", "/v1/reports", body("R-1")).await;
    assert_eq!((refused.status, refused.json()["code"].as_str()), (StatusCode::CONFLICT, Some("laboratory_not_ready")));
    let key = post(&router, "tester-a1", "/v1/laboratory/keys", json!({})).await;
    assert_eq!(key.status, StatusCode::CREATED);
    assert!(key.json()["key"].as_str().unwrap().starts_with("did:web:shop.example:did:laboratories:a1#key-1"));
    let decision = json!({"state": "confirmed", "reason": "证书已核对", "version": 2});
    let decided = post(&router, "manager", "/v1/laboratories/a1/decision", decision.clone()).await;
    assert_eq!(decided.status, StatusCode::OK, "{}", decided.body);
    assert_eq!(
        post(&router, "tester-a1", "/v1/laboratories/a1/decision", decision).await.status,
        StatusCode::FORBIDDEN
    );
    let made = post(&router, "tester-a1", "/v1/reports", body("R-2")).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let report = made.json();
    assert_eq!((report["state"].as_str(), report["status"].as_str()), (Some("valid"), Some("valid")));
    let path = report["credential"].as_str().unwrap().to_owned();
    let credential = get(&router, "", &path).await;
    assert_eq!(credential.header("content-type"), "application/vc+jwt");
    assert_eq!(credential.header("access-control-allow-origin"), "*");
    let second = get(&router, "", &format!("{path}?form=json")).await;
    assert_eq!(second.json()["proof"]["cryptosuite"], "eddsa-jcs-2022");
    let status = second.json()["credentialStatus"]["statusListCredential"].as_str().unwrap().to_owned();
    let list = get(&router, "", status.strip_prefix(BASE).unwrap()).await;
    assert_eq!((list.status, list.header("content-type").as_str()), (StatusCode::OK, "application/vc+jwt"));
    let verify = async |credential: &str| {
        let answer = post(&router, "", "/v1/reports/verify", json!({"credential": credential})).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer.json()
    };
    for text in [&credential.body, &second.body] {
        let found = verify(text).await;
        assert_eq!((found["valid"].as_bool(), found["outcome"].as_str()), (Some(true), Some("valid")));
        assert_eq!(found["report"]["result"], "fail");
    }
    assert_eq!(verify("abc").await["outcome"], "unreadable");
    let version = report["version"].as_i64().unwrap();
    let revoke = format!("/v1/reports/{}/revoke", report["id"].as_str().unwrap());
    let revoked = post(&router, "tester-a1", &revoke, json!({"version": version, "reason": "弄错样品"})).await;
    assert_eq!(revoked.json()["status"], "revoked", "{}", revoked.body);
    assert_eq!(verify(&credential.body).await["outcome"], "revoked");
    let listed = get(&router, "owner-m1", "/v1/reports").await.json();
    assert_eq!((listed["total"].as_u64(), listed["rows"][0]["number"].as_str()), (Some(1), Some("R-2")));
    assert_eq!(get(&router, "owner-m2", "/v1/reports").await.json()["total"], 0);
    let received = post(&router, "owner-m1", "/v1/reports/received", json!({"credential": credential.body})).await;
    assert_eq!(received.json()["id"], report["id"], "our own report handed in again is the same report");
}

#[tokio::test]
async fn did_documents_are_published_where_their_names_lead() {
    let bench = Bench::sqlite(migrations).await;
    ready(&bench).await;
    let router = router(&bench).await;
    let operator = get(&router, "", "/.well-known/did.json").await;
    assert_eq!((operator.status, operator.header("content-type").as_str()), (StatusCode::OK, "application/did+json"));
    assert_eq!(operator.json()["id"], "did:web:shop.example");
    let laboratory = get(&router, "", "/did/laboratories/a1/did.json").await;
    let did = laboratory.json()["id"].as_str().unwrap().to_owned();
    let address = credentials::Did::parse(&did).unwrap().document_address().unwrap();
    assert_eq!(address, format!("{BASE}/did/laboratories/a1/did.json"));
    assert_eq!(laboratory.json()["verificationMethod"].as_array().unwrap().len(), 2);
    for missing in ["/did/laboratories/a9/did.json", "/v1/credentials/status/x", "/v1/reports/x/credential"] {
        assert_eq!(get(&router, "", missing).await.status, StatusCode::NOT_FOUND, "{missing}");
    }
}

#[tokio::test]
async fn a_laboratory_writes_and_signs_with_forms() {
    let bench = Bench::sqlite(migrations).await;
    ready(&bench).await;
    let router = router(&bench).await;
    assert!(get(&router, "tester-a1", "/laboratory").await.body.contains("华东检测中心"));
    assert_eq!(get(&router, "tester-a1", "/laboratory/reports/new?gtin=6901234567892&lot_number=L1").await.status, 200);
    let base = [
        ("gtin", "6901234567892"),
        ("lot_number", "L1"),
        ("number", "R-7"),
        ("title", "雨衣检测"),
        ("standard", "GB 31701-2015"),
        ("tested_on", "2026-02-20"),
        ("result", "pass"),
    ];
    let with = |more: &[(&'static str, &'static str)]| form(&[&base[..], more].concat());
    // A row without its value is named and the form is shown again as it was.
    let half = with(&[("item_name", "铅"), ("item_value", ""), ("item_verdict", "pass")]);
    let again = send(&router, "tester-a1", "POST", "/laboratory/reports", FORM, half).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.body.contains("value=\"铅\"") && again.body.contains("雨衣检测"), "what was typed is kept");
    let rows = with(&[
        ("item_name", "铅"),
        ("item_limit", "≤0.1"),
        ("item_value", "0.02"),
        ("item_unit", "mg/kg"),
        ("item_method", "GB"),
        ("item_verdict", "pass"),
        ("item_name", ""),
        ("item_limit", ""),
        ("item_value", ""),
        ("item_unit", ""),
        ("item_method", ""),
        ("item_verdict", "pass"),
    ]);
    let pasted = with(&[("csv", "项目\t实测值\t单项判定\n镉\t<0.01\t合格\n")]);
    for text in [rows, pasted] {
        let saved = send(&router, "tester-a1", "POST", "/laboratory/reports", FORM, text).await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
        let path = saved.header("location");
        let page = get(&router, "tester-a1", &path).await;
        assert!(page.body.contains("草稿") && page.body.contains("签发报告"));
        let kind = "application/x-www-form-urlencoded";
        let signed = send(&router, "tester-a1", "POST", &format!("{path}/sign"), kind, "version=1").await;
        assert_eq!(signed.status, StatusCode::SEE_OTHER, "{}", signed.body);
        let page = get(&router, "tester-a1", &path).await;
        assert!(page.body.contains("eddsa-jcs-2022") && page.body.contains("撤销报告"));
        let empty = send(&router, "tester-a1", "POST", &format!("{path}/revoke"), kind, "version=2&reason=").await;
        assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
        let revoked = send(&router, "tester-a1", "POST", &format!("{path}/revoke"), kind, "version=2&reason=x").await;
        assert_eq!(revoked.status, StatusCode::SEE_OTHER);
    }
    let csv = get(&router, "manager", "/console/reports.csv?state=revoked").await;
    assert_eq!(csv.body.lines().count(), 3, "{}", csv.body);
}

#[tokio::test]
async fn anybody_checks_a_report_on_the_public_page_in_both_languages() {
    let bench = Bench::sqlite(migrations).await;
    ready(&bench).await;
    let report = issued(&bench.kernel, "a1", "R-1").await;
    let router = router(&bench).await;
    assert_eq!(get(&router, "", "/reports/verify").await.status, StatusCode::OK);
    let page = get(&router, "", "/reports/verify").await;
    let ask = async |path: &str, text: &str| {
        // A signed-out visitor's form carries the mark of the page it came from.
        let mark = page.body.split("name=\"csrf_token\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        let cookie = page.header("set-cookie");
        let headers = [("content-type", FORM), ("cookie", cookie.split(';').next().unwrap())];
        let body = form(&[("csrf_token", mark), ("credential", text)]);
        let answer = call(&router, "POST", path, &headers, body).await;
        (answer.status, answer.body)
    };
    let (status, good) = ask("/reports/verify?lang=zh-CN", &report.credential).await;
    assert_eq!(status, StatusCode::OK, "{good}");
    assert!(good.contains("报告真实有效") && good.contains("华东检测中心"));
    let forged = report.credential_json.clone().unwrap().replace("0.02", "0.01");
    let (_, bad) = ask("/reports/verify?lang=en", &forged).await;
    assert!(bad.contains("Forged or changed") && bad.contains("not to be believed"), "{bad}");
    let (status, _) = ask("/reports/verify", "  ").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
}

/// A merchant's form, as a browser sends it.
fn upload(credential: &str) -> (String, String) {
    let body = format!("--x\r\ncontent-disposition: form-data; name=\"credential\"\r\n\r\n{credential}\r\n--x--\r\n");
    ("multipart/form-data; boundary=x".to_owned(), body)
}

#[tokio::test]
async fn a_merchant_hands_in_a_credential_for_its_own_lot_and_sees_what_came_of_it() {
    let bench = Bench::sqlite(migrations).await;
    ready(&bench).await;
    let report = issued(&bench.kernel, "a1", "R-1").await;
    let router = router(&bench).await;
    let hand_in = async |token: &str, text: &str| {
        let (kind, body) = upload(text);
        send(&router, token, "POST", "/merchant/reports/receive", &kind, body).await
    };
    let forged = report.credential_json.clone().unwrap().replace("0.02", "0.01");
    let taken = hand_in("owner-m1", &forged).await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.body);
    let path = taken.header("location");
    assert!(path.starts_with("/merchant/reports/"), "{path}");
    let page = get(&router, "owner-m1", &path).await;
    assert_eq!(page.status, StatusCode::OK);
    let list = get(&router, "owner-m1", "/merchant/reports?state=forged").await;
    assert!(list.body.contains(&path), "{}", list.body);
    assert_eq!(get(&router, "owner-m2", &path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(hand_in("owner-m2", &report.credential).await.status, StatusCode::NOT_FOUND, "another merchant's lot");
    let empty = hand_in("owner-m1", " ").await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn doors_are_closed_to_others() {
    let bench = Bench::sqlite(migrations).await;
    ready(&bench).await;
    let report = issued(&bench.kernel, "a1", "R-1").await;
    let router = router(&bench).await;
    let own = format!("/laboratory/reports/{}", report.id);
    let cases = [
        ("manager", "/laboratory", 403),
        ("owner-m1", "/laboratory", 403),
        ("tester-a1", "/console/reports", 403),
        ("tester-a2", own.as_str(), 404),
        ("tester-a1", own.as_str(), 200),
        ("auditor", "/console/reports", 200),
        ("auditor", "/console/laboratories", 200),
        ("auditor", "/console/laboratories/a1", 200),
        ("auditor", "/console/laboratories.csv", 200),
        ("tester-a1", "/laboratory/profile", 200),
        ("tester-a1", "/laboratory/receive", 200),
        ("tester-a2", "/laboratory/profile", 200),
        ("owner-m1", "/v1/laboratories", 200),
        ("owner-m1", "/merchant/reports", 200),
        ("owner-m1", "/merchant/reports/receive", 200),
        ("owner-m1", "/merchant/reports.csv", 200),
        ("tester-a1", "/merchant/reports", 403),
        ("", "/v1/laboratories", 401),
        ("", "/v1/reports", 401),
    ];
    for (token, path, status) in cases {
        assert_eq!(get(&router, token, path).await.status.as_u16(), status, "{token} {path}");
    }
}

const HOSTILE: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";

#[tokio::test]
async fn markup_in_any_field_is_shown_as_text() {
    let bench = Bench::sqlite(migrations).await;
    lot(&bench.kernel, "lot-1", "m1", "L1").await;
    let hostile = Profile { name: HOSTILE.into(), name_en: HOSTILE.into(), cma_number: "=1+1".into(), ..profile() };
    let entered = laboratory::keep_profile(&bench.kernel, &tester("a1"), hostile).await.unwrap();
    let confirmed = confirm(&bench.kernel, &entered).await;
    laboratory::rotate_key(&bench.kernel, &home(), &tester("a1")).await.unwrap();
    let mut new = new_report("R-1");
    (new.title, new.number, new.standard) = (HOSTILE.into(), "=cmd|x".into(), HOSTILE.into());
    new.items = vec![TestItem { name: HOSTILE.into(), limit: HOSTILE.into(), ..item("x", HOSTILE, Verdict::Pass) }];
    let drafted = draft(&bench.kernel, &tester("a1"), new).await.unwrap();
    let report = sign(&bench.kernel, &home(), &tester("a1"), &drafted.id, drafted.version).await.unwrap();
    let router = router(&bench).await;
    let pages = [
        ("tester-a1", "/laboratory".to_owned()),
        ("tester-a1", format!("/laboratory/reports/{}", report.id)),
        ("tester-a1", "/laboratory/profile".to_owned()),
        ("manager", "/console/reports".to_owned()),
        ("manager", format!("/console/reports/{}", report.id)),
        ("manager", "/console/laboratories".to_owned()),
        ("manager", format!("/console/laboratories/{}", confirmed.id)),
    ];
    for (token, path) in pages {
        let page = get(&router, token, &path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert!(page.body.contains("&lt;script&gt;alert(1)"), "{path} shows it");
        assert!(!page.body.contains("<script>alert") && !page.body.contains("<img src=x"), "{path}");
    }
    let csv = get(&router, "manager", "/console/reports.csv").await;
    assert!(!csv.body.lines().any(|line| line.contains(",=cmd")), "formulas are defused: {}", csv.body);
}

#[test]
fn every_outcome_has_words_in_both_languages() {
    let catalogs = ui::Catalogs::new(&[crate::CATALOG, web::CATALOG]).unwrap();
    use crate::check::Outcome::*;
    let all = [
        Valid,
        Unreadable,
        UnknownIssuer,
        NotCompetent,
        LaboratorySuspended,
        IssuerUnreachable,
        Forged,
        NotYet,
        Expired,
        Revoked,
        Suspended,
        StatusUnknown,
    ];
    for outcome in all {
        let name = outcome.name().replace('_', "-");
        assert!(
            catalogs.has(&format!("reports-outcome-{name}")) && catalogs.has(&format!("reports-outcome-{name}-help"))
        );
    }
    for code in credentials::Error::CODES {
        assert!(catalogs.has(&format!("reports-refused-{}", code.replace('_', "-"))), "{code}");
    }
}
