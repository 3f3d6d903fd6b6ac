//! How listings answer acts of other duties. Each is idempotent: a second run finds the hold there, or gone.

use crate::model::{Cause, Filter, Listing};
use crate::shelf::{self, SHELF_ROWS};
use crate::standing::{self, Standing};
use crate::state::{Event, State, VersionState};
use crate::store;
use kernel::{ActRecord, Actor, Kernel, Result};
use std::collections::HashMap;

/// The merchant an act is about: its subject, or the merchant it names.
pub(crate) fn merchant_of(act: &ActRecord) -> Option<String> {
    if act.subject.kind == "merchant" {
        return Some(act.subject.id.clone());
    }
    act.public_text("merchant").map(str::to_owned)
}

/// `qualification.expired`, `.rejected`, `.withdrawn`, `.superseded`: the listings of the merchant whose category is no
/// longer covered leave the shelf, each held by the qualification.
///
/// # Errors
/// What the store says; the loop tries again.
pub async fn on_qualification_expired(kernel: Kernel, act: ActRecord) -> Result<()> {
    let Some(merchant) = merchant_of(&act) else { return Ok(()) };
    let reason = act.public_text("qualification_kind").unwrap_or("qualification").to_owned();
    take_off_all(&kernel, &merchant, Cause::Qualification, &act.subject.id, &reason, false).await
}

/// `merchant.suspended`, `merchant.banned`, `merchant.closed`: everything of the merchant leaves the shelf.
///
/// # Errors
/// What the store says.
pub async fn on_merchant_stopped(kernel: Kernel, act: ActRecord) -> Result<()> {
    let Some(merchant) = merchant_of(&act) else { return Ok(()) };
    take_off_all(&kernel, &merchant, Cause::Merchant, &merchant, &act.kind.replace('.', "-"), true).await
}

/// `qualification.verified`: holds of qualifications are lifted from listings whose category is covered again, and what
/// had passed and only waited for the paper goes on sale.
///
/// # Errors
/// What the store says.
pub async fn on_qualification_verified(kernel: Kernel, act: ActRecord) -> Result<()> {
    let Some(merchant) = merchant_of(&act) else { return Ok(()) };
    give_back_all(&kernel, &merchant, Cause::Qualification).await
}

/// `merchant.enrolled`, `merchant.restored`, `merchant.changed`: what the merchant may sell again comes back.
///
/// # Errors
/// What the store says.
pub async fn on_merchant_returned(kernel: Kernel, act: ActRecord) -> Result<()> {
    let Some(merchant) = merchant_of(&act) else { return Ok(()) };
    give_back_all(&kernel, &merchant, Cause::Merchant).await
}

async fn standing_of(
    kernel: &Kernel,
    known: &mut HashMap<(String, String), Standing>,
    listing: &Listing,
) -> Result<Standing> {
    let key = (listing.market.clone(), listing.category.clone());
    if let Some(there) = known.get(&key) {
        return Ok(there.clone());
    }
    let fresh = standing::of(kernel, &listing.merchant_id, &listing.market, &listing.category).await?;
    known.insert(key, fresh.clone());
    Ok(fresh)
}

async fn take_off_all(
    kernel: &Kernel,
    merchant: &str,
    cause: Cause,
    reference: &str,
    reason: &str,
    everything: bool,
) -> Result<()> {
    let actor = Actor::system(if cause == Cause::Merchant { "merchant-stopped" } else { "qualification-expiry" });
    let filter = Filter { merchant_id: Some(merchant.to_owned()), ..Filter::default() };
    let mut after = String::new();
    let mut known = HashMap::new();
    loop {
        let listings = store::listings::after(kernel.db().read(), &filter, &after, SHELF_ROWS).await?;
        let Some(last) = listings.last() else { return Ok(()) };
        after.clone_from(&last.id);
        let mut held = Vec::new();
        for listing in listings {
            let shelved = listing.state.is_on_sale() || listing.state == State::Suspended;
            if shelved && (everything || !standing_of(kernel, &mut known, &listing).await?.may_sell) {
                held.push(listing.id);
            }
        }
        if held.is_empty() {
            continue;
        }
        let mut write = kernel.begin(&actor).await?;
        let mut changed = false;
        for id in held {
            let Some(listing) = store::listings::get(write.tx(), &id).await? else { continue };
            if listing.state.is_on_sale() || listing.state == State::Suspended {
                let next = shelf::hold(&mut write, &listing, cause, reference, &[reason.to_owned()], "").await?;
                changed |= next != listing;
            }
        }
        if changed {
            write.commit().await?;
        }
    }
}

async fn give_back_all(kernel: &Kernel, merchant: &str, cause: Cause) -> Result<()> {
    let actor = Actor::system(if cause == Cause::Merchant { "merchant-returned" } else { "qualification-renewed" });
    let filter = Filter { merchant_id: Some(merchant.to_owned()), ..Filter::default() };
    let mut after = String::new();
    let mut known = HashMap::new();
    loop {
        let listings = store::listings::after(kernel.db().read(), &filter, &after, SHELF_ROWS).await?;
        let Some(last) = listings.last() else { return Ok(()) };
        after.clone_from(&last.id);
        let mut returning = Vec::new();
        for listing in listings {
            let standing = standing_of(kernel, &mut known, &listing).await?;
            if standing.may_sell && matches!(listing.state, State::Suspended | State::Passed) {
                returning.push((listing.id, standing));
            }
        }
        let mut write = kernel.begin(&actor).await?;
        let mut changed = false;
        for (id, standing) in returning {
            let Some(listing) = store::listings::get(write.tx(), &id).await? else { continue };
            changed |= give_back(&mut write, &listing, &standing).await?;
        }
        if changed {
            write.commit().await?;
        }
    }
}

/// Lifts what hangs on the merchant and its papers, and lists what had passed. `true` when anything changed.
async fn give_back(write: &mut kernel::Write, listing: &Listing, standing: &Standing) -> Result<bool> {
    match listing.state {
        State::Suspended => {
            let mut now = listing.clone();
            let mut changed = false;
            // The standing covers both the merchant and its papers: holds of both kinds have lost their ground.
            for cause in [Cause::Qualification, Cause::Merchant] {
                if let Some(next) = shelf::lift(write, &now, cause, None, standing).await? {
                    now = next;
                    changed = true;
                }
            }
            Ok(changed)
        }
        State::Passed => {
            let Some(version) = shelf::passed_version(write, listing).await? else { return Ok(false) };
            if version.state != VersionState::Passed
                || !store::listings::holds_of(write.tx(), &listing.id).await?.is_empty()
            {
                return Ok(false);
            }
            shelf::put_on_sale(write, listing, &version, Event::List).await?;
            Ok(true)
        }
        _ => Ok(false),
    }
}
