//! Secrets that are shown once and kept as hashes. They are long and random, so a plain SHA-256 is enough.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ground::Rng;
use sha2::{Digest, Sha256};

/// 256 random bits as text.
pub(crate) fn new_secret(rng: &dyn Rng) -> String {
    let mut bytes = [0u8; 32];
    rng.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What is kept of a secret.
pub(crate) fn hash(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}
