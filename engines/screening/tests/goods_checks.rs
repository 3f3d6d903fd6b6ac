//! Documents, prices, brands and pictures, by the shipped packs and through the public doors.
use std::io::Cursor;
use std::sync::Arc;

use jiff::civil::{Date, date};
use policy::Pack;
use proptest::prelude::*;
use screening::brand::{self, Brand, BrandBank, BrandRules};
use screening::categories::{Categories, Flag};
use screening::documents::{self, DocumentRules};
use screening::images::{self, ImageBank, ImageRecord, ImageRules, ImageState};
use screening::price::{self, Comparable, DayPrice, Distribution, PriceRules, PriceStatistics};
use screening::qualifications::Qualifications;
use screening::{Finding, Input, Severity};

const TODAY: Date = date(2026, 5, 20);

fn pack(market: &str) -> Arc<Pack> {
    policy::shipped().market(market).expect("a shipped pack").clone()
}

fn listing(json: &str) -> Input {
    Input::from_json(json).expect("a listing")
}

fn rules(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.rule.as_str()).collect()
}

fn documents_of(json: &str) -> Vec<Finding> {
    let rules = DocumentRules::from_pack(&pack("cn"), TODAY).expect("rules");
    documents::findings(&documents::facts(&listing(json)), &rules, "L1", TODAY)
}

#[test]
fn every_shipped_row_can_be_read_and_its_inline_tests_hold() {
    for market in ["cn", "us", "eu"] {
        let pack = pack(market);
        DocumentRules::from_pack(&pack, TODAY).unwrap_or_else(|error| panic!("{market}: {error}"));
        PriceRules::from_pack(&pack, TODAY).unwrap_or_else(|error| panic!("{market}: {error}"));
        ImageRules::from_pack(&pack, TODAY).unwrap_or_else(|error| panic!("{market}: {error}"));
        BrandRules::from_pack(&pack, TODAY).unwrap_or_else(|error| panic!("{market}: {error}"));
        assert!(BrandBank::from_pack(&pack, TODAY).expect("brands").len() >= 120);
        assert!(Categories::from_pack(&pack, TODAY).expect("categories").len() >= 60);
        let run = screening::qualifications::run_tests(&pack, TODAY, None)
            .unwrap_or_else(|error| panic!("{market}: {error}"));
        assert!(run.passed > 0 && run.failures.is_empty(), "{market}: {:?}", run.failures);
    }
}

#[test]
fn every_kind_that_is_needed_is_a_known_kind_and_every_category_named_exists() {
    for market in ["cn", "us", "eu"] {
        let pack = pack(market);
        let rules = DocumentRules::from_pack(&pack, TODAY).expect("rules");
        let tree = Categories::from_pack(&pack, TODAY).expect("tree");
        for need in &rules.needs {
            assert!(need.kinds.iter().all(|kind| rules.qualifications.get(kind).is_some()), "{}", need.ruling.id);
            let named = need.categories.iter().chain(&need.except).filter(|path| *path != "*");
            named.for_each(|path| assert!(tree.get(path).is_some(), "{}: {path}", need.ruling.id));
        }
        for qualification in rules.qualifications.iter() {
            assert!(
                qualification.or.iter().all(|kind| rules.qualifications.get(kind).is_some()),
                "{}",
                qualification.id
            );
        }
    }
}

#[test]
fn what_a_merchant_needs_depends_on_the_category() {
    let qualifications = Qualifications::from_pack(&pack("cn"), TODAY).expect("matrix");
    let kinds = |category: &str| qualifications.of_merchant(category).map(|one| one.kind.clone()).collect::<Vec<_>>();
    assert_eq!(kinds("food/snacks"), ["business-licence", "food-trading-licence"]);
    assert_eq!(kinds("sports/outdoor"), ["business-licence"]);
    let tree = Categories::from_pack(&pack("cn"), TODAY).expect("tree");
    assert!(
        tree.has("cosmetics/special/sunscreen", Flag::SpecialCosmetics)
            && tree.has("food/infant-formula", Flag::Special)
    );
}

#[test]
fn a_cosmetic_without_a_filing_is_found_and_one_with_it_passes() {
    let bare = documents_of(r#"{"id":"a","title":"保湿面霜","category":"cosmetics/skincare"}"#);
    assert_eq!(rules(&bare), ["cn-documents-cosmetics"]);
    assert!(bare[0].reason.zh.contains("普通化妆品备案") && !bare[0].basis.is_empty());
    let stated = documents_of(
        r#"{"id":"a","title":"保湿面霜","category":"cosmetics/skincare","attributes":{"备案编号":"粤G妆网备字2023012345"}}"#,
    );
    assert!(stated.is_empty(), "{stated:?}");
    let wrong =
        documents_of(r#"{"id":"a","title":"保湿面霜","category":"cosmetics/skincare","attributes":{"备案编号":"无"}}"#);
    assert_eq!(rules(&wrong), ["cn-document-number-invalid"]);
    assert_eq!((wrong[0].field.as_str(), wrong[0].text.as_str(), wrong[0].end), ("attributes.备案编号", "无", Some(1)));
}

#[test]
fn a_special_cosmetic_needs_a_registration_not_a_filing() {
    let filed = documents_of(
        r#"{"id":"a","title":"染发膏","category":"cosmetics/special/hair-dye","documents":[{"kind":"cosmetics-filing","number":"粤G妆网备字2023012345"}]}"#,
    );
    assert_eq!(rules(&filed), ["cn-documents-special-cosmetics"]);
    assert_eq!(filed[0].severity, Severity::Severe);
}

fn with_report(report: &str) -> Vec<Finding> {
    documents_of(&format!(
        r#"{{"id":"a","title":"晨露 纯棉儿童家居服","brand":"晨露","category":"apparel/children","attributes":{{"执行标准":"GB 31701-2015","批号":"A1"}},
            "merchant":{{"id":"m","name":"甲（中国）有限公司"}},"documents":[{report}]}}"#
    ))
}

#[test]
fn a_good_report_gives_no_finding() {
    let found = with_report(
        r#"{"kind":"test-report","number":"R-1","product":"纯棉儿童家居服","brand":"晨露","lot":"a1","standard":"GB31701","issued":"2026-01-05","accreditation":"CNAS L1234、210020349123"}"#,
    );
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn each_field_of_a_report_that_does_not_fit_is_found_beside_its_source() {
    let good = [("number", "R-1"), ("accreditation", "L1234"), ("issued", "2026-01-05")];
    let cases = [
        ("product", "不锈钢保温杯", "cn-document-product-differs"),
        ("brand", "别家", "cn-document-brand-differs"),
        ("lot", "B9", "cn-document-lot-differs"),
        ("standard", "GB/T 20808-2022", "cn-document-standard-differs"),
        ("accreditation", "自检", "cn-document-laboratory-unproven"),
        ("issued", "2024-01-05", "cn-document-too-old"),
        ("issued", "2026-06-01", "cn-document-issued-in-future"),
        ("from", "2026-06-01", "cn-document-not-yet-valid"),
        ("until", "2026-05-19", "cn-document-expired"),
        ("until", "2025-01-01", "cn-document-dates-contradict"),
        ("number", "", "cn-document-none"),
    ];
    for (field, value, expected) in cases {
        let mut fields: Vec<(&str, &str)> = good.iter().copied().filter(|(name, _)| *name != field).collect();
        fields.push((field, value));
        let body: String = fields.iter().map(|(name, value)| format!(r#","{name}":"{value}""#)).collect();
        let found = with_report(&format!(r#"{{"kind":"test-report"{body}}}"#));
        if expected == "cn-document-none" {
            assert!(found.is_empty(), "reports have no fixed form of number: {found:?}");
            continue;
        }
        assert_eq!(rules(&found), [expected], "{field} = {value}");
        assert_eq!(found[0].field, format!("documents[0].{field}"));
        assert!(found[0].reason.zh.contains(value) || field == "accreditation", "{:?}", found[0].reason);
        assert!(found[0].evidence.is_some() && found[0].fix.is_some());
    }
}

#[test]
fn the_last_day_of_a_licence_still_counts_and_somebody_elses_licence_does_not() {
    let licence = |until: &str, holder: &str| {
        documents_of(&format!(
            r#"{{"id":"a","title":"某茶","category":"daily/home","merchant":{{"id":"m","name":"甲有限公司","uscc":"91350100M000100Y43"}},
                "documents":[{{"kind":"business-licence","number":"91350100M000100Y43","holder":"{holder}","until":"{until}"}}]}}"#
        ))
    };
    assert!(licence("2026-05-20", "甲有限公司").is_empty());
    assert_eq!(rules(&licence("2026-05-19", "甲有限公司")), ["cn-document-expired"]);
    assert_eq!(rules(&licence("2027-01-01", "乙有限公司")), ["cn-document-holder-differs"]);
    let unknown =
        documents_of(r#"{"id":"a","title":"茶杯","category":"daily/home","documents":[{"kind":"bussiness-licence"}]}"#);
    assert_eq!(rules(&unknown), ["cn-document-unknown-kind"]);
    assert!(unknown[0].reason.en.contains("business-licence"));
}

fn price_of(market: &str, json: &str, statistics: &PriceStatistics) -> Vec<String> {
    let rules = PriceRules::from_pack(&pack(market), TODAY).expect("rules");
    let input = listing(json);
    let found = price::findings(&price::facts(&input), &rules, statistics, &input.id, TODAY);
    found.into_iter().map(|finding| finding.rule).collect()
}

#[test]
fn prices_that_cannot_be_meant_are_found() {
    let none = PriceStatistics::default();
    let of = |json: &str| price_of("cn", json, &none);
    assert_eq!(of(r#"{"id":"a","title":"t","price_minor":0}"#), ["cn-price-zero"]);
    assert_eq!(of(r#"{"id":"a","title":"t"}"#), ["cn-price-missing"]);
    assert_eq!(of(r#"{"id":"a","title":"t","price_minor":9223372036854775807}"#), ["cn-price-too-large"]);
    assert_eq!(of(r#"{"id":"a","title":"t","price_minor":100,"currency":"USD"}"#), ["cn-price-currency"]);
    assert_eq!(of(r#"{"id":"a","title":"t","price_minor":100,"list_price_minor":90}"#), ["cn-price-list-below-price"]);
    assert_eq!(of(r#"{"id":"a","title":"t","price_minor":100,"list_price_minor":501}"#), ["cn-price-reference-ratio"]);
    assert!(of(r#"{"id":"a","title":"t","price_minor":100,"list_price_minor":500,"currency":"CNY"}"#).is_empty());
}

#[test]
fn a_reference_price_is_measured_by_the_window_of_the_market() {
    let mut statistics = PriceStatistics::default();
    let day = |date, price_minor| DayPrice { date, price_minor };
    statistics
        .history
        .insert("a".into(), vec![day(date(2026, 5, 18), 150), day(date(2026, 5, 1), 110), day(TODAY, 60)]);
    let json = |list: i64| format!(r#"{{"id":"a","title":"t","price_minor":100,"list_price_minor":{list}}}"#);
    assert!(price_of("cn", &json(150), &statistics).is_empty(), "150 was the lowest of seven days");
    assert_eq!(price_of("cn", &json(151), &statistics), ["cn-price-reference-not-lowest"]);
    assert_eq!(
        price_of("eu", &json(150), &statistics),
        ["eu-price-reference-not-lowest"],
        "110 was the lowest of thirty days"
    );
    assert!(price_of("eu", &json(110), &statistics).is_empty());
}

fn offers(prices: impl IntoIterator<Item = i64>) -> Distribution {
    let listings: Vec<Comparable> = prices
        .into_iter()
        .enumerate()
        .map(|(index, price_minor)| Comparable { listing: format!("o{index}"), price_minor })
        .collect();
    Distribution::from_listings(&listings).expect("a distribution")
}

#[test]
fn an_offer_far_from_others_of_its_gtin_brand_or_category_is_found() {
    let mut statistics = PriceStatistics { currency: "CNY".into(), ..PriceStatistics::default() };
    statistics.by_gtin.insert("06901234567892".into(), offers([980, 1000, 1010, 1020, 990]));
    statistics
        .by_brand
        .insert(("sony".into(), "electronics/audio".into()), offers([9000, 10_000, 11_000, 10_500, 9800]));
    statistics.by_category.insert("electronics/audio".into(), offers((0..30).map(|index| 5000 + index * 300)));
    let of = |gtin: &str, brand: &str, price: i64, currency: &str| {
        let json = format!(
            r#"{{"id":"a","title":"t","gtin":"{gtin}","brand":"{brand}","category":"electronics/audio","price_minor":{price},"currency":"{currency}"}}"#
        );
        price_of("cn", &json, &statistics)
    };
    assert!(of("6901234567892", "Sony", 1000, "CNY").is_empty(), "the same GTIN decides before brand and category");
    assert_eq!(of("6901234567892", "", 100, "CNY"), ["cn-price-outlier-gtin"]);
    assert_eq!(of("6901234567892", "", 100_000, "CNY"), ["cn-price-outlier-gtin"]);
    assert_eq!(of("", "SONY", 900, "CNY"), ["cn-price-low-for-brand"]);
    assert!(of("", "SONY", 20_000, "CNY").is_empty(), "a dear one is no counterfeit");
    assert_eq!(of("", "", 10, "CNY"), ["cn-price-outlier-category"]);
    assert_eq!(of("", "", 10, "USD"), ["cn-price-currency"], "other currencies are not compared");
    assert_eq!(offers([980, 1000, 1010, 1020, 990]).comparables[0].price_minor, 1000);
}

#[test]
fn net_contents_are_read_from_titles() {
    let of = |text: &str| price::quantity(text).map(|quantity| (quantity.amount * 1_000_000.0).round() / 1_000_000.0);
    assert_eq!(of("东北大米 5kg"), Some(5.0));
    assert_eq!(of("牛奶250ml×24盒"), Some(6.0));
    assert_eq!(of("坚果 2 x 500g"), Some(1.0));
    assert_eq!(of("花生油５升"), Some(5.0));
    assert_eq!(of("键盘87键"), None);
    assert_eq!(of("0g"), None);
}

fn brands(json: &str) -> Vec<Finding> {
    let pack = pack("cn");
    let (rules, bank) =
        (BrandRules::from_pack(&pack, TODAY).expect("rules"), BrandBank::from_pack(&pack, TODAY).expect("bank"));
    brand::findings(&brand::facts(&listing(json), &bank), &rules, &bank, "L1", TODAY)
}

#[test]
fn letters_that_only_look_like_a_brand_are_found_in_brand_and_title() {
    for fake in ["Sоny", "NlKE", "ad1das", "ΗUAWEI", "Аpple"] {
        let found = brands(&format!(r#"{{"id":"a","title":"耳机","brand":"{fake}","category":"electronics/audio"}}"#));
        assert_eq!(rules(&found), ["cn-brand-homograph"], "{fake}");
        assert!(found[0].zero_tolerance && found[0].text == fake);
        let found = brands(&format!(r#"{{"id":"a","title":"全新 {fake} 特价","category":"electronics/audio"}}"#));
        assert_eq!(
            (rules(&found), found[0].start, found[0].text.as_str()),
            (vec!["cn-brand-homograph"], Some(3), fake)
        );
    }
}

#[test]
fn mixed_scripts_other_writing_and_ordinary_words_are_no_look_alikes() {
    for title in [
        "Привет hello 世界",
        "Яблоко-сок 100%",
        "完美的设计 加湿器",
        "红富士苹果 5斤",
        "cotton lining jacket",
        "α-硫辛酸",
        "Ωmega 配件",
    ] {
        let found =
            brands(&format!(r#"{{"id":"a","title":"{title}","brand":"自有品牌","category":"food/agricultural"}}"#));
        assert!(found.is_empty(), "{title}: {found:?}");
    }
    let traditional = brands(r#"{"id":"a","title":"手機","brand":"華為","category":"electronics/phones"}"#);
    assert_eq!(rules(&traditional), ["cn-brand-unauthorised"], "another writing is the brand itself");
    assert_eq!(
        rules(&brands(r#"{"id":"a","title":"面霜","brand":"ESTEE LAUDER","category":"cosmetics/skincare"}"#)),
        ["cn-brand-unauthorised"]
    );
}

#[test]
fn a_name_one_letter_off_is_found_in_the_brand_field() {
    let cases = [
        ("addidas", "apparel/shoes"),
        ("Panasonik", "appliances/home"),
        ("康帅傅", "food/staples"),
        ("Samsnug", "electronics/phones"),
    ];
    for (near, category) in cases {
        let found = brands(&format!(r#"{{"id":"a","title":"商品","brand":"{near}","category":"{category}"}}"#));
        assert_eq!(rules(&found), ["cn-brand-near-name"], "{near}");
    }
    for far in ["康帅博", "adda", "小麦", "海之宝"] {
        assert!(
            brands(&format!(r#"{{"id":"a","title":"方便面","brand":"{far}","category":"food/staples"}}"#)).is_empty(),
            "{far}"
        );
    }
}

#[test]
fn goods_that_only_fit_a_brand_need_no_authorisation() {
    let found = |title: &str| {
        brands(&format!(r#"{{"id":"a","title":"{title}","brand":"自有","category":"electronics/phones"}}"#))
    };
    assert!(
        found("适用于iPhone 手机壳").is_empty()
            && found("适用华为手机壳").is_empty()
            && found("case compatible with Samsung").is_empty()
    );
    assert_eq!(rules(&found("iPhone 手机壳 包邮")), ["cn-brand-title-only"]);
}

#[test]
fn an_authorisation_must_lead_from_the_owner_to_the_merchant_and_be_in_force() {
    let sell = |documents: &str| {
        let json = format!(
            r#"{{"id":"a","title":"索尼耳机","brand":"SONY","category":"electronics/audio","merchant":{{"id":"m","name":"丙店"}},"documents":[{documents}]}}"#
        );
        brands(&json).into_iter().map(|finding| finding.rule).collect::<Vec<_>>()
    };
    let mark = r#"{"kind":"trademark","number":"1234567","brand":"索尼","holder":"索尼公司","until":"2030-01-01"}"#;
    let first =
        r#"{"kind":"brand-authorisation","brand":"Sony","issuer":"索尼公司","holder":"乙公司","until":"2030-01-01"}"#;
    let second =
        r#"{"kind":"brand-authorisation","brand":"Sony","issuer":"乙公司","holder":"丙店","until":"2030-01-01"}"#;
    let old =
        r#"{"kind":"brand-authorisation","brand":"Sony","issuer":"索尼公司","holder":"丙店","until":"2020-01-01"}"#;
    let other = r#"{"kind":"brand-authorisation","brand":"Bose","issuer":"索尼公司","holder":"丙店"}"#;
    assert!(sell(&[mark, first, second].join(",")).is_empty());
    assert!(sell(&[second, first, mark].join(",")).is_empty(), "order does not matter");
    assert_eq!(sell(&[mark, second].join(",")), ["cn-brand-chain-broken"]);
    assert_eq!(sell(old), ["cn-brand-unauthorised"]);
    assert_eq!(sell(other), ["cn-brand-unauthorised"]);
}

#[test]
fn a_shop_may_add_its_own_brands() {
    let mut bank = BrandBank::default();
    let own = Brand {
        id: "own".into(),
        names: vec!["晨露".into(), "Chenlu".into()],
        categories: vec![],
        owners: vec!["晨露公司".into()],
        authorisation: true,
    };
    bank.add(own.clone());
    bank.add(own);
    assert_eq!(bank.len(), 1);
    assert_eq!(bank.identify("晨露（CHENLU）").map(|brand| brand.id.as_str()), Some("own"));
    let rules = BrandRules::from_pack(&pack("cn"), TODAY).expect("rules");
    let sold_by = |merchant: &str| {
        let input = listing(&format!(r#"{{"id":"a","title":"茶","brand":"chen lu","merchant":"{merchant}"}}"#));
        brand::findings(&brand::facts(&input, &bank), &rules, &bank, "a", TODAY).len()
    };
    assert_eq!((sold_by("晨露公司"), sold_by("别家")), (0, 1));
}

fn png(seed: u32, mirrored: bool) -> Vec<u8> {
    let picture = image::RgbImage::from_fn(240, 240, |x, y| {
        let x = if mirrored { 239 - x } else { x };
        let mixed = (x / 20 + seed).wrapping_mul(2_654_435_761) ^ (y / 20 + 7).wrapping_mul(2_246_822_519);
        image::Rgb([(mixed.wrapping_mul(3_266_489_917) >> 24) as u8; 3])
    });
    let mut out = Cursor::new(Vec::new());
    picture.write_to(&mut out, image::ImageFormat::Png).expect("encoded");
    out.into_inner()
}

fn images_of(bytes: &[u8], bank: &ImageBank, merchant: &str) -> Vec<Finding> {
    let rules = ImageRules::from_pack(&pack("cn"), TODAY).expect("rules");
    let mut input = listing(r#"{"id":"L1","title":"t","images":["a.png"]}"#);
    input.images[0].bytes = Some(bytes.into());
    images::findings(&images::facts(&input), &rules, bank, &input.id, merchant)
}

fn record(source: &str, merchant: &str, banned: bool) -> ImageRecord {
    ImageRecord { source: source.into(), merchant: merchant.into(), banned, note: String::new() }
}

#[test]
fn a_picture_of_banned_goods_is_found_even_mirrored_and_others_are_not() {
    let ImageState::Decoded { hashes, quality, .. } = images::read(&png(3, false), "x.png") else {
        panic!("a picture")
    };
    assert!(quality >= 50);
    let ImageState::Decoded { hashes: turned, .. } = images::read(&png(3, true), "x.png") else { panic!("a picture") };
    let nearest = turned
        .iter()
        .map(|hash| hash.parse::<imaging::Hash>().expect("hash").distance(hashes[0].parse().expect("hash")))
        .min();
    assert!(nearest.is_some_and(|bits| bits <= 2), "nearest position of the mirrored picture: {nearest:?} bits");
    let mut bank = ImageBank::default();
    bank.insert(hashes[0].parse().expect("hash"), record("gone", "m0", true));
    for bytes in [png(3, false), png(3, true)] {
        let found = images_of(&bytes, &bank, "m1");
        assert_eq!(rules(&found), ["cn-image-banned"]);
        assert!(found[0].zero_tolerance && found[0].severity == Severity::Severe);
    }
    assert!(images_of(&png(400, false), &bank, "m1").is_empty());
    assert_eq!(bank.remove_source("gone"), 1);
    assert!(images_of(&png(3, false), &bank, "m1").is_empty());
    bank.insert(hashes[0].parse().expect("hash"), record("L7", "m2", false));
    assert_eq!(rules(&images_of(&png(3, false), &bank, "m1")), ["cn-image-other-merchant"]);
    assert!(images_of(&png(3, false), &bank, "m2").is_empty(), "one's own picture");
}

#[test]
fn an_unreadable_picture_says_why_in_both_languages() {
    let found = images_of(b"%PDF-1.7", &ImageBank::default(), "m");
    assert_eq!(rules(&found), ["cn-image-unreadable"]);
    assert!(
        found[0].reason.en.contains("PDF")
            && found[0].reason.zh.contains("PDF")
            && !found[0].reason.zh.contains("{why}")
    );
    assert_eq!(found[0].field, "images[0]");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_listing_makes_the_checks_panic(
        title in "\\PC{0,60}", brand in "\\PC{0,20}", value in "\\PC{0,40}", price in any::<i64>(), list in any::<i64>(),
        days in proptest::collection::vec((any::<i16>(), any::<i64>()), 0..4), kind in "[a-z-]{1,24}"
    ) {
        let json = serde_json::json!({
            "id": "p", "title": title, "brand": brand, "category": "food/snacks", "price_minor": price.max(0), "list_price_minor": list.max(0),
            "attributes": { "批准文号": value, "执行标准": value },
            "documents": [{ "kind": kind, "number": value, "scope": value, "standard": value, "brand": brand, "product": title }, { "kind": "test-report", "number": value, "accreditation": value }],
        });
        let Ok(input) = Input::from_json(&json.to_string()) else { return Ok(()) };
        let pack = pack("cn");
        let bank = BrandBank::from_pack(&pack, TODAY).expect("bank");
        let documents_rules = DocumentRules::from_pack(&pack, TODAY).expect("rules");
        let mut found = documents::findings(&documents::facts(&input), &documents_rules, "p", TODAY);
        found.extend(brand::findings(&brand::facts(&input, &bank), &BrandRules::from_pack(&pack, TODAY).expect("rules"), &bank, "p", TODAY));
        let mut statistics = PriceStatistics::default();
        let history = days.iter().map(|(day, price_minor)| DayPrice { date: TODAY.saturating_sub(jiff::Span::new().days(*day)), price_minor: *price_minor });
        statistics.history.insert("p".into(), history.collect());
        found.extend(price::findings(&price::facts(&input), &PriceRules::from_pack(&pack, TODAY).expect("rules"), &statistics, "p", TODAY));
        for finding in found {
            if let (Some(start), Some(end)) = (finding.start, finding.end) {
                let text = match finding.field.as_str() { "title" => &title, "brand" => &input.brand, _ => continue };
                prop_assert!(start < end && end <= text.chars().count(), "{:?}", finding);
            }
        }
    }
}
