//! The only SQL of this slice: which days were closed and how far loops were told. Signals themselves stand in the log and
//! the lake.

pub(crate) mod closings;
pub(crate) mod schema;

use ground::Problem;

pub(crate) fn fail(error: sea_orm::DbErr) -> Problem {
    db::Error::from(error).into()
}
