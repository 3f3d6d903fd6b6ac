//! Durable leaves into tiles, tiles into a signed tree.

use super::fence::Fence;
use super::{Head, LogError, Shared, journal};
use crate::disk::Disk;
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use tlog::tile::{BundleId, TILE_WIDTH, TileId, full_tile_root};
use tlog::tree::Frontier;
use tlog::{Checkpoint, Hash, SignerKey, bundle, leaf_hash};

/// Durable leaves that are not in a published tree.
#[derive(Debug, Default)]
pub struct Pending {
    leaves: Vec<Arc<[u8]>>,
    /// Why the last publication failed.
    pub failure: Option<LogError>,
    /// Nothing more will come.
    pub closed: bool,
}

impl Pending {
    pub(crate) fn of(leaves: Vec<Vec<u8>>) -> Self {
        Pending { leaves: leaves.into_iter().map(Arc::from).collect(), ..Pending::default() }
    }

    pub(crate) fn add(&mut self, entries: Vec<&[u8]>) {
        self.leaves.extend(entries.into_iter().map(Arc::from));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.leaves.is_empty()
    }

    pub(crate) fn len(&self) -> u64 {
        self.leaves.len() as u64
    }
}

/// The right edge of the tree: what the next leaf changes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Edge {
    /// The tree's peaks.
    pub frontier: Frontier,
    /// For each tile level: the hashes of the tile that is not full.
    pub rows: Vec<Vec<Hash>>,
    /// The entries of the bundle that is not full.
    pub entries: Vec<Arc<[u8]>>,
}

/// A file to be written.
type NewFile = (String, Vec<u8>);

impl Edge {
    /// Adds a leaf; pushes the files it filled.
    fn push(&mut self, entry: &Arc<[u8]>, files: &mut Vec<NewFile>) -> Result<(), LogError> {
        let leaf = leaf_hash(entry);
        let index = self.frontier.size();
        self.frontier.push(leaf);
        self.entries.push(Arc::clone(entry));
        if self.entries.len() as u64 == TILE_WIDTH {
            files.push(bundle_file(index / TILE_WIDTH, &self.entries)?);
            self.entries.clear();
        }
        self.push_hash(0, index, leaf, files);
        Ok(())
    }

    fn push_hash(&mut self, level: u8, index: u64, hash: Hash, files: &mut Vec<NewFile>) {
        let slot = usize::from(level);
        if self.rows.len() <= slot {
            self.rows.resize(slot + 1, Vec::new());
        }
        self.rows[slot].push(hash);
        if let Some(root) = full_tile_root(&self.rows[slot]) {
            let row = std::mem::take(&mut self.rows[slot]);
            files.push(tile_file(level, index / TILE_WIDTH, &row));
            self.push_hash(level + 1, index / TILE_WIDTH, root, files);
        }
    }

    /// Pushes the files of the tiles and the bundle that are not full.
    fn push_partial(&self, files: &mut Vec<NewFile>) -> Result<(), LogError> {
        let size = self.frontier.size();
        if !self.entries.is_empty() {
            files.push(bundle_file(size / TILE_WIDTH, &self.entries)?);
        }
        for (level, row) in self.rows.iter().enumerate().filter(|(_, row)| !row.is_empty()) {
            let hashes = tlog::tile::hashes_at(level as u8, size);
            files.push(tile_file(level as u8, hashes / TILE_WIDTH, row));
        }
        Ok(())
    }
}

fn bundle_file(index: u64, entries: &[Arc<[u8]>]) -> Result<NewFile, LogError> {
    let width = entries.len() as u16;
    let bytes = bundle::encode(entries.iter().map(AsRef::as_ref));
    let bytes = bytes.map_err(|error| LogError::corrupt("entry bundle", error))?;
    Ok((BundleId { index, width }.to_string(), bytes))
}

fn tile_file(level: u8, index: u64, row: &[Hash]) -> NewFile {
    let width = row.len() as u16;
    let bytes = row.iter().flat_map(|hash| *hash.as_bytes()).collect();
    (TileId { level, index, width }.to_string(), bytes)
}

/// Turns pending leaves into files and signs the tree.
pub struct Publisher {
    disk: Arc<dyn Disk>,
    signer: SignerKey,
    shared: Arc<Shared>,
    edge: Edge,
    /// Folders known to exist durably.
    folders: HashSet<String>,
    fence: Fence,
}

impl Publisher {
    pub(crate) fn new(disk: Arc<dyn Disk>, signer: SignerKey, shared: Arc<Shared>, edge: Edge, fence: Fence) -> Self {
        Publisher { disk, signer, shared, edge, folders: HashSet::new(), fence }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Publishes all that is pending. On failure nothing is published and the same is tried again next time.
    ///
    /// # Errors
    /// What the disk says.
    pub fn publish(&mut self) -> Result<(), LogError> {
        // The leaves stay pending until they are published; others may be added meanwhile.
        let leaves: Vec<Arc<[u8]>> = self.shared.pending().leaves.clone();
        if leaves.is_empty() {
            return Ok(());
        }
        let result = self.integrate(&leaves);
        let mut pending = self.shared.pending();
        match result {
            Ok((edge, head)) => {
                let old_size = self.edge.frontier.size();
                pending.leaves.drain(..leaves.len());
                pending.failure = None;
                drop(pending);
                self.edge = edge;
                self.shared.head.send_replace(Arc::new(head));
                self.tidy(old_size);
                Ok(())
            }
            Err(error) => {
                pending.failure = Some(error.clone());
                // A folder may not have become durable.
                self.folders.clear();
                Err(error)
            }
        }
    }

    fn integrate(&mut self, leaves: &[Arc<[u8]>]) -> Result<(Edge, Head), LogError> {
        let mut edge = self.edge.clone();
        let mut files = Vec::new();
        for leaf in leaves {
            edge.push(leaf, &mut files)?;
        }
        edge.push_partial(&mut files)?;
        self.fence.check(self.disk.as_ref())?;
        self.write_files(&files)?;
        let head = sign(&self.signer, edge.frontier.size(), edge.frontier.root())?;
        self.fence.check(self.disk.as_ref())?;
        write_checkpoint(self.disk.as_ref(), &head)?;
        Ok((edge, head))
    }

    /// Writes files beside their names, makes them durable, then puts them in place.
    fn write_files(&mut self, files: &[NewFile]) -> Result<(), LogError> {
        let failed = |doing: &'static str| move |error| LogError::disk(doing, error);
        let disk = Arc::clone(&self.disk);
        let mut dirty = BTreeSet::new();
        for (path, _) in files {
            let folder = parent(path);
            if !self.folders.contains(folder) {
                disk.create_folder(folder).map_err(failed("making a folder for tiles"))?;
                // The names of new folders stand in the folders above.
                let mut above = folder;
                while !above.is_empty() && self.folders.insert(above.to_owned()) {
                    above = parent(above);
                    dirty.insert(above.to_owned());
                }
            }
            dirty.insert(folder.to_owned());
        }
        let drafts: Vec<(String, &[u8])> = files.iter().map(|(path, bytes)| (draft(path), bytes.as_slice())).collect();
        disk.write_durably(&drafts).map_err(failed("writing tiles"))?;
        for (path, _) in files {
            disk.rename(&draft(path), path).map_err(failed("putting tiles in place"))?;
        }
        for folder in dirty {
            disk.sync_folder(&folder).map_err(failed("syncing the folders of tiles"))?;
        }
        Ok(())
    }

    /// Removes what the published tree no longer needs: journal files all in tiles, and partial files whose full ones
    /// are there. A failure only costs space.
    fn tidy(&self, old_size: u64) {
        let size = self.edge.frontier.size();
        if let Ok(firsts) = journal::files(self.disk.as_ref()) {
            for pair in firsts.windows(2).filter(|pair| pair[1] <= size) {
                let _ = self.disk.remove(&journal::file_name(pair[0]));
            }
        }
        for level in 0..8u8 {
            let full = |size| tlog::tile::hashes_at(level, size) / TILE_WIDTH;
            for index in full(old_size)..full(size) {
                let tile = TileId { level, index, width: TILE_WIDTH as u16 };
                let _ = self.disk.remove_folder(&format!("{tile}.p"));
                if level == 0 {
                    let bundle = BundleId { index, width: TILE_WIDTH as u16 };
                    let _ = self.disk.remove_folder(&format!("{bundle}.p"));
                }
            }
        }
    }
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn draft(path: &str) -> String {
    format!("{path}.new")
}

/// The signed head of a tree.
pub fn sign(signer: &SignerKey, size: u64, root: Hash) -> Result<Head, LogError> {
    let checkpoint = Checkpoint { origin: signer.name().to_owned(), size, root, extensions: Vec::new() };
    let note = checkpoint.sign(signer).map_err(|error| LogError::corrupt("checkpoint", error))?;
    Ok(Head { size, root, checkpoint: note.to_string() })
}

/// Puts a checkpoint in place, durably.
pub fn write_checkpoint(disk: &dyn Disk, head: &Head) -> Result<(), LogError> {
    const PATH: &str = tlog::audit::CHECKPOINT_PATH;
    let write = || {
        disk.write(&draft(PATH), head.checkpoint.as_bytes())?;
        disk.sync_file(&draft(PATH))?;
        disk.rename(&draft(PATH), PATH)?;
        disk.sync_folder("")
    };
    write().map_err(|error| LogError::disk("publishing the checkpoint", error))
}
