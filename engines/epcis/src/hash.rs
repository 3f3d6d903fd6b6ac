//! The event hash of the Core Business Vocabulary 2.0 (section 8.9): the same event has the same hash however it was
//! written, and any change of it has another.
//!
//! An event becomes one text, the pre-hash string, which is hashed with SHA-256 and written as a named information URI
//! (RFC 6920). What takes no part: `recordTime`, `eventID`, `errorDeclaration`, `rdfs:comment`, `@context`, and extension
//! fields that the document itself names in `…:ignoreFields`.
//!
//! **Order.** Fields with a place in [`ORDER`] come first; every other field (business documents, destinations, master
//! data, sources, extensions) follows in the lexical order of its text. The table of the standard lists sources before
//! destinations and both before sensor data; the published reference hashes and the reference implementation have the
//! order used here. A hash serves only where all parties compute the same one, so the reference decides.

use crate::context::Context;
use crate::event::Event;
use crate::identifier;
use crate::time;
use crate::vocabulary::{self, Vocabulary};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// The hash of an event: `ni:///sha-256;<64 hexadecimal digits>?ver=CBV2.0`.
pub fn hash(event: &Event) -> String {
    of_prehash(&prehash(event))
}

/// The text that is hashed.
pub fn prehash(event: &Event) -> String {
    prehash_json(&event.json, &event.context)
}

/// The hash of an event that was not validated ([`crate::read_json_each`]).
pub fn hash_json(event: &Value, context: &Context) -> String {
    of_prehash(&prehash_json(event, context))
}

/// The text that is hashed, of an event that was not validated.
pub fn prehash_json(event: &Value, context: &Context) -> String {
    let writer = Writer { context };
    let mut out = String::with_capacity(512);
    let Some(object) = event.as_object() else { return out };
    let kind = object.get("type").and_then(Value::as_str).unwrap_or_default();
    out.push_str("eventType=");
    out.push_str(&context.extension_name(kind.trim()));
    writer.ordered(object, ORDER, &mut out);
    let mut rest: Vec<String> = Vec::new();
    for (name, value) in object {
        if NOT_HASHED.contains(&name.as_str()) || ORDER.iter().any(|field| field.name == name) {
            continue;
        }
        match name.as_str() {
            "bizTransactionList" => writer.typed(name, value, "bizTransaction", Vocabulary::TransactionType, &mut rest),
            "sourceList" => writer.typed(name, value, "source", Vocabulary::SourceDestination, &mut rest),
            "destinationList" => writer.typed(name, value, "destination", Vocabulary::SourceDestination, &mut rest),
            _ => writer.free(name, value, &mut rest),
        }
    }
    append_sorted(rest, &mut out);
    out
}

/// The named information URI of a pre-hash string.
pub fn of_prehash(prehash: &str) -> String {
    format!("ni:///sha-256;{}?ver=CBV2.0", hex::encode(Sha256::digest(prehash.as_bytes())))
}

const NOT_HASHED: &[&str] = &["type", "recordTime", "eventID", "errorDeclaration"];

/// A field with a place of its own.
struct Field {
    name: &'static str,
    form: Form,
}

enum Form {
    /// One value, or several under the same name.
    Value,
    /// A time.
    Time,
    /// A word of a vocabulary.
    Word(Vocabulary),
    /// A list whose elements have this name.
    Values(&'static str),
    /// A list of objects of this name.
    Objects(&'static str, &'static [Field]),
    /// An object; extensions follow its own fields.
    Object(&'static [Field]),
}

const fn value(name: &'static str) -> Field {
    Field { name, form: Form::Value }
}

const fn of(name: &'static str, form: Form) -> Field {
    Field { name, form }
}

const QUANTITY: &[Field] = &[value("epcClass"), value("quantity"), value("uom")];
const PLACE: &[Field] = &[value("id")];
const METADATA: &[Field] = &[
    of("time", Form::Time),
    of("startTime", Form::Time),
    of("endTime", Form::Time),
    value("deviceID"),
    value("deviceMetadata"),
    value("rawData"),
    value("dataProcessingMethod"),
    value("bizRules"),
];
const REPORT: &[Field] = &[
    of("type", Form::Word(Vocabulary::Measurement)),
    of("exception", Form::Word(Vocabulary::Alert)),
    value("deviceID"),
    value("deviceMetadata"),
    value("rawData"),
    value("dataProcessingMethod"),
    of("time", Form::Time),
    value("microorganism"),
    value("chemicalSubstance"),
    value("value"),
    of("component", Form::Word(Vocabulary::Component)),
    value("stringValue"),
    value("booleanValue"),
    value("hexBinaryValue"),
    value("uriValue"),
    value("minValue"),
    value("maxValue"),
    value("meanValue"),
    value("sDev"),
    value("percRank"),
    value("percValue"),
    value("uom"),
    value("coordinateReferenceSystem"),
];

/// Fields of an event that have a place of their own.
const ORDER: &[Field] = &[
    of("eventTime", Form::Time),
    value("eventTimeZoneOffset"),
    value("certificationInfo"),
    value("parentID"),
    of("epcList", Form::Values("epc")),
    of("inputEPCList", Form::Values("epc")),
    of("childEPCs", Form::Values("epc")),
    of("quantityList", Form::Objects("quantityElement", QUANTITY)),
    of("childQuantityList", Form::Objects("quantityElement", QUANTITY)),
    of("inputQuantityList", Form::Objects("quantityElement", QUANTITY)),
    of("outputEPCList", Form::Values("epc")),
    of("outputQuantityList", Form::Objects("quantityElement", QUANTITY)),
    value("action"),
    value("transformationID"),
    of("bizStep", Form::Word(Vocabulary::BizStep)),
    of("disposition", Form::Word(Vocabulary::Disposition)),
    of(
        "persistentDisposition",
        Form::Object(&[
            of("set", Form::Word(Vocabulary::Disposition)),
            of("unset", Form::Word(Vocabulary::Disposition)),
        ]),
    ),
    of("readPoint", Form::Object(PLACE)),
    of("bizLocation", Form::Object(PLACE)),
    of(
        "sensorElementList",
        Form::Objects(
            "sensorElement",
            &[of("sensorMetadata", Form::Object(METADATA)), of("sensorReport", Form::Objects("", REPORT))],
        ),
    ),
];

struct Writer<'c> {
    context: &'c Context,
}

impl Writer<'_> {
    /// The fields of a list in its order.
    fn ordered(&self, object: &Map<String, Value>, order: &[Field], out: &mut String) {
        for field in order {
            if let Some(value) = object.get(field.name) {
                self.field(field, value, out);
            }
        }
    }

    fn field(&self, field: &Field, value: &Value, out: &mut String) {
        match &field.form {
            Form::Value | Form::Time | Form::Word(_) => {
                let mut texts: Vec<String> = Vec::new();
                for item in each(value) {
                    self.pair(field.name, self.text(item, &field.form), &mut texts);
                }
                append_sorted(texts, out);
            }
            Form::Values(element) => {
                let mut texts: Vec<String> = Vec::new();
                for item in each(value) {
                    self.pair(element, self.text(item, &field.form), &mut texts);
                }
                named(field.name, texts, out);
            }
            Form::Objects(element, order) => {
                let mut texts: Vec<String> = Vec::new();
                for object in each(value).filter_map(Value::as_object) {
                    let inside = self.object(object, order);
                    if !inside.is_empty() {
                        texts.push(format!("{}{inside}", if element.is_empty() { field.name } else { element }));
                    }
                }
                // A list without element names of its own (`sensorReport`) repeats its own name.
                named(if element.is_empty() { "" } else { field.name }, texts, out);
            }
            Form::Object(order) => {
                if let Some(object) = value.as_object() {
                    let inside = self.object(object, order);
                    if !inside.is_empty() {
                        out.push_str(field.name);
                        out.push_str(&inside);
                    }
                }
            }
        }
    }

    /// An object with an order of its own: its fields, then everything else sorted.
    fn object(&self, object: &Map<String, Value>, order: &[Field]) -> String {
        let mut out = String::new();
        self.ordered(object, order, &mut out);
        let mut rest = Vec::new();
        for (name, value) in object.iter().filter(|(name, _)| !order.iter().any(|field| field.name == *name)) {
            self.free(name, value, &mut rest);
        }
        append_sorted(rest, &mut out);
        out
    }

    /// A list of objects with an optional type and an id; the type stands first.
    fn typed(&self, list: &str, value: &Value, id: &str, vocabulary: Vocabulary, out: &mut Vec<String>) {
        let mut texts: Vec<String> = Vec::new();
        for object in each(value).filter_map(Value::as_object) {
            let mut text = String::new();
            if let Some(kind) = object.get("type") {
                self.push_pair("type", self.text(kind, &Form::Word(vocabulary)), &mut text);
            }
            if let Some(value) = object.get(id) {
                self.push_pair(id, self.text(value, &Form::Value), &mut text);
            }
            let mut rest = Vec::new();
            for (name, value) in object.iter().filter(|(name, _)| *name != "type" && *name != id) {
                self.free(name, value, &mut rest);
            }
            append_sorted(rest, &mut text);
            if !text.is_empty() {
                texts.push(text);
            }
        }
        let mut text = String::new();
        named(list, texts, &mut text);
        if !text.is_empty() {
            out.push(text);
        }
    }

    /// A field without a place of its own: `{namespace}name`, its value or its children, each list element by itself.
    fn free(&self, name: &str, value: &Value, out: &mut Vec<String>) {
        let name = name.trim();
        if name.starts_with('@') || matches!(name, "comment" | "rdfs:comment") {
            return;
        }
        let key = self.context.extension_name(name);
        if self.context.is_ignored(&key) || key == "{http://www.w3.org/2000/01/rdf-schema#}comment" {
            return;
        }
        for item in each(value) {
            self.free_item(&key, item, out);
        }
    }

    fn free_item(&self, key: &str, item: &Value, out: &mut Vec<String>) {
        match item {
            Value::Null => {}
            Value::Array(list) => list.iter().for_each(|inner| self.free_item(key, inner, out)),
            Value::Object(object) => {
                let mut text = key.to_owned();
                if let Some(value) = object.get("#text").or_else(|| object.get("@value")) {
                    self.push_pair("", self.text(value, &Form::Value), &mut text);
                }
                let mut children = Vec::new();
                for (name, value) in object.iter().filter(|(name, _)| *name != "#text") {
                    self.free(name, value, &mut children);
                }
                append_sorted(children, &mut text);
                out.push(text);
            }
            scalar => {
                let text = self.text(scalar, &Form::Value);
                out.push(if text.is_empty() { key.to_owned() } else { format!("{key}={text}") });
            }
        }
    }

    fn pair(&self, name: &str, text: String, out: &mut Vec<String>) {
        if !text.is_empty() {
            out.push(format!("{name}={text}"));
        }
    }

    fn push_pair(&self, name: &str, text: String, out: &mut String) {
        if !text.is_empty() {
            out.push_str(name);
            out.push('=');
            out.push_str(&text);
        }
    }

    /// A value as it stands in the pre-hash string; empty where there is none.
    fn text(&self, value: &Value, form: &Form) -> String {
        match value {
            Value::String(text) => self.string(text.trim(), form),
            Value::Number(number) => number_text(number),
            Value::Bool(true) => "true".to_owned(),
            Value::Bool(false) => "false".to_owned(),
            Value::Null | Value::Array(_) | Value::Object(_) => String::new(),
        }
    }

    fn string(&self, text: &str, form: &Form) -> String {
        if let Form::Time = form {
            return time::parse(text).map_or_else(|| text.to_owned(), time::canonical);
        }
        if let Form::Word(vocabulary) = form
            && let Some(uri) = vocabulary.uri(text)
        {
            return uri;
        }
        if let Some(trimmed) = trimmed_number(text) {
            return trimmed;
        }
        let full = self.context.expand(text);
        let text = full.as_deref().unwrap_or(text);
        if let Some(uri) = vocabulary::from_urn(text) {
            return uri;
        }
        identifier::canonical_unchecked(text).into_owned()
    }
}

/// A value or the elements of a list.
fn each(value: &Value) -> impl Iterator<Item = &Value> {
    let (list, one) = match value {
        Value::Array(list) => (list.as_slice(), None),
        other => (&[][..], Some(other)),
    };
    list.iter().chain(one)
}

fn append_sorted(mut texts: Vec<String>, out: &mut String) {
    texts.sort_unstable();
    for text in &texts {
        out.push_str(text);
    }
}

fn named(name: &str, texts: Vec<String>, out: &mut String) {
    if !texts.is_empty() {
        out.push_str(name);
        append_sorted(texts, out);
    }
}

fn number_text(number: &serde_json::Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() => {
            let text = format!("{float}");
            trimmed_number(&text).unwrap_or(text)
        }
        _ => number.to_string(),
    }
}

/// Powers of ten up to which a written exponent is carried out.
const EXPONENT_MAX: i32 = 40;

/// A decimal number without sign `+`, leading and trailing zeros, and exponent; exact, whatever its length. `None`
/// where the text is not a number.
fn trimmed_number(text: &str) -> Option<String> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (mantissa, exponent) = match digits.find(['e', 'E']) {
        Some(at) => (&digits[..at], digits[at + 1..].parse::<i32>().ok()?),
        None => (digits, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = |part: &str| part.bytes().all(|c| c.is_ascii_digit());
    if whole.len() + fraction.len() == 0 || !all_digits(whole) || !all_digits(fraction) || exponent.abs() > EXPONENT_MAX
    {
        return None;
    }
    let mut digits = format!("{whole}{fraction}");
    let mut point = i32::try_from(whole.len()).ok()? + exponent;
    if point < 0 {
        digits.insert_str(0, &"0".repeat(usize::try_from(-point).ok()?));
        point = 0;
    }
    let point = usize::try_from(point).ok()?;
    if digits.len() < point {
        digits.push_str(&"0".repeat(point - digits.len()));
    }
    let (whole, fraction) = digits.split_at(point);
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    let mut out = String::with_capacity(text.len() + 1);
    if negative && !(whole.is_empty() && fraction.is_empty()) {
        out.push('-');
    }
    out.push_str(if whole.is_empty() { "0" } else { whole });
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lose_what_says_nothing() {
        for (written, kept) in [
            ("1.0", "1"),
            ("0.3434000", "0.3434"),
            ("+7", "7"),
            ("007", "7"),
            ("-0", "0"),
            ("-0.50", "-0.5"),
            (".5", "0.5"),
            ("23.", "23"),
            ("1e2", "100"),
            ("1.5E-3", "0.0015"),
            ("0", "0"),
            ("000", "0"),
            ("111100001111000000001111", "111100001111000000001111"),
        ] {
            assert_eq!(trimmed_number(written).as_deref(), Some(kept), "{written}");
        }
        for text in ["", "-", ".", "1.2.3", "12a", "1e", "nan", "inf", "1e999", "０"] {
            assert_eq!(trimmed_number(text), None, "{text}");
        }
    }
}
