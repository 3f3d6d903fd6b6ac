//! What can be done here: the root, and `OPTIONS` everywhere.

use super::{READ, dressed, json, negotiate};
use crate::document::{CBV_VERSION, EPCIS_VERSION};
use crate::model::{DOCUMENT_BYTES_MAX, DOCUMENT_EVENTS_MAX};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::options as on_options;
use serde_json::json;
use web::{Failure, Path, Routes};

/// The collections of the repository.
#[utoipa::path(get, path = "/v1/epcis", tag = "epcis", responses((status = 200, description = "The collections")))]
pub(crate) async fn root(headers: HeaderMap) -> Result<Response, Failure> {
    negotiate(&headers)?;
    let member = [
        "capture",
        "events",
        "eventTypes",
        "epcs",
        "bizSteps",
        "bizLocations",
        "readPoints",
        "dispositions",
        "queries",
    ];
    Ok(json(&json!({ "@context": epcis::context::STANDARD_ADDRESS, "type": "Collection", "member": member })))
}

/// Lets a paging token go. Tokens hold nothing here, so there is nothing to do.
#[utoipa::path(delete, path = "/v1/epcis/nextPageToken/{token}", tag = "epcis", params(("token" = String, Path,)),
    responses((status = 204, description = "Gone")))]
pub(crate) async fn release_token(Path(_token): Path<String>) -> Response {
    dressed(StatusCode::NO_CONTENT)
}

/// Addresses and the methods they answer.
const PLACES: &[(&str, &str)] = &[
    ("/v1/epcis", "GET, OPTIONS"),
    ("/v1/epcis/capture", "GET, POST, OPTIONS"),
    ("/v1/epcis/capture/{captureID}", "GET, OPTIONS"),
    ("/v1/epcis/events", "GET, POST, OPTIONS"),
    ("/v1/epcis/events/{eventID}", "GET, OPTIONS"),
    ("/v1/epcis/queries", "GET, POST, OPTIONS"),
    ("/v1/epcis/queries/{queryName}", "GET, DELETE, OPTIONS"),
    ("/v1/epcis/queries/{queryName}/events", "GET, OPTIONS"),
    ("/v1/epcis/queries/{queryName}/subscriptions", "GET, POST, OPTIONS"),
    ("/v1/epcis/queries/{queryName}/subscriptions/{subscriptionID}", "GET, DELETE, OPTIONS"),
    ("/v1/epcis/eventTypes", "GET, OPTIONS"),
    ("/v1/epcis/eventTypes/{eventType}", "GET, OPTIONS"),
    ("/v1/epcis/eventTypes/{eventType}/events", "GET, OPTIONS"),
    ("/v1/epcis/epcs", "GET, OPTIONS"),
    ("/v1/epcis/epcs/{epc}", "GET, OPTIONS"),
    ("/v1/epcis/epcs/{epc}/events", "GET, OPTIONS"),
    ("/v1/epcis/bizSteps", "GET, OPTIONS"),
    ("/v1/epcis/bizSteps/{bizStep}", "GET, OPTIONS"),
    ("/v1/epcis/bizSteps/{bizStep}/events", "GET, OPTIONS"),
    ("/v1/epcis/bizLocations", "GET, OPTIONS"),
    ("/v1/epcis/bizLocations/{bizLocation}", "GET, OPTIONS"),
    ("/v1/epcis/bizLocations/{bizLocation}/events", "GET, OPTIONS"),
    ("/v1/epcis/readPoints", "GET, OPTIONS"),
    ("/v1/epcis/readPoints/{readPoint}", "GET, OPTIONS"),
    ("/v1/epcis/readPoints/{readPoint}/events", "GET, OPTIONS"),
    ("/v1/epcis/dispositions", "GET, OPTIONS"),
    ("/v1/epcis/dispositions/{disposition}", "GET, OPTIONS"),
    ("/v1/epcis/dispositions/{disposition}/events", "GET, OPTIONS"),
];

/// Adds `OPTIONS` to every address.
pub(crate) fn options(routes: Routes) -> Routes {
    PLACES.iter().fold(routes, |routes, &(path, allow)| {
        routes.page(READ, path, on_options(move || async move { settings(path, allow) }))
    })
}

fn settings(path: &str, allow: &'static str) -> Response {
    let mut answer = dressed(StatusCode::NO_CONTENT.into_response());
    let headers = answer.headers_mut();
    headers.insert(header::ALLOW, HeaderValue::from_static(allow));
    for (name, value) in [
        ("gs1-epcis-min", EPCIS_VERSION),
        ("gs1-epcis-max", EPCIS_VERSION),
        ("gs1-cbv-min", CBV_VERSION),
        ("gs1-cbv-max", CBV_VERSION),
        ("gs1-epc-format", "Always_GS1_Digital_Link, Never_Translates, No_Preference"),
        ("gs1-cbv-xml-format", "No_Preference"),
        ("gs1-vendor-version", env!("CARGO_PKG_VERSION")),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if path.ends_with("/capture") {
        headers.insert(HeaderName::from_static("gs1-epcis-capture-limit"), DOCUMENT_EVENTS_MAX.into());
        headers.insert(HeaderName::from_static("gs1-epcis-capture-file-size-limit"), DOCUMENT_BYTES_MAX.into());
        let value = HeaderValue::from_static("rollback, proceed");
        headers.insert(HeaderName::from_static("gs1-capture-error-behaviour"), value);
    }
    answer
}
