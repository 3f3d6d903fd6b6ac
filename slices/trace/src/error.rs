//! What can go wrong in this duty, and the codes a caller receives.

use ground::problem::{ErrorCode, Level, STALE, WRONG_STATE};
use ground::{Fault, Problem};

/// The key has no counters left for this GTIN.
pub const KEY_EXHAUSTED: ErrorCode = ErrorCode::new("code_key_exhausted", 409, Level::Warn);
/// A lot with this number is there already.
pub const LOT_EXISTS: ErrorCode = ErrorCode::new("lot_exists", 409, Level::Debug);
/// The merchant may not sell, so it may not mint.
pub const MERCHANT_STOPPED: ErrorCode = ErrorCode::new("codes_merchant_stopped", 409, Level::Info);
/// The label sheet cannot be written as asked.
pub const SHEET_REFUSED: ErrorCode = ErrorCode::new("label_sheet_refused", 422, Level::Debug);
/// The codes of this crate.
pub const CODES: &[ErrorCode] = &[KEY_EXHAUSTED, LOT_EXISTS, MERCHANT_STOPPED, SHEET_REFUSED];

/// A failure of this duty.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such lot, document, batch or key, or not the reader's own.
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
    /// No counters left.
    #[error("the key has {left} codes left for this GTIN")]
    Exhausted {
        /// How many are left.
        left: u64,
    },
    /// The lot number is taken.
    #[error("the lot number is taken")]
    LotExists,
    /// The merchant may not sell.
    #[error("the merchant is {state}")]
    MerchantStopped {
        /// Its state, a stable name.
        state: &'static str,
    },
    /// A label sheet.
    #[error(transparent)]
    Sheet(#[from] labels::Error),
    /// A key that does not open.
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
    ///
    /// # Errors
    /// [`Error::Invalid`].
    pub fn check(faults: Vec<Fault>) -> Result<(), Error> {
        if faults.is_empty() { Ok(()) } else { Err(Error::Invalid(faults)) }
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Error::Platform(problem)
    }
}

impl From<merchants::Error> for Error {
    fn from(error: merchants::Error) -> Self {
        Error::Platform(error.into())
    }
}

impl From<sea_orm::DbErr> for Error {
    fn from(error: sea_orm::DbErr) -> Self {
        Error::Store(db::Error::from(error))
    }
}

impl From<gs1::unit::UnitError> for Error {
    fn from(error: gs1::unit::UnitError) -> Self {
        Error::Platform(Problem::internal(error))
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Missing => Problem::not_found(),
            Error::Stale => Problem::new(&STALE),
            Error::WrongState { what, state } => Problem::new(&WRONG_STATE).arg("what", what).arg("state", state),
            Error::Invalid(faults) => Problem::invalid(faults),
            Error::Exhausted { left } => Problem::new(&KEY_EXHAUSTED).arg("left", left),
            Error::LotExists => Problem::new(&LOT_EXISTS),
            Error::MerchantStopped { state } => Problem::new(&MERCHANT_STOPPED).arg("state", state),
            Error::Sheet(error) => match error {
                labels::Error::Write(_) => Problem::internal(error),
                ref other => {
                    let why = other.to_string();
                    Problem::new(&SHEET_REFUSED).arg("why", why).because(error)
                }
            },
            Error::Sealed(error) => error.into(),
            Error::Store(error) => error.into(),
            Error::File(error) => error.into(),
            Error::Platform(problem) => problem,
        }
    }
}
