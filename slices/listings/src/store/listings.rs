//! Rows of listings, their holds and their prices by day.

use super::schema::{hits, holds, listings, prices, versions};
use super::{IN_MAX, INSERT_ROWS_MAX, fail};
use crate::model::{Cause, Filter, Hold, Listing, decision_from_name, decision_name};
use crate::state::{State, VersionState};
use db::Tx;
use ground::{Problem, Timestamp};
use kernel::{Page, Paging, Result};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, OnConflict, Query};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, Order, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
};

/// Rows counted at most: beyond, a list says "10,000+".
pub const COUNT_MAX: u64 = 10_001;
/// Newest hits a filter by rule or check looks at.
const HITS_MAX: u64 = 3_000;
/// Ids a search looks at.
const SEARCH_IDS_MAX: u64 = 300;

/// The first characters of a title, folded, for searching by its beginning.
pub(crate) fn title_key(title: &str) -> String {
    title.chars().flat_map(char::to_lowercase).filter(|c| !c.is_whitespace()).take(100).collect()
}

/// A brand as it is compared between listings.
pub(crate) fn brand_key(brand: &str) -> String {
    title_key(brand)
}

/// The first segment of a category path.
pub(crate) fn category_top(category: &str) -> String {
    category.split('/').next().unwrap_or_default().to_owned()
}

fn count(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

pub(crate) fn read(model: listings::Model) -> Result<Listing> {
    let unknown = |what: &str, value: &str| Problem::internal(format!("a listing has the unknown {what} {value}"));
    Ok(Listing {
        state: State::from_name(&model.state).ok_or_else(|| unknown("state", &model.state))?,
        latest_state: VersionState::from_name(&model.latest_state)
            .ok_or_else(|| unknown("state", &model.latest_state))?,
        decision: model.decision.as_deref().and_then(decision_from_name),
        id: model.id,
        merchant_id: model.merchant_id,
        market: model.market,
        external_id: model.external_id,
        category: model.category,
        title: model.title,
        price_minor: model.price_minor,
        currency: model.currency,
        latest_version_id: model.latest_version_id,
        latest_number: model.latest_number,
        on_sale_version_id: model.on_sale_version_id,
        on_sale_act_id: model.on_sale_act_id,
        passed_version_id: model.passed_version_id,
        findings: u32::try_from(model.findings).unwrap_or(0),
        worst: model.worst.clamp(0, 4) as u8,
        source_at: model.source_at.map(Timestamp::from_micros),
        created_at: Timestamp::from_micros(model.created_at),
        updated_at: Timestamp::from_micros(model.updated_at),
    })
}

pub(crate) fn row(listing: &Listing, brand: &str, gtin: &str) -> listings::Model {
    listings::Model {
        id: listing.id.clone(),
        merchant_id: listing.merchant_id.clone(),
        market: listing.market.clone(),
        external_id: listing.external_id.clone(),
        category: listing.category.clone(),
        category_top: category_top(&listing.category),
        state: listing.state.name().to_owned(),
        title: listing.title.clone(),
        title_key: title_key(&listing.title),
        brand_key: brand_key(brand),
        gtin: gtin.to_owned(),
        price_minor: listing.price_minor,
        currency: listing.currency.clone(),
        latest_version_id: listing.latest_version_id.clone(),
        latest_number: listing.latest_number,
        latest_state: listing.latest_state.name().to_owned(),
        on_sale_version_id: listing.on_sale_version_id.clone(),
        on_sale_act_id: listing.on_sale_act_id.clone(),
        passed_version_id: listing.passed_version_id.clone(),
        decision: listing.decision.map(|decision| decision_name(decision).to_owned()),
        findings: i64::from(listing.findings),
        worst: i64::from(listing.worst),
        source_at: listing.source_at.map(Timestamp::micros),
        created_at: listing.created_at.micros(),
        updated_at: listing.updated_at.micros(),
    }
}

/// Inserts new listings.
pub(crate) async fn insert(tx: &Tx, rows: Vec<listings::Model>) -> Result<()> {
    for chunk in rows.chunks(INSERT_ROWS_MAX) {
        let models = chunk.iter().cloned().map(IntoActiveModel::into_active_model);
        listings::Entity::insert_many(models).exec_without_returning(tx).await.map_err(fail)?;
    }
    Ok(())
}

/// Writes a listing's whole row, but only while it is what the caller read. `false`: somebody was faster.
pub(crate) async fn update(tx: &Tx, read: &Listing, new: &Listing, brand: &str, gtin: &str) -> Result<bool> {
    let model = row(new, brand, gtin);
    let mut active = model.into_active_model();
    active = active.reset_all();
    let updated = listings::Entity::update_many()
        .set(active)
        .filter(listings::Column::Id.eq(&read.id))
        .filter(listings::Column::State.eq(read.state.name()))
        .filter(listings::Column::LatestVersionId.eq(&read.latest_version_id))
        .filter(listings::Column::LatestState.eq(read.latest_state.name()))
        .filter(match &read.on_sale_version_id {
            Some(id) => listings::Column::OnSaleVersionId.eq(id),
            None => listings::Column::OnSaleVersionId.is_null(),
        })
        .exec(tx)
        .await
        .map_err(fail)?;
    Ok(updated.rows_affected == 1)
}

/// The fields of a listing that follow its state, without touching brand and number columns. `false`: stale.
pub(crate) async fn update_state(tx: &Tx, read: &Listing, new: &Listing) -> Result<bool> {
    let column = |column: listings::Column, value: Option<String>| (column, Expr::value(value));
    let mut update = listings::Entity::update_many();
    for (name, value) in [
        column(listings::Column::State, Some(new.state.name().to_owned())),
        column(listings::Column::LatestState, Some(new.latest_state.name().to_owned())),
        column(listings::Column::OnSaleVersionId, new.on_sale_version_id.clone()),
        column(listings::Column::OnSaleActId, new.on_sale_act_id.clone()),
        column(listings::Column::PassedVersionId, new.passed_version_id.clone()),
        column(listings::Column::Decision, new.decision.map(|decision| decision_name(decision).to_owned())),
    ] {
        update = update.col_expr(name, value);
    }
    let updated = update
        .col_expr(listings::Column::Findings, Expr::value(i64::from(new.findings)))
        .col_expr(listings::Column::Worst, Expr::value(i64::from(new.worst)))
        .col_expr(listings::Column::UpdatedAt, Expr::value(new.updated_at.micros()))
        .filter(listings::Column::Id.eq(&read.id))
        .filter(listings::Column::State.eq(read.state.name()))
        .filter(listings::Column::LatestVersionId.eq(&read.latest_version_id))
        .filter(listings::Column::LatestState.eq(read.latest_state.name()))
        .filter(match &read.on_sale_version_id {
            Some(id) => listings::Column::OnSaleVersionId.eq(id),
            None => listings::Column::OnSaleVersionId.is_null(),
        })
        .exec(tx)
        .await
        .map_err(fail)?;
    Ok(updated.rows_affected == 1)
}

/// Most listings looked at under one trade item number.
const SAME_GTIN_MAX: u64 = 200;

/// The listings under a trade item number (14 digits), newest first, removed ones left out.
pub(crate) async fn of_gtin(
    db: &impl ConnectionTrait,
    gtin14: &str,
    merchant_id: Option<&str>,
) -> Result<Vec<Listing>> {
    let mut query = listings::Entity::find()
        .filter(listings::Column::Gtin.eq(gtin14))
        .filter(listings::Column::State.ne(State::Removed.name()));
    if let Some(merchant) = merchant_id {
        query = query.filter(listings::Column::MerchantId.eq(merchant));
    }
    let rows = query.order_by_desc(listings::Column::Id).limit(SAME_GTIN_MAX).all(db).await.map_err(fail)?;
    rows.into_iter().map(read).collect()
}

/// One listing.
pub(crate) async fn get(db: &impl ConnectionTrait, id: &str) -> Result<Option<Listing>> {
    listings::Entity::find_by_id(id).one(db).await.map_err(fail)?.map(read).transpose()
}

/// The listings of a merchant with these shop numbers.
pub(crate) async fn by_external_ids(
    db: &impl ConnectionTrait,
    merchant_id: &str,
    external_ids: &[String],
) -> Result<Vec<Listing>> {
    let mut found = Vec::new();
    for chunk in external_ids.chunks(IN_MAX) {
        let rows = listings::Entity::find()
            .filter(listings::Column::MerchantId.eq(merchant_id))
            .filter(listings::Column::ExternalId.is_in(chunk.iter().map(String::as_str)))
            .all(db)
            .await
            .map_err(fail)?;
        for model in rows {
            found.push(read(model)?);
        }
    }
    Ok(found)
}

async fn search_ids(db: &impl ConnectionTrait, text: &str, merchant_id: Option<&str>) -> Result<Vec<String>> {
    let mut ids: Vec<String> = Vec::new();
    let key = title_key(text);
    // The last character a text beginning with the key can go on with.
    let after = format!("{key}\u{10FFFF}");
    let own = |query: sea_orm::Select<listings::Entity>| match merchant_id {
        Some(id) => query.filter(listings::Column::MerchantId.eq(id)),
        None => query,
    };
    let all = listings::Entity::find;
    let mut queries = vec![
        own(all()).filter(listings::Column::Id.eq(text)),
        own(all()).filter(listings::Column::ExternalId.eq(text)),
        own(all()).filter(listings::Column::Gtin.eq(text)),
    ];
    // Signs alone leave no letters: nothing would be the beginning of every title.
    if !key.is_empty() {
        queries
            .push(own(all()).filter(listings::Column::TitleKey.gte(key)).filter(listings::Column::TitleKey.lt(after)));
    }
    for query in queries {
        let found: Vec<String> = query
            .select_only()
            .column(listings::Column::Id)
            .limit(SEARCH_IDS_MAX)
            .into_tuple()
            .all(db)
            .await
            .map_err(fail)?;
        ids.extend(found);
    }
    ids.sort_unstable();
    ids.dedup();
    ids.truncate(IN_MAX);
    Ok(ids)
}

/// Listing and version of the newest hits of a rule or check.
async fn hit_versions(db: &impl ConnectionTrait, filter: &Filter) -> Result<Vec<(String, String)>> {
    let mut found = hits::Entity::find().select_only().column(hits::Column::ListingId).column(hits::Column::VersionId);
    if let Some(rule) = &filter.rule {
        found = found.filter(hits::Column::Rule.eq(rule));
    }
    if let Some(check) = &filter.check {
        found = found.filter(hits::Column::CheckName.eq(check));
    }
    found.order_by_desc(hits::Column::At).limit(HITS_MAX).into_tuple().all(db).await.map_err(fail)
}

async fn filtered(db: &impl ConnectionTrait, filter: &Filter) -> Result<sea_orm::Select<listings::Entity>> {
    let mut query = listings::Entity::find();
    if let Some(state) = filter.state {
        query = query.filter(listings::Column::State.eq(state.name()));
    }
    if let Some(merchant) = &filter.merchant_id {
        query = query.filter(listings::Column::MerchantId.eq(merchant));
    }
    if let Some(market) = &filter.market {
        query = query.filter(listings::Column::Market.eq(market));
    }
    if let Some(category) = &filter.category {
        query = if category.contains('/') {
            query.filter(listings::Column::Category.eq(category))
        } else {
            query.filter(listings::Column::CategoryTop.eq(category))
        };
    }
    if filter.rule.is_some() || filter.check.is_some() {
        let versions = hit_versions(db, filter).await?;
        let listing_ids: Vec<&str> = versions.iter().map(|(listing, _)| listing.as_str()).collect();
        let version_ids: Vec<&str> = versions.iter().map(|(_, version)| version.as_str()).collect();
        query = query
            .filter(listings::Column::Id.is_in(listing_ids))
            .filter(listings::Column::LatestVersionId.is_in(version_ids));
    }
    if let Some(text) = filter.search.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        let ids = search_ids(db, text, filter.merchant_id.as_deref()).await?;
        query = query.filter(listings::Column::Id.is_in(ids));
    }
    Ok(query)
}

/// One page of listings; `total` is counted up to [`COUNT_MAX`]. Sorted by `updated` (newest first by default),
/// `title`, `price` or `created`.
pub(crate) async fn page(db: &impl ConnectionTrait, filter: &Filter, paging: &Paging) -> Result<Page<Listing>> {
    let query = filtered(db, filter).await?;
    let total = capped(db, query.clone()).await?;
    let (column, order) = match &paging.sort {
        None => (listings::Column::UpdatedAt, Order::Desc),
        Some(sort) => {
            let column = match sort.by.as_str() {
                "title" => listings::Column::TitleKey,
                "price" => listings::Column::PriceMinor,
                "created" => listings::Column::Id,
                _ => listings::Column::UpdatedAt,
            };
            (column, if sort.descending { Order::Desc } else { Order::Asc })
        }
    };
    let mut query = query.order_by(column, order.clone());
    if !matches!(column, listings::Column::Id) {
        query = query.order_by(listings::Column::Id, order);
    }
    let rows = query.offset(Ord::min(paging.offset(), COUNT_MAX)).limit(paging.rows).all(db).await.map_err(fail)?;
    Ok(Page { rows: rows.into_iter().map(read).collect::<Result<_>>()?, total, paging: paging.clone() })
}

/// The next listings after an id, in the order of their ids: for exports and rescreens.
pub(crate) async fn after(db: &impl ConnectionTrait, filter: &Filter, after: &str, most: u64) -> Result<Vec<Listing>> {
    let rows = filtered(db, filter)
        .await?
        .filter(listings::Column::Id.gt(after))
        .order_by_asc(listings::Column::Id)
        .limit(most)
        .all(db)
        .await
        .map_err(fail)?;
    rows.into_iter().map(read).collect()
}

/// How many listings stand in each state: of one merchant exactly, of all counted up to [`COUNT_MAX`] a state.
pub(crate) async fn counts(db: &impl ConnectionTrait, merchant_id: Option<&str>) -> Result<Vec<(State, u64)>> {
    if let Some(merchant) = merchant_id {
        let rows: Vec<(String, i64)> = listings::Entity::find()
            .select_only()
            .column(listings::Column::State)
            .column_as(listings::Column::Id.count(), "n")
            .filter(listings::Column::MerchantId.eq(merchant))
            .group_by(listings::Column::State)
            .into_tuple()
            .all(db)
            .await
            .map_err(fail)?;
        let known = |(name, n): (String, i64)| State::from_name(&name).map(|state| (state, count(n)));
        return Ok(rows.into_iter().filter_map(known).collect());
    }
    let mut counts = Vec::new();
    for state in State::ALL {
        let query = listings::Entity::find().filter(listings::Column::State.eq(state.name()));
        let n = capped(db, query).await?;
        if n > 0 {
            counts.push((state, n));
        }
    }
    Ok(counts)
}

/// Rows of a query, counted up to [`COUNT_MAX`].
async fn capped(db: &impl ConnectionTrait, query: sea_orm::Select<listings::Entity>) -> Result<u64> {
    let counted = Query::select()
        .expr(Expr::col(sea_orm::sea_query::Asterisk).count())
        .from_subquery(
            query.select_only().column(listings::Column::Id).limit(COUNT_MAX).into_query(),
            Alias::new("counted"),
        )
        .to_owned();
    Ok(match db.query_one(&counted).await.map_err(fail)? {
        Some(row) => count(row.try_get_by_index(0).map_err(fail)?),
        None => 0,
    })
}

/// How many listings of a market hold a version that a policy speaks about, counted exactly.
pub(crate) async fn count_in_market(db: &impl ConnectionTrait, market: &str) -> Result<u64> {
    let counted: Option<i64> = listings::Entity::find()
        .select_only()
        .column_as(listings::Column::Id.count(), "n")
        .filter(listings::Column::Market.eq(market))
        .into_tuple()
        .one(db)
        .await
        .map_err(fail)?;
    Ok(count(counted.unwrap_or(0)))
}

/// Listings on sale to compare a price with: the same GTIN where one is given, else the same category (and brand).
/// Newest first; `(listing, title, price)`.
pub(crate) async fn comparable(
    db: &impl ConnectionTrait,
    market: &str,
    category: &str,
    brand: &str,
    gtin: &str,
    currency: &str,
    most: u64,
) -> Result<Vec<listings::Model>> {
    let mut query = listings::Entity::find()
        .filter(listings::Column::Market.eq(market))
        .filter(listings::Column::Currency.eq(currency))
        .filter(listings::Column::PriceMinor.is_not_null())
        .filter(listings::Column::State.is_in([State::OnSale.name(), State::Restricted.name()]));
    query = if gtin.is_empty() {
        let query = query.filter(listings::Column::Category.eq(category));
        if brand.is_empty() { query } else { query.filter(listings::Column::BrandKey.eq(brand_key(brand))) }
    } else {
        query.filter(listings::Column::Gtin.eq(gtin))
    };
    query.order_by_desc(listings::Column::UpdatedAt).limit(most).all(db).await.map_err(fail)
}

/// Puts a hold on a listing; one that is there stays as it is. `true` when it is new.
pub(crate) async fn add_hold(tx: &Tx, hold: &Hold) -> Result<bool> {
    let there =
        holds::Entity::find_by_id((hold.listing_id.clone(), hold.cause.name().to_owned(), hold.reference.clone()))
            .one(tx)
            .await
            .map_err(fail)?;
    if there.is_some() {
        return Ok(false);
    }
    let model = holds::Model {
        listing_id: hold.listing_id.clone(),
        cause: hold.cause.name().to_owned(),
        reference: hold.reference.clone(),
        reason: hold.reason.clone(),
        since: hold.since.micros(),
        act_id: hold.act_id.clone(),
    };
    holds::Entity::insert(model.into_active_model()).exec_without_returning(tx).await.map_err(fail)?;
    Ok(true)
}

/// Lifts holds of a cause (and reference). Returns how many.
pub(crate) async fn lift_holds(tx: &Tx, listing_id: &str, cause: Cause, reference: Option<&str>) -> Result<u64> {
    let mut delete = holds::Entity::delete_many()
        .filter(holds::Column::ListingId.eq(listing_id))
        .filter(holds::Column::Cause.eq(cause.name()));
    if let Some(reference) = reference {
        delete = delete.filter(holds::Column::Reference.eq(reference));
    }
    Ok(delete.exec(tx).await.map_err(fail)?.rows_affected)
}

/// The holds on a listing, oldest first.
pub(crate) async fn holds_of(db: &impl ConnectionTrait, listing_id: &str) -> Result<Vec<Hold>> {
    let rows = holds::Entity::find()
        .filter(holds::Column::ListingId.eq(listing_id))
        .order_by_asc(holds::Column::Since)
        .all(db)
        .await
        .map_err(fail)?;
    let read = |model: holds::Model| {
        Some(Hold {
            cause: Cause::from_name(&model.cause)?,
            listing_id: model.listing_id,
            reference: model.reference,
            reason: model.reason,
            since: Timestamp::from_micros(model.since),
            act_id: model.act_id,
        })
    };
    Ok(rows.into_iter().filter_map(read).collect())
}

/// Records prices by day (`YYYY-MM-DD`) of one listing; a day that is there is overwritten.
pub(crate) async fn set_prices(tx: &Tx, listing_id: &str, days: &[(String, i64)]) -> Result<()> {
    set_all_prices(tx, &[(listing_id.to_owned(), days.to_vec())]).await
}

/// Rows of prices in one `INSERT`: three columns each.
const PRICE_ROWS_MAX: usize = 4_000;

/// Records prices by day of several listings; a day that is there is overwritten.
pub(crate) async fn set_all_prices(tx: &Tx, all: &[(String, Vec<(String, i64)>)]) -> Result<()> {
    let rows: Vec<prices::Model> = all
        .iter()
        .flat_map(|(listing_id, days)| {
            days.iter().map(|(day, price_minor)| prices::Model {
                listing_id: listing_id.clone(),
                day: day.clone(),
                price_minor: *price_minor,
            })
        })
        .collect();
    for chunk in rows.chunks(PRICE_ROWS_MAX) {
        prices::Entity::insert_many(chunk.iter().cloned().map(IntoActiveModel::into_active_model))
            .on_conflict(
                OnConflict::columns([prices::Column::ListingId, prices::Column::Day])
                    .update_column(prices::Column::PriceMinor)
                    .to_owned(),
            )
            .exec_without_returning(tx)
            .await
            .map_err(fail)?;
    }
    Ok(())
}

/// Prices by day from a day on, oldest first.
pub(crate) async fn prices_since(
    db: &impl ConnectionTrait,
    listing_id: &str,
    day: &str,
    most: u64,
) -> Result<Vec<(String, i64)>> {
    prices::Entity::find()
        .select_only()
        .column(prices::Column::Day)
        .column(prices::Column::PriceMinor)
        .filter(prices::Column::ListingId.eq(listing_id))
        .filter(prices::Column::Day.gte(day))
        .order_by_asc(prices::Column::Day)
        .limit(most)
        .into_tuple()
        .all(db)
        .await
        .map_err(fail)
}

/// Ids of listings that claim to be on sale without a passed version, an act, or that act being one that lists: the
/// invariant of this slice, asked of the store. Empty in a sound database.
pub(crate) async fn unsound(db: &impl ConnectionTrait, most: u64) -> Result<Vec<String>> {
    let passed = versions::Entity::find()
        .select_only()
        .column(versions::Column::Id)
        .filter(versions::Column::State.eq(VersionState::Passed.name()));
    let on_sale = [State::OnSale.name(), State::Restricted.name()];
    listings::Entity::find()
        .select_only()
        .column(listings::Column::Id)
        .filter(
            sea_orm::Condition::any()
                .add(
                    sea_orm::Condition::all().add(listings::Column::State.is_in(on_sale)).add(
                        sea_orm::Condition::any()
                            .add(listings::Column::OnSaleVersionId.is_null())
                            .add(listings::Column::OnSaleActId.is_null())
                            .add(listings::Column::OnSaleVersionId.not_in_subquery(passed.into_query())),
                    ),
                )
                .add(
                    sea_orm::Condition::all()
                        .add(listings::Column::State.is_not_in(on_sale))
                        .add(listings::Column::OnSaleVersionId.is_not_null()),
                ),
        )
        .limit(most)
        .into_tuple()
        .all(db)
        .await
        .map_err(fail)
}
