//! How the signals of this process are doing.

use crate::connector::{Standing, Standings};
use crate::figures::{Counts, KINDS, RefusedLine};
use crate::model::Closing;
use crate::parameters::parameters;
use crate::store;
use crate::works::{Recovered, works};
use ground::Timestamp;
use kernel::{Actor, Kernel, Permission, Result};

/// Refused lines shown.
const REFUSED_SHOWN: usize = 100;
/// Closings shown.
const CLOSINGS_SHOWN: u64 = 14;

/// How the signals of this process are doing.
#[derive(Debug, Clone, Default)]
pub struct Status {
    /// Whether this process takes signals; everything below is empty where it does not, except the closings.
    pub open: bool,
    /// Counts since the process began.
    pub counts: Counts,
    /// Signals a second over the last ten seconds.
    pub rate: f64,
    /// Accepted signals by hour of receipt (hours since 1970-01-01 UTC) and kind, oldest first.
    pub hours: Vec<(i64, [u64; KINDS])>,
    /// The last refused lines, newest first.
    pub refused: Vec<RefusedLine>,
    /// Refused lines by reason.
    pub reasons: Vec<(String, u64)>,
    /// The newest moment of a signal.
    pub newest: Option<Timestamp>,
    /// The moment up to which all is in: days before it are closed.
    pub watermark: Option<Timestamp>,
    /// How late a signal may come and be in time, microseconds.
    pub lateness_micros: i64,
    /// The last closed day, days since 1970-01-01.
    pub closed_through: Option<i32>,
    /// The day whose reactions the fold waits for.
    pub holding: Option<i32>,
    /// First block of the log that is kept.
    pub log_start: u64,
    /// Last block of the log.
    pub log_end: u64,
    /// Size of the log, bytes.
    pub log_bytes: u64,
    /// Segments of the log.
    pub segments: u64,
    /// The last block that is folded.
    pub folded: u64,
    /// Bytes that wait to be folded.
    pub lag_bytes: u64,
    /// The block behind which the last snapshot stands.
    pub snapshot: u64,
    /// The first block that is not in the history.
    pub compacted: u64,
    /// Signals counted in the state.
    pub signals: u64,
    /// Signals too late for their day's window.
    pub too_late: u64,
    /// Signals whose moment nobody believes.
    pub implausible: u64,
    /// Products, merchants and lots in the state.
    pub keys: u64,
    /// Of these, in memory.
    pub hot_keys: u64,
    /// Memory of the state, bytes.
    pub memory_bytes: u64,
    /// Why the fold stopped; empty while it runs.
    pub failure: String,
    /// What could not be read, named.
    pub damage: Vec<String>,
    /// What was found when the signals were opened.
    pub recovered: Recovered,
    /// Whether a change of policy waits for the next start to change the fold.
    pub settings_wait: bool,
    /// How the sources are doing.
    pub sources: Vec<Standing>,
    /// The last closed days, newest first.
    pub closings: Vec<Closing>,
}

/// How the signals of this process are doing.
///
/// # Errors
/// `forbidden`; what the store says.
pub async fn status(kernel: &Kernel, actor: &Actor) -> Result<Status> {
    actor.require(Permission::SignalsRead)?;
    let closings = store::closings::newest(kernel.db().read(), CLOSINGS_SHOWN).await?;
    let sources = kernel.memory::<Standings>().all();
    let Ok(works) = works(kernel) else { return Ok(Status { closings, sources, ..Status::default() }) };
    let (told, now) = (works.fold.told(), kernel.now());
    // The state is busy while a block is folded: its figures are worth the wait, but not on the thread of a request.
    let state = std::sync::Arc::clone(&works);
    let stats = tokio::task::spawn_blocking(move || state.fold.state().stats());
    let stats = stats.await.map_err(ground::Problem::internal)?;
    let mut damage = works.recovered.damage.clone();
    damage.extend(told.damage.iter().filter(|text| !works.recovered.damage.contains(text)).cloned());
    let moment = |at: Option<i64>| at.map(Timestamp::from_micros);
    Ok(Status {
        open: true,
        counts: works.figures.counts(),
        rate: works.figures.rate(now),
        hours: works.figures.hours(),
        refused: works.figures.refused(REFUSED_SHOWN),
        reasons: works.figures.reasons(),
        newest: moment(told.newest_us),
        watermark: moment(told.watermark_us),
        lateness_micros: works.folding.lateness_us,
        closed_through: told.closed_through,
        holding: told.holding,
        log_start: works.log.start(),
        log_end: works.log.end(),
        log_bytes: works.log.bytes(),
        segments: works.log.segments() as u64,
        folded: told.position,
        lag_bytes: works.fold.feed.lag_bytes(),
        snapshot: told.snapshot,
        compacted: works.lake.next_sequence().unwrap_or(0),
        signals: stats.signals,
        too_late: stats.too_late,
        implausible: stats.implausible,
        keys: stats.keys,
        hot_keys: stats.hot_keys,
        memory_bytes: stats.memory_bytes,
        failure: told.failure.clone(),
        damage,
        recovered: works.recovered.clone(),
        settings_wait: crate::works::wanted_settings(&parameters(kernel)?, kernel.zone()) != works.folding,
        sources,
        closings,
    })
}
