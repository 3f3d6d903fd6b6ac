//! What acts of other duties mean here. Each is idempotent.

use crate::model::{Day, Effect, day_of};
use crate::publish::{JOB, about, limits};
use crate::store;
use crate::store::evidence::Kind;
use crate::tables::policy_at;
use ground::time::HOUR_MICROS;
use kernel::{ActRecord, Actor, Kernel, Result};
use serde_json::Value;

/// `signals.day_closed`: the day is to be computed.
///
/// # Errors
/// What the store says.
pub async fn on_day_closed(kernel: Kernel, act: ActRecord) -> Result<()> {
    let Some(day) = closed_day(&act) else {
        tracing::warn!(act = act.id, "a closed day without a day");
        return Ok(());
    };
    due(&kernel, day).await
}

fn closed_day(act: &ActRecord) -> Option<Day> {
    match act.public.get("day")? {
        Value::Number(number) => number.as_i64().and_then(|day| Day::try_from(day).ok()),
        Value::String(text) => text.parse::<jiff::civil::Date>().ok().map(day_of),
        _ => None,
    }
}

/// Notes that a day is to be computed by the job.
///
/// # Errors
/// What the store says.
pub async fn due(kernel: &Kernel, day: Day) -> Result<()> {
    let newest = store::days::newest(kernel.db().read()).await?;
    if newest.is_some_and(|newest| newest.day >= day) {
        return Ok(());
    }
    let tx = kernel.db().write_tx().await?;
    store::days::note_due(&tx, day, kernel.now()).await?;
    tx.commit().await.map_err(store::fail)?;
    kernel.wake(JOB);
    Ok(())
}

/// `report.issued`, `report.received`, `report.reinstated`: a test of the goods under that trade item number was passed or failed.
/// A report that is not valid (forged, refused, waiting) says nothing.
///
/// # Errors
/// What the store says.
pub async fn on_report(kernel: Kernel, act: ActRecord) -> Result<()> {
    if act.public_text("outcome") != Some("valid") {
        return Ok(());
    }
    let kind = match act.public_text("result") {
        Some("pass") => Kind::TestPassed,
        Some("fail") => Kind::TestFailed,
        _ => return Ok(()),
    };
    let (Some(gtin), Some(merchant)) = (act.public_text("gtin"), related(&act, "merchant")) else { return Ok(()) };
    let found = listings::of_gtin(&kernel, gtin, Some(merchant)).await?;
    if found.is_empty() {
        return Ok(());
    }
    let tx = kernel.db().write_tx().await?;
    for listing in found {
        // The report, not the act: one that is reinstated is no second test.
        let id = format!("{}:{}", act.subject.id, listing.id);
        store::evidence::note(&tx, &id, &listing.merchant_id, &listing.external_id, kind, act.at).await?;
    }
    tx.commit().await.map_err(store::fail)
}

/// A remedy was given (`remedy.completed`): public facts `merchant`, `product`, `hours`.
///
/// # Errors
/// What the store and the policy say.
pub async fn on_remedy(kernel: Kernel, act: ActRecord) -> Result<()> {
    let (Some(merchant), Some(product)) = (act.public_text("merchant"), act.public_text("product")) else {
        return Ok(());
    };
    let Some(hours) = act.public.get("hours").and_then(Value::as_f64) else { return Ok(()) };
    let rules = policy_at(kernel.packs().home(), kernel.today())?.rules;
    let late = hours * HOUR_MICROS as f64 > (rules.remedy_hours_max * HOUR_MICROS) as f64;
    let kind = if late { Kind::RemedyLate } else { Kind::Remedy };
    let tx = kernel.db().write_tx().await?;
    store::evidence::note(&tx, &act.id, merchant, product, kind, act.at).await?;
    tx.commit().await.map_err(store::fail)
}

/// `listing.listed`, `listing.restored`: goods whose rating limits or removes them are told of again, because they were off the
/// shelf, or not there, when it did.
///
/// # Errors
/// What the store says.
pub async fn on_listed(kernel: Kernel, act: ActRecord) -> Result<()> {
    let system = Actor::system("ratings");
    let listing = listings::get(&kernel, &system, &act.subject.id).await?;
    let Some(rating) = store::ratings::get(kernel.db().read(), &listing.merchant_id, &listing.external_id).await?
    else {
        return Ok(());
    };
    if !matches!(rating.applied, Effect::Limited | Effect::RemovedPendingTest)
        || listing.state != listings::State::OnSale
    {
        return Ok(());
    }
    let policy = policy_of(&kernel, &rating.market)?;
    let kind = if rating.applied == Effect::Limited { "rating.limited" } else { "rating.removed_pending_test" };
    let mut told = about(kind, &policy, &rating)
        .public("from", Effect::None.name())
        .public("effect", rating.applied.name())
        .outcome(rating.applied.name())
        .reason("listed_again");
    if rating.listing_id.is_none() {
        told = told.about("listing", &listing.id).public("listing", listing.id.as_str());
    }
    if rating.applied == Effect::Limited {
        told = told.public("limits", limits(&policy));
    }
    let mut write = kernel.begin(&system).await?;
    write.act(told).await?;
    write.commit().await?;
    Ok(())
}

/// The policy of a market today; of the home market where there is none of it.
pub(crate) fn policy_of(kernel: &Kernel, market: &str) -> Result<crate::tables::RatingPolicy> {
    let packs = kernel.packs();
    let pack = packs.market(market).unwrap_or_else(|_| packs.home());
    policy_at(pack, kernel.today())
}

fn related<'a>(act: &'a ActRecord, kind: &str) -> Option<&'a str> {
    let all = act.public.get("related").and_then(Value::as_array)?;
    all.iter().find(|one| one["kind"] == kind).and_then(|one| one["id"].as_str())
}
