//! The table of small merchants, for programs.

use crate::model::CaptureOptions;
use crate::tables::{self, TABLE_BYTES_MAX};
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use futures::StreamExt;
use ground::Problem;
use ground::problem::MALFORMED;
use serde::Serialize;
use utoipa::ToSchema;
use web::{Failure, Json, Signed, Site, download};

/// What came of a row.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EventTableRow)]
pub(crate) struct RowBody {
    /// Line of the file, from 1.
    line: u64,
    /// `accepted`, `rejected` or `duplicate`.
    status: &'static str,
    /// Id of the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<String>,
    /// The column that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<String>,
    /// What is wrong and what would be right.
    #[serde(skip_serializing_if = "String::is_empty")]
    detail: String,
}

/// What came of a table.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EventTable)]
pub(crate) struct TableBody {
    /// The capture; absent where no row was good.
    capture: Option<String>,
    /// Headings that no column has.
    ignored: Vec<String>,
    /// A result for each row.
    rows: Vec<RowBody>,
}

/// The template: CSV with two example rows.
#[utoipa::path(get, path = "/v1/epcis-table", tag = "epcis", responses((status = 200, description = "CSV", content_type = "text/csv")))]
pub(crate) async fn template(context: web::Context) -> Response {
    download("events-template.csv", "text/csv; charset=utf-8", tables::template(context.language))
}

/// Captures the rows of a table (CSV; UTF-8, UTF-16 or GB 18030; at most 4 MiB). Good rows are kept whatever the others are.
#[utoipa::path(post, path = "/v1/epcis-table", tag = "epcis", request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = TableBody)))]
pub(crate) async fn capture(
    State(site): State<Site>,
    Signed(actor): Signed,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<TableBody>, Failure> {
    let party = headers.get("touchstone-party").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let mut bytes = Vec::new();
    let mut pieces = body.into_data_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|error| Problem::new(&MALFORMED).because(error))?;
        if bytes.len() + piece.len() > TABLE_BYTES_MAX {
            return Err(web::too_large(TABLE_BYTES_MAX as u64).into());
        }
        bytes.extend_from_slice(&piece);
    }
    let options = CaptureOptions { party, ..CaptureOptions::default() };
    let done = tables::capture_table(site.kernel(), &actor, &bytes, options).await?;
    let rows = done.rows.iter().map(|row| RowBody {
        line: row.line,
        status: row.outcome.name(),
        event_id: row.event_id.clone(),
        column: row.column.clone(),
        detail: row.detail(actor.language).to_owned(),
    });
    Ok(Json(TableBody { rows: rows.collect(), capture: done.capture.map(|capture| capture.id), ignored: done.ignored }))
}
