//! Rows of reviewers, their skills, and their relations to merchants.

use super::schema::{conflicts, reviewers};
use super::{fail, json, to_json};
use crate::model::{Conflict, Reviewer};
use db::Tx;
use ground::Timestamp;
use kernel::Result;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

/// Most reviewers listed.
const REVIEWERS_MAX: u64 = 1_000;
/// Most relations listed.
const CONFLICTS_MAX: u64 = 1_000;

fn read(model: reviewers::Model) -> Result<Reviewer> {
    Ok(Reviewer { skills: json(&model.skills)?, id: model.id, name: model.name })
}

/// One reviewer.
pub(crate) async fn get(db: &impl ConnectionTrait, id: &str) -> Result<Option<Reviewer>> {
    reviewers::Entity::find_by_id(id).one(db).await.map_err(fail)?.map(read).transpose()
}

/// All reviewers by name.
pub(crate) async fn list(db: &impl ConnectionTrait) -> Result<Vec<Reviewer>> {
    let rows = reviewers::Entity::find()
        .order_by_asc(reviewers::Column::Id)
        .limit(REVIEWERS_MAX)
        .all(db)
        .await
        .map_err(fail)?;
    rows.into_iter().map(read).collect()
}

/// Notes that a person works here, and holds their row until the transaction ends, so that what one person does at the
/// same time in two windows happens one after the other. One statement: an update that finds no row and an insert after it
/// would make two newcomers wait for each other on MySQL.
pub(crate) async fn hold(tx: &Tx, id: &str, name: &str, now: Timestamp) -> Result<()> {
    upsert(tx, id, name, now, &[reviewers::Column::Name, reviewers::Column::SeenAt]).await
}

async fn upsert(tx: &Tx, id: &str, name: &str, now: Timestamp, changed: &[reviewers::Column]) -> Result<()> {
    let model =
        reviewers::Model { id: id.to_owned(), name: name.to_owned(), skills: "[]".to_owned(), seen_at: now.micros() };
    reviewers::Entity::insert(model.into_active_model())
        .on_conflict(OnConflict::column(reviewers::Column::Id).update_columns(changed.iter().copied()).to_owned())
        .exec_without_returning(tx)
        .await
        .map_err(fail)?;
    Ok(())
}

/// What a person knows about.
pub(crate) async fn set_skills(tx: &Tx, id: &str, skills: &[String], now: Timestamp) -> Result<()> {
    upsert(tx, id, "", now, &[reviewers::Column::SeenAt]).await?;
    reviewers::Entity::update_many()
        .col_expr(reviewers::Column::Skills, Expr::value(to_json(skills)?))
        .filter(reviewers::Column::Id.eq(id))
        .exec(tx)
        .await
        .map_err(fail)?;
    Ok(())
}

/// Whether a person is related to a merchant.
pub(crate) async fn is_related(db: &impl ConnectionTrait, reviewer: &str, merchant_id: &str) -> Result<bool> {
    let found = conflicts::Entity::find()
        .filter(conflicts::Column::Reviewer.eq(reviewer))
        .filter(conflicts::Column::MerchantId.eq(merchant_id))
        .count(db)
        .await
        .map_err(fail)?;
    Ok(found > 0)
}

/// All relations, newest first.
pub(crate) async fn conflicts(db: &impl ConnectionTrait) -> Result<Vec<Conflict>> {
    let rows = conflicts::Entity::find()
        .order_by_desc(conflicts::Column::Since)
        .limit(CONFLICTS_MAX)
        .all(db)
        .await
        .map_err(fail)?;
    let read = |model: conflicts::Model| Conflict {
        reviewer: model.reviewer,
        merchant_id: model.merchant_id,
        reason: model.reason,
        since: Timestamp::from_micros(model.since),
    };
    Ok(rows.into_iter().map(read).collect())
}

/// Notes a relation. `false`: it was noted before.
pub(crate) async fn add_conflict(tx: &Tx, conflict: &Conflict) -> Result<bool> {
    if is_related(tx, &conflict.reviewer, &conflict.merchant_id).await? {
        return Ok(false);
    }
    let model = conflicts::Model {
        reviewer: conflict.reviewer.clone(),
        merchant_id: conflict.merchant_id.clone(),
        reason: conflict.reason.clone(),
        since: conflict.since.micros(),
    };
    conflicts::Entity::insert(model.into_active_model()).exec_without_returning(tx).await.map_err(fail)?;
    Ok(true)
}

/// Takes a relation back. `false`: there was none.
pub(crate) async fn remove_conflict(tx: &Tx, reviewer: &str, merchant_id: &str) -> Result<bool> {
    let done = conflicts::Entity::delete_many()
        .filter(conflicts::Column::Reviewer.eq(reviewer))
        .filter(conflicts::Column::MerchantId.eq(merchant_id))
        .exec(tx)
        .await
        .map_err(fail)?;
    Ok(done.rows_affected == 1)
}
