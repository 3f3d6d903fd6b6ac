//! Rows of a shop's export for other duties: the same reading of files (plain or gzip, any of the encodings, CSV or NDJSON,
//! under the same limits), without the mapping to listings.

use super::mapping::PriceFormat;
use super::table::{Row, Table, Values};
use super::{Failed, Reason, source};
use ground::Timestamp;
use jiff::tz::TimeZone;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How a file is laid out.
#[derive(Debug, Clone)]
pub struct Layout {
    /// `auto` (by content), `csv`, `tsv` or `ndjson`.
    pub format: String,
    /// `auto`, or an encoding label (`utf-8`, `gb18030`, …).
    pub encoding: String,
    /// The character between columns, where it is neither comma nor tab.
    pub delimiter: Option<char>,
    /// Columns the file cannot do without.
    pub needed: Vec<String>,
}

/// One row.
pub struct Cells(Values);

/// The rows of a file.
pub struct Rows {
    table: Table,
    read: Arc<AtomicU64>,
}

impl Rows {
    /// Opens a file and checks that the needed columns are there.
    ///
    /// # Errors
    /// Why it cannot be read, with the line.
    pub fn open(path: &Path, layout: &Layout) -> Result<Rows, Failed> {
        let source = source::open(path, &layout.encoding)?;
        let read = Arc::clone(&source.read);
        Ok(Rows { table: Table::laid_out(source, layout)?, read })
    }

    /// The next row and the line it begins on; `None` at the end.
    ///
    /// # Errors
    /// What cannot be read any further: wrong encoding, a cut-off archive.
    #[allow(clippy::type_complexity)] // a row or why it is none, behind what ends the file
    pub fn next_row(&mut self) -> Result<Option<(u64, Result<Cells, Reason>)>, Failed> {
        Ok(self.table.next_row()?.map(|Row { line, values }| (line, values.map(Cells))))
    }

    /// The value of a column; `None` where it is missing or empty.
    pub fn value(&self, cells: &Cells, column: &str) -> Option<String> {
        self.table.value(&cells.0, column)
    }

    /// Bytes of the file read so far.
    pub fn bytes_read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }
}

/// An amount in minor units, by the way a mapping writes prices.
pub fn price(text: &str, currency: &str, format: &PriceFormat) -> Option<i64> {
    let mut plain: String = text.trim().trim_start_matches(['¥', '￥', '$', '€', '£']).trim().to_owned();
    if let Some(mark) = format.thousands {
        plain.retain(|c| c != mark);
    }
    if format.decimal == ',' {
        plain = plain.replace(',', ".");
    }
    if format.unit == "minor" { plain.parse().ok() } else { ground::money::parse_minor(&plain, currency) }
}

/// A moment, by the way a mapping writes dates (`format` empty: ISO 8601 with or without time and offset). Moments without
/// an offset are of `zone`.
pub fn moment(text: &str, format: &str, zone: &TimeZone) -> Option<Timestamp> {
    let zoned = |at: jiff::civil::DateTime| Some(Timestamp::from_micros(zone.to_timestamp(at).ok()?.as_microsecond()));
    if format.is_empty() {
        if let Some(at) = Timestamp::parse_rfc3339(text) {
            return Some(at);
        }
        if let Ok(at) = text.parse::<jiff::civil::DateTime>() {
            return zoned(at);
        }
        return zoned(text.parse::<jiff::civil::Date>().ok()?.to_datetime(jiff::civil::Time::midnight()));
    }
    if let Ok(at) = jiff::civil::DateTime::strptime(format, text) {
        return zoned(at);
    }
    zoned(jiff::civil::Date::strptime(format, text).ok()?.to_datetime(jiff::civil::Time::midnight()))
}
