//! The log on disk: a journal that makes leaves durable, a publisher that turns them into tiles and signs the tree, and
//! the thread around each.
//!
//! Reading order: [`journal`] (records), [`Writer`](writer::Writer) (group commit), [`Publisher`](publisher::Publisher)
//! (tiles and checkpoint), [`recovery`] (opening what is there), [`fence`] (an earlier writer is kept out), this file
//! (threads and waiting).
//!
//! The steps of an append: write one record, sync it (here the leaves are durable and acknowledged), hand the leaves to
//! the publisher. The steps of a publication: write and sync bundles and tiles, rename them, sync their folders, sign the
//! checkpoint, write, sync and rename it, sync its folder; only then old journal files go.

pub mod fence;
pub mod journal;
pub mod publisher;
pub mod recovery;
pub mod writer;

#[cfg(test)]
mod faults;
#[cfg(test)]
pub(crate) mod simulated_disk;

use crate::disk::Disk;
use publisher::{Pending, Publisher};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use tlog::{Hash, SignerKey};
use tokio::sync::{mpsc, oneshot, watch};
use writer::Writer;

/// Longest leaf, bytes (C2SP tlog-tiles).
pub const LEAF_BYTES_MAX: usize = tlog::bundle::ENTRY_BYTES_MAX;
/// Most leaves one record makes durable together.
pub const GROUP_LEAVES_MAX: usize = 8_192;
/// Most bytes one record makes durable together.
pub const GROUP_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Most appends waiting for the writer; more wait outside.
const QUEUE_APPENDS_MAX: usize = 4_096;
/// Pause after a publication while little waits, milliseconds: leaves gather instead of having a checkpoint each.
const PUBLISH_PAUSE_MS: u64 = 100;
/// Waiting leaves from which the next publication begins at once: under load a publication takes long enough by itself.
const PUBLISH_AT_ONCE_LEAVES: u64 = 1_024;
/// Pause before a failed publication is tried again, milliseconds.
const PUBLISH_RETRY_MS: u64 = 1_000;
/// Most durable leaves that may wait for publication before appends are refused.
const PENDING_LEAVES_MAX: u64 = 200_000;

/// A leaf to append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLeaf {
    /// The act's id: a second append of the same id returns the first one's position.
    pub id: String,
    /// The entry.
    pub bytes: Vec<u8>,
}

/// Why the log refuses or stops.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    /// No room. Nothing that was acknowledged is lost; the append may be repeated when there is room.
    #[error("the disk of the ledger is full ({doing}); free some space, nothing was lost")]
    DiskFull {
        /// What was being done.
        doing: String,
    },
    /// The disk failed. The append may be repeated.
    #[error("the disk of the ledger failed while {doing}: {reason}")]
    Disk {
        /// What was being done.
        doing: String,
        /// What the disk said.
        reason: String,
    },
    /// The files contradict each other. The log does not start, so that nothing is forked.
    #[error("the ledger's {file} is damaged: {reason}; put the ledger's folder back from a backup")]
    Corrupt {
        /// The file.
        file: String,
        /// What is wrong.
        reason: String,
    },
    /// Another process has it.
    #[error("{reason}")]
    Locked {
        /// Who and where.
        reason: String,
    },
    /// The key cannot be used.
    #[error("the ledger's key: {reason}")]
    Key {
        /// Why.
        reason: String,
    },
    /// A leaf or group over the limits.
    #[error("a leaf of {bytes} bytes is over the limit of {LEAF_BYTES_MAX}")]
    TooLarge {
        /// Its length.
        bytes: usize,
    },
    /// Too many durable leaves wait for publication.
    #[error("{leaves} leaves wait to be published; publication fails: {reason}")]
    Behind {
        /// How many wait.
        leaves: u64,
        /// Why publication fails.
        reason: String,
    },
    /// The log was closed.
    #[error("the ledger is closed")]
    Closed,
}

impl LogError {
    pub(crate) fn disk(doing: impl Into<String>, error: std::io::Error) -> Self {
        let doing = doing.into();
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => LogError::DiskFull { doing },
            _ => LogError::Disk { doing, reason: error.to_string() },
        }
    }

    pub(crate) fn corrupt(file: impl Into<String>, reason: impl ToString) -> Self {
        LogError::Corrupt { file: file.into(), reason: reason.to_string() }
    }
}

/// A published tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Leaves.
    pub size: u64,
    /// Root over them.
    pub root: Hash,
    /// The signed note.
    pub checkpoint: String,
}

struct Append {
    leaves: Vec<NewLeaf>,
    reply: oneshot::Sender<Result<Vec<u64>, LogError>>,
}

/// What the two threads share.
pub(crate) struct Shared {
    pending: Mutex<Pending>,
    ready: Condvar,
    head: watch::Sender<Arc<Head>>,
}

impl Shared {
    pub(crate) fn new(pending: Pending, head: Head) -> Arc<Self> {
        Arc::new(Shared {
            pending: Mutex::new(pending),
            ready: Condvar::new(),
            head: watch::Sender::new(Arc::new(head)),
        })
    }

    pub(crate) fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The log of one folder, opened for writing. Cheap to clone; closed when the last clone is gone.
#[derive(Clone)]
pub struct Log(Arc<Handle>);

struct Handle {
    appends: Mutex<Option<mpsc::Sender<Append>>>,
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Log {
    /// Opens the log, finishing what a stop left half done, and publishes everything durable before it returns.
    ///
    /// # Errors
    /// [`LogError::Corrupt`] when the files contradict each other; what the disk says.
    pub fn open(disk: Arc<dyn Disk>, signer: SignerKey, id_of: writer::IdOf) -> Result<Log, LogError> {
        Log::open_fenced(disk, signer, id_of, fence::Fence::none())
    }

    /// The same for a writer that holds a lease: writers with a lower fence write no more.
    ///
    /// # Errors
    /// As [`Log::open`]; [`LogError::Locked`] when a later writer has been here.
    pub fn open_fenced(
        disk: Arc<dyn Disk>,
        signer: SignerKey,
        id_of: writer::IdOf,
        fence: fence::Fence,
    ) -> Result<Log, LogError> {
        let (writer, publisher) = recovery::open_fenced(disk, signer, id_of, fence)?;
        let shared = Arc::clone(publisher.shared());
        let (appends, queue) = mpsc::channel(QUEUE_APPENDS_MAX);
        let spawn = |name: &str, run: Box<dyn FnOnce() + Send>| {
            let builder = std::thread::Builder::new().name(name.to_owned());
            builder.spawn(run).map_err(|error| LogError::disk("starting a thread", error))
        };
        let write = spawn("ledger-writer", Box::new(move || write_until_closed(writer, queue)))?;
        let publish = spawn("ledger-publisher", Box::new(move || publish_until_closed(publisher)))?;
        Ok(Log(Arc::new(Handle {
            appends: Mutex::new(Some(appends)),
            shared,
            threads: Mutex::new(vec![write, publish]),
        })))
    }

    /// Appends leaves in their order and returns their positions once they are durable. Leaves whose id is in the log
    /// already keep the position they have. After an error the same leaves may be appended again: those that became durable
    /// all the same keep their place.
    ///
    /// # Errors
    /// [`LogError::DiskFull`], [`LogError::Disk`], [`LogError::Behind`]: nothing is acknowledged.
    pub async fn append(&self, leaves: Vec<NewLeaf>) -> Result<Vec<u64>, LogError> {
        let (reply, answer) = oneshot::channel();
        let appends = {
            let guard = self.0.appends.lock().unwrap_or_else(PoisonError::into_inner);
            guard.clone().ok_or(LogError::Closed)?
        };
        appends.send(Append { leaves, reply }).await.map_err(|_| LogError::Closed)?;
        answer.await.map_err(|_| LogError::Closed)?
    }

    /// The newest published tree.
    pub fn head(&self) -> Arc<Head> {
        self.0.shared.head.borrow().clone()
    }

    /// Waits until a tree of at least `size` leaves is published.
    ///
    /// # Errors
    /// [`LogError::Closed`] when the log is closed before.
    pub async fn published(&self, size: u64) -> Result<Arc<Head>, LogError> {
        let mut heads = self.0.shared.head.subscribe();
        let head = heads.wait_for(|head| head.size >= size).await.map_err(|_| LogError::Closed)?;
        Ok(head.clone())
    }

    /// Why the last publication failed, if it did.
    pub fn publication_failure(&self) -> Option<LogError> {
        self.0.shared.pending().failure.clone()
    }

    /// Stops both threads after what was accepted is durable and published (where the disk lets it).
    pub fn close(&self) {
        self.0.close();
    }
}

impl Handle {
    fn close(&self) {
        drop(self.appends.lock().unwrap_or_else(PoisonError::into_inner).take());
        let threads: Vec<_> = self.threads.lock().unwrap_or_else(PoisonError::into_inner).drain(..).collect();
        let mut threads = threads.into_iter();
        // The writer ends when the queue is closed and empty; then the publisher is told.
        if let Some(writer) = threads.next() {
            let _ = writer.join();
        }
        self.shared.pending().closed = true;
        self.shared.ready.notify_all();
        for thread in threads {
            let _ = thread.join();
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.close();
    }
}

fn write_until_closed(mut writer: Writer, mut queue: mpsc::Receiver<Append>) {
    while let Some(first) = queue.blocking_recv() {
        let weigh = |append: &Append| append.leaves.iter().map(|leaf| leaf.bytes.len() + 2).sum::<usize>();
        let (mut leaves, mut bytes) = (first.leaves.len(), weigh(&first));
        let mut group = vec![first];
        while leaves < GROUP_LEAVES_MAX && bytes < GROUP_BYTES_MAX {
            let Ok(next) = queue.try_recv() else { break };
            leaves += next.leaves.len();
            bytes += weigh(&next);
            group.push(next);
        }
        wait_for_publisher(writer.shared());
        let lists: Vec<&[NewLeaf]> = group.iter().map(|append| append.leaves.as_slice()).collect();
        match writer.append(&lists) {
            Ok(positions) => {
                for (append, positions) in group.into_iter().zip(positions) {
                    let _ = append.reply.send(Ok(positions));
                }
            }
            Err(error) => {
                for append in group {
                    let _ = append.reply.send(Err(error.clone()));
                }
            }
        }
        writer.shared().ready.notify_all();
    }
}

/// Lets the publisher catch up when too much waits, so that memory stays bounded. Where publication fails, the writer goes
/// on to say so.
fn wait_for_publisher(shared: &Shared) {
    let behind = |pending: &mut Pending| pending.len() > PENDING_LEAVES_MAX && pending.failure.is_none();
    drop(shared.ready.wait_while(shared.pending(), behind));
}

fn publish_until_closed(mut publisher: Publisher) {
    let shared = Arc::clone(publisher.shared());
    loop {
        let mut pending = shared.pending();
        while pending.is_empty() && !pending.closed {
            pending = shared.ready.wait(pending).unwrap_or_else(PoisonError::into_inner);
        }
        let (closed, empty) = (pending.closed, pending.is_empty());
        drop(pending);
        if empty {
            return;
        }
        let result = publisher.publish();
        shared.ready.notify_all();
        if let Err(error) = &result {
            tracing::error!(%error, "the ledger could not publish its tree and will try again");
            if closed {
                return;
            }
        }
        let pause = if result.is_ok() { PUBLISH_PAUSE_MS } else { PUBLISH_RETRY_MS };
        let pending = shared.pending();
        let failed = result.is_err();
        let rest = |pending: &mut Pending| !pending.closed && (failed || pending.len() < PUBLISH_AT_ONCE_LEAVES);
        drop(shared.ready.wait_timeout_while(pending, Duration::from_millis(pause), rest));
    }
}
