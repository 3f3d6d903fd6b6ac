//! The REST binding of EPCIS 2.0 under `/v1/epcis` (the contract is GS1's OpenAPI of EPCIS 2.0): headers, versions, paging.

mod capture;
mod discovery;
mod events;
mod parties;
mod queries;
mod resources;
mod socket;
mod subscriptions;
mod table;

use crate::document::{CBV_VERSION, EPCIS_VERSION};
use crate::error::{ADDRESS_TOO_LONG, Error, NOT_ACCEPTABLE};
use crate::queries::query_error;
use crate::search::EpcFormat;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use epcis::query::Query;
use ground::{Problem, Timestamp};
use kernel::Permission;
use serde_json::Value;
use utoipa_axum::routes;
use web::{Access, Failure, Routes};

/// Whoever may read events.
const READ: Access = Access::Needs(&[Permission::TraceRead, Permission::OwnTrace]);
/// Whoever may capture, and make queries.
const WRITE: Access = Access::Needs(&[Permission::TraceManage, Permission::OwnTrace]);
/// Staff.
const STAFF: Access = Access::Needs(&[Permission::TraceRead]);
/// Staff that manage.
const MANAGE: Access = Access::Needs(&[Permission::TraceManage]);
/// Longest query string, bytes.
const QUERY_BYTES_MAX: usize = 32 * 1024;
/// Rows on a page of a list that is not of events.
pub(crate) const LIST_ROWS_DEFAULT: u64 = 30;
/// Most rows on a page of a list that is not of events.
pub(crate) const LIST_ROWS_MAX: u64 = 1_000;

/// The routes.
pub(crate) fn routes() -> Routes {
    let routes = Routes::new()
        .api(READ, routes!(discovery::root))
        .api(WRITE, routes!(capture::post))
        .api(READ, routes!(capture::list))
        .api(READ, routes!(capture::show))
        .api(READ, routes!(capture::results))
        .api(READ, routes!(events::list))
        .api(WRITE, routes!(events::post))
        .api(READ, routes!(events::show))
        .api(READ, routes!(queries::list))
        .api(WRITE, routes!(queries::create))
        .api(READ, routes!(queries::show))
        .api(WRITE, routes!(queries::remove))
        .api(READ, routes!(queries::events))
        .api(READ, routes!(subscriptions::list))
        .api(WRITE, routes!(subscriptions::create))
        .api(READ, routes!(subscriptions::show))
        .api(WRITE, routes!(subscriptions::remove))
        .api(READ, routes!(discovery::release_token))
        .api(WRITE, routes!(table::template))
        .api(WRITE, routes!(table::capture))
        .api(STAFF, routes!(parties::list))
        .api(MANAGE, routes!(parties::set))
        .api(MANAGE, routes!(parties::remove));
    discovery::options(resources::routes(routes))
}

/// A list of the binding: `nextPageToken` and `perPage`.
#[derive(Debug, Default, serde::Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    /// Where the next page begins: from the `Link` header of the last one.
    #[serde(default, rename = "nextPageToken")]
    pub next_page_token: Option<String>,
    /// Rows on a page, at most 1,000.
    #[serde(default, rename = "perPage")]
    pub per_page: Option<u64>,
}

impl ListParams {
    pub fn rows(&self) -> u64 {
        self.per_page.unwrap_or(LIST_ROWS_DEFAULT).clamp(1, LIST_ROWS_MAX)
    }

    /// The last row of the page before, from the token.
    pub fn after(&self) -> Result<Option<String>, Error> {
        use base64::Engine;
        let Some(token) = &self.next_page_token else { return Ok(None) };
        let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(token).map_err(|_| Error::Token)?;
        String::from_utf8(bytes).map(Some).map_err(|_| Error::Token)
    }
}

/// A token that says after which row the next page begins. It does not expire: rows stay where they are.
pub(crate) fn list_token(last: &str) -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(last)
}

/// Whether the client can read what is spoken here.
///
/// # Errors
/// `events_not_acceptable`.
pub(crate) fn negotiate(headers: &HeaderMap) -> Result<(), Failure> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let refused = |what: &str| Err(Problem::new(&NOT_ACCEPTABLE).arg("what", what).into());
    for (least, most, spoken) in
        [("gs1-epcis-min", "gs1-epcis-max", EPCIS_VERSION), ("gs1-cbv-min", "gs1-cbv-max", CBV_VERSION)]
    {
        let spoken = version(spoken);
        if text(least).is_some_and(|asked| version(asked) > spoken) {
            return refused(least);
        }
        if text(most).is_some_and(|asked| version(asked) < spoken && !asked.starts_with("2.0")) {
            return refused(most);
        }
    }
    if let Some(accept) = text("accept") {
        let kinds = accept.split(',').map(|part| part.split(';').next().unwrap_or("").trim().to_ascii_lowercase());
        let good = |kind: &String| {
            matches!(
                kind.as_str(),
                "" | "*/*" | "application/*" | "application/json" | "application/ld+json" | "application/problem+json"
            )
        };
        if !kinds.into_iter().any(|kind| good(&kind)) {
            return refused("Accept");
        }
    }
    epc_format(headers).map(|_| ())
}

fn version(text: &str) -> Vec<u32> {
    text.split('.').map(|part| part.parse().unwrap_or(0)).chain([0, 0, 0]).take(3).collect()
}

/// How the client wants identifiers.
///
/// # Errors
/// `events_not_acceptable` for EPC URNs, which are not made here.
pub(crate) fn epc_format(headers: &HeaderMap) -> Result<EpcFormat, Failure> {
    let Some(asked) = headers.get("gs1-epc-format") else { return Ok(EpcFormat::default()) };
    let known = asked.to_str().ok().and_then(|text| EpcFormat::from_name(text.trim()));
    known.ok_or_else(|| Problem::new(&NOT_ACCEPTABLE).arg("what", "GS1-EPC-Format").into())
}

/// Puts the headers of the binding on an answer.
pub(crate) fn dressed(answer: impl IntoResponse) -> Response {
    let mut answer = answer.into_response();
    let headers = answer.headers_mut();
    for (name, value) in
        [("gs1-epcis-version", EPCIS_VERSION), ("gs1-cbv-version", CBV_VERSION), ("gs1-extensions", "")]
    {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    answer
}

/// A JSON answer with the headers of the binding.
pub(crate) fn json(value: &Value) -> Response {
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    dressed(([kind], value.to_string()))
}

/// Adds the link to the next page.
pub(crate) fn with_next(
    mut answer: Response,
    path: &str,
    pairs: &[(String, String)],
    next: Option<(String, Option<Timestamp>)>,
) -> Response {
    let Some((token, expires)) = next else { return answer };
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs.iter().filter(|(name, _)| name != "nextPageToken"));
    query.append_pair("nextPageToken", &token);
    let link = format!("<{path}?{}>; rel=\"next\"", query.finish());
    if let Ok(value) = HeaderValue::from_str(&link) {
        answer.headers_mut().insert(header::LINK, value);
    }
    if let Some(value) = expires.and_then(|at| HeaderValue::from_str(&at.to_rfc3339()).ok()) {
        answer.headers_mut().insert(HeaderName::from_static("gs1-next-page-token-expires"), value);
    }
    answer
}

/// The pairs of a query string.
///
/// # Errors
/// `events_address_too_long`.
pub(crate) fn pairs(query: Option<&str>) -> Result<Vec<(String, String)>, Failure> {
    let query = query.unwrap_or("");
    if query.len() > QUERY_BYTES_MAX {
        return Err(Problem::new(&ADDRESS_TOO_LONG).arg("most", QUERY_BYTES_MAX).into());
    }
    let pairs = url::form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != "lang");
    Ok(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
}

/// The query that a query string asks, with prefixes of extensions from `GS1-Extensions`.
///
/// # Errors
/// `events_query_invalid`.
pub(crate) fn query_of(pairs: &[(String, String)], headers: &HeaderMap) -> Result<Query, Failure> {
    let extensions = headers.get("gs1-extensions").and_then(|value| value.to_str().ok()).unwrap_or("");
    let context = epcis::query::context_of_header(extensions).map_err(query_error)?;
    Ok(Query::from_params_in(pairs, &context).map_err(query_error)?)
}
