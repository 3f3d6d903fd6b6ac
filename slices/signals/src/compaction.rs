//! From the log into the history: blocks of signals become columns, after that the log forgets them; old files go at the end
//! of their time. And the blocks in between, for questions to the history.

use crate::error::Error;
use crate::intake::each;
use crate::parameters::{Parameters, parameters};
use crate::store;
use crate::works::{Works, works};
use ground::Problem;
use jiff::tz::TimeZone;
use kernel::{Kernel, Result};
use lake::{Keep, Tail};
use segments::Log;
use std::io;
use std::sync::Arc;
use stream::Signal;
use stream::calendar::Calendar;

/// Name of the job that moves blocks into the history.
pub const JOB: &str = "signals-compaction";
/// Name of the job that merges files and removes what is past its time.
pub const RETENTION_JOB: &str = "signals-retention";
/// Most blocks of one compaction.
const BLOCKS_MAX: u64 = 65_536;
/// With less in the log than this, blocks stay there: files too small are a burden. Bytes.
const LOG_BYTES_KEPT: u64 = 64 * 1024 * 1024;

/// Moves blocks into the history where days were closed or the log is large. Returns how many blocks were moved.
///
/// # Errors
/// What the disk says; the next turn tries again.
pub async fn compact(kernel: &Kernel) -> Result<u64> {
    let Ok(works) = works(kernel) else { return Ok(0) };
    let moved = tokio::task::spawn_blocking(move || compact_now(&works, false));
    Ok(moved.await.map_err(Problem::internal)??)
}

/// The same at once, whatever is in the log. For demonstrations and tests.
///
/// # Errors
/// As [`compact`].
pub async fn compact_all(kernel: &Kernel) -> Result<u64> {
    let works = works(kernel)?;
    let moved = tokio::task::spawn_blocking(move || compact_now(&works, true));
    Ok(moved.await.map_err(Problem::internal)??)
}

fn compact_now(works: &Works, all: bool) -> std::result::Result<u64, Error> {
    let first = works.lake.next_sequence().map_err(Error::storage)?.max(works.log.start()).max(1);
    let folded = works.fold.told().position;
    let day_ended = works.day_ended_since_compaction();
    if folded < first || !(all || day_ended || works.log.bytes() > LOG_BYTES_KEPT) {
        return forget(works).map(|()| 0);
    }
    let last = folded.min(first + BLOCKS_MAX - 1);
    let mut compaction = match works.lake.compaction(last) {
        Ok(compaction) => compaction,
        Err(lake::Error::Busy) => return Ok(0),
        Err(error) => return Err(Error::storage(error)),
    };
    let mut calendar = Calendar::new(TimeZone::get(&works.folding.zone).map_err(Error::storage)?);
    let mut failed = None;
    for block in works.log.read(first) {
        // What is damaged is named by the fold and stays out of the history.
        let Ok(block) = block else { continue };
        if block.sequence > last {
            break;
        }
        let read = each(&block.payload, |_, signal| {
            let day = calendar.day_of(signal.at_us);
            if let Err(error) = compaction.add(block.sequence, day, signal) {
                failed.get_or_insert(error);
            }
        });
        if let Err(error) = read {
            tracing::error!(block = block.sequence, %error, "a block of signals cannot be read and stays out of the history");
        }
        if let Some(error) = failed.take() {
            return Err(Error::storage(error));
        }
    }
    compaction.commit().map_err(Error::storage)?;
    forget(works)?;
    Ok(last + 1 - first)
}

/// Lets the log forget what is in the history, in a snapshot, and among the kept ids.
fn forget(works: &Works) -> std::result::Result<(), Error> {
    let compacted = works.lake.next_sequence().map_err(Error::storage)?;
    // The older of the two snapshots: should the newer one be damaged, the log still leads on from it.
    let snapshots = works.snapshots.all().map_err(Error::storage)?;
    let Some(oldest) = snapshots.last().map(|found| found.position) else { return Ok(()) };
    let ids = works.intake.ids_complete_through();
    let from = compacted.min(oldest + 1).min(ids + 1);
    if from > works.log.start() {
        works.log.retain_from(from)?;
    }
    Ok(())
}

/// Merges small files of the history and removes what is past its time.
///
/// # Errors
/// What the disk says.
pub async fn retain(kernel: &Kernel) -> Result<u64> {
    let Ok(works) = works(kernel) else { return Ok(0) };
    let Parameters { retention_days, days_retention_days, ids_days, .. } = parameters(kernel)?;
    let days = |days: i64| u32::try_from(days).unwrap_or(u32::MAX);
    let keep = Keep { signals_days: days(retention_days), day_rows_days: days(days_retention_days) };
    let closed = works.fold.told().closed_through;
    // Age is counted back from the last closed day: an old export that is replayed is not swept away while it comes in.
    let counted_from = closed.map_or(i32::MIN, |day| day.min(crate::model::day_number(kernel.today())));
    if let Some(day) = closed {
        let horizon = day.saturating_sub(i32::try_from(ids_days).unwrap_or(i32::MAX));
        if let Some(closing) = store::closings::of_day(kernel.db().read(), horizon).await? {
            works.intake.forget_ids_before(closing.position)?;
        }
    }
    let done = tokio::task::spawn_blocking(move || works.lake.maintain(keep, counted_from));
    match done.await.map_err(Problem::internal)? {
        Ok(_) | Err(lake::Error::Busy) => Ok(0),
        Err(error) => Err(Error::storage(error).into()),
    }
}

/// Keeps the state, so that little has to be folded again after a crash and the log can be shortened.
///
/// # Errors
/// Never: the folding thread says what the disk says.
pub async fn keep(kernel: &Kernel) -> Result<u64> {
    let Ok(works) = works(kernel) else { return Ok(0) };
    let told = works.fold.told();
    if told.position != told.snapshot {
        works.fold.want_snapshot();
    }
    Ok(0)
}

/// The signals that are acknowledged and not in the history yet, with their block and civil day, for questions to it.
///
/// # Errors
/// `signals_closed`.
pub fn tail(kernel: &Kernel) -> Result<Arc<dyn Tail>> {
    let works = works(kernel)?;
    let zone = TimeZone::get(&works.folding.zone).map_err(Error::storage)?;
    Ok(Arc::new(LogTail { log: Arc::clone(&works.log), zone }))
}

struct LogTail {
    log: Arc<Log>,
    zone: TimeZone,
}

impl Tail for LogTail {
    fn first_sequence(&self) -> u64 {
        self.log.start()
    }

    fn read(&self, from: u64, on: &mut dyn FnMut(u64, i32, &Signal<'_>) -> bool) -> io::Result<()> {
        let mut calendar = Calendar::new(self.zone.clone());
        let end = self.log.end();
        for block in self.log.read(from.max(1)) {
            let Ok(block) = block else { continue };
            if block.sequence > end {
                break;
            }
            let mut go_on = true;
            let read = each(&block.payload, |_, signal| {
                if go_on {
                    go_on = on(block.sequence, calendar.day_of(signal.at_us), signal);
                }
            });
            if let Err(error) = read {
                tracing::error!(block = block.sequence, %error, "a block of signals cannot be read");
            }
            if !go_on {
                break;
            }
        }
        Ok(())
    }
}
