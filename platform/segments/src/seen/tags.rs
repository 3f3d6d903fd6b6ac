//! Which run an id may be in: 16 bits of its fingerprint and the run's number, in one of two places of 21 each.

use stream::fingerprint::Fingerprint;

/// Tags in one bucket of 64 bytes: 21 times 16 bits, then 21 times 8 bits.
const PLACES: usize = 21;
/// Share of the places that may be filled: beyond it two buckets might both be full.
const FILL_PERCENT: usize = 80;

/// Tags of all ids in runs.
#[derive(Debug)]
pub(super) struct Tags {
    buckets: Vec<[u16; 32]>,
    /// Tags that found both their buckets full.
    crowded: Vec<(Fingerprint, u8)>,
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

impl Tags {
    /// Room for this many.
    pub fn new(ids: usize) -> Tags {
        let buckets = (ids / (PLACES * FILL_PERCENT / 100)).max(1) + 1;
        Tags { buckets: vec![[0; 32]; buckets], crowded: Vec::new() }
    }

    fn places(&self, fingerprint: Fingerprint) -> [usize; 2] {
        let among = self.buckets.len() as u64;
        let scaled = |half: u64| ((half * among) >> 32) as usize;
        [scaled(fingerprint[1] & 0xffff_ffff), scaled(fingerprint[0] & 0xffff_ffff)]
    }

    /// Runs the id may be in.
    pub fn candidates(&self, fingerprint: Fingerprint) -> impl Iterator<Item = u8> + '_ {
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

    /// Notes that an id is in a run.
    pub fn insert(&mut self, fingerprint: Fingerprint, run: u8) {
        let [one, two] = self.places(fingerprint);
        let room = |bucket: &[u16; 32]| bucket[..PLACES].iter().filter(|tag| **tag == 0).count();
        let place = if room(&self.buckets[one]) >= room(&self.buckets[two]) { one } else { two };
        let bucket = &mut self.buckets[place];
        match bucket[..PLACES].iter().position(|tag| *tag == 0) {
            Some(free) => set(bucket, free, tag(fingerprint), run),
            None => self.crowded.push((fingerprint, run)),
        }
    }

    /// Forgets every id of a run.
    pub fn remove_all(&mut self, run: u8) {
        for bucket in &mut self.buckets {
            for place in 0..PLACES {
                if bucket[place] != 0 && run_of(bucket, place) == run {
                    bucket[place] = 0;
                }
            }
        }
        self.crowded.retain(|(_, other)| *other != run);
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.buckets.len() * 64 + self.crowded.capacity() * 24
    }
}
