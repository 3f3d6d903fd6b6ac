//! `eddsa-jcs-2022`: a proof inside the JSON, over its canonical form (Verifiable Credential Data Integrity 1.0; Data
//! Integrity EdDSA Cryptosuites 1.0, §3.3). The signed bytes are SHA-256 of the canonical proof options followed by SHA-256
//! of the canonical document without its proof.

use crate::credential::{SKEW_MICROS_MAX, moment};
use crate::key::{from_base58, to_base58};
use crate::{Algorithm, Credential, Error, PublicKey, Result, SigningKey, did, json};
use ground::Timestamp;
use serde_json::{Map, Value, json as js};
use sha2::{Digest, Sha256};

/// The one cryptosuite that is issued and verified.
pub const CRYPTOSUITE: &str = "eddsa-jcs-2022";

/// Adds a proof to a credential. `method` is the DID URL of the key.
///
/// # Errors
/// What [`Credential::new`] says; [`Error::KeyId`] where the key is another party's; [`Error::NotSecured`] where the
/// document has a proof already.
pub fn sign(credential: &Value, key: &SigningKey, method: &str, created: Timestamp) -> Result<Value> {
    let map = credential.as_object().cloned().ok_or(Error::Json("an object is expected".to_owned()))?;
    let checked = Credential::new(map)?;
    if method.split_once('#').map(|(did, _)| did) != Some(checked.issuer.as_str()) {
        return Err(Error::KeyId(method.to_owned()));
    }
    add_proof(checked.value(), key, method, created)
}

/// Adds a proof to any JSON object, whoever the issuer is.
pub(crate) fn add_proof(
    document: &Map<String, Value>,
    key: &SigningKey,
    method: &str,
    created: Timestamp,
) -> Result<Value> {
    if document.contains_key("proof") {
        return Err(Error::NotSecured("there is a proof already"));
    }
    let mut proof = Map::new();
    proof.insert("type".to_owned(), js!("DataIntegrityProof"));
    proof.insert("cryptosuite".to_owned(), js!(CRYPTOSUITE));
    proof.insert("created".to_owned(), js!(created.to_rfc3339()));
    proof.insert("verificationMethod".to_owned(), js!(method));
    proof.insert("proofPurpose".to_owned(), js!("assertionMethod"));
    if let Some(context) = document.get("@context") {
        proof.insert("@context".to_owned(), context.clone());
    }
    let message = signed_bytes(&proof, document)?;
    proof.insert("proofValue".to_owned(), js!(to_base58(&key.sign(&message))));
    let mut secured = document.clone();
    secured.insert("proof".to_owned(), Value::Object(proof));
    Ok(Value::Object(secured))
}

fn signed_bytes(options: &Map<String, Value>, document: &Map<String, Value>) -> Result<[u8; 64]> {
    let hash = |map: &Map<String, Value>| -> Result<[u8; 32]> {
        Ok(Sha256::digest(json::canonical(&Value::Object(map.clone()))?).into())
    };
    let mut bytes = [0u8; 64];
    bytes[..32].copy_from_slice(&hash(options)?);
    bytes[32..].copy_from_slice(&hash(document)?);
    Ok(bytes)
}

/// A read proof, not verified.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Proof {
    message: [u8; 64],
    signature: Vec<u8>,
    /// DID URL of the key, as it stands in the proof.
    pub(crate) method: String,
    created: Option<Timestamp>,
    expires: Option<Timestamp>,
}

/// Takes the proof off a document. Returns it with the document it was made over.
pub(crate) fn read_proof(mut document: Map<String, Value>) -> Result<(Proof, Map<String, Value>)> {
    let mut proof = match document.remove("proof") {
        Some(Value::Object(proof)) => proof,
        Some(Value::Array(mut proofs)) if proofs.len() == 1 => match proofs.pop() {
            Some(Value::Object(proof)) => proof,
            _ => return Err(Error::NotSecured("the proof is not an object")),
        },
        Some(Value::Array(_)) => return Err(Error::NotSecured("exactly one proof is expected")),
        Some(_) => return Err(Error::NotSecured("the proof is not an object")),
        None => return Err(Error::NotSecured("there is no proof")),
    };
    let text = |proof: &Map<String, Value>, name: &str| proof.get(name).and_then(Value::as_str).map(str::to_owned);
    let suite = text(&proof, "cryptosuite").or_else(|| text(&proof, "type")).unwrap_or_default();
    if text(&proof, "type").as_deref() != Some("DataIntegrityProof") || suite != CRYPTOSUITE {
        return Err(Error::Cryptosuite(suite.chars().take(60).collect()));
    }
    if text(&proof, "proofPurpose").as_deref() != Some("assertionMethod") {
        return Err(Error::field("/proof/proofPurpose", "assertionMethod is needed"));
    }
    let method = text(&proof, "verificationMethod")
        .filter(|method| method.contains('#') && method.len() <= 2 * did::DID_BYTES_MAX)
        .ok_or(Error::KeyId(String::new()))?;
    let value = match proof.remove("proofValue") {
        Some(Value::String(value)) => value,
        _ => return Err(Error::field("/proof/proofValue", "a text is needed")),
    };
    let (created, expires) = (moment(&proof, "created")?, moment(&proof, "expires")?);
    if let Some(context) = proof.get("@context").cloned() {
        check_context(&context, document.get("@context"))?;
        document.insert("@context".to_owned(), context);
    }
    let message = signed_bytes(&proof, &document)?;
    let signature = from_base58(&value)?;
    if signature.len() != 64 {
        return Err(Error::Encoding("a signature of 64 bytes"));
    }
    Ok((Proof { message, signature, method, created, expires }, document))
}

/// The document's context must begin with everything the proof was made under.
fn check_context(of_proof: &Value, of_document: Option<&Value>) -> Result<()> {
    let list = |value: &Value| match value {
        Value::Array(entries) => entries.clone(),
        one => vec![one.clone()],
    };
    let document = of_document.map(list).unwrap_or_default();
    if document.starts_with(&list(of_proof)) {
        Ok(())
    } else {
        Err(Error::field("/proof/@context", "the document's @context must begin with it"))
    }
}

/// Reads a credential with a proof.
pub(crate) fn read(document: Map<String, Value>) -> Result<(Proof, Credential)> {
    let (proof, unsecured) = read_proof(document)?;
    let credential = Credential::new(unsecured)?;
    if proof.method.split_once('#').map(|(did, _)| did) != Some(credential.issuer.as_str()) {
        return Err(Error::KeyId(proof.method.clone()));
    }
    Ok((proof, credential))
}

impl Proof {
    pub(crate) fn verify(&self, key: &PublicKey) -> Result<()> {
        key.verify(Algorithm::EdDsa, &self.message, &self.signature)
    }

    pub(crate) fn check_dates(&self, now: Timestamp) -> Result<()> {
        if let Some(created) = self.created.filter(|created| *created > now.plus_micros(SKEW_MICROS_MAX)) {
            return Err(Error::NotYetValid(created.to_rfc3339()));
        }
        match self.expires.filter(|expires| *expires <= now) {
            Some(expires) => Err(Error::Expired(expires.to_rfc3339())),
            None => Ok(()),
        }
    }
}
