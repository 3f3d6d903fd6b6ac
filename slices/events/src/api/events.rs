//! Events: asking for them, one by one or by query, and capturing a single one.

use super::capture::{check_type, options_of};
use super::{dressed, epc_format, json, negotiate, pairs, query_of, with_next};
use crate::capturing::AT_ONCE_BYTES_MAX;
use crate::document::{query_document, single};
use crate::search;
use axum::body::Bytes;
use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use epcis::query::Query;
use ground::Problem;
use kernel::Actor;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use web::{Failure, Path, Signed, Site};

const _: () = assert!(ground::limits::BODY_BYTES_MAX <= AT_ONCE_BYTES_MAX);

/// Runs a query and gives the page as a query document with the link to the next one.
pub(crate) async fn answer(
    site: &Site,
    actor: &Actor,
    headers: &HeaderMap,
    path: &str,
    pairs: &[(String, String)],
    query: &Query,
    name: Option<&str>,
) -> Result<Response, Failure> {
    let format = epc_format(headers)?;
    let page = search::search(site.kernel(), actor, query).await?;
    let name = name.map(|name| (name, None));
    let document = query_document(&page.events, name, format, site.kernel().now());
    let next = page.next.map(|(token, expires)| (token, Some(expires)));
    let mut answer = with_next(json(&document), path, pairs, next);
    answer.headers_mut().insert(HeaderName::from_static("gs1-epc-format"), HeaderValue::from_static(format.name()));
    Ok(answer)
}

/// Events that match, with every parameter of the simple event query of EPCIS 2.0.
#[utoipa::path(get, path = "/v1/epcis/events", tag = "epcis", params(super::ListParams),
    responses((status = 200, description = "An EPCISQueryDocument; `Link` names the next page")))]
pub(crate) async fn list(
    State(site): State<Site>,
    Signed(actor): Signed,
    headers: HeaderMap,
    OriginalUri(uri): OriginalUri,
) -> Result<Response, Failure> {
    negotiate(&headers)?;
    let pairs = pairs(uri.query())?;
    let query = query_of(&pairs, &headers)?;
    answer(&site, &actor, &headers, "/v1/epcis/events", &pairs, &query, None).await
}

/// One event by its id.
#[utoipa::path(get, path = "/v1/epcis/events/{eventID}", tag = "epcis", params(("eventID" = String, Path,)),
    responses((status = 200, description = "The event")))]
pub(crate) async fn show(
    State(site): State<Site>,
    Signed(actor): Signed,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    negotiate(&headers)?;
    let found = search::event(site.kernel(), &actor, &id).await?;
    // Where the event was taken back, that is the last word about it.
    let last = found.last().ok_or_else(Problem::not_found)?;
    Ok(json(&single(last, epc_format(&headers)?)))
}

/// Captures one event, at once.
#[utoipa::path(post, path = "/v1/epcis/events", tag = "epcis", request_body(content = Object, content_type = "application/json"),
    responses((status = 201, description = "The event as kept; `Location` names it"), (status = 409, description = "The id belongs to other content")))]
pub(crate) async fn post(
    State(site): State<Site>,
    Signed(actor): Signed,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    negotiate(&headers)?;
    check_type(&headers)?;
    let options = options_of(&headers)?;
    let (event, duplicate) = crate::capture_event(site.kernel(), &actor, &body, options).await?;
    let place = format!("/v1/epcis/events/{}", utf8_percent_encode(&event.event_id, NON_ALPHANUMERIC));
    let mut answer = dressed((StatusCode::CREATED, json(&single(&event, epc_format(&headers)?))));
    let headers = answer.headers_mut();
    headers.insert(header::LOCATION, HeaderValue::from_str(&place).map_err(Problem::internal)?);
    let status = if duplicate { "duplicate" } else { "accepted" };
    headers.insert(HeaderName::from_static("touchstone-result"), HeaderValue::from_static(status));
    Ok(answer)
}
