//! Group commit: many appends, one record, one sync.

use super::fence::Fence;
use super::{GROUP_LEAVES_MAX, LEAF_BYTES_MAX, LogError, NewLeaf, PENDING_LEAVES_MAX, Shared, journal};
use crate::disk::{AppendFile, Disk};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// A journal file is left for a new one when it is longer, bytes.
const FILE_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// Newest leaves whose ids are remembered. The sequencer never has more than one turn of acts between the log and the
/// database, which is far less.
pub const REMEMBERED_IDS: usize = 65_536;

/// Reads the id out of an entry, for ids that were appended before this start.
pub type IdOf = fn(&[u8]) -> Option<String>;

/// The newest ids and their positions.
#[derive(Debug, Default)]
pub struct Ids {
    positions: HashMap<String, u64>,
    order: VecDeque<String>,
}

impl Ids {
    /// Remembers an id, forgetting the oldest when there are too many.
    pub fn insert(&mut self, id: String, position: u64) {
        if self.positions.insert(id.clone(), position).is_none() {
            self.order.push_back(id);
        }
        if self.order.len() > REMEMBERED_IDS
            && let Some(oldest) = self.order.pop_front()
        {
            self.positions.remove(&oldest);
        }
    }
}

/// The one who writes the journal.
pub struct Writer {
    disk: Arc<dyn Disk>,
    shared: Arc<Shared>,
    /// Leaves that are durable.
    size: u64,
    ids: Ids,
    /// The file being written; `None` before the first append and after a failure.
    file: Option<(Box<dyn AppendFile>, u64)>,
    fence: Fence,
}

impl Writer {
    pub(crate) fn new(disk: Arc<dyn Disk>, shared: Arc<Shared>, size: u64, ids: Ids, fence: Fence) -> Self {
        Writer { disk, shared, size, ids, file: None, fence }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Makes lists of leaves durable together and returns the positions of each list.
    ///
    /// # Errors
    /// Nothing was acknowledged and nothing counts; the same lists may be appended again.
    pub fn append(&mut self, lists: &[&[NewLeaf]]) -> Result<Vec<Vec<u64>>, LogError> {
        let mut fresh: Vec<&NewLeaf> = Vec::new();
        let mut new_ids: HashMap<&str, u64> = HashMap::new();
        let mut positions = Vec::with_capacity(lists.len());
        for list in lists {
            let mut places = Vec::with_capacity(list.len());
            for leaf in *list {
                let known = self.ids.positions.get(&leaf.id).or_else(|| new_ids.get(leaf.id.as_str()));
                let place = known.copied().unwrap_or_else(|| {
                    let place = self.size + fresh.len() as u64;
                    new_ids.insert(&leaf.id, place);
                    fresh.push(leaf);
                    place
                });
                places.push(place);
            }
            positions.push(places);
        }
        self.check(&fresh)?;
        for group in fresh.chunks(GROUP_LEAVES_MAX) {
            let entries: Vec<&[u8]> = group.iter().map(|leaf| leaf.bytes.as_slice()).collect();
            if let Err(error) = self.write(&entries) {
                // What this file holds from here on does not count: the next append begins a new one.
                self.file = None;
                return Err(error);
            }
            for leaf in group {
                self.ids.insert(leaf.id.clone(), self.size);
                self.size += 1;
            }
            self.shared.pending().add(entries);
        }
        Ok(positions)
    }

    fn check(&self, fresh: &[&NewLeaf]) -> Result<(), LogError> {
        let longest = fresh.iter().map(|leaf| leaf.bytes.len()).max().unwrap_or(0);
        if longest > LEAF_BYTES_MAX {
            return Err(LogError::TooLarge { bytes: longest });
        }
        let pending = self.shared.pending();
        if let Some(failure) = pending.failure.as_ref().filter(|_| pending.len() > PENDING_LEAVES_MAX) {
            return Err(LogError::Behind { leaves: pending.len(), reason: failure.to_string() });
        }
        Ok(())
    }

    fn write(&mut self, entries: &[&[u8]]) -> Result<(), LogError> {
        let record = journal::encode(self.size, entries)?;
        self.fence.check(self.disk.as_ref())?;
        if self.file.as_ref().is_some_and(|(_, bytes)| *bytes > FILE_BYTES_MAX) {
            self.file = None;
        }
        let (file, bytes) = match &mut self.file {
            Some(open) => open,
            none => none.insert((begin(self.disk.as_ref(), self.size)?, 0)),
        };
        file.append(&record).map_err(|error| LogError::disk("writing the journal", error))?;
        file.sync().map_err(|error| LogError::disk("syncing the journal", error))?;
        *bytes += record.len() as u64;
        Ok(())
    }
}

/// Begins a journal file and makes its name durable.
fn begin(disk: &dyn Disk, first: u64) -> Result<Box<dyn AppendFile>, LogError> {
    let failed = |error| LogError::disk("beginning a journal file", error);
    let file = disk.open_append(&journal::file_name(first)).map_err(failed)?;
    disk.sync_folder(journal::FOLDER).map_err(failed)?;
    Ok(file)
}
