//! What can go wrong in this duty, and the codes a caller receives.

use ground::problem::{ErrorCode, Level, STALE, WRONG_STATE};
use ground::{Fault, Problem};

/// The recall reaches nothing: there is nothing to start.
pub const REACHES_NOTHING: ErrorCode = ErrorCode::new("recall_reaches_nothing", 409, Level::Info);
/// The codes of this crate.
pub const CODES: &[ErrorCode] = &[REACHES_NOTHING];

/// A failure of this duty.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such recall or notice, or not the reader's own.
    #[error("nothing there")]
    Missing,
    /// Somebody else changed it since it was read.
    #[error("changed since it was read")]
    Stale,
    /// The step does not fit the state.
    #[error("{what} cannot be done while {state}")]
    WrongState {
        /// What was tried, a stable name.
        what: &'static str,
        /// The state it is in, a stable name.
        state: &'static str,
    },
    /// The input is wrong at these places.
    #[error("{} faults in the input", .0.len())]
    Invalid(Vec<Fault>),
    /// Nothing is reached.
    #[error("the recall reaches nothing")]
    ReachesNothing,
    /// The store.
    #[error(transparent)]
    Store(#[from] db::Error),
    /// A refusal or failure of the platform or of another duty.
    #[error("{0}")]
    Platform(Problem),
}

impl Error {
    /// One field is wrong.
    pub fn field(name: &str, message: &'static str) -> Self {
        Error::Invalid(vec![Fault::field(name, message)])
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Error::Platform(problem)
    }
}

impl From<sea_orm::DbErr> for Error {
    fn from(error: sea_orm::DbErr) -> Self {
        Error::Store(db::Error::from(error))
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Missing => Problem::not_found(),
            Error::Stale => Problem::new(&STALE),
            Error::WrongState { what, state } => Problem::new(&WRONG_STATE).arg("what", what).arg("state", state),
            Error::Invalid(faults) => Problem::invalid(faults),
            Error::ReachesNothing => Problem::new(&REACHES_NOTHING),
            Error::Store(error) => error.into(),
            Error::Platform(problem) => problem,
        }
    }
}
