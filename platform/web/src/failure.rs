//! Errors on their way out: problem+json (RFC 9457) under `/v1`, a page elsewhere, logged once.

use crate::codes::{METHOD_NOT_ALLOWED, TIMED_OUT, UNSUPPORTED_TYPE};
use crate::context::Context;
use crate::respond::{go, is_local};
use crate::site::{Owed, Site};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use ground::problem::{FORBIDDEN, INTERNAL, MALFORMED, NOT_FOUND, RATE_LIMITED, TOO_LARGE, UNAVAILABLE};
use ground::{Fault, Language, Level, Problem};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// What a handler returns when it cannot do what was asked. It is rendered in the reader's language by the web layer.
#[derive(Debug)]
pub struct Failure(pub Problem);

impl<E: Into<Problem>> From<E> for Failure {
    fn from(error: E) -> Self {
        Failure(error.into())
    }
}

#[derive(Clone)]
struct Carried(Arc<Problem>);

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.code.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(Carried(Arc::new(self.0)));
        response
    }
}

/// A problem as a program reads it: RFC 9457, media type `application/problem+json`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// Address of the explanation of the code.
    pub r#type: String,
    /// What happened, in the reader's language.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// Stable name of the error.
    pub code: String,
    /// Number of the request, to quote.
    pub instance: String,
    /// Where the input is wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FaultBody>,
}

/// One fault in the input.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Fault)]
pub struct FaultBody {
    /// JSON pointer of the value (RFC 6901).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// Field, column or parameter name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// File name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Column, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u64>,
    /// Data row, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<u64>,
    /// What is wrong and what would be right, in the reader's language.
    pub detail: String,
}

/// The problem as a program reads it.
pub(crate) fn problem_body(site: &Site, language: Language, problem: &Problem, request_id: &str) -> ProblemBody {
    let text = |id: &str, args: &[ground::problem::Argument]| {
        let args: Vec<_> = args.iter().map(|(name, value)| (name.as_ref(), value.as_str().into())).collect();
        site.catalogs().text(language, id, &args)
    };
    let fault = |fault: &Fault| {
        let (pointer, field) = match &fault.place.field {
            Some(name) if name.starts_with('/') => (Some(name.clone()), None),
            other => (None, other.clone()),
        };
        FaultBody {
            pointer,
            field,
            file: fault.place.file.clone(),
            line: fault.place.line,
            column: fault.place.column,
            row: fault.place.row,
            detail: text(&fault.message, &fault.args),
        }
    };
    ProblemBody {
        r#type: format!("{}/docs/api#error-{}", site.settings().base_url, problem.code.code.replace('_', "-")),
        title: text(&problem.code.message_id(), &problem.args),
        status: problem.code.status,
        code: problem.code.code.to_owned(),
        instance: format!("urn:uuid:{request_id}"),
        errors: problem.faults.iter().map(fault).collect(),
    }
}

/// The problem a response stands for: the one it carries, or the one its bare status means. `None` when it is fine or a
/// handler has said it in its own words.
pub(crate) fn problem_of(response: &Response) -> Option<Arc<Problem>> {
    if let Some(Carried(problem)) = response.extensions().get::<Carried>() {
        return Some(Arc::clone(problem));
    }
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return None;
    }
    let own_words = response
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|kind| !kind.starts_with("text/plain"));
    if own_words {
        return None;
    }
    let code = match status.as_u16() {
        403 => &FORBIDDEN,
        404 => &NOT_FOUND,
        405 => &METHOD_NOT_ALLOWED,
        408 | 504 => &TIMED_OUT,
        413 => &TOO_LARGE,
        415 => &UNSUPPORTED_TYPE,
        429 => &RATE_LIMITED,
        503 => &UNAVAILABLE,
        500.. => &INTERNAL,
        _ => &MALFORMED,
    };
    Some(Arc::new(Problem::new(code)))
}

/// Logs at the boundary, once, as loudly as the code says.
fn log(context: &Context, method: &Method, problem: &Problem) {
    let (request, path, code) = (&context.request_id, &context.path, problem.code.code);
    match problem.code.level {
        Level::Debug => tracing::debug!(request, %method, path, code, %problem, "refused"),
        Level::Info => tracing::info!(request, %method, path, code, %problem, "refused"),
        Level::Warn => tracing::warn!(request, %method, path, code, %problem, "refused"),
        Level::Error => tracing::error!(request, %method, path, code, %problem, "failed"),
    }
}

/// The response a reader gets for a problem.
pub(crate) async fn render(
    site: &Site,
    context: &Context,
    method: &Method,
    allow: Option<HeaderValue>,
    problem: &Problem,
) -> Response {
    log(context, method, problem);
    let status = StatusCode::from_u16(problem.code.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = if context.is_api() {
        let body = problem_body(site, context.language, problem, &context.request_id);
        let mut response = (status, axum::Json(body)).into_response();
        let kind = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        if problem.code.status == 401 {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    } else if problem.code.status == 401 {
        sign_in(context, method)
    } else if let Some(owed) = owed_first(context, method, problem) {
        go(owed.page).warning(owed.message, &[]).into_response()
    } else {
        let view = context.view(site).await;
        (status, Html(ui::shell::error(&view, problem, &context.request_id).into_string())).into_response()
    };
    if let Some(allow) = allow {
        response.headers_mut().insert(header::ALLOW, allow);
    }
    let seconds = problem.args.iter().find(|(name, _)| name == "seconds").map(|(_, value)| value);
    if matches!(problem.code.status, 429 | 503)
        && let Some(value) = HeaderValue::from_str(seconds.map_or("5", String::as_str)).ok()
    {
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    response
}

/// What must be done before the page that was refused can be read.
fn owed_first(context: &Context, method: &Method, problem: &Problem) -> Option<Owed> {
    let reading = matches!(*method, Method::GET | Method::HEAD);
    let owed = context.session.as_ref().and_then(|session| session.owed);
    owed.filter(|owed| reading && *problem.code == FORBIDDEN && context.path != owed.page)
}

/// Sends somebody who must sign in to the sign-in page and, after it, back to what they wanted to read.
fn sign_in(context: &Context, method: &Method) -> Response {
    let mut back = context.path.clone();
    if !context.query.is_empty() {
        back = format!("{back}?{}", context.query);
    }
    let reading = matches!(*method, Method::GET | Method::HEAD) && is_local(&back) && back != "/";
    let query = if reading {
        let next = url::form_urlencoded::Serializer::new(String::new()).append_pair("next", &back).finish();
        format!("?{next}")
    } else {
        String::new()
    };
    go(&format!("{}{query}", ui::shell::SIGN_IN_PATH)).into_response()
}
