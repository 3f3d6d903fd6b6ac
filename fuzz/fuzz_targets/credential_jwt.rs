//! Any bytes are a secured credential or a typed refusal; whatever is read was signed by nobody we know, so none verifies;
//! documents and names of issuers never panic.
#![no_main]

use credentials::{Did, DidDocument, Secured, SigningKey, did};
use ground::Timestamp;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static NOW: LazyLock<Timestamp> = LazyLock::new(|| Timestamp::parse_rfc3339("2026-03-02T04:00:00Z").unwrap());

fuzz_target!(|bytes: &[u8]| {
    if let Ok(secured) = Secured::read(bytes) {
        let _ = secured.claimed().status_entries();
        let _ = secured.check_dates(*NOW);
        if let Ok(did) = Did::parse(secured.issuer()) {
            let stranger = SigningKey::from_seed(&[7; 32]).public();
            let fragment = secured.method().rsplit('#').next().unwrap_or("").to_owned();
            let keys = [did::PublishedKey { fragment, key: stranger, revoked: None }];
            let document = did::document(&did, &keys).to_string();
            let document = DidDocument::read(document.as_bytes()).expect("our own document reads");
            assert!(secured.verify(&document, *NOW).is_err());
        }
    }
    let _ = DidDocument::read(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        if let Ok(did) = Did::parse(text) {
            assert_eq!(did.as_str(), text);
        }
    }
});
