//! Answers: columns, rows, and whether something was cut.

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::datatypes::{
    DataType, Date32Type, Date64Type, Decimal128Type, Field, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, Schema, SchemaRef, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use jiff::tz::TimeZone;
use std::sync::Arc;

const MICROS_A_SECOND: i64 = 1_000_000;
const MILLIS_A_DAY: i64 = 86_400_000;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// True or false.
    Truth,
    /// Whole numbers.
    Whole,
    /// Numbers in floating point.
    Number,
    /// Decimal numbers of a fixed scale.
    Decimal,
    /// Text.
    Text,
    /// Civil dates.
    Date,
    /// Moments, shown in the operator's zone.
    Moment,
    /// Anything else, as text.
    Other,
}

impl Type {
    /// A stable name.
    pub fn name(self) -> &'static str {
        match self {
            Type::Truth => "truth",
            Type::Whole => "whole",
            Type::Number => "number",
            Type::Decimal => "decimal",
            Type::Text => "text",
            Type::Date => "date",
            Type::Moment => "moment",
            Type::Other => "other",
        }
    }

    /// Whether its values can be drawn as heights.
    pub fn is_numeric(self) -> bool {
        matches!(self, Type::Whole | Type::Number | Type::Decimal)
    }

    fn of(kind: &DataType) -> Type {
        match kind {
            DataType::Boolean => Type::Truth,
            kind if kind.is_integer() => Type::Whole,
            kind if kind.is_floating() => Type::Number,
            DataType::Decimal128(..) | DataType::Decimal256(..) => Type::Decimal,
            DataType::Decimal32(..) | DataType::Decimal64(..) => Type::Decimal,
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Type::Text,
            DataType::Date32 | DataType::Date64 => Type::Date,
            DataType::Timestamp(..) => Type::Moment,
            _ => Type::Other,
        }
    }
}

/// A column of a table or of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name, as the question gives it.
    pub name: String,
    /// What it holds.
    pub kind: Type,
}

impl Column {
    /// A column.
    pub fn new(name: &str, kind: Type) -> Column {
        Column { name: name.to_owned(), kind }
    }

    pub(crate) fn of(field: &Field) -> Column {
        Column { name: field.name().clone(), kind: Type::of(field.data_type()) }
    }
}

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// No value.
    Null,
    /// True or false.
    Truth(bool),
    /// A whole number.
    Whole(i128),
    /// A number in floating point; may be infinite or no number.
    Number(f64),
    /// A decimal number, as text.
    Decimal(String),
    /// Text.
    Text(String),
    /// A civil date, days since 1970-01-01.
    Date(i32),
    /// A moment, UTC microseconds.
    Moment(i64),
}

impl Cell {
    /// As a height in a chart.
    pub fn number(&self) -> Option<f64> {
        match self {
            Cell::Whole(number) => Some(*number as f64),
            Cell::Number(number) => Some(*number).filter(|number| number.is_finite()),
            Cell::Decimal(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// As text: dates as `2026-11-24`, moments as `2026-11-24 08:15:30+08:00` in `zone` (with a fraction where there is one),
    /// no value as nothing.
    pub fn text(&self, zone: &TimeZone) -> String {
        match self {
            Cell::Null => String::new(),
            Cell::Truth(truth) => truth.to_string(),
            Cell::Whole(number) => number.to_string(),
            Cell::Number(number) => number_text(*number),
            Cell::Decimal(text) | Cell::Text(text) => text.clone(),
            Cell::Date(day) => crate::layout::date_text(*day),
            Cell::Moment(micros) => moment_text(*micros, zone, ' '),
        }
    }
}

/// The shortest text that reads back to the same number; whole ones keep a `.0`.
fn number_text(number: f64) -> String {
    if number.is_nan() {
        return "NaN".into();
    }
    if number.is_infinite() {
        return if number > 0.0 { "Infinity".into() } else { "-Infinity".into() };
    }
    format!("{number:?}")
}

/// `2026-11-24 08:15:30+08:00`, or with `T` between.
pub(crate) fn moment_text(micros: i64, zone: &TimeZone, between: char) -> String {
    let Ok(moment) = jiff::Timestamp::from_microsecond(micros) else { return format!("{micros} µs") };
    let (local, seconds) = (zone.to_datetime(moment), zone.to_offset(moment).seconds());
    let fraction = local.time().subsec_nanosecond() / 1_000;
    let fraction = if fraction == 0 { String::new() } else { format!(".{fraction:06}") };
    let sign = if seconds < 0 { '-' } else { '+' };
    let (hours, minutes) = (seconds.abs() / 3600, seconds.abs() / 60 % 60);
    let time = local.strftime("%H:%M:%S");
    format!("{}{between}{time}{fraction}{sign}{hours:02}:{minutes:02}", local.date())
}

/// What a question came to.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The columns, in the order asked.
    pub columns: Vec<Column>,
    /// Whether rows were left out because of a limit.
    pub truncated: bool,
    pub(crate) schema: SchemaRef,
    pub(crate) batches: Vec<RecordBatch>,
    pub(crate) zone: TimeZone,
}

impl Answer {
    pub(crate) fn new(schema: SchemaRef, batches: Vec<RecordBatch>, truncated: bool, zone: TimeZone) -> Answer {
        let columns = schema.fields().iter().map(|field| Column::of(field)).collect();
        Answer { columns, truncated, schema, batches, zone }
    }

    /// An answer made of cells.
    pub(crate) fn of_cells(columns: Vec<Column>, rows: Vec<Vec<Cell>>, zone: TimeZone) -> Answer {
        let table = crate::ExtraTable { name: String::new(), columns: columns.clone(), rows };
        match table.batch("UTC") {
            Ok(batch) => Answer { columns, truncated: false, schema: batch.schema(), batches: vec![batch], zone },
            Err(_) => {
                Answer { columns, truncated: false, schema: Arc::new(Schema::empty()), batches: Vec::new(), zone }
            }
        }
    }

    /// Rows.
    pub fn len(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The operator's zone, in which moments are shown.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The rows.
    pub fn rows(&self) -> impl Iterator<Item = Vec<Cell>> + '_ {
        self.batches.iter().flat_map(|batch| {
            (0..batch.num_rows()).map(move |row| batch.columns().iter().map(|c| cell(c, row)).collect())
        })
    }

    /// Some rows, for a page.
    pub fn page(&self, from: usize, most: usize) -> Vec<Vec<Cell>> {
        let mut rows = Vec::new();
        let mut skip = from;
        for batch in &self.batches {
            for row in skip.min(batch.num_rows())..batch.num_rows() {
                if rows.len() == most {
                    return rows;
                }
                rows.push(batch.columns().iter().map(|column| cell(column, row)).collect());
            }
            skip = skip.saturating_sub(batch.num_rows());
        }
        rows
    }
}

/// A value out of a column.
pub(crate) fn cell(column: &ArrayRef, row: usize) -> Cell {
    if column.is_null(row) {
        return Cell::Null;
    }
    macro_rules! whole {
        ($kind:ty) => {
            Cell::Whole(i128::from(column.as_primitive::<$kind>().value(row)))
        };
    }
    match column.data_type() {
        DataType::Null => Cell::Null,
        DataType::Boolean => Cell::Truth(column.as_boolean().value(row)),
        DataType::Int8 => whole!(Int8Type),
        DataType::Int16 => whole!(Int16Type),
        DataType::Int32 => whole!(Int32Type),
        DataType::Int64 => whole!(Int64Type),
        DataType::UInt8 => whole!(UInt8Type),
        DataType::UInt16 => whole!(UInt16Type),
        DataType::UInt32 => whole!(UInt32Type),
        DataType::UInt64 => whole!(UInt64Type),
        DataType::Float32 => Cell::Number(f64::from(column.as_primitive::<Float32Type>().value(row))),
        DataType::Float64 => Cell::Number(column.as_primitive::<Float64Type>().value(row)),
        DataType::Decimal128(..) => Cell::Decimal(column.as_primitive::<Decimal128Type>().value_as_string(row)),
        DataType::Utf8 => Cell::Text(column.as_string::<i32>().value(row).to_owned()),
        DataType::Date32 => Cell::Date(column.as_primitive::<Date32Type>().value(row)),
        DataType::Date64 => {
            let days = column.as_primitive::<Date64Type>().value(row).div_euclid(MILLIS_A_DAY);
            i32::try_from(days).map_or_else(|_| formatted(column, row), Cell::Date)
        }
        DataType::Timestamp(unit, _) => match micros(column, row, *unit) {
            Some(micros) => Cell::Moment(micros),
            None => formatted(column, row),
        },
        _ => formatted(column, row),
    }
}

/// A moment without a zone counts as UTC.
fn micros(column: &ArrayRef, row: usize, unit: TimeUnit) -> Option<i64> {
    match unit {
        TimeUnit::Second => column.as_primitive::<TimestampSecondType>().value(row).checked_mul(MICROS_A_SECOND),
        TimeUnit::Millisecond => column.as_primitive::<TimestampMillisecondType>().value(row).checked_mul(1_000),
        TimeUnit::Microsecond => Some(column.as_primitive::<TimestampMicrosecondType>().value(row)),
        TimeUnit::Nanosecond => Some(column.as_primitive::<TimestampNanosecondType>().value(row).div_euclid(1_000)),
    }
}

fn formatted(column: &ArrayRef, row: usize) -> Cell {
    let options = FormatOptions::default().with_display_error(true);
    match ArrayFormatter::try_new(column.as_ref(), &options) {
        Ok(formatter) => Cell::Text(formatter.value(row).to_string()),
        Err(_) => Cell::Text(String::new()),
    }
}
