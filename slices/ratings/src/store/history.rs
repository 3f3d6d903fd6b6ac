//! Rows of the history of ratings.

use super::schema::history::{Column, Entity, Model};
use super::{fail, unknown};
use crate::line::Line;
use crate::model::{Day, Grade, Point, split_key};
use db::Tx;
use ground::Problem;
use kernel::Result;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};

fn read(row: Model) -> Result<Point> {
    Ok(Point {
        day: Day::try_from(row.day).unwrap_or(Day::MAX),
        score: row.score,
        lower: row.lower,
        upper: row.upper,
        grade: Grade::from_name(&row.grade).ok_or_else(|| unknown("grade", &row.grade))?,
        contributions: serde_json::from_str(&row.contributions).map_err(Problem::internal)?,
    })
}

/// Keeps published points.
pub(crate) async fn insert(tx: &Tx, day: Day, lines: &[Line]) -> Result<()> {
    let mut rows = Vec::with_capacity(lines.len());
    for line in lines {
        let Some((merchant, product)) = split_key(&line.key) else { continue };
        rows.push(Model {
            merchant_id: merchant.to_owned(),
            product: product.to_owned(),
            day: i64::from(day),
            score: line.score,
            lower: line.lower,
            upper: line.upper,
            grade: line.grade.name().to_owned(),
            contributions: serde_json::to_string(&line.contributions()).map_err(Problem::internal)?,
        });
    }
    for chunk in rows.chunks(100) {
        let models = chunk.iter().cloned().map(IntoActiveModel::into_active_model);
        let key = [Column::MerchantId, Column::Product, Column::Day];
        let once = OnConflict::columns(key).do_nothing_on(key).to_owned();
        Entity::insert_many(models).on_conflict(once).exec_without_returning(tx).await.map_err(fail)?;
    }
    Ok(())
}

/// The newest points of a product, oldest first.
pub(crate) async fn of(db: &impl ConnectionTrait, merchant: &str, product: &str, most: u64) -> Result<Vec<Point>> {
    let rows = Entity::find()
        .filter(Column::MerchantId.eq(merchant))
        .filter(Column::Product.eq(product))
        .order_by_desc(Column::Day)
        .limit(most)
        .all(db)
        .await
        .map_err(fail)?;
    rows.into_iter().rev().map(read).collect()
}

/// The last point at or before a day; else the first there is.
pub(crate) async fn at(db: &impl ConnectionTrait, merchant: &str, product: &str, day: Day) -> Result<Option<Point>> {
    let of = || Entity::find().filter(Column::MerchantId.eq(merchant)).filter(Column::Product.eq(product));
    let before = of().filter(Column::Day.lte(i64::from(day))).order_by_desc(Column::Day).one(db).await.map_err(fail)?;
    match before {
        Some(row) => read(row).map(Some),
        None => of().order_by_asc(Column::Day).one(db).await.map_err(fail)?.map(read).transpose(),
    }
}
