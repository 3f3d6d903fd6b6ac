//! The files of a log (C2SP tlog-tiles): which hashes and entries stand in which file, and how the file is named.

use crate::hash::{HASH_BYTES, Hash, node_hash};
use crate::tree::Nodes;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// Hashes in a full tile, entries in a full bundle.
pub const TILE_WIDTH: u64 = 256;
/// Tree levels one tile level spans.
pub const TILE_HEIGHT: u8 = 8;
/// Highest tile level the format can name.
pub const TILE_LEVEL_MAX: u8 = 63;
/// Tile levels a log of up to `2^64 - 1` leaves can fill.
const LEVELS_USED_MAX: u8 = 8;

/// A tile of hashes: `tile/<level>/<index>[.p/<width>]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TileId {
    /// Tile level; 0 holds leaf hashes.
    pub level: u8,
    /// Index within the level.
    pub index: u64,
    /// Hashes in it, 1 to 256; below 256 it is a partial tile.
    pub width: u16,
}

/// A bundle of entries: `tile/entries/<index>[.p/<width>]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BundleId {
    /// Index; its first entry is leaf `index * 256`.
    pub index: u64,
    /// Entries in it, 1 to 256.
    pub width: u16,
}

/// A file of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Resource {
    /// `checkpoint`: the signed tree head.
    Checkpoint,
    /// A tile of hashes.
    Tile(TileId),
    /// A bundle of entries.
    Bundle(BundleId),
}

impl Resource {
    /// Reads a path relative to the log's prefix. Only the one canonical spelling of each file is a resource, so a path
    /// that was parsed can be joined to a folder safely.
    pub fn parse(path: &str) -> Option<Resource> {
        if path == "checkpoint" {
            return Some(Resource::Checkpoint);
        }
        let rest = path.strip_prefix("tile/")?;
        let (level, rest) = rest.split_once('/')?;
        let (index, width) = parse_index_and_width(rest)?;
        if level == "entries" {
            return Some(Resource::Bundle(BundleId { index, width }));
        }
        let level = parse_decimal(level, 2)?;
        let level = u8::try_from(level).ok().filter(|level| *level <= TILE_LEVEL_MAX)?;
        Some(Resource::Tile(TileId { level, index, width }))
    }

    /// Whether the file never changes once it is there (all but the checkpoint).
    pub fn is_immutable(&self) -> bool {
        !matches!(self, Resource::Checkpoint)
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Resource::Checkpoint => f.write_str("checkpoint"),
            Resource::Tile(tile) => tile.fmt(f),
            Resource::Bundle(bundle) => bundle.fmt(f),
        }
    }
}

impl fmt::Display for TileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tile/{}/", self.level)?;
        write_index_and_width(f, self.index, self.width)
    }
}

impl fmt::Display for BundleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("tile/entries/")?;
        write_index_and_width(f, self.index, self.width)
    }
}

fn write_index_and_width(f: &mut fmt::Formatter<'_>, index: u64, width: u16) -> fmt::Result {
    let digits = index.to_string();
    let groups = digits.len().div_ceil(3);
    let padded = format!("{digits:0>width$}", width = groups * 3);
    for group in 0..groups {
        let lead = if group + 1 < groups { "x" } else { "" };
        let tail = if group + 1 < groups { "/" } else { "" };
        write!(f, "{lead}{}{tail}", &padded[group * 3..group * 3 + 3])?;
    }
    if u64::from(width) < TILE_WIDTH {
        write!(f, ".p/{width}")?;
    }
    Ok(())
}

/// A decimal without leading zeros, at most `digits_max` digits.
fn parse_decimal(text: &str, digits_max: usize) -> Option<u64> {
    let canonical = !text.is_empty()
        && text.len() <= digits_max
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && (text == "0" || !text.starts_with('0'));
    if canonical { text.parse().ok() } else { None }
}

fn parse_index_and_width(text: &str) -> Option<(u64, u16)> {
    let (index, width) = match text.split_once(".p/") {
        Some((index, width)) => {
            let width = parse_decimal(width, 3).filter(|width| (1..TILE_WIDTH).contains(width))?;
            (index, width as u16)
        }
        None => (text, TILE_WIDTH as u16),
    };
    let (mut value, mut first) = (0u64, true);
    let mut parts = index.split('/').peekable();
    while let Some(part) = parts.next() {
        let last = parts.peek().is_none();
        let digits = if last { part } else { part.strip_prefix('x')? };
        if digits.len() != 3 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        // A first group of zeros before others would be a second spelling of a smaller index.
        if first && !last && digits == "000" {
            return None;
        }
        first = false;
        value = value.checked_mul(1000)?.checked_add(digits.parse().ok()?)?;
    }
    Some((value, width))
}

/// Hashes at tile level `level` of a log with `size` leaves: `floor(size / 256^level)`.
pub fn hashes_at(level: u8, size: u64) -> u64 {
    size.checked_shr(u32::from(level) * u32::from(TILE_HEIGHT)).unwrap_or(0)
}

/// Width of tile `index` at `level` in a log with `size` leaves; 0 where there is no such tile.
pub fn tile_width(level: u8, index: u64, size: u64) -> u16 {
    let before = index.saturating_mul(TILE_WIDTH);
    hashes_at(level, size).saturating_sub(before).min(TILE_WIDTH) as u16
}

/// Every tile of a log with `size` leaves that a log with `old_size` leaves did not have at that width, level by level.
pub fn new_tiles(old_size: u64, size: u64) -> impl Iterator<Item = TileId> {
    (0..LEVELS_USED_MAX).flat_map(move |level| {
        let (old, new) = (hashes_at(level, old_size), hashes_at(level, size));
        let range = if old == new { 0..0 } else { old / TILE_WIDTH..new.div_ceil(TILE_WIDTH) };
        range.map(move |index| TileId { level, index, width: tile_width(level, index, size) })
    })
}

/// Every tile of a log with `size` leaves, level by level.
pub fn tiles(size: u64) -> impl Iterator<Item = TileId> {
    new_tiles(0, size)
}

/// Every bundle of a log with `size` leaves that a log with `old_size` leaves did not have at that width.
pub fn new_bundles(old_size: u64, size: u64) -> impl Iterator<Item = BundleId> {
    let range = if old_size == size { 0..0 } else { old_size / TILE_WIDTH..size.div_ceil(TILE_WIDTH) };
    range.map(move |index| BundleId { index, width: tile_width(0, index, size) })
}

/// The root of the subtree over up to 256 hashes of one tile row; the count must be a power of two.
fn fold_row(row: &[Hash]) -> Option<Hash> {
    let mut row = row.to_vec();
    while row.len() > 1 {
        row = row
            .chunks(2)
            .map(|pair| match pair {
                [left, right] => Some(node_hash(left, right)),
                _ => None,
            })
            .collect::<Option<Vec<_>>>()?;
    }
    row.first().copied()
}

/// The hash that a full tile contributes to the level above: the root over its 256 hashes. `None` unless it is full.
pub fn full_tile_root(hashes: &[Hash]) -> Option<Hash> {
    if hashes.len() as u64 == TILE_WIDTH { fold_row(hashes) } else { None }
}

/// Why a file of a log could not be used.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The reader failed: disk, archive, network.
    #[error("{path} could not be read: {source}")]
    Failed {
        /// The file.
        path: String,
        /// What happened.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The file is not there.
    #[error("{path} is missing")]
    Missing {
        /// The file.
        path: String,
    },
    /// A tile's length is not what its name says.
    #[error("{path} has {found} bytes, a tile of that width has {expected}")]
    TileLength {
        /// The file.
        path: String,
        /// Bytes found.
        found: usize,
        /// Bytes expected.
        expected: usize,
    },
}

/// Reads the files of a log by their path relative to its prefix. What lies behind may be a folder, a zip or memory.
pub trait TileReader {
    /// The whole file, or `None` when there is none of that name. Implementations bound what they read:
    /// no file of a log is longer than [`FILE_BYTES_MAX`].
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, ReadError>;
}

/// Longest file of a log: a full bundle of the longest entries, bytes.
pub const FILE_BYTES_MAX: u64 = TILE_WIDTH * (2 + crate::bundle::ENTRY_BYTES_MAX as u64);

impl TileReader for BTreeMap<String, Vec<u8>> {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, ReadError> {
        Ok(self.get(path).cloned())
    }
}

impl<R: TileReader + ?Sized> TileReader for &R {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, ReadError> {
        (**self).read(path)
    }
}

/// Reads a tile and cuts it into hashes. Where a partial tile was removed because the full one replaced it, the first
/// hashes of the full one are the same.
pub fn read_tile(reader: &(impl TileReader + ?Sized), tile: TileId) -> Result<Vec<Hash>, ReadError> {
    let (path, bytes) =
        read_or_full(reader, tile.to_string(), || TileId { width: TILE_WIDTH as u16, ..tile }.to_string())?;
    let full = path != tile.to_string() || u64::from(tile.width) == TILE_WIDTH;
    let expected = if full { TILE_WIDTH as usize } else { usize::from(tile.width) } * HASH_BYTES;
    if bytes.len() != expected {
        return Err(ReadError::TileLength { path, found: bytes.len(), expected });
    }
    Ok(bytes.chunks_exact(HASH_BYTES).take(usize::from(tile.width)).filter_map(Hash::from_slice).collect())
}

/// A bundle's bytes with the name and width of the file they came from (the full one where the partial one is gone).
pub fn read_bundle(reader: &(impl TileReader + ?Sized), bundle: BundleId) -> Result<(BundleId, Vec<u8>), ReadError> {
    let full = BundleId { width: TILE_WIDTH as u16, ..bundle };
    let (path, bytes) = read_or_full(reader, bundle.to_string(), || full.to_string())?;
    let found = if path == bundle.to_string() { bundle } else { full };
    Ok((found, bytes))
}

fn read_or_full(
    reader: &(impl TileReader + ?Sized),
    path: String,
    full: impl FnOnce() -> String,
) -> Result<(String, Vec<u8>), ReadError> {
    if let Some(bytes) = reader.read(&path)? {
        return Ok((path, bytes));
    }
    let full = full();
    if full != path
        && let Some(bytes) = reader.read(&full)?
    {
        return Ok((full, bytes));
    }
    Err(ReadError::Missing { path })
}

/// The tree of a log with `size` leaves, read from its tiles. Tiles read once are kept.
pub struct TiledTree<R> {
    reader: R,
    size: u64,
    cache: Mutex<HashMap<TileId, Vec<Hash>>>,
}

impl<R: TileReader> TiledTree<R> {
    /// The tree of the log behind `reader` at `size` leaves.
    pub fn new(reader: R, size: u64) -> Self {
        TiledTree { reader, size, cache: Mutex::default() }
    }

    /// Leaves of the tree.
    pub fn size(&self) -> u64 {
        self.size
    }
}

impl<R: TileReader> Nodes for TiledTree<R> {
    type Error = ReadError;

    fn node(&self, level: u8, index: u64) -> Result<Hash, ReadError> {
        let (tile_level, inner) = (level / TILE_HEIGHT, level % TILE_HEIGHT);
        let first = index << inner;
        let tile_index = first / TILE_WIDTH;
        let tile =
            TileId { level: tile_level, index: tile_index, width: tile_width(tile_level, tile_index, self.size) };
        let missing = || ReadError::Missing { path: tile.to_string() };
        if tile.width == 0 {
            return Err(missing());
        }
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        let hashes = match cache.entry(tile) {
            std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::hash_map::Entry::Vacant(place) => place.insert(read_tile(&self.reader, tile)?),
        };
        let start = (first % TILE_WIDTH) as usize;
        let row = hashes.get(start..start + (1 << inner)).ok_or_else(missing)?;
        fold_row(row).ok_or_else(missing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_the_format_and_read_back() {
        let tile = TileId { level: 0, index: 1_234_067, width: 256 };
        assert_eq!(tile.to_string(), "tile/0/x001/x234/067");
        assert_eq!(Resource::parse("tile/0/x001/x234/067"), Some(Resource::Tile(tile)));
        let bundle = BundleId { index: 0, width: 7 };
        assert_eq!(bundle.to_string(), "tile/entries/000.p/7");
        assert_eq!(Resource::parse("tile/entries/000.p/7"), Some(Resource::Bundle(bundle)));
        for index in [0, 1, 999, 1000, 999_999, 1_000_000, u64::MAX] {
            let tile = TileId { level: 2, index, width: 3 };
            assert_eq!(Resource::parse(&tile.to_string()), Some(Resource::Tile(tile)));
        }
    }

    #[test]
    fn a_second_spelling_of_a_file_is_no_file() {
        for path in [
            "",
            "tile",
            "tile/",
            "tile/0",
            "tile/0/",
            "tile/00/000",
            "tile/64/000",
            "tile/0/00",
            "tile/0/0000",
            "tile/0/x000/001",
            "tile/0/x001",
            "tile/0/001/002",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/01",
            "tile/0/000.p/",
            "tile/entries/../000",
            "tile/0/000/",
            "/tile/0/000",
            "checkpoint/",
            "tile/-1/000",
            "tile/0/+01",
            "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
        ] {
            assert_eq!(Resource::parse(path), None, "{path}");
        }
    }

    #[test]
    fn the_tiles_of_seventy_thousand_leaves_are_the_ones_of_the_specification() {
        let all: Vec<TileId> = tiles(70_000).collect();
        let count = |level, full| {
            let matching = |tile: &&TileId| tile.level == level && (tile.width == 256) == full;
            all.iter().filter(matching).count()
        };
        assert_eq!((count(0, true), count(1, true)), (273, 1));
        assert_eq!(all.len(), 277);
        let partial: Vec<_> = all.iter().filter(|tile| tile.width < 256).map(ToString::to_string).collect();
        assert_eq!(partial, ["tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"]);
        assert_eq!(tiles(256).map(|tile| tile.to_string()).collect::<Vec<_>>(), ["tile/0/000", "tile/1/000.p/1"]);
        assert_eq!(tiles(0).count(), 0);
    }
}
