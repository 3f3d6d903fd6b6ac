//! The standard's own examples.

use crate::shared;
use epcis::Limits;
use std::fs;

#[test]
fn every_example_of_the_standard_is_accepted() {
    let Some(folder) = shared::folder().map(|folder| folder.join("examples")) else { return };
    let paths = shared::files(&folder, ".jsonld");
    let mut events = 0;
    let mut refused = Vec::new();
    for path in &paths {
        match epcis::read(&fs::read(path).expect("a file"), &Limits::default()) {
            Ok(document) => {
                for event in document.events {
                    events += 1;
                    if let Err(error) = event {
                        refused.push(format!("{}: {error}", path.display()));
                    }
                }
            }
            Err(error) => refused.push(format!("{}: {error}", path.display())),
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
    assert!(paths.len() >= 42, "{}", paths.len());
    assert!(events >= 42, "{events}");
}
