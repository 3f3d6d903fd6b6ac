//! A proof file that is read must be written back byte for byte, and none verifies without a signature.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tlog::{ProofFile, SignerKey, Trust, note::KeyType, verify_proof_file};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(file) = ProofFile::parse(bytes) {
        assert_eq!(file.to_string().as_bytes(), bytes);
    }
    let key = SignerKey::from_seed("fuzz.example/log", KeyType::Ed25519, &[1; 32]).unwrap();
    let keys = [key.verifier()];
    let trust = Trust {
        origin: "fuzz.example/log",
        log_keys: &keys,
        witnesses: &[],
        witnesses_needed: 0,
    };
    assert!(verify_proof_file(bytes, None, &trust).is_err());
});
