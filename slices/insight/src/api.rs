//! The JSON routes of this duty and their shapes.

use crate::ask;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use web::{Failure, Json, Signed, Site};

/// Most rows of one answer by JSON; the console's downloads give more.
const ROWS_MAX: usize = 10_000;

/// A question.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HistoryQuestion)]
pub(crate) struct Question {
    /// One reading statement: SELECT, WITH, EXPLAIN, DESCRIBE or SHOW TABLES; at most 64 KiB.
    sql: String,
}

/// A column.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HistoryColumn)]
pub(crate) struct ColumnBody {
    name: String,
    /// `truth`, `whole`, `number`, `decimal`, `text`, `date`, `moment` or `other`.
    r#type: &'static str,
}

impl From<&lake::Column> for ColumnBody {
    fn from(column: &lake::Column) -> Self {
        ColumnBody { name: column.name.clone(), r#type: column.kind.name() }
    }
}

/// A table of which only a part was looked at.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HistoryPartialTable)]
pub(crate) struct Partial {
    table: String,
    /// Rows that were looked at.
    rows: usize,
}

/// An answer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HistoryAnswer)]
pub(crate) struct AnswerBody {
    columns: Vec<ColumnBody>,
    /// A value for each column: whole numbers beyond 2^53 and decimals are texts, dates and moments are texts (RFC 3339, the
    /// operator's zone).
    #[schema(value_type = Vec<Vec<Object>>)]
    rows: Vec<Vec<Value>>,
    /// Whether rows were left out because of a limit.
    truncated: bool,
    milliseconds: i64,
    /// Tables of which only a part was looked at.
    partial: Vec<Partial>,
}

/// Ask the history.
#[utoipa::path(
    post, path = "/v1/history/query", tag = "history", request_body = Question,
    responses((status = 200, body = AnswerBody), (status = 400, description = "`query_invalid`, `query_read_only`"),
        (status = 422, description = "`query_too_large`"), (status = 429, description = "`query_busy`"))
)]
pub(crate) async fn query(
    State(site): State<Site>,
    Signed(actor): Signed,
    Json(question): Json<Question>,
) -> Result<axum::Json<AnswerBody>, Failure> {
    let asked = ask::ask(site.kernel(), &actor, &question.sql).await?;
    let answer = &asked.answer;
    let rows = answer.rows().take(ROWS_MAX).map(|row| row.iter().map(|cell| answer.json_value(cell)).collect());
    Ok(axum::Json(AnswerBody {
        columns: answer.columns.iter().map(ColumnBody::from).collect(),
        rows: rows.collect(),
        truncated: answer.truncated || answer.len() > ROWS_MAX,
        milliseconds: asked.milliseconds,
        partial: asked.partial.iter().map(|(table, rows)| Partial { table: table.clone(), rows: *rows }).collect(),
    }))
}

/// A table.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HistoryTable)]
pub(crate) struct TableBody {
    name: String,
    columns: Vec<ColumnBody>,
}

/// The tables a question may name.
#[utoipa::path(get, path = "/v1/history/tables", tag = "history", responses((status = 200, body = Vec<TableBody>)))]
pub(crate) async fn tables(
    State(site): State<Site>,
    Signed(actor): Signed,
) -> Result<axum::Json<Vec<TableBody>>, Failure> {
    let tables = ask::tables(site.kernel(), &actor).await?;
    let body = |table: lake::Described| TableBody {
        columns: table.columns.iter().map(ColumnBody::from).collect(),
        name: table.name,
    };
    Ok(axum::Json(tables.into_iter().map(body).collect()))
}
