//! Any bytes are a picture or a typed refusal; what decodes can be hashed and searched for codes.
#![no_main]
use imaging::{Bank, Hash, Limits, decode, dihedral, qr_codes};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let limits = Limits {
        pixels_max: 1_000_000,
        decoder_bytes_max: 32 << 20,
        ..Limits::default()
    };
    if let Ok(picture) = decode(bytes, None, &limits) {
        let _ = dihedral(&picture);
        let _ = qr_codes(&picture);
    }
    let _ = Bank::from_bytes(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = text.parse::<Hash>();
    }
});
