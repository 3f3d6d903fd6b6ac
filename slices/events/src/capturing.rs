//! Capturing: a document comes in, is kept until it is worked on, and each of its events is accepted, refused with its
//! place, or known already.
//!
//! Reading order: [`capture`] (small, at once), [`accept`] (large: kept, answered, worked on by [`work`]), `Work` (reading
//! on one thread, storing on another), [`crate::storing`] (one part of a document in one transaction).

use crate::access::{Reader, capturing_party};
use crate::error::Error;
use crate::model::*;
use crate::owners::Owners;
use crate::reading::{Prepared, TimeRule, prepare, refused};
use crate::store;
use crate::storing::{Stored, store_part};
use bytes::Bytes;
use epcis::Limits;
use ground::time::MINUTE_MICROS;
use ground::{Problem, Timestamp};
use kernel::{Actor, ActorKind, Kernel, Page, Paging};
use std::path::Path;
use std::time::Duration;

/// Name of the job that works on captures.
pub(crate) const JOB: &str = "event-captures";
/// Largest document that is captured while its sender waits, bytes.
pub const AT_ONCE_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Events of a document that is kept as a whole which are held in memory.
const HELD_EVENTS_MAX: usize = 5_000;
/// How long a process may take for a capture before another may take over.
const LEASE_MICROS: i64 = 15 * MINUTE_MICROS;

type Part = Vec<Result<Prepared, EventResult>>;

/// Captures a document at once.
///
/// # Errors
/// `events_document_invalid` for what is no EPCIS document (nothing is kept); `events_on_behalf`; `too_large`; what the
/// store says. A refused event is no error: [`Capture`] counts it and [`results`] says why.
pub async fn capture(kernel: &Kernel, actor: &Actor, bytes: &[u8], options: CaptureOptions) -> Result<Capture, Error> {
    let party = capturing_party(actor, options.party.as_deref())?;
    if bytes.len() > AT_ONCE_BYTES_MAX {
        return Err(Error::Platform(web::too_large(AT_ONCE_BYTES_MAX as u64)));
    }
    let bytes = Bytes::copy_from_slice(bytes);
    let mut capture = new_capture(kernel, actor, party, &options, None);
    // Looked at before anything is written: what is no document leaves no trace.
    let work = Work::new(kernel, actor, bytes)?;
    work.check_sender(&capture.party).await?;
    let until = kernel.now().plus_micros(LEASE_MICROS);
    work.check_document().await?;
    insert(kernel, &capture, until).await?;
    work.run(&mut capture).await?;
    Ok(capture)
}

/// Takes a document in, durably, to be worked on by the job. Its bytes are in the file store before this returns.
///
/// # Errors
/// `events_on_behalf`, `too_large`, `unavailable` when the disk is full, `file_kind` for what is no text.
pub async fn accept(kernel: &Kernel, actor: &Actor, path: &Path, options: CaptureOptions) -> Result<Capture, Error> {
    let party = capturing_party(actor, options.party.as_deref())?;
    let kept = kernel.blobs().put_file(path, &[blobs::Kind::Text], DOCUMENT_BYTES_MAX).await;
    let blob = kept.map_err(|error| Error::Platform(error.into()))?;
    let capture = new_capture(kernel, actor, party, &options, Some(blob.sha256));
    insert(kernel, &capture, kernel.now()).await?;
    kernel.wake(JOB);
    Ok(capture)
}

/// Captures one event, at once. Returns it as kept, and whether it was there already.
///
/// # Errors
/// `events_document_invalid` with the place for an event that is refused; `events_event_conflict` when its id is taken by
/// other content; as [`capture`].
pub async fn capture_event(
    kernel: &Kernel,
    actor: &Actor,
    bytes: &[u8],
    options: CaptureOptions,
) -> Result<(StoredEvent, bool), Error> {
    let single = |value: &serde_json::Value| value.get("epcisBody").is_none() && value.is_object();
    let value: serde_json::Value = serde_json::from_slice(bytes).map_err(|error| {
        let (zh, en) = epcis::json_words(&error);
        Error::Document(vec![crate::error::fault_at("", &zh, &en)])
    })?;
    if !value.is_object() {
        let (zh, en) = ("应为一个事件，即一个 JSON 对象。", "One event is expected: a JSON object.");
        return Err(Error::Document(vec![crate::error::fault_at("", zh, en)]));
    }
    if !single(&value) {
        let (zh, en) = (
            "此地址只接受单个事件，文档请发往 /v1/epcis/capture。",
            "This address takes one event; send documents to /v1/epcis/capture.",
        );
        return Err(Error::Document(vec![crate::error::fault_at("/epcisBody", zh, en)]));
    }
    let capture = capture(kernel, actor, bytes, options).await?;
    let results = results_of(kernel, &capture, 0, 1).await?;
    let Some(result) = results.into_iter().next() else {
        return Err(Error::Platform(Problem::internal("a captured event has no result")));
    };
    if result.outcome == Outcome::Rejected {
        if matches!(result.code.as_deref(), Some("event_id_taken")) {
            return Err(Error::Conflict);
        }
        let pointer = result.pointer.unwrap_or_default();
        // The event is the whole body here.
        let pointer = pointer.strip_prefix("/epcisBody/eventList/0").unwrap_or(&pointer);
        return Err(Error::Document(vec![crate::error::fault_at(pointer, &result.detail_zh, &result.detail_en)]));
    }
    let id = result.event_id.unwrap_or_default();
    let found = store::by_event_id(kernel, &id).await?.pop();
    let event = found.ok_or_else(|| Error::Platform(Problem::internal("a captured event is missing")))?;
    Ok((event, result.outcome == Outcome::Duplicate))
}

fn new_capture(
    kernel: &Kernel,
    actor: &Actor,
    party: String,
    options: &CaptureOptions,
    document: Option<String>,
) -> Capture {
    Capture {
        id: kernel.new_id(),
        party,
        actor: actor.id.clone(),
        on_error: options.on_error,
        file: options.file.as_ref().map(|name| name.chars().take(200).collect()),
        document,
        created_at: kernel.now(),
        finished_at: None,
        success: true,
        accepted: 0,
        rejected: 0,
        duplicates: 0,
        skewed: 0,
        rows: None,
    }
}

async fn insert(kernel: &Kernel, capture: &Capture, due_at: Timestamp) -> Result<(), Error> {
    let tx = kernel.db().write_tx().await?;
    store::insert_capture(&tx, capture, due_at).await?;
    tx.commit().await?;
    Ok(())
}

/// One turn of the job: works on the oldest capture that waits. Returns how many it worked on.
///
/// # Errors
/// What the store says; the capture is then tried again later.
pub async fn work(kernel: &Kernel) -> kernel::Result<u64> {
    let Some((mut capture, due_at)) = store::due_capture(kernel, kernel.now()).await? else { return Ok(0) };
    let until = kernel.now().plus_micros(LEASE_MICROS);
    if !store::lease_capture(kernel, &capture.id, due_at, until).await? {
        return Ok(1);
    }
    let actor = sender(&capture);
    let Some(document) = capture.document.clone() else {
        // Its sender was waiting when the process stopped: what was kept is known, the rest must be sent again.
        let (zh, en) = (
            "处理中断，请重新提交；已接收的事件会被识别为重复。",
            "The capture was interrupted: send it again; what was kept will be recognised.",
        );
        return finish_refused(kernel, &mut capture, "interrupted", "", zh, en).await.map(|()| 1);
    };
    let bytes = kernel.blobs().get(&document).await.map_err(Problem::from)?;
    let work = Work::new(kernel, &actor, bytes).map_err(Problem::from)?;
    let done = match work.check_sender(&capture.party).await {
        Ok(()) => work.run(&mut capture).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => Ok(1),
        Err(Error::OnBehalf) => {
            let (zh, en) = (
                "文档的发送方是另一家机构，不能代其采集。",
                "The document's sender is another organisation: nobody captures for others.",
            );
            finish_refused(kernel, &mut capture, "on_behalf", "/sender", zh, en).await.map(|()| 1)
        }
        Err(error) => Err(error.into()),
    }
}

/// Whoever sent it, for the acts: without rights, they were looked at when it came.
fn sender(capture: &Capture) -> Actor {
    Actor {
        id: capture.actor.clone(),
        name: String::new(),
        roles: [].into(),
        organisation: Some(capture.party.clone()),
        kind: ActorKind::Person { session: String::new() },
        language: ground::Language::Zh,
    }
}

async fn finish_refused(
    kernel: &Kernel,
    capture: &mut Capture,
    code: &str,
    pointer: &str,
    zh: &str,
    en: &str,
) -> kernel::Result<()> {
    let fault = EventResult { position: None, ..refused(0, None, pointer, code, zh, en) };
    finish(kernel, capture, &[fault], false).await
}

/// Writes the end of a capture.
async fn finish(kernel: &Kernel, capture: &mut Capture, faults: &[EventResult], success: bool) -> kernel::Result<()> {
    capture.finished_at = Some(kernel.now());
    capture.success = success;
    let tx = kernel.db().write_tx().await?;
    store::insert_faults(&tx, &capture.id, faults).await?;
    store::update_capture(&tx, capture).await?;
    tx.commit().await.map_err(db::Error::from)?;
    Ok(())
}

/// A document and how it is worked on.
struct Work {
    kernel: Kernel,
    actor: Actor,
    bytes: Bytes,
    rule: TimeRule,
}

impl Work {
    fn new(kernel: &Kernel, actor: &Actor, bytes: Bytes) -> Result<Work, Error> {
        let rule = TimeRule::in_force(kernel)?;
        Ok(Work { kernel: kernel.clone(), actor: actor.clone(), bytes, rule })
    }

    /// Whether the document names another party as its sender.
    async fn check_sender(&self, party: &str) -> Result<(), Error> {
        #[derive(serde::Deserialize)]
        struct Envelope {
            #[serde(default)]
            sender: Option<String>,
        }
        if party == OPERATOR {
            return Ok(());
        }
        let bytes = self.bytes.clone();
        let read = move || serde_json::from_slice::<Envelope>(&bytes).ok().and_then(|envelope| envelope.sender);
        let sender = tokio::task::spawn_blocking(read).await.map_err(|error| Problem::internal(error.to_string()))?;
        let Some(sender) = sender else { return Ok(()) };
        let sender = crate::reading::canonical(&sender);
        match Owners::default().party_of(&self.kernel, &sender).await? {
            Some(other) if other != party => Err(Error::OnBehalf),
            _ => Ok(()),
        }
    }

    /// Whether the document can be read at all; its events are not looked at.
    async fn check_document(&self) -> Result<(), Error> {
        let bytes = self.bytes.clone();
        let read = move || epcis::read_json_each(&bytes, &limits(), |_, _| {}).map(|_| ());
        let read = tokio::task::spawn_blocking(read).await.map_err(|error| Problem::internal(error.to_string()))?;
        read.map_err(document_error)
    }

    /// Reads on a thread of its own and gives the events in parts; at most three parts are under way.
    fn read(&self) -> Reading {
        let (send, parts) = tokio::sync::mpsc::channel::<Part>(2);
        let (bytes, rule) = (self.bytes.clone(), self.rule);
        let reading = tokio::task::spawn_blocking(move || {
            let mut part: Part = Vec::with_capacity(CHUNK_EVENTS);
            let mut gone = false;
            let head = epcis::read_each(&bytes, &limits(), |position, read| {
                if gone {
                    return;
                }
                part.push(prepared(position, read, &rule));
                if part.len() == CHUNK_EVENTS {
                    let full = std::mem::replace(&mut part, Vec::with_capacity(CHUNK_EVENTS));
                    gone = send.blocking_send(full).is_err();
                }
            });
            if head.is_ok() && !gone && !part.is_empty() {
                let _ = send.blocking_send(part);
            }
            head.map(|_| ())
        });
        Reading { parts, reading }
    }

    async fn run(&self, capture: &mut Capture) -> Result<(), Error> {
        // An earlier try may have been stopped: its events are recognised and counted anew.
        (capture.accepted, capture.rejected, capture.duplicates, capture.skewed) = (0, 0, 0, 0);
        let done = match capture.on_error {
            ErrorBehaviour::Proceed => self.proceed(capture).await,
            ErrorBehaviour::Rollback => self.whole(capture).await,
        };
        match done {
            Err(Error::Document(faults)) => {
                let results: Vec<EventResult> = faults.iter().map(document_fault).collect();
                Ok(finish(&self.kernel, capture, &results, false).await?)
            }
            other => other,
        }
    }

    /// Part by part, each in a transaction of its own.
    async fn proceed(&self, capture: &mut Capture) -> Result<(), Error> {
        let mut reading = self.read();
        let mut owners = Owners::default();
        while let Some(part) = reading.parts.recv().await {
            let (good, bad) = split(part);
            let stored = self.store_alone(capture, &mut owners, good, bad).await?;
            count(capture, &stored);
        }
        reading.end().await?;
        let success = capture.rejected == 0;
        Ok(finish(&self.kernel, capture, &[], success).await?)
    }

    /// Stores one part and what came of it, in one transaction.
    async fn store_alone(
        &self,
        capture: &Capture,
        owners: &mut Owners,
        good: Vec<Prepared>,
        bad: Vec<EventResult>,
    ) -> Result<Stored, Error> {
        let seen = self.viewers(owners, &capture.party, good).await?;
        let mut write = self.kernel.begin(&self.actor).await?;
        let mut stored = store_part(&self.kernel, &mut write, capture, &seen).await?;
        stored.results.extend(bad);
        let mut so_far = capture.clone();
        count(&mut so_far, &stored);
        if so_far.rejected + so_far.duplicates <= FAULTS_KEPT_MAX {
            store::insert_faults(write.tx(), &capture.id, &stored.results).await?;
        }
        store::update_capture(write.tx(), &so_far).await?;
        if stored.has_act {
            write.commit().await?;
            store::remember_vocabulary(&self.kernel, std::mem::take(&mut stored.words));
            self.kernel.wake(crate::delivering::JOB);
            return Ok(stored);
        }
        // Nothing was decided: only what came of the events is written down.
        drop(write);
        let tx = self.kernel.db().write_tx().await?;
        if so_far.rejected + so_far.duplicates <= FAULTS_KEPT_MAX {
            store::insert_faults(&tx, &capture.id, &stored.results).await?;
        }
        store::update_capture(&tx, &so_far).await?;
        tx.commit().await?;
        Ok(stored)
    }

    /// All or nothing: read to the end first, then stored in one transaction.
    async fn whole(&self, capture: &mut Capture) -> Result<(), Error> {
        let mut reading = self.read();
        let (mut held, mut faults, mut events) = (Vec::new(), Vec::new(), 0usize);
        while let Some(part) = reading.parts.recv().await {
            let (good, bad) = split(part);
            events += good.len();
            capture.rejected += bad.len() as u64;
            faults.extend(bad.into_iter().take((FAULTS_KEPT_MAX as usize).saturating_sub(faults.len())));
            if events <= HELD_EVENTS_MAX { held.extend(good) } else { held.clear() }
        }
        reading.end().await?;
        if !faults.is_empty() {
            return Ok(finish(&self.kernel, capture, &faults, false).await?);
        }
        let mut owners = Owners::default();
        if events <= HELD_EVENTS_MAX {
            return self.store_whole(capture, &mut owners, held).await;
        }
        // Too many to be held: read once more, straight into the transaction.
        let mut write = self.kernel.begin(&self.actor).await?;
        let mut all = Stored::default();
        let mut reading = self.read();
        while let Some(part) = reading.parts.recv().await {
            let (good, _) = split(part);
            let seen = self.viewers(&mut owners, &capture.party, good).await?;
            all.add(store_part(&self.kernel, &mut write, capture, &seen).await?);
            if all.rejected() > 0 {
                break;
            }
        }
        self.end_whole(capture, write, all).await
    }

    async fn store_whole(&self, capture: &mut Capture, owners: &mut Owners, held: Vec<Prepared>) -> Result<(), Error> {
        let seen = self.viewers(owners, &capture.party, held).await?;
        let mut write = self.kernel.begin(&self.actor).await?;
        let stored = store_part(&self.kernel, &mut write, capture, &seen).await?;
        self.end_whole(capture, write, stored).await
    }

    async fn end_whole(&self, capture: &mut Capture, write: kernel::Write, mut stored: Stored) -> Result<(), Error> {
        stored.results.truncate(FAULTS_KEPT_MAX as usize);
        if stored.rejected() > 0 {
            drop(write);
            capture.rejected += stored.rejected();
            capture.rows = None;
            stored.results.retain(|result| result.outcome == Outcome::Rejected);
            return Ok(finish(&self.kernel, capture, &stored.results, false).await?);
        }
        count(capture, &stored);
        if !stored.has_act {
            drop(write);
            return Ok(finish(&self.kernel, capture, &stored.results, true).await?);
        }
        capture.finished_at = Some(self.kernel.now());
        store::insert_faults(write.tx(), &capture.id, &stored.results).await?;
        store::update_capture(write.tx(), capture).await?;
        write.commit().await?;
        store::remember_vocabulary(&self.kernel, stored.words);
        self.kernel.wake(crate::delivering::JOB);
        Ok(())
    }

    async fn viewers(
        &self,
        owners: &mut Owners,
        party: &str,
        events: Vec<Prepared>,
    ) -> Result<Vec<crate::storing::Seen>, Error> {
        let mut seen = Vec::with_capacity(events.len());
        for event in events {
            let viewers = owners.viewers(&self.kernel, party, &event).await?;
            seen.push((event, viewers));
        }
        Ok(seen)
    }
}

struct Reading {
    parts: tokio::sync::mpsc::Receiver<Part>,
    reading: tokio::task::JoinHandle<Result<(), epcis::DocumentError>>,
}

impl Reading {
    async fn end(self) -> Result<(), Error> {
        drop(self.parts);
        let read = self.reading.await.map_err(|error| Problem::internal(error.to_string()))?;
        read.map_err(document_error)
    }
}

fn limits() -> Limits {
    // A document's bytes bound the number of its events: a count of its own could only end a reading in the middle.
    Limits { document_bytes_max: DOCUMENT_BYTES_MAX as usize, events_max: DOCUMENT_EVENTS_MAX, ..Limits::default() }
}

#[allow(clippy::result_large_err)] // a refusal is rare and goes into a list at once
fn prepared(
    position: usize,
    read: Result<epcis::Event, epcis::EventError>,
    rule: &TimeRule,
) -> Result<Prepared, EventResult> {
    prepare(position as u64, read, rule)
}

fn split(part: Part) -> (Vec<Prepared>, Vec<EventResult>) {
    let (mut good, mut bad) = (Vec::with_capacity(part.len()), Vec::new());
    for one in part {
        match one {
            Ok(event) => good.push(event),
            Err(fault) => bad.push(fault),
        }
    }
    (good, bad)
}

fn count(capture: &mut Capture, stored: &Stored) {
    capture.accepted += stored.accepted;
    capture.skewed += stored.skewed;
    for result in &stored.results {
        match result.outcome {
            Outcome::Rejected => capture.rejected += 1,
            Outcome::Duplicate => capture.duplicates += 1,
            Outcome::Accepted => {}
        }
    }
    capture.success = capture.rejected == 0;
    capture.rows = match (capture.rows, stored.rows) {
        (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
        (one, other) => one.or(other),
    };
}

fn document_error(error: epcis::DocumentError) -> Error {
    let mut fault = crate::error::fault_at(&error.fault.pointer, &error.fault.zh, &error.fault.en);
    if let Some(position) = error.position {
        fault.place.line = Some(position.line as u64);
        fault.place.column = Some(position.column as u64);
    }
    Error::Document(vec![fault])
}

fn document_fault(fault: &ground::Fault) -> EventResult {
    let arg =
        |name: &str| fault.args.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap_or_default();
    let place = match (fault.place.line, fault.place.column) {
        (Some(line), Some(column)) => {
            (format!("（第 {line} 行第 {column} 列）"), format!(" (line {line}, column {column})"))
        }
        _ => Default::default(),
    };
    let pointer = fault.place.field.as_deref().unwrap_or("");
    let (zh, en) = (arg("zh") + &place.0, arg("en") + &place.1);
    EventResult { position: None, ..refused(0, None, pointer, "document", &zh, &en) }
}

/// A capture, for whoever may see it.
///
/// # Errors
/// `not_found`, also for another party's; `forbidden`.
pub async fn one(kernel: &Kernel, actor: &Actor, id: &str) -> Result<Capture, Error> {
    let reader = Reader::of(actor)?;
    let found = if ground::id::is_id(id) { store::capture(kernel, id).await? } else { None };
    let capture = found.ok_or_else(Problem::not_found)?;
    match reader.party() {
        Some(party) if party != capture.party => Err(Problem::not_found().into()),
        _ => Ok(capture),
    }
}

/// Captures, newest first.
///
/// # Errors
/// `forbidden`.
pub async fn list(kernel: &Kernel, actor: &Actor, paging: &Paging) -> Result<Page<Capture>, Error> {
    let reader = Reader::of(actor)?;
    Ok(store::captures(kernel, reader.party(), paging).await?)
}

/// Captures before one, newest first, for paging by token.
///
/// # Errors
/// `forbidden`.
pub async fn before(kernel: &Kernel, actor: &Actor, id: Option<&str>, limit: u64) -> Result<Vec<Capture>, Error> {
    let reader = Reader::of(actor)?;
    Ok(store::captures_before(kernel, reader.party(), id, limit).await?)
}

/// What came of the events of a capture, from a position on, in the order of the document. At most `limit`.
///
/// # Errors
/// As [`one`].
pub async fn results(
    kernel: &Kernel,
    actor: &Actor,
    id: &str,
    from: u64,
    limit: u64,
) -> Result<(Capture, Vec<EventResult>), Error> {
    let capture = one(kernel, actor, id).await?;
    let results = results_of(kernel, &capture, from, limit).await?;
    Ok((capture, results))
}

async fn results_of(kernel: &Kernel, capture: &Capture, from: u64, limit: u64) -> Result<Vec<EventResult>, Error> {
    let start = if from == 0 { -1 } else { from as i64 };
    let mut results = store::faults(kernel, &capture.id, start, limit).await?;
    if let Some(rows) = capture.rows {
        for (position, seq, event_id) in store::of_capture(kernel, &capture.id, rows, from, limit).await? {
            results.push(EventResult {
                position: Some(position),
                outcome: Outcome::Accepted,
                event_id: Some(event_id),
                seq: Some(seq),
                pointer: None,
                code: None,
                detail_zh: String::new(),
                detail_en: String::new(),
            });
        }
    }
    results.sort_by_key(|result| result.position.map_or(-1, |position| position as i64));
    results.truncate(limit as usize);
    Ok(results)
}

/// The refused events of a capture, at most `limit`, for the job document of EPCIS.
///
/// # Errors
/// What the store says.
pub(crate) async fn errors(kernel: &Kernel, capture: &Capture, limit: u64) -> Result<Vec<EventResult>, Error> {
    Ok(store::rejected(kernel, &capture.id, limit).await?)
}

/// The job that works on captures.
pub(crate) fn job() -> kernel::Job {
    kernel::Job::new(JOB, Duration::from_secs(5), |kernel| async move { work(&kernel).await })
}
