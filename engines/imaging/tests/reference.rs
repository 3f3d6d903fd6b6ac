//! The hash against the published reference values, where the shared test vectors are present.
use std::path::{Path, PathBuf};

use imaging::{Hash, Limits, decode, fingerprint};

/// Below this quality the reference itself advises not to compare.
const COMPARED_QUALITY_MIN: u8 = 80;
const DISTANCE_MAX: u32 = 10;

fn vectors() -> Option<PathBuf> {
    let set = std::env::var_os("TOUCHSTONE_SHARED_DATA").map(PathBuf::from);
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|folder| folder.join("shared/data"));
    set.into_iter().chain(above).map(|folder| folder.join("screening/pdq")).find(|folder| folder.is_dir())
}

#[test]
fn every_reference_picture_hashes_to_within_ten_bits() {
    let Some(folder) = vectors() else {
        println!("shared test vectors are absent: the PDQ reference pictures were not compared");
        return;
    };
    let table = std::fs::read_to_string(folder.join("reference.csv")).expect("reference.csv");
    let mut compared = 0;
    let mut far = Vec::new();
    for line in table.lines().skip(1) {
        let [hash, quality, file] = line.splitn(3, ',').collect::<Vec<_>>()[..] else { panic!("line {line}") };
        let bytes = std::fs::read(folder.join("images").join(file)).expect("picture");
        let picture = decode(&bytes, Some(file), &Limits::default()).unwrap_or_else(|error| panic!("{file}: {error}"));
        let print = fingerprint(&picture);
        let reference: Hash = hash.parse().expect("reference hash");
        let distance = print.hash.distance(reference);
        println!("{distance:3} bits, quality {:3} (reference {quality:>3})  {file}", print.quality);
        let quality: u8 = quality.parse().expect("quality");
        if quality >= COMPARED_QUALITY_MIN {
            compared += 1;
            if distance > DISTANCE_MAX || print.quality.abs_diff(quality) > 10 {
                far.push(format!("{file}: {distance} bits, quality {}", print.quality));
            }
        } else if print.quality >= 50 {
            far.push(format!("{file}: quality {} where the reference has {quality}", print.quality));
        }
    }
    assert!(compared > 0 && far.is_empty(), "{compared} compared, too far: {far:#?}");
}
