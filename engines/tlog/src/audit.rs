//! A whole log checked: every entry hashed, every tile recomputed, the root compared with the signed checkpoint. The
//! first difference is named, and, where the other copies tell, which file was altered.

use crate::bundle::{self, BundleError};
use crate::checkpoint::{CheckpointError, SignedCheckpoint};
use crate::hash::{Hash, leaf_hash};
use crate::note::{NoteError, VerifierKey};
use crate::tile::{
    BundleId, ReadError, TILE_WIDTH, TileId, TileReader, full_tile_root, new_bundles, read_bundle, read_tile,
    tile_width,
};
use crate::tree::Frontier;
use std::fmt;

/// Name of the checkpoint's file.
pub const CHECKPOINT_PATH: &str = "checkpoint";

/// The first thing in a log that is not as the rest of it says.
#[derive(Debug, thiserror::Error)]
pub enum Difference {
    /// A file is missing, unreadable or of the wrong length.
    #[error(transparent)]
    File(#[from] ReadError),
    /// The checkpoint is not one, or its signature is not the log's.
    #[error("checkpoint: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// A bundle does not hold the entries its name says.
    #[error("{path}: {source}")]
    Bundle {
        /// The bundle's file.
        path: String,
        /// What is wrong in it.
        source: BundleError,
    },
    /// An entry does not hash to what the level-0 tile says.
    #[error(transparent)]
    Leaf(Box<LeafDifference>),
    /// A tile above level 0 does not hold the root of the tile below.
    #[error(transparent)]
    Tile(Box<TileDifference>),
    /// Entries and tiles agree with each other but not with the signed root.
    #[error("the root over {size} leaves is {computed}, the signed checkpoint says {expected}: leaves were replaced")]
    Root {
        /// Leaves.
        size: u64,
        /// Root over the leaves as they are.
        computed: Hash,
        /// Root in the checkpoint.
        expected: Hash,
    },
    /// The caller's own check of an entry failed.
    #[error("leaf {index}: {reason}")]
    Entry {
        /// Number of the leaf, from 0.
        index: u64,
        /// What the caller found.
        reason: String,
    },
}

/// An entry and its hash in the level-0 tile contradict each other.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "leaf {index}: entry {position} of {bundle} hashes to {computed}, hash {position} of {tile} is {found}; {blame}"
)]
pub struct LeafDifference {
    /// Number of the leaf, from 0.
    pub index: u64,
    /// Position within bundle and tile, from 0.
    pub position: usize,
    /// The bundle's file.
    pub bundle: String,
    /// The tile's file.
    pub tile: String,
    /// Hash of the entry.
    pub computed: Hash,
    /// Hash in the tile.
    pub found: Hash,
    /// Which of the two the signed root speaks against.
    pub blame: Blame,
}

/// A hash of a tile above level 0 is not the root of the tile below.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{tile}: hash {position} is {found}, the tile below gives {computed}; {blame}")]
pub struct TileDifference {
    /// The tile's file.
    pub tile: String,
    /// Position in it, from 0.
    pub position: usize,
    /// Hash computed from the level below.
    pub computed: Hash,
    /// Hash in the tile.
    pub found: Hash,
    /// Which file was altered.
    pub blame: Blame,
}

/// Which of two files that contradict each other was altered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Blame {
    /// The other one leads to the signed root.
    File(String),
    /// Neither leads to the signed root.
    Both,
}

impl fmt::Display for Blame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Blame::File(path) => write!(f, "{path} was altered"),
            Blame::Both => f.write_str("neither leads to the signed root"),
        }
    }
}

/// What an audit that found nothing read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditReport {
    /// The checkpoint everything was compared with.
    pub checkpoint: SignedCheckpoint,
    /// Entries hashed.
    pub entries: u64,
    /// Tiles compared.
    pub tiles: u64,
    /// Bytes of entries.
    pub entry_bytes: u64,
}

/// The name of the log in a checkpoint, before anything is checked; to find the key that belongs to it.
pub fn claimed_origin(checkpoint: &[u8]) -> Result<String, NoteError> {
    let note = crate::note::Note::parse(checkpoint)?;
    Ok(note.text().lines().next().unwrap_or_default().to_owned())
}

/// Audits the log behind `reader`. `check` is called for every entry in order with its number, after its hash agreed with
/// its tile; what it returns as an error is the first difference. Memory: one bundle and one tile a level.
pub fn audit(
    reader: &(impl TileReader + ?Sized),
    origin: &str,
    keys: &[VerifierKey],
    mut check: impl FnMut(u64, &[u8]) -> Result<(), String>,
) -> Result<AuditReport, Difference> {
    let missing = || ReadError::Missing { path: CHECKPOINT_PATH.to_owned() };
    let bytes = reader.read(CHECKPOINT_PATH)?.ok_or_else(missing)?;
    let signed = SignedCheckpoint::open(&bytes, origin, keys)?;
    let (size, expected) = (signed.checkpoint.size, signed.checkpoint.root);
    let mut report = AuditReport { checkpoint: signed, entries: 0, tiles: 0, entry_bytes: 0 };
    let mut frontier = Frontier::new();
    let mut upper = Upper::new(reader, size, expected);
    for id in new_bundles(0, size) {
        let leaves = audit_bundle(reader, id, size, expected, &mut report, &mut check)?;
        for leaf in &leaves {
            frontier.push(*leaf);
        }
        report.tiles += 1;
        if let Some(root) = full_tile_root(&leaves) {
            report.tiles += upper.push(1, id.index, root)?;
        }
    }
    if frontier.root() != expected {
        return Err(Difference::Root { size, computed: frontier.root(), expected });
    }
    Ok(report)
}

/// Checks one bundle against its level-0 tile and returns the leaf hashes.
fn audit_bundle(
    reader: &(impl TileReader + ?Sized),
    id: BundleId,
    size: u64,
    expected: Hash,
    report: &mut AuditReport,
    check: &mut impl FnMut(u64, &[u8]) -> Result<(), String>,
) -> Result<Vec<Hash>, Difference> {
    let (file, bytes) = read_bundle(reader, id)?;
    let bad = |source| Difference::Bundle { path: file.to_string(), source };
    let mut entries = bundle::decode(&bytes, usize::from(file.width)).map_err(bad)?;
    entries.truncate(usize::from(id.width));
    let tile = TileId { level: 0, index: id.index, width: id.width };
    let found = read_tile(reader, tile)?;
    let leaves: Vec<Hash> = entries.iter().map(|entry| leaf_hash(entry)).collect();
    let first = id.index * TILE_WIDTH;
    if let Some(position) = (0..leaves.len()).find(|position| leaves[*position] != found[*position]) {
        return Err(Difference::Leaf(Box::new(LeafDifference {
            index: first + position as u64,
            position,
            bundle: file.to_string(),
            tile: tile.to_string(),
            computed: leaves[position],
            found: found[position],
            blame: blame_leaf(reader, size, expected, &file, &tile),
        })));
    }
    for (position, entry) in entries.iter().enumerate() {
        let index = first + position as u64;
        check(index, entry).map_err(|reason| Difference::Entry { index, reason })?;
        report.entries += 1;
        report.entry_bytes += entry.len() as u64;
    }
    Ok(leaves)
}

/// Whichever of the two kinds of file leads to the signed root over the whole log is right, and the other was altered.
fn blame_leaf(
    reader: &(impl TileReader + ?Sized),
    size: u64,
    expected: Hash,
    bundle: &BundleId,
    tile: &TileId,
) -> Blame {
    if root_by_tiles(reader, size) == Some(expected) {
        Blame::File(bundle.to_string())
    } else if root_by_entries(reader, size) == Some(expected) {
        Blame::File(tile.to_string())
    } else {
        Blame::Both
    }
}

/// The root that the level-0 tiles lead to.
fn root_by_tiles(reader: &(impl TileReader + ?Sized), size: u64) -> Option<Hash> {
    let mut frontier = Frontier::new();
    for id in new_bundles(0, size) {
        let row = read_tile(reader, TileId { level: 0, index: id.index, width: id.width }).ok()?;
        row.into_iter().for_each(|leaf| frontier.push(leaf));
    }
    Some(frontier.root())
}

/// The root that the entries lead to.
fn root_by_entries(reader: &(impl TileReader + ?Sized), size: u64) -> Option<Hash> {
    let mut frontier = Frontier::new();
    for id in new_bundles(0, size) {
        let (file, bytes) = read_bundle(reader, id).ok()?;
        let entries = bundle::decode(&bytes, usize::from(file.width)).ok()?;
        let kept = entries.into_iter().take(usize::from(id.width));
        kept.for_each(|entry| frontier.push(leaf_hash(entry)));
    }
    Some(frontier.root())
}

/// The tiles above level 0, compared as the roots of full tiles below arrive.
struct Upper<'r, R: ?Sized> {
    reader: &'r R,
    size: u64,
    expected: Hash,
    /// For each level from 1: the hashes computed for the tile that is being filled.
    rows: Vec<Vec<Hash>>,
}

impl<'r, R: TileReader + ?Sized> Upper<'r, R> {
    fn new(reader: &'r R, size: u64, expected: Hash) -> Self {
        Upper { reader, size, expected, rows: Vec::new() }
    }

    /// Takes hash `index` of `level` and compares each tile it completes. Returns how many tiles were compared.
    fn push(&mut self, level: u8, index: u64, hash: Hash) -> Result<u64, Difference> {
        let slot = usize::from(level) - 1;
        if self.rows.len() <= slot {
            self.rows.resize(slot + 1, Vec::new());
        }
        self.rows[slot].push(hash);
        let tile_index = index / TILE_WIDTH;
        let width = tile_width(level, tile_index, self.size);
        if self.rows[slot].len() < usize::from(width) {
            return Ok(0);
        }
        let computed = std::mem::take(&mut self.rows[slot]);
        let tile = TileId { level, index: tile_index, width };
        let found = read_tile(self.reader, tile)?;
        if let Some(position) = (0..computed.len()).find(|position| computed[*position] != found[*position]) {
            return Err(Difference::Tile(Box::new(TileDifference {
                tile: tile.to_string(),
                position,
                computed: computed[position],
                found: found[position],
                // Unless the leaves below were replaced, tile by tile, it is this tile.
                blame: match root_by_tiles(self.reader, self.size) == Some(self.expected) {
                    true => Blame::File(tile.to_string()),
                    false => Blame::Both,
                },
            })));
        }
        let above = match full_tile_root(&computed) {
            Some(root) => self.push(level + 1, tile_index, root)?,
            None => 0,
        };
        Ok(1 + above)
    }
}
