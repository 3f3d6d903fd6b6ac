//! The folder of public test data, where it is present.

use std::path::{Path, PathBuf};

/// A file or folder of the public test data; says so where it is absent.
pub fn shared(path: &str) -> Option<PathBuf> {
    let named = std::env::var_os("TOUCHSTONE_SHARED_DATA").map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .map(|folder| folder.join("shared/data"))
        .find(|folder| folder.exists());
    let found = named.or(beside).map(|folder| folder.join(path)).filter(|found| found.exists());
    if found.is_none() {
        eprintln!("the public test data {path} is not here: this run leaves it out");
    }
    found
}
