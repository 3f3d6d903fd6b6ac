//! Subscriptions and their delivery log.

use super::{SEALED_FOR, deliver, sign};
use crate::outbound::Client;
use crate::store::webhooks::{self as store, AttemptRow, DeliveryRow, WEBHOOKS_MAX, WebhookRow};
use ground::limits::LINE_CHARS_MAX;
use ground::time::DAY_MICROS;
use ground::{Fault, Problem, Timestamp};
use kernel::{Act, Actor, Kernel, Page, Paging, Permission, Result};
use serde_json::json;

/// How long the secret before the present one still signs, so that a receiver can change over.
const SECRET_OVERLAP_MICROS: i64 = DAY_MICROS;
/// Most kinds one subscription names.
const KINDS_MAX: usize = 50;

/// Whether a subscription is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookState {
    /// Acts are sent.
    Enabled,
    /// Somebody switched it off.
    Disabled,
    /// It failed for so long, or answered 410, that it was switched off.
    Failed,
}

impl WebhookState {
    /// Stable name.
    pub fn name(self) -> &'static str {
        match self {
            WebhookState::Enabled => "enabled",
            WebhookState::Disabled => "disabled",
            WebhookState::Failed => "failed",
        }
    }

    fn from_name(name: &str) -> WebhookState {
        match name {
            "enabled" => WebhookState::Enabled,
            "failed" => WebhookState::Failed,
            _ => WebhookState::Disabled,
        }
    }
}

/// A subscription. Its secret is shown when it is made or rotated, and never again.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// Id.
    pub id: String,
    /// Where deliveries go.
    pub url: String,
    /// What it is for.
    pub description: String,
    /// Kinds of act: `listing.approved`, all of a noun `listing.`, or `*`.
    pub kinds: Vec<String>,
    /// Whether it is served.
    pub state: WebhookState,
    /// Since when every attempt has failed.
    pub failing_since: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Webhook {
    /// Whether acts of a kind are sent to it.
    pub fn wants(&self, kind: &str) -> bool {
        self.kinds
            .iter()
            .any(|wanted| wanted == "*" || wanted == kind || (wanted.ends_with('.') && kind.starts_with(wanted)))
    }
}

impl From<WebhookRow> for Webhook {
    fn from(row: WebhookRow) -> Self {
        Webhook {
            id: row.id,
            url: row.url,
            description: row.description,
            kinds: serde_json::from_str(&row.kinds).unwrap_or_default(),
            state: WebhookState::from_name(&row.state),
            failing_since: row.failing_since.map(Timestamp::from_micros),
            created_at: Timestamp::from_micros(row.created_at),
        }
    }
}

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryState {
    /// To be sent, or to be tried again.
    Waiting,
    /// Answered 2xx.
    Delivered,
    /// Given up after the last attempt.
    Failed,
}

impl DeliveryState {
    /// Stable name.
    pub fn name(self) -> &'static str {
        match self {
            DeliveryState::Waiting => "waiting",
            DeliveryState::Delivered => "delivered",
            DeliveryState::Failed => "failed",
        }
    }

    fn from_name(name: &str) -> DeliveryState {
        match name {
            "delivered" => DeliveryState::Delivered,
            "failed" => DeliveryState::Failed,
            _ => DeliveryState::Waiting,
        }
    }
}

/// One line of the delivery log.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Id; the header `webhook-id` is `msg_` and this.
    pub id: String,
    /// Kind of the act.
    pub kind: String,
    /// The act; `None` for a test.
    pub act_id: Option<String>,
    /// Where it stands.
    pub state: DeliveryState,
    /// Attempts made.
    pub attempts: i64,
    /// When the next one is due.
    pub due_at: Timestamp,
    /// When it was made.
    pub created_at: Timestamp,
    /// Status of the last answer.
    pub last_status: Option<i64>,
    /// Why the last attempt failed.
    pub last_failure: Option<String>,
    /// What is sent.
    pub payload: String,
}

impl From<DeliveryRow> for Delivery {
    fn from(row: DeliveryRow) -> Self {
        Delivery {
            id: row.id,
            kind: row.kind,
            act_id: row.act_id,
            state: DeliveryState::from_name(&row.state),
            attempts: row.attempts,
            due_at: Timestamp::from_micros(row.due_at),
            created_at: Timestamp::from_micros(row.created_at),
            last_status: row.last_status,
            last_failure: row.last_failure,
            payload: row.payload,
        }
    }
}

/// One attempt of a delivery.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// When.
    pub at: Timestamp,
    /// Status answered.
    pub status: Option<i64>,
    /// How long it took.
    pub latency_ms: i64,
    /// Why it failed.
    pub failure: Option<String>,
    /// The start of the answer.
    pub answer: Option<String>,
}

impl From<AttemptRow> for Attempt {
    fn from(row: AttemptRow) -> Self {
        Attempt {
            at: Timestamp::from_micros(row.at),
            status: row.status,
            latency_ms: row.latency_ms,
            failure: row.failure,
            answer: row.answer,
        }
    }
}

/// A subscription to be made.
#[derive(Debug, Clone, Default)]
pub struct NewWebhook {
    /// `https://…`.
    pub url: String,
    /// What it is for; at most 300 characters.
    pub description: String,
    /// See [`Webhook::kinds`].
    pub kinds: Vec<String>,
}

/// Every subscription, newest first.
///
/// # Errors
/// `forbidden`; what the store says.
pub async fn list(kernel: &Kernel, actor: &Actor) -> Result<Vec<Webhook>> {
    actor.require(Permission::WebhooksManage)?;
    Ok(store::all(kernel).await?.into_iter().map(Webhook::from).collect())
}

/// One subscription.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn webhook(kernel: &Kernel, actor: &Actor, id: &str) -> Result<Webhook> {
    actor.require(Permission::WebhooksManage)?;
    Ok(found(kernel, id).await?.into())
}

async fn found(kernel: &Kernel, id: &str) -> Result<WebhookRow> {
    store::find(kernel.db().read(), id).await?.ok_or_else(Problem::not_found)
}

fn kinds_faults(kinds: &[String]) -> Vec<Fault> {
    let well_formed = |kind: &String| {
        kind == "*"
            || (kind.len() <= 100
                && kind.contains('.')
                && !kind.starts_with('.')
                && kind.chars().all(|c| c.is_ascii_lowercase() || matches!(c, '.' | '_')))
    };
    let mut faults = Vec::new();
    if kinds.is_empty() {
        faults.push(Fault::field("kinds", "web-webhook-kinds-none"));
    }
    if kinds.len() > KINDS_MAX {
        faults.push(Fault::field("kinds", "web-webhook-kinds-many").arg("most", KINDS_MAX));
    }
    if let Some(bad) = kinds.iter().find(|kind| !well_formed(kind)) {
        let shown: String = bad.chars().take(60).collect();
        faults.push(Fault::field("kinds", "web-webhook-kind").arg("kind", shown));
    }
    faults
}

/// Makes a subscription. Returns it with its secret, which is not shown again.
///
/// # Errors
/// `forbidden`; `invalid_input` for the address (form, scheme, private network) and the kinds.
pub async fn subscribe(kernel: &Kernel, client: &Client, actor: &Actor, new: NewWebhook) -> Result<(Webhook, String)> {
    actor.require(Permission::WebhooksManage)?;
    let (url, description) = (new.url.trim().to_owned(), new.description.trim().to_owned());
    let mut faults = kinds_faults(&new.kinds);
    if description.chars().count() > LINE_CHARS_MAX {
        faults.push(Fault::field("description", "web-line-long").arg("most", LINE_CHARS_MAX));
    }
    if let Err(error) = client.check(&url).await {
        // What a name resolves to inside our network is nobody's to read: the text says what would be right.
        let message = match error {
            crate::outbound::Error::Refused(_) => "web-webhook-url-refused",
            _ => "web-webhook-url-unknown",
        };
        faults.push(Fault::field("url", message));
    }
    if store::all(kernel).await?.len() as u64 >= WEBHOOKS_MAX {
        faults.push(Fault::field("url", "web-webhook-many").arg("most", WEBHOOKS_MAX));
    }
    Problem::check(faults)?;
    let mut write = kernel.begin(actor).await?;
    let secret = sign::new_secret(kernel.rng());
    let row = WebhookRow {
        id: write.new_id(),
        url: url.clone(),
        description,
        kinds: json!(new.kinds).to_string(),
        secret: kernel.seal(SEALED_FOR, &secret)?,
        secret_before: None,
        secret_before_until: None,
        state: WebhookState::Enabled.name().to_owned(),
        failing_since: None,
        created_at: write.now().micros(),
        created_by: actor.id.clone(),
        changed_at: write.now().micros(),
    };
    store::insert(write.tx(), row.clone()).await?;
    let act = Act::new("webhook.subscribed", "webhook", &row.id).public("kinds", json!(new.kinds)).private("url", url);
    write.act(act).await?;
    write.commit().await?;
    Ok((row.into(), secret))
}

/// Switches a subscription on (what waited is sent) or off.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn set_enabled(kernel: &Kernel, actor: &Actor, id: &str, enabled: bool) -> Result<()> {
    actor.require(Permission::WebhooksManage)?;
    found(kernel, id).await?;
    let (state, kind) = match enabled {
        true => (WebhookState::Enabled, "webhook.enabled"),
        false => (WebhookState::Disabled, "webhook.disabled"),
    };
    let mut write = kernel.begin(actor).await?;
    store::set_state(write.tx(), id, state.name(), write.now()).await?;
    write.act(Act::new(kind, "webhook", id)).await?;
    write.commit().await?;
    kernel.wake(deliver::JOB);
    Ok(())
}

/// Gives a subscription a new secret. For a day deliveries are signed with both. Returns the new one, not shown again.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn rotate_secret(kernel: &Kernel, actor: &Actor, id: &str) -> Result<String> {
    actor.require(Permission::WebhooksManage)?;
    let before = found(kernel, id).await?;
    let secret = sign::new_secret(kernel.rng());
    let mut write = kernel.begin(actor).await?;
    let until = write.now().plus_micros(SECRET_OVERLAP_MICROS);
    store::set_secret(write.tx(), id, &kernel.seal(SEALED_FOR, &secret)?, &before.secret, until).await?;
    write.act(Act::new("webhook.secret_rotated", "webhook", id)).await?;
    write.commit().await?;
    Ok(secret)
}

/// Takes a subscription and its delivery log away.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn remove(kernel: &Kernel, actor: &Actor, id: &str) -> Result<()> {
    actor.require(Permission::WebhooksManage)?;
    found(kernel, id).await?;
    let mut write = kernel.begin(actor).await?;
    store::delete(write.tx(), id).await?;
    write.act(Act::new("webhook.removed", "webhook", id)).await?;
    write.commit().await?;
    Ok(())
}

/// Puts a delivery of kind `webhook.test` on its way. Returns its id.
///
/// # Errors
/// `forbidden`, `not_found`, `wrong_state` when the subscription is off.
pub async fn send_test(kernel: &Kernel, actor: &Actor, id: &str) -> Result<String> {
    actor.require(Permission::WebhooksManage)?;
    let row = found(kernel, id).await?;
    if row.state != WebhookState::Enabled.name() {
        return Err(Problem::new(&ground::problem::WRONG_STATE));
    }
    let mut write = kernel.begin(actor).await?;
    let data = json!({ "webhook": id });
    let delivery = deliver::new_delivery(&write.new_id(), id, None, "webhook.test", write.now(), write.now(), &data);
    let delivery_id = delivery.id.clone();
    store::insert_delivery(write.tx(), delivery).await?;
    write.act(Act::new("webhook.tested", "webhook", id)).await?;
    write.commit().await?;
    kernel.wake(deliver::JOB);
    Ok(delivery_id)
}

/// The delivery log, newest first.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn deliveries(
    kernel: &Kernel,
    actor: &Actor,
    id: &str,
    state: Option<DeliveryState>,
    paging: &Paging,
) -> Result<Page<Delivery>> {
    actor.require(Permission::WebhooksManage)?;
    found(kernel, id).await?;
    Ok(store::log(kernel, id, state.map(DeliveryState::name), paging).await?.map(Delivery::from))
}

/// One delivery with its attempts, newest first.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn delivery(kernel: &Kernel, actor: &Actor, webhook_id: &str, id: &str) -> Result<(Delivery, Vec<Attempt>)> {
    actor.require(Permission::WebhooksManage)?;
    let (row, attempts) = store::delivery(kernel, id).await?;
    if row.webhook_id != webhook_id {
        return Err(Problem::not_found());
    }
    Ok((row.into(), attempts.into_iter().map(Attempt::from).collect()))
}

/// Sends a delivery again, with its whole series of attempts. The receiver knows it by the same `webhook-id`.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn redeliver(kernel: &Kernel, actor: &Actor, webhook_id: &str, id: &str) -> Result<()> {
    delivery(kernel, actor, webhook_id, id).await?;
    let mut write = kernel.begin(actor).await?;
    store::requeue(write.tx(), id, write.now()).await?;
    write.act(Act::new("webhook.redelivered", "webhook", webhook_id).public("delivery", id)).await?;
    write.commit().await?;
    kernel.wake(deliver::JOB);
    Ok(())
}
