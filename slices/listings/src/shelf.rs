//! The shelf: the only place where a version comes on sale, and where holds take it off and give it back.
//!
//! Invariant: `on_sale_version_id` and `on_sale_act_id` are set by [`put_on_sale`] alone, which demands a passed
//! version and no hold, and writes the act in the same transaction.

use crate::error::Error;
use crate::model::{Cause, Hold, Listing, Version};
use crate::standing::{self, Standing};
use crate::state::{Event, State, VersionState};
use crate::store;
use ground::Problem;
use kernel::{Act, Actor, Kernel, Permission, Result, Write};

/// Listings handled in one transaction where a merchant's whole shelf moves.
pub(crate) const SHELF_ROWS: u64 = 100;

pub(crate) async fn keep(write: &Write, before: &Listing, after: &Listing) -> Result<()> {
    if store::listings::update_state(write.tx(), before, after).await? { Ok(()) } else { Err(Error::Stale.into()) }
}

pub(crate) fn next_state(listing: &Listing, event: Event, word: &str) -> Result<State> {
    listing
        .state
        .after(event)
        .ok_or_else(|| Error::State { state: listing.state.name().into(), event: word.into() }.into())
}

/// Puts a passed version on sale: act `listing.listed`, or `listing.restored` where it was there before a hold.
pub(crate) async fn put_on_sale(
    write: &mut Write,
    listing: &Listing,
    version: &Version,
    event: Event,
) -> Result<Listing> {
    if version.state != VersionState::Passed || version.listing_id != listing.id {
        return Err(Problem::internal(format!(
            "version {} has not passed and was about to be put on sale",
            version.id
        )));
    }
    if !store::listings::holds_of(write.tx(), &listing.id).await?.is_empty() {
        return Err(Problem::internal(format!("listing {} is held and was about to be put on sale", listing.id)));
    }
    let state = next_state(listing, event, "list")?;
    let kind = if event == Event::Restore { "listing.restored" } else { "listing.listed" };
    let mut act = Act::new(kind, "listing", &listing.id)
        .about("listing_version", &version.id)
        .about("merchant", &listing.merchant_id)
        .public("version", version.id.as_str())
        .public("content_sha256", version.content_hash.as_str())
        .outcome("on_sale");
    if let Some(passed) = &version.decided_act_id {
        act = act.public("passed_by", passed.as_str());
    }
    if let Some(older) = listing.on_sale_version_id.as_ref().filter(|older| **older != version.id) {
        act = act.public("replaces", older.as_str());
    }
    let act_id = write.act(act).await?;
    let next = Listing {
        state,
        on_sale_version_id: Some(version.id.clone()),
        on_sale_act_id: Some(act_id),
        passed_version_id: Some(version.id.clone()),
        updated_at: write.now(),
        ..listing.clone()
    };
    keep(write, listing, &next).await?;
    if let Some(price) = version.content.price_minor {
        let day = write.now().date_in(&jiff::tz::TimeZone::UTC).to_string();
        store::listings::set_prices(write.tx(), &listing.id, &[(day, price)]).await?;
    }
    Ok(next)
}

/// Puts a hold on a listing and, if it was on sale, takes it off: act `listing.suspended`. A hold that is there already
/// changes nothing and writes nothing.
pub(crate) async fn hold(
    write: &mut Write,
    listing: &Listing,
    cause: Cause,
    reference: &str,
    reasons: &[String],
    note: &str,
) -> Result<Listing> {
    let there = store::listings::holds_of(write.tx(), &listing.id).await?;
    if there.iter().any(|hold| hold.cause == cause && hold.reference == reference) {
        return Ok(listing.clone());
    }
    let state = next_state(listing, Event::Suspend, "suspend")?;
    let mut act = Act::new("listing.suspended", "listing", &listing.id)
        .about("merchant", &listing.merchant_id)
        .public("cause", cause.name())
        .public("reference", reference)
        .outcome("off_sale");
    if let Some(version) = &listing.on_sale_version_id {
        act = act.about("listing_version", version).public("version", version.as_str());
    }
    for reason in reasons.iter().take(50) {
        act = act.reason(reason);
    }
    if !note.is_empty() {
        act = act.private("note", note);
    }
    let act_id = write.act(act).await?;
    let hold = Hold {
        listing_id: listing.id.clone(),
        cause,
        reference: reference.to_owned(),
        reason: reasons.join(", "),
        since: write.now(),
        act_id,
    };
    store::listings::add_hold(write.tx(), &hold).await?;
    let next =
        Listing { state, on_sale_version_id: None, on_sale_act_id: None, updated_at: write.now(), ..listing.clone() };
    keep(write, listing, &next).await?;
    Ok(next)
}

/// Lifts holds of a cause; when none is left, the version that last passed comes back on sale, provided the merchant
/// may sell it. Returns `None` where there was no such hold.
pub(crate) async fn lift(
    write: &mut Write,
    listing: &Listing,
    cause: Cause,
    reference: Option<&str>,
    standing: &Standing,
) -> Result<Option<Listing>> {
    if store::listings::lift_holds(write.tx(), &listing.id, cause, reference).await? == 0 {
        return Ok(None);
    }
    let left = store::listings::holds_of(write.tx(), &listing.id).await?;
    let mut act = Act::new("listing.hold_lifted", "listing", &listing.id)
        .about("merchant", &listing.merchant_id)
        .public("cause", cause.name())
        .public("holds_left", left.len() as u64);
    if let Some(reference) = reference {
        act = act.public("reference", reference);
    }
    write.act(act).await?;
    if !left.is_empty() || listing.state != State::Suspended || !standing.may_sell {
        return Ok(Some(listing.clone()));
    }
    let Some(version) = passed_version(write, listing).await? else { return Ok(Some(listing.clone())) };
    Ok(Some(put_on_sale(write, listing, &version, Event::Restore).await?))
}

/// The version that would come back, if it is still a passed one.
pub(crate) async fn passed_version(write: &Write, listing: &Listing) -> Result<Option<Version>> {
    let Some(id) = &listing.passed_version_id else { return Ok(None) };
    Ok(store::versions::get(write.tx(), id).await?.filter(|version| version.state == VersionState::Passed))
}

fn may_hold(actor: &Actor) -> Result<()> {
    actor.require(Permission::ListingsDecide)
}

/// Takes a listing off the shelf for a cause until that cause is lifted. For other duties (inspection, enforcement) and
/// people who may decide.
///
/// # Errors
/// `forbidden`, `not_found`, `listing_state`.
pub async fn take_off(
    kernel: &Kernel,
    actor: &Actor,
    listing_id: &str,
    cause: Cause,
    reference: &str,
    reasons: &[String],
) -> Result<Listing> {
    may_hold(actor)?;
    let mut write = kernel.begin(actor).await?;
    let listing = store::listings::get(write.tx(), listing_id).await?.ok_or_else(Problem::not_found)?;
    let next = hold(&mut write, &listing, cause, reference, reasons, "").await?;
    if next != listing {
        write.commit().await?;
    }
    Ok(next)
}

/// Lifts what [`take_off`] did. The listing returns when no other hold is left and the merchant may sell it.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn restore(
    kernel: &Kernel,
    actor: &Actor,
    listing_id: &str,
    cause: Cause,
    reference: Option<&str>,
) -> Result<Listing> {
    may_hold(actor)?;
    let listing = store::listings::get(kernel.db().read(), listing_id).await?.ok_or_else(Problem::not_found)?;
    let standing = standing::of(kernel, &listing.merchant_id, &listing.market, &listing.category).await?;
    let mut write = kernel.begin(actor).await?;
    let listing = store::listings::get(write.tx(), listing_id).await?.ok_or_else(Problem::not_found)?;
    match lift(&mut write, &listing, cause, reference, &standing).await? {
        Some(next) => {
            write.commit().await?;
            Ok(next)
        }
        None => Ok(listing),
    }
}
