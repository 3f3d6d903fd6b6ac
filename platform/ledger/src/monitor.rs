//! Following a log from outside: what is there now must extend what was there at the last visit, every new leaf is hashed,
//! and the acts on a subject are listed. Nothing is believed but the key that the follower brought.
//!
//! The state between visits is small: the newest checkpoint, the peaks of its tree, and the acts found. With them the root
//! of the new tree is computed from the old one and the new entries alone: when it is the signed one, the log has only
//! grown, and the entries are those that were signed.

use crate::leaf::Leaf;
use serde_json::{Value, json};
use tlog::audit::CHECKPOINT_PATH;
use tlog::tile::{BundleId, ReadError, TILE_WIDTH, TileId, TiledTree, read_bundle, read_tile, tile_width};
use tlog::tree::{self, Frontier};
use tlog::{Hash, SignedCheckpoint, TileReader, VerifierKey, bundle, leaf_hash};

/// Longest state file, bytes.
pub const STATE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Most acts on one subject that are kept; a subject with more is a reason to keep them elsewhere.
pub const ACTS_MAX: usize = 100_000;

/// An act on the subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundAct {
    /// Its leaf.
    pub index: u64,
    /// Its id.
    pub id: String,
    /// Its kind.
    pub kind: String,
    /// When, as it stands in the leaf.
    pub at: String,
    /// Outcome, where it has one.
    pub outcome: String,
}

/// What is remembered between visits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonitorState {
    /// The newest checkpoint that was checked, byte for byte.
    pub checkpoint: String,
    /// Peaks of its tree.
    pub peaks: Vec<Hash>,
    /// The subject whose acts are listed: kind and id.
    pub subject: Option<(String, String)>,
    /// The acts on it so far.
    pub acts: Vec<FoundAct>,
}

/// What a visit saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// Leaves at the last visit.
    pub old_size: u64,
    /// Leaves now.
    pub size: u64,
    /// Root now.
    pub root: Hash,
    /// Leaves that were hashed in this visit: the new ones, or all where the subject is a new one.
    pub hashed: u64,
    /// How many of the acts on the subject are new since the last visit.
    pub new_acts: usize,
}

/// What is wrong with a log, or with the visit.
#[derive(Debug, thiserror::Error)]
pub enum MonitorError {
    /// The log could not be read: nothing can be said about it.
    #[error("the log could not be read: {0}")]
    Unreachable(ReadError),
    /// The state is not one of this log.
    #[error("the state cannot be used: {0}")]
    State(String),
    /// The checkpoint is not signed by the key, or is of another log.
    #[error("the checkpoint is not this log's: {0}")]
    Checkpoint(String),
    /// Two signed trees that cannot both be the log's history.
    #[error("{reason}")]
    Fork {
        /// What contradicts what.
        reason: String,
        /// The checkpoint of the last visit.
        older: String,
        /// The checkpoint of now.
        newer: String,
    },
    /// The files do not lead to the signed checkpoint.
    #[error("{file}: {reason}")]
    Altered {
        /// Which file.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl MonitorError {
    /// Whether the log is at fault, as far as can be seen; otherwise the visit could not be made.
    pub fn accuses(&self) -> bool {
        !matches!(self, MonitorError::Unreachable(_) | MonitorError::State(_))
    }
}

impl MonitorState {
    /// The text form.
    pub fn to_json(&self) -> String {
        let acts: Vec<Value> = self
            .acts
            .iter()
            .map(
                |act| json!({"index": act.index, "id": act.id, "kind": act.kind, "at": act.at, "outcome": act.outcome}),
            )
            .collect();
        let subject = self.subject.as_ref().map(|(kind, id)| json!({"kind": kind, "id": id}));
        let peaks: Vec<String> = self.peaks.iter().map(Hash::to_base64).collect();
        let value = json!({"v": 1, "checkpoint": self.checkpoint, "peaks": peaks, "subject": subject, "acts": acts});
        format!("{value:#}\n")
    }

    /// Reads the text form.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let value: Value = serde_json::from_slice(bytes).ok()?;
        let text = |value: &Value, key: &str| value.get(key)?.as_str().map(str::to_owned);
        let act = |act: &Value| {
            Some(FoundAct {
                index: act.get("index")?.as_u64()?,
                id: text(act, "id")?,
                kind: text(act, "kind")?,
                at: text(act, "at")?,
                outcome: text(act, "outcome")?,
            })
        };
        if value.get("v")?.as_u64() != Some(1) {
            return None;
        }
        let subject = match value.get("subject")? {
            Value::Null => None,
            subject => Some((text(subject, "kind")?, text(subject, "id")?)),
        };
        let peaks = value.get("peaks")?.as_array()?.iter().map(|peak| Hash::from_base64(peak.as_str()?));
        Some(MonitorState {
            checkpoint: text(&value, "checkpoint")?,
            peaks: peaks.collect::<Option<_>>()?,
            subject,
            acts: value.get("acts")?.as_array()?.iter().map(act).collect::<Option<_>>()?,
        })
    }
}

/// Visits a log: checks what is there against the state of the last visit, and returns the state for the next.
///
/// # Errors
/// [`MonitorError`]; the old state stays the one to keep.
pub fn visit(
    reader: &(impl TileReader + ?Sized),
    origin: &str,
    keys: &[VerifierKey],
    state: Option<&MonitorState>,
    subject: Option<(String, String)>,
) -> Result<(MonitorState, Visit), MonitorError> {
    let old = state.map(|state| open_state(state, origin, keys)).transpose()?;
    let bytes = reader.read(CHECKPOINT_PATH).map_err(MonitorError::Unreachable)?;
    let missing = || MonitorError::Unreachable(ReadError::Missing { path: CHECKPOINT_PATH.to_owned() });
    let bytes = bytes.ok_or_else(missing)?;
    let head =
        SignedCheckpoint::open(&bytes, origin, keys).map_err(|error| MonitorError::Checkpoint(error.to_string()))?;
    let (size, root) = (head.checkpoint.size, head.checkpoint.root);
    let old_size = old.as_ref().map_or(0, |(tree, _)| tree.checkpoint.size);
    if let Some((tree, _)) = &old {
        same_or_larger(tree, &head)?;
    }
    // A subject that was not followed before is looked for from the first leaf on.
    let followed = state.is_some_and(|state| state.subject == subject || subject.is_none());
    let (mut frontier, mut acts) = match (&old, state) {
        (Some((_, frontier)), Some(state)) if followed && subject.is_some() => (frontier.clone(), state.acts.clone()),
        (Some((_, frontier)), _) if subject.is_none() => (frontier.clone(), Vec::new()),
        _ => (Frontier::new(), Vec::new()),
    };
    let first = frontier.size();
    let mut new_acts = 0;
    read_entries(reader, first, size, |index, entry| {
        frontier.push(leaf_hash(entry));
        if let Some(act) = subject.as_ref().and_then(|subject| act_on(entry, index, subject)) {
            new_acts += usize::from(index >= old_size);
            if acts.len() < ACTS_MAX {
                acts.push(act);
            }
        }
    })?;
    if frontier.root() != root {
        return Err(explain(reader, old.as_ref().map(|(tree, _)| tree), &head, first));
    }
    if let (Some((tree, _)), true) = (&old, first == 0 && old_size > 0) {
        // Everything was read again: the old tree must be a beginning of it.
        let tiles = TiledTree::new(reader, size);
        let beginning = tree::root(&tiles, old_size).map_err(MonitorError::Unreachable)?;
        if beginning != tree.checkpoint.root {
            return Err(explain(reader, Some(tree), &head, first));
        }
    }
    let visit = Visit { old_size, size, root, hashed: size - first, new_acts };
    let next = MonitorState { checkpoint: head.note.to_string(), peaks: frontier.peaks().to_vec(), subject, acts };
    Ok((next, visit))
}

fn open_state(
    state: &MonitorState,
    origin: &str,
    keys: &[VerifierKey],
) -> Result<(SignedCheckpoint, Frontier), MonitorError> {
    let unusable = |reason: String| MonitorError::State(reason);
    let tree = SignedCheckpoint::open(state.checkpoint.as_bytes(), origin, keys)
        .map_err(|error| unusable(format!("its checkpoint is not this log's: {error}")))?;
    let frontier = Frontier::from_peaks(tree.checkpoint.size, state.peaks.clone());
    let frontier = frontier.filter(|frontier| frontier.root() == tree.checkpoint.root);
    let frontier = frontier.ok_or_else(|| unusable("its peaks do not lead to its checkpoint's root".to_owned()))?;
    Ok((tree, frontier))
}

fn same_or_larger(old: &SignedCheckpoint, new: &SignedCheckpoint) -> Result<(), MonitorError> {
    let (before, now) = (&old.checkpoint, &new.checkpoint);
    let reason = if now.size < before.size {
        format!("the log showed {} leaves before and shows {} now: leaves were taken away", before.size, now.size)
    } else if now.size == before.size && now.root != before.root {
        format!("the log signed two trees of {} leaves: {} and {}", now.size, before.root, now.root)
    } else {
        return Ok(());
    };
    Err(MonitorError::Fork { reason, older: old.note.to_string(), newer: new.note.to_string() })
}

/// Hands every entry from leaf `first` on over, with its number.
fn read_entries(
    reader: &(impl TileReader + ?Sized),
    first: u64,
    size: u64,
    mut take: impl FnMut(u64, &[u8]),
) -> Result<(), MonitorError> {
    if first == size {
        return Ok(());
    }
    for index in first / TILE_WIDTH..size.div_ceil(TILE_WIDTH) {
        let id = BundleId { index, width: tile_width(0, index, size) };
        let (file, bytes) = read_bundle(reader, id).map_err(MonitorError::Unreachable)?;
        let altered =
            |error: bundle::BundleError| MonitorError::Altered { file: file.to_string(), reason: error.to_string() };
        let entries = bundle::decode(&bytes, usize::from(file.width)).map_err(altered)?;
        for (position, entry) in entries.into_iter().take(usize::from(id.width)).enumerate() {
            let leaf = index * TILE_WIDTH + position as u64;
            if leaf >= first {
                take(leaf, entry);
            }
        }
    }
    Ok(())
}

fn act_on(entry: &[u8], index: u64, (kind, id): &(String, String)) -> Option<FoundAct> {
    // A cheap look first: most leaves are about something else.
    if !entry.windows(id.len()).any(|part| part == id.as_bytes()) {
        return None;
    }
    let leaf = Leaf::parse(entry).ok()?;
    let is = |subject: &Value| {
        subject.get("kind").and_then(Value::as_str) == Some(kind)
            && subject.get("id").and_then(Value::as_str) == Some(id)
    };
    let related = leaf.act.get("related").and_then(Value::as_array);
    let concerns = leaf.act.get("subject").is_some_and(is) || related.is_some_and(|all| all.iter().any(is));
    let text = |key: &str| leaf.text(key).unwrap_or_default().to_owned();
    concerns.then(|| FoundAct {
        index,
        id: leaf.id.clone(),
        kind: text("kind"),
        at: text("at"),
        outcome: text("outcome"),
    })
}

/// The entries do not lead from the old tree to the new root: is it another history, or are files altered?
fn explain(
    reader: &(impl TileReader + ?Sized),
    old: Option<&SignedCheckpoint>,
    new: &SignedCheckpoint,
    first: u64,
) -> MonitorError {
    let size = new.checkpoint.size;
    let tiles = TiledTree::new(reader, size);
    let by_tiles = match tree::root(&tiles, size) {
        Ok(root) => root,
        Err(error) => return MonitorError::Unreachable(error),
    };
    if by_tiles != new.checkpoint.root {
        let reason = format!("they lead to root {by_tiles}, the checkpoint says {}", new.checkpoint.root);
        return MonitorError::Altered { file: "tile/".to_owned(), reason };
    }
    if let Some(old) = old {
        let (old_size, old_root) = (old.checkpoint.size, old.checkpoint.root);
        match tree::root(&tiles, old_size) {
            Ok(root) if root != old_root => {
                let reason = format!(
                    "the tree of {size} leaves does not extend the one of {old_size}: its beginning has root {root}, the \
                     checkpoint kept from before says {old_root}"
                );
                let (older, newer) = (old.note.to_string(), new.note.to_string());
                return MonitorError::Fork { reason, older, newer };
            }
            Ok(_) => {}
            Err(error) => return MonitorError::Unreachable(error),
        }
    }
    first_altered(reader, first, size)
}

/// The first bundle whose entries do not hash to the tile that the signed root vouches for.
fn first_altered(reader: &(impl TileReader + ?Sized), first: u64, size: u64) -> MonitorError {
    for index in first / TILE_WIDTH..size.div_ceil(TILE_WIDTH) {
        let width = tile_width(0, index, size);
        let bundle = BundleId { index, width };
        let row = match read_tile(reader, TileId { level: 0, index, width }) {
            Ok(row) => row,
            Err(error) => return MonitorError::Unreachable(error),
        };
        let mut different = None;
        let from = first.max(index * TILE_WIDTH);
        let until = size.min((index + 1) * TILE_WIDTH);
        let read = read_entries(reader, from, until, |leaf, entry| {
            if different.is_none() && leaf_hash(entry) != row[(leaf % TILE_WIDTH) as usize] {
                different = Some(leaf);
            }
        });
        if let Err(error) = read {
            return error;
        }
        if let Some(leaf) = different {
            let reason = format!("entry of leaf {leaf} is not the one that was signed");
            return MonitorError::Altered { file: bundle.to_string(), reason };
        }
    }
    MonitorError::Altered {
        file: "tile/".to_owned(),
        reason: "entries and hashes contradict the signed root".to_owned(),
    }
}
