//! Where the public data are, and documents to change.

use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// The folder `epcis` of the public data, or `None` with a line that says so.
pub fn folder() -> Option<PathBuf> {
    let named = std::env::var_os("TOUCHSTONE_SHARED_DATA").map(PathBuf::from);
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|folder| folder.join("shared/data"));
    let found = named.into_iter().chain(above).map(|folder| folder.join("epcis")).find(|folder| folder.is_dir());
    if found.is_none() {
        println!("the public data are not here: set TOUCHSTONE_SHARED_DATA to run this test");
    }
    found
}

/// Files of a folder and the folders below it with an ending, sorted.
pub fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() {
            found.extend(files(&entry, ending));
        } else if entry.to_string_lossy().ends_with(ending) {
            found.push(entry);
        }
    }
    found.sort();
    found
}

/// A document around events.
pub fn document(events: &[Value]) -> Value {
    json!({
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"ex": "https://ns.example.com/epcis/"}],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2024-01-01T00:00:00Z",
        "epcisBody": {"eventList": events}
    })
}

/// An object event that is valid.
pub fn object_event() -> Value {
    json!({
        "type": "ObjectEvent",
        "eventTime": "2024-05-01T08:30:00.000+08:00",
        "eventTimeZoneOffset": "+08:00",
        "epcList": ["https://id.gs1.org/01/09506000134352/21/1001"],
        "action": "OBSERVE",
        "bizStep": "shipping",
        "disposition": "in_transit",
        "readPoint": {"id": "urn:epc:id:sgln:9506000.13430.dock1"},
        "bizTransactionList": [{"type": "po", "bizTransaction": "urn:example:po:77"}]
    })
}

/// Reads one event inside a document.
pub fn read_one(event: &Value) -> Result<epcis::Event, epcis::EventError> {
    let bytes = document(std::slice::from_ref(event)).to_string();
    let read = epcis::read(bytes.as_bytes(), &epcis::Limits::default()).expect("a document");
    read.events.into_iter().next().expect("one event")
}
