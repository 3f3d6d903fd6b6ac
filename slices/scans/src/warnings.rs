//! Warnings about copied codes, for people: the list, one with its evidence, and the word that closes it.

use crate::address::Address;
use crate::error::Error;
use crate::model::{Sighting, Warning, WarningState};
use crate::{known, scan, store, watch};
use ground::limits::NOTE_CHARS_MAX;
use ground::{Fault, Problem};
use journey::clones::Rule;
use kernel::{Act, Actor, Kernel, Page, Paging, Permission, Result};

/// Columns a list may be sorted by.
pub const SORTS: &[&str] = &["opened", "last", "times", "product", "rule"];
/// Places on the map of a warning.
const MAP_POINTS_MAX: u64 = 300;
/// Sightings shown beside a warning.
const SIGHTINGS_MAX: u64 = 100;

/// Which warnings.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Where they stand.
    pub state: Option<WarningState>,
    /// Which rule.
    pub rule: Option<Rule>,
    /// A part of a GTIN, serial number, lot number or product.
    pub search: Option<String>,
    /// A merchant's.
    pub merchant_id: Option<String>,
    /// A lot's.
    pub lot_id: Option<String>,
}

/// A page of warnings. A merchant sees those about its own lots.
///
/// # Errors
/// `forbidden`; what the store says.
pub async fn list(kernel: &Kernel, actor: &Actor, filter: &Filter, paging: &Paging) -> Result<Page<Warning>> {
    let mut filter = filter.clone();
    if !actor.may(Permission::TraceRead) {
        actor.require(Permission::OwnTrace)?;
        filter.merchant_id = Some(actor.own_organisation()?.to_owned());
    }
    let filter = store::warnings::Filter {
        state: filter.state,
        rule: filter.rule,
        search: filter.search,
        merchant_id: filter.merchant_id,
        lot_id: filter.lot_id,
    };
    store::warnings::list(kernel.db().read(), &filter, paging).await
}

/// A warning with what was seen.
#[derive(Debug, Clone)]
pub struct Case {
    /// The warning.
    pub warning: Warning,
    /// The last sightings of the unit or lot, newest first.
    pub sightings: Vec<Sighting>,
    /// Those with a place, for the map.
    pub located: Vec<Sighting>,
    /// Other warnings that stand about the same unit or lot.
    pub others: Vec<Warning>,
}

/// One warning with what was seen.
///
/// # Errors
/// `forbidden`; `not_found`, also for another merchant's.
pub async fn one(kernel: &Kernel, actor: &Actor, id: &str) -> Result<Case> {
    let db = kernel.db().read();
    if !actor.may(Permission::TraceRead) {
        actor.require(Permission::OwnTrace)?;
    }
    let warning = store::warnings::get(db, id).await?.ok_or_else(Problem::not_found)?;
    actor.require_own(Permission::TraceRead, Permission::OwnTrace, &warning.merchant_id)?;
    let filter = if warning.serial.is_empty() {
        store::sightings::Filter { lot_id: warning.lot_id.clone(), ..Default::default() }
    } else {
        let (gtin, serial) = (Some(warning.gtin.clone()), Some(warning.serial.clone()));
        store::sightings::Filter { gtin, serial, ..Default::default() }
    };
    let sightings = store::sightings::list(db, &filter, &Paging::new(1, SIGHTINGS_MAX)).await?.rows;
    let located = store::sightings::located(db, &filter, MAP_POINTS_MAX).await?;
    let mut others = store::warnings::standing(db, &warning.gtin, &warning.serial, warning.lot_id.as_deref()).await?;
    others.retain(|other| other.id != warning.id);
    Ok(Case { warning, sightings, located, others })
}

/// Closes a warning with a reason: copied, or harmless. Harmless makes the rule's evidence start from nothing; copied keeps
/// the warning on the unit's page for good.
///
/// # Errors
/// `forbidden`, `not_found`, `invalid_input` without a reason, `scan_warning_closed`.
pub async fn close(kernel: &Kernel, actor: &Actor, id: &str, state: WarningState, reason: &str) -> Result<Warning> {
    actor.require(Permission::TraceManage)?;
    let reason = reason.trim();
    let mut faults = Vec::new();
    if reason.is_empty() {
        faults.push(Fault::field("reason", "scans-reason-needed"));
    } else if reason.chars().count() > NOTE_CHARS_MAX {
        faults.push(Fault::field("reason", "scans-reason-long").arg("most", NOTE_CHARS_MAX));
    }
    if state == WarningState::Open {
        faults.push(Fault::field("state", "scans-state-closing"));
    }
    Problem::check(faults)?;
    let mut warning = store::warnings::get(kernel.db().read(), id).await?.ok_or_else(Problem::not_found)?;
    let mut write = kernel.begin(actor).await?;
    let (kind, subject) = warning.subject();
    let act = Act::new("clone.closed", kind, &subject)
        .reason(warning.rule.name())
        .outcome(state.name())
        .public("warning", warning.id.as_str())
        .private("reason", reason);
    let act_id = write.act(watch::related(act, &warning)).await?;
    warning.state = state;
    warning.reason = reason.to_owned();
    (warning.closed_by, warning.closed_at) = (Some(actor.id.clone()), Some(write.now()));
    warning.close_act_id = Some(act_id);
    if !store::warnings::close(write.tx(), &warning).await? {
        return Err(Error::WarningClosed.into());
    }
    write.commit().await?;
    if state == WarningState::Dismissed
        && !warning.serial.is_empty()
        && let Ok(gtin) = warning.gtin.parse()
    {
        let address = Address { serial: Some(warning.serial.clone()), ..Address::of_product(gtin) };
        scan::clear(kernel, actor, &address, warning.rule).await?;
    }
    known::forget_all(kernel);
    Ok(warning)
}

/// Warnings nobody has looked at, for the navigation.
///
/// # Errors
/// What the store says.
pub async fn open_warnings(kernel: &Kernel) -> Result<u64> {
    store::warnings::open(kernel.db().read()).await
}
