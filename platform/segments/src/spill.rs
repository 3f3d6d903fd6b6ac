//! Records of the state that are seldom needed, in files that only grow.
//!
//! ```text
//! file   = record*                  record = length(4) crc32c(4) bytes
//! place  = number of the file << 40 | offset
//! mark   = number and length of the newest file, then of each file: number, bytes still needed, bytes in all (8 each)
//! ```
//! A snapshot of the state refers to places, so a file is only removed when nothing in it was needed at the oldest
//! snapshot still kept. What was put after the snapshot that is restored is cut off.

use crate::disk::{Disk, DiskFile, LocalDisk};
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use stream::Spill;

/// A file that reached this many bytes is followed by a new one.
const FILE_BYTES: u64 = 64 << 20;
/// Records wait in memory until they are this many bytes together.
const TAIL_BYTES: usize = 1 << 20;
/// Bytes before a record.
const HEAD: usize = 8;
/// Bytes read at a place before the length of its record is known.
const FIRST_BYTES: usize = 768;
/// Longest record that is believed.
const RECORD_BYTES_MAX: u32 = 1 << 20;
const EXTENSION: &str = "spill";
const OFFSET_BITS: u32 = 40;

/// What a file holds.
#[derive(Debug, Default, Clone, Copy)]
struct Use {
    needed: u64,
    bytes: u64,
}

/// The file being written.
struct Newest {
    number: u64,
    file: Box<dyn DiskFile>,
    /// Bytes handed to the disk.
    written: u64,
    /// Records after these.
    tail: Vec<u8>,
}

impl Newest {
    fn flush(&mut self) -> io::Result<()> {
        if self.tail.is_empty() {
            return Ok(());
        }
        if let Err(error) = self.file.append(&self.tail) {
            // Some of it may be there; it is written again from the same place.
            self.file.truncate(self.written)?;
            return Err(error);
        }
        self.written += self.tail.len() as u64;
        self.tail.clear();
        Ok(())
    }
}

/// A spill in a folder of its own.
pub struct SpillFile {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    uses: BTreeMap<u64, Use>,
    open: BTreeMap<u64, File>,
    newest: Option<Newest>,
    file_bytes: u64,
}

impl SpillFile {
    /// Opens a folder, which is made where it does not exist. What earlier processes left there stays until a snapshot is
    /// restored ([`Spill::resume`]) or [`SpillFile::clear`] is called.
    pub fn open(folder: &Path) -> io::Result<SpillFile> {
        SpillFile::open_on(LocalDisk::shared(), folder)
    }

    /// The same on a given disk.
    pub fn open_on(disk: Arc<dyn Disk>, folder: &Path) -> io::Result<SpillFile> {
        std::fs::create_dir_all(folder)?;
        Ok(SpillFile {
            disk,
            folder: folder.to_owned(),
            uses: BTreeMap::new(),
            open: BTreeMap::new(),
            newest: None,
            file_bytes: FILE_BYTES,
        })
    }

    /// The same with files of another size.
    pub fn with_file_bytes(self, file_bytes: u64) -> SpillFile {
        SpillFile { file_bytes, ..self }
    }

    /// Removes every file: for a state that begins anew.
    pub fn clear(&mut self) -> io::Result<()> {
        self.newest = None;
        self.open.clear();
        self.uses.clear();
        for number in self.files()? {
            self.disk.remove(&self.path(number))?;
        }
        self.disk.sync_folder(&self.folder)
    }

    /// Bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.uses.values().map(|file| file.bytes).sum()
    }

    /// How many files there are.
    pub fn file_count(&self) -> usize {
        self.uses.len()
    }

    fn path(&self, number: u64) -> PathBuf {
        self.folder.join(format!("{number:010}.{EXTENSION}"))
    }

    fn files(&self) -> io::Result<Vec<u64>> {
        let mut numbers = Vec::new();
        for entry in std::fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let number = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse().ok());
            if let Some(number) = number
                && path.extension().is_some_and(|extension| extension == EXTENSION)
            {
                numbers.push(number);
            }
        }
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// The file with room for a record.
    fn newest(&mut self) -> io::Result<&mut Newest> {
        let is_full = |newest: &Newest| newest.written + newest.tail.len() as u64 >= self.file_bytes;
        if self.newest.as_ref().is_some_and(is_full)
            && let Some(newest) = &mut self.newest
        {
            newest.flush()?;
            newest.file.sync()?;
            self.newest = None;
        }
        if self.newest.is_none() {
            let last = self.files()?.last().copied().unwrap_or(0);
            let number = last.max(self.uses.keys().next_back().copied().unwrap_or(0)) + 1;
            let path = self.path(number);
            let file = self.disk.create(&path)?;
            self.disk.sync_folder(&self.folder)?;
            self.open.insert(number, File::open(&path)?);
            self.uses.insert(number, Use::default());
            self.newest = Some(Newest { number, file, written: 0, tail: Vec::new() });
        }
        self.newest.as_mut().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn remove(&mut self, number: u64) -> io::Result<()> {
        self.open.remove(&number);
        self.uses.remove(&number);
        self.disk.remove(&self.path(number))
    }
}

/// Reads as much as there is, up to the whole of `into`.
fn read_some(file: &File, into: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut read = 0;
    while read < into.len() {
        match file.read_at(&mut into[read..], offset + read as u64) {
            Ok(0) => break,
            Ok(more) => read += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(read)
}

fn split(place: u64) -> (u64, u64) {
    (place >> OFFSET_BITS, place & ((1 << OFFSET_BITS) - 1))
}

fn damaged(number: u64, offset: u64) -> io::Error {
    let message = format!("{number:010}.{EXTENSION} at byte {offset}: damaged");
    io::Error::new(io::ErrorKind::InvalidData, message)
}

fn head_of(head: [u8; HEAD]) -> (u32, u32) {
    let [a, b, c, d, e, f, g, h] = head;
    (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]))
}

impl Spill for SpillFile {
    fn put(&mut self, record: &[u8]) -> io::Result<u64> {
        let newest = self.newest()?;
        if newest.tail.len() >= TAIL_BYTES {
            newest.flush()?;
        }
        let place = newest.number << OFFSET_BITS | (newest.written + newest.tail.len() as u64);
        newest.tail.extend_from_slice(&(record.len() as u32).to_le_bytes());
        newest.tail.extend_from_slice(&crc32c::crc32c(record).to_le_bytes());
        newest.tail.extend_from_slice(record);
        let number = newest.number;
        let bytes = (record.len() + HEAD) as u64;
        let file = self.uses.entry(number).or_default();
        file.needed += bytes;
        file.bytes += bytes;
        Ok(place)
    }

    fn get(&self, place: u64, into: &mut Vec<u8>) -> io::Result<()> {
        let (number, offset) = split(place);
        into.clear();
        if let Some(newest) = self.newest.as_ref().filter(|newest| newest.number == number && offset >= newest.written)
        {
            let at = (offset - newest.written) as usize;
            let head = newest.tail.get(at..).and_then(|tail| tail.first_chunk::<HEAD>());
            let (length, _) = head_of(*head.ok_or_else(|| damaged(number, offset))?);
            let record = newest.tail.get(at + HEAD..at + HEAD + length as usize);
            into.extend_from_slice(record.ok_or_else(|| damaged(number, offset))?);
            return Ok(());
        }
        let file = self.open.get(&number).ok_or_else(|| damaged(number, offset))?;
        // Most records fit what is read first.
        into.resize(FIRST_BYTES, 0);
        let read = read_some(file, into, offset)?;
        let head = into[..read].first_chunk::<HEAD>().copied().ok_or_else(|| damaged(number, offset))?;
        let (length, crc) = head_of(head);
        if length > RECORD_BYTES_MAX {
            return Err(damaged(number, offset));
        }
        let whole = HEAD + length as usize;
        into.resize(whole, 0);
        if whole > read {
            file.read_exact_at(&mut into[read..], offset + read as u64)?;
        }
        into.drain(..HEAD);
        if crc32c::crc32c(into) != crc {
            return Err(damaged(number, offset));
        }
        Ok(())
    }

    fn free(&mut self, place: u64, bytes: usize) {
        if let Some(file) = self.uses.get_mut(&split(place).0) {
            file.needed = file.needed.saturating_sub((bytes + HEAD) as u64);
        }
    }

    fn sync(&mut self) -> io::Result<Vec<u8>> {
        let mut mark = Vec::new();
        let (number, length) = match &mut self.newest {
            Some(newest) => {
                newest.flush()?;
                newest.file.sync()?;
                (newest.number, newest.written)
            }
            None => self.uses.last_key_value().map_or((0, 0), |(number, file)| (*number, file.bytes)),
        };
        mark.extend_from_slice(&number.to_le_bytes());
        mark.extend_from_slice(&length.to_le_bytes());
        for (number, file) in &self.uses {
            for word in [*number, file.needed, file.bytes] {
                mark.extend_from_slice(&word.to_le_bytes());
            }
        }
        Ok(mark)
    }

    fn resume(&mut self, mark: &[u8]) -> io::Result<()> {
        let (newest, uses) = read_mark(mark).ok_or(io::ErrorKind::InvalidData)?;
        self.newest = None;
        self.open.clear();
        self.uses = uses;
        for number in self.files()? {
            if !self.uses.contains_key(&number) {
                self.disk.remove(&self.path(number))?;
                continue;
            }
            self.open.insert(number, File::open(self.path(number))?);
        }
        if let Some((number, _)) =
            self.uses.iter().find(|(number, file)| file.needed > 0 && !self.open.contains_key(number))
        {
            return Err(io::Error::new(io::ErrorKind::NotFound, format!("{number:010}.{EXTENSION} is gone")));
        }
        self.uses.retain(|number, _| self.open.contains_key(number));
        let (number, length) = newest;
        if self.uses.contains_key(&number) {
            let file = self.disk.reopen(&self.path(number), length)?;
            self.newest = Some(Newest { number, file, written: length, tail: Vec::new() });
        }
        Ok(())
    }

    fn forget_before(&mut self, mark: &[u8]) -> io::Result<()> {
        let (newest, uses) = read_mark(mark).ok_or(io::ErrorKind::InvalidData)?;
        let old: Vec<u64> = self
            .uses
            .iter()
            .filter(|(number, file)| {
                let needed_at_mark = uses.get(number).map_or(0, |file| file.needed);
                **number < newest.0 && file.needed == 0 && needed_at_mark == 0
            })
            .map(|(number, _)| *number)
            .collect();
        for number in old {
            self.remove(number)?;
        }
        Ok(())
    }

    fn worth_moving(&self, place: u64) -> bool {
        let (number, _) = split(place);
        let is_newest = self.newest.as_ref().is_some_and(|newest| newest.number == number);
        !is_newest && self.uses.get(&number).is_some_and(|file| file.needed * 2 < file.bytes)
    }
}

/// Number and length of the newest file, and what each file held.
type Mark = ((u64, u64), BTreeMap<u64, Use>);

fn read_mark(mark: &[u8]) -> Option<Mark> {
    let (words, rest) = mark.as_chunks::<8>();
    let words: Vec<u64> = words.iter().map(|word| u64::from_le_bytes(*word)).collect();
    let ([number, length], files) = words.split_first_chunk::<2>()?;
    let (files, odd) = files.as_chunks::<3>();
    if !rest.is_empty() || !odd.is_empty() {
        return None;
    }
    let uses = files.iter().map(|[number, needed, bytes]| (*number, Use { needed: *needed, bytes: *bytes })).collect();
    Some(((*number, *length), uses))
}
