//! The packs that come with the product: valid, and saying what their sources say.

use jiff::civil::{Date, date};
use policy::{Packs, ParameterError, WorkingDays, shipped};

#[test]
fn the_shipped_packs_are_valid() {
    let packs = shipped();
    assert_eq!(packs.markets().collect::<Vec<_>>(), ["cn", "eu", "us"]);
    for pack in packs.iter() {
        assert!(!pack.rows::<policy::Law>().unwrap().is_empty());
        pack.rows::<policy::Parameter>().unwrap();
    }
    let unknown = packs.market("uk").unwrap_err();
    assert_eq!(unknown.known, "cn, eu, us");
}

#[test]
fn the_folder_gives_the_same_packs_as_the_binary() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
    assert_eq!(Packs::from_folder(&root).unwrap().version(), shipped().version());
}

#[test]
fn a_missing_folder_is_said_so() {
    let found = Packs::from_folder(std::path::Path::new("/nowhere/at/all")).unwrap_err();
    assert_eq!(found.iter().next().unwrap().code, "policy_file_unreadable");
}

#[test]
fn what_is_wrong_in_several_packs_comes_at_once() {
    let folder = std::env::temp_dir().join(format!("policy-test-{}", std::process::id()));
    for (market, column) in [("cn", "untit"), ("us", "unti")] {
        std::fs::create_dir_all(folder.join(market)).unwrap();
        let row = format!(
            "  - id: a\n    from: 2024-01-01\n    title: {{ zh: 一, en: A }}\n    value: 1\n    {column}: count\n"
        );
        std::fs::write(folder.join(market).join("p.yaml"), format!("table: parameters\nrows:\n{row}")).unwrap();
    }
    let found = Packs::from_folder_checked(&folder, &policy::Tables::new()).unwrap_err();
    std::fs::remove_dir_all(&folder).unwrap();
    let places: Vec<u32> = found.iter().map(|one| one.line).collect();
    assert_eq!(places, [7, 7]);
    assert!(found.iter().all(|one| one.message.en.contains("`unit`")));
}

#[test]
fn parameters_are_found_by_name_and_day() {
    let packs = shipped();
    let day = date(2026, 6, 1);
    assert_eq!(packs.home().integer("merchants.reverification_months", day).unwrap(), 6);
    assert_eq!(packs.home().integers("merchants.expiry_warning_days", day).unwrap(), [60, 30, 7]);
    assert_eq!(packs.home().list("accounts.second_factor_roles", day).unwrap(), ["admin"]);
    assert_eq!(packs.market("eu").unwrap().integer("price.reference_window_days", day).unwrap(), 30);
    match packs.home().integer("review.lease_minute", day).unwrap_err() {
        ParameterError::Unknown { nearest, .. } => {
            assert_eq!(nearest.as_deref(), Some("review.lease_minutes"))
        }
        other => panic!("{other}"),
    }
    assert!(matches!(
        packs.home().integer("review.lease_minutes", date(2000, 1, 1)),
        Err(ParameterError::NotInForce { .. })
    ));
    assert!(matches!(packs.home().text("review.lease_minutes", day), Err(ParameterError::WrongKind { .. })));
}

fn days() -> WorkingDays {
    WorkingDays::from_pack(shipped().home()).unwrap()
}

#[test]
fn the_national_calendar_is_followed() {
    let days = days();
    for (day, worked) in [
        (date(2024, 2, 4), true),   // Sunday worked before the Spring Festival
        (date(2024, 2, 12), false), // Spring Festival Monday
        (date(2024, 5, 11), true),
        (date(2024, 6, 10), false),
        (date(2025, 1, 26), true),
        (date(2025, 10, 8), false),
        (date(2025, 10, 11), true),
        (date(2026, 1, 2), false),
        (date(2026, 1, 4), true),
        (date(2026, 2, 14), true),
        (date(2026, 2, 23), false),
        (date(2026, 2, 24), true),
        (date(2026, 5, 9), true),
        (date(2026, 9, 20), true),
        (date(2026, 10, 7), false),
        (date(2026, 10, 8), true),
        (date(2026, 11, 21), false), // an ordinary Saturday
    ] {
        assert_eq!(days.is_working_day(day), worked, "{day}");
    }
    // 国务院 notices: 2026 has 33 days off named, of which the working days lost equal those gained elsewhere.
    assert!(days.covers(2024) && days.covers(2025) && days.covers(2026) && !days.covers(2027));
}

#[test]
fn a_year_has_as_many_working_days_as_the_notice_leaves() {
    // Counted from the notices: weekdays of the year, less weekdays off, plus weekend days worked.
    let days = days();
    let count = |year: i16| days.working_days_between(date(year - 1, 12, 31), date(year, 12, 31));
    assert_eq!((count(2024), count(2025), count(2026)), (251, 248, 248));
}

#[test]
fn deadlines_run_over_holidays() {
    let days = days();
    assert_eq!(days.add_working_days(date(2026, 9, 30), 7), date(2026, 10, 15));
    assert_eq!(days.next(date(2026, 2, 14)), date(2026, 2, 24));
    assert_eq!(days.add_working_days(date(2026, 2, 15), 0), date(2026, 2, 24));
    assert_eq!(days.working_days_between(date(2026, 2, 13), date(2026, 2, 24)), 2);
}

fn any_day() -> impl proptest::strategy::Strategy<Value = Date> {
    use proptest::strategy::Strategy as _;
    (0_i64..1096).prop_map(|offset| date(2024, 1, 1).checked_add(jiff::Span::new().days(offset)).unwrap())
}

proptest::proptest! {
    #[test]
    fn adding_lands_on_a_working_day_that_many_days_on(start in any_day(), count in 1_i32..60) {
        let days = days();
        let end = days.add_working_days(start, count);
        proptest::prop_assert!(days.is_working_day(end) && end > start);
        proptest::prop_assert_eq!(days.working_days_between(start, end), i64::from(count));
    }

    #[test]
    fn back_and_forth_from_a_working_day_meets(start in any_day(), count in 1_i32..60) {
        let days = days();
        let start = days.add_working_days(start, 0);
        let there = days.add_working_days(start, count);
        proptest::prop_assert_eq!(days.add_working_days(there, -count), start);
    }

    #[test]
    fn counting_by_weeks_equals_counting_by_days(start in any_day(), length in 0_i64..400) {
        let days = days();
        let end = start.checked_add(jiff::Span::new().days(length)).unwrap();
        let mut counted = 0;
        let mut day = start;
        while day < end {
            day = day.tomorrow().unwrap();
            counted += i64::from(days.is_working_day(day));
        }
        proptest::prop_assert_eq!(days.working_days_between(start, end), counted);
        proptest::prop_assert_eq!(days.working_days_between(end, start), -counted);
    }

    #[test]
    fn a_rollout_only_ever_grows(subject in "[a-z0-9]{1,20}", row in "[a-z]{1,10}", share in 0_u8..100) {
        use policy::{Mode, applies};
        let small = applies(Mode::Percentage(share), &subject, &row);
        proptest::prop_assert!(!small || applies(Mode::Percentage(share + 1), &subject, &row));
        proptest::prop_assert!(applies(Mode::Percentage(100), &subject, &row));
        proptest::prop_assert!(!applies(Mode::Percentage(0), &subject, &row));
    }

    #[test]
    fn any_text_is_either_a_pack_or_refused(text in "\\PC{0,200}") {
        let _ = policy::Pack::from_sources("cn", &[policy::Source::new("x.yaml", text)]);
    }
}

#[test]
fn a_rollout_reaches_its_share() {
    let hit =
        (0..20_000).filter(|n| policy::applies(policy::Mode::Percentage(25), &format!("listing-{n}"), "rule")).count();
    assert!((4_700..5_300).contains(&hit), "{hit}");
}

#[test]
fn numbers_are_written_as_laws_write_them() {
    use policy::law::{Provision, chinese};
    for (number, text) in [
        (9, "九"),
        (10, "十"),
        (19, "十九"),
        (28, "二十八"),
        (100, "一百"),
        (103, "一百零三"),
        (110, "一百一十"),
        (148, "一百四十八"),
        (1005, "一千零五"),
    ] {
        assert_eq!(chinese(number), text);
    }
    let shown = Provision::parse("28¶2(4)").unwrap().shown();
    assert_eq!(shown.zh, "第二十八条第二款第（四）项");
    assert_eq!(shown.en, "Article 28, paragraph 2, item (4)");
    assert_eq!(Provision::parse("63-1").unwrap().shown().zh, "第六十三条之一");
    for wrong in ["", "0", "九", "9(", "9()", "9(3", "9¶", "-1", "9 (3)"] {
        assert_eq!(Provision::parse(wrong), None, "{wrong}");
    }
}
