//! What can go wrong while files are written and read. Questions have errors of their own: [`crate::QueryError`].

use datafusion::arrow::error::ArrowError;
use datafusion::parquet::errors::ParquetError;
use std::io;

/// A failure of the lake.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another process writes this folder.
    #[error("another process writes this history")]
    Locked,
    /// It was opened for reading.
    #[error("the history was opened for reading only")]
    ReadOnly,
    /// A compaction is under way already.
    #[error("a compaction is under way")]
    Busy,
    /// More files than are looked at.
    #[error("more than {most} files in one folder of the history")]
    TooManyFiles {
        /// The limit.
        most: usize,
    },
    /// A file that does not say what it should.
    #[error("{file} is damaged: {why}")]
    Damaged {
        /// Which, below the folder of the lake.
        file: String,
        /// In the words of what read it.
        why: String,
    },
    /// The disk.
    #[error("history: {0}")]
    Disk(#[from] io::Error),
    /// A file could not be written or read.
    #[error("history: {0}")]
    Format(String),
}

impl From<ParquetError> for Error {
    fn from(error: ParquetError) -> Self {
        Error::Format(error.to_string())
    }
}

impl From<ArrowError> for Error {
    fn from(error: ArrowError) -> Self {
        Error::Format(error.to_string())
    }
}
