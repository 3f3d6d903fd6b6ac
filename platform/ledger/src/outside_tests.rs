//! Witnesses, monitors, anchors and the lease over a real store and real folders.

use crate::anchor::{Anchor, FileAnchor, Receipt};
use crate::audit::audit;
use crate::cosign::{Cosigning, Taken, WitnessPolicy};
use crate::disk::LocalDisk;
use crate::export::{COSIGNED_FILE, ExportSettings, export};
use crate::lease::LEASE_SECONDS;
use crate::log::simulated_disk::SimulatedDisk;
use crate::monitor::{MonitorError, MonitorState, visit};
use crate::offline::{Anchored, OfflineError, VerifyRequest, audit_folder, verify};
use crate::outside_faults::{message, open_witness, watched, witness_key};
use crate::proof::{prove, prove_in};
use crate::tests::{House, copy_folder, house, house_over, migrations};
use crate::witness::{FORKS_FOLDER, NotSigned, WatchedLog, Witness};
use crate::{Ledger, NewLeaf, Settings};
use std::path::Path;
use std::sync::Arc;
use tlog::VerifyError;
use tlog::witness::Refusal;

/// A witness in its folder, watching the ledger.
fn witness(house: &House, ledger: &Ledger, seed: u8) -> Witness {
    let folder = house.path(&format!("witness-{seed}"));
    let log = WatchedLog { origin: ledger.view().origin().into(), keys: ledger.view().verifiers().to_vec() };
    Witness::open(Arc::new(LocalDisk::open(&folder).unwrap()), witness_key(seed), &[log]).unwrap()
}

fn policy(seeds: &[u8], needed: usize) -> WitnessPolicy {
    let lines: Vec<String> =
        seeds.iter().map(|seed| format!("{} https://witness{seed}.example", witness_key(*seed).verifier())).collect();
    WitnessPolicy::parse(&lines, needed).unwrap()
}

/// One visit to a witness, as the carrier makes it: asked again once after a conflict.
fn visit_witness(cosigning: &Cosigning, witness: &Witness, peer: usize) -> Option<Taken> {
    let mut round = cosigning.round().unwrap()?;
    let mut taken = Taken::AskAgain;
    for _ in 0..2 {
        let sent = cosigning.message(&round, peer).unwrap().to_string();
        let (status, body) = match witness.add_checkpoint(sent.as_bytes(), 1_800_000_000) {
            Ok(lines) => (200, lines),
            Err(NotSigned::Refused(refusal)) => {
                (refusal.status(), refusal.known_size().map(|size| format!("{size}\n")).unwrap_or_default())
            }
            Err(NotSigned::Store(error)) => panic!("{error}"),
        };
        taken = cosigning.take(&mut round, peer, status, body.as_bytes());
        if taken != Taken::AskAgain {
            break;
        }
    }
    cosigning.keep(&round).unwrap();
    Some(taken)
}

#[tokio::test]
async fn a_proof_carries_cosignatures_and_is_checked_offline_against_a_quorum() {
    let house = house().await;
    let ledger = house.ledger().await.with_witnesses(policy(&[1, 2, 3], 2)).unwrap();
    let mut ids = Vec::new();
    for number in 0..20 {
        ids.push(house.act(number).await);
    }
    ledger.settle(&house.kernel).await.unwrap();
    let alone = prove(&house.kernel, ledger.view(), &ids[7]).await.unwrap();
    assert_eq!(alone.cosigned, []);
    let cosigning = Cosigning::in_folder(ledger.view().clone(), ledger.folder());
    let (first, second) = (witness(&house, &ledger, 1), witness(&house, &ledger, 2));
    assert!(matches!(visit_witness(&cosigning, &first, 0), Some(Taken::Signed { .. })));
    let one = prove(&house.kernel, ledger.view(), &ids[7]).await.unwrap();
    assert_eq!(one.cosigned.len(), 1, "one is better than none");
    assert!(matches!(visit_witness(&cosigning, &second, 1), Some(Taken::Signed { .. })));
    let two = prove(&house.kernel, ledger.view(), &ids[7]).await.unwrap();
    assert_eq!((two.cosigned.len(), two.checkpoint.size), (2, 20));

    // The log grows: the act is still proved in the tree that two witnesses know, a new act in the newest.
    for number in 20..300 {
        ids.push(house.act(number).await);
    }
    ledger.settle(&house.kernel).await.unwrap();
    assert_eq!(prove(&house.kernel, ledger.view(), &ids[7]).await.unwrap().checkpoint.size, 20);
    let newest = prove(&house.kernel, ledger.view(), &ids[250]).await.unwrap();
    assert_eq!((newest.cosigned.len(), newest.checkpoint.size), (0, 300));
    // A carrier that was started anew knows nothing and learns the witness's size from the conflict.
    let restarted = Cosigning::in_folder(ledger.view().clone(), ledger.folder());
    assert!(matches!(visit_witness(&restarted, &first, 0), Some(Taken::Signed { .. })));
    assert!(matches!(visit_witness(&restarted, &second, 1), Some(Taken::Signed { .. })));
    let proof = prove(&house.kernel, ledger.view(), &ids[250]).await.unwrap();
    assert_eq!(proof.cosigned.len(), 2);
    let third = restarted.standings().pop().unwrap();
    assert_eq!((third.witness.as_str(), third.size), ("witness.example/3", None));

    let path = house.save("out/250.tlog-proof", &proof.file);
    let keys: Vec<String> = [1, 2, 3].iter().map(|seed| witness_key(*seed).verifier().to_string()).collect();
    let request = |needed: usize| VerifyRequest {
        proof: path.clone(),
        key: Some(ledger.view().verifier_text()),
        witnesses: keys.clone(),
        witnesses_needed: needed,
        ..VerifyRequest::default()
    };
    assert_eq!(verify(&request(2)).unwrap().verified.cosigned.len(), 2);
    let refused = verify(&request(3)).unwrap_err();
    assert!(matches!(refused, OfflineError::Refused(VerifyError::Witnesses { found: 2, needed: 3 })), "{refused}");
    let log_key_as_witness = VerifyRequest { witnesses: vec![ledger.view().verifier_text()], ..request(1) };
    assert!(verify(&log_key_as_witness).is_err());

    // An export carries the cosigned tree, and one altered byte of it is named.
    let folder = house.path("export");
    let settings = ExportSettings { folder: folder.clone(), private: false };
    export(&house.kernel, ledger.view(), &settings).await.unwrap();
    let key = ledger.view().verifier_text();
    assert_eq!(audit_folder(&folder, Some(&key), None).unwrap().difference, None);
    let good = std::fs::read_to_string(folder.join(COSIGNED_FILE)).unwrap();
    let (at, _) = good.char_indices().rev().nth(5).unwrap();
    let mut bad = good.clone().into_bytes();
    bad[at] = if bad[at] == b'A' { b'B' } else { b'A' };
    std::fs::write(folder.join(COSIGNED_FILE), bad).unwrap();
    let difference = audit_folder(&folder, Some(&key), None).unwrap().difference.unwrap_or_default();
    assert!(difference.contains(COSIGNED_FILE), "{difference}");
    assert_eq!(audit(&house.kernel, ledger.view()).await.unwrap().difference, None);
}

#[test]
fn a_witness_that_is_shown_two_histories_refuses_and_keeps_both() {
    let disk = SimulatedDisk::default();
    let witness = open_witness(&disk).unwrap();
    witness.add_checkpoint(&message("a", 0, 12), 1).unwrap();
    let fork = witness.add_checkpoint(&message("b", 12, 12), 2);
    assert!(matches!(fork, Err(NotSigned::Refused(Refusal::Fork { size: 12, .. }))), "{fork:?}");
    let refused = witness.add_checkpoint(&message("b", 12, 30), 2);
    assert!(matches!(refused, Err(NotSigned::Refused(Refusal::Inconsistent(_)))));
    use crate::disk::Disk;
    let evidence = disk.list(FORKS_FOLDER).unwrap();
    assert_eq!(evidence.len(), 1);
    let text = disk.read(&format!("{FORKS_FOLDER}/{}", evidence[0]), 1 << 20).unwrap().unwrap();
    let text = String::from_utf8(text).unwrap();
    assert_eq!(text.matches("faults.example/ledger\n12\n").count(), 2, "{text}");
    // What it keeps is read again at the next start; a kept tree that was altered stops it.
    drop(witness);
    let again = open_witness(&disk).unwrap();
    assert_eq!(again.logs(), [("faults.example/ledger".to_owned(), 12)]);
    assert!(again.add_checkpoint(&message("a", 12, 12), 3).is_ok(), "the same tree may be signed again, later");
    drop(again);
    let name = disk.list("logs").unwrap().remove(0);
    disk.alter(&format!("logs/{name}"), 30);
    assert!(open_witness(&disk).err().unwrap().to_string().contains(&name));
    let stranger = tlog::SignerKey::from_seed("x", tlog::note::KeyType::Ed25519, &[1; 32]).unwrap();
    assert!(Witness::open(Arc::new(SimulatedDisk::default()), stranger, &watched()).is_err());
}

#[tokio::test]
async fn a_log_notices_a_witness_that_saw_another_history() {
    let house = house().await;
    let ledger = house.ledger().await.with_witnesses(policy(&[1], 1)).unwrap();
    for number in 0..5 {
        house.act(number).await;
    }
    ledger.settle(&house.kernel).await.unwrap();
    let cosigning = Cosigning::in_folder(ledger.view().clone(), ledger.folder());
    let mut round = cosigning.round().unwrap().unwrap();
    let further = cosigning.take(&mut round, 0, 409, b"9\n");
    assert_eq!(further, Taken::OtherHistory("it signed a tree of 9 leaves, this log has 5".into()));
    assert_eq!(cosigning.take(&mut round, 0, 409, b"3\n"), Taken::AskAgain);
    assert!(matches!(cosigning.take(&mut round, 0, 409, b"3\n"), Taken::OtherHistory(_)), "it was asked from 3");
    for (status, body, named) in [
        (200, "nonsense", "cannot be read"),
        (200, "— witness.example/1 AAAAAAAAAAAA\n", "no valid cosignature"),
        (404, "unknown log", "HTTP 404: unknown log"),
        (409, "many", "names no size"),
    ] {
        let Taken::Refused(reason) = cosigning.take(&mut round, 0, status, body.as_bytes()) else {
            panic!("{body} was believed");
        };
        assert!(reason.contains(named), "{reason}");
        assert_eq!(cosigning.standings()[0].trouble.as_ref(), Some(&reason));
    }
    assert_eq!(cosigning.keep(&round).unwrap(), (0, false));
    let other = cosigning.take(&mut round, 0, 422, "\u{1F600}".repeat(1_000).as_bytes());
    assert!(matches!(other, Taken::Refused(reason) if reason.chars().count() < 250));
}

#[test]
fn a_policy_says_what_is_wrong_with_it_and_reads_back() {
    let good = policy(&[1, 2, 3], 2);
    assert_eq!(WitnessPolicy::from_text(&good.to_text()).unwrap().keys(), good.keys());
    assert_eq!(policy(&[1, 2], 0).needed, 2, "without a number all are needed");
    let line = |seed| format!("{} https://w.example", witness_key(seed).verifier());
    for (lines, needed, named) in [
        (vec!["w+1 https://x".to_owned()], 1, "w+1"),
        (vec![line(1), line(1)], 1, "twice"),
        (vec![line(1)], 2, "2 cosignatures"),
        (vec![crate::outside_faults::log_key().verifier().to_string()], 1, "a log's key"),
    ] {
        let reason = WitnessPolicy::parse(&lines, needed).unwrap_err();
        assert!(reason.contains(named), "{reason}");
    }
}

#[tokio::test]
async fn two_processes_on_one_store_one_writes_and_the_other_takes_over_with_a_higher_fence() {
    for db in db::testing::each(migrations).await {
        take_over_on_one_store(house_over(db).await).await;
    }
}

async fn take_over_on_one_store(house: House) {
    let first = Ledger::open_as(&house.kernel, house.settings(), "machine-1").await.unwrap();
    let ids = [house.act(0).await, house.act(1).await];
    first.settle(&house.kernel).await.unwrap();
    // The second process sees the same files under another lock: a disk that two machines share.
    let shared = house.path("shared");
    copy_folder(&house.path("ledger"), &shared);
    let settings = || Settings { folder: shared.clone(), ..house.settings() };
    let refused = Ledger::open_as(&house.kernel, settings(), "machine-2").await.err().unwrap();
    assert_eq!(refused.code.code, "ledger_locked");
    assert!(refused.to_string().contains("machine-1"), "{refused}");
    // The first one hangs for longer than its lease.
    house.clock.advance_micros((LEASE_SECONDS + 1) * 1_000_000);
    let second = Ledger::open_as(&house.kernel, settings(), "machine-2").await.unwrap();
    assert_eq!(second.lease().fence(), first.lease().fence() + 1);
    let late = house.act(2).await;
    let refused = first.sequence(&house.kernel).await.unwrap_err();
    assert_eq!(refused.code.code, "ledger_locked");
    let waiting = kernel::store::act(&house.kernel, &late).await.unwrap().unwrap();
    assert_eq!(waiting.leaf_index, None, "what came too late is not recorded");
    second.settle(&house.kernel).await.unwrap();
    for (index, id) in ids.iter().chain([&late]).enumerate() {
        let act = kernel::store::act(&house.kernel, id).await.unwrap().unwrap();
        assert_eq!(act.leaf_index, Some(index as u64));
    }
    assert_eq!(audit(&house.kernel, second.view()).await.unwrap().difference, None);
    // A stop that is said gives the lease back: nobody waits.
    second.close(&house.kernel).await.unwrap();
    let third = Ledger::open_as(&house.kernel, settings(), "machine-3").await.unwrap();
    assert_eq!(third.lease().fence(), 3);
    // The same holder in the same folder need not wait either: its lock says that it is alone.
    third.log().close();
    drop(third);
    let again = Ledger::open_as(&house.kernel, settings(), "machine-3").await.unwrap();
    assert_eq!(again.lease().fence(), 4);
    assert!(matches!(first.sequence(&house.kernel).await, Err(problem) if problem.code.code == "ledger_locked"));
}

fn reader(folder: &Path) -> crate::view::DiskReader {
    crate::view::DiskReader::new(Arc::new(LocalDisk::reader(folder)))
}

#[tokio::test]
async fn a_monitor_follows_a_log_lists_the_acts_on_a_subject_and_names_a_fork() {
    let house = house().await;
    let ledger = house.ledger().await;
    let keys = ledger.view().verifiers().to_vec();
    let origin = ledger.view().origin().to_owned();
    let subject = Some(("merchant".to_owned(), "merchant-1".to_owned()));
    let folder = house.path("ledger");
    let look = |folder: &Path, state: Option<&MonitorState>, subject: Option<(String, String)>| {
        visit(&reader(folder), &origin, &keys, state, subject)
    };
    for number in 0..20 {
        house.act(number).await;
    }
    ledger.settle(&house.kernel).await.unwrap();
    let (state, first) = look(&folder, None, subject.clone()).unwrap();
    assert_eq!((first.old_size, first.size, first.hashed, state.acts.len()), (0, 20, 20, 7));
    let early = house.path("early");
    copy_folder(&folder, &early);
    for number in 20..300 {
        house.act(number).await;
    }
    ledger.settle(&house.kernel).await.unwrap();
    let state = MonitorState::parse(state.to_json().as_bytes()).unwrap();
    let (next, second) = look(&folder, Some(&state), subject.clone()).unwrap();
    assert_eq!((second.old_size, second.size, second.hashed, second.new_acts), (20, 300, 280, 93));
    assert_eq!((next.acts.len(), next.acts[99].index, next.acts[0].kind.as_str()), (100, 298, "listing.approved"));
    // Another subject is looked for from the beginning.
    let listing = Some(("listing".to_owned(), "listing-5".to_owned()));
    let (other, visited) = look(&folder, Some(&next), listing).unwrap();
    assert_eq!((other.acts.len(), other.acts[0].index, visited.hashed, visited.new_acts), (1, 5, 300, 0));
    let (_, same) = look(&folder, Some(&next), subject.clone()).unwrap();
    assert_eq!((same.hashed, same.new_acts), (0, 0));

    // Leaves taken away, another tree of the same size, another history that is longer: each is shown with both sides.
    let gone = look(&early, Some(&next), None).unwrap_err();
    assert!(
        matches!(&gone, MonitorError::Fork { reason, older, newer }
        if reason.contains("taken away") && older.contains("\n300\n") && newer.contains("\n20\n")),
        "{gone}"
    );
    for size in [300, 900] {
        let forked = house.path(&format!("forked-{size}"));
        std::fs::create_dir_all(&forked).unwrap();
        std::fs::copy(folder.join("signing.key"), forked.join("signing.key")).unwrap();
        let signer =
            tlog::SignerKey::parse(std::fs::read_to_string(forked.join("signing.key")).unwrap().trim()).unwrap();
        let log = crate::Log::open(Arc::new(LocalDisk::open(&forked).unwrap()), signer, |_| None).unwrap();
        let leaf = |number: u64| NewLeaf { id: number.to_string(), bytes: format!("other {number}").into_bytes() };
        log.append((0..size).map(leaf).collect()).await.unwrap();
        log.published(size).await.unwrap();
        log.close();
        let fork = look(&forked, Some(&next), subject.clone()).unwrap_err();
        assert!(matches!(fork, MonitorError::Fork { .. }) && fork.accuses(), "{fork}");
        let fork = look(&forked, Some(&next), None).unwrap_err();
        assert!(matches!(fork, MonitorError::Fork { .. }), "{fork}");
    }
    // A changed entry is named with its file, also when it lies before the last visit and a new subject is asked for.
    let harmed = house.path("harmed");
    copy_folder(&folder, &harmed);
    let bundle = harmed.join("tile/entries/001.p/44");
    let mut bytes = std::fs::read(&bundle).unwrap();
    bytes[77] ^= 1;
    std::fs::write(&bundle, bytes).unwrap();
    let altered = look(&harmed, Some(&state), subject.clone()).unwrap_err();
    assert!(matches!(&altered, MonitorError::Altered { file, .. } if file == "tile/entries/001.p/44"), "{altered}");
    std::fs::remove_file(&bundle).unwrap();
    let unreachable = look(&harmed, Some(&state), subject.clone()).unwrap_err();
    assert!(!unreachable.accuses(), "{unreachable}");
    let wrong = MonitorState { peaks: vec![], ..next.clone() };
    assert!(matches!(look(&folder, Some(&wrong), None), Err(MonitorError::State(_))));
    assert!(matches!(visit(&reader(&folder), "another", &keys, None, None), Err(MonitorError::Checkpoint(_))));
}

#[tokio::test]
async fn a_tree_that_was_anchored_in_a_file_is_found_there_offline() {
    let house = house().await;
    let ledger = house.ledger().await;
    let mut ids = Vec::new();
    for number in 0..20 {
        ids.push(house.act(number).await);
    }
    ledger.settle(&house.kernel).await.unwrap();
    let elsewhere = house.path("elsewhere");
    std::fs::create_dir_all(&elsewhere).unwrap();
    let disk = Arc::new(LocalDisk::reader(&elsewhere));
    let view = ledger.view();
    let anchor =
        FileAnchor::new(disk, "anchors.ndjson", "elsewhere/anchors.ndjson", view.origin(), view.verifiers().to_vec());
    let signing = ledger.clone();
    let sign = move |text: &str| signing.sign(text);
    let tree = view.head().unwrap();
    let put = async |tree| anchor.put(tree, house.kernel.now(), &sign).await;
    assert_eq!(put(&tree).await.unwrap(), "1");
    assert_eq!(put(&tree).await.unwrap(), "1", "the same tree is not written twice");
    for number in 20..30 {
        house.act(number).await;
    }
    ledger.settle(&house.kernel).await.unwrap();
    let newer = view.head().unwrap();
    assert_eq!(put(&newer).await.unwrap(), "2");
    assert!(put(&tree).await.unwrap_err().to_string().contains("30 leaves already"), "an anchor does not go back");
    assert!(ledger.sign(&format!("{}\n1\n", view.origin())).is_err(), "no second way to sign a checkpoint");

    let act = kernel::store::act(&house.kernel, &ids[4]).await.unwrap().unwrap();
    let proof = prove_in(view, act, 4, tree.clone()).unwrap();
    let path = house.save("out/4.tlog-proof", &proof.file);
    let file = elsewhere.join("anchors.ndjson");
    let request = |anchor: &Path| VerifyRequest {
        proof: path.clone(),
        key: Some(view.verifier_text()),
        anchor: Some(anchor.to_owned()),
        ..VerifyRequest::default()
    };
    assert!(matches!(verify(&request(&file)).unwrap().anchored, Some(Anchored::Line { number: 1, .. })));
    let receipt = Receipt {
        kind: "evm".into(),
        place: "31337".into(),
        reference: "0x01".into(),
        at: house.kernel.now(),
        checkpoint: tree.note.to_string(),
    };
    let receipt_file = house.save("out/4.receipt.json", &receipt.to_json());
    assert!(matches!(verify(&request(&receipt_file)).unwrap().anchored, Some(Anchored::Receipt { digest, .. })
        if digest.starts_with("54534131") && digest.len() == 152));
    let other = Receipt { checkpoint: newer.note.to_string(), ..receipt };
    let other = house.save("out/other.json", &other.to_json());
    assert!(matches!(verify(&request(&other)), Err(OfflineError::Anchor { .. })));
    // A line that was changed or taken away shows.
    let good = std::fs::read_to_string(&file).unwrap();
    for bad in [
        good.replacen("2026", "2025", 1),
        good.split_inclusive('\n').skip(1).collect(),
        good.replacen("v\":1", "v\":2", 1),
    ] {
        assert_ne!(bad, good);
        let bad = house.save("out/bad.ndjson", &bad);
        assert!(matches!(verify(&request(&bad)), Err(OfflineError::Anchor { .. })));
    }
}
