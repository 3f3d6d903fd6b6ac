//! What people see of listings: lists, one listing with its history, and everything a reviewer needs beside a version.

use super::may_read;
use crate::content::Change;
use crate::model::{Filter, Hold, Listing, Run, Version, decision_name};
use crate::runs::KeptFacts;
use crate::standing::{self, Standing};
use crate::state::State;
use crate::store;
use ground::{Problem, Timestamp};
use kernel::{ActRecord, Actor, Kernel, Page, Paging, Permission, Result};
use screening::{Decision, Facts, Mode};

/// Acts shown in a history.
const HISTORY_ACTS: u64 = 100;
/// Versions shown of a listing.
const VERSIONS_MAX: u64 = 50;
/// Comparable listings shown.
const COMPARABLES_MAX: u64 = 60;
/// Similar past decisions shown.
const SIMILAR_MAX: u64 = 6;

/// A listing with its history.
#[derive(Debug, Clone)]
pub struct Detail {
    /// The listing.
    pub listing: Listing,
    /// Its versions, newest first, at most 50.
    pub versions: Vec<Version>,
    /// The newest screening of the latest version.
    pub run: Option<Run>,
    /// What holds it off the shelf.
    pub holds: Vec<Hold>,
    /// Whether its merchant may sell it, and what is missing.
    pub standing: Standing,
    /// Acts about it, newest first.
    pub acts: Vec<ActRecord>,
    /// Prices by day, oldest first.
    pub prices: Vec<(String, i64)>,
}

/// A comparable listing on sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparable {
    /// Listing.
    pub listing_id: String,
    /// Its title.
    pub title: String,
    /// Its price, minor units, in the currency of the version it is compared with.
    pub price_minor: i64,
    /// Whose.
    pub merchant_id: String,
}

/// What a person decided about a version in which the same rule spoke.
#[derive(Debug, Clone, PartialEq)]
pub struct PastDecision {
    /// Version.
    pub version_id: String,
    /// Listing.
    pub listing_id: String,
    /// Its title.
    pub title: String,
    /// `passed` or `rejected`, the state's stable name.
    pub outcome: String,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// The act.
    pub act_id: String,
}

/// A merchant beside its listing.
#[derive(Debug, Clone, Default)]
pub struct MerchantFile {
    /// Id.
    pub id: String,
    /// Name of the shop.
    pub name: String,
    /// Stable name of its state.
    pub state: String,
    /// Its listings by state.
    pub listings: Vec<(State, u64)>,
    /// Acts about it, newest first, at most ten.
    pub acts: Vec<ActRecord>,
}

/// Everything a reviewer needs to decide a version.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// The listing.
    pub listing: Listing,
    /// The version to decide.
    pub version: Version,
    /// Its newest screening: findings, cleared terms, pack, time.
    pub run: Option<Run>,
    /// What was read from it.
    pub facts: Option<Facts>,
    /// The version on sale (or the last that passed), if it is another one.
    pub previous: Option<Version>,
    /// What differs from it.
    pub changes: Vec<Change>,
    /// Comparable listings on sale: the same GTIN, else brand and category, else category.
    pub comparable: Vec<Comparable>,
    /// Whether the merchant may sell the category.
    pub standing: Standing,
    /// The merchant.
    pub merchant: MerchantFile,
    /// What people decided where the same rules spoke, newest first.
    pub similar: Vec<PastDecision>,
    /// What holds the listing off the shelf.
    pub holds: Vec<Hold>,
    /// Acts about the listing, newest first.
    pub acts: Vec<ActRecord>,
}

/// One listing.
///
/// # Errors
/// `not_found` also for another merchant's, `forbidden`.
pub async fn get(kernel: &Kernel, actor: &Actor, id: &str) -> Result<Listing> {
    let listing = store::listings::get(kernel.db().read(), id).await?.ok_or_else(Problem::not_found)?;
    may_read(actor, &listing.merchant_id)?;
    Ok(listing)
}

/// The listing of a merchant with this number, if there is one.
///
/// # Errors
/// `not_found`, `forbidden`.
pub async fn find_by_external_id(
    kernel: &Kernel,
    actor: &Actor,
    merchant_id: &str,
    external_id: &str,
) -> Result<Option<Listing>> {
    may_read(actor, merchant_id)?;
    let found = store::listings::by_external_ids(kernel.db().read(), merchant_id, &[external_id.to_owned()]).await?;
    Ok(found.into_iter().next())
}

/// The listings behind these (merchant, shop's own number): for duties that meet goods under the shop's names. Pairs without
/// a listing are left out. Only for the product itself: no permission is asked.
///
/// # Errors
/// What the store says.
pub async fn named(kernel: &Kernel, pairs: &[(String, String)]) -> Result<Vec<Listing>> {
    let mut by_merchant: std::collections::BTreeMap<&str, Vec<String>> = std::collections::BTreeMap::new();
    for (merchant, external_id) in pairs {
        by_merchant.entry(merchant).or_default().push(external_id.clone());
    }
    let mut found = Vec::new();
    for (merchant, numbers) in by_merchant {
        found.extend(store::listings::by_external_ids(kernel.db().read(), merchant, &numbers).await?);
    }
    Ok(found)
}

/// One page of listings; a merchant's own people see theirs alone, whatever the filter says. `total` is counted up to
/// 10,001: more are "10,000+".
///
/// # Errors
/// `forbidden`.
pub async fn list(kernel: &Kernel, actor: &Actor, filter: &Filter, paging: &Paging) -> Result<Page<Listing>> {
    let mut filter = filter.clone();
    if !actor.may(Permission::ListingsRead) {
        actor.require(Permission::OwnListings)?;
        filter.merchant_id = Some(actor.own_organisation()?.to_owned());
    }
    store::listings::page(kernel.db().read(), &filter, paging).await
}

/// How many listings stand in each state: of one's own merchant, or of all for staff.
///
/// # Errors
/// `forbidden`.
pub async fn counts(kernel: &Kernel, actor: &Actor, merchant_id: Option<&str>) -> Result<Vec<(State, u64)>> {
    let own;
    let merchant = if actor.may(Permission::ListingsRead) {
        merchant_id
    } else {
        actor.require(Permission::OwnListings)?;
        own = actor.own_organisation()?.to_owned();
        Some(own.as_str())
    };
    store::listings::counts(kernel.db().read(), merchant).await
}

/// Rules that spoke lately, for filters.
///
/// # Errors
/// `forbidden`.
pub async fn rules_in_use(kernel: &Kernel, actor: &Actor) -> Result<Vec<(String, u64)>> {
    actor.require(Permission::ListingsRead)?;
    store::runs::rules_in_use(kernel.db().read()).await
}

/// The picture shown for a listing in lists: the first of its latest version.
///
/// # Errors
/// What the store says.
pub async fn picture_of(kernel: &Kernel, listing: &Listing) -> Result<Option<String>> {
    let version = store::versions::get(kernel.db().read(), &listing.latest_version_id).await?;
    Ok(version.and_then(|version| version.content.images.first().map(|image| image.sha256.clone())))
}

/// One listing with its versions, screening, holds, standing and acts.
///
/// # Errors
/// `not_found` also for another merchant's, `forbidden`.
pub async fn detail(kernel: &Kernel, actor: &Actor, id: &str) -> Result<Detail> {
    let listing = get(kernel, actor, id).await?;
    let db = kernel.db().read();
    let versions = store::versions::of_listing(db, id, VERSIONS_MAX).await?;
    // A draft has no screening yet: what was found in the version before it is what the merchant mends.
    let run_id = versions.iter().find_map(|version| version.run_id.clone());
    let run = match run_id {
        Some(run_id) => store::runs::get(db, &run_id).await?,
        None => None,
    };
    let since = kernel.now().plus_days(-400).date_in(kernel.zone()).to_string();
    Ok(Detail {
        holds: store::listings::holds_of(db, id).await?,
        standing: standing::of(kernel, &listing.merchant_id, &listing.market, &listing.category).await?,
        acts: kernel::store::history(kernel, "listing", id, HISTORY_ACTS).await?,
        prices: store::listings::prices_since(db, id, &since, 500).await?,
        versions,
        run,
        listing,
    })
}

/// A version with everything a reviewer needs beside it.
///
/// # Errors
/// `not_found` also for another merchant's, `forbidden`.
pub async fn version(kernel: &Kernel, actor: &Actor, version_id: &str) -> Result<Evidence> {
    let db = kernel.db().read();
    let version = store::versions::get(db, version_id).await?.ok_or_else(Problem::not_found)?;
    may_read(actor, &version.merchant_id)?;
    let listing = store::listings::get(db, &version.listing_id).await?.ok_or_else(Problem::not_found)?;
    let run = match &version.run_id {
        Some(id) => store::runs::get(db, id).await?,
        None => None,
    };
    let stored = store::runs::facts_of(db, std::slice::from_ref(&version.id)).await?;
    let facts =
        stored.first().and_then(|stored| serde_json::from_str::<KeptFacts>(&stored.facts).ok()).map(|kept| kept.facts);
    let earlier =
        listing.on_sale_version_id.as_ref().or(listing.passed_version_id.as_ref()).filter(|id| **id != version.id);
    let previous = match earlier {
        Some(id) => store::versions::get(db, id).await?,
        None => None,
    };
    let changes = previous.as_ref().map(|older| version.content.changes_since(&older.content)).unwrap_or_default();
    let rules: Vec<String> = run
        .iter()
        .flat_map(|run| &run.findings)
        .filter(|finding| finding.mode == Mode::On)
        .map(|finding| finding.rule.clone())
        .take(20)
        .collect();
    Ok(Evidence {
        comparable: comparable(kernel, &version).await?,
        standing: standing::of(kernel, &version.merchant_id, &version.market, &version.content.category).await?,
        merchant: merchant_file(kernel, &version.merchant_id).await?,
        similar: similar(kernel, &version.id, &rules).await?,
        holds: store::listings::holds_of(db, &listing.id).await?,
        acts: kernel::store::history(kernel, "listing", &listing.id, HISTORY_ACTS).await?,
        previous,
        changes,
        facts,
        run,
        listing,
        version,
    })
}

async fn comparable(kernel: &Kernel, version: &Version) -> Result<Vec<Comparable>> {
    let content = &version.content;
    let gtin = screening::numbers::gtin14(&content.gtin).unwrap_or_default();
    let db = kernel.db().read();
    let asked = [("", gtin.as_str()), (content.brand.as_str(), ""), ("", "")];
    for (index, (brand, gtin)) in asked.into_iter().enumerate() {
        if (index == 0 && gtin.is_empty()) || (index == 1 && brand.is_empty()) {
            continue;
        }
        let rows = store::listings::comparable(
            db,
            &version.market,
            &content.category,
            brand,
            gtin,
            &content.currency,
            COMPARABLES_MAX,
        )
        .await?;
        let others: Vec<Comparable> = rows
            .into_iter()
            .filter(|row| row.id != version.listing_id)
            .filter_map(|row| {
                let price_minor = row.price_minor?;
                Some(Comparable { listing_id: row.id, title: row.title, price_minor, merchant_id: row.merchant_id })
            })
            .collect();
        if others.len() >= 3 || index == 2 {
            return Ok(others);
        }
    }
    Ok(Vec::new())
}

async fn merchant_file(kernel: &Kernel, merchant_id: &str) -> Result<MerchantFile> {
    let Some(merchant) = merchants::standing(kernel, merchant_id).await? else { return Ok(MerchantFile::default()) };
    let name = if merchant.shop_name.is_empty() { merchant.name.clone() } else { merchant.shop_name.clone() };
    Ok(MerchantFile {
        id: merchant_id.to_owned(),
        name,
        state: merchant.state.name().to_owned(),
        listings: store::listings::counts(kernel.db().read(), Some(merchant_id)).await?,
        acts: kernel::store::history(kernel, "merchant", merchant_id, 10).await?,
    })
}

async fn similar(kernel: &Kernel, version_id: &str, rules: &[String]) -> Result<Vec<PastDecision>> {
    let rows = store::runs::decided_with_rules(kernel.db().read(), rules, version_id, SIMILAR_MAX).await?;
    let mut past = Vec::with_capacity(rows.len());
    for row in rows {
        let (Some(at), Some(by), Some(act_id)) = (row.decided_at, row.decided_by.clone(), row.decided_act_id.clone())
        else {
            continue;
        };
        let outcome = row.state.clone();
        let version = store::versions::read(row)?;
        past.push(PastDecision {
            version_id: version.id,
            listing_id: version.listing_id,
            title: version.content.title,
            outcome,
            at: Timestamp::from_micros(at),
            by,
            act_id,
        });
    }
    Ok(past)
}

/// The word for a decision of the machine, for message ids: `listings-decision-pass`.
pub fn decision_message(decision: Decision) -> String {
    format!("listings-decision-{}", decision_name(decision))
}

/// The listings under a trade item number, newest first, removed ones left out; of one merchant or of all. Checks nobody's
/// permission: it answers the product itself.
///
/// # Errors
/// What the store says.
pub async fn of_gtin(kernel: &Kernel, gtin14: &str, merchant_id: Option<&str>) -> Result<Vec<Listing>> {
    store::listings::of_gtin(kernel.db().read(), gtin14, merchant_id).await
}

/// The listings of a merchant with these shop numbers, in any order. Checks nobody's permission: it answers the product itself.
///
/// # Errors
/// What the store says.
pub async fn of_numbers(kernel: &Kernel, merchant_id: &str, numbers: &[String]) -> Result<Vec<Listing>> {
    store::listings::by_external_ids(kernel.db().read(), merchant_id, numbers).await
}
