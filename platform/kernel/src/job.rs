//! Work that is done by the product itself: timers and queues.

use crate::{Kernel, Result};
use futures::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;

/// What a job does in one turn; returns how much it did, 0 when there was nothing to do.
pub type Turn = Arc<dyn Fn(Kernel) -> BoxFuture<'static, Result<u64>> + Send + Sync>;

/// A job: run every so often, and at once when woken by its name. Safe to run twice at the same time.
#[derive(Clone)]
pub struct Job {
    /// Name for the log; also the name of its waker.
    pub name: &'static str,
    /// Longest time between two turns.
    pub every: Duration,
    /// One bounded turn.
    pub run: Turn,
}

impl Job {
    /// A job from an async function.
    pub fn new<F, T>(name: &'static str, every: Duration, run: F) -> Self
    where
        F: Fn(Kernel) -> T + Send + Sync + 'static,
        T: Future<Output = Result<u64>> + Send + 'static,
    {
        Job { name, every, run: Arc::new(move |kernel| Box::pin(run(kernel))) }
    }

    /// Runs for ever: a turn, then a pause until woken or due. A turn that did something is followed by another at once.
    pub async fn run_forever(self, kernel: Kernel) {
        let waker = kernel.waker(self.name);
        loop {
            match (self.run)(kernel.clone()).await {
                Ok(0) => {
                    let _ = tokio::time::timeout(self.every, waker.notified()).await;
                }
                Ok(_) => tokio::task::yield_now().await,
                Err(problem) => {
                    tracing::error!(job = self.name, %problem, "a job failed and will be tried again");
                    tokio::time::sleep(self.every.min(Duration::from_secs(5))).await;
                }
            }
        }
    }
}

/// Runs all jobs in turn until none has anything to do: how tests and commands let the product settle.
///
/// # Errors
/// The first problem of a job, or `internal` when it does not settle in `rounds_max` rounds.
pub async fn settle(kernel: &Kernel, jobs: &[Job], rounds_max: usize) -> Result<()> {
    for _ in 0..rounds_max {
        let mut done = 0;
        for job in jobs {
            done += (job.run)(kernel.clone()).await?;
        }
        if done == 0 {
            return Ok(());
        }
    }
    Err(ground::Problem::internal(format!("the jobs did not settle in {rounds_max} rounds")))
}
