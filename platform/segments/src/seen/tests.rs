//! Ids in memory, in runs, and beyond the horizon.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;
use stream::fingerprint::Fingerprints;

fn print(id: u64) -> Fingerprint {
    Fingerprints::new([1, 2]).of(&id.to_le_bytes())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn every_id_is_answered_as_a_plain_map_would(
        ids in prop::collection::vec((0u64..400, 0u64..3), 1..600), memory in 5usize..90
    ) {
        let folder = tempfile::tempdir().expect("a folder");
        let settings = Settings { memory_ids_max: memory, ids_max: 100_000 };
        let (mut seen, _) = Seen::open(folder.path(), settings).expect("opened");
        let mut truth: BTreeMap<u64, u64> = BTreeMap::new();
        for (place, (id, content)) in ids.iter().enumerate() {
            let expected = match truth.get(id) {
                None => Answer::New,
                Some(known) if known == content => Answer::Duplicate,
                Some(_) => Answer::Conflict,
            };
            prop_assert_eq!(seen.check(print(*id), *content).expect("an answer"), expected);
            if expected == Answer::New {
                seen.insert(print(*id), *content);
                truth.insert(*id, *content);
            }
            if seen.is_full() {
                seen.flush(place as u64).expect("flushed");
            }
        }
        let complete = if seen.in_memory() > 0 { ids.len() as u64 } else { seen.complete_through() };
        seen.flush(ids.len() as u64).expect("flushed");
        drop(seen);
        let (seen, damage) = Seen::open(folder.path(), settings).expect("opened");
        prop_assert!(damage.is_empty());
        prop_assert_eq!(seen.complete_through(), complete);
        for id in 0..400 {
            let expected = if truth.contains_key(&id) { Answer::Conflict } else { Answer::New };
            prop_assert_eq!(seen.check(print(id), 77).expect("an answer"), expected);
        }
    }
}

#[test]
fn ids_with_equal_high_halves_are_told_apart_across_pages() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut seen, _) = Seen::open(folder.path(), Settings::default()).expect("opened");
    let all: Vec<Fingerprint> = (0..1_000u64).map(|low| [7, low << 50 | low]).chain([[6, 1], [8, 1]]).collect();
    all.iter().for_each(|print| seen.insert(*print, 5));
    seen.flush(1).expect("flushed");
    for print in &all {
        assert_eq!(seen.check(*print, 5).expect("an answer"), Answer::Duplicate);
    }
    assert_eq!(seen.check([7, u64::MAX], 5).expect("an answer"), Answer::New);
    assert_eq!(seen.check([7, 1], 5).expect("an answer"), Answer::New);
}

#[test]
fn beyond_the_horizon_ids_are_forgotten_and_memory_and_disk_stay_bounded() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = Settings { memory_ids_max: 1_000, ids_max: 5_000 };
    let (mut seen, _) = Seen::open(folder.path(), settings).expect("opened");
    for id in 0..60_000u64 {
        seen.insert(print(id), 1);
        if seen.is_full() {
            seen.flush(id).expect("flushed");
        }
    }
    assert_eq!(seen.in_runs(), 5_000);
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 5);
    assert!(seen.memory_bytes() < 18_000_000, "{} bytes", seen.memory_bytes());
    assert_eq!(seen.check(print(10), 1).expect("an answer"), Answer::New);
    assert_eq!(seen.check(print(59_000), 1).expect("an answer"), Answer::Duplicate);
}

#[test]
fn an_id_never_seen_costs_no_look_at_the_disk() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut seen, _) =
        Seen::open(folder.path(), Settings { memory_ids_max: 20_000, ids_max: 100_000 }).expect("opened");
    for id in 0..100_000u64 {
        seen.insert(print(id), 1);
        if seen.is_full() {
            seen.flush(id).expect("flushed");
        }
    }
    let candidates: usize = (1_000_000..1_100_000u64).map(|id| seen.tags.candidates(print(id)).count()).sum();
    assert!(candidates < 200, "{candidates} looks for 100,000 new ids");
    for id in (0..100_000u64).step_by(97) {
        assert!(seen.tags.candidates(print(id)).count() <= 3, "one run for an id that is in one");
    }
}

#[test]
fn a_damaged_run_is_named_and_the_log_is_asked_again_from_before_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut seen, _) = Seen::open(folder.path(), Settings::default()).expect("opened");
    for run in 1..=3u64 {
        (0..500).for_each(|id| seen.insert(print(run * 1_000 + id), run));
        seen.flush(run * 10).expect("flushed");
    }
    drop(seen);
    let second = run::path(folder.path(), 2);
    let whole = std::fs::read(&second).expect("a run");
    for place in [0, 9, 4_096 + 100, whole.len() - 1] {
        let mut changed = whole.clone();
        changed[place] ^= 1;
        std::fs::write(&second, changed).expect("written");
        let (seen, damage) = Seen::open(folder.path(), Settings::default()).expect("opened");
        assert_eq!(damage.len(), 1, "byte {place}");
        assert_eq!(damage[0].file, "0000000002.ids");
        assert_eq!(seen.complete_through(), 10, "later runs say nothing about the lost one");
        assert_eq!(seen.check(print(3_001), 3).expect("an answer"), Answer::Duplicate);
        assert_eq!(seen.check(print(2_001), 2).expect("an answer"), Answer::New);
    }
}
