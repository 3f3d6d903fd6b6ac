//! Rows of the queue.

use super::schema::{conflicts, items};
use super::{fail, json, to_json, unknown};
use crate::model::{Item, ItemState, Kind, Worst};
use db::Tx;
use ground::Timestamp;
use kernel::{Page, Paging, Result};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, Order, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait, Select,
};

/// Columns a list may be sorted by.
pub const SORTS: &[&str] = &["due", "severity", "title", "queue", "requested"];
/// Most open items one listing can have.
const OF_LISTING_MAX: u64 = 100;

/// Which items. Every part narrows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    /// In this state.
    pub state: Option<ItemState>,
    /// In this queue.
    pub queue: Option<String>,
    /// Of at least this severity.
    pub worst: Option<Worst>,
    /// In this category or below it.
    pub category: Option<String>,
    /// In this market.
    pub market: Option<String>,
    /// Held by this person.
    pub claimed_by: Option<String>,
    /// Past its time.
    pub overdue_at: Option<Timestamp>,
    /// Part of the title.
    pub search: Option<String>,
    /// Only what is not decided or closed.
    pub open: bool,
}

/// What a person may see and take. It is part of every query.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sight {
    /// Who looks.
    pub user: String,
    /// Skills; `None`: every queue.
    pub skills: Option<Vec<String>>,
    /// Sees claims of others and what is kept from reviewers, except what is reserved.
    pub oversees: bool,
}

impl Sight {
    fn condition(&self) -> Condition {
        let mut all = Condition::all().add(
            Condition::any()
                .add(items::Column::ReservedFor.is_null())
                .add(items::Column::ReservedFor.eq(self.user.as_str())),
        );
        if let Some(skills) = &self.skills {
            let mut known: Vec<&str> = skills.iter().map(String::as_str).collect();
            known.push("");
            all = all.add(items::Column::Skill.is_in(known));
        }
        if self.oversees { all } else { all.add(self.neutral()) }
    }

    /// Only what this person may decide: not their own first decisions, not merchants they are related to.
    fn neutral(&self) -> Condition {
        let related = conflicts::Entity::find()
            .select_only()
            .column(conflicts::Column::MerchantId)
            .filter(conflicts::Column::Reviewer.eq(self.user.as_str()));
        Condition::all()
            .add(
                Condition::any()
                    .add(items::Column::ExcludedReviewer.is_null())
                    .add(items::Column::ExcludedReviewer.ne(self.user.as_str())),
            )
            .add(items::Column::MerchantId.not_in_subquery(related.into_query()))
    }
}

fn moment(micros: Option<i64>) -> Option<Timestamp> {
    micros.map(Timestamp::from_micros)
}

fn read(model: items::Model) -> Result<Item> {
    Ok(Item {
        kind: Kind::from_name(&model.kind).ok_or_else(|| unknown("kind", &model.kind))?,
        state: ItemState::from_name(&model.state).ok_or_else(|| unknown("state", &model.state))?,
        worst: Worst::from_number(model.worst),
        rules: json(&model.rules)?,
        id: model.id,
        version_id: model.version_id,
        listing_id: model.listing_id,
        merchant_id: model.merchant_id,
        merchant_name: model.merchant_name,
        title: model.title,
        category: model.category,
        market: model.market,
        queue: model.queue,
        skill: model.skill,
        priority: model.priority,
        requested_at: Timestamp::from_micros(model.requested_at),
        due_at: Timestamp::from_micros(model.due_at),
        claimed_by: model.claimed_by,
        claim_id: model.claim_id,
        claimed_at: moment(model.claimed_at),
        lease_until: moment(model.lease_until),
        renewals: model.renewals,
        decided_at: moment(model.decided_at),
        overdue_act_id: model.overdue_act_id,
        again: model.again,
        excluded_reviewer: model.excluded_reviewer,
        reserved_for: model.reserved_for,
        reference: model.reference,
        dedupe: model.dedupe,
    })
}

/// Inserts an item. `false`: there is one for the same cause already.
pub(crate) async fn insert(tx: &Tx, item: &Item) -> Result<bool> {
    let there =
        items::Entity::find().filter(items::Column::Dedupe.eq(item.dedupe.as_str())).count(tx).await.map_err(fail)?;
    if there > 0 {
        return Ok(false);
    }
    let micros = |moment: Option<Timestamp>| moment.map(Timestamp::micros);
    let model = items::Model {
        id: item.id.clone(),
        kind: item.kind.name().to_owned(),
        version_id: item.version_id.clone(),
        listing_id: item.listing_id.clone(),
        merchant_id: item.merchant_id.clone(),
        merchant_name: item.merchant_name.clone(),
        title: item.title.clone(),
        category: item.category.clone(),
        category_top: item.category.split('/').next().unwrap_or("").to_owned(),
        market: item.market.clone(),
        worst: item.worst.number(),
        rules: to_json(&item.rules)?,
        queue: item.queue.clone(),
        skill: item.skill.clone(),
        priority: item.priority,
        state: item.state.name().to_owned(),
        again: item.again,
        requested_at: item.requested_at.micros(),
        due_at: item.due_at.micros(),
        claimed_by: item.claimed_by.clone(),
        claim_id: item.claim_id.clone(),
        claimed_at: micros(item.claimed_at),
        lease_until: micros(item.lease_until),
        renewals: item.renewals,
        decided_at: micros(item.decided_at),
        overdue_act_id: item.overdue_act_id.clone(),
        excluded_reviewer: item.excluded_reviewer.clone(),
        reserved_for: item.reserved_for.clone(),
        reference: item.reference.clone(),
        dedupe: item.dedupe.clone(),
    };
    items::Entity::insert(model.into_active_model()).exec_without_returning(tx).await.map_err(fail)?;
    Ok(true)
}

/// One item, whoever asks: the caller checks.
pub(crate) async fn get(db: &impl ConnectionTrait, id: &str) -> Result<Option<Item>> {
    items::Entity::find_by_id(id).one(db).await.map_err(fail)?.map(read).transpose()
}

/// One item, as far as this person may see it.
pub(crate) async fn get_seen(db: &impl ConnectionTrait, sight: &Sight, id: &str) -> Result<Option<Item>> {
    items::Entity::find_by_id(id).filter(sight.condition()).one(db).await.map_err(fail)?.map(read).transpose()
}

fn filtered(sight: &Sight, filter: &Filter) -> Select<items::Entity> {
    let mut query = items::Entity::find().filter(sight.condition());
    if let Some(state) = filter.state {
        query = query.filter(items::Column::State.eq(state.name()));
    }
    if filter.open {
        query = query.filter(items::Column::State.is_in([ItemState::Waiting.name(), ItemState::Claimed.name()]));
    }
    if let Some(queue) = &filter.queue {
        query = query.filter(items::Column::Queue.eq(queue.as_str()));
    }
    if let Some(worst) = filter.worst {
        query = query.filter(items::Column::Worst.gte(worst.number()));
    }
    if let Some(category) = &filter.category {
        let below = format!("{category}/");
        query = query.filter(
            Condition::any()
                .add(items::Column::Category.eq(category.as_str()))
                .add(items::Column::Category.starts_with(below)),
        );
    }
    if let Some(market) = &filter.market {
        query = query.filter(items::Column::Market.eq(market.as_str()));
    }
    if let Some(user) = &filter.claimed_by {
        query = query.filter(items::Column::ClaimedBy.eq(user.as_str()));
    }
    if let Some(now) = filter.overdue_at {
        query = query.filter(items::Column::DueAt.lt(now.micros()));
    }
    if let Some(search) = &filter.search {
        query = query.filter(items::Column::Title.like(db::containing(search)));
    }
    query
}

/// Items by filter, order ([`SORTS`]) and page; by urgency where no order is asked.
pub(crate) async fn list(
    db: &impl ConnectionTrait,
    sight: &Sight,
    filter: &Filter,
    paging: &Paging,
) -> Result<Page<Item>> {
    let query = filtered(sight, filter);
    let total = query.clone().count(db).await.map_err(fail)?;
    let order = |descending: bool| if descending { Order::Desc } else { Order::Asc };
    let query = match paging.sort.as_ref().map(|sort| (sort.by.as_str(), order(sort.descending))) {
        Some(("due", order)) => query.order_by(items::Column::DueAt, order),
        Some(("severity", order)) => query.order_by(items::Column::Worst, order),
        Some(("title", order)) => query.order_by(items::Column::Title, order),
        Some(("queue", order)) => query.order_by(items::Column::Queue, order),
        Some(("requested", order)) => query.order_by(items::Column::RequestedAt, order),
        _ => query.order_by_desc(items::Column::Priority).order_by_asc(items::Column::DueAt),
    };
    let rows =
        query.order_by_asc(items::Column::Id).offset(paging.offset()).limit(paging.rows).all(db).await.map_err(fail)?;
    Ok(Page { rows: rows.into_iter().map(read).collect::<Result<_>>()?, total, paging: paging.clone() })
}

/// Counts by queue and state of what is open: `(queue, state, items)`.
pub(crate) async fn counts(
    db: &impl ConnectionTrait,
    sight: &Sight,
    overdue_at: Option<Timestamp>,
) -> Result<Vec<(String, String, i64)>> {
    let filter = Filter { open: true, overdue_at, ..Filter::default() };
    filtered(sight, &filter)
        .select_only()
        .column(items::Column::Queue)
        .column(items::Column::State)
        .column_as(items::Column::Id.count(), "items")
        .group_by(items::Column::Queue)
        .group_by(items::Column::State)
        .into_tuple()
        .all(db)
        .await
        .map_err(fail)
}

/// How many wait for anybody this person may stand in for.
pub(crate) async fn count_waiting(db: &impl ConnectionTrait, sight: &Sight) -> Result<u64> {
    let filter = Filter { open: true, ..Filter::default() };
    filtered(sight, &filter).count(db).await.map_err(fail)
}

fn free(now: Timestamp) -> Condition {
    Condition::any().add(items::Column::State.eq(ItemState::Waiting.name())).add(
        Condition::all()
            .add(items::Column::State.eq(ItemState::Claimed.name()))
            .add(items::Column::LeaseUntil.lte(now.micros())),
    )
}

/// Ids of the most urgent items this person may take, at most `most`.
pub(crate) async fn candidates(
    db: &impl ConnectionTrait,
    sight: &Sight,
    queue: Option<&str>,
    now: Timestamp,
    most: u64,
) -> Result<Vec<String>> {
    let mut query = items::Entity::find().filter(sight.condition()).filter(sight.neutral()).filter(free(now));
    if let Some(queue) = queue {
        query = query.filter(items::Column::Queue.eq(queue));
    }
    query
        .select_only()
        .column(items::Column::Id)
        .order_by_desc(items::Column::Priority)
        .order_by_asc(items::Column::DueAt)
        .order_by_asc(items::Column::Id)
        .limit(most)
        .into_tuple()
        .all(db)
        .await
        .map_err(fail)
}

/// A claim on an item.
#[derive(Debug, Clone)]
pub(crate) struct Claim<'a> {
    pub id: &'a str,
    pub user: &'a str,
    pub now: Timestamp,
    pub until: Timestamp,
}

/// Claims an item for a person, if it is free and theirs to take. One statement: of two who try, one gets it.
pub(crate) async fn claim(tx: &Tx, sight: &Sight, item_id: &str, claim: &Claim<'_>) -> Result<bool> {
    let done = items::Entity::update_many()
        .col_expr(items::Column::State, Expr::value(ItemState::Claimed.name()))
        .col_expr(items::Column::ClaimedBy, Expr::value(claim.user))
        .col_expr(items::Column::ClaimId, Expr::value(claim.id))
        .col_expr(items::Column::ClaimedAt, Expr::value(claim.now.micros()))
        .col_expr(items::Column::LeaseUntil, Expr::value(claim.until.micros()))
        .col_expr(items::Column::Renewals, Expr::value(0i64))
        .filter(items::Column::Id.eq(item_id))
        .filter(sight.condition())
        .filter(sight.neutral())
        .filter(free(claim.now))
        .exec(tx)
        .await
        .map_err(fail)?;
    Ok(done.rows_affected == 1)
}

fn held(user: &str, claim_id: &str, now: Timestamp) -> Condition {
    Condition::all()
        .add(items::Column::State.eq(ItemState::Claimed.name()))
        .add(items::Column::ClaimedBy.eq(user))
        .add(items::Column::ClaimId.eq(claim_id))
        .add(items::Column::LeaseUntil.gt(now.micros()))
}

/// Renews a claim that holds. `false`: it does not hold, or was renewed `most` times.
pub(crate) async fn renew(tx: &Tx, item_id: &str, claim: &Claim<'_>, most: i64) -> Result<bool> {
    let done = items::Entity::update_many()
        .col_expr(items::Column::LeaseUntil, Expr::value(claim.until.micros()))
        .col_expr(items::Column::Renewals, Expr::col(items::Column::Renewals).add(1i64))
        .filter(items::Column::Id.eq(item_id))
        .filter(held(claim.user, claim.id, claim.now))
        .filter(items::Column::Renewals.lt(most))
        .exec(tx)
        .await
        .map_err(fail)?;
    Ok(done.rows_affected == 1)
}

/// Gives a claim back.
pub(crate) async fn release(tx: &Tx, item_id: &str, user: &str) -> Result<bool> {
    let done = freed(items::Entity::update_many())
        .filter(items::Column::Id.eq(item_id))
        .filter(items::Column::State.eq(ItemState::Claimed.name()))
        .filter(items::Column::ClaimedBy.eq(user))
        .exec(tx)
        .await
        .map_err(fail)?;
    Ok(done.rows_affected == 1)
}

fn freed(update: sea_orm::UpdateMany<items::Entity>) -> sea_orm::UpdateMany<items::Entity> {
    update
        .col_expr(items::Column::State, Expr::value(ItemState::Waiting.name()))
        .col_expr(items::Column::ClaimedBy, Expr::value(Option::<String>::None))
        .col_expr(items::Column::ClaimId, Expr::value(Option::<String>::None))
        .col_expr(items::Column::ClaimedAt, Expr::value(Option::<i64>::None))
        .col_expr(items::Column::LeaseUntil, Expr::value(Option::<i64>::None))
}

/// Puts back what nobody decided in time.
pub(crate) async fn expire(tx: &Tx, now: Timestamp) -> Result<u64> {
    let done = freed(items::Entity::update_many())
        .filter(items::Column::State.eq(ItemState::Claimed.name()))
        .filter(items::Column::LeaseUntil.lte(now.micros()))
        .exec(tx)
        .await
        .map_err(fail)?;
    Ok(done.rows_affected)
}

/// Ends a claim with a decision. `false`: the claim does not hold.
pub(crate) async fn decide(tx: &Tx, item_id: &str, user: &str, claim_id: &str, now: Timestamp) -> Result<bool> {
    let done = items::Entity::update_many()
        .col_expr(items::Column::State, Expr::value(ItemState::Decided.name()))
        .col_expr(items::Column::DecidedAt, Expr::value(now.micros()))
        .filter(items::Column::Id.eq(item_id))
        .filter(held(user, claim_id, now))
        .exec(tx)
        .await
        .map_err(fail)?;
    Ok(done.rows_affected == 1)
}

/// Moves an item on that is not open any more.
pub(crate) async fn set_state(tx: &Tx, item_id: &str, state: ItemState) -> Result<()> {
    items::Entity::update_many()
        .col_expr(items::Column::State, Expr::value(state.name()))
        .filter(items::Column::Id.eq(item_id))
        .exec(tx)
        .await
        .map_err(fail)?;
    Ok(())
}

/// The open items about a listing's versions that wait for the listing's fate (not second looks, not golden items).
pub(crate) async fn open_of_listing(db: &impl ConnectionTrait, listing_id: &str) -> Result<Vec<Item>> {
    let rows = items::Entity::find()
        .filter(items::Column::ListingId.eq(listing_id))
        .filter(items::Column::Kind.eq(Kind::Listing.name()))
        .filter(items::Column::State.is_in([ItemState::Waiting.name(), ItemState::Claimed.name()]))
        .limit(OF_LISTING_MAX)
        .all(db)
        .await
        .map_err(fail)?;
    rows.into_iter().map(read).collect()
}

/// Closes an item that is still open. `false`: it is not.
pub(crate) async fn close(tx: &Tx, item_id: &str, now: Timestamp) -> Result<bool> {
    let done = items::Entity::update_many()
        .col_expr(items::Column::State, Expr::value(ItemState::Closed.name()))
        .col_expr(items::Column::DecidedAt, Expr::value(now.micros()))
        .filter(items::Column::Id.eq(item_id))
        .filter(items::Column::State.is_in([ItemState::Waiting.name(), ItemState::Claimed.name()]))
        .exec(tx)
        .await
        .map_err(fail)?;
    Ok(done.rows_affected == 1)
}

/// How many items a person holds.
pub(crate) async fn count_held(db: &impl ConnectionTrait, user: &str, now: Timestamp) -> Result<u64> {
    items::Entity::find()
        .filter(items::Column::ClaimedBy.eq(user))
        .filter(items::Column::State.eq(ItemState::Claimed.name()))
        .filter(items::Column::LeaseUntil.gt(now.micros()))
        .count(db)
        .await
        .map_err(fail)
}

/// What a person holds, the oldest claim first.
pub(crate) async fn held_by(db: &impl ConnectionTrait, user: &str, now: Timestamp, most: u64) -> Result<Vec<Item>> {
    let rows = items::Entity::find()
        .filter(items::Column::ClaimedBy.eq(user))
        .filter(items::Column::State.eq(ItemState::Claimed.name()))
        .filter(items::Column::LeaseUntil.gt(now.micros()))
        .order_by_asc(items::Column::ClaimedAt)
        .order_by_asc(items::Column::Id)
        .limit(most)
        .all(db)
        .await
        .map_err(fail)?;
    rows.into_iter().map(read).collect()
}

/// Open items past their time for which nobody has said so, at most `most`. Golden items have no consequences and are
/// left out.
pub(crate) async fn newly_overdue(db: &impl ConnectionTrait, now: Timestamp, most: u64) -> Result<Vec<Item>> {
    let rows = items::Entity::find()
        .filter(items::Column::State.is_in([ItemState::Waiting.name(), ItemState::Claimed.name()]))
        .filter(items::Column::Kind.ne(Kind::Golden.name()))
        .filter(items::Column::DueAt.lt(now.micros()))
        .filter(items::Column::OverdueActId.is_null())
        .order_by_asc(items::Column::DueAt)
        .limit(most)
        .all(db)
        .await
        .map_err(fail)?;
    rows.into_iter().map(read).collect()
}

/// Notes the act that said so. `false`: another did.
pub(crate) async fn set_overdue(tx: &Tx, item_id: &str, act_id: &str) -> Result<bool> {
    let done = items::Entity::update_many()
        .col_expr(items::Column::OverdueActId, Expr::value(act_id))
        .filter(items::Column::Id.eq(item_id))
        .filter(items::Column::OverdueActId.is_null())
        .exec(tx)
        .await
        .map_err(fail)?;
    Ok(done.rows_affected == 1)
}

/// Ids of the golden items a person was given since a moment.
pub(crate) async fn golden_given(db: &impl ConnectionTrait, user: &str, since: Timestamp) -> Result<Vec<String>> {
    let given: Vec<Option<String>> = items::Entity::find()
        .select_only()
        .column(items::Column::Reference)
        .filter(items::Column::Kind.eq(Kind::Golden.name()))
        .filter(items::Column::ReservedFor.eq(user))
        .filter(items::Column::RequestedAt.gte(since.micros()))
        .into_tuple()
        .all(db)
        .await
        .map_err(fail)?;
    Ok(given.into_iter().flatten().collect())
}
