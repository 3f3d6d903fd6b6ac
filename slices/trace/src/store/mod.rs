//! The only SQL of this duty. Nobody's permission is checked here.

mod batches;
mod keys;
mod lots;
mod schema;
mod units;

pub(crate) use batches::*;
pub(crate) use keys::*;
pub(crate) use lots::*;
pub use lots::{LotFilter, SORTS};
pub(crate) use schema::migrations;
pub(crate) use units::*;

use crate::Error;
use ground::{Problem, Timestamp};
use gs1::Gtin;
use jiff::civil::Date;

/// Most ids in one `IN (…)`.
const IN_MAX: usize = 500;
/// Most rows in one `INSERT`: rows × columns stay below SQLite's parameter limit.
const INSERT_ROWS_MAX: usize = 200;

fn damaged(what: &str, id: &str) -> Error {
    Error::Platform(Problem::internal(format!("the stored {what} of {id} cannot be read")))
}

fn gtin(text: &str, id: &str) -> Result<Gtin, Error> {
    text.parse().map_err(|_| damaged("GTIN", id))
}

fn moment(micros: Option<i64>) -> Option<Timestamp> {
    micros.map(Timestamp::from_micros)
}

fn micros(moment: Option<Timestamp>) -> Option<i64> {
    moment.map(Timestamp::micros)
}

fn day(text: Option<&String>) -> Option<Date> {
    text.and_then(|text| text.parse().ok())
}

fn day_text(date: Option<Date>) -> Option<String> {
    date.map(|date| date.to_string())
}

/// A counter as the store keeps it: counters are below 2⁴⁰.
fn stored(counter: u64) -> i64 {
    i64::try_from(counter).unwrap_or(i64::MAX)
}

fn counted(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}
