//! Rows of imports and of their reports.

use super::schema::{import_rows, imports};
use super::{INSERT_ROWS_MAX, fail, json, to_json};
use crate::import::{Failed, Import, ImportState, Reason, RowReport, RowStatus};
use db::Tx;
use ground::{Problem, Timestamp};
use kernel::{Page, Paging, Result};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

fn read(model: imports::Model) -> Result<Import> {
    let number = |value: i64| value.max(0) as u64;
    Ok(Import {
        state: ImportState::from_name(&model.state)
            .ok_or_else(|| Problem::internal(format!("an import has the unknown state {}", model.state)))?,
        skipped: json(&model.skipped)?,
        failure: model.failure.as_deref().map(json::<Failed>).transpose()?,
        id: model.id,
        merchant_id: model.merchant_id,
        market: model.market,
        file_sha256: model.file_sha256,
        file_name: model.file_name,
        file_bytes: number(model.file_bytes),
        mapping_name: model.mapping_name,
        mapping: model.mapping,
        screen: model.screen,
        from_disk: model.from_disk,
        bytes_read: number(model.bytes_read),
        lines_read: number(model.lines_read),
        rows_done: number(model.rows_done),
        rows_total: model.rows_total.map(number),
        created: number(model.created),
        updated: number(model.updated),
        unchanged: number(model.unchanged),
        refused: number(model.refused),
        created_by: model.created_by,
        created_at: Timestamp::from_micros(model.created_at),
        finished_at: model.finished_at.map(Timestamp::from_micros),
    })
}

fn row(import: &Import, mapping_hash: &str, claimed_at: Option<Timestamp>) -> Result<imports::Model> {
    Ok(imports::Model {
        id: import.id.clone(),
        merchant_id: import.merchant_id.clone(),
        market: import.market.clone(),
        file_sha256: import.file_sha256.clone(),
        file_name: import.file_name.clone(),
        file_bytes: import.file_bytes as i64,
        mapping_name: import.mapping_name.clone(),
        mapping: import.mapping.clone(),
        mapping_hash: mapping_hash.to_owned(),
        screen: import.screen,
        from_disk: import.from_disk,
        state: import.state.name().to_owned(),
        claimed_at: claimed_at.map(Timestamp::micros),
        bytes_read: import.bytes_read as i64,
        lines_read: import.lines_read as i64,
        rows_done: import.rows_done as i64,
        rows_total: import.rows_total.map(|n| n as i64),
        created: import.created as i64,
        updated: import.updated as i64,
        unchanged: import.unchanged as i64,
        refused: import.refused as i64,
        skipped: to_json(&import.skipped)?,
        failure: import.failure.as_ref().map(to_json).transpose()?,
        created_by: import.created_by.clone(),
        created_at: import.created_at.micros(),
        finished_at: import.finished_at.map(Timestamp::micros),
    })
}

/// A new import.
pub(crate) async fn insert(tx: &Tx, import: &Import, mapping_hash: &str) -> Result<()> {
    let model = row(import, mapping_hash, None)?;
    imports::Entity::insert(model.into_active_model()).exec_without_returning(tx).await.map_err(fail)?;
    Ok(())
}

/// One import.
pub(crate) async fn get(db: &impl ConnectionTrait, id: &str) -> Result<Option<Import>> {
    imports::Entity::find_by_id(id).one(db).await.map_err(fail)?.map(read).transpose()
}

/// An import of the same file under the same mapping that has not ended well: it is taken up again.
pub(crate) async fn unfinished(
    db: &impl ConnectionTrait,
    merchant_id: &str,
    file_sha256: &str,
    mapping_hash: &str,
    screen: bool,
) -> Result<Option<Import>> {
    let found = imports::Entity::find()
        .filter(imports::Column::MerchantId.eq(merchant_id))
        .filter(imports::Column::FileSha256.eq(file_sha256))
        .filter(imports::Column::MappingHash.eq(mapping_hash))
        .filter(imports::Column::Screen.eq(screen))
        .filter(imports::Column::State.is_in([ImportState::Queued.name(), ImportState::Running.name()]))
        .order_by_desc(imports::Column::CreatedAt)
        .one(db)
        .await
        .map_err(fail)?;
    found.map(read).transpose()
}

/// Writes progress; only while `before` is what stands there, so that two workers cannot both go on. Keeps the claim.
pub(crate) async fn advance(tx: &Tx, before: &Import, after: &Import, now: Timestamp) -> Result<bool> {
    let set = |value: u64| Expr::value(value as i64);
    let updated = imports::Entity::update_many()
        .col_expr(imports::Column::State, Expr::value(after.state.name()))
        .col_expr(imports::Column::ClaimedAt, Expr::value(now.micros()))
        .col_expr(imports::Column::BytesRead, set(after.bytes_read))
        .col_expr(imports::Column::LinesRead, set(after.lines_read))
        .col_expr(imports::Column::RowsDone, set(after.rows_done))
        .col_expr(imports::Column::RowsTotal, Expr::value(after.rows_total.map(|n| n as i64)))
        .col_expr(imports::Column::Created, set(after.created))
        .col_expr(imports::Column::Updated, set(after.updated))
        .col_expr(imports::Column::Unchanged, set(after.unchanged))
        .col_expr(imports::Column::Refused, set(after.refused))
        .col_expr(imports::Column::Skipped, Expr::value(to_json(&after.skipped)?))
        .col_expr(imports::Column::Failure, Expr::value(after.failure.as_ref().map(to_json).transpose()?))
        .col_expr(imports::Column::FinishedAt, Expr::value(after.finished_at.map(Timestamp::micros)))
        .filter(imports::Column::Id.eq(&before.id))
        .filter(imports::Column::RowsDone.eq(before.rows_done as i64))
        .filter(imports::Column::State.eq(before.state.name()))
        .exec(tx)
        .await
        .map_err(fail)?;
    Ok(updated.rows_affected == 1)
}

/// The next import a worker may take: queued, or with a claim older than `void_before`. Those that lie on somebody's
/// disk are left to the command line.
pub(crate) async fn waiting(db: &impl ConnectionTrait, void_before: Timestamp) -> Result<Option<Import>> {
    let found = imports::Entity::find()
        .filter(imports::Column::FromDisk.eq(false))
        .filter(
            Condition::any().add(imports::Column::State.eq(ImportState::Queued.name())).add(
                Condition::all()
                    .add(imports::Column::State.eq(ImportState::Running.name()))
                    .add(imports::Column::ClaimedAt.lt(void_before.micros())),
            ),
        )
        .order_by_asc(imports::Column::CreatedAt)
        .one(db)
        .await
        .map_err(fail)?;
    found.map(read).transpose()
}

/// One page of imports, newest first.
pub(crate) async fn page(
    db: &impl ConnectionTrait,
    merchant_id: Option<&str>,
    paging: &Paging,
) -> Result<Page<Import>> {
    let mut query = imports::Entity::find();
    if let Some(merchant) = merchant_id {
        query = query.filter(imports::Column::MerchantId.eq(merchant));
    }
    let total = query.clone().count(db).await.map_err(fail)?;
    let rows = query
        .order_by_desc(imports::Column::CreatedAt)
        .offset(paging.offset())
        .limit(paging.rows)
        .all(db)
        .await
        .map_err(fail)?;
    Ok(Page { rows: rows.into_iter().map(read).collect::<Result<_>>()?, total, paging: paging.clone() })
}

/// Adds rows to a report.
pub(crate) async fn add_rows(tx: &Tx, import_id: &str, rows: &[RowReport]) -> Result<()> {
    for chunk in rows.chunks(INSERT_ROWS_MAX) {
        let mut models = Vec::with_capacity(chunk.len());
        for row in chunk {
            let model = import_rows::Model {
                import_id: import_id.to_owned(),
                position: row.position as i64,
                line: row.line as i64,
                external_id: row.external_id.clone(),
                status: row.status.name().to_owned(),
                listing_id: row.listing_id.clone(),
                reasons: to_json(&row.reasons)?,
            };
            models.push(model.into_active_model());
        }
        import_rows::Entity::insert_many(models).exec_without_returning(tx).await.map_err(fail)?;
    }
    Ok(())
}

fn read_row(model: import_rows::Model) -> Option<RowReport> {
    Some(RowReport {
        status: RowStatus::from_name(&model.status)?,
        position: model.position.max(0) as u64,
        line: model.line.max(0) as u64,
        external_id: model.external_id,
        listing_id: model.listing_id,
        reasons: serde_json::from_str::<Vec<Reason>>(&model.reasons).unwrap_or_default(),
    })
}

/// Rows of a report after a position, of one status or all.
pub(crate) async fn rows_after(
    db: &impl ConnectionTrait,
    import_id: &str,
    status: Option<RowStatus>,
    after: u64,
    most: u64,
) -> Result<Vec<RowReport>> {
    let mut query = import_rows::Entity::find()
        .filter(import_rows::Column::ImportId.eq(import_id))
        .filter(import_rows::Column::Position.gt(after as i64));
    if let Some(status) = status {
        query = query.filter(import_rows::Column::Status.eq(status.name()));
    }
    let rows = query.order_by_asc(import_rows::Column::Position).limit(most).all(db).await.map_err(fail)?;
    Ok(rows.into_iter().filter_map(read_row).collect())
}
