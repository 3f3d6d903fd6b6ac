//! What can go wrong here, and how a person or a program hears of it.

use ground::problem::{ErrorCode, Level, Problem};

/// Nobody holds the effect.
pub const NOT_HELD: ErrorCode = ErrorCode::new("rating_not_held", 409, Level::Debug);
/// There is no effect to lift.
pub const NO_EFFECT: ErrorCode = ErrorCode::new("rating_no_effect", 409, Level::Debug);

/// The codes of this slice.
pub const CODES: &[ErrorCode] = &[NOT_HELD, NO_EFFECT];

/// A refusal of this slice.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody holds the effect, so that nothing can be released.
    #[error("no person holds the effect of this rating")]
    NotHeld,
    /// The rating has no effect, so that nothing can be lifted.
    #[error("this rating has no effect")]
    NoEffect,
}

impl From<Error> for Problem {
    fn from(error: Error) -> Problem {
        match error {
            Error::NotHeld => Problem::new(&NOT_HELD),
            Error::NoEffect => Problem::new(&NO_EFFECT),
        }
    }
}
