//! A secured credential of either form: read first, then verified against its issuer's document at a moment.

use crate::integrity::{self, Proof};
use crate::jwt::{self, Jwt};
use crate::{Credential, DidDocument, Error, PublicKey, Result, json};
use ground::Timestamp;
use serde_json::{Map, Value};

/// Largest secured credential read, bytes: a status list of [`crate::status::LIST_BYTES_MAX`] that does not compress fits.
pub const BYTES_MAX: usize = json::BYTES_MAX;

/// How it is secured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `vc+jwt`.
    Jwt,
    /// A proof of `eddsa-jcs-2022` inside.
    DataIntegrity,
}

impl Form {
    /// Stable name.
    pub fn name(self) -> &'static str {
        match self {
            Form::Jwt => "vc+jwt",
            Form::DataIntegrity => "eddsa-jcs-2022",
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Seal {
    Jwt(Jwt),
    Proof(Box<Proof>),
}

/// A credential as it was read. Its content is a claim until [`Secured::verify`] says otherwise.
#[derive(Debug, Clone, PartialEq)]
pub struct Secured {
    credential: Credential,
    seal: Seal,
}

/// What a verified credential says, and by which key.
#[derive(Debug, Clone, PartialEq)]
pub struct Verified {
    /// The credential.
    pub credential: Credential,
    /// How it was secured.
    pub form: Form,
    /// DID URL of the key.
    pub method: String,
    /// The key.
    pub key: PublicKey,
}

impl Secured {
    /// Reads a compact `vc+jwt`, JSON with a proof, or JSON that envelopes a `vc+jwt` in a `data:` address.
    ///
    /// # Errors
    /// Every [`Error`] but those that need the issuer's document or the time.
    pub fn read(bytes: &[u8]) -> Result<Secured> {
        if bytes.len() > BYTES_MAX {
            return Err(Error::TooLarge { max: BYTES_MAX });
        }
        let bytes = bytes.trim_ascii();
        if bytes.first() != Some(&b'{') {
            let text = std::str::from_utf8(bytes).map_err(|_| Error::NotSecured("not text"))?;
            return Secured::read_jwt(text);
        }
        let document = json::read_object(bytes)?;
        if let Some(jwt) = enveloped(&document)? {
            return Secured::read_jwt(jwt);
        }
        let (proof, credential) = integrity::read(document)?;
        Ok(Secured { credential, seal: Seal::Proof(Box::new(proof)) })
    }

    fn read_jwt(text: &str) -> Result<Secured> {
        let (jwt, credential) = jwt::read(text)?;
        Ok(Secured { credential, seal: Seal::Jwt(jwt) })
    }

    /// What it claims.
    pub fn claimed(&self) -> &Credential {
        &self.credential
    }

    /// Who it claims to be from.
    pub fn issuer(&self) -> &str {
        &self.credential.issuer
    }

    /// How it is secured.
    pub fn form(&self) -> Form {
        match self.seal {
            Seal::Jwt(_) => Form::Jwt,
            Seal::Proof(_) => Form::DataIntegrity,
        }
    }

    /// DID URL of the key it claims to be signed with.
    pub fn method(&self) -> &str {
        match &self.seal {
            Seal::Jwt(jwt) => &jwt.method,
            Seal::Proof(proof) => &proof.method,
        }
    }

    /// Checks who signed it: the document is the issuer's, lists the key, and the signature fits. Says nothing of dates of
    /// validity.
    ///
    /// # Errors
    /// [`Error::OtherDocument`], [`Error::Method`], [`Error::MethodEnded`], [`Error::AlgorithmMismatch`],
    /// [`Error::Signature`].
    pub fn verify_signature(&self, document: &DidDocument, now: Timestamp) -> Result<Verified> {
        if document.id != self.credential.issuer {
            let (wanted, found) = (self.credential.issuer.clone(), document.id.clone());
            return Err(Error::OtherDocument { wanted, found });
        }
        let key = document.assertion_key(self.method(), now)?;
        match &self.seal {
            Seal::Jwt(jwt) => jwt.verify(key)?,
            Seal::Proof(proof) => proof.verify(key)?,
        }
        let (credential, method) = (self.credential.clone(), self.method().to_owned());
        Ok(Verified { credential, form: self.form(), method, key: key.clone() })
    }

    /// Checks the dates of the credential and of its proof.
    ///
    /// # Errors
    /// [`Error::NotYetValid`], [`Error::Expired`].
    pub fn check_dates(&self, now: Timestamp) -> Result<()> {
        self.credential.check_dates(now)?;
        match &self.seal {
            Seal::Jwt(jwt) => jwt.check_dates(now),
            Seal::Proof(proof) => proof.check_dates(now),
        }
    }

    /// Signature and dates.
    ///
    /// # Errors
    /// As both.
    pub fn verify(&self, document: &DidDocument, now: Timestamp) -> Result<Verified> {
        let verified = self.verify_signature(document, now)?;
        self.check_dates(now)?;
        Ok(verified)
    }
}

/// The JWT inside an `EnvelopedVerifiableCredential` (VC Data Model 2.0, §4.13).
fn enveloped(document: &Map<String, Value>) -> Result<Option<&str>> {
    let types = document.get("type");
    let named = |value: &Value| value.as_str() == Some("EnvelopedVerifiableCredential");
    let is = types.is_some_and(|types| named(types) || types.as_array().is_some_and(|list| list.iter().any(named)));
    if !is {
        return Ok(None);
    }
    let data = document.get("id").and_then(Value::as_str).unwrap_or("");
    let jwt = data.strip_prefix("data:application/vc+jwt,");
    jwt.map(Some).ok_or(Error::field("/id", "data:application/vc+jwt, is needed"))
}
