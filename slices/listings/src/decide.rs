//! Decisions of people: about versions in the review queue, and about listings outside it.

use crate::banks::fingerprints;
use crate::error::Error;
use crate::model::{Cause, Listing, Version};
use crate::shelf;
use crate::standing;
use crate::state::{Event, State, VersionState};
use crate::store;
use ground::limits::NOTE_CHARS_MAX;
use ground::{Fault, Problem};
use kernel::{Act, Actor, Kernel, Permission, Result, Write};

/// What a reviewer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// May be on sale.
    Approve,
    /// May not.
    Reject,
}

/// A reviewer's decision with what it must carry.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// What.
    pub outcome: Outcome,
    /// Rule ids or reason codes; at least one where it is a rejection.
    pub reasons: Vec<String>,
    /// What the merchant reads besides; kept in the private part of the act.
    pub note: String,
    /// Whether the goods enter the fingerprint bank, so that nobody lists them again. Rejections with a severe finding
    /// always do.
    pub ban_goods: bool,
}

/// What a person may do to a listing outside the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Measure {
    /// Leave it on sale under limits (texts such as `region:cn-31`, `no-promotion`).
    Restrict {
        /// The limits.
        limits: Vec<String>,
    },
    /// Take it off until restored.
    Suspend,
    /// Lift limits or the suspension by a person.
    Restore,
    /// Take it off for good; its goods enter the fingerprint bank.
    Remove,
}

impl Measure {
    /// Stable name, also in `listings-measure-…`.
    pub fn name(&self) -> &'static str {
        match self {
            Measure::Restrict { .. } => "restrict",
            Measure::Suspend => "suspend",
            Measure::Restore => "restore",
            Measure::Remove => "remove",
        }
    }
}

fn check_words(reasons: &[String], note: &str, needed: bool) -> Result<()> {
    let mut faults = Vec::new();
    if needed && reasons.iter().all(|reason| reason.trim().is_empty()) {
        faults.push(Fault::field("reasons", "listings-fault-reasons"));
    }
    if reasons.len() > 50 || reasons.iter().any(|reason| reason.chars().count() > 200) {
        faults.push(Fault::field("reasons", "listings-fault-reasons-long"));
    }
    let length = note.chars().count();
    if length > NOTE_CHARS_MAX {
        faults.push(Fault::field("note", "listings-fault-too-long").arg("there", length).arg("most", NOTE_CHARS_MAX));
    }
    Problem::check(faults)
}

/// Decides a version that waits for a person. `expected` is the state the reviewer saw: `InReview`, or `Passed` for a
/// version on sale that a changed policy asked about again.
///
/// # Errors
/// `forbidden`, `not_found`, `listing_stale` when somebody (or a newer version) was faster, `invalid_input`.
pub async fn decide_review(
    kernel: &Kernel,
    actor: &Actor,
    version_id: &str,
    expected: VersionState,
    verdict: &Verdict,
) -> Result<Listing> {
    let mut write = kernel.begin(actor).await?;
    let listing = decide_review_in(kernel, &mut write, version_id, expected, verdict).await?;
    write.commit().await?;
    Ok(listing)
}

/// The same inside a decision that is under way, so that the queue closes its item in the same transaction. The caller
/// commits.
///
/// # Errors
/// As [`decide_review`].
pub async fn decide_review_in(
    kernel: &Kernel,
    write: &mut Write,
    version_id: &str,
    expected: VersionState,
    verdict: &Verdict,
) -> Result<Listing> {
    write.actor().require(Permission::ReviewDecide)?;
    check_words(&verdict.reasons, &verdict.note, verdict.outcome == Outcome::Reject)?;
    let version = store::versions::get(write.tx(), version_id).await?.ok_or_else(Problem::not_found)?;
    if version.state != expected || !matches!(expected, VersionState::InReview | VersionState::Passed) {
        return Err(Error::Stale.into());
    }
    let listing = store::listings::get(write.tx(), &version.listing_id).await?.ok_or_else(Problem::not_found)?;
    if listing.state == State::Removed {
        return Err(Error::State { state: listing.state.name().into(), event: "decide".into() }.into());
    }
    match verdict.outcome {
        Outcome::Approve => approve(kernel, write, &listing, &version, verdict).await,
        Outcome::Reject => reject_by_person(write, &listing, &version, verdict).await,
    }
}

fn decision_act(kind: &str, listing: &Listing, version: &Version, verdict: &Verdict) -> Act {
    let mut act = Act::new(kind, "listing", &listing.id)
        .about("listing_version", &version.id)
        .about("merchant", &listing.merchant_id)
        .public("version", version.id.as_str())
        .public("content_sha256", version.content_hash.as_str())
        .outcome(if verdict.outcome == Outcome::Approve { "approve" } else { "reject" });
    for reason in &verdict.reasons {
        act = act.reason(reason.trim());
    }
    if !verdict.note.trim().is_empty() {
        act = act.private("note", verdict.note.trim());
    }
    act
}

async fn approve(
    kernel: &Kernel,
    write: &mut Write,
    listing: &Listing,
    version: &Version,
    verdict: &Verdict,
) -> Result<Listing> {
    let act =
        policy_of(kernel, write, listing, version, decision_act("listing.approved", listing, version, verdict)).await?;
    let act_id = write.act(act).await?;
    if version.state == VersionState::Passed {
        return Ok(listing.clone());
    }
    let by = write.actor().id.clone();
    pass(kernel, write, listing, version, &by, &act_id).await
}

async fn policy_of(kernel: &Kernel, write: &Write, listing: &Listing, version: &Version, act: Act) -> Result<Act> {
    let run = match &version.run_id {
        Some(id) => store::runs::get(write.tx(), id).await?,
        None => None,
    };
    let version = match run {
        Some(run) => run.pack_version,
        None => kernel.packs().market(&listing.market).map(|pack| pack.version().to_owned()).unwrap_or_default(),
    };
    Ok(act.policy(&listing.market, &version))
}

/// A version passes: recorded, holds of screening lifted, and put on sale where nothing else stands against it.
pub(crate) async fn pass(
    kernel: &Kernel,
    write: &mut Write,
    listing: &Listing,
    version: &Version,
    by: &str,
    act_id: &str,
) -> Result<Listing> {
    let decided = store::versions::Decided { by, act_id };
    let moved = store::versions::set_state(
        write.tx(),
        &version.id,
        version.state,
        VersionState::Passed,
        write.now(),
        Some(decided),
    )
    .await?;
    if !moved {
        return Err(Error::Stale.into());
    }
    let mut next = Listing {
        state: shelf::next_state(listing, Event::Pass, "pass")?,
        passed_version_id: Some(version.id.clone()),
        updated_at: write.now(),
        ..listing.clone()
    };
    if listing.latest_version_id == version.id {
        next.latest_state = VersionState::Passed;
    }
    shelf::keep(write, listing, &next).await?;
    let version = Version {
        state: VersionState::Passed,
        decided_act_id: Some(act_id.to_owned()),
        decided_by: Some(by.to_owned()),
        ..version.clone()
    };
    list_if_clear(kernel, write, next, &version).await
}

/// Lists a passed version where the merchant may sell it and no hold but one of screening is left.
async fn list_if_clear(kernel: &Kernel, write: &mut Write, listing: Listing, version: &Version) -> Result<Listing> {
    store::listings::lift_holds(write.tx(), &listing.id, Cause::Screening, None).await?;
    let held = !store::listings::holds_of(write.tx(), &listing.id).await?.is_empty();
    let standing = standing::of(kernel, &listing.merchant_id, &listing.market, &version.content.category).await?;
    if held || !standing.may_sell {
        return Ok(listing);
    }
    let event = if listing.state == State::Suspended { Event::Restore } else { Event::List };
    shelf::put_on_sale(write, &listing, version, event).await
}

async fn reject_by_person(
    write: &mut Write,
    listing: &Listing,
    version: &Version,
    verdict: &Verdict,
) -> Result<Listing> {
    let act = decision_act("listing.rejected", listing, version, verdict);
    let act_id = write.act(act).await?;
    let run = match &version.run_id {
        Some(id) => store::runs::get(write.tx(), id).await?,
        None => None,
    };
    let severe = run.is_some_and(|run| run.findings.iter().any(fingerprints::is_banning));
    let by = write.actor().id.clone();
    let next = reject(write, listing, version, &by, &act_id, &verdict.reasons).await?;
    if severe || verdict.ban_goods {
        fingerprints::ban(write, version, "rejected", &verdict.reasons, &act_id).await?;
    }
    Ok(next)
}

/// A version is refused: recorded; if it was the one on sale, the listing leaves the shelf.
pub(crate) async fn reject(
    write: &mut Write,
    listing: &Listing,
    version: &Version,
    by: &str,
    act_id: &str,
    reasons: &[String],
) -> Result<Listing> {
    let decided = store::versions::Decided { by, act_id };
    let moved = store::versions::set_state(
        write.tx(),
        &version.id,
        version.state,
        VersionState::Rejected,
        write.now(),
        Some(decided),
    )
    .await?;
    if !moved {
        return Err(Error::Stale.into());
    }
    let mut listing_now = listing.clone();
    if listing.on_sale_version_id.as_deref() == Some(version.id.as_str()) {
        listing_now = shelf::hold(write, &listing_now, Cause::Screening, &version.id, reasons, "").await?;
    }
    let mut next = Listing {
        state: shelf::next_state(&listing_now, Event::Reject, "reject")?,
        updated_at: write.now(),
        ..listing_now.clone()
    };
    if next.passed_version_id.as_deref() == Some(version.id.as_str()) {
        next.passed_version_id = None;
    }
    if next.latest_version_id == version.id {
        next.latest_state = VersionState::Rejected;
    }
    shelf::keep(write, &listing_now, &next).await?;
    Ok(next)
}

/// Restricts, suspends, restores or removes a listing. `expected` is the state the person saw.
///
/// # Errors
/// `forbidden`, `not_found`, `listing_stale`, `listing_state`, `invalid_input` without a reason.
pub async fn take_measure(
    kernel: &Kernel,
    actor: &Actor,
    listing_id: &str,
    expected: State,
    measure: &Measure,
    reasons: &[String],
    note: &str,
) -> Result<Listing> {
    actor.require(Permission::ListingsDecide)?;
    check_words(reasons, note, true)?;
    let listing = store::listings::get(kernel.db().read(), listing_id).await?.ok_or_else(Problem::not_found)?;
    let standing = standing::of(kernel, &listing.merchant_id, &listing.market, &listing.category).await?;
    let mut write = kernel.begin(actor).await?;
    let listing = store::listings::get(write.tx(), listing_id).await?.ok_or_else(Problem::not_found)?;
    if listing.state != expected {
        return Err(Error::Stale.into());
    }
    let next = match measure {
        Measure::Suspend => shelf::hold(&mut write, &listing, Cause::Decision, &actor.id, reasons, note).await?,
        Measure::Restore if listing.state == State::Suspended => {
            let lifted = shelf::lift(&mut write, &listing, Cause::Decision, None, &standing).await?;
            lifted.ok_or_else(|| Error::State { state: "held".into(), event: "restore".into() })?
        }
        Measure::Restore => restrict(&mut write, &listing, Event::Restore, &[], reasons, note).await?,
        Measure::Restrict { limits } => restrict(&mut write, &listing, Event::Restrict, limits, reasons, note).await?,
        Measure::Remove => remove(&mut write, &listing, reasons, note).await?,
    };
    write.commit().await?;
    Ok(next)
}

async fn restrict(
    write: &mut Write,
    listing: &Listing,
    event: Event,
    limits: &[String],
    reasons: &[String],
    note: &str,
) -> Result<Listing> {
    let restoring = event == Event::Restore;
    if restoring && listing.state != State::Restricted {
        return Err(Error::State { state: listing.state.name().into(), event: "restore".into() }.into());
    }
    let state = shelf::next_state(listing, event, if restoring { "restore" } else { "restrict" })?;
    let kind = if restoring { "listing.unrestricted" } else { "listing.restricted" };
    let mut act = Act::new(kind, "listing", &listing.id).about("merchant", &listing.merchant_id).outcome(state.name());
    for reason in reasons {
        act = act.reason(reason);
    }
    if !limits.is_empty() {
        act = act.public("limits", limits.iter().take(50).cloned().collect::<Vec<_>>());
    }
    if !note.is_empty() {
        act = act.private("note", note);
    }
    write.act(act).await?;
    let next = Listing { state, updated_at: write.now(), ..listing.clone() };
    shelf::keep(write, listing, &next).await?;
    Ok(next)
}

async fn remove(write: &mut Write, listing: &Listing, reasons: &[String], note: &str) -> Result<Listing> {
    let state = shelf::next_state(listing, Event::Remove, "remove")?;
    let mut act =
        Act::new("listing.removed", "listing", &listing.id).about("merchant", &listing.merchant_id).outcome("removed");
    for reason in reasons {
        act = act.reason(reason);
    }
    if !note.is_empty() {
        act = act.private("note", note);
    }
    let act_id = write.act(act).await?;
    let shown = listing
        .on_sale_version_id
        .as_ref()
        .or(listing.passed_version_id.as_ref())
        .unwrap_or(&listing.latest_version_id);
    if let Some(version) = store::versions::get(write.tx(), shown).await? {
        fingerprints::ban(write, &version, "removed", reasons, &act_id).await?;
    }
    let next =
        Listing { state, on_sale_version_id: None, on_sale_act_id: None, updated_at: write.now(), ..listing.clone() };
    shelf::keep(write, listing, &next).await?;
    Ok(next)
}
