//! Rows of what detectors in shadow would have raised.

use super::schema::shadows::{Column, Entity, Model};
use super::{count, day, fail, hash_of, unknown};
use crate::model::{Shadow, Subject};
use detectors::{Level, Scope};
use kernel::{Page, Paging, Result};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

fn read(row: Model) -> Result<Shadow> {
    Ok(Shadow {
        subject: Subject {
            scope: Scope::from_name(&row.scope).ok_or_else(|| unknown("scope", &row.scope))?,
            key: row.subject_key,
        },
        level: Level::from_name(&row.level).ok_or_else(|| unknown("level", &row.level))?,
        id: row.id,
        policy: row.policy,
        title: row.title,
        since_day: day(row.since_day),
        first_day: day(row.first_day),
        last_day: day(row.last_day),
        times: count(row.times),
        statistic: row.statistic,
        minutes: count(row.minutes),
    })
}

/// Notes what a detector in shadow said. What it said of the same subject less than `gap` days ago goes on.
/// `true`: it would have been a new alert.
pub(crate) async fn note(db: &impl ConnectionTrait, shadow: &Shadow, gap: i32) -> Result<bool> {
    let same = Entity::find()
        .filter(Column::Policy.eq(&shadow.policy))
        .filter(Column::SubjectHash.eq(hash_of(&shadow.subject)))
        .filter(Column::LastDay.gte(i64::from(shadow.last_day.saturating_sub(gap))))
        .order_by_desc(Column::LastDay)
        .limit(1)
        .one(db)
        .await
        .map_err(fail)?;
    if let Some(known) = same {
        if known.last_day < i64::from(shadow.last_day) {
            Entity::update_many()
                .col_expr(Column::LastDay, Expr::value(i64::from(shadow.last_day)))
                .col_expr(Column::Times, Expr::col(Column::Times).add(1))
                .col_expr(Column::Statistic, Expr::value(shadow.statistic))
                .filter(Column::Id.eq(known.id))
                .exec(db)
                .await
                .map_err(fail)?;
        }
        return Ok(false);
    }
    let row = Model {
        id: shadow.id.clone(),
        policy: shadow.policy.clone(),
        scope: shadow.subject.scope.name().to_owned(),
        subject_key: shadow.subject.key.clone(),
        subject_hash: hash_of(&shadow.subject),
        title: shadow.title.clone(),
        level: shadow.level.name().to_owned(),
        since_day: i64::from(shadow.since_day),
        first_day: i64::from(shadow.first_day),
        last_day: i64::from(shadow.last_day),
        times: i64::from(shadow.times),
        statistic: shadow.statistic,
        minutes: i64::from(shadow.minutes),
    };
    Entity::insert(row.into_active_model()).exec_without_returning(db).await.map_err(fail)?;
    Ok(true)
}

/// How many alerts a policy row would have raised since a day, and how many minutes they would have taken.
pub(crate) async fn cost(db: &impl ConnectionTrait, policy: &str, since_day: i32) -> Result<(u64, u64)> {
    let minutes: Vec<i64> = Entity::find()
        .filter(Column::Policy.eq(policy))
        .filter(Column::LastDay.gte(i64::from(since_day)))
        .select_only()
        .column(Column::Minutes)
        .limit(COUNTED_MAX)
        .into_tuple()
        .all(db)
        .await
        .map_err(fail)?;
    Ok((minutes.len() as u64, minutes.iter().map(|minutes| minutes.unsigned_abs()).sum()))
}

/// Shadow alerts summed up at most.
const COUNTED_MAX: u64 = 100_000;

/// Shadow alerts, newest first; those of one policy row where it is named.
pub(crate) async fn list(db: &impl ConnectionTrait, policy: Option<&str>, paging: &Paging) -> Result<Page<Shadow>> {
    let mut query = Entity::find();
    if let Some(policy) = policy {
        query = query.filter(Column::Policy.eq(policy));
    }
    let total = query.clone().count(db).await.map_err(fail)?;
    let rows = query
        .order_by_desc(Column::LastDay)
        .order_by_desc(Column::Id)
        .offset(paging.offset())
        .limit(paging.rows)
        .all(db)
        .await
        .map_err(fail)?;
    let rows = rows.into_iter().map(read).collect::<Result<_>>()?;
    Ok(Page { rows, total, paging: paging.clone() })
}

/// Takes away what is older than a day.
pub(crate) async fn forget(db: &impl ConnectionTrait, before_day: i32) -> Result<u64> {
    let done = Entity::delete_many().filter(Column::LastDay.lt(i64::from(before_day))).exec(db).await.map_err(fail)?;
    Ok(done.rows_affected)
}
