//! Ids already acknowledged, each with a hash of what it said: the same id with the same content is a repetition, with
//! another content a contradiction. Exact to 128 bits of the id's fingerprint.
//!
//! The newest ids are in memory. A full memory becomes a sorted file (a "run"). A table of 16-bit tags in memory says for
//! every id in a run which run it may be in: an id never seen is found to be new without a look at the disk in all but
//! one of some thousand cases, one seen before with one page read. When the runs hold more than the horizon the oldest is
//! dropped: ids older than that are no longer known.
//!
//! Runs are complete up to a sequence of the log ([`Seen::complete_through`]); ids of later blocks are put in again from
//! the log when it is opened.

mod run;
mod tags;

#[cfg(test)]
mod tests;

use crate::disk::{Disk, LocalDisk};
use crate::log::Damage;
use hashbrown::HashTable;
use run::Run;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use stream::fingerprint::Fingerprint;
use tags::Tags;

/// Most runs at once: a run's number must fit a byte of the tag table.
const RUNS_MAX: usize = 250;

/// How many ids are kept where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Ids in memory before they become a run (about 40 bytes each while they are).
    pub memory_ids_max: usize,
    /// Ids in runs (24 bytes each on disk, 4 in memory): the horizon. At most 250 runs.
    pub ids_max: usize,
}

impl Default for Settings {
    /// 900,000 in memory, 50 million in all: 1.2 GB on disk.
    fn default() -> Self {
        Settings { memory_ids_max: 900_000, ids_max: 50_000_000 }
    }
}

/// Whether an id was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Not within the horizon.
    New,
    /// With the same content.
    Duplicate,
    /// With another content.
    Conflict,
}

/// An id: its fingerprint and the hash of its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    fingerprint: Fingerprint,
    content: u64,
}

impl Entry {
    fn answer(&self, content: u64) -> Answer {
        if self.content == content { Answer::Duplicate } else { Answer::Conflict }
    }
}

fn hash(entry: &Entry) -> u64 {
    entry.fingerprint[0]
}

/// The ids acknowledged within the horizon.
pub struct Seen {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    settings: Settings,
    memory: HashTable<Entry>,
    /// Ids on their way to a run.
    flushing: Option<Arc<HashTable<Entry>>>,
    /// Runs by their number in the tag table.
    runs: Vec<Option<Run>>,
    /// Numbers of the runs, oldest first.
    order: Vec<u8>,
    tags: Tags,
    complete_through: u64,
    next_file: u64,
}

/// A full memory on its way to the disk. [`Flush::write`] may run on another thread while ids are looked up.
pub struct Flush {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    entries: Arc<HashTable<Entry>>,
    complete_through: u64,
}

/// A memory that became a run.
pub struct Flushed {
    run: Run,
}

impl Flush {
    /// Sorts and writes the run.
    pub fn write(&self) -> io::Result<Flushed> {
        let mut entries: Vec<Entry> = self.entries.iter().copied().collect();
        entries.sort_unstable();
        let run = Run::write(self.disk.as_ref(), &self.path, &entries, self.complete_through)?;
        Ok(Flushed { run })
    }
}

impl Seen {
    /// Opens the runs in a folder, which is made where it does not exist. Damaged runs are named and left out: the log
    /// still has their ids or they are forgotten.
    pub fn open(folder: &Path, settings: Settings) -> io::Result<(Seen, Vec<Damage>)> {
        Seen::open_on(LocalDisk::shared(), folder, settings)
    }

    /// The same on a given disk.
    pub fn open_on(disk: Arc<dyn Disk>, folder: &Path, settings: Settings) -> io::Result<(Seen, Vec<Damage>)> {
        std::fs::create_dir_all(folder)?;
        let settings = Settings { memory_ids_max: settings.memory_ids_max.max(1), ..settings };
        let mut seen = Seen {
            disk,
            folder: folder.to_owned(),
            settings,
            memory: HashTable::new(),
            flushing: None,
            runs: (0..RUNS_MAX).map(|_| None).collect(),
            order: Vec::new(),
            tags: Tags::new(),
            complete_through: 0,
            next_file: 1,
        };
        let mut damage = Vec::new();
        for (number, path) in run::files(folder)? {
            seen.next_file = seen.next_file.max(number + 1);
            match Run::open(&path) {
                Ok(run) => {
                    // A run is complete only on top of all runs before it: after a lost one the log must be asked again.
                    if damage.is_empty() {
                        seen.complete_through = run.complete_through;
                    }
                    seen.take_run(run)?;
                }
                Err(error) => damage.push(error),
            }
        }
        Ok((seen, damage))
    }

    /// Whether an id was seen, and with what.
    pub fn check(&self, fingerprint: Fingerprint, content: u64) -> io::Result<Answer> {
        let same = |entry: &Entry| entry.fingerprint == fingerprint;
        if let Some(entry) = self.memory.find(fingerprint[0], same) {
            return Ok(entry.answer(content));
        }
        if let Some(entry) = self.flushing.as_ref().and_then(|flushing| flushing.find(fingerprint[0], same)) {
            return Ok(entry.answer(content));
        }
        for number in self.tags.candidates(fingerprint) {
            if let Some(run) = &self.runs[usize::from(number)]
                && let Some(entry) = run.find(fingerprint)?
            {
                return Ok(entry.answer(content));
            }
        }
        Ok(Answer::New)
    }

    /// Puts an id in; one that is there stays as it is.
    pub fn insert(&mut self, fingerprint: Fingerprint, content: u64) {
        let found = self.memory.entry(fingerprint[0], |entry| entry.fingerprint == fingerprint, hash);
        found.or_insert(Entry { fingerprint, content });
    }

    /// Takes an id out of the memory again, which must be one put in since the last flush.
    pub fn withdraw(&mut self, fingerprint: Fingerprint) {
        if let Ok(entry) = self.memory.find_entry(fingerprint[0], |entry| entry.fingerprint == fingerprint) {
            entry.remove();
        }
    }

    /// Ids in memory.
    pub fn in_memory(&self) -> usize {
        self.memory.len()
    }

    /// Whether the memory is full and should be flushed.
    pub fn is_full(&self) -> bool {
        self.memory.len() >= self.settings.memory_ids_max
    }

    /// Whether a flush is on its way.
    pub fn is_flushing(&self) -> bool {
        self.flushing.is_some()
    }

    /// Every id of the blocks through this sequence is in a run.
    pub fn complete_through(&self) -> u64 {
        self.complete_through
    }

    /// Ids in runs.
    pub fn in_runs(&self) -> u64 {
        self.runs.iter().flatten().map(|run| run.count).sum()
    }

    /// Bytes in memory, about.
    pub fn memory_bytes(&self) -> usize {
        let flushing = self.flushing.as_ref().map_or(0, |flushing| flushing.allocation_size());
        let indexes: usize = self.runs.iter().flatten().map(Run::memory_bytes).sum();
        self.memory.allocation_size() + flushing + self.tags.bytes() + indexes
    }

    /// Makes the memory a run and waits for it. Every id of the blocks through `complete_through` must have been put in.
    pub fn flush(&mut self, complete_through: u64) -> io::Result<()> {
        if let Some(flush) = self.begin_flush(complete_through) {
            let flushed = flush.write();
            return self.end_flush(flushed);
        }
        Ok(())
    }

    /// Begins to make the memory a run; `None` when it is empty or a flush is on its way. What [`Flush::write`] gives
    /// must be handed to [`Seen::end_flush`].
    pub fn begin_flush(&mut self, complete_through: u64) -> Option<Flush> {
        if self.flushing.is_some() || self.memory.is_empty() {
            return None;
        }
        let entries = Arc::new(std::mem::take(&mut self.memory));
        self.memory = HashTable::with_capacity(entries.len());
        self.flushing = Some(entries.clone());
        let path = run::path(&self.folder, self.next_file);
        self.next_file += 1;
        Some(Flush { disk: self.disk.clone(), path, entries, complete_through })
    }

    /// Ends a flush. When it failed its ids are in memory again.
    pub fn end_flush(&mut self, flushed: io::Result<Flushed>) -> io::Result<()> {
        let flushing = self.flushing.take();
        match flushed {
            Ok(Flushed { run }) => {
                self.complete_through = run.complete_through;
                self.take_run(run)
            }
            Err(error) => {
                for entry in flushing.iter().flat_map(|flushing| flushing.iter()) {
                    self.insert(entry.fingerprint, entry.content);
                }
                Err(error)
            }
        }
    }

    fn take_run(&mut self, run: Run) -> io::Result<()> {
        let mut ids = self.in_runs() + run.count;
        while !self.order.is_empty() && (ids > self.settings.ids_max as u64 || self.order.len() == RUNS_MAX) {
            ids -= self.drop_oldest()?;
        }
        let free = self.runs.iter().position(Option::is_none).unwrap_or(0) as u8;
        self.tags.begin(free, run.count as usize);
        run.each(&mut |fingerprint| self.tags.insert(fingerprint, free))?;
        self.runs[usize::from(free)] = Some(run);
        self.order.push(free);
        Ok(())
    }

    /// Forgets the oldest run; says how many ids it held.
    fn drop_oldest(&mut self) -> io::Result<u64> {
        let number = self.order.remove(0);
        let Some(run) = self.runs[usize::from(number)].take() else { return Ok(0) };
        self.tags.remove_all(number);
        let count = run.count;
        let path = run.path.clone();
        drop(run);
        self.disk.remove(&path)?;
        self.disk.sync_folder(&self.folder)?;
        Ok(count)
    }

    /// Forgets runs whose ids all came with blocks before `sequence`.
    pub fn expire_before(&mut self, sequence: u64) -> io::Result<()> {
        let is_old = |seen: &Seen| {
            let oldest = seen.order.first().and_then(|number| seen.runs[usize::from(*number)].as_ref());
            oldest.is_some_and(|run| run.complete_through < sequence)
        };
        while self.order.len() > 1 && is_old(self) {
            self.drop_oldest()?;
        }
        Ok(())
    }
}
