//! The log on its own: damage, order, limits, retention.

use proptest::prelude::*;
use segments::{Error, Log, Settings};
use std::path::{Path, PathBuf};

fn settings() -> Settings {
    Settings { segment_bytes: 600, ..Settings::default() }
}

fn payload(number: u64) -> Vec<u8> {
    (0..40 + number % 50).map(|place| (number * 31 + place * 7) as u8).collect()
}

fn filled(folder: &Path, blocks: u64) -> Log {
    let (log, _) = Log::open(folder, settings()).expect("a log");
    for number in 1..=blocks {
        assert_eq!(log.append(payload(number), 3).expect("appended"), number);
    }
    log
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "log"))
        .collect();
    files.sort();
    files
}

fn numbers(log: &Log, from: u64) -> (Vec<u64>, usize) {
    let (mut numbers, mut damaged) = (Vec::new(), 0);
    for block in log.read(from) {
        match block {
            Ok(block) => {
                assert_eq!(block.payload, payload(block.sequence));
                assert_eq!(block.signals, 3);
                numbers.push(block.sequence);
            }
            Err(_) => damaged += 1,
        }
    }
    (numbers, damaged)
}

#[test]
fn blocks_are_read_in_order_from_anywhere_and_after_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = filled(folder.path(), 40);
    assert!(log.segments() > 3);
    assert_eq!((log.start(), log.end()), (1, 40));
    assert_eq!(numbers(&log, 17).0, (17..=40).collect::<Vec<_>>());
    drop(log);
    let (log, recovery) = Log::open(folder.path(), settings()).expect("a log");
    assert_eq!((recovery.blocks, recovery.torn_bytes, recovery.damage.len()), (40, 0, 0));
    assert_eq!(log.append(payload(41), 3).expect("appended"), 41);
    assert_eq!(numbers(&log, 0).0, (1..=41).collect::<Vec<_>>());
    assert!(numbers(&log, 42).0.is_empty());
}

#[test]
fn a_flipped_byte_anywhere_costs_at_most_its_block_and_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(filled(folder.path(), 12));
    let all = files(folder.path());
    let (file, last) = (&all[0], &all[all.len() - 1]);
    assert_ne!(file, last);
    let whole = std::fs::read(file).expect("a file");
    for place in 0..whole.len() {
        let mut changed = whole.clone();
        changed[place] ^= 0x40;
        std::fs::write(file, &changed).expect("written");
        let (log, recovery) = Log::open(folder.path(), settings()).expect("it opens");
        let name = file.file_name().and_then(|name| name.to_str()).expect("a name");
        let named = recovery.damage.iter().chain(&recovery.torn).any(|damage| damage.file == name);
        assert!(named, "byte {place}: {recovery:?}");
        let (read, damaged) = numbers(&log, 0);
        assert!(read.len() >= 11, "byte {place} cost {} blocks", 12 - read.len());
        assert!(damaged <= 1);
        assert_eq!(log.end(), 12);
    }
}

#[test]
fn an_unfinished_end_is_cut_off_and_its_sequence_is_not_given_again_to_others() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(filled(folder.path(), 12));
    let last = files(folder.path()).pop().expect("a file");
    let whole = std::fs::read(&last).expect("a file");
    for length in 0..whole.len() {
        std::fs::write(&last, &whole[..length]).expect("written");
        let (log, recovery) = Log::open(folder.path(), Settings { after: 12, ..settings() }).expect("it opens");
        let (read, damaged) = numbers(&log, 0);
        assert_eq!(damaged, 0);
        assert_eq!(read, (1..=read.len() as u64).collect::<Vec<_>>(), "{recovery:?}");
        assert!(log.append(payload(13), 3).expect("appended") >= 13);
        drop(log);
        // The new block may stand in a new file; the next round begins from the whole one again.
        files(folder.path())
            .into_iter()
            .filter(|path| *path > last)
            .for_each(|path| std::fs::remove_file(path).expect("removed"));
    }
}

#[test]
fn what_is_not_retained_goes_and_the_rest_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = filled(folder.path(), 60);
    let before = log.bytes();
    log.retain_from(30).expect("retained");
    assert!(log.start() <= 30 && log.start() > 15 && log.bytes() < before);
    assert_eq!(numbers(&log, 30).0, (30..=60).collect::<Vec<_>>());
    log.retain_from(1_000).expect("retained");
    assert_eq!(log.segments(), 1, "the file being written stays");
    drop(log);
    let (log, _) = Log::open(folder.path(), settings()).expect("a log");
    assert_eq!(log.end(), 60);
}

#[test]
fn the_folder_is_read_beside_the_process_that_writes_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = filled(folder.path(), 25);
    let (first, blocks) = segments::read_folder(folder.path(), 20).expect("read");
    let sequences: Vec<u64> = blocks.map(|block| block.expect("a block").sequence).collect();
    assert_eq!((first, sequences), (1, (20..=25).collect()));
    assert_eq!(log.append(payload(26), 3).expect("appended"), 26);
}

#[test]
fn many_callers_share_syncs_and_each_gets_its_own_sequence() {
    let folder = tempfile::tempdir().expect("a folder");
    let (log, _) = Log::open(folder.path(), Settings::default()).expect("a log");
    let sequences = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for caller in 0..8u8 {
            let (log, sequences) = (&log, &sequences);
            scope.spawn(move || {
                for _ in 0..50 {
                    let sequence = log.append(vec![caller; 10], 1).expect("appended");
                    sequences.lock().expect("a list").push((sequence, caller));
                }
            });
        }
    });
    let mut sequences = sequences.into_inner().expect("a list");
    sequences.sort_unstable();
    let read: Vec<(u64, u8)> =
        log.read(0).map(|block| block.expect("a block")).map(|block| (block.sequence, block.payload[0])).collect();
    assert_eq!(read, sequences);
    assert_eq!(log.end(), 400);
}

#[test]
fn a_block_that_is_too_large_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let (log, _) = Log::open(folder.path(), Settings { payload_bytes_max: 100, ..settings() }).expect("a log");
    assert!(matches!(log.append(vec![0; 101], 1), Err(Error::TooLarge { bytes: 101, bytes_max: 100 })));
    assert_eq!(log.append(vec![0; 100], 1).expect("appended"), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_bytes_in_a_file_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..900), keep in 0usize..500) {
        let folder = tempfile::tempdir().expect("a folder");
        drop(filled(folder.path(), 5));
        let file = files(folder.path())[0].clone();
        let mut changed = std::fs::read(&file).expect("a file");
        changed.truncate(keep);
        changed.extend(bytes);
        std::fs::write(&file, changed).expect("written");
        let (log, _) = Log::open(folder.path(), Settings { after: 5, ..settings() }).expect("it opens");
        let sequence = log.append(payload(6), 3).expect("appended");
        prop_assert!(sequence >= 6);
        prop_assert!(log.read(sequence).any(|block| block.is_ok_and(|block| block.sequence == sequence)));
    }
}
