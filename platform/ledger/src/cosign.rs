//! The log's side of the witness protocol: whom it asks, what it sends, which answers it believes, and the trees with
//! their cosignatures, kept beside the log. Carrying the messages is somebody else's work.
//!
//! Two notes are kept in `cosigned/`: `newest`, the newest tree with any cosignature, and `quorum`, the newest with as many
//! as the policy asks for. Proofs use the newest tree that has enough and holds the leaf.

use crate::disk::{Disk, LocalDisk};
use crate::log::LogError;
use crate::view::View;
use crate::witness::keep;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tlog::cosignature::{Cosigned, cosigned_at, verify_cosignatures};
use tlog::note::{KeyType, NOTE_BYTES_MAX, SignatureLine, parse_signatures};
use tlog::witness::AddCheckpoint;
use tlog::{Checkpoint, Note, SignedCheckpoint, VerifierKey};

/// File of the witnesses' keys, in the ledger's folder and in exports: a line `needed N`, then a key a line.
pub const POLICY_FILE: &str = "witnesses.keys";
/// Folder of the trees with cosignatures.
pub const FOLDER: &str = "cosigned";
/// The newest tree with any cosignature.
pub const NEWEST: &str = "newest";
/// The newest tree with as many as the policy asks for.
pub const QUORUM: &str = "quorum";
/// Most witnesses of one log.
pub const WITNESSES_MAX: usize = 32;
const POLICY_BYTES_MAX: u64 = 64 * 1024;

/// A witness that is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Its key; its name is the witness's.
    pub key: VerifierKey,
    /// Its submission prefix; empty where only its signatures are read.
    pub url: String,
}

/// Whose cosignatures count, and how many different ones a tree needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WitnessPolicy {
    /// The witnesses.
    pub peers: Vec<Peer>,
    /// How many must have signed; at least 1 where there are witnesses.
    pub needed: usize,
}

impl WitnessPolicy {
    /// Reads witnesses, each `name+id+key https://prefix`, and how many are needed (0: all of them).
    ///
    /// # Errors
    /// Which one is wrong and why, as text.
    pub fn parse(lines: &[String], needed: usize) -> Result<Self, String> {
        if lines.len() > WITNESSES_MAX {
            return Err(format!("at most {WITNESSES_MAX} witnesses"));
        }
        let mut peers: Vec<Peer> = Vec::new();
        for line in lines {
            let (key, url) = line.trim().split_once(' ').map_or((line.trim(), ""), |(key, url)| (key, url.trim()));
            let key = VerifierKey::parse(key).map_err(|error| format!("{key}: {error}"))?;
            if key.kind() != KeyType::Cosignature {
                return Err(format!("{key}: this is a log's key; a witness's is wanted"));
            }
            if peers.iter().any(|peer| peer.key.name() == key.name()) {
                return Err(format!("{}: this witness is named twice", key.name()));
            }
            peers.push(Peer { key, url: url.trim_end_matches('/').to_owned() });
        }
        if needed > peers.len() {
            return Err(format!("{needed} cosignatures are asked for, but there are {} witnesses", peers.len()));
        }
        let needed = if needed == 0 { peers.len() } else { needed };
        Ok(WitnessPolicy { peers, needed })
    }

    /// Whether anybody is asked at all.
    pub fn is_empty(&self) -> bool {
        self.peers.is_empty()
    }

    /// The keys.
    pub fn keys(&self) -> Vec<VerifierKey> {
        self.peers.iter().map(|peer| peer.key.clone()).collect()
    }

    /// Which of the witnesses cosigned a note; a wrong signature of one is left out here.
    pub fn cosigned(&self, note: &Note) -> Vec<Cosigned> {
        let one = |peer: &Peer| {
            let times = note.lines_of(&peer.key).filter_map(|line| cosigned_at(line, note.text(), &peer.key));
            times.max().map(|timestamp_seconds| Cosigned { witness: peer.key.name().to_owned(), timestamp_seconds })
        };
        self.peers.iter().filter_map(one).collect()
    }

    /// The text of [`POLICY_FILE`].
    pub fn to_text(&self) -> String {
        let keys: String = self.peers.iter().map(|peer| format!("{}\n", peer.key)).collect();
        format!("needed {}\n{keys}", self.needed)
    }

    /// Reads the text of [`POLICY_FILE`].
    ///
    /// # Errors
    /// What is wrong, as text.
    pub fn from_text(text: &str) -> Result<Self, String> {
        let mut lines = text.lines();
        let needed = lines.next().and_then(|line| line.strip_prefix("needed ")).and_then(|n| n.parse().ok());
        let needed: usize = needed.ok_or("line 1 is not `needed` and a number")?;
        WitnessPolicy::parse(&lines.map(str::to_owned).collect::<Vec<_>>(), needed)
    }

    /// The policy written beside a log; none where there is no such file.
    ///
    /// # Errors
    /// [`LogError::Key`] when the file cannot be used.
    pub fn read(folder: &Path) -> Result<Self, LogError> {
        let path = folder.join(POLICY_FILE);
        let unusable = |reason: String| LogError::Key { reason: format!("{}: {reason}", path.display()) };
        match crate::disk::read_limited(&path, POLICY_BYTES_MAX).map_err(|error| unusable(error.to_string()))? {
            None => Ok(WitnessPolicy::default()),
            Some(bytes) => WitnessPolicy::from_text(&String::from_utf8_lossy(&bytes)).map_err(unusable),
        }
    }

    /// Writes it beside a log, or takes it away when it is empty.
    ///
    /// # Errors
    /// What the disk says.
    pub fn write(&self, folder: &Path) -> Result<(), LogError> {
        let disk = LocalDisk::reader(folder);
        let failed = |error| LogError::disk("writing the witnesses' keys", error);
        if self.is_empty() {
            return disk.remove(POLICY_FILE).map_err(failed);
        }
        disk.write(POLICY_FILE, self.to_text().as_bytes()).map_err(failed)?;
        disk.sync_file(POLICY_FILE).map_err(failed)
    }
}

/// A tree on its way through the witnesses.
#[derive(Debug, Clone)]
pub struct Round {
    tree: SignedCheckpoint,
    lines: Vec<SignatureLine>,
}

impl Round {
    /// The tree.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.tree.checkpoint
    }
}

/// What an answer of a witness came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// It signed, at this time.
    Signed {
        /// POSIX seconds.
        timestamp_seconds: u64,
    },
    /// It signed another size last: ask again from there.
    AskAgain,
    /// It did not sign; the text says why.
    Refused(String),
    /// It saw another history of this log, or this log was put back from an old copy. Somebody must look.
    OtherHistory(String),
}

/// How a witness stands, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Its name.
    pub witness: String,
    /// Leaves of the tree it cosigned last in this process.
    pub size: Option<u64>,
    /// When, POSIX seconds.
    pub timestamp_seconds: Option<u64>,
    /// What went wrong since.
    pub trouble: Option<String>,
}

#[derive(Debug, Default)]
struct Known {
    size: u64,
    signed: Option<(u64, u64)>,
    trouble: Option<String>,
}

/// The asking. One a process.
pub struct Cosigning {
    view: View,
    disk: Arc<dyn Disk>,
    known: Mutex<HashMap<String, Known>>,
}

impl Cosigning {
    /// The asking for the ledger of `view`, whose policy it is, keeping what it gets on `disk` (the ledger's folder).
    pub fn new(view: View, disk: Arc<dyn Disk>) -> Self {
        Cosigning { view, disk, known: Mutex::default() }
    }

    /// The same in a folder.
    pub fn in_folder(view: View, folder: &Path) -> Self {
        Cosigning::new(view, Arc::new(LocalDisk::reader(folder)))
    }

    /// Whom it asks.
    pub fn policy(&self) -> &WitnessPolicy {
        self.view.witnesses()
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The newest tree, when not all witnesses have cosigned it yet.
    ///
    /// # Errors
    /// [`LogError::Corrupt`] when the log cannot be read.
    pub fn round(&self) -> Result<Option<Round>, LogError> {
        if self.policy().is_empty() {
            return Ok(None);
        }
        let tree = self.view.head()?;
        let lines = match self.view.cosigned(NEWEST)? {
            Some(kept) if kept.note.text() == tree.note.text() => {
                let all = self.policy().peers.iter().flat_map(|peer| kept.note.lines_of(&peer.key).cloned());
                all.collect()
            }
            _ => Vec::new(),
        };
        let round = Round { tree, lines };
        let done = self.policy().cosigned(&round.note()).len() == self.policy().peers.len();
        Ok((!done).then_some(round))
    }

    /// The witnesses that a round has no cosignature of yet, as positions in the policy.
    pub fn missing(&self, round: &Round) -> Vec<usize> {
        let signed = self.policy().cosigned(&round.note());
        let has = |peer: &Peer| signed.iter().any(|one| one.witness == peer.key.name());
        (0..self.policy().peers.len()).filter(|peer| !has(&self.policy().peers[*peer])).collect()
    }

    /// The message for a witness.
    ///
    /// # Errors
    /// [`LogError::Corrupt`] when the log cannot be read, or has fewer leaves than the witness signed.
    pub fn message(&self, round: &Round, peer: usize) -> Result<AddCheckpoint, LogError> {
        let name = self.policy().peers[peer].key.name();
        let old_size = self.known().get(name).map_or(0, |known| known.size);
        let size = round.tree.checkpoint.size;
        let proof = match old_size {
            0 => Vec::new(),
            old_size => self.view.consistency_proof(old_size, size)?,
        };
        Ok(AddCheckpoint { old_size, proof, checkpoint: round.tree.note.to_string() })
    }

    /// Takes a witness's answer. A signature counts after it was verified.
    pub fn take(&self, round: &mut Round, peer: usize, status: u16, body: &[u8]) -> Taken {
        let witness = &self.policy().peers[peer].key;
        let size = round.tree.checkpoint.size;
        let taken = match status {
            200 => self.take_lines(round, witness, body),
            409 => self.take_conflict(witness.name(), size, body),
            other => {
                let text: String = String::from_utf8_lossy(body).chars().take(200).collect();
                Taken::Refused(format!("HTTP {other}: {}", text.trim()))
            }
        };
        let mut all = self.known();
        let known = all.entry(witness.name().to_owned()).or_default();
        match &taken {
            Taken::Signed { timestamp_seconds } => {
                *known = Known { size, signed: Some((size, *timestamp_seconds)), trouble: None };
            }
            Taken::AskAgain => {}
            Taken::Refused(reason) | Taken::OtherHistory(reason) => known.trouble = Some(reason.clone()),
        }
        taken
    }

    /// Notes that a witness could not be reached.
    pub fn unreachable(&self, peer: usize, reason: &str) {
        let name = self.policy().peers[peer].key.name().to_owned();
        self.known().entry(name).or_default().trouble = Some(reason.to_owned());
    }

    fn take_lines(&self, round: &mut Round, witness: &VerifierKey, body: &[u8]) -> Taken {
        let lines = match parse_signatures(body) {
            Ok(lines) => lines,
            Err(error) => return Taken::Refused(format!("its answer cannot be read: {error}")),
        };
        let text = round.tree.note.text();
        let best = lines.into_iter().filter_map(|line| Some((cosigned_at(&line, text, witness)?, line)));
        match best.max_by_key(|(time, _)| *time) {
            Some((timestamp_seconds, line)) => {
                round.lines.retain(|known| known.name != line.name || known.id != line.id);
                round.lines.push(line);
                Taken::Signed { timestamp_seconds }
            }
            None => Taken::Refused("its answer holds no valid cosignature by its key".to_owned()),
        }
    }

    fn take_conflict(&self, name: &str, size: u64, body: &[u8]) -> Taken {
        let text = std::str::from_utf8(body).unwrap_or_default();
        let Some(there) = text.trim_end_matches('\n').parse::<u64>().ok() else {
            return Taken::Refused("it answers with a conflict but names no size".to_owned());
        };
        let mut known = self.known();
        let entry = known.entry(name.to_owned()).or_default();
        if there > size {
            return Taken::OtherHistory(format!("it signed a tree of {there} leaves, this log has {size}"));
        }
        if there == entry.size {
            return Taken::OtherHistory(format!("it signed another tree of {there} leaves"));
        }
        entry.size = there;
        Taken::AskAgain
    }

    /// Keeps a round's tree with its cosignatures, durably. Returns how many witnesses signed and whether they are enough.
    ///
    /// # Errors
    /// What the disk says; the cosignatures are got again in the next round.
    pub fn keep(&self, round: &Round) -> Result<(usize, bool), LogError> {
        let note = round.note();
        let signed = self.policy().cosigned(&note).len();
        if signed == 0 {
            return Ok((0, false));
        }
        let failed = |error| LogError::disk("making the folder of cosignatures", error);
        self.disk.create_folder(FOLDER).map_err(failed)?;
        self.disk.sync_folder("").map_err(failed)?;
        let enough = signed >= self.policy().needed;
        let text = note.to_string();
        if enough {
            keep(self.disk.as_ref(), FOLDER, QUORUM, text.as_bytes())?;
        }
        keep(self.disk.as_ref(), FOLDER, NEWEST, text.as_bytes())?;
        Ok((signed, enough))
    }

    /// How the witnesses stand.
    pub fn standings(&self) -> Vec<Standing> {
        let known = self.known();
        let one = |peer: &Peer| {
            let state = known.get(peer.key.name());
            Standing {
                witness: peer.key.name().to_owned(),
                size: state.and_then(|state| state.signed).map(|(size, _)| size),
                timestamp_seconds: state.and_then(|state| state.signed).map(|(_, time)| time),
                trouble: state.and_then(|state| state.trouble.clone()),
            }
        };
        self.policy().peers.iter().map(one).collect()
    }
}

impl Round {
    /// The tree's note with the cosignatures so far.
    fn note(&self) -> Note {
        let mut note = self.tree.note.clone();
        self.lines.iter().for_each(|line| note.add(line.clone()));
        note
    }
}

/// A kept note read back: signed by the log, and every cosignature of a known witness valid.
pub(crate) fn open_kept(
    bytes: &[u8],
    origin: &str,
    keys: &[VerifierKey],
    policy: &WitnessPolicy,
) -> Result<SignedCheckpoint, String> {
    if bytes.len() > NOTE_BYTES_MAX {
        return Err("it is too long".to_owned());
    }
    let signed = SignedCheckpoint::open(bytes, origin, keys).map_err(|error| error.to_string())?;
    verify_cosignatures(&signed.note, &policy.keys()).map_err(|error| error.to_string())?;
    Ok(signed)
}
