//! GS1 data: identification keys, application identifiers, element strings, Digital Link, and the unit codes of this product.
//!
//! Reading order: [`parse`] and [`Scan`] (`scan`) are the door; `element`, `link` and `symbology` read the ways of writing;
//! `table` holds the application identifiers, `lint` what is checked in a value, `rules` what may stand together; [`Key`] and
//! [`Gtin`] the identification keys; [`unit`] the serial numbers that only a key holder can make.
//!
//! Invariants:
//! - A [`Scan`] holds only values that keep to the table, in a combination that keeps to the rules.
//! - Writing and reading again gives the same elements; the canonical forms of equal data are equal.
//! - Every refusal has the byte of the input, a stable code, and words in Chinese and English. No input panics.
//! - Nothing grows with the input beyond [`INPUT_BYTES_MAX`] and [`ELEMENTS_MAX`].
//!
//! Not here: whether a company prefix was given out (that needs the register of GS1), compressed Digital Links, pictures of
//! symbols, and EPC URNs.
//!
//! Sources: GS1 General Specifications (release 25); GS1 Digital Link Standard: URI Syntax; GS1 Barcode Syntax Dictionary with
//! the reference procedures it names. Where the reference implementation of these, the GS1 Barcode Syntax Engine, is looser or
//! stricter than the standards, the standards were followed: a value longer than its limit is refused in a link too (it cuts
//! off), a requirement of three identifiers needs all three, any excluded identifier is found, and the GTIN of a retail symbol
//! counts as an element.

pub mod check;
mod date;
mod element;
mod error;
mod gtin;
mod keys;
mod link;
mod lint;
mod rules;
mod scan;
mod symbology;
mod table;
pub mod unit;
mod uri;

#[cfg(test)]
mod laws;
#[cfg(test)]
mod vectors;

pub use check::{check_digit, check_pair, has_check_digit, has_check_pair};
pub use date::Date;
pub use error::{Code, ParseError};
pub use gtin::{Gtin, GtinError};
pub use keys::{Key, check_value};
pub use scan::{Element, Form, Options, Scan, parse, parse_with};
pub use symbology::Symbology;
pub use table::{Charset, Component, Entry, entries, entry};

/// Most bytes of one input.
pub const INPUT_BYTES_MAX: usize = 8191;
/// Most elements of one input; query parts of a link that are no GS1 data count too.
pub const ELEMENTS_MAX: usize = 64;
/// Most characters of a value (General Specifications 3.2: AI 91–99).
pub const VALUE_MAX: usize = 90;
/// The domain of canonical Digital Link URIs.
pub const CANONICAL_BASE: &str = "https://id.gs1.org";
