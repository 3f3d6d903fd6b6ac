mod laws;
mod refusals;
mod vectors;

use crate::did::{self, PublishedKey};
use crate::{Did, DidDocument, SigningKey};
use ground::Timestamp;
use serde_json::{Value, json};

pub(crate) const ISSUER: &str = "did:web:shop.example:did:laboratories:l1";

pub(crate) fn key() -> SigningKey {
    SigningKey::from_seed(&[9; 32])
}

pub(crate) fn method() -> String {
    format!("{ISSUER}#key-1")
}

pub(crate) fn now() -> Timestamp {
    Timestamp::parse_rfc3339("2026-03-02T04:00:00Z").unwrap()
}

/// The issuer's document as its host serves it.
pub(crate) fn document_of(keys: &[PublishedKey]) -> DidDocument {
    let document = did::document(&Did::parse(ISSUER).unwrap(), keys);
    DidDocument::read(document.to_string().as_bytes()).unwrap()
}

pub(crate) fn published(key: &SigningKey) -> PublishedKey {
    PublishedKey { fragment: "key-1".into(), key: key.public(), revoked: None }
}

pub(crate) fn document() -> DidDocument {
    document_of(&[published(&key())])
}

pub(crate) fn credential() -> Value {
    json!({
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "id": "urn:uuid:0190a1b2-0000-7000-8000-000000000001",
        "type": ["VerifiableCredential", "TestReport"],
        "issuer": {"id": ISSUER, "name": "华测实验室"},
        "validFrom": "2026-03-01T00:00:00Z",
        "validUntil": "2027-03-01T00:00:00Z",
        "credentialSubject": {"id": "https://id.gs1.org/01/06901234567892/10/L1", "result": "pass", "items": [{"value": 0.05}]},
    })
}
