//! The JSON routes of webhooks.

use super::subscription::{self as hooks, Attempt, Delivery, DeliveryState, NewWebhook, Webhook};
use crate::{Failure, Json, PageBody, PagingQuery, Path, Query, Signed, Site};
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A subscription.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Webhook)]
pub(super) struct WebhookBody {
    id: String,
    url: String,
    description: String,
    /// Kinds of act: `listing.approved`, all of a noun `listing.`, or `*`.
    kinds: Vec<String>,
    /// `enabled`, `disabled` or `failed` (switched off after long failure).
    state: String,
    /// Since when every attempt has failed.
    failing_since: Option<String>,
    created_at: String,
    /// `whsec_…`; only in the answer that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

impl From<Webhook> for WebhookBody {
    fn from(webhook: Webhook) -> Self {
        WebhookBody {
            id: webhook.id,
            url: webhook.url,
            description: webhook.description,
            kinds: webhook.kinds,
            state: webhook.state.name().to_owned(),
            failing_since: webhook.failing_since.map(|at| at.to_rfc3339()),
            created_at: webhook.created_at.to_rfc3339(),
            secret: None,
        }
    }
}

/// A subscription to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WebhookInput {
    /// `https://…`, no private network.
    url: String,
    #[serde(default)]
    description: String,
    /// At least one.
    kinds: Vec<String>,
}

/// On or off.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct StateInput {
    enabled: bool,
}

/// A secret, shown once.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SecretBody {
    secret: String,
}

/// A delivery.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookDelivery)]
pub(super) struct DeliveryBody {
    id: String,
    kind: String,
    act_id: Option<String>,
    /// `waiting`, `delivered` or `failed`.
    state: String,
    attempts: i64,
    due_at: String,
    created_at: String,
    last_status: Option<i64>,
    last_failure: Option<String>,
    /// Newest first; only when one delivery is asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    log: Vec<AttemptBody>,
}

/// An attempt.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookAttempt)]
pub(super) struct AttemptBody {
    at: String,
    status: Option<i64>,
    latency_ms: i64,
    failure: Option<String>,
}

impl From<Delivery> for DeliveryBody {
    fn from(delivery: Delivery) -> Self {
        DeliveryBody {
            id: delivery.id,
            kind: delivery.kind,
            act_id: delivery.act_id,
            state: delivery.state.name().to_owned(),
            attempts: delivery.attempts,
            due_at: delivery.due_at.to_rfc3339(),
            created_at: delivery.created_at.to_rfc3339(),
            last_status: delivery.last_status,
            last_failure: delivery.last_failure,
            log: Vec::new(),
        }
    }
}

impl From<Attempt> for AttemptBody {
    fn from(attempt: Attempt) -> Self {
        AttemptBody {
            at: attempt.at.to_rfc3339(),
            status: attempt.status,
            latency_ms: attempt.latency_ms,
            failure: attempt.failure,
        }
    }
}

/// Every webhook subscription.
#[utoipa::path(get, path = "/v1/webhooks", tag = "webhooks", responses((status = 200, body = [WebhookBody])))]
pub(super) async fn list(State(site): State<Site>, Signed(actor): Signed) -> Result<Json<Vec<WebhookBody>>, Failure> {
    let found = hooks::list(site.kernel(), &actor).await?;
    Ok(Json(found.into_iter().map(WebhookBody::from).collect()))
}

/// Subscribes an address to kinds of act. The secret is in this answer only.
#[utoipa::path(post, path = "/v1/webhooks", tag = "webhooks", request_body = WebhookInput, responses((status = 201, body = WebhookBody)))]
pub(super) async fn create(
    State(site): State<Site>,
    Signed(actor): Signed,
    Json(input): Json<WebhookInput>,
) -> Result<(StatusCode, Json<WebhookBody>), Failure> {
    let new = NewWebhook { url: input.url, description: input.description, kinds: input.kinds };
    let (webhook, secret) = hooks::subscribe(site.kernel(), site.outbound(), &actor, new).await?;
    Ok((StatusCode::CREATED, Json(WebhookBody { secret: Some(secret), ..webhook.into() })))
}

/// One webhook subscription.
#[utoipa::path(get, path = "/v1/webhooks/{id}", tag = "webhooks", params(("id" = String, Path)), responses((status = 200, body = WebhookBody)))]
pub(super) async fn show(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<Json<WebhookBody>, Failure> {
    Ok(Json(hooks::webhook(site.kernel(), &actor, &id).await?.into()))
}

/// Takes a subscription and its log away.
#[utoipa::path(delete, path = "/v1/webhooks/{id}", tag = "webhooks", params(("id" = String, Path)), responses((status = 204)))]
pub(super) async fn remove(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<StatusCode, Failure> {
    hooks::remove(site.kernel(), &actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Switches a subscription on or off.
#[utoipa::path(put, path = "/v1/webhooks/{id}/state", tag = "webhooks", params(("id" = String, Path)), request_body = StateInput, responses((status = 204)))]
pub(super) async fn set_state(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Json(input): Json<StateInput>,
) -> Result<StatusCode, Failure> {
    hooks::set_enabled(site.kernel(), &actor, &id, input.enabled).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a new secret. For a day deliveries are signed with the old one too.
#[utoipa::path(post, path = "/v1/webhooks/{id}/secret", tag = "webhooks", params(("id" = String, Path)), responses((status = 200, body = SecretBody)))]
pub(super) async fn rotate(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<Json<SecretBody>, Failure> {
    Ok(Json(SecretBody { secret: hooks::rotate_secret(site.kernel(), &actor, &id).await? }))
}

/// Sends a test delivery.
#[utoipa::path(post, path = "/v1/webhooks/{id}/test", tag = "webhooks", params(("id" = String, Path)), responses((status = 202)))]
pub(super) async fn test(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<StatusCode, Failure> {
    hooks::send_test(site.kernel(), &actor, &id).await?;
    Ok(StatusCode::ACCEPTED)
}

#[derive(Debug, Deserialize)]
pub(super) struct LogQuery {
    state: Option<String>,
}

impl LogQuery {
    pub(super) fn state(&self) -> Option<DeliveryState> {
        [DeliveryState::Waiting, DeliveryState::Delivered, DeliveryState::Failed]
            .into_iter()
            .find(|state| Some(state.name()) == self.state.as_deref())
    }
}

/// The delivery log of a subscription, newest first.
#[utoipa::path(get, path = "/v1/webhooks/{id}/deliveries", tag = "webhooks",
    params(("id" = String, Path), ("state" = Option<String>, Query), ("page" = Option<u64>, Query), ("rows" = Option<u64>, Query)),
    responses((status = 200, body = PageBody<DeliveryBody>)))]
pub(super) async fn deliveries(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Query(query): Query<LogQuery>,
    PagingQuery(paging): PagingQuery,
) -> Result<Json<PageBody<DeliveryBody>>, Failure> {
    let page = hooks::deliveries(site.kernel(), &actor, &id, query.state(), &paging).await?;
    Ok(Json(PageBody::of(page, DeliveryBody::from)))
}

/// One delivery with its attempts.
#[utoipa::path(get, path = "/v1/webhooks/{id}/deliveries/{delivery}", tag = "webhooks",
    params(("id" = String, Path), ("delivery" = String, Path)), responses((status = 200, body = DeliveryBody)))]
pub(super) async fn delivery(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path((id, delivery)): Path<(String, String)>,
) -> Result<Json<DeliveryBody>, Failure> {
    let (found, attempts) = hooks::delivery(site.kernel(), &actor, &id, &delivery).await?;
    Ok(Json(DeliveryBody { log: attempts.into_iter().map(AttemptBody::from).collect(), ..found.into() }))
}

/// Sends a delivery again.
#[utoipa::path(post, path = "/v1/webhooks/{id}/deliveries/{delivery}/redeliver", tag = "webhooks",
    params(("id" = String, Path), ("delivery" = String, Path)), responses((status = 202)))]
pub(super) async fn redeliver(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path((id, delivery)): Path<(String, String)>,
) -> Result<StatusCode, Failure> {
    hooks::redeliver(site.kernel(), &actor, &id, &delivery).await?;
    Ok(StatusCode::ACCEPTED)
}
