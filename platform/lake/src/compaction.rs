//! From the log into the lake: the blocks of a range become one file a day, all of them at once.
//!
//! The files are written first and count only when the mark says so, so that a crash at any step leaves either nothing of the
//! range or all of it. The blocks a compaction starts with are known to the lake: what is handed in of earlier blocks is
//! passed over, and so a repetition writes nothing twice.

use crate::disk::Finished;
use crate::error::Error;
use crate::layout::Name;
use crate::parquet_file::Writer;
use crate::signal_rows::{BATCH_ROWS, Rows, UTC, schema};
use crate::{Lake, Written};
use datafusion::arrow::datatypes::SchemaRef;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use stream::Signal;

/// Most days written at the same time: each holds a row group in memory.
const OPEN_DAYS_MAX: usize = 12;
/// Most rows of a file; a day with more gets another part.
pub(crate) const FILE_ROWS_MAX: u64 = 32 << 20;

struct OpenDay {
    rows: Rows,
    writer: Writer,
    used: u64,
}

/// What a finished part of a day was called while it was written, and how much is in it.
struct Part {
    day: i32,
    number: u32,
    rows: u64,
    file: Finished,
}

/// Blocks becoming files. Dropping it before [`Compaction::commit`] changes nothing.
pub struct Compaction {
    lake: Lake,
    first: u64,
    last: u64,
    schema: SchemaRef,
    open: BTreeMap<i32, OpenDay>,
    parts: Vec<Part>,
    turn: u64,
}

impl Compaction {
    pub(crate) fn new(lake: &Lake, last: u64) -> Result<Compaction, Error> {
        lake.writable()?;
        if lake.0.compacting.swap(true, Ordering::AcqRel) {
            return Err(Error::Busy);
        }
        let mut compaction = Compaction {
            lake: lake.clone(),
            first: 0,
            last,
            schema: schema(UTC),
            open: BTreeMap::new(),
            parts: Vec::new(),
            turn: 0,
        };
        compaction.first = lake.next_sequence()?;
        lake.remove_leftovers()?;
        Ok(compaction)
    }

    /// The first block this compaction takes; earlier ones are in the lake.
    pub fn first_sequence(&self) -> u64 {
        self.first
    }

    /// One signal of a block, with its civil day at the operator. Blocks outside the range are passed over.
    ///
    /// # Errors
    /// What the disk says.
    pub fn add(&mut self, sequence: u64, day: i32, signal: &Signal<'_>) -> Result<(), Error> {
        if sequence < self.first || sequence > self.last {
            return Ok(());
        }
        self.turn += 1;
        let turn = self.turn;
        if !self.open.contains_key(&day) {
            self.open_day(day)?;
        }
        let Some(open) = self.open.get_mut(&day) else { return Ok(()) };
        open.used = turn;
        open.rows.add(sequence, day, signal);
        if open.rows.len() < BATCH_ROWS {
            return Ok(());
        }
        open.writer.write(&open.rows.take()?)?;
        if open.writer.rows() >= FILE_ROWS_MAX { self.close_day(day) } else { Ok(()) }
    }

    fn open_day(&mut self, day: i32) -> Result<(), Error> {
        if self.open.len() == OPEN_DAYS_MAX {
            let oldest = self.open.iter().min_by_key(|(_, open)| open.used).map(|(day, _)| *day);
            if let Some(oldest) = oldest {
                self.close_day(oldest)?;
            }
        }
        let disk = &self.lake.0.disk;
        let folder = self.lake.0.layout.signals_of(day);
        disk.folder(&folder)?;
        let part = self.parts.len();
        let target = folder.join(format!("{:020}-part-{part}", self.first));
        let writer = Writer::new(disk, &target, self.schema.clone())?;
        self.open.insert(day, OpenDay { rows: Rows::new(self.schema.clone()), writer, used: self.turn });
        Ok(())
    }

    fn close_day(&mut self, day: i32) -> Result<(), Error> {
        let Some(mut open) = self.open.remove(&day) else { return Ok(()) };
        if open.rows.len() > 0 {
            open.writer.write(&open.rows.take()?)?;
        }
        let rows = open.writer.rows();
        let number = self.parts.iter().filter(|part| part.day == day).count() as u32;
        self.parts.push(Part { day, number, rows, file: open.writer.finish()? });
        Ok(())
    }

    /// Makes everything handed in count, at once. Afterwards the log may forget the blocks up to the last of the range.
    ///
    /// # Errors
    /// What the disk says; nothing counts then.
    pub fn commit(mut self) -> Result<Vec<Written>, Error> {
        if self.last < self.first {
            return Ok(Vec::new());
        }
        for day in self.open.keys().copied().collect::<Vec<_>>() {
            self.close_day(day)?;
        }
        let (disk, layout) = (&self.lake.0.disk, &self.lake.0.layout);
        let mut written = Vec::new();
        for part in &mut self.parts {
            let (first, last) = (self.first, self.last);
            let name = Name { first, last, generation: 0, part: part.number, rows: part.rows };
            part.file.target = layout.signals_of(part.day).join(name.text());
            part.file.publish(disk)?;
            written.push(Written { day: part.day, rows: part.rows, bytes: part.file.bytes, sha256: None });
        }
        for part in &self.parts {
            disk.flush_parent(&part.file.target)?;
        }
        disk.folder(&layout.signals())?;
        disk.replace(&layout.mark(), format!("{}\n", self.last + 1).as_bytes())?;
        Ok(written)
    }
}

impl Drop for Compaction {
    fn drop(&mut self) {
        self.lake.0.compacting.store(false, Ordering::Release);
    }
}
