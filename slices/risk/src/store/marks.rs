//! Rows of what was found.

use super::fail;
use super::schema::marks::{Column, Entity, Model};
use crate::model::{Mark, Source};
use ground::Timestamp;
use kernel::Result;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QuerySelect};

/// Keeps a mark. `false`: it is there already.
pub(crate) async fn insert(db: &impl ConnectionTrait, mark: &Mark) -> Result<bool> {
    let known = Entity::find()
        .filter(Column::Source.eq(mark.source.name()))
        .filter(Column::Reference.eq(&mark.reference))
        .filter(Column::Product.eq(&mark.product))
        .count(db)
        .await
        .map_err(fail)?;
    if known > 0 {
        return Ok(false);
    }
    let row = Model {
        id: mark.id.clone(),
        at: mark.at.micros(),
        source: mark.source.name().to_owned(),
        reference: mark.reference.clone(),
        merchant: mark.merchant.clone(),
        product: mark.product.clone(),
        category: mark.category.clone(),
        adverse: mark.adverse,
    };
    Entity::insert(row.into_active_model()).exec_without_returning(db).await.map_err(fail)?;
    Ok(true)
}

/// How often something was found, by merchant, product and outcome, in `from <= at < until`.
pub(crate) async fn of_merchants(
    db: &impl ConnectionTrait,
    merchants: &[String],
    from: Timestamp,
    until: Timestamp,
) -> Result<Vec<(String, String, bool, u64)>> {
    let rows: Vec<(String, String, bool, i64)> = Entity::find()
        .select_only()
        .column(Column::Merchant)
        .column(Column::Product)
        .column(Column::Adverse)
        .column_as(Expr::col(Column::Id).count(), "times")
        .filter(Column::Merchant.is_in(merchants))
        .filter(Column::At.gte(from.micros()))
        .filter(Column::At.lt(until.micros()))
        .group_by(Column::Merchant)
        .group_by(Column::Product)
        .group_by(Column::Adverse)
        .into_tuple()
        .all(db)
        .await
        .map_err(fail)?;
    Ok(rows.into_iter().map(|(m, p, adverse, times)| (m, p, adverse, u64::try_from(times).unwrap_or(0))).collect())
}

/// How often something was found, by category and outcome, in `from <= at < until`.
pub(crate) async fn of_categories(
    db: &impl ConnectionTrait,
    from: Timestamp,
    until: Timestamp,
) -> Result<Vec<(String, bool, u64)>> {
    let rows: Vec<(String, bool, i64)> = Entity::find()
        .select_only()
        .column(Column::Category)
        .column(Column::Adverse)
        .column_as(Expr::col(Column::Id).count(), "times")
        .filter(Column::At.gte(from.micros()))
        .filter(Column::At.lt(until.micros()))
        .group_by(Column::Category)
        .group_by(Column::Adverse)
        .into_tuple()
        .all(db)
        .await
        .map_err(fail)?;
    Ok(rows
        .into_iter()
        .map(|(category, adverse, times)| (category, adverse, u64::try_from(times).unwrap_or(0)))
        .collect())
}

/// Whether something was wrong with a product in `from <= at < until`.
pub(crate) async fn any_adverse(
    db: &impl ConnectionTrait,
    merchant: &str,
    product: &str,
    from: Timestamp,
    until: Timestamp,
) -> Result<bool> {
    let found = Entity::find()
        .filter(Column::Merchant.eq(merchant))
        .filter(Column::Product.eq(product))
        .filter(Column::Adverse.eq(true))
        .filter(Column::At.gte(from.micros()))
        .filter(Column::At.lt(until.micros()))
        .count(db)
        .await
        .map_err(fail)?;
    Ok(found > 0)
}

/// The newest marks of a product.
pub(crate) async fn of_product(
    db: &impl ConnectionTrait,
    merchant: &str,
    product: &str,
    most: u64,
) -> Result<Vec<Mark>> {
    use sea_orm::QueryOrder;
    let rows = Entity::find()
        .filter(Column::Merchant.eq(merchant))
        .filter(Column::Product.eq(product))
        .order_by_desc(Column::At)
        .limit(most)
        .all(db)
        .await
        .map_err(fail)?;
    rows.into_iter()
        .map(|row| {
            Ok(Mark {
                source: Source::from_name(&row.source).ok_or_else(|| super::unknown("source", &row.source))?,
                id: row.id,
                at: Timestamp::from_micros(row.at),
                reference: row.reference,
                merchant: row.merchant,
                product: row.product,
                category: row.category,
                adverse: row.adverse,
            })
        })
        .collect()
}
