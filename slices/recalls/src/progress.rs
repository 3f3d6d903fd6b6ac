//! What comes back: answers of merchants, goods and remedies, and the end.

use crate::clocks::next_due;
use crate::model::{Kind, Notice, Part, ReachRow, Recall, State};
use crate::run::JOB;
use crate::write::{act, current};
use crate::{Error, store};
use ground::Fault;
use ground::limits::NOTE_CHARS_MAX;
use kernel::{Actor, Kernel, Permission};

/// Units in one report of progress.
const UNITS_MAX: i64 = 100_000_000;
/// Lots, and units, listed in a report.
const REPORT_ROWS_MAX: u64 = 2_000;

/// What was done since the last report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Step {
    /// Units that came back or were destroyed since.
    pub returned: i64,
    /// Units whose buyers got what they were owed since.
    pub remedied: i64,
    /// Words.
    pub note: String,
}

fn note(field: &'static str, text: &str, required: bool) -> Result<String, Error> {
    let text = text.trim();
    if required && text.is_empty() {
        return Err(Error::field(field, "recalls-fault-missing"));
    }
    if text.chars().count() > NOTE_CHARS_MAX {
        return Err(Error::Invalid(vec![Fault::field(field, "recalls-fault-too-long").arg("max", NOTE_CHARS_MAX)]));
    }
    Ok(text.to_owned())
}

fn running(recall: &Recall, what: &'static str) -> Result<(), Error> {
    if recall.state.is_running() { Ok(()) } else { Err(Error::WrongState { what, state: recall.state.name() }) }
}

/// A merchant says that it has read the notice and what it does. Once; act `recall.acknowledged`.
///
/// # Errors
/// `forbidden`, `not_found`, `wrong_state` when it is answered or over, `invalid_input`.
pub async fn answer(kernel: &Kernel, actor: &Actor, id: &str, text: &str) -> Result<Notice, Error> {
    actor.require(Permission::OwnTrace)?;
    let merchant = actor.own_organisation()?.to_owned();
    let text = note("answer", text, true)?;
    let mut write = kernel.begin(actor).await?;
    let mut notice = store::notice(write.tx(), id, &merchant).await?.ok_or(Error::Missing)?;
    let recall = store::get(write.tx(), id).await?.ok_or(Error::Missing)?;
    running(&recall, "acknowledge")?;
    if notice.answered_at.is_some() {
        return Err(Error::WrongState { what: "acknowledge", state: "acknowledged" });
    }
    notice.answered_at = Some(write.now());
    notice.answered_by = actor.id.clone();
    notice.answer = text;
    store::update_notice(write.tx(), &notice).await?;
    let mut next = Recall { updated_at: write.now(), ..recall };
    next.counts.answered += 1;
    next.due_at = next_due(kernel, &next)?;
    store::update(write.tx(), &next).await?;
    let acknowledged =
        act("recall.acknowledged", &next).about("merchant", &merchant).private("answer", notice.answer.as_str());
    write.act(acknowledged).await?;
    write.commit().await?;
    Ok(notice)
}

/// What a merchant took back and remedied since its last report; staff may report for it. Act `recall.remedied`.
///
/// # Errors
/// `forbidden`, `not_found`, `wrong_state`, `invalid_input`.
pub async fn report_progress(
    kernel: &Kernel,
    actor: &Actor,
    id: &str,
    merchant_id: &str,
    step: Step,
) -> Result<Notice, Error> {
    actor.require_own(Permission::RecallsManage, Permission::OwnTrace, merchant_id)?;
    let words = note("note", &step.note, false)?;
    let mut faults = Vec::new();
    for (field, value) in [("returned", step.returned), ("remedied", step.remedied)] {
        if !(0..=UNITS_MAX).contains(&value) {
            faults.push(Fault::field(field, "recalls-fault-count"));
        }
    }
    if faults.is_empty() && step.returned + step.remedied == 0 {
        faults.push(Fault::field("returned", "recalls-fault-nothing"));
    }
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let mut write = kernel.begin(actor).await?;
    let mut notice = store::notice(write.tx(), id, merchant_id).await?.ok_or(Error::Missing)?;
    let recall = store::get(write.tx(), id).await?.ok_or(Error::Missing)?;
    running(&recall, "remedy")?;
    notice.returned += step.returned;
    notice.remedied += step.remedied;
    // More than was ever made cannot come back: a slip of the pen, not a fact.
    for (field, value) in [("returned", notice.returned), ("remedied", notice.remedied)] {
        if value > recall.counts.units {
            return Err(Error::Invalid(vec![
                Fault::field(field, "recalls-fault-too-many").arg("max", recall.counts.units),
            ]));
        }
    }
    store::update_notice(write.tx(), &notice).await?;
    let mut next = Recall { updated_at: write.now(), ..recall };
    next.counts.returned += step.returned;
    next.counts.remedied += step.remedied;
    store::update(write.tx(), &next).await?;
    let remedied = act("recall.remedied", &next)
        .about("merchant", merchant_id)
        .public("returned", step.returned)
        .public("remedied", step.remedied)
        .private("note", words);
    write.act(remedied).await?;
    write.commit().await?;
    Ok(notice)
}

/// Ends a recall. Its lots stay recalled; `give_back` lets its listings return (other lots may be sold again). Act
/// `recall.closed` with the figures of the report.
///
/// # Errors
/// `forbidden`, `not_found`, `stale`, `wrong_state` before all are told, `invalid_input` without a note.
pub async fn close(
    kernel: &Kernel,
    actor: &Actor,
    id: &str,
    version: i64,
    words: &str,
    give_back: bool,
) -> Result<Recall, Error> {
    actor.require(Permission::RecallsManage)?;
    let words = note("note", words, true)?;
    let mut write = kernel.begin(actor).await?;
    let recall = current(write.tx(), id, version).await?;
    if recall.state != State::Remedying {
        return Err(Error::WrongState { what: "close", state: recall.state.name() });
    }
    if give_back {
        store::set_wanted(write.tx(), id, Kind::Listing, false).await?;
    }
    let next = Recall {
        state: State::Closed,
        updated_at: write.now(),
        closed_at: Some(write.now()),
        due_at: None,
        closing_note: words.clone(),
        ..recall
    };
    store::update(write.tx(), &next).await?;
    let mut closed = act("recall.closed", &next)
        .public("figures", serde_json::to_value(next.counts).unwrap_or_default())
        .public("listings_given_back", give_back)
        .private("note", words)
        .outcome("closed");
    if let Some(share) = next.counts.effectiveness() {
        closed = closed.public("effectiveness", share);
    }
    write.act(closed).await?;
    write.commit().await?;
    kernel.wake(JOB);
    Ok(Recall { version: next.version + 1, ..next })
}

/// Calls a recall off, with a reason. What it stopped is given back, by the job. Act `recall.cancelled`.
///
/// # Errors
/// `forbidden`, `not_found`, `stale`, `wrong_state` when it is over, `invalid_input` without a reason.
pub async fn cancel(kernel: &Kernel, actor: &Actor, id: &str, version: i64, reason: &str) -> Result<Recall, Error> {
    actor.require(Permission::RecallsManage)?;
    let reason = note("reason", reason, true)?;
    let mut write = kernel.begin(actor).await?;
    let recall = current(write.tx(), id, version).await?;
    if !recall.state.is_writable() {
        running(&recall, "cancel")?;
    }
    for kind in [Kind::Lot, Kind::Listing] {
        store::set_wanted(write.tx(), id, kind, false).await?;
    }
    let was = recall.state;
    let next = Recall {
        state: State::Cancelled,
        updated_at: write.now(),
        closed_at: Some(write.now()),
        due_at: None,
        closing_note: reason.clone(),
        ..recall
    };
    store::update(write.tx(), &next).await?;
    let cancelled =
        act("recall.cancelled", &next).public("was", was.name()).private("reason", reason).outcome("cancelled");
    write.act(cancelled).await?;
    write.commit().await?;
    kernel.wake(JOB);
    Ok(Recall { version: next.version + 1, ..next })
}

/// Lots and units that a recall calls back, for its report.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn recalled(kernel: &Kernel, actor: &Actor, id: &str) -> Result<Vec<ReachRow>, Error> {
    crate::get(kernel, actor, id).await?;
    let db = kernel.db().read();
    let mut rows = store::reach_of_kind(db, id, Kind::Lot, REPORT_ROWS_MAX).await?;
    rows.extend(store::reach_of_kind(db, id, Kind::Unit, REPORT_ROWS_MAX).await?);
    rows.retain(|row| row.part != Part::Source);
    Ok(rows)
}
