//! A bundle that is read must be written back byte for byte. The first byte says how many entries are expected.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tlog::bundle;

fuzz_target!(|bytes: &[u8]| {
    let Some((width, bytes)) = bytes.split_first() else { return };
    if let Ok(entries) = bundle::decode(bytes, usize::from(*width) + 1) {
        assert_eq!(bundle::encode(entries).unwrap(), bytes);
    }
});
