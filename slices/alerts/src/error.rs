//! What can go wrong here, and how a person or a program hears of it.

use ground::problem::{ErrorCode, Level, Problem};

/// The alert is closed, or the step was taken before.
pub const ALERT_STATE: ErrorCode = ErrorCode::new("alert_wrong_state", 409, Level::Debug);
/// Somebody else changed the alert at the same moment.
pub const ALERT_CHANGED: ErrorCode = ErrorCode::new("alert_changed", 409, Level::Debug);
/// Nothing is sold here that could be stopped.
pub const NOTHING_TO_STOP: ErrorCode = ErrorCode::new("alert_nothing_to_stop", 409, Level::Debug);
/// There is no history to try a detector on.
pub const NO_HISTORY: ErrorCode = ErrorCode::new("detector_no_history", 409, Level::Debug);
/// The changed policy cannot be read.
pub const DETECTOR_REFUSED: ErrorCode = ErrorCode::new("detector_refused", 422, Level::Debug);

/// The codes of this slice.
pub const CODES: &[ErrorCode] = &[ALERT_STATE, ALERT_CHANGED, NOTHING_TO_STOP, NO_HISTORY, DETECTOR_REFUSED];

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is closed, or the step was taken before.
    #[error("the alert cannot do that any more")]
    State,
    /// Somebody else was faster.
    #[error("the alert was changed at the same moment")]
    Changed,
    /// A category is no goods.
    #[error("nothing is sold here that could be stopped")]
    NothingToStop,
    /// No day rows.
    #[error("there is no history of these days")]
    NoHistory,
}

impl From<Error> for Problem {
    fn from(error: Error) -> Problem {
        match error {
            Error::State => Problem::new(&ALERT_STATE),
            Error::Changed => Problem::new(&ALERT_CHANGED),
            Error::NothingToStop => Problem::new(&NOTHING_TO_STOP),
            Error::NoHistory => Problem::new(&NO_HISTORY),
        }
    }
}
