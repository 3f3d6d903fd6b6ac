//! The one door: any way of writing GS1 data in, the elements and their canonical forms out.

use crate::date::Date;
use crate::element::{Field, Places, read_bracketed, read_raw, write_bracketed, write_raw};
use crate::symbology::{self, GS, Symbology};
use crate::{Code, Gtin, INPUT_BYTES_MAX, ParseError, link, rules, table};

/// One application identifier and its value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Element {
    /// The application identifier: two to four digits.
    pub ai: String,
    /// The value, without any escapes.
    pub value: String,
}

impl Element {
    /// The name of the identifier (`GTIN`, `SERIAL`, …); empty for one that is not in the table.
    #[must_use]
    pub fn title(&self) -> &'static str {
        table::entry(&self.ai).map_or("", |entry| &entry.title)
    }
}

/// How the input was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// `(01)…(21)…`
    Bracketed,
    /// `^01…21…^10…`, or with the GS character for `^`.
    ElementString,
    /// Behind a symbology identifier, as a scanner sends it.
    ScanData,
    /// A GS1 Digital Link URI.
    DigitalLink,
    /// The bare digits of a GTIN.
    Plain,
}

impl Form {
    /// The form as a snake_case word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bracketed => "bracketed",
            Self::ElementString => "element_string",
            Self::ScanData => "scan_data",
            Self::DigitalLink => "digital_link",
            Self::Plain => "plain",
        }
    }
}

/// What is read beyond the strict standard. By default nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Take application identifiers that are not in the table.
    pub unknown_ais: bool,
    /// Take those also in the query of a Digital Link, read or written.
    pub unknown_link_attributes: bool,
    /// Fill a GTIN-8, -12 or -13 in a Digital Link with zeros.
    pub zero_suppressed_gtin: bool,
    /// Read the withdrawn words (`gtin`, `ser`, …) in a Digital Link path.
    pub convenience_alphas: bool,
    /// Read an element string whose first FNC1 was left out, as scanners without symbology identifiers send it.
    pub implied_fnc1: bool,
}

impl Options {
    /// What a page that takes whatever a person scanned or typed wants: everything but unknown identifiers.
    #[must_use]
    pub fn lenient() -> Self {
        Self { zero_suppressed_gtin: true, convenience_alphas: true, implied_fnc1: true, ..Self::default() }
    }
}

/// What was read: elements whose values and combination hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    /// The elements in the order given. Empty only for plain data behind a symbology identifier.
    pub elements: Vec<Element>,
    /// How the input was written.
    pub form: Form,
    /// The symbol, where scan data names it.
    pub symbology: Option<Symbology>,
    /// Where the elements of the composite component begin, when there is one.
    pub composite_at: Option<usize>,
    /// What stood before the primary key of a Digital Link: scheme, domain, path of the resolver.
    pub stem: Option<String>,
    /// Query parts of a Digital Link that are no GS1 data, undecoded.
    pub ignored: Vec<String>,
    /// Data that is no GS1 data, behind a symbology identifier.
    pub plain: Option<String>,
    options: Options,
}

impl Scan {
    /// Makes a scan of identifiers and values, checked as if they had been read.
    ///
    /// # Errors
    /// As [`parse`]; positions are those in the bracketed form of the elements.
    pub fn from_elements(pairs: &[(&str, &str)]) -> Result<Self, ParseError> {
        parse(&write_bracketed(pairs.iter().copied()))
    }

    fn of(form: Form, fields: Vec<Field>, options: Options) -> Self {
        let element = |field: Field| Element { ai: field.ai, value: field.value };
        Self {
            elements: fields.into_iter().map(element).collect(),
            form,
            symbology: None,
            composite_at: None,
            stem: None,
            ignored: Vec::new(),
            plain: None,
            options,
        }
    }

    /// The value of an application identifier.
    #[must_use]
    pub fn value(&self, ai: &str) -> Option<&str> {
        let element = self.elements.iter().find(|element| element.ai == ai)?;
        Some(&element.value)
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

    /// The batch or lot number: AI 10.
    #[must_use]
    pub fn lot(&self) -> Option<&str> {
        self.value("10")
    }

    /// Use by or expiry: AI 17, six digits `YYMMDD` (day 00: the last of the month).
    #[must_use]
    pub fn expiry(&self) -> Option<&str> {
        self.value("17")
    }

    /// Use by or expiry as a date; `current_year` decides the century.
    #[must_use]
    pub fn expiry_date(&self, current_year: u16) -> Option<Date> {
        Date::read(self.expiry()?, current_year)
    }

    /// The canonical element string: `^` for FNC1, first and after values without predefined length; `|` before a composite
    /// component.
    #[must_use]
    pub fn element_string(&self) -> String {
        self.joined(|part| write_raw(part.iter().map(pair)))
    }

    /// The canonical bracketed form.
    #[must_use]
    pub fn bracketed(&self) -> String {
        self.joined(|part| write_bracketed(part.iter().map(pair)))
    }

    fn joined(&self, write: impl Fn(&[Element]) -> String) -> String {
        match self.composite_at.and_then(|at| self.elements.split_at_checked(at)) {
            Some((linear, composite)) => format!("{}|{}", write(linear), write(composite)),
            None => write(&self.elements),
        }
    }

    /// The scan data a symbol of this kind sends for the elements.
    ///
    /// # Errors
    /// [`Code::SymbologyData`] when the symbol cannot carry them.
    pub fn scan_data(&self, symbology: Symbology) -> Result<String, ParseError> {
        match &self.plain {
            Some(plain) => {
                let escape = plain.trim_start_matches('\\').starts_with('^');
                symbology::write(&format!("{}{plain}", if escape { "\\" } else { "" }), symbology)
            }
            None => symbology::write(&self.element_string(), symbology),
        }
    }

    /// The elements as a Digital Link URI under `base` (`https://example.com`, with or without a path).
    ///
    /// # Errors
    /// When no element can be the primary key, or one may not stand in a link.
    pub fn digital_link(&self, base: &str) -> Result<String, ParseError> {
        link::write(&self.elements, base, self.options)
    }

    /// The canonical Digital Link URI, under `https://id.gs1.org`.
    ///
    /// # Errors
    /// As [`Scan::digital_link`].
    pub fn digital_link_canonical(&self) -> Result<String, ParseError> {
        self.digital_link(crate::CANONICAL_BASE)
    }
}

fn pair(element: &Element) -> (&str, &str) {
    (&element.ai, &element.value)
}

/// Reads a bracketed or raw element string, scan data, a Digital Link URI, or the digits of a GTIN.
///
/// # Errors
/// The place and the reason of the refusal.
pub fn parse(input: &str) -> Result<Scan, ParseError> {
    parse_with(input, Options::default())
}

/// As [`parse`], with options.
///
/// # Errors
/// The place and the reason of the refusal.
pub fn parse_with(input: &str, options: Options) -> Result<Scan, ParseError> {
    if input.len() > INPUT_BYTES_MAX {
        let error = ParseError::at(INPUT_BYTES_MAX, input.len() - INPUT_BYTES_MAX, Code::TooLong);
        return Err(error.detail(INPUT_BYTES_MAX.to_string()));
    }
    let (scan, fields) = match input.chars().next() {
        None => return Err(ParseError::at(0, 0, Code::Empty)),
        Some('(') => composite(input, Form::Bracketed, options, |text, base, fields| {
            read_bracketed(text, base, options, fields)
        })?,
        Some(fnc1 @ ('^' | GS)) => composite(input, Form::ElementString, options, |text, base, fields| {
            read_raw(after_fnc1(text, base, fnc1)?, base + 1, fnc1, options, fields)
        })?,
        Some(']') => scan_data(input, options)?,
        Some(_) if link::is_meant(input) => digital_link(input, options)?,
        Some(first) if first.is_ascii_digit() => digits(input, options)?,
        Some(_) => return Err(ParseError::at(0, 0, Code::NotGs1)),
    };
    rules::check(&fields)?;
    Ok(scan)
}

/// A message and what of it the rules look at.
type Read = (Scan, Vec<Field>);

fn finish(form: Form, fields: Vec<Field>, options: Options) -> Read {
    (Scan::of(form, fields.clone(), options), fields)
}

fn after_fnc1(text: &str, base: usize, fnc1: char) -> Result<&str, ParseError> {
    text.strip_prefix(fnc1).ok_or_else(|| ParseError::at(base, 0, Code::FirstFnc1))
}

/// Reads one message, or two with `|` between them: linear and composite component.
fn composite(
    input: &str,
    form: Form,
    options: Options,
    read: impl Fn(&str, usize, &mut Vec<Field>) -> Result<(), ParseError>,
) -> Result<Read, ParseError> {
    let mut fields = Vec::new();
    let Some((linear, component)) = input.split_once('|') else {
        read(input, 0, &mut fields)?;
        return Ok(finish(form, fields, options));
    };
    read(linear, 0, &mut fields)?;
    let composite_at = fields.len();
    read(component, linear.len() + 1, &mut fields)?;
    let (mut scan, fields) = finish(form, fields, options);
    scan.composite_at = Some(composite_at);
    Ok((scan, fields))
}

fn scan_data(input: &str, options: Options) -> Result<Read, ParseError> {
    let sent = symbology::read(input, options)?;
    if let Some((plain, at)) = sent.plain {
        let (mut scan, fields) = if link::is_meant(plain) {
            let shifted = |error: ParseError| ParseError { position: error.position + at, ..error };
            digital_link(plain, options).map_err(shifted)?
        } else {
            let (mut scan, fields) = finish(Form::ScanData, Vec::new(), options);
            scan.plain = Some(plain.to_owned());
            (scan, fields)
        };
        scan.form = Form::ScanData;
        scan.symbology = Some(sent.symbology);
        return Ok((scan, fields));
    }
    let mut fields = sent.fields;
    let mut composite_at = None;
    if let Some(gtin) = sent.gtin {
        composite_at = (!fields.is_empty()).then_some(1);
        fields.splice(0..0, gtin_field(gtin, 3));
    }
    let (mut scan, fields) = finish(Form::ScanData, fields, options);
    scan.symbology = Some(sent.symbology);
    scan.composite_at = composite_at;
    Ok((scan, fields))
}

fn digital_link(input: &str, options: Options) -> Result<Read, ParseError> {
    let read = link::read(input, options)?;
    let (mut scan, fields) = finish(Form::DigitalLink, read.fields, options);
    scan.stem = Some(read.stem);
    scan.ignored = read.ignored;
    Ok((scan, fields))
}

/// The GTIN of a retail symbol or of bare digits as the element it stands for.
fn gtin_field(gtin: &str, at: usize) -> Option<Field> {
    Some(Field {
        entry: table::entry("01")?,
        ai: "01".to_owned(),
        value: format!("{gtin:0>14}"),
        ai_at: at,
        places: Places::From(at),
    })
}

/// Input that begins with a digit: a GTIN, one with a composite component, or an element string without its first FNC1.
fn digits(input: &str, options: Options) -> Result<Read, ParseError> {
    if let Some((gtin, component)) = input.split_once('|') {
        crate::gtin::check(gtin, 0)?;
        let mut fields: Vec<Field> = gtin_field(gtin, 0).into_iter().collect();
        let base = gtin.len() + 1;
        read_raw(after_fnc1(component, base, '^')?, base + 1, '^', options, &mut fields)?;
        let (mut scan, fields) = finish(Form::ElementString, fields, options);
        scan.composite_at = Some(1);
        return Ok((scan, fields));
    }
    let all_digits = input.bytes().all(|byte| byte.is_ascii_digit());
    if all_digits && (matches!(input.len(), 8 | 12 | 13 | 14) || !options.implied_fnc1) {
        crate::gtin::check(input, 0)?;
        return Ok(finish(Form::Plain, gtin_field(input, 0).into_iter().collect(), options));
    }
    if !options.implied_fnc1 {
        let code = if table::leading(input, options.unknown_ais).is_some() { Code::FirstFnc1 } else { Code::NotGs1 };
        return Err(ParseError::at(0, 0, code));
    }
    let fnc1 = if input.contains(GS) { GS } else { '^' };
    let mut fields = Vec::new();
    read_raw(input, 0, fnc1, options, &mut fields)?;
    Ok(finish(Form::ElementString, fields, options))
}
