//! Rows of scores.

use super::schema::scores::{Column, Entity, Model};
use super::{day, fail};
use crate::features::Vector;
use crate::model::ScoreRow;
use ground::{Problem, Timestamp};
use kernel::{Page, Paging, Result};
use sea_orm::sea_query::Condition;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, Order, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

/// Rows written in one statement.
const ROWS_AT_ONCE: usize = 200;

fn read(row: Model) -> Result<ScoreRow> {
    let vector: serde_json::Value = serde_json::from_str(&row.vector).map_err(Problem::internal)?;
    Ok(ScoreRow {
        merchant: row.merchant,
        product: row.product,
        day: day(row.day),
        at: Timestamp::from_micros(row.at),
        probability: row.probability,
        raw: row.raw,
        model: row.model,
        listing_id: row.listing_id,
        title: row.title,
        category: row.category,
        leading: row.leading,
        vector: Vector::from_json(&vector),
    })
}

/// Keeps scores in place of earlier ones of the same products.
pub(crate) async fn replace(db: &impl ConnectionTrait, scores: &[ScoreRow]) -> Result<()> {
    for chunk in scores.chunks(ROWS_AT_ONCE) {
        let same = chunk.iter().fold(Condition::any(), |any, score| {
            any.add(Condition::all().add(Column::Merchant.eq(&score.merchant)).add(Column::Product.eq(&score.product)))
        });
        Entity::delete_many().filter(same).exec(db).await.map_err(fail)?;
        let rows = chunk.iter().map(|score| {
            Model {
                merchant: score.merchant.clone(),
                product: score.product.clone(),
                day: i64::from(score.day),
                at: score.at.micros(),
                probability: score.probability,
                raw: score.raw,
                model: score.model.clone(),
                listing_id: score.listing_id.clone(),
                title: score.title.clone(),
                category: score.category.clone(),
                leading: score.leading.clone(),
                vector: score.vector.to_json().to_string(),
            }
            .into_active_model()
        });
        Entity::insert_many(rows).exec_without_returning(db).await.map_err(fail)?;
    }
    Ok(())
}

/// One.
pub(crate) async fn get(db: &impl ConnectionTrait, merchant: &str, product: &str) -> Result<Option<ScoreRow>> {
    let key = (merchant.to_owned(), product.to_owned());
    Entity::find_by_id(key).one(db).await.map_err(fail)?.map(read).transpose()
}

/// Which scores.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    pub search: Option<String>,
    pub merchant: Option<String>,
    pub category: Option<String>,
    pub at_least: Option<f64>,
    pub below: Option<f64>,
}

/// A page of them; columns to sort by: `probability`, `product`, `merchant`, `category`, `day`.
pub(crate) async fn list(db: &impl ConnectionTrait, filter: &Filter, paging: &Paging) -> Result<Page<ScoreRow>> {
    let mut query = Entity::find();
    if let Some(merchant) = &filter.merchant {
        query = query.filter(Column::Merchant.eq(merchant));
    }
    if let Some(category) = &filter.category {
        query = query.filter(Column::Category.eq(category));
    }
    if let Some(at_least) = filter.at_least {
        query = query.filter(Column::Probability.gte(at_least));
    }
    if let Some(below) = filter.below {
        query = query.filter(Column::Probability.lt(below));
    }
    if let Some(text) = &filter.search {
        let any = [Column::Product, Column::Title, Column::Merchant]
            .into_iter()
            .fold(Condition::any(), |any, column| any.add(column.like(db::containing(text))));
        query = query.filter(any);
    }
    let total = query.clone().count(db).await.map_err(fail)?;
    let (column, descending) = match &paging.sort {
        Some(sort) => (
            match sort.by.as_str() {
                "product" => Column::Product,
                "merchant" => Column::Merchant,
                "category" => Column::Category,
                "day" => Column::Day,
                _ => Column::Probability,
            },
            sort.descending,
        ),
        None => (Column::Probability, true),
    };
    let rows = query
        .order_by(column, if descending { Order::Desc } else { Order::Asc })
        .order_by_asc(Column::Merchant)
        .order_by_asc(Column::Product)
        .offset(paging.offset())
        .limit(paging.rows)
        .all(db)
        .await
        .map_err(fail)?;
    let rows = rows.into_iter().map(read).collect::<Result<_>>()?;
    Ok(Page { rows, total, paging: paging.clone() })
}

/// The newest scores since a day, at most so many, for drift.
pub(crate) async fn since(db: &impl ConnectionTrait, from_day: i32, most: u64) -> Result<Vec<ScoreRow>> {
    let rows = Entity::find()
        .filter(Column::Day.gte(i64::from(from_day)))
        .order_by_desc(Column::Day)
        .order_by_asc(Column::Merchant)
        .order_by_asc(Column::Product)
        .limit(most)
        .all(db)
        .await
        .map_err(fail)?;
    rows.into_iter().map(read).collect()
}

/// The next scores in the order of merchant and product that another model made.
pub(crate) async fn of_other_models(db: &impl ConnectionTrait, model: &str, most: u64) -> Result<Vec<ScoreRow>> {
    let rows = Entity::find()
        .filter(Column::Model.ne(model))
        .order_by_asc(Column::Merchant)
        .order_by_asc(Column::Product)
        .limit(most)
        .all(db)
        .await
        .map_err(fail)?;
    rows.into_iter().map(read).collect()
}

/// The categories there are.
pub(crate) async fn categories(db: &impl ConnectionTrait, most: u64) -> Result<Vec<String>> {
    let found: Vec<String> = Entity::find()
        .select_only()
        .column(Column::Category)
        .filter(Column::Category.ne(""))
        .group_by(Column::Category)
        .order_by_asc(Column::Category)
        .limit(most)
        .into_tuple()
        .all(db)
        .await
        .map_err(fail)?;
    Ok(found)
}
