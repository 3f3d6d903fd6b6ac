//! Telling subscribers: new events of a query are sent, and only what was answered well counts as told.
//!
//! A message is an EPCIS query document with at most [`EVENTS_MAX`] events. It is signed after the Standard Webhooks
//! specification under the receiver's token, as the webhooks of the web layer are; the signature stands in `GS1-Signature` too.
//! Events come in the order of their capture, at least once.

use crate::access::Reader;
use crate::document::query_document;
use crate::error::Error;
use crate::model::OPERATOR;
use crate::queries::{self, NamedQuery};
use crate::search::{EpcFormat, since};
use crate::store::{self, SubscriptionRow};
use crate::subscriptions::{PURPOSE, schedule_of};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ground::time::{DAY_MICROS, SECOND_MICROS};
use ground::{Problem, Timestamp};
use kernel::{Act, Actor, Kernel};
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use std::time::Duration;
use web::outbound::Client;

/// Name of the sending job.
pub(crate) const JOB: &str = "event-subscriptions";
/// Events of one message.
pub const EVENTS_MAX: usize = 200;
/// Subscriptions told in one turn.
const TURN_MAX: u64 = 32;
/// How long a process may take for an attempt before another may take over.
const LEASE_MICROS: i64 = 120 * SECOND_MICROS;
/// The first pause after a failure, and the longest.
const PAUSE_MICROS: i64 = 10 * SECOND_MICROS;
const PAUSE_MICROS_MAX: i64 = 6 * 3600 * SECOND_MICROS;
/// Whoever does not answer for so long is paused, with the reason.
const FAILING_MICROS_MAX: i64 = 3 * DAY_MICROS;

/// One turn: tells whoever is due. Returns how many attempts were made.
///
/// # Errors
/// What the store says. A receiver that fails is no error.
pub async fn tell_due(kernel: &Kernel, client: &Client) -> kernel::Result<u64> {
    let head = store::head(kernel).await?;
    let due = store::due_subscriptions(kernel, kernel.now(), head, TURN_MAX).await?;
    let mut told = 0;
    for row in due {
        if !store::lease_subscription(kernel, &row, kernel.now().plus_micros(LEASE_MICROS)).await? {
            continue;
        }
        told += 1;
        turn(kernel, client, row, head).await.map_err(Problem::from)?;
    }
    Ok(told)
}

pub(crate) fn reader_of(owner: &str) -> Reader {
    if owner == OPERATOR { Reader::All } else { Reader::Party(owner.to_owned()) }
}

/// What a scheduled or streaming run found and where it looked.
struct Found {
    body: Option<Vec<u8>>,
    cursor: i64,
    more: bool,
}

async fn look(kernel: &Kernel, row: &SubscriptionRow, query: &NamedQuery, head: i64) -> Result<Found, Error> {
    let reader = reader_of(&row.owner);
    let mut cursor = row.cursor_seq;
    let mut events = Vec::new();
    // Long stretches without a match are passed over here, so that a quiet subscription costs one look a turn.
    while events.is_empty() && cursor < head {
        let (found, seen) = since(kernel, &reader, &query.query, cursor, head, EVENTS_MAX).await?;
        events = found;
        cursor = seen;
    }
    if let Some(from) = row.initial_record_time {
        events.retain(|event| event.record_time.micros() >= from);
    }
    let send = !events.is_empty() || (row.report_if_empty && row.schedule.is_some());
    let format = EpcFormat::from_name(&row.epc_format).unwrap_or_default();
    let name = Some((query.name.as_str(), Some(row.id.as_str())));
    let body = send.then(|| query_document(&events, name, format, kernel.now()).to_string().into_bytes());
    Ok(Found { body, cursor, more: cursor < head })
}

async fn turn(kernel: &Kernel, client: &Client, mut row: SubscriptionRow, head: i64) -> Result<(), Error> {
    let query = match queries::of_owner(kernel, &reader_of(&row.owner), &row.query).await {
        Ok(query) => query,
        Err(error) => {
            let problem = Problem::from(error);
            return if problem.code.status < 500 {
                pause(kernel, row, "query_gone").await
            } else {
                Err(problem.into())
            };
        }
    };
    let found = look(kernel, &row, &query, head).await?;
    let tells = found.body.is_some();
    let sent = match found.body {
        Some(body) => send(kernel, client, &row, body).await?,
        None => Ok(()),
    };
    let now = kernel.now();
    match sent {
        Ok(()) => {
            row.cursor_seq = found.cursor;
            row.failures = 0;
            row.failing_since = None;
            row.pause_reason = None;
            if tells {
                row.last_notified_at = Some(now.micros());
            }
            row.due_at = next_due(kernel, &row, found.more, now);
        }
        Err(reason) => {
            row.failures += 1;
            let since = *row.failing_since.get_or_insert(now.micros());
            row.pause_reason = Some(reason.clone());
            if now.micros() - since >= FAILING_MICROS_MAX {
                return pause(kernel, row, &reason).await;
            }
            row.due_at = now.plus_micros(retry_pause(row.failures, kernel)).micros();
        }
    }
    let tx = kernel.db().write_tx().await?;
    store::record_turn(&tx, &row).await?;
    tx.commit().await?;
    Ok(())
}

/// The pause after `failures` attempts in a row: doubled each time, a little longer by chance so that receivers are not hit in
/// waves.
fn retry_pause(failures: i64, kernel: &Kernel) -> i64 {
    let doubled = PAUSE_MICROS.saturating_mul(1 << (failures - 1).clamp(0, 20)).min(PAUSE_MICROS_MAX);
    doubled + kernel.rng().below(doubled as u64 / 10 + 1) as i64
}

fn next_due(kernel: &Kernel, row: &SubscriptionRow, more: bool, now: Timestamp) -> i64 {
    match schedule_of(row) {
        // What did not fit into one message follows at once.
        Some(_) if more => now.micros(),
        Some(schedule) => schedule.next(now, kernel.zone()).map_or(i64::MAX, Timestamp::micros),
        None => now.micros(),
    }
}

async fn pause(kernel: &Kernel, mut row: SubscriptionRow, reason: &str) -> Result<(), Error> {
    row.state = "paused".to_owned();
    row.pause_reason = Some(reason.chars().take(500).collect());
    let mut write = kernel.begin(&Actor::system("event-subscriptions")).await?;
    store::record_turn(write.tx(), &row).await?;
    let act = Act::new("event_subscription.paused", "event_subscription", &row.id)
        .outcome("paused")
        .public("query", row.query.as_str())
        .public("failures", row.failures)
        .private("reason", reason);
    write.act(queries::about(&reader_of(&row.owner), act)).await?;
    write.commit().await?;
    Ok(())
}

/// Sends one message; the inner error says why the receiver did not take it.
async fn send(
    kernel: &Kernel,
    client: &Client,
    row: &SubscriptionRow,
    body: Vec<u8>,
) -> Result<Result<(), String>, Error> {
    let sealer = kernel.sealer().map_err(Problem::internal)?;
    let token = sealer.open(PURPOSE, &row.secret).map_err(Problem::internal)?;
    let at = kernel.now();
    let id = format!("msg_{}_{}", row.id, row.cursor_seq);
    let text = String::from_utf8_lossy(&body);
    let secret = format!("whsec_{}", STANDARD.encode(&token[..]));
    let signature = web::webhooks::signature(&secret, &id, at, &text).unwrap_or_default();
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in [
        ("webhook-id", id),
        ("webhook-timestamp", (at.micros() / SECOND_MICROS).to_string()),
        ("webhook-signature", signature.clone()),
        ("gs1-signature", signature),
        ("gs1-epcis-version", crate::document::EPCIS_VERSION.to_owned()),
        ("gs1-cbv-version", crate::document::CBV_VERSION.to_owned()),
    ] {
        let value = HeaderValue::from_str(&value).map_err(Problem::internal)?;
        headers.insert(HeaderName::from_static(name), value);
    }
    Ok(match client.send(Method::POST, &row.destination, headers, body.into()).await {
        Ok(answer) if (200..300).contains(&answer.status) => Ok(()),
        Ok(answer) => Err(format!("status {}", answer.status)),
        Err(error) => Err(error.to_string()),
    })
}

/// The job that tells subscribers.
pub(crate) fn job(client: Client) -> kernel::Job {
    kernel::Job::new(JOB, Duration::from_secs(5), move |kernel| {
        let client = client.clone();
        async move { tell_due(&kernel, &client).await }
    })
}
