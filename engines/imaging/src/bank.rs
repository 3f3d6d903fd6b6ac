//! Finding all hashes within a distance among millions: multi-index hashing.
//!
//! After Norouzi, Punjani, Fleet, "Fast exact search in Hamming space with multi-index hashing" (2014). A hash is cut into
//! 16 parts of 16 bits. Two hashes at distance at most 31 differ by at most one bit in at least one
//! part, so looking at 17 buckets in each of 16 tables finds every candidate.
use std::collections::{HashMap, HashSet};

use crate::hash::Hash;

/// Largest distance the index answers: 16 parts, at most one differing bit in one of them.
pub const DISTANCE_MAX: u32 = 31;
/// Most entries a bank takes; more would need wider slots.
pub const ENTRIES_MAX: usize = u32::MAX as usize - 1;

const PARTS: usize = 16;
const BUCKETS: usize = 1 << 16;
/// Below this many entries a scan is quicker than 272 look-ups.
const SCAN_ENTRIES_MAX: usize = 8_192;
/// Changes are kept beside the index until they are one entry in this many of it.
const REBUILD_SHARE: usize = 32;
const MAGIC: &[u8; 8] = b"TSPDQBK1";
/// Candidates fetched at once.
const GATHERED: usize = 64;
const RECORD_BYTES: usize = 40;

/// A hash found near the one asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Match {
    /// The key given on insertion.
    pub key: u64,
    /// The stored hash.
    pub hash: Hash,
    /// Differing bits.
    pub distance: u32,
}

/// Why stored bytes are not a bank.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BankError {
    /// The first bytes are not a bank's.
    #[error("this is not a hash bank, or one of another version")]
    NotABank,
    /// The length does not fit the number of entries.
    #[error("the hash bank should have {expected} bytes and has {found}")]
    Length {
        /// Bytes that belong there.
        expected: u64,
        /// Bytes found.
        found: u64,
    },
    /// The check sum differs.
    #[error("the hash bank is damaged: its check sum differs")]
    CheckSum,
}

/// A set of (key, hash) pairs searchable by nearness. One key may have several hashes; the same pair is
/// kept once.
#[derive(Clone, Default)]
pub struct Bank {
    keys: Vec<u64>,
    /// Beside `keys`, apart from them so that a look-up touches one cache line a candidate.
    hashes: Vec<Hash>,
    /// Keys to their places.
    places: HashMap<u64, Vec<u32>>,
    index: Index,
}

/// For each part: where each bucket begins in `slots`, and the entries of all buckets. Entries from `indexed` on
/// are not in it yet.
#[derive(Clone, Default)]
struct Index {
    indexed: usize,
    starts: Vec<Vec<u32>>,
    slots: Vec<Vec<u32>>,
    /// Places below `indexed` whose entry has changed since; they are scanned.
    moved: HashSet<u32>,
}

impl Bank {
    /// An empty bank.
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of pairs.
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// Adds a pair; `false` when it is there already or the bank is full.
    pub fn insert(&mut self, key: u64, hash: Hash) -> bool {
        let added = self.push(key, hash);
        if added {
            self.settle();
        }
        added
    }

    /// Removes one pair; `false` when it is not there.
    pub fn remove(&mut self, key: u64, hash: Hash) -> bool {
        let found = self
            .places
            .get(&key)
            .and_then(|places| places.iter().copied().find(|place| self.hashes[*place as usize] == hash));
        let Some(place) = found else { return false };
        self.take_out(place);
        self.settle();
        true
    }

    /// Removes all hashes of a key and says how many there were.
    pub fn remove_key(&mut self, key: u64) -> usize {
        let mut removed = 0;
        while let Some(place) = self.places.get(&key).and_then(|places| places.first().copied()) {
            self.take_out(place);
            removed += 1;
        }
        self.settle();
        removed
    }

    /// All pairs, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (u64, Hash)> + '_ {
        self.keys.iter().copied().zip(self.hashes.iter().copied())
    }

    /// All pairs within `distance_max` of `hash`, nearest first, then by key. Exact for every distance; above
    /// [`DISTANCE_MAX`] every entry is compared.
    pub fn near(&self, hash: Hash, distance_max: u32) -> Vec<Match> {
        let mut found = Vec::new();
        let mut look = |place: usize| {
            let (key, stored) = (self.keys[place], self.hashes[place]);
            let distance = hash.distance(stored);
            if distance <= distance_max {
                found.push(Match { key, hash: stored, distance });
            }
        };
        if self.index.indexed == 0 || distance_max > DISTANCE_MAX {
            (0..self.hashes.len()).for_each(&mut look);
        } else {
            (self.index.indexed..self.hashes.len()).for_each(&mut look);
            self.index.moved.iter().for_each(|place| look(*place as usize));
            let spread = distance_max as usize >= PARTS;
            self.index.candidates(hash, distance_max, &self.hashes, |part, place| {
                let stored = self.hashes[place];
                if !self.index.moved.contains(&(place as u32)) && is_first_part(hash, stored, part, spread) {
                    look(place);
                }
            });
        }
        found.sort_unstable_by_key(|hit| (hit.distance, hit.key, hit.hash));
        found
    }

    /// The nearest pair within `distance_max`, the smallest key among equals.
    pub fn nearest(&self, hash: Hash, distance_max: u32) -> Option<Match> {
        self.near(hash, distance_max).into_iter().next()
    }

    /// A portable form: magic, number, pairs, check sum; little-endian keys, hashes highest byte first.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(24 + self.hashes.len() * RECORD_BYTES);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&(self.hashes.len() as u64).to_le_bytes());
        for (key, hash) in self.keys.iter().zip(&self.hashes) {
            bytes.extend_from_slice(&key.to_le_bytes());
            bytes.extend_from_slice(&hash.to_bytes());
        }
        let sum = check_sum(&bytes);
        bytes.extend_from_slice(&sum.to_le_bytes());
        bytes
    }

    /// Reads [`Bank::to_bytes`]'s form.
    ///
    /// # Errors
    /// [`BankError`] for anything else; nothing is allocated before the length has been checked.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BankError> {
        if bytes.len() < 24 || !bytes.starts_with(MAGIC) {
            return Err(BankError::NotABank);
        }
        let word = |at: usize| {
            let mut eight = [0; 8];
            eight.copy_from_slice(&bytes[at..at + 8]);
            u64::from_le_bytes(eight)
        };
        let (count, found) = (word(8), bytes.len() as u64);
        let expected = count.saturating_mul(RECORD_BYTES as u64).saturating_add(24);
        if expected != found || count > ENTRIES_MAX as u64 {
            return Err(BankError::Length { expected, found });
        }
        let body = bytes.len() - 8;
        if check_sum(&bytes[..body]) != word(body) {
            return Err(BankError::CheckSum);
        }
        let mut bank = Self::new();
        for record in bytes[16..body].chunks_exact(RECORD_BYTES) {
            let (mut key, mut hash) = ([0; 8], [0; 32]);
            key.copy_from_slice(&record[..8]);
            hash.copy_from_slice(&record[8..]);
            bank.push(u64::from_le_bytes(key), Hash::from_bytes(hash));
        }
        bank.settle();
        Ok(bank)
    }

    fn push(&mut self, key: u64, hash: Hash) -> bool {
        let places = self.places.entry(key).or_default();
        let known = places.iter().any(|place| self.hashes[*place as usize] == hash);
        if known || self.hashes.len() >= ENTRIES_MAX {
            return false;
        }
        places.push(self.hashes.len() as u32);
        self.keys.push(key);
        self.hashes.push(hash);
        true
    }

    /// The last entry moves into the freed place.
    fn take_out(&mut self, place: u32) {
        let key = self.keys.swap_remove(place as usize);
        self.hashes.swap_remove(place as usize);
        if let Some(places) = self.places.get_mut(&key) {
            places.retain(|kept| *kept != place);
            if places.is_empty() {
                self.places.remove(&key);
            }
        }
        let last = self.hashes.len() as u32;
        if let Some(moved_key) = self.keys.get(place as usize)
            && let Some(slot) =
                self.places.get_mut(moved_key).and_then(|list| list.iter_mut().find(|slot| **slot == last))
        {
            *slot = place;
        }
        if self.index.indexed > self.hashes.len() {
            // A place that no longer exists must not be looked at.
            self.index.drop_place(last);
        }
        if (place as usize) < self.index.indexed {
            self.index.moved.insert(place);
        }
    }

    /// Rebuilds the index when the entries outside it have become many.
    fn settle(&mut self) {
        if self.hashes.len() <= SCAN_ENTRIES_MAX {
            self.index = Index::default();
            return;
        }
        let outside = self.hashes.len() - self.index.indexed + self.index.moved.len();
        if self.index.indexed == 0 || outside > SCAN_ENTRIES_MAX.max(self.index.indexed / REBUILD_SHARE) {
            self.index = Index::build(&self.hashes);
        }
    }
}

/// A stored hash may sit in buckets of several parts; it is counted in the first one only.
fn is_first_part(hash: Hash, stored: Hash, part: usize, spread: bool) -> bool {
    let allowed = u32::from(spread);
    (0..part).all(|earlier| (hash.part(earlier) ^ stored.part(earlier)).count_ones() > allowed)
}

impl Index {
    fn build(hashes: &[Hash]) -> Self {
        let mut index = Self { indexed: hashes.len(), ..Self::default() };
        for part in 0..PARTS {
            let mut starts = vec![0_u32; BUCKETS + 1];
            for hash in hashes {
                starts[usize::from(hash.part(part)) + 1] += 1;
            }
            for bucket in 0..BUCKETS {
                starts[bucket + 1] += starts[bucket];
            }
            let mut next = starts.clone();
            let mut slots = vec![0_u32; hashes.len()];
            for (place, hash) in hashes.iter().enumerate() {
                let cursor = &mut next[usize::from(hash.part(part))];
                slots[*cursor as usize] = place as u32;
                *cursor += 1;
            }
            index.starts.push(starts);
            index.slots.push(slots);
        }
        index
    }

    /// Calls `take` with part and place of every indexed hash within the distance. A place may come once for each part.
    fn candidates(&self, hash: Hash, distance_max: u32, hashes: &[Hash], mut take: impl FnMut(usize, usize)) {
        let spread = distance_max as usize >= PARTS;
        let mut gathered = [Hash::default(); GATHERED];
        for part in 0..PARTS {
            let own = hash.part(part);
            let neighbours = if spread { 16 } else { 0 };
            for key in std::iter::once(own).chain((0..neighbours).map(|bit| own ^ (1 << bit))) {
                let bucket = usize::from(key);
                let range = self.starts[part][bucket] as usize..self.starts[part][bucket + 1] as usize;
                for places in self.slots[part][range].chunks(GATHERED) {
                    // Fetched first and compared after: the fetches miss the cache and so overlap.
                    for (slot, place) in gathered.iter_mut().zip(places) {
                        *slot = hashes.get(*place as usize).copied().unwrap_or_default();
                    }
                    for (stored, place) in gathered.iter().zip(places) {
                        let place = *place as usize;
                        if hash.distance(*stored) <= distance_max && place < self.indexed {
                            take(part, place);
                        }
                    }
                }
            }
        }
    }

    /// Shrinks the indexed range; `last` was its last place.
    fn drop_place(&mut self, last: u32) {
        self.indexed = last as usize;
        self.moved.remove(&last);
    }
}

/// FNV-1a over 64 bits: finds accidents, not forgers.
fn check_sum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}
