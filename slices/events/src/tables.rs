//! A table for merchants who will never write EPCIS: one row an event, read by the engine's template, captured like any
//! document, with what came of each row.

use crate::capturing::{capture, results};
use crate::error::Error;
use crate::model::{Capture, CaptureOptions, ErrorBehaviour, Outcome};
use epcis::template::{self, Options};
use ground::{Language, Problem};
use kernel::{Actor, Kernel};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::HashMap;

/// Largest table, bytes.
pub const TABLE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Results asked for at a time.
const RESULTS: u64 = 1_000;

/// What came of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowResult {
    /// Line of the file, from 1.
    pub line: u64,
    /// What came of it.
    pub outcome: Outcome,
    /// The event's id, where there is one.
    pub event_id: Option<String>,
    /// The event's row, when it was kept now.
    pub seq: Option<i64>,
    /// The column that is wrong.
    pub column: Option<String>,
    /// What is wrong and what would be right, in Chinese.
    pub detail_zh: String,
    /// The same in English.
    pub detail_en: String,
}

impl RowResult {
    /// What is wrong, in a language.
    pub fn detail(&self, language: Language) -> &str {
        match language {
            Language::Zh => &self.detail_zh,
            Language::En => &self.detail_en,
        }
    }
}

/// What came of a table.
#[derive(Debug, Clone)]
pub struct TableResult {
    /// The capture; `None` where no row was good.
    pub capture: Option<Capture>,
    /// Headings that no column has.
    pub ignored: Vec<String>,
    /// What came of each row, in order.
    pub rows: Vec<RowResult>,
}

impl TableResult {
    /// How many rows had this outcome.
    pub fn count(&self, outcome: Outcome) -> usize {
        self.rows.iter().filter(|row| row.outcome == outcome).count()
    }
}

/// The empty template with examples, CSV in UTF-8 with a byte order mark.
pub fn template(language: Language) -> String {
    template::sample(language == Language::Zh)
}

/// Captures the rows of a table (CSV; UTF-8, UTF-16 or GB 18030). Good rows are kept whatever the others are.
///
/// # Errors
/// `too_large`, `events_document_invalid` where the table has no usable heading; as [`capture`].
pub async fn capture_table(
    kernel: &Kernel,
    actor: &Actor,
    bytes: &[u8],
    options: CaptureOptions,
) -> Result<TableResult, Error> {
    let party = crate::access::capturing_party(actor, options.party.as_deref())?;
    if bytes.len() > TABLE_BYTES_MAX {
        return Err(Error::Platform(web::too_large(TABLE_BYTES_MAX as u64)));
    }
    let text = text_of(bytes);
    let seconds = kernel.zone().to_offset(kernel.now().to_jiff()).seconds();
    let time_zone_offset =
        format!("{}{:02}:{:02}", if seconds < 0 { '-' } else { '+' }, seconds.abs() / 3600, seconds.abs() / 60 % 60);
    let unsaid = Options { time_zone_offset, base: format!("urn:touchstone:{party}") };
    let table = template::read(&text, &unsaid)
        .map_err(|error| Error::Document(vec![crate::error::fault_at(&error.pointer, &error.zh, &error.en)]))?;
    let (mut rows, mut good) = (Vec::with_capacity(table.rows.len()), Vec::new());
    for row in table.rows {
        match row.event {
            Ok(event) => {
                good.push(event.standalone());
                rows.push(RowResult {
                    line: row.line,
                    outcome: Outcome::Accepted,
                    event_id: None,
                    seq: None,
                    column: None,
                    detail_zh: String::new(),
                    detail_en: String::new(),
                });
            }
            Err(error) => rows.push(RowResult {
                line: row.line,
                outcome: Outcome::Rejected,
                event_id: None,
                seq: None,
                column: error.pointer.rsplit('/').next().map(str::to_owned),
                detail_zh: error.zh,
                detail_en: error.en,
            }),
        }
    }
    let capture = match good.is_empty() {
        true => None,
        false => Some(keep(kernel, actor, good, options, &mut rows).await?),
    };
    Ok(TableResult { capture, ignored: table.ignored, rows })
}

async fn keep(
    kernel: &Kernel,
    actor: &Actor,
    events: Vec<Value>,
    options: CaptureOptions,
    rows: &mut [RowResult],
) -> Result<Capture, Error> {
    let document = json!({
        "@context": [epcis::context::STANDARD_ADDRESS],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": kernel.now().to_rfc3339(),
        "epcisBody": { "eventList": events },
    });
    let bytes = document.to_string().into_bytes();
    let options = CaptureOptions { on_error: ErrorBehaviour::Proceed, ..options };
    let kept = capture(kernel, actor, &bytes, options).await?;
    let mut found = HashMap::new();
    let mut from = 0;
    while (from as usize) < events.len() {
        let (_, part) = results(kernel, actor, &kept.id, from, RESULTS).await?;
        let Some(last) = part.iter().filter_map(|result| result.position).max() else { break };
        found.extend(part.into_iter().filter_map(|result| Some((result.position?, result))));
        from = last + 1;
    }
    let good = rows.iter_mut().filter(|row| row.outcome == Outcome::Accepted);
    for (position, row) in (0u64..).zip(good) {
        if let Some(result) = found.remove(&position) {
            row.outcome = result.outcome;
            row.event_id = result.event_id;
            row.seq = result.seq;
            row.detail_zh = result.detail_zh;
            row.detail_en = result.detail_en;
        }
    }
    Ok(kept)
}

/// The text of a table: UTF-8 and UTF-16 by their marks, UTF-8 where it is valid, GB 18030 otherwise.
fn text_of(bytes: &[u8]) -> Cow<'_, str> {
    if let Some((encoding, mark)) = encoding_rs::Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[mark..]).0;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => encoding_rs::GB18030.decode_without_bom_handling(bytes).0,
    }
}

/// One row as people fill it in on a page.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default)]
pub struct Entry {
    /// When: `2026-03-02T12:00`; now where it is empty.
    pub time: String,
    /// What happened, a word of the template.
    pub step: String,
    /// Codes, one a line.
    pub codes: String,
    /// Product number, where a lot is meant.
    pub gtin: String,
    /// Lot number.
    pub lot: String,
    /// How much of it.
    pub quantity: String,
    /// Box.
    pub container: String,
    /// Who gives.
    pub from: String,
    /// Who takes.
    pub to: String,
    /// Where.
    pub place: String,
    /// Number of the paper.
    pub document: String,
}

/// Captures what somebody filled in.
///
/// # Errors
/// `invalid_input` with the field; as [`capture_table`].
pub async fn capture_entry(kernel: &Kernel, actor: &Actor, entry: &Entry) -> Result<RowResult, Error> {
    use template::Column;
    let time = match entry.time.trim() {
        "" => kernel.now().to_rfc3339(),
        given => given.replace('T', " "),
    };
    let codes = entry.codes.split_whitespace().collect::<Vec<_>>().join(" ");
    let cells = [
        (Column::Time, "time", time.as_str()),
        (Column::Step, "step", entry.step.as_str()),
        (Column::Codes, "codes", codes.as_str()),
        (Column::Gtin, "gtin", entry.gtin.as_str()),
        (Column::Lot, "lot", entry.lot.as_str()),
        (Column::Quantity, "quantity", entry.quantity.as_str()),
        (Column::Parent, "container", entry.container.as_str()),
        (Column::From, "from", entry.from.as_str()),
        (Column::To, "to", entry.to.as_str()),
        (Column::Place, "place", entry.place.as_str()),
        (Column::Document, "document", entry.document.as_str()),
    ];
    let quoted = |text: &str| format!("\"{}\"", text.trim().replace('"', "\"\""));
    let heading: Vec<String> = cells.iter().map(|(column, ..)| quoted(column.info().name)).collect();
    let values: Vec<String> = cells.iter().map(|(.., value)| quoted(value)).collect();
    let table = format!("{}\r\n{}\r\n", heading.join(","), values.join(","));
    let done = capture_table(kernel, actor, table.as_bytes(), CaptureOptions::default()).await?;
    let row = done.rows.into_iter().next().ok_or_else(|| Problem::internal("a row has no result"))?;
    if row.outcome != Outcome::Rejected {
        return Ok(row);
    }
    let column = row.column.as_deref().unwrap_or("");
    let field = cells.iter().find(|(known, ..)| known.info().name == column).map_or("step", |(_, field, _)| field);
    let fault = ground::Fault::field(field, "events-detail").arg("zh", &row.detail_zh).arg("en", &row.detail_en);
    Err(Problem::invalid(vec![fault]).into())
}
