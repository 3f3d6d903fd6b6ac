//! A witness: it remembers the newest tree of each log it watches, signs a tree only when it extends that one, and so
//! can never be brought to vouch for two histories (C2SP tlog-witness, tlog-cosignature).
//!
//! Folder
//! ```text
//! signing.key, verifier.key   the witness's key
//! logs/<hash of the name>     the newest tree signed, as the log's own signed checkpoint
//! forks/…                     two trees of one size, both signed by the log: evidence
//! lock                        held by the one process
//! ```
//!
//! The order that matters: check, keep durably, sign. What was kept but not signed only makes the witness stricter.

use crate::disk::Disk;
use crate::log::LogError;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tlog::note::{NOTE_BYTES_MAX, write_signatures};
use tlog::witness::{AddCheckpoint, Refusal, Seen, claimed_log, judge};
use tlog::{SignedCheckpoint, SignerKey, VerifierKey, cosignature};

/// Folder of the newest trees.
pub const LOGS_FOLDER: &str = "logs";
/// Folder of the evidence of forks.
pub const FORKS_FOLDER: &str = "forks";
/// Most pieces of evidence kept; one is enough to convict, more would let a log fill the disk.
const FORKS_MAX: usize = 1_000;
/// Most logs one witness watches.
pub const LOGS_MAX: usize = 1_000;

/// A log that a witness watches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchedLog {
    /// Its name, line 1 of its checkpoints.
    pub origin: String,
    /// Its keys.
    pub keys: Vec<VerifierKey>,
}

impl WatchedLog {
    /// Reads `name+id+key`, or `name+id+key origin` where the log's name is not its key's.
    ///
    /// # Errors
    /// Why it is neither, as text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (key, origin) =
            text.trim().split_once(' ').map_or((text.trim(), None), |(key, rest)| (key, Some(rest.trim())));
        let key = VerifierKey::parse(key).map_err(|error| format!("{key}: {error}"))?;
        if key.kind() != tlog::note::KeyType::Ed25519 {
            return Err(format!("{key}: this is a witness's key; a log's is wanted"));
        }
        let origin = origin.filter(|origin| !origin.is_empty()).unwrap_or(key.name()).to_owned();
        Ok(WatchedLog { origin, keys: vec![key] })
    }
}

/// Why a tree was not signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotSigned {
    /// The message is refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The tree could not be kept, or what was kept cannot be read.
    #[error(transparent)]
    Store(#[from] LogError),
}

struct Watched {
    keys: Vec<VerifierKey>,
    newest: Mutex<Option<SignedCheckpoint>>,
}

/// A witness over a disk.
pub struct Witness {
    disk: Arc<dyn Disk>,
    signer: SignerKey,
    logs: BTreeMap<String, Watched>,
}

impl Witness {
    /// Opens a witness for these logs. `signer` is a witness's key.
    ///
    /// # Errors
    /// [`LogError::Key`] for another kind of key or too many logs; [`LogError::Corrupt`] when a kept tree is not signed by
    /// its log: the witness does not start, so that it forgets nothing.
    pub fn open(disk: Arc<dyn Disk>, signer: SignerKey, logs: &[WatchedLog]) -> Result<Witness, LogError> {
        if signer.kind() != tlog::note::KeyType::Cosignature {
            return Err(LogError::Key { reason: "is not a witness's key".to_owned() });
        }
        if logs.len() > LOGS_MAX {
            return Err(LogError::Key { reason: format!("a witness watches at most {LOGS_MAX} logs") });
        }
        let failed = |error| LogError::disk("opening the witness's folder", error);
        disk.create_folder(LOGS_FOLDER).map_err(failed)?;
        disk.create_folder(FORKS_FOLDER).map_err(failed)?;
        disk.sync_folder("").map_err(failed)?;
        let mut watched: BTreeMap<String, Watched> = BTreeMap::new();
        for log in logs {
            let entry = watched
                .entry(log.origin.clone())
                .or_insert_with(|| Watched { keys: Vec::new(), newest: Mutex::new(None) });
            entry.keys.extend(log.keys.iter().filter(|key| !entry.keys.contains(key)).cloned().collect::<Vec<_>>());
        }
        for (origin, log) in &watched {
            let newest = read_newest(disk.as_ref(), origin, &log.keys)?;
            *log.newest.lock().unwrap_or_else(PoisonError::into_inner) = newest;
        }
        Ok(Witness { disk, signer, logs: watched })
    }

    /// Its public key.
    pub fn verifier(&self) -> VerifierKey {
        self.signer.verifier()
    }

    /// The logs it watches with the leaves of the newest tree it signed, 0 for none.
    pub fn logs(&self) -> Vec<(String, u64)> {
        let size = |log: &Watched| {
            let newest = log.newest.lock().unwrap_or_else(PoisonError::into_inner);
            newest.as_ref().map_or(0, |tree| tree.checkpoint.size)
        };
        self.logs.iter().map(|(origin, log)| (origin.clone(), size(log))).collect()
    }

    /// Answers an `add-checkpoint` message: checks it, keeps the tree durably, signs it. One message of a log at a time.
    /// `now_seconds` is POSIX time. The answer is signature lines.
    ///
    /// # Errors
    /// [`NotSigned`]; then nothing was signed.
    pub fn add_checkpoint(&self, body: &[u8], now_seconds: u64) -> Result<String, NotSigned> {
        let message = AddCheckpoint::parse(body).map_err(|error| Refusal::Message(error.to_string()))?;
        let origin = claimed_log(&message)?;
        let Some(log) = self.logs.get(&origin) else {
            return Err(Refusal::UnknownLog { origin }.into());
        };
        // Held until the tree is kept: the check and the keeping are one step.
        let mut newest = log.newest.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = newest.as_ref().map(|tree| Seen { size: tree.checkpoint.size, root: tree.checkpoint.root });
        let tree = match judge(&message, &origin, &log.keys, seen) {
            Ok(tree) => tree,
            Err(refusal) => {
                if let (Refusal::Fork { .. }, Some(known)) = (&refusal, newest.as_ref()) {
                    self.keep_evidence(&origin, known, &message.checkpoint);
                }
                return Err(refusal.into());
            }
        };
        if seen != Some(Seen { size: tree.checkpoint.size, root: tree.checkpoint.root }) {
            let lines = log.keys.iter().flat_map(|key| tree.note.lines_of(key)).cloned().collect();
            let note = tree.note.with_signatures(lines);
            keep(self.disk.as_ref(), LOGS_FOLDER, &file_of(&origin), note.to_string().as_bytes())?;
            *newest = Some(SignedCheckpoint { note, ..tree.clone() });
        }
        let line = cosignature::cosign(tree.note.text(), now_seconds, &self.signer)
            .ok_or_else(|| LogError::Key { reason: format!("cannot sign the time {now_seconds}") })?;
        Ok(write_signatures(&[line]))
    }

    /// Keeps two trees of one size that the log signed. The refusal stands whether or not this succeeds.
    fn keep_evidence(&self, origin: &str, known: &SignedCheckpoint, offered: &str) {
        let digest = hex::encode(&Sha256::digest(offered.as_bytes())[..8]);
        let name = format!("{}-{}-{digest}", &file_of(origin)[..16], known.checkpoint.size);
        tracing::error!(log = origin, size = known.checkpoint.size, file = %name, "the log shows two histories");
        let there = self.disk.list(FORKS_FOLDER).unwrap_or_default();
        if there.len() >= FORKS_MAX || there.contains(&name) {
            return;
        }
        let text = format!("{}\n{offered}", known.note);
        if let Err(error) = keep(self.disk.as_ref(), FORKS_FOLDER, &name, text.as_bytes()) {
            tracing::error!(%error, "the evidence of a fork could not be kept");
        }
    }
}

fn file_of(origin: &str) -> String {
    hex::encode(Sha256::digest(origin.as_bytes()))
}

fn read_newest(disk: &dyn Disk, origin: &str, keys: &[VerifierKey]) -> Result<Option<SignedCheckpoint>, LogError> {
    let path = format!("{LOGS_FOLDER}/{}", file_of(origin));
    let read = disk.read(&path, NOTE_BYTES_MAX as u64);
    let Some(bytes) = read.map_err(|error| LogError::disk("reading the newest tree of a log", error))? else {
        return Ok(None);
    };
    let damaged = |error| LogError::corrupt(format!("{path} ({origin})"), error);
    SignedCheckpoint::open(&bytes, origin, keys).map(Some).map_err(damaged)
}

/// Writes a file beside its name, makes it durable and puts it in place.
pub(crate) fn keep(disk: &dyn Disk, folder: &str, name: &str, bytes: &[u8]) -> Result<(), LogError> {
    let (path, draft) = (format!("{folder}/{name}"), format!("{folder}/{name}.new"));
    let write = || {
        disk.write(&draft, bytes)?;
        disk.sync_file(&draft)?;
        disk.rename(&draft, &path)?;
        disk.sync_folder(folder)
    };
    write().map_err(|error| LogError::disk(format!("keeping {path}"), error))
}
