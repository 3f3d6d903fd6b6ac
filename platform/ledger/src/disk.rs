//! The few things the log asks of a disk, so that every one of them can be made to fail in tests.
//!
//! Paths are relative to the ledger's folder and use `/`. "Durable" means: still there after the power fails.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// A disk.
pub trait Disk: Send + Sync {
    /// The whole file, or `None` when there is none. Longer than `bytes_max` is an error.
    fn read(&self, path: &str, bytes_max: u64) -> io::Result<Option<Vec<u8>>>;
    /// Names in a folder, in no order; empty when there is no such folder.
    fn list(&self, folder: &str) -> io::Result<Vec<String>>;
    /// Makes a folder and those above it. Durable only after [`Disk::sync_folder`] of the folders above.
    fn create_folder(&self, folder: &str) -> io::Result<()>;
    /// Writes a whole file, replacing any. Durable only after [`Disk::sync_file`] and [`Disk::sync_folder`].
    fn write(&self, path: &str, bytes: &[u8]) -> io::Result<()>;
    /// Makes a file's content durable.
    fn sync_file(&self, path: &str) -> io::Result<()>;
    /// Writes whole files and makes their contents durable. A disk that can do several at once does: a publication under
    /// load has hundreds, and each sync waits for the device.
    fn write_durably(&self, files: &[(String, &[u8])]) -> io::Result<()> {
        files.iter().try_for_each(|(path, bytes)| self.write(path, bytes))?;
        files.iter().try_for_each(|(path, _)| self.sync_file(path))
    }
    /// Puts a file in the place of another, at once. Durable only after [`Disk::sync_folder`].
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    /// Makes the names in a folder durable. The empty path is the ledger's folder itself.
    fn sync_folder(&self, folder: &str) -> io::Result<()>;
    /// Removes a file, if there.
    fn remove(&self, path: &str) -> io::Result<()>;
    /// Removes a folder and what is in it, if there.
    fn remove_folder(&self, folder: &str) -> io::Result<()>;
    /// Opens an empty file for appending; what was there is cut off.
    fn open_append(&self, path: &str) -> io::Result<Box<dyn AppendFile>>;
    /// Opens a file for appending behind what is there, making it where missing.
    fn open_to_append(&self, path: &str) -> io::Result<Box<dyn AppendFile>>;
    /// Cuts a file to this many bytes. Durable only after [`Disk::sync_file`] or a sync of the file opened for appending.
    fn set_length(&self, path: &str, bytes: u64) -> io::Result<()>;
}

/// Threads that write and sync files at the same time: syncs wait for the device, not for a processor.
const SYNC_THREADS: usize = 8;
/// Files below which threads are not worth their start.
const SYNC_FILES_MIN: usize = 4;

/// A file that grows at its end.
pub trait AppendFile: Send {
    /// Writes all bytes behind the last.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Makes all that was appended durable.
    fn sync(&mut self) -> io::Result<()>;
}

/// A folder of this machine.
#[derive(Debug)]
pub struct LocalDisk {
    root: PathBuf,
    /// Held as long as the value lives; `None` for readers.
    _lock: Option<File>,
}

/// Why the folder cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process holds it.
    #[error("another process writes the ledger in {0}")]
    Locked(PathBuf),
    /// The disk said no.
    #[error("the ledger's folder {0} cannot be opened: {1}")]
    Io(PathBuf, #[source] io::Error),
}

impl LocalDisk {
    /// Opens (and makes, where missing) the folder as its one writer.
    ///
    /// # Errors
    /// [`OpenError::Locked`] when another process has it.
    pub fn open(root: &Path) -> Result<Self, OpenError> {
        let failed = |error| OpenError::Io(root.to_owned(), error);
        fs::create_dir_all(root).map_err(failed)?;
        let lock = root.join("lock");
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(lock).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(LocalDisk { root: root.to_owned(), _lock: Some(lock) }),
            Err(TryLockError::WouldBlock) => Err(OpenError::Locked(root.to_owned())),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    /// The folder for reading only, beside the writer.
    pub fn reader(root: &Path) -> Self {
        LocalDisk { root: root.to_owned(), _lock: None }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }
}

fn missing_is_none<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The whole file, or `None` when there is none.
///
/// # Errors
/// What the disk says; longer than `bytes_max`.
pub fn read_limited(path: &Path, bytes_max: u64) -> io::Result<Option<Vec<u8>>> {
    let Some(file) = missing_is_none(File::open(path))? else {
        return Ok(None);
    };
    let mut bytes = Vec::new();
    file.take(bytes_max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > bytes_max {
        return Err(io::Error::other(format!("the file is longer than {bytes_max} bytes")));
    }
    Ok(Some(bytes))
}

impl Disk for LocalDisk {
    fn read(&self, path: &str, bytes_max: u64) -> io::Result<Option<Vec<u8>>> {
        read_limited(&self.at(path), bytes_max)
    }

    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        let Some(entries) = missing_is_none(fs::read_dir(self.at(folder)))? else {
            return Ok(Vec::new());
        };
        entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
    }

    fn create_folder(&self, folder: &str) -> io::Result<()> {
        fs::create_dir_all(self.at(folder))
    }

    fn write(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        fs::write(self.at(path), bytes)
    }

    fn sync_file(&self, path: &str) -> io::Result<()> {
        File::open(self.at(path))?.sync_all()
    }

    fn write_durably(&self, files: &[(String, &[u8])]) -> io::Result<()> {
        let write = |(path, bytes): &(String, &[u8])| {
            let mut file = File::create(self.at(path))?;
            file.write_all(bytes)?;
            file.sync_all()
        };
        if files.len() < SYNC_FILES_MIN {
            return files.iter().try_for_each(write);
        }
        let share = files.len().div_ceil(SYNC_THREADS);
        std::thread::scope(|scope| {
            let parts: Vec<_> =
                files.chunks(share).map(|part| scope.spawn(move || part.iter().try_for_each(write))).collect();
            // All are waited for, so that nothing is still being written when a failure is reported.
            let done: Vec<io::Result<()>> = parts
                .into_iter()
                .map(|part| part.join().unwrap_or_else(|_| Err(io::Error::other("a writing thread stopped"))))
                .collect();
            done.into_iter().collect()
        })
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.at(from), self.at(to))
    }

    fn sync_folder(&self, folder: &str) -> io::Result<()> {
        File::open(self.at(folder))?.sync_all()
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        missing_is_none(fs::remove_file(self.at(path))).map(|_| ())
    }

    fn remove_folder(&self, folder: &str) -> io::Result<()> {
        missing_is_none(fs::remove_dir_all(self.at(folder))).map(|_| ())
    }

    fn open_append(&self, path: &str) -> io::Result<Box<dyn AppendFile>> {
        let file = OpenOptions::new().create(true).write(true).truncate(true).open(self.at(path))?;
        Ok(Box::new(file))
    }

    fn open_to_append(&self, path: &str) -> io::Result<Box<dyn AppendFile>> {
        Ok(Box::new(OpenOptions::new().create(true).append(true).open(self.at(path))?))
    }

    fn set_length(&self, path: &str, bytes: u64) -> io::Result<()> {
        OpenOptions::new().write(true).open(self.at(path))?.set_len(bytes)
    }
}

impl AppendFile for File {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }
}
