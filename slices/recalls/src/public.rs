//! What the public is told: no actor, no personal data.

use crate::model::{Kind, PublicRecall, ReachRow, Recall};
use crate::reach::{lot_code, unit_code};
use crate::{Error, store, supply};
use gs1::Gtin;
use kernel::Kernel;

/// Notices of one code that are shown.
const NOTICES_MAX: usize = 20;

/// The recalls that a scanned code is in: by its lot, by the unit itself, and, where only the unit is known, by the lot it
/// belongs to. Newest first, at most 20; one that is over is among them, as its state says.
///
/// # Errors
/// What the store says.
pub async fn notices_for(
    kernel: &Kernel,
    gtin: &Gtin,
    lot_number: Option<&str>,
    serial: Option<&str>,
) -> Result<Vec<PublicRecall>, Error> {
    let mut codes = Vec::with_capacity(2);
    let mut lot_number = lot_number.map(str::to_owned);
    if let Some(serial) = serial {
        codes.push(unit_code(gtin, serial));
        if lot_number.is_none() {
            lot_number = supply::lot_of_unit(kernel, gtin, serial).await?.map(|lot| lot.number);
        }
    }
    if let Some(number) = lot_number {
        codes.push(lot_code(gtin, &number));
    }
    if codes.is_empty() {
        return Ok(Vec::new());
    }
    let found = store::public_of_each(kernel.db().read(), &codes).await?;
    let mut found: Vec<Recall> = found.into_iter().flatten().collect();
    newest_first(&mut found);
    Ok(found.iter().filter_map(PublicRecall::of).collect())
}

/// The recalls that name a unit itself, newest first, at most 20: of each of these units, in their order.
///
/// # Errors
/// What the store says.
pub async fn notices_of_units(kernel: &Kernel, units: &[(Gtin, String)]) -> Result<Vec<Vec<PublicRecall>>, Error> {
    let codes: Vec<String> = units.iter().map(|(gtin, serial)| unit_code(gtin, serial)).collect();
    let mut found = store::public_of_each(kernel.db().read(), &codes).await?;
    found.iter_mut().for_each(newest_first);
    Ok(found.iter().map(|of_unit| of_unit.iter().filter_map(PublicRecall::of).collect()).collect())
}

fn newest_first(recalls: &mut Vec<Recall>) {
    recalls.sort_by(|a, b| (b.started_at, &a.id).cmp(&(a.started_at, &b.id)));
    recalls.dedup_by(|a, b| a.id == b.id);
    recalls.truncate(NOTICES_MAX);
}

/// The public notice of a recall with the lots and units it names; none before its start and after it was called off.
///
/// # Errors
/// `not_found`.
pub async fn public_recall(kernel: &Kernel, id: &str) -> Result<(PublicRecall, Vec<ReachRow>), Error> {
    let db = kernel.db().read();
    let recall = store::get(db, id).await?.ok_or(Error::Missing)?;
    let public = PublicRecall::of(&recall).ok_or(Error::Missing)?;
    let mut rows = store::reach_of_kind(db, id, Kind::Lot, 500).await?;
    rows.extend(store::reach_of_kind(db, id, Kind::Unit, 500).await?);
    rows.retain(|row| row.part != crate::Part::Source && !row.code.is_empty());
    Ok((public, rows))
}
