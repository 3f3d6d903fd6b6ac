//! Top-level resources: the words and things that events name, and the events of each.

use super::{ListParams, READ, json, list_token, negotiate, pairs, query_of, with_next};
use crate::error::Error;
use crate::resources::{self, Collection};
use axum::extract::{OriginalUri, State};
use axum::http::HeaderMap;
use axum::response::Response;
use ground::Problem;
use kernel::Actor;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;
use utoipa_axum::routes;
use web::{Failure, Path, Query, Routes, Signed, Site};

async fn list_of(
    site: Site,
    actor: Actor,
    headers: HeaderMap,
    params: ListParams,
    collection: Collection,
) -> Result<Response, Failure> {
    negotiate(&headers)?;
    let after = params.after()?.unwrap_or_default();
    let (members, next) = resources::list(site.kernel(), &actor, collection, &after, params.rows()).await?;
    let body = json!({ "@context": epcis::context::STANDARD_ADDRESS, "type": "Collection", "member": members });
    let pairs = vec![("perPage".to_owned(), params.rows().to_string())];
    let path = format!("/v1/epcis/{}", collection.name());
    Ok(with_next(json(&body), &path, &pairs, next.map(|last| (list_token(&last), None))))
}

async fn show_of(
    site: Site,
    actor: Actor,
    headers: HeaderMap,
    value: String,
    collection: Collection,
) -> Result<Response, Failure> {
    negotiate(&headers)?;
    resources::exists(site.kernel(), &actor, collection, &value).await?;
    let body = json!({ "@context": epcis::context::STANDARD_ADDRESS, "type": "Collection", "member": ["events"] });
    Ok(json(&body))
}

async fn events_of(
    site: Site,
    actor: Actor,
    headers: HeaderMap,
    uri: axum::http::Uri,
    value: String,
    collection: Collection,
) -> Result<Response, Failure> {
    negotiate(&headers)?;
    let asked = pairs(uri.query())?;
    let parameter = collection.parameter();
    if asked.iter().any(|(name, _)| name == parameter) {
        return Err(Error::Query {
            name: parameter.to_owned(),
            detail_zh: "此参数已由地址给出，不能重复。".to_owned(),
            detail_en: "The address says this already; it cannot be asked twice.".to_owned(),
        }
        .into());
    }
    resources::exists(site.kernel(), &actor, collection, &value).await?;
    let mut whole = asked.clone();
    // A bar would part the value in two.
    if value.contains('|') {
        return Err(Problem::not_found().into());
    }
    whole.push((parameter.to_owned(), value.clone()));
    let query = query_of(&whole, &headers)?;
    let path = format!("/v1/epcis/{}/{}/events", collection.name(), utf8_percent_encode(&value, NON_ALPHANUMERIC));
    super::events::answer(&site, &actor, &headers, &path, &asked, &query, None).await
}

/// The three addresses of a collection.
macro_rules! collection {
    ($module:ident, $collection:ident, $list:tt, $one:tt, $events:tt, $value:tt) => {
        mod $module {
            use super::*;

            /// What is in use, in order.
            #[utoipa::path(get, path = $list, tag = "epcis", params(ListParams), responses((status = 200, description = "A collection")))]
            pub(super) async fn list(
                State(site): State<Site>,
                Signed(actor): Signed,
                headers: HeaderMap,
                Query(params): Query<ListParams>,
            ) -> Result<Response, Failure> {
                list_of(site, actor, headers, params, Collection::$collection).await
            }

            /// What there is of one.
            #[utoipa::path(get, path = $one, tag = "epcis", params(($value = String, Path,)), responses((status = 200, description = "A collection")))]
            pub(super) async fn show(
                State(site): State<Site>,
                Signed(actor): Signed,
                headers: HeaderMap,
                Path(value): Path<String>,
            ) -> Result<Response, Failure> {
                show_of(site, actor, headers, value, Collection::$collection).await
            }

            /// Events that name it; the parameters of the simple event query narrow them.
            #[utoipa::path(get, path = $events, tag = "epcis", params(($value = String, Path,), ListParams), responses((status = 200, description = "An EPCISQueryDocument")))]
            pub(super) async fn events(
                State(site): State<Site>,
                Signed(actor): Signed,
                headers: HeaderMap,
                OriginalUri(uri): OriginalUri,
                Path(value): Path<String>,
            ) -> Result<Response, Failure> {
                events_of(site, actor, headers, uri, value, Collection::$collection).await
            }

            pub(super) fn add(routes: Routes) -> Routes {
                routes.api(READ, routes!(list)).api(READ, routes!(show)).api(READ, routes!(events))
            }
        }
    };
}

collection!(
    event_types,
    EventTypes,
    "/v1/epcis/eventTypes",
    "/v1/epcis/eventTypes/{eventType}",
    "/v1/epcis/eventTypes/{eventType}/events",
    "eventType"
);
collection!(epcs, Epcs, "/v1/epcis/epcs", "/v1/epcis/epcs/{epc}", "/v1/epcis/epcs/{epc}/events", "epc");
collection!(
    biz_steps,
    BizSteps,
    "/v1/epcis/bizSteps",
    "/v1/epcis/bizSteps/{bizStep}",
    "/v1/epcis/bizSteps/{bizStep}/events",
    "bizStep"
);
collection!(
    biz_locations,
    BizLocations,
    "/v1/epcis/bizLocations",
    "/v1/epcis/bizLocations/{bizLocation}",
    "/v1/epcis/bizLocations/{bizLocation}/events",
    "bizLocation"
);
collection!(
    read_points,
    ReadPoints,
    "/v1/epcis/readPoints",
    "/v1/epcis/readPoints/{readPoint}",
    "/v1/epcis/readPoints/{readPoint}/events",
    "readPoint"
);
collection!(
    dispositions,
    Dispositions,
    "/v1/epcis/dispositions",
    "/v1/epcis/dispositions/{disposition}",
    "/v1/epcis/dispositions/{disposition}/events",
    "disposition"
);

/// Adds every collection.
pub(crate) fn routes(routes: Routes) -> Routes {
    let routes = epcs::add(event_types::add(routes));
    let routes = biz_locations::add(biz_steps::add(routes));
    dispositions::add(read_points::add(routes))
}
