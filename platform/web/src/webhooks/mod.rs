//! Webhooks: acts sent to the operator's other systems, signed after the Standard Webhooks specification.
//!
//! Reading order: [`Webhook`], [`subscribe`], [`mod@deliver`] (fan-out, retry, disabling), [`signature`].
//!
//! A delivery is `POST` with `{"type": kind, "timestamp": when, "data": the act's public part}` and the headers
//! `webhook-id` (the same on every retry), `webhook-timestamp` (of this attempt) and `webhook-signature`. At least once.

mod api;
mod deliver;
mod pages;
mod sign;
mod subscription;

pub use deliver::{attempts_max, fan_out, retry_pause_micros, send_due};
pub use sign::{new_secret, signature};
pub use subscription::{
    Attempt, Delivery, DeliveryState, NewWebhook, Webhook, WebhookState, deliveries, delivery, list, redeliver, remove,
    rotate_secret, send_test, set_enabled, subscribe, webhook,
};

/// What a webhook's secret is sealed for.
pub(crate) const SEALED_FOR: &str = "webhook secret";

use crate::access::Access;
use crate::outbound::Client;
use crate::routes::Routes;
use axum::routing::{get, post};
use kernel::{Consumer, Job, Permission};
use std::time::Duration;

pub(crate) fn routes() -> Routes {
    const MANAGE: Access = Access::Needs(&[Permission::WebhooksManage]);
    Routes::new()
        .api(MANAGE, utoipa_axum::routes!(api::list, api::create))
        .api(MANAGE, utoipa_axum::routes!(api::show, api::remove))
        .api(MANAGE, utoipa_axum::routes!(api::set_state))
        .api(MANAGE, utoipa_axum::routes!(api::rotate))
        .api(MANAGE, utoipa_axum::routes!(api::test))
        .api(MANAGE, utoipa_axum::routes!(api::deliveries))
        .api(MANAGE, utoipa_axum::routes!(api::delivery))
        .api(MANAGE, utoipa_axum::routes!(api::redeliver))
        .page(MANAGE, "/console/webhooks", get(pages::index).post(pages::create))
        .page(MANAGE, "/console/webhooks/{id}", get(pages::show))
        .page(MANAGE, "/console/webhooks/{id}/state", post(pages::set_state))
        .page(MANAGE, "/console/webhooks/{id}/secret", post(pages::rotate))
        .page(MANAGE, "/console/webhooks/{id}/test", post(pages::test))
        .page(MANAGE, "/console/webhooks/{id}/remove", post(pages::remove))
        .page(MANAGE, "/console/webhooks/{id}/deliveries/{delivery}", get(pages::delivery))
        .page(MANAGE, "/console/webhooks/{id}/deliveries/{delivery}/redeliver", post(pages::redeliver))
}

/// Fan-out of acts to subscriptions, and sending what is due.
pub(crate) fn jobs(client: Client) -> Vec<Job> {
    vec![
        Job::new(Consumer::Webhooks.name(), Duration::from_secs(30), |kernel| async move { fan_out(&kernel).await }),
        Job::new(deliver::JOB, Duration::from_secs(5), move |kernel| {
            let client = client.clone();
            async move { send_due(&kernel, &client).await }
        }),
    ]
}
