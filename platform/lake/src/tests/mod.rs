//! The lake through its public door.

mod arrow;
mod duckdb;
mod faults;
mod questions;
mod rows;

use crate::query::tail::Tail;
use crate::{Lake, Limits};
use jiff::tz::TimeZone;
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use stream::{Kind, Signal};

/// 2026-11-24 in the zone of the tests.
pub(super) const DAY: i32 = 20_781;
/// Midnight of that day in Shanghai, UTC microseconds.
pub(super) const MIDNIGHT_US: i64 = (DAY as i64) * 86_400_000_000 - 8 * 3_600_000_000;

pub(super) fn zone() -> TimeZone {
    TimeZone::get("Asia/Shanghai").expect("the bundled zones")
}

pub(super) fn open(folder: &tempfile::TempDir) -> Lake {
    Lake::open(folder.path(), zone(), Limits::default()).expect("a lake")
}

pub(super) fn now() -> ground::Timestamp {
    ground::Timestamp::from_micros(MIDNIGHT_US + 10 * 3_600_000_000)
}

/// A signal of the tests: which of them, on which day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) id: String,
    pub(super) day: i32,
}

impl Sent {
    pub(super) fn new(number: usize, day: i32) -> Sent {
        Sent { id: format!("s-{number}"), day }
    }

    pub(super) fn signal(&self) -> Signal<'_> {
        let at = MIDNIGHT_US + i64::from(self.day - DAY) * 86_400_000_000 + 3_600_000_000;
        Signal { amount_minor: 1_250, ..Signal::new(&self.id, Kind::Order, at, "m1", "sku-1") }
    }
}

/// A log in memory: blocks of signals from sequence 1 on.
#[derive(Default)]
pub(super) struct Log {
    pub(super) blocks: Mutex<Vec<(u64, Vec<Sent>)>>,
    last: AtomicU64,
}

impl Log {
    pub(super) fn append(&self, signals: Vec<Sent>) -> u64 {
        let sequence = self.last.fetch_add(1, Ordering::SeqCst) + 1;
        self.blocks.lock().unwrap().push((sequence, signals));
        sequence
    }

    pub(super) fn forget_until(&self, next: u64) {
        self.blocks.lock().unwrap().retain(|(sequence, _)| *sequence >= next);
    }

    /// What a caller does to compact: the blocks the lake has not, then the log forgets them.
    pub(super) fn compact(&self, lake: &Lake, last: u64) -> Result<(), crate::Error> {
        let mut compaction = lake.compaction(last)?;
        for (sequence, signals) in self.blocks.lock().unwrap().iter() {
            for sent in signals {
                compaction.add(*sequence, sent.day, &sent.signal())?;
            }
        }
        compaction.commit()?;
        self.forget_until(lake.next_sequence()?);
        Ok(())
    }
}

impl Tail for Log {
    fn first_sequence(&self) -> u64 {
        self.blocks.lock().unwrap().first().map_or(self.last.load(Ordering::SeqCst) + 1, |(first, _)| *first)
    }

    fn read(&self, from: u64, each: &mut dyn FnMut(u64, i32, &Signal<'_>) -> bool) -> io::Result<()> {
        for (sequence, signals) in self.blocks.lock().unwrap().iter().filter(|(sequence, _)| *sequence >= from) {
            for sent in signals {
                if !each(*sequence, sent.day, &sent.signal()) {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}
