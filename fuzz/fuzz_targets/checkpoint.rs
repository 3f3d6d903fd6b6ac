//! A checkpoint that is read must be written back byte for byte.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tlog::{Checkpoint, Resource};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(checkpoint) = Checkpoint::parse(text) {
        assert_eq!(checkpoint.text(), text);
    }
    if let Some(resource) = Resource::parse(text) {
        assert_eq!(resource.to_string(), text);
    }
});
