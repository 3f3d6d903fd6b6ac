//! The only SQL of this slice. Tables in [`schema`]; one file a noun.

pub(crate) mod days;
pub(crate) mod evidence;
pub(crate) mod history;
pub(crate) mod ratings;
pub(crate) mod schema;

use ground::Problem;

pub(crate) fn fail(error: sea_orm::DbErr) -> Problem {
    db::Error::from(error).into()
}

pub(crate) fn unknown(what: &str, value: &str) -> Problem {
    Problem::internal(format!("a row has the unknown {what} {value}"))
}
