//! Lots and unit codes.
mod error;
pub mod model;

pub use error::{CODES, Error};
pub use model::{
    Authenticity, Batch, BatchBrief, CodeKey, Covered, DocumentKind, Lot, LotDocument, LotState, Purpose, Turn,
    UnitStanding, UnitState,
};
