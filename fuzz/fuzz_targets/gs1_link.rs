//! A Digital Link that is read is written under another domain and read again as the same elements.
#![no_main]

use gs1::{Form, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let link = if text.contains("://") { text.to_owned() } else { format!("https://example.com/{text}") };
    let Ok(scan) = parse(&link) else { return };
    if scan.form != Form::DigitalLink {
        return;
    }
    let stem = scan.stem.clone().expect("a link has a stem");
    assert!(link.starts_with(&stem));
    let canonical = scan.digital_link_canonical().expect("what came from a link makes a link");
    let again = parse(&canonical).expect("the canonical link reads");
    let sorted = |mut elements: Vec<gs1::Element>| {
        elements.sort_by(|one, other| one.ai.cmp(&other.ai));
        elements
    };
    assert_eq!(again.digital_link_canonical().expect("twice"), canonical);
    assert_eq!(sorted(again.elements), sorted(scan.elements));
    assert!(again.ignored.is_empty());
});
