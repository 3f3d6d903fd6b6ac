//! Rows of rescreens: a changed policy on its way through the listings of a market.

use super::fail;
use super::schema::rescreens;
use crate::runs::Rescreen;
use db::Tx;
use ground::Timestamp;
use kernel::Result;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};

fn read(model: rescreens::Model) -> Rescreen {
    let number = |value: i64| value.max(0) as u64;
    Rescreen {
        id: model.id,
        market: model.market,
        pack_version: model.pack_version,
        cause: model.cause,
        running: model.state == "running",
        cursor: model.cursor,
        total: number(model.total),
        done: number(model.done),
        changed: number(model.changed),
        taken_off: number(model.taken_off),
        text_read: number(model.text_read),
        created_at: Timestamp::from_micros(model.created_at),
        finished_at: model.finished_at.map(Timestamp::from_micros),
    }
}

fn row(rescreen: &Rescreen) -> rescreens::Model {
    rescreens::Model {
        id: rescreen.id.clone(),
        market: rescreen.market.clone(),
        pack_version: rescreen.pack_version.clone(),
        cause: rescreen.cause.clone(),
        state: if rescreen.running { "running" } else { "finished" }.to_owned(),
        cursor: rescreen.cursor.clone(),
        total: rescreen.total as i64,
        done: rescreen.done as i64,
        changed: rescreen.changed as i64,
        taken_off: rescreen.taken_off as i64,
        text_read: rescreen.text_read as i64,
        created_at: rescreen.created_at.micros(),
        finished_at: rescreen.finished_at.map(Timestamp::micros),
    }
}

/// A new rescreen.
pub(crate) async fn insert(tx: &Tx, rescreen: &Rescreen) -> Result<()> {
    rescreens::Entity::insert(row(rescreen).into_active_model()).exec_without_returning(tx).await.map_err(fail)?;
    Ok(())
}

/// Progress, kept only where the cursor is still what the caller read. `false`: another worker was faster.
pub(crate) async fn advance(tx: &Tx, before: &Rescreen, after: &Rescreen) -> Result<bool> {
    let updated = rescreens::Entity::update_many()
        .set(row(after).into_active_model().reset_all())
        .filter(rescreens::Column::Id.eq(&before.id))
        .filter(rescreens::Column::State.eq("running"))
        .filter(rescreens::Column::Cursor.eq(&before.cursor))
        .exec(tx)
        .await
        .map_err(fail)?;
    Ok(updated.rows_affected == 1)
}

/// The oldest that is running.
pub(crate) async fn running(db: &impl ConnectionTrait) -> Result<Option<Rescreen>> {
    let found = rescreens::Entity::find()
        .filter(rescreens::Column::State.eq("running"))
        .order_by_asc(rescreens::Column::CreatedAt)
        .one(db)
        .await
        .map_err(fail)?;
    Ok(found.map(read))
}

/// One that runs for a market, if there is one.
pub(crate) async fn running_for(db: &impl ConnectionTrait, market: &str) -> Result<Vec<Rescreen>> {
    let found = rescreens::Entity::find()
        .filter(rescreens::Column::State.eq("running"))
        .filter(rescreens::Column::Market.eq(market))
        .all(db)
        .await
        .map_err(fail)?;
    Ok(found.into_iter().map(read).collect())
}

/// The newest ones.
pub(crate) async fn newest(db: &impl ConnectionTrait, most: u64) -> Result<Vec<Rescreen>> {
    let found = rescreens::Entity::find()
        .order_by_desc(rescreens::Column::CreatedAt)
        .limit(most)
        .all(db)
        .await
        .map_err(fail)?;
    Ok(found.into_iter().map(read).collect())
}
