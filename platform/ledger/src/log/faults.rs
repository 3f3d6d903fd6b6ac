//! The fault table: every operation on the disk is made to fail in every way, and after each the log must be whole.

use super::fence::Fence;
use super::simulated_disk::{Fault, Left, SimulatedDisk};
use super::{LogError, NewLeaf, recovery};
use crate::view::{DiskReader, View};
use std::collections::BTreeMap;
use std::sync::Arc;
use tlog::note::KeyType;
use tlog::tile::TiledTree;
use tlog::{Hash, Note, SignerKey, TileReader, audit, tree};

const ORIGIN: &str = "faults.example/ledger";

fn signer() -> SignerKey {
    SignerKey::from_seed(ORIGIN, KeyType::Ed25519, &[3; 32]).unwrap()
}

fn leaf(number: usize) -> NewLeaf {
    let id = format!("act-{number:05}");
    let bytes = format!("{id} {}", "x".repeat(number % 97)).into_bytes();
    NewLeaf { id, bytes }
}

fn id_of(entry: &[u8]) -> Option<String> {
    std::str::from_utf8(entry).ok()?.split(' ').next().map(str::to_owned)
}

/// What somebody outside saw: positions that were acknowledged and trees that were signed.
#[derive(Default)]
struct Seen {
    positions: BTreeMap<String, u64>,
    trees: Vec<(u64, Hash)>,
}

impl Seen {
    fn look_at_checkpoint(&mut self, disk: &SimulatedDisk) {
        let bytes = DiskReader::new(Arc::new(disk.clone())).read("checkpoint").unwrap();
        let head = bytes.and_then(|bytes| tlog::SignedCheckpoint::open(&bytes, ORIGIN, &[signer().verifier()]).ok());
        if let Some(head) = head {
            self.trees.push((head.checkpoint.size, head.checkpoint.root));
        }
    }

    fn acknowledge(&mut self, leaves: &[NewLeaf], positions: &[u64]) {
        for (leaf, position) in leaves.iter().zip(positions) {
            let earlier = self.positions.insert(leaf.id.clone(), *position);
            assert!(earlier.is_none_or(|earlier| earlier == *position), "{} was renumbered", leaf.id);
        }
    }
}

/// Sizes of the appends; a publication follows each odd one, a restart of the process precedes the last.
const APPENDS: [usize; 9] = [1, 3, 120, 131, 2, 12, 1, 4, 7];

/// Appends everything, repeating what failed with the next append, until the end or the loss of power.
fn run(disk: &SimulatedDisk, seen: &mut Seen) {
    let shared: Arc<SimulatedDisk> = Arc::new(disk.clone());
    let mut next = 0;
    let mut failed: Vec<NewLeaf> = Vec::new();
    // Each opening has a higher fence, as it has with a lease: raising it is among the operations that fail.
    let open_with = |fence| recovery::open_fenced(shared.clone(), signer(), id_of, Fence::new(fence)).ok();
    let mut open = open_with(1);
    for (step, count) in APPENDS.into_iter().enumerate() {
        if step == 8 || open.is_none() {
            drop(open.take());
            open = open_with(step as u64 + 2);
        }
        let mut leaves = std::mem::take(&mut failed);
        leaves.extend((next..next + count).map(leaf));
        next += count;
        let Some((writer, publisher)) = &mut open else {
            failed = leaves;
            continue;
        };
        match writer.append(&[&leaves]) {
            Ok(positions) => seen.acknowledge(&leaves, &positions[0]),
            Err(_) => failed = leaves,
        }
        if step % 2 == 1 {
            let _ = publisher.publish();
            seen.look_at_checkpoint(disk);
        }
        if disk.is_dead() {
            return;
        }
    }
}

/// After a restart: everything acknowledged is where it was, every signed tree is a beginning of this one, everything
/// can be appended again without doubling, and the whole audits.
fn check(disk: SimulatedDisk, seen: &Seen, what: &str) {
    let disk = Arc::new(disk);
    let opened = recovery::open_fenced(disk.clone(), signer(), id_of, Fence::new(1_000));
    let (mut writer, mut publisher) = opened.unwrap_or_else(|error| panic!("{what}: does not open: {error}"));
    let total: usize = APPENDS.iter().sum();
    let all: Vec<NewLeaf> = (0..total).map(leaf).collect();
    let positions = writer.append(&[&all]).unwrap_or_else(|error| panic!("{what}: {error}")).remove(0);
    publisher.publish().unwrap();
    for (leaf, position) in all.iter().zip(&positions) {
        if let Some(seen) = seen.positions.get(&leaf.id) {
            assert_eq!(seen, position, "{what}: {} moved", leaf.id);
        }
    }
    let reader = DiskReader::new(disk);
    let mut entries = Vec::new();
    let report = audit(&reader, ORIGIN, &[signer().verifier()], |_, entry| {
        entries.push(entry.to_vec());
        Ok(())
    });
    let report = report.unwrap_or_else(|difference| panic!("{what}: {difference}"));
    assert_eq!(report.entries, total as u64, "{what}: each leaf is there once");
    for (leaf, position) in all.iter().zip(&positions) {
        assert_eq!(entries[*position as usize], leaf.bytes, "{what}: {} is not where it was said to be", leaf.id);
    }
    let tree = TiledTree::new(&reader, report.entries);
    for (size, root) in &seen.trees {
        assert_eq!(tree::root(&tree, *size).unwrap(), *root, "{what}: forked at {size}");
    }
}

#[test]
fn a_stop_at_any_write_loses_forks_and_renumbers_nothing() {
    let whole = SimulatedDisk::default();
    let mut seen = Seen::default();
    run(&whole, &mut seen);
    assert_eq!(seen.positions.len(), APPENDS.iter().sum::<usize>());
    let operations = whole.operations();
    check(whole.restart(Left::Nothing), &seen, "no fault");
    assert!(operations > 100, "{operations}");
    // The table is cut in two so that two cores share it.
    std::thread::scope(|scope| {
        for half in 0..2 {
            let seen_operations = (half..operations).step_by(2);
            scope.spawn(|| seen_operations.for_each(fail_operation));
        }
    });
}

fn fail_operation(at: usize) {
    for fault in [Fault::Full, Fault::Refused, Fault::DoneButReported, Fault::PowerLoss] {
        let disk = SimulatedDisk::default();
        disk.fail(at, fault);
        let mut seen = Seen::default();
        run(&disk, &mut seen);
        for left in [Left::All, Left::Nothing, Left::Some(at as u64 + 1), Left::Some(at as u64 + 7_919)] {
            check(disk.restart(left), &seen, &format!("{fault:?} at operation {at}, {left:?} left"));
        }
    }
}

#[test]
fn a_full_disk_is_said_and_the_same_append_succeeds_later() {
    let disk = SimulatedDisk::default();
    let (mut writer, mut publisher) = recovery::open(Arc::new(disk.clone()), signer(), id_of).unwrap();
    assert_eq!(writer.append(&[&[leaf(0)]]), Ok(vec![vec![0]]));
    disk.fail(disk.operations(), Fault::Full);
    let refused = writer.append(&[&[leaf(1), leaf(2)]]);
    assert!(matches!(refused, Err(LogError::DiskFull { .. })), "{refused:?}");
    assert_eq!(writer.append(&[&[leaf(2), leaf(1), leaf(0), leaf(2)]]), Ok(vec![vec![1, 2, 0, 1]]));
    disk.fail(disk.operations() + 1, Fault::Full);
    assert!(matches!(publisher.publish(), Err(LogError::DiskFull { .. })));
    assert!(publisher.shared().pending().failure.is_some());
    publisher.publish().unwrap();
    assert!(publisher.shared().pending().failure.is_none());
    assert_eq!(publisher.shared().head.borrow().size, 3);
    let long = NewLeaf { id: "long".into(), bytes: vec![0; 65_536] };
    assert_eq!(writer.append(&[&[long]]), Err(LogError::TooLarge { bytes: 65_536 }));
}

#[test]
fn leaves_in_a_journal_file_that_was_left_behind_count() {
    let disk = SimulatedDisk::default();
    let (mut writer, mut publisher) = recovery::open(Arc::new(disk.clone()), signer(), id_of).unwrap();
    writer.append(&[&[leaf(0), leaf(1)]]).unwrap();
    publisher.publish().unwrap();
    writer.append(&[&[leaf(2)]]).unwrap();
    disk.fail(disk.operations() + 1, Fault::Refused);
    assert!(writer.append(&[&[leaf(3)]]).is_err());
    writer.append(&[&[leaf(4)]]).unwrap();
    for left in [Left::All, Left::Nothing] {
        let disk = disk.restart(left);
        let (mut writer, publisher) = recovery::open(Arc::new(disk.clone()), signer(), id_of).unwrap();
        assert_eq!(publisher.shared().head.borrow().size, 4, "all that is durable is published at the start");
        assert_eq!(writer.append(&[&[leaf(4), leaf(2), leaf(0)]]), Ok(vec![vec![3, 2, 0]]));
    }
}

#[test]
fn damage_is_named_and_the_log_does_not_start() {
    let disk = SimulatedDisk::default();
    let (mut writer, mut publisher) = recovery::open(Arc::new(disk.clone()), signer(), id_of).unwrap();
    let leaves: Vec<_> = (0..300).map(leaf).collect();
    writer.append(&[&leaves]).unwrap();
    publisher.publish().unwrap();
    for number in 300..303 {
        writer.append(&[&[leaf(number)]]).unwrap();
    }
    let open =
        |disk: &SimulatedDisk| recovery::open(Arc::new(disk.clone()), signer(), id_of).err().map(|e| e.to_string());
    assert_eq!(open(&disk.restart(Left::Nothing)), None);
    for (path, at, named) in [
        ("tile/0/001.p/44", 5, "tiles"),
        ("tile/1/000.p/1", 5, "tiles"),
        ("tile/entries/001.p/44", 30, "tile/entries/001.p/44"),
        ("checkpoint", 3, "checkpoint"),
    ] {
        let damaged = disk.restart(Left::Nothing);
        damaged.alter(path, at);
        let error = open(&damaged).unwrap_or_else(|| panic!("{path} was altered and nobody noticed"));
        assert!(error.contains(named), "{path}: {error}");
    }
    // The second of four records in the journal: it was acknowledged, so this is no torn tail.
    let damaged = disk.restart(Left::Nothing);
    let journal = super::journal::file_name(0);
    let first =
        super::journal::encode(0, &leaves.iter().map(|leaf| leaf.bytes.as_slice()).collect::<Vec<_>>()).unwrap();
    damaged.alter(&journal, first.len() + 30);
    assert!(open(&damaged).is_some_and(|error| error.contains("was altered")));
    // A log without its checkpoint is not begun anew.
    let headless = disk.restart(Left::Nothing);
    crate::disk::Disk::remove(&headless, "checkpoint").unwrap();
    assert!(open(&headless).is_some_and(|error| error.contains("checkpoint")));
    // Another key's log is not continued.
    let other = SignerKey::from_seed(ORIGIN, KeyType::Ed25519, &[4; 32]).unwrap();
    assert!(recovery::open(Arc::new(disk.restart(Left::Nothing)), other, id_of).is_err());
}

#[test]
fn partial_files_go_when_the_full_ones_are_there_and_old_proofs_still_verify() {
    let disk = SimulatedDisk::default();
    let (mut writer, mut publisher) = recovery::open(Arc::new(disk.clone()), signer(), id_of).unwrap();
    let view = View::new(DiskReader::new(Arc::new(disk.clone())), ORIGIN.into(), vec![signer().verifier()]);
    let first: Vec<_> = (0..200).map(leaf).collect();
    writer.append(&[&first]).unwrap();
    publisher.publish().unwrap();
    let old = view.head().unwrap();
    assert!(view.file("tile/0/000.p/200").unwrap().is_some());
    let more: Vec<_> = (200..600).map(leaf).collect();
    writer.append(&[&more]).unwrap();
    publisher.publish().unwrap();
    assert!(view.file("tile/0/000.p/200").unwrap().is_none());
    assert!(view.file("tile/0/000").unwrap().is_some());
    for path in ["signing.key", "journal/00000000000000000000", "../x", "tile/0/000.new"] {
        assert!(view.file(path).unwrap().is_none(), "{path} is not for others");
    }
    // The old tree can still be proved, and the new one extends it.
    let size = old.checkpoint.size;
    let entry = view.entry(199, size).unwrap();
    let proof = view.inclusion_proof(199, size).unwrap();
    let hash = tlog::leaf_hash(&entry);
    tlog::verify_inclusion(199, size, &hash, &proof, &old.checkpoint.root).unwrap();
    let new = view.head().unwrap().checkpoint;
    let proof = view.consistency_proof(size, new.size).unwrap();
    tlog::verify_consistency(size, new.size, &old.checkpoint.root, &new.root, &proof).unwrap();
    assert!(Note::parse(old.note.to_string().as_bytes()).is_ok());
}
