#![no_main]
//! Any bytes are a document or a refusal with a place; an event that is read reads back alone with the same hash.
use epcis::Limits;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let limits = Limits::default();
    let _ = epcis::read_json_each(data, &limits, |_, event| {
        if let Ok((json, context)) = event {
            let _ = epcis::hash::hash_json(&json, &context);
        }
    });
    let Ok(document) = epcis::read(data, &limits) else { return };
    for event in document.events {
        match event {
            Ok(event) => {
                let alone = epcis::read_event(event.standalone()).expect("a valid event reads back");
                // What a document asks to leave out of the hash is known only beside that document.
                if !matches!(document.head.form, epcis::Form::Document | epcis::Form::QueryDocument) {
                    assert_eq!(epcis::hash(&alone), epcis::hash(&event));
                }
                let _ = epcis::query::terms_of(&event);
            }
            Err(error) => assert!(!error.zh.is_empty() && !error.en.is_empty()),
        }
    }
});
