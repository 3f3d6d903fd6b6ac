//! From signals in memory to a block on the disk. The ids decide what is new; a block is acknowledged after it is durable,
//! and an id counts as having come only then.
//!
//! Two requests may bring the same id at the same moment. The second one finds the first one's id on its way (`on_the_way`),
//! counts as a duplicate of it, and is answered only when the first one is on the disk; where that fails, both fail.

use crate::error::Error;
use crate::fold::Feed;
use segments::{Answer, Log, Seen};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use stream::block::{Content, Writer};
use stream::fingerprint::{Fingerprint, Fingerprints};
use stream::{Kind, Signal};

/// Whether a block that is on its way arrived.
#[derive(Default)]
struct Ticket {
    arrived: Mutex<Option<bool>>,
    told: Condvar,
}

impl Ticket {
    fn tell(&self, arrived: bool) {
        *self.arrived.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(arrived);
        self.told.notify_all();
    }

    fn wait(&self) -> bool {
        let mut arrived = self.arrived.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        loop {
            if let Some(arrived) = *arrived {
                return arrived;
            }
            arrived = self.told.wait(arrived).unwrap_or_else(|poisoned| poisoned.into_inner());
        }
    }
}

struct Ids {
    seen: Seen,
    on_the_way: HashMap<Fingerprint, (u64, Arc<Ticket>), foldhash::fast::RandomState>,
    /// Blocks whose ids are in `seen`, beyond the last one without a gap before it.
    beyond: BTreeSet<u64>,
    /// The ids of all blocks up to this one are in `seen`.
    complete_through: u64,
}

impl Ids {
    fn arrived(&mut self, sequence: u64) {
        self.beyond.insert(sequence);
        while self.beyond.remove(&(self.complete_through + 1)) {
            self.complete_through += 1;
        }
    }
}

/// Where signals come in.
pub(crate) struct Intake {
    log: Arc<Log>,
    feed: Arc<Feed>,
    fingerprints: Fingerprints,
    ids: Mutex<Ids>,
}

/// What the ids are told of a signal.
#[derive(Debug, Clone, Copy)]
struct Mark {
    id: Fingerprint,
    content: u64,
    kind: Kind,
}

/// Signals being gathered for one block: written as they come, so that nothing is held twice.
pub(crate) struct Batch {
    writer: Writer,
    fingerprints: Fingerprints,
    space: Vec<u8>,
    marks: Vec<Mark>,
    /// The line of each.
    numbers: Vec<u64>,
}

impl Batch {
    /// Adds a signal that was checked, from this line.
    pub fn push(&mut self, number: u64, signal: &Signal<'_>) {
        let content = self.fingerprints.content(signal, &mut self.space);
        self.marks.push(Mark { id: self.fingerprints.id(signal.id), content, kind: signal.kind });
        self.numbers.push(number);
        self.writer.push(signal);
    }

    /// Signals so far.
    pub fn len(&self) -> usize {
        self.marks.len()
    }
}

/// What became of a batch.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    pub accepted: u64,
    pub duplicates: u64,
    /// Line and id of the signals whose id came before with other content.
    pub conflicts: Vec<(u64, String)>,
    conflict_places: Vec<usize>,
    /// The block; 0 where nothing was new.
    pub position: u64,
    /// Accepted signals by kind, in the order of [`Kind::ALL`].
    pub by_kind: [u64; Kind::ALL.len()],
}

/// The signals of a block at these places (ascending), in a block of their own.
fn only(payload: &[u8], places: &[usize], received_us: i64) -> Result<Vec<u8>, Error> {
    let mut writer = Writer::new();
    each(payload, |place, signal| {
        if places.binary_search(&place).is_ok() {
            writer.push(signal);
        }
    })?;
    Ok(writer.finish(received_us))
}

/// Line and id of the signals of a block at these places (ascending).
fn named(payload: &[u8], places: &[usize], numbers: &[u64]) -> Vec<(u64, String)> {
    let mut found = Vec::with_capacity(places.len());
    if !places.is_empty() {
        let read = each(payload, |place, signal| {
            if places.binary_search(&place).is_ok() {
                found.push((numbers[place], signal.id.to_owned()));
            }
        });
        debug_assert!(read.is_ok(), "a block is read back as it was written");
    }
    found
}

/// Every signal of a block with its place.
pub(crate) fn each(payload: &[u8], mut each: impl FnMut(usize, &Signal<'_>)) -> Result<(), Error> {
    let block = stream::block::read(payload).map_err(Error::storage)?;
    if let Content::Signals(signals) = block.content {
        for (place, signal) in signals.iter().enumerate() {
            each(place, &signal.map_err(Error::storage)?);
        }
    }
    Ok(())
}

impl Intake {
    /// Over ids that are complete to the end of the log.
    pub fn open(log: Arc<Log>, feed: Arc<Feed>, fingerprints: Fingerprints, seen: Seen) -> Intake {
        let complete_through = log.end();
        let ids = Ids { seen, on_the_way: HashMap::default(), beyond: BTreeSet::new(), complete_through };
        Intake { log, feed, fingerprints, ids: Mutex::new(ids) }
    }

    fn ids(&self) -> MutexGuard<'_, Ids> {
        self.ids.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// An empty batch.
    pub fn batch(&self) -> Batch {
        Batch {
            writer: Writer::new(),
            fingerprints: self.fingerprints,
            space: Vec::with_capacity(256),
            marks: Vec::new(),
            numbers: Vec::new(),
        }
    }

    /// Keeps what is new of a batch, as one block; returns when it is on the disk. Blocks its thread.
    ///
    /// # Errors
    /// What the disk says: nothing of the batch counts then.
    pub fn take(&self, batch: Batch, received_us: i64) -> Result<Taken, Error> {
        let Batch { mut writer, marks, numbers, .. } = batch;
        if marks.is_empty() {
            return Ok(Taken::default());
        }
        let payload = writer.finish(received_us);
        let ticket = Arc::new(Ticket::default());
        let (mut taken, fresh, others) = self.sort_out(&marks, &ticket)?;
        let kept = match fresh.len() {
            0 => Ok(0),
            all if all == marks.len() => self.append(payload.clone(), all as u32),
            some => only(&payload, &fresh, received_us).and_then(|payload| self.append(payload, some as u32)),
        };
        self.settle(&marks, &fresh, kept.as_ref().ok().copied());
        ticket.tell(kept.is_ok());
        if let Err(error) = self.keep_ids() {
            // The signals are kept; only a restart would take longer. The next batch tries again.
            tracing::warn!(%error, "the ids of signals could not be written");
        }
        taken.position = kept?;
        taken.accepted = fresh.len() as u64;
        fresh.iter().for_each(|place| taken.by_kind[marks[*place].kind as usize] += 1);
        taken.conflicts = named(&payload, &taken.conflict_places, &numbers);
        if others.iter().all(|other| other.wait()) {
            Ok(taken)
        } else {
            // What this batch called duplicates of did not arrive. Its own block did: sent again, it will be found.
            let source = std::io::Error::other("another request with the same ids could not be kept");
            Err(Error::Disk { kept: taken.accepted, source })
        }
    }

    /// New, duplicate or conflict; and the blocks on their way that the answer rests on.
    #[allow(clippy::type_complexity)] // the three answers of one look, used once
    fn sort_out(&self, marks: &[Mark], ticket: &Arc<Ticket>) -> Result<(Taken, Vec<usize>, Vec<Arc<Ticket>>), Error> {
        let (mut taken, mut fresh, mut others) = (Taken::default(), Vec::with_capacity(marks.len()), Vec::new());
        let mut ids = self.ids();
        let Ids { seen, on_the_way, .. } = &mut *ids;
        for (place, Mark { id, content, .. }) in marks.iter().enumerate() {
            let answer = match on_the_way.get(id) {
                Some((before, other)) => {
                    if !Arc::ptr_eq(other, ticket) && !others.iter().any(|known| Arc::ptr_eq(known, other)) {
                        others.push(Arc::clone(other));
                    }
                    if before == content { Answer::Duplicate } else { Answer::Conflict }
                }
                None => match seen.check(*id, *content) {
                    Ok(answer) => answer,
                    Err(source) => {
                        // Nothing of this batch was handed on: its ids are free again.
                        fresh.iter().for_each(|place: &usize| {
                            on_the_way.remove(&marks[*place].id);
                        });
                        return Err(Error::Disk { kept: 0, source });
                    }
                },
            };
            match answer {
                Answer::New => {
                    on_the_way.insert(*id, (*content, Arc::clone(ticket)));
                    fresh.push(place);
                }
                Answer::Duplicate => taken.duplicates += 1,
                Answer::Conflict => taken.conflict_places.push(place),
            }
        }
        Ok((taken, fresh, others))
    }

    fn append(&self, payload: Vec<u8>, signals: u32) -> Result<u64, Error> {
        let copy: Arc<[u8]> = payload.as_slice().into();
        let position = self.log.append(payload, signals)?;
        self.feed.offer(position, copy);
        Ok(position)
    }

    /// The ids of a block that arrived have come; those of one that did not are free again.
    fn settle(&self, marks: &[Mark], fresh: &[usize], position: Option<u64>) {
        let mut ids = self.ids();
        for place in fresh {
            let Mark { id, content, .. } = marks[*place];
            ids.on_the_way.remove(&id);
            if position.is_some() {
                ids.seen.insert(id, content);
            }
        }
        if let Some(position) = position.filter(|position| *position > 0) {
            ids.arrived(position);
        }
    }

    /// Keeps the order to close days through this one.
    ///
    /// # Errors
    /// What the disk says.
    pub fn close_through(&self, day: i32, received_us: i64) -> Result<u64, Error> {
        let position = self.append(stream::block::encode_close(day, received_us), 0)?;
        self.ids().arrived(position);
        Ok(position)
    }

    /// Makes the ids durable where their memory is full; others go on meanwhile. Not sooner: there are only so many files of
    /// ids, and those in memory come back out of the log.
    ///
    /// # Errors
    /// What the disk says; then the log is kept for longer.
    pub fn keep_ids(&self) -> Result<(), Error> {
        let flush = {
            let mut ids = self.ids();
            if !ids.seen.is_full() {
                return Ok(());
            }
            let through = ids.complete_through;
            ids.seen.begin_flush(through)
        };
        let Some(flush) = flush else { return Ok(()) };
        let flushed = flush.write();
        self.ids().seen.end_flush(flushed).map_err(|source| Error::Disk { kept: 0, source })
    }

    /// Forgets the ids that came before this block.
    ///
    /// # Errors
    /// What the disk says.
    pub fn forget_ids_before(&self, sequence: u64) -> Result<(), Error> {
        self.ids().seen.expire_before(sequence).map_err(|source| Error::Disk { kept: 0, source })
    }

    /// The ids of the blocks up to this one are durable.
    pub fn ids_complete_through(&self) -> u64 {
        self.ids().seen.complete_through()
    }
}
