//! Identification keys, application identifiers, element strings, Digital Link, unit codes.

pub mod check;
mod error;
mod gtin;
mod scan;
pub mod unit;

pub use check::{check_digit, check_pair, has_check_digit, has_check_pair};
pub use error::{Code, ParseError};
pub use gtin::{Gtin, GtinError};
pub use scan::{Element, Form, Options, Scan, parse, parse_with};
