//! Signals that are fetched instead of sent: a source gives batches, and hears that a batch is kept only after it is on the
//! disk. A batch that comes again is met by the ids: it counts once.
//!
//! Reading order: [`Source`], [`run`], [`nats`].

pub mod nats;

use crate::ingest;
use crate::model::Receipt;
use crate::works::works;
use async_trait::async_trait;
use bytes::Bytes;
use ground::problem::INVALID_INPUT;
use kernel::{Actor, Kernel};
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

/// First pause after a failure, milliseconds; it doubles up to [`PAUSE_MS_MAX`].
const PAUSE_MS_MIN: u64 = 250;
/// Longest pause, milliseconds.
const PAUSE_MS_MAX: u64 = 30_000;

/// One message of a source: lines of signals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// How the source knows it, for what is recorded about its lines.
    pub name: String,
    /// Lines of JSON.
    pub payload: Bytes,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// What could be taken is on the disk.
    Kept,
    /// Not a line of it can be taken, now or later: it is not to come again.
    Unusable,
}

/// What goes wrong with a source; it is tried again.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SourceError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

impl SourceError {
    /// From whatever it was.
    pub fn of(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> SourceError {
        SourceError(error.into())
    }
}

/// Where signals are fetched.
#[async_trait]
pub trait Source: Send {
    /// Its name for people.
    fn name(&self) -> &str;

    /// The next messages, waiting for some time where there are none; empty when there are none then.
    ///
    /// # Errors
    /// When it cannot be reached. The next call tries again from the start.
    async fn pull(&mut self) -> Result<Vec<Message>, SourceError>;

    /// The outcomes of the messages of the last [`Source::pull`], in their order. Called only when they are on the disk.
    ///
    /// # Errors
    /// When it cannot be told; then the messages come again.
    async fn confirm(&mut self, outcomes: &[Outcome]) -> Result<(), SourceError>;
}

/// How a source is doing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// Its name.
    pub name: String,
    /// Whether the last try succeeded.
    pub connected: bool,
    /// Messages taken since the start.
    pub messages: u64,
    /// Messages of which no line could be taken.
    pub unusable: u64,
    /// Failures since the start.
    pub failures: u64,
    /// The last one.
    pub last_failure: String,
}

/// How the sources of a process are doing; for the status page.
#[derive(Default)]
pub(crate) struct Standings(Mutex<Vec<Standing>>);

impl Standings {
    pub fn all(&self) -> Vec<Standing> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    fn change(&self, name: &str, change: impl FnOnce(&mut Standing)) {
        let mut all = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(standing) = all.iter_mut().find(|standing| standing.name == name) {
            return change(standing);
        }
        let mut standing = Standing { name: name.to_owned(), ..Standing::default() };
        change(&mut standing);
        all.push(standing);
    }
}

/// Starts fetching from the sources of the settings, in the background. Call it once, where the server starts.
///
/// # Errors
/// `signals_closed`.
pub fn start_sources(kernel: &Kernel) -> kernel::Result<()> {
    if let Some(settings) = works(kernel)?.settings.nats.clone() {
        tokio::spawn(run(kernel.clone(), Box::new(nats::Nats::new(settings))));
    }
    Ok(())
}

/// Takes what the source gives, for ever: pulled, kept, confirmed. A failure is followed by a growing pause and another try.
pub async fn run(kernel: Kernel, mut source: Box<dyn Source>) {
    let mut pause_ms = PAUSE_MS_MIN;
    loop {
        match turn(&kernel, source.as_mut()).await {
            Ok(_) => pause_ms = PAUSE_MS_MIN,
            Err(error) => {
                let name = source.name().to_owned();
                tracing::warn!(source = name, %error, pause_ms, "a source of signals failed and will be tried again");
                kernel.memory::<Standings>().change(&name, |standing| {
                    standing.connected = false;
                    standing.failures += 1;
                    standing.last_failure = error.to_string();
                });
                tokio::time::sleep(Duration::from_millis(pause_ms)).await;
                pause_ms = (pause_ms * 2).min(PAUSE_MS_MAX);
            }
        }
    }
}

/// One turn: some messages pulled, kept and confirmed. Returns how many.
///
/// # Errors
/// When the source cannot be reached or the log cannot be written; nothing is confirmed then that is not kept.
pub async fn turn(kernel: &Kernel, source: &mut dyn Source) -> Result<u64, SourceError> {
    let messages = source.pull().await?;
    let standings: Arc<Standings> = kernel.memory();
    standings.change(source.name(), |standing| standing.connected = true);
    if messages.is_empty() {
        return Ok(0);
    }
    let outcomes = keep(kernel, &messages).await?;
    source.confirm(&outcomes).await?;
    let unusable = outcomes.iter().filter(|outcome| **outcome == Outcome::Unusable).count() as u64;
    standings.change(source.name(), |standing| {
        standing.messages += messages.len() as u64;
        standing.unusable += unusable;
    });
    Ok(messages.len() as u64)
}

/// Keeps all messages, many in one block; where some lines could not be taken, finds out of which message no line could.
async fn keep(kernel: &Kernel, messages: &[Message]) -> Result<Vec<Outcome>, SourceError> {
    let actor = Actor::system("signals-connector");
    let mut together = Vec::with_capacity(messages.iter().map(|message| message.payload.len() + 1).sum());
    let mut ends = Vec::with_capacity(messages.len());
    let mut lines = 0u64;
    for message in messages {
        together.extend_from_slice(&message.payload);
        if !together.ends_with(b"\n") {
            together.push(b'\n');
        }
        lines +=
            memchr::memchr_iter(b'\n', &message.payload).count() as u64 + u64::from(!message.payload.ends_with(b"\n"));
        ends.push(lines);
    }
    let receipt = ingest::lines(kernel, &actor, Bytes::from(together)).await.map_err(|problem| {
        debug_assert!(problem.code != &INVALID_INPUT);
        SourceError::of(problem)
    })?;
    Ok(outcomes(&receipt, &ends, messages))
}

fn outcomes(receipt: &Receipt, ends: &[u64], messages: &[Message]) -> Vec<Outcome> {
    let mut outcomes = Vec::with_capacity(messages.len());
    let mut before = 0;
    for (end, message) in ends.iter().zip(messages) {
        let refused = receipt.lines.iter().filter(|line| line.line > before && line.line <= *end).count() as u64;
        let blank = message.payload.split(|byte| *byte == b'\n').filter(|line| line.trim_ascii().is_empty()).count();
        let written = message.payload.split(|byte| *byte == b'\n').count() - blank;
        let unusable = written == 0 || refused >= written as u64;
        outcomes.push(if unusable { Outcome::Unusable } else { Outcome::Kept });
        before = *end;
    }
    outcomes
}
