//! Rows of what people wrote about codes they do not trust.

use super::schema::reports::{Column, Entity, Model};
use super::{fail, unknown};
use crate::model::{Outcome, ReportKind, SuspectReport};
use ground::Timestamp;
use kernel::{Page, Paging, Result};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

/// Stores one.
pub(crate) async fn insert(db: &impl ConnectionTrait, report: &SuspectReport, address_hash: &str) -> Result<()> {
    let row = Model {
        id: report.id.clone(),
        at: report.at.micros(),
        code: report.code.clone(),
        outcome: report.outcome.name().to_owned(),
        place: report.place.clone(),
        note: report.note.clone(),
        address_hash: address_hash.to_owned(),
        kind: Some(report.kind.name().to_owned()),
    };
    Entity::insert(row.into_active_model()).exec_without_returning(db).await.map_err(fail)?;
    Ok(())
}

/// How many came from one address since then.
pub(crate) async fn since(db: &impl ConnectionTrait, address_hash: &str, from: Timestamp) -> Result<u64> {
    Entity::find()
        .filter(Column::AddressHash.eq(address_hash))
        .filter(Column::At.gte(from.micros()))
        .count(db)
        .await
        .map_err(fail)
}

/// Newest first.
pub(crate) async fn list(db: &impl ConnectionTrait, paging: &Paging) -> Result<Page<SuspectReport>> {
    let total = Entity::find().count(db).await.map_err(fail)?;
    let rows = Entity::find()
        .order_by_desc(Column::At)
        .order_by_desc(Column::Id)
        .offset(paging.offset())
        .limit(paging.rows)
        .all(db)
        .await
        .map_err(fail)?;
    let read = |row: Model| {
        Ok(SuspectReport {
            outcome: Outcome::from_name(&row.outcome).ok_or_else(|| unknown("outcome", &row.outcome))?,
            id: row.id,
            at: Timestamp::from_micros(row.at),
            kind: row.kind.as_deref().and_then(ReportKind::from_name).unwrap_or(ReportKind::Suspect),
            code: row.code,
            place: row.place,
            note: row.note,
        })
    };
    let rows = rows.into_iter().map(read).collect::<Result<_>>()?;
    Ok(Page { rows, total, paging: paging.clone() })
}
