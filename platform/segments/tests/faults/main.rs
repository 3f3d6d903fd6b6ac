//! Every step of writing fails once, in every way; and then nothing acknowledged may be lost and nothing counted twice.

mod disk;
mod log;
mod spill;

use disk::{Fault, FaultyDisk};
use segments::seen::Settings as IdSettings;
use segments::{Answer, Log, Seen, Settings};
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

/// Log and ids used as the crate says: ask, append, and put in what arrived.
struct Client {
    log: Log,
    seen: Seen,
}

fn open(disk: std::sync::Arc<dyn segments::Disk>, folder: &Path) -> Result<Client, segments::Error> {
    let (mut seen, _) = Seen::open_on(disk.clone(), &folder.join("ids"), id_settings())?;
    let settings = Settings { after: seen.complete_through(), ..log_settings() };
    let (log, _) = Log::open_on(disk, &folder.join("log"), settings)?;
    for block in log.read(seen.complete_through() + 1) {
        for id in block.expect("no damage").payload.as_chunks::<8>().0 {
            seen.insert(fingerprint(u64::from_le_bytes(*id)), 1);
        }
    }
    Ok(Client { log, seen })
}

/// Sends a batch; the block holds the ids that are new.
fn send(client: &mut Client, batch: u64) -> Result<(), segments::Error> {
    let mut new = Vec::new();
    for id in batch * IDS..(batch + 1) * IDS {
        match client.seen.check(fingerprint(id), 1)? {
            Answer::New => new.push(id),
            answer => assert_eq!(answer, Answer::Duplicate),
        }
    }
    if !new.is_empty() {
        client.log.append(new.iter().flat_map(|id| id.to_le_bytes()).collect(), new.len() as u32)?;
        new.iter().for_each(|id| client.seen.insert(fingerprint(*id), 1));
    }
    if client.seen.is_full() {
        // The batch is durable; its ids become a run with a later batch where the disk refuses now.
        let _ = client.seen.flush(client.log.end());
    }
    Ok(())
}

/// How often each id stands in the log.
fn counted(client: &Client) -> BTreeMap<u64, usize> {
    let mut counted = BTreeMap::new();
    for block in client.log.read(0) {
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
    if let Ok(mut client) = open(faulty.clone(), folder.path()) {
        for batch in 0..BATCHES {
            let tries = if fault == Fault::FullFromHere { 1 } else { 3 };
            if (0..tries).any(|_| send(&mut client, batch).is_ok()) {
                acknowledged.push(batch);
            }
        }
        for (id, times) in counted(&client) {
            assert_eq!(times, 1, "{fault:?} at step {at}: {id} counted twice before the restart");
        }
    }
    if fault == Fault::Full {
        assert!(acknowledged.len() as u64 >= BATCHES - 1, "{fault:?} at step {at}: a short fault stops nothing");
    }
    faulty.lose_power();
    let mut client = open(segments::LocalDisk::shared(), folder.path()).expect("it opens again");
    let after = counted(&client);
    for id in acknowledged.iter().flat_map(|batch| batch * IDS..(batch + 1) * IDS) {
        assert_eq!(after.get(&id), Some(&1), "{fault:?} at step {at}: {id} was acknowledged");
    }
    for batch in 0..BATCHES {
        send(&mut client, batch).expect("a good disk");
    }
    let end = counted(&client);
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
fn the_same_id_with_other_content_is_a_contradiction_wherever_it_is_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut client = open(segments::LocalDisk::shared(), folder.path()).expect("opened");
    for batch in 0..BATCHES {
        send(&mut client, batch).expect("a batch");
    }
    assert!(client.seen.in_runs() > 0 && client.seen.in_memory() > 0);
    for id in 0..BATCHES * IDS {
        assert_eq!(client.seen.check(fingerprint(id), 1).expect("an answer"), Answer::Duplicate);
        assert_eq!(client.seen.check(fingerprint(id), 2).expect("an answer"), Answer::Conflict);
    }
    assert_eq!(client.seen.check(fingerprint(1_000_000), 1).expect("an answer"), Answer::New);
}

#[test]
fn a_second_process_is_kept_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = open(segments::LocalDisk::shared(), folder.path()).expect("opened");
    assert!(matches!(open(segments::LocalDisk::shared(), folder.path()), Err(segments::Error::Locked(_))));
    drop(first);
    assert!(open(segments::LocalDisk::shared(), folder.path()).is_ok());
}
