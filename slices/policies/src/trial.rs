//! A version tried over everything on sale before it is switched on: which listings its changed rows touch, and which
//! decisions would be others. No listing changes.
//!
//! A row that comes into shadow or is rolled out by percentage counts as if it were on for every listing, so that the
//! answer holds for the whole roll-out. A row that is taken back counts as written.

use kernel::{Act, Actor, Kernel, Page, Paging, Permission};
use policy::{Mode, Pack};
use screening::Decision;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::model::*;
use crate::versions::{self, ReadVersion};
use crate::{edit, store};

/// Name of the job and of its waker.
pub const JOB: &str = "policies-trials";
/// Listings judged in one transaction.
const STEP_LISTINGS: u64 = 200;

/// Begins a trial of a version over everything on sale in its market.
///
/// # Errors
/// `forbidden`, `not_found`, `policy_trial_running`.
pub async fn start(kernel: &Kernel, actor: &Actor, version_id: &str) -> Result<Trial> {
    actor.require(Permission::PoliciesManage)?;
    let read = versions::read_unchecked(kernel, version_id).await?;
    let latest = store::latest_trial(kernel.db().read(), version_id).await?;
    if latest.is_some_and(|trial| trial.state == TrialState::Running) {
        return Err(Error::TrialRunning);
    }
    let total = listings::count_in_market(kernel, &read.version.market).await?;
    let mut write = kernel.begin(actor).await?;
    let trial = Trial {
        id: write.new_id(),
        version_id: version_id.to_owned(),
        market: read.version.market.clone(),
        state: TrialState::Running,
        cursor: String::new(),
        total,
        done: 0,
        cost: Cost::default(),
        started_by: actor.id.clone(),
        started_at: write.now(),
        finished_at: None,
        failure: None,
    };
    store::insert_trial(write.tx(), &trial).await?;
    write.act(act("policy.trial_started", &trial, &read.version)).await?;
    write.commit().await?;
    kernel.wake(JOB);
    Ok(trial)
}

fn act(kind: &str, trial: &Trial, version: &Version) -> Act {
    Act::new(kind, "policy_version", &version.id)
        .about("policy_trial", &trial.id)
        .public("market", version.market.clone())
        .public("version", version.hash.clone())
}

/// A trial, with the merchants it hit and those whose goods would get another decision.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn read(kernel: &Kernel, actor: &Actor, id: &str) -> Result<(Trial, u64, u64)> {
    actor.require(Permission::PoliciesRead)?;
    let trial = store::trial(kernel.db().read(), id).await?.ok_or(Error::Missing)?;
    let (hit, changed) = store::merchants_hit(kernel.db().read(), id).await?;
    Ok((trial, hit, changed))
}

/// The newest trial of a version.
///
/// # Errors
/// `forbidden`.
pub async fn latest(kernel: &Kernel, actor: &Actor, version_id: &str) -> Result<Option<Trial>> {
    actor.require(Permission::PoliciesRead)?;
    store::latest_trial(kernel.db().read(), version_id).await
}

/// The listings a trial hit; with `changing` only those whose decision would be another.
///
/// # Errors
/// `forbidden`.
pub async fn hits(kernel: &Kernel, actor: &Actor, id: &str, changing: bool, paging: &Paging) -> Result<Page<Hit>> {
    actor.require(Permission::PoliciesRead)?;
    store::hits(kernel.db().read(), id, changing, paging).await
}

/// Stops a running trial. What it found stays.
///
/// # Errors
/// `forbidden`, `not_found`, `stale` when it is not running.
pub async fn stop(kernel: &Kernel, actor: &Actor, id: &str) -> Result<()> {
    actor.require(Permission::PoliciesManage)?;
    let trial = store::trial(kernel.db().read(), id).await?.ok_or(Error::Missing)?;
    if trial.state != TrialState::Running {
        return Err(Error::Stale);
    }
    finish(kernel, actor, &trial, TrialState::Stopped, None).await
}

async fn finish(
    kernel: &Kernel,
    actor: &Actor,
    trial: &Trial,
    state: TrialState,
    failure: Option<String>,
) -> Result<()> {
    let version = versions::read_unchecked(kernel, &trial.version_id).await?.version;
    let mut write = kernel.begin(actor).await?;
    // The walk may have gone on since the trial was read.
    let now = store::trial(write.tx(), &trial.id).await?.ok_or(Error::Missing)?;
    let ended = Trial { state, failure, finished_at: Some(write.now()), ..now.clone() };
    if !store::advance_trial(write.tx(), &now, &ended).await? {
        return Err(Error::Stale);
    }
    let cost = &ended.cost;
    let act = act("policy.trial_finished", &ended, &version)
        .outcome(state.name())
        .public("listings", ended.done)
        .public("hit", cost.hit)
        .public("changed", cost.changed);
    write.act(act).await?;
    write.commit().await?;
    Ok(())
}

/// One step of the trial that has been running longest. Returns how many listings it judged, at least 1 when there was a
/// trial.
///
/// # Errors
/// What the store says. A trial that cannot go on is ended with its reason.
pub async fn turn(kernel: &Kernel) -> Result<u64> {
    let Some(trial) = store::running_trial(kernel.db().read()).await? else {
        return Ok(0);
    };
    match step(kernel, &trial).await {
        Ok(done) => Ok(done.max(1)),
        Err(Error::Stored { reason, .. } | Error::Refused(reason)) => {
            let system = Actor::system("policy-trials");
            finish(kernel, &system, &trial, TrialState::Failed, Some(reason.to_string())).await?;
            Ok(1)
        }
        Err(error) => Err(error),
    }
}

async fn step(kernel: &Kernel, trial: &Trial) -> Result<u64> {
    let system = Actor::system("policy-trials");
    let tried = versions::read_unchecked(kernel, &trial.version_id).await?;
    let (candidate, rules) = candidate(kernel, &tried).await?;
    let page = listings::try_on_sale(kernel, &candidate, &trial.cursor, STEP_LISTINGS).await?;
    let Some(last) = page.last else {
        finish(kernel, &system, trial, TrialState::Finished, None).await?;
        return Ok(1);
    };
    let mut after = trial.clone();
    after.cursor = last;
    after.done += page.seen;
    after.total = after.total.max(after.done);
    after.cost.on_sale += page.tried.len() as u64;
    let mut found = Vec::new();
    for one in &page.tried {
        count(one, &rules, &mut after.cost, &mut found);
    }
    let tx = kernel.db().write_tx().await?;
    // False: another process took this step, or the trial was stopped; what was judged here is dropped.
    if store::advance_trial(&tx, trial, &after).await? {
        store::insert_hits(&tx, &trial.id, &found).await?;
        tx.commit().await?;
    }
    Ok(page.seen)
}

/// The version as it would be with every changed row that is on its way in fully on, and the ids of all changed rows.
/// A row on its way out (on before, in shadow or off now) counts as written: the question is then what leaving costs.
/// Changed is counted from what is in force; where nothing differs (a version in force is tried), the rows that are not
/// on yet count as on their way in.
async fn candidate(kernel: &Kernel, tried: &ReadVersion) -> Result<(Arc<Pack>, BTreeSet<String>)> {
    let market = &tried.version.market;
    let (_, in_force) = versions::active_unchecked(kernel, market).await?;
    let mut changed = versions::changes(&in_force, &tried.pack);
    if changed.is_empty() {
        changed = waiting_rows(&tried.pack);
    }
    let mut pack = tried.pack.clone();
    for one in changed.iter().filter(|one| one.kind != ChangeKind::Removed) {
        let Ok(from) = one.from.parse() else { continue };
        let before = mode_in(&in_force, one, from).unwrap_or(Mode::Off);
        let Some(mode) = mode_in(&pack, one, from) else { continue };
        if mode == Mode::On || mode == Mode::Off || strength(before) > strength(mode) {
            continue;
        }
        if let Some(place) = edit::row_text(&pack, &one.table, &one.row, from) {
            let text = edit::with_mode(&place.text, Mode::On);
            let sources = edit::replace_row(pack.sources(), &place, &text);
            pack = Arc::new(Pack::from_sources(market, &sources).map_err(Error::Refused)?);
        }
    }
    Ok((pack, changed.into_iter().map(|one| one.row).collect()))
}

fn mode_in(pack: &Pack, one: &RowChange, from: jiff::civil::Date) -> Option<Mode> {
    let rows = pack.written_rows(&one.table);
    rows.iter().find(|row| row.id() == one.row && row.from() == from).map(policy::pack::WrittenRow::mode)
}

/// How much a mode acts on.
fn strength(mode: Mode) -> u8 {
    match mode {
        Mode::Off => 0,
        Mode::Shadow => 1,
        Mode::Percentage(share) => 1 + share.min(100),
        Mode::On => 102,
    }
}

fn waiting_rows(pack: &Pack) -> Vec<RowChange> {
    let tables: Vec<&str> = pack.table_names().collect();
    let rows = tables.iter().flat_map(|table| pack.written_rows(table).into_iter().map(move |row| (*table, row)));
    rows.filter(|(_, row)| !matches!(row.mode(), Mode::On | Mode::Off))
        .map(|(table, row)| RowChange {
            table: table.to_owned(),
            row: row.id().to_owned(),
            from: row.from().to_string(),
            kind: ChangeKind::Changed,
            mode: None,
        })
        .collect()
}

fn count(one: &listings::Tried, rules: &BTreeSet<String>, cost: &mut Cost, found: &mut Vec<Hit>) {
    let spoken = one.findings.iter().map(|finding| &finding.rule).chain(&one.rules_before);
    let touching: BTreeSet<String> = spoken.filter(|rule| rules.contains(*rule)).cloned().collect();
    let differs = one.before != one.after;
    if touching.is_empty() && !differs {
        return;
    }
    cost.hit += u64::from(!touching.is_empty());
    for rule in &touching {
        *cost.by_rule.entry(rule.clone()).or_default() += 1;
    }
    cost.changed += u64::from(differs);
    match (one.before, one.after) {
        (Decision::Pass, Decision::Review) => cost.pass_to_review += 1,
        (Decision::Pass, Decision::Reject) => cost.pass_to_reject += 1,
        (Decision::Review, Decision::Reject) => cost.review_to_reject += 1,
        (before, after) if after < before => cost.relieved += 1,
        _ => {}
    }
    if one.before == Decision::Pass && differs {
        let sum = cost.off_sale_minor.entry(one.currency.clone()).or_default();
        *sum = sum.saturating_add(one.price_minor.unwrap_or(0));
    }
    found.push(Hit {
        listing_id: one.listing_id.clone(),
        merchant_id: one.merchant_id.clone(),
        title: one.title.chars().take(200).collect(),
        before: decision_name(one.before).to_owned(),
        after: decision_name(one.after).to_owned(),
        rules: touching.into_iter().collect(),
    });
}

/// Stable name of a decision; `policies-decision-<name>` is its text.
pub fn decision_name(decision: Decision) -> &'static str {
    match decision {
        Decision::Pass => "pass",
        Decision::Review => "review",
        Decision::Reject => "reject",
    }
}

#[cfg(test)]
#[path = "trial_tests.rs"]
mod tests;
