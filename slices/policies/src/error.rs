//! What can go wrong in this duty, and the codes a caller receives.

use ground::problem::{ErrorCode, Level, STALE};
use ground::{Fault, Place, Problem};
use policy::{Diagnostic, Diagnostics};

/// No pack for the market.
pub const MARKET_UNKNOWN: ErrorCode = ErrorCode::new("policy_market_unknown", 404, Level::Debug);
/// The edited text says the same as before.
pub const UNCHANGED: ErrorCode = ErrorCode::new("policy_unchanged", 409, Level::Debug);
/// Inline tests fail.
pub const TESTS_FAIL: ErrorCode = ErrorCode::new("policy_tests_fail", 409, Level::Info);
/// The row is written so that its text cannot be taken out by itself.
pub const ROW_NOT_SEPARATE: ErrorCode = ErrorCode::new("policy_row_not_separate", 409, Level::Debug);
/// A stored version in force is refused by this program.
pub const STORED_REFUSED: ErrorCode = ErrorCode::new("policy_stored_refused", 500, Level::Error);
/// A trial of the version is running already.
pub const TRIAL_RUNNING: ErrorCode = ErrorCode::new("policy_trial_running", 409, Level::Debug);
/// The codes of this crate.
pub const CODES: &[ErrorCode] =
    &[MARKET_UNKNOWN, UNCHANGED, TESTS_FAIL, ROW_NOT_SEPARATE, STORED_REFUSED, TRIAL_RUNNING];

/// A failure of this duty.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such table, row, version or trial.
    #[error("nothing there")]
    Missing,
    /// No pack for the market.
    #[error("no policy pack for market {0}")]
    Market(String),
    /// Another version was put in force, or the row changed, since it was read.
    #[error("changed since it was read")]
    Stale,
    /// The text says what the base says.
    #[error("nothing changed")]
    Unchanged,
    /// The pack is refused, at these places.
    #[error("{0}")]
    Refused(Diagnostics),
    /// The pack is refused; places count within the text of one form field.
    #[error("{0}")]
    RefusedField(&'static str, Diagnostics),
    /// A field of a form or body is wrong.
    #[error("{0} is wrong")]
    Field(&'static str, &'static str),
    /// Inline tests fail.
    #[error("{} inline tests fail", .0.len())]
    TestsFail(Vec<policy::TestFailure>),
    /// The row's text cannot be taken out by itself.
    #[error("the row {0} has no lines of its own")]
    NotSeparate(String),
    /// A trial of the version is running.
    #[error("a trial is running")]
    TrialRunning,
    /// The version in force cannot be read by this program.
    #[error("the stored policy pack {market} in force is refused:\n{reason}")]
    Stored {
        /// Of which market.
        market: String,
        /// Why.
        reason: Diagnostics,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] db::Error),
    /// A refusal or failure of the platform.
    #[error("{0}")]
    Platform(Problem),
}

/// A result of this duty.
pub type Result<T, E = Error> = std::result::Result<T, E>;

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
            Error::Market(market) => Problem::new(&MARKET_UNKNOWN).arg("market", market),
            Error::Stale => Problem::new(&STALE),
            Error::Unchanged => Problem::new(&UNCHANGED),
            Error::Refused(found) => Problem::invalid(found.iter().map(|one| fault(one, None)).collect()),
            Error::RefusedField(field, found) => {
                Problem::invalid(found.iter().map(|one| fault(one, Some(field))).collect())
            }
            Error::Field(field, message) => Problem::invalid_field(field, message),
            Error::TestsFail(failures) => {
                let mut problem = Problem::new(&TESTS_FAIL).arg("count", failures.len());
                problem.faults = failures.iter().take(Problem::FAULTS_MAX).map(test_fault).collect();
                problem
            }
            Error::NotSeparate(row) => Problem::new(&ROW_NOT_SEPARATE).arg("row", row),
            Error::TrialRunning => Problem::new(&TRIAL_RUNNING),
            Error::Stored { ref market, .. } => {
                Problem::new(&STORED_REFUSED).arg("market", market.clone()).because(error)
            }
            Error::Store(error) => error.into(),
            Error::Platform(problem) => problem,
        }
    }
}

/// A diagnostic as a fault. With `field` the place counts within that field's text and the file is left out.
fn fault(found: &Diagnostic, field: Option<&'static str>) -> Fault {
    let mut place = Place::at(found.line.into(), found.column.into());
    match field {
        Some(name) => place.field = Some(name.to_owned()),
        None => {
            place.file = Some(found.file.to_string());
            place.field = found.field.as_deref().map(str::to_owned);
        }
    }
    let row = found.row.as_deref().unwrap_or("");
    Fault::at(place, "policies-fault").arg("row", row).arg("zh", &found.message.zh).arg("en", &found.message.en)
}

fn test_fault(failure: &policy::TestFailure) -> Fault {
    Fault::at(Place::at(failure.line.into(), 1).in_file(failure.file.clone()), "policies-fault")
        .arg("row", &failure.row)
        .arg("zh", &failure.message.zh)
        .arg("en", &failure.message.en)
}
