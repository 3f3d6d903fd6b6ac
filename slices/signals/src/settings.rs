//! Technical settings of a process that takes signals in. What is law or the operator's choice stands in the policy pack.

use crate::connector::nats;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Largest size of one segment of the log, bytes.
pub const SEGMENT_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Bytes of blocks that may wait to be folded; beyond them new signals are turned away for a while.
pub const LAG_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;
/// Bytes of bodies being worked through at once.
pub const IN_FLIGHT_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Longest time a sender waits for room, milliseconds.
pub const ROOM_MS_MAX: u64 = 5_000;
/// Longest time in which nothing of a body may come, milliseconds.
pub const SILENCE_MS_MAX: u64 = 30_000;
/// Longest time a day's end holds the fold until its reactions are done, seconds.
pub const HOLD_SECONDS_MAX: u64 = 120;
/// Keys in memory; the others are spilled to the disk.
pub const HOT_KEYS_MAX: usize = 1_000_000;
/// Ids in memory before they become a run on the disk (about 40 bytes each).
pub const IDS_IN_MEMORY_MAX: usize = 8_000_000;
/// Ids remembered in all (24 bytes each on the disk, 4 in memory).
pub const IDS_MAX: usize = 500_000_000;
/// Bytes of blocks folded between two snapshots.
pub const SNAPSHOT_BYTES: u64 = 1024 * 1024 * 1024;

/// Where a process keeps its signals, and how much it may use.
#[derive(Clone)]
pub struct Settings {
    /// Log, ids, snapshots, spilled records.
    pub folder: PathBuf,
    /// The columnar history.
    pub lake: PathBuf,
    /// What questions to it may cost.
    pub lake_limits: lake::Limits,
    /// The stream of a broker signals are fetched from; none: they are only sent.
    pub nats: Option<nats::Settings>,
    /// Bytes of blocks that may wait to be folded.
    pub lag_bytes_max: u64,
    /// Bytes of bodies being worked through at once.
    pub in_flight_bytes_max: usize,
    /// How long a sender waits for room before it is told to come again, milliseconds.
    pub room_ms_max: u64,
    /// How long nothing may come of a body, milliseconds.
    pub silence_ms_max: u64,
    /// How long a day's end holds the fold until its reactions are done, seconds; 0: not at all.
    pub hold_seconds_max: u64,
    /// Keys in memory.
    pub hot_keys_max: usize,
    /// Ids in memory before they become a run on the disk.
    pub ids_in_memory_max: usize,
    /// Ids remembered in all; the oldest are forgotten first.
    pub ids_max: usize,
    /// Bytes of blocks folded between two snapshots.
    pub snapshot_bytes: u64,
    /// Largest size of one segment of the log, bytes.
    pub segment_bytes_max: u64,
    /// Where log and ids are written: the disk of the machine, or one that fails when a test says so.
    pub disk: Arc<dyn segments::Disk>,
}

impl Settings {
    /// The usual ones below a data folder: `signals` and `history`.
    pub fn in_data(data: &Path) -> Settings {
        Settings {
            folder: data.join("signals"),
            lake: data.join("history"),
            lake_limits: lake::Limits::default(),
            nats: None,
            lag_bytes_max: LAG_BYTES_MAX,
            in_flight_bytes_max: IN_FLIGHT_BYTES_MAX,
            room_ms_max: ROOM_MS_MAX,
            silence_ms_max: SILENCE_MS_MAX,
            hold_seconds_max: HOLD_SECONDS_MAX,
            hot_keys_max: HOT_KEYS_MAX,
            ids_in_memory_max: IDS_IN_MEMORY_MAX,
            ids_max: IDS_MAX,
            snapshot_bytes: SNAPSHOT_BYTES,
            segment_bytes_max: SEGMENT_BYTES_MAX,
            disk: segments::LocalDisk::shared(),
        }
    }
}
