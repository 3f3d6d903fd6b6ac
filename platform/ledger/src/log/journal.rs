//! Journal files: records that make groups of leaves durable before they are in tiles.
//!
//! A file `journal/<first leaf, 20 digits>` holds records one after the other:
//! `"TSJR" ‖ u64 first leaf ‖ u32 leaves ‖ u32 bytes ‖ entries (u16 length each) ‖ SHA-256 of all before`, big-endian.
//!
//! A record is written and synced before the next is begun, so at most the last one of a file can be torn. A file that a
//! write failed in is left behind and a new one begun at the first leaf that is not durable; what the old one holds from
//! there on was never acknowledged and does not count.

use super::LogError;
use crate::disk::Disk;
use sha2::{Digest, Sha256};
use tlog::bundle;

/// Folder of the journal files.
pub const FOLDER: &str = "journal";
const MAGIC: &[u8; 4] = b"TSJR";
const HEADER_BYTES: usize = 4 + 8 + 4 + 4;
const DIGEST_BYTES: usize = 32;
/// Longest journal file read, bytes.
const FILE_BYTES_MAX: u64 = 1 << 30;

/// Name of the file that begins with leaf `first`.
pub fn file_name(first: u64) -> String {
    format!("{FOLDER}/{first:020}")
}

/// A record over these entries.
pub fn encode(first: u64, entries: &[&[u8]]) -> Result<Vec<u8>, LogError> {
    let body = bundle::encode(entries.iter().copied())
        .map_err(|_| LogError::TooLarge { bytes: entries.iter().map(|entry| entry.len()).max().unwrap_or(0) })?;
    let mut record = Vec::with_capacity(HEADER_BYTES + body.len() + DIGEST_BYTES);
    record.extend_from_slice(MAGIC);
    record.extend_from_slice(&first.to_be_bytes());
    record.extend_from_slice(&(entries.len() as u32).to_be_bytes());
    record.extend_from_slice(&(body.len() as u32).to_be_bytes());
    record.extend_from_slice(&body);
    let digest = Sha256::digest(&record);
    record.extend_from_slice(&digest);
    Ok(record)
}

/// A record read back.
struct Record<'b> {
    first: u64,
    entries: Vec<&'b [u8]>,
    bytes: usize,
}

/// Reads the record at the start of `bytes`; `None` when it is torn or not one.
fn decode(bytes: &[u8]) -> Option<Record<'_>> {
    let header = bytes.get(..HEADER_BYTES)?.strip_prefix(MAGIC.as_slice())?;
    let first = u64::from_be_bytes(header.get(..8)?.try_into().ok()?);
    let leaves = u32::from_be_bytes(header.get(8..12)?.try_into().ok()?) as usize;
    let length = u32::from_be_bytes(header.get(12..16)?.try_into().ok()?) as usize;
    let end = HEADER_BYTES.checked_add(length)?;
    let digest = bytes.get(end..end.checked_add(DIGEST_BYTES)?)?;
    if Sha256::digest(&bytes[..end]).as_slice() != digest {
        return None;
    }
    let entries = bundle::decode(&bytes[HEADER_BYTES..end], leaves).ok()?;
    Some(Record { first, entries, bytes: end + DIGEST_BYTES })
}

/// First leaves of the journal files, ascending.
pub fn files(disk: &dyn Disk) -> Result<Vec<u64>, LogError> {
    let names = disk.list(FOLDER).map_err(|error| LogError::disk("listing the journal", error))?;
    let mut firsts: Vec<u64> =
        names.iter().filter(|name| name.len() == 20).filter_map(|name| name.parse().ok()).collect();
    firsts.sort_unstable();
    Ok(firsts)
}

/// The durable leaves from `size` on, read from all journal files.
///
/// # Errors
/// [`LogError::Corrupt`] when acknowledged leaves cannot be read.
pub fn replay(disk: &dyn Disk, size: u64) -> Result<Vec<Vec<u8>>, LogError> {
    let firsts = files(disk)?;
    let mut leaves: Vec<Vec<u8>> = Vec::new();
    for (position, &first) in firsts.iter().enumerate() {
        let next = firsts.get(position + 1).copied();
        if next.is_some_and(|next| next <= size) {
            continue; // all of it is in tiles
        }
        let name = file_name(first);
        let reached = size + leaves.len() as u64;
        if first > reached {
            let reason = format!("it begins with leaf {first}, but only {reached} are known");
            return Err(LogError::corrupt(name, reason));
        }
        let read = disk.read(&name, FILE_BYTES_MAX);
        let bytes = read.map_err(|error| LogError::disk(format!("reading {name}"), error))?.unwrap_or_default();
        replay_file(&name, &bytes, first, next, size, &mut leaves)?;
    }
    Ok(leaves)
}

/// Adds the leaves of one file. `next` is the first leaf of the file after it, where this one's leaves stop counting.
fn replay_file(
    name: &str,
    bytes: &[u8],
    first: u64,
    next: Option<u64>,
    size: u64,
    leaves: &mut Vec<Vec<u8>>,
) -> Result<(), LogError> {
    let mut offset = 0;
    let mut index = first;
    while next.is_none_or(|next| index < next) && offset < bytes.len() {
        let Some(record) = decode(&bytes[offset..]).filter(|record| record.first == index) else {
            break;
        };
        for entry in record.entries {
            if index == size + leaves.len() as u64 {
                leaves.push(entry.to_vec());
            }
            index += 1;
        }
        offset += record.bytes;
    }
    if next.is_some_and(|next| index != next) {
        let reason = format!("leaves from {index} on cannot be read (byte {offset})");
        return Err(LogError::corrupt(name, reason));
    }
    // At most one record was never synced. A whole one behind the torn one means that the torn one was once whole.
    if next.is_none() && offset < bytes.len() {
        let mut later = offset + 1..bytes.len().saturating_sub(HEADER_BYTES);
        if later.any(|at| bytes[at..].starts_with(MAGIC) && decode(&bytes[at..]).is_some()) {
            let reason = format!("the record at byte {offset} was altered: later ones are whole");
            return Err(LogError::corrupt(name, reason));
        }
    }
    Ok(())
}
