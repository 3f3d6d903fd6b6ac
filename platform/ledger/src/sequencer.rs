//! From the outbox into the log: acts in the order they were written, each once, its position recorded on its row.

use crate::cosign::WitnessPolicy;
use crate::disk::{LocalDisk, OpenError};
use crate::leaf::Leaf;
use crate::lease::{self, Lease};
use crate::log::fence::Fence;
use crate::log::{Log, LogError, NewLeaf};
use crate::view::{DiskReader, View};
use crate::{key, store};
use kernel::{ActRecord, Consumer, Job, Kernel, Result};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tlog::SignerKey;

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
    lease: Lease,
    signer: SignerKey,
    folder: PathBuf,
}

impl Ledger {
    /// Opens the ledger, making it where there is none, and brings log and database together: acts whose leaf was durable
    /// but not yet recorded get their position.
    ///
    /// # Errors
    /// `ledger_locked` when another process writes it; `ledger_corrupt` when its files contradict each other or the
    /// database knows leaves the log does not have.
    pub async fn open(kernel: &Kernel, settings: Settings) -> Result<Ledger> {
        let folder = settings.folder.clone();
        let holder = tokio::task::spawn_blocking(move || lease::holder_of(&folder)).await;
        Ledger::open_as(kernel, settings, &holder.map_err(ground::Problem::internal)?).await
    }

    /// The same under a name of its own for the lease, where the folder and the machine do not tell processes apart.
    ///
    /// # Errors
    /// As [`Ledger::open`].
    pub async fn open_as(kernel: &Kernel, settings: Settings, holder: &str) -> Result<Ledger> {
        let lock = settings.folder.clone();
        let disk =
            tokio::task::spawn_blocking(move || lock_folder(&lock)).await.map_err(ground::Problem::internal)??;
        let lease = Lease::take(kernel, &settings.origin, holder).await?;
        match Ledger::open_under(kernel, disk, settings, &lease).await {
            Ok(ledger) => Ok(ledger),
            Err(problem) => {
                // A ledger that does not open keeps nobody else from it.
                lease.release(kernel).await?;
                Err(problem)
            }
        }
    }

    async fn open_under(kernel: &Kernel, disk: LocalDisk, settings: Settings, lease: &Lease) -> Result<Ledger> {
        let folder = settings.folder.clone();
        let opened = {
            let (kernel, fence) = (kernel.clone(), Fence::new(lease.fence()));
            tokio::task::spawn_blocking(move || open_log(&kernel, disk, &settings, fence)).await
        };
        let (log, view, signer) = opened.map_err(ground::Problem::internal)??;
        let ledger = Ledger { log, view, lease: lease.clone(), signer, folder };
        ledger.catch_up(kernel).await?;
        Ok(ledger)
    }

    /// The same ledger with witnesses: its proofs carry their cosignatures. They are written beside the log, for readers.
    ///
    /// # Errors
    /// [`LogError::Disk`] when they cannot be written.
    pub fn with_witnesses(mut self, policy: WitnessPolicy) -> Result<Ledger, LogError> {
        policy.write(&self.folder)?;
        self.view = self.view.with_witnesses(policy);
        Ok(self)
    }

    /// The folder of its files.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The lease under which it is written.
    pub fn lease(&self) -> &Lease {
        &self.lease
    }

    /// Signs a text that is not a checkpoint with the log's key: what is anchored elsewhere.
    ///
    /// # Errors
    /// [`LogError::Key`] for a text that is no note or begins as a checkpoint of this log does.
    pub fn sign(&self, text: &str) -> Result<tlog::Note, LogError> {
        let refused = |reason: String| LogError::Key { reason };
        if text.lines().next() == Some(self.view.origin()) {
            return Err(refused("a text with the log's name in its first line could be taken for a checkpoint".into()));
        }
        tlog::Note::sign(text, &self.signer).map_err(|error| refused(error.to_string()))
    }

    /// Ends the writing: what was accepted is published, and the next may begin without waiting.
    ///
    /// # Errors
    /// What the store says.
    pub async fn close(&self, kernel: &Kernel) -> Result<()> {
        let log = self.log.clone();
        tokio::task::spawn_blocking(move || log.close()).await.map_err(ground::Problem::internal)?;
        self.lease.release(kernel).await
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
        self.lease.hold(kernel).await?;
        let waiting = store::waiting_acts(kernel).await?;
        if waiting.is_empty() {
            return Ok(0);
        }
        let new: Vec<&ActRecord> = waiting.iter().map(|(_, act)| act).filter(|act| act.leaf_index.is_none()).collect();
        let leaves = new.iter().map(|act| NewLeaf { id: act.id.clone(), bytes: act.leaf() });
        let places = self.log.append(leaves.collect()).await?;
        let positions: Vec<(String, u64)> = new.iter().map(|act| act.id.clone()).zip(places).collect();
        let rows: Vec<String> = waiting.iter().map(|(row, _)| row.id.clone()).collect();
        store::record(kernel, &self.lease, &positions, &rows).await?;
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
            store::record(kernel, &self.lease, &positions, &[]).await?;
            next = until;
        }
        Ok(())
    }
}

fn lock_folder(folder: &Path) -> Result<LocalDisk, LogError> {
    LocalDisk::open(folder).map_err(|error| match error {
        OpenError::Locked(_) => LogError::Locked { reason: error.to_string() },
        OpenError::Io(_, source) => LogError::disk("opening the ledger's folder", source),
    })
}

fn open_log(
    kernel: &Kernel,
    disk: LocalDisk,
    settings: &Settings,
    fence: Fence,
) -> Result<(Log, View, SignerKey), LogError> {
    let signer = key::load_or_make(&settings.folder, &settings.origin, settings.secret.as_deref(), kernel.rng())?;
    let verifiers = vec![signer.verifier()];
    let log = Log::open_fenced(Arc::new(disk), signer.clone(), id_of, fence)?;
    // Readers do not hold the lock: it goes when the log is closed, whoever still reads.
    let reader = DiskReader::new(Arc::new(LocalDisk::reader(&settings.folder)));
    Ok((log, View::new(reader, settings.origin.clone(), verifiers), signer))
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
