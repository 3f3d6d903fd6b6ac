//! What can go wrong here, and how a person or a program hears of it.

use ground::problem::{ErrorCode, Level, Problem};

/// The claim has run out, was given back, or belongs to somebody else.
pub const LEASE_LOST: ErrorCode = ErrorCode::new("lease_lost", 409, Level::Debug);
/// Somebody else works on the item.
pub const REVIEW_TAKEN: ErrorCode = ErrorCode::new("review_taken", 409, Level::Debug);
/// The version is no longer under review.
pub const REVIEW_STALE: ErrorCode = ErrorCode::new("review_stale", 409, Level::Debug);
/// The reviewer holds as many items as allowed.
pub const REVIEW_CLAIMS_FULL: ErrorCode = ErrorCode::new("review_claims_full", 409, Level::Debug);
/// The claim cannot be renewed again.
pub const REVIEW_RENEWALS: ErrorCode = ErrorCode::new("review_renewals", 409, Level::Debug);
/// The item was decided already, and otherwise.
pub const REVIEW_DECIDED: ErrorCode = ErrorCode::new("review_decided", 409, Level::Debug);
/// The reviewer is related to the merchant, or decided about the version before.
pub const REVIEW_CONFLICT: ErrorCode = ErrorCode::new("review_conflict", 403, Level::Info);
/// The step does not fit the state of the on-site inspection, golden item or disagreement.
pub const REVIEW_STATE: ErrorCode = ErrorCode::new("review_state", 409, Level::Debug);

/// The codes of this slice.
pub const CODES: &[ErrorCode] = &[
    LEASE_LOST,
    REVIEW_TAKEN,
    REVIEW_STALE,
    REVIEW_CLAIMS_FULL,
    REVIEW_RENEWALS,
    REVIEW_DECIDED,
    REVIEW_CONFLICT,
    REVIEW_STATE,
];

/// A refusal of this slice.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The claim is not (or no longer) the caller's.
    #[error("the claim has run out or belongs to somebody else")]
    LeaseLost,
    /// Somebody else works on it.
    #[error("somebody else works on the item")]
    Taken,
    /// The version is no longer under review.
    #[error("the version is no longer under review")]
    Stale,
    /// Too many at once.
    #[error("at most {most} items may be held at once")]
    ClaimsFull {
        /// The limit.
        most: i64,
    },
    /// Renewed too often.
    #[error("a claim may be renewed {most} times")]
    Renewals {
        /// The limit.
        most: i64,
    },
    /// Decided otherwise before.
    #[error("the item was decided already")]
    Decided,
    /// Not a neutral person.
    #[error("the reviewer is not neutral about this item")]
    Conflict,
    /// The step does not fit.
    #[error("a thing that is {state} cannot be {step}")]
    State {
        /// Present state.
        state: String,
        /// What was asked.
        step: &'static str,
    },
}

impl From<Error> for Problem {
    fn from(error: Error) -> Problem {
        match error {
            Error::LeaseLost => Problem::new(&LEASE_LOST),
            Error::Taken => Problem::new(&REVIEW_TAKEN),
            Error::Stale => Problem::new(&REVIEW_STALE),
            Error::ClaimsFull { most } => Problem::new(&REVIEW_CLAIMS_FULL).arg("most", most),
            Error::Renewals { most } => Problem::new(&REVIEW_RENEWALS).arg("most", most),
            Error::Decided => Problem::new(&REVIEW_DECIDED),
            Error::Conflict => Problem::new(&REVIEW_CONFLICT),
            Error::State { state, step } => Problem::new(&REVIEW_STATE).arg("state", state).arg("step", step),
        }
    }
}
