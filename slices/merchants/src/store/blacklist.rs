//! Rows of the blacklist.

use super::tables::blacklist::{ActiveModel, Column, Entity, Model};
use super::{damaged, day, day_text, key, micros, moment};
use crate::Error;
use crate::model::{BlacklistEntry, PartyKind};
use db::{DatabaseConnection, Tx};
use ground::Timestamp;
use kernel::{Page, Paging};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

fn read(row: Model) -> Result<BlacklistEntry, Error> {
    let bad = |what: &str| damaged(what, &row.id);
    Ok(BlacklistEntry {
        kind: PartyKind::from_name(&row.kind).ok_or_else(|| bad("kind"))?,
        from: day(Some(&row.valid_from)).ok_or_else(|| bad("first day"))?,
        until: day(row.valid_until.as_ref()),
        id: row.id,
        value: row.value_key,
        reason: row.reason,
        added_by: row.added_by,
        added_at: Timestamp::from_micros(row.added_at),
        lifted_at: moment(row.lifted_at),
    })
}

pub(crate) async fn insert_blacklist(tx: &Tx, entry: &BlacklistEntry) -> Result<(), Error> {
    Entity::insert(ActiveModel {
        id: Set(entry.id.clone()),
        kind: Set(entry.kind.name().to_owned()),
        value_key: Set(key(&entry.value)),
        reason: Set(entry.reason.clone()),
        valid_from: Set(entry.from.to_string()),
        valid_until: Set(day_text(entry.until)),
        added_by: Set(key(&entry.added_by)),
        added_at: Set(entry.added_at.micros()),
        lifted_at: Set(micros(entry.lifted_at)),
    })
    .exec_without_returning(tx)
    .await?;
    Ok(())
}

/// Lifts an entry; `false` when it is not there or lifted already.
pub(crate) async fn lift_blacklist(tx: &Tx, id: &str, now: Timestamp) -> Result<bool, Error> {
    let changed = Entity::update_many()
        .col_expr(Column::LiftedAt, Expr::value(now.micros()))
        .filter(Column::Id.eq(id))
        .filter(Column::LiftedAt.is_null())
        .exec(tx)
        .await?;
    Ok(changed.rows_affected == 1)
}

/// The entries, newest first.
pub(crate) async fn blacklist(
    db: &DatabaseConnection,
    kind: Option<PartyKind>,
    paging: &Paging,
) -> Result<Page<BlacklistEntry>, Error> {
    let mut query = Entity::find();
    if let Some(kind) = kind {
        query = query.filter(Column::Kind.eq(kind.name()));
    }
    let total = query.clone().count(db).await?;
    let rows = query
        .order_by_desc(Column::AddedAt)
        .order_by_desc(Column::Id)
        .offset(paging.offset())
        .limit(paging.rows)
        .all(db)
        .await?;
    Ok(Page { rows: rows.into_iter().map(read).collect::<Result<_, _>>()?, total, paging: paging.clone() })
}

/// The entries that name one of these parties, whatever their term.
pub(crate) async fn blacklist_of(
    db: &impl ConnectionTrait,
    parties: &[(PartyKind, String)],
) -> Result<Vec<BlacklistEntry>, Error> {
    if parties.is_empty() {
        return Ok(Vec::new());
    }
    let mut any = Condition::any();
    for (kind, value) in parties {
        any = any.add(Column::Kind.eq(kind.name()).and(Column::ValueKey.eq(key(value))));
    }
    Entity::find().filter(any).limit(100).all(db).await?.into_iter().map(read).collect()
}
