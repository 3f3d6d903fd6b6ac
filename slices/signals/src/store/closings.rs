//! Closed days, and the marks beside them.

use super::fail;
use super::schema::{closings, marks};
use crate::model::Closing;
use ground::Timestamp;
use kernel::Result;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ConnectionTrait, EntityTrait, IntoActiveModel, QueryOrder, QuerySelect};

/// The mark of the last look.
const LOOKED: &str = "looked";

fn read(model: closings::Model) -> Closing {
    let count = |number: i64| u64::try_from(number).unwrap_or(0);
    Closing {
        day: i32::try_from(model.day).unwrap_or(0),
        position: count(model.position),
        signals: count(model.signals),
        keys: count(model.keys),
        rows: count(model.row_count),
        sha256: model.sha256,
        act_id: Some(model.act_id),
        closed_at: Some(Timestamp::from_micros(model.closed_at)),
    }
}

/// The closing of a day, once its act is written.
pub(crate) async fn of_day(db: &impl ConnectionTrait, day: i32) -> Result<Option<Closing>> {
    let found = closings::Entity::find_by_id(i64::from(day)).one(db).await.map_err(fail)?;
    Ok(found.map(read))
}

/// Closings, the newest first.
pub(crate) async fn newest(db: &impl ConnectionTrait, most: u64) -> Result<Vec<Closing>> {
    let rows = closings::Entity::find().order_by_desc(closings::Column::Day).limit(most).all(db).await.map_err(fail)?;
    Ok(rows.into_iter().map(read).collect())
}

/// Keeps a closing with its act.
pub(crate) async fn insert(tx: &impl ConnectionTrait, closing: &Closing, act_id: &str, at: Timestamp) -> Result<()> {
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let row = closings::Model {
        day: i64::from(closing.day),
        position: number(closing.position),
        signals: number(closing.signals),
        keys: number(closing.keys),
        row_count: number(closing.rows),
        sha256: closing.sha256.clone(),
        act_id: act_id.to_owned(),
        closed_at: at.micros(),
    };
    closings::Entity::insert(row.into_active_model()).exec_without_returning(tx).await.map_err(fail)?;
    Ok(())
}

/// Up to which block loops were told to look.
pub(crate) async fn looked(db: &impl ConnectionTrait) -> Result<u64> {
    let found = marks::Entity::find_by_id(LOOKED).one(db).await.map_err(fail)?;
    Ok(found.map_or(0, |mark| u64::try_from(mark.position).unwrap_or(0)))
}

/// Keeps that.
pub(crate) async fn set_looked(tx: &impl ConnectionTrait, position: u64, at: Timestamp) -> Result<()> {
    let position = i64::try_from(position).unwrap_or(i64::MAX);
    let row = marks::Model { name: LOOKED.to_owned(), position, at: at.micros() };
    let mut replace = OnConflict::column(marks::Column::Name);
    replace.update_columns([marks::Column::Position, marks::Column::At]);
    let insert = marks::Entity::insert(row.into_active_model()).on_conflict(replace);
    insert.exec_without_returning(tx).await.map_err(fail)?;
    Ok(())
}
