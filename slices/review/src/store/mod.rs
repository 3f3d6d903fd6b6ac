//! The only SQL of this slice. Entities and migrations in [`schema`]; one file a noun.

pub(crate) mod decisions;
pub(crate) mod disagreements;
pub(crate) mod golden;
pub(crate) mod items;
pub(crate) mod people;
pub(crate) mod schema;
pub(crate) mod visits;

use ground::Problem;
use kernel::Result;

pub(crate) fn fail(error: sea_orm::DbErr) -> Problem {
    db::Error::from(error).into()
}

pub(crate) fn json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(Problem::internal)
}

pub(crate) fn to_json<T: serde::Serialize + ?Sized>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(Problem::internal)
}

pub(crate) fn unknown(what: &str, value: &str) -> Problem {
    Problem::internal(format!("a row has the unknown {what} {value}"))
}

pub(crate) fn flag(value: Option<bool>) -> Option<i64> {
    value.map(i64::from)
}
