//! Keeping the folder in order: leftovers, files merged, retention.
//!
//! A merge writes one file out of several of a day; the several stop counting the moment the one is there, and are taken
//! away by the next call, so that a question that began before still finds them.

use crate::error::Error;
use crate::layout::{Name, StoredFile};
use crate::parquet_file::{GROUP_ROWS, Writer, read};
use crate::signal_rows::{UTC, schema};
use crate::{Lake, compaction::FILE_ROWS_MAX};
use datafusion::arrow::array::{ArrayRef, RecordBatch};
use datafusion::arrow::compute::{SortColumn, concat_batches, lexsort_to_indices, take_record_batch};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

/// A day with more files than this is merged.
const DAY_FILES_MAX: usize = 4;
/// Most days merged by one call: the rest waits for the next.
const MERGES_MAX: usize = 16;
/// Most files merged into one.
const MERGED_FILES_MAX: usize = 256;

/// How long history is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// Days of signals, counted back from the day given as today.
    pub signals_days: u32,
    /// Closings whose rows are kept.
    pub day_rows_days: u32,
}

/// What a call did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// Files that did not count and were taken away.
    pub swept_files: u64,
    /// Files that became fewer.
    pub merged_files: u64,
    /// Files past their time.
    pub expired_files: u64,
}

impl Lake {
    /// Takes leftovers away, removes what is past its time, and merges the files of days that have many. `today` in days
    /// since 1970-01-01. Does nothing while a compaction is under way.
    ///
    /// # Errors
    /// What the disk says; what was done until then holds.
    pub fn maintain(&self, keep: Keep, counted_from: i32) -> Result<Done, Error> {
        self.writable()?;
        if self.0.compacting.swap(true, Ordering::AcqRel) {
            return Ok(Done::default());
        }
        let done = self.maintain_alone(keep, counted_from);
        self.0.compacting.store(false, Ordering::Release);
        done
    }

    fn maintain_alone(&self, keep: Keep, counted_from: i32) -> Result<Done, Error> {
        let swept_files = self.remove_leftovers()?;
        let expired_files = self.expire(keep, counted_from)?;
        Ok(Done { swept_files, expired_files, merged_files: self.merge_days()? })
    }

    /// Takes away files that do not count: of a compaction that did not finish, and those merged into another.
    pub(crate) fn remove_leftovers(&self) -> Result<u64, Error> {
        let _alone = self.0.clearing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut removed = 0;
        for path in self.0.layout.unfinished()? {
            self.0.disk.remove(&path)?;
            removed += 1;
        }
        for (file, counts) in self.0.layout.signal_files(self.next_sequence()?)? {
            if !counts {
                self.0.disk.remove(&self.0.layout.root.join(&file.path))?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    fn expire(&self, keep: Keep, counted_from: i32) -> Result<u64, Error> {
        let _alone = self.0.clearing.lock().unwrap_or_else(PoisonError::into_inner);
        let oldest = |days: u32| counted_from.saturating_sub(i32::try_from(days).unwrap_or(i32::MAX));
        let signals = self.signal_files()?.into_iter().filter(|file| file.day < oldest(keep.signals_days));
        let days = self.0.layout.day_files()?.into_iter().filter(|file| file.day < oldest(keep.day_rows_days));
        let mut expired = 0;
        for file in signals.chain(days) {
            let path = self.0.layout.root.join(&file.path);
            self.0.disk.remove(&path)?;
            if let Some(folder) = path.parent() {
                self.0.disk.remove_empty(folder)?;
            }
            expired += 1;
        }
        Ok(expired)
    }

    fn merge_days(&self) -> Result<u64, Error> {
        let files = self.signal_files()?;
        let mut merged = 0;
        let days = files.chunk_by(|a, b| a.day == b.day).filter(|files| files.len() > DAY_FILES_MAX);
        for files in days.take(MERGES_MAX) {
            for group in groups(files) {
                self.merge(group)?;
                merged += group.len() as u64;
            }
        }
        Ok(merged)
    }

    /// Several files of a day become one, its row groups sorted by merchant, product and time, so that a question about
    /// one product skips most of them.
    fn merge(&self, files: &[StoredFile]) -> Result<(), Error> {
        let names: Vec<Name> = files.iter().filter_map(|file| file.name).collect();
        let (Some(first), Some(last)) =
            (names.iter().map(|name| name.first).min(), names.iter().map(|name| name.last).max())
        else {
            return Ok(());
        };
        let folder = self.0.layout.signals_of(files[0].day);
        let schema = schema(UTC);
        let mut writer = Writer::new(&self.0.disk, &folder.join(format!("{first:020}-merge")), schema.clone())?;
        let mut gathered: Vec<RecordBatch> = Vec::new();
        let mut rows = 0;
        for file in files {
            for batch in read(&self.0.layout.root.join(&file.path), GROUP_ROWS / 4)? {
                let batch = batch?;
                rows += batch.num_rows();
                gathered.push(RecordBatch::try_new(schema.clone(), batch.columns().to_vec())?);
                if rows >= GROUP_ROWS {
                    writer.write(&sorted(&gathered)?)?;
                    gathered.clear();
                    rows = 0;
                }
            }
        }
        if rows > 0 {
            writer.write(&sorted(&gathered)?)?;
        }
        let generation = names.iter().map(|name| name.generation).max().unwrap_or(0) + 1;
        let name = Name { first, last, generation, part: 0, rows: writer.rows() };
        let mut finished = writer.finish()?;
        finished.target = folder.join(name.text());
        finished.publish(&self.0.disk)?;
        self.0.disk.flush_parent(&finished.target)?;
        Ok(())
    }
}

/// Neighbours in the order of blocks, as many as fit one file. A range is never cut: files that share blocks stay together.
fn groups(files: &[StoredFile]) -> Vec<&[StoredFile]> {
    let mut groups = Vec::new();
    let (mut start, mut rows) = (0, 0);
    for (index, file) in files.iter().enumerate() {
        let size = file.rows.unwrap_or(0);
        let shares = index > start
            && files[index - 1].name.zip(file.name).is_some_and(|(before, this)| this.first <= before.last);
        let full = rows + size > FILE_ROWS_MAX || index - start >= MERGED_FILES_MAX;
        if full && !shares && index > start {
            groups.push(&files[start..index]);
            (start, rows) = (index, 0);
        }
        rows += size;
    }
    groups.push(&files[start..]);
    groups.retain(|group| group.len() > 1);
    groups
}

fn sorted(batches: &[RecordBatch]) -> Result<RecordBatch, Error> {
    let schema = batches[0].schema();
    let batch = concat_batches(&schema, batches)?;
    let column = |name: &str| -> Option<ArrayRef> { batch.column_by_name(name).cloned() };
    let keys: Vec<SortColumn> = ["merchant", "product", "at"]
        .into_iter()
        .filter_map(column)
        .map(|values| SortColumn { values, options: None })
        .collect();
    let order = lexsort_to_indices(&keys, None)?;
    Ok(take_record_batch(&batch, &order)?)
}
