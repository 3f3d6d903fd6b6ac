//! Every step that changes the folder, so that a test can fail each of them.
//!
//! A file appears whole or not at all: it is written under a temporary name, flushed to the disk, renamed, and the folder
//! that holds the name is flushed too.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// What is gathered before a write reaches the system, bytes.
const BUFFER_BYTES: usize = 1 << 20;

/// The prefix of files that are not finished. No reader looks at them.
pub(crate) const UNFINISHED: &str = ".unfinished-";

/// The disk, or in a test a disk that stops working after so many steps and stays so, as after a crash.
#[derive(Clone, Debug, Default)]
pub(crate) struct Disk {
    steps_left: Option<Arc<AtomicI64>>,
}

impl Disk {
    /// A disk that fails from the `steps`-th step on.
    #[cfg(test)]
    pub(crate) fn failing_after(steps: i64) -> Disk {
        Disk { steps_left: Some(Arc::new(AtomicI64::new(steps))) }
    }

    fn step(&self) -> io::Result<()> {
        match &self.steps_left {
            Some(left) if left.fetch_sub(1, Ordering::SeqCst) <= 0 => Err(io::Error::other("the disk failed (test)")),
            _ => Ok(()),
        }
    }

    /// The folder, made when missing, and known to the disk by its parent.
    pub(crate) fn folder(&self, path: &Path) -> io::Result<()> {
        if path.is_dir() {
            return Ok(());
        }
        self.step()?;
        fs::create_dir_all(path).map_err(|error| named(path, &error))?;
        match path.parent() {
            Some(parent) => self.flush_folder(parent),
            None => Ok(()),
        }
    }

    /// A file to be written at `target` once [`Draft::finish`] and [`Finished::publish`] are done.
    pub(crate) fn draft(&self, target: &Path) -> io::Result<Draft> {
        self.step()?;
        let name = target.file_name().and_then(|name| name.to_str()).unwrap_or("file");
        let temporary = target.with_file_name(format!("{UNFINISHED}{name}"));
        let file = File::create(&temporary).map_err(|error| named(&temporary, &error))?;
        let inner = Counted { file, disk: self.clone(), bytes: 0 };
        Ok(Draft { inner: BufWriter::with_capacity(BUFFER_BYTES, inner), temporary, target: target.to_owned() })
    }

    /// Writes a small file whole.
    pub(crate) fn replace(&self, target: &Path, content: &[u8]) -> io::Result<()> {
        let mut draft = self.draft(target)?;
        draft.write_all(content)?;
        draft.finish()?.publish(self)?;
        self.flush_parent(target)
    }

    /// Takes a file away; one that is gone already is fine.
    pub(crate) fn remove(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        match fs::remove_file(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    /// Takes a folder away where it is empty.
    pub(crate) fn remove_empty(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        match fs::remove_dir(path) {
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::DirectoryNotEmpty) => Ok(()),
            other => other,
        }
    }

    /// Makes names in the folder of `path` durable.
    pub(crate) fn flush_parent(&self, path: &Path) -> io::Result<()> {
        match path.parent() {
            Some(parent) => self.flush_folder(parent),
            None => Ok(()),
        }
    }

    fn flush_folder(&self, folder: &Path) -> io::Result<()> {
        self.step()?;
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| named(folder, &error))
    }
}

/// What the disk said, with what it was about.
pub(crate) fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

struct Counted {
    file: File,
    disk: Disk,
    bytes: u64,
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.disk.step()?;
        let written = self.file.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// A file being written under its temporary name.
pub(crate) struct Draft {
    inner: BufWriter<Counted>,
    temporary: PathBuf,
    target: PathBuf,
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl Draft {
    /// Flushes the content to the disk; the name is still the temporary one.
    pub(crate) fn finish(self) -> io::Result<Finished> {
        let counted = self.inner.into_inner().map_err(io::IntoInnerError::into_error)?;
        counted.disk.step()?;
        counted.file.sync_all()?;
        Ok(Finished { bytes: counted.bytes, temporary: self.temporary, target: self.target })
    }
}

/// A whole file on the disk that nobody sees yet.
pub(crate) struct Finished {
    /// Its size, bytes.
    pub(crate) bytes: u64,
    temporary: PathBuf,
    /// The name it will have.
    pub(crate) target: PathBuf,
}

impl Finished {
    /// Where the content lies until it is published.
    pub(crate) fn temporary(&self) -> &Path {
        &self.temporary
    }

    /// Gives it its name. The folder is flushed by the caller, once for many files.
    pub(crate) fn publish(&self, disk: &Disk) -> io::Result<()> {
        disk.step()?;
        fs::rename(&self.temporary, &self.target).map_err(|error| named(&self.target, &error))
    }
}
