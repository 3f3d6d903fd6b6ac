//! What was read: the elements and their canonical forms.

use crate::{Code, Gtin, ParseError};

/// One application identifier and its value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Element {
    /// The application identifier: two to four digits.
    pub ai: String,
    /// The value, unescaped.
    pub value: String,
}

/// How the input was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// `(01)…(21)…`
    Bracketed,
    /// `^01…^21…` or with the GS character.
    ElementString,
    /// Behind a symbology identifier, as a scanner sends it.
    ScanData,
    /// A GS1 Digital Link URI.
    DigitalLink,
    /// A bare GTIN.
    Plain,
}

/// What may be read beyond the strict standard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Take application identifiers that are not in the table.
    pub unknown_ais: bool,
    /// Fill a GTIN-8, -12, -13 in a Digital Link path with zeros.
    pub zero_suppressed_gtin: bool,
    /// Read the withdrawn words (`gtin`, `ser`, …) in a Digital Link path.
    pub convenience_alphas: bool,
}

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    /// The elements in the order given.
    pub elements: Vec<Element>,
    /// How the input was written.
    pub form: Form,
}

impl Scan {
    /// The value of an application identifier.
    #[must_use]
    pub fn value(&self, ai: &str) -> Option<&str> {
        self.elements.iter().find(|e| e.ai == ai).map(|e| e.value.as_str())
    }
    /// The GTIN of the trade item: AI 01.
    #[must_use]
    pub fn gtin(&self) -> Option<Gtin> {
        self.value("01").and_then(|text| text.parse().ok())
    }
    /// The serial number: AI 21.
    #[must_use]
    pub fn serial(&self) -> Option<&str> {
        self.value("21")
    }
    /// The batch or lot: AI 10.
    #[must_use]
    pub fn lot(&self) -> Option<&str> {
        self.value("10")
    }
    /// The date of use by or expiry: AI 17, six digits.
    #[must_use]
    pub fn expiry(&self) -> Option<&str> {
        self.value("17")
    }
    /// The element string with `^` for FNC1.
    #[must_use]
    pub fn element_string(&self) -> String {
        String::new()
    }
    /// With brackets.
    #[must_use]
    pub fn bracketed(&self) -> String {
        String::new()
    }
    /// As a Digital Link URI under `base`.
    ///
    /// # Errors
    /// When there is no primary key, or an element may not stand in a link.
    pub fn digital_link(&self, _base: &str) -> Result<String, ParseError> {
        Ok(String::new())
    }
    /// As the canonical Digital Link URI, `https://id.gs1.org/…`.
    ///
    /// # Errors
    /// As [`Scan::digital_link`].
    pub fn digital_link_canonical(&self) -> Result<String, ParseError> {
        self.digital_link("https://id.gs1.org")
    }
}

/// Reads bracketed, raw, scanned, link or plain GTIN.
///
/// # Errors
/// Where and why it is refused.
pub fn parse(input: &str) -> Result<Scan, ParseError> {
    parse_with(input, Options::default())
}

/// As [`parse`], with options.
///
/// # Errors
/// Where and why it is refused.
pub fn parse_with(_input: &str, _options: Options) -> Result<Scan, ParseError> {
    Err(ParseError {
        position: 0,
        length: 0,
        code: Code::Empty,
        ai: None,
    })
}
