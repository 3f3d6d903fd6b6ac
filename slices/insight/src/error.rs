//! What can go wrong here, and the codes a caller receives.

use ground::problem::{ErrorCode, Level, Place};
use ground::{Fault, Problem};
use lake::{QueryError, Refusal};

/// Not a statement, or one that does not fit the tables.
pub const QUERY_INVALID: ErrorCode = ErrorCode::new("query_invalid", 400, Level::Debug);
/// The statement would do something else than read.
pub const QUERY_READ_ONLY: ErrorCode = ErrorCode::new("query_read_only", 400, Level::Debug);
/// It takes too long or too much memory.
pub const QUERY_TOO_LARGE: ErrorCode = ErrorCode::new("query_too_large", 422, Level::Info);
/// Too many questions at once.
pub const QUERY_BUSY: ErrorCode = ErrorCode::new("query_busy", 429, Level::Info);
/// So many questions are saved already.
pub const SAVED_FULL: ErrorCode = ErrorCode::new("query_saved_full", 409, Level::Debug);

/// The codes of this duty.
pub const CODES: &[ErrorCode] = &[QUERY_INVALID, QUERY_READ_ONLY, QUERY_TOO_LARGE, QUERY_BUSY, SAVED_FULL];

/// A failure of this duty.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The question was not answered.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// Enough is saved.
    #[error("at most {most} questions are saved")]
    SavedFull {
        /// The limit.
        most: u64,
    },
    /// A refusal or failure of the platform or of another duty.
    #[error("{0}")]
    Platform(Problem),
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Error::Platform(problem)
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Problem {
        match error {
            Error::Query(error) => of_query(&error),
            Error::SavedFull { most } => Problem::new(&SAVED_FULL).arg("most", most),
            Error::Platform(problem) => problem,
        }
    }
}

/// A question that was not answered, as a problem: the reason in words and, where it is known, the place in the text.
fn of_query(error: &QueryError) -> Problem {
    let code = match &error.refusal {
        Refusal::Internal(why) => return Problem::internal(why.clone()),
        Refusal::NotReading(_) => &QUERY_READ_ONLY,
        Refusal::Slow(_) | Refusal::Memory(_) => &QUERY_TOO_LARGE,
        Refusal::Busy(_) | Refusal::Moved => &QUERY_BUSY,
        _ => &QUERY_INVALID,
    };
    let place = error.place.map_or_else(Place::default, |place| Place::at(place.line, place.column));
    let place = Place { field: Some("sql".into()), ..place };
    let (message, arguments) = error.message();
    let fault = Fault::at(place, format!("insight-{message}"));
    let mut problem = Problem::new(code);
    problem.faults = vec![arguments.into_iter().fold(fault, |fault, (name, value)| fault.arg(name, value))];
    problem
}
