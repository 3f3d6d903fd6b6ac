//! Timers: verification of what was handed in, questions to the register, expiry and its warnings, re-verification, the
//! end of suspensions. Every turn is bounded; every decision is its own transaction; running one twice changes nothing.

use crate::model::{Move, Qualification, QualificationState, State};
use crate::qualification::about;
use crate::register::{self, HttpRegister, Register};
use crate::store::{self, Due};
use crate::{Error, brand, decide, parameters, rules};
use jiff::Span;
use jiff::civil::Date;
use kernel::{Act, Actor, Job, Kernel};
use std::sync::Arc;
use std::time::Duration;

/// Name of the job that verifies what was handed in.
pub const VERIFICATION: &str = "merchants-verification";
/// Name of the job that asks the register.
pub const REGISTER: &str = "merchants-register";
/// Name of the job that ends what is out of date and warns before.
pub const EXPIRY: &str = "merchants-expiry";
/// Name of the job that asks for re-verification and ends suspensions.
pub const REVERIFICATION: &str = "merchants-reverification";

/// Most files or papers of one kind handled in one turn.
pub const TURN_MAX: u64 = 200;

/// The timers. `settings` name the operator's register; without them papers are confirmed by hand.
pub fn jobs(client: web::outbound::Client, settings: Option<register::Settings>) -> Vec<Job> {
    jobs_with(settings.map(|settings| -> Arc<dyn Register> { Arc::new(HttpRegister::new(client, settings)) }))
}

/// The timers, with any register.
pub fn jobs_with(register: Option<Arc<dyn Register>>) -> Vec<Job> {
    let minutes = |n: u64| Duration::from_secs(n * 60);
    vec![
        Job::new(REGISTER, minutes(1), move |kernel: Kernel| {
            let register = register.clone();
            async move {
                let done = register::ask_due(&kernel, register.as_deref(), TURN_MAX).await?;
                if done > 0 {
                    kernel.wake(VERIFICATION);
                }
                Ok(done)
            }
        }),
        Job::new(VERIFICATION, minutes(1), |kernel| async move { Ok(verification(&kernel).await?) }),
        Job::new(EXPIRY, minutes(10), |kernel| async move { Ok(expiry(&kernel).await?) }),
        Job::new(REVERIFICATION, minutes(30), |kernel| async move { Ok(reverification(&kernel).await?) }),
    ]
}

async fn verification(kernel: &Kernel) -> Result<u64, Error> {
    let mut done = 0;
    for state in [State::Submitted, State::Verifying] {
        for id in store::in_state(kernel.db().read(), state, TURN_MAX).await? {
            done += u64::from(skipping_stale(register::verify(kernel, &id, state).await)?);
        }
    }
    Ok(done)
}

/// Somebody decided in the same moment: the next turn sees how it stands.
fn skipping_stale(result: Result<bool, Error>) -> Result<bool, Error> {
    match result {
        Err(Error::Stale) => Ok(false),
        other => other,
    }
}

async fn expiry(kernel: &Kernel) -> Result<u64, Error> {
    let actor = Actor::system("qualification-expiry");
    let (db, today) = (kernel.db().read(), kernel.today());
    let mut done = 0;
    for q in store::outdated(db, today, TURN_MAX).await? {
        done += u64::from(skipping_stale(expire(kernel, &actor, &q.id, today).await)?);
    }
    for found in store::outdated_brands(db, today, TURN_MAX).await? {
        done += u64::from(skipping_stale(brand::expire_brand(kernel, &actor, &found.id, today).await)?);
    }
    // The stages of the home market pick the candidates; each is judged by its own market's stages.
    let home = policy::packs::HOME_MARKET;
    let stages = parameters::of(kernel, home)?.expiry_warning_days;
    for stage in stages.iter().rev() {
        let until = today.checked_add(Span::new().days(*stage)).unwrap_or(today);
        for q in store::unwarned(db, today, until, *stage, TURN_MAX).await? {
            done += u64::from(skipping_stale(warn(kernel, &actor, &q.id, today, &stages).await)?);
        }
    }
    Ok(done)
}

async fn expire(kernel: &Kernel, actor: &Actor, id: &str, today: Date) -> Result<bool, Error> {
    let mut write = kernel.begin(actor).await?;
    let Some(mut qualification) = store::qualification(write.tx(), id).await? else {
        return Ok(false);
    };
    let over = qualification.valid_until.is_some_and(|until| until < today);
    if qualification.state != QualificationState::Verified || !over {
        return Ok(false);
    }
    qualification.version += 1;
    qualification.state = QualificationState::Expired;
    store::update_qualification(write.tx(), &qualification).await?;
    write.act(about("qualification.expired", &qualification).outcome("expired")).await?;
    write.commit().await?;
    Ok(true)
}

async fn warn(kernel: &Kernel, actor: &Actor, id: &str, today: Date, stages: &[i64]) -> Result<bool, Error> {
    let mut write = kernel.begin(actor).await?;
    let Some(mut qualification) = store::qualification(write.tx(), id).await? else {
        return Ok(false);
    };
    let Some(days) = warning(&qualification, today, stages) else {
        return Ok(false);
    };
    qualification.version += 1;
    qualification.warned_days = days;
    store::update_qualification(write.tx(), &qualification).await?;
    write.act(about("qualification.expiring", &qualification).public("days", days)).await?;
    write.commit().await?;
    Ok(true)
}

fn warning(qualification: &Qualification, today: Date, stages: &[i64]) -> Option<i64> {
    if qualification.state != QualificationState::Verified {
        return None;
    }
    rules::warning_due(qualification.valid_until?, today, stages, qualification.warned_days)
}

async fn reverification(kernel: &Kernel) -> Result<u64, Error> {
    let actor = Actor::system("merchant-reverification");
    let (db, now) = (kernel.db().read(), kernel.now());
    let mut done = 0;
    for id in store::due(db, Due::Reverification(now), TURN_MAX).await? {
        done += u64::from(skipping_stale(ask_to_confirm(kernel, &actor, &id).await)?);
    }
    let grace_days = parameters::of(kernel, policy::packs::HOME_MARKET)?.reverification_grace_days;
    for id in store::due(db, Due::Silent(now.plus_days(-grace_days)), TURN_MAX).await? {
        let reason = "reverification_overdue";
        done += u64::from(skipping_stale(by_timer(kernel, &actor, &id, Move::Suspend, reason).await)?);
    }
    for id in store::due(db, Due::SuspensionOver(now), TURN_MAX).await? {
        done += u64::from(skipping_stale(by_timer(kernel, &actor, &id, Move::Restore, "term_over").await)?);
    }
    Ok(done)
}

/// Asks the merchant to confirm its file, and the register about its papers anew.
async fn ask_to_confirm(kernel: &Kernel, actor: &Actor, id: &str) -> Result<bool, Error> {
    let mut write = kernel.begin(actor).await?;
    let Some(mut merchant) = store::merchant(write.tx(), id).await? else {
        return Ok(false);
    };
    let due = merchant.verify_due_at.is_some_and(|due| due <= write.now());
    if merchant.state != State::Enrolled || merchant.confirm_asked_at.is_some() || !due {
        return Ok(false);
    }
    merchant.version += 1;
    merchant.updated_at = write.now();
    merchant.confirm_asked_at = Some(write.now());
    store::update_merchant(write.tx(), &merchant, false).await?;
    store::ask_again(write.tx(), id, write.now()).await?;
    write.act(Act::new("merchant.reverification_asked", "merchant", id)).await?;
    write.commit().await?;
    kernel.wake(REGISTER);
    Ok(true)
}

async fn by_timer(kernel: &Kernel, actor: &Actor, id: &str, step: Move, reason: &str) -> Result<bool, Error> {
    let mut write = kernel.begin(actor).await?;
    let Some(mut merchant) = store::merchant(write.tx(), id).await? else {
        return Ok(false);
    };
    let Some(next) = rules::after(merchant.state, step) else {
        return Ok(false);
    };
    let still = match step {
        Move::Suspend => merchant.confirm_asked_at.is_some(),
        _ => merchant.suspended_until.is_some_and(|until| until <= write.now()),
    };
    if !still {
        return Ok(false);
    }
    merchant.confirm_asked_at = None;
    merchant.suspended_until = None;
    let decision = decide::Decision { reasons: vec![reason.to_owned()], ..decide::Decision::default() };
    decide::make(&mut write, &mut merchant, step, next, &decision).await?;
    write.commit().await?;
    Ok(true)
}
