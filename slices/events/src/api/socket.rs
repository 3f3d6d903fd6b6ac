//! Subscriptions over a websocket: each message is a query document. They live as long as the connection; whoever comes
//! back says from which record time on (`initialRecordTime`).

use crate::access::Reader;
use crate::delivering::EVENTS_MAX;
use crate::document::query_document;
use crate::error::{Error, SUBSCRIPTION_INVALID};
use crate::queries::NamedQuery;
use crate::schedule::Schedule;
use crate::search::{EpcFormat, seq_before, since};
use crate::store;
use crate::subscriptions::schedule_fault;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::HeaderMap;
use axum::response::Response;
use ground::{Fault, Problem, Timestamp};
use kernel::{Actor, Kernel};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use web::{Failure, Site};

/// Most open sockets of one process.
const SOCKETS_MAX: usize = 500;
/// How often new events are looked for.
const LOOK: Duration = Duration::from_millis(500);
/// Quiet time after which a ping is sent, in looks: one minute.
const PING_LOOKS: u32 = 120;
/// A socket ends after so many looks (twelve hours): whoever lost their rights meanwhile cannot come back.
const LOOKS_MAX: u32 = 12 * 3600 * 2;
/// Largest message read, bytes: nothing is expected but pongs.
const MESSAGE_BYTES_MAX: usize = 4 * 1024;

/// Open sockets.
#[derive(Default)]
struct Open(AtomicUsize);

/// What a socket tells, and from where.
struct Told {
    kernel: Kernel,
    reader: Reader,
    named: NamedQuery,
    format: EpcFormat,
    schedule: Option<Schedule>,
    report_if_empty: bool,
    from: Option<Timestamp>,
    cursor: i64,
}

fn invalid(field: &str, message: &'static str) -> Failure {
    Problem { faults: vec![Fault::field(field, message)], ..Problem::new(&SUBSCRIPTION_INVALID) }.into()
}

/// Answers the handshake.
///
/// # Errors
/// `events_subscription_invalid` with the parameter; `rate_limited` where too many sockets are open.
pub(super) async fn open(
    site: &Site,
    actor: &Actor,
    headers: &HeaderMap,
    asked: &[(String, String)],
    named: NamedQuery,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Failure> {
    let value = |name: &str| asked.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let schedule = Schedule::read(value).map_err(|error| schedule_fault(&error))?;
    let stream = value("stream") == Some("true");
    if stream == schedule.is_some() {
        return Err(invalid("stream", "events-stream-or-schedule"));
    }
    let from = match value("initialRecordTime") {
        Some(text) => {
            Some(Timestamp::parse_rfc3339(text).ok_or_else(|| invalid("initialRecordTime", "events-moment"))?)
        }
        None => None,
    };
    let kernel = site.kernel().clone();
    let head = store::head(&kernel).await?;
    let cursor = match from {
        Some(from) => seq_before(&kernel, from).await?.min(head),
        None => head,
    };
    let told = Told {
        reader: Reader::of(actor)?,
        format: super::epc_format(headers)?,
        report_if_empty: value("reportIfEmpty") == Some("true"),
        kernel: kernel.clone(),
        named,
        schedule,
        from,
        cursor,
    };
    let open = kernel.memory::<Open>();
    if open.0.fetch_add(1, Ordering::SeqCst) >= SOCKETS_MAX {
        open.0.fetch_sub(1, Ordering::SeqCst);
        return Err(Problem::new(&ground::problem::RATE_LIMITED).into());
    }
    let answer = upgrade.max_message_size(MESSAGE_BYTES_MAX).on_upgrade(move |socket| async move {
        told.run(socket).await;
        open.0.fetch_sub(1, Ordering::SeqCst);
    });
    Ok(answer)
}

impl Told {
    async fn run(mut self, mut socket: WebSocket) {
        let mut quiet = 0;
        let mut due = self.next_due();
        for _ in 0..LOOKS_MAX {
            tokio::select! {
                read = socket.recv() => match read {
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                    Some(Ok(_)) => continue,
                },
                () = tokio::time::sleep(LOOK) => {}
            }
            if due.is_some_and(|due| self.kernel.now() < due) {
                continue;
            }
            due = self.next_due();
            quiet += 1;
            match self.tell(&mut socket).await {
                Ok(true) => quiet = 0,
                Ok(false) if quiet >= PING_LOOKS => {
                    quiet = 0;
                    if socket.send(Message::Ping(Vec::new().into())).await.is_err() {
                        return;
                    }
                }
                Ok(false) => {}
                Err(error) => {
                    tracing::debug!(%error, "a websocket subscription ended");
                    return;
                }
            }
        }
    }

    fn next_due(&self) -> Option<Timestamp> {
        self.schedule.as_ref().and_then(|schedule| schedule.next(self.kernel.now(), self.kernel.zone()))
    }

    /// Sends what is new. The cursor moves when the message is on its way.
    async fn tell(&mut self, socket: &mut WebSocket) -> Result<bool, Error> {
        let head = store::head(&self.kernel).await?;
        let mut told = false;
        while self.cursor < head {
            let (mut events, seen) =
                since(&self.kernel, &self.reader, &self.named.query, self.cursor, head, EVENTS_MAX).await?;
            if let Some(from) = self.from {
                events.retain(|event| event.record_time >= from);
            }
            if !events.is_empty() {
                self.send(socket, &events).await?;
                told = true;
            }
            self.cursor = seen;
        }
        if !told && self.report_if_empty && self.schedule.is_some() {
            self.send(socket, &[]).await?;
            told = true;
        }
        Ok(told)
    }

    async fn send(&self, socket: &mut WebSocket, events: &[crate::StoredEvent]) -> Result<(), Error> {
        let name = Some((self.named.name.as_str(), None));
        let document = query_document(events, name, self.format, self.kernel.now()).to_string();
        let sent = socket.send(Message::Text(document.into())).await;
        sent.map_err(|error| Problem::new(&ground::problem::UNAVAILABLE).because(error).into())
    }
}
