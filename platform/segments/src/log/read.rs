//! Reading blocks in order.

use super::block::{BLOCK_HEAD, Head};
use super::{Block, Damage, Segment, Why};
use std::collections::VecDeque;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// What to read of one file.
struct Part {
    path: PathBuf,
    offsets: VecDeque<u64>,
    damage: VecDeque<Damage>,
}

/// Durable blocks from a sequence on.
pub struct Blocks {
    parts: VecDeque<Part>,
    open: Option<File>,
    payload_bytes_max: usize,
}

impl Blocks {
    pub(super) fn new(segments: &[Segment], from: u64, end: u64, payload_bytes_max: usize) -> Blocks {
        let parts = segments.iter().filter(|segment| segment.blocks.last().is_some_and(|(last, _)| *last >= from));
        let parts = parts.map(|segment| {
            let start = segment.blocks.partition_point(|(sequence, _)| *sequence < from);
            let stop = segment.blocks.partition_point(|(sequence, _)| *sequence <= end);
            let offsets: VecDeque<u64> = segment.blocks[start..stop].iter().map(|(_, offset)| *offset).collect();
            let first = offsets.front().copied().unwrap_or(0);
            let damage = segment.damage.iter().filter(|damage| start == 0 || damage.offset > first).cloned().collect();
            Part { path: segment.path.clone(), offsets, damage }
        });
        Blocks { parts: parts.collect(), open: None, payload_bytes_max }
    }

    fn block_at(&self, file: &File, path: &Path, offset: u64) -> Result<Block, Damage> {
        let damage = |why: Why| Damage { file: file_name(path), offset, why };
        let mut head = [0; BLOCK_HEAD];
        file.read_exact_at(&mut head, offset).map_err(|_| damage(Why::Unreadable))?;
        let head = Head::read(&head).ok_or_else(|| damage(Why::BlockHead))?;
        let mut stored = vec![0; head.stored_bytes as usize];
        file.read_exact_at(&mut stored, offset + BLOCK_HEAD as u64).map_err(|_| damage(Why::CutOff))?;
        let payload = head.payload(stored, self.payload_bytes_max).map_err(damage)?;
        Ok(Block { sequence: head.sequence, signals: head.signals, payload })
    }
}

impl Iterator for Blocks {
    type Item = Result<Block, Damage>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let part = self.parts.front_mut()?;
            let next = part.offsets.front().copied();
            if let Some(damage) = part.damage.front()
                && next.is_none_or(|offset| damage.offset < offset)
            {
                return part.damage.pop_front().map(Err);
            }
            let Some(offset) = next else {
                self.parts.pop_front();
                self.open = None;
                continue;
            };
            part.offsets.pop_front();
            let path = part.path.clone();
            if self.open.is_none() {
                self.open = File::open(&path).ok();
            }
            let block = match &self.open {
                Some(file) => self.block_at(file, &path, offset),
                None => Err(Damage { file: file_name(&path), offset, why: Why::Unreadable }),
            };
            return Some(block);
        }
    }
}

/// The name of a file without its folder.
pub(super) fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
