//! What a text is recognised by when it comes back in other words: the set of its folded character pairs, reduced to
//! the smallest hashes (bottom-k sketch, Cohen & Kaplan 2007), compared by the Jaccard coefficient. Sets of up to
//! [`SKETCH_HASHES_MAX`] pairs are compared exactly.

use crate::content::Content;
use sha2::{Digest, Sha256};

/// Most hashes a sketch keeps.
pub const SKETCH_HASHES_MAX: usize = 256;
/// Bands of the look-up; with [`BAND_ROWS`] rows each, texts of similarity 0.6 share a band with probability 0.99,
/// texts of similarity 0.2 with 0.15 (Leskovec, Rajaraman & Ullman, Mining of Massive Datasets, §3.4).
const BANDS: usize = 20;
const BAND_ROWS: usize = 3;
/// Fewer pairs than this say too little to recognise anything by.
const PAIRS_MIN: usize = 6;

/// A sketch: sorted, distinct hashes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sketch(Vec<u32>);

impl Sketch {
    /// The sketch of a version's title, brand and attributes; `None` where there is too little text.
    pub fn of(content: &Content) -> Option<Sketch> {
        let mut texts = vec![content.title.as_str(), content.brand.as_str()];
        texts.extend(content.attributes.values().map(String::as_str));
        Sketch::of_texts(&texts)
    }

    /// The sketch of several texts taken together.
    pub fn of_texts(texts: &[&str]) -> Option<Sketch> {
        let mut hashes = Vec::new();
        for text in texts {
            let folded: Vec<char> = screening::fold::fold(text).chars().collect();
            for pair in folded.windows(2) {
                hashes.push(hash(u64::from(u32::from(pair[0])) << 32 | u64::from(u32::from(pair[1]))) as u32);
            }
        }
        hashes.sort_unstable();
        hashes.dedup();
        hashes.truncate(SKETCH_HASHES_MAX);
        (hashes.len() >= PAIRS_MIN).then_some(Sketch(hashes))
    }

    /// How much two texts have in common, 0 to 1: the Jaccard coefficient, estimated where a text was too long.
    pub fn similarity(&self, other: &Sketch) -> f64 {
        let limit = match (self.0.len() == SKETCH_HASHES_MAX, other.0.len() == SKETCH_HASHES_MAX) {
            (false, false) => u32::MAX,
            // Only the range both sketches cover whole can be compared.
            _ => {
                let last =
                    |sketch: &Sketch| if sketch.0.len() == SKETCH_HASHES_MAX { sketch.0.last().copied() } else { None };
                last(self).unwrap_or(u32::MAX).min(last(other).unwrap_or(u32::MAX))
            }
        };
        let (mut a, mut b) = (
            self.0.iter().take_while(|h| **h <= limit).peekable(),
            other.0.iter().take_while(|h| **h <= limit).peekable(),
        );
        let (mut shared, mut all) = (0u32, 0u32);
        while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
            match x.cmp(y) {
                std::cmp::Ordering::Less => {
                    a.next();
                }
                std::cmp::Ordering::Greater => {
                    b.next();
                }
                std::cmp::Ordering::Equal => {
                    shared += 1;
                    a.next();
                    b.next();
                }
            }
            all += 1;
        }
        all += (a.count() + b.count()) as u32;
        if all == 0 { 0.0 } else { f64::from(shared) / f64::from(all) }
    }

    /// The keys under which near sketches are found: one a band.
    pub fn bands(&self) -> [u64; BANDS] {
        let mut keys = [0u64; BANDS];
        for (band, key) in keys.iter_mut().enumerate() {
            let mut text = band as u64;
            for row in 0..BAND_ROWS {
                let seed = hash((band * BAND_ROWS + row) as u64 + 1);
                let least = self.0.iter().map(|value| hash(u64::from(*value) ^ seed)).min().unwrap_or(0);
                text = hash(text ^ least);
            }
            *key = text;
        }
        keys
    }

    /// Text form: hexadecimal, eight digits a hash.
    pub fn to_text(&self) -> String {
        self.0.iter().map(|hash| format!("{hash:08x}")).collect()
    }

    /// Reads the text form; `None` when it is none.
    pub fn parse(text: &str) -> Option<Sketch> {
        if !text.len().is_multiple_of(8) || text.len() > 8 * SKETCH_HASHES_MAX || !text.is_ascii() {
            return None;
        }
        let hashes: Option<Vec<u32>> =
            (0..text.len() / 8).map(|index| u32::from_str_radix(&text[index * 8..index * 8 + 8], 16).ok()).collect();
        hashes.filter(|hashes| hashes.is_sorted()).map(Sketch)
    }
}

/// A 64-bit mix (the finaliser of SplitMix64, Steele et al. 2014): the same on every machine.
fn hash(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A short id of a text, for caches: SHA-256, hexadecimal.
pub fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sketch(text: &str) -> Sketch {
        Sketch::of_texts(&[text]).expect("enough text")
    }

    #[test]
    fn the_same_goods_in_other_writing_are_alike_and_other_goods_are_not() {
        let first = sketch("三高克星 苦荞胶囊 根治糖尿病 60粒装");
        assert!(first.similarity(&sketch("三高剋星★苦蕎膠囊 根治糖尿病60粒裝")) > 0.95);
        assert!(first.similarity(&sketch("【正品】三高克星苦荞胶囊 根治糖尿病 60粒")) > 0.6);
        assert!(first.similarity(&sketch("纯棉儿童连衣裙 夏季新款 小碎花公主裙")) < 0.1);
    }

    #[test]
    fn near_texts_share_a_band() {
        let near = sketch("【正品】三高克星苦荞胶囊 根治糖尿病 60粒").bands();
        assert!(sketch("三高克星 苦荞胶囊 根治糖尿病 60粒装").bands().iter().any(|key| near.contains(key)));
    }

    proptest! {
        #[test]
        fn a_sketch_reads_back_and_is_like_itself(text in "[a-z0-9 \u{4e00}-\u{4fff}]{12,600}") {
            if let Some(sketch) = Sketch::of_texts(&[&text]) {
                prop_assert_eq!(Sketch::parse(&sketch.to_text()), Some(sketch.clone()));
                prop_assert!((sketch.similarity(&sketch) - 1.0).abs() < 1e-9);
            }
        }

        #[test]
        fn likeness_is_the_same_both_ways(a in "[a-e]{8,80}", b in "[a-e]{8,80}") {
            if let (Some(a), Some(b)) = (Sketch::of_texts(&[&a]), Sketch::of_texts(&[&b])) {
                prop_assert!((a.similarity(&b) - b.similarity(&a)).abs() < 1e-12);
            }
        }
    }
}
