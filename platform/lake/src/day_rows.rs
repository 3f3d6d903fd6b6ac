//! The rows of closings: the table `days`, written whole at each closing and read back to make windows again.
//!
//! | column | type | |
//! |---|---|---|
//! | `day` | date | the day counted |
//! | `closed_in` | date | the day whose closing wrote the row; later than `day` for what came late |
//! | `key_kind` | text | `product`, `merchant` or `lot` |
//! | `key` | text | `<merchant>/<product>`, `<merchant>`, `<merchant>/<lot>` |
//! | `merchant`, `product`, `lot` | text, null | the parts of the key |
//! | [`DayCounts::FIELDS`] | u32 | counts |
//! | `revenue_minor`, `refunds_minor` | i64 | money |
//! | `price_…` | i64 | [`stream::DayPrices`] |
//! | `shape` | bytes | [`Shape::to_bytes`] |
//!
//! Rows of the same key and day add up.

use crate::disk::named;
use crate::error::Error;
use crate::layout::DAY_FILE;
use crate::parquet_file::{Writer, read};
use crate::{Lake, Written};
use datafusion::arrow::array::{
    ArrayRef, AsArray, BinaryBuilder, Date32Builder, Int64Builder, RecordBatch, StringBuilder, UInt32Builder,
};
use datafusion::arrow::datatypes::{DataType, Date32Type, Field, Int64Type, Schema, SchemaRef, UInt32Type};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::Read;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError};
use stream::{DayCounts, DayPrices, DayRow, Key, KeyKind, Shape};

const BATCH_ROWS: usize = 8_192;
const PRICE_COLUMNS: [&str; 7] = [
    "price_seen",
    "price_last_at_us",
    "price_last_minor",
    "price_min_minor",
    "price_max_minor",
    "price_log_sum",
    "price_log_square_sum",
];
/// Bytes read at a time when a file is hashed.
const HASH_BYTES: usize = 1 << 16;

/// The columns of `days`.
pub(crate) fn schema() -> SchemaRef {
    let mut fields = vec![
        Field::new("day", DataType::Date32, false),
        Field::new("closed_in", DataType::Date32, false),
        Field::new("key_kind", DataType::Utf8, false),
        Field::new("key", DataType::Utf8, false),
        Field::new("merchant", DataType::Utf8, false),
        Field::new("product", DataType::Utf8, true),
        Field::new("lot", DataType::Utf8, true),
    ];
    fields.extend(DayCounts::FIELDS.iter().map(|name| Field::new(*name, DataType::UInt32, false)));
    fields.push(Field::new("revenue_minor", DataType::Int64, false));
    fields.push(Field::new("refunds_minor", DataType::Int64, false));
    fields.extend(PRICE_COLUMNS.iter().map(|name| Field::new(*name, DataType::Int64, false)));
    fields.push(Field::new("shape", DataType::Binary, false));
    Arc::new(Schema::new(fields))
}

/// Rows being gathered.
struct Rows {
    schema: SchemaRef,
    len: usize,
    dates: [Date32Builder; 2],
    /// key_kind, key, merchant, product, lot.
    texts: [StringBuilder; 5],
    counts: Vec<UInt32Builder>,
    /// revenue, refunds, then the prices.
    sums: Vec<Int64Builder>,
    shape: BinaryBuilder,
}

impl Rows {
    fn new(schema: SchemaRef) -> Rows {
        Rows {
            schema,
            len: 0,
            dates: Default::default(),
            texts: Default::default(),
            counts: (0..DayCounts::LEN).map(|_| UInt32Builder::new()).collect(),
            sums: (0..2 + PRICE_COLUMNS.len()).map(|_| Int64Builder::new()).collect(),
            shape: BinaryBuilder::new(),
        }
    }

    fn add(&mut self, row: &DayRow) {
        self.len += 1;
        self.dates[0].append_value(row.day);
        self.dates[1].append_value(row.closed_in);
        let local = Some(row.key.local_id());
        let texts = [
            Some(row.key.kind.as_str()),
            Some(row.key.id.as_str()),
            Some(row.key.merchant_id()),
            local.filter(|_| row.key.kind == KeyKind::Product),
            local.filter(|_| row.key.kind == KeyKind::Lot),
        ];
        self.texts.iter_mut().zip(texts).for_each(|(column, text)| column.append_option(text));
        let counts = row.counts.to_array();
        self.counts.iter_mut().zip(counts).for_each(|(column, count)| column.append_value(count));
        let prices = &row.prices;
        let sums = [
            row.counts.revenue_minor,
            row.counts.refunds_minor,
            i64::from(prices.seen),
            prices.last_at_us,
            prices.last_minor,
            prices.min_minor,
            prices.max_minor,
            prices.log_sum,
            prices.log_square_sum,
        ];
        self.sums.iter_mut().zip(sums).for_each(|(column, sum)| column.append_value(sum));
        if row.shape.is_empty() { self.shape.append_value([]) } else { self.shape.append_value(row.shape.to_bytes()) }
    }

    fn take(&mut self) -> Result<RecordBatch, Error> {
        self.len = 0;
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(self.schema.fields().len());
        columns.extend(self.dates.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef));
        columns.extend(self.texts.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef));
        columns.extend(self.counts.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef));
        columns.extend(self.sums.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef));
        columns.push(Arc::new(self.shape.finish()));
        Ok(RecordBatch::try_new(Arc::clone(&self.schema), columns)?)
    }
}

impl Lake {
    /// Writes what a closing emitted, as one file that replaces the file of the same closing, if there is one. Rows keep
    /// their order (a closing emits them by key, then day); equal rows give an equal file.
    ///
    /// # Errors
    /// What the disk says; the former file counts then.
    pub fn write_days(&self, closed_in: i32, rows: impl IntoIterator<Item = DayRow>) -> Result<Written, Error> {
        self.writable()?;
        let _alone = self.0.clearing.lock().unwrap_or_else(PoisonError::into_inner);
        let (disk, folder) = (&self.0.disk, self.0.layout.days_of(closed_in));
        disk.folder(&self.0.layout.days())?;
        disk.folder(&folder)?;
        let schema = schema();
        let mut gathered = Rows::new(Arc::clone(&schema));
        let mut writer = Writer::new(disk, &folder.join(DAY_FILE), schema)?;
        for row in rows {
            gathered.add(&row);
            if gathered.len == BATCH_ROWS {
                writer.write(&gathered.take()?)?;
            }
        }
        if gathered.len > 0 {
            writer.write(&gathered.take()?)?;
        }
        let rows = writer.rows();
        let file = writer.finish()?;
        let sha256 = Some(hash_of(file.temporary())?);
        file.publish(disk)?;
        disk.flush_parent(&file.target)?;
        Ok(Written { day: closed_in, rows, bytes: file.bytes, sha256 })
    }

    /// The rows of the closings in a range (days since 1970-01-01, both included), in the order of closings and as each
    /// closing wrote them.
    ///
    /// # Errors
    /// When the folder cannot be read; a damaged file is an error of the iterator, which then goes on with the next file.
    pub fn days(&self, closings: RangeInclusive<i32>) -> Result<DayRows, Error> {
        let files = self.0.layout.day_files()?;
        let root = self.0.layout.root.clone();
        let mut paths: Vec<PathBuf> =
            files.into_iter().filter(|file| closings.contains(&file.day)).map(|file| root.join(file.path)).collect();
        paths.reverse();
        Ok(DayRows { paths, reader: None, batch: None, next: 0 })
    }
}

/// Rows being read back.
pub struct DayRows {
    /// Still to be read, the next one last.
    paths: Vec<PathBuf>,
    reader: Option<datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReader>,
    batch: Option<RecordBatch>,
    next: usize,
}

impl Iterator for DayRows {
    type Item = Result<DayRow, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(batch) = &self.batch
                && self.next < batch.num_rows()
            {
                self.next += 1;
                return Some(row_of(batch, self.next - 1));
            }
            self.batch = None;
            self.next = 0;
            match self.reader.as_mut().and_then(Iterator::next) {
                Some(Ok(batch)) => self.batch = Some(batch),
                Some(Err(error)) => {
                    self.reader = None;
                    return Some(Err(error.into()));
                }
                None => {
                    self.reader = None;
                    match read(&self.paths.pop()?, BATCH_ROWS) {
                        Ok(reader) => self.reader = Some(reader),
                        Err(error) => return Some(Err(error)),
                    }
                }
            }
        }
    }
}

/// A row of a batch, columns found by name so that later columns do no harm.
fn row_of(batch: &RecordBatch, row: usize) -> Result<DayRow, Error> {
    let missing = |name: &str| Error::Damaged { file: "days".into(), why: format!("no readable column {name}") };
    let column = |name: &str| batch.column_by_name(name).ok_or_else(|| missing(name));
    let date = |name: &str| -> Result<i32, Error> {
        Ok(column(name)?.as_primitive_opt::<Date32Type>().ok_or_else(|| missing(name))?.value(row))
    };
    let sum = |name: &str| -> Result<i64, Error> {
        Ok(column(name)?.as_primitive_opt::<Int64Type>().ok_or_else(|| missing(name))?.value(row))
    };
    let text = |name: &str| -> Result<&str, Error> {
        Ok(column(name)?.as_string_opt::<i32>().ok_or_else(|| missing(name))?.value(row))
    };
    let mut counts = [0u32; DayCounts::LEN];
    for (count, name) in counts.iter_mut().zip(DayCounts::FIELDS) {
        *count = column(name)?.as_primitive_opt::<UInt32Type>().ok_or_else(|| missing(name))?.value(row);
    }
    let kind = KeyKind::from_name(text("key_kind")?).ok_or_else(|| missing("key_kind"))?;
    let bytes = column("shape")?.as_binary_opt::<i32>().ok_or_else(|| missing("shape"))?.value(row);
    let shape = if bytes.is_empty() { Some(Shape::default()) } else { Shape::from_bytes(bytes) };
    Ok(DayRow {
        day: date("day")?,
        closed_in: date("closed_in")?,
        key: Key { kind, id: text("key")?.to_owned() },
        counts: DayCounts::from_array(counts, sum("revenue_minor")?, sum("refunds_minor")?),
        prices: DayPrices {
            seen: u32::try_from(sum("price_seen")?).map_err(|_| missing("price_seen"))?,
            last_at_us: sum("price_last_at_us")?,
            last_minor: sum("price_last_minor")?,
            min_minor: sum("price_min_minor")?,
            max_minor: sum("price_max_minor")?,
            log_sum: sum("price_log_sum")?,
            log_square_sum: sum("price_log_square_sum")?,
        },
        shape: shape.ok_or_else(|| missing("shape"))?,
    })
}

fn hash_of(path: &std::path::Path) -> Result<[u8; 32], Error> {
    let mut file = File::open(path).map_err(|error| named(path, &error))?;
    let (mut hasher, mut buffer) = (Sha256::new(), vec![0; HASH_BYTES]);
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(hasher.finalize().into());
        }
        hasher.update(&buffer[..read]);
    }
}
