//! Files too large for the memory: kept from and given to a file on disk, piece by piece.

use crate::{Blob, Blobs, Error, Kind, is_sha256, object_path};
use futures::StreamExt;
use object_store::buffered::BufWriter;
use object_store::{ObjectStoreExt, path::Path as ObjectPath};
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Bytes handed on at a time.
const PIECE_BYTES: usize = 1024 * 1024;
/// Bytes of a large file its kind is told by and the inspector sees.
const HEAD_BYTES: usize = 8 * 1024 * 1024;

impl Blobs {
    /// Keeps a file of the disk as [`Blobs::put`] keeps bytes, without holding it in memory. The inspector sees its
    /// first 8 MiB.
    ///
    /// # Errors
    /// [`Error::TooLarge`], [`Error::Kind`], [`Error::Refused`], [`Error::Store`].
    pub async fn put_file(&self, path: &Path, accepted: &[Kind], bytes_max: u64) -> Result<Blob, Error> {
        let (sha256, bytes, head) = measure(path, bytes_max).await?;
        let kind = Kind::of(&head).filter(|kind| accepted.contains(kind)).ok_or_else(|| Error::Kind {
            accepted: accepted.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", "),
        })?;
        self.inspector.inspect(kind, &head).await.map_err(Error::Refused)?;
        let object = object_path(&sha256);
        let there = match self.store.head(&object).await {
            Ok(meta) => meta.size == bytes,
            Err(object_store::Error::NotFound { .. }) => false,
            Err(error) => return Err(error.into()),
        };
        if !there {
            self.copy_in(path, object).await.map_err(disk)?;
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
        let mut stream = match self.store.get(&object_path(sha256)).await {
            Ok(found) => found.into_stream(),
            Err(object_store::Error::NotFound { .. }) => return Err(Error::Missing(sha256.to_owned())),
            Err(error) => return Err(error.into()),
        };
        let mut file = tokio::fs::File::create(path).await.map_err(disk)?;
        let (mut hasher, mut bytes) = (Sha256::new(), 0u64);
        while let Some(piece) = stream.next().await {
            let piece = piece?;
            hasher.update(&piece);
            bytes += piece.len() as u64;
            file.write_all(&piece).await.map_err(disk)?;
        }
        file.flush().await.map_err(disk)?;
        if hex::encode(hasher.finalize()) == sha256 { Ok(bytes) } else { Err(Error::Damaged(sha256.to_owned())) }
    }
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
        let kept = folder.path().join("blobs").join(&blob.sha256[..2]).join(&blob.sha256[2..4]).join(&blob.sha256);
        std::fs::write(kept, b"other").unwrap();
        assert!(matches!(blobs.get_file(&blob.sha256, &to).await, Err(Error::Damaged(_))));
    }
}
