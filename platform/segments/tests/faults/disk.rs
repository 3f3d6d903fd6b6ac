//! A disk on which any step can fail, and a machine on which the power can go at any step.

use segments::disk::{Disk, DiskFile, LocalDisk};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// What happens at the chosen step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The disk is full for this one step; of an append half arrives.
    Full,
    /// The disk is full from this step on.
    FullFromHere,
    /// The process is killed: nothing happens any more, what was handed to the disk stays.
    Killed,
    /// The power goes: what was not synced is lost, of the last append a part may be there.
    PowerLost,
}

#[derive(Default)]
struct Files {
    step: usize,
    /// Bytes of each file that are durable, and bytes handed over.
    lengths: BTreeMap<PathBuf, (u64, u64)>,
    /// Files whose names are not durable yet.
    unnamed: Vec<PathBuf>,
    is_dead: bool,
}

/// A disk that fails at one step.
pub struct FaultyDisk {
    at: usize,
    fault: Fault,
    files: Arc<Mutex<Files>>,
}

impl FaultyDisk {
    pub fn new(at: usize, fault: Fault) -> Arc<FaultyDisk> {
        Arc::new(FaultyDisk { at, fault, files: Arc::default() })
    }

    /// Steps taken.
    pub fn steps(&self) -> usize {
        self.files.lock().expect("the files").step
    }

    /// What the power takes with it.
    pub fn lose_power(&self) {
        let files = self.files.lock().expect("the files");
        if self.fault != Fault::PowerLost {
            return;
        }
        for (path, (durable, handed)) in &files.lengths {
            if handed > durable && path.exists() {
                let kept = durable + (handed - durable) / 3;
                let file = std::fs::OpenOptions::new().write(true).open(path).expect("a file");
                file.set_len(kept.min(file.metadata().expect("a length").len())).expect("a shorter file");
            }
        }
        for path in &files.unnamed {
            let _ = std::fs::remove_file(path);
        }
    }

    /// Counts a step; says whether it fails, and how.
    fn step(&self) -> Option<Fault> {
        step(&self.files, self.at, self.fault)
    }
}

fn step(files: &Mutex<Files>, at: usize, fault: Fault) -> Option<Fault> {
    let mut files = files.lock().expect("the files");
    files.step += 1;
    if files.is_dead {
        return Some(Fault::Killed);
    }
    let fails = match fault {
        Fault::FullFromHere => files.step >= at,
        _ => files.step == at,
    };
    if fails && matches!(fault, Fault::Killed | Fault::PowerLost) {
        files.is_dead = true;
    }
    fails.then_some(fault)
}

fn error(fault: Fault) -> io::Error {
    match fault {
        Fault::Full | Fault::FullFromHere => io::ErrorKind::StorageFull.into(),
        Fault::Killed | Fault::PowerLost => io::Error::other("the process is gone"),
    }
}

struct FaultyFile {
    path: PathBuf,
    inner: Box<dyn DiskFile>,
    at: usize,
    fault: Fault,
    files: Arc<Mutex<Files>>,
}

impl Disk for FaultyDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        if let Some(fault) = self.step() {
            return Err(error(fault));
        }
        let inner = LocalDisk.create(path)?;
        let mut files = self.files.lock().expect("the files");
        files.lengths.insert(path.to_owned(), (0, 0));
        files.unnamed.push(path.to_owned());
        Ok(self.file(path, inner))
    }

    fn reopen(&self, path: &Path, length: u64) -> io::Result<Box<dyn DiskFile>> {
        if let Some(fault) = self.step() {
            return Err(error(fault));
        }
        let inner = LocalDisk.reopen(path, length)?;
        self.files.lock().expect("the files").lengths.insert(path.to_owned(), (length, length));
        Ok(self.file(path, inner))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        if let Some(fault) = self.step() {
            return Err(error(fault));
        }
        LocalDisk.rename(from, to)?;
        let mut files = self.files.lock().expect("the files");
        if let Some(length) = files.lengths.remove(from) {
            files.lengths.insert(to.to_owned(), length);
        }
        files.unnamed.retain(|path| path != from);
        files.unnamed.push(to.to_owned());
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        if let Some(fault) = self.step() {
            return Err(error(fault));
        }
        LocalDisk.remove(path)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        if let Some(fault) = self.step() {
            return Err(error(fault));
        }
        self.files.lock().expect("the files").unnamed.retain(|named| named.parent() != Some(path));
        Ok(())
    }
}

impl FaultyDisk {
    fn file(&self, path: &Path, inner: Box<dyn DiskFile>) -> Box<dyn DiskFile> {
        let files = self.files.clone();
        Box::new(FaultyFile { path: path.to_owned(), inner, at: self.at, fault: self.fault, files })
    }
}

impl FaultyFile {
    fn length(&self, change: impl FnOnce(&mut (u64, u64))) {
        change(self.files.lock().expect("the files").lengths.entry(self.path.clone()).or_default());
    }
}

impl DiskFile for FaultyFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Some(fault) = step(&self.files, self.at, self.fault) {
            let is_gone = fault == Fault::Killed && self.fault != Fault::Killed;
            if !is_gone {
                let half = &bytes[..bytes.len() / 2];
                self.inner.append(half)?;
                self.length(|length| length.1 += half.len() as u64);
            }
            return Err(error(fault));
        }
        self.inner.append(bytes)?;
        self.length(|length| length.1 += bytes.len() as u64);
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        if let Some(fault) = step(&self.files, self.at, self.fault) {
            return Err(error(fault));
        }
        self.length(|length| length.0 = length.1);
        Ok(())
    }

    fn truncate(&mut self, to: u64) -> io::Result<()> {
        if let Some(fault) = step(&self.files, self.at, self.fault) {
            return Err(error(fault));
        }
        self.inner.truncate(to)?;
        self.length(|length| *length = (to, to));
        Ok(())
    }
}
