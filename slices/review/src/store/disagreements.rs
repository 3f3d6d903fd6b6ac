//! Rows of opinions that differ.

use super::schema::disagreements;
use super::{decisions, fail, unknown};
use crate::model::{Disagreement, Resolution, Verdict};
use db::Tx;
use ground::{Problem, Timestamp};
use kernel::{Page, Paging, Result};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use std::collections::HashMap;

/// Notes that two opinions differ.
pub(crate) async fn insert(tx: &Tx, id: &str, first: &str, second: &str, now: Timestamp) -> Result<()> {
    let model = disagreements::Model {
        id: id.to_owned(),
        first_decision_id: first.to_owned(),
        second_decision_id: second.to_owned(),
        at: now.micros(),
        verdict: None,
        overturned: None,
        note: None,
        resolved_by: None,
        resolved_at: None,
        act_id: None,
    };
    disagreements::Entity::insert(model.into_active_model()).exec_without_returning(tx).await.map_err(fail)?;
    Ok(())
}

async fn whole(db: &impl ConnectionTrait, models: Vec<disagreements::Model>) -> Result<Vec<Disagreement>> {
    let ids: Vec<String> =
        models.iter().flat_map(|model| [model.first_decision_id.clone(), model.second_decision_id.clone()]).collect();
    let by_id: HashMap<String, _> =
        decisions::get_all(db, &ids).await?.into_iter().map(|decision| (decision.id.clone(), decision)).collect();
    let decision =
        |id: &str| by_id.get(id).cloned().ok_or_else(|| Problem::internal(format!("the decision {id} is missing")));
    let mut all = Vec::with_capacity(models.len());
    for model in models {
        let resolution = match (&model.verdict, model.resolved_by, model.resolved_at) {
            (Some(verdict), Some(by), Some(at)) => Some(Resolution {
                verdict: Verdict::from_name(verdict).ok_or_else(|| unknown("verdict", verdict))?,
                overturned: model.overturned == Some(1),
                note: model.note.unwrap_or_default(),
                by,
                at: Timestamp::from_micros(at),
                act_id: model.act_id.unwrap_or_default(),
            }),
            _ => None,
        };
        all.push(Disagreement {
            first: decision(&model.first_decision_id)?,
            second: decision(&model.second_decision_id)?,
            id: model.id,
            at: Timestamp::from_micros(model.at),
            resolution,
        });
    }
    Ok(all)
}

/// One.
pub(crate) async fn get(db: &impl ConnectionTrait, id: &str) -> Result<Option<Disagreement>> {
    let found = disagreements::Entity::find_by_id(id).one(db).await.map_err(fail)?;
    Ok(whole(db, found.into_iter().collect()).await?.pop())
}

/// Those that are open, or those that are resolved; newest first.
pub(crate) async fn list(db: &impl ConnectionTrait, open: bool, paging: &Paging) -> Result<Page<Disagreement>> {
    let mut query = disagreements::Entity::find();
    query = match open {
        true => query.filter(disagreements::Column::ResolvedAt.is_null()),
        false => query.filter(disagreements::Column::ResolvedAt.is_not_null()),
    };
    let total = query.clone().count(db).await.map_err(fail)?;
    let rows = query
        .order_by_desc(disagreements::Column::At)
        .order_by_desc(disagreements::Column::Id)
        .offset(paging.offset())
        .limit(paging.rows)
        .all(db)
        .await
        .map_err(fail)?;
    Ok(Page { rows: whole(db, rows).await?, total, paging: paging.clone() })
}

/// Writes the last word. `false`: somebody has.
pub(crate) async fn resolve(tx: &Tx, id: &str, resolution: &Resolution) -> Result<bool> {
    let done = disagreements::Entity::update_many()
        .col_expr(disagreements::Column::Verdict, Expr::value(resolution.verdict.name()))
        .col_expr(disagreements::Column::Overturned, Expr::value(i64::from(resolution.overturned)))
        .col_expr(disagreements::Column::Note, Expr::value(resolution.note.as_str()))
        .col_expr(disagreements::Column::ResolvedBy, Expr::value(resolution.by.as_str()))
        .col_expr(disagreements::Column::ResolvedAt, Expr::value(resolution.at.micros()))
        .col_expr(disagreements::Column::ActId, Expr::value(resolution.act_id.as_str()))
        .filter(disagreements::Column::Id.eq(id))
        .filter(disagreements::Column::ResolvedAt.is_null())
        .exec(tx)
        .await
        .map_err(fail)?;
    Ok(done.rows_affected == 1)
}
