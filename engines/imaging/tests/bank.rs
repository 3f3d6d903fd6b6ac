//! The hash bank answers exactly as a scan would, whatever was inserted and removed before.
use std::collections::BTreeSet;

use imaging::{Bank, BankError, Hash, Match};
use proptest::prelude::*;

/// A small generator, so that large banks are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn hash(&mut self) -> Hash {
        Hash::from_words([self.next(), self.next(), self.next(), self.next()])
    }

    fn near(&mut self, hash: Hash, flips: u32) -> Hash {
        (0..flips).fold(hash, |hash, _| hash.with_flipped_bit(self.next() as u32))
    }
}

fn scan(pairs: &BTreeSet<(u64, Hash)>, hash: Hash, distance_max: u32) -> Vec<Match> {
    let mut found: Vec<Match> = pairs
        .iter()
        .map(|(key, stored)| Match { key: *key, hash: *stored, distance: hash.distance(*stored) })
        .filter(|hit| hit.distance <= distance_max)
        .collect();
    found.sort_by_key(|hit| (hit.distance, hit.key, hit.hash));
    found
}

#[test]
fn a_large_bank_finds_what_a_scan_finds_through_inserts_and_removals() {
    let mut numbers = Numbers(7);
    let mut bank = Bank::new();
    let mut pairs = BTreeSet::new();
    let seeds: Vec<Hash> = (0..40).map(|_| numbers.hash()).collect();
    for key in 0..30_000_u64 {
        let hash = if key % 20 == 0 {
            numbers.near(seeds[(key / 20) as usize % 40], 1 + (key % 45) as u32)
        } else {
            numbers.hash()
        };
        assert!(bank.insert(key, hash));
        pairs.insert((key, hash));
    }
    for _ in 0..9_000 {
        let (key, hash) = *pairs.iter().nth(numbers.next() as usize % 64).expect("a pair");
        assert!(bank.remove(key, hash));
        pairs.remove(&(key, hash));
        if numbers.next().is_multiple_of(3) {
            let (key, hash) = (numbers.next(), numbers.near(seeds[key as usize % 40], 20));
            assert!(bank.insert(key, hash));
            pairs.insert((key, hash));
        }
    }
    assert_eq!(bank.len(), pairs.len());
    let mut found = 0;
    for seed in &seeds {
        for distance_max in [0, 8, 15, 16, 31, 60] {
            let expected = scan(&pairs, *seed, distance_max);
            found += expected.len();
            assert_eq!(bank.near(*seed, distance_max), expected);
        }
    }
    assert!(found > 1_000, "the trial must have something to find: {found}");
}

#[test]
fn a_pair_is_kept_once_and_a_key_may_have_several_hashes() {
    let (a, b) = (Hash::from_words([1, 2, 3, 4]), Hash::from_words([5, 6, 7, 8]));
    let mut bank = Bank::new();
    assert!(bank.insert(9, a) && !bank.insert(9, a) && bank.insert(9, b) && bank.insert(10, a));
    assert_eq!(bank.len(), 3);
    assert!(!bank.remove(11, a));
    assert_eq!(bank.remove_key(9), 2);
    assert_eq!(bank.nearest(a, 0).map(|hit| hit.key), Some(10));
}

#[test]
fn stored_bytes_that_were_changed_cut_or_invented_are_refused() {
    let mut bank = Bank::new();
    bank.insert(1, Hash::from_words([1, 1, 1, 1]));
    let bytes = bank.to_bytes();
    let mut flipped = bytes.clone();
    flipped[20] ^= 1;
    assert_eq!(Bank::from_bytes(&flipped).err(), Some(BankError::CheckSum));
    assert!(matches!(Bank::from_bytes(&bytes[..bytes.len() - 1]).err(), Some(BankError::Length { .. })));
    assert_eq!(Bank::from_bytes(b"something else entirely....").err(), Some(BankError::NotABank));
    let mut huge = bytes;
    huge[8..16].copy_from_slice(&u64::MAX.to_le_bytes());
    assert!(matches!(Bank::from_bytes(&huge).err(), Some(BankError::Length { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_bank_read_back_answers_the_same(words in proptest::collection::vec(any::<(u64, [u64; 4])>(), 0..50), ask in any::<[u64; 4]>()) {
        let mut bank = Bank::new();
        for (key, words) in words {
            bank.insert(key, Hash::from_words(words));
        }
        let read = Bank::from_bytes(&bank.to_bytes()).expect("its own bytes");
        let ask = Hash::from_words(ask);
        prop_assert_eq!(read.near(ask, 256), bank.near(ask, 256));
    }

    #[test]
    fn any_bytes_are_a_bank_or_refused(mut bytes in proptest::collection::vec(any::<u8>(), 0..200), magic in any::<bool>()) {
        if magic {
            bytes.splice(0..0, *b"TSPDQBK1");
        }
        let _ = Bank::from_bytes(&bytes);
    }
}
