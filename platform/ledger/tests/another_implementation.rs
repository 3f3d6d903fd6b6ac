//! A log made here, checked by a program that shares no code with it: Go's `golang.org/x/mod/sumdb`, from Debian's package.
//!
//! `TOUCHSTONE_TEST_GO=1` (set by `scripts/test`, which installs Go) makes its absence a failure; without it a machine
//! without Go says so and goes on.

use ledger::cosign::{Cosigning, Taken, WitnessPolicy};
use ledger::disk::LocalDisk;
use ledger::view::DiskReader;
use ledger::witness::{WatchedLog, Witness};
use ledger::{Log, NewLeaf, View};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use tlog::note::KeyType;
use tlog::{ProofFile, SignerKey};

const ORIGIN: &str = "shop.example/ledger";
/// Where Debian puts Go's libraries.
const GOPATH: &str = "/usr/share/gocode";

/// The Go program, built; `None` where Go or the library is missing.
fn program(folder: &Path) -> Option<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/go/verify");
    let there = Command::new("go").arg("version").output().is_ok_and(|output| output.status.success())
        && Path::new(GOPATH).join("src/golang.org/x/mod/sumdb/tlog").is_dir();
    if !there {
        assert!(
            std::env::var_os("TOUCHSTONE_TEST_GO").is_none(),
            "Go and golang-golang-x-mod-dev are needed: scripts/install test"
        );
        eprintln!(
            "golang-go or golang-golang-x-mod-dev is not here: the ledger was not checked by another implementation"
        );
        return None;
    }
    let built = folder.join("verify");
    let output = Command::new("go")
        .args(["build", "-o"])
        .args([&built, Path::new("main.go")])
        .current_dir(source)
        .env("GO111MODULE", "off")
        .env("GOPATH", GOPATH)
        .env("GOCACHE", folder.join("cache"))
        .env("GOFLAGS", "")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(built)
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

struct Made {
    view: View,
    folder: PathBuf,
    witness: String,
}

/// A log of 700 leaves in two publications, cosigned by a witness.
async fn log(parent: &Path) -> Made {
    let folder = parent.join("ledger");
    let signer = SignerKey::from_seed(ORIGIN, KeyType::Ed25519, &[1; 32]).unwrap();
    let witness_key = SignerKey::from_seed("witness.example/w", KeyType::Cosignature, &[2; 32]).unwrap();
    let log = Log::open(Arc::new(LocalDisk::open(&folder).unwrap()), signer.clone(), |_| None).unwrap();
    let leaf = |number: usize| NewLeaf {
        id: number.to_string(),
        bytes: format!("{number} {}", "页".repeat(number % 50)).into_bytes(),
    };
    log.append((0..300).map(leaf).collect()).await.unwrap();
    log.published(300).await.unwrap();
    std::fs::copy(folder.join("checkpoint"), parent.join("old")).unwrap();
    log.append((300..700).map(leaf).collect()).await.unwrap();
    log.published(700).await.unwrap();
    log.close();
    let policy = WitnessPolicy::parse(&[format!("{} https://w", witness_key.verifier())], 1).unwrap();
    let reader = DiskReader::new(Arc::new(LocalDisk::reader(&folder)));
    let view = View::new(reader, ORIGIN.into(), vec![signer.verifier()]).with_witnesses(policy);
    let watched = WatchedLog { origin: ORIGIN.into(), keys: vec![signer.verifier()] };
    let disk = Arc::new(LocalDisk::open(&parent.join("witness")).unwrap());
    let witness = Witness::open(disk, witness_key, &[watched]).unwrap();
    let cosigning = Cosigning::in_folder(view.clone(), &folder);
    let mut round = cosigning.round().unwrap().unwrap();
    let message = cosigning.message(&round, 0).unwrap().to_string();
    let lines = witness.add_checkpoint(message.as_bytes(), 1_800_000_000).unwrap();
    assert!(matches!(cosigning.take(&mut round, 0, 200, lines.as_bytes()), Taken::Signed { .. }));
    cosigning.keep(&round).unwrap();
    Made { view, folder, witness: witness.verifier().to_string() }
}

#[tokio::test]
async fn another_implementation_agrees_on_tiles_entries_proofs_history_and_cosignatures() {
    let parent = tempfile::tempdir().unwrap();
    let Some(program) = program(parent.path()) else { return };
    let made = log(parent.path()).await;
    let mut proofs = Vec::new();
    for index in [0, 255, 256, 511, 512, 699] {
        let tree = made.view.tree_for(index).unwrap();
        let file = ProofFile {
            extra: Some(made.view.entry(index, 700).unwrap()),
            index,
            proof: made.view.inclusion_proof(index, 700).unwrap(),
            checkpoint: tree.note.to_string(),
        };
        let path = parent.path().join(format!("{index}.tlog-proof"));
        std::fs::write(&path, file.to_string()).unwrap();
        proofs.push(path);
    }
    let key = made.view.verifier_text();
    let check = |folder: &Path, proofs: &[PathBuf]| {
        let old = parent.path().join("old");
        let mut command = Command::new(&program);
        command.arg("-folder").arg(folder).args(["-key", key.trim(), "-witness", &made.witness]).arg("-old").arg(old);
        command.args(proofs).output().unwrap()
    };
    let output = check(&made.folder, &proofs);
    let text = said(&output);
    assert!(output.status.success(), "{text}");
    for expected in [
        "checkpoint ok: 700 leaves",
        "tiles and entries ok: 700",
        "extension ok: 300 to 700 leaves",
        "proof ok: leaf 0 of 700, 1 witnesses",
        "proof ok: leaf 699 of 700, 1 witnesses",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    // It is no rubber stamp: it refuses what was altered.
    let altered = parent.path().join("altered.tlog-proof");
    std::fs::write(&altered, std::fs::read_to_string(&proofs[1]).unwrap().replace("index 255", "index 254")).unwrap();
    assert!(!check(&made.folder, &[altered]).status.success());
    for (file, at) in [("tile/entries/001", 900), ("tile/0/001", 33), ("tile/1/000.p/2", 40), ("checkpoint", 30)] {
        let path = made.folder.join(file);
        let good = std::fs::read(&path).unwrap();
        let mut bad = good.clone();
        bad[at] ^= 1;
        std::fs::write(&path, bad).unwrap();
        assert!(!check(&made.folder, &[]).status.success(), "{file} was altered and nobody noticed");
        std::fs::write(&path, good).unwrap();
    }
}
