//! Rows of versions.

use super::schema::versions::{Column, Entity, Model};
use super::{fail, unknown};
use crate::card::Card;
use crate::model::{ModelState, Version};
use ground::{Problem, Timestamp};
use kernel::{Page, Paging, Result};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
};

fn read(row: Model) -> Result<Version> {
    let card: Option<Card> = match &row.card {
        Some(card) => Some(serde_json::from_str(card).map_err(Problem::internal)?),
        None => None,
    };
    Ok(Version {
        number: row.number,
        state: ModelState::from_name(&row.state).ok_or_else(|| unknown("state", &row.state))?,
        requested_by: row.requested_by,
        requested_at: Timestamp::from_micros(row.requested_at),
        trained_at: row.trained_at.map(Timestamp::from_micros),
        sha256: row.sha256,
        card,
        activated_by: row.activated_by,
        activated_at: row.activated_at.map(Timestamp::from_micros),
        replaced: row.replaced,
        train_act_id: row.train_act_id,
        activate_act_id: row.activate_act_id,
        proposed_at: row.proposed_at.map(Timestamp::from_micros),
    })
}

fn row(version: &Version) -> Result<Model> {
    let card = match &version.card {
        Some(card) => Some(serde_json::to_string(card).map_err(Problem::internal)?),
        None => None,
    };
    Ok(Model {
        number: version.number,
        state: version.state.name().to_owned(),
        requested_by: version.requested_by.clone(),
        requested_at: version.requested_at.micros(),
        trained_at: version.trained_at.map(Timestamp::micros),
        sha256: version.sha256.clone(),
        card,
        activated_by: version.activated_by.clone(),
        activated_at: version.activated_at.map(Timestamp::micros),
        replaced: version.replaced,
        train_act_id: version.train_act_id.clone(),
        activate_act_id: version.activate_act_id.clone(),
        proposed_at: version.proposed_at.map(Timestamp::micros),
    })
}

/// Keeps a new one.
pub(crate) async fn insert(db: &impl ConnectionTrait, version: &Version) -> Result<()> {
    Entity::insert(row(version)?.into_active_model()).exec_without_returning(db).await.map_err(fail)?;
    Ok(())
}

/// Writes what changed.
pub(crate) async fn update(db: &impl ConnectionTrait, version: &Version) -> Result<()> {
    Entity::update(row(version)?.into_active_model().reset_all()).exec(db).await.map_err(fail)?;
    Ok(())
}

/// One.
pub(crate) async fn get(db: &impl ConnectionTrait, number: i64) -> Result<Option<Version>> {
    Entity::find_by_id(number).one(db).await.map_err(fail)?.map(read).transpose()
}

/// The number of the newest; 0 when there is none.
pub(crate) async fn newest(db: &impl ConnectionTrait) -> Result<i64> {
    let row = Entity::find().order_by_desc(Column::Number).limit(1).one(db).await.map_err(fail)?;
    Ok(row.map_or(0, |row| row.number))
}

/// The one in this state (the oldest, if several).
pub(crate) async fn in_state(db: &impl ConnectionTrait, state: ModelState) -> Result<Option<Version>> {
    let found = Entity::find().filter(Column::State.eq(state.name())).order_by_asc(Column::Number).limit(1);
    found.one(db).await.map_err(fail)?.map(read).transpose()
}

/// A page of them, newest first.
pub(crate) async fn list(db: &impl ConnectionTrait, paging: &Paging) -> Result<Page<Version>> {
    let total = Entity::find().count(db).await.map_err(fail)?;
    let rows = Entity::find()
        .order_by_desc(Column::Number)
        .offset(paging.offset())
        .limit(paging.rows)
        .all(db)
        .await
        .map_err(fail)?;
    let rows = rows.into_iter().map(read).collect::<Result<_>>()?;
    Ok(Page { rows, total, paging: paging.clone() })
}
