//! Acts: who decided what, when, about what, by which rules, for which reasons, on what evidence.

use ground::Timestamp;
use hmac::{Hmac, Mac};
use serde_json::{Map, Value, json};
use sha2::Sha256;

/// What an act is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    /// `merchant`, `listing`, `listing_version`, `policy`, `user`, …
    pub kind: String,
    /// Its id.
    pub id: String,
}

impl Subject {
    /// A subject.
    pub fn new(kind: &str, id: &str) -> Self {
        Subject { kind: kind.to_owned(), id: id.to_owned() }
    }
}

/// An act about to be written.
#[derive(Debug, Clone)]
pub struct Act {
    pub(crate) kind: String,
    pub(crate) subject: Subject,
    pub(crate) related: Vec<Subject>,
    pub(crate) public: Map<String, Value>,
    pub(crate) private: Map<String, Value>,
}

impl Act {
    /// An act of a kind (`listing.approved`: noun, dot, past participle) about a subject.
    pub fn new(kind: &str, subject_kind: &str, subject_id: &str) -> Self {
        Act {
            kind: kind.to_owned(),
            subject: Subject::new(subject_kind, subject_id),
            related: Vec::new(),
            public: Map::new(),
            private: Map::new(),
        }
    }

    /// Another thing the act concerns; the act appears in its history too.
    #[must_use]
    pub fn about(mut self, kind: &str, id: &str) -> Self {
        self.related.push(Subject::new(kind, id));
        self
    }

    /// The version of the rules it was decided by: a pack's content hash.
    #[must_use]
    pub fn policy(mut self, market: &str, version: &str) -> Self {
        let policies = self.public.entry("policy").or_insert_with(|| json!({}));
        if let Some(map) = policies.as_object_mut() {
            map.insert(market.to_owned(), json!(version));
        }
        self
    }

    /// A public reason code or rule id.
    #[must_use]
    pub fn reason(mut self, reason: &str) -> Self {
        let reasons = self.public.entry("reasons").or_insert_with(|| json!([]));
        if let Some(list) = reasons.as_array_mut() {
            list.push(json!(reason));
        }
        self
    }

    /// Evidence by content hash.
    #[must_use]
    pub fn evidence(mut self, sha256: &str) -> Self {
        let evidence = self.public.entry("evidence").or_insert_with(|| json!([]));
        if let Some(list) = evidence.as_array_mut() {
            list.push(json!(sha256));
        }
        self
    }

    /// What came of it.
    #[must_use]
    pub fn outcome(self, outcome: &str) -> Self {
        self.public("outcome", outcome)
    }

    /// A public fact. Never personal data: it can never be erased.
    #[must_use]
    pub fn public(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.public.insert(key.to_owned(), value.into());
        self
    }

    /// A private fact: names, free text, contact data. The ledger holds only a salted commitment to it.
    #[must_use]
    pub fn private(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.private.insert(key.to_owned(), value.into());
        self
    }
}

/// An act as it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct ActRecord {
    /// Act id (UUIDv7).
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// What kind.
    pub kind: String,
    /// About what.
    pub subject: Subject,
    /// Who: user id or `system:…`.
    pub actor: String,
    /// The public part as it stands in the leaf.
    pub public: Value,
    /// The private part; `None` after an erasure.
    pub private: Option<Value>,
    /// 32-byte salt of the commitment; `None` after an erasure.
    pub salt: Option<Vec<u8>>,
    /// HMAC-SHA-256(salt, canonical private part), hexadecimal.
    pub commitment: String,
    /// Position in the log, once sequenced.
    pub leaf_index: Option<u64>,
}

impl ActRecord {
    /// A public fact.
    pub fn public_text(&self, key: &str) -> Option<&str> {
        self.public.get(key).and_then(Value::as_str)
    }

    /// The leaf: RFC 8785 canonical JSON of `{"act": public part, "commitment": hex, "v": 1}`.
    pub fn leaf(&self) -> Vec<u8> {
        let leaf = json!({ "v": 1, "act": self.public, "commitment": self.commitment });
        serde_jcs::to_vec(&leaf).unwrap_or_default()
    }
}

/// HMAC-SHA-256 over the canonical (RFC 8785) private part under a 32-byte salt, hexadecimal.
pub fn commitment(salt: &[u8], private: &Value) -> String {
    let canonical = serde_jcs::to_vec(private).unwrap_or_default();
    let mut mac = match Hmac::<Sha256>::new_from_slice(salt) {
        Ok(mac) => mac,
        Err(_) => return String::new(), // HMAC takes keys of every length: this does not happen
    };
    mac.update(&canonical);
    hex::encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commitment_depends_on_salt_and_content_but_not_on_key_order() {
        let one = json!({"a": 1, "b": "名"});
        let other: Value = serde_json::from_str(r#"{"b":"名","a":1}"#).unwrap();
        assert_eq!(commitment(&[1; 32], &one), commitment(&[1; 32], &other));
        assert_ne!(commitment(&[1; 32], &one), commitment(&[2; 32], &one));
        assert_ne!(commitment(&[1; 32], &one), commitment(&[1; 32], &json!({"a": 2})));
    }
}
