//! `vc+jwt`: the credential as the payload of a compact JWS (Securing Verifiable Credentials using JOSE and COSE, §3.1;
//! RFC 7515).

use crate::credential::{SKEW_MICROS_MAX, check_span};
use crate::{Algorithm, Credential, Error, PublicKey, Result, SigningKey, did, json};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ground::Timestamp;
use ground::time::SECOND_MICROS;
use serde_json::{Map, Value, json as js};

/// Media type of a secured credential, and the header's `typ`.
pub const TYP: &str = "vc+jwt";
/// Media type of the payload.
pub const CTY: &str = "vc";
/// Longest header, bytes.
pub const HEADER_BYTES_MAX: usize = 8 * 1024;

/// Signs a credential. `method` is the DID URL of the key; it must be the issuer's.
///
/// # Errors
/// What [`Credential::new`] says; [`Error::KeyId`] where the key is another party's.
pub fn sign(credential: &Value, key: &SigningKey, method: &str) -> Result<String> {
    let map = credential.as_object().cloned().ok_or(Error::Json("an object is expected".to_owned()))?;
    let credential = Credential::new(map)?;
    if method.split_once('#').map(|(did, _)| did) != Some(credential.issuer.as_str()) {
        return Err(Error::KeyId(method.to_owned()));
    }
    let header = js!({"alg": "EdDSA", "typ": TYP, "cty": CTY, "kid": method});
    let payload = Value::Object(credential.value().clone());
    let message = format!("{}.{}", part(&header), part(&payload));
    let signature = URL_SAFE_NO_PAD.encode(key.sign(message.as_bytes()));
    Ok(format!("{message}.{signature}"))
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// A read `vc+jwt`, not verified.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Jwt {
    message: Vec<u8>,
    signature: Vec<u8>,
    algorithm: Algorithm,
    /// DID URL of the key.
    pub(crate) method: String,
    not_before: Option<Timestamp>,
    expires: Option<Timestamp>,
    issued: Option<Timestamp>,
}

/// Reads a compact JWS and the credential in it.
pub(crate) fn read(text: &str) -> Result<(Jwt, Credential)> {
    let mut parts = text.split('.');
    let (Some(header), Some(payload), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Error::NotSecured("a compact JWS has three parts"));
    };
    if header.len() > HEADER_BYTES_MAX {
        return Err(Error::TooLarge { max: HEADER_BYTES_MAX });
    }
    let bytes = |part: &str, what: &'static str| URL_SAFE_NO_PAD.decode(part).map_err(|_| Error::Encoding(what));
    let header_map = json::read_object(&bytes(header, "the header of the JWS")?)?;
    let algorithm = check_header(&header_map)?;
    let signature = bytes(signature, "the signature of the JWS")?;
    let claims = json::read_object(&bytes(payload, "the payload of the JWS")?)?;
    let credential = Credential::new(claims)?;
    let method = key_id(&header_map, &credential.issuer)?;
    for said in [header_map.get("iss"), credential.value().get("iss")].into_iter().flatten() {
        if said.as_str() != Some(credential.issuer.as_str()) {
            return Err(Error::field("/iss", "it is not the issuer"));
        }
    }
    let jwt = Jwt {
        message: text.as_bytes()[..header.len() + 1 + payload.len()].to_vec(),
        signature,
        algorithm,
        method,
        not_before: numeric(&credential, "nbf")?,
        expires: numeric(&credential, "exp")?,
        issued: numeric(&credential, "iat")?,
    };
    Ok((jwt, credential))
}

fn check_header(header: &Map<String, Value>) -> Result<Algorithm> {
    let Some(alg) = header.get("alg").and_then(Value::as_str) else {
        return Err(Error::Algorithm(String::new()));
    };
    let algorithm = Algorithm::from_jws(alg)?;
    if let Some(critical) = header.get("crit") {
        return Err(Error::Critical(critical.to_string().chars().take(80).collect()));
    }
    if header.contains_key("b64") {
        return Err(Error::Critical("b64".to_owned()));
    }
    let media = |field: &'static str, wanted: &str| match header.get(field).map(Value::as_str) {
        None => Ok(false),
        Some(Some(found)) => {
            let short = found.strip_prefix("application/").unwrap_or(found);
            if short.eq_ignore_ascii_case(wanted) {
                Ok(true)
            } else {
                Err(Error::Type { field, found: found.chars().take(40).collect() })
            }
        }
        Some(None) => Err(Error::Type { field, found: String::new() }),
    };
    media("cty", CTY)?;
    if media("typ", TYP)? { Ok(algorithm) } else { Err(Error::Type { field: "typ", found: String::new() }) }
}

fn key_id(header: &Map<String, Value>, issuer: &str) -> Result<String> {
    let kid = header.get("kid").and_then(Value::as_str).ok_or(Error::KeyId(String::new()))?;
    let method = did::absolute(issuer, kid);
    match method.split_once('#') {
        Some((did, fragment)) if did == issuer && !fragment.is_empty() => Ok(method),
        _ => Err(Error::KeyId(kid.chars().take(200).collect())),
    }
}

/// A `NumericDate` of RFC 7519: whole or broken seconds.
fn numeric(credential: &Credential, name: &str) -> Result<Option<Timestamp>> {
    let wrong = || Error::field(format!("/{name}"), "seconds since 1970 are needed");
    match credential.value().get(name) {
        None => Ok(None),
        Some(value) => {
            let seconds = value.as_f64().filter(|seconds| seconds.abs() < 1e12).ok_or_else(wrong)?;
            Ok(Some(Timestamp::from_micros((seconds * SECOND_MICROS as f64) as i64)))
        }
    }
}

impl Jwt {
    pub(crate) fn verify(&self, key: &PublicKey) -> Result<()> {
        key.verify(self.algorithm, &self.message, &self.signature)
    }

    pub(crate) fn check_dates(&self, now: Timestamp) -> Result<()> {
        check_span(self.not_before, self.expires, now)?;
        match self.issued.filter(|issued| *issued > now.plus_micros(SKEW_MICROS_MAX)) {
            Some(issued) => Err(Error::NotYetValid(issued.to_rfc3339())),
            None => Ok(()),
        }
    }
}
