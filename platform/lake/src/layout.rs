//! Where files lie, how they are called, and which of them count.
//!
//! `signals/day=2026-11-24/00000000000000000001-00000000000000000420-g000-p000-r0000012345.parquet` holds the signals of one
//! civil day out of the log blocks 1..=420: generation 0 is written by compaction, a merge of files makes the next
//! generation; part and number of rows follow. `days/closed=2026-11-24/rows.parquet` holds what the closing of
//! that day emitted. `signals/compacted` names the first log block that is not in the lake.
//!
//! Which files count: those whose last block lies before that mark (others are left over from a compaction that did not
//! finish), unless another file that counts has a higher generation and covers the same blocks (it was merged from them).

use crate::error::Error;
use jiff::civil::Date;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Most files looked at in one folder.
const FOLDER_FILES_MAX: usize = 100_000;

/// The mark of compaction, beside the days.
pub(crate) const MARK: &str = "compacted";

/// The name of a signals file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Name {
    pub(crate) first: u64,
    pub(crate) last: u64,
    pub(crate) generation: u32,
    pub(crate) part: u32,
    pub(crate) rows: u64,
}

impl Name {
    pub(crate) fn text(&self) -> String {
        let Name { first, last, generation, part, rows } = self;
        format!("{first:020}-{last:020}-g{generation:03}-p{part:03}-r{rows:010}.parquet")
    }

    pub(crate) fn read(text: &str) -> Option<Name> {
        let mut parts = text.strip_suffix(".parquet")?.split('-');
        let name = Name {
            first: parts.next()?.parse().ok()?,
            last: parts.next()?.parse().ok()?,
            generation: parts.next()?.strip_prefix('g')?.parse().ok()?,
            part: parts.next()?.strip_prefix('p')?.parse().ok()?,
            rows: parts.next()?.strip_prefix('r')?.parse().ok()?,
        };
        (parts.next().is_none() && name.first <= name.last).then_some(name)
    }

    /// Whether this file was made from the other.
    pub(crate) fn supersedes(&self, other: &Name) -> bool {
        self.generation > other.generation && self.first <= other.first && other.last <= self.last
    }
}

/// A file of the lake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFile {
    /// Below the folder of the lake.
    pub path: PathBuf,
    /// Its partition: the civil day of its signals, or the closing that emitted its rows; days since 1970-01-01.
    pub day: i32,
    /// Rows, where the name tells.
    pub rows: Option<u64>,
    /// Size, bytes.
    pub bytes: u64,
    pub(crate) name: Option<Name>,
}

/// The folders of one lake.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) root: PathBuf,
}

impl Layout {
    pub(crate) fn signals(&self) -> PathBuf {
        self.root.join("signals")
    }

    pub(crate) fn days(&self) -> PathBuf {
        self.root.join("days")
    }

    pub(crate) fn signals_of(&self, day: i32) -> PathBuf {
        self.signals().join(format!("day={}", date_text(day)))
    }

    pub(crate) fn days_of(&self, closed_in: i32) -> PathBuf {
        self.days().join(format!("closed={}", date_text(closed_in)))
    }

    pub(crate) fn mark(&self) -> PathBuf {
        self.signals().join(MARK)
    }

    /// The first log block that is not in the lake.
    pub(crate) fn read_mark(&self) -> Result<u64, Error> {
        match fs::read_to_string(self.mark()) {
            Ok(text) => text.trim().parse().map_err(|_| Error::Damaged { file: "signals/compacted".into(), why: text }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(error.into()),
        }
    }

    /// All signals files with a readable name, those that count and those that do not: `(file, counts)`.
    pub(crate) fn signal_files(&self, next_sequence: u64) -> Result<Vec<(StoredFile, bool)>, Error> {
        let mut all = Vec::new();
        for (day, folder) in partitions(&self.signals(), "day=")? {
            let first = all.len();
            for (text, bytes) in files(&folder)? {
                let Some(name) = Name::read(&text) else { continue };
                let path = PathBuf::from("signals").join(folder.file_name().unwrap_or_default()).join(&text);
                let file = StoredFile { path, day, rows: Some(name.rows), bytes, name: Some(name) };
                all.push((file, name.last < next_sequence));
            }
            drop_superseded(&mut all[first..]);
        }
        Ok(all)
    }

    /// All files of closings.
    pub(crate) fn day_files(&self) -> Result<Vec<StoredFile>, Error> {
        let mut all = Vec::new();
        for (day, folder) in partitions(&self.days(), "closed=")? {
            for (text, bytes) in files(&folder)? {
                if text == DAY_FILE {
                    let path = PathBuf::from("days").join(folder.file_name().unwrap_or_default()).join(&text);
                    all.push(StoredFile { path, day, rows: None, bytes, name: None });
                }
            }
        }
        Ok(all)
    }

    /// Files a writer did not finish.
    pub(crate) fn unfinished(&self) -> Result<Vec<PathBuf>, Error> {
        let mut found = Vec::new();
        let mut folders = vec![self.signals()];
        folders.extend(partitions(&self.signals(), "day=")?.into_iter().map(|(_, folder)| folder));
        folders.extend(partitions(&self.days(), "closed=")?.into_iter().map(|(_, folder)| folder));
        for folder in folders {
            for (text, _) in files(&folder)? {
                if text.starts_with(crate::disk::UNFINISHED) {
                    found.push(folder.join(text));
                }
            }
        }
        Ok(found)
    }
}

/// Files of the same day: those merged into another no longer count.
fn drop_superseded(files: &mut [(StoredFile, bool)]) {
    let counting: Vec<Name> = files.iter().filter(|(_, counts)| *counts).filter_map(|(file, _)| file.name).collect();
    for (file, counts) in files {
        *counts &= file.name.is_some_and(|name| !counting.iter().any(|other| other.supersedes(&name)));
    }
}

/// The file of a closing: one, replaced whole when the closing is repeated.
pub(crate) const DAY_FILE: &str = "rows.parquet";

/// `2026-11-24` of a civil day; days since 1970-01-01. Days outside the years 0..=9999 are clamped.
pub(crate) fn date_text(day: i32) -> String {
    date_of(day).to_string()
}

/// The date of a civil day.
pub(crate) fn date_of(day: i32) -> Date {
    let epoch = Date::constant(1970, 1, 1);
    epoch.saturating_add(jiff::Span::new().days(i64::from(day).clamp(-700_000, 2_900_000)))
}

/// The civil day of a date.
pub(crate) fn day_of_date(date: Date) -> i32 {
    let epoch = Date::constant(1970, 1, 1);
    epoch.until(date).map(|span| span.get_days()).unwrap_or(0)
}

fn partitions(folder: &Path, prefix: &str) -> Result<Vec<(i32, PathBuf)>, Error> {
    let mut found = Vec::new();
    for (name, path) in entries(folder)? {
        let date = name.strip_prefix(prefix).and_then(|text| text.parse::<Date>().ok());
        if let Some(date) = date {
            found.push((day_of_date(date), path));
        }
    }
    found.sort();
    Ok(found)
}

fn files(folder: &Path) -> Result<Vec<(String, u64)>, Error> {
    let mut found = Vec::new();
    for (name, path) in entries(folder)? {
        match fs::metadata(&path) {
            Ok(data) if data.is_file() => found.push((name, data.len())),
            Ok(_) => {}
            // Taken away in between by the process that writes.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    found.sort();
    Ok(found)
}

fn entries(folder: &Path) -> Result<Vec<(String, PathBuf)>, Error> {
    let reader = match fs::read_dir(folder) {
        Ok(reader) => reader,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let mut found = Vec::new();
    for entry in reader {
        let entry = entry?;
        if found.len() == FOLDER_FILES_MAX {
            return Err(Error::TooManyFiles { most: FOLDER_FILES_MAX });
        }
        if let Ok(name) = entry.file_name().into_string() {
            found.push((name, entry.path()));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_reads_back_and_other_files_are_no_names() {
        let name = Name { first: 1, last: 420, generation: 2, part: 3, rows: 17 };
        assert_eq!(Name::read(&name.text()), Some(name));
        for other in ["x.parquet", "2-1-g000-p000-r1.parquet", ".unfinished-1-2-g0-p0-r0.parquet", "1-2-g0-p0.parquet"]
        {
            assert_eq!(Name::read(other), None, "{other}");
        }
    }

    #[test]
    fn days_are_dates() {
        assert_eq!(date_text(0), "1970-01-01");
        assert_eq!(date_text(20_781), "2026-11-24");
        assert_eq!(day_of_date("2026-11-24".parse().unwrap()), 20_781);
        assert_eq!(day_of_date(date_of(-1)), -1);
    }
}
