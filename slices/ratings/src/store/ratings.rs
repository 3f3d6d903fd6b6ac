//! Rows of ratings.

use super::schema::ratings::{Column, Entity, Model};
use super::{fail, unknown};
use crate::model::{Day, Effect, Grade, Held, Override, Rating};
use db::Tx;
use ground::{Problem, Timestamp};
use kernel::{Page, Paging, Result};
use sea_orm::sea_query::{Condition, OnConflict};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, IntoActiveModel, Order, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
};

/// Rows counted at most for a list; beyond, it says so.
pub(crate) const COUNT_MAX: u64 = 10_001;

fn effect(name: &str) -> Result<Effect> {
    Effect::from_name(name).ok_or_else(|| unknown("effect", name))
}

fn read(row: Model) -> Result<Rating> {
    let held = match row.held.as_deref() {
        None => None,
        Some(name) => Some(Held {
            how: Override::from_name(name).ok_or_else(|| unknown("override", name))?,
            by: row.held_by.unwrap_or_default(),
            at: Timestamp::from_micros(row.held_at.unwrap_or(0)),
            reason: row.held_reason.unwrap_or_default(),
            act_id: row.held_act_id.unwrap_or_default(),
        }),
    };
    Ok(Rating {
        grade: Grade::from_name(&row.grade).ok_or_else(|| unknown("grade", &row.grade))?,
        effect: effect(&row.effect)?,
        applied: effect(&row.applied)?,
        held,
        line: serde_json::from_str(&row.line).map_err(Problem::internal)?,
        reasons: serde_json::from_str(&row.reasons).map_err(Problem::internal)?,
        merchant_id: row.merchant_id,
        product: row.product,
        listing_id: row.listing_id,
        market: row.market,
        category: row.category,
        score: row.score,
        lower: row.lower,
        upper: row.upper,
        is_new: row.is_new != 0,
        day: Day::try_from(row.day).unwrap_or(Day::MAX),
        at: Timestamp::from_micros(row.at),
        sequence: row.sequence,
        act_id: row.act_id,
    })
}

fn row(rating: &Rating) -> Result<Model> {
    let text = |value: serde_json::Result<String>| value.map_err(Problem::internal);
    let held = rating.held.as_ref();
    Ok(Model {
        merchant_id: rating.merchant_id.clone(),
        product: rating.product.clone(),
        listing_id: rating.listing_id.clone(),
        market: rating.market.clone(),
        category: rating.category.clone(),
        category_top: rating.category.split('/').next().unwrap_or_default().to_owned(),
        score: rating.score,
        lower: rating.lower,
        upper: rating.upper,
        grade: rating.grade.name().to_owned(),
        is_new: i64::from(rating.is_new),
        effect: rating.effect.name().to_owned(),
        applied: rating.applied.name().to_owned(),
        held: held.map(|held| held.how.name().to_owned()),
        held_by: held.map(|held| held.by.clone()),
        held_at: held.map(|held| held.at.micros()),
        held_reason: held.map(|held| held.reason.clone()),
        held_act_id: held.map(|held| held.act_id.clone()),
        day: i64::from(rating.day),
        at: rating.at.micros(),
        sequence: rating.sequence,
        reasons: text(serde_json::to_string(&rating.reasons))?,
        act_id: rating.act_id.clone(),
        line: text(serde_json::to_string(&rating.line))?,
    })
}

/// Writes whole rows.
pub(crate) async fn keep(tx: &Tx, ratings: &[Rating]) -> Result<()> {
    const COLUMNS: [Column; 22] = [
        Column::ListingId,
        Column::Market,
        Column::Category,
        Column::CategoryTop,
        Column::Score,
        Column::Lower,
        Column::Upper,
        Column::Grade,
        Column::IsNew,
        Column::Effect,
        Column::Applied,
        Column::Held,
        Column::HeldBy,
        Column::HeldAt,
        Column::HeldReason,
        Column::HeldActId,
        Column::Day,
        Column::At,
        Column::Sequence,
        Column::Reasons,
        Column::ActId,
        Column::Line,
    ];
    for chunk in ratings.chunks(40) {
        let models: Vec<_> = chunk.iter().map(|rating| Ok(row(rating)?.into_active_model())).collect::<Result<_>>()?;
        let replace = OnConflict::columns([Column::MerchantId, Column::Product]).update_columns(COLUMNS).to_owned();
        Entity::insert_many(models).on_conflict(replace).exec_without_returning(tx).await.map_err(fail)?;
    }
    Ok(())
}

/// One.
pub(crate) async fn get(db: &impl ConnectionTrait, merchant: &str, product: &str) -> Result<Option<Rating>> {
    Entity::find_by_id((merchant.to_owned(), product.to_owned())).one(db).await.map_err(fail)?.map(read).transpose()
}

/// Those of several products of a merchant.
pub(crate) async fn of(db: &impl ConnectionTrait, merchant: &str, products: &[&str]) -> Result<Vec<Rating>> {
    let mut found = Vec::new();
    for chunk in products.chunks(400) {
        let rows = Entity::find()
            .filter(Column::MerchantId.eq(merchant))
            .filter(Column::Product.is_in(chunk.iter().copied()))
            .all(db)
            .await
            .map_err(fail)?;
        for row in rows {
            found.push(read(row)?);
        }
    }
    Ok(found)
}

/// The feed after a number, oldest first.
pub(crate) async fn after(db: &impl ConnectionTrait, sequence: i64, most: u64) -> Result<Vec<Rating>> {
    let rows = Entity::find()
        .filter(Column::Sequence.gt(sequence))
        .order_by_asc(Column::Sequence)
        .limit(most)
        .all(db)
        .await
        .map_err(fail)?;
    rows.into_iter().map(read).collect()
}

/// The newest number of the feed; 0 before anything was published.
pub(crate) async fn newest(db: &impl ConnectionTrait) -> Result<i64> {
    let row = Entity::find().order_by_desc(Column::Sequence).one(db).await.map_err(fail)?;
    Ok(row.map_or(0, |row| row.sequence))
}

/// Which ratings.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    pub grade: Option<Grade>,
    pub effect: Option<Effect>,
    pub market: Option<String>,
    pub category: Option<String>,
    pub merchant_id: Option<String>,
    pub is_new: Option<bool>,
    pub held: Option<bool>,
    pub search: Option<String>,
}

fn condition(filter: &Filter) -> Condition {
    let mut all = Condition::all();
    if let Some(grade) = filter.grade {
        all = all.add(Column::Grade.eq(grade.name()));
    }
    if let Some(effect) = filter.effect {
        all = all.add(Column::Applied.eq(effect.name()));
    }
    for (column, value) in [(Column::Market, &filter.market), (Column::MerchantId, &filter.merchant_id)] {
        if let Some(value) = value {
            all = all.add(column.eq(value));
        }
    }
    if let Some(category) = &filter.category {
        let column = if category.contains('/') { Column::Category } else { Column::CategoryTop };
        all = all.add(column.eq(category));
    }
    if let Some(is_new) = filter.is_new {
        all = all.add(Column::IsNew.eq(i64::from(is_new)));
    }
    if let Some(held) = filter.held {
        all = all.add(if held { Column::Held.is_not_null() } else { Column::Held.is_null() });
    }
    if let Some(text) = &filter.search {
        let (merchant, product) = match text.split_once('/') {
            Some((merchant, product)) => (Some(merchant), product),
            None => (None, text.as_str()),
        };
        match merchant {
            Some(merchant) => {
                all = all.add(Column::MerchantId.eq(merchant)).add(Column::Product.like(db::containing(product)));
            }
            None => {
                let any = Condition::any()
                    .add(Column::Product.like(db::containing(product)))
                    .add(Column::MerchantId.eq(product))
                    .add(Column::ListingId.eq(product));
                all = all.add(any);
            }
        }
    }
    all
}

/// A page of them; columns to sort by: `score`, `lower`, `changed`, `product`, `grade`.
pub(crate) async fn list(db: &impl ConnectionTrait, filter: &Filter, paging: &Paging) -> Result<Page<Rating>> {
    let query = Entity::find().filter(condition(filter));
    let total = query.clone().limit(COUNT_MAX).count(db).await.map_err(fail)?;
    let (column, descending) = match &paging.sort {
        Some(sort) => (
            match sort.by.as_str() {
                "score" => Column::Score,
                "changed" => Column::Sequence,
                "product" => Column::Product,
                "grade" => Column::Grade,
                _ => Column::Lower,
            },
            sort.descending,
        ),
        None => (Column::Lower, false),
    };
    let rows = query
        .order_by(column, if descending { Order::Desc } else { Order::Asc })
        .order_by_asc(Column::MerchantId)
        .order_by_asc(Column::Product)
        .offset(paging.offset())
        .limit(paging.rows)
        .all(db)
        .await
        .map_err(fail)?;
    let rows = rows.into_iter().map(read).collect::<Result<_>>()?;
    Ok(Page { rows, total, paging: paging.clone() })
}

#[derive(Debug, FromQueryResult)]
struct Count {
    grade: String,
    is_new: i64,
    count: i64,
}

/// How many there are of each grade, the new ones apart: grade, new, count.
pub(crate) async fn distribution(db: &impl ConnectionTrait, filter: &Filter) -> Result<Vec<(Grade, bool, u64)>> {
    let rows: Vec<Count> = Entity::find()
        .select_only()
        .column(Column::Grade)
        .column(Column::IsNew)
        .column_as(Column::Product.count(), "count")
        .filter(condition(filter))
        .group_by(Column::Grade)
        .group_by(Column::IsNew)
        .into_model()
        .all(db)
        .await
        .map_err(fail)?;
    rows.into_iter()
        .map(|row| {
            let grade = Grade::from_name(&row.grade).ok_or_else(|| unknown("grade", &row.grade))?;
            Ok((grade, row.is_new != 0, u64::try_from(row.count).unwrap_or(0)))
        })
        .collect()
}

/// How many have each effect.
pub(crate) async fn effects(db: &impl ConnectionTrait, filter: &Filter) -> Result<Vec<(Effect, u64)>> {
    let mut counts = Vec::new();
    for effect in Effect::ALL.iter().filter(|effect| **effect != Effect::None) {
        let wanted = condition(filter).add(Column::Applied.eq(effect.name()));
        counts.push((*effect, Entity::find().filter(wanted).count(db).await.map_err(fail)?));
    }
    Ok(counts)
}
