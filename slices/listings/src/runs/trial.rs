//! Listings on sale judged by a pack that is not in force, page by page, nothing written: what `policies` walks through
//! before a rule is switched on.

use super::engine;
use super::rescreen::judge_again;
use crate::model::Filter;
use crate::store;
use kernel::{Kernel, Result};
use policy::Pack;
use screening::{Decision, Finding};
use std::sync::Arc;

/// One listing on sale under the pack in force and under another.
#[derive(Debug, Clone, PartialEq)]
pub struct Tried {
    /// Listing.
    pub listing_id: String,
    /// Merchant.
    pub merchant_id: String,
    /// Title.
    pub title: String,
    /// Price, minor units.
    pub price_minor: Option<i64>,
    /// Its currency.
    pub currency: String,
    /// Decision of its newest screening.
    pub before: Decision,
    /// Decision of the other pack.
    pub after: Decision,
    /// Rules that spoke before.
    pub rules_before: Vec<String>,
    /// What the other pack finds.
    pub findings: Vec<Finding>,
}

/// One page of a walk.
#[derive(Debug, Clone, PartialEq)]
pub struct TriedPage {
    /// The listings on sale among those looked at.
    pub tried: Vec<Tried>,
    /// Listings looked at.
    pub seen: u64,
    /// Id to go on after; `None` at the end.
    pub last: Option<String>,
}

/// Listings of a market, for the progress of a walk.
///
/// # Errors
/// What the store says.
pub async fn count_in_market(kernel: &Kernel, market: &str) -> Result<u64> {
    store::listings::count_in_market(kernel.db().read(), market).await
}

/// Judges the next listings of the pack's market, in the order of their ids, by the pack. Nobody's permission is checked:
/// `policies` does.
///
/// # Errors
/// `screening_rules` when the pack cannot be compiled; what the store says.
pub async fn try_on_sale(kernel: &Kernel, pack: &Arc<Pack>, after: &str, most: u64) -> Result<TriedPage> {
    // The pack in force is compiled too, so that facts read by it need not be read again.
    let _ = engine::in_force(kernel, pack.market()).await;
    let compiled = engine::compiled(kernel, pack, kernel.today()).await?;
    let filter = Filter { market: Some(pack.market().to_owned()), ..Filter::default() };
    let listings = store::listings::after(kernel.db().read(), &filter, after, most).await?;
    let last = listings.last().map(|listing| listing.id.clone());
    let seen = listings.len() as u64;
    let on_sale: Vec<_> = listings.into_iter().filter(|listing| listing.state.is_on_sale()).collect();
    let again = judge_again(kernel, &on_sale, &compiled).await?;
    let tried = again
        .judged
        .into_iter()
        .map(|(listing, run, judged)| Tried {
            listing_id: listing.id,
            merchant_id: listing.merchant_id,
            title: judged.version.content.title.clone(),
            price_minor: judged.version.content.price_minor,
            currency: judged.version.content.currency.clone(),
            before: run.decision,
            after: judged.report.decision,
            rules_before: run.findings.into_iter().map(|finding| finding.rule).collect(),
            findings: judged.report.findings,
        })
        .collect();
    Ok(TriedPage { tried, seen, last })
}
