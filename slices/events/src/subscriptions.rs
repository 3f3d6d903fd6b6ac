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
/// States as they are stored.
pub(crate) const ACTIVE: &str = "active";
pub(crate) const PAUSED: &str = "paused";
/// The reason of a pause that a person asked for.
const BY_HAND: &str = "by_hand";
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
    /// Whose: an organisation, or the operator.
    pub owner: String,
    /// The query's name.
    pub query: String,
    /// Whether it rests.
    pub is_paused: bool,
    /// Why the receiver was last not told.
    pub last_error: Option<String>,
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
            is_paused: row.state == PAUSED,
            last_error: row.pause_reason.clone(),
            pause_reason: row.pause_reason.filter(|_| row.state == PAUSED),
            owner: row.owner,
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
        state: ACTIVE.to_owned(),
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

/// Subscriptions after an id, in order: all for staff, an organisation's own for itself.
///
/// # Errors
/// `forbidden`.
pub async fn all(kernel: &Kernel, actor: &Actor, after: &str, limit: u64) -> Result<Vec<Subscription>, Error> {
    let reader = Reader::of(actor)?;
    let rows = store::all_subscriptions(kernel.db().read(), reader.party(), after, limit).await?;
    Ok(rows.into_iter().map(Subscription::from).collect())
}

/// A subscription by its id alone, for staff and for its organisation.
///
/// # Errors
/// `not_found`, `forbidden`.
pub async fn by_id(kernel: &Kernel, actor: &Actor, id: &str) -> Result<Subscription, Error> {
    let reader = Reader::of(actor)?;
    let row = store::subscription_by_id(kernel.db().read(), reader.party(), id).await?;
    Ok(row.ok_or_else(Problem::not_found)?.into())
}

/// Whether an actor may stop and resume a subscription.
pub fn may_change(actor: &Actor, subscription: &Subscription) -> bool {
    writer(actor).is_ok_and(|reader| reader.party().is_none_or(|party| party == subscription.owner))
}

/// Lets a subscription rest. Nothing is lost: what comes meanwhile is told when it is resumed.
///
/// # Errors
/// `not_found`, `forbidden`, `events_subscription_invalid` when it rests already.
pub async fn pause(kernel: &Kernel, actor: &Actor, id: &str) -> Result<(), Error> {
    change(kernel, actor, id, ACTIVE, "event_subscription.paused", |row, _| {
        row.state = PAUSED.to_owned();
        row.pause_reason = Some(BY_HAND.to_owned());
    })
    .await
}

/// Resumes a subscription: it is tried at once, and from where it stopped.
///
/// # Errors
/// `not_found`, `forbidden`, `events_subscription_invalid` when it does not rest.
pub async fn resume(kernel: &Kernel, actor: &Actor, id: &str) -> Result<(), Error> {
    change(kernel, actor, id, PAUSED, "event_subscription.resumed", |row, now| {
        row.state = ACTIVE.to_owned();
        (row.pause_reason, row.failures, row.failing_since) = (None, 0, None);
        row.due_at = now.micros();
    })
    .await
}

async fn change(
    kernel: &Kernel,
    actor: &Actor,
    id: &str,
    from: &str,
    kind: &'static str,
    turn: impl FnOnce(&mut SubscriptionRow, Timestamp),
) -> Result<(), Error> {
    let reader = writer(actor)?;
    let mut write = kernel.begin(actor).await?;
    let row = store::subscription_by_id(write.tx(), reader.party(), id).await?;
    let mut row = row.ok_or_else(Problem::not_found)?;
    if row.state != from {
        return Err(invalid("/state", "events-subscription-state-same"));
    }
    turn(&mut row, write.now());
    store::record_turn(write.tx(), &row).await?;
    let act = Act::new(kind, "event_subscription", id).outcome(&row.state).public("query", row.query.as_str());
    write.act(about(&crate::delivering::reader_of(&row.owner), act)).await?;
    write.commit().await?;
    kernel.wake(crate::delivering::JOB);
    Ok(())
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
