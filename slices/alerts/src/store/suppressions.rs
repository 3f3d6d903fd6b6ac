//! Rows of suppressions.

use super::schema::suppressions::{Column, Entity, Model};
use super::{count, fail, hash_of, unknown};
use crate::model::{Subject, Suppression};
use detectors::{Family, Scope};
use ground::Timestamp;
use kernel::{Page, Paging, Result};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

fn read(row: Model) -> Result<Suppression> {
    Ok(Suppression {
        family: Family::from_name(&row.family).ok_or_else(|| unknown("family", &row.family))?,
        subject: Subject {
            scope: Scope::from_name(&row.scope).ok_or_else(|| unknown("scope", &row.scope))?,
            key: row.subject_key,
        },
        id: row.id,
        until: Timestamp::from_micros(row.until),
        reason: row.reason,
        by: row.by_id,
        at: Timestamp::from_micros(row.at),
        kept_away: count(row.kept_away),
    })
}

/// A new one.
pub(crate) async fn insert(db: &impl ConnectionTrait, new: &Suppression) -> Result<()> {
    let row = Model {
        id: new.id.clone(),
        family: new.family.name().to_owned(),
        scope: new.subject.scope.name().to_owned(),
        subject_key: new.subject.key.clone(),
        subject_hash: hash_of(&new.subject),
        until: new.until.micros(),
        reason: new.reason.clone(),
        by_id: new.by.clone(),
        at: new.at.micros(),
        kept_away: i64::from(new.kept_away),
        ended: false,
    };
    Entity::insert(row.into_active_model()).exec_without_returning(db).await.map_err(fail)?;
    Ok(())
}

/// The suppression that holds for a subject now.
pub(crate) async fn holding(
    db: &impl ConnectionTrait,
    family: Family,
    subject: &Subject,
    now: Timestamp,
) -> Result<Option<Suppression>> {
    Entity::find()
        .filter(Column::SubjectHash.eq(hash_of(subject)))
        .filter(Column::Family.eq(family.name()))
        .filter(Column::Ended.eq(false))
        .filter(Column::Until.gt(now.micros()))
        .order_by_desc(Column::Until)
        .limit(1)
        .one(db)
        .await
        .map_err(fail)?
        .map(read)
        .transpose()
}

/// Notes that it kept an alert away once more.
pub(crate) async fn note_kept(db: &impl ConnectionTrait, id: &str) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::KeptAway, Expr::col(Column::KeptAway).add(1))
        .filter(Column::Id.eq(id))
        .exec(db)
        .await
        .map_err(fail)?;
    Ok(())
}

/// Ends one before its time. `false`: it is over already.
pub(crate) async fn end(db: &impl ConnectionTrait, id: &str, now: Timestamp) -> Result<bool> {
    let done = Entity::update_many()
        .col_expr(Column::Ended, Expr::value(true))
        .col_expr(Column::Until, Expr::value(now.micros()))
        .filter(Column::Id.eq(id))
        .filter(Column::Ended.eq(false))
        .filter(Column::Until.gt(now.micros()))
        .exec(db)
        .await
        .map_err(fail)?;
    Ok(done.rows_affected == 1)
}

/// One.
pub(crate) async fn get(db: &impl ConnectionTrait, id: &str) -> Result<Option<Suppression>> {
    Entity::find_by_id(id).one(db).await.map_err(fail)?.map(read).transpose()
}

/// Those that hold now, the one that ends first in front.
pub(crate) async fn list(db: &impl ConnectionTrait, now: Timestamp, paging: &Paging) -> Result<Page<Suppression>> {
    let query = Entity::find().filter(Column::Ended.eq(false)).filter(Column::Until.gt(now.micros()));
    let total = query.clone().count(db).await.map_err(fail)?;
    let rows = query
        .order_by_asc(Column::Until)
        .order_by_asc(Column::Id)
        .offset(paging.offset())
        .limit(paging.rows)
        .all(db)
        .await
        .map_err(fail)?;
    let rows = rows.into_iter().map(read).collect::<Result<_>>()?;
    Ok(Page { rows, total, paging: paging.clone() })
}
