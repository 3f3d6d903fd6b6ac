//! Files too large for the memory: kept from and given to a file on disk, piece by piece.
//!
//! Texts among them (exports of shops, documents of events, ratings of a day) are kept packed with zstd (RFC 8878), a sixth
//! to a tenth of their size. Their name stays the hash of what they say: whoever asks for it gets the text.

use crate::{Blob, Blobs, Error, Kind, is_sha256, object_path, packed_path};
use bytes::Bytes;
use futures::StreamExt;
use object_store::buffered::BufWriter;
use object_store::{ObjectStoreExt, path::Path as ObjectPath};
use sha2::{Digest, Sha256};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Bytes handed on at a time.
const PIECE_BYTES: usize = 1024 * 1024;
/// Bytes of a large file its kind is told by and the inspector sees.
const HEAD_BYTES: usize = 8 * 1024 * 1024;
/// Effort of packing: the library's usual one.
const PACKING_LEVEL: i32 = 3;
/// A packed file gives at most this many bytes, whatever it says of itself.
const UNPACKED_BYTES_MAX: u64 = 256 * 1024 * 1024 * 1024;

impl Blobs {
    /// Keeps a file of the disk as [`Blobs::put`] keeps bytes, without holding it in memory; a text is kept packed. The
    /// inspector sees its first 8 MiB.
    ///
    /// # Errors
    /// [`Error::TooLarge`], [`Error::Kind`], [`Error::Refused`], [`Error::Store`].
    pub async fn put_file(&self, path: &Path, accepted: &[Kind], bytes_max: u64) -> Result<Blob, Error> {
        let (sha256, bytes, head) = measure(path, bytes_max).await?;
        let kind = Kind::of(&head).filter(|kind| accepted.contains(kind)).ok_or_else(|| Error::Kind {
            accepted: accepted.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", "),
        })?;
        self.inspector.inspect(kind, &head).await.map_err(Error::Refused)?;
        let packed = if kind == Kind::Text { Some(packed(path.to_owned()).await?) } else { None };
        let (from, object) = match &packed {
            Some(packed) => (packed.path(), packed_path(&sha256)),
            None => (path, object_path(&sha256)),
        };
        let length = tokio::fs::metadata(from).await.map_err(disk)?.len();
        let there = match self.store.head(&object).await {
            Ok(meta) => meta.size == length,
            Err(object_store::Error::NotFound { .. }) => false,
            Err(error) => return Err(error.into()),
        };
        if !there {
            self.copy_in(from, object).await.map_err(disk)?;
        }
        Ok(Blob { sha256, bytes, kind })
    }

    async fn copy_in(&self, path: &Path, object: ObjectPath) -> std::io::Result<()> {
        let mut writer = BufWriter::new(Arc::clone(&self.store), object);
        let mut file = tokio::fs::File::open(path).await?;
        match tokio::io::copy(&mut file, &mut writer).await {
            Ok(_) => writer.shutdown().await,
            Err(error) => {
                // Half a file must not stay behind under the name of the whole one.
                let _ = writer.abort().await;
                Err(error)
            }
        }
    }

    /// Writes a kept file to the disk and checks it against its name. Returns its size, bytes.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Damaged`], [`Error::Store`] (also for the disk it is written to).
    pub async fn get_file(&self, sha256: &str, path: &Path) -> Result<u64, Error> {
        if !is_sha256(sha256) {
            return Err(Error::Missing(sha256.chars().take(64).collect()));
        }
        let (found, bytes) = match self.store.get(&object_path(sha256)).await {
            Ok(plain) => copy_out(plain.into_stream(), path).await?,
            Err(object_store::Error::NotFound { .. }) => {
                let packed = match self.store.get(&packed_path(sha256)).await {
                    Ok(packed) => packed,
                    Err(object_store::Error::NotFound { .. }) => return Err(Error::Missing(sha256.to_owned())),
                    Err(error) => return Err(error.into()),
                };
                let beside = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(path)).map_err(disk)?;
                copy_out(packed.into_stream(), beside.path()).await?;
                let to = path.to_owned();
                let unpacked =
                    blocking(move || unpack(std::fs::File::open(beside.path())?, std::fs::File::create(to)?));
                unpacked.await?.map_err(|_| Error::Damaged(sha256.to_owned()))?
            }
            Err(error) => return Err(error.into()),
        };
        if found == sha256 { Ok(bytes) } else { Err(Error::Damaged(sha256.to_owned())) }
    }

    /// What a packed file holds, where there is one of this name.
    pub(crate) async fn get_packed(&self, sha256: &str) -> Result<Bytes, Error> {
        let packed = match self.store.get(&packed_path(sha256)).await {
            Ok(found) => found.bytes().await?,
            Err(object_store::Error::NotFound { .. }) => return Err(Error::Missing(sha256.to_owned())),
            Err(error) => return Err(error.into()),
        };
        let mut text = Vec::new();
        match unpack(packed.as_ref(), &mut text) {
            Ok(_) => Ok(text.into()),
            Err(_) => Err(Error::Damaged(sha256.to_owned())),
        }
    }
}

/// A packed copy of a file in the system's temporary folder (the file's own may be somebody's to read only); gone when it
/// is dropped.
async fn packed(path: PathBuf) -> Result<tempfile::NamedTempFile, Error> {
    let pack = move || {
        let mut packed = tempfile::NamedTempFile::new()?;
        zstd::stream::copy_encode(std::fs::File::open(&path)?, &mut packed, PACKING_LEVEL)?;
        packed.flush()?;
        Ok(packed)
    };
    blocking(pack).await?.map_err(disk)
}

/// Writes what a packed file holds; its hash and size.
fn unpack(packed: impl Read, mut to: impl Write) -> std::io::Result<(String, u64)> {
    let mut unpacking = zstd::stream::read::Decoder::new(packed)?.take(UNPACKED_BYTES_MAX);
    let (mut hasher, mut bytes, mut piece) = (Sha256::new(), 0u64, vec![0u8; PIECE_BYTES]);
    loop {
        let n = unpacking.read(&mut piece)?;
        if n == 0 {
            to.flush()?;
            return Ok((hex::encode(hasher.finalize()), bytes));
        }
        hasher.update(&piece[..n]);
        bytes += n as u64;
        to.write_all(&piece[..n])?;
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|error| disk(std::io::Error::other(error)))
}

/// Writes a stream to the disk; its hash and size.
async fn copy_out(
    mut stream: impl futures::Stream<Item = object_store::Result<Bytes>> + Unpin,
    path: &Path,
) -> Result<(String, u64), Error> {
    let mut file = tokio::fs::File::create(path).await.map_err(disk)?;
    let (mut hasher, mut bytes) = (Sha256::new(), 0u64);
    while let Some(piece) = stream.next().await {
        let piece = piece?;
        hasher.update(&piece);
        bytes += piece.len() as u64;
        file.write_all(&piece).await.map_err(disk)?;
    }
    file.flush().await.map_err(disk)?;
    Ok((hex::encode(hasher.finalize()), bytes))
}

/// Hash, size and head of a file.
async fn measure(path: &Path, bytes_max: u64) -> Result<(String, u64, Vec<u8>), Error> {
    let mut file = tokio::fs::File::open(path).await.map_err(disk)?;
    let (mut hasher, mut bytes, mut head) = (Sha256::new(), 0u64, Vec::new());
    let mut piece = vec![0u8; PIECE_BYTES];
    loop {
        let n = file.read(&mut piece).await.map_err(disk)?;
        if n == 0 {
            return Ok((hex::encode(hasher.finalize()), bytes, head));
        }
        bytes += n as u64;
        if bytes > bytes_max {
            return Err(Error::TooLarge { bytes, bytes_max });
        }
        hasher.update(&piece[..n]);
        let room = HEAD_BYTES - head.len();
        head.extend_from_slice(&piece[..n.min(room)]);
    }
}

fn disk(error: std::io::Error) -> Error {
    Error::Store(object_store::Error::Generic { store: "disk", source: Box::new(error) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_large_file_goes_in_and_comes_out_and_damage_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::folder(&folder.path().join("blobs")).unwrap();
        let (from, to) = (folder.path().join("from.csv"), folder.path().join("to.csv"));
        let text = "编号,名称\n1,茶\n".repeat(200_000);
        std::fs::write(&from, &text).unwrap();
        let blob = blobs.put_file(&from, &Kind::TABLES, 64 << 20).await.unwrap();
        assert_eq!(blob.kind, Kind::Text);
        assert_eq!(blobs.get_file(&blob.sha256, &to).await.unwrap(), text.len() as u64);
        assert_eq!(std::fs::read_to_string(&to).unwrap(), text);
        let too_large = blobs.put_file(&from, &Kind::TABLES, 1000).await;
        assert!(matches!(too_large, Err(Error::TooLarge { .. })));
        assert_eq!(blobs.get(&blob.sha256).await.unwrap(), text.as_bytes(), "the name is that of the text");
        let shelf = folder.path().join("blobs").join(&blob.sha256[..2]).join(&blob.sha256[2..4]);
        let kept = shelf.join(format!("{}.zst", blob.sha256));
        let packed = std::fs::read(&kept).unwrap();
        assert!(packed.len() * 100 < text.len(), "{} bytes are kept", packed.len());
        let mut bent = packed.clone();
        bent[packed.len() / 2] ^= 1;
        let other = zstd::stream::encode_all(&b"other"[..], 3).unwrap();
        for wrong in [bent, other, packed[..packed.len() - 3].to_vec(), b"no zstd".to_vec()] {
            std::fs::write(&kept, &wrong).unwrap();
            assert!(matches!(blobs.get_file(&blob.sha256, &to).await, Err(Error::Damaged(_))));
            assert!(matches!(blobs.get(&blob.sha256).await, Err(Error::Damaged(_))));
        }
        // Put again, it is whole again.
        blobs.put_file(&from, &Kind::TABLES, 64 << 20).await.unwrap();
        assert_eq!(blobs.get(&blob.sha256).await.unwrap(), text.as_bytes());
        std::fs::remove_file(&kept).unwrap();
        assert!(matches!(blobs.get_file(&blob.sha256, &to).await, Err(Error::Missing(_))));
    }

    #[tokio::test]
    async fn what_is_no_text_is_kept_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::folder(&folder.path().join("blobs")).unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        std::fs::write(&from, [b"%PDF-1.7\n".as_slice(), &[0xE2; 4096]].concat()).unwrap();
        let blob = blobs.put_file(&from, &[Kind::Pdf], 1 << 20).await.unwrap();
        assert_eq!(blobs.get_file(&blob.sha256, &to).await.unwrap(), 4105);
        assert_eq!(std::fs::read(&to).unwrap(), std::fs::read(&from).unwrap());
    }
}
