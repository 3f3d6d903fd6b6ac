//! Rows of backtests.

use super::fail;
use super::schema::backtests::{Column, Entity, Model};
use ground::{Problem, Timestamp};
use kernel::Result;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use serde_json::Value;

/// A trial as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Trial {
    pub id: String,
    pub at: Timestamp,
    pub by: String,
    pub policy: String,
    pub asked: Value,
    /// `waiting`, `done`, `failed`.
    pub state: String,
    pub outcome: Option<Value>,
    pub finished_at: Option<Timestamp>,
}

fn read(row: Model) -> Result<Trial> {
    Ok(Trial {
        id: row.id,
        at: Timestamp::from_micros(row.at),
        by: row.by_id,
        policy: row.policy,
        asked: serde_json::from_str(&row.asked).map_err(Problem::internal)?,
        state: row.state,
        outcome: row.outcome.as_deref().map(serde_json::from_str).transpose().map_err(Problem::internal)?,
        finished_at: row.finished_at.map(Timestamp::from_micros),
    })
}

/// A new one.
pub(crate) async fn insert(db: &impl ConnectionTrait, trial: &Trial) -> Result<()> {
    let row = Model {
        id: trial.id.clone(),
        at: trial.at.micros(),
        by_id: trial.by.clone(),
        policy: trial.policy.clone(),
        asked: trial.asked.to_string(),
        state: trial.state.clone(),
        outcome: trial.outcome.as_ref().map(Value::to_string),
        finished_at: trial.finished_at.map(Timestamp::micros),
    };
    Entity::insert(row.into_active_model()).exec_without_returning(db).await.map_err(fail)?;
    Ok(())
}

/// Keeps what came of one. `false`: it was finished before.
pub(crate) async fn finish(
    db: &impl ConnectionTrait,
    id: &str,
    state: &str,
    outcome: &Value,
    at: Timestamp,
) -> Result<bool> {
    let done = Entity::update_many()
        .col_expr(Column::State, Expr::value(state))
        .col_expr(Column::Outcome, Expr::value(outcome.to_string()))
        .col_expr(Column::FinishedAt, Expr::value(at.micros()))
        .filter(Column::Id.eq(id))
        .filter(Column::State.eq("waiting"))
        .exec(db)
        .await
        .map_err(fail)?;
    Ok(done.rows_affected == 1)
}

/// One.
pub(crate) async fn get(db: &impl ConnectionTrait, id: &str) -> Result<Option<Trial>> {
    Entity::find_by_id(id).one(db).await.map_err(fail)?.map(read).transpose()
}

/// The oldest that waits.
pub(crate) async fn waiting(db: &impl ConnectionTrait) -> Result<Option<Trial>> {
    let next = Entity::find().filter(Column::State.eq("waiting")).order_by_asc(Column::At).limit(1);
    next.one(db).await.map_err(fail)?.map(read).transpose()
}

/// The newest; those of one policy row where it is named.
pub(crate) async fn list(db: &impl ConnectionTrait, policy: Option<&str>, most: u64) -> Result<Vec<Trial>> {
    let mut query = Entity::find();
    if let Some(policy) = policy {
        query = query.filter(Column::Policy.eq(policy));
    }
    let rows = query.order_by_desc(Column::At).limit(most).all(db).await.map_err(fail)?;
    rows.into_iter().map(read).collect()
}
