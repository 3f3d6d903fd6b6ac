//! An answer to take away.

use crate::ask;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::response::Response;
use ground::Problem;
use lake::output::Json;
use serde::Deserialize;
use web::{Failure, Query, Signed, Site};

/// Says that a limit cut the answer: a program that only reads the file would not know.
const TRUNCATED: &str = "x-truncated";

/// A question in an address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Question {
    sql: String,
}

fn marked(mut response: Response, truncated: bool) -> Response {
    if truncated {
        response.headers_mut().insert(TRUNCATED, HeaderValue::from_static("true"));
    }
    response
}

pub(crate) async fn csv(
    State(site): State<Site>,
    Signed(actor): Signed,
    Query(question): Query<Question>,
) -> Result<Response, Failure> {
    let asked = ask::ask(site.kernel(), &actor, &question.sql).await?;
    let answer = &asked.answer;
    let mut out = web::csv::Writer::new(answer.columns.iter().map(|column| column.name.as_str()));
    for row in answer.rows() {
        out.row(row.iter().map(|cell| cell.text(answer.zone())));
    }
    Ok(marked(out.download("history.csv")?, answer.truncated))
}

pub(crate) async fn json(
    State(site): State<Site>,
    Signed(actor): Signed,
    Query(question): Query<Question>,
) -> Result<Response, Failure> {
    let asked = ask::ask(site.kernel(), &actor, &question.sql).await?;
    let mut out = Vec::new();
    asked.answer.write_json(Json::Array, &mut out).map_err(Problem::internal)?;
    Ok(marked(web::download("history.json", "application/json", out), asked.answer.truncated))
}

pub(crate) async fn parquet(
    State(site): State<Site>,
    Signed(actor): Signed,
    Query(question): Query<Question>,
) -> Result<Response, Failure> {
    let asked = ask::ask(site.kernel(), &actor, &question.sql).await?;
    let mut out = Vec::new();
    asked.answer.write_parquet(&mut out).map_err(Problem::internal)?;
    Ok(marked(web::download("history.parquet", "application/vnd.apache.parquet", out), asked.answer.truncated))
}
