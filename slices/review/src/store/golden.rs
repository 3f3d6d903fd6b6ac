//! Rows of golden items.

use super::schema::golden;
use super::{fail, json, to_json, unknown};
use crate::model::{Evidence, Golden, Verdict};
use db::Tx;
use ground::Timestamp;
use kernel::{Page, Paging, Result};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

/// Most golden items in use at once.
pub const ACTIVE_MAX: u64 = 2_000;

fn read(model: golden::Model) -> Result<Golden> {
    Ok(Golden {
        verdict: Verdict::from_name(&model.verdict).ok_or_else(|| unknown("verdict", &model.verdict))?,
        reasons: json(&model.reasons)?,
        id: model.id,
        title: model.title,
        category: model.category,
        version_id: model.version_id,
        note: model.note,
        active: model.active,
        created_by: model.created_by,
        created_at: Timestamp::from_micros(model.created_at),
        given: 0,
        right: 0,
        queue: model.queue,
        skill: model.skill,
    })
}

/// Inserts a golden item.
pub(crate) async fn insert(tx: &Tx, item: &Golden, seen: &Evidence) -> Result<()> {
    let model = golden::Model {
        id: item.id.clone(),
        title: item.title.clone(),
        category: item.category.clone(),
        version_id: item.version_id.clone(),
        queue: item.queue.clone(),
        skill: item.skill.clone(),
        verdict: item.verdict.name().to_owned(),
        reasons: to_json(&item.reasons)?,
        note: item.note.clone(),
        evidence: to_json(seen)?,
        active: item.active,
        created_by: item.created_by.clone(),
        created_at: item.created_at.micros(),
    };
    golden::Entity::insert(model.into_active_model()).exec_without_returning(tx).await.map_err(fail)?;
    Ok(())
}

/// One golden item.
pub(crate) async fn get(db: &impl ConnectionTrait, id: &str) -> Result<Option<Golden>> {
    golden::Entity::find_by_id(id).one(db).await.map_err(fail)?.map(read).transpose()
}

/// What it shows.
pub(crate) async fn evidence_of(db: &impl ConnectionTrait, id: &str) -> Result<Option<Evidence>> {
    let found = golden::Entity::find_by_id(id).one(db).await.map_err(fail)?;
    found.map(|model| json(&model.evidence)).transpose()
}

/// Those in use: id, queue's skill, version.
pub(crate) async fn active(db: &impl ConnectionTrait) -> Result<Vec<(String, String)>> {
    golden::Entity::find()
        .select_only()
        .column(golden::Column::Id)
        .column(golden::Column::Skill)
        .filter(golden::Column::Active.eq(true))
        .order_by_asc(golden::Column::Id)
        .limit(ACTIVE_MAX)
        .into_tuple()
        .all(db)
        .await
        .map_err(fail)
}

/// All, newest first.
pub(crate) async fn list(db: &impl ConnectionTrait, active: Option<bool>, paging: &Paging) -> Result<Page<Golden>> {
    let mut query = golden::Entity::find();
    if let Some(active) = active {
        query = query.filter(golden::Column::Active.eq(active));
    }
    let total = query.clone().count(db).await.map_err(fail)?;
    let rows = query
        .order_by_desc(golden::Column::CreatedAt)
        .order_by_desc(golden::Column::Id)
        .offset(paging.offset())
        .limit(paging.rows)
        .all(db)
        .await
        .map_err(fail)?;
    Ok(Page { rows: rows.into_iter().map(read).collect::<Result<_>>()?, total, paging: paging.clone() })
}

/// Takes one out of use. `false`: it was not in use.
pub(crate) async fn retire(tx: &Tx, id: &str) -> Result<bool> {
    let done = golden::Entity::update_many()
        .col_expr(golden::Column::Active, Expr::value(false))
        .filter(golden::Column::Id.eq(id))
        .filter(golden::Column::Active.eq(true))
        .exec(tx)
        .await
        .map_err(fail)?;
    Ok(done.rows_affected == 1)
}
