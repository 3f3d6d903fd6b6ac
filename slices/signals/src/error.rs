//! What can go wrong here, and how a person or a program hears of it.

use ground::Fault;
use ground::problem::{ErrorCode, Level, Problem};

/// More comes in than can be worked through: try again in a moment.
pub const BUSY: ErrorCode = ErrorCode::new("signals_busy", 429, Level::Info);
/// The disk is full: nothing was kept that is not in the answer.
pub const FULL: ErrorCode = ErrorCode::new("signals_full", 507, Level::Error);
/// The log cannot be written or read.
pub const STORAGE: ErrorCode = ErrorCode::new("signals_storage", 503, Level::Error);
/// This process does not take signals.
pub const CLOSED: ErrorCode = ErrorCode::new("signals_closed", 503, Level::Error);
/// Another process has the folder.
pub const LOCKED: ErrorCode = ErrorCode::new("signals_locked", 409, Level::Warn);
/// The body cannot be unpacked or is no Arrow stream.
pub const BODY: ErrorCode = ErrorCode::new("signals_body", 400, Level::Debug);
/// The body came too slowly.
pub const SLOW: ErrorCode = ErrorCode::new("signals_slow", 408, Level::Info);
/// A mapping file is wrong.
pub const MAPPING: ErrorCode = ErrorCode::new("signals_mapping", 422, Level::Debug);

/// The codes of this slice.
pub const CODES: &[ErrorCode] = &[BUSY, FULL, STORAGE, CLOSED, LOCKED, BODY, SLOW, MAPPING];

/// A refusal of this slice.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Too much waits.
    #[error("too much waits to be folded")]
    Busy,
    /// No process of signals runs over this store.
    #[error("signals are not open")]
    Closed,
    /// Another process has the folder.
    #[error("another process takes the signals of this folder")]
    Locked,
    /// What the disk says; `kept` signals of the same request are on the disk.
    #[error("the log: {source}")]
    Disk {
        /// Signals of the request that are kept.
        kept: u64,
        /// What the disk says.
        source: std::io::Error,
    },
    /// What a part of the store says.
    #[error("{0}")]
    Storage(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The body is not what was announced.
    #[error("the body: {detail}")]
    Body {
        /// In English, for the log and the sender.
        detail: String,
        /// Signals of the request that are kept.
        kept: u64,
    },
    /// Nothing came for too long.
    #[error("nothing came for {seconds} seconds")]
    Slow {
        /// How long was waited.
        seconds: u64,
        /// Signals of the request that are kept.
        kept: u64,
    },
    /// A mapping file is wrong, at these places.
    #[error("the mapping is wrong: {0:?}")]
    Mapping(Vec<Fault>),
}

impl Error {
    pub(crate) fn storage(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        Error::Storage(source.into())
    }

    /// The same, saying how many signals of the request are kept.
    #[must_use]
    pub(crate) fn having_kept(self, more: u64) -> Error {
        match self {
            Error::Disk { kept, source } => Error::Disk { kept: kept + more, source },
            Error::Body { detail, kept } => Error::Body { detail, kept: kept + more },
            Error::Slow { seconds, kept } => Error::Slow { seconds, kept: kept + more },
            other => other,
        }
    }
}

impl From<segments::Error> for Error {
    fn from(error: segments::Error) -> Error {
        match error {
            segments::Error::Disk(kind, text) => Error::Disk { kept: 0, source: std::io::Error::new(kind, text) },
            segments::Error::Busy => Error::Busy,
            segments::Error::Locked(_) => Error::Locked,
            other => Error::Storage(Box::new(other)),
        }
    }
}

/// Seconds after which a sender that was too fast should try again.
const BUSY_SECONDS: u64 = 2;

impl From<Error> for Problem {
    fn from(error: Error) -> Problem {
        match error {
            Error::Busy => Problem::new(&BUSY).arg("seconds", BUSY_SECONDS),
            Error::Closed => Problem::new(&CLOSED),
            Error::Locked => Problem::new(&LOCKED),
            Error::Disk { kept, source } => {
                let full = matches!(
                    source.kind(),
                    std::io::ErrorKind::StorageFull
                        | std::io::ErrorKind::QuotaExceeded
                        | std::io::ErrorKind::FileTooLarge
                );
                Problem::new(if full { &FULL } else { &STORAGE }).arg("kept", kept).because(source)
            }
            Error::Storage(source) => Problem::new(&STORAGE).arg("kept", 0).because(source),
            Error::Body { detail, kept } => Problem::new(&BODY).arg("detail", detail).arg("kept", kept),
            Error::Slow { seconds, kept } => Problem::new(&SLOW).arg("after", seconds).arg("kept", kept),
            Error::Mapping(faults) => Problem { faults, ..Problem::new(&MAPPING) },
        }
    }
}
