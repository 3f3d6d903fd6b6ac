//! Versions: seen, put in force, taken back.

use crate::error::Error;
use crate::model::{ModelState, Version};
use crate::parameters::parameters;
use crate::training::JOB;
use crate::{score, store};
use ground::Fault;
use ground::limits::NOTE_CHARS_MAX;
use kernel::{Act, Actor, Kernel, Page, Paging, Permission, Result};

/// A page of versions, newest first.
///
/// # Errors
/// `forbidden`; what the store says.
pub async fn versions(kernel: &Kernel, actor: &Actor, paging: &Paging) -> Result<Page<Version>> {
    actor.require(Permission::RiskRead)?;
    store::versions::list(kernel.db().read(), paging).await
}

/// One version.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn version(kernel: &Kernel, actor: &Actor, number: i64) -> Result<Version> {
    actor.require(Permission::RiskRead)?;
    store::versions::get(kernel.db().read(), number).await?.ok_or_else(|| Error::Missing.into())
}

/// The one in force; `None`: the prior.
///
/// # Errors
/// What the store says.
pub async fn in_force(kernel: &Kernel) -> Result<Option<Version>> {
    store::versions::in_state(kernel.db().read(), ModelState::Active).await
}

/// The file of a version.
///
/// # Errors
/// `forbidden`, `not_found`; `risk_model_file` when it is damaged.
pub async fn file(kernel: &Kernel, actor: &Actor, number: i64) -> Result<String> {
    let version = version(kernel, actor, number).await?;
    if version.sha256.is_none() {
        return Err(Error::Missing.into());
    }
    Ok(score::load(kernel, number, version.sha256.as_deref()).await?.to_json())
}

/// Puts a version in force in place of what is. Act `risk_model.activated`.
///
/// # Errors
/// `forbidden`, `not_found`; `risk_model_state` unless it is a candidate or was in force before; `risk_model_not_better` where
/// it did not beat the prior on what came later; `risk_model_four_eyes` for whoever asked for its training;
/// `risk_model_file` when its file is missing or damaged.
pub async fn activate(kernel: &Kernel, actor: &Actor, number: i64) -> Result<Version> {
    actor.require(Permission::RiskManage)?;
    let parameters = parameters(kernel)?;
    let asked = version(kernel, actor, number).await?;
    may_be_activated(&asked)?;
    if parameters.four_eyes && asked.requested_by == actor.id {
        return Err(Error::FourEyes(number).into());
    }
    score::load(kernel, number, asked.sha256.as_deref()).await?;
    let mut write = kernel.begin(actor).await?;
    let mut next = store::versions::get(write.tx(), number).await?.ok_or(Error::Missing)?;
    may_be_activated(&next)?;
    let before = store::versions::in_state(write.tx(), ModelState::Active).await?;
    let replaced = before.as_ref().map_or(0, |before| before.number);
    if let Some(mut before) = before {
        before.state = ModelState::Retired;
        store::versions::update(write.tx(), &before).await?;
    }
    let mut act = Act::new("risk_model.activated", "risk_model", &number.to_string())
        .policy(&parameters.pack.0, &parameters.pack.1)
        .public("replaced", name(replaced));
    if let Some(sha256) = &next.sha256 {
        act = act.evidence(sha256);
    }
    next.state = ModelState::Active;
    next.replaced = Some(replaced);
    (next.activated_by, next.activated_at) = (Some(actor.id.clone()), Some(write.now()));
    next.activate_act_id = Some(write.act(act).await?);
    store::versions::update(write.tx(), &next).await?;
    write.commit().await?;
    kernel.wake(JOB);
    Ok(next)
}

fn may_be_activated(version: &Version) -> Result<()> {
    if !matches!(version.state, ModelState::Candidate | ModelState::Retired) {
        return Err(Error::ModelState { version: version.number, state: version.state.name() }.into());
    }
    if !version.card.as_ref().is_some_and(crate::card::Card::may_be_activated) {
        return Err(Error::NotBetter(version.number).into());
    }
    Ok(())
}

fn name(number: i64) -> String {
    if number == 0 { crate::prior::NAME.to_owned() } else { number.to_string() }
}

/// Takes the version in force back: what it replaced is in force again, the prior where it replaced none. Four eyes are not
/// asked for: going back must be quick. Act `risk_model.rolled_back`. Returns what is in force then; `None`: the prior.
///
/// # Errors
/// `forbidden`; `risk_no_model` while the prior is in force; `invalid_input` without a reason.
pub async fn roll_back(kernel: &Kernel, actor: &Actor, reason: &str) -> Result<Option<Version>> {
    actor.require(Permission::RiskManage)?;
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(Error::Invalid(vec![Fault::field("reason", "risk-reason-needed")]).into());
    }
    if reason.chars().count() > NOTE_CHARS_MAX {
        let fault = Fault::field("reason", "risk-reason-long").arg("most", NOTE_CHARS_MAX);
        return Err(Error::Invalid(vec![fault]).into());
    }
    let mut write = kernel.begin(actor).await?;
    let mut from = store::versions::in_state(write.tx(), ModelState::Active).await?.ok_or(Error::NoModel)?;
    from.state = ModelState::Retired;
    store::versions::update(write.tx(), &from).await?;
    let mut to = match from.replaced.filter(|number| *number != 0) {
        Some(number) => store::versions::get(write.tx(), number).await?,
        None => None,
    };
    if let Some(to) = to.as_mut() {
        to.state = ModelState::Active;
        store::versions::update(write.tx(), to).await?;
    }
    let back_to = to.as_ref().map_or(0, |to| to.number);
    let mut act = Act::new("risk_model.rolled_back", "risk_model", &from.number.to_string())
        .public("back_to", name(back_to))
        .private("reason", reason);
    if back_to != 0 {
        act = act.about("risk_model", &back_to.to_string());
    }
    write.act(act).await?;
    write.commit().await?;
    kernel.wake(JOB);
    Ok(to)
}
