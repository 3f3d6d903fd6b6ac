//! Published event hashes.

use crate::shared;
use epcis::Limits;
use std::fs;

#[test]
fn every_published_hash_and_pre_hash_string_is_reproduced() {
    let Some(folder) = shared::folder().map(|folder| folder.join("event-hash")) else { return };
    let (mut events, mut strings, mut broken) = (0, 0, Vec::new());
    for path in shared::files(&folder, ".jsonld") {
        let bytes = fs::read(&path).expect("a file");
        let mut found = Vec::new();
        epcis::read_json_each(&bytes, &Limits::default(), |_, event| {
            let (json, context) = event.expect("an event");
            found.push(epcis::hash::prehash_json(&json, &context));
        })
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let lines = |ending: &str| -> Vec<String> {
            let text = fs::read_to_string(path.with_extension(ending)).unwrap_or_default();
            text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect()
        };
        let (hashes, prehashes) = (lines("hashes"), lines("prehashes"));
        assert_eq!(hashes.len(), found.len(), "{}", path.display());
        for (index, prehash) in found.iter().enumerate() {
            let hash = epcis::hash::of_prehash(prehash);
            assert_eq!(hash, hashes[index], "{} event {index}:\n{prehash}", path.display());
            events += 1;
            if let Some(published) = prehashes.get(index) {
                // A published string that does not hash to the published hash beside it contradicts its own file.
                if epcis::hash::of_prehash(published) == hashes[index] {
                    assert_eq!(prehash, published, "{} event {index}", path.display());
                    strings += 1;
                } else {
                    broken.push(format!("{} event {index}", path.file_name().unwrap_or_default().to_string_lossy()));
                }
            }
        }
    }
    println!("{events} hashes, {strings} strings; strings that contradict their own hash: {broken:?}");
    assert!(events >= 41 && strings >= 37, "{events} {strings}");
}

#[test]
fn a_valid_event_hashes_the_same_alone_and_in_its_document() {
    let Some(folder) = shared::folder() else { return };
    let mut count = 0;
    for path in shared::files(&folder, ".jsonld").iter().filter(|path| !path.ends_with("epcis-context.jsonld")) {
        let Ok(document) = epcis::read(&fs::read(path).expect("a file"), &Limits::default()) else {
            panic!("{}", path.display())
        };
        if document.head.form == epcis::Form::Document {
            for event in document.events.into_iter().flatten() {
                let hash = epcis::hash(&event);
                let alone =
                    epcis::read_event(event.standalone()).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                // What a document asks to ignore is known only beside that document.
                if !path.to_string_lossy().contains("IgnoreFields") {
                    assert_eq!(epcis::hash(&alone), hash, "{}", path.display());
                    count += 1;
                }
            }
        }
    }
    assert!(count > 80, "{count}");
}
