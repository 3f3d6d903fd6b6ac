//! The log of signals: files of at most some megabytes ("segments"), each a row of checksummed blocks.
//!
//! ```text
//! file   = "TSLOG001" first_sequence(8) crc32c(4) of both
//! block  = "TSB1" flags(1) 0(3) sequence(8) signals(4) stored_bytes(4) payload_bytes(4) crc32c of the payload as stored(4)
//!          crc32c of the header so far(4) payload
//! ```
//! Numbers little end first; flag 1: the payload is LZ4. A file is named by its first sequence in 16 hexadecimal digits.
//!
//! One thread writes. Callers put blocks in its queue and wait; it writes all that wait at once and makes them durable with
//! one sync ("group commit"). When a write or sync fails, everything since the last good sync is cut off again and each
//! waiting caller gets the error; when even the cutting fails, the log refuses to go on until it is opened anew.

mod block;
mod open;
mod read;
mod writer;

pub use read::Blocks;
pub use writer::Ticket;

use crate::disk::Disk;
use ground::Bilingual;
use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;
use writer::Job;

/// How the log keeps its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// A file that reached this many bytes is followed by a new one.
    pub segment_bytes: u64,
    /// Largest payload of a block in bytes.
    pub payload_bytes_max: usize,
    /// Most bytes waiting to be written; more are refused as [`Error::Busy`].
    pub queue_bytes_max: usize,
    /// Most bytes written before a sync.
    pub group_bytes_max: usize,
    /// Whether payloads are compressed with LZ4 where that makes them smaller.
    pub compress: bool,
    /// The greatest sequence anybody relies on (a snapshot's position, ids known to be complete): new blocks get greater
    /// ones even when the end of the log was lost.
    pub after: u64,
}

impl Default for Settings {
    /// Files of 64 MiB, payloads up to 16 MiB, 64 MiB waiting, 8 MiB a sync, compressed.
    fn default() -> Self {
        Settings {
            segment_bytes: 64 << 20,
            payload_bytes_max: 16 << 20,
            queue_bytes_max: 64 << 20,
            group_bytes_max: 8 << 20,
            compress: true,
            after: 0,
        }
    }
}

/// Why a block was not taken, or the log not opened.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// A step on the disk failed; nothing of the block counts. A full disk is of kind `StorageFull`.
    #[error("the disk: {1}")]
    Disk(io::ErrorKind, String),
    /// Too much is waiting; try later.
    #[error("too much is waiting to be written")]
    Busy,
    /// The payload is larger than the settings allow.
    #[error("a block of {bytes} bytes is larger than {bytes_max}")]
    TooLarge {
        /// Its bytes.
        bytes: usize,
        /// The most allowed.
        bytes_max: usize,
    },
    /// An earlier failure could not be undone; the log must be opened anew.
    #[error("the log stopped after a failure that could not be undone")]
    Stopped,
    /// Another process has the folder.
    #[error("another process writes in {0}")]
    Locked(String),
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Error::Disk(error.kind(), error.to_string())
    }
}

impl Error {
    /// Whether the disk is full.
    pub fn is_full(&self) -> bool {
        matches!(self, Error::Disk(io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded, _))
    }
}

/// What is wrong at a damaged place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The head of the file is not one.
    FileHead,
    /// There is no whole block header.
    BlockHead,
    /// The payload has another checksum than its header says.
    Payload,
    /// The block ends after its file.
    CutOff,
    /// The payload cannot be decompressed.
    Compression,
    /// Sequences do not grow.
    Order,
    /// The file cannot be read.
    Unreadable,
}

impl Why {
    /// In words.
    pub fn text(self) -> Bilingual {
        let (zh, en) = match self {
            Why::FileHead => ("文件头不可辨认", "the head of the file makes no sense"),
            Why::BlockHead => ("块头不可辨认", "the head of a block makes no sense"),
            Why::Payload => ("块的内容与校验和不符", "the content of a block differs from its checksum"),
            Why::CutOff => ("块在文件结束处被截断", "a block is cut off by the end of the file"),
            Why::Compression => ("块的内容无法解压", "the content of a block cannot be decompressed"),
            Why::Order => ("块的序号没有递增", "the sequences of blocks do not grow"),
            Why::Unreadable => ("文件读不出来", "the file cannot be read"),
        };
        Bilingual::new(zh, en)
    }
}

/// A damaged place. What comes after it is read on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The name of the file.
    pub file: String,
    /// Where in it, bytes.
    pub offset: u64,
    /// What is wrong.
    pub why: Why,
}

impl std::fmt::Display for Damage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} at byte {}: {}", self.file, self.offset, self.why.text().en)
    }
}

/// What was found when the log was opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Damaged places, in order.
    pub damage: Vec<Damage>,
    /// Where an unfinished write was cut off the end of a file, and how it showed.
    pub torn: Option<Damage>,
    /// Bytes cut off.
    pub torn_bytes: u64,
    /// Blocks that can be read.
    pub blocks: u64,
}

/// A block of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Its place in the order of all blocks, from 1.
    pub sequence: u64,
    /// Signals in it, as the writer said.
    pub signals: u32,
    /// Its content.
    pub payload: Vec<u8>,
}

/// One file of the log.
#[derive(Debug, Clone)]
struct Segment {
    path: PathBuf,
    /// Sequence and offset of each block that can be read.
    blocks: Vec<(u64, u64)>,
    /// Bytes that are durable.
    length: u64,
    damage: Vec<Damage>,
}

/// What writer, callers and readers share.
struct Shared {
    state: Mutex<State>,
    /// Something was put in the queue, or the log is to close.
    work: Condvar,
    /// The end moved, or the log stopped.
    moved: Condvar,
    settings: Settings,
    folder: PathBuf,
    disk: Arc<dyn Disk>,
}

struct State {
    queue: VecDeque<Job>,
    queued_bytes: usize,
    segments: Vec<Segment>,
    /// The sequence of the last durable block.
    end: u64,
    /// The next sequence.
    next: u64,
    closing: bool,
    stopped: bool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Reads the log in a folder as it lies there, beside a process that may be writing it: takes no lock and changes nothing.
/// Gives the first sequence that is kept (0 when there is none) and the blocks from `from` on; an unfinished end is where
/// they stop.
pub fn read_folder(folder: &Path, from: u64) -> Result<(u64, Blocks), Error> {
    let settings = Settings::default();
    let segments = open::look(folder, &settings)?;
    let first = segments.iter().find_map(|segment| segment.blocks.first()).map_or(0, |(sequence, _)| *sequence);
    Ok((first, Blocks::new(&segments, from, u64::MAX, settings.payload_bytes_max)))
}

/// The log. Shared by reference among threads; closing it waits for the writer.
pub struct Log {
    shared: Arc<Shared>,
    writer: Option<JoinHandle<()>>,
    _lock: File,
}

impl Log {
    /// Opens the log in a folder, which is made where it does not exist. Every block is read and checked.
    pub fn open(folder: &Path, settings: Settings) -> Result<(Log, Recovery), Error> {
        Log::open_on(crate::LocalDisk::shared(), folder, settings)
    }

    /// The same on a given disk.
    pub fn open_on(disk: Arc<dyn Disk>, folder: &Path, settings: Settings) -> Result<(Log, Recovery), Error> {
        std::fs::create_dir_all(folder)?;
        let lock = open::lock(folder)?;
        let (segments, recovery, last) = open::recover(disk.as_ref(), folder, &settings)?;
        let end = last.max(settings.after);
        let state = State {
            queue: VecDeque::new(),
            queued_bytes: 0,
            segments,
            end,
            next: end + 1,
            closing: false,
            stopped: false,
        };
        let shared = Arc::new(Shared {
            state: Mutex::new(state),
            work: Condvar::new(),
            moved: Condvar::new(),
            settings,
            folder: folder.to_owned(),
            disk,
        });
        let writer = writer::start(shared.clone())?;
        Ok((Log { shared, writer: Some(writer), _lock: lock }, recovery))
    }

    /// Appends a block of `signals` signals and returns its sequence once it is durable.
    pub fn append(&self, payload: Vec<u8>, signals: u32) -> Result<u64, Error> {
        self.append_later(payload, signals)?.wait()
    }

    /// Puts a block in the queue. The ticket gives its sequence once it is durable; it can be waited for or awaited.
    pub fn append_later(&self, payload: Vec<u8>, signals: u32) -> Result<Ticket, Error> {
        writer::enqueue(&self.shared, payload, signals)
    }

    /// Reads the durable blocks from a sequence on, in order, as far as the log reached when this was called. Damaged
    /// places come as errors, and reading goes on after them.
    pub fn read(&self, from: u64) -> Blocks {
        let state = self.shared.state();
        Blocks::new(&state.segments, from, state.end, self.shared.settings.payload_bytes_max)
    }

    /// The first sequence that can be read; one more than the last when nothing is kept.
    pub fn start(&self) -> u64 {
        let state = self.shared.state();
        let first = state.segments.iter().find_map(|segment| segment.blocks.first());
        first.map_or(state.next, |(sequence, _)| *sequence)
    }

    /// The sequence of the last durable block; 0 before the first.
    pub fn end(&self) -> u64 {
        self.shared.state().end
    }

    /// Waits until a block after `sequence` is durable, at most this long; says whether there is one.
    pub fn wait_past(&self, sequence: u64, at_most: Duration) -> bool {
        let state = self.shared.state();
        let waiting = |state: &mut State| state.end <= sequence && !state.stopped && !state.closing;
        match self.shared.moved.wait_timeout_while(state, at_most, waiting) {
            Ok((state, _)) => state.end > sequence,
            Err(_) => false,
        }
    }

    /// Removes files whose blocks all come before `sequence`. The file being written stays.
    pub fn retain_from(&self, sequence: u64) -> Result<(), Error> {
        let removed: Vec<PathBuf> = {
            let mut state = self.shared.state();
            let last = state.segments.len().saturating_sub(1);
            let old = state.segments[..last]
                .iter()
                .take_while(|segment| segment.blocks.last().is_none_or(|(last, _)| *last < sequence))
                .count();
            state.segments.drain(..old).map(|segment| segment.path).collect()
        };
        for path in &removed {
            self.shared.disk.remove(path)?;
        }
        if !removed.is_empty() {
            self.shared.disk.sync_folder(&self.shared.folder)?;
        }
        Ok(())
    }

    /// Bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.shared.state().segments.iter().map(|segment| segment.length).sum()
    }

    /// How many files there are.
    pub fn segments(&self) -> usize {
        self.shared.state().segments.len()
    }

    /// Bytes waiting to be written.
    pub fn queued_bytes(&self) -> usize {
        self.shared.state().queued_bytes
    }

    /// Whether a failure stopped it.
    pub fn is_stopped(&self) -> bool {
        self.shared.state().stopped
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.shared.state().closing = true;
        self.shared.work.notify_all();
        self.shared.moved.notify_all();
        if let Some(writer) = self.writer.take() {
            // A writer that panicked has nothing left to say.
            let _ = writer.join();
        }
    }
}
