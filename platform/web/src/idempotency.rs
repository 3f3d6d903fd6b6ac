//! `Idempotency-Key` on POST under `/v1`: the first answer is kept for a day and given again, so that a caller who lost
//! it may simply ask again.

use crate::body;
use crate::codes::{IDEMPOTENCY_REUSED, IDEMPOTENCY_RUNNING};
use crate::context::Context;
use crate::failure::Failure;
use crate::site::Site;
use crate::store::idempotency::{self as store, Claim, Kept};
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use ground::Problem;
use ground::limits::BODY_BYTES_MAX;
use sha2::{Digest, Sha256};

/// Longest key, characters.
const KEY_CHARS_MAX: usize = 200;
/// Largest answer kept, bytes; a larger one is not replayed but answered `idempotency_running`.
const ANSWER_BYTES_MAX: usize = 256 * 1024;

/// Runs the request, or gives the stored answer of the same request again.
pub(crate) async fn once(site: &Site, context: &Context, request: Request, next: Next) -> Response {
    let key = request.headers().get("idempotency-key").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (Some(key), Some(actor)) = (key, &context.actor) else { return next.run(request).await };
    if !context.is_api() || request.method() != Method::POST {
        return next.run(request).await;
    }
    if key.is_empty() || key.chars().count() > KEY_CHARS_MAX {
        return Failure::from(Problem::invalid_field("Idempotency-Key", "web-idempotency-key")).into_response();
    }
    let row = row_id(&actor.id, &context.path, &key);
    match guarded(site, context, &row, request, next).await {
        Ok(answer) => answer,
        Err(problem) => Failure::from(problem).into_response(),
    }
}

fn row_id(actor: &str, path: &str, key: &str) -> String {
    let mut hash = Sha256::new();
    for part in [actor, path, key] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hex::encode(hash.finalize())
}

async fn guarded(site: &Site, context: &Context, row: &str, request: Request, next: Next) -> kernel::Result<Response> {
    let (parts, body) = request.into_parts();
    let mut hash = Sha256::new();
    hash.update(context.query.as_bytes());
    // A file is told by its length, so that it need not be held in memory; all other bodies by their bytes.
    let small = matches!(body::content_type(&parts.headers).as_str(), "" | "application/json");
    let body = if small {
        let bytes = body::collect(body, BODY_BYTES_MAX).await?;
        hash.update(&bytes);
        Body::from(bytes)
    } else {
        hash.update(parts.headers.get(header::CONTENT_LENGTH).map_or(&b""[..], HeaderValue::as_bytes));
        body
    };
    let fingerprint = hex::encode(hash.finalize());
    let abandoned_micros = site.settings().upload_seconds_max as i64 * ground::time::SECOND_MICROS;
    match store::claim(site.kernel(), row, &fingerprint, abandoned_micros).await? {
        Claim::Mine => {}
        Claim::Running => return Err(Problem::new(&IDEMPOTENCY_RUNNING)),
        Claim::Other => return Err(Problem::new(&IDEMPOTENCY_REUSED)),
        Claim::Kept(kept) => return Ok(replay(kept)),
    }
    let answer = next.run(Request::from_parts(parts, body)).await;
    keep(site, row, answer).await
}

fn replay(kept: Kept) -> Response {
    let status = StatusCode::from_u16(kept.status).unwrap_or(StatusCode::OK);
    let kind = HeaderValue::from_str(&kept.content_type).unwrap_or(HeaderValue::from_static("application/json"));
    let mut answer = (status, [(header::CONTENT_TYPE, kind)], kept.body).into_response();
    if let Some(location) = kept.location.and_then(|text| HeaderValue::from_str(&text).ok()) {
        answer.headers_mut().insert(header::LOCATION, location);
    }
    let name = HeaderName::from_static("idempotency-replayed");
    answer.headers_mut().insert(name, HeaderValue::from_static("true"));
    answer
}

/// Keeps a successful answer. After a failure nothing was done, so the caller may try again with the same key.
async fn keep(site: &Site, row: &str, answer: Response) -> kernel::Result<Response> {
    if !answer.status().is_success() {
        store::release(site.kernel(), row).await?;
        return Ok(answer);
    }
    let (parts, body) = answer.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.map_err(Problem::internal)?;
    let text = |name: &HeaderName| parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    if let (true, Ok(body)) = (bytes.len() <= ANSWER_BYTES_MAX, std::str::from_utf8(&bytes)) {
        let kept = Kept {
            status: parts.status.as_u16(),
            content_type: text(&header::CONTENT_TYPE).unwrap_or_default(),
            location: text(&header::LOCATION),
            body: body.to_owned(),
        };
        store::keep(site.kernel(), row, &kept).await?;
    }
    Ok(Response::from_parts(parts, Body::from(bytes)))
}
