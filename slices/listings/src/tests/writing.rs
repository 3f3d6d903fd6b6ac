use super::*;
use crate::Filter;
use kernel::Paging;

#[tokio::test]
async fn honest_goods_go_on_sale_by_the_machine_alone_on_every_store() {
    for bench in Bench::each().await {
        bench.merchant("m1", 1, &["daily/home"]).await;
        let listing = bench.offer("m1", "A-1", honest("棉麻抱枕 45 厘米")).await;
        assert_eq!((listing.state, listing.latest_state), (State::OnSale, VersionState::Passed), "{}", bench.kind);
        assert_eq!(listing.on_sale_version_id.as_deref(), Some(listing.latest_version_id.as_str()));
        let acts = bench.acts(&listing.id).await;
        for kind in ["listing.submitted", "listing.screened", "listing.listed"] {
            assert_eq!(acts.iter().filter(|there| *there == kind).count(), 1, "{kind} in {acts:?} ({})", bench.kind);
        }
        let filter = Filter { search: Some("棉麻抱枕".into()), state: Some(State::OnSale), ..Filter::default() };
        for sort in ["updated", "title", "price", "created"] {
            let paging = Paging { sort: Some(kernel::Sort { by: sort.into(), descending: true }), ..Paging::default() };
            let found = crate::list(&bench.kernel, &reviewer(), &filter, &paging).await.unwrap();
            assert_eq!((found.total, found.rows.len()), (1, 1), "{sort} ({})", bench.kind);
        }
        let evidence = crate::version(&bench.kernel, &reviewer(), &listing.latest_version_id).await.unwrap();
        assert!(evidence.facts.is_some() && evidence.run.is_some() && evidence.standing.may_sell);
    }
}

#[tokio::test]
async fn doubtful_goods_go_to_a_person_and_the_words_are_marked() {
    let bench = Bench::sqlite().await;
    bench.merchant("m1", 1, &["daily/home"]).await;
    let listing = bench.offer("m1", "A-1", boastful("抱枕")).await;
    assert!(!listing.state.is_on_sale(), "{}", listing.state);
    let evidence = crate::version(&bench.kernel, &reviewer(), &listing.latest_version_id).await.unwrap();
    let run = evidence.run.unwrap();
    let marked = run.findings.iter().find(|finding| finding.text.contains("国家级")).expect("the words are found");
    let title: Vec<char> = evidence.version.content.title.chars().collect();
    let span: String = title[marked.start.unwrap()..marked.end.unwrap()].iter().collect();
    assert_eq!(span, marked.text);
    let by_rule = Filter { rule: Some(marked.rule.clone()), ..Filter::default() };
    assert_eq!(crate::list(&bench.kernel, &reviewer(), &by_rule, &Paging::default()).await.unwrap().total, 1);
    let by_check = Filter { check: Some("price".into()), ..Filter::default() };
    assert_eq!(crate::list(&bench.kernel, &reviewer(), &by_check, &Paging::default()).await.unwrap().total, 0);
}

#[tokio::test]
async fn handing_in_twice_is_the_same_as_once() {
    let bench = Bench::sqlite().await;
    bench.merchant("m1", 1, &["daily/home"]).await;
    let new = New {
        merchant_id: "m1".into(),
        market: "cn".into(),
        external_id: "A".into(),
        content: honest("杯子"),
        source_at: None,
    };
    let draft = crate::create(&bench.kernel, &owner("m1"), new.clone()).await.unwrap();
    let submit = || crate::submit(&bench.kernel, &PERSON, &draft.id, &draft.latest_version_id);
    let (one, other) = tokio::join!(submit(), submit());
    assert!(one.is_ok() || other.is_ok());
    submit().await.unwrap();
    bench.settle().await;
    let acts = bench.acts(&draft.id).await;
    assert_eq!(acts.iter().filter(|kind| *kind == "listing.submitted").count(), 1, "{acts:?}");
    assert_eq!(said(submit().await), "listing_state", "it is decided");
    assert_eq!(said(crate::create(&bench.kernel, &owner("m1"), new).await), "listing_taken");
}

#[tokio::test]
async fn a_stale_version_is_refused_and_the_newer_one_stays() {
    let bench = Bench::sqlite().await;
    bench.merchant("m1", 1, &["daily/home"]).await;
    let listing = bench.offer("m1", "A", honest("杯子")).await;
    let newer = crate::revise(&bench.kernel, &owner("m1"), &listing.id, 1, honest("杯子 二")).await.unwrap();
    assert_eq!(newer.number, 2);
    let late = crate::revise(&bench.kernel, &owner("m1"), &listing.id, 1, honest("杯子 三")).await;
    assert_eq!(said(late), "listing_stale");
    let old = crate::submit(&bench.kernel, &owner("m1"), &listing.id, &listing.latest_version_id).await;
    assert_eq!(said(old), "listing_stale");
    let same = crate::revise(&bench.kernel, &owner("m1"), &listing.id, 2, honest("杯子 二")).await.unwrap();
    assert_eq!(same.id, newer.id, "the same content is no new version");
}

#[tokio::test]
async fn hostile_texts_are_refused_at_their_field_and_nothing_is_kept() {
    let bench = Bench::sqlite().await;
    bench.merchant("m1", 1, &["daily/home"]).await;
    let create = |content: Content| {
        let new =
            New { merchant_id: "m1".into(), market: "cn".into(), external_id: "X".into(), content, source_at: None };
        crate::create(&bench.kernel, &PERSON, new)
    };
    let actor = owner("m1");
    assert_eq!(said(create(honest(&"好".repeat(1_000_000))).await), "invalid_input title");
    assert_eq!(said(create(honest("杯子\u{202E}子杯")).await), "invalid_input title");
    assert_eq!(said(create(honest("杯\u{0}子")).await), "invalid_input title");
    assert_eq!(said(create(Content { currency: String::new(), ..honest("杯子") }).await), "invalid_input currency");
    let unknown = Image { sha256: "0".repeat(64), ..Image::default() };
    let found = crate::resolve_pictures(&bench.kernel, Some("m1"), &[unknown.sha256]).await;
    assert_eq!(said(found), "invalid_input images[0]");
    let page = crate::list(&bench.kernel, &actor, &Filter::default(), &Paging::default()).await.unwrap();
    assert_eq!(page.total, 0);
}

#[tokio::test]
async fn markup_in_a_title_is_kept_as_text() {
    let bench = Bench::sqlite().await;
    bench.merchant("m1", 1, &["daily/home"]).await;
    let listing = bench.offer("m1", "<b>", honest("<script>alert(1)</script> 杯子")).await;
    assert_eq!(listing.title, "<script>alert(1)</script> 杯子");
}

#[tokio::test]
async fn merchants_see_and_write_only_their_own() {
    let bench = Bench::sqlite().await;
    bench.merchant("m1", 1, &["daily/home"]).await;
    bench.merchant("m2", 2, &["daily/home"]).await;
    let listing = bench.offer("m1", "A", honest("杯子")).await;
    let (kernel, other) = (&bench.kernel, owner("m2"));
    assert_eq!(said(crate::get(kernel, &other, &listing.id).await), "not_found");
    assert_eq!(said(crate::detail(kernel, &other, &listing.id).await.map(|_| ())), "not_found");
    assert_eq!(said(crate::version(kernel, &other, &listing.latest_version_id).await.map(|_| ())), "not_found");
    assert_eq!(said(crate::revise(kernel, &other, &listing.id, 1, honest("x")).await), "not_found");
    assert_eq!(said(crate::submit(kernel, &other, &listing.id, &listing.latest_version_id).await), "not_found");
    let everything = Filter { merchant_id: Some("m1".into()), ..Filter::default() };
    assert_eq!(crate::list(kernel, &other, &everything, &Paging::default()).await.unwrap().total, 0);
    let nobody = person("x", Role::Laboratory, Some("lab"));
    assert_eq!(said(crate::list(kernel, &nobody, &everything, &Paging::default()).await), "forbidden");
}

#[tokio::test]
async fn a_bomb_or_a_polyglot_is_no_picture() {
    let bench = Bench::sqlite().await;
    let keep = |bytes: Vec<u8>, name: &'static str| crate::keep_picture(&bench.kernel, &PERSON, bytes.into(), name);
    assert!(said(keep(b"\x89PNG\r\n\x1a\nnonsense".to_vec(), "a.png").await).starts_with("invalid_input"));
    assert!(said(keep(b"<script>alert(1)</script>".to_vec(), "a.png").await).starts_with("invalid_input"));
    let mut polyglot = png(1);
    polyglot.extend_from_slice(b"PK\x03\x04<script>alert(1)</script>");
    let _ = keep(polyglot, "a.png").await;
    let good = keep(png(1), "a.png").await.unwrap();
    assert_eq!((good.hash.len(), good.width), (64, 256));
}

#[tokio::test]
async fn knowing_the_hash_of_a_picture_does_not_give_the_picture() {
    let bench = Bench::sqlite().await;
    bench.merchant("m1", 1, &["daily/home"]).await;
    bench.merchant("m2", 2, &["daily/home"]).await;
    let image = bench.picture("m1", 7).await;
    let hashes = [image.sha256.clone()];
    assert!(crate::resolve_pictures(&bench.kernel, Some("m1"), &hashes).await.is_ok());
    let taken = crate::resolve_pictures(&bench.kernel, Some("m2"), &hashes).await;
    assert_eq!(said(taken), "invalid_input images[0]");
    assert_eq!(said(crate::open_picture(&bench.kernel, &owner("m2"), &image.sha256).await), "not_found");
    assert!(crate::open_picture(&bench.kernel, &owner("m1"), &image.sha256).await.is_ok());
    bench.picture("m2", 7).await;
    assert!(crate::open_picture(&bench.kernel, &owner("m2"), &image.sha256).await.is_ok(), "its own upload is its own");
}

static PERSON: std::sync::LazyLock<Actor> = std::sync::LazyLock::new(|| owner("m1"));

#[tokio::test]
async fn findings_are_shown_while_typing_and_nothing_is_kept() {
    let bench = Bench::sqlite().await;
    bench.merchant("m1", 1, &["daily/home"]).await;
    let preview = |content| crate::preview(&bench.kernel, &PERSON, "m1", "cn", None, content);
    assert_eq!(preview(honest("棉麻抱枕")).await.unwrap().decision, screening::Decision::Pass);
    let report = preview(boastful("抱枕")).await.unwrap();
    assert!(report.decision > screening::Decision::Pass && !report.findings.is_empty());
    assert_eq!(said(preview(honest(&"好".repeat(3_000))).await.map(|_| ())), "invalid_input title");
    let page = crate::list(&bench.kernel, &PERSON, &Filter::default(), &Paging::default()).await.unwrap();
    assert_eq!(page.total, 0);
}

#[tokio::test]
async fn the_shipped_rules_compile() {
    for pack in policy::shipped().iter() {
        let date = jiff::civil::Date::constant(2026, 3, 2);
        if let Err(diagnostics) = screening::Rules::compile(pack, date) {
            panic!("{}: {diagnostics}", pack.market());
        }
        crate::banks::same_goods::SameGoodsRules::new(pack, date).unwrap_or_else(|d| panic!("{d}"));
    }
}
