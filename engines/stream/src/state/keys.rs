//! Where the record of each key is: hot in memory or cold in the spill; and which one leaves when room is needed.

use super::codec;
use super::record::{Header, Slabs};
use super::slab::{NIL, Slab};
use super::spill::Spill;
use super::texts::{TextPlace, Texts};
use super::{Error, Settings};
use crate::fingerprint::{Fingerprint, Fingerprints};
use crate::signal::{Key, KeyKind, KeyRef};
use hashbrown::HashTable;

/// The id of the key under which everything is counted that found no room.
pub const OVERFLOW_ID: &str = "*";
/// Set in [`Entry::place`] when the record is hot.
const HOT: u64 = 1 << 63;

/// A record in memory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hot {
    pub fingerprint: Fingerprint,
    pub text: TextPlace,
    pub kind: KeyKind,
    /// Whether the place holds a record at all.
    pub live: bool,
    /// Whether it was needed since the hand of the clock came by.
    pub referenced: bool,
    /// Position of the last block that touched it.
    pub touched: u64,
    pub header: Header,
}

impl Hot {
    /// Whether nothing was ever counted under the key.
    pub fn is_empty(&self) -> bool {
        self.header.pending == NIL && !self.header.is_told()
    }
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    fingerprint: Fingerprint,
    /// Place in memory with [`HOT`], or place in the spill.
    place: u64,
    /// [`Hot::touched`] of a cold record.
    touched: u64,
}

/// All keys.
pub(crate) struct Keys {
    table: HashTable<Entry>,
    pub hot: Slab<Hot>,
    texts: Texts,
    pub slabs: Slabs,
    pub spill: Box<dyn Spill>,
    fingerprints: Fingerprints,
    hand: u32,
    hot_max: usize,
    keys_max: usize,
    /// Signals' keys that found no room and were counted under [`OVERFLOW_ID`].
    pub overflowed: u64,
    buffer: Vec<u8>,
}

fn hash(entry: &Entry) -> u64 {
    entry.fingerprint[0]
}

impl Keys {
    pub fn new(settings: &Settings, spill: Box<dyn Spill>) -> Keys {
        Keys {
            table: HashTable::new(),
            hot: Slab::default(),
            texts: Texts::default(),
            slabs: Slabs::default(),
            spill,
            fingerprints: Fingerprints::new(settings.secret),
            hand: 0,
            hot_max: settings.hot_keys_max.max(1),
            keys_max: settings.keys_max.max(1),
            overflowed: 0,
            buffer: Vec::new(),
        }
    }

    pub fn len(&self) -> usize {
        self.table.len()
    }

    pub fn key(&self, hot: &Hot) -> KeyRef<'_> {
        KeyRef { kind: hot.kind, id: self.texts.get(hot.text) }
    }

    /// Bytes held in memory.
    pub fn bytes(&self) -> usize {
        self.table.allocation_size() + self.hot.bytes() + self.texts.bytes() + self.slabs.bytes()
    }

    /// The places in memory of keys' records, which are made or fetched where needed. A key is a merchant and, but for
    /// merchants, what it is within it.
    pub fn resolve(&mut self, kind: KeyKind, keys: &[(&str, &str)]) -> Result<Vec<u32>, Error> {
        let mut joined = Vec::new();
        let prints: Vec<Fingerprint> = keys
            .iter()
            .map(|(merchant, local)| match kind {
                KeyKind::Merchant => self.fingerprints.key(KeyRef { kind, id: merchant }),
                _ => self.fingerprints.joined(kind, merchant, local, &mut joined),
            })
            .collect();
        // One look after the other with nothing in between: the processor waits for many of them at once.
        let found: Vec<Option<u64>> = prints.iter().map(|print| self.entry(*print).map(|entry| entry.place)).collect();
        let mut places = Vec::with_capacity(keys.len());
        for ((found, print), (merchant, local)) in found.iter().zip(prints).zip(keys) {
            places.push(match found {
                Some(place) if place & HOT != 0 => *place as u32,
                _ => self.resolve_one(kind, print, merchant, local)?,
            });
        }
        for place in &places {
            self.hot.get_mut(*place).referenced = true;
        }
        Ok(places)
    }

    fn entry(&self, fingerprint: Fingerprint) -> Option<&Entry> {
        self.table.find(fingerprint[0], |entry| entry.fingerprint == fingerprint)
    }

    /// Of a key that is cold or new.
    fn resolve_one(
        &mut self,
        kind: KeyKind,
        fingerprint: Fingerprint,
        merchant: &str,
        local: &str,
    ) -> Result<u32, Error> {
        if let Some(place) = self.fetch(fingerprint)? {
            return Ok(place);
        }
        if self.table.len() >= self.keys_max {
            self.overflowed += 1;
            let id = OVERFLOW_ID;
            let fingerprint = self.fingerprints.key(KeyRef { kind, id });
            return match self.fetch(fingerprint)? {
                Some(place) => Ok(place),
                None => Ok(self.insert(fingerprint, KeyRef { kind, id }, 0, Header::default())),
            };
        }
        let id = match kind {
            KeyKind::Merchant => merchant.to_owned(),
            _ => format!("{merchant}/{local}"),
        };
        Ok(self.insert(fingerprint, KeyRef { kind, id: &id }, 0, Header::default()))
    }

    /// The place in memory of a record that is known; from the spill if need be.
    pub fn fetch(&mut self, fingerprint: Fingerprint) -> Result<Option<u32>, Error> {
        let Some(entry) = self.entry(fingerprint) else { return Ok(None) };
        let place = entry.place;
        if place & HOT != 0 {
            let place = place as u32;
            self.hot.get_mut(place).referenced = true;
            return Ok(Some(place));
        }
        let mut buffer = std::mem::take(&mut self.buffer);
        self.spill.get(place, &mut buffer)?;
        let unpacked = codec::read(&buffer).ok_or(Error::Damaged)?;
        let header = unpacked.place(&mut self.slabs);
        let hot = self.hot_record(fingerprint, unpacked.key, unpacked.touched, header);
        let hot_place = self.hot.put(hot);
        self.set_place(fingerprint, u64::from(hot_place) | HOT, 0);
        self.spill.free(place, buffer.len());
        self.buffer = buffer;
        Ok(Some(hot_place))
    }

    fn hot_record(&mut self, fingerprint: Fingerprint, key: KeyRef<'_>, touched: u64, header: Header) -> Hot {
        let text = self.texts.put(key.id);
        Hot { fingerprint, text, kind: key.kind, live: true, referenced: true, touched, header }
    }

    fn set_place(&mut self, fingerprint: Fingerprint, place: u64, touched: u64) {
        if let Some(entry) = self.table.find_mut(fingerprint[0], |entry| entry.fingerprint == fingerprint) {
            entry.place = place;
            entry.touched = touched;
        }
    }

    /// Puts a record that is not known yet in memory.
    pub fn insert(&mut self, fingerprint: Fingerprint, key: KeyRef<'_>, touched: u64, header: Header) -> u32 {
        let hot = self.hot_record(fingerprint, key, touched, header);
        let place = self.hot.put(hot);
        let entry = Entry { fingerprint, place: u64::from(place) | HOT, touched: 0 };
        self.table.insert_unique(fingerprint[0], entry, hash);
        place
    }

    /// Notes a record that lies in the spill.
    pub fn insert_cold(&mut self, fingerprint: Fingerprint, place: u64, touched: u64) {
        self.table.insert_unique(fingerprint[0], Entry { fingerprint, place, touched }, hash);
    }

    /// Puts a record read from a snapshot in memory.
    pub fn insert_read(&mut self, record: &codec::Unpacked<'_>) {
        let header = record.place(&mut self.slabs);
        self.insert(self.fingerprints.key(record.key), record.key, record.touched, header);
    }

    /// Brings records to the spill until the hot set keeps its limit: second chance, in the order of places.
    pub fn make_room(&mut self, floor_day: i32) -> Result<(), Error> {
        while self.hot.used() > self.hot_max {
            let places = self.hot.places() as u32;
            let place = if self.hand < places { self.hand } else { 0 };
            self.hand = place + 1;
            let hot = self.hot.get_mut(place);
            if !hot.live {
                continue;
            }
            if hot.referenced {
                hot.referenced = false;
                continue;
            }
            self.evict(place, floor_day)?;
        }
        Ok(())
    }

    /// Whether the hot set is fuller than it should be.
    pub fn is_over(&self) -> bool {
        self.hot.used() > self.hot_max
    }

    /// Brings one record to the spill. When that fails it stays where it is.
    pub fn evict(&mut self, place: u32, floor_day: i32) -> Result<(), Error> {
        let hot = *self.hot.get(place);
        if hot.is_empty() {
            self.forget(hot.fingerprint);
        } else {
            let mut buffer = std::mem::take(&mut self.buffer);
            buffer.clear();
            codec::write(&mut buffer, self.key(&hot), hot.touched, &hot.header, &self.slabs, floor_day);
            let put = self.spill.put(&buffer);
            self.buffer = buffer;
            self.set_place(hot.fingerprint, put?, hot.touched);
        }
        self.release(place);
        Ok(())
    }

    fn forget(&mut self, fingerprint: Fingerprint) {
        if let Ok(entry) = self.table.find_entry(fingerprint[0], |entry| entry.fingerprint == fingerprint) {
            entry.remove();
        }
    }

    fn release(&mut self, place: u32) {
        let hot = *self.hot.get(place);
        hot.header.release(&mut self.slabs);
        self.texts.take(hot.text);
        self.hot.get_mut(place).live = false;
        self.hot.take(place);
    }

    /// Forgets those of the records under which nothing was ever counted.
    pub fn drop_empty(&mut self, places: impl Iterator<Item = u32>) {
        for place in places {
            let hot = *self.hot.get(place);
            if hot.live && hot.is_empty() {
                self.forget(hot.fingerprint);
                self.release(place);
            }
        }
    }

    /// Puts cold records again whose neighbours in the spill are mostly gone.
    pub fn tidy_spill(&mut self) -> Result<(), Error> {
        let mut buffer = Vec::new();
        for entry in self.table.iter_mut() {
            if entry.place & HOT == 0 && self.spill.worth_moving(entry.place) {
                self.spill.get(entry.place, &mut buffer)?;
                let place = self.spill.put(&buffer)?;
                self.spill.free(entry.place, buffer.len());
                entry.place = place;
            }
        }
        Ok(())
    }

    /// Records in memory, in the order of places.
    pub fn hot_records(&self) -> impl Iterator<Item = &Hot> {
        (0..self.hot.places() as u32).map(|place| self.hot.get(place)).filter(|hot| hot.live)
    }

    /// Records in the spill: fingerprint, place, when touched.
    pub fn cold_entries(&self) -> impl Iterator<Item = (Fingerprint, u64, u64)> + '_ {
        let cold = self.table.iter().filter(|entry| entry.place & HOT == 0);
        cold.map(|entry| (entry.fingerprint, entry.place, entry.touched))
    }

    /// The record of a key, without moving it: what `hot` makes of one in memory, or `cold` of one in the spill.
    pub fn look<T>(
        &self,
        fingerprint: Fingerprint,
        hot: impl FnOnce(&Hot) -> T,
        cold: impl FnOnce(&codec::Unpacked<'_>) -> T,
    ) -> Result<Option<T>, Error> {
        let Some(entry) = self.entry(fingerprint) else { return Ok(None) };
        if entry.place & HOT != 0 {
            return Ok(Some(hot(self.hot.get(entry.place as u32))));
        }
        let mut buffer = Vec::new();
        self.spill.get(entry.place, &mut buffer)?;
        Ok(Some(cold(&codec::read(&buffer).ok_or(Error::Damaged)?)))
    }

    /// The key of a record, wherever it lies.
    pub fn key_of(&self, fingerprint: Fingerprint, buffer: &mut Vec<u8>) -> Result<Key, Error> {
        let entry = self.entry(fingerprint).ok_or(Error::Damaged)?;
        if entry.place & HOT != 0 {
            return Ok(self.key(self.hot.get(entry.place as u32)).to_key());
        }
        self.spill.get(entry.place, buffer)?;
        Ok(codec::read_key(buffer).ok_or(Error::Damaged)?.to_key())
    }

    /// Whether a known record lies in the spill.
    pub fn is_cold(&self, fingerprint: Fingerprint) -> bool {
        self.entry(fingerprint).is_some_and(|entry| entry.place & HOT == 0)
    }

    /// The fingerprint of a key.
    pub fn fingerprint(&self, key: KeyRef<'_>) -> Fingerprint {
        self.fingerprints.key(key)
    }

    /// 64 bits of a text.
    pub fn short_hash(&self, text: &str) -> u64 {
        self.fingerprints.short(text.as_bytes())
    }
}
