//! Laws of the whole crate: proofs against a tree hashed the slow way, published vectors, files of other makers, and
//! hostile input.

use crate::audit::{Blame, CHECKPOINT_PATH, Difference};
use crate::cosignature::{cosign, verify_cosignatures};
use crate::note::{KeyError, KeyType};
use crate::tile::{TILE_WIDTH, TileId, TiledTree, hashes_at, tile_width};
use crate::tree::{self, Frontier, MemoryTree};
use crate::*;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::PathBuf;

pub(crate) const ORIGIN: &str = "example.org/ledger";

pub(crate) fn signer() -> SignerKey {
    SignerKey::from_seed(ORIGIN, KeyType::Ed25519, &[7; 32]).unwrap()
}

pub(crate) fn entry(index: u64) -> Vec<u8> {
    format!("{{\"entry\":{index}}}").into_bytes()
}

/// RFC 6962 §2.1 as written: recursive, over the entries themselves.
fn slow_root(entries: &[Vec<u8>]) -> Hash {
    match entries {
        [] => empty_root(),
        [one] => leaf_hash(one),
        many => {
            let mut middle = 1;
            while middle * 2 < many.len() {
                middle *= 2;
            }
            node_hash(&slow_root(&many[..middle]), &slow_root(&many[middle..]))
        }
    }
}

/// All files of a log over these entries.
pub(crate) fn files(entries: &[Vec<u8>]) -> BTreeMap<String, Vec<u8>> {
    let size = entries.len() as u64;
    let mut files = BTreeMap::new();
    let mut row: Vec<Hash> = entries.iter().map(|entry| leaf_hash(entry)).collect();
    for level in 0.. {
        if hashes_at(level, size) == 0 {
            break;
        }
        for (index, hashes) in row.chunks(TILE_WIDTH as usize).enumerate() {
            let id = TileId { level, index: index as u64, width: tile_width(level, index as u64, size) };
            assert_eq!(usize::from(id.width), hashes.len());
            files.insert(id.to_string(), hashes.iter().flat_map(|hash| *hash.as_bytes()).collect());
        }
        row = row.chunks_exact(TILE_WIDTH as usize).filter_map(tile::full_tile_root).collect();
    }
    for id in tile::new_bundles(0, size) {
        let first = (id.index * TILE_WIDTH) as usize;
        let slice = &entries[first..first + usize::from(id.width)];
        files.insert(id.to_string(), bundle::encode(slice.iter().map(Vec::as_slice)).unwrap());
    }
    let checkpoint = Checkpoint { origin: ORIGIN.into(), size, root: slow_root(entries), extensions: vec![] };
    files.insert(CHECKPOINT_PATH.into(), checkpoint.sign(&signer()).unwrap().to_string().into_bytes());
    files
}

fn proof_file(files: &BTreeMap<String, Vec<u8>>, entries: &[Vec<u8>], index: u64) -> String {
    let size = entries.len() as u64;
    let proof = tree::inclusion_proof(&TiledTree::new(files, size), index, size).unwrap().unwrap();
    ProofFile {
        extra: Some(entries[index as usize].clone()),
        index,
        proof,
        checkpoint: String::from_utf8(files[CHECKPOINT_PATH].clone()).unwrap(),
    }
    .to_string()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_leaf_is_proved_and_only_where_it_stands(size in 1u64..300, pick in any::<u64>(), other in any::<u64>()) {
        let entries: Vec<_> = (0..size).map(entry).collect();
        let memory = MemoryTree::from_leaves(entries.iter().map(|entry| leaf_hash(entry)));
        let root = tree::root(&memory, size).unwrap();
        prop_assert_eq!(root, slow_root(&entries));
        let index = pick % size;
        let proof = tree::inclusion_proof(&memory, index, size).unwrap().unwrap();
        let leaf = leaf_hash(&entries[index as usize]);
        prop_assert_eq!(proof::inclusion_proof_length(index, size), proof.len());
        prop_assert_eq!(verify_inclusion(index, size, &leaf, &proof, &root), Ok(()));
        let wrong = other % (size + 3);
        prop_assert_eq!(verify_inclusion(wrong, size, &leaf, &proof, &root).is_ok(), wrong == index);
        for flip in 0..proof.len() {
            let mut bad = proof.clone();
            let mut bytes = *bad[flip].as_bytes();
            bytes[other as usize % 32] ^= 1;
            bad[flip] = Hash::new(bytes);
            prop_assert!(verify_inclusion(index, size, &leaf, &bad, &root).is_err());
        }
        let mut long = proof.clone();
        long.push(root);
        prop_assert!(verify_inclusion(index, size, &leaf, &long, &root).is_err());
        if !proof.is_empty() {
            prop_assert!(verify_inclusion(index, size, &leaf, &proof[1..], &root).is_err());
        }
    }

    #[test]
    fn every_tree_extends_its_earlier_trees_and_no_other(size in 1u64..300, pick in any::<u64>(), other in any::<u64>()) {
        let entries: Vec<_> = (0..size).map(entry).collect();
        let memory = MemoryTree::from_leaves(entries.iter().map(|entry| leaf_hash(entry)));
        let root = tree::root(&memory, size).unwrap();
        let old_size = 1 + pick % size;
        let old_root = slow_root(&entries[..old_size as usize]);
        prop_assert_eq!(tree::root(&memory, old_size).unwrap(), old_root);
        let proof = tree::consistency_proof(&memory, old_size, size).unwrap().unwrap();
        prop_assert_eq!(verify_consistency(old_size, size, &old_root, &root, &proof), Ok(()));
        // Another history of the same length is not extended.
        let mut forked = entries[..old_size as usize].to_vec();
        forked[(other % old_size) as usize].push(b'!');
        prop_assert!(verify_consistency(old_size, size, &slow_root(&forked), &root, &proof).is_err());
        let wrong = other % (size + 3);
        if wrong != old_size {
            prop_assert!(verify_consistency(wrong, size, &old_root, &root, &proof).is_err());
        }
        let mut long = proof.clone();
        long.push(root);
        prop_assert!(verify_consistency(old_size, size, &old_root, &root, &long).is_err());
        if !proof.is_empty() {
            prop_assert!(verify_consistency(old_size, size, &old_root, &root, &proof[..proof.len() - 1]).is_err());
        }
    }

    #[test]
    fn a_growing_tree_has_the_roots_of_whole_trees(size in 0u64..600) {
        let entries: Vec<_> = (0..size).map(entry).collect();
        let mut frontier = Frontier::new();
        entries.iter().for_each(|entry| frontier.push(leaf_hash(entry)));
        prop_assert_eq!(frontier.root(), slow_root(&entries));
        prop_assert_eq!(frontier.size(), size);
        let files = files(&entries);
        prop_assert_eq!(Frontier::of(&TiledTree::new(&files, size), size).unwrap(), frontier);
    }

    #[test]
    fn parsers_survive_anything_and_read_back_what_they_write(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(note) = Note::parse(&bytes) {
            prop_assert_eq!(note.to_string().into_bytes(), bytes.clone());
        }
        let _ = bundle::decode(&bytes, 256);
        let _ = ProofFile::parse(&bytes);
        let text = String::from_utf8_lossy(&bytes);
        let _ = (Checkpoint::parse(&text), VerifierKey::parse(&text), SignerKey::parse(&text), Resource::parse(&text));
    }

    #[test]
    fn one_changed_byte_in_a_proof_file_is_refused(position in any::<prop::sample::Index>(), bit in 0u8..8) {
        let entries: Vec<_> = (0..11).map(entry).collect();
        let files = files(&entries);
        let good = proof_file(&files, &entries, 6);
        let keys = [signer().verifier()];
        let trust = Trust { origin: ORIGIN, log_keys: &keys, witnesses: &[], witnesses_needed: 0 };
        let verified = verify_proof_file(good.as_bytes(), None, &trust).unwrap();
        prop_assert_eq!((&verified.entry, verified.index), (&entries[6], 6));
        let mut bad = good.clone().into_bytes();
        bad[position.index(good.len())] ^= 1 << bit;
        prop_assert!(verify_proof_file(&bad, None, &trust).is_err());
    }

    #[test]
    fn one_changed_bit_in_a_log_is_named(file in any::<prop::sample::Index>(), position in any::<prop::sample::Index>(), bit in 0u8..8) {
        let entries: Vec<_> = (0..700).map(entry).collect();
        let mut files = files(&entries);
        let keys = [signer().verifier()];
        let report = audit(&files, ORIGIN, &keys, |_, _| Ok(())).unwrap();
        prop_assert_eq!((report.entries, report.tiles), (700, 4));
        let path = files.keys().nth(file.index(files.len())).unwrap().clone();
        let bytes = files.get_mut(&path).unwrap();
        let at = position.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let difference = audit(&files, ORIGIN, &keys, |_, _| Ok(())).unwrap_err();
        prop_assert!(difference.to_string().contains(&path), "{} does not name {}", difference, path);
        let blamed = match &difference {
            Difference::Leaf(leaf) => Some(leaf.blame.clone()),
            Difference::Tile(tile) => Some(tile.blame.clone()),
            _ => None,
        };
        if let Some(blame) = blamed {
            prop_assert_eq!(blame, Blame::File(path));
        }
    }
}

#[test]
fn trees_of_every_small_size_prove_and_refuse_exactly() {
    for size in 1..=40u64 {
        let entries: Vec<_> = (0..size).map(entry).collect();
        let files = files(&entries);
        let tree = TiledTree::new(&files, size);
        let root = tree::root(&tree, size).unwrap();
        for index in 0..size {
            let proof = tree::inclusion_proof(&tree, index, size).unwrap().unwrap();
            for claimed in 0..size + 2 {
                let leaf = leaf_hash(&entries[index as usize]);
                let holds = verify_inclusion(claimed, size, &leaf, &proof, &root).is_ok();
                assert_eq!(holds, claimed == index, "leaf {index} as {claimed} of {size}");
            }
        }
        assert_eq!(tree::inclusion_proof(&tree, size, size).unwrap(), None);
        assert_eq!(tree::consistency_proof(&tree, 0, size).unwrap(), None);
        assert_eq!(tree::consistency_proof(&tree, size + 1, size).unwrap(), None);
    }
}

#[test]
fn proofs_come_from_tiles_of_several_levels() {
    let size = 66_000u64;
    let entries: Vec<_> = (0..size).map(entry).collect();
    let files = files(&entries);
    let tree = TiledTree::new(&files, size);
    let frontier_root = entries.iter().fold(Frontier::new(), |mut frontier, entry| {
        frontier.push(leaf_hash(entry));
        frontier
    });
    let root = tree::root(&tree, size).unwrap();
    assert_eq!(root, frontier_root.root());
    for index in [0, 255, 256, 65_535, 65_536, 65_999] {
        let proof = tree::inclusion_proof(&tree, index, size).unwrap().unwrap();
        let leaf = leaf_hash(&entries[index as usize]);
        assert_eq!(verify_inclusion(index, size, &leaf, &proof, &root), Ok(()));
    }
    for old_size in [1, 256, 257, 65_535, 65_536, 65_537, 66_000] {
        let proof = tree::consistency_proof(&tree, old_size, size).unwrap().unwrap();
        let old_root = slow_root(&entries[..old_size as usize]);
        assert_eq!(verify_consistency(old_size, size, &old_root, &root, &proof), Ok(()));
    }
}

#[test]
fn replaced_leaves_are_found_by_the_signed_root() {
    let entries: Vec<_> = (0..300).map(entry).collect();
    let honest = files(&entries);
    let mut other = entries.clone();
    other[3] = b"forged".to_vec();
    let mut forged = files(&other);
    forged.insert(CHECKPOINT_PATH.into(), honest[CHECKPOINT_PATH].clone());
    let keys = [signer().verifier()];
    let difference = audit(&forged, ORIGIN, &keys, |_, _| Ok(())).unwrap_err();
    assert!(matches!(difference, Difference::Root { size: 300, .. }), "{difference}");
    let refused = audit(&honest, ORIGIN, &keys, |index, _| match index {
        17 => Err("not in the database".into()),
        _ => Ok(()),
    });
    assert!(matches!(refused, Err(Difference::Entry { index: 17, .. })));
    forged.remove("tile/0/000");
    let missing = audit(&forged, ORIGIN, &keys, |_, _| Ok(())).unwrap_err();
    assert_eq!(missing.to_string(), "tile/0/000 is missing");
}

/// Notes signed by another implementation: the Go checksum database's key and two of its published tree heads.
#[test]
fn notes_of_another_implementation_verify() {
    let key = VerifierKey::parse("sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8").unwrap();
    let heads = [
        (
            "go.sum database tree\n65209736\n5+uGFjx6xBZG8ip1+wi77v+grwbhhukIrxEUS8PXvRo=\n\n\
             — sum.golang.org Az3grnbssgK7ubgFX36gVETtNv0U23qxyAhAMai2QUfeGa3nB/akvkMdlUErfcZz7l/R3cVtYspg3dxXABkGZZKdsQ8=\n",
            65_209_736,
        ),
        (
            "go.sum database tree\n6476701\nmb8QLQIs0Z0yP5Cstq6guj87oXWeC9gEM8oVikmm9Wk=\n\n\
             — sum.golang.org Az3grsLX85Gz+s1SiTbgkuqxgItqFq7gsMUEyVnrsa9LM7Us9S+1xbFIGu95949rj4nPRYfvimWEPWL+o3GeoWwOoAw=\n",
            6_476_701,
        ),
    ];
    for (text, size) in heads {
        let keys = [key.clone()];
        let signed = SignedCheckpoint::open(text.as_bytes(), "go.sum database tree", &keys).unwrap();
        assert_eq!((signed.checkpoint.size, signed.signers), (size, vec!["sum.golang.org".to_owned()]));
        assert_eq!(signed.note.to_string(), text);
        assert!(SignedCheckpoint::open(text.as_bytes(), "another log", &keys).is_err());
        let altered = text.replace(&size.to_string(), "6476702");
        let refused = SignedCheckpoint::open(altered.as_bytes(), "go.sum database tree", &keys);
        assert!(matches!(refused, Err(checkpoint::CheckpointError::Note(NoteError::BadSignature { .. }))));
    }
    assert_eq!(key.to_string(), "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8");
}

#[test]
fn keys_read_back_and_altered_keys_are_refused() {
    let signer = signer();
    let text = signer.verifier().to_string();
    assert_eq!(VerifierKey::parse(&text).unwrap(), signer.verifier());
    let again = SignerKey::parse(&signer.to_secret_text()).unwrap();
    assert_eq!(again.verifier(), signer.verifier());
    assert!(!format!("{signer:?}").contains(&signer.to_secret_text()[20..]));
    let renamed = text.replace("example.org", "example.com");
    assert_eq!(VerifierKey::parse(&renamed), Err(KeyError::Id));
    assert_eq!(VerifierKey::parse("a+b"), Err(KeyError::Form));
    assert_eq!(VerifierKey::parse(&text.replace("/ledger", " ledger")), Err(KeyError::Name));
    assert_eq!(VerifierKey::parse(&format!("{text}=")), Err(KeyError::Encoding));
    assert!(SignerKey::from_seed("has space", KeyType::Ed25519, &[1; 32]).is_err());
}

#[test]
fn unknown_signatures_are_ignored_and_known_bad_ones_refuse() {
    let (log, stranger) = (signer(), SignerKey::from_seed("stranger", KeyType::Ed25519, &[9; 32]).unwrap());
    let mut note = Note::sign("text\n\nmore\n", &log).unwrap();
    note.add(Note::sign("another\n", &stranger).unwrap().signatures()[0].clone());
    let bytes = note.to_string();
    let parsed = Note::parse(bytes.as_bytes()).unwrap();
    assert_eq!(parsed.text(), "text\n\nmore\n");
    assert_eq!(parsed.verify(&[log.verifier()]).unwrap().len(), 1);
    let both = [log.verifier(), stranger.verifier()];
    assert_eq!(parsed.verify(&both), Err(NoteError::BadSignature { name: "stranger".into() }));
    assert_eq!(parsed.verify(&[]), Err(NoteError::Unsigned));
    for bad in ["", "text\n", "text\n\n", "text\n\n— a b\n", "text\n\n- a AAAAAAAA\n", "te\rxt\n\n— a AAAAAAAA\n"] {
        assert!(Note::parse(bad.as_bytes()).is_err(), "{bad:?}");
    }
    let many = format!("text\n\n{}", "— a AAAAAAAA\n".repeat(101));
    assert_eq!(Note::parse(many.as_bytes()), Err(NoteError::TooManySignatures));
    assert!(Note::sign("no newline", &log).is_err());
}

#[test]
fn checkpoints_have_one_spelling() {
    let root = leaf_hash(b"x").to_base64();
    let empty = empty_root().to_base64();
    assert!(Checkpoint::parse(&format!("log\n1\n{root}\n")).is_ok());
    assert!(Checkpoint::parse(&format!("log\n1\n{root}\nextension\n")).is_ok());
    assert!(Checkpoint::parse(&format!("log\n0\n{empty}\n")).is_ok());
    for bad in [
        format!("log\n01\n{root}\n"),
        format!("log\n+1\n{root}\n"),
        format!("log\n\n{root}\n"),
        format!("\n1\n{root}\n"),
        format!("log\n1\n{root}"),
        format!("log\n1\n{root}\n\n"),
        format!("log\n0\n{root}\n"),
        format!("log\n18446744073709551616\n{root}\n"),
        format!("log\n1\n{}\n", &root[..43]),
        "log\n1\n".to_owned(),
    ] {
        assert!(Checkpoint::parse(&bad).is_err(), "{bad:?}");
    }
}

#[test]
fn witnesses_are_counted_once_and_forgeries_refused() {
    let entries: Vec<_> = (0..5).map(entry).collect();
    let files = files(&entries);
    let key = |name: &str, seed| SignerKey::from_seed(name, KeyType::Cosignature, &[seed; 32]).unwrap();
    let (first, second) = (key("witness.example/1", 1), key("witness.example/2", 2));
    let mut note = Note::parse(&files[CHECKPOINT_PATH]).unwrap();
    let text = note.text().to_owned();
    note.add(cosign(&text, 1_700_000_000, &first).unwrap());
    note.add(cosign(&text, 1_700_000_100, &first).unwrap());
    let witnesses = [first.verifier(), second.verifier(), first.verifier()];
    let cosigned = verify_cosignatures(&note, &witnesses).unwrap();
    assert_eq!(cosigned.len(), 1);
    assert_eq!(cosigned[0].timestamp_seconds, 1_700_000_100);
    assert_eq!(cosign(&text, u64::MAX, &first), None);
    assert_eq!(cosign(&text, 1, &signer()), None);

    let proof = proof_file(&files, &entries, 2);
    let file = ProofFile { checkpoint: note.to_string(), ..ProofFile::parse(proof.as_bytes()).unwrap() };
    let keys = [signer().verifier()];
    let trust = |witnesses_needed| Trust { origin: ORIGIN, log_keys: &keys, witnesses: &witnesses, witnesses_needed };
    assert!(verify_proof_file(file.to_string().as_bytes(), None, &trust(1)).is_ok());
    let refused = verify_proof_file(file.to_string().as_bytes(), None, &trust(2));
    assert_eq!(refused, Err(VerifyError::Witnesses { found: 1, needed: 2 }));
    note.add(cosign("another\n", 5, &second).unwrap());
    assert!(verify_cosignatures(&note, &witnesses).is_err());
}

#[test]
fn a_proof_file_says_which_line_is_wrong() {
    let entries: Vec<_> = (0..5).map(entry).collect();
    let good = proof_file(&files(&entries), &entries, 2);
    let parse = |text: &str| ProofFile::parse(text.as_bytes()).unwrap_err();
    use crate::proof_file::ProofFileError as E;
    assert_eq!(parse(""), E::FirstLine);
    assert_eq!(parse(&good.replace("@v1", "@v2")), E::FirstLine);
    assert_eq!(parse(&good.replace("index 2", "index 02")), E::Index { line: 3 });
    assert_eq!(parse(&good.replace("extra ", "extra !")), E::Extra { line: 2 });
    assert_eq!(parse(&good.replacen("=\n", "\n", 2)[..]), E::Extra { line: 2 });
    assert_eq!(parse(&good[..good.find("\n\n").unwrap() + 2]), E::CutShort);
    let many = good.replace("index 2\n", &format!("index 2\n{}", format!("{}\n", leaf_hash(b"")).repeat(64)));
    assert!(matches!(parse(&many), E::TooManyHashes { .. }));
    assert_eq!(ProofFile::parse(good.as_bytes()).unwrap().to_string(), good);
}

/// The public vectors lie beside the repository, not in it.
fn shared_data() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("TOUCHSTONE_SHARED_DATA") {
        return Some(folder.into());
    }
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().map(|folder| folder.join("shared/data")).find(|folder| folder.is_dir())
}

#[test]
fn the_public_merkle_vectors_are_accepted_and_refused_as_published() {
    let Some(folder) = shared_data() else {
        println!("the public vectors (shared/data/tlog) are not here: not checked");
        return;
    };
    use base64::Engine;
    let text = std::fs::read_to_string(folder.join("tlog/merkle-proofs.jsonl")).unwrap();
    let decode = |value: &serde_json::Value| {
        base64::engine::general_purpose::STANDARD.decode(value.as_str().unwrap_or_default()).unwrap()
    };
    let mut cases = 0;
    for line in text.lines() {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        let number = |field: &str| case[field].as_u64().unwrap();
        let hashes = |value: &serde_json::Value| {
            let list = value.as_array().cloned().unwrap_or_default();
            list.iter().map(|hash| Hash::from_slice(&decode(hash))).collect::<Option<Vec<_>>>()
        };
        let holds = if case.get("leafIdx").is_some() {
            let (leaf, root) = (Hash::from_slice(&decode(&case["leafHash"])), Hash::from_slice(&decode(&case["root"])));
            match (leaf, root, hashes(&case["proof"])) {
                (Some(leaf), Some(root), Some(proof)) => {
                    verify_inclusion(number("leafIdx"), number("treeSize"), &leaf, &proof, &root).is_ok()
                }
                _ => false,
            }
        } else {
            // Some cases write a word where a root is not looked at but for equality: such a word stands for its hash.
            let root = |field: &str| {
                let bytes = decode(&case[field]);
                Hash::from_slice(&bytes).unwrap_or_else(|| leaf_hash(&bytes))
            };
            hashes(&case["proof"]).is_some_and(|proof| {
                verify_consistency(number("size1"), number("size2"), &root("root1"), &root("root2"), &proof).is_ok()
            })
        };
        assert_eq!(holds, !case["wantErr"].as_bool().unwrap(), "{}", case["case"]);
        cases += 1;
    }
    assert!(cases >= 98, "{cases} cases");
}
