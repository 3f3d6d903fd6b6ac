//! The state that is folded from the log: a window of every product, merchant and lot.
//!
//! Reading order: [`Settings`], [`State`] ([`State::fold`] is the heart), `counting` (a block's signals), `record` (what is
//! kept of a key), `keys` (hot and cold), `closing` (days that end), `snapshot`, `codec`.
//!
//! Rules of time. A signal is counted on the civil day on which it happened. The watermark is the newest plausible moment
//! seen less the allowed lateness; when it has passed the end of a day, that day is closed at the end of the block and told
//! in day rows. What comes later for a closed day is told with the next closing, as long as the day is one of the last 35.
//! A signal that claims to be more than [`Settings::ahead_us`] newer than its receipt is counted but moves no watermark;
//! one that is more than two days ahead is not counted.

mod closing;
mod codec;
mod counting;
mod keys;
pub(crate) mod record;
pub(crate) mod slab;
mod snapshot;
mod spill;
mod texts;

#[cfg(test)]
mod tests;

pub use keys::OVERFLOW_ID;
pub use spill::{MemorySpill, Spill};

use crate::block::{self, Content};
use crate::calendar::Calendar;
use crate::signal::{Key, KeyKind, KeyRef};
use crate::window::{DayRow, View, WINDOW_DAYS, Window};
use jiff::tz::TimeZone;
use keys::Keys;
use record::{Header, Pending, Slabs};
use slab::NIL;
use std::collections::BTreeMap;
use std::io;

/// What the fold depends on besides the log. Two states are only comparable under the same settings; a change holds from
/// the next block on.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The operator's zone: its midnights end the days.
    pub zone: TimeZone,
    /// How long after its moment a signal may come without being late, microseconds.
    pub lateness_us: i64,
    /// How far a signal's moment may be ahead of its receipt and still move the watermark, microseconds.
    pub ahead_us: i64,
    /// Most keys kept in memory; during one block those it names may come on top.
    pub hot_keys_max: usize,
    /// Most keys in all; further ones are counted together under [`OVERFLOW_ID`].
    pub keys_max: usize,
    /// Reasons that make a complaint severe.
    pub severe_reasons: Vec<String>,
    /// Reasons that make a return a cancellation.
    pub cancelled_reasons: Vec<String>,
    /// Accounts younger than this are young, days.
    pub young_account_days: u32,
    /// Parcels lighter than this are light, grams.
    pub light_parcel_grams: u32,
    /// The secret of all fingerprints; a snapshot can only be read under the same.
    pub secret: [u64; 2],
}

impl Settings {
    /// Technical limits for a machine of some gigabytes, no reasons, no light parcels: the caller's policy sets those.
    pub fn new(zone: TimeZone, secret: [u64; 2]) -> Settings {
        Settings {
            zone,
            lateness_us: 6 * 3_600_000_000,
            ahead_us: 600_000_000,
            hot_keys_max: 1_500_000,
            keys_max: 20_000_000,
            severe_reasons: Vec::new(),
            cancelled_reasons: Vec::new(),
            young_account_days: 30,
            light_parcel_grams: 0,
            secret,
        }
    }
}

/// Why the state cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The spill could not be read or written. Before a block was begun the state is as it was and the block may be folded
    /// again ([`State::is_broken`] is false); otherwise the state must be restored.
    #[error("the spill: {0}")]
    Spill(#[from] io::Error),
    /// A record in the spill or in a snapshot makes no sense.
    #[error("a stored record is damaged")]
    Damaged,
    /// The block cannot be read; the state is as it was.
    #[error(transparent)]
    Block(#[from] block::Error),
    /// The state broke earlier and must be restored.
    #[error("the state is broken and must be restored from a snapshot")]
    Broken,
    /// The snapshot was written by a later version, or is none.
    #[error("not a snapshot this program can read: {0}")]
    Snapshot(&'static str),
}

/// What folding a block did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Folded {
    /// The block's position was folded before; nothing was done.
    pub repeated: bool,
    /// Signals counted.
    pub signals: u64,
    /// Days closed by it, oldest first.
    pub closed: Vec<Closed>,
    /// The block's signals ended in something unreadable; those before it were counted.
    pub damage: Option<block::Error>,
}

/// A day that was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed {
    /// Which, days since 1970-01-01.
    pub day: i32,
    /// Day rows it told.
    pub rows: u64,
    /// Signals in these rows, as counted under merchants.
    pub signals: u64,
}

/// Figures of a state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Signals counted since the first.
    pub signals: u64,
    /// Signals not counted: their day had left the window.
    pub too_late: u64,
    /// Signals not counted: their day is further ahead of their receipt than anybody would believe.
    pub implausible: u64,
    /// Keys that found no room and were counted under [`OVERFLOW_ID`], once a block.
    pub overflowed: u64,
    /// Keys.
    pub keys: u64,
    /// Of these, in memory.
    pub hot_keys: u64,
    /// Bytes held in memory for keys, records and index.
    pub memory_bytes: u64,
}

/// Sizes of the pieces of a record in memory, bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordBytes {
    /// One a key.
    pub header: usize,
    /// One for each closed day with activity.
    pub day: usize,
    /// One for each week with buyers or texts.
    pub week: usize,
    /// One for each day not yet told.
    pub pending: usize,
}

/// Counters that are part of the state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Counters {
    signals: u64,
    too_late: u64,
    implausible: u64,
}

/// The windows of all keys. One thread folds; others may look at it between blocks.
pub struct State {
    settings: Settings,
    calendar: Calendar,
    keys: Keys,
    counters: Counters,
    position: u64,
    newest_us: Option<i64>,
    newest_day: Option<i32>,
    closed_through: Option<i32>,
    /// Keys with pieces not yet told, by day. A key stands once for each of its pieces.
    pending: BTreeMap<i32, Vec<[u64; 2]>>,
    broken: bool,
}

impl State {
    /// Of an empty log.
    pub fn new(settings: Settings, spill: Box<dyn Spill>) -> State {
        State {
            calendar: Calendar::new(settings.zone.clone()),
            keys: Keys::new(&settings, spill),
            settings,
            counters: Counters::default(),
            position: 0,
            newest_us: None,
            newest_day: None,
            closed_through: None,
            pending: BTreeMap::new(),
            broken: false,
        }
    }

    /// Folds the block at `position` (positions count from 1 and grow). A block folded before is passed over, so that a
    /// replay may begin anywhere at or before the state's position. Day rows of closings go to `emit`, in the order of
    /// closing, key, day.
    pub fn fold(&mut self, bytes: &[u8], position: u64, emit: &mut dyn FnMut(&DayRow)) -> Result<Folded, Error> {
        if self.broken {
            return Err(Error::Broken);
        }
        if position <= self.position {
            return Ok(Folded { repeated: true, ..Folded::default() });
        }
        let block = block::read(bytes)?;
        self.keys.make_room(self.floor_day())?;
        let mut folded = Folded::default();
        match block.content {
            Content::Signals(signals) => {
                let overflowed = self.keys.overflowed;
                let slots = self.resolve(&signals).inspect_err(|_| self.keys.overflowed = overflowed)?;
                if self.apply_all(&signals, &slots, block.received_us, position, &mut folded) {
                    self.keys.drop_empty(slots.all());
                }
                self.position = position;
                let watermark_day = self.watermark_us().map(|at| self.calendar.day_of(at));
                if let Some(day) = watermark_day {
                    self.close_through(day - 1, emit, &mut folded)?;
                }
            }
            Content::CloseThrough(day) => {
                self.position = position;
                self.close_through(day, emit, &mut folded)?;
            }
        }
        Ok(folded)
    }

    /// Passes over a block that cannot be read.
    pub fn skip(&mut self, position: u64) {
        self.position = self.position.max(position);
    }

    /// Whether it must be restored.
    pub fn is_broken(&self) -> bool {
        self.broken
    }

    /// Position of the last block folded; 0 before the first.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// The newest plausible moment of any signal.
    pub fn newest_us(&self) -> Option<i64> {
        self.newest_us
    }

    /// Days before this moment's are closed.
    pub fn watermark_us(&self) -> Option<i64> {
        self.newest_us.map(|newest| newest.saturating_sub(self.settings.lateness_us))
    }

    /// The last closed day.
    pub fn closed_through(&self) -> Option<i32> {
        self.closed_through
    }

    /// The day of the newest signal: the last one of an open window.
    pub fn newest_day(&self) -> Option<i32> {
        self.newest_day.max(self.closed_through)
    }

    /// The civil day of a moment.
    pub fn day_of(&self, at_us: i64) -> i32 {
        self.calendar.clone().day_of(at_us)
    }

    /// What it depends on.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Figures.
    pub fn stats(&self) -> Stats {
        Stats {
            signals: self.counters.signals,
            too_late: self.counters.too_late,
            implausible: self.counters.implausible,
            overflowed: self.keys.overflowed,
            keys: self.keys.len() as u64,
            hot_keys: self.keys.hot.used() as u64,
            memory_bytes: self.keys.bytes() as u64,
        }
    }

    /// How large the pieces of a record are: 456, 192, 204 and 392 bytes. A key seen on ten of 35 days in two weeks, one day
    /// of which is open, takes 2,888 bytes and its text; one seen once takes 824.
    pub fn record_bytes() -> RecordBytes {
        RecordBytes {
            header: size_of::<keys::Hot>(),
            day: size_of::<record::Day>(),
            week: size_of::<record::Week>(),
            pending: size_of::<Pending>(),
        }
    }

    /// The window of a key; `None` when nothing (for [`View::Closed`]: nothing closed) was counted under it.
    pub fn window(&self, key: KeyRef<'_>, view: View) -> Result<Option<Window>, Error> {
        let Some(last_day) = self.last_day(view) else { return Ok(None) };
        let found = self.keys.look(
            self.keys.fingerprint(key),
            |hot| window_of(&hot.header, &self.keys.slabs, key, last_day, view),
            |cold| {
                let mut slabs = Slabs::default();
                let header = cold.place(&mut slabs);
                window_of(&header, &slabs, key, last_day, view)
            },
        )?;
        Ok(found.flatten())
    }

    /// Every window of a kind, hot ones first, in no order that means anything.
    pub fn for_each(&self, kind: KeyKind, view: View, mut each: impl FnMut(&Window)) -> Result<(), Error> {
        let Some(last_day) = self.last_day(view) else { return Ok(()) };
        for hot in self.keys.hot_records().filter(|hot| hot.kind == kind) {
            window_of(&hot.header, &self.keys.slabs, self.keys.key(hot), last_day, view).iter().for_each(&mut each);
        }
        self.each_cold(|_, record| {
            if record.key.kind == kind {
                let mut slabs = Slabs::default();
                let header = record.place(&mut slabs);
                window_of(&header, &slabs, record.key, last_day, view).iter().for_each(&mut each);
            }
        })
    }

    /// Keys touched by blocks after `position`, in order.
    pub fn touched_since(&self, position: u64) -> Result<Vec<Key>, Error> {
        let hot = self.keys.hot_records().filter(|hot| hot.touched > position);
        let mut keys: Vec<Key> = hot.map(|hot| self.keys.key(hot).to_key()).collect();
        let mut buffer = Vec::new();
        for (_, place, _) in self.keys.cold_entries().filter(|(_, _, touched)| *touched > position) {
            self.keys.spill.get(place, &mut buffer)?;
            keys.push(codec::read_key(&buffer).ok_or(Error::Damaged)?.to_key());
        }
        keys.sort_unstable();
        Ok(keys)
    }

    fn last_day(&self, view: View) -> Option<i32> {
        match view {
            View::Closed => self.closed_through,
            View::Open => self.newest_day(),
        }
    }

    /// The oldest day that is still in a window.
    fn floor_day(&self) -> i32 {
        self.closed_through.map_or(i32::MIN, |day| day.saturating_sub(WINDOW_DAYS as i32 - 1))
    }

    fn each_cold(&self, mut each: impl FnMut([u64; 2], &codec::Unpacked<'_>)) -> Result<(), Error> {
        let mut places: Vec<_> = self.keys.cold_entries().map(|(key, place, _)| (place, key)).collect();
        places.sort_unstable();
        let mut buffer = Vec::new();
        for (place, fingerprint) in places {
            self.keys.spill.get(place, &mut buffer)?;
            each(fingerprint, &codec::read(&buffer).ok_or(Error::Damaged)?);
        }
        Ok(())
    }
}

fn window_of(header: &Header, slabs: &Slabs, key: KeyRef<'_>, last_day: i32, view: View) -> Option<Window> {
    let shows = header.is_told() || (view == View::Open && header.pending != NIL);
    shows.then(|| header.window(slabs, key.to_key(), last_day, view))
}
