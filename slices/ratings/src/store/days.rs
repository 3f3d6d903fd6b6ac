//! Rows of days: due, computed, published so far; and the counter of the feed.

use super::fail;
use super::schema::{counter, days, due};
use crate::line::Head;
use crate::model::{ComputedDay, Day};
use db::Tx;
use ground::{Problem, Timestamp};
use kernel::Result;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};

/// Name of the row that counts the feed.
const FEED: &str = "feed";

fn read(row: days::Model) -> ComputedDay {
    let day = |value: i64| Day::try_from(value).unwrap_or(Day::MAX);
    ComputedDay {
        day: day(row.day),
        previous: row.previous.map(day),
        sha256: row.sha256,
        root: row.root,
        lines: u64::try_from(row.lines).unwrap_or(0),
        bytes: u64::try_from(row.bytes).unwrap_or(0),
        applied: u64::try_from(row.applied).unwrap_or(0),
        act_id: row.act_id,
        at: Timestamp::from_micros(row.at),
    }
}

/// Notes that a day is to be computed. A day that is noted already stays.
pub(crate) async fn note_due(tx: &Tx, day: Day, at: Timestamp) -> Result<()> {
    let row = due::Model { day: i64::from(day), at: at.micros() };
    let once = OnConflict::column(due::Column::Day).do_nothing_on([due::Column::Day]).to_owned();
    due::Entity::insert(row.into_active_model()).on_conflict(once).exec_without_returning(tx).await.map_err(fail)?;
    Ok(())
}

/// The earliest day that is due.
pub(crate) async fn earliest_due(db: &impl ConnectionTrait) -> Result<Option<Day>> {
    let row = due::Entity::find().order_by_asc(due::Column::Day).one(db).await.map_err(fail)?;
    Ok(row.and_then(|row| Day::try_from(row.day).ok()))
}

/// A day is no longer due.
pub(crate) async fn settle_due(tx: &Tx, day: Day) -> Result<()> {
    due::Entity::delete_by_id(i64::from(day)).exec(tx).await.map_err(fail)?;
    Ok(())
}

/// Keeps a computed day.
pub(crate) async fn insert(tx: &Tx, day: &ComputedDay, head: &Head) -> Result<()> {
    let row = days::Model {
        day: i64::from(day.day),
        previous: day.previous.map(i64::from),
        sha256: day.sha256.clone(),
        root: day.root.clone(),
        lines: day.lines as i64,
        bytes: day.bytes as i64,
        applied: day.applied as i64,
        act_id: day.act_id.clone(),
        at: day.at.micros(),
        head: serde_json::to_string(head).map_err(Problem::internal)?,
    };
    days::Entity::insert(row.into_active_model()).exec_without_returning(tx).await.map_err(fail)?;
    Ok(())
}

/// A computed day.
pub(crate) async fn get(db: &impl ConnectionTrait, day: Day) -> Result<Option<ComputedDay>> {
    Ok(days::Entity::find_by_id(i64::from(day)).one(db).await.map_err(fail)?.map(read))
}

/// The head of a computed day's file.
pub(crate) async fn head(db: &impl ConnectionTrait, day: Day) -> Result<Option<Head>> {
    let row = days::Entity::find_by_id(i64::from(day)).one(db).await.map_err(fail)?;
    row.map(|row| serde_json::from_str(&row.head).map_err(Problem::internal)).transpose()
}

/// The newest computed day.
pub(crate) async fn newest(db: &impl ConnectionTrait) -> Result<Option<ComputedDay>> {
    Ok(days::Entity::find().order_by_desc(days::Column::Day).one(db).await.map_err(fail)?.map(read))
}

/// The newest computed days, newest first.
pub(crate) async fn latest(db: &impl ConnectionTrait, most: u64) -> Result<Vec<ComputedDay>> {
    let rows = days::Entity::find().order_by_desc(days::Column::Day).limit(most).all(db).await.map_err(fail)?;
    Ok(rows.into_iter().map(read).collect())
}

/// The computed days after one, oldest first.
pub(crate) async fn from(db: &impl ConnectionTrait, first: Option<Day>, most: u64) -> Result<Vec<ComputedDay>> {
    let mut query = days::Entity::find();
    if let Some(first) = first {
        query = query.filter(days::Column::Day.gte(i64::from(first)));
    }
    let rows = query.order_by_asc(days::Column::Day).limit(most).all(db).await.map_err(fail)?;
    Ok(rows.into_iter().map(read).collect())
}

/// The oldest day whose lines are not all published.
pub(crate) async fn unpublished(db: &impl ConnectionTrait) -> Result<Option<ComputedDay>> {
    let row = days::Entity::find()
        .filter(Expr::col(days::Column::Applied).lt(Expr::col(days::Column::Lines)))
        .order_by_asc(days::Column::Day)
        .one(db)
        .await
        .map_err(fail)?;
    Ok(row.map(read))
}

/// Notes how many lines are published. `false`: another process was faster.
pub(crate) async fn publish_through(tx: &Tx, day: Day, from: u64, through: u64) -> Result<bool> {
    let done = days::Entity::update_many()
        .col_expr(days::Column::Applied, Expr::value(through as i64))
        .filter(days::Column::Day.eq(i64::from(day)))
        .filter(days::Column::Applied.eq(from as i64))
        .exec(tx)
        .await
        .map_err(fail)?;
    Ok(done.rows_affected == 1)
}

/// Takes so many numbers of the feed; returns the first of them.
pub(crate) async fn take_numbers(tx: &Tx, count: i64) -> Result<i64> {
    let taken = counter::Entity::update_many()
        .col_expr(counter::Column::Value, Expr::col(counter::Column::Value).add(count))
        .filter(counter::Column::Name.eq(FEED))
        .exec(tx)
        .await
        .map_err(fail)?;
    if taken.rows_affected == 0 {
        let row = counter::Model { name: FEED.to_owned(), value: count };
        counter::Entity::insert(row.into_active_model()).exec_without_returning(tx).await.map_err(fail)?;
        return Ok(1);
    }
    let row = counter::Entity::find_by_id(FEED).one(tx).await.map_err(fail)?;
    Ok(row.map_or(1, |row| row.value - count + 1))
}
