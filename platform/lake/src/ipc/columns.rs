//! The columns a batch of signals may have, found by name and read row by row without copying.

use super::{Refused, Row};
use crate::query::nearest;
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, GenericStringArray, RecordBatch, StringViewArray, StructArray,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{
    DataType, Field, Int64Type, Schema, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType, UInt64Type,
};

/// What a column is for, in the order of [`NAMES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Text,
    Moment,
    Whole,
    Truth,
}

/// Columns: name, what it holds, whether it must be there.
const NAMES: [(&str, Wanted, bool); 20] = [
    ("id", Wanted::Text, true),
    ("kind", Wanted::Text, true),
    ("at", Wanted::Moment, true),
    ("merchant", Wanted::Text, true),
    ("product", Wanted::Text, true),
    ("lot", Wanted::Text, false),
    ("order", Wanted::Text, false),
    ("quantity", Wanted::Whole, false),
    ("amount_minor", Wanted::Whole, false),
    ("rating", Wanted::Whole, false),
    ("reason", Wanted::Text, false),
    ("place", Wanted::Text, false),
    ("device", Wanted::Text, false),
    ("buyer", Wanted::Text, false),
    ("buyer_age_days", Wanted::Whole, false),
    ("text_hash", Wanted::Whole, false),
    ("weight_grams", Wanted::Whole, false),
    ("list_price_minor", Wanted::Whole, false),
    ("verified", Wanted::Truth, false),
    ("text", Wanted::Text, false),
];
/// The first column that may also stand inside `attributes`.
const FIRST_ATTRIBUTE: usize = 9;
/// The column that may hold the others of the attributes.
const ATTRIBUTES: &str = "attributes";
/// The schema version, a column that is passed over when it is 1.
const VERSION: &str = "v";

/// Where each known column stands: the place in the batch, and the place inside `attributes`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Columns {
    places: [Option<(usize, Option<usize>)>; NAMES.len()],
    version: Option<usize>,
}

impl Columns {
    /// Finds the columns of a schema.
    pub(crate) fn find(schema: &Schema) -> Result<Columns, Refused> {
        let mut columns = Columns { places: [None; NAMES.len()], version: None };
        for (index, field) in schema.fields().iter().enumerate() {
            match (field.name().as_str(), field.data_type()) {
                (ATTRIBUTES, DataType::Struct(inner)) => {
                    for (within, field) in inner.iter().enumerate() {
                        columns.place(field, FIRST_ATTRIBUTE, (index, Some(within)))?;
                    }
                }
                (ATTRIBUTES, DataType::Null) => {}
                (ATTRIBUTES, other) => return Err(wrong(ATTRIBUTES, "struct", other)),
                (VERSION, kind) if kind.is_integer() => columns.version = Some(index),
                (VERSION, other) => return Err(wrong(VERSION, "integer", other)),
                _ => columns.place(field, 0, (index, None))?,
            }
        }
        for (place, (name, wanted, needed)) in columns.places.iter().zip(NAMES) {
            if needed && place.is_none() {
                return Err(Refused::MissingColumn { column: name.into(), expected: expected(wanted) });
            }
        }
        Ok(columns)
    }

    fn place(&mut self, field: &Field, first: usize, at: (usize, Option<usize>)) -> Result<(), Refused> {
        let known = |name: &str| NAMES.iter().position(|(known, ..)| *known == name).filter(|index| *index >= first);
        // `order` is a word of SQL: the history calls the column `order_id`, and what comes from there goes back in.
        let name = if field.name() == "order_id" { "order" } else { field.name().as_str() };
        let Some(index) = known(name) else {
            let names: Vec<String> = NAMES[first..].iter().map(|(name, ..)| (*name).to_owned()).collect();
            return Err(Refused::UnknownColumn { column: name.to_owned(), nearest: nearest(name, &names) });
        };
        let (_, wanted, needed) = NAMES[index];
        if !fits(wanted, field.data_type()) && (needed || field.data_type() != &DataType::Null) {
            return Err(wrong(name, expected(wanted), field.data_type()));
        }
        if self.places[index].is_some() {
            return Err(Refused::RepeatedColumn(name.to_owned()));
        }
        self.places[index] = Some(at);
        Ok(())
    }

    /// A batch, ready to be read row by row.
    pub(crate) fn of(&self, batch: &RecordBatch) -> Result<Batch, Refused> {
        let column = |at: Option<(usize, Option<usize>)>| -> Option<(ArrayRef, Option<StructArray>)> {
            let (index, within) = at?;
            let outer = batch.columns().get(index)?;
            match within {
                None => Some((outer.clone(), None)),
                Some(within) => {
                    let outer = outer.as_struct_opt()?;
                    Some((outer.columns().get(within)?.clone(), Some(outer.clone())))
                }
            }
        };
        let mut read = Vec::with_capacity(NAMES.len());
        for (place, (name, wanted, _)) in self.places.iter().zip(NAMES) {
            read.push(match column(*place) {
                None => Values::Absent,
                Some((array, outer)) => Values::of(name, wanted, array, outer)?,
            });
        }
        let version = self.version.and_then(|index| batch.columns().get(index)).cloned();
        let version = match version {
            Some(array) => Values::of(VERSION, Wanted::Whole, array, None)?,
            None => Values::Absent,
        };
        Ok(Batch { columns: read, version })
    }
}

fn wrong(column: &str, expected: &'static str, found: &DataType) -> Refused {
    Refused::WrongType { column: column.to_owned(), expected, found: found.to_string() }
}

fn expected(wanted: Wanted) -> &'static str {
    match wanted {
        Wanted::Text => "utf8",
        Wanted::Moment => "timestamp with time zone",
        Wanted::Whole => "integer",
        Wanted::Truth => "boolean",
    }
}

fn fits(wanted: Wanted, kind: &DataType) -> bool {
    let text = |kind: &DataType| matches!(kind, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    match (wanted, kind) {
        (Wanted::Text, DataType::Dictionary(_, value)) => text(value),
        (Wanted::Text, kind) => text(kind),
        (Wanted::Moment, DataType::Timestamp(_, Some(zone))) => !zone.is_empty(),
        (Wanted::Whole, kind) => kind.is_integer(),
        (Wanted::Truth, DataType::Boolean) => true,
        _ => false,
    }
}

/// A column of a batch.
enum Values {
    Absent,
    Utf8(GenericStringArray<i32>, Nulls),
    Large(GenericStringArray<i64>, Nulls),
    View(StringViewArray, Nulls),
    /// Which value each row has, and the values.
    Dictionary(Vec<usize>, Box<Values>, Nulls),
    Whole(ArrayRef, Nulls),
    Unsigned(ArrayRef, Nulls),
    Moment(ArrayRef, TimeUnit, Nulls),
    Truth(BooleanArray, Nulls),
}

/// Which rows have no value: those of the column and those of the struct around it.
struct Nulls {
    own: Option<ArrayRef>,
    outer: Option<StructArray>,
}

impl Nulls {
    fn is_null(&self, row: usize) -> bool {
        self.own.as_ref().is_some_and(|array| array.is_null(row))
            || self.outer.as_ref().is_some_and(|array| array.is_null(row))
    }
}

impl Values {
    fn of(name: &str, wanted: Wanted, array: ArrayRef, outer: Option<StructArray>) -> Result<Values, Refused> {
        let outer = outer.filter(|outer| outer.null_count() > 0);
        let nulls = Nulls { own: (array.null_count() > 0).then(|| array.clone()), outer };
        let kind = array.data_type().clone();
        let bad = || wrong(name, expected(wanted), &kind);
        Ok(match (&kind, wanted) {
            (DataType::Null, _) => Values::Absent,
            (DataType::Utf8, Wanted::Text) => {
                Values::Utf8(array.as_string_opt::<i32>().ok_or_else(bad)?.clone(), nulls)
            }
            (DataType::LargeUtf8, Wanted::Text) => {
                Values::Large(array.as_string_opt::<i64>().ok_or_else(bad)?.clone(), nulls)
            }
            (DataType::Utf8View, Wanted::Text) => {
                Values::View(array.as_string_view_opt().ok_or_else(bad)?.clone(), nulls)
            }
            (DataType::Dictionary(..), Wanted::Text) => {
                let dictionary = array.as_any_dictionary_opt().ok_or_else(bad)?;
                let inner = Values::of(name, wanted, dictionary.values().clone(), None)?;
                if dictionary.values().is_empty() && dictionary.keys().null_count() < dictionary.keys().len() {
                    return Err(Refused::damaged("a dictionary without the values it is asked for"));
                }
                let keys = if dictionary.values().is_empty() { Vec::new() } else { dictionary.normalized_keys() };
                Values::Dictionary(keys, Box::new(inner), nulls)
            }
            (DataType::UInt64, Wanted::Whole) => Values::Unsigned(array, nulls),
            (kind, Wanted::Whole) if kind.is_integer() => {
                Values::Whole(cast(&array, &DataType::Int64).map_err(|_| bad())?, nulls)
            }
            (DataType::Timestamp(unit, _), Wanted::Moment) => Values::Moment(array, *unit, nulls),
            (DataType::Boolean, Wanted::Truth) => Values::Truth(array.as_boolean_opt().ok_or_else(bad)?.clone(), nulls),
            _ => return Err(bad()),
        })
    }

    fn text(&self, row: usize) -> Option<&str> {
        match self {
            Values::Utf8(array, nulls) => (!nulls.is_null(row)).then(|| array.value(row)),
            Values::Large(array, nulls) => (!nulls.is_null(row)).then(|| array.value(row)),
            Values::View(array, nulls) => (!nulls.is_null(row)).then(|| array.value(row)),
            Values::Dictionary(keys, values, nulls) if !nulls.is_null(row) => values.text(*keys.get(row)?),
            _ => None,
        }
    }

    /// A whole number; `Err`: it does not fit 64 bits with a sign.
    fn whole(&self, row: usize) -> Result<Option<i64>, ()> {
        match self {
            Values::Whole(array, nulls) if !nulls.is_null(row) => {
                Ok(Some(array.as_primitive::<Int64Type>().value(row)))
            }
            Values::Unsigned(array, nulls) if !nulls.is_null(row) => {
                i64::try_from(array.as_primitive::<UInt64Type>().value(row)).map(Some).map_err(|_| ())
            }
            _ => Ok(None),
        }
    }

    /// 64 bits that mean no number: a hash, with or without a sign.
    fn bits(&self, row: usize) -> Option<u64> {
        match self {
            Values::Whole(array, nulls) => {
                (!nulls.is_null(row)).then(|| array.as_primitive::<Int64Type>().value(row) as u64)
            }
            Values::Unsigned(array, nulls) => {
                (!nulls.is_null(row)).then(|| array.as_primitive::<UInt64Type>().value(row))
            }
            _ => None,
        }
    }

    /// Microseconds; finer units are cut. `Err`: beyond what 64 bits hold.
    fn micros(&self, row: usize) -> Result<Option<i64>, ()> {
        let Values::Moment(array, unit, nulls) = self else { return Ok(None) };
        if nulls.is_null(row) {
            return Ok(None);
        }
        let micros = match unit {
            TimeUnit::Second => array.as_primitive::<TimestampSecondType>().value(row).checked_mul(1_000_000),
            TimeUnit::Millisecond => array.as_primitive::<TimestampMillisecondType>().value(row).checked_mul(1_000),
            TimeUnit::Microsecond => Some(array.as_primitive::<TimestampMicrosecondType>().value(row)),
            TimeUnit::Nanosecond => Some(array.as_primitive::<TimestampNanosecondType>().value(row).div_euclid(1_000)),
        };
        micros.map(Some).ok_or(())
    }

    fn truth(&self, row: usize) -> Option<bool> {
        match self {
            Values::Truth(array, nulls) => (!nulls.is_null(row)).then(|| array.value(row)),
            _ => None,
        }
    }
}

/// A batch whose columns are found.
pub(crate) struct Batch {
    columns: Vec<Values>,
    version: Values,
}

impl Batch {
    /// A row, as it stands. `Err` names the column whose value does not fit 64 bits.
    pub(crate) fn row(&self, row: usize) -> Result<Row<'_>, &'static str> {
        let whole = |index: usize| self.columns[index].whole(row).map_err(|()| NAMES[index].0);
        let text = |index: usize| self.columns[index].text(row);
        Ok(Row {
            version: self.version.whole(row).map_err(|()| VERSION)?,
            id: text(0),
            kind: text(1),
            at_us: self.columns[2].micros(row).map_err(|()| "at")?,
            merchant: text(3),
            product: text(4),
            lot: text(5),
            order: text(6),
            quantity: whole(7)?,
            amount_minor: whole(8)?,
            rating: whole(9)?,
            reason: text(10),
            place: text(11),
            device: text(12),
            buyer: text(13),
            buyer_age_days: whole(14)?,
            text_hash: self.columns[15].bits(row),
            weight_grams: whole(16)?,
            list_price_minor: whole(17)?,
            verified: self.columns[18].truth(row),
            text: text(19),
        })
    }
}
