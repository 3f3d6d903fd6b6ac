//! What can go wrong here, and how a person or a program hears of it.

use ground::problem::{ErrorCode, Fault, Level, Problem};

/// Somebody changed the listing since it was read.
pub const LISTING_STALE: ErrorCode = ErrorCode::new("listing_stale", 409, Level::Debug);
/// The event does not fit the state.
pub const LISTING_STATE: ErrorCode = ErrorCode::new("listing_state", 409, Level::Debug);
/// The merchant already has a listing with this number.
pub const LISTING_TAKEN: ErrorCode = ErrorCode::new("listing_taken", 409, Level::Debug);
/// There is no policy pack for the market.
pub const LISTING_MARKET: ErrorCode = ErrorCode::new("listing_market", 422, Level::Debug);
/// The rules of the pack cannot be compiled; nothing is screened and nothing goes on sale until they can.
pub const SCREENING_RULES: ErrorCode = ErrorCode::new("screening_rules", 503, Level::Error);
/// The mapping file is wrong.
pub const IMPORT_MAPPING: ErrorCode = ErrorCode::new("import_mapping", 422, Level::Info);
/// The import file cannot be read.
pub const IMPORT_UNREADABLE: ErrorCode = ErrorCode::new("import_unreadable", 422, Level::Info);
/// Another worker is importing the same file.
pub const IMPORT_RUNNING: ErrorCode = ErrorCode::new("import_running", 409, Level::Info);

/// The codes of this slice.
pub const CODES: &[ErrorCode] = &[
    LISTING_STALE,
    LISTING_STATE,
    LISTING_TAKEN,
    LISTING_MARKET,
    SCREENING_RULES,
    IMPORT_MAPPING,
    IMPORT_UNREADABLE,
    IMPORT_RUNNING,
];

/// A refusal of this slice.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The version is not in the state the caller saw.
    #[error("the listing has changed since it was read")]
    Stale,
    /// The event does not fit.
    #[error("a listing that is {state} cannot {event}")]
    State {
        /// Present state's stable name.
        state: String,
        /// What was asked.
        event: String,
    },
    /// The shop's number is in use.
    #[error("the merchant already has a listing {external_id}")]
    Taken {
        /// The number.
        external_id: String,
    },
    /// No such market.
    #[error("no policy pack for the market {market}")]
    Market {
        /// What was asked.
        market: String,
    },
    /// Rules do not compile.
    #[error("the screening rules of {market} cannot be used: {reason}")]
    Rules {
        /// Market.
        market: String,
        /// First diagnostic.
        reason: String,
    },
    /// The mapping is wrong at these places.
    #[error("the mapping is wrong")]
    Mapping(Vec<Fault>),
    /// The file is wrong at this place.
    #[error("the file cannot be read")]
    Unreadable(Box<Fault>),
}

impl From<Error> for Problem {
    fn from(error: Error) -> Problem {
        match error {
            Error::Stale => Problem::new(&LISTING_STALE),
            Error::State { state, event } => Problem::new(&LISTING_STATE).arg("state", state).arg("event", event),
            Error::Taken { external_id } => Problem::new(&LISTING_TAKEN).arg("number", external_id),
            Error::Market { market } => Problem::new(&LISTING_MARKET).arg("market", market),
            Error::Rules { ref market, .. } => {
                Problem::new(&SCREENING_RULES).arg("market", market.clone()).because(error)
            }
            Error::Mapping(faults) => Problem { faults, ..Problem::new(&IMPORT_MAPPING) },
            Error::Unreadable(fault) => Problem { faults: vec![*fault], ..Problem::new(&IMPORT_UNREADABLE) },
        }
    }
}
