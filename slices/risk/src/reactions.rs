//! What other duties' acts mean here.

use crate::behaviour::Behaviour;
use crate::examples::{self, day_of, drawn, example, mark};
use crate::gather::{AT_ONCE, Asked, Gathered, as_of, asked, gather};
use crate::model::Source;
use crate::parameters::{Parameters, parameters};
use crate::score::{self, Scorer};
use crate::{baseline, drift, store};
use ground::Timestamp;
use ground::problem::NOT_FOUND;
use kernel::{ActRecord, Actor, Kernel, Result};
use serde_json::Value;
use stream::KeyKind;

/// Up to which position of the log products were scored.
const SCORED_POSITION: &str = "scored_position";

/// An alert was raised: what its product looks like now is taken down, before anybody knows how it ends.
///
/// # Errors
/// What signals and the store say; then it is tried again.
pub async fn on_alert_raised(kernel: Kernel, act: ActRecord) -> Result<()> {
    let Some((merchant, product)) = product_of(&act) else { return Ok(()) };
    let reference = &act.subject.id;
    if store::examples::find(kernel.db().read(), Source::Alert, reference, &product).await?.is_some() {
        return Ok(());
    }
    let gathered = now(&kernel, &merchant, &product, act.at).await?;
    let day = gathered.day.unwrap_or_else(|| day_of(&kernel, act.at));
    let tx = kernel.db().write_tx().await?;
    store::examples::insert(&tx, &example(&kernel, Source::Alert, reference, day, &gathered)).await?;
    tx.commit().await.map_err(store::fail)
}

/// An alert was closed: its example ends. Unclear endings teach nothing.
///
/// # Errors
/// What signals and the store say; then it is tried again.
pub async fn on_alert_closed(kernel: Kernel, act: ActRecord) -> Result<()> {
    let Some((merchant, product)) = product_of(&act) else { return Ok(()) };
    let ending = act.public_text("closed_as").or_else(|| act.public_text("outcome"));
    let adverse = match ending {
        Some("true") => Some(true),
        Some("false") => Some(false),
        _ => None,
    };
    let reference = &act.subject.id;
    let known = store::examples::find(kernel.db().read(), Source::Alert, reference, &product).await?;
    let Some(adverse) = adverse else {
        if let Some(known) = known.filter(|known| known.label.is_none()) {
            let tx = kernel.db().write_tx().await?;
            store::examples::remove(&tx, &known.id).await?;
            tx.commit().await.map_err(store::fail)?;
        }
        return Ok(());
    };
    let on_day = day_of(&kernel, act.at);
    let (mut taken, gathered) = match known {
        Some(known) => {
            let link = signals::links::product(&kernel, &merchant, &product).await?;
            let (day, vector) = (Some(known.day), known.vector.clone());
            (known, Gathered { merchant, product, day, link, vector })
        }
        // Nobody took it down when it was raised: it is made again as of that day.
        None => {
            let day = raised_day(&kernel, &act).await?;
            let gathered = as_of(&kernel, &parameters(&kernel)?, &merchant, &product, day).await?;
            (example(&kernel, Source::Alert, reference, day, &gathered), gathered)
        }
    };
    let tx = kernel.db().write_tx().await?;
    if !store::examples::label(&tx, &taken.id, adverse, on_day).await? {
        (taken.label, taken.labelled_day) = (Some(adverse), Some(on_day));
        store::examples::insert(&tx, &taken).await?;
    }
    store::marks::insert(&tx, &mark(&kernel, Source::Alert, reference, act.at, &gathered, adverse)).await?;
    tx.commit().await.map_err(store::fail)
}

/// The last whole day before an alert was raised.
async fn raised_day(kernel: &Kernel, act: &ActRecord) -> Result<i32> {
    let history = kernel::store::history(kernel, &act.subject.kind, &act.subject.id, 200).await?;
    let raised = history.iter().find(|one| one.kind == "alert.raised").map_or(act.at, |one| one.at);
    Ok(day_of(kernel, raised).saturating_sub(1))
}

/// A person decided about a listing: approved is in order, rejected or removed is not. What the machine decides by rules is
/// not learned from: the rules know it already.
///
/// # Errors
/// What signals, listings and the store say; then it is tried again.
pub async fn on_listing_decided(kernel: Kernel, act: ActRecord) -> Result<()> {
    let adverse = match act.kind.as_str() {
        "listing.approved" => false,
        "listing.rejected" | "listing.removed" => true,
        _ => return Ok(()),
    };
    if act.actor.starts_with("system:") {
        return Ok(());
    }
    match listings::get(&kernel, &Actor::system("risk"), &act.subject.id).await {
        Ok(listing) => {
            keep(&kernel, Source::Listing, &act.id, &listing.merchant_id, &listing.external_id, act.at, adverse).await
        }
        Err(problem) if problem.code == &NOT_FOUND => Ok(()),
        Err(problem) => Err(problem),
    }
}

/// A laboratory's report came: failed is not in order, passed is. Its lot's trade item leads to the goods of the merchant.
///
/// # Errors
/// What signals, listings and the store say; then it is tried again.
pub async fn on_report(kernel: Kernel, act: ActRecord) -> Result<()> {
    let adverse = match act.public_text("result") {
        Some("fail") => true,
        Some("pass") => false,
        _ => return Ok(()),
    };
    // A report that was refused or taken back says nothing.
    if act.kind == "report.received" && act.public_text("outcome") != Some("valid") {
        return Ok(());
    }
    let (Some(merchant), Some(gtin)) = (related(&act, "merchant"), act.public_text("gtin")) else { return Ok(()) };
    for listing in listings::of_gtin(&kernel, gtin, Some(&merchant)).await? {
        keep(&kernel, Source::Report, &act.subject.id, &merchant, &listing.external_id, act.at, adverse).await?;
    }
    Ok(())
}

/// Takes down what a product looks like before a finding, with the finding.
async fn keep(
    kernel: &Kernel,
    source: Source,
    reference: &str,
    merchant: &str,
    product: &str,
    at: Timestamp,
    adverse: bool,
) -> Result<()> {
    if store::examples::find(kernel.db().read(), source, reference, product).await?.is_some() {
        return Ok(());
    }
    let gathered = now(kernel, merchant, product, at).await?;
    let day = day_of(kernel, at);
    let mut taken = example(kernel, source, reference, day, &gathered);
    (taken.label, taken.labelled_day) = (Some(adverse), Some(day));
    let tx = kernel.db().write_tx().await?;
    store::examples::insert(&tx, &taken).await?;
    store::marks::insert(&tx, &mark(kernel, source, reference, at, &gathered, adverse)).await?;
    tx.commit().await.map_err(store::fail)
}

async fn now(kernel: &Kernel, merchant: &str, product: &str, until: Timestamp) -> Result<Gathered> {
    let parameters = parameters(kernel)?;
    let baseline = baseline::latest(kernel, &parameters).await?;
    let asked = asked(kernel, merchant, product)?;
    let mut gathered = gather(kernel, &parameters, &baseline, vec![asked], until).await?;
    gathered.pop().ok_or_else(|| ground::Problem::internal("nothing was gathered"))
}

/// The merchant and the shop's number an alert is about; `None` for alerts about whole merchants or categories.
fn product_of(act: &ActRecord) -> Option<(String, String)> {
    let text = |key: &str| act.public_text(key).filter(|text| !text.is_empty()).map(str::to_owned);
    let (merchant, product) = (text("merchant")?, text("product")?);
    // Some name the product with its merchant before it.
    let local = product.strip_prefix(&format!("{merchant}/")).map(str::to_owned);
    Some((merchant, local.unwrap_or(product)))
}

fn related(act: &ActRecord, kind: &str) -> Option<String> {
    let related = act.public.get("related").and_then(Value::as_array)?;
    let found = related.iter().find(|one| one.get("kind").and_then(Value::as_str) == Some(kind))?;
    found.get("id").and_then(Value::as_str).map(str::to_owned)
}

/// A day was closed: goods with signals since the last closing are scored, some are drawn to compare with, draws whose horizon
/// is over end, and drift is looked at.
///
/// # Errors
/// What signals and the store say; then it is tried again, with the same result.
pub async fn on_day_closed(kernel: Kernel, act: ActRecord) -> Result<()> {
    let parameters = parameters(&kernel)?;
    let position = act.public.get("position").and_then(Value::as_u64).unwrap_or(signals::position(&kernel)?);
    let closed = act.public.get("day_number").and_then(Value::as_i64).and_then(|day| i32::try_from(day).ok());
    let closed = closed.unwrap_or_else(|| day_of(&kernel, act.at));
    let baseline = baseline::at(&kernel, &parameters, position).await?;
    let since = store::fact(kernel.db().read(), SCORED_POSITION).await?.unwrap_or(0);
    let touched = touched(&kernel, u64::try_from(since).unwrap_or(0), parameters.rescore_products_max)?;
    let until = Timestamp::start_of(signals::day_date(closed.saturating_add(1)), kernel.zone());
    let scorer = Scorer::in_force(&kernel).await?;
    let mut candidates: Vec<Gathered> = Vec::new();
    for chunk in touched.chunks(AT_ONCE) {
        let gathered = gather(&kernel, &parameters, &baseline, chunk.to_vec(), until).await?;
        let now = kernel.now();
        let rows: Vec<_> = gathered.iter().map(|one| score::row(&scorer, &parameters, one.clone(), now)).collect();
        let tx = kernel.db().write_tx().await?;
        store::scores::replace(&tx, &rows).await?;
        tx.commit().await.map_err(store::fail)?;
        candidates.extend(gathered);
        candidates = drawn(closed, candidates.iter(), parameters.sample_products_day).into_iter().cloned().collect();
    }
    keep_draw(&kernel, &parameters, closed, &candidates).await?;
    examples::end_due(&kernel, closed).await?;
    drift::propose(&kernel).await?;
    let tx = kernel.db().write_tx().await?;
    store::set_fact(&tx, SCORED_POSITION, i64::try_from(position).unwrap_or(i64::MAX)).await?;
    tx.commit().await.map_err(store::fail)
}

/// Goods with signals after a position; where there are too many, those with most trouble in the last week.
fn touched(kernel: &Kernel, since: u64, most: usize) -> Result<Vec<Asked>> {
    let mut found: Vec<Asked> = Vec::new();
    let mut cut = 0u64;
    let order = |found: &mut Vec<Asked>| {
        found.sort_by(|a, b| {
            let trouble = |one: &Asked| one.behaviour.as_ref().map_or(0.0, |b| b.recent.complaints + b.recent.returns);
            trouble(b).total_cmp(&trouble(a)).then_with(|| (&a.merchant, &a.product).cmp(&(&b.merchant, &b.product)))
        });
    };
    signals::windows::touched(kernel, since, |window| {
        if window.key.kind != KeyKind::Product {
            return;
        }
        let Some((merchant, product)) = window.key.id.split_once('/') else { return };
        let behaviour = Some(Behaviour::of(window));
        found.push(Asked { merchant: merchant.to_owned(), product: product.to_owned(), behaviour });
        if found.len() >= most.saturating_mul(2) {
            order(&mut found);
            cut += (found.len() - most) as u64;
            found.truncate(most);
        }
    })?;
    order(&mut found);
    cut += found.len().saturating_sub(most) as u64;
    found.truncate(most);
    if cut > 0 {
        tracing::warn!(
            cut,
            most,
            "more goods had signals than are scored at one closing; those with least trouble wait"
        );
    }
    Ok(found)
}

async fn keep_draw(kernel: &Kernel, parameters: &Parameters, day: i32, drawn: &[Gathered]) -> Result<()> {
    if drawn.is_empty() {
        return Ok(());
    }
    let tx = kernel.db().write_tx().await?;
    for one in drawn {
        // The day up to which its features reach: in a replay that runs ahead of its closings it may be a later one.
        let day = one.day.unwrap_or(day).max(day);
        let reference = format!("{day}/{}", one.merchant);
        let mut taken = example(kernel, Source::Sample, &reference, day, one);
        taken.due_day = Some(day.saturating_add(parameters.horizon_days));
        store::examples::insert(&tx, &taken).await?;
    }
    tx.commit().await.map_err(store::fail)
}
