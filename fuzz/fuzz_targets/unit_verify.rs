//! No text verifies as a unit code but those that are minted; what a person types folds to a serial or to nothing.
#![no_main]

use gs1::Gtin;
use gs1::unit::{COUNTERS, Serial, UnitKey, key_id, mint, second_code, verify, verify_second};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static KEY: LazyLock<UnitKey> = LazyLock::new(|| UnitKey::from_secret(17, &[42; 32]).expect("a key"));
static GTIN: LazyLock<Gtin> = LazyLock::new(|| "6901234567892".parse().expect("a GTIN"));

fuzz_target!(|bytes: &[u8]| {
    let mut number = [0_u8; 8];
    let (head, text) = bytes.split_at(bytes.len().min(8));
    number[..head.len()].copy_from_slice(head);
    let counter = u64::from_le_bytes(number) % COUNTERS;
    let serial = mint(&KEY, &GTIN, counter).expect("a counter below the limit");
    assert_eq!(verify(&KEY, &GTIN, serial.as_str()), Some(counter));
    let Ok(text) = std::str::from_utf8(text) else { return };
    // The fuzzer may hand in a serial it saw minted before; anything else that verifies is a forgery.
    if let Some(found) = verify(&KEY, &GTIN, text) {
        assert_eq!(mint(&KEY, &GTIN, found).expect("a counter below the limit").as_str(), text);
    }
    if let Some(typed) = Serial::typed(text) {
        assert_eq!(Serial::read(typed.as_str()), Some(typed));
        assert_eq!(key_id(typed.as_str()), Some(typed.key_id()));
    }
    let covered = second_code(&KEY, &GTIN, &serial);
    assert!(verify_second(&KEY, &GTIN, &serial, &covered.grouped()));
    let _ = verify_second(&KEY, &GTIN, &serial, text);
});
