//! The state as bytes, back from them, and its digest.
//!
//! ```text
//! snapshot = "TSSNAP01" head mark hot cold pending sha-256 of all before it
//! head     = position newest_us? newest_day? closed_through? signals too_late implausible overflowed
//! mark     = what the spill needs to return to this moment
//! hot      = count, (length, record as in `codec`)*
//! cold     = count, (fingerprint, place in the spill, position that touched it)*
//! pending  = count, (day, fingerprint)* of cold records with something to tell
//! ```
//! Counts, lengths and the numbers of cold and pending are eight bytes, little end first.

use super::record::Slabs;
use super::{Counters, Error, Settings, Spill, State, codec};
use crate::signal::Key;
use crate::varint::{Reader, put, put_bytes, put_signed};
use sha2::{Digest, Sha256};
use std::io::{self, Read, Write};

const MAGIC: &[u8; 8] = b"TSSNAP02";
/// Records are handed on in pieces of about this size.
const PIECE_BYTES: usize = 1 << 20;
/// Longest record that is believed.
const RECORD_BYTES_MAX: u64 = 1 << 20;

/// Writes on and hashes what it writes.
struct Hashed<'a, W> {
    to: &'a mut W,
    hash: Sha256,
}

impl<W: Write> Hashed<'_, W> {
    fn flush_piece(&mut self, piece: &mut Vec<u8>, at_least: usize) -> io::Result<()> {
        if piece.len() >= at_least {
            self.hash.update(&*piece);
            self.to.write_all(piece)?;
            piece.clear();
        }
        Ok(())
    }
}

/// Reads on and hashes what it reads.
struct Source<'a, R> {
    from: &'a mut R,
    hash: Sha256,
}

impl<R: Read> Source<'_, R> {
    fn exactly(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.from.read_exact(bytes).map_err(cut)?;
        self.hash.update(&*bytes);
        Ok(())
    }

    fn number(&mut self) -> Result<u64, Error> {
        let mut bytes = [0; 8];
        self.exactly(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn counted(&mut self, into: &mut Vec<u8>) -> Result<(), Error> {
        let length = self.number()?;
        if length > RECORD_BYTES_MAX {
            return Err(Error::Snapshot("a record is longer than records are"));
        }
        into.resize(length as usize, 0);
        self.exactly(into)
    }
}

fn cut(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Error::Snapshot("it ends early"),
        _ => Error::Spill(error),
    }
}

fn put_optional(out: &mut Vec<u8>, number: Option<i64>) {
    out.push(u8::from(number.is_some()));
    put_signed(out, number.unwrap_or(0));
}

fn optional(reader: &mut Reader<'_>) -> Option<Option<i64>> {
    let is_some = reader.byte()? == 1;
    let number = reader.signed()?;
    Some(is_some.then_some(number))
}

fn counted(out: &mut Vec<u8>, record: &[u8]) {
    out.extend_from_slice(&(record.len() as u64).to_le_bytes());
    out.extend_from_slice(record);
}

impl State {
    /// Writes the state. What lies in the spill is made durable and referred to: the mark to give to
    /// [`Spill::forget_before`] once older snapshots are gone is returned.
    pub fn snapshot(&mut self, to: &mut impl Write) -> Result<Vec<u8>, Error> {
        if self.broken {
            return Err(Error::Broken);
        }
        let mark = self.keys.spill.sync()?;
        let mut out = Hashed { to, hash: Sha256::new() };
        let mut piece = MAGIC.to_vec();
        let mut record = Vec::new();
        self.write_head(&mut record);
        counted(&mut piece, &record);
        counted(&mut piece, &mark);
        let hot = || self.keys.hot_records().filter(|hot| !hot.is_empty());
        piece.extend_from_slice(&(hot().count() as u64).to_le_bytes());
        for hot in hot() {
            record.clear();
            let key = self.keys.key(hot);
            codec::write(&mut record, key, hot.touched, &hot.header, &self.keys.slabs, self.floor_day());
            counted(&mut piece, &record);
            out.flush_piece(&mut piece, PIECE_BYTES)?;
        }
        let mut cold: Vec<_> = self.keys.cold_entries().collect();
        cold.sort_unstable();
        piece.extend_from_slice(&(cold.len() as u64).to_le_bytes());
        for (fingerprint, place, touched) in cold {
            for number in [fingerprint[0], fingerprint[1], place, touched] {
                piece.extend_from_slice(&number.to_le_bytes());
            }
            out.flush_piece(&mut piece, PIECE_BYTES)?;
        }
        let mut days = Vec::new();
        self.write_pending_of_cold(&mut days);
        piece.extend_from_slice(&(days.len() as u64).to_le_bytes());
        for (day, fingerprint) in days {
            for number in [i64::from(day) as u64, fingerprint[0], fingerprint[1]] {
                piece.extend_from_slice(&number.to_le_bytes());
            }
            out.flush_piece(&mut piece, PIECE_BYTES)?;
        }
        out.flush_piece(&mut piece, 1)?;
        let Hashed { to, hash } = out;
        to.write_all(&hash.finalize())?;
        to.flush()?;
        Ok(mark)
    }

    fn write_head(&self, out: &mut Vec<u8>) {
        put(out, self.position);
        put_optional(out, self.newest_us);
        put_optional(out, self.newest_day.map(i64::from));
        put_optional(out, self.closed_through.map(i64::from));
        let counters = &self.counters;
        for count in [counters.signals, counters.too_late, counters.implausible, self.keys.overflowed] {
            put(out, count);
        }
    }

    /// Which cold records have something to tell, so that a restore need not read them all.
    fn write_pending_of_cold(&self, out: &mut Vec<(i32, [u64; 2])>) {
        let pairs = self.pending.iter().flat_map(|(day, keys)| keys.iter().map(|key| (*day, *key)));
        out.extend(pairs.filter(|(_, key)| self.keys.is_cold(*key)));
    }

    /// Reads a snapshot under the same secret. The spill must be the one it was written with; it is set back to the
    /// snapshot's mark.
    pub fn restore(settings: Settings, spill: Box<dyn Spill>, from: &mut impl Read) -> Result<State, Error> {
        let mut source = Source { from, hash: Sha256::new() };
        let mut magic = [0; 8];
        source.exactly(&mut magic)?;
        if &magic != MAGIC {
            return Err(Error::Snapshot("it does not begin as one"));
        }
        let mut state = State::new(settings, spill);
        let mut buffer = Vec::new();
        source.counted(&mut buffer)?;
        state.read_head(&buffer).ok_or(Error::Snapshot("its head makes no sense"))?;
        let mut mark = Vec::new();
        source.counted(&mut mark)?;
        for _ in 0..source.number()? {
            source.counted(&mut buffer)?;
            let record = codec::read(&buffer).ok_or(Error::Damaged)?;
            state.keys.insert_read(&record);
            state.note_pending(&record);
        }
        for _ in 0..source.number()? {
            let fingerprint = [source.number()?, source.number()?];
            let (place, touched) = (source.number()?, source.number()?);
            state.keys.insert_cold(fingerprint, place, touched);
        }
        for _ in 0..source.number()? {
            let day = source.number()? as i64 as i32;
            let fingerprint = [source.number()?, source.number()?];
            state.pending.entry(day).or_default().push(fingerprint);
        }
        let mut told = [0; 32];
        let computed = source.hash.finalize();
        source.from.read_exact(&mut told).map_err(cut)?;
        if computed[..] != told {
            return Err(Error::Snapshot("its checksum is another"));
        }
        state.keys.spill.resume(&mark)?;
        Ok(state)
    }

    fn read_head(&mut self, bytes: &[u8]) -> Option<()> {
        let mut reader = Reader::new(bytes);
        self.position = reader.number()?;
        self.newest_us = optional(&mut reader)?;
        self.newest_day = optional(&mut reader)?.map(|day| day as i32);
        self.closed_through = optional(&mut reader)?.map(|day| day as i32);
        self.counters =
            Counters { signals: reader.number()?, too_late: reader.number()?, implausible: reader.number()? };
        self.keys.overflowed = reader.number()?;
        reader.is_empty().then_some(())
    }

    /// SHA-256 of everything the state holds, wherever it lies: two states with the same digest give the same windows, the
    /// same day rows and the same closings from here on.
    pub fn digest(&self) -> Result<[u8; 32], Error> {
        let mut head = Vec::new();
        self.write_head(&mut head);
        let mut hash = Sha256::new_with_prefix(&head);
        let mut records: Vec<(Key, [u8; 32])> = Vec::with_capacity(self.keys.len());
        let mut bytes = Vec::new();
        let floor_day = self.floor_day();
        for hot in self.keys.hot_records().filter(|hot| !hot.is_empty()) {
            bytes.clear();
            let key = self.keys.key(hot);
            codec::write(&mut bytes, key, hot.touched, &hot.header, &self.keys.slabs, floor_day);
            records.push((key.to_key(), Sha256::digest(&bytes).into()));
        }
        self.each_cold(|_, record| {
            let mut slabs = Slabs::default();
            let header = record.place(&mut slabs);
            bytes.clear();
            codec::write(&mut bytes, record.key, record.touched, &header, &slabs, floor_day);
            records.push((record.key.to_key(), Sha256::digest(&bytes).into()));
        })?;
        records.sort_unstable();
        for (_, digest) in &records {
            hash.update(digest);
        }
        let mut pending: Vec<(i32, [u64; 2])> =
            self.pending.iter().flat_map(|(day, keys)| keys.iter().map(|key| (*day, *key))).collect();
        pending.sort_unstable();
        for (day, fingerprint) in pending {
            let mut line = Vec::new();
            put_signed(&mut line, i64::from(day));
            put_bytes(&mut line, &fingerprint[0].to_le_bytes());
            hash.update(&line);
        }
        Ok(hash.finalize().into())
    }

    /// Tells the spill that no snapshot older than the one with this mark is kept.
    pub fn forget_before(&mut self, mark: &[u8]) -> Result<(), Error> {
        Ok(self.keys.spill.forget_before(mark)?)
    }
}
