//! Credentials from elsewhere: a merchant hands in what a laboratory gave it, a laboratory what it signed itself. What can be
//! read is kept, with what came of the check; the forged ones too, so that everybody sees them as forged.

use crate::check::{self, Check, Outcome};
use crate::home::Home;
use crate::issue::{about, blank, digest};
use crate::model::{Origin, Report, State};
use crate::store::reports;
use crate::{Error, lots};
use ground::time::{DAY_MICROS, HOUR_MICROS, MINUTE_MICROS};
use ground::{Fault, Problem, Timestamp};
use kernel::{Act, Actor, Job, Kernel, Permission};
use std::time::Duration;

/// Between two looks at an issuer's status list, microseconds.
const RECHECK_MICROS: i64 = 6 * HOUR_MICROS;
/// Most received reports that are looked at in one turn.
const TURN_MAX: u64 = 20;

/// Takes a credential in. The same one twice is one report.
///
/// # Errors
/// `forbidden`; `not_found` for a lot that is another merchant's; `invalid_input` for what cannot be read, says nothing about
/// a lot, or is about a lot nobody entered.
pub async fn receive(kernel: &Kernel, home: &Home, actor: &Actor, text: &str) -> Result<Report, Error> {
    let may = [Permission::OwnTrace, Permission::OwnReports, Permission::TraceManage];
    if !may.iter().any(|permission| actor.may(*permission)) {
        actor.require(Permission::OwnTrace)?;
    }
    let text = text.trim();
    let check = check::check(kernel, home, text.as_bytes()).await?;
    let Some(content) = check.content.clone() else { return Err(unusable(&check)) };
    let lot = lots::find(kernel, &content.gtin, &content.lot_number, actor.organisation.as_deref())
        .await
        .map_err(in_credential)?;
    if !actor.may(Permission::TraceManage) {
        let laboratory_id = check.laboratory.as_ref().map(|laboratory| laboratory.id.as_str());
        let own_lot = actor.may(Permission::OwnTrace) && actor.organisation.as_deref() == Some(&lot.merchant_id);
        let own_word = actor.may(Permission::OwnReports) && actor.organisation.as_deref() == laboratory_id;
        if !(own_lot || own_word) {
            return Err(Error::Missing);
        }
    }
    let digest = digest(text);
    if let Some(held) = reports::by_digest(kernel.db().read(), &digest).await? {
        return Ok(held);
    }
    let mut write = kernel.begin(actor).await?;
    let credential = check.credential.as_ref();
    let claimed = credential.and_then(|credential| credential.value().get("issuer")?.get("name")?.as_str());
    let claimed = claimed.map(|name| name.chars().take(ground::limits::LINE_CHARS_MAX).collect::<String>());
    let mut report = Report {
        id: write.new_id(),
        origin: Origin::Received,
        laboratory_id: check.laboratory.as_ref().map(|laboratory| laboratory.id.clone()).unwrap_or_default(),
        laboratory: check.laboratory.as_ref().map(|laboratory| laboratory.name.clone()).or(claimed).unwrap_or_default(),
        issuer: credential.map(|credential| credential.issuer.clone()).unwrap_or_default(),
        method: check.method.clone(),
        merchant_id: lot.merchant_id,
        lot_id: lot.id,
        gtin: lot.gtin,
        lot_number: lot.number,
        product: lot.product,
        number: content.number,
        title: content.title,
        standard: content.standard,
        items: content.items,
        result: content.result,
        issued_at: credential.and_then(|credential| credential.valid_from),
        valid_until: credential.and_then(|credential| credential.valid_until),
        credential: text.to_owned(),
        created_at: write.now(),
        ..blank(content.tested_on)
    };
    settle(&mut report, &check, write.now());
    let mut act = about(Act::new("report.received", "report", &report.id), &report)
        .evidence(&digest)
        .public("issuer", report.issuer.as_str());
    if !report.failure.is_empty() {
        act = act.reason(&report.failure);
    }
    report.act_id = Some(write.act(act).await?);
    reports::insert(write.tx(), &report, &digest).await?;
    write.commit().await?;
    Ok(report)
}

/// Why nothing was kept: the credential itself cannot be read, or what it says is no report about a lot.
fn unusable(check: &Check) -> Error {
    match check.outcome {
        Outcome::Unreadable | Outcome::Forged if check.credential.is_none() => Error::Invalid(vec![
            Fault::field("credential", format!("reports-refused-{}", check.code.replace('_', "-")))
                .arg("detail", &check.detail),
        ]),
        _ => Error::Invalid(check.content_faults.clone()),
    }
}

/// Faults of the lot are faults of the credential that names it.
fn in_credential(error: Error) -> Error {
    match error {
        Error::Invalid(mut faults) => {
            for fault in &mut faults {
                fault.place.field = Some("credential".to_owned());
            }
            Error::Invalid(faults)
        }
        other => other,
    }
}

/// Puts what came of a check into a received report.
fn settle(report: &mut Report, check: &Check, now: Timestamp) {
    report.failure = match (check.outcome, check.code) {
        (Outcome::Valid, _) => String::new(),
        (Outcome::Forged, code) => format!("forged_{code}"),
        (outcome, _) => outcome.name().to_owned(),
    };
    report.state = match check.outcome {
        // That it has expired is seen from its last moment.
        Outcome::Valid | Outcome::Expired => State::Valid,
        Outcome::Forged => State::Forged,
        Outcome::Revoked => State::Revoked,
        Outcome::Suspended => State::Suspended,
        // What was good stays so while its host is silent; what was never seen to be good waits.
        // So it does while its laboratory is suspended: what everybody sees says that (`read::of_lot`).
        Outcome::IssuerUnreachable | Outcome::StatusUnknown | Outcome::LaboratorySuspended => match report.state {
            State::Valid | State::Suspended => report.state,
            _ if check.outcome == Outcome::LaboratorySuspended => State::Refused,
            _ => State::Pending,
        },
        Outcome::UnknownIssuer | Outcome::NotCompetent | Outcome::NotYet | Outcome::Unreadable => State::Refused,
    };
    report.checked_at = Some(now);
    report.tries = if check.outcome.is_passing() { report.tries + 1 } else { 0 };
    report.check_due_at = match (check.outcome, report.state) {
        (outcome, _) if outcome.is_passing() => Some(now.plus_micros(pause_micros(report.tries))),
        (Outcome::Expired, _) => None,
        (Outcome::NotYet, _) => report.issued_at,
        (_, State::Valid | State::Suspended) => Some(now.plus_micros(RECHECK_MICROS)),
        _ => None,
    };
    if report.state == State::Revoked && report.revoked_at.is_none() {
        report.revoked_at = Some(now);
        report.reason = "status_list".to_owned();
    }
}

/// 10 minutes, 20, 40, … up to a day.
fn pause_micros(tries: i64) -> i64 {
    let doublings = tries.clamp(1, 10) - 1;
    ((10 * MINUTE_MICROS) << doublings).min(DAY_MICROS)
}

/// The timers of this duty: received reports are checked against their issuer's status list again and again.
pub fn jobs(home: Home) -> Vec<Job> {
    vec![Job::new("reports-recheck", Duration::from_secs(60), move |kernel| {
        let home = home.clone();
        async move { recheck(&kernel, &home).await }
    })]
}

async fn recheck(kernel: &Kernel, home: &Home) -> kernel::Result<u64> {
    let due = reports::due(kernel.db().read(), kernel.now(), TURN_MAX).await.map_err(Problem::from)?;
    let mut done = 0;
    for held in due {
        match recheck_one(kernel, home, held).await {
            Ok(()) | Err(Error::Stale) => done += 1,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(done)
}

async fn recheck_one(kernel: &Kernel, home: &Home, held: Report) -> Result<(), Error> {
    let check = check::check(kernel, home, held.credential.as_bytes()).await?;
    let mut report = held.clone();
    settle(&mut report, &check, kernel.now());
    report.version += 1;
    let digest = digest(&report.credential);
    if held.state == report.state {
        // Nothing is decided: only when it was last looked at is kept.
        let tx = kernel.db().write_tx().await?;
        reports::update(&tx, &report, &digest).await?;
        tx.commit().await.map_err(db::Error::from)?;
        return Ok(());
    }
    let act = match (held.state, report.state) {
        (_, State::Revoked) => Act::new("report.revoked", "report", &report.id),
        (_, State::Suspended) => Act::new("report.suspended", "report", &report.id),
        (State::Suspended, State::Valid) => Act::new("report.reinstated", "report", &report.id),
        (_, _) => Act::new("report.received", "report", &report.id),
    };
    let mut write = kernel.begin(&Actor::system("reports-recheck")).await?;
    write.act(about(act, &report).reason(check.outcome.name())).await?;
    reports::update(write.tx(), &report, &digest).await?;
    write.commit().await?;
    Ok(())
}
