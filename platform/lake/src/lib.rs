//! The history: signals and day rows as columns in files, and questions in SQL over them. The only crate that names Arrow,
//! Parquet and DataFusion.
//!
//! Reading order: `layout` (where files lie and which of them count), `disk` (each step of writing), `signal_rows` and
//! `day_rows` (the columns), [`Compaction`] (from the log into files), `maintain` (merging, retention), [`ipc`] (signals
//! that arrive as Arrow), [`mod@query`] (questions), [`mod@answer`] and [`mod@output`] (answers).
//!
//! Invariants
//! - A signal is in the lake once: files count only when the mark of compaction lies behind them, and a file merged from
//!   others takes their place in the same moment. A crash at any step leaves a state that is read rightly.
//! - Moments are kept in UTC and shown in the operator's zone; money is whole minor units.
//! - A question reads and does nothing else: one statement, checked in its tree and again in its plan, over the tables it
//!   was given. It cannot name a file, an address or a setting. Its time, memory, rows and bytes have limits.
//! - Foreign bytes (Arrow IPC) are checked message by message before anything is decoded: no length is believed.
//!
//! What it does not do: it keeps no log (`segments` does), decides no civil day (the day comes with the signal), and asks
//! nobody for permission (its callers do).

pub mod answer;
mod compaction;
mod day_rows;
mod disk;
mod error;
pub mod ipc;
mod layout;
mod maintain;
pub mod output;
mod parquet_file;
pub mod query;
mod signal_rows;
pub mod testing;

#[cfg(test)]
mod tests;

pub use answer::{Answer, Cell, Column, Type};
pub use compaction::Compaction;
pub use day_rows::DayRows;
pub use error::Error;
pub use layout::StoredFile;
pub use maintain::{Done, Keep};
pub use query::error::{Place, QueryError, Refusal};
pub use query::tables::{Described, Extra, ExtraTable};
pub use query::tail::Tail;

use disk::Disk;
use jiff::tz::TimeZone;
use layout::Layout;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

/// The name of the lock file.
const LOCK: &str = "lock";

/// What a question may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Memory of all questions together, bytes.
    pub memory_bytes: usize,
    /// What may be written to a temporary folder when memory is short, bytes; 0: nothing.
    pub spill_bytes: u64,
    /// Rows of an answer; what is beyond is cut and said so.
    pub rows_max: usize,
    /// Size of an answer, bytes of its values; what is beyond is cut and said so.
    pub result_bytes_max: usize,
    /// Time of a question, waiting included, seconds.
    pub seconds_max: u64,
    /// Questions answered at the same time.
    pub at_once_max: usize,
    /// Questions that may wait for their turn.
    pub waiting_max: usize,
    /// Threads of one question.
    pub threads: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            memory_bytes: 512 << 20,
            spill_bytes: 2 << 30,
            rows_max: 100_000,
            result_bytes_max: 32 << 20,
            seconds_max: 30,
            at_once_max: 2,
            waiting_max: 16,
            threads: 2,
        }
    }
}

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// The partition: the civil day, or the closing; days since 1970-01-01.
    pub day: i32,
    /// Rows.
    pub rows: u64,
    /// Size of the file, bytes.
    pub bytes: u64,
    /// SHA-256 of the file; of files of closings only.
    pub sha256: Option<[u8; 32]>,
}

/// A folder of history, open. Cheap to clone.
#[derive(Clone)]
pub struct Lake(Arc<Inner>);

struct Inner {
    layout: Layout,
    disk: Disk,
    /// Held as long as this process writes; `None`: opened for reading.
    lock: Option<File>,
    /// A compaction or a merge is under way.
    compacting: AtomicBool,
    /// Held while the file of a closing is written, and while files and folders are taken away.
    clearing: Mutex<()>,
    zone: TimeZone,
    limits: Limits,
    engine: query::engine::Engine,
}

impl std::fmt::Debug for Lake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lake")
            .field("root", &self.0.layout.root)
            .field("limits", &self.0.limits)
            .finish_non_exhaustive()
    }
}

impl Lake {
    /// Opens a folder for writing and reading, making it when missing. `zone` is the operator's: moments are shown in it.
    ///
    /// # Errors
    /// [`Error::Locked`] when another process writes it; what the disk says.
    pub fn open(folder: &Path, zone: TimeZone, limits: Limits) -> Result<Lake, Error> {
        Lake::open_on(folder, zone, limits, Disk::default())
    }

    pub(crate) fn open_on(folder: &Path, zone: TimeZone, limits: Limits, disk: Disk) -> Result<Lake, Error> {
        std::fs::create_dir_all(folder)?;
        let lock = File::options().create(true).truncate(false).write(true).open(folder.join(LOCK))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => return Err(Error::Locked),
            Err(std::fs::TryLockError::Error(error)) => return Err(error.into()),
        }
        Lake::with(folder, zone, limits, disk, Some(lock))
    }

    /// Opens a folder for reading only, beside a process that writes it. A folder that is not there yet is empty.
    ///
    /// # Errors
    /// What the disk says.
    pub fn open_to_read(folder: &Path, zone: TimeZone, limits: Limits) -> Result<Lake, Error> {
        Lake::with(folder, zone, limits, Disk::default(), None)
    }

    fn with(folder: &Path, zone: TimeZone, limits: Limits, disk: Disk, lock: Option<File>) -> Result<Lake, Error> {
        let root = match folder.canonicalize() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => folder.to_owned(),
            other => other?,
        };
        let layout = Layout { root };
        let engine = query::engine::Engine::new(&layout.root, &limits)?;
        Ok(Lake(Arc::new(Inner {
            layout,
            disk,
            lock,
            compacting: AtomicBool::new(false),
            clearing: Mutex::new(()),
            zone,
            limits,
            engine,
        })))
    }

    /// The first log block that is not in the lake; 0 in a lake without any.
    ///
    /// # Errors
    /// When the mark cannot be read.
    pub fn next_sequence(&self) -> Result<u64, Error> {
        self.0.layout.read_mark()
    }

    /// Begins to take the blocks up to `last` that are not in the lake yet.
    ///
    /// # Errors
    /// [`Error::Busy`] while another one is under way; what the disk says.
    pub fn compaction(&self, last: u64) -> Result<Compaction, Error> {
        Compaction::new(self, last)
    }

    /// The signals files that count, by day and block.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn signal_files(&self) -> Result<Vec<StoredFile>, Error> {
        let files = self.0.layout.signal_files(self.next_sequence()?)?;
        Ok(files.into_iter().filter(|(_, counts)| *counts).map(|(file, _)| file).collect())
    }

    /// The files of closings, by closing.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn day_files(&self) -> Result<Vec<StoredFile>, Error> {
        self.0.layout.day_files()
    }

    /// What questions may cost here.
    pub fn limits(&self) -> Limits {
        self.0.limits
    }

    /// The operator's zone.
    pub fn zone(&self) -> &TimeZone {
        &self.0.zone
    }

    fn writable(&self) -> Result<(), Error> {
        self.0.lock.as_ref().map(|_| ()).ok_or(Error::ReadOnly)
    }
}
