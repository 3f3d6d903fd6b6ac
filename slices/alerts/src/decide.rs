//! What people decide about alerts: take one, ask for a test, stop the sale, close it with a reason, keep its kind away for a
//! while. Each is one transaction with its act; what follows in other duties follows from the act.

use crate::error::Error;
use crate::model::{Alert, Ending, Reason, State, Subject, Suppression};
use crate::parameters::parameters;
use crate::raise::act;
use crate::store;
use detectors::{Family, Scope};
use ground::limits::NOTE_CHARS_MAX;
use ground::{Fault, Problem, Timestamp};
use jiff::civil::Date;
use kernel::{Act, Actor, Kernel, Permission, Result, Write};

/// A note as it was written: trimmed, and not too long.
fn note_of(text: &str, needed: bool, faults: &mut Vec<Fault>) -> String {
    let text = text.trim();
    if needed && text.is_empty() {
        faults.push(Fault::field("note", "alerts-note-needed"));
    } else if text.chars().count() > NOTE_CHARS_MAX {
        faults.push(Fault::field("note", "alerts-note-long").arg("most", NOTE_CHARS_MAX));
    }
    text.to_owned()
}

async fn standing(kernel: &Kernel, actor: &Actor, id: &str) -> Result<Alert> {
    actor.require(Permission::AlertsDecide)?;
    let alert = store::alerts::get(kernel.db().read(), id).await?.ok_or_else(Problem::not_found)?;
    if !alert.state.is_standing() {
        return Err(Error::State.into());
    }
    Ok(alert)
}

async fn keep(mut write: Write, mut alert: Alert, act: Act) -> Result<Alert> {
    write.act(act).await?;
    alert.updated_at = write.now();
    if !store::alerts::save(write.tx(), &mut alert).await? {
        return Err(Error::Changed.into());
    }
    write.commit().await?;
    Ok(alert)
}

/// Takes an alert: the actor has it from now on.
///
/// # Errors
/// `forbidden`, `not_found`, `alert_wrong_state` where somebody has it or it is closed.
pub async fn acknowledge(kernel: &Kernel, actor: &Actor, id: &str) -> Result<Alert> {
    let mut alert = standing(kernel, actor, id).await?;
    if !alert.state.may_become(State::Acknowledged) {
        return Err(Error::State.into());
    }
    let write = kernel.begin(actor).await?;
    alert.state = State::Acknowledged;
    (alert.handler, alert.acknowledged_at) = (Some(actor.id.clone()), Some(write.now()));
    let act = act("alert.acknowledged", &alert);
    keep(write, alert, act).await
}

fn take_over(alert: &mut Alert, actor: &Actor, now: Timestamp) {
    alert.state = State::InAction;
    alert.handler.get_or_insert_with(|| actor.id.clone());
    alert.acknowledged_at.get_or_insert(now);
}

/// Asks for a test of the goods.
///
/// # Errors
/// `forbidden`, `not_found`, `invalid_input` for a note that is too long, `alert_wrong_state` where it was asked for or the
/// alert is closed.
pub async fn request_inspection(kernel: &Kernel, actor: &Actor, id: &str, note: &str) -> Result<Alert> {
    let mut faults = Vec::new();
    let note = note_of(note, false, &mut faults);
    Problem::check(faults)?;
    let mut alert = standing(kernel, actor, id).await?;
    if alert.inspection_at.is_some() {
        return Err(Error::State.into());
    }
    let write = kernel.begin(actor).await?;
    take_over(&mut alert, actor, write.now());
    alert.inspection_at = Some(write.now());
    let act = act("alert.inspection_requested", &alert).outcome("requested").private("note", note);
    keep(write, alert, act).await
}

/// Stops the sale of the goods until the alert is closed.
///
/// # Errors
/// `forbidden`, `not_found`, `invalid_input` without a note, `alert_nothing_to_stop` for a category, `alert_wrong_state` where
/// it is stopped or the alert is closed.
pub async fn stop_sale(kernel: &Kernel, actor: &Actor, id: &str, note: &str) -> Result<Alert> {
    let mut faults = Vec::new();
    let note = note_of(note, true, &mut faults);
    Problem::check(faults)?;
    let mut alert = standing(kernel, actor, id).await?;
    if alert.stopped_at.is_some() {
        return Err(Error::State.into());
    }
    if !matches!(alert.subject.scope, Scope::Product | Scope::Lot) {
        return Err(Error::NothingToStop.into());
    }
    let write = kernel.begin(actor).await?;
    take_over(&mut alert, actor, write.now());
    alert.stopped_at = Some(write.now());
    let act = act("alert.sale_stopped", &alert).outcome("stopped").private("note", note);
    keep(write, alert, act).await
}

/// How an alert ends.
#[derive(Debug, Clone)]
pub struct Closing {
    /// What it turned out to be.
    pub ending: Ending,
    /// Why.
    pub reason: Reason,
    /// In words.
    pub note: String,
    /// Keeps alerts of its kind about the subject away until this day (not included); none where it is left out.
    pub suppress_until: Option<Date>,
}

/// Closes an alert. What it turned out to be teaches the risk model; a sale that was stopped for it is free again unless it
/// turned out to be true.
///
/// # Errors
/// `forbidden`, `not_found`; `invalid_input` where the reason does not fit, the note is missing or the suppression too long;
/// `alert_wrong_state` where it is closed.
pub async fn close(kernel: &Kernel, actor: &Actor, id: &str, closing: &Closing) -> Result<Alert> {
    let mut faults = Vec::new();
    let note = note_of(&closing.note, closing.reason == Reason::Other, &mut faults);
    if !closing.reason.endings().contains(&closing.ending) {
        faults.push(Fault::field("reason", "alerts-reason-other-ending"));
    }
    let until = closing.suppress_until.map(|until| suppress_until(kernel, until, &mut faults)).transpose()?;
    Problem::check(faults)?;
    let mut alert = standing(kernel, actor, id).await?;
    let mut write = kernel.begin(actor).await?;
    let act = act("alert.closed", &alert)
        .outcome(closing.ending.name())
        .reason(closing.reason.name())
        .public("closed_as", closing.ending.name())
        .public("sale_was_stopped", alert.stopped_at.is_some())
        .private("note", note.as_str());
    alert.state = State::Closed;
    (alert.ending, alert.reason, alert.note) = (Some(closing.ending), Some(closing.reason), note);
    (alert.closed_by, alert.closed_at) = (Some(actor.id.clone()), Some(write.now()));
    alert.handler.get_or_insert_with(|| actor.id.clone());
    if let Some(until) = until {
        let reason = closing.reason.name();
        write_suppression(&mut write, (alert.family, &alert.subject), until, reason).await?;
    }
    keep(write, alert, act).await
}

fn suppress_until(kernel: &Kernel, until: Date, faults: &mut Vec<Fault>) -> Result<Timestamp> {
    let most = parameters(kernel)?.suppress_days_max;
    let moment = Timestamp::start_of(until, kernel.zone());
    if moment <= kernel.now() {
        faults.push(Fault::field("until", "alerts-until-past"));
    } else if moment > kernel.now().plus_days(most) {
        faults.push(Fault::field("until", "alerts-until-far").arg("most", most));
    }
    Ok(moment)
}

async fn write_suppression(
    write: &mut Write,
    (family, subject): (Family, &Subject),
    until: Timestamp,
    reason: &str,
) -> Result<Suppression> {
    let suppression = Suppression {
        id: write.new_id(),
        family,
        subject: subject.clone(),
        until,
        reason: reason.to_owned(),
        by: write.actor().id.clone(),
        at: write.now(),
        kept_away: 0,
    };
    let mut act = Act::new("alert.suppressed", "alert_suppression", &suppression.id)
        .public("family", family.name())
        .public("scope", subject.scope.name())
        .public("key", subject.key.as_str())
        .public("until", until.to_rfc3339())
        .private("reason", reason);
    if let Some(merchant) = subject.merchant() {
        act = act.about("merchant", merchant);
    }
    write.act(act).await?;
    store::suppressions::insert(write.tx(), &suppression).await?;
    Ok(suppression)
}

/// Keeps alerts of the alert's kind about its subject away until a day; the alert itself is closed as unclear where it still
/// stands.
///
/// # Errors
/// `forbidden`, `not_found`; `invalid_input` without a reason or with a day that is past or too far.
pub async fn suppress(kernel: &Kernel, actor: &Actor, id: &str, until: Date, reason: &str) -> Result<Suppression> {
    actor.require(Permission::AlertsDecide)?;
    let mut faults = Vec::new();
    let reason = note_of(reason, true, &mut faults);
    let moment = suppress_until(kernel, until, &mut faults)?;
    Problem::check(faults)?;
    let alert = store::alerts::get(kernel.db().read(), id).await?.ok_or_else(Problem::not_found)?;
    let mut write = kernel.begin(actor).await?;
    let suppression = write_suppression(&mut write, (alert.family, &alert.subject), moment, &reason).await?;
    if alert.state.is_standing() {
        let mut alert = alert;
        let closed = act("alert.closed", &alert)
            .outcome(Ending::Unclear.name())
            .reason(Reason::NotEnough.name())
            .public("closed_as", Ending::Unclear.name())
            .public("sale_was_stopped", alert.stopped_at.is_some())
            .private("note", reason.as_str());
        alert.state = State::Closed;
        (alert.ending, alert.reason, alert.note) = (Some(Ending::Unclear), Some(Reason::NotEnough), reason);
        (alert.closed_by, alert.closed_at) = (Some(actor.id.clone()), Some(write.now()));
        keep(write, alert, closed).await?;
    } else {
        write.commit().await?;
    }
    Ok(suppression)
}

/// Ends a suppression before its time.
///
/// # Errors
/// `forbidden`, `not_found`, `alert_wrong_state` where it is over.
pub async fn end_suppression(kernel: &Kernel, actor: &Actor, id: &str) -> Result<()> {
    actor.require(Permission::AlertsDecide)?;
    let held = store::suppressions::get(kernel.db().read(), id).await?.ok_or_else(Problem::not_found)?;
    let mut write = kernel.begin(actor).await?;
    let act = Act::new("alert.suppression_ended", "alert_suppression", id)
        .public("family", held.family.name())
        .public("key", held.subject.key.as_str());
    write.act(act).await?;
    if !store::suppressions::end(write.tx(), id, write.now()).await? {
        return Err(Error::State.into());
    }
    write.commit().await?;
    Ok(())
}
