//! Answers written down: a table for a terminal, CSV, JSON and Parquet.

use crate::answer::{Answer, Cell, Type, moment_text};
use crate::error::Error;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::file::properties::WriterProperties;
use serde_json::{Map, Number, Value};
use std::io::Write;

/// Widest column of a table, characters.
const CELL_CHARACTERS_MAX: usize = 60;
/// Whole numbers a JSON reader in a browser keeps exactly: 2^53.
const EXACT_WHOLE_MAX: i128 = 1 << 53;

/// How JSON is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Json {
    /// One object a line.
    Lines,
    /// One array of objects.
    Array,
}

impl Answer {
    /// A value as JSON: numbers as numbers (those a browser would round, as text), dates and moments as text by RFC 3339,
    /// no value as null.
    pub fn json_value(&self, cell: &Cell) -> Value {
        match cell {
            Cell::Null => Value::Null,
            Cell::Truth(truth) => Value::Bool(*truth),
            Cell::Whole(number) if number.abs() <= EXACT_WHOLE_MAX => {
                i64::try_from(*number).map_or(Value::Null, |number| Value::Number(number.into()))
            }
            Cell::Whole(number) => Value::String(number.to_string()),
            Cell::Number(number) => match Number::from_f64(*number) {
                Some(number) => Value::Number(number),
                None => Value::String(cell.text(&self.zone)),
            },
            Cell::Moment(micros) => Value::String(moment_text(*micros, &self.zone, 'T')),
            Cell::Decimal(_) | Cell::Text(_) | Cell::Date(_) => Value::String(cell.text(&self.zone)),
        }
    }

    /// The rows as objects.
    pub fn json_rows(&self) -> impl Iterator<Item = Value> + '_ {
        let names = self.names();
        self.rows().map(move |row| {
            let fields = names.iter().zip(&row).map(|(name, cell)| (name.clone(), self.json_value(cell)));
            Value::Object(fields.collect::<Map<_, _>>())
        })
    }

    /// Names of the columns, made different where the question named two alike: `n`, `n_2`.
    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for column in &self.columns {
            let same = |name: &String, names: &[String]| names.iter().any(|other| other == name);
            let mut name = column.name.clone();
            let mut number = 2;
            while same(&name, &names) {
                name = format!("{}_{number}", column.name);
                number += 1;
            }
            names.push(name);
        }
        names
    }

    /// Writes JSON.
    ///
    /// # Errors
    /// What the writer says.
    pub fn write_json(&self, layout: Json, out: &mut impl Write) -> Result<(), Error> {
        if layout == Json::Array {
            out.write_all(b"[")?;
        }
        for (index, row) in self.json_rows().enumerate() {
            match layout {
                Json::Lines => writeln!(out, "{row}")?,
                Json::Array if index == 0 => write!(out, "\n{row}")?,
                Json::Array => write!(out, ",\n{row}")?,
            }
        }
        if layout == Json::Array {
            out.write_all(b"\n]\n")?;
        }
        Ok(())
    }

    /// Writes CSV (RFC 4180, UTF-8): a header, then the rows. Text is quoted, no value is nothing; an empty text is `""`.
    ///
    /// # Errors
    /// What the writer says.
    pub fn write_csv(&self, out: &mut impl Write) -> Result<(), Error> {
        let header: Vec<String> = self.names().iter().map(|name| csv_text(name)).collect();
        write!(out, "{}\r\n", header.join(","))?;
        for row in self.rows() {
            for (index, cell) in row.iter().enumerate() {
                if index > 0 {
                    out.write_all(b",")?;
                }
                match cell {
                    Cell::Text(text) if text.is_empty() => out.write_all(b"\"\"")?,
                    Cell::Text(text) => out.write_all(csv_text(text).as_bytes())?,
                    other => out.write_all(csv_text(&other.text(&self.zone)).as_bytes())?,
                }
            }
            out.write_all(b"\r\n")?;
        }
        Ok(())
    }

    /// Writes Parquet, with the types of the answer and moments in UTC.
    ///
    /// # Errors
    /// What the writer says; a type that Parquet has not.
    pub fn write_parquet(&self, out: impl Write + Send) -> Result<(), Error> {
        let properties = WriterProperties::builder()
            .set_created_by("touchstone".to_owned())
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
            .build();
        let mut writer = ArrowWriter::try_new(out, self.schema.clone(), Some(properties))?;
        for batch in &self.batches {
            writer.write(batch)?;
        }
        writer.close()?;
        Ok(())
    }

    /// Writes a table for a terminal: columns as wide as their widest value, numbers to the right, long texts cut.
    ///
    /// # Errors
    /// What the writer says.
    pub fn write_table(&self, out: &mut impl Write) -> Result<(), Error> {
        let mut lines = vec![self.columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>()];
        lines.extend(self.rows().map(|row| row.iter().map(|cell| shown(cell, self)).collect()));
        let mut widths = vec![0; self.columns.len()];
        for line in &mut lines {
            for (cell, width) in line.iter_mut().zip(&mut widths) {
                *cell = cut(cell);
                *width = (*width).max(columns_of(cell));
            }
        }
        for (number, line) in lines.iter().enumerate() {
            for (index, (cell, width)) in line.iter().zip(&widths).enumerate() {
                let room = " ".repeat(width - columns_of(cell));
                let right = self.columns[index].kind.is_numeric();
                let between = if index == 0 { "" } else { "  " };
                let last = index + 1 == line.len();
                match (right, last) {
                    (true, _) => write!(out, "{between}{room}{cell}")?,
                    (false, true) => write!(out, "{between}{cell}")?,
                    (false, false) => write!(out, "{between}{cell}{room}")?,
                }
            }
            writeln!(out)?;
            if number == 0 {
                let rules: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
                writeln!(out, "{}", rules.join("  "))?;
            }
        }
        Ok(())
    }

    /// The column that may serve as the heights of a chart: the first that holds numbers.
    pub fn first_numeric(&self) -> Option<usize> {
        self.columns.iter().position(|column| column.kind.is_numeric())
    }

    /// The column that may serve as the axis of a chart: the first date or moment, else the first text, else the first.
    pub fn first_axis(&self) -> usize {
        let find = |wanted: &[Type]| self.columns.iter().position(|column| wanted.contains(&column.kind));
        find(&[Type::Date, Type::Moment]).or_else(|| find(&[Type::Text])).unwrap_or(0)
    }
}

fn shown(cell: &Cell, answer: &Answer) -> String {
    match cell {
        Cell::Null => "∅".into(),
        other => other.text(&answer.zone).replace(['\n', '\r', '\t'], " "),
    }
}

fn cut(text: &str) -> String {
    if text.chars().count() <= CELL_CHARACTERS_MAX {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(CELL_CHARACTERS_MAX - 1).collect();
    cut.push('…');
    cut
}

/// Columns of a terminal a text takes: Han and its like take two.
fn columns_of(text: &str) -> usize {
    let wide = |c: char| matches!(u32::from(c), 0x1100..=0x115F | 0x2E80..=0xA4CF | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF | 0xFE30..=0xFE4F | 0xFF00..=0xFF60 | 0xFFE0..=0xFFE6 | 0x1F300..=0x1FAFF | 0x20000..=0x3FFFD);
    text.chars().map(|c| if wide(c) { 2 } else { 1 }).sum()
}

fn csv_text(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}
