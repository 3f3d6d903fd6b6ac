use ground::Problem;
use ground::problem::{INTERNAL, STALE, UNAVAILABLE};
use sea_orm::{DbErr, SqlErr};

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A row with this key is already there.
    #[error("a row with the same key exists: {0}")]
    Duplicate(String),
    /// The store cannot be reached, is busy for too long, or its disk is full.
    #[error("the store is not available: {0}")]
    Unavailable(#[source] DbErr),
    /// Anything else: a fault of the product.
    #[error("the store refused a statement: {0}")]
    Statement(#[source] DbErr),
    /// The database address is not usable.
    #[error("database address: {0}")]
    Address(String),
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        if let Some(SqlErr::UniqueConstraintViolation(text)) = error.sql_err() {
            return Error::Duplicate(text);
        }
        let text = error.to_string();
        let unreachable = matches!(error, DbErr::Conn(_) | DbErr::ConnectionAcquire(_) | DbErr::TryIntoErr { .. })
            || ["disk is full", "No space left", "database is locked", "disk I/O error", "readonly database"]
                .iter()
                .any(|sign| text.contains(sign));
        if unreachable { Error::Unavailable(error) } else { Error::Statement(error) }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let code = match &error {
            Error::Duplicate(_) => &STALE,
            Error::Unavailable(_) => &UNAVAILABLE,
            Error::Statement(_) | Error::Address(_) => &INTERNAL,
        };
        Problem::new(code).because(error)
    }
}
