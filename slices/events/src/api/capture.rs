//! Capturing documents, and what came of them.

use super::{ListParams, dressed, json, list_token, negotiate, with_next};
use crate::capturing;
use crate::model::{Capture, CaptureOptions, DOCUMENT_BYTES_MAX, ErrorBehaviour, EventResult};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use futures::StreamExt;
use ground::problem::{MALFORMED, UNAVAILABLE};
use ground::{Language, Problem};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use web::{Failure, Path, Query, Signed, Site};

/// Refused events named in the job document; the rest is counted and listed under `results`.
const ERRORS_MAX: u64 = 100;
/// Results on a page.
const RESULTS_DEFAULT: u64 = 200;

/// How the client wants the capture done. `Touchstone-Party` names the organisation staff capture for.
pub(crate) fn options_of(headers: &HeaderMap) -> Result<CaptureOptions, Failure> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(|text| text.trim().to_owned());
    let on_error = match text("gs1-capture-error-behaviour") {
        None => ErrorBehaviour::default(),
        Some(name) => ErrorBehaviour::from_name(&name)
            .ok_or_else(|| Problem::invalid_field("GS1-Capture-Error-Behaviour", "events-error-behaviour"))?,
    };
    Ok(CaptureOptions { on_error, party: text("touchstone-party").filter(|party| !party.is_empty()), file: None })
}

/// Whether the body is said to be JSON.
pub(crate) fn check_type(headers: &HeaderMap) -> Result<(), Failure> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let kind = kind.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    match kind.as_str() {
        "application/json" | "application/ld+json" => Ok(()),
        _ => Err(Problem::new(&web::UNSUPPORTED_TYPE).arg("expected", "application/json, application/ld+json").into()),
    }
}

/// Captures a document of events (EPCIS 2.0 JSON-LD, at most 100 MB). The answer names the capture job.
#[utoipa::path(post, path = "/v1/epcis/capture", tag = "epcis", request_body(content = Object, content_type = "application/json"),
    params(("GS1-Capture-Error-Behaviour" = Option<String>, Header, description = "`rollback` (default) or `proceed`")),
    responses((status = 202, description = "Kept, to be worked on; `Location` names the job")))]
pub(crate) async fn post(
    State(site): State<Site>,
    Signed(actor): Signed,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Failure> {
    negotiate(&headers)?;
    check_type(&headers)?;
    let options = options_of(&headers)?;
    let file = receive(&site, body).await?;
    let capture = crate::accept(site.kernel(), &actor, file.path(), options).await?;
    let mut answer = dressed(StatusCode::ACCEPTED);
    let place = format!("/v1/epcis/capture/{}", capture.id);
    answer.headers_mut().insert(header::LOCATION, HeaderValue::from_str(&place).map_err(Problem::internal)?);
    let behaviour = HeaderValue::from_static(capture.on_error.name());
    answer.headers_mut().insert(HeaderName::from_static("gs1-capture-error-behaviour"), behaviour);
    Ok(answer)
}

/// Writes the body to a temporary file as it comes; nothing beyond the limit is read.
async fn receive(site: &Site, body: Body) -> Result<tempfile::NamedTempFile, Failure> {
    let disk = |error: std::io::Error| Problem::new(&UNAVAILABLE).because(error);
    let file = match &site.settings().temporary_folder {
        Some(folder) => tempfile::NamedTempFile::new_in(folder),
        None => tempfile::NamedTempFile::new(),
    };
    let file = file.map_err(disk)?;
    let mut out = tokio::fs::File::from_std(file.reopen().map_err(disk)?);
    let (mut pieces, mut bytes) = (body.into_data_stream(), 0u64);
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|error| Problem::new(&MALFORMED).because(error))?;
        bytes += piece.len() as u64;
        if bytes > DOCUMENT_BYTES_MAX {
            return Err(web::too_large(DOCUMENT_BYTES_MAX).into());
        }
        out.write_all(&piece).await.map_err(disk)?;
    }
    out.flush().await.map_err(disk)?;
    Ok(file)
}

/// Captures, newest first.
#[utoipa::path(get, path = "/v1/epcis/capture", tag = "epcis", params(ListParams),
    responses((status = 200, description = "Capture jobs")))]
pub(crate) async fn list(
    State(site): State<Site>,
    Signed(actor): Signed,
    headers: HeaderMap,
    Query(params): Query<ListParams>,
) -> Result<Response, Failure> {
    negotiate(&headers)?;
    let rows = params.rows();
    let mut found = capturing::before(site.kernel(), &actor, params.after()?.as_deref(), rows + 1).await?;
    let more = found.len() as u64 > rows;
    found.truncate(rows as usize);
    let next = found.last().filter(|_| more).map(|last| (list_token(&last.id), None));
    let mut jobs = Vec::with_capacity(found.len());
    for capture in &found {
        jobs.push(job(&site, capture, actor.language).await?);
    }
    let pairs = vec![("perPage".to_owned(), rows.to_string())];
    Ok(with_next(json(&Value::Array(jobs)), "/v1/epcis/capture", &pairs, next))
}

/// A capture job.
#[utoipa::path(get, path = "/v1/epcis/capture/{captureID}", tag = "epcis", params(("captureID" = String, Path,)),
    responses((status = 200, description = "The capture job")))]
pub(crate) async fn show(
    State(site): State<Site>,
    Signed(actor): Signed,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    negotiate(&headers)?;
    let capture = capturing::one(site.kernel(), &actor, &id).await?;
    Ok(json(&job(&site, &capture, actor.language).await?))
}

async fn job(site: &Site, capture: &Capture, language: Language) -> Result<Value, Failure> {
    let errors = match capture.rejected {
        0 if capture.success => Vec::new(),
        _ => capturing::errors(site.kernel(), capture, ERRORS_MAX).await?,
    };
    let errors: Vec<Value> = errors.iter().map(|error| problem(site, error, language)).collect();
    let mut job = json!({
        "captureID": capture.id,
        "createdAt": capture.created_at.to_rfc3339(),
        "running": capture.is_running(),
        "success": capture.success,
        "captureErrorBehaviour": capture.on_error.name(),
        "errors": errors,
        "accepted": capture.accepted,
        "rejected": capture.rejected,
        "duplicates": capture.duplicates,
        "clockSkewed": capture.skewed,
        "results": format!("/v1/epcis/capture/{}/results", capture.id),
    });
    if let Some(at) = capture.finished_at {
        job["finishedAt"] = json!(at.to_rfc3339());
    }
    Ok(job)
}

fn detail(result: &EventResult, language: Language) -> &str {
    match language {
        Language::Zh => &result.detail_zh,
        Language::En => &result.detail_en,
    }
}

/// A fault as a problem (RFC 7807), with the place.
fn problem(site: &Site, result: &EventResult, language: Language) -> Value {
    let code = result.code.as_deref().unwrap_or("rejected");
    json!({
        "type": format!("{}/docs/api#epcis-{}", site.settings().base_url, code.replace('_', "-")),
        "title": code,
        "status": 400,
        "detail": detail(result, language),
        "pointer": result.pointer,
        "position": result.position,
        "eventID": result.event_id,
    })
}

/// Where the results go on.
#[derive(Debug, Default, serde::Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ResultParams {
    /// First position, from 0.
    #[serde(default)]
    from: Option<u64>,
    /// Results on a page, at most 1,000.
    #[serde(default, rename = "perPage")]
    per_page: Option<u64>,
}

/// What came of each event of a capture, in the order of the document.
#[utoipa::path(get, path = "/v1/epcis/capture/{captureID}/results", tag = "epcis",
    params(("captureID" = String, Path,), ResultParams), responses((status = 200, description = "A result an event")))]
pub(crate) async fn results(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Query(params): Query<ResultParams>,
) -> Result<Response, Failure> {
    let rows = params.per_page.unwrap_or(RESULTS_DEFAULT).clamp(1, super::LIST_ROWS_MAX);
    let (_, found) = capturing::results(site.kernel(), &actor, &id, params.from.unwrap_or(0), rows).await?;
    let next = found.last().filter(|_| found.len() as u64 == rows).and_then(|last| last.position);
    let list: Vec<Value> = found
        .iter()
        .map(|result| {
            json!({
                "position": result.position,
                "status": result.outcome.name(),
                "eventID": result.event_id,
                "pointer": result.pointer,
                "code": result.code,
                "detail": Some(detail(result, actor.language)).filter(|text| !text.is_empty()),
            })
        })
        .collect();
    Ok(json(&json!({ "results": list, "from": next.map(|position| position + 1) })))
}
