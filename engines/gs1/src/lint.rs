//! The checks ("linters") the dictionary names for the parts of a value.
//!
//! Each is specified by the procedure of the same name of the GS1 Barcode Syntax Tests; the standard behind it is named at
//! each. All take one component of a value whose characters were already held against its character set.

mod coupon;
mod lists;

use crate::Code;
use crate::check::{CSET82, PAIR_ALPHABET, PAIR_DATA_MAX, check_digit, check_pair};
use crate::date::days_in_month;
use crate::table::Charset;

/// Shortest GS1 company prefix, digits.
const COMPANY_PREFIX_MIN: usize = 4;
/// Shortest and longest IBAN, characters (ISO 13616-1; no shorter one is registered).
const IBAN_LENGTH: std::ops::RangeInclusive<usize> = 11..=34;

/// What a check found: where in the component, and what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) at: usize,
    pub(crate) length: usize,
    pub(crate) code: Code,
    pub(crate) detail: Option<String>,
}

fn fault(at: usize, length: usize, code: Code) -> Fault {
    Fault { at, length, code, detail: None }
}

/// Fails with the whole component as the place.
fn unless(right: bool, text: &str, code: Code) -> Result<(), Fault> {
    if right { Ok(()) } else { Err(fault(0, text.len(), code)) }
}

macro_rules! linters {
    ($($variant:ident $name:literal $check:expr;)*) => {
        /// A check by its name in the dictionary.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Linter { $($variant,)* }

        impl Linter {
            pub(crate) fn named(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// Holds the check against one component.
            pub(crate) fn check(self, text: &str) -> Result<(), Fault> {
                match self {
                    $(Self::$variant => ($check)(text),)*
                }
            }
        }
    };
}

linters! {
    CheckDigit "csum" check_digit_right;
    CheckPair "csumalpha" check_pair_right;
    CompanyPrefix1 "gcppos1" company_prefix;
    CompanyPrefix2 "gcppos2" company_prefix_second;
    DateDay0 "yymmd0" |text| short_date(text, true);
    Date "yymmdd" |text| short_date(text, false);
    LongDateDay0 "yyyymmd0" |text| long_date(text, true);
    LongDate "yyyymmdd" |text| long_date(text, false);
    HourMinute "hhmi" hour_minute;
    Hour "hh" |text| clock_part(text, 23, Code::Hour);
    Minute "mi" |text| clock_part(text, 59, Code::Minute);
    Second "ss" |text| clock_part(text, 59, Code::Second);
    Country "iso3166" |text| unless(lists::is_country(text), text, Code::Country);
    CountryOr999 "iso3166999" |text| unless(text == "999" || lists::is_country(text), text, Code::CountryOr999);
    CountryAlpha2 "iso3166alpha2" |text| unless(lists::is_country_alpha2(text), text, Code::CountryAlpha2);
    Currency "iso4217" |text| unless(lists::is_currency(text), text, Code::Currency);
    Sex "iso5218" |text| unless(matches!(text, "0" | "1" | "2" | "9"), text, Code::Sex);
    Iban "iban" iban;
    Latitude "latitude" |text| at_most(text, 1_800_000_000, Code::Latitude);
    Longitude "longitude" |text| at_most(text, 3_600_000_000, Code::Longitude);
    ImporterIndex "importeridx" importer_index;
    MediaType "mediatype" |text| unless(lists::is_media_type(text), text, Code::MediaType);
    PackageType "packagetype" |text| unless(lists::is_package_type(text), text, Code::PackageType);
    PercentEncoding "pcenc" percent_encoding;
    PieceOfTotal "pieceoftotal" piece_of_total;
    Sequence "posinseqslash" sequence;
    NoZeroPrefix "nozeroprefix" |text: &str| if text.starts_with('0') { Err(fault(0, 1, Code::ZeroPrefix)) } else { Ok(()) };
    Zero "zero" |text: &str| unless(text.bytes().all(|byte| byte == b'0'), text, Code::Zero);
    NonZero "nonzero" |text: &str| unless(text.bytes().any(|byte| byte != b'0'), text, Code::NonZero);
    YesNo "yesno" |text| unless(matches!(text, "0" | "1"), text, Code::YesNo);
    Winding "winding" |text| unless(matches!(text, "0" | "1" | "9"), text, Code::Winding);
    Hyphen "hyphen" |text: &str| unless(!text.is_empty() && text.bytes().all(|byte| byte == b'-'), text, Code::Hyphen);
    HasNonDigit "hasnondigit" |text: &str| unless(text.bytes().any(|byte| !byte.is_ascii_digit()), text, Code::NonDigitNeeded);
    CouponCode "couponcode" coupon::north_american;
    CouponPositiveOffer "couponposoffer" coupon::positive_offer;
}

/// Holds a component against its character set (General Specifications 7.11).
pub(crate) fn charset(charset: Charset, text: &str) -> Result<(), Fault> {
    let set64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let (body, allowed, code): (&str, &dyn Fn(u8) -> bool, Code) = match charset {
        Charset::Digits => (text, &|byte| byte.is_ascii_digit(), Code::NotDigits),
        Charset::Set82 => (text, &is_set82, Code::NotSet82),
        Charset::Set39 => (
            text,
            &|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase() || matches!(byte, b'#' | b'-' | b'/'),
            Code::NotSet39,
        ),
        Charset::Set64 => {
            let body = text.trim_end_matches('=');
            let padding = text.len() - body.len();
            // The reference procedure counts in threes, not in the fours of RFC 4648, and is what symbols are checked with.
            if padding > 2 || (padding > 0 && !text.len().is_multiple_of(3)) {
                return Err(fault(body.len(), padding, Code::Set64Padding));
            }
            (body, &set64, Code::NotSet64)
        }
    };
    match body.bytes().position(|byte| !allowed(byte)) {
        Some(at) => Err(fault(at, body[at..].chars().next().map_or(1, char::len_utf8), code)),
        None => Ok(()),
    }
}

fn is_set82(byte: u8) -> bool {
    // The set as ranges: quicker than a search through the 82.
    matches!(byte, b'!' | b'"' | b'%'..=b'?' | b'A'..=b'Z' | b'_' | b'a'..=b'z')
}

/// Any digits but the ASCII ones, at their place.
fn digits(text: &str) -> Result<(), Fault> {
    match text.bytes().position(|byte| !byte.is_ascii_digit()) {
        Some(at) => Err(fault(at, 1, Code::NotDigits)),
        None => Ok(()),
    }
}

/// `csum`: General Specifications 7.9.1.
fn check_digit_right(text: &str) -> Result<(), Fault> {
    digits(text)?;
    let (body, last) = text.split_at(text.len().saturating_sub(1));
    match check_digit(body) {
        Some(digit) if last.as_bytes() == [b'0' + digit] => Ok(()),
        digit => Err(Fault {
            detail: digit.map(|digit| digit.to_string()),
            ..fault(body.len(), last.len(), Code::CheckDigit)
        }),
    }
}

/// `csumalpha`: General Specifications 7.9.5.
fn check_pair_right(text: &str) -> Result<(), Fault> {
    let whole = |code| fault(0, text.len(), code);
    let body_length = text.len().checked_sub(2).ok_or_else(|| whole(Code::CheckPairLength))?;
    if body_length > PAIR_DATA_MAX {
        return Err(whole(Code::CheckPairLength));
    }
    if let Some(at) = text.bytes().take(body_length).position(|byte| !CSET82.contains(&byte)) {
        return Err(fault(at, 1, Code::NotSet82));
    }
    let (body, last) = text.split_at(body_length);
    if let Some(at) = last.bytes().position(|byte| !PAIR_ALPHABET.contains(&byte)) {
        return Err(fault(body_length + at, 1, Code::CheckPairCharacter));
    }
    // Two characters alone are the pair of nothing: the sum is zero.
    let right = if body.is_empty() { Some(*b"22") } else { check_pair(body) };
    match right {
        Some(pair) if last.as_bytes() == pair => Ok(()),
        right => Err(Fault {
            detail: right.map(|pair| pair.iter().copied().map(char::from).collect()),
            ..fault(body_length, 2, Code::CheckPair)
        }),
    }
}

/// `gcppos1`: General Specifications 1.4.4: a company prefix has at least four digits. Whether it was given out is not asked.
fn company_prefix(text: &str) -> Result<(), Fault> {
    if text.len() < COMPANY_PREFIX_MIN {
        return Err(fault(0, text.len(), Code::CompanyPrefix));
    }
    match text.bytes().take(COMPANY_PREFIX_MIN).position(|byte| !byte.is_ascii_digit()) {
        Some(at) => Err(fault(at, 1, Code::CompanyPrefix)),
        None => Ok(()),
    }
}

/// `gcppos2`: as [`company_prefix`] from the second character.
fn company_prefix_second(text: &str) -> Result<(), Fault> {
    let Some((_, rest)) = text.split_at_checked(1) else {
        return Err(fault(0, text.len(), Code::CompanyPrefix));
    };
    company_prefix(rest).map_err(|found| Fault { at: found.at + 1, ..found })
}

/// Two digits as a number.
fn two(text: &str, at: usize) -> u32 {
    let digit = |at: usize| u32::from(text.as_bytes()[at] - b'0');
    digit(at) * 10 + digit(at + 1)
}

/// `yymmdd`, `yymmd0`: General Specifications 7.12. A two-digit year 00 means a year divisible by 400 (2000) until 2050, so
/// that every year divisible by four in this form is a leap year.
fn short_date(text: &str, day_zero: bool) -> Result<(), Fault> {
    if text.len() != 6 {
        return Err(fault(0, text.len(), Code::Day));
    }
    digits(text)?;
    month_and_day(two(text, 2), two(text, 4), 2000 + two(text, 0), 2, day_zero)
}

/// `yyyymmdd`, `yyyymmd0`.
fn long_date(text: &str, day_zero: bool) -> Result<(), Fault> {
    if text.len() != 8 {
        return Err(fault(0, text.len(), Code::Day));
    }
    digits(text)?;
    let year = two(text, 0) * 100 + two(text, 2);
    month_and_day(two(text, 4), two(text, 6), year, 4, day_zero)
}

fn month_and_day(month: u32, day: u32, year: u32, at: usize, day_zero: bool) -> Result<(), Fault> {
    let Some(days) = days_in_month(year, month) else {
        return Err(fault(at, 2, Code::Month));
    };
    if (1..=days).contains(&day) || (day_zero && day == 0) { Ok(()) } else { Err(fault(at + 2, 2, Code::Day)) }
}

/// `hhmi`: ISO 8601 hours and minutes.
fn hour_minute(text: &str) -> Result<(), Fault> {
    if text.len() != 4 || !text.is_ascii() {
        return Err(fault(0, text.len(), Code::Hour));
    }
    clock_part(&text[..2], 23, Code::Hour)?;
    clock_part(&text[2..], 59, Code::Minute).map_err(|found| Fault { at: found.at + 2, ..found })
}

/// `hh`, `mi`, `ss`.
fn clock_part(text: &str, most: u32, code: Code) -> Result<(), Fault> {
    digits(text)?;
    unless(text.len() == 2 && two(text, 0) <= most, text, code)
}

/// `latitude`, `longitude`: WGS84 times 10⁷, shifted to be positive (General Specifications 3.10.10).
fn at_most(text: &str, most: u64, code: Code) -> Result<(), Fault> {
    digits(text)?;
    unless(text.len() == 10 && text.parse::<u64>().is_ok_and(|number| number <= most), text, code)
}

/// `iban`: ISO 13616-1, check digits by ISO/IEC 7064 MOD 97-10.
fn iban(text: &str) -> Result<(), Fault> {
    if text.len() < 4 {
        return Err(fault(0, text.len(), Code::IbanLength));
    }
    if !text.get(..2).is_some_and(lists::is_country_alpha2) {
        return Err(fault(0, 2, Code::IbanCountry));
    }
    if !IBAN_LENGTH.contains(&text.len()) {
        return Err(fault(0, text.len(), Code::IbanLength));
    }
    let mut remainder = 0_u32;
    let turned = (4..text.len()).chain(0..4);
    for at in turned {
        let byte = text.as_bytes()[at];
        let Some(value) = char::from(byte).to_digit(36).filter(|_| !byte.is_ascii_lowercase()) else {
            return Err(fault(at, 1, Code::IbanCharacter));
        };
        let shift = if value < 10 { 10 } else { 100 };
        remainder = (remainder * shift + value) % 97;
    }
    if remainder == 1 { Ok(()) } else { Err(fault(2, 2, Code::Iban)) }
}

/// `importeridx`: EU 2018/574, one character.
fn importer_index(text: &str) -> Result<(), Fault> {
    let right = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    unless(text.len() == 1 && text.as_bytes().iter().all(right), text, Code::ImporterIndex)
}

/// `pcenc`: RFC 3986 section 2.1.
fn percent_encoding(text: &str) -> Result<(), Fault> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'%' {
            let pair = bytes.get(at + 1..at + 3);
            if !pair.is_some_and(|pair| pair.iter().all(u8::is_ascii_hexdigit)) {
                return Err(fault(at, 3.min(bytes.len() - at), Code::PercentEncoding));
            }
            at += 2;
        }
        at += 1;
    }
    Ok(())
}

/// `pieceoftotal`: General Specifications 3.9.6: two numbers of equal width, both above zero, the first not above the second.
fn piece_of_total(text: &str) -> Result<(), Fault> {
    digits(text)?;
    if text.is_empty() || !text.len().is_multiple_of(2) {
        return Err(fault(0, text.len(), Code::PieceZero));
    }
    let half = text.len() / 2;
    let (piece, total) = text.split_at(half);
    for (part, at) in [(piece, 0), (total, half)] {
        if part.bytes().all(|byte| byte == b'0') {
            return Err(fault(at, half, Code::PieceZero));
        }
    }
    unless(piece <= total, text, Code::PieceOverTotal)
}

/// `posinseqslash`: General Specifications 3.8.x (birth sequence): `position/end`, neither beginning with zero.
fn sequence(text: &str) -> Result<(), Fault> {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let Some((position, end)) = text.split_once('/').filter(|(one, other)| is_number(one) && is_number(other)) else {
        return Err(fault(0, text.len(), Code::Sequence));
    };
    if position.starts_with('0') {
        return Err(fault(0, position.len(), Code::ZeroPrefix));
    }
    if end.starts_with('0') {
        return Err(fault(position.len() + 1, end.len(), Code::ZeroPrefix));
    }
    // Without leading zeros the longer number is the greater one.
    let over = (position.len(), position) > (end.len(), end);
    unless(!over, text, Code::SequenceOverEnd)
}

#[cfg(test)]
mod tests;
