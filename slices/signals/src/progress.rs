//! How far the fold is, and waiting for it.

use crate::closing;
use crate::error::Error;
use crate::model::day_number;
use crate::works::works;
use ground::{Problem, Timestamp};
use kernel::{Actor, Kernel, Permission, Result};

/// The last block of the log that is folded; 0 before the first.
///
/// # Errors
/// `signals_closed`.
pub fn position(kernel: &Kernel) -> Result<u64> {
    Ok(works(kernel)?.fold.told().position)
}

/// The moment up to which all is in; `None` before the first signal.
///
/// # Errors
/// `signals_closed`.
pub fn watermark(kernel: &Kernel) -> Result<Option<Timestamp>> {
    Ok(works(kernel)?.fold.told().watermark_us.map(Timestamp::from_micros))
}

/// The last closed day, days since 1970-01-01; `None` before the first.
///
/// # Errors
/// `signals_closed`.
pub fn closed_through(kernel: &Kernel) -> Result<Option<i32>> {
    Ok(works(kernel)?.fold.told().closed_through)
}

/// Waits until everything that is acknowledged now is folded.
///
/// # Errors
/// `signals_closed`; `signals_storage` where the fold has stopped.
pub async fn drain(kernel: &Kernel) -> Result<()> {
    let works = works(kernel)?;
    let end = works.log.end();
    let mut heard = works.fold.listen();
    let told = heard.wait_for(|told| told.position >= end || !told.failure.is_empty()).await;
    let failure = told.map_err(Problem::internal)?.failure.clone();
    if failure.is_empty() { Ok(()) } else { Err(Error::storage(failure).into()) }
}

/// Closes all days through this one, whatever may still come for them, and waits until that is folded. It goes through the
/// log, so that a replay does the same. For demonstrations, replays of history, and markets that stand still.
///
/// # Errors
/// `forbidden`, `signals_closed`; what the disk says.
pub async fn close_through(kernel: &Kernel, actor: &Actor, day: jiff::civil::Date) -> Result<()> {
    actor.require(Permission::SignalsIngest)?;
    let works = works(kernel)?;
    let (day, now) = (day_number(day), kernel.now().micros());
    let kept = tokio::task::spawn_blocking(move || works.intake.close_through(day, now));
    kept.await.map_err(Problem::internal)??;
    drain(kernel).await?;
    kernel.wake(closing::JOB);
    Ok(())
}
