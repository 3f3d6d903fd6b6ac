//! A stream of listings of any length, for benches and for filling a large store.

use crate::demonstration::{Listing, generate};
use ground::{Rng, SeededRng};
use jiff::civil::Date;

/// The largest catalogue, listings.
pub const LISTINGS_MAX: u64 = 1_000_000_000;

/// `count` listings without pictures, each a variation of a demonstration product. The same seed gives the same stream.
pub fn stream(seed: u64, count: u64) -> impl Iterator<Item = Listing> {
    let mut base = generate(seed, Date::constant(2026, 1, 1)).listings;
    for listing in &mut base {
        listing.pictures.clear();
    }
    let rng = SeededRng::new(seed ^ 0x6361_7461);
    (0..count.min(LISTINGS_MAX)).map(move |number| {
        let mut listing = base[rng.below(base.len() as u64) as usize].clone();
        listing.external_id = format!("G{number:010}");
        listing.gtin = crate::numbers::gtin(&rng);
        listing.title = format!("{} {}", listing.title, MODELS[rng.below(MODELS.len() as u64) as usize]);
        listing.price_minor = (listing.price_minor * (70 + rng.below(60) as i64) / 100).max(1);
        listing.merchant = rng.below(5_000) as usize;
        listing
    })
}

const MODELS: &[&str] =
    &["经典款", "升级款", "A1", "B2", "2026款", "礼盒装", "囤货装", "尝鲜装", "Pro", "mini", "学生款", "轻便型"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_has_its_length_and_no_repeated_number() {
        let ids: std::collections::HashSet<String> = stream(2, 500).map(|listing| listing.external_id).collect();
        assert_eq!(ids.len(), 500);
    }
}
