//! Any text is read or refused with a place inside it; what is read is written and read again as the same elements.
#![no_main]

use gs1::{Form, Options, Symbology, parse_with};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((flags, rest)) = bytes.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let options = Options {
        unknown_ais: flags & 1 != 0,
        unknown_link_attributes: flags & 1 != 0,
        zero_suppressed_gtin: flags & 2 != 0,
        convenience_alphas: flags & 4 != 0,
        implied_fnc1: flags & 8 != 0,
    };
    match parse_with(text, options) {
        Err(error) => {
            assert!(error.position + error.length <= text.len(), "{error:?}");
            assert!(!error.text_zh().is_empty() && !error.text_en().is_empty());
        }
        Ok(scan) if scan.plain.is_some() => assert!(scan.elements.is_empty()),
        Ok(scan) => {
            let again = parse_with(&scan.bracketed(), options).expect("the bracketed form reads");
            assert_eq!(again.elements, scan.elements);
            assert_eq!(again.bracketed(), scan.bracketed());
            // An unknown identifier of unknown length cannot be told from its value in an element string.
            if !options.unknown_ais {
                let raw = parse_with(&scan.element_string(), options).expect("the element string reads");
                assert_eq!(raw.elements, scan.elements);
                if scan.composite_at.is_none() {
                    let sent = scan.scan_data(Symbology::Qr).expect("a QR code carries every element string");
                    assert_eq!(parse_with(&sent, options).expect("scan data reads").elements, scan.elements);
                }
            }
            assert!(scan.form != Form::DigitalLink || scan.digital_link_canonical().is_ok());
        }
    }
});
