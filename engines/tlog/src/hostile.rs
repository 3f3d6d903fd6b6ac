//! Logs whose files were cut, removed, exchanged or filled with anything: nothing panics, and nothing passes.

use crate::laws::{ORIGIN, entry, files, signer};
use crate::tile::TiledTree;
use crate::{audit, leaf_hash, tree, verify_inclusion};
use proptest::prelude::*;
use proptest::sample::Index;

/// What is done to a file.
#[derive(Debug, Clone)]
enum Harm {
    Removed,
    Cut(Index),
    Longer(Vec<u8>),
    Replaced(Vec<u8>),
    Exchanged(Index),
}

fn harm() -> impl Strategy<Value = Harm> {
    let bytes = || prop::collection::vec(any::<u8>(), 1..200);
    prop_oneof![
        Just(Harm::Removed),
        any::<Index>().prop_map(Harm::Cut),
        bytes().prop_map(Harm::Longer),
        bytes().prop_map(Harm::Replaced),
        any::<Index>().prop_map(Harm::Exchanged),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_harmed_log_is_refused_and_its_proofs_never_lie(size in 1u64..600, file in any::<Index>(), harm in harm(), pick in any::<u64>()) {
        let entries: Vec<_> = (0..size).map(entry).collect();
        let honest = files(&entries);
        let mut harmed = honest.clone();
        let path = honest.keys().nth(file.index(honest.len())).unwrap().clone();
        match &harm {
            Harm::Removed => {
                harmed.remove(&path);
            }
            Harm::Cut(at) => {
                let at = at.index(honest[&path].len());
                harmed.get_mut(&path).unwrap().truncate(at);
            }
            Harm::Longer(more) => harmed.get_mut(&path).unwrap().extend_from_slice(more),
            Harm::Replaced(bytes) => {
                harmed.insert(path.clone(), bytes.clone());
            }
            Harm::Exchanged(other) => {
                let other = honest.keys().nth(other.index(honest.len())).unwrap();
                harmed.insert(path.clone(), honest[other].clone());
            }
        }
        let keys = [signer().verifier()];
        let passes = audit(&harmed, ORIGIN, &keys, |_, _| Ok(())).is_ok();
        prop_assert_eq!(passes, harmed == honest, "{} {:?}", path, harm);
        let index = pick % size;
        let root = tree::root(&TiledTree::new(&honest, size), size).unwrap();
        if let Ok(Some(proof)) = tree::inclusion_proof(&TiledTree::new(&harmed, size), index, size) {
            // A proof made from harmed tiles may fail; it never proves another entry.
            let other = leaf_hash(b"another entry");
            prop_assert!(verify_inclusion(index, size, &other, &proof, &root).is_err());
        }
        let _ = tree::consistency_proof(&TiledTree::new(&harmed, size), index.max(1), size);
    }
}
