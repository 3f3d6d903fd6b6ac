//! Fingerprints: 128 bits that stand for a text. SipHash-1-3 with a secret key (Aumasson and Bernstein, 2012), so that a
//! sender who does not know the key can neither make two texts meet nor crowd one place of a table.

use crate::signal::{KeyKind, KeyRef, Signal};
use siphasher::sip::SipHasher13;
use siphasher::sip128::SipHasher13 as SipHasher13x128;
use std::hash::Hasher;

/// 128 bits that stand for a text, high half first.
pub type Fingerprint = [u64; 2];

/// Makes fingerprints under one secret.
#[derive(Clone, Copy)]
pub struct Fingerprints {
    wide: SipHasher13x128,
    narrow: SipHasher13,
}

impl Fingerprints {
    /// Under this secret. A state and the snapshots of it must keep the same.
    pub fn new(secret: [u64; 2]) -> Fingerprints {
        Fingerprints {
            wide: SipHasher13x128::new_with_keys(secret[0], secret[1]),
            narrow: SipHasher13::new_with_keys(secret[0], secret[1]),
        }
    }

    /// Of any bytes.
    pub fn of(&self, bytes: &[u8]) -> Fingerprint {
        let hash = self.wide.hash(bytes);
        [hash.h1, hash.h2]
    }

    /// Of a signal's id.
    pub fn id(&self, id: &str) -> Fingerprint {
        self.of(id.as_bytes())
    }

    /// Of a key: its kind is part of it.
    pub fn key(&self, key: KeyRef<'_>) -> Fingerprint {
        let [high, low] = self.of(key.id.as_bytes());
        [high ^ kind_mask(key.kind), low]
    }

    /// Of `<merchant>/<local>` without joining the two in a text of their own. `joined` is working space.
    pub(crate) fn joined(&self, kind: KeyKind, merchant: &str, local: &str, joined: &mut Vec<u8>) -> Fingerprint {
        joined.clear();
        joined.extend_from_slice(merchant.as_bytes());
        joined.push(b'/');
        joined.extend_from_slice(local.as_bytes());
        let [high, low] = self.of(joined);
        [high ^ kind_mask(kind), low]
    }

    /// 64 bits of any bytes.
    pub fn short(&self, bytes: &[u8]) -> u64 {
        self.narrow.hash(bytes)
    }

    /// 64 bits of everything a signal says except its id: the same id with another hash is a contradiction.
    /// `space` is working space.
    pub fn content(&self, signal: &Signal<'_>, space: &mut Vec<u8>) -> u64 {
        space.clear();
        space.push(signal.kind as u8);
        space.extend_from_slice(&signal.at_us.to_le_bytes());
        space.extend_from_slice(&signal.quantity.to_le_bytes());
        space.extend_from_slice(&signal.amount_minor.to_le_bytes());
        let attributes = &signal.attributes;
        let texts = [
            Some(signal.merchant),
            Some(signal.product),
            signal.lot,
            signal.order,
            attributes.reason,
            attributes.place,
            attributes.device,
            attributes.buyer,
        ];
        for text in texts {
            match text {
                Some(text) => {
                    space.push(text.len() as u8);
                    space.extend_from_slice(text.as_bytes());
                }
                None => space.push(u8::MAX),
            }
        }
        space.push(attributes.rating.unwrap_or(0));
        space.push(attributes.verified.map_or(2, u8::from));
        let numbers = [
            attributes.buyer_age_days.map(u64::from),
            attributes.text_hash,
            attributes.weight_grams.map(u64::from),
            attributes.list_price_minor.map(|price| price as u64),
        ];
        for number in numbers {
            match number {
                Some(number) => {
                    space.push(1);
                    space.extend_from_slice(&number.to_le_bytes());
                }
                None => space.push(0),
            }
        }
        self.short(space)
    }
}

fn kind_mask(kind: KeyKind) -> u64 {
    (kind as u64 + 1) << 62 | kind as u64
}

/// The hash of a review's text that stands for it: letters and digits only, case folded, so that the same praise with
/// other blanks and marks is the same. It needs no secret: it is made by senders too (SipHash-1-3 under a zero key).
pub fn text_hash(text: &str) -> u64 {
    let mut hasher = SipHasher13::new_with_keys(0, 0);
    let mut bytes = [0; 4];
    for letter in text.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase) {
        hasher.write(letter.encode_utf8(&mut bytes).as_bytes());
    }
    hasher.finish()
}
