//! Catalogs, numbers and times.

use ground::{Language, Timestamp};
use ui::parts::clock;
use ui::{CatalogError, CatalogSource, Catalogs};

use crate::{now, view, zh};

#[test]
fn both_languages_have_the_same_keys_and_values() {
    let catalogs = Catalogs::new(&[]).expect("sound catalogs");
    assert_eq!(catalogs.missing_keys(), Vec::<String>::new());
    assert_eq!(catalogs.differing_variables(), Vec::<String>::new());
}

#[test]
fn a_key_missing_in_english_is_shown_in_chinese_and_reported_with_its_place() {
    let source =
        CatalogSource { crate_name: "shop", zh: "shop-a = 甲\nshop-b = 乙 { $n }\n", en: "shop-a = A\nshop-c = C\n" };
    let catalogs = Catalogs::new(&[source]).expect("sound catalogs");
    assert_eq!(catalogs.text(Language::En, "shop-b", &[("n", 3.into())]), "乙 3");
    assert_eq!(catalogs.text(Language::Zh, "shop-nothing", &[]), "⟨shop-nothing⟩");
    assert_eq!(
        catalogs.missing_keys(),
        [
            "shop-b: missing in en (stands in shop/locales/zh-CN.ftl:2)",
            "shop-c: missing in zh-CN (stands in shop/locales/en.ftl:2)",
        ]
    );
}

#[test]
fn a_value_forgotten_in_a_translation_is_reported() {
    let source = CatalogSource {
        crate_name: "shop",
        zh: "shop-a = { $name } 共 { $n }",
        en: "shop-a = { $n ->\n    [one] one\n   *[other] { $n }\n }",
    };
    let catalogs = Catalogs::new(&[source]).expect("sound catalogs");
    assert_eq!(catalogs.differing_variables().len(), 1);
    assert_eq!(catalogs.text(Language::En, "shop-a", &[("n", 1.into())]), "one");
}

#[test]
fn a_key_in_two_crates_is_an_error_naming_both_places() {
    let one = CatalogSource { crate_name: "one", zh: "same = 甲", en: "" };
    let two = CatalogSource { crate_name: "two", zh: "\nsame = 乙", en: "" };
    let error = Catalogs::new(&[one, two]).expect_err("a duplicate key");
    assert_eq!(error.to_string(), "duplicate key `same` (zh-CN): one/locales/zh-CN.ftl:1 and two/locales/zh-CN.ftl:2");
}

#[test]
fn a_syntax_error_names_crate_and_line() {
    let broken = CatalogSource { crate_name: "one", zh: "a = 甲\nb = { $n\n", en: "" };
    let error = Catalogs::new(&[broken]).expect_err("a syntax error");
    assert!(matches!(error, CatalogError::Syntax { crate_name: "one", language: "zh-CN", line: 2..=3, .. }), "{error}");
}

#[test]
fn every_code_that_all_crates_may_use_has_a_text() {
    let catalogs = Catalogs::new(&[]).expect("sound catalogs");
    for code in ground::problem::CODES {
        assert!(catalogs.has(&code.message_id()), "{}", code.code);
    }
}

#[test]
fn numbers_and_amounts_are_written_for_the_reader() {
    let (zh, en) = (zh(), view(Language::En, "/", ""));
    assert_eq!(zh.number(1_234_567), "1,234,567");
    assert_eq!(zh.number(-1_000), "−1,000");
    assert_eq!(zh.number(999), "999");
    assert_eq!(zh.decimal(-0.001, 2), "0.00");
    assert_eq!(zh.decimal(f64::NAN, 2), "—");
    assert_eq!(zh.percent(0.9841), "98.4%");
    assert_eq!(zh.money(123_450, "CNY"), "¥1,234.50");
    assert_eq!(en.money(-5, "CNY"), "−CN¥0.05");
    assert_eq!(en.money(1_500, "JPY"), "JPY 1,500");
    assert_eq!(zh.money(i64::MIN, "CNY"), "−¥92,233,720,368,547,758.08");
}

#[test]
fn times_are_in_the_readers_zone_with_the_exact_time_on_hover() {
    let mut cx = view(Language::En, "/", "");
    cx.zone = jiff::tz::TimeZone::get("Asia/Shanghai").expect("a zone");
    let late = Timestamp::parse_rfc3339("2026-03-15T18:00:09Z").expect("a moment");
    assert_eq!(cx.date_text(late), "2026-03-16");
    assert_eq!(
        cx.time_ago(late).into_string(),
        r#"<time datetime="2026-03-15T18:00:09Z" title="2026-03-16 02:00:09 +08:00">8 hours ago</time>"#
    );
    assert_eq!(cx.time_ago_text(now().plus_micros(30_000_000)), "just now");
    assert_eq!(cx.time_ago_text(now().plus_days(3)), "in 3 days");
}

#[test]
fn a_clock_turns_amber_in_the_last_day_and_says_when_it_has_passed() {
    let cx = zh();
    let hours = |n: i64| clock(&cx, now().plus_micros(n * 3_600_000_000)).into_string();
    assert!(hours(25).contains("ts-neutral") && hours(25).contains("剩余 25 小时"));
    assert!(hours(23).contains("ts-waiting"));
    assert!(hours(-2).contains("ts-danger") && hours(-2).contains("已逾期 2 小时"));
}
