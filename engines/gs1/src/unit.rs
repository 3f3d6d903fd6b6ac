//! Unit codes: the serial number (AI 21) that only the holder of a secret key can make, and that is verified without a look-up.
//!
//! A serial is 20 upper-case Crockford base32 characters, 100 bits: one character key id, eight characters masked counter (40
//! bits), eleven characters tag (55 bits). Synthetic-IV style (the idea of RFC 5297):
//!
//! - `tag = first 55 bits of HMAC-SHA-256(K1, GTIN ‖ key id ‖ counter)`;
//! - `masked counter = counter XOR first 40 bits of HMAC-SHA-256(K2, GTIN ‖ key id ‖ tag)`.
//!
//! GTIN is its 14 digits, the key id one byte, the counter and the tag eight bytes each, most significant first. K1, K2 and the
//! key of the covered second code are derived from the secret of the epoch, each under its own purpose, so that no one value
//! serves two purposes. A guessed serial verifies with probability 2⁻⁵⁵ (2.8 × 10⁻¹⁷); two serials of one GTIN and key are
//! never equal because the tag fixes the mask and the mask is undone by XOR. EU 2016/161 article 4 asks for at most 20
//! characters and less than 1 in 10 000.
//!
//! The lot is not bound: it is attached when the unit is commissioned. Whether a unit was commissioned, sold or seen is state
//! and is not known here.

use crate::Gtin;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::fmt;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Counters of one GTIN and key: 2⁴⁰.
pub const COUNTERS: u64 = 1 << 40;
/// Key ids: one base32 character.
pub const KEY_IDS: u8 = 32;
/// Characters of a serial.
pub const SERIAL_CHARACTERS: usize = 20;
/// Characters of a covered second code (60 bits).
pub const SECOND_CHARACTERS: usize = 12;

const TAG_BITS: u32 = 55;
const COUNTER_BITS: u32 = 40;
const SECOND_BITS: u32 = 60;
/// Crockford's base32: no I, L, O, U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Value of each byte in the alphabet; 255 for those outside.
const VALUES: [u8; 256] = values();

const fn values() -> [u8; 256] {
    let mut values = [255_u8; 256];
    let mut at = 0;
    while at < 32 {
        values[ALPHABET[at] as usize] = at as u8;
        at += 1;
    }
    values
}

type HmacSha256 = Hmac<Sha256>;

/// Why a key or a serial cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    /// Key ids are 0 to 31.
    #[error("a key id is 0 to 31, not {0}")]
    KeyId(u8),
    /// Counters are 0 to 2⁴⁰ − 1: the key is used up for this GTIN.
    #[error("a counter is less than 2^40, not {0}")]
    Counter(u64),
}

/// The keys of one epoch of one tenant, ready for use. Cloning is cheap; the parts are never printed.
#[derive(Clone)]
pub struct UnitKey {
    id: u8,
    tag: HmacSha256,
    mask: HmacSha256,
    second: HmacSha256,
}

impl UnitKey {
    /// Derives the three purpose keys from the 32-byte secret of an epoch.
    ///
    /// `K = HMAC-SHA-256(secret, "touchstone.unit.v1/" ‖ purpose)` with the purposes `tag`, `mask` and `second`.
    ///
    /// # Errors
    /// When `id` is over 31.
    pub fn from_secret(id: u8, secret: &[u8; 32]) -> Result<Self, UnitError> {
        let derived = |purpose: &str| -> Zeroizing<[u8; 32]> {
            let mut mac = keyed(secret);
            mac.update(b"touchstone.unit.v1/");
            mac.update(purpose.as_bytes());
            Zeroizing::new(mac.finalize().into_bytes().into())
        };
        Self::from_parts(id, &derived("tag"), &derived("mask"), &derived("second"))
    }

    /// Takes the purpose keys as they are: K1 (tag), K2 (mask), and the key of the covered second code.
    ///
    /// # Errors
    /// When `id` is over 31.
    pub fn from_parts(id: u8, tag: &[u8; 32], mask: &[u8; 32], second: &[u8; 32]) -> Result<Self, UnitError> {
        if id >= KEY_IDS {
            return Err(UnitError::KeyId(id));
        }
        Ok(Self { id, tag: keyed(tag), mask: keyed(mask), second: keyed(second) })
    }

    /// The key id, 0 to 31: the first character of its serials.
    #[must_use]
    pub fn id(&self) -> u8 {
        self.id
    }

    fn tag_of(&self, gtin: &Gtin, counter: u64) -> u64 {
        mac_bits(&self.tag, gtin, self.id, counter, TAG_BITS)
    }

    fn mask_of(&self, gtin: &Gtin, tag: u64) -> u64 {
        mac_bits(&self.mask, gtin, self.id, tag, COUNTER_BITS)
    }
}

impl fmt::Debug for UnitKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnitKey").field("id", &self.id).finish_non_exhaustive()
    }
}

fn keyed(secret: &[u8; 32]) -> HmacSha256 {
    HmacSha256::new_from_slice(secret).unwrap_or_else(|_| unreachable!("HMAC takes a key of any length"))
}

/// The first `bits` bits (at most 64) of the code over GTIN, key id and a number.
fn mac_bits(key: &HmacSha256, gtin: &Gtin, id: u8, number: u64, bits: u32) -> u64 {
    let mut message = [0_u8; 23];
    message[..14].copy_from_slice(gtin.bytes());
    message[14] = id;
    message[15..].copy_from_slice(&number.to_be_bytes());
    let mut mac = key.clone();
    mac.update(&message);
    first_bits(&mac.finalize().into_bytes(), bits)
}

fn first_bits(code: &[u8], bits: u32) -> u64 {
    let mut first = [0_u8; 8];
    first.copy_from_slice(&code[..8]);
    u64::from_be_bytes(first) >> (64 - bits)
}

/// A serial: 20 characters of Crockford base32.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Serial([u8; SERIAL_CHARACTERS]);

impl Serial {
    /// The 20 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The 20 characters as bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8; SERIAL_CHARACTERS] {
        &self.0
    }

    /// Which key the serial says it was made with.
    #[must_use]
    pub fn key_id(&self) -> u8 {
        VALUES[usize::from(self.0[0])]
    }

    /// Reads a serial as it is printed: exactly 20 upper-case characters of the alphabet.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let bytes: [u8; SERIAL_CHARACTERS] = text.as_bytes().try_into().ok()?;
        bytes.iter().all(|byte| VALUES[usize::from(*byte)] < 32).then_some(Self(bytes))
    }

    /// Reads a serial as a person types it: any case, hyphens and spaces anywhere, I and L for 1, O for 0.
    #[must_use]
    pub fn typed(text: &str) -> Option<Self> {
        let mut bytes = [0_u8; SERIAL_CHARACTERS];
        let length = fold_typed(text, &mut bytes)?;
        (length == SERIAL_CHARACTERS).then_some(Self(bytes))
    }

    fn of(key_id: u8, masked: u64, tag: u64) -> Self {
        let mut bytes = [0_u8; SERIAL_CHARACTERS];
        bytes[0] = ALPHABET[usize::from(key_id)];
        write_base32(masked, &mut bytes[1..9]);
        write_base32(tag, &mut bytes[9..]);
        Self(bytes)
    }

    fn masked(&self) -> u64 {
        read_base32(&self.0[1..9])
    }

    fn tag(&self) -> u64 {
        read_base32(&self.0[9..])
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Serial({})", self.as_str())
    }
}

impl AsRef<str> for Serial {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

/// The covered second code (暗码): 12 characters under a scratch layer, which show once that a unit was bought.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SecondCode([u8; SECOND_CHARACTERS]);

impl SecondCode {
    /// The 12 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The code in groups of four, as it is printed for reading: `XXXX-XXXX-XXXX`.
    #[must_use]
    pub fn grouped(&self) -> String {
        let text = self.as_str();
        format!("{}-{}-{}", &text[..4], &text[4..8], &text[8..])
    }
}

impl fmt::Display for SecondCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for SecondCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A second code is a secret until it is uncovered.
        f.write_str("SecondCode(…)")
    }
}

/// Makes the serial of one unit: `counter` is 0 to 2⁴⁰ − 1 and must be used once for a GTIN and key.
///
/// # Errors
/// [`UnitError::Counter`] when the counter does not fit in 40 bits.
pub fn mint(key: &UnitKey, gtin: &Gtin, counter: u64) -> Result<Serial, UnitError> {
    if counter >= COUNTERS {
        return Err(UnitError::Counter(counter));
    }
    let tag = key.tag_of(gtin, counter);
    let masked = counter ^ key.mask_of(gtin, tag);
    Ok(Serial::of(key.id, masked, tag))
}

/// The counter of a serial that was made with this key for this GTIN; `None` for every other text.
///
/// The tag is compared in constant time. The text must be exactly as printed; see [`Serial::typed`] for what a person types.
#[must_use]
pub fn verify(key: &UnitKey, gtin: &Gtin, serial: &str) -> Option<u64> {
    let serial = Serial::read(serial)?;
    if serial.key_id() != key.id {
        return None;
    }
    let tag = serial.tag();
    let counter = serial.masked() ^ key.mask_of(gtin, tag);
    let right = key.tag_of(gtin, counter).ct_eq(&tag);
    bool::from(right).then_some(counter)
}

/// The key id a text names, when it has the shape of a serial. It says nothing about being genuine.
#[must_use]
pub fn key_id(serial: &str) -> Option<u8> {
    Serial::read(serial).map(|serial| serial.key_id())
}

/// The covered second code of a unit: the first 60 bits of `HMAC-SHA-256(K3, GTIN ‖ serial)`.
///
/// Its key has its own purpose, so that who knows the outer code and even K1 and K2 does not know it.
#[must_use]
pub fn second_code(key: &UnitKey, gtin: &Gtin, serial: &Serial) -> SecondCode {
    let mut mac = key.second.clone();
    mac.update(gtin.bytes());
    mac.update(serial.bytes());
    let mut code = [0_u8; SECOND_CHARACTERS];
    write_base32(first_bits(&mac.finalize().into_bytes(), SECOND_BITS), &mut code);
    SecondCode(code)
}

/// Whether `typed` (any case, hyphens and spaces allowed) is the covered second code of the unit. Compared in constant time.
#[must_use]
pub fn verify_second(key: &UnitKey, gtin: &Gtin, serial: &Serial, typed: &str) -> bool {
    let mut given = [0_u8; SECOND_CHARACTERS];
    if fold_typed(typed, &mut given) != Some(SECOND_CHARACTERS) {
        return false;
    }
    second_code(key, gtin, serial).0.ct_eq(&given).into()
}

/// Folds what a person typed into the alphabet; how many characters, or `None` when one is foreign or there are too many.
fn fold_typed(text: &str, out: &mut [u8]) -> Option<usize> {
    let mut length = 0;
    for character in text.chars() {
        let folded = match character.to_ascii_uppercase() {
            '-' | ' ' => continue,
            'I' | 'L' => b'1',
            'O' => b'0',
            other => u8::try_from(other).ok().filter(|byte| VALUES[usize::from(*byte)] < 32)?,
        };
        *out.get_mut(length)? = folded;
        length += 1;
    }
    Some(length)
}

fn write_base32(mut number: u64, out: &mut [u8]) {
    for byte in out.iter_mut().rev() {
        *byte = ALPHABET[(number & 31) as usize];
        number >>= 5;
    }
}

fn read_base32(text: &[u8]) -> u64 {
    text.iter().fold(0, |number, byte| number << 5 | u64::from(VALUES[usize::from(*byte)]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    fn gtin() -> Gtin {
        "6901234567892".parse().unwrap()
    }

    fn key(id: u8, seed: u8) -> UnitKey {
        UnitKey::from_secret(id, &[seed; 32]).unwrap()
    }

    #[test]
    fn the_construction_is_the_one_described() {
        // Worked out here from HMAC itself, so that a change of any part shows.
        let (tag_key, mask_key) = ([1_u8; 32], [2_u8; 32]);
        let key = UnitKey::from_parts(7, &tag_key, &mask_key, &[3; 32]).unwrap();
        let counter = 0x12_3456_789A_u64;
        let serial = mint(&key, &gtin(), counter).unwrap();
        let code = |secret: &[u8; 32], number: u64| {
            let mut mac = HmacSha256::new_from_slice(secret).unwrap();
            mac.update(b"06901234567892");
            mac.update(&[7]);
            mac.update(&number.to_be_bytes());
            u64::from_be_bytes(mac.finalize().into_bytes()[..8].try_into().unwrap())
        };
        let tag = code(&tag_key, counter) >> 9;
        let masked = counter ^ (code(&mask_key, tag) >> 24);
        let bits = u128::from(7_u8) << 95 | u128::from(masked) << 55 | u128::from(tag);
        let expected: String =
            (0..20).rev().map(|place| char::from(ALPHABET[(bits >> (5 * place) & 31) as usize])).collect();
        assert_eq!(serial.as_str(), expected);
        assert_eq!(key_id(serial.as_str()), Some(7));
    }

    #[test]
    fn the_last_counter_fits_and_the_next_does_not() {
        let key = key(31, 9);
        let last = mint(&key, &gtin(), COUNTERS - 1).unwrap();
        assert_eq!(verify(&key, &gtin(), last.as_str()), Some(COUNTERS - 1));
        assert_eq!(mint(&key, &gtin(), COUNTERS), Err(UnitError::Counter(COUNTERS)));
        assert_eq!(mint(&key, &gtin(), u64::MAX), Err(UnitError::Counter(u64::MAX)));
        assert_eq!(UnitKey::from_secret(32, &[0; 32]).unwrap_err(), UnitError::KeyId(32));
    }

    #[test]
    fn serials_do_not_repeat_and_do_not_show_their_order() {
        let key = key(0, 4);
        let serials: Vec<Serial> = (0..10_000).map(|counter| mint(&key, &gtin(), counter).unwrap()).collect();
        assert_eq!(serials.iter().collect::<HashSet<_>>().len(), serials.len());
        let rising = serials.windows(2).filter(|pair| pair[0] < pair[1]).count();
        assert!((4_700..5_300).contains(&rising), "{rising} of 9,999 neighbours rise");
    }

    #[test]
    fn what_a_person_types_is_folded_but_a_scanned_code_is_exact() {
        let key = key(1, 5);
        let serial = mint(&key, &gtin(), 77).unwrap();
        let lower = serial.as_str().to_ascii_lowercase();
        assert_eq!(Serial::typed(&lower), Some(serial));
        assert_eq!(Serial::typed(&format!("{}-{}", &lower[..4], &lower[4..])), Some(serial));
        assert_eq!(Serial::typed("I0l0o00000000000000").map(|s| s.to_string()), None);
        assert_eq!(
            Serial::typed("I0l0o000000000000000").map(|s| s.to_string()).as_deref(),
            Some("10100000000000000000")
        );
        if lower != serial.as_str() {
            assert_eq!(verify(&key, &gtin(), &lower), None);
        }
        for foreign in ["", "0", "測試", "000000000000000000000", "0000000000000000000U"] {
            assert_eq!(verify(&key, &gtin(), foreign), None);
            assert_eq!(Serial::typed(foreign), None);
        }
    }

    #[test]
    fn the_second_code_has_its_own_key() {
        let one = UnitKey::from_parts(1, &[1; 32], &[2; 32], &[3; 32]).unwrap();
        let other = UnitKey::from_parts(1, &[1; 32], &[2; 32], &[4; 32]).unwrap();
        let serial = mint(&one, &gtin(), 5).unwrap();
        assert_eq!(mint(&other, &gtin(), 5).unwrap(), serial);
        let code = second_code(&one, &gtin(), &serial);
        assert_ne!(second_code(&other, &gtin(), &serial), code);
        assert!(verify_second(&one, &gtin(), &serial, code.as_str()));
        assert!(verify_second(&one, &gtin(), &serial, &code.grouped().to_ascii_lowercase()));
        assert!(!verify_second(&other, &gtin(), &serial, code.as_str()));
        assert!(!verify_second(&one, &gtin(), &serial, &code.as_str()[1..]));
        assert!(!verify_second(&one, &gtin(), &serial, ""));
        assert!(!format!("{code:?} {one:?}").contains(code.as_str()));
    }

    proptest! {
        #[test]
        fn a_minted_serial_verifies_to_its_counter(counter in 0..COUNTERS, id in 0..KEY_IDS, secret: [u8; 32]) {
            let key = UnitKey::from_secret(id, &secret).unwrap();
            let serial = mint(&key, &gtin(), counter).unwrap();
            prop_assert_eq!(verify(&key, &gtin(), serial.as_str()), Some(counter));
            prop_assert_eq!(serial.key_id(), id);
            prop_assert_eq!(Serial::read(serial.as_str()), Some(serial));
        }

        #[test]
        fn a_serial_with_one_changed_character_is_refused(
            counter in 0..COUNTERS,
            place in 0..SERIAL_CHARACTERS,
            step in 1..32_usize,
        ) {
            let key = key(3, 8);
            let serial = mint(&key, &gtin(), counter).unwrap();
            let mut bytes = *serial.bytes();
            let value = usize::from(VALUES[usize::from(bytes[place])]);
            bytes[place] = ALPHABET[(value + step) % 32];
            prop_assert_eq!(verify(&key, &gtin(), std::str::from_utf8(&bytes).unwrap()), None);
        }

        #[test]
        fn a_serial_is_bound_to_its_gtin_and_its_key(counter in 0..COUNTERS) {
            let serial = mint(&key(3, 8), &gtin(), counter).unwrap();
            let other: Gtin = "4006381333931".parse().unwrap();
            prop_assert_eq!(verify(&key(3, 8), &other, serial.as_str()), None);
            prop_assert_eq!(verify(&key(3, 9), &gtin(), serial.as_str()), None);
            prop_assert_eq!(verify(&key(4, 8), &gtin(), serial.as_str()), None);
        }

        #[test]
        fn no_text_makes_verifying_fail_otherwise(text in ".{0,40}") {
            prop_assert_eq!(verify(&key(3, 8), &gtin(), &text), None);
            let _ = Serial::typed(&text);
        }
    }
}
