//! Bulk import: a shop's export becomes listings, row by row, with a status for each.
//!
//! Reading order: [`mapping`] (which column is what), `encoding` and `source` (bytes to text, under limits), `table` (text
//! to rows), [`rows`] (the same for other duties), `record` (a row to a product) and `group` (many rows to one product), `writer` (products to listings, one
//! transaction a batch with its checkpoint), [`run`] (the whole, from the command line or as a job).
//!
//! Invariants: the sequence of items a file gives under a mapping is always the same, so that a stopped import goes on
//! behind its checkpoint; memory is bounded by the batch (and, where rows are grouped, by the number of products); the
//! same file again changes nothing.

pub(crate) mod encoding;
pub(crate) mod group;
pub mod mapping;
pub(crate) mod record;
pub mod rows;
pub mod run;
pub(crate) mod source;
pub(crate) mod table;
pub(crate) mod writer;

pub use mapping::Mapping;
pub use run::{NewImport, Progress, begin, begin_at, get, list, report, rows, run_to_end};

use ground::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Name of the import job and its waker.
pub const JOB: &str = "listings-import";
/// Most rows whose status is kept one by one; of what comes after, refused rows are still counted.
pub const ROWS_KEPT_MAX: u64 = 2_000_000;
/// Most products one file may be grouped into.
pub const GROUPS_MAX: usize = 500_000;

/// Where an import stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportState {
    /// Waits for a worker.
    Queued,
    /// Being read.
    Running,
    /// Read to the end.
    Finished,
    /// Stopped by a fault of the file; what was imported before stays.
    Failed,
}

impl ImportState {
    /// Every state.
    pub const ALL: [ImportState; 4] =
        [ImportState::Queued, ImportState::Running, ImportState::Finished, ImportState::Failed];

    /// Stable name, also in `listings-import-state-…`.
    pub fn name(self) -> &'static str {
        match self {
            ImportState::Queued => "queued",
            ImportState::Running => "running",
            ImportState::Finished => "finished",
            ImportState::Failed => "failed",
        }
    }

    /// Reads a stable name.
    pub fn from_name(name: &str) -> Option<ImportState> {
        ImportState::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RowStatus {
    /// A new listing.
    Created,
    /// A new version of a listing.
    Updated,
    /// The listing says this already.
    Unchanged,
    /// Not taken, with reasons.
    Refused,
}

impl RowStatus {
    /// Every status.
    pub const ALL: [RowStatus; 4] = [RowStatus::Created, RowStatus::Updated, RowStatus::Unchanged, RowStatus::Refused];

    /// Stable name, also in `listings-row-…`.
    pub fn name(self) -> &'static str {
        match self {
            RowStatus::Created => "created",
            RowStatus::Updated => "updated",
            RowStatus::Unchanged => "unchanged",
            RowStatus::Refused => "refused",
        }
    }

    /// Reads a stable name.
    pub fn from_name(name: &str) -> Option<RowStatus> {
        RowStatus::ALL.into_iter().find(|status| status.name() == name)
    }
}

/// Why a row was not taken (or only partly): the column, a message id and its arguments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Column of the file, or the field it was mapped to; empty: the whole row.
    pub column: String,
    /// Fluent message id.
    pub message: String,
    /// Its arguments.
    pub args: Vec<(String, String)>,
}

impl Reason {
    pub(crate) fn new(column: &str, message: &str) -> Reason {
        Reason { column: column.to_owned(), message: message.to_owned(), args: Vec::new() }
    }

    #[must_use]
    pub(crate) fn arg(mut self, name: &str, value: impl std::fmt::Display) -> Reason {
        let value: String = value.to_string().chars().take(200).collect();
        self.args.push((name.to_owned(), value));
        self
    }

    /// The same as a fault at a row and line of a file.
    pub fn fault(&self, line: u64) -> ground::Fault {
        let mut fault = ground::Fault::at(
            ground::Place {
                line: Some(line),
                field: Some(self.column.clone()).filter(|c| !c.is_empty()),
                ..ground::Place::default()
            },
            self.message.clone(),
        );
        for (name, value) in &self.args {
            fault = fault.arg(name.clone(), value);
        }
        fault
    }
}

/// The status of one row (of one product, where rows are grouped).
#[derive(Debug, Clone, PartialEq)]
pub struct RowReport {
    /// Place in the sequence of the import, from 1.
    pub position: u64,
    /// Line of the file, from 1; of the first row of a product where rows are grouped.
    pub line: u64,
    /// The shop's number; empty where there was none.
    pub external_id: String,
    /// What became of it.
    pub status: RowStatus,
    /// The listing.
    pub listing_id: Option<String>,
    /// Why not, or what was left out.
    pub reasons: Vec<Reason>,
}

/// One import.
#[derive(Debug, Clone, PartialEq)]
pub struct Import {
    /// Id.
    pub id: String,
    /// For which merchant.
    pub merchant_id: String,
    /// Market.
    pub market: String,
    /// Hash of the file.
    pub file_sha256: String,
    /// Its name.
    pub file_name: String,
    /// Its size as received, bytes.
    pub file_bytes: u64,
    /// Name of the mapping.
    pub mapping_name: String,
    /// The mapping's text.
    pub mapping: String,
    /// Whether listings are handed in for screening.
    pub screen: bool,
    /// Whether the file lies on the disk of the machine that runs the import, not among the kept files.
    pub from_disk: bool,
    /// Where it stands.
    pub state: ImportState,
    /// Bytes of the file read.
    pub bytes_read: u64,
    /// Lines read.
    pub lines_read: u64,
    /// Items done: the checkpoint.
    pub rows_done: u64,
    /// Items in all, once known.
    pub rows_total: Option<u64>,
    /// New listings.
    pub created: u64,
    /// New versions.
    pub updated: u64,
    /// Rows that changed nothing.
    pub unchanged: u64,
    /// Rows not taken.
    pub refused: u64,
    /// Lines left out by a rule of the mapping, by rule.
    pub skipped: BTreeMap<String, u64>,
    /// What stopped it.
    pub failure: Option<Failed>,
    /// Who began it.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

/// What stopped an import: place and message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {
    /// Line of the file, 0 where it has none.
    pub line: u64,
    /// What.
    pub reason: Reason,
}
