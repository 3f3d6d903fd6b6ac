//! Subscriptions: a named query whose new events are sent to an address, as they come or by a schedule.

use crate::access::Reader;
use crate::error::Error;
use crate::queries::{self, about, writer};
use crate::schedule::{Schedule, ScheduleError};
use crate::search::{EpcFormat, seq_before};
use crate::store::{self, SubscriptionRow};
use ground::{Fault, Problem, Timestamp};
use kernel::{Act, Actor, Kernel};
use serde_json::Value;

/// Most subscriptions of one organisation.
pub const SUBSCRIPTIONS_MAX: u64 = 100;
/// Longest signature token, characters.
const TOKEN_CHARS_MAX: usize = 500;
/// What the sealed token is bound to.
pub(crate) const PURPOSE: &str = "event subscription token";

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct NewSubscription {
    /// Address that is called.
    pub destination: String,
    /// The receiver's secret, with which each message is signed.
    pub token: Option<String>,
    /// As they come; otherwise there must be a schedule.
    pub stream: bool,
    /// Fields of a schedule.
    pub schedule: Option<Value>,
    /// Whether a scheduled run without events is sent too.
    pub report_if_empty: bool,
    /// Events recorded before are left out; from now on where it is missing.
    pub initial_record_time: Option<Timestamp>,
    /// How identifiers are written.
    pub format: EpcFormat,
}

/// A subscription.
#[derive(Debug, Clone)]
pub struct Subscription {
    /// Its id.
    pub id: String,
    /// The query's name.
    pub query: String,
    /// Address that is called.
    pub destination: String,
    /// When it runs; `None` for a stream.
    pub schedule: Option<Schedule>,
    /// Whether a scheduled run without events is sent too.
    pub report_if_empty: bool,
    /// Events recorded before are left out.
    pub initial_record_time: Option<Timestamp>,
    /// How identifiers are written.
    pub format: EpcFormat,
    /// Why it is paused.
    pub pause_reason: Option<String>,
    /// Attempts in a row that failed.
    pub failures: u64,
    /// When the receiver last answered well.
    pub last_notified_at: Option<Timestamp>,
    /// When the next attempt is due.
    pub due_at: Timestamp,
    /// When it was made.
    pub created_at: Timestamp,
}

impl From<SubscriptionRow> for Subscription {
    fn from(row: SubscriptionRow) -> Self {
        Subscription {
            schedule: schedule_of(&row),
            format: EpcFormat::from_name(&row.epc_format).unwrap_or_default(),
            pause_reason: row.pause_reason.filter(|_| row.state == "paused"),
            failures: u64::try_from(row.failures).unwrap_or(0),
            last_notified_at: row.last_notified_at.map(Timestamp::from_micros),
            due_at: Timestamp::from_micros(row.due_at),
            created_at: Timestamp::from_micros(row.created_at),
            initial_record_time: row.initial_record_time.map(Timestamp::from_micros),
            id: row.id,
            query: row.query,
            destination: row.destination,
            report_if_empty: row.report_if_empty,
        }
    }
}

pub(crate) fn schedule_of(row: &SubscriptionRow) -> Option<Schedule> {
    let json: Value = serde_json::from_str(row.schedule.as_deref()?).ok()?;
    Schedule::from_json(&json).ok().flatten()
}

pub(crate) fn schedule_fault(error: &ScheduleError) -> Error {
    let fault = Fault::field(format!("/schedule/{}", error.field), "events-schedule-field")
        .arg("least", error.range.0)
        .arg("most", error.range.1);
    Problem { faults: vec![fault], ..Problem::new(&crate::error::SUBSCRIPTION_INVALID) }.into()
}

fn invalid(field: &str, message: &'static str) -> Error {
    Problem { faults: vec![Fault::field(field, message)], ..Problem::new(&crate::error::SUBSCRIPTION_INVALID) }.into()
}

/// Subscribes to a named query. `client` says whether the address may be called at all.
///
/// # Errors
/// `events_subscription_invalid` with the field; `address_refused` for a private address; `not_found` for the query.
pub async fn subscribe(
    kernel: &Kernel,
    client: &web::outbound::Client,
    actor: &Actor,
    query: &str,
    new: NewSubscription,
) -> Result<Subscription, Error> {
    let reader = writer(actor)?;
    queries::of_owner(kernel, &reader, query).await?;
    let schedule = match &new.schedule {
        Some(json) => Schedule::from_json(json).map_err(|error| schedule_fault(&error))?,
        None => None,
    };
    if new.stream == schedule.is_some() {
        return Err(invalid("/stream", "events-stream-or-schedule"));
    }
    let token = new.token.as_deref().unwrap_or("");
    if token.chars().count() > TOKEN_CHARS_MAX {
        return Err(invalid("/signatureToken", "events-token-long"));
    }
    let url = client.parse(&new.destination).map_err(Problem::from)?;
    if !matches!(url.host(), Some(url::Host::Domain(_))) {
        // A name is looked up when it is called; an address can be judged now.
        client.check(&new.destination).await.map_err(Problem::from)?;
    }
    let now = kernel.now();
    let head = store::head(kernel).await?;
    let cursor = match new.initial_record_time {
        Some(from) => seq_before(kernel, from).await?.min(head),
        None => head,
    };
    let due = match &schedule {
        Some(schedule) => {
            schedule.next(now, kernel.zone()).ok_or_else(|| invalid("/schedule", "events-schedule-never"))?
        }
        None => now,
    };
    let mut write = kernel.begin(actor).await?;
    if store::count_subscriptions(write.tx(), reader.owner()).await? >= SUBSCRIPTIONS_MAX {
        return Err(invalid("/dest", "events-subscriptions-many"));
    }
    let id = write.new_id();
    let sealer = kernel.sealer().map_err(Problem::internal)?;
    let row = SubscriptionRow {
        id: id.clone(),
        owner: reader.owner().to_owned(),
        query: query.to_owned(),
        destination: new.destination,
        secret: sealer.seal(kernel.rng(), PURPOSE, token.as_bytes()).map_err(Problem::internal)?,
        schedule: schedule.as_ref().map(|schedule| schedule.to_json().to_string()),
        report_if_empty: new.report_if_empty,
        epc_format: new.format.name().to_owned(),
        initial_record_time: new.initial_record_time.map(Timestamp::micros),
        cursor_seq: cursor,
        state: "active".to_owned(),
        pause_reason: None,
        failures: 0,
        failing_since: None,
        due_at: due.micros(),
        last_notified_at: None,
        created_by: actor.id.clone(),
        created_at: now.micros(),
    };
    store::insert_subscription(write.tx(), row.clone()).await?;
    write
        .act(about(&reader, Act::new("event_subscription.created", "event_subscription", &id).public("query", query)))
        .await?;
    write.commit().await?;
    kernel.wake(crate::delivering::JOB);
    Ok(row.into())
}

/// A subscription.
///
/// # Errors
/// `not_found`, `forbidden`.
pub async fn one(kernel: &Kernel, actor: &Actor, query: &str, id: &str) -> Result<Subscription, Error> {
    let reader = Reader::of(actor)?;
    let row = store::subscription(kernel, reader.owner(), query, id).await?;
    Ok(row.ok_or_else(Problem::not_found)?.into())
}

/// Subscriptions of a query after an id.
///
/// # Errors
/// `not_found` for the query, `forbidden`.
pub async fn list(
    kernel: &Kernel,
    actor: &Actor,
    query: &str,
    after: &str,
    limit: u64,
) -> Result<Vec<Subscription>, Error> {
    let reader = Reader::of(actor)?;
    queries::of_owner(kernel, &reader, query).await?;
    let rows = store::subscriptions(kernel, reader.owner(), query, after, limit).await?;
    Ok(rows.into_iter().map(Subscription::from).collect())
}

/// Ends a subscription.
///
/// # Errors
/// `not_found`, `forbidden`.
pub async fn unsubscribe(kernel: &Kernel, actor: &Actor, query: &str, id: &str) -> Result<(), Error> {
    let reader = writer(actor)?;
    let row = store::subscription(kernel, reader.owner(), query, id).await?.ok_or_else(Problem::not_found)?;
    let mut write = kernel.begin(actor).await?;
    if !store::delete_subscription(write.tx(), &row.id).await? {
        return Err(Problem::not_found().into());
    }
    write
        .act(about(&reader, Act::new("event_subscription.removed", "event_subscription", id).public("query", query)))
        .await?;
    write.commit().await?;
    Ok(())
}
