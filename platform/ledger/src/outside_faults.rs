//! The fault tables of what is kept about others: the witness's newest trees, the cosignatures of a log, an anchor file.
//! Every operation on the disk is made to fail in every way, and after each the promises must hold.

use crate::anchor::{Anchor, FileAnchor, read_lines};
use crate::cosign::{Cosigning, QUORUM, Taken, WitnessPolicy};
use crate::disk::Disk;
use crate::log::simulated_disk::{Fault, Left, SimulatedDisk};
use crate::log::{LogError, NewLeaf, recovery};
use crate::view::{DiskReader, View};
use crate::witness::{NotSigned, WatchedLog, Witness};
use ground::Timestamp;
use std::sync::Arc;
use tlog::note::KeyType;
use tlog::tree::{MemoryTree, consistency_proof, root};
use tlog::witness::{AddCheckpoint, Refusal};
use tlog::{Checkpoint, Hash, Note, SignedCheckpoint, SignerKey, leaf_hash};

const ORIGIN: &str = "faults.example/ledger";
/// Trees the log shows, one after the other.
const SIZES: [u64; 6] = [1, 3, 4, 300, 301, 700];

pub(crate) fn log_key() -> SignerKey {
    SignerKey::from_seed(ORIGIN, KeyType::Ed25519, &[3; 32]).unwrap()
}

pub(crate) fn witness_key(seed: u8) -> SignerKey {
    SignerKey::from_seed(&format!("witness.example/{seed}"), KeyType::Cosignature, &[seed; 32]).unwrap()
}

fn memory(history: &str, size: u64) -> MemoryTree {
    MemoryTree::from_leaves((0..size).map(|leaf| leaf_hash(format!("{history} {leaf}").as_bytes())))
}

fn root_of(history: &str, size: u64) -> Hash {
    root(&memory(history, size), size).unwrap()
}

pub(crate) fn message(history: &str, old_size: u64, size: u64) -> Vec<u8> {
    let tree = memory(history, size);
    let checkpoint = Checkpoint { origin: ORIGIN.into(), size, root: root_of(history, size), extensions: vec![] };
    let proof = consistency_proof(&tree, old_size, size).unwrap().unwrap_or_default();
    let checkpoint = checkpoint.sign(&log_key()).unwrap().to_string();
    AddCheckpoint { old_size, proof, checkpoint }.to_string().into_bytes()
}

pub(crate) fn watched() -> Vec<WatchedLog> {
    vec![WatchedLog { origin: ORIGIN.into(), keys: vec![log_key().verifier()] }]
}

pub(crate) fn open_witness(disk: &SimulatedDisk) -> Result<Witness, LogError> {
    Witness::open(Arc::new(disk.clone()), witness_key(1), &watched())
}

/// Shows the honest trees, following the witness where it answers with a conflict. Returns what was signed.
fn show_trees(disk: &SimulatedDisk) -> Vec<u64> {
    let mut signed = Vec::new();
    let mut witness = None;
    let mut known = 0;
    for size in SIZES {
        if witness.is_none() {
            witness = open_witness(disk).ok();
        }
        let Some(open) = &witness else { continue };
        let mut answer = open.add_checkpoint(&message("a", known, size), 1_000 + size);
        if let Err(NotSigned::Refused(Refusal::Conflict { known: there, .. })) = answer {
            known = there;
            answer = open.add_checkpoint(&message("a", known, size), 1_000 + size);
        }
        match answer {
            Ok(_) => {
                signed.push(size);
                known = size;
            }
            Err(NotSigned::Store(_)) => {}
            Err(NotSigned::Refused(refusal)) => panic!("an honest tree of {size} was refused: {refusal}"),
        }
        if disk.is_dead() {
            break;
        }
    }
    signed
}

#[test]
fn a_witness_stopped_at_any_write_never_signs_a_fork_of_what_it_signed() {
    let whole = SimulatedDisk::default();
    assert_eq!(show_trees(&whole), SIZES);
    let operations = whole.operations();
    assert!(operations > 20, "{operations}");
    for at in 0..operations {
        for fault in [Fault::Full, Fault::Refused, Fault::DoneButReported, Fault::PowerLoss] {
            let disk = SimulatedDisk::default();
            disk.fail(at, fault);
            let signed = show_trees(&disk);
            for left in [Left::All, Left::Nothing, Left::Some(at as u64 + 1), Left::Some(at as u64 + 7_919)] {
                check_witness(&disk.restart(left), &signed, &format!("{fault:?} at operation {at}, {left:?} left"));
            }
        }
    }
}

fn check_witness(disk: &SimulatedDisk, signed: &[u64], what: &str) {
    let witness = open_witness(disk).unwrap_or_else(|error| panic!("{what}: does not open: {error}"));
    let newest = witness.logs()[0].1;
    let last = signed.last().copied().unwrap_or(0);
    assert!(newest >= last, "{what}: signed {last} leaves, remembers {newest}");
    if newest > 0 {
        // Another history, from every old size it might be told.
        for (old_size, size) in
            [(newest, newest), (newest, newest + 5), (last, last.max(1)), (0, newest), (0, newest + 5)]
        {
            let answer = witness.add_checkpoint(&message("b", old_size, size), 5_000);
            assert!(matches!(answer, Err(NotSigned::Refused(_))), "{what}: signed another history: {answer:?}");
        }
    }
    let next = newest + 9;
    assert!(witness.add_checkpoint(&message("a", newest, next), 6_000).is_ok(), "{what}: refuses the honest log");
}

/// A log of 300 leaves on the disk, published.
fn log_on(disk: &SimulatedDisk) -> View {
    let (mut writer, mut publisher) = recovery::open(Arc::new(disk.clone()), log_key(), |_| None).unwrap();
    let leaf = |number: u64| NewLeaf { id: number.to_string(), bytes: format!("a {number}").into_bytes() };
    writer.append(&[&(0..300).map(leaf).collect::<Vec<_>>()]).unwrap();
    publisher.publish().unwrap();
    view_of(disk)
}

fn view_of(disk: &SimulatedDisk) -> View {
    let lines = [1, 2].map(|seed| format!("{} http://witness{seed}", witness_key(seed).verifier()));
    let policy = WitnessPolicy::parse(&lines, 2).unwrap();
    View::new(DiskReader::new(Arc::new(disk.clone())), ORIGIN.into(), vec![log_key().verifier()]).with_witnesses(policy)
}

fn cosign_all(disk: &SimulatedDisk, view: &View) -> Result<(usize, bool), LogError> {
    let cosigning = Cosigning::new(view.clone(), Arc::new(disk.clone()));
    let mut round = cosigning.round()?.expect("not all have signed");
    for peer in cosigning.missing(&round) {
        let text = cosigning.message(&round, peer)?.checkpoint;
        let text = Note::parse(text.as_bytes()).unwrap().text().to_owned();
        let line = tlog::cosignature::cosign(&text, 77, &witness_key(peer as u8 + 1)).unwrap();
        let taken = cosigning.take(&mut round, peer, 200, format!("{line}\n").as_bytes());
        assert_eq!(taken, Taken::Signed { timestamp_seconds: 77 });
    }
    cosigning.keep(&round)
}

#[test]
fn cosignatures_stopped_at_any_write_are_whole_or_absent_and_never_stand_in_the_way() {
    let whole = SimulatedDisk::default();
    let view = log_on(&whole);
    let begun = whole.operations();
    assert_eq!(cosign_all(&whole, &view), Ok((2, true)));
    assert_eq!(view.tree_for(0).unwrap().note.signatures().len(), 3);
    let ended = whole.operations();
    assert!(ended - begun >= 8, "{}", ended - begun);
    for at in begun..ended {
        for fault in [Fault::Full, Fault::Refused, Fault::DoneButReported, Fault::PowerLoss] {
            let disk = SimulatedDisk::default();
            let view = log_on(&disk);
            disk.fail(at, fault);
            let kept = cosign_all(&disk, &view);
            assert!(kept.is_err(), "{fault:?} at operation {at} was not reported");
            for left in [Left::All, Left::Nothing, Left::Some(at as u64 + 1), Left::Some(at as u64 + 7_919)] {
                let what = format!("{fault:?} at operation {at}, {left:?} left");
                let disk = disk.restart(left);
                let view = view_of(&disk);
                let kept = view.cosigned(QUORUM).unwrap_or_else(|error| panic!("{what}: {error}"));
                assert!(kept.is_none_or(|tree| view.witnesses().cosigned(&tree.note).len() == 2), "{what}");
                assert_eq!(view.tree_for(299).unwrap().checkpoint.size, 300, "{what}");
                if Cosigning::new(view.clone(), Arc::new(disk.clone())).round().unwrap().is_some() {
                    assert_eq!(cosign_all(&disk, &view), Ok((2, true)), "{what}");
                }
            }
        }
    }
}

fn tree(size: u64) -> SignedCheckpoint {
    let checkpoint = Checkpoint { origin: ORIGIN.into(), size, root: root_of("a", size), extensions: vec![] };
    let note = checkpoint.sign(&log_key()).unwrap();
    SignedCheckpoint::open(note.to_string().as_bytes(), ORIGIN, &[log_key().verifier()]).unwrap()
}

pub(crate) fn sign(text: &str) -> Result<Note, LogError> {
    Note::sign(text, &log_key()).map_err(|error| LogError::Key { reason: error.to_string() })
}

async fn anchor_all(disk: &SimulatedDisk) -> Vec<(u64, String)> {
    let anchor = FileAnchor::new(Arc::new(disk.clone()), "anchors", "anchors", ORIGIN, vec![log_key().verifier()]);
    let mut receipts = Vec::new();
    for size in SIZES {
        if let Ok(line) = anchor.put(&tree(size), Timestamp::from_micros(size as i64), &sign).await {
            receipts.push((size, line));
        }
        if disk.is_dead() {
            break;
        }
    }
    receipts
}

#[tokio::test]
async fn an_anchor_file_stopped_at_any_write_keeps_every_receipt_it_gave() {
    let whole = SimulatedDisk::default();
    let receipts = anchor_all(&whole).await;
    assert_eq!(receipts.iter().map(|(_, line)| line.as_str()).collect::<Vec<_>>(), ["1", "2", "3", "4", "5", "6"]);
    for at in 0..whole.operations() {
        for fault in [Fault::Full, Fault::Refused, Fault::DoneButReported, Fault::PowerLoss] {
            let disk = SimulatedDisk::default();
            disk.fail(at, fault);
            let receipts = anchor_all(&disk).await;
            for left in [Left::All, Left::Nothing, Left::Some(at as u64 + 1), Left::Some(at as u64 + 7_919)] {
                let what = format!("{fault:?} at operation {at}, {left:?} left");
                let disk = disk.restart(left);
                // The next anchor cuts a torn tail off and goes on.
                let anchor =
                    FileAnchor::new(Arc::new(disk.clone()), "anchors", "anchors", ORIGIN, vec![log_key().verifier()]);
                let next = anchor.put(&tree(900), Timestamp::from_micros(9), &sign).await;
                assert!(next.is_ok(), "{what}: {next:?}");
                let bytes = disk.read("anchors", 1 << 20).unwrap().unwrap();
                let lines = read_lines(&bytes, ORIGIN, &[log_key().verifier()]);
                let lines = lines.unwrap_or_else(|reason| panic!("{what}: {reason}"));
                for (size, line) in &receipts {
                    let there = &lines[line.parse::<usize>().unwrap() - 1].checkpoint.checkpoint;
                    assert_eq!(there.size, *size, "{what}: line {line} is another");
                }
            }
        }
    }
}

#[test]
fn a_writer_whose_fence_was_passed_writes_no_more() {
    use crate::log::fence::Fence;
    let disk = SimulatedDisk::default();
    let open = |number| recovery::open_fenced(Arc::new(disk.clone()), log_key(), |_| None, Fence::new(number));
    let leaf = |text: &str| NewLeaf { id: text.to_owned(), bytes: text.as_bytes().to_vec() };
    let (mut first, mut first_publisher) = open(1).unwrap();
    first.append(&[&[leaf("a")]]).unwrap();
    let (mut second, mut second_publisher) = open(2).unwrap();
    assert!(matches!(first.append(&[&[leaf("b")]]), Err(LogError::Locked { .. })));
    assert!(matches!(first_publisher.publish(), Err(LogError::Locked { .. })));
    assert_eq!(second.append(&[&[leaf("a")]]).unwrap(), [vec![1]], "ids of leaves are not read here");
    second_publisher.publish().unwrap();
    assert!(matches!(open(1).err(), Some(LogError::Locked { .. })), "an earlier fence is not raised again");
    assert!(open(2).is_ok());
}
