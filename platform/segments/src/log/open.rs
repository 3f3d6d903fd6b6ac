//! Opening: the lock, and what each file holds.

use super::block::{BLOCK_HEAD, BLOCK_MAGIC, FILE_HEAD, Head, is_file_head};
use super::{Damage, Error, Recovery, Segment, Settings, Why};
use crate::disk::Disk;
use std::fs::{File, TryLockError};
use std::io::Read;
use std::path::{Path, PathBuf};

const LOCK_FILE: &str = "LOCK";
/// How files of the log end.
pub(super) const EXTENSION: &str = "log";

/// Keeps other processes out of the folder for as long as the file is held.
pub(super) fn lock(folder: &Path) -> Result<File, Error> {
    let file = File::options().create(true).truncate(false).write(true).open(folder.join(LOCK_FILE))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::Locked(folder.display().to_string())),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

/// Reads every file. The unfinished end of the last one is cut off. Also gives the greatest sequence that was ever begun.
pub(super) fn recover(
    disk: &dyn Disk,
    folder: &Path,
    settings: &Settings,
) -> Result<(Vec<Segment>, Recovery, u64), Error> {
    let mut segments = Vec::new();
    let mut recovery = Recovery::default();
    let mut last = 0;
    let files = files(folder)?;
    let count = files.len();
    for (place, (first, path)) in files.into_iter().enumerate() {
        last = last.max(first.saturating_sub(1));
        let is_last = place + 1 == count;
        let scanned = scan(&path, last, settings);
        let Scanned { segment, torn, torn_why, greatest } = scanned;
        last = last.max(greatest);
        recovery.damage.extend(segment.damage.iter().cloned());
        recovery.blocks += segment.blocks.len() as u64;
        if let Some(why) = torn_why {
            recovery.torn_bytes += torn;
            let file = super::read::file_name(&path);
            recovery.torn = Some(Damage { file, offset: segment.length, why });
        }
        if is_last && torn > 0 {
            if segment.length < FILE_HEAD as u64 {
                // Not even its head was finished: it never held a block.
                disk.remove(&path)?;
                disk.sync_folder(folder)?;
                continue;
            }
            disk.reopen(&path, segment.length)?.sync()?;
        }
        segments.push(segment);
    }
    Ok((segments, recovery, last))
}

/// What each file holds, without changing anything.
pub(super) fn look(folder: &Path, settings: &Settings) -> Result<Vec<Segment>, Error> {
    let mut segments = Vec::new();
    let mut last = 0;
    for (first, path) in files(folder)? {
        let scanned = scan(&path, last.max(first.saturating_sub(1)), settings);
        last = last.max(scanned.greatest);
        segments.push(scanned.segment);
    }
    Ok(segments)
}

fn files(folder: &Path) -> Result<Vec<(u64, PathBuf)>, Error> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let first = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| u64::from_str_radix(stem, 16).ok());
        if let Some(first) = first
            && path.extension().is_some_and(|extension| extension == EXTENSION)
        {
            files.push((first, path));
        }
    }
    files.sort_unstable();
    Ok(files)
}

struct Scanned {
    segment: Segment,
    /// Bytes after the last whole block that belong to none.
    torn: u64,
    torn_why: Option<Why>,
    /// The greatest sequence any readable head names, also one whose payload is lost.
    greatest: u64,
}

fn scan(path: &Path, mut last: u64, settings: &Settings) -> Scanned {
    let file = super::read::file_name(path);
    let mut segment = Segment { path: path.to_owned(), blocks: Vec::new(), length: 0, damage: Vec::new() };
    let damage = |offset: usize, why: Why| Damage { file: file.clone(), offset: offset as u64, why };
    let mut bytes = Vec::new();
    if File::open(path).and_then(|mut file| file.read_to_end(&mut bytes)).is_err() {
        segment.damage.push(damage(0, Why::Unreadable));
        return Scanned { segment, torn: 0, torn_why: None, greatest: last };
    }
    let mut at = FILE_HEAD;
    if bytes.len() < FILE_HEAD {
        return Scanned { segment, torn: bytes.len() as u64, torn_why: Some(Why::FileHead), greatest: last };
    }
    if !is_file_head(&bytes) {
        segment.damage.push(damage(0, Why::FileHead));
    }
    let mut good_until = at;
    let mut greatest = last;
    let mut torn_why = None;
    while at < bytes.len() {
        match whole_block(&bytes, at, last, settings, &mut greatest) {
            Ok((head, next)) => {
                segment.blocks.push((head.sequence, at as u64));
                last = head.sequence;
                good_until = next;
                at = next;
            }
            Err(why) => match next_block(&bytes, at + 1, last, settings) {
                Some(next) => {
                    segment.damage.push(damage(at, why));
                    at = next;
                }
                None => {
                    torn_why = Some(why);
                    break;
                }
            },
        }
    }
    segment.length = good_until as u64;
    Scanned { segment, torn: (bytes.len() - good_until) as u64, torn_why, greatest }
}

/// The block that begins here, and where the next one would.
fn whole_block(
    bytes: &[u8],
    at: usize,
    last: u64,
    settings: &Settings,
    greatest: &mut u64,
) -> Result<(Head, usize), Why> {
    let head = Head::read(&bytes[at..]).ok_or(Why::BlockHead)?;
    *greatest = (*greatest).max(head.sequence);
    let start = at + BLOCK_HEAD;
    let stored = bytes.get(start..start + head.stored_bytes as usize).ok_or(Why::CutOff)?;
    if head.sequence <= last {
        return Err(Why::Order);
    }
    if head.payload_bytes as usize > settings.payload_bytes_max || crc32c::crc32c(stored) != head.payload_crc {
        return Err(Why::Payload);
    }
    Ok((head, start + stored.len()))
}

/// Where the next whole block begins after a damaged place.
fn next_block(bytes: &[u8], from: usize, last: u64, settings: &Settings) -> Option<usize> {
    let mut at = from;
    while at + BLOCK_HEAD <= bytes.len() {
        let found = bytes[at..].windows(BLOCK_MAGIC.len()).position(|window| window == BLOCK_MAGIC)?;
        at += found;
        if whole_block(bytes, at, last, settings, &mut 0).is_ok() {
            return Some(at);
        }
        at += 1;
    }
    None
}
