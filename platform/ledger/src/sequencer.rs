//! From the outbox into the log: acts in the order they were written, each once, its position recorded on its row.

use crate::disk::{LocalDisk, OpenError};
use crate::leaf::Leaf;
use crate::log::{Log, LogError, NewLeaf};
use crate::view::{DiskReader, View};
use crate::{key, store};
use kernel::{ActRecord, Consumer, Job, Kernel, Result};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Longest time an act waits for the sequencer, milliseconds.
const TURN_EVERY_MS: u64 = 500;
/// Leaves looked at together when positions are caught up.
const CATCH_UP_LEAVES: u64 = 500;

/// Where the ledger is and who it is.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Its folder, usually `DATA/ledger`.
    pub folder: PathBuf,
    /// Its name: line 1 of its checkpoints and the name of its key. An address without scheme; no spaces, no `+`.
    pub origin: String,
    /// The signing key in text form, from a file or the environment; without it the one in the folder.
    pub secret: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { folder: PathBuf::from("data/ledger"), origin: "touchstone.local/ledger".to_owned(), secret: None }
    }
}

/// The ledger of this process: the one writer of its log. Cheap to clone.
#[derive(Clone)]
pub struct Ledger {
    log: Log,
    view: View,
}

impl Ledger {
    /// Opens the ledger, making it where there is none, and brings log and database together: acts whose leaf was durable
    /// but not yet recorded get their position.
    ///
    /// # Errors
    /// `ledger_locked` when another process writes it; `ledger_corrupt` when its files contradict each other or the
    /// database knows leaves the log does not have.
    pub async fn open(kernel: &Kernel, settings: Settings) -> Result<Ledger> {
        let opened = {
            let kernel = kernel.clone();
            tokio::task::spawn_blocking(move || open_log(&kernel, &settings)).await
        };
        let (log, view) = opened.map_err(ground::Problem::internal)??;
        let ledger = Ledger { log, view };
        ledger.catch_up(kernel).await?;
        Ok(ledger)
    }

    /// The log.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// The same ledger for reading.
    pub fn view(&self) -> &View {
        &self.view
    }

    /// The job that runs [`Ledger::sequence`]; woken by every commit of an act.
    pub fn job(&self) -> Job {
        let ledger = self.clone();
        let every = Duration::from_millis(TURN_EVERY_MS);
        Job::new(Consumer::Ledger.name(), every, move |kernel| {
            let ledger = ledger.clone();
            async move { ledger.sequence(&kernel).await }
        })
    }

    /// One turn: what waits in the outbox goes into the log, in order. Returns how many acts were finished.
    ///
    /// # Errors
    /// What the disk or the store says; nothing is lost and the next turn tries again.
    pub async fn sequence(&self, kernel: &Kernel) -> Result<u64> {
        let waiting = store::waiting_acts(kernel).await?;
        if waiting.is_empty() {
            return Ok(0);
        }
        let new: Vec<&ActRecord> = waiting.iter().map(|(_, act)| act).filter(|act| act.leaf_index.is_none()).collect();
        let leaves = new.iter().map(|act| NewLeaf { id: act.id.clone(), bytes: act.leaf() });
        let places = self.log.append(leaves.collect()).await?;
        let positions: Vec<(String, u64)> = new.iter().map(|act| act.id.clone()).zip(places).collect();
        let rows: Vec<String> = waiting.iter().map(|(row, _)| row.id.clone()).collect();
        store::record(kernel, &positions, &rows).await?;
        Ok(rows.len() as u64)
    }

    /// Sequences until nothing waits, then waits until all of it is published.
    ///
    /// # Errors
    /// As [`Ledger::sequence`].
    pub async fn settle(&self, kernel: &Kernel) -> Result<()> {
        while self.sequence(kernel).await? > 0 {}
        if let Some(highest) = kernel::store::highest_leaf(kernel).await? {
            self.log.published(highest + 1).await?;
        }
        Ok(())
    }

    /// Leaves that are in the log but not recorded in the database get recorded. A database that knows more leaves than
    /// the log has is a log put back from an old copy: going on would give two acts one position.
    async fn catch_up(&self, kernel: &Kernel) -> Result<()> {
        let size = self.log.head().size;
        let recorded = kernel::store::highest_leaf(kernel).await?.map_or(0, |highest| highest + 1);
        if recorded > size {
            let reason = format!("the database knows {recorded} leaves, the log has {size}");
            return Err(LogError::corrupt("checkpoint", reason).into());
        }
        let mut next = recorded;
        while next < size {
            let until = size.min(next + CATCH_UP_LEAVES);
            let view = self.view.clone();
            let read = move || (next..until).map(|index| view.entry(index, size).map(|entry| (index, entry))).collect();
            let entries: Result<Vec<(u64, Vec<u8>)>, LogError> =
                tokio::task::spawn_blocking(read).await.map_err(ground::Problem::internal)?;
            let mut positions = Vec::new();
            for (index, entry) in entries? {
                let act = match Leaf::parse(&entry) {
                    Ok(leaf) => kernel::store::act(kernel, &leaf.id).await?,
                    Err(_) => None,
                };
                match act.filter(|act| act.leaf() == entry) {
                    Some(act) => positions.push((act.id, index)),
                    None => tracing::error!(leaf = index, "the log has a leaf whose act is not in the database"),
                }
            }
            store::record(kernel, &positions, &[]).await?;
            next = until;
        }
        Ok(())
    }
}

fn open_log(kernel: &Kernel, settings: &Settings) -> Result<(Log, View), LogError> {
    let disk = LocalDisk::open(&settings.folder).map_err(|error| match error {
        OpenError::Locked(_) => LogError::Locked { reason: error.to_string() },
        OpenError::Io(_, source) => LogError::disk("opening the ledger's folder", source),
    })?;
    let signer = key::load_or_make(&settings.folder, &settings.origin, settings.secret.as_deref(), kernel.rng())?;
    let verifiers = vec![signer.verifier()];
    let log = Log::open(Arc::new(disk), signer, id_of)?;
    // Readers do not hold the lock: it goes when the log is closed, whoever still reads.
    let reader = DiskReader::new(Arc::new(LocalDisk::reader(&settings.folder)));
    Ok((log, View::new(reader, settings.origin.clone(), verifiers)))
}

#[derive(serde::Deserialize)]
struct IdOnly {
    act: ActId,
}

#[derive(serde::Deserialize)]
struct ActId {
    id: String,
}

/// The act id in a leaf. Reads nothing else of it: a start looks at many thousands.
pub fn id_of(entry: &[u8]) -> Option<String> {
    serde_json::from_slice::<IdOnly>(entry).ok().map(|leaf| leaf.act.id)
}
