//! Scans on their way into the store, and the warnings they lead to.
//!
//! A page does not wait for the disk: what it saw goes into a queue of this process with a limit, and a turn of the job
//! `scans` stores many at once, every two seconds, or sooner when it was idle or much waits. Looks that were not stored when
//! a process is killed are lost: at most those of two seconds; a process that is told to stop stores them first. Reports of
//! apps, and whatever a person tells, wait until they are stored. One turn is one transaction: rows, the records of the
//! units and lots they belong to, and the warnings; the acts of new warnings follow at once, and if the process stops
//! between the two, the next turn finds the warning without an act and writes it.
//!
//! The number a page shows counts what is stored and what waits: a turn moves scans from one to the other under one lock.

use crate::evidence;
use crate::known;
use crate::model::{LotBrief, Sighting, Warning, WarningState};
use crate::parameters::{Parameters, parameters};
use crate::store;
use ground::{Problem, Timestamp};
use journey::clones::{Event, Finding, HotSet, LotFacts, LotRecord, UnitRecord, judge, judge_lot};
use kernel::{Act, Actor, Kernel, Result};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard};

/// Sightings that wait at most; when there are more, the page waits for the disk.
pub const WAITING_MAX: usize = 20_000;
/// Sightings of one transaction.
const TURN_SIGHTINGS_MAX: usize = 1_000;
/// Tries of a transaction that another process disturbed.
const TRIES_MAX: u32 = 8;
/// Warnings whose acts are written in one turn.
const ACTS_MAX: u64 = 200;
/// The name of the job.
pub const JOB: &str = "scans";

/// Sightings after which a turn is taken at once.
const TURN_WAKES_AT: usize = 512;
/// A turn is taken at the first sighting if the last one is so long ago, microseconds.
const IDLE_MICROS: i64 = 500_000;
/// Units whose stored count this process remembers.
const COUNTED_MAX: usize = 20_000;

/// GTIN and serial number.
type UnitKey = (String, String);
/// How many scans, and the first of them.
type Count = (u32, Timestamp);

/// What waits to be stored.
#[derive(Default)]
pub(crate) struct Waiting {
    queue: Mutex<Queue>,
    turn: tokio::sync::Mutex<()>,
}

struct Queue {
    sightings: Vec<Sighting>,
    /// Scans of units that wait.
    waiting: HashMap<UnitKey, Count>,
    /// Scans of units as this process stored them last.
    stored: HotSet<UnitKey, Count>,
    last_turn: Timestamp,
}

impl Default for Queue {
    fn default() -> Self {
        Queue {
            sightings: Vec::new(),
            waiting: HashMap::new(),
            stored: HotSet::new(COUNTED_MAX),
            last_turn: Timestamp::from_micros(0),
        }
    }
}

impl Waiting {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Scans of a unit and the first of them: what was read from the store, or what this process stored since, and what
    /// waits.
    pub fn scans_of(&self, gtin: &str, serial: &str, read: (u32, Option<Timestamp>)) -> (u32, Option<Timestamp>) {
        let key = (gtin.to_owned(), serial.to_owned());
        let mut queue = self.queue();
        let stored = queue.stored.get(&key).copied();
        let waiting = queue.waiting.get(&key).copied();
        drop(queue);
        let count = read.0.max(stored.map_or(0, |(count, _)| count)) + waiting.map_or(0, |(count, _)| count);
        let moments = [read.1, stored.map(|(_, at)| at), waiting.map(|(_, at)| at)];
        (count, moments.into_iter().flatten().min())
    }
}

/// Takes a sighting in; it is stored soon.
///
/// # Errors
/// What the store says, where the queue was full and the caller had to wait.
pub(crate) async fn take(kernel: &Kernel, sighting: Sighting) -> Result<()> {
    let waiting = kernel.memory::<Waiting>();
    let length = {
        let mut queue = waiting.queue();
        if sighting.is_of_unit() && sighting.seen.event == Event::Scan {
            let key = (sighting.gtin.clone(), sighting.serial.clone());
            let (count, first_at) = queue.waiting.entry(key).or_insert((0, sighting.seen.at));
            *count += 1;
            *first_at = sighting.seen.at.min(*first_at);
        }
        queue.sightings.push(sighting);
        let idle = kernel.now().micros() - queue.last_turn.micros() >= IDLE_MICROS;
        let length = queue.sightings.len();
        if (length == 1 && idle) || length.is_multiple_of(TURN_WAKES_AT) {
            kernel.wake(JOB);
        }
        length
    };
    if length > WAITING_MAX {
        drain(kernel).await?;
    }
    Ok(())
}

/// Stores what waits, all of it. Returns how many sightings.
///
/// # Errors
/// What the store says; what was not stored waits on.
pub async fn drain(kernel: &Kernel) -> Result<u64> {
    let waiting = kernel.memory::<Waiting>();
    let _turn = waiting.turn.lock().await;
    let mut stored = 0;
    loop {
        let batch: Vec<Sighting> = {
            let queue = waiting.queue();
            queue.sightings.iter().take(TURN_SIGHTINGS_MAX).cloned().collect()
        };
        if batch.is_empty() {
            break;
        }
        let counts = keep(kernel, &batch).await?;
        moved(&waiting, &batch, counts);
        stored += batch.len() as u64;
    }
    waiting.queue().last_turn = kernel.now();
    Ok(stored + announce(kernel).await?)
}

/// What was stored waits no longer.
fn moved(waiting: &Waiting, batch: &[Sighting], counts: Vec<(UnitKey, Count)>) {
    let mut queue = waiting.queue();
    queue.sightings.drain(..batch.len());
    for sighting in batch.iter().filter(|sighting| sighting.is_of_unit() && sighting.seen.event == Event::Scan) {
        let unit = (sighting.gtin.clone(), sighting.serial.clone());
        if let Some((count, _)) = queue.waiting.get_mut(&unit) {
            *count -= 1;
            if *count == 0 {
                queue.waiting.remove(&unit);
            }
        }
    }
    for (unit, count) in counts {
        queue.stored.put(unit, count);
    }
}

/// Stores a batch; returns how many scans each of its units has now.
async fn keep(kernel: &Kernel, batch: &[Sighting]) -> Result<Vec<(UnitKey, Count)>> {
    let limits = parameters(kernel)?;
    for _ in 0..TRIES_MAX {
        if let Some(counts) = try_keep(kernel, batch, &limits).await? {
            return Ok(counts);
        }
    }
    Err(Problem::internal("other processes kept changing the records of these units"))
}

/// The records a batch touches, each with what it counted before.
#[derive(Default)]
struct Touched {
    units: BTreeMap<(String, String), (u32, Option<String>, UnitRecord)>,
    lots: BTreeMap<String, (u64, LotRecord)>,
}

impl Touched {
    /// Reads the records of the units and lots of a batch.
    async fn read(tx: &db::Tx, batch: &[Sighting]) -> Result<Touched> {
        let mut touched = Touched::default();
        let mut asked: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for sighting in batch.iter().filter(|sighting| sighting.is_of_unit()) {
            asked.entry(&sighting.gtin).or_default().insert(&sighting.serial);
            let lot_id = sighting.lot.as_ref().map(|lot| lot.id.clone());
            let key = (sighting.gtin.clone(), sighting.serial.clone());
            touched.units.entry(key).or_insert_with(|| (0, lot_id, UnitRecord::default()));
        }
        for (gtin, serials) in asked {
            let serials: Vec<&str> = serials.into_iter().collect();
            for kept in store::records::units_of(tx, gtin, &serials).await? {
                if let Some(unit) = touched.units.get_mut(&(kept.gtin, kept.serial)) {
                    (unit.0, unit.2) = (kept.record.observations, kept.record);
                }
            }
        }
        for lot in batch.iter().filter_map(lot_scanned) {
            if !touched.lots.contains_key(&lot.id) {
                let kept = store::records::lot(tx, &lot.id).await?.unwrap_or_default();
                touched.lots.insert(lot.id.clone(), (kept.scans, kept));
            }
        }
        Ok(touched)
    }

    /// Keeps them. `false`: another process took something in for one of them in between.
    async fn save(&self, tx: &db::Tx, now: Timestamp) -> Result<bool> {
        let fresh: Vec<store::records::NewUnit<'_>> = self
            .units
            .iter()
            .filter(|(_, (before, ..))| *before == 0)
            .map(|((gtin, serial), (_, lot_id, record))| (gtin.as_str(), serial.as_str(), lot_id.as_deref(), record))
            .collect();
        if !store::records::insert_units(tx, &fresh, now).await? {
            return Ok(false);
        }
        for ((gtin, serial), (before, _, record)) in self.units.iter().filter(|(_, (before, ..))| *before > 0) {
            if !store::records::save_unit(tx, (gtin, serial), *before, record, now).await? {
                return Ok(false);
            }
        }
        for (lot_id, (before, record)) in &self.lots {
            if !store::records::save_lot(tx, lot_id, *before, record, now).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// The lot a scan counts for.
fn lot_scanned(sighting: &Sighting) -> Option<&LotBrief> {
    sighting.lot.as_ref().filter(|_| sighting.seen.event == Event::Scan)
}

/// One transaction. `None`: another process took something in for one of these units in between.
async fn try_keep(kernel: &Kernel, batch: &[Sighting], limits: &Parameters) -> Result<Option<Vec<(UnitKey, Count)>>> {
    let tx = kernel.db().write_tx().await?;
    let mut touched = Touched::read(&tx, batch).await?;
    let mut rows = Vec::with_capacity(batch.len());
    let mut warnings = Vec::new();
    for sighting in batch {
        let mut row = sighting.clone();
        row.id = kernel.new_id();
        if let Some(facts) = sighting.facts.as_ref().filter(|_| sighting.is_of_unit()) {
            let key = (sighting.gtin.clone(), sighting.serial.clone());
            if let Some((_, _, record)) = touched.units.get_mut(&key) {
                record.observe(&sighting.seen);
                row.ordinal = record.observations;
                let found = judge(record, &sighting.seen, facts, &limits.unit);
                warnings.extend(found.into_iter().map(|finding| of_unit(kernel, sighting, &finding)));
            }
        }
        if let Some(lot) = lot_scanned(sighting)
            && let Some((_, record)) = touched.lots.get_mut(&lot.id)
        {
            record.observe(&sighting.seen);
            let found = judge_lot(record, &LotFacts { units: lot.units }, &limits.lot);
            warnings.extend(found.into_iter().map(|finding| of_lot(kernel, sighting, lot, &finding)));
        }
        rows.push(row);
    }
    store::sightings::insert(&tx, &rows).await?;
    if !touched.save(&tx, kernel.now()).await? {
        return Ok(None);
    }
    for warning in &warnings {
        store::warnings::raise(&tx, warning).await?;
    }
    tx.commit().await.map_err(store::fail)?;
    let counted = touched.units.into_iter().filter(|(_, (.., record))| record.scans > 0);
    Ok(Some(counted.map(|(unit, (.., record))| (unit, (record.scans, record.first_at))).collect()))
}

fn of_unit(kernel: &Kernel, sighting: &Sighting, finding: &Finding) -> Warning {
    let lot = sighting.lot.as_ref();
    Warning {
        id: kernel.new_id(),
        rule: finding.rule,
        state: WarningState::Open,
        gtin: sighting.gtin.clone(),
        serial: sighting.serial.clone(),
        lot_id: lot.map(|lot| lot.id.clone()),
        lot_number: lot.map(|lot| lot.number.clone()).unwrap_or_default(),
        product: lot.map(|lot| lot.product.clone()).unwrap_or_default(),
        merchant_id: lot.map(|lot| lot.merchant_id.clone()).unwrap_or_default(),
        opened_at: kernel.now(),
        last_at: kernel.now(),
        times: 1,
        evidence: evidence::to_json(&finding.evidence),
        reason: String::new(),
        closed_by: None,
        closed_at: None,
        open_act_id: None,
        close_act_id: None,
    }
}

fn of_lot(kernel: &Kernel, sighting: &Sighting, lot: &LotBrief, finding: &Finding) -> Warning {
    let mut warning = of_unit(kernel, sighting, finding);
    (warning.serial, warning.lot_id) = (String::new(), Some(lot.id.clone()));
    warning
}

/// Writes the acts of warnings that have none yet.
///
/// # Errors
/// What the store says.
pub(crate) async fn announce(kernel: &Kernel) -> Result<u64> {
    let open = store::warnings::without_act(kernel.db().read(), ACTS_MAX).await?;
    let mut written = 0;
    for warning in open {
        let limits = parameters(kernel)?;
        let mut write = kernel.begin(&Actor::system("clone-watch")).await?;
        let act_id = write.act(suspected(&warning, &limits)).await?;
        if store::warnings::set_open_act(write.tx(), &warning.id, &act_id).await? {
            write.commit().await?;
            known::forget_all(kernel);
            written += 1;
        }
    }
    Ok(written)
}

fn suspected(warning: &Warning, limits: &Parameters) -> Act {
    let (kind, id) = warning.subject();
    let act = Act::new("clone.suspected", kind, &id)
        .policy(&limits.pack.0, &limits.pack.1)
        .reason(warning.rule.name())
        .outcome("suspected")
        .public("warning", warning.id.as_str())
        .public("product", warning.product.as_str())
        .public("evidence_of_rule", warning.evidence.clone());
    related(act, warning)
}

/// What else an act about a warning is about.
pub(crate) fn related(act: Act, warning: &Warning) -> Act {
    let act = match warning.lot_id.as_deref().filter(|_| !warning.serial.is_empty()) {
        Some(lot) => act.about("lot", lot),
        None => act,
    };
    let act = if warning.merchant_id.is_empty() { act } else { act.about("merchant", &warning.merchant_id) };
    act.about("clone_warning", &warning.id)
}

/// Removes scans past their time, and the keys of days that are over. Records of units stay: they hold no more than when and
/// how often, and six coarse places.
///
/// # Errors
/// What the store says.
pub async fn expire(kernel: &Kernel) -> Result<u64> {
    let limits = parameters(kernel)?;
    let before = kernel.now().plus_days(-limits.retention_days);
    let tx = kernel.db().write_tx().await?;
    let removed = store::sightings::forget_before(&tx, before, TURN_SIGHTINGS_MAX as u64).await?;
    tx.commit().await.map_err(store::fail)?;
    Ok(removed + crate::reader::forget_keys(kernel).await?)
}

/// What a comparison of the records with the stored sightings found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Units and lots whose record is the fold of their sightings, byte for byte.
    pub equal: u64,
    /// Those with sightings past their retention: nothing to compare with.
    pub shortened: u64,
    /// Those that differ, `gtin/serial` or the id of a lot; at most [`DIFFERING_MAX`].
    pub differing: Vec<String>,
}

/// Differences named at most.
pub const DIFFERING_MAX: usize = 100;
/// Rows read at once.
const COMPARED_MAX: u64 = 500;

impl Comparison {
    fn note(&mut self, complete: bool, equal: bool, name: impl FnOnce() -> String) {
        match (complete, equal) {
            (false, _) => self.shortened += 1,
            (true, true) => self.equal += 1,
            (true, false) if self.differing.len() < DIFFERING_MAX => self.differing.push(name()),
            (true, false) => {}
        }
    }
}

/// Folds all stored sightings again and compares what comes out with the records of units and lots.
///
/// # Errors
/// What the store says.
pub async fn compare(kernel: &Kernel) -> Result<Comparison> {
    let mut found = Comparison::default();
    compare_units(kernel, &mut found).await?;
    compare_lots(kernel, &mut found).await?;
    Ok(found)
}

async fn compare_units(kernel: &Kernel, found: &mut Comparison) -> Result<()> {
    let db = kernel.db().read();
    let mut after = (String::new(), String::new());
    loop {
        let units = store::records::units_after(db, (&after.0, &after.1), COMPARED_MAX).await?;
        let Some(last) = units.last() else { return Ok(()) };
        after = (last.gtin.clone(), last.serial.clone());
        for unit in &units {
            let observations = u64::from(unit.record.observations);
            let sightings = store::sightings::of_unit(db, &unit.gtin, &unit.serial, observations + 1).await?;
            let mut folded = UnitRecord::default();
            sightings.iter().for_each(|sighting| folded.observe(&sighting.seen));
            let complete = sightings.len() as u64 >= observations;
            let equal = folded.to_bytes() == unit.record.to_bytes();
            found.note(complete, equal, || crate::model::unit_id(&unit.gtin, &unit.serial));
        }
    }
}

async fn compare_lots(kernel: &Kernel, found: &mut Comparison) -> Result<()> {
    let db = kernel.db().read();
    let mut after = String::new();
    loop {
        let lots = store::records::lots_after(db, &after, COMPARED_MAX).await?;
        let Some((last, _)) = lots.last() else { return Ok(()) };
        after.clone_from(last);
        for (lot_id, record) in &lots {
            let (mut folded, mut seen) = (LotRecord::default(), String::new());
            loop {
                let sightings = store::sightings::of_lot_after(db, lot_id, &seen, COMPARED_MAX).await?;
                let Some(last) = sightings.last() else { break };
                seen.clone_from(&last.id);
                sightings.iter().for_each(|sighting| folded.observe(&sighting.seen));
            }
            found.note(folded.scans >= record.scans, folded == *record, || lot_id.clone());
        }
    }
}

/// The moment of something an app reports: not in the future, and not longer ago than a key is kept.
pub(crate) fn believable(now: Timestamp, at: Timestamp) -> bool {
    at <= now.plus_micros(5 * ground::time::MINUTE_MICROS) && at >= now.plus_days(-crate::reader::KEY_DAYS_KEPT)
}
