//! How acts go on after they are committed: to the ledger, to the reactions that close loops, to webhooks.
//!
//! Each consumer has a row per act. A row goes away when the consumer is done with it; until then it is tried again
//! with growing pauses. So every act reaches every consumer at least once, and consumers are idempotent.

use crate::act::ActRecord;
use crate::{Kernel, Result, store};
use futures::future::BoxFuture;
use ground::time::SECOND_MICROS;
use std::sync::Arc;

/// Most acts taken in one turn.
pub const TURN_ACTS_MAX: u64 = 500;
/// Longest pause between two tries, seconds.
const PAUSE_SECONDS_MAX: i64 = 3600;

/// Who receives acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consumer {
    /// The sequencer of the log.
    Ledger,
    /// The reactions of `app/src/loops.rs`.
    Loops,
    /// The outgoing webhooks.
    Webhooks,
}

impl Consumer {
    /// Every consumer.
    pub const ALL: [Consumer; 3] = [Consumer::Ledger, Consumer::Loops, Consumer::Webhooks];

    /// Stable name; also the name of its waker.
    pub fn name(self) -> &'static str {
        match self {
            Consumer::Ledger => "ledger",
            Consumer::Loops => "loops",
            Consumer::Webhooks => "webhooks",
        }
    }
}

/// What a reaction does with an act.
pub type React = Arc<dyn Fn(Kernel, ActRecord) -> BoxFuture<'static, Result<()>> + Send + Sync>;

/// A loop that joins duties: when an act of one of these kinds is written, run this. Idempotent, at least once.
#[derive(Clone)]
pub struct Reaction {
    /// Name for the log.
    pub name: &'static str,
    /// Kinds of act it answers.
    pub on: &'static [&'static str],
    /// What it does.
    pub run: React,
}

impl Reaction {
    /// A reaction from an async function.
    pub fn new<F, T>(name: &'static str, on: &'static [&'static str], run: F) -> Self
    where
        F: Fn(Kernel, ActRecord) -> T + Send + Sync + 'static,
        T: Future<Output = Result<()>> + Send + 'static,
    {
        Reaction { name, on, run: Arc::new(move |kernel, act| Box::pin(run(kernel, act))) }
    }
}

/// Runs the reactions over what waits for [`Consumer::Loops`]. Returns how many acts were finished.
///
/// # Errors
/// What the store says. A failing reaction is logged and tried again later; it does not stop the others.
pub async fn react(kernel: &Kernel, reactions: &[Reaction]) -> Result<u64> {
    let due = store::due_acts(kernel, Consumer::Loops, TURN_ACTS_MAX).await?;
    let mut finished = 0;
    for (row, act) in due {
        let mut failure = None;
        for reaction in reactions.iter().filter(|reaction| reaction.on.contains(&act.kind.as_str())) {
            if let Err(problem) = (reaction.run)(kernel.clone(), act.clone()).await {
                tracing::error!(reaction = reaction.name, act = act.id, %problem, "a reaction failed and will be tried again");
                failure = Some(problem.to_string());
            }
        }
        match failure {
            None => {
                store::finish_outbox(kernel, &[row.id]).await?;
                finished += 1;
            }
            Some(text) => store::postpone_outbox(kernel, &row, pause_micros(row.attempts), &text).await?,
        }
    }
    Ok(finished)
}

/// The pause before the next try: 1 s, 2 s, 4 s, … up to an hour.
pub fn pause_micros(attempts: i64) -> i64 {
    let seconds = 1i64.checked_shl(attempts.clamp(0, 20) as u32).unwrap_or(PAUSE_SECONDS_MAX);
    seconds.min(PAUSE_SECONDS_MAX) * SECOND_MICROS
}
