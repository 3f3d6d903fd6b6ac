//! Scan data: what a scanner sends, with the symbology identifier of ISO/IEC 15424 in front.
//!
//! Source: General Specifications 5.1.2 and 7.9.3 (identifiers `]C1 ]E0 ]E4 ]I1 ]e0 ]d2 ]Q3 ]J1` for GS1 data; `]d1 ]Q1 ]J0`
//! for plain data, which may be a Digital Link). FNC1 between elements is sent as the GS character.

use crate::check::has_check_digit;
use crate::element::{Field, read_raw};
use crate::scan::Options;
use crate::{Code, ParseError};

/// The GS character, sent for FNC1.
pub(crate) const GS: char = '\u{1d}';
/// In front of the composite component of an EAN/UPC symbol.
const COMPOSITE: &str = "|]e0";

/// The symbols that carry GS1 data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Symbology {
    /// GS1 DataBar Omnidirectional.
    DataBarOmni,
    /// GS1 DataBar Truncated.
    DataBarTruncated,
    /// GS1 DataBar Stacked.
    DataBarStacked,
    /// GS1 DataBar Stacked Omnidirectional.
    DataBarStackedOmni,
    /// GS1 DataBar Limited.
    DataBarLimited,
    /// GS1 DataBar Expanded, also stacked.
    DataBarExpanded,
    /// UPC-A.
    UpcA,
    /// UPC-E.
    UpcE,
    /// EAN-13.
    Ean13,
    /// EAN-8.
    Ean8,
    /// ITF-14.
    Itf14,
    /// GS1-128, also with a composite component.
    Gs1128,
    /// QR Code.
    Qr,
    /// Data Matrix.
    DataMatrix,
    /// DotCode.
    DotCode,
}

/// What follows a symbology identifier.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// So many digits of a GTIN.
    Gtin(usize),
    /// Element string.
    Elements,
    /// Anything.
    Plain,
}

const IDENTIFIERS: [(&str, Symbology, Mode); 11] = [
    ("C1", Symbology::Gs1128, Mode::Elements),
    ("E0", Symbology::Ean13, Mode::Gtin(13)),
    ("E4", Symbology::Ean8, Mode::Gtin(8)),
    ("I1", Symbology::Itf14, Mode::Gtin(14)),
    ("e0", Symbology::DataBarExpanded, Mode::Elements),
    ("d1", Symbology::DataMatrix, Mode::Plain),
    ("d2", Symbology::DataMatrix, Mode::Elements),
    ("Q1", Symbology::Qr, Mode::Plain),
    ("Q3", Symbology::Qr, Mode::Elements),
    ("J0", Symbology::DotCode, Mode::Plain),
    ("J1", Symbology::DotCode, Mode::Elements),
];

/// Scan data taken apart.
#[derive(Clone, Debug)]
pub(crate) struct Sent<'a> {
    pub(crate) symbology: Symbology,
    /// The GTIN of an EAN/UPC or ITF-14 symbol, in its digits.
    pub(crate) gtin: Option<&'a str>,
    /// Elements of the message, or of the composite component.
    pub(crate) fields: Vec<Field>,
    /// Plain data and its place.
    pub(crate) plain: Option<(&'a str, usize)>,
}

/// Takes scan data apart and checks its values; the rules of combination are not part of it.
pub(crate) fn read(text: &str, options: Options) -> Result<Sent<'_>, ParseError> {
    let identifier = text.strip_prefix(']').and_then(|rest| rest.get(..2));
    let known = IDENTIFIERS.iter().find(|(name, _, _)| identifier == Some(*name));
    let Some((_, symbology, mode)) = known else {
        return Err(ParseError::at(0, text.len().min(3), Code::Symbology));
    };
    let data = &text[3..];
    let mut sent = Sent { symbology: *symbology, gtin: None, fields: Vec::new(), plain: None };
    match *mode {
        Mode::Plain => sent.plain = Some((data, 3)),
        Mode::Elements => read_elements(data, 3, options, &mut sent.fields)?,
        Mode::Gtin(length) => {
            sent.gtin = Some(primary(data, length)?);
            let behind = &data[length..];
            if let Some(composite) = behind.strip_prefix(COMPOSITE) {
                read_elements(composite, 3 + length + COMPOSITE.len(), options, &mut sent.fields)?;
            } else if !behind.is_empty() {
                let error = ParseError::at(3 + length, behind.len(), Code::PrimaryLength);
                return Err(error.detail(length.to_string()));
            }
        }
    }
    Ok(sent)
}

fn primary(data: &str, length: usize) -> Result<&str, ParseError> {
    let digits = data.bytes().take(length).take_while(u8::is_ascii_digit).count();
    if digits < length {
        let code = if digits == data.len() { Code::PrimaryLength } else { Code::NotDigits };
        let error = ParseError::at(3 + digits, usize::from(digits < data.len()), code);
        return Err(error.detail(length.to_string()));
    }
    let gtin = &data[..length];
    crate::gtin::check(gtin, 3)?;
    Ok(gtin)
}

fn read_elements(data: &str, base: usize, options: Options, fields: &mut Vec<Field>) -> Result<(), ParseError> {
    // A ^ in scan data is a character of the data, which no value may hold; FNC1 is sent as GS.
    if let Some(at) = data.find('^') {
        return Err(ParseError::at(base + at, 1, Code::Fnc1InValue));
    }
    read_raw(data, base, GS, options, fields)
}

/// The scan data a symbol with this message sends.
///
/// `message`: `^01…^10…`, `^…|^…` with a composite component, the digits of a GTIN, or plain data in which a leading `^` is
/// escaped as `\^`.
pub(crate) fn write(message: &str, symbology: Symbology) -> Result<String, ParseError> {
    match symbology {
        Symbology::Qr => Ok(matrix(message, "]Q3", "]Q1")),
        Symbology::DataMatrix => Ok(matrix(message, "]d2", "]d1")),
        Symbology::DotCode => Ok(matrix(message, "]J1", "]J0")),
        Symbology::Gs1128 | Symbology::DataBarExpanded => expanded(message, symbology),
        Symbology::DataBarOmni
        | Symbology::DataBarTruncated
        | Symbology::DataBarStacked
        | Symbology::DataBarStackedOmni
        | Symbology::DataBarLimited => data_bar(message, symbology),
        Symbology::UpcA | Symbology::UpcE => retail(message, 12, "]E00"),
        Symbology::Ean13 => retail(message, 13, "]E0"),
        Symbology::Ean8 => retail(message, 8, "]E4"),
        Symbology::Itf14 => retail(message, 14, "]I1"),
    }
}

fn refuse(what: &str) -> ParseError {
    ParseError::at(0, 0, Code::SymbologyData).detail(what)
}

/// FNC1 as GS, without the first and without one at the end.
fn transmitted(elements: &str) -> String {
    let body = elements.strip_prefix('^').unwrap_or(elements);
    body.strip_suffix('^').unwrap_or(body).replace('^', "\u{1d}")
}

fn matrix(message: &str, gs1: &str, plain: &str) -> String {
    if message.starts_with('^') {
        return format!("{gs1}{}", transmitted(message));
    }
    let escaped = message.trim_start_matches('\\').starts_with('^');
    format!("{plain}{}", &message[usize::from(escaped)..])
}

fn split(message: &str) -> Result<(&str, Option<&str>), ParseError> {
    let Some((linear, composite)) = message.split_once('|') else { return Ok((message, None)) };
    if !composite.starts_with('^') {
        return Err(refuse("a composite component begins with FNC1"));
    }
    Ok((linear, Some(composite)))
}

fn expanded(message: &str, symbology: Symbology) -> Result<String, ParseError> {
    let (linear, composite) = split(message)?;
    let Some(body) = linear.strip_prefix('^') else {
        return Err(refuse("only an element string"));
    };
    let Some(composite) = composite else {
        let identifier = if symbology == Symbology::Gs1128 { "]C1" } else { "]e0" };
        return Ok(format!("{identifier}{}", transmitted(linear)));
    };
    let mut fields = Vec::new();
    let unknown_ais = Options { unknown_ais: true, ..Options::default() };
    read_raw(body, 1, '^', unknown_ais, &mut fields)?;
    let separated = fields.last().is_some_and(|field| !field.entry.predefined_length);
    let separator = if separated { "\u{1d}" } else { "" };
    Ok(format!("]e0{}{separator}{}", transmitted(linear), transmitted(composite)))
}

/// The digits, when there are so many and the check digit is right.
fn digits(text: &str, length: usize) -> Result<&str, ParseError> {
    if text.len() != length || !has_check_digit(text) {
        return Err(refuse(&format!("{length} digits with a right check digit")));
    }
    Ok(text)
}

fn data_bar(message: &str, symbology: Symbology) -> Result<String, ParseError> {
    let (linear, composite) = split(message)?;
    let gtin = digits(linear.strip_prefix("^01").unwrap_or(linear), 14)?;
    if symbology == Symbology::DataBarLimited && gtin.as_bytes()[0] > b'1' {
        return Err(refuse("the first digit is 0 or 1"));
    }
    let composite = composite.map(transmitted).unwrap_or_default();
    Ok(format!("]e001{gtin}{composite}"))
}

fn retail(message: &str, length: usize, identifier: &str) -> Result<String, ParseError> {
    let (linear, composite) = split(message)?;
    let filled = format!("^01{}", "0".repeat(14 - length));
    let gtin = digits(linear.strip_prefix(&filled).unwrap_or(linear), length)?;
    let composite = composite.map(|composite| format!("{COMPOSITE}{}", transmitted(composite)));
    Ok(format!("{identifier}{gtin}{}", composite.unwrap_or_default()))
}
