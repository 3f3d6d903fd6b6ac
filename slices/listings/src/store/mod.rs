//! The only SQL of this slice. Entities and migrations in [`schema`]; one file a noun.

pub(crate) mod banks;
pub(crate) mod files;
pub(crate) mod imports;
pub(crate) mod listings;
pub(crate) mod pictures;
pub(crate) mod rescreens;
pub(crate) mod runs;
pub(crate) mod schema;
pub(crate) mod versions;

use kernel::Result;

/// Most ids in one `IN (…)`: SQLite takes 32,766 parameters, MySQL and PostgreSQL 65,535.
pub(crate) const IN_MAX: usize = 500;

/// Most rows in one `INSERT`, so that rows × columns stay below SQLite's parameter limit.
pub(crate) const INSERT_ROWS_MAX: usize = 200;

pub(crate) fn fail(error: sea_orm::DbErr) -> ground::Problem {
    db::Error::from(error).into()
}

pub(crate) fn json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(ground::Problem::internal)
}

pub(crate) fn to_json<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(ground::Problem::internal)
}
