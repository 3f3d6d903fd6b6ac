//! What follows from acts of other duties: the owner of a new lot sees the events that named it before.

use crate::reading::role;
use crate::store::{self, TermAsk};
use kernel::{ActRecord, Kernel};
use std::collections::BTreeSet;

/// Events shown to a new owner at most.
const SHOWN_MAX: u64 = 50_000;

/// `lot.created`: shows the lot's owner the events that named it already. Safe to repeat.
///
/// # Errors
/// What the store says.
pub async fn on_lot_created(kernel: Kernel, act: ActRecord) -> kernel::Result<()> {
    if act.kind != "lot.created" {
        return Ok(());
    }
    let Some(lot) = trace::lot_by_id(&kernel, &act.subject.id).await.map_err(ground::Problem::from)? else {
        return Ok(());
    };
    let id = epcis::identifier::of_lot(&lot.gtin, &lot.number);
    let roles = role::INSTANCES.into_iter().chain(role::CLASSES).collect();
    let ask = TermAsk { roles, values: vec![(id, false)] };
    let seqs = store::term_seqs(&kernel, &ask, i64::MAX, SHOWN_MAX).await?;
    let walk = store::Walk { by_record: false, descending: false };
    for part in seqs.chunks(1_000) {
        let places = store::places(&kernel, part, walk).await?;
        let rows: BTreeSet<(String, i64, i64)> =
            places.into_iter().map(|(time, seq)| (lot.merchant_id.clone(), time, seq)).collect();
        let tx = kernel.db().write_tx().await?;
        store::insert_viewers(&tx, rows).await?;
        tx.commit().await.map_err(db::Error::from)?;
    }
    Ok(())
}

/// What waits for somebody: captures not worked on yet, and subscriptions paused because nobody answers.
///
/// # Errors
/// `forbidden`; what the store says.
pub async fn open_work(kernel: &Kernel, actor: &kernel::Actor) -> kernel::Result<u64> {
    actor.require(kernel::Permission::TraceRead)?;
    Ok(store::waiting_captures(kernel).await? + store::paused_subscriptions(kernel).await?)
}
