//! A data folder becomes a kernel: the store migrated, the files, the ledger, the policies in force.

use crate::Config;
use anyhow::{Context, Result};
use blobs::Blobs;
use db::Db;
use ground::{Clock, DemonstrationClock, Rng, SystemClock, SystemRng, Timestamp};
use jiff::tz::TimeZone;
use kernel::Kernel;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a data folder holds, opened.
pub struct Opened {
    /// What every public function receives.
    pub kernel: Kernel,
    /// Where everything is.
    pub folder: PathBuf,
    /// The clock that a demonstration can advance; `None` outside demonstrations.
    pub demonstration_clock: Option<Arc<DemonstrationClock>>,
}

/// Opens the data folder of the settings, making it when missing. With `demonstration`, time can be advanced and the
/// advance is kept in the folder.
///
/// # Errors
/// With what could not be opened and why.
pub async fn open(config: &Config, demonstration: bool) -> Result<Opened> {
    let folder = config.data.folder.clone();
    std::fs::create_dir_all(&folder).with_context(|| format!("data folder {}", folder.display()))?;
    let demonstration_clock = demonstration.then(|| Arc::new(DemonstrationClock::ahead_by(read_offset(&folder))));
    let clock: Arc<dyn Clock> = match &demonstration_clock {
        Some(clock) => Arc::clone(clock) as Arc<dyn Clock>,
        None => Arc::new(SystemClock),
    };
    let kernel = open_with(config, clock, Arc::new(SystemRng)).await?;
    Ok(Opened { kernel, folder, demonstration_clock })
}

/// The same with a given clock and given chance: how tests open a folder.
///
/// # Errors
/// With what could not be opened and why.
pub async fn open_with(config: &Config, clock: Arc<dyn Clock>, rng: Arc<dyn Rng>) -> Result<Kernel> {
    let folder = &config.data.folder;
    std::fs::create_dir_all(folder).with_context(|| format!("data folder {}", folder.display()))?;
    let settings = db::Settings { url: config.database(), connections_max: config.data.connections_max };
    let db = Db::connect(&settings).await.context("database")?;
    db::migrate(&db, crate::migrations).await.context("database migrations")?;
    let blobs =
        Blobs::folder(&folder.join("files")).context("files")?.inspected_by(Arc::new(crate::contents::Contents));
    let packs = base_packs(config)?;
    let zone = TimeZone::get(&config.time.zone).context("time zone")?;
    let kernel = Kernel::new(db, blobs, clock, Arc::clone(&rng), packs, zone);
    kernel.use_master_key(&master_key(config, rng.as_ref())?);
    policies::put_in_force(&kernel).await.map_err(anyhow::Error::new).context("policies in force")?;
    Ok(kernel)
}

/// The key under which secrets in the store are sealed.
fn master_key(config: &Config, rng: &dyn Rng) -> Result<kernel::sealed::MasterKey> {
    let folder = match config.data.keys.as_str() {
        "" => config.data.folder.join("keys"),
        folder => PathBuf::from(folder),
    };
    kernel::sealed::load_or_make(&folder, rng).context("[data] keys")
}

/// The packs before anything was changed in the console: shipped, or from the folder of the settings.
///
/// # Errors
/// Every fault of the packs with file, line and column.
pub fn base_packs(config: &Config) -> Result<policy::Packs> {
    if config.policies.folder.is_empty() {
        return Ok(policy::shipped());
    }
    policy::Packs::from_folder(Path::new(&config.policies.folder))
        .map_err(|faults| anyhow::anyhow!("policies in {}:\n{faults}", config.policies.folder))
}

const OFFSET_FILE: &str = "demonstration-clock";

/// How far the demonstration of a folder is ahead, microseconds.
pub fn read_offset(folder: &Path) -> i64 {
    std::fs::read_to_string(folder.join(OFFSET_FILE)).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0)
}

/// Keeps how far the demonstration's time is ahead, so that a restart does not go back.
///
/// # Errors
/// When the file cannot be written.
pub fn keep_offset(folder: &Path, offset_micros: i64) -> Result<()> {
    std::fs::write(folder.join(OFFSET_FILE), offset_micros.to_string()).context("demonstration clock")
}

/// Opens the ledger of a data folder for writing.
///
/// # Errors
/// `ledger_locked` when another process writes it; what the disk says.
pub async fn open_ledger(kernel: &Kernel, config: &Config) -> Result<ledger::Ledger> {
    let settings = ledger::Settings {
        folder: config.data.folder.join("ledger"),
        origin: config.ledger.origin.clone(),
        secret: match crate::config::secret(&config.ledger.secret_file).context("[ledger] secret_file")? {
            none if none.is_empty() => None,
            secret => Some(secret),
        },
    };
    let opened = ledger::Ledger::open(kernel, settings).await.map_err(anyhow::Error::new).context("ledger")?;
    opened.with_witnesses(config.witnesses()?).map_err(anyhow::Error::new).context("ledger")
}

/// Writes what a command decided into the ledger, where no server does it: a server that runs holds the ledger's lock and
/// takes the acts from the outbox itself.
///
/// # Errors
/// What the disk says.
pub async fn write_ledger(kernel: &Kernel, config: &Config) -> Result<()> {
    let ledger = match open_ledger(kernel, config).await {
        Ok(ledger) => ledger,
        Err(error) if error.chain().any(is_locked) => return Ok(()),
        Err(error) => return Err(error),
    };
    ledger.settle(kernel).await.map_err(anyhow::Error::new).context("ledger")?;
    ledger.close(kernel).await.map_err(anyhow::Error::new).context("ledger")
}

fn is_locked(cause: &(dyn std::error::Error + 'static)) -> bool {
    cause.downcast_ref::<ground::Problem>().is_some_and(|problem| problem.code == &ledger::LOCKED)
}

/// The moment a demonstration was started at, for generated validity dates.
pub fn today(kernel: &Kernel) -> jiff::civil::Date {
    let now: Timestamp = kernel.now();
    now.date_in(kernel.zone())
}
