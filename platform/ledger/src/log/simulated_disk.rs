//! A disk in memory that forgets, on a crash, what was not synced, and that fails the operation it is told to fail.

use crate::disk::{AppendFile, Disk};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex};

/// How the chosen operation goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The disk is full: a write does half, other operations nothing.
    Full,
    /// Nothing is done and an error is reported; after a failed sync the unsynced bytes are lost although later syncs
    /// of the same file succeed.
    Refused,
    /// It is done, but an error is reported.
    DoneButReported,
    /// The power fails in the middle: half of it is done and nothing works any more.
    PowerLoss,
}

/// What is left after a crash of what was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// Everything (the process was killed, the machine lives).
    All,
    /// Nothing.
    Nothing,
    /// Some names, and of some files a part.
    Some(u64),
}

#[derive(Debug, Clone, Default)]
struct Inode {
    now: Vec<u8>,
    durable: Vec<u8>,
    /// Ranges that a failed sync lost: a later sync does not bring them to the disk.
    lost: Vec<(usize, usize)>,
}

#[derive(Debug, Default)]
struct State {
    inodes: Vec<Inode>,
    names: BTreeMap<String, usize>,
    durable_names: BTreeMap<String, usize>,
    folders: BTreeSet<String>,
    durable_folders: BTreeSet<String>,
    operations: usize,
    fault: Option<(usize, Fault)>,
    dead: bool,
}

/// The disk. Clones are the same disk.
#[derive(Debug, Clone, Default)]
pub struct SimulatedDisk(Arc<Mutex<State>>);

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn full() -> io::Error {
    io::Error::from(io::ErrorKind::StorageFull)
}

impl State {
    /// Counts an operation; says how it is to go wrong.
    fn step(&mut self) -> io::Result<Option<Fault>> {
        if self.dead {
            return Err(io::Error::other("no power"));
        }
        let number = self.operations;
        self.operations += 1;
        let fault = self.fault.filter(|(at, _)| *at == number).map(|(_, fault)| fault);
        if fault == Some(Fault::PowerLoss) {
            self.dead = true;
        }
        Ok(fault)
    }

    /// An operation that is done or not done.
    fn whole(&mut self, run: impl FnOnce(&mut State) -> io::Result<()>) -> io::Result<()> {
        match self.step()? {
            None => run(self),
            Some(Fault::Full) => Err(full()),
            Some(Fault::DoneButReported) => {
                run(self)?;
                Err(io::Error::other("input/output error"))
            }
            Some(Fault::Refused | Fault::PowerLoss) => Err(io::Error::other("input/output error")),
        }
    }

    /// An operation that writes bytes, and may write half of them.
    fn bytes(&mut self, bytes: &[u8], run: impl FnOnce(&mut State, &[u8]) -> io::Result<()>) -> io::Result<()> {
        let half = &bytes[..bytes.len() / 2];
        match self.step()? {
            None => run(self, bytes),
            Some(Fault::Full) => run(self, half).and(Err(full())),
            Some(Fault::PowerLoss) => run(self, half).and(Err(io::Error::other("no power"))),
            Some(Fault::DoneButReported) => run(self, bytes).and(Err(io::Error::other("input/output error"))),
            Some(Fault::Refused) => Err(io::Error::other("input/output error")),
        }
    }

    fn need_folder(&self, path: &str) -> io::Result<()> {
        let folder = parent(path);
        if folder.is_empty() || self.folders.contains(folder) {
            return Ok(());
        }
        Err(io::Error::from(io::ErrorKind::NotFound))
    }

    fn sync_inode(&mut self, inode: usize) -> io::Result<()> {
        let fault = self.step()?;
        let file = &mut self.inodes[inode];
        if matches!(fault, None | Some(Fault::DoneButReported)) {
            file.durable = file.now.clone();
            for (from, until) in &file.lost {
                let until = (*until).min(file.durable.len());
                file.durable[(*from).min(until)..until].fill(0);
            }
        } else {
            file.lost.push((file.durable.len(), file.now.len()));
        }
        match fault {
            None => Ok(()),
            Some(Fault::Full) => Err(full()),
            Some(_) => Err(io::Error::other("input/output error")),
        }
    }
}

impl SimulatedDisk {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Fails operation `at` (from 0).
    pub fn fail(&self, at: usize, fault: Fault) {
        self.state().fault = Some((at, fault));
    }

    /// Operations so far.
    pub fn operations(&self) -> usize {
        self.state().operations
    }

    /// Whether the power is gone.
    pub fn is_dead(&self) -> bool {
        self.state().dead
    }

    /// Changes a byte of a file, as bad hardware or a bad person would.
    pub fn alter(&self, path: &str, at: usize) {
        let mut state = self.state();
        let inode = state.names[path];
        state.inodes[inode].now[at] ^= 1;
    }

    /// The disk after a restart: a new one, without faults, with what is left.
    pub fn restart(&self, left: Left) -> SimulatedDisk {
        let state = self.state();
        let mut chance = match left {
            Left::Some(seed) => seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1,
            _ => 1,
        };
        let mut coin = || {
            chance ^= chance << 13;
            chance ^= chance >> 7;
            chance ^= chance << 17;
            chance
        };
        let mut folders = state.durable_folders.clone();
        for folder in &state.folders {
            let keep = match left {
                Left::All => true,
                Left::Nothing => false,
                Left::Some(_) => coin() % 2 == 0,
            };
            if keep {
                folders.insert(folder.clone());
            }
        }
        let mut new = State::default();
        let mut paths: BTreeSet<&String> = state.names.keys().collect();
        paths.extend(state.durable_names.keys());
        for path in paths {
            let keep_now = match left {
                Left::All => true,
                Left::Nothing => false,
                Left::Some(_) => coin() % 2 == 0,
            };
            let source = if keep_now { &state.names } else { &state.durable_names };
            let Some(inode) = source.get(path).map(|inode| &state.inodes[*inode]) else {
                continue;
            };
            let bytes = match left {
                Left::All => inode.now.clone(),
                Left::Nothing => inode.durable.clone(),
                Left::Some(_) if coin() % 2 == 0 => inode.durable.clone(),
                Left::Some(_) => {
                    // Some of what was written later made it, cut anywhere.
                    let shared = inode.durable.len().min(inode.now.len());
                    let cut = shared + coin() as usize % (inode.now.len() - shared + 1);
                    let mut bytes = inode.now[..cut].to_vec();
                    bytes[..shared].copy_from_slice(&inode.durable[..shared]);
                    bytes
                }
            };
            let mut above = parent(path);
            let mut reachable = true;
            while !above.is_empty() {
                reachable &= folders.contains(above);
                above = parent(above);
            }
            if reachable {
                new.inodes.push(Inode { durable: bytes.clone(), now: bytes, lost: Vec::new() });
                new.names.insert(path.clone(), new.inodes.len() - 1);
            }
        }
        new.durable_names = new.names.clone();
        new.folders = folders.clone();
        new.durable_folders = folders;
        SimulatedDisk(Arc::new(Mutex::new(new)))
    }
}

impl Disk for SimulatedDisk {
    fn read(&self, path: &str, _bytes_max: u64) -> io::Result<Option<Vec<u8>>> {
        let state = self.state();
        Ok(state.names.get(path).map(|inode| state.inodes[*inode].now.clone()))
    }

    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        let state = self.state();
        let all = state.names.keys().chain(&state.folders);
        let here = all.filter(|path| parent(path) == folder && !path.is_empty());
        Ok(here.map(|path| path.rsplit('/').next().unwrap_or_default().to_owned()).collect())
    }

    fn create_folder(&self, folder: &str) -> io::Result<()> {
        self.state().whole(|state| {
            let mut folder = folder;
            while !folder.is_empty() {
                state.folders.insert(folder.to_owned());
                folder = parent(folder);
            }
            Ok(())
        })
    }

    fn write(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        self.state().bytes(bytes, |state, bytes| {
            state.need_folder(path)?;
            let known = state.names.get(path).copied();
            let inode = known.unwrap_or_else(|| {
                state.inodes.push(Inode::default());
                let inode = state.inodes.len() - 1;
                state.names.insert(path.to_owned(), inode);
                inode
            });
            state.inodes[inode].now = bytes.to_vec();
            state.inodes[inode].lost.clear();
            Ok(())
        })
    }

    fn sync_file(&self, path: &str) -> io::Result<()> {
        let mut state = self.state();
        let inode = state.names.get(path).copied().ok_or(io::ErrorKind::NotFound)?;
        state.sync_inode(inode)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.state().whole(|state| {
            let inode = state.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
            state.names.insert(to.to_owned(), inode);
            Ok(())
        })
    }

    fn sync_folder(&self, folder: &str) -> io::Result<()> {
        self.state().whole(|state| {
            let here = |path: &String| parent(path) == folder;
            state.durable_names.retain(|path, _| !here(path));
            let now: Vec<_> = state.names.iter().filter(|(path, _)| here(path)).map(|(p, i)| (p.clone(), *i)).collect();
            state.durable_names.extend(now);
            state.durable_folders.retain(|path| !here(path));
            let now: Vec<_> = state.folders.iter().filter(|path| here(path)).cloned().collect();
            state.durable_folders.extend(now);
            Ok(())
        })
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        self.state().whole(|state| {
            state.names.remove(path);
            Ok(())
        })
    }

    fn remove_folder(&self, folder: &str) -> io::Result<()> {
        self.state().whole(|state| {
            let inside = format!("{folder}/");
            state.names.retain(|path, _| !path.starts_with(&inside));
            state.folders.retain(|path| path != folder && !path.starts_with(&inside));
            Ok(())
        })
    }

    fn open_append(&self, path: &str) -> io::Result<Box<dyn AppendFile>> {
        let mut opened = 0;
        self.state().whole(|state| {
            state.need_folder(path)?;
            // A new inode stands for the cut-off one: what was durable of it is gone with the next folder sync.
            state.inodes.push(Inode::default());
            opened = state.inodes.len() - 1;
            state.names.insert(path.to_owned(), opened);
            Ok(())
        })?;
        Ok(Box::new(SimulatedFile { disk: self.clone(), inode: opened }))
    }

    fn open_to_append(&self, path: &str) -> io::Result<Box<dyn AppendFile>> {
        let mut opened = 0;
        self.state().whole(|state| {
            state.need_folder(path)?;
            opened = match state.names.get(path) {
                Some(inode) => *inode,
                None => {
                    state.inodes.push(Inode::default());
                    state.names.insert(path.to_owned(), state.inodes.len() - 1);
                    state.inodes.len() - 1
                }
            };
            Ok(())
        })?;
        Ok(Box::new(SimulatedFile { disk: self.clone(), inode: opened }))
    }

    fn set_length(&self, path: &str, bytes: u64) -> io::Result<()> {
        let inode = self.state().names.get(path).copied().ok_or(io::ErrorKind::NotFound)?;
        self.state().whole(|state| {
            state.inodes[inode].now.truncate(bytes as usize);
            Ok(())
        })
    }
}

struct SimulatedFile {
    disk: SimulatedDisk,
    inode: usize,
}

impl AppendFile for SimulatedFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let inode = self.inode;
        self.disk.state().bytes(bytes, |state, bytes| {
            state.inodes[inode].now.extend_from_slice(bytes);
            Ok(())
        })
    }

    fn sync(&mut self) -> io::Result<()> {
        let inode = self.inode;
        self.disk.state().sync_inode(inode)
    }
}
