//! Signatures after the Standard Webhooks specification (version 1, symmetric): `webhook-signature: v1,<base64>`, HMAC-SHA-256
//! over `id.timestamp.payload`, under the bytes that follow `whsec_` in base64.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ground::{Rng, Timestamp};
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// Bytes of a new secret; the specification asks for 24 to 64.
const SECRET_BYTES: usize = 32;

/// A new secret, `whsec_…`.
pub fn new_secret(rng: &dyn Rng) -> String {
    let mut bytes = [0u8; SECRET_BYTES];
    rng.fill(&mut bytes);
    format!("whsec_{}", STANDARD.encode(bytes))
}

/// One signature, `v1,…`; `None` when the secret is not of the form `whsec_<base64>`.
pub fn signature(secret: &str, id: &str, at: Timestamp, payload: &str) -> Option<String> {
    let key = STANDARD.decode(secret.strip_prefix("whsec_")?).ok()?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
    let seconds = at.micros().div_euclid(ground::time::SECOND_MICROS);
    mac.update(format!("{id}.{seconds}.{payload}").as_bytes());
    Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}
