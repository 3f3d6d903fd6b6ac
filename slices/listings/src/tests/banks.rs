use super::*;
use crate::banks::{FingerprintKind, brands, fingerprints, recalls};
use crate::{Filter, Measure};
use kernel::Paging;

#[tokio::test]
async fn rejected_goods_are_caught_under_another_merchant_on_every_store() {
    for bench in Bench::each().await {
        for (id, serial) in [("m1", 1), ("m2", 2)] {
            bench.merchant(id, serial, &["daily/home", "food/health-food"]).await;
        }
        let picture = bench.picture("m1", 5).await;
        let content = Content { images: vec![picture], ..quack("苦荞胶囊 60 粒") };
        let first = bench.offer("m1", "A", content.clone()).await;
        assert_eq!(first.state, State::Rejected, "{}", bench.kind);
        let bank = fingerprints::list(&bench.kernel, &reviewer(), None, Some(true), &Paging::default()).await.unwrap();
        let kinds: Vec<_> = bank.rows.iter().map(|entry| entry.kind).collect();
        assert!(kinds.contains(&FingerprintKind::Text) && kinds.contains(&FingerprintKind::Image), "{kinds:?}");
        // Other words about no cure at all, but the same goods: the same name and the same picture.
        let stolen = bench.picture("m2", 5).await;
        let same_picture = Content { images: vec![stolen], ..honest("荞麦养生礼盒") };
        let second = bench.offer("m2", "X", same_picture).await;
        assert!(!second.state.is_on_sale(), "the picture is known ({})", bench.kind);
        let traditional = Content { title: "苦蕎膠囊★60 粒 根治糖尿病 治癒率100%".into(), ..honest("") };
        let third = bench.offer("m2", "Y", traditional).await;
        assert_eq!(third.state, State::Rejected, "the words are known in any writing ({})", bench.kind);
        let run = crate::version(&bench.kernel, &reviewer(), &third.latest_version_id).await.unwrap().run.unwrap();
        let again = run.findings.iter().find(|finding| finding.check == screening::Check::SameGoods).expect("a match");
        assert_eq!(again.evidence.as_ref().unwrap()["listing"], serde_json::json!(first.id));
        assert!(again.zero_tolerance);
    }
}

#[tokio::test]
async fn removed_goods_are_caught_and_an_entry_can_be_taken_out_with_a_reason() {
    let bench = Bench::sqlite().await;
    for (id, serial) in [("m1", 1), ("m2", 2)] {
        bench.merchant(id, serial, &["daily/home"]).await;
    }
    let kernel = &bench.kernel;
    let listing =
        bench.offer("m1", "A", Content { gtin: "6901234567892".into(), ..honest("奇美牌蒸汽拖把 X1 旋转款") }).await;
    assert_eq!(listing.state, State::OnSale);
    let why = ["counterfeit".to_owned()];
    crate::take_measure(kernel, &manager(), &listing.id, State::OnSale, &Measure::Remove, &why, "").await.unwrap();
    let again = bench.offer("m2", "B", honest("奇美牌 蒸汽拖把X1 旋转款")).await;
    assert_eq!(again.state, State::Rejected);
    let own = bench.offer("m1", "A2", honest("奇美牌蒸汽拖把 X1 旋转款")).await;
    assert_eq!(own.state, State::Rejected, "under another number of the same merchant too");
    let by_gtin = bench.offer("m2", "C", Content { gtin: "06901234567892".into(), ..honest("多功能清洁套装") }).await;
    assert_eq!(by_gtin.state, State::InReview, "the same GTIN is for a person");
    let entries = fingerprints::list(kernel, &manager(), None, Some(true), &Paging::default()).await.unwrap();
    let entry = entries.rows.iter().find(|entry| entry.listing_id == listing.id).unwrap();
    assert_eq!(said(fingerprints::remove(kernel, &manager(), &entry.id, true, " ").await), "invalid_input reason");
    assert_eq!(said(fingerprints::remove(kernel, &reviewer(), &entry.id, true, "误报").await), "forbidden");
    for entry in &entries.rows {
        let _ = fingerprints::remove(kernel, &manager(), &entry.id, true, "复查后确认无误").await.unwrap();
    }
    let free = bench.offer("m2", "D", honest("奇美牌蒸汽拖把 X1 旋转款")).await;
    assert_eq!(free.state, State::OnSale, "an entry taken out no longer catches");
}

#[tokio::test]
async fn a_merchant_may_mend_its_own_rejected_goods() {
    let bench = Bench::sqlite().await;
    bench.merchant("m1", 1, &["daily/home", "food/health-food"]).await;
    let listing = bench.offer("m1", "A", quack("苦荞")).await;
    assert_eq!(listing.state, State::Rejected);
    let mended = bench.change(&listing, honest("苦荞收纳罐")).await;
    assert_ne!(mended.state, State::Rejected, "its own earlier version is not held against it");
}

const NOTICES: &str = concat!(
    r#"{"alert_number":"A12/00001/26","product_name":"Rattle","brand":"Klapperkiste","model_type_number":"KK-200X","#,
    r#""barcode":"4006381333931","risk_type":"Choking","product_category":"Toys","product_description":"Wooden rattle"}"#,
    "\nnot json\n"
);

#[tokio::test]
async fn a_recall_takes_the_goods_off_the_shelf_and_names_the_notice() {
    let bench = Bench::sqlite().await;
    bench.merchant("m1", 1, &["daily/home"]).await;
    let kernel = &bench.kernel;
    let rattle =
        Content { gtin: "4006381333931".into(), brand: "Klapperkiste".into(), ..honest("木质摇铃 KK-200X") };
    let mut listing = bench.offer("m1", "A", rattle).await;
    if listing.state == State::InReview {
        let verdict =
            crate::Verdict { outcome: crate::Outcome::Approve, reasons: vec![], note: String::new(), ban_goods: false };
        let id = &listing.latest_version_id;
        listing = crate::decide_review(kernel, &reviewer(), id, VersionState::InReview, &verdict).await.unwrap();
    }
    assert_eq!(listing.state, State::OnSale);
    let sibling = bench.offer("m1", "B", honest("木质摇铃")).await;
    assert_eq!(said(recalls::load(kernel, &reviewer(), "a.jsonl", NOTICES).await), "forbidden");
    assert_eq!(
        said(recalls::load(kernel, &manager(), "a.txt", "hello").await).split(' ').next(),
        Some("import_unreadable")
    );
    let loaded = recalls::load(kernel, &manager(), "a.jsonl", NOTICES).await.unwrap();
    assert_eq!((loaded.added, loaded.changed, loaded.refused.len()), (1, 0, 1));
    bench.settle().await;
    assert_eq!(bench.listing(&listing.id).await.state, State::Suspended);
    assert_eq!(bench.listing(&sibling.id).await.state, State::OnSale, "a sibling is no match");
    let run = crate::version(kernel, &reviewer(), &listing.latest_version_id).await.unwrap().run.unwrap();
    let finding = run.findings.iter().find(|finding| finding.check == screening::Check::Recalls).unwrap();
    assert!(finding.reason.zh.contains("A12/00001/26"));
    let again = recalls::load(kernel, &manager(), "a.jsonl", NOTICES).await.unwrap();
    assert_eq!((again.added, again.unchanged, again.rescreens), (0, 1, 0), "the same file again changes nothing");
    let page = recalls::list(kernel, &reviewer(), None, Some("Klapper"), &Paging::default()).await.unwrap();
    assert_eq!(page.total, 1);
}

#[tokio::test]
async fn an_own_brand_is_protected_beside_those_of_the_pack() {
    let bench = Bench::sqlite().await;
    bench.merchant("m1", 1, &["daily/home"]).await;
    let kernel = &bench.kernel;
    let before = bench.offer("m1", "A", Content { brand: "云岫山房".into(), ..honest("云岫山房 茶席布") }).await;
    assert_eq!(before.state, State::OnSale);
    let new = brands::NewBrand {
        market: "cn".into(),
        name: "云岫山房".into(),
        owner: "云岫文化有限公司".into(),
        categories: vec!["daily".into()],
        authorisation_required: true,
        ..brands::NewBrand::default()
    };
    assert_eq!(
        said(brands::add(kernel, &manager(), brands::NewBrand { name: "x".into(), ..new.clone() }).await),
        "invalid_input name"
    );
    let brand = brands::add(kernel, &manager(), new).await.unwrap();
    let listed = brands::list(kernel, &reviewer(), "cn").await.unwrap();
    assert!(listed.iter().any(|row| row.id == brand.id && !row.from_pack) && listed.iter().any(|row| row.from_pack));
    let after = bench.offer("m1", "B", Content { brand: "云岫山房".into(), ..honest("云岫山房 茶壶") }).await;
    assert_eq!(after.state, State::InReview, "without authorisation a person looks");
    let page = crate::list(
        kernel,
        &reviewer(),
        &Filter { check: Some("brand".into()), ..Filter::default() },
        &Paging::default(),
    )
    .await;
    assert_eq!(page.unwrap().total, 1);
    brands::remove(kernel, &manager(), &brand.id).await.unwrap();
    let free = bench.offer("m1", "C", Content { brand: "云岫山房".into(), ..honest("云岫山房 香炉") }).await;
    assert_eq!(free.state, State::OnSale);
}

#[tokio::test]
async fn when_the_authorisation_of_a_brand_is_over_its_goods_are_judged_again() {
    let bench = Bench::sqlite().await;
    bench.merchant("m1", 1, &["daily/home"]).await;
    let kernel = &bench.kernel;
    let own = brands::NewBrand {
        market: "cn".into(),
        name: "云岫山房".into(),
        owner: "云岫文化有限公司".into(),
        categories: vec!["daily".into()],
        authorisation_required: true,
        ..brands::NewBrand::default()
    };
    brands::add(kernel, &manager(), own).await.unwrap();
    let letter = merchants::NewLink {
        grantor: "云岫文化有限公司".into(),
        grantee: "杭州第1百货有限公司".into(),
        valid_from: "2025-01-01".into(),
        valid_until: "2026-03-31".into(),
        file: Some(merchants::NewFile { name: "授权书.pdf".into(), content: b"%PDF-1.4 letter".to_vec().into() }),
    };
    let chain = merchants::NewBrand {
        brand: "云岫山房".into(),
        trademark_number: "12345678".into(),
        trademark_owner: "云岫文化有限公司".into(),
        trademark_until: "2030-01-01".into(),
        chain: vec![letter],
    };
    let given = merchants::add_brand(kernel, &owner("m1"), "m1", chain).await.unwrap();
    merchants::decide_brand(kernel, &reviewer(), &given.id, given.version, true, "").await.unwrap();
    let sold = bench.offer("m1", "A", Content { brand: "云岫山房".into(), ..honest("云岫山房 茶席布") }).await;
    let other = bench.offer("m1", "B", honest("棉麻抱枕")).await;
    assert_eq!((sold.state, other.state), (State::OnSale, State::OnSale));
    bench.clock.advance_days(40);
    bench.settle().await;
    let acts = bench.acts(&sold.id).await;
    assert!(acts.contains(&"listing.rescreened".to_owned()), "{acts:?}");
    assert!(acts.contains(&"listing.review_requested".to_owned()), "a person looks: {acts:?}");
    assert!(!bench.acts(&other.id).await.contains(&"listing.rescreened".to_owned()), "other goods are left alone");
}
