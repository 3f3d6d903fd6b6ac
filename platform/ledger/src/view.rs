//! Reading a ledger that is on disk: beside the writer, from another process, or long after.

use crate::cosign::{self, WitnessPolicy};
use crate::disk::{Disk, LocalDisk};
use crate::key;
use crate::log::LogError;
use std::path::Path;
use std::sync::Arc;
use tlog::audit::CHECKPOINT_PATH;
use tlog::note::NOTE_BYTES_MAX;
use tlog::tile::{BundleId, FILE_BYTES_MAX, ReadError, TILE_WIDTH, TiledTree, read_bundle, tile_width};
use tlog::{Hash, Resource, SignedCheckpoint, TileReader, VerifierKey, bundle, tree, verify_consistency};

/// Reads the files of a log from a disk. Only paths that name such files are looked for.
#[derive(Clone)]
pub struct DiskReader(Arc<dyn Disk>);

impl DiskReader {
    /// The files on this disk.
    pub fn new(disk: Arc<dyn Disk>) -> Self {
        DiskReader(disk)
    }
}

impl TileReader for DiskReader {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, ReadError> {
        if Resource::parse(path).is_none() {
            return Ok(None);
        }
        self.0
            .read(path, FILE_BYTES_MAX)
            .map_err(|error| ReadError::Failed { path: path.to_owned(), source: error.into() })
    }
}

/// That a tree continues an earlier one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Continuation {
    /// Leaves of the earlier tree.
    pub old_size: u64,
    /// Leaves of the present tree.
    pub size: u64,
    /// The proof (RFC 9162 §2.1.4), as it was checked.
    pub proof: Vec<Hash>,
}

/// A ledger for reading. Cheap to clone.
#[derive(Clone)]
pub struct View {
    reader: DiskReader,
    origin: String,
    verifiers: Vec<VerifierKey>,
    witnesses: Arc<WitnessPolicy>,
}

impl View {
    /// The ledger behind a reader, whose checkpoints these keys sign.
    pub fn new(reader: DiskReader, origin: String, verifiers: Vec<VerifierKey>) -> Self {
        View { reader, origin, verifiers, witnesses: Arc::default() }
    }

    /// The same ledger with the witnesses whose cosignatures count.
    pub fn with_witnesses(mut self, policy: WitnessPolicy) -> Self {
        self.witnesses = Arc::new(policy);
        self
    }

    /// Whose cosignatures count, and how many a tree needs.
    pub fn witnesses(&self) -> &WitnessPolicy {
        &self.witnesses
    }

    /// The tree kept with cosignatures under this name ([`crate::cosign::NEWEST`] or [`crate::cosign::QUORUM`]).
    ///
    /// # Errors
    /// [`LogError::Corrupt`] when it is not this log's or a cosignature in it is wrong.
    pub fn cosigned(&self, name: &str) -> Result<Option<SignedCheckpoint>, LogError> {
        let path = format!("{}/{name}", cosign::FOLDER);
        let read = self.reader.0.read(&path, NOTE_BYTES_MAX as u64);
        let Some(bytes) = read.map_err(|error| LogError::disk(format!("reading {path}"), error))? else {
            return Ok(None);
        };
        let opened = cosign::open_kept(&bytes, &self.origin, &self.verifiers, &self.witnesses);
        opened.map(Some).map_err(|error| LogError::corrupt(path, error))
    }

    /// The tree a leaf is best proved in: the newest one that enough witnesses cosigned, else one that some did, else the
    /// newest, that has the leaf. What was kept of the witnesses never stands in the way of a proof.
    ///
    /// # Errors
    /// [`LogError::Corrupt`] when the newest checkpoint cannot be read.
    pub fn tree_for(&self, index: u64) -> Result<SignedCheckpoint, LogError> {
        let head = self.head()?;
        for name in [cosign::QUORUM, cosign::NEWEST] {
            match self.cosigned(name) {
                Ok(Some(tree)) if (index + 1..=head.checkpoint.size).contains(&tree.checkpoint.size) => {
                    return Ok(tree);
                }
                Ok(_) => {}
                Err(error) => tracing::error!(%error, "a tree with cosignatures cannot be used"),
            }
        }
        Ok(head)
    }

    /// The ledger (or an export of one) in a folder, with the keys in its `verifier.key`. Its name is that of the first
    /// key.
    ///
    /// # Errors
    /// [`LogError::Key`] when there is no usable `verifier.key`.
    pub fn open(folder: &Path) -> Result<Self, LogError> {
        let unusable = |reason: String| LogError::Key {
            reason: format!("{}: {reason}", folder.join(key::VERIFIER_FILE).display()),
        };
        let text =
            std::fs::read_to_string(folder.join(key::VERIFIER_FILE)).map_err(|error| unusable(error.to_string()))?;
        let verifiers = key::parse_verifiers(&text).map_err(unusable)?;
        let origin =
            verifiers.first().map(|key| key.name().to_owned()).ok_or_else(|| unusable("it is empty".into()))?;
        let disk = Arc::new(LocalDisk::reader(folder));
        Ok(View::new(DiskReader::new(disk), origin, verifiers).with_witnesses(WitnessPolicy::read(folder)?))
    }

    /// The log's name, line 1 of its checkpoints.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The public keys of the log.
    pub fn verifiers(&self) -> &[VerifierKey] {
        &self.verifiers
    }

    /// The public keys in text form, one a line.
    pub fn verifier_text(&self) -> String {
        self.verifiers.iter().map(|key| format!("{key}\n")).collect()
    }

    /// The files.
    pub fn reader(&self) -> &DiskReader {
        &self.reader
    }

    /// The newest published tree, its signature checked.
    ///
    /// # Errors
    /// [`LogError::Corrupt`] when it is missing or not the log's.
    pub fn head(&self) -> Result<SignedCheckpoint, LogError> {
        let damaged = |reason: String| LogError::corrupt(CHECKPOINT_PATH, reason);
        let bytes = self.reader.read(CHECKPOINT_PATH).map_err(|error| damaged(error.to_string()))?;
        let bytes = bytes.ok_or_else(|| damaged("it is missing".into()))?;
        if bytes.len() > NOTE_BYTES_MAX {
            return Err(damaged("it is too long".into()));
        }
        SignedCheckpoint::open(&bytes, &self.origin, &self.verifiers).map_err(|error| damaged(error.to_string()))
    }

    /// The entry at a position of the tree with `size` leaves.
    ///
    /// # Errors
    /// [`LogError::Corrupt`] when its bundle is missing or damaged.
    pub fn entry(&self, index: u64, size: u64) -> Result<Vec<u8>, LogError> {
        let id = BundleId { index: index / TILE_WIDTH, width: tile_width(0, index / TILE_WIDTH, size) };
        let damaged = |reason: String| LogError::corrupt(id.to_string(), reason);
        let (file, bytes) = read_bundle(&self.reader, id).map_err(|error| damaged(error.to_string()))?;
        let entries = bundle::decode(&bytes, usize::from(file.width)).map_err(|error| damaged(error.to_string()))?;
        let entry = entries.get((index % TILE_WIDTH) as usize);
        entry.map(|entry| entry.to_vec()).ok_or_else(|| damaged(format!("it has no leaf {index}")))
    }

    /// The root of the tree at an earlier (or the present) size, computed from the tiles.
    ///
    /// # Errors
    /// [`LogError::Corrupt`] when tiles are missing or damaged, or the log never had that many leaves.
    pub fn root(&self, size: u64) -> Result<Hash, LogError> {
        let now = self.head()?.checkpoint.size;
        if size > now {
            return Err(LogError::corrupt("tiles", format!("the log has {now} leaves, not {size}")));
        }
        // The tiles of the present tree hold every earlier tree; old partial tiles may be gone.
        let tree = TiledTree::new(&self.reader, now);
        tree::root(&tree, size).map_err(|error| LogError::corrupt("tiles", error))
    }

    /// The inclusion proof of a leaf in the tree with `size` leaves.
    ///
    /// # Errors
    /// [`LogError::Corrupt`] when tiles are missing or damaged, or there is no such leaf.
    pub fn inclusion_proof(&self, index: u64, size: u64) -> Result<Vec<Hash>, LogError> {
        let tree = TiledTree::new(&self.reader, size);
        let proof = tree::inclusion_proof(&tree, index, size).map_err(|error| LogError::corrupt("tiles", error))?;
        proof.ok_or_else(|| LogError::corrupt("tiles", format!("there is no leaf {index} in a tree of {size}")))
    }

    /// The proof that the tree with `size` leaves extends the one with `old_size`; empty for equal sizes.
    ///
    /// # Errors
    /// [`LogError::Corrupt`] when tiles are missing or damaged, or `old_size` is 0 or larger than `size`.
    pub fn consistency_proof(&self, old_size: u64, size: u64) -> Result<Vec<Hash>, LogError> {
        let tree = TiledTree::new(&self.reader, size);
        let proof =
            tree::consistency_proof(&tree, old_size, size).map_err(|error| LogError::corrupt("tiles", error))?;
        proof.ok_or_else(|| LogError::corrupt("tiles", format!("a tree of {size} extends no tree of {old_size}")))
    }

    /// Checks a checkpoint that somebody kept: that it is this log's, and that the log as it stands now extends it.
    ///
    /// # Errors
    /// [`LogError::Corrupt`] when the checkpoint is not the log's, or the log is not its continuation.
    pub fn extends(&self, kept: &[u8]) -> Result<Continuation, LogError> {
        let damaged = |reason: String| LogError::corrupt("kept checkpoint", reason);
        let old =
            SignedCheckpoint::open(kept, &self.origin, &self.verifiers).map_err(|error| damaged(error.to_string()))?;
        let (old, new) = (old.checkpoint, self.head()?.checkpoint);
        if old.size > new.size {
            let reason = format!("it has {} leaves, the log has only {}: leaves were taken away", old.size, new.size);
            return Err(damaged(reason));
        }
        // Every tree extends the empty one.
        let proof = match old.size {
            0 => Vec::new(),
            size => self.consistency_proof(size, new.size)?,
        };
        if old.size > 0 {
            verify_consistency(old.size, new.size, &old.root, &new.root, &proof)
                .map_err(|error| damaged(format!("the log is not its continuation: {error}")))?;
        }
        Ok(Continuation { old_size: old.size, size: new.size, proof })
    }

    /// A file for serving under the log's prefix: `checkpoint`, tiles and bundles, nothing else.
    ///
    /// # Errors
    /// What the disk says.
    pub fn file(&self, path: &str) -> Result<Option<(Resource, Vec<u8>)>, LogError> {
        let Some(resource) = Resource::parse(path) else {
            return Ok(None);
        };
        let bytes = self.reader.read(path).map_err(|error| LogError::Disk {
            doing: "serving a file of the ledger".into(),
            reason: error.to_string(),
        })?;
        Ok(bytes.map(|bytes| (resource, bytes)))
    }
}
