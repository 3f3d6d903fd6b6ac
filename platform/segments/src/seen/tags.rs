//! Which run an id may be in: 16 bits of its fingerprint and the run's number, in one of two places of 21 each.

use stream::fingerprint::Fingerprint;

/// Tags in one bucket of 64 bytes: 21 times 16 bits, then 21 times 8 bits.
const PLACES: usize = 21;
/// Share of the places that may be filled: beyond it two buckets might both be full.
const FILL_PERCENT: usize = 80;

/// Ids the first table has room for: what a small marketplace sends takes 16 MB.
const FIRST_IDS: usize = 4 << 20;
/// How many times larger each further table is.
const GROWTH: usize = 8;
/// Ids the largest table has room for: dropping a run goes through all of a table.
const TABLE_IDS_MAX: usize = 128 << 20;

/// Tags of all ids in runs: a table, and a larger one when it is full, so that memory grows with use and nothing has to be
/// read again.
#[derive(Debug)]
pub(super) struct Tags {
    tables: Vec<Table>,
    /// The table of each run that is kept, and how many ids it has.
    runs: [Option<(usize, usize)>; 256],
}

impl Tags {
    pub fn new() -> Tags {
        Tags { tables: Vec::new(), runs: [None; 256] }
    }

    /// Makes room for a run of `ids` ids; [`Tags::insert`] then puts them in.
    pub fn begin(&mut self, run: u8, ids: usize) {
        let has_room = |table: &Table| table.ids + ids <= table.ids_max;
        let table = self.tables.iter().position(has_room).unwrap_or_else(|| {
            let last = self.tables.last().map_or(FIRST_IDS, |last| last.ids_max.saturating_mul(GROWTH));
            self.tables.push(Table::new(last.min(TABLE_IDS_MAX).max(ids)));
            self.tables.len() - 1
        });
        self.tables[table].ids += ids;
        self.runs[usize::from(run)] = Some((table, ids));
    }

    /// Runs the id may be in.
    pub fn candidates(&self, fingerprint: Fingerprint) -> impl Iterator<Item = u8> + '_ {
        self.tables.iter().flat_map(move |table| table.candidates(fingerprint))
    }

    /// Notes that an id is in a run that was begun.
    pub fn insert(&mut self, fingerprint: Fingerprint, run: u8) {
        if let Some((table, _)) = self.runs[usize::from(run)] {
            self.tables[table].insert(fingerprint, run);
        }
    }

    /// Forgets every id of a run.
    pub fn remove_all(&mut self, run: u8) {
        if let Some((table, ids)) = self.runs[usize::from(run)].take() {
            self.tables[table].remove_all(run);
            self.tables[table].ids -= ids;
        }
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.tables.iter().map(Table::bytes).sum()
    }
}

#[derive(Debug)]
struct Table {
    buckets: Vec<[u16; 32]>,
    /// Tags that found both their buckets full.
    crowded: Vec<(Fingerprint, u8)>,
    ids: usize,
    ids_max: usize,
}

fn tag(fingerprint: Fingerprint) -> u16 {
    ((fingerprint[1] >> 48) as u16).max(1)
}

fn run_of(bucket: &[u16; 32], place: usize) -> u8 {
    (bucket[PLACES + place / 2] >> (8 * (place % 2))) as u8
}

fn set(bucket: &mut [u16; 32], place: usize, tag: u16, run: u8) {
    bucket[place] = tag;
    let shift = 8 * (place % 2);
    let pair = &mut bucket[PLACES + place / 2];
    *pair = (*pair & !(0xff << shift)) | (u16::from(run) << shift);
}

impl Table {
    /// Room for this many.
    fn new(ids_max: usize) -> Table {
        let buckets = ids_max / (PLACES * FILL_PERCENT / 100) + 1;
        Table { buckets: vec![[0; 32]; buckets], crowded: Vec::new(), ids: 0, ids_max }
    }

    fn places(&self, fingerprint: Fingerprint) -> [usize; 2] {
        let among = self.buckets.len() as u64;
        let scaled = |half: u64| ((half * among) >> 32) as usize;
        [scaled(fingerprint[1] & 0xffff_ffff), scaled(fingerprint[0] & 0xffff_ffff)]
    }

    fn candidates(&self, fingerprint: Fingerprint) -> impl Iterator<Item = u8> + '_ {
        let wanted = tag(fingerprint);
        let [one, two] = self.places(fingerprint);
        let second = (two != one).then_some(two);
        let found = [Some(one), second].into_iter().flatten().flat_map(move |place| {
            let bucket = &self.buckets[place];
            let mut marks = 0u32;
            for (place, tag) in bucket[..PLACES].iter().enumerate() {
                marks |= u32::from(*tag == wanted) << place;
            }
            std::iter::from_fn(move || {
                let place = marks.trailing_zeros() as usize;
                marks &= marks.wrapping_sub(1);
                (place < PLACES).then(|| run_of(bucket, place))
            })
        });
        let crowded = self.crowded.iter().filter(move |(other, _)| *other == fingerprint).map(|(_, run)| *run);
        found.chain(crowded)
    }

    fn insert(&mut self, fingerprint: Fingerprint, run: u8) {
        let [one, two] = self.places(fingerprint);
        let room = |bucket: &[u16; 32]| bucket[..PLACES].iter().filter(|tag| **tag == 0).count();
        let place = if room(&self.buckets[one]) >= room(&self.buckets[two]) { one } else { two };
        let bucket = &mut self.buckets[place];
        match bucket[..PLACES].iter().position(|tag| *tag == 0) {
            Some(free) => set(bucket, free, tag(fingerprint), run),
            None => self.crowded.push((fingerprint, run)),
        }
    }

    fn remove_all(&mut self, run: u8) {
        for bucket in &mut self.buckets {
            for place in 0..PLACES {
                if bucket[place] != 0 && run_of(bucket, place) == run {
                    bucket[place] = 0;
                }
            }
        }
        self.crowded.retain(|(_, other)| *other != run);
    }

    fn bytes(&self) -> usize {
        self.buckets.len() * 64 + self.crowded.capacity() * 24
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use stream::fingerprint::Fingerprints;

    #[test]
    fn a_full_table_is_followed_by_a_larger_one_and_a_dropped_run_makes_room() {
        let prints = Fingerprints::new([9, 9]);
        let ids = |run: u64| (0..3_000_000u64).map(move |id| run << 32 | id);
        let mut tags = Tags::new();
        for run in 0..3u8 {
            tags.begin(run, 3_000_000);
            ids(run.into()).for_each(|id| tags.insert(prints.of(&id.to_le_bytes()), run));
        }
        assert_eq!(tags.tables.len(), 2);
        assert!(tags.tables.iter().all(|table| table.crowded.is_empty()));
        for run in 0..3u8 {
            let is_found = |id: u64| tags.candidates(prints.of(&id.to_le_bytes())).any(|found| found == run);
            assert!(ids(run.into()).step_by(1_000).all(is_found), "every id of run {run} is found");
        }
        tags.remove_all(0);
        assert!(ids(0).step_by(1_000).all(|id| tags.candidates(prints.of(&id.to_le_bytes())).all(|run| run != 0)));
        tags.begin(0, 3_000_000);
        assert_eq!(tags.tables.len(), 2, "the room of the dropped run is used again");
    }
}
