//! Captures and the faults found in them.

use crate::model::{Capture, ErrorBehaviour, EventResult, Outcome};
use db::Tx;
use ground::Timestamp;
use kernel::{Kernel, Page, Paging, Result};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

#[allow(clippy::module_inception)] // named after its table, as its file is
mod captures {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "event_captures")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub party: String,
        pub actor: String,
        pub on_error: String,
        pub file: Option<String>,
        pub document: Option<String>,
        pub state: String,
        pub created_at: i64,
        pub finished_at: Option<i64>,
        pub due_at: i64,
        pub success: bool,
        pub accepted: i64,
        pub rejected: i64,
        pub duplicates: i64,
        pub skewed: i64,
        pub first_seq: Option<i64>,
        pub last_seq: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod faults {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "event_faults")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub capture_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub position: i64,
        pub outcome: String,
        pub event_id: Option<String>,
        pub pointer: Option<String>,
        pub code: Option<String>,
        pub detail_zh: String,
        pub detail_en: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Rows of one statement.
const ROWS_MAX: usize = 1_000;
/// Position of a fault of the document itself.
const DOCUMENT: i64 = -1;

impl From<captures::Model> for Capture {
    fn from(row: captures::Model) -> Self {
        let count = |value: i64| u64::try_from(value).unwrap_or(0);
        Capture {
            id: row.id,
            party: row.party,
            actor: row.actor,
            on_error: ErrorBehaviour::from_name(&row.on_error).unwrap_or_default(),
            file: row.file,
            document: row.document,
            created_at: Timestamp::from_micros(row.created_at),
            finished_at: row.finished_at.map(Timestamp::from_micros),
            success: row.success,
            accepted: count(row.accepted),
            rejected: count(row.rejected),
            duplicates: count(row.duplicates),
            skewed: count(row.skewed),
            rows: row.first_seq.zip(row.last_seq),
        }
    }
}

/// Writes a new capture. `due_at`: when the job may take it.
pub(crate) async fn insert_capture(tx: &Tx, capture: &Capture, due_at: Timestamp) -> Result<()> {
    let model = captures::ActiveModel {
        id: Set(capture.id.clone()),
        party: Set(capture.party.clone()),
        actor: Set(capture.actor.clone()),
        on_error: Set(capture.on_error.name().to_owned()),
        file: Set(capture.file.clone()),
        document: Set(capture.document.clone()),
        state: Set(if capture.is_running() { "running" } else { "finished" }.to_owned()),
        created_at: Set(capture.created_at.micros()),
        finished_at: Set(capture.finished_at.map(Timestamp::micros)),
        due_at: Set(due_at.micros()),
        success: Set(capture.success),
        accepted: Set(capture.accepted as i64),
        rejected: Set(capture.rejected as i64),
        duplicates: Set(capture.duplicates as i64),
        skewed: Set(capture.skewed as i64),
        first_seq: Set(capture.rows.map(|rows| rows.0)),
        last_seq: Set(capture.rows.map(|rows| rows.1)),
    };
    captures::Entity::insert(model).exec_without_returning(tx).await.map_err(db::Error::from)?;
    Ok(())
}

/// Writes how far a capture has come.
pub(crate) async fn update_capture(tx: &Tx, capture: &Capture) -> Result<()> {
    use captures::Column;
    captures::Entity::update_many()
        .col_expr(Column::State, Expr::value(if capture.is_running() { "running" } else { "finished" }))
        .col_expr(Column::FinishedAt, Expr::value(capture.finished_at.map(Timestamp::micros)))
        .col_expr(Column::Success, Expr::value(capture.success))
        .col_expr(Column::Accepted, Expr::value(capture.accepted as i64))
        .col_expr(Column::Rejected, Expr::value(capture.rejected as i64))
        .col_expr(Column::Duplicates, Expr::value(capture.duplicates as i64))
        .col_expr(Column::Skewed, Expr::value(capture.skewed as i64))
        .col_expr(Column::FirstSeq, Expr::value(capture.rows.map(|rows| rows.0)))
        .col_expr(Column::LastSeq, Expr::value(capture.rows.map(|rows| rows.1)))
        .filter(Column::Id.eq(&capture.id))
        .exec(tx)
        .await
        .map_err(db::Error::from)?;
    Ok(())
}

/// The next capture that waits to be worked on, oldest first.
pub(crate) async fn due_capture(kernel: &Kernel, now: Timestamp) -> Result<Option<(Capture, i64)>> {
    let row = captures::Entity::find()
        .filter(captures::Column::State.eq("running"))
        .filter(captures::Column::DueAt.lte(now.micros()))
        .order_by_asc(captures::Column::Id)
        .one(kernel.db().read())
        .await
        .map_err(db::Error::from)?;
    Ok(row.map(|row| {
        let due = row.due_at;
        (row.into(), due)
    }))
}

/// Takes a capture until a moment; `false` when another process was faster.
pub(crate) async fn lease_capture(kernel: &Kernel, id: &str, due_at: i64, until: Timestamp) -> Result<bool> {
    let tx = kernel.db().write_tx().await?;
    let taken = captures::Entity::update_many()
        .col_expr(captures::Column::DueAt, Expr::value(until.micros()))
        .filter(captures::Column::Id.eq(id))
        .filter(captures::Column::State.eq("running"))
        .filter(captures::Column::DueAt.eq(due_at))
        .exec(&tx)
        .await
        .map_err(db::Error::from)?;
    tx.commit().await.map_err(db::Error::from)?;
    Ok(taken.rows_affected == 1)
}

/// A capture.
pub(crate) async fn capture(kernel: &Kernel, id: &str) -> Result<Option<Capture>> {
    let row = captures::Entity::find_by_id(id).one(kernel.db().read()).await.map_err(db::Error::from)?;
    Ok(row.map(Capture::from))
}

/// Captures, newest first: a party's, or everybody's.
pub(crate) async fn captures(kernel: &Kernel, party: Option<&str>, paging: &Paging) -> Result<Page<Capture>> {
    let mut query = captures::Entity::find();
    if let Some(party) = party {
        query = query.filter(captures::Column::Party.eq(party));
    }
    let total = query.clone().count(kernel.db().read()).await.map_err(db::Error::from)?;
    let rows = query
        .order_by_desc(captures::Column::Id)
        .offset(paging.offset())
        .limit(paging.rows)
        .all(kernel.db().read())
        .await
        .map_err(db::Error::from)?;
    Ok(Page { rows: rows.into_iter().map(Capture::from).collect(), total, paging: paging.clone() })
}

/// Captures before one, newest first, for paging by token.
pub(crate) async fn captures_before(
    kernel: &Kernel,
    party: Option<&str>,
    before: Option<&str>,
    limit: u64,
) -> Result<Vec<Capture>> {
    let mut query = captures::Entity::find();
    if let Some(party) = party {
        query = query.filter(captures::Column::Party.eq(party));
    }
    if let Some(before) = before {
        query = query.filter(captures::Column::Id.lt(before));
    }
    let rows = query
        .order_by_desc(captures::Column::Id)
        .limit(limit)
        .all(kernel.db().read())
        .await
        .map_err(db::Error::from)?;
    Ok(rows.into_iter().map(Capture::from).collect())
}

/// How many captures wait.
pub(crate) async fn waiting_captures(kernel: &Kernel) -> Result<u64> {
    Ok(captures::Entity::find()
        .filter(captures::Column::State.eq("running"))
        .count(kernel.db().read())
        .await
        .map_err(db::Error::from)?)
}

/// Writes what was not accepted. What is written already stays: a capture may be worked on twice after a stop.
pub(crate) async fn insert_faults(tx: &Tx, capture: &str, results: &[EventResult]) -> Result<()> {
    for part in results.chunks(ROWS_MAX) {
        let rows = part.iter().map(|result| faults::ActiveModel {
            capture_id: Set(capture.to_owned()),
            position: Set(result.position.map_or(DOCUMENT, |position| position as i64)),
            outcome: Set(result.outcome.name().to_owned()),
            event_id: Set(result.event_id.clone()),
            pointer: Set(result.pointer.clone()),
            code: Set(result.code.clone()),
            detail_zh: Set(result.detail_zh.clone()),
            detail_en: Set(result.detail_en.clone()),
        });
        let primary = [faults::Column::CaptureId, faults::Column::Position];
        let keep = sea_orm::sea_query::OnConflict::columns(primary).do_nothing_on(primary).to_owned();
        faults::Entity::insert_many(rows)
            .on_conflict(keep)
            .exec_without_returning(tx)
            .await
            .map_err(db::Error::from)?;
    }
    Ok(())
}

/// What was not accepted, in the order of the document.
pub(crate) async fn faults(kernel: &Kernel, capture: &str, from: i64, limit: u64) -> Result<Vec<EventResult>> {
    let rows = faults::Entity::find()
        .filter(faults::Column::CaptureId.eq(capture))
        .filter(faults::Column::Position.gte(from))
        .order_by_asc(faults::Column::Position)
        .limit(limit)
        .all(kernel.db().read())
        .await
        .map_err(db::Error::from)?;
    Ok(rows.into_iter().map(result_of).collect())
}

/// Rejected events only, for the job document.
pub(crate) async fn rejected(kernel: &Kernel, capture: &str, limit: u64) -> Result<Vec<EventResult>> {
    let rows = faults::Entity::find()
        .filter(faults::Column::CaptureId.eq(capture))
        .filter(faults::Column::Outcome.eq(Outcome::Rejected.name()))
        .order_by_asc(faults::Column::Position)
        .limit(limit)
        .all(kernel.db().read())
        .await
        .map_err(db::Error::from)?;
    Ok(rows.into_iter().map(result_of).collect())
}

fn result_of(row: faults::Model) -> EventResult {
    EventResult {
        position: u64::try_from(row.position).ok(),
        outcome: Outcome::from_name(&row.outcome).unwrap_or(Outcome::Rejected),
        event_id: row.event_id,
        seq: None,
        pointer: row.pointer,
        code: row.code,
        detail_zh: row.detail_zh,
        detail_en: row.detail_en,
    }
}

/// Opens a capture again as if its process had stopped before its end was written.
#[cfg(test)]
pub(crate) async fn reopen_for_test(kernel: &Kernel, id: &str) {
    let tx = kernel.db().write_tx().await.unwrap();
    captures::Entity::update_many()
        .col_expr(captures::Column::State, Expr::value("running"))
        .col_expr(captures::Column::FinishedAt, Expr::value(Option::<i64>::None))
        .col_expr(captures::Column::DueAt, Expr::value(0i64))
        .filter(captures::Column::Id.eq(id))
        .exec(&tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}
