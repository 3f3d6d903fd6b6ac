//! What one call has looked up already, so that a list of codes asks the store once for what its codes share.
//!
//! A list's survey does not outlive its call: a second call sees what was decided in between.

use crate::Error;
use crate::keys::Ring;
use crate::model::{Batch, BatchBrief, Lot, Turn};
use crate::store::{self, Range, RangeKind};
use gs1::Gtin;
use sea_orm::ConnectionTrait;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Most ranges of one batch that are held; of a batch with more, each code asks for itself.
const RANGES_HELD_MAX: u64 = 20_000;
/// Most batches that are held, and ranges of them in all; when there are more, all are forgotten.
const BATCHES_HELD_MAX: usize = 2_000;
const RANGES_HELD_IN_ALL_MAX: usize = 200_000;

/// Ranges of a kind in one batch, by their first counter.
enum Runs {
    /// All of them.
    Held(BTreeMap<u64, Range>),
    /// Too many, or only one code is asked for.
    Asked,
}

impl Runs {
    fn len(&self) -> usize {
        match self {
            Runs::Held(runs) => runs.len(),
            Runs::Asked => 0,
        }
    }
}

/// A batch and what happened to its units.
pub(crate) struct Held {
    pub batch: Batch,
    pub brief: BatchBrief,
    commissioned: Runs,
    decommissioned: Runs,
}

type ByGtin = HashMap<Gtin, BTreeMap<u64, Arc<Held>>>;

/// What one call has looked up.
#[derive(Default)]
pub(crate) struct Survey {
    /// The keys.
    pub ring: Ring,
    /// Whether many codes are asked for: then batches are read whole.
    many: bool,
    count: usize,
    ranges: usize,
    batches: HashMap<String, ByGtin>,
    lots: HashMap<String, Lot>,
}

impl Survey {
    /// For many codes.
    pub(crate) fn of_many() -> Survey {
        Survey { many: true, ..Survey::default() }
    }

    /// The batch of a counter.
    pub(crate) async fn batch(
        &mut self,
        db: &impl ConnectionTrait,
        key_id: &str,
        gtin: &Gtin,
        counter: u64,
    ) -> Result<Option<Arc<Held>>, Error> {
        let held = self.batches.get(key_id).and_then(|by_gtin| by_gtin.get(gtin));
        let held = held.and_then(|by_counter| by_counter.range(..=counter).next_back());
        if let Some((_, held)) = held.filter(|(_, held)| counter < held.batch.until) {
            return Ok(Some(Arc::clone(held)));
        }
        let Some(batch) = store::batch_at(db, key_id, gtin.as_str(), counter).await? else { return Ok(None) };
        let held = Arc::new(Held {
            brief: batch.brief(),
            commissioned: self.runs(db, RangeKind::Commissioned, &batch).await?,
            decommissioned: self.runs(db, RangeKind::Decommissioned, &batch).await?,
            batch,
        });
        if self.count >= BATCHES_HELD_MAX || self.ranges >= RANGES_HELD_IN_ALL_MAX {
            (self.count, self.ranges, self.batches) = (0, 0, HashMap::new());
        }
        self.count += 1;
        self.ranges += held.commissioned.len() + held.decommissioned.len();
        let by_gtin = self.batches.entry(key_id.to_owned()).or_default();
        by_gtin.entry(*gtin).or_default().insert(held.batch.from, Arc::clone(&held));
        Ok(Some(held))
    }

    async fn runs(&self, db: &impl ConnectionTrait, kind: RangeKind, batch: &Batch) -> Result<Runs, Error> {
        if !self.many {
            return Ok(Runs::Asked);
        }
        let ranges = store::ranges_of_batch(db, &batch.id, kind, RANGES_HELD_MAX + 1).await?;
        if ranges.len() as u64 > RANGES_HELD_MAX {
            return Ok(Runs::Asked);
        }
        Ok(Runs::Held(ranges.into_iter().map(|range| (range.from, range)).collect()))
    }

    /// What happened to a counter of a batch.
    pub(crate) async fn turn(
        &self,
        db: &impl ConnectionTrait,
        kind: RangeKind,
        held: &Held,
        counter: u64,
    ) -> Result<Option<Turn>, Error> {
        let (runs, units) = match kind {
            RangeKind::Commissioned => (&held.commissioned, held.batch.commissioned),
            RangeKind::Decommissioned => (&held.decommissioned, held.batch.decommissioned),
        };
        if units == 0 {
            return Ok(None);
        }
        match runs {
            Runs::Held(runs) => {
                let last = runs.range(..=counter).next_back().map(|(_, range)| range);
                Ok(last.filter(|range| counter < range.until).map(|range| range.turn.clone()))
            }
            Runs::Asked => {
                let (key_id, gtin) = (&held.batch.key_id, held.batch.gtin.as_str());
                let found = store::overlapping(db, kind, key_id, gtin, (counter, counter + 1)).await?;
                Ok(found.map(|range| range.turn))
            }
        }
    }

    /// A lot.
    pub(crate) async fn lot(&mut self, db: &impl ConnectionTrait, id: &str) -> Result<Option<Lot>, Error> {
        if let Some(lot) = self.lots.get(id) {
            return Ok(Some(lot.clone()));
        }
        let found = store::lot(db, id).await?;
        if let Some(lot) = &found {
            self.lots.insert(id.to_owned(), lot.clone());
        }
        Ok(found)
    }
}
