//! Element strings: bracketed `(01)…(10)…` and raw `^01…10…^`, and the check of one value.
//!
//! Source: General Specifications 7.8 (concatenation, FNC1, predefined lengths) and 4.14 (brackets in human readable form; the
//! backslash before a bracket that belongs to the value is the notation of the GS1 Barcode Syntax Engine).

use crate::lint::{self, Fault};
use crate::scan::Options;
use crate::table::{self, Entry};
use crate::{Code, ELEMENTS_MAX, ParseError};

/// Where each byte of a value stands in the input.
#[derive(Clone, Debug)]
pub(crate) enum Places {
    /// One after the other from here.
    From(usize),
    /// Each at its own place (escapes stand between them), and at the end the place behind the value.
    Each(Vec<usize>),
}

/// An element with its place in the input.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) entry: &'static Entry,
    pub(crate) ai: String,
    pub(crate) value: String,
    /// Byte of the input where the identifier stands.
    pub(crate) ai_at: usize,
    pub(crate) places: Places,
}

impl Field {
    /// The place in the input of a byte of the value.
    fn place(&self, at: usize) -> usize {
        match &self.places {
            Places::From(start) => start + at,
            Places::Each(places) => places.get(at).or(places.last()).copied().unwrap_or(self.ai_at),
        }
    }

    pub(crate) fn error(&self, code: Code) -> ParseError {
        ParseError::at(self.ai_at, self.ai.len(), code).ai(&self.ai)
    }

    fn value_error(&self, found: Fault) -> ParseError {
        let start = self.place(found.at);
        let end = self.place(found.at + found.length);
        ParseError { detail: found.detail, ..ParseError::at(start, end.saturating_sub(start), found.code).ai(&self.ai) }
    }

    /// Checks the whole value: length, then each component with its characters and linters.
    pub(crate) fn check(&self) -> Result<(), ParseError> {
        let length = self.value.len();
        let whole =
            |code, limit: usize| self.value_error(Fault { at: 0, length, code, detail: Some(limit.to_string()) });
        if length == 0 {
            return Err(self.value_error(empty()));
        }
        // ^ would be taken for FNC1 in the element string.
        if let Some(at) = self.value.find('^') {
            let code = Code::Fnc1InValue;
            return Err(self.value_error(Fault { at, length: 1, code, detail: None }));
        }
        if length < self.entry.length_min() {
            return Err(whole(Code::ValueTooShort, self.entry.length_min()));
        }
        if length > self.entry.length_max() {
            return Err(whole(Code::ValueTooLong, self.entry.length_max()));
        }
        match check_value(self.entry, &self.value) {
            Ok(taken) if taken == length => Ok(()),
            Ok(_) => Err(whole(Code::ValueTooLong, self.entry.length_max())),
            Err(found) => Err(self.value_error(found)),
        }
    }
}

fn empty() -> Fault {
    Fault { at: 0, length: 0, code: Code::ValueEmpty, detail: None }
}

/// Checks the components of a value that begins `text`; how many bytes belong to it.
fn check_value(entry: &Entry, text: &str) -> Result<usize, Fault> {
    if text.is_empty() {
        return Err(empty());
    }
    let mut taken = 0;
    for component in &entry.components {
        let shifted = |found: Fault| Fault { at: found.at + taken, ..found };
        let rest = &text[taken..];
        let length = rest.len().min(component.length_max);
        if component.optional && length == 0 {
            continue;
        }
        if length < component.length_min {
            return Err(Fault {
                at: taken,
                length,
                code: Code::ValueTooShort,
                detail: Some(entry.length_min().max(taken + component.length_min).to_string()),
            });
        }
        let Some(part) = rest.get(..length) else {
            // The cut falls inside a character: one that no set holds.
            let wrong = lint::charset(component.charset, rest);
            return wrong.map(|()| taken).map_err(shifted);
        };
        lint::charset(component.charset, part).map_err(shifted)?;
        for linter in &component.linters {
            linter.check(part).map_err(shifted)?;
        }
        taken += length;
    }
    Ok(taken)
}

/// No more elements than the limit.
pub(crate) fn push(fields: &mut Vec<Field>, field: Field) -> Result<(), ParseError> {
    if fields.len() >= ELEMENTS_MAX {
        let error = ParseError::at(field.ai_at, field.ai.len(), Code::TooManyElements);
        return Err(error.detail(ELEMENTS_MAX.to_string()));
    }
    fields.push(field);
    Ok(())
}

/// Reads raw data behind its first FNC1. `base` is its place in the input, `fnc1` the character that stands for FNC1.
pub(crate) fn read_raw(
    text: &str,
    base: usize,
    fnc1: char,
    options: Options,
    fields: &mut Vec<Field>,
) -> Result<(), ParseError> {
    if text.is_empty() {
        return Err(ParseError::at(base, 0, Code::Empty));
    }
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let Some(entry) = table::leading(rest, options.unknown_ais) else {
            return Err(unknown(rest, base + at));
        };
        let (ai, behind) = rest.split_at(entry.ai.len());
        let value_at = at + ai.len();
        let until = behind.find(fnc1).unwrap_or(behind.len());
        let mut field = Field {
            entry,
            ai: ai.to_owned(),
            value: String::new(),
            ai_at: base + at,
            places: Places::From(base + value_at),
        };
        let taken = check_value(entry, &behind[..until]).map_err(|found| field.value_error(found))?;
        behind[..taken].clone_into(&mut field.value);
        at = value_at + taken;
        if let Some(next) = text[at..].chars().next() {
            if next == fnc1 {
                at += fnc1.len_utf8();
            } else if !entry.predefined_length {
                let error = ParseError::at(base + at, until - taken, Code::ValueTooLong).ai(ai);
                return Err(error.detail(entry.length_max().to_string()));
            }
        }
        push(fields, field)?;
    }
    Ok(())
}

fn unknown(rest: &str, at: usize) -> ParseError {
    let shown: String = rest.chars().take(4).collect();
    ParseError::at(at, shown.len(), Code::UnknownAi).detail(shown.escape_default().to_string())
}

/// Reads bracketed data; `base` is its place in the input.
pub(crate) fn read_bracketed(
    text: &str,
    base: usize,
    options: Options,
    fields: &mut Vec<Field>,
) -> Result<(), ParseError> {
    if text.is_empty() {
        return Err(ParseError::at(base, 0, Code::Empty));
    }
    let mut at = 0;
    while at < text.len() {
        let Some(rest) = text[at..].strip_prefix('(') else {
            return Err(ParseError::at(base + at, 1, Code::BracketOpen));
        };
        let ai_at = at + 1;
        let Some(close) = rest.find(')') else {
            return Err(ParseError::at(base + text.len(), 0, Code::BracketClose));
        };
        let ai = &rest[..close];
        let Some(entry) = table::exact(ai, options.unknown_ais) else {
            return Err(ParseError { length: close, ..unknown(ai, base + ai_at) });
        };
        let value_at = ai_at + close + 1;
        let (value, places, length) = bracketed_value(&text[value_at..], base + value_at);
        let field = Field { entry, ai: ai.to_owned(), value, ai_at: base + ai_at, places };
        field.check()?;
        push(fields, field)?;
        at = value_at + length;
    }
    Ok(())
}

/// The value up to the next bracket that is not escaped, its places, and how much of the text it takes.
fn bracketed_value(text: &str, base: usize) -> (String, Places, usize) {
    let mut end = 0;
    let mut escapes = false;
    while let Some(found) = text[end..].find('(') {
        let bracket = end + found;
        if found == 0 || text.as_bytes()[bracket - 1] != b'\\' {
            end = bracket;
            break;
        }
        escapes = true;
        end = bracket + 1;
    }
    // The loop stops before a bracket, or behind the last escaped one: then the rest belongs to the value.
    if !text[end..].starts_with('(') {
        end = text.len();
    }
    let raw = &text[..end];
    if !escapes {
        return (raw.to_owned(), Places::From(base), end);
    }
    let mut value = String::with_capacity(raw.len());
    let mut places = Vec::with_capacity(raw.len());
    let mut rest = raw.char_indices().peekable();
    while let Some((at, character)) = rest.next() {
        if character == '\\' && rest.peek().is_some_and(|(_, next)| *next == '(') {
            continue;
        }
        value.push(character);
        places.extend((0..character.len_utf8()).map(|byte| base + at + byte));
    }
    places.push(base + end);
    (value, Places::Each(places), end)
}

/// Writes the element string of one message: `^` before the first element and after each value without predefined length.
pub(crate) fn write_raw<'a>(elements: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut text = String::new();
    let mut fnc1 = true;
    for (ai, value) in elements {
        if fnc1 {
            text.push('^');
        }
        text.push_str(ai);
        text.push_str(value);
        fnc1 = !table::exact(ai, true).is_some_and(|entry| entry.predefined_length);
    }
    text
}

/// Writes the bracketed form; a `(` in a value gets a backslash.
pub(crate) fn write_bracketed<'a>(elements: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut text = String::new();
    for (ai, value) in elements {
        text.push('(');
        text.push_str(ai);
        text.push(')');
        text.push_str(&value.replace('(', "\\("));
    }
    text
}
