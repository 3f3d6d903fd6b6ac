//! `/v1/imports`: handing in a shop's export, its progress, the status of each row.

use super::listings::merchant_of;
use crate::import::{self, Import, NewImport, RowReport, RowStatus, mapping};
use axum::extract::State;
use axum::http::StatusCode;
use ground::Problem;
use ground::limits::IMPORT_BYTES_MAX;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};
use web::{Failure, Json, PageBody, PagingQuery, Path, Query, Signed, Site, Upload, UploadLimits};

/// One import.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Import)]
pub(crate) struct ImportBody {
    pub id: String,
    pub merchant_id: String,
    pub market: String,
    pub file_name: String,
    pub file_sha256: String,
    pub file_bytes: u64,
    pub mapping: String,
    pub screen: bool,
    /// `queued`, `running`, `finished` or `failed`.
    pub state: String,
    pub bytes_read: u64,
    pub lines_read: u64,
    pub rows_done: u64,
    pub rows_total: Option<u64>,
    pub created: u64,
    pub updated: u64,
    pub unchanged: u64,
    pub refused: u64,
    /// Lines left out by a rule of the mapping, by rule.
    pub skipped: BTreeMap<String, u64>,
    /// Why it failed.
    pub failure: Option<ReasonBody>,
    pub created_at: String,
    pub finished_at: Option<String>,
}

/// Why a row was not taken.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ImportReason)]
pub(crate) struct ReasonBody {
    /// Line of the file.
    pub line: u64,
    /// Column of the file; empty: the whole row.
    pub column: String,
    /// Stable code.
    pub code: String,
    /// Values that belong to it.
    pub values: BTreeMap<String, String>,
}

impl ReasonBody {
    fn of(line: u64, reason: import::Reason) -> ReasonBody {
        ReasonBody { line, column: reason.column, code: reason.message, values: reason.args.into_iter().collect() }
    }
}

impl ImportBody {
    fn of(import: Import) -> ImportBody {
        ImportBody {
            state: import.state.name().to_owned(),
            failure: import.failure.map(|failed| ReasonBody::of(failed.line, failed.reason)),
            created_at: import.created_at.to_rfc3339(),
            finished_at: import.finished_at.map(|at| at.to_rfc3339()),
            id: import.id,
            merchant_id: import.merchant_id,
            market: import.market,
            file_name: import.file_name,
            file_sha256: import.file_sha256,
            file_bytes: import.file_bytes,
            mapping: import.mapping_name,
            screen: import.screen,
            bytes_read: import.bytes_read,
            lines_read: import.lines_read,
            rows_done: import.rows_done,
            rows_total: import.rows_total,
            created: import.created,
            updated: import.updated,
            unchanged: import.unchanged,
            refused: import.refused,
            skipped: import.skipped,
        }
    }
}

/// Imports, newest first.
#[utoipa::path(get, path = "/v1/imports", tag = "imports", responses((status = 200, body = PageBody<ImportBody>)))]
pub(crate) async fn list(
    State(site): State<Site>,
    Signed(actor): Signed,
    PagingQuery(paging): PagingQuery,
) -> Result<Json<PageBody<ImportBody>>, Failure> {
    Ok(Json(PageBody::of(import::list(site.kernel(), &actor, None, &paging).await?, ImportBody::of)))
}

/// Hands in a file (multipart): `file` is CSV, TSV or NDJSON, plain or gzip, at most 1 GiB; `mapping` names a shipped
/// mapping, or `mapping_text` holds one (TOML); `screen` is `true` where the listings are handed in; `merchant_id` where
/// it is not the caller's own. The same file that is still on its way is given back.
#[utoipa::path(post, path = "/v1/imports", tag = "imports", responses((status = 202, body = ImportBody)))]
pub(crate) async fn begin(
    State(site): State<Site>,
    Signed(actor): Signed,
    upload: Upload,
) -> Result<(StatusCode, Json<ImportBody>), Failure> {
    let limits = UploadLimits {
        file_bytes_max: IMPORT_BYTES_MAX,
        files_max: 1,
        field_bytes_max: mapping::MAPPING_BYTES_MAX,
        ..UploadLimits::default()
    };
    let uploaded = upload.read(&limits).await?;
    let file = uploaded.file("file").ok_or_else(|| Problem::invalid_field("file", "listings-fault-missing"))?;
    let name = uploaded.field("mapping").unwrap_or("touchstone").to_owned();
    let text = match uploaded.field("mapping_text").filter(|text| !text.trim().is_empty()) {
        Some(text) => text.to_owned(),
        None => mapping::shipped(&name)
            .ok_or_else(|| Problem::invalid_field("mapping", "listings-mapping-unknown"))?
            .to_owned(),
    };
    let new = NewImport {
        merchant_id: merchant_of(&actor, uploaded.field("merchant_id").map(str::to_owned))?,
        file_name: file.name.clone(),
        mapping_name: name,
        mapping: text,
        screen: uploaded.field("screen").is_some_and(|value| value == "true" || value == "1"),
    };
    let import = import::begin(site.kernel(), &actor, new, file.path()).await?;
    Ok((StatusCode::ACCEPTED, Json(ImportBody::of(import))))
}

/// One import with its progress.
#[utoipa::path(get, path = "/v1/imports/{id}", tag = "imports", params(("id" = String, Path)), responses((status = 200, body = ImportBody)))]
pub(crate) async fn show(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<Json<ImportBody>, Failure> {
    Ok(Json(ImportBody::of(import::get(site.kernel(), &actor, &id).await?)))
}

/// Which rows.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(crate) struct RowsQuery {
    /// `created`, `updated`, `unchanged` or `refused`.
    status: Option<String>,
    /// Rows behind this position.
    after: Option<u64>,
    /// At most so many, up to 500.
    most: Option<u64>,
}

/// The status of one row.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ImportRow)]
pub(crate) struct RowBody {
    pub position: u64,
    pub line: u64,
    pub external_id: String,
    pub status: String,
    pub listing_id: Option<String>,
    pub reasons: Vec<ReasonBody>,
}

impl RowBody {
    fn of(row: RowReport) -> RowBody {
        let line = row.line;
        RowBody {
            position: row.position,
            line,
            external_id: row.external_id,
            status: row.status.name().to_owned(),
            listing_id: row.listing_id,
            reasons: row.reasons.into_iter().map(|reason| ReasonBody::of(line, reason)).collect(),
        }
    }
}

/// The status of each row, in order; go on behind the last position.
#[utoipa::path(get, path = "/v1/imports/{id}/rows", tag = "imports", params(("id" = String, Path), RowsQuery), responses((status = 200, body = Vec<RowBody>)))]
pub(crate) async fn rows(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Query(query): Query<RowsQuery>,
) -> Result<Json<Vec<RowBody>>, Failure> {
    let status = match query.status.as_deref() {
        None => None,
        Some(name) => {
            Some(RowStatus::from_name(name).ok_or_else(|| Problem::invalid_field("status", "listings-fault-status"))?)
        }
    };
    let found =
        import::rows(site.kernel(), &actor, &id, status, query.after.unwrap_or(0), query.most.unwrap_or(100)).await?;
    Ok(Json(found.into_iter().map(RowBody::of).collect()))
}
