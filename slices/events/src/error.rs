//! What can go wrong.

use ground::{ErrorCode, Fault, Level, Place, Problem};

/// The document is not an EPCIS document.
pub const DOCUMENT_INVALID: ErrorCode = ErrorCode::new("events_document_invalid", 400, Level::Debug);
/// A query parameter is unknown or wrong.
pub const QUERY_INVALID: ErrorCode = ErrorCode::new("events_query_invalid", 400, Level::Debug);
/// The query would return more than its limit, or more than can be ordered.
pub const QUERY_TOO_LARGE: ErrorCode = ErrorCode::new("events_query_too_large", 413, Level::Debug);
/// The paging token is unknown, expired or of another query.
pub const TOKEN_EXPIRED: ErrorCode = ErrorCode::new("events_token_expired", 400, Level::Debug);
/// An event with this id and other content is there already.
pub const EVENT_CONFLICT: ErrorCode = ErrorCode::new("events_event_conflict", 409, Level::Info);
/// The capture is for another party.
pub const ON_BEHALF: ErrorCode = ErrorCode::new("events_on_behalf", 403, Level::Info);
/// A query of this name is there already.
pub const QUERY_EXISTS: ErrorCode = ErrorCode::new("events_query_exists", 409, Level::Debug);
/// What the client accepts cannot be given: XML, or another version of EPCIS.
pub const NOT_ACCEPTABLE: ErrorCode = ErrorCode::new("events_not_acceptable", 406, Level::Debug);
/// The address is too long.
pub const ADDRESS_TOO_LONG: ErrorCode = ErrorCode::new("events_address_too_long", 414, Level::Debug);
/// The subscription cannot be made so.
pub const SUBSCRIPTION_INVALID: ErrorCode = ErrorCode::new("events_subscription_invalid", 400, Level::Debug);

/// The codes of this crate.
pub const CODES: &[ErrorCode] = &[
    DOCUMENT_INVALID,
    QUERY_INVALID,
    QUERY_TOO_LARGE,
    TOKEN_EXPIRED,
    EVENT_CONFLICT,
    ON_BEHALF,
    QUERY_EXISTS,
    NOT_ACCEPTABLE,
    ADDRESS_TOO_LONG,
    SUBSCRIPTION_INVALID,
];

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The document cannot be read; faults with pointer, line or column.
    #[error("the document is refused")]
    Document(Vec<Fault>),
    /// A query parameter is wrong: its name and what is wrong.
    #[error("the query parameter {name} is refused: {detail_en}")]
    Query {
        /// Parameter.
        name: String,
        /// In Chinese.
        detail_zh: String,
        /// In English.
        detail_en: String,
    },
    /// More events than the query or the repository allows.
    #[error("the query finds more than {most} events")]
    TooLarge {
        /// The limit.
        most: u64,
    },
    /// The paging token.
    #[error("the paging token is not in force")]
    Token,
    /// Same id, other content.
    #[error("an event with this id and other content exists")]
    Conflict,
    /// For another party.
    #[error("captures for other parties need trace_manage")]
    OnBehalf,
    /// Name taken.
    #[error("a query named {0} exists")]
    QueryExists(String),
    /// What the platform says.
    #[error("{0}")]
    Platform(#[from] Problem),
}

impl From<db::Error> for Error {
    fn from(error: db::Error) -> Self {
        Error::Platform(error.into())
    }
}

impl From<sea_orm::DbErr> for Error {
    fn from(error: sea_orm::DbErr) -> Self {
        Error::Platform(db::Error::from(error).into())
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Document(faults) => Problem { faults, ..Problem::new(&DOCUMENT_INVALID) },
            Error::Query { ref name, ref detail_zh, ref detail_en } => {
                let fault = Fault::field(name.clone(), "events-detail").arg("zh", detail_zh).arg("en", detail_en);
                Problem { faults: vec![fault], ..Problem::new(&QUERY_INVALID) }.because(error)
            }
            Error::TooLarge { most } => Problem::new(&QUERY_TOO_LARGE).arg("most", most),
            Error::Token => Problem::new(&TOKEN_EXPIRED),
            Error::Conflict => Problem::new(&EVENT_CONFLICT),
            Error::OnBehalf => Problem::new(&ON_BEHALF),
            Error::QueryExists(ref name) => Problem::new(&QUERY_EXISTS).arg("name", name),
            Error::Platform(problem) => problem,
        }
    }
}

/// A fault of the engine, with its text in both languages, at a JSON pointer.
pub(crate) fn fault_at(pointer: &str, detail_zh: &str, detail_en: &str) -> Fault {
    let place = if pointer.is_empty() { Place::default() } else { Place::field(pointer) };
    Fault::at(place, "events-detail").arg("zh", detail_zh).arg("en", detail_en)
}
