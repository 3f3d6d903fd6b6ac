//! What can go wrong in this duty.

use ground::problem::{ErrorCode, Level, STALE, WRONG_STATE};
use ground::{Fault, Problem};

/// The laboratory may not sign: not confirmed, no accreditation in force, or no key here.
pub const LABORATORY_NOT_READY: ErrorCode = ErrorCode::new("laboratory_not_ready", 409, Level::Info);
/// The codes of this crate.
pub const CODES: &[ErrorCode] = &[LABORATORY_NOT_READY];

/// A failure of this duty.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such report or laboratory, or not the reader's own.
    #[error("nothing there")]
    Missing,
    /// Somebody else changed it since it was read.
    #[error("changed since it was read")]
    Stale,
    /// The move does not fit the state.
    #[error("{what} cannot be done while {state}")]
    WrongState {
        /// What was tried.
        what: &'static str,
        /// The state it is in.
        state: &'static str,
    },
    /// The laboratory may not sign.
    #[error("the laboratory may not sign: {0}")]
    NotReady(&'static str),
    /// The input is wrong at these places.
    #[error("{} faults in the input", .0.len())]
    Invalid(Vec<Fault>),
    /// A credential could not be made.
    #[error(transparent)]
    Credential(#[from] credentials::Error),
    /// A key could not be sealed or opened.
    #[error(transparent)]
    Sealed(#[from] kernel::sealed::Error),
    /// The store.
    #[error(transparent)]
    Store(#[from] db::Error),
    /// The files.
    #[error(transparent)]
    File(#[from] blobs::Error),
    /// A refusal or failure of the platform.
    #[error("{0}")]
    Platform(Problem),
}

impl Error {
    /// One field is wrong.
    pub fn field(name: &str, message: &'static str) -> Self {
        Error::Invalid(vec![Fault::field(name, message)])
    }

    /// `Ok` when there are no faults.
    pub fn check(faults: Vec<Fault>) -> Result<(), Error> {
        if faults.is_empty() { Ok(()) } else { Err(Error::Invalid(faults)) }
    }

    pub(crate) fn damaged(what: &str, id: &str) -> Self {
        Error::Platform(Problem::internal(format!("the stored {what} of {id} cannot be read")))
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
            Error::NotReady(why) => Problem::new(&LABORATORY_NOT_READY).arg("why", why),
            Error::Invalid(faults) => Problem::invalid(faults),
            Error::Credential(error) => Problem::internal(error),
            Error::Sealed(error) => error.into(),
            Error::Store(error) => error.into(),
            Error::File(error) => error.into(),
            Error::Platform(problem) => problem,
        }
    }
}
