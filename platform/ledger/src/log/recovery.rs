//! Opening a log: what is on the disk is checked, and what a stop left half done is finished.

use super::fence::Fence;
use super::publisher::{Edge, Pending, Publisher, sign, write_checkpoint};
use super::writer::{IdOf, Ids, REMEMBERED_IDS, Writer};
use super::{Head, LogError, Shared, journal};
use crate::disk::Disk;
use crate::view::DiskReader;
use std::sync::Arc;
use tlog::audit::CHECKPOINT_PATH;
use tlog::tile::{BundleId, TILE_WIDTH, TileId, TiledTree, hashes_at, read_bundle, read_tile, tile_width};
use tlog::tree::Frontier;
use tlog::{SignedCheckpoint, SignerKey, bundle, empty_root, leaf_hash};

/// Opens the log and publishes all that is durable.
///
/// # Errors
/// [`LogError::Corrupt`] when the files contradict each other; what the disk says.
pub fn open(disk: Arc<dyn Disk>, signer: SignerKey, id_of: IdOf) -> Result<(Writer, Publisher), LogError> {
    open_fenced(disk, signer, id_of, Fence::none())
}

/// The same for a writer with a fence: it is raised before anything is read, so that an earlier writer writes no more.
///
/// # Errors
/// As [`open`]; [`LogError::Locked`] when a later writer has raised a higher one.
pub fn open_fenced(
    disk: Arc<dyn Disk>,
    signer: SignerKey,
    id_of: IdOf,
    fence: Fence,
) -> Result<(Writer, Publisher), LogError> {
    fence.raise(disk.as_ref())?;
    let head = match read_head(disk.as_ref(), &signer)? {
        Some(head) => head,
        None => begin(disk.as_ref(), &signer)?,
    };
    let edge = read_edge(&disk, &head)?;
    let leaves = journal::replay(disk.as_ref(), head.size)?;
    let size = head.size + leaves.len() as u64;
    let mut ids = Ids::default();
    remember_published(&disk, head.size, id_of, &mut ids)?;
    for (position, leaf) in leaves.iter().enumerate() {
        if let Some(id) = id_of(leaf) {
            ids.insert(id, head.size + position as u64);
        }
    }
    let shared = Shared::new(Pending::of(leaves), head);
    let mut publisher = Publisher::new(Arc::clone(&disk), signer, Arc::clone(&shared), edge, fence);
    publisher.publish()?;
    Ok((Writer::new(disk, shared, size, ids, fence), publisher))
}

/// The checkpoint that is there, if its signature is ours.
fn read_head(disk: &dyn Disk, signer: &SignerKey) -> Result<Option<Head>, LogError> {
    let read = disk.read(CHECKPOINT_PATH, tlog::note::NOTE_BYTES_MAX as u64);
    let Some(bytes) = read.map_err(|error| LogError::disk("reading the checkpoint", error))? else {
        return Ok(None);
    };
    let signed = SignedCheckpoint::open(&bytes, signer.name(), &[signer.verifier()])
        .map_err(|error| LogError::corrupt(CHECKPOINT_PATH, error))?;
    Ok(Some(Head { size: signed.checkpoint.size, root: signed.checkpoint.root, checkpoint: signed.note.to_string() }))
}

/// Begins an empty log. Where there are leaves but no checkpoint, nothing is begun: it would be another history.
fn begin(disk: &dyn Disk, signer: &SignerKey) -> Result<Head, LogError> {
    let failed = |error| LogError::disk("beginning the log", error);
    let tiles = disk.list("tile").map_err(failed)?;
    if !tiles.is_empty() || !journal::files(disk)?.is_empty() {
        return Err(LogError::corrupt(CHECKPOINT_PATH, "it is missing although there are leaves"));
    }
    disk.create_folder(journal::FOLDER).map_err(failed)?;
    disk.sync_folder("").map_err(failed)?;
    let head = sign(signer, 0, empty_root())?;
    write_checkpoint(disk, &head)?;
    Ok(head)
}

/// The right edge of the published tree, checked against its root.
fn read_edge(disk: &Arc<dyn Disk>, head: &Head) -> Result<Edge, LogError> {
    let reader = DiskReader::new(Arc::clone(disk));
    let size = head.size;
    let damaged = |error: tlog::tile::ReadError| LogError::corrupt("tiles", error);
    let frontier = Frontier::of(&TiledTree::new(&reader, size), size).map_err(damaged)?;
    if frontier.root() != head.root {
        let reason = format!("they lead to root {}, the checkpoint says {}", frontier.root(), head.root);
        return Err(LogError::corrupt("tiles", reason));
    }
    let mut edge = Edge { frontier, ..Edge::default() };
    for level in (0..8).take_while(|level| hashes_at(*level, size) > 0) {
        let index = hashes_at(level, size) / TILE_WIDTH;
        let width = tile_width(level, index, size);
        let row = match width {
            0 => Vec::new(),
            width => read_tile(&reader, TileId { level, index, width }).map_err(damaged)?,
        };
        edge.rows.push(row);
    }
    let last = BundleId { index: size / TILE_WIDTH, width: (size % TILE_WIDTH) as u16 };
    if last.width > 0 {
        edge.entries = read_entries(&reader, last)?.into_iter().map(Arc::from).collect();
        let row = edge.rows.first().map(Vec::as_slice).unwrap_or_default();
        if edge.entries.iter().map(|entry| leaf_hash(entry)).ne(row.iter().copied()) {
            return Err(LogError::corrupt(last.to_string(), "its entries do not hash to its tile"));
        }
    }
    Ok(edge)
}

fn read_entries(reader: &DiskReader, id: BundleId) -> Result<Vec<Vec<u8>>, LogError> {
    let (file, bytes) = read_bundle(reader, id).map_err(|error| LogError::corrupt(id.to_string(), error))?;
    let entries = bundle::decode(&bytes, usize::from(file.width));
    let entries = entries.map_err(|error| LogError::corrupt(file.to_string(), error))?;
    Ok(entries.into_iter().take(usize::from(id.width)).map(<[u8]>::to_vec).collect())
}

/// Remembers the ids of the newest published leaves.
fn remember_published(disk: &Arc<dyn Disk>, size: u64, id_of: IdOf, ids: &mut Ids) -> Result<(), LogError> {
    let reader = DiskReader::new(Arc::clone(disk));
    let first = size.saturating_sub(REMEMBERED_IDS as u64) / TILE_WIDTH;
    for index in first..size.div_ceil(TILE_WIDTH) {
        let id = BundleId { index, width: tile_width(0, index, size) };
        for (position, entry) in read_entries(&reader, id)?.iter().enumerate() {
            if let Some(id) = id_of(entry) {
                ids.insert(id, index * TILE_WIDTH + position as u64);
            }
        }
    }
    Ok(())
}
