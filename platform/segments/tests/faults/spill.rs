//! Cold records on disk, with the state that needs them.

use crate::disk::{Fault, FaultyDisk};
use jiff::tz::TimeZone;
use segments::SpillFile;
use std::path::Path;
use stream::block::Writer;
use stream::{Kind, Settings, Signal, Spill, State};

const DAY_US: i64 = 86_400_000_000;

fn settings() -> Settings {
    Settings { hot_keys_max: 5, ..Settings::new(TimeZone::UTC, [5, 6]) }
}

fn blocks() -> Vec<Vec<u8>> {
    let mut writer = Writer::new();
    (0..60i64)
        .map(|number| {
            let at_us = 20_454 * DAY_US + number * DAY_US / 7;
            let products: Vec<String> =
                (0..6).map(|place| format!("p{}", (number * 11 + place * place) % 40)).collect();
            for (place, product) in products.iter().enumerate() {
                let id = format!("{number}-{place}");
                writer.push(&Signal::new(&id, Kind::Order, at_us, "m", product));
            }
            writer.finish(at_us)
        })
        .collect()
}

fn spill(folder: &Path) -> Box<SpillFile> {
    Box::new(SpillFile::open(folder).expect("a spill").with_file_bytes(2_000))
}

#[test]
fn a_state_with_spilled_records_is_restored_from_each_of_its_snapshots() {
    let folder = tempfile::tempdir().expect("a folder");
    let blocks = blocks();
    let mut straight =
        State::new(Settings { hot_keys_max: 1_000, ..settings() }, Box::new(stream::state::MemorySpill::default()));
    for (position, bytes) in (1..).zip(&blocks) {
        straight.fold(bytes, position, &mut |_| {}).expect("a block");
    }
    let digest = straight.digest().expect("a digest");
    let mut state = State::new(settings(), spill(folder.path()));
    let mut snapshots: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    for (position, bytes) in (1..).zip(&blocks) {
        state.fold(bytes, position, &mut |_| {}).expect("a block");
        if position % 9 == 0 {
            let mut snapshot = Vec::new();
            let mark = state.snapshot(&mut snapshot).expect("a snapshot");
            snapshots.push((snapshot, mark));
            // Two snapshots are kept.
            if snapshots.len() > 2 {
                snapshots.remove(0);
                state.forget_before(&snapshots[0].1).expect("forgotten");
            }
        }
    }
    assert!(state.stats().hot_keys <= 11 && state.stats().keys > 30);
    assert_eq!(state.digest().expect("a digest"), digest);
    drop(state);
    for (snapshot, _) in snapshots.iter().rev() {
        let mut state = State::restore(settings(), spill(folder.path()), &mut snapshot.as_slice()).expect("restored");
        assert!(state.position() < blocks.len() as u64);
        for (position, bytes) in (1..).zip(&blocks) {
            state.fold(bytes, position, &mut |_| {}).expect("a block");
        }
        assert_eq!(state.digest().expect("a digest"), digest);
    }
}

#[test]
fn files_that_nothing_needs_are_removed_so_that_the_spill_stays_bounded() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut spill = SpillFile::open(folder.path()).expect("a spill").with_file_bytes(10_000);
    let mut live: Vec<u64> = Vec::new();
    let mut peak = 0;
    for round in 0..2_000u32 {
        live.push(spill.put(&round.to_le_bytes().repeat(20)).expect("put"));
        if live.len() > 50 {
            spill.free(live.remove(0), 80);
        }
        if round % 100 == 99 {
            let mark = spill.sync().expect("a mark");
            spill.forget_before(&mark).expect("forgotten");
            peak = peak.max(spill.bytes());
        }
    }
    assert!(peak < 40_000, "{peak} bytes for 50 records of 88");
    let mut record = Vec::new();
    for (place, round) in live.iter().zip(1_950u32..) {
        spill.get(*place, &mut record).expect("a record");
        assert_eq!(record, round.to_le_bytes().repeat(20));
    }
}

#[test]
fn a_failure_at_any_step_of_the_spill_is_an_error_and_no_wrong_record() {
    let steps = {
        let folder = tempfile::tempdir().expect("a folder");
        let disk = FaultyDisk::new(usize::MAX, Fault::Full);
        put_all(folder.path(), disk.clone());
        disk.steps()
    };
    assert!(steps > 10, "{steps} steps");
    for at in 1..=steps {
        for fault in [Fault::Full, Fault::FullFromHere] {
            let folder = tempfile::tempdir().expect("a folder");
            put_all(folder.path(), FaultyDisk::new(at, fault));
        }
    }
}

/// Puts records, passing over those that are refused, and reads back every one that was taken.
fn put_all(folder: &Path, disk: std::sync::Arc<FaultyDisk>) {
    let mut spill = SpillFile::open_on(disk, folder).expect("a spill").with_file_bytes(900);
    let mut taken = Vec::new();
    for round in 0..60u32 {
        let record = round.to_le_bytes().repeat(25);
        if let Ok(place) = spill.put(&record) {
            taken.push((place, record));
        }
        if round % 7 == 0 {
            // A full disk is told; the records stay readable.
            let _ = spill.sync();
        }
        let mut read = Vec::new();
        for (place, record) in &taken {
            spill.get(*place, &mut read).expect("a record that was taken");
            assert_eq!(&read, record);
        }
    }
}

#[test]
fn a_damaged_record_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut spill = SpillFile::open(folder.path()).expect("a spill");
    let place = spill.put(b"a record of some length").expect("put");
    spill.sync().expect("a mark");
    let file = std::fs::read_dir(folder.path()).expect("a folder").next().expect("a file").expect("an entry").path();
    let whole = std::fs::read(&file).expect("a file");
    let mut record = Vec::new();
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        std::fs::write(&file, changed).expect("written");
        assert!(spill.get(place, &mut record).is_err(), "byte {at}");
    }
}
