//! How a key's buyers and review texts are spread: two small sketches of fixed size that can be merged.
//!
//! - [`Distinct`]: how many different buyers. HyperLogLog (Flajolet, Fusy, Gandouet, Meunier 2007) with 128 registers of
//!   four bits and linear counting (Whang, Vander-Zanden, Taylor 1990) below 320: standard error 9 %, near exact below 50.
//! - [`Heavy`]: which few stand out. Misra–Gries (1982) with eight counters, which is space-saving with the error taken off
//!   (Agarwal and others, "Mergeable summaries", 2012): a count is never too high, and at most a ninth of all too low.

/// Registers of [`Distinct`].
const REGISTERS: usize = 128;
/// Counters of [`Heavy`].
const COUNTERS: usize = 8;

/// An estimate of how many different things were seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Distinct {
    packed: [u8; REGISTERS / 2],
}

impl Default for Distinct {
    fn default() -> Self {
        Distinct { packed: [0; REGISTERS / 2] }
    }
}

impl Distinct {
    /// Sees a thing by its 64-bit hash.
    pub fn see(&mut self, hash: u64) {
        let register = (hash >> 57) as usize;
        let rank = ((hash << 7) | (1 << 6)).leading_zeros().min(14) as u8 + 1;
        let shift = (register & 1) * 4;
        let byte = &mut self.packed[register / 2];
        if rank > (*byte >> shift) & 15 {
            *byte = (*byte & !(15 << shift)) | (rank << shift);
        }
    }

    /// Adds everything another has seen.
    pub fn add(&mut self, other: &Distinct) {
        for (mine, theirs) in self.packed.iter_mut().zip(other.packed) {
            let low = (*mine & 15).max(theirs & 15);
            let high = (*mine >> 4).max(theirs >> 4);
            *mine = (high << 4) | low;
        }
    }

    /// How many different things, about.
    pub fn estimate(&self) -> f64 {
        let count = REGISTERS as f64;
        let registers = self.packed.iter().flat_map(|byte| [byte & 15, byte >> 4]);
        let (mut sum, mut empty) = (0.0, 0u32);
        for rank in registers {
            sum += 1.0 / f64::from(1u32 << rank);
            empty += u32::from(rank == 0);
        }
        let raw = 0.7213 / (1.0 + 1.079 / count) * count * count / sum;
        if raw <= 2.5 * count && empty > 0 { count * (count / f64::from(empty)).ln() } else { raw }
    }
}

/// The few things seen most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Heavy {
    tags: [u32; COUNTERS],
    counts: [u32; COUNTERS],
    seen: u32,
}

impl Heavy {
    /// Sees a thing by a 32-bit tag.
    pub fn see(&mut self, tag: u32) {
        self.seen = self.seen.saturating_add(1);
        let mut free = None;
        for place in 0..COUNTERS {
            if self.counts[place] == 0 {
                free = free.or(Some(place));
            } else if self.tags[place] == tag {
                self.counts[place] = self.counts[place].saturating_add(1);
                return;
            }
        }
        match free {
            Some(place) => {
                self.tags[place] = tag;
                self.counts[place] = 1;
            }
            None => self.counts.iter_mut().for_each(|count| *count -= 1),
        }
    }

    /// Adds everything another has seen.
    pub fn add(&mut self, other: &Heavy) {
        if other.seen == 0 {
            return;
        }
        let mut joined = [(0u32, 0u32); 2 * COUNTERS];
        let mut length = 0;
        for (tag, count) in self.counters().chain(other.counters()) {
            match joined[..length].iter_mut().find(|(known, _)| *known == tag) {
                Some((_, sum)) => *sum = sum.saturating_add(count),
                None => {
                    joined[length] = (tag, count);
                    length += 1;
                }
            }
        }
        joined[..length].sort_unstable_by_key(|(tag, count)| (std::cmp::Reverse(*count), *tag));
        let taken = if length > COUNTERS { joined[COUNTERS].1 } else { 0 };
        let seen = self.seen.saturating_add(other.seen);
        *self = Heavy { seen, ..Heavy::default() };
        for (place, (tag, count)) in joined[..length.min(COUNTERS)].iter().enumerate() {
            self.tags[place] = if *count > taken { *tag } else { 0 };
            self.counts[place] = count - taken;
        }
    }

    /// How many were seen in all.
    pub fn seen(&self) -> u32 {
        self.seen
    }

    /// Tags with at least this many sightings each.
    pub fn counters(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.tags.iter().copied().zip(self.counts.iter().copied()).filter(|(_, count)| *count > 0)
    }

    /// The most sightings of one thing, at least.
    pub fn top(&self) -> u32 {
        self.counts.iter().copied().max().unwrap_or(0)
    }

    /// Sightings that repeat a thing already seen, at least.
    pub fn repeats(&self) -> u64 {
        self.counters().map(|(_, count)| u64::from(count) - 1).sum()
    }
}

/// The sketches of a key for a day, or for a week of days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shape {
    /// How many different buyers ordered.
    pub buyers: Distinct,
    /// The buyers with most orders.
    pub buyers_top: Heavy,
    /// The review texts that came most often.
    pub texts_top: Heavy,
}

impl Shape {
    /// Bytes of [`Shape::to_bytes`].
    pub const BYTES: usize = REGISTERS / 2 + 2 * Heavy::BYTES;

    /// Adds another day.
    pub fn add(&mut self, other: &Shape) {
        self.buyers.add(&other.buyers);
        self.buyers_top.add(&other.buyers_top);
        self.texts_top.add(&other.texts_top);
    }

    /// Sees an order of a buyer by the buyer's hash.
    pub fn see_buyer(&mut self, hash: u64) {
        self.buyers.see(hash);
        self.buyers_top.see(hash as u32);
    }

    /// Sees a review with a text by the text's hash.
    pub fn see_text(&mut self, hash: u64) {
        self.texts_top.see((hash ^ (hash >> 32)) as u32);
    }

    /// Whether nothing was seen.
    pub fn is_empty(&self) -> bool {
        self.buyers_top.seen == 0 && self.texts_top.seen == 0
    }

    /// The sketches as bytes, little end first: registers, then twice (8 tags, 8 counts, all seen). Empty sketches are
    /// no bytes at all.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.write(&mut bytes);
        bytes
    }

    /// The reverse of [`Shape::to_bytes`]; `None` when the length is neither 0 nor [`Shape::BYTES`].
    pub fn from_bytes(bytes: &[u8]) -> Option<Shape> {
        if bytes.is_empty() {
            return Some(Shape::default());
        }
        let (packed, rest) = bytes.split_first_chunk::<{ REGISTERS / 2 }>()?;
        let (buyers, texts) = rest.split_at_checked(Heavy::BYTES)?;
        Some(Shape {
            buyers: Distinct { packed: *packed },
            buyers_top: Heavy::read(buyers)?,
            texts_top: Heavy::read(texts)?,
        })
    }

    /// Appends [`Shape::to_bytes`].
    pub fn write(&self, out: &mut Vec<u8>) {
        if self.is_empty() {
            return;
        }
        out.extend_from_slice(&self.buyers.packed);
        self.buyers_top.write(out);
        self.texts_top.write(out);
    }
}

impl Heavy {
    const BYTES: usize = COUNTERS * 8 + 4;

    fn write(&self, out: &mut Vec<u8>) {
        for number in self.tags.iter().chain(&self.counts).chain([&self.seen]) {
            out.extend_from_slice(&number.to_le_bytes());
        }
    }

    fn read(bytes: &[u8]) -> Option<Heavy> {
        if bytes.len() != Heavy::BYTES {
            return None;
        }
        let mut heavy = Heavy::default();
        let places = heavy.tags.iter_mut().chain(&mut heavy.counts).chain([&mut heavy.seen]);
        for (place, number) in places.zip(bytes.as_chunks::<4>().0) {
            *place = u32::from_le_bytes(*number);
        }
        Some(heavy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::Fingerprints;
    use proptest::prelude::*;

    fn hash(number: u64) -> u64 {
        Fingerprints::new([1, 2]).short(&number.to_le_bytes())
    }

    #[test]
    fn few_buyers_are_counted_almost_exactly_and_many_within_a_third() {
        for count in [0u64, 1, 5, 30, 100, 1_000, 50_000, 400_000] {
            let mut distinct = Distinct::default();
            for _ in 0..2 {
                (0..count).for_each(|buyer| distinct.see(hash(buyer)));
            }
            let error = (distinct.estimate() - count as f64).abs();
            assert!(error <= 1.0 + 0.3 * count as f64, "{count} were taken for {}", distinct.estimate());
            assert!(count > 30 || error < 4.0, "{count} were taken for {}", distinct.estimate());
        }
    }

    proptest! {
        #[test]
        fn a_heavy_count_is_never_too_high_and_at_most_a_ninth_too_low(
            one in prop::collection::vec(0u32..40, 0..300), two in prop::collection::vec(0u32..40, 0..300)
        ) {
            let mut joined = Heavy::default();
            let mut other = Heavy::default();
            one.iter().for_each(|tag| joined.see(*tag));
            two.iter().for_each(|tag| other.see(*tag));
            joined.add(&other);
            let all = one.len() + two.len();
            prop_assert_eq!(joined.seen() as usize, all);
            for tag in 0..40 {
                let truth = one.iter().chain(&two).filter(|other| **other == tag).count();
                let told = joined.counters().find(|(known, _)| *known == tag).map_or(0, |(_, count)| count) as usize;
                prop_assert!(told <= truth, "{tag}: {told} > {truth}");
                prop_assert!(told + all / 9 + 1 >= truth, "{tag}: {told} is too low for {truth}");
            }
        }

        #[test]
        fn sketches_read_back_from_their_bytes(seen in prop::collection::vec(any::<u64>(), 0..60)) {
            let mut shape = Shape::default();
            for (place, hash) in seen.iter().enumerate() {
                if place % 3 == 0 { shape.see_text(*hash) } else { shape.see_buyer(*hash) }
            }
            prop_assert_eq!(Shape::from_bytes(&shape.to_bytes()), Some(shape));
        }
    }

    #[test]
    fn bytes_of_another_length_are_no_sketches() {
        assert_eq!(Shape::from_bytes(&[0; 3]), None);
        assert_eq!(Shape::from_bytes(&[0; Shape::BYTES + 1]), None);
    }
}
