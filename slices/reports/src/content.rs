//! What a report's credential says: written when it is signed, read when one comes from elsewhere.
//!
//! The subject is the lot, named by its GS1 Digital Link; the report stands in it as `testReport`. Every figure is text, as
//! the laboratory wrote it, so that no reader rounds it.

use crate::items;
use crate::model::{Report, TestItem, TestResult, Verdict};
use credentials::{Credential, StatusEntry};
use ground::Fault;
use ground::limits::LINE_CHARS_MAX;
use jiff::civil::Date;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

/// Type of the credential beside `VerifiableCredential`.
pub const TYPE: &str = "TestReport";
/// The W3C's context for terms without a definition of their own.
const TERMS_CONTEXT: &str = "https://www.w3.org/ns/credentials/undefined-terms/v2";
/// What need not be escaped in a segment of a Digital Link.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What a credential says about a lot.
#[derive(Debug, Clone, PartialEq)]
pub struct Content {
    /// GTIN-14.
    pub gtin: String,
    /// Lot number.
    pub lot_number: String,
    /// The laboratory's number.
    pub number: String,
    /// Title.
    pub title: String,
    /// Standard.
    pub standard: String,
    /// Day of testing.
    pub tested_on: Date,
    /// What it says.
    pub result: TestResult,
    /// Its items.
    pub items: Vec<TestItem>,
}

/// Canonical GS1 Digital Link of a lot.
pub fn lot_link(gtin: &str, lot_number: &str) -> String {
    format!("https://id.gs1.org/01/{gtin}/10/{}", utf8_percent_encode(lot_number, SEGMENT))
}

/// The unsecured credential of a report. `from` and `until` are RFC 3339.
pub fn write(
    id: &str,
    issuer: (&str, &str),
    report: &Report,
    status: &StatusEntry,
    from: &str,
    until: Option<&str>,
) -> Value {
    let items: Vec<Value> = report
        .items
        .iter()
        .map(|item| {
            json!({
                "name": item.name, "limit": item.limit, "value": item.value, "unit": item.unit, "method": item.method,
                "verdict": item.verdict.unwrap_or(Verdict::NotJudged).name(),
            })
        })
        .collect();
    let mut test = json!({
        "number": report.number,
        "title": report.title,
        "standard": report.standard,
        "testedOn": report.tested_on.to_string(),
        "result": report.result.name(),
        "items": items,
    });
    if let (Some(sha256), Some(map)) = (&report.document, test.as_object_mut()) {
        map.insert("document".to_owned(), json!({"mediaType": "application/pdf", "sha256": sha256}));
    }
    let mut credential = json!({
        "@context": [credentials::credential::CONTEXT, TERMS_CONTEXT],
        "id": id,
        "type": [credentials::credential::TYPE, TYPE],
        "issuer": {"id": issuer.0, "name": issuer.1},
        "validFrom": from,
        "credentialStatus": status.to_value(),
        "credentialSubject": {
            "id": lot_link(&report.gtin, &report.lot_number),
            "type": "ProductLot",
            "gtin": report.gtin,
            "lotNumber": report.lot_number,
            "product": report.product,
            "testReport": test,
        },
    });
    if let (Some(until), Some(map)) = (until, credential.as_object_mut()) {
        map.insert("validUntil".to_owned(), json!(until));
    }
    credential
}

/// Reads what a credential says about a lot.
///
/// # Errors
/// Faults that name the place as a JSON pointer.
pub fn read(credential: &Credential) -> Result<Content, Vec<Fault>> {
    let mut faults = Vec::new();
    if !credential.is(TYPE) {
        faults.push(Fault::field("/type", "reports-fault-type"));
    }
    let empty = Map::new();
    let subject = credential.subject().unwrap_or(&empty);
    let test = subject.get("testReport").and_then(Value::as_object).unwrap_or(&empty);
    let gtin = line(&mut faults, subject, "/credentialSubject", "gtin", true);
    let lot_number = line(&mut faults, subject, "/credentialSubject", "lotNumber", true);
    let at = "/credentialSubject/testReport";
    let number = line(&mut faults, test, at, "number", true);
    let title = line(&mut faults, test, at, "title", true);
    let standard = line(&mut faults, test, at, "standard", true);
    let tested_on = line(&mut faults, test, at, "testedOn", true).parse::<Date>();
    let tested_on = tested_on.map_err(|_| faults.push(Fault::field(format!("{at}/testedOn"), "reports-fault-day")));
    let result = TestResult::from_name(&line(&mut faults, test, at, "result", true));
    let rows = test.get("items").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let items: Vec<TestItem> = rows.iter().take(items::ITEMS_MAX + 1).map(item).collect();
    faults.extend(items::check(&items, result));
    match (faults.is_empty(), result, tested_on) {
        (true, Some(result), Ok(tested_on)) => {
            Ok(Content { gtin, lot_number, number, title, standard, tested_on, result, items })
        }
        _ => Err(faults),
    }
}

fn line(faults: &mut Vec<Fault>, map: &Map<String, Value>, at: &str, name: &str, needed: bool) -> String {
    let text = map.get(name).and_then(Value::as_str).unwrap_or("").trim().to_owned();
    let field = format!("{at}/{name}");
    if text.is_empty() && needed {
        faults.push(Fault::field(field, "reports-fault-needed"));
    } else if text.chars().count() > LINE_CHARS_MAX {
        faults.push(Fault::field(field, "reports-fault-long").arg("most", LINE_CHARS_MAX));
    } else if text.chars().any(char::is_control) {
        faults.push(Fault::field(field, "reports-fault-control"));
    }
    text
}

fn item(value: &Value) -> TestItem {
    let text = |name: &str| match value.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    TestItem {
        name: text("name"),
        limit: text("limit"),
        value: text("value"),
        unit: text("unit"),
        method: text("method"),
        verdict: Verdict::from_name(&text("verdict")),
    }
}
