//! Laws over generated data, and the cases the standard decides.

use crate::table::{Charset, Entry};
use crate::{Code, ELEMENTS_MAX, Form, Gtin, INPUT_BYTES_MAX, Options, Scan, Symbology, parse, parse_with};
use proptest::prelude::*;

#[track_caller]
fn refused(input: &str) -> (usize, usize, Code) {
    match parse(input) {
        Ok(scan) => panic!("{input} was read as {scan:?}"),
        Err(error) => (error.position, error.length, error.code),
    }
}

#[track_caller]
fn forms(input: &str) -> (String, String) {
    let scan = parse(input).unwrap_or_else(|error| panic!("{input}: {error} at {}", error.position));
    (scan.element_string(), scan.bracketed())
}

#[test]
fn every_way_of_writing_gives_the_same_canonical_forms() {
    let element_string = "^010950600013435221ABC^10L/1^17270500";
    let bracketed = "(01)09506000134352(21)ABC(10)L/1(17)270500";
    let canonical = "https://id.gs1.org/01/09506000134352/10/L%2F1/21/ABC?17=270500";
    for input in [
        element_string,
        bracketed,
        "\u{1d}010950600013435221ABC\u{1d}10L/1\u{1d}17270500",
        "]d2010950600013435221ABC\u{1d}10L/1\u{1d}17270500",
        "]C1010950600013435221ABC\u{1d}10L/1\u{1d}17270500\u{1d}",
    ] {
        assert_eq!(forms(input), (element_string.to_owned(), bracketed.to_owned()), "{input:?}");
        let scan = parse(input).unwrap();
        assert_eq!(scan.digital_link_canonical().unwrap(), canonical);
        assert_eq!(scan.gtin(), "9506000134352".parse::<Gtin>().ok());
        assert_eq!((scan.serial(), scan.lot(), scan.expiry()), (Some("ABC"), Some("L/1"), Some("270500")));
        assert_eq!(scan.expiry_date(2026).map(|date| (date.year, date.month, date.last_day())), Some((2027, 5, 31)));
    }
    let scan = parse("https://shop.example/t/01/09506000134352/10/L%2f1/21/ABC?utm=x&17=270500&flag#top").unwrap();
    assert_eq!(scan.digital_link_canonical().unwrap(), canonical);
    assert_eq!(scan.stem.as_deref(), Some("https://shop.example/t"));
    assert_eq!(scan.ignored, ["utm=x", "flag"]);
    assert_eq!(scan.form, Form::DigitalLink);
}

#[test]
fn bare_digits_are_a_gtin_or_refused_with_the_right_check_digit() {
    let scan = parse("4006381333931").unwrap();
    assert_eq!(scan.form, Form::Plain);
    assert_eq!(scan.element_string(), "^0104006381333931");
    let error = parse("4006381333932").unwrap_err();
    assert_eq!((error.position, error.code, error.detail.as_deref()), (12, Code::CheckDigit, Some("1")));
    assert_eq!(refused("123"), (0, 3, Code::GtinLength));
    assert_eq!(refused("hello"), (0, 0, Code::NotGs1));
    assert_eq!(refused("010950600013435221ABC"), (0, 0, Code::FirstFnc1));
    let lenient = parse_with("010950600013435221ABC\u{1d}10L1", Options::lenient()).unwrap();
    assert_eq!(lenient.bracketed(), "(01)09506000134352(21)ABC(10)L1");
}

#[test]
fn the_place_of_a_refusal_is_the_byte_in_the_input() {
    assert_eq!(refused(""), (0, 0, Code::Empty));
    assert_eq!(refused("(01)09506000134353"), (17, 1, Code::CheckDigit));
    assert_eq!(refused("(01)09506000134352(17)271301"), (24, 2, Code::Month));
    assert_eq!(refused("(01)09506000134352(10)AB\\(C~"), (27, 1, Code::NotSet82));
    assert_eq!(refused("(01)09506000134352(10)A测"), (23, 3, Code::NotSet82));
    assert_eq!(refused("(01)09506000134352(77)A"), (19, 2, Code::UnknownAi));
    assert_eq!(refused("(01)09506000134352x"), (4, 15, Code::ValueTooLong));
    assert_eq!(refused("(01)09506000134352("), (19, 0, Code::BracketClose));
    assert_eq!(refused("(01)09506000134352(10)"), (22, 0, Code::ValueEmpty));
    assert_eq!(refused("(01)09506000134352(10)A^B"), (23, 1, Code::Fnc1InValue));
    assert_eq!(refused("(01)09506000134352(10)A\u{1d}B"), (23, 1, Code::NotSet82));
    assert_eq!(refused("^010950600013435299"), (19, 0, Code::ValueEmpty));
    assert_eq!(refused("^01095060001343521712"), (19, 2, Code::ValueTooShort));
    assert_eq!(refused("^0109506000134352^^10A"), (18, 4, Code::UnknownAi));
    assert_eq!(refused("^"), (1, 0, Code::Empty));
    assert_eq!(refused("]d2"), (3, 0, Code::Empty));
    assert_eq!(refused("]X9abc"), (0, 3, Code::Symbology));
    assert_eq!(refused("]E04006381333932"), (15, 1, Code::CheckDigit));
    assert_eq!(refused("]E0400638133393"), (15, 0, Code::PrimaryLength));
    assert_eq!(refused("]E04006381333931x"), (16, 1, Code::PrimaryLength));
    assert_eq!(refused("https://a/01/09506000134353"), (26, 1, Code::CheckDigit));
    assert_eq!(refused("https://a/01/09506000134352/10/A%7E"), (32, 3, Code::NotSet82));
    assert_eq!(refused("https://a/01/09506000134352/10/A%C3%A9"), (32, 3, Code::NotSet82));
    assert_eq!(refused("]Q1https://a/01/09506000134353"), (29, 1, Code::CheckDigit));
    assert_eq!(refused("https://a/01/09506000134352/21/A b"), (32, 1, Code::UriCharacter));
    assert_eq!(refused("https://例.cn/01/09506000134352"), (8, 3, Code::UriCharacter));
}

#[test]
fn values_may_be_as_long_as_the_standard_says_and_no_longer() {
    let ninety = "A".repeat(90);
    assert!(parse(&format!("^91{ninety}")).is_ok());
    assert!(parse(&format!("(91){ninety}")).is_ok());
    assert_eq!(refused(&format!("^91{ninety}A")), (93, 1, Code::ValueTooLong));
    assert_eq!(refused(&format!("(91){ninety}A")), (4, 91, Code::ValueTooLong));
    let link = "https://a/01/09506000134352?91=";
    assert!(parse(&format!("{link}{ninety}")).is_ok());
    assert_eq!(refused(&format!("{link}{ninety}A")), (31, 91, Code::ValueTooLong));
    let long = format!("https://a/01/09506000134352?x={}", "y".repeat(INPUT_BYTES_MAX));
    assert_eq!(refused(&long).2, Code::TooLong);
    let many: String = (0..=ELEMENTS_MAX).map(|_| "(99)A").collect();
    assert_eq!(refused(&many).2, Code::TooManyElements);
    let query = "&x=1".repeat(ELEMENTS_MAX);
    assert_eq!(refused(&format!("https://a/01/09506000134352?{query}")).2, Code::TooManyElements);
}

#[test]
fn identifiers_need_and_exclude_each_other_over_the_whole_item() {
    assert_eq!(refused("(10)LOT"), (1, 2, Code::Required));
    assert_eq!(refused("(01)09506000134352(02)09506000134352(37)1").2, Code::Excluded);
    assert_eq!(refused("(01)09506000134352(3100)000001(3101)000001").2, Code::Excluded);
    assert_eq!(refused("(01)09506000134352(21)A(235)B").2, Code::Excluded);
    assert_eq!(refused("(01)09506000134352(21)A(21)B"), (24, 2, Code::Repeated));
    assert_eq!(parse("(01)09506000134352(21)A(21)A").unwrap().elements.len(), 3);
    // AI 8041 needs 01, 21 and 8040, all three.
    let imei = "(01)09506000134352(8040)123456789012345(8041)123456789012345";
    assert_eq!(refused(imei).2, Code::Required);
    assert!(parse(&format!("{imei}(21)A")).is_ok());
    assert!(parse("(01)09506000134352|(10)LOT").is_ok());
    assert_eq!(forms("^0109506000134352|^10LOT").0, "^0109506000134352|^10LOT");
    // The GTIN of a retail symbol is the item its composite component speaks of.
    let scan = parse("]E09506000134352|]e010LOT").unwrap();
    assert_eq!(scan.bracketed(), "(01)09506000134352|(10)LOT");
    assert_eq!(scan.scan_data(Symbology::Ean13).unwrap(), "]E09506000134352|]e010LOT");
    assert_eq!(refused("(8030)ABC(255)1234567890128").2, Code::SignatureSerial);
}

#[test]
fn links_keep_path_order_attributes_and_keys() {
    let link = "https://a/01/09506000134352";
    assert_eq!(refused(&format!("{link}/21/A/10/B")), (28, 2, Code::LinkPath));
    assert_eq!(refused(&format!("{link}/22/A/235/B")).2, Code::LinkPath);
    assert_eq!(refused(&format!("{link}?10=B")), (28, 2, Code::LinkShouldBeInPath));
    assert!(parse(&format!("{link}/235/B?10=B")).is_ok());
    assert_eq!(refused(&format!("{link}?21=B")).2, Code::LinkAttribute);
    assert_eq!(refused(&format!("{link}?99=A&99=A")).2, Code::LinkDuplicate);
    assert_eq!(refused(&format!("{link}?77=A")).2, Code::LinkUnknownKey);
    assert_eq!(refused(&format!("{link}?99=")), (31, 0, Code::ValueEmpty));
    assert_eq!(refused(&format!("{link}/10/")).2, Code::ValueEmpty);
    assert_eq!(refused(&format!("{link}/")).2, Code::LinkNoKey);
    assert_eq!(refused("https://a/gtin/09506000134352").2, Code::LinkNoKey);
    assert_eq!(refused("https://a/01/9506000134352").2, Code::ValueTooShort);
    assert!(parse_with("https://a/gtin/9506000134352", Options::lenient()).is_ok());
    assert_eq!(refused("https://id.gs1.org/ARFKk4XB0CDKWcnpq").2, Code::LinkCompressed);
    assert_eq!(refused("Https://a/01/09506000134352"), (0, 8, Code::UriScheme));
    assert_eq!(refused("ftp://a/01/09506000134352"), (0, 6, Code::UriScheme));
    assert_eq!(refused("https:///01/09506000134352").2, Code::UriDomain);
    assert_eq!(refused("https://user@a/01/09506000134352"), (12, 1, Code::UriDomain));
    assert_eq!(refused("https://a/01/09506000134352/10/%00").2, Code::LinkNul);
    assert_eq!(refused("https://a/01/09506000134352/10/A%5EB"), (32, 3, Code::Fnc1InValue));
    // A plus is itself in a path and a space in a query.
    assert_eq!(parse(&format!("{link}/10/A+B")).unwrap().lot(), Some("A+B"));
    assert_eq!(refused(&format!("{link}?99=A+B")).2, Code::NotSet82);
    // TPX excludes no lot: the alternative that leaves none without a place is taken.
    let scan = parse("(01)09506000134352(10)L(235)X").unwrap();
    assert_eq!(scan.digital_link("https://a/").unwrap(), "https://a/01/09506000134352/235/X?10=L");
    let error = parse("(01)09506000134352(8200)http://a").unwrap().digital_link("https://a").unwrap_err();
    assert_eq!((error.code, error.ai.as_deref()), (Code::LinkAttribute, Some("8200")));
    assert_eq!(parse("(99)A").unwrap().digital_link_canonical().unwrap_err().code, Code::LinkWithoutKey);
}

/// A right value of an entry, from chance.
fn value(entry: &Entry, seeds: &[u8]) -> Option<String> {
    let mut value = String::new();
    let mut seeds = seeds.iter().copied().cycle();
    for component in &entry.components {
        let span = component.length_max - component.length_min + 1;
        let length = component.length_min + usize::from(seeds.next()?) % span;
        let letters: &[u8] = match component.charset {
            Charset::Digits => b"0123456789",
            Charset::Set82 => b"ABCxyz019-%(\"/_",
            Charset::Set39 => b"ABC019-#/",
            Charset::Set64 => b"ABCxyz019-_",
        };
        for _ in 0..length {
            value.push(char::from(letters[usize::from(seeds.next()?) % letters.len()]));
        }
    }
    crate::check_value(&entry.ai, &value).ok()?;
    Some(value)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_text_panics_and_places_lie_inside(text in "\\PC{0,60}|[()0-9A-C^|\\\\\u{1d}]{0,60}|\\](d2|C1|E0|Q1|e0)[0-9A-C\u{1d}|\\]e]{0,40}|https://a/[0-9/%A-C?&=+]{0,60}") {
        for options in [Options::default(), Options::lenient(), Options { unknown_ais: true, ..Options::lenient() }] {
            match parse_with(&text, options) {
                Ok(scan) => { let _ = (scan.element_string(), scan.digital_link_canonical()); }
                Err(error) => {
                    prop_assert!(error.position + error.length <= text.len(), "{:?} {:?}", text, error);
                    prop_assert!(!error.text_en().is_empty() && !error.text_zh().is_empty());
                }
            }
        }
    }

    #[test]
    fn what_is_written_is_read_again(picks in proptest::collection::vec((any::<prop::sample::Index>(), any::<[u8; 24]>()), 1..5)) {
        let mut pairs: Vec<(&str, String)> = vec![("01", "09506000134352".to_owned()), ("21", "S1".to_owned())];
        for (index, seeds) in &picks {
            let entry = index.get(crate::entries());
            if let Some(value) = value(entry, seeds) {
                pairs.push((&entry.ai, value));
            }
        }
        let borrowed: Vec<(&str, &str)> = pairs.iter().map(|(ai, value)| (*ai, value.as_str())).collect();
        let Ok(scan) = Scan::from_elements(&borrowed) else { return Ok(()) };
        for again in [parse(&scan.bracketed()), parse(&scan.element_string())] {
            prop_assert_eq!(&again.unwrap().elements, &scan.elements);
        }
        let sent = scan.scan_data(Symbology::DataMatrix).unwrap();
        prop_assert_eq!(&parse(&sent).unwrap().elements, &scan.elements);
        if let Ok(link) = scan.digital_link("https://example.com/x") {
            let mut given = scan.elements.clone();
            let mut read = parse(&link).map_err(|error| TestCaseError::fail(format!("{link}: {error}")))?.elements;
            given.sort_by(|one, other| one.ai.cmp(&other.ai));
            given.dedup();
            read.sort_by(|one, other| one.ai.cmp(&other.ai));
            prop_assert_eq!(read, given);
        }
    }
}
