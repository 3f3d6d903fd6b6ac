//! The folding thread: applies the blocks of the log, in their order, to the state, and nothing else does. At a day's end it
//! writes the rows of the day and waits until what rests on them is done.
//!
//! Blocks come through memory while the fold keeps up ([`Feed`]); where it does not they are read back from the log.

use crate::closing::{self, Closings};
use crate::error::Error;
use crate::lots::Lots;
use crate::snapshot::Snapshots;
use lake::Lake;
use segments::Log;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;
use stream::state::Folded;
use stream::{DayRow, State};
use tokio::sync::{Notify, watch};

/// Bytes of blocks that wait in memory; what is beyond is read back from the log.
const FEED_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Longest sleep between two looks at whether the thread is to end.
const NAP: Duration = Duration::from_millis(200);
/// How long a block that was overtaken by its neighbour is waited for before it is read back.
const GAP: Duration = Duration::from_millis(2);
/// Damaged blocks named at most.
pub(crate) const DAMAGE_NAMED_MAX: usize = 100;

#[derive(Default)]
struct Waiting {
    blocks: BTreeMap<u64, Arc<[u8]>>,
    bytes: usize,
    /// The last block known to be on the disk.
    durable: u64,
}

/// Blocks on their way to the fold.
#[derive(Default)]
pub(crate) struct Feed {
    waiting: Mutex<Waiting>,
    came: Condvar,
    /// Bytes ever put in the log, and folded: their difference is the lag.
    offered_bytes: AtomicU64,
    folded_bytes: AtomicU64,
}

impl Feed {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// A block that is on the disk.
    pub fn offer(&self, position: u64, payload: Arc<[u8]>) {
        let mut waiting = self.waiting();
        self.offered_bytes.fetch_add(payload.len() as u64, Ordering::Relaxed);
        if waiting.bytes + payload.len() <= FEED_BYTES_MAX {
            waiting.bytes += payload.len();
            waiting.blocks.insert(position, payload);
        }
        waiting.durable = waiting.durable.max(position);
        self.came.notify_all();
    }

    /// Blocks are on the disk up to this one.
    pub fn begin(&self, durable: u64) {
        self.waiting().durable = durable;
        self.came.notify_all();
    }

    /// Bytes that wait to be folded.
    pub fn lag_bytes(&self) -> u64 {
        let offered = self.offered_bytes.load(Ordering::Relaxed);
        offered.saturating_sub(self.folded_bytes.load(Ordering::Relaxed))
    }

    /// Waits a while for a block behind `folded`: `Some(None)` where it has to be read from the log.
    fn next(&self, folded: u64) -> Option<Option<Arc<[u8]>>> {
        let mut waiting = self.waiting();
        // Blocks written together are offered in any order: the one that is missing comes in a moment.
        let pause = match waiting.blocks.first_key_value() {
            Some((first, _)) if *first > folded + 1 => Some(GAP),
            _ => (waiting.durable <= folded).then_some(NAP),
        };
        if let Some(pause) = pause {
            let waited = self.came.wait_timeout(waiting, pause);
            waiting = waited.unwrap_or_else(|poisoned| poisoned.into_inner()).0;
        }
        while let Some(entry) = waiting.blocks.first_entry() {
            let position = *entry.key();
            if position > folded + 1 {
                break;
            }
            let payload = entry.remove();
            waiting.bytes -= payload.len();
            if position == folded + 1 {
                return Some(Some(payload));
            }
        }
        (waiting.durable > folded).then_some(None)
    }
}

/// What the fold tells others.
#[derive(Debug, Clone, Default)]
pub(crate) struct Told {
    /// The last block folded.
    pub position: u64,
    /// The newest moment of a signal, UTC microseconds.
    pub newest_us: Option<i64>,
    /// The moment up to which all is in, UTC microseconds.
    pub watermark_us: Option<i64>,
    /// The last closed day.
    pub closed_through: Option<i32>,
    /// The day whose reactions are being waited for.
    pub holding: Option<i32>,
    /// The last snapshot's position.
    pub snapshot: u64,
    /// Why it stopped; empty while it runs.
    pub failure: String,
    /// Parts of the log that could not be read and were passed over.
    pub damage: Vec<String>,
}

/// The state, and the thread that folds into it.
pub(crate) struct Fold {
    pub state: Mutex<State>,
    pub feed: Arc<Feed>,
    told: watch::Sender<Told>,
    stop: AtomicBool,
    snapshot_wanted: AtomicBool,
    released: Mutex<Option<i32>>,
    release: Condvar,
    thread: Mutex<Option<std::thread::JoinHandle<()>>>,
}

/// What the thread works with.
pub(crate) struct Tools {
    pub log: Arc<Log>,
    pub lake: Lake,
    pub closings: Closings,
    pub lots: Arc<Lots>,
    pub snapshots: Snapshots,
    pub snapshot_bytes: u64,
    pub hold_seconds_max: u64,
    /// Wakes the job that writes acts.
    pub waker: Arc<Notify>,
}

impl Fold {
    /// A state at its position, not folding yet.
    pub fn new(state: State, feed: Arc<Feed>, snapshot: u64) -> Fold {
        let told = Told { snapshot, ..told_by(&state) };
        Fold {
            state: Mutex::new(state),
            feed,
            told: watch::Sender::new(told),
            stop: AtomicBool::new(false),
            snapshot_wanted: AtomicBool::new(false),
            released: Mutex::new(None),
            release: Condvar::new(),
            thread: Mutex::new(None),
        }
    }

    /// Starts the thread.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub fn start(self: &Arc<Self>, tools: Tools) -> Result<(), Error> {
        let fold = Arc::clone(self);
        let thread = std::thread::Builder::new()
            .name("signals-fold".into())
            .spawn(move || {
                if let Err(error) = fold.run(&tools) {
                    tracing::error!(%error, "the fold of the signals stopped; signals are still kept");
                    fold.tell(|told| told.failure = error.to_string());
                }
            })
            .map_err(Error::storage)?;
        *self.thread.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(thread);
        Ok(())
    }

    /// The state, for a look.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// How far it is.
    pub fn told(&self) -> Told {
        self.told.borrow().clone()
    }

    /// Hears how far it is.
    pub fn listen(&self) -> watch::Receiver<Told> {
        self.told.subscribe()
    }

    fn tell(&self, change: impl FnOnce(&mut Told)) {
        self.told.send_modify(change);
    }

    /// The reactions to the closing of this day are done.
    pub fn release(&self, day: i32) {
        let mut released = self.released.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        *released = (*released).max(Some(day));
        self.release.notify_all();
    }

    /// Asks for a snapshot behind the next block, or now where there is none.
    pub fn want_snapshot(&self) {
        self.snapshot_wanted.store(true, Ordering::Release);
    }

    /// Ends the thread and waits for it; with a last snapshot where `snapshot` says so.
    pub fn stop(&self, snapshot: bool) {
        self.snapshot_wanted.store(snapshot, Ordering::Release);
        self.stop.store(true, Ordering::Release);
        self.release.notify_all();
        self.feed.came.notify_all();
        let thread = self.thread.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take();
        if let Some(thread) = thread {
            // The thread catches its own errors; a panic of it is in the log.
            let _ = thread.join();
        }
    }

    fn run(&self, tools: &Tools) -> Result<(), Error> {
        let mut since_snapshot = 0u64;
        loop {
            let stop = self.stop.load(Ordering::Acquire);
            if self.snapshot_wanted.swap(false, Ordering::AcqRel) || since_snapshot >= tools.snapshot_bytes {
                self.snapshot(tools)?;
                since_snapshot = 0;
            }
            if stop {
                return Ok(());
            }
            let folded = self.told.borrow().position;
            match self.feed.next(folded) {
                None => {}
                Some(Some(payload)) => since_snapshot += self.block(tools, folded + 1, &payload)?,
                Some(None) => since_snapshot += self.read_back(tools, folded)?,
            }
        }
    }

    /// Folds blocks out of the log until one is in memory again, the end, or the end of the thread.
    fn read_back(&self, tools: &Tools, folded: u64) -> Result<u64, Error> {
        let mut bytes = 0;
        let mut last = folded;
        for block in tools.log.read(folded + 1) {
            match block {
                Ok(block) => {
                    bytes += self.block(tools, block.sequence, &block.payload)?;
                    last = block.sequence;
                }
                Err(damage) => self.name_damage(damage.to_string()),
            }
            let enough = bytes >= tools.snapshot_bytes || self.snapshot_wanted.load(Ordering::Acquire);
            if enough || self.stop.load(Ordering::Acquire) {
                return Ok(bytes);
            }
        }
        let end = tools.log.end();
        if last < end && last == folded {
            // Nothing readable is left before the end: what is missing was named.
            self.state().skip(end);
            self.tell(|told| told.position = end);
        }
        Ok(bytes)
    }

    fn name_damage(&self, text: String) {
        self.tell(|told| {
            if told.damage.len() < DAMAGE_NAMED_MAX && !told.damage.contains(&text) {
                tracing::error!(damage = text, "a part of the log cannot be read and is passed over");
                told.damage.push(text);
            }
        });
    }

    fn block(&self, tools: &Tools, position: u64, payload: &[u8]) -> Result<u64, Error> {
        let mut rows: BTreeMap<i32, Vec<DayRow>> = BTreeMap::new();
        let (folded, mut told) = {
            let mut state = self.state();
            let mut emit = |row: &DayRow| rows.entry(row.closed_in).or_default().push(row.clone());
            let folded = match state.fold(payload, position, &mut emit) {
                Err(stream::state::Error::Block(error)) => {
                    state.skip(position);
                    Folded { damage: Some(error), ..Folded::default() }
                }
                folded => folded.map_err(Error::storage)?,
            };
            (folded, told_by(&state))
        };
        tools.lots.learn(payload).map_err(|source| Error::Disk { kept: 0, source })?;
        if let Some(damage) = &folded.damage {
            self.name_damage(format!("block {position}: {damage}"));
        }
        let mut last = None;
        for closed in &folded.closed {
            let rows = rows.remove(&closed.day).unwrap_or_default();
            closing::keep(&tools.lake, &tools.closings, closed.day, position, closed.signals, rows)?;
            last = Some(closed.day);
        }
        self.feed.folded_bytes.fetch_add(payload.len() as u64, Ordering::Relaxed);
        self.tell(|before| {
            told.holding = last.filter(|_| tools.hold_seconds_max > 0);
            told.snapshot = before.snapshot;
            told.damage = std::mem::take(&mut before.damage);
            *before = told;
        });
        if let Some(day) = last {
            tools.waker.notify_one();
            self.hold(tools, day);
        }
        Ok(payload.len() as u64)
    }

    /// Waits until what rests on the closing of this day is done, so that it sees the day as it was; not for ever.
    fn hold(&self, tools: &Tools, day: i32) {
        if tools.hold_seconds_max == 0 {
            return;
        }
        let mut released = self.released.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let naps = tools.hold_seconds_max * 1_000 / NAP.as_millis().max(1) as u64;
        for _ in 0..naps {
            if released.is_some_and(|released| released >= day) || self.stop.load(Ordering::Acquire) {
                break;
            }
            let waited = self.release.wait_timeout(released, NAP);
            released = waited.unwrap_or_else(|poisoned| poisoned.into_inner()).0;
        }
        if released.is_none_or(|released| released < day) && !self.stop.load(Ordering::Acquire) {
            tracing::warn!(day, "the reactions to the end of a day take long; the fold goes on");
        }
        drop(released);
        self.tell(|told| told.holding = None);
    }

    fn snapshot(&self, tools: &Tools) -> Result<(), Error> {
        tools.lots.keep().map_err(|source| Error::Disk { kept: 0, source })?;
        let position = tools.snapshots.take(&mut self.state())?;
        self.tell(|told| told.snapshot = position);
        Ok(())
    }
}

fn told_by(state: &State) -> Told {
    Told {
        position: state.position(),
        newest_us: state.newest_us(),
        watermark_us: state.watermark_us(),
        closed_through: state.closed_through(),
        ..Told::default()
    }
}
