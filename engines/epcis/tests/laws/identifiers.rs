//! Spellings of the same thing.

use epcis::Code;
use epcis::identifier::{Level, Pattern, Reading, canonical, read};

#[test]
fn every_scheme_has_one_canonical_link() {
    for (written, wanted) in [
        (
            "urn:epc:id:sgtin:0614141.812345.6789%2F%26%25%22!%3F()",
            "https://id.gs1.org/01/80614141123458/21/6789%2F%26%25%22%21%3F%28%29",
        ),
        ("urn:epc:id:sscc:4012345.0000000333", "https://id.gs1.org/00/040123450000003338"),
        ("urn:epc:id:sgln:4012345.00011.987", "https://id.gs1.org/414/4012345000115/254/987"),
        ("urn:epc:id:sgln:401234567890..0", "https://id.gs1.org/414/4012345678901"),
        ("urn:epc:id:pgln:999999999999.", "https://id.gs1.org/417/9999999999994"),
        ("urn:epc:id:grai:4012345.66666.87", "https://id.gs1.org/8003/0401234566666387"),
        ("urn:epc:id:gdti:987659999999..9", "https://id.gs1.org/253/98765999999929"),
        (
            "urn:epc:id:cpi:0614141.11111111111111-A%23%2F.1234",
            "https://id.gs1.org/8010/061414111111111111111-A%23%2F/8011/1234",
        ),
        ("urn:epc:id:itip:4012345.012345.01.02.999", "https://id.gs1.org/8006/040123451234560102/21/999"),
        (
            "urn:epc:id:upui:1234567.098765.51qIgY)%3C%26Jp3*j7'SDB",
            "https://id.gs1.org/01/01234567987651/235/51qIgY%29%3C%26Jp3%2Aj7'SDB",
        ),
        ("urn:epc:class:lgtin:4012345.012345.Lot987", "https://id.gs1.org/01/04012345123456/10/Lot987"),
        ("urn:epc:idpat:itip:4012345.012345.01.02.*", "https://id.gs1.org/8006/040123451234560102"),
        ("https://example.com/shop/gtin/9506000134352/lot/A/ser/7?x=1#y", "https://id.gs1.org/01/09506000134352/21/7"),
        ("http://example.com/01/09506000134352/22/V/10/A%2FB", "https://id.gs1.org/01/09506000134352/10/A%2FB"),
        ("https://id.gs1.de/00/040123450000003338/", "https://id.gs1.org/00/040123450000003338"),
        ("https://example.com/about/us", "https://example.com/about/us"),
        ("urn:epc:id:gid:95100000.12345.400", "urn:epc:id:gid:95100000.12345.400"),
    ] {
        assert_eq!(canonical(written), wanted, "{written}");
    }
}

#[test]
fn identifiers_that_only_look_like_gs1_are_told_apart() {
    for (written, code) in [
        ("urn:epc:id:sgtin:0614141.112345", Code::Identifier),
        ("urn:epc:id:sgtin:06141.11234567.1", Code::Identifier),
        ("urn:epc:id:sgtin:0614141.812345.", Code::Identifier),
        ("urn:epc:id:sgtin:0614141.812345.123456789012345678901", Code::Identifier),
        ("urn:epc:id:sgtin:0614141.812345.a b", Code::Identifier),
        ("urn:epc:id:nosuch:1.2", Code::Identifier),
        ("urn:epc:tag:sgtin-96:1.0614141.812345.1", Code::Identifier),
        ("https://id.gs1.org/01/09506000134353/21/1", Code::CheckDigit),
        ("https://example.com/01/09506000134353", Code::CheckDigit),
        ("https://id.gs1.org/01/123", Code::Identifier),
        ("https://id.gs1.org/", Code::Identifier),
        ("https://id.gs1.org/00/040123450000003338/21/1", Code::Identifier),
        ("https://id.gs1.org/01/09506000134352/21/%zz", Code::Identifier),
    ] {
        assert_eq!(read(written).expect_err(written).code, code, "{written}");
    }
    assert_eq!(read("https://example.com/01/12345"), Ok(Reading::Private));
    assert_eq!(read("urn:uuid:1"), Ok(Reading::Private));
    assert!(matches!(read("https://id.gs1.org/01/09506000134352"), Ok(Reading::Gs1 { level: Level::Class, .. })));
}

#[test]
fn patterns_match_what_they_stand_for_and_nothing_else() {
    let id = "https://id.gs1.org/01/10614141073464/21/2017";
    for (pattern, hit) in [
        ("urn:epc:idpat:sgtin:0614141.107346.*", true),
        ("urn:epc:idpat:sgtin:0614141.*.*", true),
        ("urn:epc:idpat:sgtin:*.*.*", true),
        ("urn:epc:idpat:sgtin:0614141.107347.*", false),
        ("urn:epc:idpat:sgtin:0614142.*.*", false),
        ("urn:epc:idpat:sscc:0614141.*", false),
        ("urn:epc:id:sgtin:0614141.107346.2017", true),
        ("urn:epc:id:sgtin:0614141.107346.2018", false),
        ("https://example.org/gtin/10614141073464/ser/2017", true),
        ("urn:epc:idpat:lgtin:0614141.107346.*", false),
    ] {
        let pattern_read = Pattern::read(pattern).expect(pattern);
        assert_eq!(pattern_read.matches(id), hit, "{pattern}");
        assert!(!hit || id.starts_with(pattern_read.prefix()), "{pattern}");
    }
    let box_id = canonical("urn:epc:id:sscc:4012345.0000000333").into_owned();
    assert!(Pattern::read("urn:epc:idpat:sscc:4012345.*").unwrap().matches(&box_id));
    for bad in
        ["urn:epc:idpat:sgtin:*.107346.*", "urn:epc:idpat:sgtin:0614141.107346", "urn:epc:idpat:nosuch:*", "urn:x:a*"]
    {
        assert!(Pattern::read(bad).is_err(), "{bad}");
    }
    let class = Pattern::read_class("urn:epc:idpat:sgtin:0614141.107346.*").unwrap();
    assert!(class.matches("https://id.gs1.org/01/10614141073464") && !class.matches(id));
}
