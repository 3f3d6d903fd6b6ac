//! Ratings for people and programs.

use crate::line::Head;
use crate::model::{Component, ComputedDay, Day, Effect, Grade, Point, Rating};
use crate::reactions::policy_of;
use crate::store;
use crate::tables::RatingPolicy;
use ground::Problem;
use kernel::{ActRecord, Actor, Kernel, Page, Paging, Permission, Result};
use std::collections::HashMap;

/// Points of a history shown.
const HISTORY_POINTS: u64 = 400;
/// Acts shown.
const ACTS_SHOWN: u64 = 50;
/// Computed days shown.
const DAYS_SHOWN: u64 = 10;
/// "Since last month": days back.
const MONTH_DAYS: i32 = 30;
/// Columns a list may be sorted by.
pub const SORTS: &[&str] = &["lower", "score", "grade", "changed", "product"];

/// Which ratings, as words.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Grade.
    pub grade: Option<Grade>,
    /// Effect in force.
    pub effect: Option<Effect>,
    /// Market.
    pub market: Option<String>,
    /// Category; a first segment takes everything below it.
    pub category: Option<String>,
    /// Merchant.
    pub merchant_id: Option<String>,
    /// Only new ones, or only those that are not.
    pub is_new: Option<bool>,
    /// Only those whose effect a person holds.
    pub held: Option<bool>,
    /// The shop's number, listing, merchant, or merchant/number.
    pub search: Option<String>,
}

fn own(actor: &Actor, filter: &Filter) -> Result<store::ratings::Filter> {
    let mut merchant_id = filter.merchant_id.clone();
    if !actor.may(Permission::RatingsRead) {
        actor.require(Permission::OwnRatings)?;
        merchant_id = Some(actor.own_organisation()?.to_owned());
    }
    Ok(store::ratings::Filter {
        grade: filter.grade,
        effect: filter.effect,
        market: filter.market.clone(),
        category: filter.category.clone(),
        merchant_id,
        is_new: filter.is_new,
        held: filter.held,
        search: filter.search.clone(),
    })
}

/// A page of ratings; merchants see their own. `total` is counted up to 10,001.
///
/// # Errors
/// `forbidden`; what the store says.
pub async fn list(kernel: &Kernel, actor: &Actor, filter: &Filter, paging: &Paging) -> Result<Page<Rating>> {
    store::ratings::list(kernel.db().read(), &own(actor, filter)?, paging).await
}

/// How the grades lie.
#[derive(Debug, Clone, Default)]
pub struct Distribution {
    /// Rated products of each grade, best first.
    pub grades: [u64; 5],
    /// New products, whatever their grade.
    pub new: u64,
    /// Products under each effect.
    pub effects: Vec<(Effect, u64)>,
}

/// How the grades of those lie.
///
/// # Errors
/// `forbidden`; what the store says.
pub async fn distribution(kernel: &Kernel, actor: &Actor, filter: &Filter) -> Result<Distribution> {
    let filter = own(actor, filter)?;
    let mut all = Distribution::default();
    for (grade, is_new, count) in store::ratings::distribution(kernel.db().read(), &filter).await? {
        if is_new {
            all.new += count;
        } else {
            all.grades[grade as usize] += count;
        }
    }
    all.effects = store::ratings::effects(kernel.db().read(), &filter).await?;
    Ok(all)
}

/// The rating of a product for the product itself; `None` before the first closed day that knows of it. Asks for no permission.
///
/// # Errors
/// What the store says.
pub async fn of(kernel: &Kernel, merchant: &str, product: &str) -> Result<Option<Rating>> {
    store::ratings::get(kernel.db().read(), merchant, product).await
}

/// What everybody may know of a product's rating.
#[derive(Debug, Clone, PartialEq)]
pub struct PublicGrade {
    /// The grade.
    pub grade: Grade,
    /// Too little is known.
    pub is_new: bool,
    /// 0 to 100.
    pub score: f64,
    /// Lower bound.
    pub lower: f64,
    /// Upper bound.
    pub upper: f64,
    /// Each component with its share of the whole (0 to 1) and its points; those without any evidence are left out.
    pub parts: Vec<(Component, f64, f64)>,
    /// Off the shelf until tested.
    pub removed: bool,
    /// The closed day it was computed for.
    pub day: Day,
    /// The act of its last change, whose proof can be shown.
    pub act_id: Option<String>,
}

/// The grade everybody may see; `None` where nothing is known of the product.
///
/// # Errors
/// What the store says.
pub async fn public_grade(kernel: &Kernel, merchant: &str, external_id: &str) -> Result<Option<PublicGrade>> {
    let Some(rating) = of(kernel, merchant, external_id).await? else { return Ok(None) };
    let line = &rating.line;
    let parts = Component::ALL
        .iter()
        .map(|component| (*component, line.part(*component)))
        .filter(|(_, part)| part.share >= 0.005)
        .map(|(component, part)| (component, part.share, part.score))
        .collect();
    Ok(Some(PublicGrade {
        grade: rating.grade,
        is_new: rating.is_new,
        score: rating.score,
        lower: rating.lower,
        upper: rating.upper,
        parts,
        removed: rating.applied == Effect::RemovedPendingTest,
        day: rating.day,
        act_id: rating.act_id,
    }))
}

/// A rating with everything that explains it.
#[derive(Debug, Clone)]
pub struct Detail {
    /// The rating.
    pub rating: Rating,
    /// The head of the file it was computed in: policy and cohorts.
    pub head: Head,
    /// The policy it was computed by.
    pub policy: RatingPolicy,
    /// Published points, oldest first.
    pub history: Vec<Point>,
    /// The point of a month before, to compare with; the first one where it is younger.
    pub month_ago: Option<Point>,
    /// Acts about it, newest first.
    pub acts: Vec<ActRecord>,
    /// Title of the listing, where there is one.
    pub title: Option<String>,
    /// The day file it stands in.
    pub file: ComputedDay,
}

/// One rating with everything that explains it; a merchant sees its own.
///
/// # Errors
/// `forbidden`, `not_found`; what the store says.
pub async fn detail(kernel: &Kernel, actor: &Actor, merchant: &str, product: &str) -> Result<Detail> {
    if !actor.may(Permission::RatingsRead) {
        actor.require(Permission::OwnRatings)?;
        if actor.own_organisation()? != merchant {
            return Err(Problem::not_found());
        }
    }
    let db = kernel.db().read();
    let rating = of(kernel, merchant, product).await?.ok_or_else(Problem::not_found)?;
    let head = store::days::head(db, rating.day).await?.ok_or_else(Problem::not_found)?;
    let file = store::days::get(db, rating.day).await?.ok_or_else(Problem::not_found)?;
    let policy = head.policy(&rating.market)?.clone();
    let history = store::history::of(db, merchant, product, HISTORY_POINTS).await?;
    let month_ago = store::history::at(db, merchant, product, rating.day - MONTH_DAYS).await?;
    let acts = kernel::store::history(kernel, "product", &rating.key(), ACTS_SHOWN).await?;
    let title = listings::of_numbers(kernel, merchant, &[product.to_owned()]).await?.into_iter().next();
    Ok(Detail { rating, head, policy, history, month_ago, acts, title: title.map(|listing| listing.title), file })
}

/// How the goods and merchants of a page of ratings are called.
#[derive(Debug, Clone, Default)]
pub struct Called {
    titles: HashMap<(String, String), String>,
    merchants: HashMap<String, String>,
}

impl Called {
    /// The title of a rated product, where it is listed.
    pub fn title(&self, rating: &Rating) -> Option<&str> {
        self.titles.get(&(rating.merchant_id.clone(), rating.product.clone())).map(String::as_str)
    }

    /// The name of its merchant; the id where there is no such merchant.
    pub fn merchant<'a>(&'a self, rating: &'a Rating) -> &'a str {
        self.merchants.get(&rating.merchant_id).map_or(rating.merchant_id.as_str(), String::as_str)
    }
}

/// How the goods and merchants of some ratings are called. Checks nobody's permission: who may read them has read them.
///
/// # Errors
/// What the store says.
pub async fn called(kernel: &Kernel, ratings: &[Rating]) -> Result<Called> {
    let mut numbers: HashMap<&str, Vec<String>> = HashMap::new();
    for rating in ratings {
        numbers.entry(&rating.merchant_id).or_default().push(rating.product.clone());
    }
    let ids: Vec<String> = numbers.keys().map(|id| (*id).to_owned()).collect();
    let mut called = Called { merchants: merchants::directory(kernel, &ids).await?, ..Called::default() };
    for (merchant, numbers) in numbers {
        for listing in listings::of_numbers(kernel, merchant, &numbers).await? {
            called.titles.insert((merchant.to_owned(), listing.external_id), listing.title);
        }
    }
    Ok(called)
}

/// The newest computed days.
///
/// # Errors
/// `forbidden`; what the store says.
pub async fn days(kernel: &Kernel, actor: &Actor) -> Result<Vec<ComputedDay>> {
    actor.require(Permission::RatingsRead)?;
    store::days::latest(kernel.db().read(), DAYS_SHOWN).await
}

/// The policy by which goods of the home market are rated today: published. Everybody may read it.
///
/// # Errors
/// `internal` when the pack's table is not whole.
pub fn published_policy(kernel: &Kernel) -> Result<RatingPolicy> {
    policy_of(kernel, kernel.packs().home().market())
}

/// A part of the feed.
#[derive(Debug, Clone)]
pub struct Feed {
    /// Changed ratings in the order of their change; a product that changed again appears at its latest change alone.
    pub changes: Vec<Rating>,
    /// What to ask for next.
    pub next: i64,
    /// Whether there is more.
    pub more: bool,
}

/// The feed after a number.
///
/// # Errors
/// `forbidden`; what the store says.
pub async fn feed(kernel: &Kernel, actor: &Actor, since: i64, rows: u64) -> Result<Feed> {
    actor.require(Permission::RatingsRead)?;
    let mut changes = store::ratings::after(kernel.db().read(), since, rows + 1).await?;
    let more = changes.len() as u64 > rows;
    changes.truncate(usize::try_from(rows).unwrap_or(usize::MAX));
    Ok(Feed { next: changes.last().map_or(since, |rating| rating.sequence), changes, more })
}

/// The newest number of the feed: what an ETag is made of.
///
/// # Errors
/// `forbidden`; what the store says.
pub async fn newest(kernel: &Kernel, actor: &Actor) -> Result<i64> {
    actor.require(Permission::RatingsRead)?;
    store::ratings::newest(kernel.db().read()).await
}
