//! A batch of signals from their ids to their acknowledgement: which are new, one block of these in the log, durable, and
//! only then known as seen.
//!
//! Two batches may bring the same new id at the same time. The first to ask has it; the second is told it is a repetition,
//! but not before the first is durable: when the first fails, so does the second, and the sender sends again.

use crate::disk::{Disk, LocalDisk};
use crate::log::{self, Damage, Log, Recovery};
use crate::seen::{self, Answer, Flushed, Seen};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use stream::fingerprint::Fingerprint;

/// Memories of ids that may be full before batches wait for the disk.
const FULL_MEMORIES_MAX: usize = 3;

/// What became of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The block that holds the new signals; `None` when none was new.
    pub sequence: Option<u64>,
    /// For each id in the order given.
    pub answers: Vec<Answer>,
}

/// What was found when the intake was opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Opened {
    /// Of the log.
    pub log: Recovery,
    /// Damaged runs of ids.
    pub ids: Vec<Damage>,
    /// Ids put in again from the log.
    pub ids_replayed: u64,
}

#[derive(Default)]
struct Batches {
    next: u64,
    /// Batches between their question and their end.
    open: BTreeMap<u64, ()>,
    /// Batches that failed while others were open or resting.
    failed: BTreeMap<u64, log::Error>,
    /// Batches that ended and wait for earlier ones.
    resting: usize,
}

impl Batches {
    /// Forgets failures nobody can ask for any more.
    fn tidy(&mut self) {
        if self.open.is_empty() && self.resting == 0 {
            self.failed.clear();
        }
    }
}

struct Inner {
    seen: Seen,
    batches: Batches,
    flush: Option<JoinHandle<io::Result<Flushed>>>,
    /// A flush waits for open batches to end.
    draining: bool,
}

/// Log and ids together.
pub struct Intake {
    log: Arc<Log>,
    inner: Mutex<Inner>,
    ended: Condvar,
    memory_ids_max: usize,
}

impl Intake {
    /// Opens log (`log/`) and ids (`ids/`) in a folder. `ids_of` tells the ids in a block's payload: they are put in again
    /// for the blocks whose ids are in no run.
    pub fn open(
        folder: &Path,
        log: log::Settings,
        ids: seen::Settings,
        ids_of: impl FnMut(&[u8], &mut dyn FnMut(Fingerprint, u64)),
    ) -> Result<(Intake, Opened), log::Error> {
        Intake::open_on(LocalDisk::shared(), folder, log, ids, ids_of)
    }

    /// The same on a given disk.
    pub fn open_on(
        disk: Arc<dyn Disk>,
        folder: &Path,
        log: log::Settings,
        ids: seen::Settings,
        mut ids_of: impl FnMut(&[u8], &mut dyn FnMut(Fingerprint, u64)),
    ) -> Result<(Intake, Opened), log::Error> {
        let (mut seen, damage) = Seen::open_on(disk.clone(), &folder.join("ids"), ids)?;
        let after = log.after.max(seen.complete_through());
        let (log, recovery) = Log::open_on(disk, &folder.join("log"), log::Settings { after, ..log })?;
        let mut opened = Opened { log: recovery, ids: damage, ids_replayed: 0 };
        for block in log.read(seen.complete_through() + 1).flatten() {
            ids_of(&block.payload, &mut |fingerprint, content| {
                opened.ids_replayed += 1;
                seen.insert(fingerprint, content);
            });
            if seen.is_full() {
                seen.flush(block.sequence)?;
            }
        }
        let inner = Inner { seen, batches: Batches::default(), flush: None, draining: false };
        let memory_ids_max = ids.memory_ids_max.max(1);
        Ok((Intake { log: Arc::new(log), inner: Mutex::new(inner), ended: Condvar::new(), memory_ids_max }, opened))
    }

    /// The log.
    pub fn log(&self) -> &Arc<Log> {
        &self.log
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a batch: asks for each id, lets `build` make one block of those that are new (its payload and how many signals
    /// it holds), and returns when it is durable. Blocking. After an error nothing of the batch counts and it may be sent
    /// again.
    pub fn accept(
        &self,
        ids: &[(Fingerprint, u64)],
        build: impl FnOnce(&[Answer]) -> (Vec<u8>, u32),
    ) -> Result<Accepted, log::Error> {
        let (batch, answers, rests_on) = self.ask(ids)?;
        let appended = if answers.contains(&Answer::New) {
            let (payload, signals) = build(&answers);
            self.log.append(payload, signals).map(Some)
        } else {
            Ok(None)
        };
        let sequence = self.end(batch, ids, &answers, appended, rests_on.is_some())?;
        if let Some(first) = rests_on {
            self.wait_for(first, batch)?;
        }
        Ok(Accepted { sequence, answers })
    }

    /// Claims the new ids for a batch. Also gives the first batch that has not ended, where an answer may rest on it.
    fn ask(&self, ids: &[(Fingerprint, u64)]) -> Result<(u64, Vec<Answer>, Option<u64>), log::Error> {
        let mut inner = self.inner();
        loop {
            self.keep_memory(&mut inner)?;
            if !inner.draining {
                break;
            }
            inner = self.ended.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
        let mut answers = Vec::with_capacity(ids.len());
        let mut claimed = 0;
        for (fingerprint, content) in ids {
            let answer = match inner.seen.check(*fingerprint, *content) {
                Ok(answer) => answer,
                Err(error) => {
                    withdraw(&mut inner.seen, ids, &answers);
                    return Err(error.into());
                }
            };
            if answer == Answer::New {
                inner.seen.insert(*fingerprint, *content);
                claimed += 1;
            }
            answers.push(answer);
        }
        let batch = inner.batches.next;
        inner.batches.next += 1;
        let first_open = inner.batches.open.keys().next().copied();
        inner.batches.open.insert(batch, ());
        Ok((batch, answers, first_open.filter(|_| claimed < ids.len())))
    }

    fn end(
        &self,
        batch: u64,
        ids: &[(Fingerprint, u64)],
        answers: &[Answer],
        appended: Result<Option<u64>, log::Error>,
        rests: bool,
    ) -> Result<Option<u64>, log::Error> {
        let mut inner = self.inner();
        inner.batches.open.remove(&batch);
        if let Err(error) = &appended {
            withdraw(&mut inner.seen, ids, answers);
            // Only batches that asked while this one was open can rest on it.
            inner.batches.failed.insert(batch, error.clone());
        } else if rests {
            inner.batches.resting += 1;
        }
        inner.batches.tidy();
        if inner.batches.open.is_empty() {
            inner.draining = false;
        }
        drop(inner);
        self.ended.notify_all();
        appended
    }

    /// Waits until the batches from `first` up to this one have ended; fails when one of them did.
    fn wait_for(&self, first: u64, batch: u64) -> Result<(), log::Error> {
        let mut inner = self.inner();
        while inner.batches.open.keys().next().is_some_and(|first| *first < batch) {
            inner = self.ended.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
        let failed = inner.batches.failed.range(first..batch).next_back().map(|(_, error)| error.clone());
        inner.batches.resting -= 1;
        inner.batches.tidy();
        failed.map_or(Ok(()), Err)
    }

    /// Sends a full memory to the disk, once every open batch has ended: a run must hold no id whose block may still fail.
    fn keep_memory(&self, inner: &mut MutexGuard<'_, Inner>) -> Result<(), log::Error> {
        let is_crowded = inner.seen.in_memory() > FULL_MEMORIES_MAX * self.memory_ids_max;
        if inner.flush.as_ref().is_some_and(|flush| is_crowded || flush.is_finished()) {
            finish_flush(inner)?;
        }
        if inner.seen.is_full() && inner.flush.is_none() {
            if !inner.batches.open.is_empty() {
                inner.draining = true;
                return Ok(());
            }
            if let Some(flush) = inner.seen.begin_flush(self.log.end()) {
                let thread = std::thread::Builder::new().name("signal-ids".to_owned());
                inner.flush = Some(thread.spawn(move || flush.write())?);
            }
        }
        Ok(())
    }

    /// Makes all ids a run: a start after this replays nothing into them.
    pub fn flush(&self) -> Result<(), log::Error> {
        let mut inner = self.inner();
        while !inner.batches.open.is_empty() {
            inner = self.ended.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
        if inner.flush.is_some() {
            finish_flush(&mut inner)?;
        }
        let end = self.log.end();
        Ok(inner.seen.flush(end)?)
    }

    /// Ids of all blocks through this sequence are in runs: blocks up to it are not needed for ids.
    pub fn complete_through(&self) -> u64 {
        self.inner().seen.complete_through()
    }

    /// Ids in runs, ids in memory, bytes of memory.
    pub fn ids(&self) -> (u64, u64, u64) {
        let inner = self.inner();
        (inner.seen.in_runs(), inner.seen.in_memory() as u64, inner.seen.memory_bytes() as u64)
    }

    /// Whether an id was seen, without claiming it.
    pub fn check(&self, fingerprint: Fingerprint, content: u64) -> Result<Answer, log::Error> {
        Ok(self.inner().seen.check(fingerprint, content)?)
    }
}

impl Drop for Intake {
    fn drop(&mut self) {
        // A run on its way is finished; what it holds is in the log in any case.
        let _ = finish_flush(&mut self.inner());
    }
}

fn finish_flush(inner: &mut Inner) -> io::Result<()> {
    let Some(thread) = inner.flush.take() else { return Ok(()) };
    let flushed = thread.join().unwrap_or_else(|_| Err(io::Error::other("the run could not be written")));
    inner.seen.end_flush(flushed)
}

fn withdraw(seen: &mut Seen, ids: &[(Fingerprint, u64)], answers: &[Answer]) {
    for ((fingerprint, _), answer) in ids.iter().zip(answers) {
        if *answer == Answer::New {
            seen.withdraw(*fingerprint);
        }
    }
}
