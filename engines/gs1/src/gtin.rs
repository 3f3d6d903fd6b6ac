//! The Global Trade Item Number in its 14-digit form.

use crate::check::{check_digit, has_check_digit};
use crate::{Code, ParseError};
use std::fmt;
use std::str::FromStr;

/// A GTIN with a right check digit, always kept as 14 digits (a GTIN-8, -12 or -13 is filled with zeros on the left).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gtin([u8; 14]);

/// Why a text is not a GTIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GtinError {
    /// Something else than digits, at this byte.
    #[error("a GTIN holds digits only; look at character {}", .0 + 1)]
    NotDigits(usize),
    /// Not 8, 12, 13 or 14 digits.
    #[error("a GTIN has 8, 12, 13 or 14 digits, not {0}")]
    Length(usize),
    /// The last digit should be this one.
    #[error("the check digit should be {0}")]
    CheckDigit(u8),
}

impl GtinError {
    /// The code of the error, as in [`crate::Code::as_str`].
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NotDigits(_) => "not_digits",
            Self::Length(_) => "gtin_length",
            Self::CheckDigit(_) => "check_digit",
        }
    }

    /// The text in Chinese.
    #[must_use]
    pub fn text_zh(self) -> String {
        match self {
            Self::NotDigits(at) => format!("GTIN 只能由数字组成，请看第 {} 个字符", at + 1),
            Self::Length(length) => format!("GTIN 应为 8、12、13 或 14 位数字，而不是 {length} 位"),
            Self::CheckDigit(digit) => format!("校验位应为 {digit}"),
        }
    }
}

impl Gtin {
    /// The 14 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Digits only, by construction.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The 14 digits as bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 14] {
        &self.0
    }

    /// The shortest usual writing: GTIN-8, -12, -13 or -14, by the zeros on the left (General Specifications 3.3.2, 7.8).
    #[must_use]
    pub fn shortest(&self) -> &str {
        let text = self.as_str();
        let zeros = text.bytes().take_while(|byte| *byte == b'0').count();
        match zeros {
            0 => text,
            1 => &text[1..],
            2..=5 => &text[2..],
            _ => &text[6..],
        }
    }

    /// Makes a GTIN of 13 digits without check digit (indicator and item reference included).
    #[must_use]
    pub fn with_check_digit(thirteen: &str) -> Option<Self> {
        if thirteen.len() != 13 {
            return None;
        }
        let digit = check_digit(thirteen)?;
        format!("{thirteen}{digit}").parse().ok()
    }

    /// Whether the number may be given freely inside a company or region: restricted circulation (GS1 prefixes 02, 04, 20–29
    /// and a leading 0 or 2 of a GTIN-8), which says nothing about who made the goods.
    #[must_use]
    pub fn restricted_circulation(&self) -> bool {
        let text = self.as_str();
        if text.starts_with("000000") {
            return matches!(text.as_bytes()[6], b'0' | b'2');
        }
        matches!(&text[1..3], "02" | "04") || text.as_bytes()[1] == b'2'
    }
}

impl FromStr for Gtin {
    type Err = GtinError;

    fn from_str(text: &str) -> Result<Self, GtinError> {
        if let Some(at) = text.bytes().position(|byte| !byte.is_ascii_digit()) {
            return Err(GtinError::NotDigits(at));
        }
        if !matches!(text.len(), 8 | 12 | 13 | 14) {
            return Err(GtinError::Length(text.len()));
        }
        if !has_check_digit(text) {
            let right = check_digit(&text[..text.len() - 1]).unwrap_or_default();
            return Err(GtinError::CheckDigit(right));
        }
        let mut digits = [b'0'; 14];
        digits[14 - text.len()..].copy_from_slice(text.as_bytes());
        Ok(Self(digits))
    }
}

/// Checks the digits of a GTIN that stand at `base` of an input.
pub(crate) fn check(text: &str, base: usize) -> Result<Gtin, ParseError> {
    text.parse::<Gtin>().map_err(|error| match error {
        GtinError::NotDigits(at) => ParseError::at(base + at, 1, Code::NotDigits),
        GtinError::Length(length) => ParseError::at(base, length, Code::GtinLength).detail(length.to_string()),
        GtinError::CheckDigit(digit) => {
            ParseError::at(base + text.len() - 1, 1, Code::CheckDigit).detail(digit.to_string())
        }
    })
}

impl fmt::Display for Gtin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Gtin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gtin({})", self.as_str())
    }
}

impl AsRef<str> for Gtin {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl TryFrom<&str> for Gtin {
    type Error = GtinError;

    fn try_from(text: &str) -> Result<Self, GtinError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_of_gtin_becomes_fourteen_digits() {
        for (given, fourteen) in [
            ("02345673", "00000002345673"),
            ("416000336108", "00416000336108"),
            ("2112345678900", "02112345678900"),
            ("12312312312333", "12312312312333"),
        ] {
            let gtin: Gtin = given.parse().unwrap();
            assert_eq!(gtin.as_str(), fourteen);
            assert_eq!(gtin.shortest(), given);
        }
        assert_eq!("4006381333932".parse::<Gtin>(), Err(GtinError::CheckDigit(1)));
        assert_eq!("123".parse::<Gtin>(), Err(GtinError::Length(3)));
        assert_eq!("0234567x".parse::<Gtin>(), Err(GtinError::NotDigits(7)));
        assert_eq!("４００６３８１３３３９３１".parse::<Gtin>(), Err(GtinError::NotDigits(0)));
    }

    #[test]
    fn numbers_for_use_inside_a_shop_are_known() {
        assert!("2112345678900".parse::<Gtin>().unwrap().restricted_circulation());
        assert!("02345673".parse::<Gtin>().unwrap().restricted_circulation());
        assert!(!"4006381333931".parse::<Gtin>().unwrap().restricted_circulation());
    }
}
