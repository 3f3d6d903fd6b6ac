//! Laws of the claims check, on any text.

use std::path::PathBuf;
use std::sync::LazyLock;

use jiff::civil::{Date, date};
use policy::{Pack, Source};
use proptest::prelude::*;
use screening::claims::{ClaimRules, Scratch, facts, findings};
use screening::index::FactsIndex;
use screening::{Banks, Input, Rules, screen};

const DAY: Date = date(2026, 11, 1);

fn sources() -> Vec<Source> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../policies/cn");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| Source::new(path.display().to_string(), std::fs::read_to_string(&path).unwrap()))
        .collect()
}

fn pack(sources: &[Source]) -> Pack {
    Pack::from_sources("cn", sources).unwrap_or_else(|faults| panic!("{faults}"))
}

static TODAY: LazyLock<ClaimRules> = LazyLock::new(|| ClaimRules::compile(&pack(&sources()), DAY).unwrap());

/// The same pack without the terms of a whole file, and with a rule of other terms.
static EARLIER: LazyLock<ClaimRules> = LazyLock::new(|| {
    let mut sources = sources();
    sources.retain(|source| !source.path.contains("claims-trade"));
    for source in &mut sources {
        source.text = source.text.replace("全网第一", "旧规则用语").replace("severity: minor", "severity: info");
    }
    ClaimRules::compile(&pack(&sources), DAY).unwrap()
});

static RULES: LazyLock<Rules> = LazyLock::new(|| Rules::compile(&pack(&sources()), DAY).unwrap());

/// Pieces that make up listing texts: terms, disguises, cues, noise.
fn piece() -> impl Strategy<Value = String> {
    let known = vec![
        "国家级",
        "最佳",
        "食用",
        "温度",
        "全网第一",
        "全网",
        "最低价",
        "治疗",
        "高血压",
        "不能",
        "糖尿病",
        "嘴佳",
        "国jia级",
        "月巴",
        "减肥",
        "概不退换",
        "定制",
        "跳楼价",
        "2021",
        "年",
        "荣获",
        "奖",
        "招财猫",
        "旧规则用语",
        "，",
        "。",
        " ",
        "*",
        "\u{200b}",
        "\u{202e}",
        "🔥",
        "、",
        "广告法",
        "专利",
        "一",
        "①",
        "顶級",
        "Brand",
        "brand",
        "100%",
        "有效",
        "no.1",
        "本店",
        "我觉得",
        "\n",
        "\u{301}",
        "ﬁ",
        "㍿",
    ];
    prop_oneof![4 => prop::sample::select(known).prop_map(str::to_owned), 1 => "\\PC{0,6}", 1 => ".{0,3}"]
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(piece(), 0..24).prop_map(|pieces| pieces.concat())
}

fn listing() -> impl Strategy<Value = Input> {
    let category =
        prop::sample::select(vec!["", "food", "food/health-food", "cosmetics", "home", "medical-device", "services"]);
    (text(), text(), text(), category, prop::sample::select(vec!["", "国家级", "Brand"])).prop_map(
        |(title, description, value, category, brand)| Input {
            id: "listing".to_owned(),
            market: "cn".to_owned(),
            title,
            description,
            category: category.to_owned(),
            brand: brand.to_owned(),
            attributes: [("等级".to_owned(), value)].into(),
            ..Input::default()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn kept_facts_renewed_for_another_policy_equal_a_full_scan(input in listing()) {
        let mut scratch = Scratch::default();
        for (earlier, later) in [(&*EARLIER, &*TODAY), (&*TODAY, &*EARLIER)] {
            let kept = facts(&input, earlier, &mut scratch);
            let stored: screening::facts::ClaimFacts = serde_json::from_str(&serde_json::to_string(&kept).unwrap()).unwrap();
            prop_assert_eq!(&stored, &kept, "facts survive storage");
            let renewed = later.renew(stored, earlier, || input.clone(), &mut scratch);
            let full = facts(&input, later, &mut scratch);
            prop_assert_eq!(&renewed, &full);
            prop_assert_eq!(findings(&renewed, later, "listing"), findings(&full, later, "listing"));
        }
    }

    #[test]
    fn only_listings_in_the_changed_plans_come_out_otherwise(inputs in prop::collection::vec(listing(), 1..12)) {
        let mut scratch = Scratch::default();
        let mut index = FactsIndex::default();
        let new = TODAY.atoms.without(&EARLIER.atoms);
        let read: Vec<_> = inputs.iter().map(|input| {
            let kept = facts(input, &EARLIER, &mut scratch);
            screening::claims::extend(kept, &new, || input.clone(), &mut scratch)
        }).collect();
        for (number, facts) in (0_u32..).zip(&read) {
            index.insert(number, facts);
        }
        let affected = index.affected(&EARLIER, &TODAY);
        for (number, input) in (0_u32..).zip(&inputs) {
            let before = findings(&facts(input, &EARLIER, &mut scratch), &EARLIER, "listing");
            let after = findings(&facts(input, &TODAY, &mut scratch), &TODAY, "listing");
            if !affected.contains(number) {
                prop_assert_eq!(before, after);
            }
        }
    }

    #[test]
    fn no_input_panics_and_every_span_lies_in_its_field(input in listing()) {
        let report = screen(&input, &RULES, &Banks::default(), DAY);
        for finding in &report.findings {
            let (Some(start), Some(end)) = (finding.start, finding.end) else { continue };
            let field = match finding.field.as_str() {
                "title" => input.title.clone(),
                "description" => input.description.clone(),
                "brand" => input.brand.clone(),
                other => input.attributes.get(other.trim_start_matches("attributes.")).cloned().unwrap_or_default(),
            };
            let chars: Vec<char> = field.chars().collect();
            prop_assert!(start < end && end <= chars.len(), "{finding:?}");
            if finding.check == screening::Check::Claims {
                prop_assert_eq!(finding.text.clone(), chars[start..end].iter().collect::<String>());
            }
        }
    }

    #[test]
    fn any_json_is_read_or_refused_with_a_place(line in "\\PC{0,80}|\\{\"id\": ?\"[a-z]\", ?\"(title|price_minor|images|documents|attributes|market)\": ?[0-9a-z\"\\[\\]{}.-]{0,20}\\}") {
        if let Err(error) = Input::from_json(&line) {
            prop_assert!(!error.text.zh.is_empty() && !error.text.en.is_empty());
        }
    }
}

#[test]
fn a_title_of_a_million_characters_is_refused_with_its_field() {
    let line = serde_json::json!({ "id": "1", "title": "好".repeat(1_000_000) }).to_string();
    let error = Input::from_json(&line).unwrap_err();
    assert_eq!((error.code, error.field.as_str()), ("field_too_long", "title"));
}

#[test]
fn a_long_description_full_of_terms_is_screened_in_bounded_work() {
    let input = Input {
        id: "1".to_owned(),
        market: "cn".to_owned(),
        title: "锅".to_owned(),
        description: "国家级最佳治疗高血压，".repeat(18_000),
        ..Input::default()
    };
    let outcome = findings(&facts(&input, &TODAY, &mut Scratch::default()), &TODAY, "1");
    assert!(outcome.findings.len() <= screening::claims::FINDINGS_MAX && !outcome.findings.is_empty());
}

#[test]
fn a_policy_with_an_unknown_group_is_refused_with_its_place() {
    let mut sources = sources();
    sources.push(Source::new("cn/zz.yaml", "table: claims\nrows:\n  - id: zz\n    from: 2020-01-01\n    severity: minor\n    basis: [{ law: advertising-law, article: \"9(3)\" }]\n    reason: { zh: 甲, en: a }\n    fix: { zh: 乙, en: b }\n    terms: [\"@no-such-group\"]\n"));
    let read = Pack::from_sources("cn", &sources).and_then(|pack| ClaimRules::compile(&pack, DAY).map(|_| ()));
    let faults = read.unwrap_err();
    assert!(
        faults.iter().any(|fault| &*fault.file == "cn/zz.yaml" && fault.line > 0 && fault.row.as_deref() == Some("zz")),
        "{faults}"
    );
}

#[test]
fn a_title_switched_after_it_passed_is_a_finding() {
    let before = Input {
        id: "1".to_owned(),
        market: "cn".to_owned(),
        title: "不锈钢保温杯 500ml".to_owned(),
        price_minor: Some(5_000),
        images: vec![image("a.jpg")],
        ..Input::default()
    };
    let after = Input {
        title: "祛斑霜 根治鼻炎 全网第一".to_owned(),
        price_minor: Some(990),
        images: vec![image("b.jpg")],
        ..before.clone()
    };
    let report = screening::screen_edit(&before, &after, &RULES, &Banks::default(), DAY);
    let rules: Vec<&str> = report
        .findings
        .iter()
        .filter(|finding| finding.check == screening::Check::Change)
        .map(|finding| finding.rule.as_str())
        .collect();
    for expected in ["cn-change-title", "cn-change-price-down", "cn-change-images-replaced", "cn-change-claim-added"] {
        assert!(rules.contains(&expected), "{expected} is missing in {rules:?}");
    }
    let same = screening::screen_edit(&before, &before, &RULES, &Banks::default(), DAY);
    assert!(same.findings.iter().all(|finding| finding.check != screening::Check::Change));
}

fn image(path: &str) -> screening::ImageInput {
    screening::ImageInput { path: path.to_owned(), ..screening::ImageInput::default() }
}
