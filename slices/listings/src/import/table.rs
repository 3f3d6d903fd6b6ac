//! Text to rows: CSV with any ASCII delimiter, TSV, NDJSON. Each row and its parts have a limit, so that a quote that is
//! never closed ends in an error with its line, not in a full memory.

use super::mapping::Compiled;
use super::rows::Layout;
use super::source::{self, Source};
use super::{Failed, Reason};
use csv_core::ReadRecordResult;
use screening::input::LINE_BYTES_MAX;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read};

/// Most columns of a table.
const COLUMNS_MAX: usize = 1_000;

/// One row of the file.
#[derive(Debug)]
pub(crate) struct Row {
    /// Line it begins on, from 1.
    pub line: u64,
    /// What it holds, or why it is no row.
    pub values: Result<Values, Reason>,
}

/// The values of a row.
#[derive(Debug)]
pub(crate) enum Values {
    /// Cells, in the order of the header.
    Cells(Vec<String>),
    /// A JSON object.
    Object(Map<String, Value>),
}

enum Form {
    Cells { core: Box<csv_core::Reader>, output: Vec<u8>, ends: Vec<usize> },
    Lines,
}

/// The rows of a file.
pub(crate) struct Table {
    reader: BufReader<Box<dyn Read + Send>>,
    form: Form,
    columns: HashMap<String, usize>,
    /// The header, in order; empty for NDJSON.
    pub header: Vec<String>,
    line: u64,
    ended: bool,
}

impl Table {
    /// Opens a table and checks that the columns of a mapping are there.
    pub(crate) fn open(source: Source, mapping: &Compiled) -> Result<Table, Failed> {
        let written = &mapping.mapping;
        Table::laid_out(
            source,
            &Layout {
                format: written.format.clone(),
                encoding: written.encoding.clone(),
                delimiter: written.delimiter,
                needed: needed(mapping),
            },
        )
    }

    /// Opens a table and checks that the needed columns are there.
    pub(crate) fn laid_out(source: Source, layout: &Layout) -> Result<Table, Failed> {
        let mut reader = BufReader::with_capacity(64 * 1024, source.text);
        let head = reader.fill_buf().map_err(|error| source::failed(1, &error))?;
        let text = String::from_utf8_lossy(head);
        let first = text.trim_start_matches('\u{feff}').trim_start();
        if first.is_empty() {
            return Err(Failed { line: 0, reason: Reason::new("", "listings-import-empty") });
        }
        let format = match layout.format.as_str() {
            "auto" if first.starts_with('{') => "ndjson",
            "auto" => "csv",
            format => format,
        };
        let form = if format == "ndjson" {
            Form::Lines
        } else {
            let delimiter =
                layout.delimiter.map_or_else(|| if format == "tsv" { b'\t' } else { guess(first) }, |c| c as u8);
            let core = csv_core::ReaderBuilder::new().delimiter(delimiter).build();
            Form::Cells { core: Box::new(core), output: vec![0; 64 * 1024], ends: vec![0; 64] }
        };
        let mut table = Table { reader, form, columns: HashMap::new(), header: Vec::new(), line: 1, ended: false };
        if matches!(table.form, Form::Cells { .. }) {
            table.read_header(&layout.needed)?;
        }
        Ok(table)
    }

    fn read_header(&mut self, needed: &[String]) -> Result<(), Failed> {
        let Some(row) = self.next_row()? else {
            return Err(Failed { line: 0, reason: Reason::new("", "listings-import-empty") });
        };
        let cells = match row.values {
            Ok(Values::Cells(cells)) => cells,
            Ok(Values::Object(_)) => Vec::new(),
            Err(reason) => return Err(Failed { line: row.line, reason }),
        };
        let names: Vec<String> =
            cells.iter().map(|name| name.trim_start_matches('\u{feff}').trim().to_owned()).collect();
        for (index, name) in names.iter().enumerate() {
            if !name.is_empty() && self.columns.insert(name.clone(), index).is_some() {
                let reason = Reason::new(name, "listings-import-column-twice");
                return Err(Failed { line: 1, reason });
            }
        }
        for column in needed {
            if !self.columns.contains_key(column) {
                let there = names.join(", ");
                return Err(Failed {
                    line: 1,
                    reason: Reason::new(column, "listings-import-column").arg("there", there),
                });
            }
        }
        self.header = names;
        Ok(())
    }

    /// The value of a column in a row; `None` where it is missing or empty.
    pub(crate) fn value(&self, values: &Values, column: &str) -> Option<String> {
        let text = match values {
            Values::Cells(cells) => cells.get(*self.columns.get(column)?)?.trim().to_owned(),
            Values::Object(object) => json_text(json_at(object, column)?)?,
        };
        (!text.is_empty()).then_some(text)
    }

    /// The next row; `None` at the end.
    ///
    /// # Errors
    /// What cannot be read any further: wrong encoding, a cut-off archive.
    pub(crate) fn next_row(&mut self) -> Result<Option<Row>, Failed> {
        if self.ended {
            return Ok(None);
        }
        match self.form {
            Form::Lines => self.next_object(),
            Form::Cells { .. } => self.next_cells(),
        }
    }

    fn next_object(&mut self) -> Result<Option<Row>, Failed> {
        loop {
            let mut bytes = Vec::new();
            let line = self.line;
            let limit = LINE_BYTES_MAX as u64 + 1;
            let n = (&mut self.reader)
                .take(limit)
                .read_until(b'\n', &mut bytes)
                .map_err(|error| source::failed(line, &error))?;
            if n == 0 {
                self.ended = true;
                return Ok(None);
            }
            if !bytes.ends_with(b"\n") && bytes.len() > LINE_BYTES_MAX {
                self.skip_line()?;
                self.line += 1;
                let reason = Reason::new("", "listings-row-long").arg("most", LINE_BYTES_MAX);
                return Ok(Some(Row { line, values: Err(reason) }));
            }
            self.line += 1;
            let text = String::from_utf8_lossy(&bytes);
            let text = text.trim_start_matches('\u{feff}').trim();
            if text.is_empty() {
                continue;
            }
            let values = match serde_json::from_str::<Value>(text) {
                Ok(Value::Object(object)) => Ok(Values::Object(object)),
                Ok(_) => Err(Reason::new("", "listings-row-object")),
                Err(error) => Err(Reason::new("", "listings-row-json").arg("column", error.column())),
            };
            return Ok(Some(Row { line, values }));
        }
    }

    fn skip_line(&mut self) -> Result<(), Failed> {
        let line = self.line;
        loop {
            let buffer = self.reader.fill_buf().map_err(|error| source::failed(line, &error))?;
            if buffer.is_empty() {
                return Ok(());
            }
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let used = end.map_or(buffer.len(), |end| end + 1);
            self.reader.consume(used);
            if end.is_some() {
                return Ok(());
            }
        }
    }

    fn next_cells(&mut self) -> Result<Option<Row>, Failed> {
        let Form::Cells { core, output, ends } = &mut self.form else { return Ok(None) };
        let (mut out, mut end) = (0, 0);
        let line = core.line();
        loop {
            let input = self.reader.fill_buf().map_err(|error| source::failed(core.line(), &error))?;
            let (result, read, written, found) = core.read_record(input, &mut output[out..], &mut ends[end..]);
            self.reader.consume(read);
            out += written;
            end += found;
            self.line = core.line();
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if output.len() < LINE_BYTES_MAX => output.resize(output.len() * 2, 0),
                ReadRecordResult::OutputEndsFull if ends.len() < COLUMNS_MAX => ends.resize(ends.len() * 2, 0),
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    let reason = Reason::new("", "listings-import-quote")
                        .arg("most", LINE_BYTES_MAX)
                        .arg("columns", COLUMNS_MAX);
                    return Err(Failed { line, reason });
                }
                ReadRecordResult::Record => break,
                ReadRecordResult::End => {
                    self.ended = true;
                    return Ok(None);
                }
            }
        }
        let mut cells = Vec::with_capacity(end);
        let mut from = 0;
        for to in &ends[..end] {
            cells.push(String::from_utf8_lossy(&output[from..*to]).into_owned());
            from = *to;
        }
        let expected = self.header.len();
        let values = if expected > 0 && cells.len() != expected {
            Err(Reason::new("", "listings-row-columns").arg("there", cells.len()).arg("expected", expected))
        } else {
            Ok(Values::Cells(cells))
        };
        Ok(Some(Row { line: line.max(1), values }))
    }
}

/// The delimiter of a first line: whichever of comma, tab and semicolon is there most.
fn guess(head: &str) -> u8 {
    let line = head.lines().next().unwrap_or_default();
    let count = |delimiter: char| line.matches(delimiter).count();
    [b',', b'\t', b';']
        .into_iter()
        .max_by_key(|delimiter| (count(char::from(*delimiter)), *delimiter == b','))
        .unwrap_or(b',')
}

/// Columns a mapping cannot do without. A column with a constant beside it may be missing.
fn needed(mapping: &Compiled) -> Vec<String> {
    let written = &mapping.mapping;
    let mut needed: Vec<String> = written
        .columns
        .iter()
        .filter(|(field, _)| {
            let required = matches!(field.as_str(), "external_id" | "title");
            required || !(written.constants.contains_key(*field) || written.optional)
        })
        .map(|(_, column)| column.clone())
        .collect();
    needed.extend(written.skip.iter().map(|rule| rule.column.clone()));
    if let Some(group) = &written.group_by {
        needed.extend([group.key.clone(), group.at.clone()]);
        needed.extend(group.quantity.clone());
    }
    needed.sort_unstable();
    needed.dedup();
    needed
}

fn json_at<'a>(object: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    if let Some(value) = object.get(path) {
        return Some(value);
    }
    let mut parts = path.split('.');
    let mut value = object.get(parts.next()?)?;
    for part in parts {
        value = value.get(part)?;
    }
    Some(value)
}

/// A JSON value as the text a cell would hold; lists are joined with `|`, objects stay JSON.
fn json_text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Array(items) if items.iter().all(|item| !item.is_object()) => {
            Some(items.iter().filter_map(json_text).collect::<Vec<_>>().join("|"))
        }
        other => Some(other.to_string()),
    }
}
