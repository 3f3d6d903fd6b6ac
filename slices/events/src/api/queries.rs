//! Named queries.

use super::socket;
use super::{ListParams, dressed, json, list_token, negotiate, pairs, with_next};
use crate::queries::{self, NamedQuery};
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use ground::{Fault, Problem};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use web::{Failure, Json, Path, Query, Signed, Site};

/// A query to keep.
#[derive(Debug, serde::Deserialize, utoipa::ToSchema)]
#[schema(as = EventQueryDefinition)]
pub(crate) struct Definition {
    /// Its name: letters, digits, `-`, `_`, `.`, `~`.
    name: String,
    /// Parameters of the simple event query by name; lists as arrays.
    #[schema(value_type = Object)]
    query: Value,
}

fn body(query: &NamedQuery) -> Value {
    json!({ "name": query.name, "query": query.json })
}

/// Named queries, by name.
#[utoipa::path(get, path = "/v1/epcis/queries", tag = "epcis", params(ListParams), responses((status = 200, description = "Query definitions")))]
pub(crate) async fn list(
    State(site): State<Site>,
    Signed(actor): Signed,
    headers: HeaderMap,
    Query(params): Query<ListParams>,
) -> Result<Response, Failure> {
    negotiate(&headers)?;
    let rows = params.rows();
    let after = params.after()?.unwrap_or_default();
    let mut found = queries::list(site.kernel(), &actor, &after, rows + 1).await?;
    let more = found.len() as u64 > rows;
    found.truncate(rows as usize);
    let next = found.last().filter(|_| more).map(|last| (list_token(&last.name), None));
    let pairs = vec![("perPage".to_owned(), rows.to_string())];
    Ok(with_next(json(&found.iter().map(body).collect()), "/v1/epcis/queries", &pairs, next))
}

/// Keeps a query under a name.
#[utoipa::path(post, path = "/v1/epcis/queries", tag = "epcis", request_body = Definition,
    responses((status = 201, description = "Kept; `Location` names it"), (status = 409, description = "The name is taken")))]
pub(crate) async fn create(
    State(site): State<Site>,
    Signed(actor): Signed,
    headers: HeaderMap,
    Json(definition): Json<Definition>,
) -> Result<Response, Failure> {
    negotiate(&headers)?;
    let made = queries::create(site.kernel(), &actor, &definition.name, &definition.query).await?;
    let place = format!("/v1/epcis/queries/{}", utf8_percent_encode(&made.name, NON_ALPHANUMERIC));
    let mut answer = dressed((StatusCode::CREATED, json(&body(&made))));
    answer.headers_mut().insert(header::LOCATION, HeaderValue::from_str(&place).map_err(Problem::internal)?);
    Ok(answer)
}

/// A named query.
#[utoipa::path(get, path = "/v1/epcis/queries/{queryName}", tag = "epcis", params(("queryName" = String, Path,)),
    responses((status = 200, description = "The definition")))]
pub(crate) async fn show(
    State(site): State<Site>,
    Signed(actor): Signed,
    headers: HeaderMap,
    Path(name): Path<String>,
) -> Result<Response, Failure> {
    negotiate(&headers)?;
    Ok(json(&body(&queries::one(site.kernel(), &actor, &name).await?)))
}

/// Takes a named query and its subscriptions away.
#[utoipa::path(delete, path = "/v1/epcis/queries/{queryName}", tag = "epcis", params(("queryName" = String, Path,)),
    responses((status = 204, description = "Gone")))]
pub(crate) async fn remove(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(name): Path<String>,
) -> Result<Response, Failure> {
    queries::remove(site.kernel(), &actor, &name).await?;
    Ok(dressed(StatusCode::NO_CONTENT))
}

/// Events of a named query, by pages; or, as a websocket, new events as they come (`stream=true`) or by a schedule.
#[utoipa::path(get, path = "/v1/epcis/queries/{queryName}/events", tag = "epcis",
    params(("queryName" = String, Path,), ListParams), responses((status = 200, description = "An EPCISQueryDocument"), (status = 101, description = "A websocket")))]
pub(crate) async fn events(
    State(site): State<Site>,
    Signed(actor): Signed,
    headers: HeaderMap,
    OriginalUri(uri): OriginalUri,
    Path(name): Path<String>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Failure> {
    let asked = pairs(uri.query())?;
    let named = queries::one(site.kernel(), &actor, &name).await?;
    if headers.get(header::UPGRADE).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket")) {
        let upgrade = upgrade.map_err(|error| Problem::new(&ground::problem::MALFORMED).because(error))?;
        return socket::open(&site, &actor, &headers, &asked, named, upgrade).await;
    }
    negotiate(&headers)?;
    // What is asked for is the query's to say; only paging is asked here.
    if let Some((unknown, _)) = asked.iter().find(|(name, _)| !matches!(name.as_str(), "perPage" | "nextPageToken")) {
        let fault = Fault::field(unknown.clone(), "events-query-fixed");
        return Err(Problem { faults: vec![fault], ..Problem::new(&crate::QUERY_INVALID) }.into());
    }
    let paging = super::query_of(&asked, &headers)?;
    let mut query = named.query.clone();
    query.per_page = paging.per_page;
    query.next_page_token = paging.next_page_token;
    let path = format!("/v1/epcis/queries/{}/events", utf8_percent_encode(&named.name, NON_ALPHANUMERIC));
    super::events::answer(&site, &actor, &headers, &path, &asked, &query, Some(&named.name)).await
}
