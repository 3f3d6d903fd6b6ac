//! The only SQL of this slice. Entities and migrations in [`schema`]; one file a noun.

pub(crate) mod keys;
pub(crate) mod records;
pub(crate) mod reports;
pub(crate) mod schema;
pub(crate) mod sightings;
pub(crate) mod warnings;

use ground::Problem;

/// Most serial numbers in one `IN (…)`.
const IN_MAX: usize = 400;

pub(crate) fn fail(error: sea_orm::DbErr) -> Problem {
    db::Error::from(error).into()
}

pub(crate) fn unknown(what: &str, value: &str) -> Problem {
    Problem::internal(format!("a row has the unknown {what} {value}"))
}
