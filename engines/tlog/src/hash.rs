//! Hashing of leaves and nodes, RFC 6962 §2.1: SHA-256 with a prefix byte, `0x00` for leaves and `0x01` for nodes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::fmt;

/// Length of every hash, bytes.
pub const HASH_BYTES: usize = 32;

/// A SHA-256 value: a leaf, a node or a root.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Hash([u8; HASH_BYTES]);

impl Hash {
    /// The hash with these bytes.
    pub const fn new(bytes: [u8; HASH_BYTES]) -> Self {
        Hash(bytes)
    }

    /// The hash with these bytes; `None` unless there are exactly 32.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Hash)
    }

    /// Reads canonical padded base64 (RFC 4648 §4); `None` for any other spelling or length.
    pub fn from_base64(text: &str) -> Option<Self> {
        // 44 characters carry 32 bytes; the length is checked first so that a huge text is not decoded.
        if text.len() != 44 {
            return None;
        }
        Hash::from_slice(&STANDARD.decode(text).ok()?)
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8; HASH_BYTES] {
        &self.0
    }

    /// Padded base64, 44 characters.
    pub fn to_base64(&self) -> String {
        STANDARD.encode(self.0)
    }

    /// Lower-case hexadecimal, 64 characters.
    pub fn to_hex(&self) -> String {
        hex::encode(self.0)
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_hex())
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_base64())
    }
}

/// `SHA-256(0x00 ‖ entry)`.
pub fn leaf_hash(entry: &[u8]) -> Hash {
    let mut digest = Sha256::new();
    digest.update([0u8]);
    digest.update(entry);
    Hash(digest.finalize().into())
}

/// `SHA-256(0x01 ‖ left ‖ right)`.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut digest = Sha256::new();
    digest.update([1u8]);
    digest.update(left.0);
    digest.update(right.0);
    Hash(digest.finalize().into())
}

/// The root of a tree without leaves: `SHA-256("")`.
pub fn empty_root() -> Hash {
    Hash(Sha256::digest([]).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_empty_root_and_the_empty_leaf_are_the_published_values() {
        assert_eq!(empty_root().to_hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(leaf_hash(b"").to_hex(), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
    }

    #[test]
    fn only_one_spelling_of_a_hash_is_read() {
        let text = leaf_hash(b"a").to_base64();
        assert_eq!(Hash::from_base64(&text), Some(leaf_hash(b"a")));
        assert_eq!(Hash::from_base64(text.trim_end_matches('=')), None);
        assert_eq!(Hash::from_base64(&format!("{text}\n")), None);
        assert_eq!(Hash::from_base64(""), None);
        // The last character before the padding carries two unused bits, which must be zero.
        let all_zero = Hash::new([0; 32]).to_base64();
        let loose = format!("{}B=", &all_zero[..42]);
        assert_eq!(Hash::from_base64(&loose), None);
    }
}
