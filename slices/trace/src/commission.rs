//! Commissioning puts codes on the goods of a lot; decommissioning takes them out. Both work on ranges of a batch, or on
//! codes listed one by one.

use crate::keys::{Found, Ring};
use crate::model::{Batch, LISTED_CODES_MAX, Lot, LotState, Turn};
use crate::store::{self, Range, RangeKind};
use crate::units::read_code;
use crate::{Error, codes, lots, text};
use ground::limits::NOTE_CHARS_MAX;
use ground::{Fault, Place};
use kernel::{Act, Actor, Kernel, Permission, Write};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Ranges named one by one in an act; more are named by their hash.
const ACT_RANGES_MAX: usize = 200;
/// Batches an act stands in the history of.
const ACT_BATCHES_MAX: usize = 50;
/// Why units are taken out: stable codes.
pub const DECOMMISSION_REASONS: [&str; 8] =
    ["destroyed", "damaged", "misprinted", "sample", "stolen", "returned", "expired", "other"];

/// Which units.
#[derive(Debug, Clone)]
pub enum Units {
    /// Codes of a batch by their position, from 1.
    Range {
        /// The batch.
        batch_id: String,
        /// First position, from 1.
        first: u64,
        /// How many.
        count: u64,
    },
    /// Codes as they are scanned or written, at most [`LISTED_CODES_MAX`].
    Codes(Vec<String>),
}

/// Ranges of counters of one batch.
#[derive(Debug, Clone)]
pub(crate) struct Piece {
    pub batch: Batch,
    pub ranges: Vec<(u64, u64)>,
}

impl Piece {
    fn count(&self) -> u64 {
        self.ranges.iter().map(|(from, until)| until - from).sum()
    }
}

/// The pieces that are asked for. Another merchant's codes are as unknown as forged ones.
async fn pieces(kernel: &Kernel, actor: &Actor, units: Units) -> Result<Vec<Piece>, Error> {
    if !actor.may(Permission::TraceManage) {
        actor.require(Permission::OwnTrace)?;
    }
    let own =
        |batch: &Batch| actor.require_own(Permission::TraceManage, Permission::OwnTrace, &batch.merchant_id).is_ok();
    match units {
        Units::Range { batch_id, first, count } => {
            let found = store::batch(kernel.db().read(), &batch_id).await?;
            let batch = found.filter(own).ok_or(Error::Missing)?;
            let most = batch.count();
            if first == 0 || first > most {
                return Err(Error::Invalid(vec![Fault::field("first", "trace-fault-first").arg("most", most)]));
            }
            let left = most - (first - 1);
            if count == 0 || count > left {
                return Err(Error::Invalid(vec![Fault::field("count", "trace-fault-range").arg("most", left)]));
            }
            let from = batch.from + (first - 1);
            Ok(vec![Piece { ranges: vec![(from, from + count)], batch }])
        }
        Units::Codes(codes) => listed(kernel, own, &codes).await,
    }
}

async fn listed(kernel: &Kernel, own: impl Fn(&Batch) -> bool, codes: &[String]) -> Result<Vec<Piece>, Error> {
    let codes: Vec<&str> = codes.iter().map(|code| code.trim()).filter(|code| !code.is_empty()).collect();
    if codes.is_empty() || codes.len() > LISTED_CODES_MAX {
        return Err(Error::Invalid(vec![Fault::field("codes", "trace-fault-codes").arg("most", LISTED_CODES_MAX)]));
    }
    let db = kernel.db().read();
    let (mut ring, mut faults) = (Ring::default(), Vec::new());
    let mut found: BTreeMap<String, (Batch, Vec<u64>)> = BTreeMap::new();
    let mut known: Vec<Batch> = Vec::new();
    for (row, code) in codes.iter().enumerate() {
        let mut fault = |message: &'static str| {
            let place = Place::field("codes").in_row(row as u64 + 1);
            let shown: String = code.chars().filter(|c| !c.is_control()).take(80).collect();
            faults.push(Fault::at(place, message).arg("code", shown));
        };
        let Ok((gtin, serial)) = read_code(code) else {
            fault("trace-fault-code-unreadable");
            continue;
        };
        let Found::Genuine { key_id, counter, .. } = ring.find(kernel, db, &gtin, &serial).await? else {
            fault("trace-fault-code-unknown");
            continue;
        };
        let holds = |batch: &&Batch| {
            batch.key_id == key_id && batch.gtin == gtin && (batch.from..batch.until).contains(&counter)
        };
        let batch = match known.iter().find(holds) {
            Some(batch) => Some(batch.clone()),
            None => store::batch_at(db, &key_id, gtin.as_str(), counter).await?,
        };
        let Some(batch) = batch.filter(&own) else {
            fault("trace-fault-code-unknown");
            continue;
        };
        if !known.iter().any(|other| other.id == batch.id) {
            known.push(batch.clone());
        }
        found.entry(batch.id.clone()).or_insert_with(|| (batch, Vec::new())).1.push(counter);
    }
    Error::check(faults)?;
    Ok(found.into_values().map(|(batch, counters)| Piece { batch, ranges: runs(counters) }).collect())
}

/// Counters as ranges; repeated ones count once.
fn runs(mut counters: Vec<u64>) -> Vec<(u64, u64)> {
    counters.sort_unstable();
    counters.dedup();
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for counter in counters {
        match ranges.last_mut() {
            Some((_, until)) if *until == counter => *until += 1,
            _ => ranges.push((counter, counter + 1)),
        }
    }
    ranges
}

/// Puts units into a lot: minted ones of the lot's merchant and GTIN, none of them in a lot already or taken out.
///
/// # Errors
/// `forbidden`, `not_found`, `wrong_state` unless the lot is open, `invalid_input` naming the codes by row, `stale` when
/// somebody else uses codes of the same batch at this moment. Nothing is kept unless all fit.
pub async fn commission(kernel: &Kernel, actor: &Actor, lot_id: &str, units: Units) -> Result<Lot, Error> {
    let lot = lots::own(kernel, actor, lot_id).await?;
    if lot.state != LotState::Open {
        return Err(Error::WrongState { what: "commission", state: lot.state.name() });
    }
    let pieces = pieces(kernel, actor, units).await?;
    let fits = |piece: &Piece| piece.batch.merchant_id == lot.merchant_id && piece.batch.gtin == lot.gtin;
    if !pieces.iter().all(fits) {
        return Err(Error::field("codes", "trace-fault-codes-other-gtin"));
    }
    let other_lot = |piece: &Piece| piece.batch.lot.as_ref().is_some_and(|(id, _)| *id != lot.id);
    if pieces.iter().any(other_lot) {
        return Err(Error::field("codes", "trace-fault-codes-other-lot"));
    }
    let mut write = kernel.begin(actor).await?;
    commission_in(&mut write, &lot, &pieces).await?;
    write.commit().await?;
    store::lot(kernel.db().read(), lot_id).await?.ok_or(Error::Missing)
}

/// The same inside a decision under way.
pub(crate) async fn commission_in(write: &mut Write, lot: &Lot, pieces: &[Piece]) -> Result<(), Error> {
    free_of(write, RangeKind::Commissioned, pieces, "trace-fault-codes-commissioned").await?;
    free_of(write, RangeKind::Decommissioned, pieces, "trace-fault-codes-decommissioned").await?;
    let units: u64 = pieces.iter().map(Piece::count).sum();
    if !store::add_units(write.tx(), &lot.id, units).await? {
        return Err(Error::Stale);
    }
    let act = describe(lots::about("codes.commissioned", lot), pieces, units);
    let act_id = write.act(act).await?;
    let turn = Turn { at: write.now(), act_id, lot_id: Some(lot.id.clone()), reason: String::new() };
    keep(write, RangeKind::Commissioned, pieces, &turn).await
}

/// Takes units out: minted or commissioned ones that are not out already. `note` is kept private.
///
/// # Errors
/// As [`commission`], and `invalid_input` for an unknown reason. Returns how many.
pub async fn decommission(
    kernel: &Kernel,
    actor: &Actor,
    units: Units,
    reason: &str,
    note: &str,
) -> Result<u64, Error> {
    let mut faults = Vec::new();
    if !DECOMMISSION_REASONS.contains(&reason) {
        faults.push(Fault::field("reason", "trace-fault-decommission-reason"));
    }
    let note = text::line(&mut faults, "note", &note.replace(['\r', '\n', '\t'], " "), NOTE_CHARS_MAX);
    Error::check(faults)?;
    let pieces = pieces(kernel, actor, units).await?;
    let units: u64 = pieces.iter().map(Piece::count).sum();
    let mut write = kernel.begin(actor).await?;
    free_of(&write, RangeKind::Decommissioned, &pieces, "trace-fault-codes-decommissioned").await?;
    let Some(first) = pieces.first() else { return Err(Error::Missing) };
    let act = codes::about("codes.decommissioned", &first.batch).reason(reason).private("note", note.as_str());
    let act_id = write.act(describe(act, &pieces, units)).await?;
    let turn = Turn { at: write.now(), act_id, lot_id: None, reason: reason.to_owned() };
    keep(&write, RangeKind::Decommissioned, &pieces, &turn).await?;
    write.commit().await?;
    Ok(units)
}

async fn free_of(write: &Write, kind: RangeKind, pieces: &[Piece], message: &'static str) -> Result<(), Error> {
    let mut faults = Vec::new();
    for piece in pieces {
        let used = match kind {
            RangeKind::Commissioned => piece.batch.commissioned,
            RangeKind::Decommissioned => piece.batch.decommissioned,
        };
        if used == 0 {
            continue;
        }
        for range in &piece.ranges {
            let batch = &piece.batch;
            let found = store::overlapping(write.tx(), kind, &batch.key_id, batch.gtin.as_str(), *range).await?;
            if let Some(other) = found {
                let (first, last) = (batch.position(range.0.max(other.from)), range.1.min(other.until) - batch.from);
                faults.push(Fault::field("codes", message).arg("first", first).arg("last", last));
            }
        }
    }
    Error::check(faults)
}

async fn keep(write: &Write, kind: RangeKind, pieces: &[Piece], turn: &Turn) -> Result<(), Error> {
    let mut rows = Vec::new();
    for piece in pieces {
        // The version of the batch decides races: what was read as free is free until now.
        store::count_units(write.tx(), &piece.batch, kind, piece.count()).await?;
        rows.extend(piece.ranges.iter().map(|(from, until)| Range {
            id: write.new_id(),
            key_id: piece.batch.key_id.clone(),
            gtin: piece.batch.gtin.as_str().to_owned(),
            from: *from,
            until: *until,
            batch_id: piece.batch.id.clone(),
            turn: turn.clone(),
        }));
    }
    store::insert_ranges(write.tx(), kind, &rows).await
}

/// Says in an act which units: ranges `[batch, first, last]` by position, or, where they are many, their hash.
fn describe(mut act: Act, pieces: &[Piece], units: u64) -> Act {
    let ranges: Vec<Value> = pieces
        .iter()
        .flat_map(|piece| {
            let batch = &piece.batch;
            piece.ranges.iter().map(|(from, until)| json!([batch.id, batch.position(*from), until - batch.from]))
        })
        .collect();
    for piece in pieces.iter().take(ACT_BATCHES_MAX) {
        act = act.about("code_batch", &piece.batch.id);
    }
    act = act.public("units", units);
    if ranges.len() <= ACT_RANGES_MAX {
        return act.public("ranges", ranges);
    }
    let digest = hex::encode(Sha256::digest(Value::Array(ranges.clone()).to_string()));
    act.public("ranges_count", ranges.len()).public("ranges_sha256", digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listed_counters_become_as_few_ranges_as_possible() {
        assert_eq!(runs(vec![5, 3, 4, 9, 4, 0]), [(0, 1), (3, 6), (9, 10)]);
        assert_eq!(runs(vec![]), []);
    }
}
