#![no_main]
//! A line of a bulk file: read or refused, screened without a panic, every span inside its field.
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static RULES: LazyLock<screening::Rules> = LazyLock::new(|| {
    let packs = policy::shipped();
    let pack = packs.market("cn").expect("the shipped packs have cn");
    screening::Rules::compile(pack, "2026-11-01".parse().expect("a date")).expect("the shipped pack compiles")
});

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let input = screening::Input::from_json(text).unwrap_or_else(|_| screening::Input {
        id: "fuzz".to_owned(),
        market: "cn".to_owned(),
        title: text.chars().take(2_000).collect(),
        ..screening::Input::default()
    });
    let report = screening::screen(&input, &RULES, &screening::Banks::default(), RULES.date);
    for finding in report.findings.iter().filter(|finding| finding.field == "title") {
        if let (Some(start), Some(end)) = (finding.start, finding.end) {
            assert!(start < end && end <= input.title.chars().count());
        }
    }
});
