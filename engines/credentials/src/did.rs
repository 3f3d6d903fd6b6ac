//! Names of issuers: `did:web` (W3C CCG) and `did:key`, and the documents that list their keys (W3C DID Core, Controlled
//! Identifiers). A `did:web` document is fetched by the caller from [`Did::document_address`].

use crate::key::PublicKey;
use crate::{Error, Result, json};
use ground::Timestamp;
use serde_json::{Map, Value, json as js};

/// Longest DID, bytes.
pub const DID_BYTES_MAX: usize = 500;
/// Most keys read from one document.
pub const METHODS_MAX: usize = 50;

/// A DID of an understood method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Did {
    /// `did:web:host[%3Aport][:path…]`.
    Web {
        /// The whole DID.
        did: String,
        /// Host, and port after `:` where it is not 443.
        authority: String,
        /// Segments of the path; empty for `/.well-known`.
        path: Vec<String>,
    },
    /// `did:key:z…`.
    Key {
        /// The whole DID.
        did: String,
        /// The key it is.
        key: PublicKey,
    },
}

impl Did {
    /// Reads a DID.
    ///
    /// # Errors
    /// [`Error::Did`] for other methods and malformed names; for `did:key` what the key says.
    pub fn parse(text: &str) -> Result<Did> {
        let bad = || Error::Did(text.chars().take(120).collect());
        if text.len() > DID_BYTES_MAX || text.contains(['#', '?', '/']) {
            return Err(bad());
        }
        if let Some(key) = text.strip_prefix("did:key:") {
            return Ok(Did::Key { did: text.to_owned(), key: PublicKey::from_multikey(key)? });
        }
        let mut parts = text.strip_prefix("did:web:").ok_or_else(bad)?.split(':');
        let authority = authority(parts.next().unwrap_or("")).ok_or_else(bad)?;
        let path: Vec<String> = parts.map(str::to_owned).collect();
        if path.iter().any(|segment| !is_segment(segment)) {
            return Err(bad());
        }
        Ok(Did::Web { did: text.to_owned(), authority, path })
    }

    /// The `did:web` of a host (and port) and path segments.
    ///
    /// # Errors
    /// [`Error::Did`] when they do not make one.
    pub fn web(authority: &str, path: &[&str]) -> Result<Did> {
        let mut did = format!("did:web:{}", authority.to_ascii_lowercase().replace(':', "%3A"));
        for segment in path {
            did.push(':');
            did.push_str(segment);
        }
        Did::parse(&did)
    }

    /// The DID as text.
    pub fn as_str(&self) -> &str {
        match self {
            Did::Web { did, .. } | Did::Key { did, .. } => did,
        }
    }

    /// Where the document of a `did:web` is; `None` for `did:key`, which is its own document.
    pub fn document_address(&self) -> Option<String> {
        match self {
            Did::Web { authority, path, .. } if path.is_empty() => {
                Some(format!("https://{authority}/.well-known/did.json"))
            }
            Did::Web { authority, path, .. } => Some(format!("https://{authority}/{}/did.json", path.join("/"))),
            Did::Key { .. } => None,
        }
    }

    /// The document of a `did:key`, which nobody needs to be asked for.
    pub fn own_document(&self) -> Option<DidDocument> {
        match self {
            Did::Key { did, key } => {
                let fragment = did.trim_start_matches("did:key:");
                let method = Method { id: format!("{did}#{fragment}"), key: key.clone(), expires: None, revoked: None };
                Some(DidDocument { id: did.clone(), methods: vec![method] })
            }
            Did::Web { .. } => None,
        }
    }
}

/// Host and port: letters, digits, dots and hyphens, and a port after `%3A`.
fn authority(text: &str) -> Option<String> {
    let (host, port) = match text.split_once("%3A").or_else(|| text.split_once("%3a")) {
        Some((host, port)) => (host, Some(port.parse::<u16>().ok()?)),
        None => (text, None),
    };
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let named = host.len() <= 253 && host.split('.').all(label);
    let last_is_number = host.rsplit('.').next().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()));
    // did:web names hosts, never bare addresses.
    if !named || last_is_number {
        return None;
    }
    Some(match port {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}

fn is_segment(text: &str) -> bool {
    !text.is_empty()
        && text != "."
        && text != ".."
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
}

/// A key of a document that its subject asserts with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Method {
    /// DID URL.
    pub id: String,
    /// The key.
    pub key: PublicKey,
    /// It counts until then.
    pub expires: Option<Timestamp>,
    /// It was withdrawn then.
    pub revoked: Option<Timestamp>,
}

/// What is needed of a DID document: the keys its subject asserts with and controls itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DidDocument {
    /// Whose it is.
    pub id: String,
    /// Its assertion keys. Keys of unknown kinds are left out.
    pub methods: Vec<Method>,
}

impl DidDocument {
    /// Reads a document.
    ///
    /// # Errors
    /// What [`json::read`] says; [`Error::Field`].
    pub fn read(bytes: &[u8]) -> Result<DidDocument> {
        let document = json::read_object(bytes)?;
        let id = document.get("id").and_then(Value::as_str).ok_or(Error::field("/id", "a DID is needed"))?;
        let list = |name: &str| match document.get(name) {
            None => Ok(&[][..]),
            Some(Value::Array(values)) if values.len() <= METHODS_MAX => Ok(values.as_slice()),
            Some(_) => Err(Error::field(format!("/{name}"), "a list of at most 50 is needed")),
        };
        let held = list("verificationMethod")?;
        let mut methods = Vec::new();
        for entry in list("assertionMethod")? {
            let found = match entry {
                Value::Object(embedded) => Some(embedded),
                Value::String(reference) => {
                    let wanted = absolute(id, reference);
                    held.iter()
                        .filter_map(Value::as_object)
                        .find(|method| method_id(id, method) == Some(wanted.clone()))
                }
                _ => None,
            };
            methods.extend(found.and_then(|method| read_method(id, method)));
        }
        Ok(DidDocument { id: id.to_owned(), methods })
    }

    /// The key of a DID URL, at a moment.
    ///
    /// # Errors
    /// [`Error::Method`], [`Error::MethodEnded`].
    pub fn assertion_key(&self, method: &str, now: Timestamp) -> Result<&PublicKey> {
        let wanted = absolute(&self.id, method);
        let found = self.methods.iter().find(|held| held.id == wanted).ok_or(Error::Method(wanted))?;
        let ended = |end: Option<Timestamp>| end.is_some_and(|end| end <= now);
        if ended(found.revoked) || ended(found.expires) {
            return Err(Error::MethodEnded(found.id.clone()));
        }
        Ok(&found.key)
    }
}

fn method_id(did: &str, method: &Map<String, Value>) -> Option<String> {
    method.get("id").and_then(Value::as_str).map(|id| absolute(did, id))
}

/// `#key-1` and `key-1` are of this DID.
pub(crate) fn absolute(did: &str, method: &str) -> String {
    match method.strip_prefix('#') {
        Some(fragment) => format!("{did}#{fragment}"),
        None if method.contains(':') => method.to_owned(),
        None => format!("{did}#{method}"),
    }
}

/// `None` for what another party controls or this engine cannot verify with.
fn read_method(did: &str, method: &Map<String, Value>) -> Option<Method> {
    if method.get("controller").and_then(Value::as_str) != Some(did) {
        return None;
    }
    let key = match (method.get("publicKeyJwk"), method.get("publicKeyMultibase")) {
        (Some(Value::Object(jwk)), None) => PublicKey::from_jwk(jwk).ok()?,
        (None, Some(Value::String(multikey))) => PublicKey::from_multikey(multikey).ok()?,
        _ => return None,
    };
    // A moment that cannot be read must not make a withdrawn key good again: the key is left out.
    let moment = |name: &str| match method.get(name).map(|value| value.as_str().and_then(Timestamp::parse_rfc3339)) {
        None => Some(None),
        Some(None) => None,
        Some(found) => Some(found),
    };
    Some(Method { id: method_id(did, method)?, key, expires: moment("expires")?, revoked: moment("revoked")? })
}

/// A key to be published: its fragment (`key-1`), and when it was withdrawn.
#[derive(Debug, Clone)]
pub struct PublishedKey {
    /// Fragment of the DID URL.
    pub fragment: String,
    /// The key.
    pub key: PublicKey,
    /// A withdrawn key stays listed with its moment, so that older statements can be understood.
    pub revoked: Option<Timestamp>,
}

/// Fragment of the Multikey form of a key.
pub fn multikey_fragment(fragment: &str) -> String {
    format!("{fragment}-multikey")
}

/// Writes the document of a DID. An Ed25519 key stands there twice, as `JsonWebKey` for `vc+jwt` and as `Multikey` for
/// Data Integrity proofs (fragment [`multikey_fragment`]); a P-256 key as `Multikey` under its own fragment.
pub fn document(did: &Did, keys: &[PublishedKey]) -> Value {
    let did = did.as_str();
    let (mut methods, mut asserting) = (Vec::new(), Vec::new());
    for published in keys {
        let fragment = &published.fragment;
        let mut add = |fragment: &str, kind: &str, name: &str, key: Value| {
            let id = format!("{did}#{fragment}");
            let mut method = js!({"id": id, "type": kind, "controller": did, name: key});
            if let (Some(at), Some(map)) = (published.revoked, method.as_object_mut()) {
                map.insert("revoked".to_owned(), js!(at.to_rfc3339()));
            }
            asserting.push(js!(id));
            methods.push(method);
        };
        match published.key.to_jwk() {
            Some(jwk) => {
                add(fragment, "JsonWebKey", "publicKeyJwk", jwk);
                let multikey = js!(published.key.to_multikey());
                add(&multikey_fragment(fragment), "Multikey", "publicKeyMultibase", multikey);
            }
            None => add(fragment, "Multikey", "publicKeyMultibase", js!(published.key.to_multikey())),
        }
    }
    js!({
        "@context": ["https://www.w3.org/ns/did/v1", "https://www.w3.org/ns/cid/v1"],
        "id": did,
        "verificationMethod": methods,
        "assertionMethod": asserting,
    })
}
