#![no_main]
//! Any parameters are a query or a refusal; whatever matches an event is also found by what the index holds of it.
use epcis::query::{Needle, Query, terms_of};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static EVENT: LazyLock<epcis::Event> = LazyLock::new(|| {
    let text = br#"{"@context": {"ex": "https://ns.example.com/epcis/"}, "type": "ObjectEvent", "action": "ADD",
        "eventTime": "2024-05-01T00:00:00Z", "eventTimeZoneOffset": "+08:00", "bizStep": "shipping", "disposition": "in_transit",
        "epcList": ["urn:epc:id:sgtin:0614141.107346.2017"], "readPoint": {"id": "urn:epc:id:sgln:0614141.07346.1234"},
        "quantityList": [{"epcClass": "urn:epc:class:lgtin:4012345.012345.L1", "quantity": 20, "uom": "KGM"}],
        "bizTransactionList": [{"type": "po", "bizTransaction": "urn:x:1"}], "ilmd": {"ex:a": 1}, "ex:b": {"ex:c": "3"}}"#;
    let mut document = epcis::read(text, &epcis::Limits::default()).expect("a document");
    document.events.remove(0).expect("an event")
});

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let pairs: Vec<(&str, &str)> = text.split('&').filter_map(|pair| pair.split_once('=')).collect();
    let queries = [Query::from_params(&pairs).ok(), serde_json::from_str(text).ok().and_then(|json| Query::from_json(&json).ok())];
    for query in queries.into_iter().flatten() {
        if query.matches(&EVENT) {
            let indexed = terms_of(&EVENT);
            for term in query.terms() {
                assert!(indexed.iter().any(|(column, value)| term.columns.contains(column)
                    && term.any.iter().any(|needle| match needle {
                        Needle::Exact(text) => text == value,
                        Needle::Prefix(text) => value.starts_with(text),
                    })));
            }
        }
        let _ = query.sort_key(&EVENT);
    }
});
