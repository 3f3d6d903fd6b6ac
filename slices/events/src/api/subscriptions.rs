//! Subscriptions to named queries.

use super::{ListParams, dressed, epc_format, json, list_token, negotiate, with_next};
use crate::search::EpcFormat;
use crate::subscriptions::{self, NewSubscription, Subscription};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use ground::{Problem, Timestamp};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use web::{Failure, Json, Path, Query, Signed, Site};

/// What to be told, where and when.
#[derive(Debug, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EventSubscriptionDefinition)]
pub(crate) struct Definition {
    /// Address that is called (https).
    dest: String,
    /// The receiver's secret: each message is signed under it with HMAC-SHA-256.
    #[serde(default, alias = "secret")]
    signature_token: Option<String>,
    /// Events as they come.
    #[serde(default)]
    stream: Option<bool>,
    /// `second`, `minute`, `hour`, `dayOfMonth`, `month`, `dayOfWeek`: lists of numbers and ranges, `1,[3-5]`.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    schedule: Option<Value>,
    /// Whether a scheduled run without events is told too.
    #[serde(default)]
    report_if_empty: Option<bool>,
    /// Events recorded before are left out (RFC 3339); from now on where it is missing.
    #[serde(default)]
    initial_record_time: Option<String>,
    /// `Always_GS1_Digital_Link` or `Never_Translates`; else as `GS1-EPC-Format` says.
    #[serde(default)]
    epc_format: Option<String>,
}

fn body(subscription: &Subscription) -> Value {
    let mut body = json!({
        "subscriptionID": subscription.id,
        "dest": subscription.destination,
        "createdAt": subscription.created_at.to_rfc3339(),
        "epcFormat": subscription.format.name(),
        "state": if subscription.pause_reason.is_some() { "paused" } else { "active" },
        "failures": subscription.failures,
    });
    match &subscription.schedule {
        Some(schedule) => {
            body["schedule"] = schedule.to_json();
            body["reportIfEmpty"] = json!(subscription.report_if_empty);
        }
        None => body["stream"] = json!(true),
    }
    for (name, at) in
        [("lastNotifiedAt", subscription.last_notified_at), ("initialRecordTime", subscription.initial_record_time)]
    {
        if let Some(at) = at {
            body[name] = json!(at.to_rfc3339());
        }
    }
    if let Some(reason) = &subscription.pause_reason {
        body["pauseReason"] = json!(reason);
    }
    body
}

/// Subscriptions of a query.
#[utoipa::path(get, path = "/v1/epcis/queries/{queryName}/subscriptions", tag = "epcis",
    params(("queryName" = String, Path,), ListParams), responses((status = 200, description = "Subscriptions")))]
pub(crate) async fn list(
    State(site): State<Site>,
    Signed(actor): Signed,
    headers: HeaderMap,
    Path(query): Path<String>,
    Query(params): Query<ListParams>,
) -> Result<Response, Failure> {
    negotiate(&headers)?;
    let rows = params.rows();
    let after = params.after()?.unwrap_or_default();
    let mut found = subscriptions::list(site.kernel(), &actor, &query, &after, rows + 1).await?;
    let more = found.len() as u64 > rows;
    found.truncate(rows as usize);
    let next = found.last().filter(|_| more).map(|last| (list_token(&last.id), None));
    let path = format!("/v1/epcis/queries/{}/subscriptions", utf8_percent_encode(&query, NON_ALPHANUMERIC));
    let pairs = vec![("perPage".to_owned(), rows.to_string())];
    Ok(with_next(json(&found.iter().map(body).collect()), &path, &pairs, next))
}

/// Subscribes to a query.
#[utoipa::path(post, path = "/v1/epcis/queries/{queryName}/subscriptions", tag = "epcis", request_body = Definition,
    params(("queryName" = String, Path,)), responses((status = 201, description = "Subscribed; `Location` names it")))]
pub(crate) async fn create(
    State(site): State<Site>,
    Signed(actor): Signed,
    headers: HeaderMap,
    Path(query): Path<String>,
    Json(definition): Json<Definition>,
) -> Result<Response, Failure> {
    negotiate(&headers)?;
    let format = match &definition.epc_format {
        Some(name) => {
            EpcFormat::from_name(name).ok_or_else(|| Problem::invalid_field("/epcFormat", "events-epc-format"))?
        }
        None => epc_format(&headers)?,
    };
    let initial_record_time = match &definition.initial_record_time {
        Some(text) => {
            let at = Timestamp::parse_rfc3339(text);
            Some(at.ok_or_else(|| Problem::invalid_field("/initialRecordTime", "events-moment"))?)
        }
        None => None,
    };
    let new = NewSubscription {
        destination: definition.dest,
        token: definition.signature_token,
        stream: definition.stream.unwrap_or(false),
        schedule: definition.schedule,
        report_if_empty: definition.report_if_empty.unwrap_or(false),
        initial_record_time,
        format,
    };
    let made = subscriptions::subscribe(site.kernel(), site.outbound(), &actor, &query, new).await?;
    let query = utf8_percent_encode(&query, NON_ALPHANUMERIC);
    let place = format!("/v1/epcis/queries/{query}/subscriptions/{}", made.id);
    let mut answer = dressed((StatusCode::CREATED, json(&body(&made))));
    answer.headers_mut().insert(header::LOCATION, HeaderValue::from_str(&place).map_err(Problem::internal)?);
    Ok(answer)
}

/// A subscription.
#[utoipa::path(get, path = "/v1/epcis/queries/{queryName}/subscriptions/{subscriptionID}", tag = "epcis",
    params(("queryName" = String, Path,), ("subscriptionID" = String, Path,)), responses((status = 200, description = "The subscription")))]
pub(crate) async fn show(
    State(site): State<Site>,
    Signed(actor): Signed,
    headers: HeaderMap,
    Path((query, id)): Path<(String, String)>,
) -> Result<Response, Failure> {
    negotiate(&headers)?;
    Ok(json(&body(&subscriptions::one(site.kernel(), &actor, &query, &id).await?)))
}

/// Ends a subscription.
#[utoipa::path(delete, path = "/v1/epcis/queries/{queryName}/subscriptions/{subscriptionID}", tag = "epcis",
    params(("queryName" = String, Path,), ("subscriptionID" = String, Path,)), responses((status = 204, description = "Gone")))]
pub(crate) async fn remove(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path((query, id)): Path<(String, String)>,
) -> Result<Response, Failure> {
    subscriptions::unsubscribe(site.kernel(), &actor, &query, &id).await?;
    Ok(dressed(StatusCode::NO_CONTENT))
}
