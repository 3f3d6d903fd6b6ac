//! The data model: what a credential must hold before anything is said about its signature (VC Data Model 2.0, §4).

use crate::{Error, Result};
use ground::Timestamp;
use serde_json::{Map, Value};

/// First entry of every `@context`.
pub const CONTEXT: &str = "https://www.w3.org/ns/credentials/v2";
/// The type every credential has.
pub const TYPE: &str = "VerifiableCredential";
/// How far a clock elsewhere may be ahead of ours, microseconds: for beginnings, never for ends.
pub const SKEW_MICROS_MAX: i64 = 60 * ground::time::SECOND_MICROS;
/// Most entries of a list in a credential.
const LIST_MAX: usize = 1000;

/// A credential whose form is right. Nothing is known of who made it.
#[derive(Debug, Clone, PartialEq)]
pub struct Credential {
    value: Map<String, Value>,
    /// The issuer's name.
    pub issuer: String,
    /// Its own name, where it has one.
    pub id: Option<String>,
    /// Its types.
    pub types: Vec<String>,
    /// Valid from.
    pub valid_from: Option<Timestamp>,
    /// Valid until.
    pub valid_until: Option<Timestamp>,
}

impl Credential {
    /// Reads a credential.
    ///
    /// # Errors
    /// [`Error::Field`] with a JSON pointer.
    pub fn new(value: Map<String, Value>) -> Result<Credential> {
        context(&value)?;
        let types = strings(&value, "type")?;
        if !types.iter().any(|name| name == TYPE) {
            return Err(Error::field("/type", "VerifiableCredential is needed"));
        }
        let issuer = issuer(&value)?;
        let id = match value.get("id") {
            None => None,
            Some(Value::String(id)) if is_uri(id) => Some(id.clone()),
            Some(_) => return Err(Error::field("/id", "one address is needed")),
        };
        subjects(&value)?;
        let valid_from = moment(&value, "validFrom")?;
        let valid_until = moment(&value, "validUntil")?;
        if let (Some(from), Some(until)) = (valid_from, valid_until)
            && until < from
        {
            return Err(Error::field("/validUntil", "it ends before it begins"));
        }
        for name in ["vc", "vp"] {
            if value.contains_key(name) {
                return Err(Error::field(format!("/{name}"), "the credential is the payload itself, not a claim"));
            }
        }
        Ok(Credential { value, issuer, id, types, valid_from, valid_until })
    }

    /// The whole of it.
    pub fn value(&self) -> &Map<String, Value> {
        &self.value
    }

    /// Its first subject.
    pub fn subject(&self) -> Option<&Map<String, Value>> {
        match self.value.get("credentialSubject") {
            Some(Value::Object(one)) => Some(one),
            Some(Value::Array(several)) => several.first().and_then(Value::as_object),
            _ => None,
        }
    }

    /// Whether it has this type.
    pub fn is(&self, name: &str) -> bool {
        self.types.iter().any(|held| held == name)
    }

    /// Whether it is valid at a moment.
    ///
    /// # Errors
    /// [`Error::NotYetValid`], [`Error::Expired`].
    pub fn check_dates(&self, now: Timestamp) -> Result<()> {
        check_span(self.valid_from, self.valid_until, now)
    }
}

/// Whether a moment lies in a span; a beginning may lie [`SKEW_MICROS_MAX`] ahead.
pub(crate) fn check_span(from: Option<Timestamp>, until: Option<Timestamp>, now: Timestamp) -> Result<()> {
    if let Some(from) = from.filter(|from| *from > now.plus_micros(SKEW_MICROS_MAX)) {
        return Err(Error::NotYetValid(from.to_rfc3339()));
    }
    match until.filter(|until| *until <= now) {
        Some(until) => Err(Error::Expired(until.to_rfc3339())),
        None => Ok(()),
    }
}

fn context(value: &Map<String, Value>) -> Result<()> {
    let Some(Value::Array(entries)) = value.get("@context") else {
        return Err(Error::field("/@context", "a list is needed"));
    };
    if entries.first().and_then(Value::as_str) != Some(CONTEXT) {
        return Err(Error::field("/@context/0", "https://www.w3.org/ns/credentials/v2 is needed first"));
    }
    match entries.iter().position(|entry| !matches!(entry, Value::String(_) | Value::Object(_))) {
        Some(at) => Err(Error::field(format!("/@context/{at}"), "an address or an object is needed")),
        None => Ok(()),
    }
}

fn issuer(value: &Map<String, Value>) -> Result<String> {
    let (id, field) = match value.get("issuer") {
        Some(Value::Object(issuer)) => (issuer.get("id").and_then(Value::as_str), "/issuer/id"),
        Some(Value::String(issuer)) => (Some(issuer.as_str()), "/issuer"),
        _ => (None, "/issuer"),
    };
    id.filter(|id| is_uri(id)).map(str::to_owned).ok_or(Error::field(field, "an address is needed"))
}

fn subjects(value: &Map<String, Value>) -> Result<()> {
    let filled = |subject: &Value| subject.as_object().is_some_and(|map| !map.is_empty());
    let good = match value.get("credentialSubject") {
        Some(Value::Array(several)) => !several.is_empty() && several.len() <= LIST_MAX && several.iter().all(filled),
        Some(one) => filled(one),
        None => false,
    };
    if good { Ok(()) } else { Err(Error::field("/credentialSubject", "an object with content is needed")) }
}

/// A text or a list of texts.
pub(crate) fn strings(value: &Map<String, Value>, name: &str) -> Result<Vec<String>> {
    let wrong = || Error::field(format!("/{name}"), "a text or a list of texts is needed");
    match value.get(name) {
        Some(Value::String(one)) => Ok(vec![one.clone()]),
        Some(Value::Array(several)) if !several.is_empty() && several.len() <= LIST_MAX => {
            several.iter().map(|entry| entry.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
        }
        _ => Err(wrong()),
    }
}

/// A moment of XML Schema's `dateTimeStamp`: with its offset.
pub(crate) fn moment(value: &Map<String, Value>, name: &str) -> Result<Option<Timestamp>> {
    match value.get(name) {
        None => Ok(None),
        Some(Value::String(text)) if is_stamp(text) => match Timestamp::parse_rfc3339(text) {
            Some(moment) => Ok(Some(moment)),
            None => Err(Error::field(format!("/{name}"), "there is no such moment")),
        },
        Some(_) => Err(Error::field(format!("/{name}"), "a moment such as 2026-03-02T04:00:00Z is needed")),
    }
}

fn is_stamp(text: &str) -> bool {
    let bytes = text.as_bytes();
    let shape = |part: &[u8], shape: &[u8]| {
        part.len() == shape.len()
            && part.iter().zip(shape).all(|(b, s)| if *s == b'0' { b.is_ascii_digit() } else { b == s })
    };
    let Some((head, rest)) = bytes.split_at_checked(19) else { return false };
    let digits = match rest.strip_prefix(b".") {
        Some(fraction) => fraction.iter().take_while(|b| b.is_ascii_digit()).count(),
        None => 0,
    };
    let offset = if rest.starts_with(b".") { rest.get(1 + digits..).unwrap_or(b"") } else { rest };
    let fraction = !rest.starts_with(b".") || (1..=9).contains(&digits);
    let offset = offset == b"Z" || shape(offset, b"+00:00") || shape(offset, b"-00:00");
    shape(head, b"0000-00-00T00:00:00") && fraction && offset
}

/// Something with a scheme and no spaces; addresses are compared, never opened here.
pub(crate) fn is_uri(text: &str) -> bool {
    text.len() <= 2000
        && text.chars().all(|c| !c.is_control() && !c.is_whitespace())
        && text.split_once(':').is_some_and(|(scheme, rest)| {
            !rest.is_empty()
                && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
                && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
        })
}
