//! From the shown reach to the told buyer: preview, start, and the job that carries out what was decided.

use crate::clocks::next_due;
use crate::model::{Done, Kind, Notice, Part, ReachRow, Recall, State};
use crate::supply::{self, Sold};
use crate::write::{act, current};
use crate::{Error, reach, store};
use ground::problem::NOT_FOUND;
use kernel::{Actor, Job, Kernel, Permission};
use listings::Cause;
use serde_json::json;
use std::time::Duration;
use trace::LotState;

/// Name of the job and of its waker.
pub const JOB: &str = "recalls";
/// Lots and listings stopped in one turn.
const STEPS_A_TURN: u64 = 50;
/// Recalls looked at in one turn.
const RECALLS_A_TURN: u64 = 20;
/// Units in one act `recall.notified`: 300 of them stay far below what a leaf holds.
const UNITS_A_BATCH: u64 = 300;
/// Lots and merchants named in the act of the start.
const NAMED_MAX: usize = 300;

/// Computes what a recall reaches and keeps it, so that a person sees it before the start. Act `recall.previewed`.
///
/// # Errors
/// `forbidden`, `not_found`, `stale`, `wrong_state`; `invalid_input` where the origin is unknown.
pub async fn preview(kernel: &Kernel, actor: &Actor, id: &str, version: i64) -> Result<Recall, Error> {
    actor.require(Permission::RecallsManage)?;
    let recall = current(kernel.db().read(), id, version).await?;
    writable(&recall, "preview")?;
    let found = reach::compute(kernel, &recall.content).await?;
    let mut write = kernel.begin(actor).await?;
    let recall = current(write.tx(), id, version).await?;
    writable(&recall, "preview")?;
    let mut next = Recall {
        state: State::Previewed,
        counts: found.counts,
        cut: found.cut,
        updated_at: write.now(),
        previewed_at: Some(write.now()),
        ..recall
    };
    next.due_at = next_due(kernel, &next)?;
    store::replace_reach(write.tx(), id, &found.rows, || kernel.new_id()).await?;
    store::update(write.tx(), &next).await?;
    let counts = serde_json::to_value(next.counts).unwrap_or_default();
    write.act(act("recall.previewed", &next).public("reach", counts).public("cut", next.cut)).await?;
    write.commit().await?;
    next.version += 1;
    Ok(next)
}

fn writable(recall: &Recall, what: &'static str) -> Result<(), Error> {
    if recall.state.is_writable() { Ok(()) } else { Err(Error::WrongState { what, state: recall.state.name() }) }
}

/// Starts a recall: the state, the notices to the merchants and what is to be stopped, in one decision. Act
/// `recall.started`. Stopping begins at once; [`jobs`] go on with what is left.
///
/// # Errors
/// `forbidden`, `not_found`, `stale`; `wrong_state` where the reach was not shown since the last change;
/// `recall_reaches_nothing`.
pub async fn start(kernel: &Kernel, actor: &Actor, id: &str, version: i64) -> Result<Recall, Error> {
    actor.require(Permission::RecallsManage)?;
    let mut write = kernel.begin(actor).await?;
    let recall = current(write.tx(), id, version).await?;
    if recall.state != State::Previewed {
        return Err(Error::WrongState { what: "start", state: recall.state.name() });
    }
    if recall.counts.lots + recall.counts.units == 0 {
        return Err(Error::ReachesNothing);
    }
    let lots = store::reach_of_kind(write.tx(), id, Kind::Lot, reach::ROWS_MAX).await?;
    let merchants = store::reach_of_kind(write.tx(), id, Kind::Merchant, reach::ROWS_MAX).await?;
    store::set_wanted(write.tx(), id, Kind::Lot, true).await?;
    if recall.content.stop_sale {
        store::set_wanted(write.tx(), id, Kind::Listing, true).await?;
    }
    for merchant in &merchants {
        let notice = Notice {
            recall_id: id.to_owned(),
            merchant_id: merchant.reference.clone(),
            sent_at: write.now(),
            answered_at: None,
            answered_by: String::new(),
            answer: String::new(),
            returned: 0,
            remedied: 0,
        };
        store::insert_notice(write.tx(), &notice).await?;
    }
    let mut next = Recall { state: State::Started, updated_at: write.now(), started_at: Some(write.now()), ..recall };
    let mut started = act("recall.started", &next)
        .public("reach", serde_json::to_value(next.counts).unwrap_or_default())
        .public("remedy", next.content.remedy.name())
        .public("stop_sale", next.content.stop_sale)
        .public("reason_zh", next.content.reason_zh.as_str())
        .public("reason_en", next.content.reason_en.as_str())
        .outcome("recalled");
    if let Ok(pack) = kernel.packs().market(&next.market) {
        started = started.policy(&next.market, pack.version());
    }
    for lot in lots.iter().filter(|lot| is_ours(lot)).take(NAMED_MAX) {
        started = started.about("lot", &lot.reference);
    }
    for merchant in merchants.iter().take(NAMED_MAX) {
        started = started.about("merchant", &merchant.reference);
    }
    next.start_act_id = Some(write.act(started).await?);
    next.due_at = next_due(kernel, &next)?;
    store::update(write.tx(), &next).await?;
    write.commit().await?;
    // What is small is stopped before the page comes back. A failure here is tried again by the job.
    if let Err(error) = carry_out(kernel, id).await {
        tracing::warn!(recall = id, %error, "the first steps of a recall failed and will be tried again");
    }
    kernel.wake(JOB);
    store::get(kernel.db().read(), id).await?.ok_or(Error::Missing)
}

fn is_ours(row: &ReachRow) -> bool {
    row.part != Part::Source && !row.merchant_id.is_empty()
}

/// The jobs of this duty.
pub fn jobs() -> Vec<Job> {
    vec![Job::new(JOB, Duration::from_secs(30), |kernel| async move { turn(&kernel).await.map_err(Into::into) })]
}

async fn turn(kernel: &Kernel) -> Result<u64, Error> {
    let mut done = 0;
    for recall in store::to_carry_out(kernel.db().read(), RECALLS_A_TURN).await? {
        done += carry_out(kernel, &recall.id).await?;
    }
    Ok(done)
}

/// One bounded piece of work for a recall; how much was done.
async fn carry_out(kernel: &Kernel, id: &str) -> Result<u64, Error> {
    let steps = store::undone_of(kernel.db().read(), id, STEPS_A_TURN).await?;
    for (row_id, row) in &steps {
        let done = step(kernel, id, row).await?;
        let tx = kernel.db().write_tx().await?;
        store::set_done(&tx, row_id, done).await?;
        tx.commit().await?;
    }
    if !steps.is_empty() {
        return Ok(steps.len() as u64);
    }
    let Some(recall) = store::get(kernel.db().read(), id).await? else { return Ok(0) };
    match recall.state {
        State::Started => stopped(kernel, id).await,
        State::Notifying => tell(kernel, id).await,
        _ => Ok(0),
    }
}

/// Stops one lot or listing, or gives it back. Both public functions do nothing where it is so already.
async fn step(kernel: &Kernel, recall_id: &str, row: &ReachRow) -> Result<Done, Error> {
    let actor = Actor::system("recalls");
    let reason = format!("recall {recall_id}");
    match (row.kind, row.wanted) {
        (Kind::Lot, true) => {
            let set = supply::set_lot_state(kernel, &row.reference, LotState::Recalled, &reason).await;
            skip_refused(set).map(|done| if done { Done::On } else { Done::Skipped })
        }
        (Kind::Lot, false) => {
            let set = supply::set_lot_state(kernel, &row.reference, LotState::Open, &reason).await;
            skip_refused(set).map(|done| if done { Done::Off } else { Done::Skipped })
        }
        (Kind::Listing, true) => {
            let reasons = ["recall".to_owned()];
            let held = listings::take_off(kernel, &actor, &row.reference, Cause::Recall, recall_id, &reasons).await;
            skip_refused(held.map_err(Error::from)).map(|done| if done { Done::On } else { Done::Skipped })
        }
        (Kind::Listing, false) => {
            let restored = listings::restore(kernel, &actor, &row.reference, Cause::Recall, Some(recall_id)).await;
            skip_refused(restored.map_err(Error::from)).map(|done| if done { Done::Off } else { Done::Skipped })
        }
        _ => Ok(Done::Skipped),
    }
}

/// A thing that is gone, or in a state in which there is nothing to stop, is skipped; a failure of the store is not.
fn skip_refused<T>(result: Result<T, Error>) -> Result<bool, Error> {
    match result {
        Ok(_) => Ok(true),
        Err(error) => {
            let problem = ground::Problem::from(error);
            let refused = problem.code == &NOT_FOUND || matches!(problem.code.status, 409 | 422);
            if refused { Ok(false) } else { Err(Error::Platform(problem)) }
        }
    }
}

/// Everything is stopped: the buyers are told next. Act `recall.sale_stopped`.
async fn stopped(kernel: &Kernel, id: &str) -> Result<u64, Error> {
    let mut write = kernel.begin(&Actor::system("recalls")).await?;
    let recall = store::get(write.tx(), id).await?.ok_or(Error::Missing)?;
    if recall.state != State::Started || !store::undone_of(write.tx(), id, 1).await?.is_empty() {
        return Ok(0);
    }
    let mut next = Recall { state: State::Notifying, updated_at: write.now(), stopped_at: Some(write.now()), ..recall };
    next.due_at = next_due(kernel, &next)?;
    store::update(write.tx(), &next).await?;
    let counts = next.counts;
    write
        .act(
            act("recall.sale_stopped", &next)
                .public("lots", counts.lots)
                .public("listings", if next.content.stop_sale { counts.listings } else { 0 }),
        )
        .await?;
    write.commit().await?;
    Ok(1)
}

/// The next batch of sold units whose buyers are to be told, after what was told last, and the mark behind it (empty when
/// the lot is through).
async fn next_batch(kernel: &Kernel, id: &str) -> Result<Option<(ReachRow, Vec<Sold>, String)>, Error> {
    let db = kernel.db().read();
    let lots = store::reach_of_kind(db, id, Kind::Lot, reach::ROWS_MAX).await?;
    let told = store::last_batch(db, id).await?;
    let mut begun = told.is_none();
    for lot in lots.into_iter().filter(is_ours) {
        let mut after = match &told {
            Some((_, told_lot, mark)) if *told_lot == lot.reference => {
                begun = true;
                // An empty mark behind the last batch of a lot: it is through.
                if mark.is_empty() {
                    continue;
                }
                mark.clone()
            }
            _ => String::new(),
        };
        if !begun {
            continue;
        }
        loop {
            let (sold, next) = supply::sold(kernel, &lot.reference, &after, UNITS_A_BATCH).await?;
            if !sold.is_empty() {
                return Ok(Some((lot, sold, next.unwrap_or_default())));
            }
            match next {
                Some(next) => after = next,
                None => break,
            }
        }
    }
    Ok(None)
}

/// Tells the shop of one batch of sold units, by an act that its webhook carries: it knows its buyers, this system does not.
async fn tell(kernel: &Kernel, id: &str) -> Result<u64, Error> {
    let batch = next_batch(kernel, id).await?;
    let mut write = kernel.begin(&Actor::system("recalls")).await?;
    let recall = store::get(write.tx(), id).await?.ok_or(Error::Missing)?;
    if recall.state != State::Notifying {
        return Ok(0);
    }
    let mut next = Recall { updated_at: write.now(), ..recall };
    match batch {
        Some((lot, sold, mark)) => {
            let number = store::last_batch(write.tx(), id).await?.map_or(1, |(number, ..)| number + 1);
            let units: Vec<&str> = sold.iter().map(|unit| unit.unit.as_str()).collect();
            let orders: Vec<serde_json::Value> =
                sold.iter().map(|unit| json!({"unit": unit.unit, "order": unit.order})).collect();
            let notified = act("recall.notified", &next)
                .about("lot", &lot.reference)
                .about("merchant", &lot.merchant_id)
                .public("batch", number)
                .public("code", lot.code.as_str())
                .public("remedy", next.content.remedy.name())
                .public("reason_zh", next.content.reason_zh.as_str())
                .public("reason_en", next.content.reason_en.as_str())
                .public("advice_zh", next.content.advice_zh.as_str())
                .public("advice_en", next.content.advice_en.as_str())
                .public("units", units)
                // Order numbers lead to people: private, to be fetched by whoever may steer recalls.
                .private("orders", orders);
            let act_id = write.act(notified).await?;
            let batch = store::Batch {
                recall_id: id,
                number,
                lot_id: &lot.reference,
                mark: &mark,
                units: sold.len() as i64,
                act_id: &act_id,
                at: write.now(),
            };
            store::insert_batch(write.tx(), batch).await?;
            next.counts.told += sold.len() as i64;
        }
        None => {
            next.state = State::Remedying;
            next.notified_at = Some(write.now());
            next.due_at = next_due(kernel, &next)?;
            write.act(act("recall.notices_sent", &next).public("told", next.counts.told)).await?;
        }
    }
    store::update(write.tx(), &next).await?;
    write.commit().await?;
    Ok(1)
}

/// The orders of one batch of sold units: `(GTIN.serial, the shop's order number)`. For the shop, which writes to its buyers.
///
/// # Errors
/// `forbidden`, `not_found`; empty after the private part was erased.
pub async fn batch_orders(
    kernel: &Kernel,
    actor: &Actor,
    id: &str,
    number: i64,
) -> Result<Vec<(String, String)>, Error> {
    actor.require(Permission::RecallsManage)?;
    let act_id = store::batch_act(kernel.db().read(), id, number).await?.ok_or(Error::Missing)?;
    let act = kernel::store::act(kernel, &act_id).await?.ok_or(Error::Missing)?;
    let orders = act.private.as_ref().and_then(|part| part.get("orders")).and_then(serde_json::Value::as_array);
    let text = |value: &serde_json::Value, key: &str| value.get(key).and_then(|text| text.as_str()).map(str::to_owned);
    Ok(orders.into_iter().flatten().filter_map(|one| Some((text(one, "unit")?, text(one, "order")?))).collect())
}
