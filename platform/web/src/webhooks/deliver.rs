//! From acts to deliveries, and from deliveries to answers.

use super::sign::signature;
use super::subscription::{DeliveryState, Webhook, WebhookState};
use crate::outbound::{Answer, Client, Error};
use crate::store::webhooks::{self as store, AttemptRow, DeliveryRow, Outcome, WebhookRow};
use futures::StreamExt;
use ground::time::{DAY_MICROS, SECOND_MICROS};
use ground::{Problem, Rng, Timestamp};
use kernel::outbox::TURN_ACTS_MAX;
use kernel::store::{due_acts, finish_outbox_in};
use kernel::{Act, Actor, Consumer, Kernel, Result};
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use serde_json::{Value, json};

/// Name of the sending job.
pub(crate) const JOB: &str = "webhook-deliveries";

/// Pauses before the second to the last attempt, seconds: the schedule the Standard Webhooks specification recommends.
const PAUSES_SECONDS: [i64; 9] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
/// A subscription whose every attempt failed for so long is switched off.
const FAILING_MICROS_MAX: i64 = 5 * DAY_MICROS;
/// How long a process may take for an attempt before another may take over.
const LEASE_MICROS: i64 = 120 * SECOND_MICROS;
/// Deliveries sent in one turn.
const TURN_DELIVERIES_MAX: u64 = 64;
/// Deliveries sent at the same time.
const PARALLEL_MAX: usize = 8;
/// Characters of an answer kept in the log.
const ANSWER_CHARS_MAX: usize = 1_000;

/// Attempts made before a delivery is given up.
pub fn attempts_max() -> i64 {
    PAUSES_SECONDS.len() as i64 + 1
}

/// The pause after `attempts` failed attempts, with up to a tenth more by chance so that receivers are not hit in waves;
/// `None` when there is to be no other.
pub fn retry_pause_micros(attempts: i64, rng: &dyn Rng) -> Option<i64> {
    let seconds = *PAUSES_SECONDS.get(usize::try_from(attempts - 1).ok()?)?;
    let pause = seconds * SECOND_MICROS;
    Some(pause + rng.below(pause as u64 / 10 + 1) as i64)
}

pub(crate) fn new_delivery(
    id: &str,
    webhook_id: &str,
    act_id: Option<String>,
    kind: &str,
    at: Timestamp,
    now: Timestamp,
    data: &Value,
) -> DeliveryRow {
    let payload = json!({ "type": kind, "timestamp": at.to_rfc3339(), "data": data }).to_string();
    DeliveryRow {
        id: id.to_owned(),
        webhook_id: webhook_id.to_owned(),
        act_id,
        kind: kind.to_owned(),
        payload,
        state: DeliveryState::Waiting.name().to_owned(),
        attempts: 0,
        due_at: now.micros(),
        created_at: now.micros(),
        finished_at: None,
        last_status: None,
        last_failure: None,
    }
}

/// Gives every waiting act to the subscriptions that want it. Returns how many acts were given.
///
/// # Errors
/// What the store says.
pub async fn fan_out(kernel: &Kernel) -> Result<u64> {
    let due = due_acts(kernel, Consumer::Webhooks, TURN_ACTS_MAX).await?;
    if due.is_empty() {
        return Ok(0);
    }
    let webhooks: Vec<Webhook> = store::all(kernel).await?.into_iter().map(Webhook::from).collect();
    let webhooks: Vec<Webhook> =
        webhooks.into_iter().filter(|webhook| webhook.state == WebhookState::Enabled).collect();
    let now = kernel.now();
    let tx = kernel.db().write_tx().await?;
    let mut made = false;
    for (_, act) in &due {
        for webhook in webhooks.iter().filter(|webhook| webhook.wants(&act.kind)) {
            let act_id = Some(act.id.clone());
            let row = new_delivery(&kernel.new_id(), &webhook.id, act_id, &act.kind, act.at, now, &act.public);
            made |= store::insert_delivery(&tx, row).await?;
        }
    }
    let ids: Vec<String> = due.iter().map(|(row, _)| row.id.clone()).collect();
    finish_outbox_in(&tx, &ids).await?;
    tx.commit().await.map_err(db::Error::from)?;
    if made {
        kernel.wake(JOB);
    }
    Ok(due.len() as u64)
}

/// Sends what is due. Returns how many attempts were made.
///
/// # Errors
/// What the store says. A receiver that fails is no error: the delivery is tried again later.
pub async fn send_due(kernel: &Kernel, client: &Client) -> Result<u64> {
    let due = store::due(kernel, TURN_DELIVERIES_MAX).await?;
    let done: Vec<Result<u64>> = futures::stream::iter(due)
        .map(|(delivery, webhook)| attempt(kernel, client, delivery, webhook))
        .buffer_unordered(PARALLEL_MAX)
        .collect()
        .await;
    done.into_iter().sum()
}

async fn attempt(kernel: &Kernel, client: &Client, delivery: DeliveryRow, webhook: WebhookRow) -> Result<u64> {
    if !store::lease(kernel, &delivery, kernel.now().plus_micros(LEASE_MICROS)).await? {
        return Ok(0);
    }
    let at = kernel.now();
    let headers = headers(kernel, &webhook, &delivery, at)?;
    let body = delivery.payload.clone().into_bytes().into();
    let answer = client.send(Method::POST, &webhook.url, headers, body).await;
    let latency_ms = (kernel.now().micros() - at.micros()) / 1000;
    record(kernel, &delivery, &webhook, at, latency_ms, answer).await?;
    Ok(1)
}

fn headers(kernel: &Kernel, webhook: &WebhookRow, delivery: &DeliveryRow, at: Timestamp) -> Result<HeaderMap> {
    let id = format!("msg_{}", delivery.id);
    let before =
        webhook.secret_before.as_ref().filter(|_| webhook.secret_before_until.is_some_and(|until| until > at.micros()));
    let mut signatures = Vec::new();
    for sealed in std::iter::once(&webhook.secret).chain(before) {
        let secret = kernel.unseal(super::SEALED_FOR, sealed)?;
        signatures.extend(signature(&secret, &id, at, &delivery.payload));
    }
    let seconds = (at.micros() / SECOND_MICROS).to_string();
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in
        [("webhook-id", id), ("webhook-timestamp", seconds), ("webhook-signature", signatures.join(" "))]
    {
        let value = HeaderValue::from_str(&value).map_err(Problem::internal)?;
        headers.insert(HeaderName::from_static(name), value);
    }
    Ok(headers)
}

/// Writes down what came of an attempt and decides what comes next: done, again later, given up, subscription off.
async fn record(
    kernel: &Kernel,
    delivery: &DeliveryRow,
    webhook: &WebhookRow,
    at: Timestamp,
    latency_ms: i64,
    answer: std::result::Result<Answer, Error>,
) -> Result<()> {
    let now = kernel.now();
    let made = delivery.attempts + 1;
    let (status, body, failure) = match &answer {
        Ok(answer) => {
            let text: String = String::from_utf8_lossy(&answer.body).chars().take(ANSWER_CHARS_MAX).collect();
            let failure = (!(200..300).contains(&answer.status)).then(|| format!("status {}", answer.status));
            (Some(i64::from(answer.status)), Some(text), failure)
        }
        Err(error) => (None, None, Some(error.to_string())),
    };
    let pause = retry_pause_micros(made, kernel.rng());
    let failing_since = webhook.failing_since.map_or(now, Timestamp::from_micros);
    let gone = status == Some(410) || now.micros() - failing_since.micros() > FAILING_MICROS_MAX;
    let state = match (&failure, pause) {
        (None, _) => DeliveryState::Delivered,
        (Some(_), Some(_)) => DeliveryState::Waiting,
        (Some(_), None) => DeliveryState::Failed,
    };
    let switch_off = failure.is_some() && gone;
    let due_at = now.plus_micros(pause.unwrap_or(0).max(asked_pause_micros(&answer)));
    let attempt = AttemptRow {
        id: kernel.new_id(),
        delivery_id: delivery.id.clone(),
        at: at.micros(),
        status,
        latency_ms,
        failure: failure.clone(),
        answer: body,
    };
    let outcome = Outcome {
        attempt,
        state: state.name(),
        due_at,
        failing_since: failure.is_some().then_some(failing_since),
        webhook_state: if switch_off { WebhookState::Failed.name() } else { webhook.state.as_str() },
    };
    if switch_off {
        let mut write = kernel.begin(&Actor::system("webhook-deliveries")).await?;
        store::record(write.tx(), &webhook.id, outcome, made).await?;
        write.act(Act::new("webhook.failed", "webhook", &webhook.id).outcome("switched_off")).await?;
        write.commit().await?;
        return Ok(());
    }
    let tx = kernel.db().write_tx().await?;
    store::record(&tx, &webhook.id, outcome, made).await?;
    tx.commit().await.map_err(db::Error::from)?;
    Ok(())
}

/// The pause a busy receiver asks for (`Retry-After` in seconds, RFC 9110 §10.2.3), at most a day.
fn asked_pause_micros(answer: &std::result::Result<Answer, Error>) -> i64 {
    let Ok(answer) = answer else { return 0 };
    if !matches!(answer.status, 429 | 503) {
        return 0;
    }
    let seconds =
        answer.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()).and_then(|text| text.parse::<i64>().ok());
    seconds.map_or(0, |seconds| seconds.clamp(0, 86_400) * SECOND_MICROS)
}
