//! Recall notices are read from what publishers give, and matched without taking siblings.
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use screening::Input;
use screening::recalls::{Agreement, RecallBank, RecallSubject, parse_cpsc, parse_safety_gate};

fn alert(number: &str, rest: &str) -> String {
    format!(r#"{{"alert_number":"{number}","product_name":"Hair dryer",{rest}}}"#)
}

fn bank(lines: &[String]) -> RecallBank {
    let (notices, errors) = parse_safety_gate(&lines.join("\n"));
    assert!(errors.is_empty(), "{errors:?}");
    RecallBank::new(notices)
}

fn subject(json: &str) -> RecallSubject {
    RecallSubject::of(&Input::from_json(json).expect("a listing"))
}

fn found(bank: &RecallBank, json: &str) -> Vec<(String, bool)> {
    bank.matches(&subject(json)).into_iter().map(|hit| (hit.notice.id.clone(), hit.certain)).collect()
}

#[test]
fn a_gtin_matches_in_any_length_and_several_stand_in_one_notice() {
    let bank = bank(&[alert("A1", r#""brand":"Sonny","barcode":" 6901234567892\n036000291452""#)]);
    assert_eq!(found(&bank, r#"{"id":"x","title":"吹风机","gtin":"06901234567892"}"#), [("A1".to_owned(), true)]);
    assert_eq!(found(&bank, r#"{"id":"x","title":"dryer","gtin":"0036000291452"}"#), [("A1".to_owned(), true)]);
    assert!(found(&bank, r#"{"id":"x","title":"dryer","gtin":"96385074"}"#).is_empty());
    let other = r#"{"id":"x","title":"dryer","brand":"Other","gtin":"6901234567892"}"#;
    assert_eq!(found(&bank, other), [("A1".to_owned(), false)], "another brand under the same GTIN: a person compares");
}

#[test]
fn a_malformed_barcode_never_matches_alone() {
    let bank = bank(&[alert("A1", r#""brand":"Wealth","barcode":"871565899960""#)]);
    assert!(found(&bank, r#"{"id":"x","title":"Something","brand":"Other","gtin":"871565899960"}"#).is_empty());
    assert_eq!(
        found(&bank, r#"{"id":"x","title":"Something","brand":"WEALTH","gtin":"871565899960"}"#),
        [("A1".to_owned(), false)]
    );
}

#[test]
fn a_sibling_model_is_no_match() {
    let bank = bank(&[alert("A1", r#""brand":"Sonny","model_type_number":"HD-2200, HD-2201""#)]);
    let listing = |title: &str, model: &str| {
        format!(r#"{{"id":"x","title":"{title}","brand":"SONNY","attributes":{{"型号":"{model}"}}}}"#)
    };
    assert_eq!(found(&bank, &listing("hair dryer", "hd2200")), [("A1".to_owned(), true)]);
    assert!(found(&bank, &listing("Hair dryer", "HD-2202")).is_empty());
    assert!(found(&bank, &listing("Hair dryer", "HD-22000")).is_empty());
    assert_eq!(
        found(&bank, r#"{"id":"x","title":"Sonny HD-2201 hair dryer"}"#),
        [("A1".to_owned(), true)],
        "named in the title alone"
    );
    assert!(
        found(&bank, r#"{"id":"x","title":"Hair dryer HD-2201","brand":"Other"}"#).is_empty(),
        "another brand's model of that name"
    );
}

#[test]
fn the_lot_decides_where_both_sides_state_one() {
    let bank = bank(&[alert("A1", r#""brand":"Sonny","batch_number":"L2024A, L2024B","barcode":"6901234567892""#)]);
    let listing = |lot: &str| {
        format!(
            r#"{{"id":"x","title":"Sonny hair dryer","brand":"Sonny","gtin":"6901234567892","attributes":{{"批号":"{lot}"}}}}"#
        )
    };
    let hit = &bank.matches(&subject(&listing("l2024-b")))[0].agreements.clone();
    assert_eq!(hit, &[Agreement::Gtin, Agreement::Brand, Agreement::Lot, Agreement::Product]);
    assert!(found(&bank, &listing("L2025Z")).is_empty());
}

#[test]
fn lines_that_are_no_notices_are_named_and_the_rest_is_read() {
    let file = format!(
        "{}\nnot json\n{{\"alert_number\":\"\"}}\n\n{}",
        alert("A1", r#""brand":"X1""#),
        alert("A2", r#""brand":null"#)
    );
    let (notices, errors) = parse_safety_gate(&file);
    assert_eq!(notices.len(), 2);
    assert_eq!(errors.iter().map(|error| error.line).collect::<Vec<_>>(), [2, 3]);
    let (notices, errors) = parse_cpsc("id\ttitle\n1\tCuberShop Cubes Recalled Due to Risk of Injury\n2\n\tno id\n");
    assert_eq!((notices.len(), errors.iter().map(|error| error.line).collect::<Vec<_>>()), (1, vec![3, 4]));
    assert_eq!(parse_cpsc("nothing here").1.len(), 1);
}

#[test]
fn a_title_of_the_cpsc_gives_brand_goods_and_risk() {
    let title = "HABA USA Recalls Rainbow Rattle Toys Due to Risk of Choking; Sold on Amazon by Chillife Official";
    let (notices, _) = parse_cpsc(&format!("id\ttitle\n7\t{title}\n"));
    assert_eq!(notices[0].brands, ["HABA", "Chillife Official"]);
    assert_eq!((notices[0].product.as_str(), notices[0].risk.as_str()), ("Rainbow Rattle Toys", "Choking"));
    let bank = RecallBank::new(notices);
    assert_eq!(
        found(&bank, r#"{"id":"x","title":"HABA Rainbow Rattle Toys for babies","brand":"Haba"}"#),
        [("7".to_owned(), false)]
    );
    assert!(found(&bank, r#"{"id":"x","title":"HABA wooden train","brand":"Haba"}"#).is_empty());
}

fn shared() -> Option<PathBuf> {
    let set = std::env::var_os("TOUCHSTONE_SHARED_DATA").map(PathBuf::from);
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|folder| folder.join("shared/data"));
    set.into_iter().chain(above).map(|folder| folder.join("screening/recalls")).find(|folder| folder.is_dir())
}

#[test]
fn the_published_notices_load_whole_and_find_themselves() {
    let Some(folder) = shared() else {
        println!("shared test data are absent: published recall notices were not loaded");
        return;
    };
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect(name);
    let (mut notices, errors) = parse_safety_gate(&read("safety-gate-200.jsonl"));
    assert_eq!((notices.len(), errors.len()), (200, 0));
    let barcodes: usize = notices.iter().map(|notice| notice.gtins.len() + notice.other_codes.len()).sum();
    let malformed: Vec<&String> = notices.iter().flat_map(|notice| &notice.other_codes).collect();
    println!("{barcodes} barcodes, {} of them malformed or of restricted use: {malformed:?}", malformed.len());
    assert!(barcodes > 60 && malformed.len() < barcodes / 4);
    let (cpsc, errors) = parse_cpsc(&read("cpsc-11.tsv"));
    assert_eq!((cpsc.len(), errors.len()), (11, 0));
    notices.extend(cpsc);
    let bank = RecallBank::new(notices.clone());
    for notice in &notices {
        for gtin in &notice.gtins {
            let hits = found(&bank, &format!(r#"{{"id":"x","title":"anything","gtin":"{gtin}"}}"#));
            assert!(hits.iter().any(|(id, _)| *id == notice.id), "{} by {gtin}", notice.id);
        }
    }
    for title in
        ["纯棉圆领T恤", "USB charger 20W", "Perfume eau de toilette 50 ml", "Childrens high chair", "Toyota floor mat"]
    {
        assert!(
            found(&bank, &format!(r#"{{"id":"x","title":"{title}","gtin":"6901234567892"}}"#)).is_empty(),
            "{title}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_or_named(text in "\\PC{0,200}", tabs in "([a-z]{0,4}\t?){0,12}(\nid\ttitle)?") {
        let (mut notices, _) = parse_safety_gate(&text);
        notices.extend(parse_cpsc(&text).0);
        notices.extend(parse_cpsc(&format!("id\ttitle\n{tabs}")).0);
        let bank = RecallBank::new(notices);
        let json = serde_json::json!({ "id": "x", "title": text, "brand": tabs.trim() });
        if let Ok(input) = Input::from_json(&json.to_string()) {
            let _ = bank.matches(&RecallSubject::of(&input));
        }
    }
}

/// Rules of a market as shipped.
fn rules(market: &str) -> screening::Rules {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../policies").join(market);
    let pack = policy::packs::pack_from_folder(market, &folder).unwrap_or_else(|faults| panic!("{faults}"));
    screening::Rules::compile(&pack, jiff::civil::date(2026, 11, 1)).unwrap_or_else(|faults| panic!("{faults}"))
}

#[test]
fn the_walk_names_the_notice_and_what_agrees_and_holds_the_listing_back() {
    let bank = bank(&[
        alert("A12/0001/26", r#""brand":"Sonny","barcode":"6901234567892","risk_type":"Electric shock""#),
        alert("A12/0002/26", r#""brand":"Sonny","batch_number":"L2024A""#),
    ]);
    let banks = screening::Banks { recalls: std::sync::Arc::new(bank), ..screening::Banks::default() };
    for market in ["cn", "us", "eu"] {
        let rules = rules(market);
        let report = |json: &str| {
            let input = Input::from_json(json).expect("a listing");
            screening::screen(&input, &rules, &banks, rules.date)
        };
        let recalled = |json: &str| {
            let findings = report(json).findings.into_iter();
            findings.filter(|finding| finding.check == screening::Check::Recalls).collect::<Vec<_>>()
        };
        let certain = recalled(r#"{"id":"x","title":"Sonny hair dryer","brand":"Sonny","gtin":"6901234567892"}"#);
        // The second notice speaks by name, and its row says so beside.
        assert_eq!(certain.len(), 2, "{market}: {certain:?}");
        assert_eq!(certain[1].rule, format!("{market}-recall-likely"));
        assert_eq!(
            (certain[0].rule.as_str(), certain[0].field.as_str()),
            (&*format!("{market}-recall-certain"), "gtin")
        );
        assert_eq!(certain[0].severity, screening::Severity::Severe);
        assert!(!certain[0].basis.is_empty(), "{market}");
        let (zh, en) = (&certain[0].reason.zh, &certain[0].reason.en);
        assert!(zh.contains("A12/0001/26") && en.contains("A12/0001/26") && en.contains("gtin 06901234567892"), "{en}");
        let evidence = certain[0].evidence.clone().expect("evidence");
        assert_eq!(evidence["kind"], "gtin");
        assert_eq!(evidence["agrees"][0]["field"], "gtin");
        assert_eq!(evidence["agrees"][1]["notice"], "Sonny");

        let likely = r#"{"id":"x","title":"Hair dryer","brand":"Sonny","attributes":{"lot":"l2024a"}}"#;
        let found = recalled(likely);
        assert_eq!(found.len(), 1, "{market}: {found:?}");
        assert_eq!(found[0].rule, format!("{market}-recall-likely"));
        assert_eq!(found[0].evidence.as_ref().expect("evidence")["kind"], "lot");
        assert_ne!(report(likely).decision, screening::Decision::Pass);
        assert!(recalled(r#"{"id":"x","title":"Hair dryer","brand":"Other","gtin":"96385074"}"#).is_empty());
    }
}

#[test]
fn kept_facts_give_the_same_finding_as_the_text_and_facts_without_a_subject_are_read() {
    let banks = screening::Banks {
        recalls: std::sync::Arc::new(bank(&[alert("A1", r#""brand":"Sonny","model_type_number":"HD-2200""#)])),
        ..screening::Banks::default()
    };
    let rules = rules("eu");
    let input = Input::from_json(r#"{"id":"x","title":"Sonny HD-2200 hair dryer"}"#).expect("a listing");
    let facts = screening::read(&input, &rules, &mut screening::claims::Scratch::default());
    let mut kept = serde_json::to_value(&facts).expect("facts are written");
    let again: screening::Facts = serde_json::from_value(kept.clone()).expect("facts are read");
    let judge = |facts: &screening::Facts| screening::judge("x", facts, &rules, &banks, rules.date);
    assert_eq!(judge(&again), judge(&facts));
    let is_recalled = |facts: &screening::Facts| {
        judge(facts).findings.iter().any(|finding| finding.check == screening::Check::Recalls)
    };
    assert!(is_recalled(&again));
    kept.as_object_mut().expect("an object").remove("recalls");
    let older: screening::Facts = serde_json::from_value(kept).expect("facts kept before the check are read");
    assert!(!is_recalled(&older));
}
