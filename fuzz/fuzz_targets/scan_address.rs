//! An address of a request that is read has one right form, which reads back as the same; a refusal names a place within it.
//! The two files are taken alone: the slice they belong to brings a database and a server, which a fuzzer need not build.
#![no_main]

#[allow(dead_code)]
#[path = "../../slices/scans/src/address.rs"]
mod address;
#[allow(dead_code)]
#[path = "../../slices/scans/src/error.rs"]
mod error;

use address::Address;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (path, query) = match text.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (text, None),
    };
    match Address::of_request(path, query) {
        Ok(read) => {
            let right = read.path();
            let again = Address::of_request(&right, query).expect("the right form reads");
            assert_eq!(again, read, "{right}");
            assert!(read.upwards().len() <= 4 && read.upwards()[0] == read);
        }
        Err(problem) => {
            for fault in &problem.faults {
                assert!(fault.place.column.is_none_or(|column| column as usize <= text.len() + 1), "{text}");
            }
        }
    }
    // Whatever a camera or a person gives: read or refused, and an address that is read is one of ours.
    if let Ok(read) = Address::of_scan(text) {
        let again = Address::of_request(&read.path(), None).expect("a scan's address is one");
        assert_eq!((again.gtin, again.lot, again.serial), (read.gtin, read.lot, read.serial));
    }
});
