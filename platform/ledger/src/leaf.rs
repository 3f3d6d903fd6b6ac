//! What a leaf says: RFC 8785 canonical JSON `{"act": public part, "commitment": hex, "v": 1}`, written by
//! [`kernel::ActRecord::leaf`] and read here.

use kernel::commitment;
use serde_json::Value;

/// A leaf read back from the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Leaf {
    /// The act's id.
    pub id: String,
    /// The act's public part.
    pub act: Value,
    /// HMAC-SHA-256(salt, canonical private part), hexadecimal.
    pub commitment: String,
}

/// Why an entry is not a leaf of this product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LeafError {
    /// Not JSON, or not of the known shape.
    #[error("the entry is not a leaf of version 1: {{\"act\": …, \"commitment\": …, \"v\": 1}}")]
    Shape,
    /// JSON of the right shape in another spelling than RFC 8785's.
    #[error("the entry is not in canonical form (RFC 8785)")]
    NotCanonical,
}

impl Leaf {
    /// Reads an entry.
    pub fn parse(entry: &[u8]) -> Result<Self, LeafError> {
        let value: Value = serde_json::from_slice(entry).map_err(|_| LeafError::Shape)?;
        let object = value.as_object().filter(|object| object.len() == 3).ok_or(LeafError::Shape)?;
        if object.get("v").and_then(Value::as_u64) != Some(1) {
            return Err(LeafError::Shape);
        }
        let act = object.get("act").filter(|act| act.is_object()).ok_or(LeafError::Shape)?;
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        let id = text(act.get("id")).ok_or(LeafError::Shape)?;
        let commitment = text(object.get("commitment")).ok_or(LeafError::Shape)?;
        if serde_jcs::to_vec(&value).ok().as_deref() != Some(entry) {
            return Err(LeafError::NotCanonical);
        }
        Ok(Leaf { id, act: act.clone(), commitment })
    }

    /// Whether this private part under this salt is the one the leaf was written over.
    pub fn opens_with(&self, salt: &[u8], private: &Value) -> bool {
        salt.len() == 32 && commitment(salt, private) == self.commitment
    }

    /// A text of the public part, by key.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.act.get(key).and_then(Value::as_str)
    }
}

/// The private part of an act with its salt: given to those who may see it, beside the proof that all may see.
#[derive(Debug, Clone, PartialEq)]
pub struct Opening {
    /// The act's id.
    pub act: String,
    /// 32 bytes.
    pub salt: Vec<u8>,
    /// The private part.
    pub private: Value,
}

impl Opening {
    /// Reads `{"act": id, "private": {…}, "salt": hex}`.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let value: Value = serde_json::from_slice(bytes).ok()?;
        Some(Opening {
            act: value.get("act")?.as_str()?.to_owned(),
            salt: hex::decode(value.get("salt")?.as_str()?).ok().filter(|salt| salt.len() == 32)?,
            private: value.get("private")?.clone(),
        })
    }

    /// The text form.
    pub fn to_json(&self) -> String {
        let value = serde_json::json!({ "act": self.act, "salt": hex::encode(&self.salt), "private": self.private });
        format!("{value:#}\n")
    }
}
