//! Every step of writing fails once, in every way; and then nothing acknowledged may be lost and nothing counted twice.

mod disk;
mod log;
mod spill;

use disk::{Fault, FaultyDisk};
use segments::seen::Settings as IdSettings;
use segments::{Answer, Intake, Settings};
use std::collections::BTreeMap;
use std::path::Path;
use stream::fingerprint::{Fingerprint, Fingerprints};

/// Batches sent in a run.
const BATCHES: u64 = 14;
/// Ids in a batch.
const IDS: u64 = 5;

pub fn fingerprint(id: u64) -> Fingerprint {
    Fingerprints::new([3, 4]).of(&id.to_le_bytes())
}

fn log_settings() -> Settings {
    Settings { segment_bytes: 400, ..Settings::default() }
}

fn id_settings() -> IdSettings {
    IdSettings { memory_ids_max: 12, ids_max: 10_000 }
}

fn open(disk: std::sync::Arc<dyn segments::Disk>, folder: &Path) -> Result<Intake, segments::Error> {
    let ids_of = |payload: &[u8], each: &mut dyn FnMut(Fingerprint, u64)| {
        for id in payload.as_chunks::<8>().0 {
            each(fingerprint(u64::from_le_bytes(*id)), 1);
        }
    };
    Intake::open_on(disk, folder, log_settings(), id_settings(), ids_of).map(|(intake, _)| intake)
}

/// Sends a batch; the block holds the ids that are new.
fn send(intake: &Intake, batch: u64) -> Result<(), segments::Error> {
    let ids: Vec<u64> = (batch * IDS..(batch + 1) * IDS).collect();
    let asked: Vec<(Fingerprint, u64)> = ids.iter().map(|id| (fingerprint(*id), 1)).collect();
    let accepted = intake.accept(&asked, |answers| {
        let new = ids.iter().zip(answers).filter(|(_, answer)| **answer == Answer::New);
        let payload: Vec<u8> = new.flat_map(|(id, _)| id.to_le_bytes()).collect();
        let count = payload.len() as u32 / 8;
        (payload, count)
    })?;
    assert!(!accepted.answers.contains(&Answer::Conflict));
    Ok(())
}

/// How often each id stands in the log.
fn counted(intake: &Intake) -> BTreeMap<u64, usize> {
    let mut counted = BTreeMap::new();
    for block in intake.log().read(0) {
        for id in block.expect("no damage").payload.as_chunks::<8>().0 {
            *counted.entry(u64::from_le_bytes(*id)).or_insert(0) += 1;
        }
    }
    counted
}

/// A client that sends each batch until it is acknowledged, on a disk that fails at one step; then a restart, and
/// everything is sent again. Gives how many steps there were.
fn run(at: usize, fault: Fault) -> usize {
    let folder = tempfile::tempdir().expect("a folder");
    let faulty = FaultyDisk::new(at, fault);
    let mut acknowledged = Vec::new();
    if let Ok(intake) = open(faulty.clone(), folder.path()) {
        for batch in 0..BATCHES {
            let tries = if fault == Fault::FullFromHere { 1 } else { 3 };
            if (0..tries).any(|_| send(&intake, batch).is_ok()) {
                acknowledged.push(batch);
            }
        }
        for (id, times) in counted(&intake) {
            assert_eq!(times, 1, "{fault:?} at step {at}: {id} counted twice before the restart");
        }
    }
    if fault == Fault::Full {
        assert!(acknowledged.len() as u64 >= BATCHES - 1, "{fault:?} at step {at}: a short fault stops nothing");
    }
    faulty.lose_power();
    let intake = open(segments::LocalDisk::shared(), folder.path()).expect("it opens again");
    let after = counted(&intake);
    for id in acknowledged.iter().flat_map(|batch| batch * IDS..(batch + 1) * IDS) {
        assert_eq!(after.get(&id), Some(&1), "{fault:?} at step {at}: {id} was acknowledged");
    }
    for batch in 0..BATCHES {
        send(&intake, batch).expect("a good disk");
    }
    let end = counted(&intake);
    assert_eq!(end.len() as u64, BATCHES * IDS);
    assert!(end.values().all(|times| *times == 1), "{fault:?} at step {at}: counted twice: {end:?}");
    faulty.steps()
}

#[test]
fn a_failure_at_any_step_loses_nothing_acknowledged_and_counts_nothing_twice() {
    for fault in [Fault::Full, Fault::FullFromHere, Fault::Killed, Fault::PowerLost] {
        let steps = run(usize::MAX, fault);
        assert!(steps > 40, "{steps} steps");
        for at in 1..=steps + 1 {
            run(at, fault);
        }
    }
}

#[test]
fn a_batch_that_repeats_one_still_being_written_is_told_so_only_when_that_one_is_durable() {
    let folder = tempfile::tempdir().expect("a folder");
    let intake = open(segments::LocalDisk::shared(), folder.path()).expect("an intake");
    let blocks = std::sync::Mutex::new(0u32);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for batch in 0..BATCHES {
                    let ids: Vec<(Fingerprint, u64)> =
                        (batch * IDS..(batch + 1) * IDS).map(|id| (fingerprint(id), 1)).collect();
                    let accepted = intake.accept(&ids, |answers| {
                        let new = answers.iter().filter(|answer| **answer == Answer::New).count() as u32;
                        *blocks.lock().expect("a count") += new;
                        (vec![7; 8], new)
                    });
                    let accepted = accepted.expect("accepted");
                    assert!(
                        intake.log().end() >= 1 && accepted.answers.iter().all(|answer| *answer != Answer::Conflict)
                    );
                }
            });
        }
    });
    assert_eq!(u64::from(*blocks.lock().expect("a count")), BATCHES * IDS, "each id was new once");
}

#[test]
fn the_same_id_with_other_content_is_a_contradiction_wherever_it_is_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let intake = open(segments::LocalDisk::shared(), folder.path()).expect("an intake");
    for batch in 0..BATCHES {
        send(&intake, batch).expect("a batch");
    }
    let (in_runs, in_memory, _) = intake.ids();
    assert!(in_runs > 0, "{in_memory} in memory");
    for id in 0..BATCHES * IDS {
        assert_eq!(intake.check(fingerprint(id), 1).expect("an answer"), Answer::Duplicate);
        assert_eq!(intake.check(fingerprint(id), 2).expect("an answer"), Answer::Conflict);
    }
    assert_eq!(intake.check(fingerprint(1_000_000), 1).expect("an answer"), Answer::New);
}

#[test]
fn a_second_process_is_kept_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = open(segments::LocalDisk::shared(), folder.path()).expect("an intake");
    assert!(matches!(open(segments::LocalDisk::shared(), folder.path()), Err(segments::Error::Locked(_))));
    drop(first);
    assert!(open(segments::LocalDisk::shared(), folder.path()).is_ok());
}
