//! The seam through which cold records leave the memory, and a spill in memory for tests and small uses.

use std::collections::BTreeMap;
use std::io;

/// Where records that are seldom needed lie. A place stays readable until it is freed; a snapshot may refer to places
/// freed after it, so a spill keeps them until [`Spill::forget_before`] says that no older snapshot is kept.
pub trait Spill: Send + Sync {
    /// Keeps a record and says where. It need not be durable before [`Spill::sync`].
    fn put(&mut self, record: &[u8]) -> io::Result<u64>;

    /// Reads a record; `into` is emptied first.
    fn get(&self, place: u64, into: &mut Vec<u8>) -> io::Result<()>;

    /// The present state needs this place, whose record has so many bytes, no longer.
    fn free(&mut self, place: u64, bytes: usize);

    /// Makes everything kept durable, and gives a mark to which [`Spill::resume`] can return.
    fn sync(&mut self) -> io::Result<Vec<u8>>;

    /// Returns to what was kept at the mark: what was put later is gone, what was freed later is there.
    fn resume(&mut self, mark: &[u8]) -> io::Result<()>;

    /// No snapshot older than this mark is kept: what was freed before it may be thrown away.
    fn forget_before(&mut self, mark: &[u8]) -> io::Result<()>;

    /// Whether so much around the place is free that its record had better be put again.
    fn worth_moving(&self, place: u64) -> bool;
}

/// A spill in memory: nothing of it survives the process, so a state that spills into it cannot be restored elsewhere.
#[derive(Debug, Default)]
pub struct MemorySpill {
    records: BTreeMap<u64, Vec<u8>>,
    next: u64,
}

impl MemorySpill {
    /// Records kept.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }
}

impl Spill for MemorySpill {
    fn put(&mut self, record: &[u8]) -> io::Result<u64> {
        self.next += 1;
        self.records.insert(self.next, record.to_vec());
        Ok(self.next)
    }

    fn get(&self, place: u64, into: &mut Vec<u8>) -> io::Result<()> {
        let record = self.records.get(&place).ok_or(io::ErrorKind::NotFound)?;
        into.clear();
        into.extend_from_slice(record);
        Ok(())
    }

    fn free(&mut self, place: u64, _bytes: usize) {
        self.records.remove(&place);
    }

    fn sync(&mut self) -> io::Result<Vec<u8>> {
        Ok(Vec::new())
    }

    fn resume(&mut self, _mark: &[u8]) -> io::Result<()> {
        if self.records.is_empty() { Ok(()) } else { Err(io::ErrorKind::Unsupported.into()) }
    }

    fn forget_before(&mut self, _mark: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn worth_moving(&self, _place: u64) -> bool {
        false
    }
}
