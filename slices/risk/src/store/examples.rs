//! Rows of examples.

use super::schema::examples::{Column, Entity, Model};
use super::{day, fail, unknown};
use crate::features::Vector;
use crate::model::{Example, Source};
use ground::{Problem, Timestamp};
use kernel::Result;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

fn read(row: Model) -> Result<Example> {
    let vector: serde_json::Value = serde_json::from_str(&row.vector).map_err(Problem::internal)?;
    Ok(Example {
        source: Source::from_name(&row.source).ok_or_else(|| unknown("source", &row.source))?,
        id: row.id,
        reference: row.reference,
        merchant: row.merchant,
        product: row.product,
        day: day(row.day),
        taken_at: Timestamp::from_micros(row.taken_at),
        due_day: row.due_day.map(day),
        vector: Vector::from_json(&vector),
        label: row.label.map(|label| label != 0),
        labelled_day: row.labelled_day.map(day),
    })
}

/// Keeps an example. `false`: it is there already.
pub(crate) async fn insert(db: &impl ConnectionTrait, example: &Example) -> Result<bool> {
    if find(db, example.source, &example.reference, &example.product).await?.is_some() {
        return Ok(false);
    }
    let row = Model {
        id: example.id.clone(),
        source: example.source.name().to_owned(),
        reference: example.reference.clone(),
        merchant: example.merchant.clone(),
        product: example.product.clone(),
        day: i64::from(example.day),
        taken_at: example.taken_at.micros(),
        due_day: example.due_day.map(i64::from),
        vector: example.vector.to_json().to_string(),
        label: example.label.map(i64::from),
        labelled_day: example.labelled_day.map(i64::from),
    };
    Entity::insert(row.into_active_model()).exec_without_returning(db).await.map_err(fail)?;
    Ok(true)
}

/// One.
pub(crate) async fn find(
    db: &impl ConnectionTrait,
    source: Source,
    reference: &str,
    product: &str,
) -> Result<Option<Example>> {
    Entity::find()
        .filter(Column::Source.eq(source.name()))
        .filter(Column::Reference.eq(reference))
        .filter(Column::Product.eq(product))
        .one(db)
        .await
        .map_err(fail)?
        .map(read)
        .transpose()
}

/// Says how an open example ended. `false`: it is gone or has ended before.
pub(crate) async fn label(db: &impl ConnectionTrait, id: &str, label: bool, on_day: i32) -> Result<bool> {
    let done = Entity::update_many()
        .col_expr(Column::Label, Expr::value(i64::from(label)))
        .col_expr(Column::LabelledDay, Expr::value(i64::from(on_day)))
        .filter(Column::Id.eq(id))
        .filter(Column::Label.is_null())
        .exec(db)
        .await
        .map_err(fail)?;
    Ok(done.rows_affected == 1)
}

/// Takes an example away: nobody could tell.
pub(crate) async fn remove(db: &impl ConnectionTrait, id: &str) -> Result<()> {
    Entity::delete_by_id(id).exec(db).await.map_err(fail)?;
    Ok(())
}

/// Open draws whose horizon is over by `today`.
pub(crate) async fn due(db: &impl ConnectionTrait, today: i32, most: u64) -> Result<Vec<Example>> {
    let rows = Entity::find()
        .filter(Column::Label.is_null())
        .filter(Column::DueDay.lt(i64::from(today)))
        .order_by_asc(Column::DueDay)
        .order_by_asc(Column::Id)
        .limit(most)
        .all(db)
        .await
        .map_err(fail)?;
    rows.into_iter().map(read).collect()
}

/// The newest ended examples, oldest first.
pub(crate) async fn ended(db: &impl ConnectionTrait, most: u64) -> Result<Vec<Example>> {
    let rows = Entity::find()
        .filter(Column::Label.is_not_null())
        .order_by_desc(Column::Day)
        .order_by_desc(Column::Id)
        .limit(most)
        .all(db)
        .await
        .map_err(fail)?;
    rows.into_iter().rev().map(read).collect()
}

/// How many have ended, how many of them were wrong, how many are open.
pub(crate) async fn counts(db: &impl ConnectionTrait) -> Result<(u64, u64, u64)> {
    let ended = Entity::find().filter(Column::Label.is_not_null()).count(db).await.map_err(fail)?;
    let wrong = Entity::find().filter(Column::Label.eq(1)).count(db).await.map_err(fail)?;
    let open = Entity::find().filter(Column::Label.is_null()).count(db).await.map_err(fail)?;
    Ok((ended, wrong, open))
}
