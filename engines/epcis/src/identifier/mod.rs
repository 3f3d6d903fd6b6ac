//! GS1 identifiers as EPCIS writes them, and the one form in which they are compared.
//!
//! An object may be written `urn:epc:id:sgtin:0614141.107346.2018`, `https://id.gs1.org/01/10614141073464/21/2018` or
//! `https://example.com/gtin/10614141073464/lot/A/ser/2018?x=y`. All of these are the same object. The canonical form is
//! the constrained GS1 Digital Link of CBV 2.0, 8.9 rules 17 and 18: domain `id.gs1.org`, numeric keys, the finest level
//! of identification alone, no query.
//!
//! Sources: EPC Tag Data Standard (URN schemes), GS1 General Specifications (keys, check digits), GS1 Digital Link.

mod link;
mod pattern;
mod urn;

pub use pattern::Pattern;

use crate::fault::Code;
use std::borrow::Cow;

/// Where canonical identifiers live.
pub const CANONICAL_BASE: &str = "https://id.gs1.org/";

/// Whether an identifier names one thing or a class of things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// One object, place, party or document.
    Instance,
    /// A trade item, a lot, a type.
    Class,
}

/// What a URI turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// A GS1 key in a known form.
    Gs1 {
        /// The canonical Digital Link.
        canonical: String,
        /// Instance or class.
        level: Level,
    },
    /// An EPC URN of a scheme without a Digital Link form (GID, DoD, ADI, BIC, IMO vessel).
    OtherEpc,
    /// Any other URI: a private identifier.
    Private,
}

/// Why a URI that names a GS1 scheme does not follow it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// [`Code::Identifier`] or [`Code::CheckDigit`].
    pub code: Code,
    /// What is wrong, in Chinese.
    pub zh: String,
    /// The same in English.
    pub en: String,
}

impl Malformed {
    fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Malformed { code: Code::Identifier, zh: zh.into(), en: en.into() }
    }
}

/// Reads any URI.
///
/// # Errors
/// [`Malformed`] where the URI starts as a GS1 identifier and does not go on as one: an EPC URN of a wrong shape, a
/// Digital Link at `id.gs1.org` with a value its key cannot have, or a Digital Link anywhere with a wrong check digit.
pub fn read(uri: &str) -> Result<Reading, Malformed> {
    if let Some(rest) = uri.strip_prefix("urn:epc:") {
        return urn::read(rest);
    }
    if uri.starts_with("https://") || uri.starts_with("http://") {
        return link::read(uri);
    }
    Ok(Reading::Private)
}

/// The canonical form of a GS1 identifier; every other text stays as it is.
pub fn canonical(uri: &str) -> Cow<'_, str> {
    match read(uri) {
        Ok(Reading::Gs1 { canonical, .. }) if canonical == uri => Cow::Borrowed(uri),
        Ok(Reading::Gs1 { canonical, .. }) => Cow::Owned(canonical),
        _ => Cow::Borrowed(uri),
    }
}

/// As [`canonical`], but also where a check digit is wrong: the event hash must not depend on who checks.
pub(crate) fn canonical_unchecked(uri: &str) -> Cow<'_, str> {
    if !uri.starts_with("http") {
        return canonical(uri);
    }
    match link::canonical(uri) {
        Some(text) => Cow::Owned(text),
        None => Cow::Borrowed(uri),
    }
}

/// The canonical id of a trade item.
pub fn of_gtin(gtin: &gs1::Gtin) -> String {
    format!("{CANONICAL_BASE}01/{gtin}")
}

/// The canonical id of a lot (AI 01 and 10).
pub fn of_lot(gtin: &gs1::Gtin, lot: &str) -> String {
    with_qualifier(of_gtin(gtin), "10", lot)
}

/// The canonical id of one unit (AI 01 and 21).
pub fn of_unit(gtin: &gs1::Gtin, serial: &str) -> String {
    with_qualifier(of_gtin(gtin), "21", serial)
}

fn with_qualifier(mut base: String, ai: &str, value: &str) -> String {
    base.push('/');
    base.push_str(ai);
    base.push('/');
    crate::uri::encode_into(value, &mut base);
    base
}

/// The check digit of a GS1 key without it; the caller has seen to it that these are digits.
pub(crate) fn check_digit(digits: &str) -> char {
    gs1::check_digit(digits).map_or('0', |digit| char::from(b'0' + digit))
}

pub(crate) fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit())
}

/// The last digit must be the check digit of those before it.
pub(crate) fn checks(digits: &str) -> bool {
    gs1::has_check_digit(digits)
}

/// Characters of GS1 AI encodable character set 82 (General Specifications, figure 7.11-1).
pub(crate) fn is_set_82(value: &str) -> bool {
    value.bytes().all(|c| matches!(c, b'!' | b'"' | b'%'..=b'?' | b'A'..=b'Z' | b'_' | b'a'..=b'z'))
}

/// Characters of GS1 AI encodable character set 39.
pub(crate) fn is_set_39(value: &str) -> bool {
    value.bytes().all(|c| matches!(c, b'#' | b'-' | b'/' | b'0'..=b'9' | b'A'..=b'Z'))
}
