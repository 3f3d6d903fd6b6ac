use super::house::{House, person, reviewer};
use crate::decide::show_with;
use crate::pages::screen_for_tests;
use crate::queue;
use ground::Language;
use kernel::Role;
use std::sync::Arc;
use ui::{Catalogs, View};

fn view(house: &House, language: Language) -> View {
    let catalogs = Arc::new(Catalogs::new(&[crate::CATALOG]).unwrap());
    View::new(catalogs, language, "/console/review/x", house.kernel.now())
}

#[test]
fn both_catalogs_have_the_same_messages_with_the_same_variables() {
    let catalogs = Catalogs::new(&[crate::CATALOG]).unwrap();
    assert_eq!(catalogs.missing_keys(), Vec::<String>::new());
    assert_eq!(catalogs.differing_variables(), Vec::<String>::new());
    for code in crate::CODES {
        assert!(catalogs.has(&code.message_id()), "{}", code.code);
    }
}

/// Every message id written in this crate is in the catalogs, those put together from parts included.
#[test]
fn every_message_a_page_asks_for_exists() {
    let catalogs = Catalogs::new(&[crate::CATALOG]).unwrap();
    let mut all: Vec<String> = Vec::new();
    let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.to_string_lossy().contains("/tests/") {
                let text = std::fs::read_to_string(&path).unwrap();
                let asked = text.split(".t(\"").skip(1).chain(text.split(".ta(\"").skip(1));
                all.extend(asked.filter_map(|rest| rest.split('"').next()).map(str::to_owned));
                let faults = text.match_indices("\"review-fault-").chain(text.match_indices("\"review-flash-"));
                all.extend(faults.filter_map(|(at, _)| text[at + 1..].split('"').next()).map(str::to_owned));
            }
        }
    }
    for state in crate::model::ItemState::ALL {
        all.push(format!("review-state-{}", state.name().replace('_', "-")));
    }
    for found in crate::onsite::Found::ALL {
        all.push(format!("review-found-{}", found.name()));
    }
    for outcome in crate::onsite::Outcome::ALL {
        all.push(format!("review-outcome-{}", outcome.name()));
    }
    for state in crate::onsite::VisitState::ALL {
        all.push(format!("review-visit-{}", state.name()));
    }
    assert!(all.len() > 150, "{}", all.len());
    all.retain(|id| !id.starts_with("ui-") && !id.is_empty() && !catalogs.has(id));
    assert_eq!(all, Vec::<String>::new());
}

#[tokio::test]
async fn the_screen_marks_the_words_numbers_the_reasons_and_escapes_the_merchant() {
    let house = House::new(&[("review.golden_share", "0.0"), ("review.blind_second_share", "0.0")]).await;
    let a = reviewer("a");
    let item = house.request(1).await;
    let closed = show_with(house.shelf.as_ref(), &house.kernel, &a, &item.id).await.unwrap();
    let before = screen_for_tests(&view(&house, Language::Zh), &a, &house.kernel, &closed).into_string();
    assert!(
        before.contains("data-key=\"c\"") && !before.contains("name=\"verdict\""),
        "an unclaimed item is claimed first"
    );

    queue::claim(&house.kernel, &a, &item.id).await.unwrap();
    let work = show_with(house.shelf.as_ref(), &house.kernel, &a, &item.id).await.unwrap();
    let page = screen_for_tests(&view(&house, Language::Zh), &a, &house.kernel, &work).into_string();
    assert!(page.contains("<mark") && page.contains(">最好<"), "the very words");
    for key in ["a", "r", "n", "1", "2"] {
        assert!(page.contains(&format!("data-key=\"{key}\"")), "{key}");
    }
    assert!(page.contains("name=\"claim_id\"") && page.contains(work.item.claim_id.as_deref().unwrap()));
    assert!(page.contains("&lt;b&gt;第一&lt;/b&gt;") && !page.contains("<b>第一</b>"));
    assert!(!page.contains("style=") && !page.contains("golden") && !page.contains("onclick"));
    let english = screen_for_tests(&view(&house, Language::En), &a, &house.kernel, &work).into_string();
    assert!(english.contains("An absolute claim") && english.contains("What the merchant will read"));
    let manager = person("m", &[Role::Manager]);
    let seen = show_with(house.shelf.as_ref(), &house.kernel, &manager, &item.id).await.unwrap();
    let other = screen_for_tests(&view(&house, Language::Zh), &manager, &house.kernel, &seen).into_string();
    assert!(!other.contains("name=\"verdict\""), "somebody else's claim");
}

/// The review screen with everything on it holds what a reviewer needs; where `TOUCHSTONE_PAGES` names a folder, it is
/// written there, to look at.
#[tokio::test]
async fn a_full_screen_shows_pictures_documents_prices_differences_and_the_past() {
    use crate::model::{Changed, ComparablePrice, DocumentFacts, ImageFacts, SimilarDecision, Verdict};
    let house = House::new(&[("review.golden_share", "0.0"), ("review.blind_second_share", "0.0")]).await;
    let a = reviewer("a");
    let item = house.request(1).await;
    queue::claim(&house.kernel, &a, &item.id).await.unwrap();
    let mut work = show_with(house.shelf.as_ref(), &house.kernel, &a, &item.id).await.unwrap();
    let seen = &mut work.evidence;
    seen.description = "304 不锈钢内胆，全国销量第一，三天美白，支持七天无理由退货。\n".repeat(8);
    let mut found = seen.findings[0].clone();
    (found.field, found.start, found.end, found.text) =
        ("description".into(), Some(12), Some(18), "全国销量第一".into());
    seen.findings.push(found.clone());
    (found.rule, found.field, found.start, found.end, found.text) =
        ("cn-test-report".into(), "documents[0].until".into(), None, None, "2025-01-01".into());
    found.reason = ground::Bilingual::new("检验报告已过期", "The test report has expired");
    seen.findings.push(found.clone());
    (found.rule, found.field) = ("cn-test-price".into(), "price_minor".into());
    found.reason = ground::Bilingual::new("价格低于同类商品", "Priced below comparable goods");
    seen.findings.push(found);
    seen.images = vec![ImageFacts { sha256: "a".repeat(64), width: 800, height: 800 }; 2];
    seen.documents = vec![DocumentFacts {
        kind: "检验报告".into(),
        number: "CTI2024-0915".into(),
        holder: "某某家居有限公司".into(),
        until: "2025-01-01".into(),
        sha256: "b".repeat(64),
        ..DocumentFacts::default()
    }];
    seen.comparable =
        (0..25).map(|n| ComparablePrice { title: format!("水壶 {n}"), price_minor: 15_900 + 700 * n }).collect();
    seen.on_sale_number = Some(1);
    seen.changes = vec![
        Changed {
            field: "title".into(), before: Some("水壶 1 号".into()), after: Some("最好的水壶 1 号".into())
        },
        Changed { field: "price_minor".into(), before: Some("159.00 CNY".into()), after: Some("99.00 CNY".into()) },
    ];
    seen.similar = (0..4)
        .map(|n| SimilarDecision {
            title: format!("销量第一的电饭煲 {n}"),
            verdict: if n == 2 { Verdict::Approve } else { Verdict::Reject },
            rules: vec!["cn-test-absolute".into()],
            reasons: Vec::new(),
            at: house.kernel.now().plus_days(-n),
            act_id: format!("act-{n}"),
        })
        .collect();
    seen.attributes = vec![
        ("材质".into(), "304 不锈钢".into()),
        ("容量".into(), "1.5 L".into()),
        ("origin".into(), "浙江永康".into()),
    ];
    work.reasons = crate::decide::offered(&house.kernel, &work.evidence).unwrap();
    for language in Language::ALL {
        let page = screen_for_tests(&view(&house, language), &a, &house.kernel, &work).into_string();
        for part in
            ["ts-picture", "ts-strip", "ts-diff-inline", "/console/ledger/act-0", "CTI2024-0915", "data-key=\"9\""]
        {
            assert!(page.contains(part), "{part}");
        }
        if let Some(folder) = std::env::var_os("TOUCHSTONE_PAGES") {
            std::fs::write(std::path::Path::new(&folder).join(format!("review-{}.html", language.tag())), page)
                .unwrap();
        }
    }
}
