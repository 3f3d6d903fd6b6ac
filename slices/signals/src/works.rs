//! The parts of a process that takes signals in, and how they are opened after any end of the process before.

use crate::closing::{self, Closings};
use crate::error::Error;
use crate::figures::Figures;
use crate::fold::{Feed, Fold, Tools};
use crate::intake::{Intake, each};
use crate::lots::Lots;
use crate::parameters::{Parameters, parameters};
use crate::settings::Settings;
use crate::snapshot::{FoldSettings, Snapshots};
use ground::Problem;
use jiff::tz::TimeZone;
use kernel::{Kernel, Result};
use lake::Lake;
use segments::{Log, Seen, SpillFile};
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use stream::fingerprint::Fingerprints;
use stream::{Spill, State};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How often room is looked for while the fold is behind.
const ROOM_LOOK: Duration = Duration::from_millis(50);

/// How far looks have come.
#[derive(Debug, Default)]
pub(crate) struct Looks {
    /// The last stretch of event time in which one was due.
    pub slot: Option<i64>,
    /// The block up to which loops were told to look.
    pub position: u64,
}

/// Everything a process has open for signals.
pub(crate) struct Works {
    pub settings: Settings,
    pub log: Arc<Log>,
    pub intake: Intake,
    pub fold: Arc<Fold>,
    pub lake: Lake,
    pub closings: Closings,
    pub lots: Arc<Lots>,
    pub snapshots: Snapshots,
    pub folding: FoldSettings,
    pub secret: [u64; 2],
    pub figures: Figures,
    pub recovered: Recovered,
    looks: Mutex<Looks>,
    /// The last day that was closed when blocks were last moved into the history; `i32::MIN` before.
    compacted_at_day: AtomicI32,
    room: Arc<Semaphore>,
    _lock: File,
}

/// The place of the works in [`Kernel::memory`].
#[derive(Default)]
pub(crate) struct Signals(Mutex<Option<Arc<Works>>>);

impl Signals {
    fn slot(&self) -> MutexGuard<'_, Option<Arc<Works>>> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// The works of this store.
///
/// # Errors
/// [`Error::Closed`] where this process did not open them.
pub(crate) fn works(kernel: &Kernel) -> std::result::Result<Arc<Works>, Error> {
    kernel.memory::<Signals>().slot().clone().ok_or(Error::Closed)
}

/// What was found when the signals were opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recovered {
    /// The block behind which the state was taken up; 0: from the beginning.
    pub snapshot: u64,
    /// Blocks of the log folded again, or to be.
    pub replayed: u64,
    /// What could not be read: file, place and why. The rest is kept.
    pub damage: Vec<String>,
}

/// Opens the signals of this store: log, ids, state, history. Blocks behind the last snapshot are folded again in the
/// background. Call it once, where the process starts.
///
/// # Errors
/// `signals_locked` where another process has them; what the disk says.
pub async fn open(kernel: &Kernel, settings: Settings) -> Result<Recovered> {
    let memory = kernel.memory::<Signals>();
    if memory.slot().is_some() {
        return Err(Error::Locked.into());
    }
    let parameters = parameters(kernel)?;
    let (zone, waker) = (kernel.zone().clone(), kernel.waker(closing::JOB));
    let secret = Secret::random(kernel);
    let built = tokio::task::spawn_blocking(move || build(settings, &parameters, &zone, waker, secret));
    let works = built.await.map_err(Problem::internal)??;
    let recovered = works.recovered.clone();
    for damage in &recovered.damage {
        tracing::error!(damage, "a part of the signals could not be read; the rest is kept");
    }
    *memory.slot() = Some(Arc::new(works));
    kernel.wake(closing::JOB);
    Ok(recovered)
}

/// Closes the signals of this store with a last snapshot. Nothing is lost without it: the next start folds more blocks again.
///
/// # Errors
/// What the disk says.
pub async fn shutdown(kernel: &Kernel) -> Result<()> {
    close(kernel, true).await
}

pub(crate) async fn close(kernel: &Kernel, orderly: bool) -> Result<()> {
    let Some(works) = kernel.memory::<Signals>().slot().take() else { return Ok(()) };
    let closed = tokio::task::spawn_blocking(move || works.fold.stop(orderly));
    closed.await.map_err(Problem::internal)
}

/// The history of this store, as its writer has it open.
///
/// # Errors
/// `signals_closed`.
pub fn lake(kernel: &Kernel) -> Result<Lake> {
    Ok(works(kernel)?.lake.clone())
}

/// The secret under which ids and keys are fingerprinted: 16 random bytes, made once a folder.
struct Secret([u64; 2]);

impl Secret {
    fn random(kernel: &Kernel) -> Secret {
        let mut bytes = [0u8; 16];
        kernel.rng().fill(&mut bytes);
        let half = |from: usize| bytes[from..from + 8].iter().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
        Secret([half(0), half(8)])
    }

    fn load_or_keep(self, path: &Path) -> io::Result<Secret> {
        match fs::read_to_string(path) {
            Ok(text) => {
                let mut halves = text.split_whitespace().map(|half| u64::from_str_radix(half, 16));
                match (halves.next(), halves.next()) {
                    (Some(Ok(first)), Some(Ok(second))) => Ok(Secret([first, second])),
                    _ => Err(io::Error::new(io::ErrorKind::InvalidData, "the secret of the signals cannot be read")),
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let draft = path.with_extension("draft");
                fs::write(&draft, format!("{:016x} {:016x}\n", self.0[0], self.0[1]))?;
                File::open(&draft)?.sync_all()?;
                fs::rename(&draft, path)?;
                Ok(self)
            }
            Err(error) => Err(error),
        }
    }
}

/// What the policy says now, for the fold.
pub(crate) fn wanted_settings(parameters: &Parameters, zone: &TimeZone) -> FoldSettings {
    FoldSettings {
        zone: zone.iana_name().unwrap_or("UTC").to_owned(),
        lateness_us: parameters.lateness_micros,
        ahead_us: parameters.ahead_micros,
        young_account_days: parameters.young_account_days,
        light_parcel_grams: parameters.light_parcel_grams,
        severe_reasons: parameters.severe_reasons.clone(),
        cancelled_reasons: parameters.cancelled_reasons.clone(),
    }
}

/// The same, as the engine wants it.
pub(crate) fn engine_settings(
    by: &FoldSettings,
    secret: [u64; 2],
    hot_keys_max: usize,
) -> std::result::Result<stream::Settings, Error> {
    let zone = TimeZone::get(&by.zone).map_err(Error::storage)?;
    Ok(stream::Settings {
        lateness_us: by.lateness_us,
        ahead_us: by.ahead_us,
        young_account_days: by.young_account_days,
        light_parcel_grams: by.light_parcel_grams,
        severe_reasons: by.severe_reasons.clone(),
        cancelled_reasons: by.cancelled_reasons.clone(),
        hot_keys_max,
        ..stream::Settings::new(zone, secret)
    })
}

fn disk(source: io::Error) -> Error {
    Error::Disk { kept: 0, source }
}

fn lock(folder: &Path) -> std::result::Result<File, Error> {
    let file = File::options().create(true).truncate(false).write(true).open(folder.join("lock")).map_err(disk)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(Error::Locked),
        Err(fs::TryLockError::Error(error)) => Err(disk(error)),
    }
}

/// A state and what it was taken up from.
struct Restored {
    state: State,
    snapshots: Snapshots,
    by: FoldSettings,
    /// How many of the snapshots (newest first) could not be read.
    damage: Vec<String>,
}

/// The state behind the newest snapshot that can be read. Where the log has no more blocks than that snapshot, what the
/// policy says now holds from here on; else the blocks behind it are folded as they were, and the next start takes it over.
fn restore(
    settings: &Settings,
    secret: [u64; 2],
    mut snapshots: Snapshots,
    log: &Log,
) -> std::result::Result<Restored, Error> {
    let wanted = snapshots.settings().clone();
    let spill = || -> std::result::Result<Box<dyn Spill>, Error> {
        Ok(Box::new(SpillFile::open_on(Arc::clone(&settings.disk), &settings.folder.join("spill")).map_err(disk)?))
    };
    let mut damage = Vec::new();
    for found in snapshots.all().map_err(disk)? {
        let read = || -> std::result::Result<(FoldSettings, State), Error> {
            let before = Snapshots::settings_of(&found)?;
            let by = if log.end() <= found.position { wanted.clone() } else { before };
            let state = Snapshots::read(&found, engine_settings(&by, secret, settings.hot_keys_max)?, spill()?)?;
            Ok((by, state))
        };
        match read() {
            Ok((by, state)) => {
                snapshots.go_by(by.clone());
                return Ok(Restored { state, snapshots, by, damage });
            }
            Err(error) => damage.push(format!("{}: {error}", found.path.display())),
        }
    }
    if log.start() > 1 {
        damage
            .push(format!("no snapshot can be read and the log begins at block {}: the sums begin there", log.start()));
    }
    let mut empty = SpillFile::open_on(Arc::clone(&settings.disk), &settings.folder.join("spill")).map_err(disk)?;
    empty.clear().map_err(disk)?;
    let mut state = State::new(engine_settings(&wanted, secret, settings.hot_keys_max)?, Box::new(empty));
    // The first one says by which settings the first blocks are folded.
    if log.end() == 0 {
        snapshots.take(&mut state)?;
    }
    Ok(Restored { state, snapshots, by: wanted, damage })
}

/// The ids of blocks that came after the ids were last made durable.
fn remember(seen: &mut Seen, log: &Log, fingerprints: Fingerprints) -> std::result::Result<(), Error> {
    let mut space = Vec::new();
    for block in log.read(seen.complete_through() + 1) {
        // What is damaged is named by the fold.
        let Ok(block) = block else { continue };
        let read = each(&block.payload, |_, signal| {
            let (id, content) = (fingerprints.id(signal.id), fingerprints.content(signal, &mut space));
            seen.insert(id, content);
        });
        if seen.is_full() {
            seen.flush(block.sequence).map_err(disk)?;
        }
        if let Err(error) = read {
            tracing::error!(block = block.sequence, %error, "a block of signals cannot be read");
        }
    }
    Ok(())
}

fn build(
    settings: Settings,
    parameters: &Parameters,
    zone: &TimeZone,
    waker: Arc<tokio::sync::Notify>,
    secret: Secret,
) -> std::result::Result<Works, Error> {
    fs::create_dir_all(&settings.folder).map_err(disk)?;
    let lock = lock(&settings.folder)?;
    let Secret(secret) = secret.load_or_keep(&settings.folder.join("secret")).map_err(disk)?;
    let fingerprints = Fingerprints::new(secret);
    let disk_of = Arc::clone(&settings.disk);
    let for_ids = segments::seen::Settings { memory_ids_max: settings.ids_in_memory_max, ids_max: settings.ids_max };
    let opened = Seen::open_on(Arc::clone(&disk_of), &settings.folder.join("ids"), for_ids).map_err(disk)?;
    let (mut seen, seen_damage) = opened;
    let snapshots =
        Snapshots::open(&settings.folder.join("snapshots"), wanted_settings(parameters, zone)).map_err(disk)?;
    let newest = snapshots.all().map_err(disk)?.first().map_or(0, |found| found.position);
    let in_log = segments::Settings {
        segment_bytes: settings.segment_bytes_max,
        after: newest.max(seen.complete_through()),
        ..segments::Settings::default()
    };
    let (log, recovery) = Log::open_on(disk_of, &settings.folder.join("log"), in_log)?;
    let mut damage: Vec<String> = recovery.damage.iter().chain(&seen_damage).map(ToString::to_string).collect();
    let log = Arc::new(log);
    let lake = Lake::open(&settings.lake, zone.clone(), settings.lake_limits).map_err(|error| match error {
        lake::Error::Locked => Error::Locked,
        other => Error::storage(other),
    })?;
    let restored = restore(&settings, secret, snapshots, &log)?;
    damage.extend(restored.damage);
    remember(&mut seen, &log, fingerprints)?;
    let feed = Arc::new(Feed::default());
    let intake = Intake::open(Arc::clone(&log), Arc::clone(&feed), fingerprints, seen);
    let closings = Closings::open(&settings.folder.join("closings")).map_err(disk)?;
    let lots = Arc::new(Lots::open(&settings.folder.join("lots.tsv")).map_err(disk)?);
    let (snapshot, end) = (restored.state.position(), log.end());
    let fold = Arc::new(Fold::new(restored.state, Arc::clone(&feed), snapshot));
    fold.start(Tools {
        log: Arc::clone(&log),
        lake: lake.clone(),
        closings: closings.clone(),
        lots: Arc::clone(&lots),
        snapshots: restored.snapshots.clone(),
        snapshot_bytes: settings.snapshot_bytes,
        hold_seconds_max: settings.hold_seconds_max,
        waker,
    })?;
    feed.begin(end);
    let room = Arc::new(Semaphore::new(settings.in_flight_bytes_max));
    Ok(Works {
        recovered: Recovered { snapshot, replayed: end.saturating_sub(snapshot), damage },
        settings,
        log,
        intake,
        fold,
        lake,
        closings,
        lots,
        snapshots: restored.snapshots,
        folding: restored.by,
        secret,
        figures: Figures::default(),
        looks: Mutex::default(),
        compacted_at_day: AtomicI32::new(i32::MIN),
        room,
        _lock: lock,
    })
}

impl Works {
    /// How far looks have come.
    pub fn looks(&self) -> MutexGuard<'_, Looks> {
        self.looks.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Whether a day was closed since this was last asked.
    pub fn day_ended_since_compaction(&self) -> bool {
        let closed = self.fold.told().closed_through.unwrap_or(i32::MIN);
        self.compacted_at_day.fetch_max(closed, Ordering::Relaxed) < closed
    }

    /// Room for so many bytes of a body, as long as what is returned is held.
    ///
    /// # Errors
    /// [`Error::Busy`] where there is none for some seconds.
    pub async fn admit(&self, bytes: usize) -> std::result::Result<OwnedSemaphorePermit, Error> {
        let wanted = bytes.clamp(1, self.settings.in_flight_bytes_max / 2) as u32;
        let admitted = tokio::time::timeout(Duration::from_millis(self.settings.room_ms_max), async {
            while self.fold.feed.lag_bytes() > self.settings.lag_bytes_max {
                tokio::time::sleep(ROOM_LOOK).await;
            }
            Arc::clone(&self.room).acquire_many_owned(wanted).await
        });
        match admitted.await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) => Err(Error::Closed),
            Err(_) => {
                self.figures.note_busy();
                Err(Error::Busy)
            }
        }
    }
}
