//! What can go wrong here, and how a person or a program hears of it.

use ground::problem::{ErrorCode, Level, Problem};

/// The code cannot be read.
pub const CODE_INVALID: ErrorCode = ErrorCode::new("scan_code_invalid", 400, Level::Debug);
/// The lot was withdrawn: there is nothing to resolve any more.
pub const GONE: ErrorCode = ErrorCode::new("scan_gone", 410, Level::Debug);
/// There is no link of the asked type.
pub const NO_LINK: ErrorCode = ErrorCode::new("scan_no_link", 404, Level::Debug);
/// The warning is closed already.
pub const WARNING_CLOSED: ErrorCode = ErrorCode::new("scan_warning_closed", 409, Level::Debug);
/// Too many reports from one place.
pub const REPORTS_FULL: ErrorCode = ErrorCode::new("scan_reports_full", 429, Level::Info);

/// The codes of this slice.
pub const CODES: &[ErrorCode] = &[CODE_INVALID, GONE, NO_LINK, WARNING_CLOSED, REPORTS_FULL];

/// A refusal of this slice.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Somebody closed it before.
    #[error("the warning is closed already")]
    WarningClosed,
    /// Enough for this hour.
    #[error("at most {most} reports an hour from one address")]
    ReportsFull {
        /// The limit.
        most: i64,
    },
}

impl From<Error> for Problem {
    fn from(error: Error) -> Problem {
        match error {
            Error::WarningClosed => Problem::new(&WARNING_CLOSED),
            Error::ReportsFull { most } => Problem::new(&REPORTS_FULL).arg("most", most),
        }
    }
}
