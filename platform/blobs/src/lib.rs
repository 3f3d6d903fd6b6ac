//! Files by their content: documents, pictures, evidence. A file's name is the SHA-256 of its bytes, so the same file is
//! kept once, and what is read can be checked against its name; large texts lie packed under the name of what they say.
//!
//! Reading order: [`Blobs`], [`Inspector`], [`Kind`].
//!
//! Invariants
//! - What [`Blobs::put`] returned is durable in the store and its bytes never change.
//! - What [`Blobs::get`] returns has been hashed again: damage is an error, never other content.
//! - Nothing larger than the limit and nothing of an unknown kind is kept; an [`Inspector`] (malware scanner) sees every
//!   file before it is kept.
//!
//! What it does not do: no access control (slices do), no deletion by itself, no reading of what files say.

mod kind;
mod large;

pub use kind::Kind;

use bytes::Bytes;
use ground::Problem;
use ground::problem::{ErrorCode, Level, UNAVAILABLE};
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::Arc;

/// The file is larger than allowed.
pub const FILE_TOO_LARGE: ErrorCode = ErrorCode::new("file_too_large", 413, Level::Info);
/// The file is of a kind that is not taken, or not what it says it is.
pub const FILE_KIND: ErrorCode = ErrorCode::new("file_kind", 415, Level::Info);
/// The inspector refused the file.
pub const FILE_REFUSED: ErrorCode = ErrorCode::new("file_refused", 422, Level::Warn);
/// The codes of this crate.
pub const CODES: &[ErrorCode] = &[FILE_TOO_LARGE, FILE_KIND, FILE_REFUSED];

/// A failure of the file store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Larger than allowed.
    #[error("{bytes} bytes, at most {bytes_max} are taken")]
    TooLarge {
        /// Size received, bytes (where known; at least).
        bytes: u64,
        /// The limit, bytes.
        bytes_max: u64,
    },
    /// Not a kind that is taken.
    #[error("the content is not of an accepted kind ({accepted})")]
    Kind {
        /// Names of the kinds accepted.
        accepted: String,
    },
    /// The inspector's reason.
    #[error("refused by inspection: {0}")]
    Refused(String),
    /// No such file.
    #[error("no file {0}")]
    Missing(String),
    /// The stored bytes are not what their name says.
    #[error("the stored file {0} is damaged")]
    Damaged(String),
    /// The store cannot be used (disk full, not reachable).
    #[error("file store: {0}")]
    Store(#[from] object_store::Error),
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match &error {
            Error::TooLarge { bytes_max, .. } => {
                let mebibytes = bytes_max / (1024 * 1024);
                Problem::new(&FILE_TOO_LARGE).arg("mebibytes", mebibytes).because(error)
            }
            Error::Kind { accepted } => Problem::new(&FILE_KIND).arg("accepted", accepted.clone()).because(error),
            Error::Refused(_) => Problem::new(&FILE_REFUSED).because(error),
            Error::Missing(_) => Problem::not_found().because(error),
            Error::Damaged(_) => Problem::internal(error),
            Error::Store(_) => Problem::new(&UNAVAILABLE).because(error),
        }
    }
}

/// Looks at a file before it is kept: the hook for a malware scanner.
#[async_trait::async_trait]
pub trait Inspector: Send + Sync {
    /// `Err` with a reason refuses the file.
    async fn inspect(&self, kind: Kind, bytes: &[u8]) -> Result<(), String>;
}

/// Lets everything pass: the default where no scanner is configured.
#[derive(Debug, Default, Clone, Copy)]
pub struct NoInspector;

#[async_trait::async_trait]
impl Inspector for NoInspector {
    async fn inspect(&self, _kind: Kind, _bytes: &[u8]) -> Result<(), String> {
        Ok(())
    }
}

/// A kept file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    /// SHA-256 of the content, lower-case hexadecimal: its name.
    pub sha256: String,
    /// Size, bytes.
    pub bytes: u64,
    /// What it is, by its content.
    pub kind: Kind,
}

/// The file store. Cheap to clone.
#[derive(Clone)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
    inspector: Arc<dyn Inspector>,
}

impl std::fmt::Debug for Blobs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Blobs({})", self.store)
    }
}

impl Blobs {
    /// A folder of the local disk; made when missing.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn folder(path: &Path) -> Result<Blobs, Error> {
        std::fs::create_dir_all(path)
            .map_err(|source| object_store::Error::Generic { store: "folder", source: Box::new(source) })?;
        let store = object_store::local::LocalFileSystem::new_with_prefix(path)?.with_fsync(true);
        Ok(Blobs::over(Arc::new(store)))
    }

    /// Any object store.
    pub fn over(store: Arc<dyn ObjectStore>) -> Blobs {
        Blobs { store, inspector: Arc::new(NoInspector) }
    }

    /// The same store behind an inspector.
    #[must_use]
    pub fn inspected_by(mut self, inspector: Arc<dyn Inspector>) -> Blobs {
        self.inspector = inspector;
        self
    }

    /// Keeps a file after checking size, kind (by content, never by name) and the inspector's word.
    ///
    /// # Errors
    /// [`Error::TooLarge`], [`Error::Kind`], [`Error::Refused`], [`Error::Store`].
    pub async fn put(&self, content: Bytes, accepted: &[Kind], bytes_max: u64) -> Result<Blob, Error> {
        let bytes = content.len() as u64;
        if bytes > bytes_max {
            return Err(Error::TooLarge { bytes, bytes_max });
        }
        let kind = Kind::of(&content).filter(|kind| accepted.contains(kind)).ok_or_else(|| Error::Kind {
            accepted: accepted.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", "),
        })?;
        self.inspector.inspect(kind, &content).await.map_err(Error::Refused)?;
        let sha256 = hex::encode(Sha256::digest(&content));
        let path = object_path(&sha256);
        let there = match self.store.head(&path).await {
            Ok(meta) => meta.size == bytes,
            Err(object_store::Error::NotFound { .. }) => false,
            Err(error) => return Err(error.into()),
        };
        if !there {
            self.store.put(&path, PutPayload::from_bytes(content)).await?;
        }
        Ok(Blob { sha256, bytes, kind })
    }

    /// Reads a file and checks it against its name.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Damaged`], [`Error::Store`].
    pub async fn get(&self, sha256: &str) -> Result<Bytes, Error> {
        if !is_sha256(sha256) {
            return Err(Error::Missing(sha256.chars().take(64).collect()));
        }
        let content = match self.store.get(&object_path(sha256)).await {
            Ok(found) => found.bytes().await?,
            Err(object_store::Error::NotFound { .. }) => self.get_packed(sha256).await?,
            Err(error) => return Err(error.into()),
        };
        if hex::encode(Sha256::digest(&content)) == sha256 {
            Ok(content)
        } else {
            Err(Error::Damaged(sha256.to_owned()))
        }
    }
}

/// Whether a text has the form of a content hash.
pub fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

fn object_path(sha256: &str) -> ObjectPath {
    ObjectPath::from(format!("{}/{}/{sha256}", &sha256[..2], &sha256[2..4]))
}

/// Where a large text lies, packed.
fn packed_path(sha256: &str) -> ObjectPath {
    ObjectPath::from(format!("{}/{}/{sha256}.zst", &sha256[..2], &sha256[2..4]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and more";

    struct Suspicious;

    #[async_trait::async_trait]
    impl Inspector for Suspicious {
        async fn inspect(&self, _kind: Kind, bytes: &[u8]) -> Result<(), String> {
            if bytes.windows(5).any(|part| part == b"EICAR") { Err("test signature".into()) } else { Ok(()) }
        }
    }

    #[tokio::test]
    async fn a_file_reads_back_and_damage_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::folder(folder.path()).unwrap();
        let blob = blobs.put(Bytes::from_static(PNG), &[Kind::Png], 100).await.unwrap();
        assert_eq!(blobs.put(Bytes::from_static(PNG), &[Kind::Png], 100).await.unwrap(), blob);
        assert_eq!(blobs.get(&blob.sha256).await.unwrap(), PNG);
        let path = folder.path().join(&blob.sha256[..2]).join(&blob.sha256[2..4]).join(&blob.sha256);
        std::fs::write(path, b"other").unwrap();
        assert!(matches!(blobs.get(&blob.sha256).await, Err(Error::Damaged(_))));
    }

    #[tokio::test]
    async fn what_is_too_large_or_of_another_kind_or_suspicious_is_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::folder(folder.path()).unwrap().inspected_by(Arc::new(Suspicious));
        let put = |content: &'static [u8], most| blobs.put(Bytes::from_static(content), &[Kind::Png], most);
        assert!(matches!(put(PNG, 5).await, Err(Error::TooLarge { .. })));
        assert!(matches!(put(b"MZ\x90\x00 program", 100).await, Err(Error::Kind { .. })));
        assert!(matches!(put(b"\x89PNG\r\n\x1a\nEICAR", 100).await, Err(Error::Refused(_))));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn a_name_that_is_no_hash_finds_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::folder(folder.path()).unwrap();
        assert!(matches!(blobs.get("../../etc/passwd").await, Err(Error::Missing(_))));
    }
}
