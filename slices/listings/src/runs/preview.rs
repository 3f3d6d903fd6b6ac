//! Findings while typing: a content judged by the policy in force, nothing kept.

use super::engine;
use super::input::{self, Market};
use super::{KeptFacts, turn};
use crate::content::Content;
use crate::standing;
use crate::store;
use crate::versions;
use kernel::{Actor, Kernel, Permission, Result};
use screening::Report;
use screening::claims::Scratch;

/// What screening would say about a content if it were handed in now. `listing_id` names the listing that is edited, so
/// that what it shares with itself is not held against it. A content that could not even be kept is judged as far as it
/// goes; the form says what is wrong with it.
///
/// # Errors
/// `forbidden`, `listing_market`, `too_large` texts as `invalid_input`.
pub async fn preview(
    kernel: &Kernel,
    actor: &Actor,
    merchant_id: &str,
    market: &str,
    listing_id: Option<&str>,
    content: Content,
) -> Result<Report> {
    actor.require_own(Permission::ListingsRead, Permission::OwnListings, merchant_id)?;
    let content = content.tidied();
    let problem = content.check().err();
    if let Some(problem) = problem
        && problem.faults.iter().any(|fault| fault.message == "listings-fault-too-long")
    {
        return Err(problem);
    }
    let compiled = engine::in_force(kernel, market).await?;
    let standing = standing::of(kernel, merchant_id, market, &content.category).await?;
    let id = listing_id.unwrap_or("preview");
    let input = input::of_content(id, market, merchant_id, &content, &standing);
    let mut scratch = Scratch::default();
    let mut facts = screening::read(&input, &compiled.rules, &mut scratch);
    let pictures = input::pictures(kernel, &[&content]).await?;
    input::fill_pictures(&mut facts, &content, &pictures);
    let mut changes = Vec::new();
    if let Some(listing_id) = listing_id
        && let Some(listing) = store::listings::get(kernel.db().read(), listing_id).await?
    {
        versions::may_read(actor, &listing.merchant_id)?;
        if let Some(older) = listing.on_sale_version_id.or(listing.passed_version_id)
            && let Some(older) = store::versions::get(kernel.db().read(), &older).await?
        {
            changes = screening::change::facts(&input::of(&older, &standing), &input, &compiled.rules.claims);
        }
    }
    let statistics = Market::default().statistics(kernel, id, market, &content).await?;
    let held = engine::banks(kernel).await?;
    let mut held = held.lock().await;
    held.banks.prices = statistics;
    Ok(turn::judge_input(&input, &content, &KeptFacts { facts, changes }, &compiled, &held, kernel.today()))
}
