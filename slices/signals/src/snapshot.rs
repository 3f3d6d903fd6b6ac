//! Snapshots of the state: a file each, named after the block it stands behind, whole or not there. With a snapshot and the
//! log behind it the state comes back bit by bit.
//!
//! A file holds: the settings it was folded under (JSON, one line), then what [`stream::State::snapshot`] wrote.

use crate::error::Error;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use stream::{Spill, State};

/// Snapshots kept: should the newest be damaged, the one before it serves.
const KEPT: usize = 2;
/// Longest line of settings, bytes.
const HEAD_BYTES_MAX: u64 = 64 * 1024;

/// What the fold was told to go by. Another one begins with another snapshot, so that a replay does the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FoldSettings {
    /// The operator's time zone: where days begin.
    pub zone: String,
    /// How late a signal may come and be in time, microseconds.
    pub lateness_us: i64,
    /// How far ahead of the time of receipt a signal may be, microseconds.
    pub ahead_us: i64,
    /// Buyers' accounts younger than this are new, days.
    pub young_account_days: u32,
    /// Parcels lighter than this are empty, grams.
    pub light_parcel_grams: u32,
    /// Reasons of complaints that are severe.
    pub severe_reasons: Vec<String>,
    /// Reasons of returns that are cancelled orders.
    pub cancelled_reasons: Vec<String>,
}

/// The folder of snapshots.
#[derive(Debug, Clone)]
pub(crate) struct Snapshots {
    folder: PathBuf,
    settings: FoldSettings,
    /// What the spill was told at the snapshot before the last one of this process.
    before: Arc<Mutex<Option<Vec<u8>>>>,
}

/// A snapshot that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub position: u64,
    pub path: PathBuf,
    pub bytes: u64,
}

impl Snapshots {
    pub fn open(folder: &Path, settings: FoldSettings) -> io::Result<Snapshots> {
        fs::create_dir_all(folder)?;
        Ok(Snapshots { folder: folder.to_owned(), settings, before: Arc::default() })
    }

    /// By which settings the fold goes.
    pub fn settings(&self) -> &FoldSettings {
        &self.settings
    }

    /// Later ones are folded by these settings.
    pub fn go_by(&mut self, settings: FoldSettings) {
        self.settings = settings;
    }

    /// Those that are there, newest first.
    pub fn all(&self) -> io::Result<Vec<Found>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let position = name.to_str().and_then(|name| name.strip_suffix(".snapshot")).and_then(|n| n.parse().ok());
            if let Some(position) = position {
                found.push(Found { position, path: entry.path(), bytes: entry.metadata()?.len() });
            }
        }
        found.sort_by_key(|found| std::cmp::Reverse(found.position));
        Ok(found)
    }

    /// Takes one, and throws away all but the newest ones. Returns its position.
    pub fn take(&self, state: &mut State) -> Result<u64, Error> {
        let disk = |source: io::Error| Error::Disk { kept: 0, source };
        let position = state.position();
        let target = self.folder.join(format!("{position:020}.snapshot"));
        let draft = self.folder.join("draft");
        let mut out = BufWriter::with_capacity(1 << 20, File::create(&draft).map_err(disk)?);
        let mut head = serde_json::to_vec(&self.settings).map_err(Error::storage)?;
        head.push(b'\n');
        out.write_all(&head).map_err(disk)?;
        let mark = state.snapshot(&mut out).map_err(Error::storage)?;
        let file = out.into_inner().map_err(|error| disk(error.into_error()))?;
        file.sync_all().map_err(disk)?;
        fs::rename(&draft, &target).map_err(disk)?;
        File::open(&self.folder).and_then(|folder| folder.sync_all()).map_err(disk)?;
        let all = self.all().map_err(disk)?;
        for old in all.iter().skip(KEPT) {
            fs::remove_file(&old.path).map_err(disk)?;
        }
        let mut before = self.before.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(oldest_kept) = before.replace(mark) {
            // Older snapshots than the one before this are gone, those of former processes too.
            state.forget_before(&oldest_kept).map_err(Error::storage)?;
        }
        Ok(position)
    }

    /// Under which settings the fold goes on behind this snapshot. For those that are read back.
    pub fn settings_of(found: &Found) -> Result<FoldSettings, Error> {
        let disk = |source: io::Error| Error::Disk { kept: 0, source };
        let reader = BufReader::new(File::open(&found.path).map_err(disk)?);
        let mut head = Vec::new();
        io::Read::take(reader, HEAD_BYTES_MAX).read_until(b'\n', &mut head).map_err(disk)?;
        serde_json::from_slice(&head).map_err(Error::storage)
    }

    /// Reads one back.
    pub fn read(found: &Found, settings: stream::Settings, spill: Box<dyn Spill>) -> Result<State, Error> {
        let disk = |source: io::Error| Error::Disk { kept: 0, source };
        let mut reader = BufReader::with_capacity(1 << 20, File::open(&found.path).map_err(disk)?);
        let mut head = Vec::new();
        io::Read::take(&mut reader, HEAD_BYTES_MAX).read_until(b'\n', &mut head).map_err(disk)?;
        let state = State::restore(settings, spill, &mut reader).map_err(Error::storage)?;
        if state.position() != found.position {
            return Err(Error::storage("the snapshot is of another position than its name says"));
        }
        Ok(state)
    }
}
