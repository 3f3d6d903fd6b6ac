//! A list that is read must be written and read back the same; nothing unpacks without end.
#![no_main]

use credentials::{Bits, Credential, StatusList, json};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(bits) = Bits::decode(text) {
        assert_eq!(Bits::decode(&bits.encode().unwrap()).unwrap(), bits);
        assert!(bits.get(bits.len()).is_err());
    }
    if let Ok(credential) = json::read_object(bytes).and_then(Credential::new) {
        let _ = StatusList::read(&credential);
        let _ = credential.status_entries();
    }
});
