//! A sorted file of ids.
//!
//! ```text
//! file = head page*                                    pages of 4,096 bytes
//! head = "TSIDS001" count(8) complete_through(8) crc32c(4) of the 24 bytes, zeros
//! page = entry* (at most 170, zeros after), count(2) zeros(2) crc32c(4) of all before it
//! entry= fingerprint, high half first (16) content hash (8)
//! ```
//! Numbers little end first. In memory is the high half of each page's first fingerprint.

use super::Entry;
use crate::disk::Disk;
use crate::log::{Damage, Why};
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use stream::fingerprint::Fingerprint;

const MAGIC: &[u8; 8] = b"TSIDS001";
const EXTENSION: &str = "ids";
const PAGE: usize = 4096;
const ENTRY: usize = 24;
/// Entries on a page.
const PAGE_ENTRIES: usize = 170;
/// Where on a page the count of its entries stands.
const COUNT_AT: usize = PAGE - 8;
/// Bytes written at once.
const PIECE_BYTES: usize = 1 << 20;

/// A run that can be searched.
#[derive(Debug)]
pub(super) struct Run {
    pub path: PathBuf,
    file: File,
    firsts: Vec<u64>,
    pub count: u64,
    pub complete_through: u64,
}

/// The file of a run.
pub(super) fn path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{number:010}.{EXTENSION}"))
}

/// Runs in a folder, oldest first.
pub(super) fn files(folder: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let number = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse().ok());
        if let Some(number) = number
            && path.extension().is_some_and(|extension| extension == EXTENSION)
        {
            files.push((number, path));
        }
    }
    files.sort_unstable();
    Ok(files)
}

fn word(bytes: &[u8], at: usize) -> u64 {
    bytes[at..].first_chunk::<8>().map_or(0, |word| u64::from_le_bytes(*word))
}

fn half(bytes: &[u8], at: usize) -> u32 {
    bytes[at..].first_chunk::<4>().map_or(0, |word| u32::from_le_bytes(*word))
}

/// How many entries a page holds; `None` when its checksum is another.
fn page_entries(page: &[u8]) -> Option<usize> {
    let count = usize::from(page[COUNT_AT]) | usize::from(page[COUNT_AT + 1]) << 8;
    let is_whole = half(page, PAGE - 4) == crc32c::crc32c(&page[..PAGE - 4]);
    (is_whole && count <= PAGE_ENTRIES).then_some(count)
}

fn entry(page: &[u8], place: usize) -> Entry {
    let at = place * ENTRY;
    Entry { fingerprint: [word(page, at), word(page, at + 8)], content: word(page, at + 16) }
}

impl Run {
    /// Writes sorted entries under another name, and gives them theirs when they are durable.
    pub fn write(disk: &dyn Disk, path: &Path, entries: &[Entry], complete_through: u64) -> io::Result<Run> {
        let unfinished = path.with_extension("new");
        let written = write_file(disk, &unfinished, entries, complete_through).and_then(|()| {
            disk.rename(&unfinished, path)?;
            disk.sync_folder(path.parent().unwrap_or(Path::new(".")))
        });
        if let Err(error) = written {
            // What is left of it is never read; the next run of that number replaces it.
            let _ = disk.remove(&unfinished);
            let _ = disk.remove(path);
            return Err(error);
        }
        let firsts = entries.iter().step_by(PAGE_ENTRIES).map(|entry| entry.fingerprint[0]).collect();
        let count = entries.len() as u64;
        Ok(Run { path: path.to_owned(), file: File::open(path)?, firsts, count, complete_through })
    }

    /// Opens a run and checks all of it.
    pub fn open(path: &Path) -> Result<Run, Damage> {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let damage = |page: usize, why: Why| Damage { file: name.clone(), offset: (page * PAGE) as u64, why };
        let mut file = File::open(path).map_err(|_| damage(0, Why::Unreadable))?;
        let mut page = vec![0; PAGE];
        file.read_exact(&mut page).map_err(|_| damage(0, Why::CutOff))?;
        if &page[..8] != MAGIC || half(&page, 24) != crc32c::crc32c(&page[..24]) {
            return Err(damage(0, Why::FileHead));
        }
        let (count, complete_through) = (word(&page, 8), word(&page, 16));
        let pages = (count as usize).div_ceil(PAGE_ENTRIES);
        let mut firsts = Vec::new();
        let mut reader = io::BufReader::with_capacity(PIECE_BYTES, &file);
        for number in 1..=pages {
            reader.read_exact(&mut page).map_err(|_| damage(number, Why::CutOff))?;
            page_entries(&page).ok_or_else(|| damage(number, Why::Payload))?;
            firsts.push(word(&page, 0));
        }
        Ok(Run { path: path.to_owned(), file, firsts, count, complete_through })
    }

    /// Bytes in memory.
    pub fn memory_bytes(&self) -> usize {
        self.firsts.capacity() * 8
    }

    /// Looks for an id: one page, or two when fingerprints share their high half.
    pub fn find(&self, fingerprint: Fingerprint) -> io::Result<Option<Entry>> {
        let after = self.firsts.partition_point(|first| *first <= fingerprint[0]);
        let mut bytes = [0; PAGE];
        let mut number = after;
        while number > 0 {
            let entries = self.page(number, &mut bytes)?;
            let place = partition(entries, |place| entry(&bytes, place).fingerprint < fingerprint);
            if place < entries {
                let found = entry(&bytes, place);
                if found.fingerprint == fingerprint {
                    return Ok(Some(found));
                }
            }
            // The page before may end with the same high half that this one begins with.
            if place > 0 || self.firsts[number - 1] != fingerprint[0] {
                return Ok(None);
            }
            number -= 1;
        }
        Ok(None)
    }

    fn page(&self, number: usize, bytes: &mut [u8; PAGE]) -> io::Result<usize> {
        self.file.read_exact_at(bytes, (number * PAGE) as u64)?;
        page_entries(bytes).ok_or_else(|| {
            let message = format!("{} at byte {}: damaged", self.path.display(), number * PAGE);
            io::Error::new(io::ErrorKind::InvalidData, message)
        })
    }

    /// Every fingerprint, in order.
    pub fn each(&self, each: &mut dyn FnMut(Fingerprint)) -> io::Result<()> {
        let mut bytes = [0; PAGE];
        for number in 1..=self.firsts.len() {
            let entries = self.page(number, &mut bytes)?;
            (0..entries).for_each(|place| each(entry(&bytes, place).fingerprint));
        }
        Ok(())
    }
}

/// The first place of `0..count` for which `is_before` is false.
fn partition(count: usize, is_before: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = (low + high) / 2;
        if is_before(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

fn write_file(disk: &dyn Disk, path: &Path, entries: &[Entry], complete_through: u64) -> io::Result<()> {
    let mut file = disk.create(path)?;
    let mut piece = Vec::with_capacity(PIECE_BYTES + PAGE);
    piece.extend_from_slice(MAGIC);
    piece.extend_from_slice(&(entries.len() as u64).to_le_bytes());
    piece.extend_from_slice(&complete_through.to_le_bytes());
    piece.extend_from_slice(&crc32c::crc32c(&piece).to_le_bytes());
    piece.resize(PAGE, 0);
    for page in entries.chunks(PAGE_ENTRIES) {
        let start = piece.len();
        for entry in page {
            for number in [entry.fingerprint[0], entry.fingerprint[1], entry.content] {
                piece.extend_from_slice(&number.to_le_bytes());
            }
        }
        piece.resize(start + COUNT_AT, 0);
        piece.extend_from_slice(&(page.len() as u32).to_le_bytes());
        let crc = crc32c::crc32c(&piece[start..]);
        piece.extend_from_slice(&crc.to_le_bytes());
        if piece.len() >= PIECE_BYTES {
            file.append(&piece)?;
            piece.clear();
        }
    }
    file.append(&piece)?;
    file.sync()
}
