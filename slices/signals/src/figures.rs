//! What is remembered of the traffic for people: counts by hour and kind, and the last refused lines. In memory only, with
//! limits; it begins anew with the process.

use crate::model::{Receipt, Refused};
use ground::Timestamp;
use ground::time::{HOUR_MICROS, SECOND_MICROS};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard};
use stream::Kind;

/// Hours kept.
pub const HOURS_KEPT: usize = 48;
/// Seconds kept, for the present rate.
pub const SECONDS_KEPT: i64 = 60;
/// Refused lines kept.
pub const REFUSED_KEPT: usize = 500;
/// How many kinds there are.
pub const KINDS: usize = Kind::ALL.len();

/// A refused line and how it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedLine {
    /// When.
    pub at: Timestamp,
    /// Who sent it: a user, a token's owner, a connector.
    pub sender: String,
    /// The line.
    pub line: Refused,
}

/// Counts since the process began.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// New signals.
    pub accepted: u64,
    /// Signals that came before.
    pub duplicates: u64,
    /// Ids that came before with other content.
    pub conflicts: u64,
    /// Lines that are no signals.
    pub refused: u64,
    /// Times a sender was told to wait.
    pub busy: u64,
}

#[derive(Default)]
struct Kept {
    counts: Counts,
    seconds: BTreeMap<i64, u64>,
    hours: BTreeMap<i64, [u64; KINDS]>,
    refused: VecDeque<RefusedLine>,
    reasons: BTreeMap<String, u64>,
}

/// The figures of a process.
#[derive(Default)]
pub(crate) struct Figures(Mutex<Kept>);

/// Different reasons counted; a sender cannot make more, they are our own codes.
const REASONS_MAX: usize = 200;

impl Figures {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// What a receipt says.
    pub fn note(&self, now: Timestamp, sender: &str, receipt: &Receipt, by_kind: &[u64; KINDS]) {
        let mut kept = self.kept();
        kept.counts.accepted += receipt.accepted;
        kept.counts.duplicates += receipt.duplicates;
        kept.counts.conflicts += receipt.conflicts;
        kept.counts.refused += receipt.refused;
        let second = now.micros().div_euclid(SECOND_MICROS);
        *kept.seconds.entry(second).or_default() += receipt.accepted;
        kept.seconds.retain(|at, _| *at > second - SECONDS_KEPT);
        let hours = kept.hours.entry(now.micros().div_euclid(HOUR_MICROS)).or_default();
        hours.iter_mut().zip(by_kind).for_each(|(sum, more)| *sum += more);
        while kept.hours.len() > HOURS_KEPT {
            kept.hours.pop_first();
        }
        for line in &receipt.lines {
            if kept.reasons.len() < REASONS_MAX || kept.reasons.contains_key(&line.code) {
                *kept.reasons.entry(line.code.clone()).or_default() += 1;
            }
            if kept.refused.len() == REFUSED_KEPT {
                kept.refused.pop_front();
            }
            kept.refused.push_back(RefusedLine { at: now, sender: sender.to_owned(), line: line.clone() });
        }
    }

    /// Somebody was told to wait.
    pub fn note_busy(&self) {
        self.kept().counts.busy += 1;
    }

    /// Counts since the process began.
    pub fn counts(&self) -> Counts {
        self.kept().counts.clone()
    }

    /// Signals a second over the last ten whole seconds.
    pub fn rate(&self, now: Timestamp) -> f64 {
        const SECONDS: i64 = 10;
        let second = now.micros().div_euclid(SECOND_MICROS);
        self.kept().seconds.range(second - SECONDS..second).map(|(_, count)| *count).sum::<u64>() as f64
            / SECONDS as f64
    }

    /// Accepted signals by hour of receipt (hours since 1970-01-01 UTC) and kind ([`Kind::ALL`]), oldest first.
    pub fn hours(&self) -> Vec<(i64, [u64; KINDS])> {
        self.kept().hours.iter().map(|(hour, counts)| (*hour, *counts)).collect()
    }

    /// The last refused lines, newest first.
    pub fn refused(&self, most: usize) -> Vec<RefusedLine> {
        self.kept().refused.iter().rev().take(most).cloned().collect()
    }

    /// Refused lines by reason, as far as they were named.
    pub fn reasons(&self) -> Vec<(String, u64)> {
        let mut reasons: Vec<(String, u64)> =
            self.kept().reasons.iter().map(|(code, count)| (code.clone(), *count)).collect();
        reasons.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        reasons
    }
}
