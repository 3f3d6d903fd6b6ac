//! A note that is read must be written back byte for byte; keys must read back what they write.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tlog::{Note, SignerKey, VerifierKey};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(note) = Note::parse(bytes) {
        assert_eq!(note.to_string().as_bytes(), bytes);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        if let Ok(key) = VerifierKey::parse(text) {
            assert_eq!(key.to_string(), text);
        }
        if let Ok(key) = SignerKey::parse(text) {
            assert_eq!(key.to_secret_text(), text);
        }
    }
});
