//! What can go wrong in this duty, and the codes a caller receives.

use crate::model::{Move, State};
use ground::problem::{ErrorCode, Level, STALE, WRONG_STATE};
use ground::{Fault, Problem};

/// The merchant or one of its identities stands on the blacklist.
pub const BLACKLISTED: ErrorCode = ErrorCode::new("merchant_blacklisted", 409, Level::Info);
/// The organisation already has a merchant file.
pub const MERCHANT_EXISTS: ErrorCode = ErrorCode::new("merchant_exists", 409, Level::Debug);
/// The pack of the merchant's market cannot be used.
pub const MARKET_UNKNOWN: ErrorCode = ErrorCode::new("merchant_market_unknown", 422, Level::Info);
/// The codes of this crate.
pub const CODES: &[ErrorCode] = &[BLACKLISTED, MERCHANT_EXISTS, MARKET_UNKNOWN];

/// A failure of this duty.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such merchant, qualification, authorisation or entry, or not the reader's own.
    #[error("nothing there")]
    Missing,
    /// Somebody else changed it since it was read.
    #[error("changed since it was read")]
    Stale,
    /// The move does not fit the state.
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
    /// A blacklisted party.
    #[error("on the blacklist")]
    Blacklisted,
    /// The organisation has a file already.
    #[error("the organisation has a merchant file")]
    Exists,
    /// No pack for the market, or the pack refuses.
    #[error("market {market}: {reason}")]
    Market {
        /// The market asked for.
        market: String,
        /// Why.
        reason: String,
    },
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
    /// A move that the state does not allow.
    pub fn not_while(what: Move, state: State) -> Self {
        Error::WrongState { what: what.name(), state: state.name() }
    }

    /// One field is wrong.
    pub fn field(name: &str, message: &'static str) -> Self {
        Error::Invalid(vec![Fault::field(name, message)])
    }

    /// `Ok` when there are no faults.
    pub fn check(faults: Vec<Fault>) -> Result<(), Error> {
        if faults.is_empty() { Ok(()) } else { Err(Error::Invalid(faults)) }
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
            Error::Blacklisted => Problem::new(&BLACKLISTED),
            Error::Exists => Problem::new(&MERCHANT_EXISTS),
            Error::Market { ref market, .. } => {
                Problem::new(&MARKET_UNKNOWN).arg("market", market.clone()).because(error)
            }
            Error::Store(error) => error.into(),
            Error::File(error) => error.into(),
            Error::Platform(problem) => problem,
        }
    }
}
