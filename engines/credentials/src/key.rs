//! Keys: Ed25519 to sign and verify, P-256 to verify. As JWK (RFC 7517, RFC 8037) and Multikey (W3C Controlled Identifiers).

use crate::{Error, Result};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::Signer;
use p256::ecdsa::signature::Verifier;
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

/// Multicodec of an Ed25519 public key, as varint.
const ED25519_PREFIX: [u8; 2] = [0xed, 0x01];
/// Multicodec of a compressed P-256 public key, as varint.
const P256_PREFIX: [u8; 2] = [0x80, 0x24];
/// Longest base58 text that is decoded, characters: its decoding is quadratic.
const BASE58_CHARS_MAX: usize = 200;

/// How something is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// EdDSA over Ed25519 (RFC 8037; RFC 9864 calls it `Ed25519`).
    EdDsa,
    /// ECDSA over P-256 with SHA-256 (RFC 7518).
    Es256,
}

impl Algorithm {
    /// Reads a JWS `alg`.
    ///
    /// # Errors
    /// [`Error::Algorithm`] for every other name, `none` and the symmetric ones included.
    pub fn from_jws(name: &str) -> Result<Algorithm> {
        match name {
            "EdDSA" | "Ed25519" => Ok(Algorithm::EdDsa),
            "ES256" => Ok(Algorithm::Es256),
            other => Err(Error::Algorithm(other.chars().take(40).collect())),
        }
    }
}

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// 32 bytes of RFC 8032.
    Ed25519([u8; 32]),
    /// 33 bytes, SEC 1 compressed.
    P256([u8; 33]),
}

impl PublicKey {
    /// The algorithm this key signs with.
    pub fn algorithm(&self) -> Algorithm {
        match self {
            PublicKey::Ed25519(_) => Algorithm::EdDsa,
            PublicKey::P256(_) => Algorithm::Es256,
        }
    }

    /// Reads a JWK. `use`, `key_ops` and `alg`, where they are, must allow verifying with it.
    ///
    /// # Errors
    /// [`Error::Key`], also where the JWK carries a private part.
    pub fn from_jwk(jwk: &Map<String, Value>) -> Result<PublicKey> {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        if ["d", "k", "p", "q"].iter().any(|name| jwk.contains_key(*name)) {
            return Err(Error::Key("the JWK carries a secret"));
        }
        if text("use").is_some_and(|used| used != "sig") {
            return Err(Error::Key("the JWK is not for signatures"));
        }
        let key = match (text("kty"), text("crv")) {
            (Some("OKP"), Some("Ed25519")) => PublicKey::ed25519(coordinate(text("x"))?)?,
            (Some("EC"), Some("P-256")) => {
                let (x, y) = (coordinate(text("x"))?, coordinate(text("y"))?);
                let mut point = [0u8; 65];
                point[0] = 4;
                point[1..33].copy_from_slice(&x);
                point[33..].copy_from_slice(&y);
                p256::ecdsa::VerifyingKey::from_sec1_bytes(&point).map_err(|_| Error::Key("not a point of P-256"))?;
                let mut compressed = [0u8; 33];
                compressed[0] = 2 + (y[31] & 1);
                compressed[1..].copy_from_slice(&x);
                PublicKey::P256(compressed)
            }
            _ => return Err(Error::Key("only Ed25519 and P-256 are accepted")),
        };
        match text("alg").map(Algorithm::from_jws) {
            Some(Ok(named)) if named == key.algorithm() => Ok(key),
            None => Ok(key),
            Some(_) => Err(Error::Key("the JWK names another algorithm")),
        }
    }

    /// Reads a Multikey (`z…`, base58btc of a multicodec).
    ///
    /// # Errors
    /// [`Error::Encoding`], [`Error::Key`].
    pub fn from_multikey(text: &str) -> Result<PublicKey> {
        let bytes = from_base58(text)?;
        match bytes.split_at_checked(2) {
            Some((prefix, key)) if prefix == ED25519_PREFIX => {
                PublicKey::ed25519(key.try_into().map_err(|_| Error::Key("an Ed25519 key has 32 bytes"))?)
            }
            Some((prefix, key)) if prefix == P256_PREFIX => {
                let key: [u8; 33] = key.try_into().map_err(|_| Error::Key("a compressed P-256 key has 33 bytes"))?;
                p256::ecdsa::VerifyingKey::from_sec1_bytes(&key).map_err(|_| Error::Key("not a point of P-256"))?;
                Ok(PublicKey::P256(key))
            }
            _ => Err(Error::Key("only Ed25519 and P-256 are accepted")),
        }
    }

    fn ed25519(bytes: [u8; 32]) -> Result<PublicKey> {
        let key = ed25519_dalek::VerifyingKey::from_bytes(&bytes).map_err(|_| Error::Key("not a point of Ed25519"))?;
        if key.is_weak() { Err(Error::Key("a point of small order")) } else { Ok(PublicKey::Ed25519(bytes)) }
    }

    /// As a Multikey.
    pub fn to_multikey(&self) -> String {
        match self {
            PublicKey::Ed25519(key) => to_base58(&[&ED25519_PREFIX[..], key].concat()),
            PublicKey::P256(key) => to_base58(&[&P256_PREFIX[..], key].concat()),
        }
    }

    /// As a JWK. `None` for P-256, which is kept compressed and published as a Multikey.
    pub fn to_jwk(&self) -> Option<Value> {
        match self {
            PublicKey::Ed25519(key) => {
                Some(json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "x": URL_SAFE_NO_PAD.encode(key)}))
            }
            PublicKey::P256(_) => None,
        }
    }

    /// Checks a signature. Ed25519 strictly (no small-order points, canonical encodings); ECDSA as 64 bytes r ‖ s.
    ///
    /// # Errors
    /// [`Error::AlgorithmMismatch`], [`Error::Signature`].
    pub fn verify(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> Result<()> {
        match (self, algorithm) {
            (PublicKey::Ed25519(key), Algorithm::EdDsa) => {
                let key = ed25519_dalek::VerifyingKey::from_bytes(key).map_err(|_| Error::Signature)?;
                let signature = ed25519_dalek::Signature::from_slice(signature).map_err(|_| Error::Signature)?;
                key.verify_strict(message, &signature).map_err(|_| Error::Signature)
            }
            (PublicKey::P256(key), Algorithm::Es256) => {
                let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(key).map_err(|_| Error::Signature)?;
                let signature = p256::ecdsa::Signature::from_slice(signature).map_err(|_| Error::Signature)?;
                key.verify(message, &signature).map_err(|_| Error::Signature)
            }
            _ => Err(Error::AlgorithmMismatch),
        }
    }
}

/// An Ed25519 key that signs. Its seed is wiped when it goes away and never shown.
pub struct SigningKey(ed25519_dalek::SigningKey);

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({})", self.public().to_multikey())
    }
}

impl SigningKey {
    /// From 32 bytes of good chance.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        SigningKey(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// The seed, to be sealed.
    pub fn seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// Its public half.
    pub fn public(&self) -> PublicKey {
        PublicKey::Ed25519(self.0.verifying_key().to_bytes())
    }

    /// Signs.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

fn coordinate(text: Option<&str>) -> Result<[u8; 32]> {
    let bytes = URL_SAFE_NO_PAD.decode(text.unwrap_or("")).map_err(|_| Error::Encoding("a coordinate of the JWK"))?;
    bytes.try_into().map_err(|_| Error::Key("a coordinate has 32 bytes"))
}

/// Multibase base58btc: `z` and the digits.
pub(crate) fn to_base58(bytes: &[u8]) -> String {
    format!("z{}", bs58::encode(bytes).into_string())
}

pub(crate) fn from_base58(text: &str) -> Result<Vec<u8>> {
    let digits = text.strip_prefix('z').ok_or(Error::Encoding("a multibase text that must begin with z"))?;
    if digits.len() > BASE58_CHARS_MAX {
        return Err(Error::Encoding("a base58 text that is too long"));
    }
    bs58::decode(digits).into_vec().map_err(|_| Error::Encoding("a base58 text"))
}
