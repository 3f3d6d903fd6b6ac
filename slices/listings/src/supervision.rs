//! How ratings and alerts move the shelf. Each reaction is idempotent, and one that comes late does not undo a newer one.

use crate::model::{Cause, Listing};
use crate::shelf::{self, keep, next_state};
use crate::standing;
use crate::state::{Event, State};
use crate::store;
use kernel::{Act, ActRecord, Actor, Kernel, Result, Write};
use serde_json::Value;

/// Acts by which a rating says what it does to the sale.
const EFFECTS: &[&str] = &[
    "rating.recommended",
    "rating.recommendation_ended",
    "rating.limited",
    "rating.removed_pending_test",
    "rating.restored",
];
/// Newest acts looked at for a newer word, and for who restricted a listing.
const ACTS_LOOKED_AT: u64 = 60;
/// Name of the actor, and the public fact `cause` of the acts.
const RATING: &str = "rating";

/// `rating.limited`: on sale under the limits the act names. `rating.removed_pending_test`: off the shelf.
/// `rating.restored`, `rating.recommended`: neither any more. The subject is the rated product; the public facts `merchant`
/// and `product` name the listing.
///
/// # Errors
/// What the store says; the loop tries again.
pub async fn on_rating_changed(kernel: Kernel, act: ActRecord) -> Result<()> {
    let Some(listing) = listing_of(&kernel, &act).await? else { return Ok(()) };
    let acts = kernel::store::history(&kernel, &act.subject.kind, &act.subject.id, ACTS_LOOKED_AT).await?;
    let newest =
        acts.iter().filter(|one| EFFECTS.contains(&one.kind.as_str())).max_by_key(|one| (one.at, one.id.clone()));
    if newest.is_some_and(|newest| newest.id != act.id) {
        return Ok(());
    }
    let actor = Actor::system(RATING);
    let reasons: Vec<String> = texts(&act, "reasons").map(str::to_owned).collect();
    let standing = standing::of(&kernel, &listing.merchant_id, &listing.market, &listing.category).await?;
    let restricted_here = restricted_by_rating(&kernel, &listing).await?;
    let mut write = kernel.begin(&actor).await?;
    let Some(before) = store::listings::get(write.tx(), &listing.id).await? else { return Ok(()) };
    let mut now = before.clone();
    let mut changed = false;
    if act.kind == "rating.removed_pending_test" {
        if now.state.is_on_sale() || now.state == State::Suspended {
            let held = shelf::hold(&mut write, &now, Cause::Rating, &act.subject.id, &reasons, "").await?;
            changed = held != now;
        }
    } else {
        if let Some(lifted) = shelf::lift(&mut write, &now, Cause::Rating, Some(&act.subject.id), &standing).await? {
            now = lifted;
            changed = true;
        }
        if act.kind == "rating.limited" && now.state == State::OnSale {
            let limits: Vec<&str> = texts(&act, "limits").collect();
            restrict(&mut write, &now, &limits, &reasons).await?;
            changed = true;
        }
        if act.kind != "rating.limited" && now.state == State::Restricted && restricted_here {
            unrestrict(&mut write, &now, &reasons).await?;
            changed = true;
        }
    }
    if changed {
        write.commit().await?;
    }
    Ok(())
}

/// `alert.sale_stopped`: what the alert is about leaves the shelf. Public facts: `merchant`, and `product` (the shop's number) or
/// the related listing; the subject is the alert.
///
/// # Errors
/// What the store says.
pub async fn on_alert_stopped(kernel: Kernel, act: ActRecord) -> Result<()> {
    let Some(listing) = listing_of(&kernel, &act).await? else { return Ok(()) };
    let reasons: Vec<String> = texts(&act, "reasons").map(str::to_owned).collect();
    let mut write = kernel.begin(&Actor::system("alert")).await?;
    let Some(listing) = store::listings::get(write.tx(), &listing.id).await? else { return Ok(()) };
    if !(listing.state.is_on_sale() || listing.state == State::Suspended) {
        return Ok(());
    }
    let held = shelf::hold(&mut write, &listing, Cause::Alert, &act.subject.id, &reasons, "").await?;
    if held != listing {
        write.commit().await?;
    }
    Ok(())
}

/// `alert.closed` with the outcome `false` or `unclear`: the hold of that alert is lifted. One that was true stays until a person
/// restores the listing.
///
/// # Errors
/// What the store says.
pub async fn on_alert_closed(kernel: Kernel, act: ActRecord) -> Result<()> {
    if act.public_text("outcome") == Some("true") {
        return Ok(());
    }
    let Some(listing) = listing_of(&kernel, &act).await? else { return Ok(()) };
    let standing = standing::of(&kernel, &listing.merchant_id, &listing.market, &listing.category).await?;
    let mut write = kernel.begin(&Actor::system("alert")).await?;
    let Some(listing) = store::listings::get(write.tx(), &listing.id).await? else { return Ok(()) };
    if shelf::lift(&mut write, &listing, Cause::Alert, Some(&act.subject.id), &standing).await?.is_some() {
        write.commit().await?;
    }
    Ok(())
}

/// The listing an act is about: the related one, else that of the merchant with the shop's number.
async fn listing_of(kernel: &Kernel, act: &ActRecord) -> Result<Option<Listing>> {
    let related = act.public.get("related").and_then(Value::as_array).into_iter().flatten();
    let named = related.filter(|one| one["kind"] == "listing").find_map(|one| one["id"].as_str());
    if let Some(id) = named {
        return store::listings::get(kernel.db().read(), id).await;
    }
    let (Some(merchant), Some(product)) = (act.public_text("merchant"), act.public_text("product")) else {
        return Ok(None);
    };
    let found = store::listings::by_external_ids(kernel.db().read(), merchant, &[product.to_owned()]).await?;
    Ok(found.into_iter().next())
}

fn texts<'a>(act: &'a ActRecord, key: &str) -> impl Iterator<Item = &'a str> {
    act.public.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// Whether the limits a listing is under are those of its rating, and not a person's.
async fn restricted_by_rating(kernel: &Kernel, listing: &Listing) -> Result<bool> {
    if listing.state != State::Restricted {
        return Ok(false);
    }
    let acts = kernel::store::history(kernel, "listing", &listing.id, ACTS_LOOKED_AT).await?;
    let newest = acts
        .iter()
        .filter(|act| matches!(act.kind.as_str(), "listing.restricted" | "listing.unrestricted"))
        .max_by_key(|act| (act.at, act.id.clone()));
    Ok(newest.is_some_and(|act| act.kind == "listing.restricted" && act.public_text("cause") == Some(RATING)))
}

async fn restrict(write: &mut Write, listing: &Listing, limits: &[&str], reasons: &[String]) -> Result<()> {
    let state = next_state(listing, Event::Restrict, "restrict")?;
    let act = Act::new("listing.restricted", "listing", &listing.id)
        .about("merchant", &listing.merchant_id)
        .public("cause", RATING)
        .public("limits", limits.iter().take(50).map(|limit| (*limit).to_owned()).collect::<Vec<_>>())
        .outcome(state.name());
    write.act(reasons.iter().take(50).fold(act, |act, reason| act.reason(reason))).await?;
    let next = Listing { state, updated_at: write.now(), ..listing.clone() };
    keep(write, listing, &next).await
}

async fn unrestrict(write: &mut Write, listing: &Listing, reasons: &[String]) -> Result<()> {
    let state = next_state(listing, Event::Restore, "restore")?;
    let act = Act::new("listing.unrestricted", "listing", &listing.id)
        .about("merchant", &listing.merchant_id)
        .public("cause", RATING)
        .outcome(state.name());
    write.act(reasons.iter().take(50).fold(act, |act, reason| act.reason(reason))).await?;
    let next = Listing { state, updated_at: write.now(), ..listing.clone() };
    keep(write, listing, &next).await
}
