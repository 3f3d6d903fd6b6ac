//! The 256-bit hash value: distance, hexadecimal text, parsing.
use std::fmt;
use std::str::FromStr;

/// Bits in a hash.
pub const HASH_BITS: u32 = 256;

/// A 256-bit perceptual hash.
///
/// Bit `k` (coefficient row `k / 16`, column `k % 16`) is bit `k % 64` of word `k / 64`. The text form is 64
/// lower-case hexadecimal digits, highest bit first, as the reference PDQ program prints it. Aligned so that it never lies across
/// two cache lines.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[repr(align(32))]
pub struct Hash([u64; 4]);

/// Why a text is not a hash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HashParseError {
    /// The text does not have 64 characters.
    #[error("a PDQ hash has 64 hexadecimal digits, this text has {found} characters")]
    Length {
        /// Characters found.
        found: usize,
    },
    /// A character is not a hexadecimal digit.
    #[error("character {position} ({found:?}) is not a hexadecimal digit")]
    Digit {
        /// 1-based place of the character.
        position: usize,
        /// The character.
        found: char,
    },
}

impl Hash {
    /// A hash from four words, lowest first.
    pub const fn from_words(words: [u64; 4]) -> Self {
        Self(words)
    }

    /// The four words, lowest first.
    pub const fn words(self) -> [u64; 4] {
        self.0
    }

    /// Number of differing bits, 0 to 256.
    #[inline]
    pub const fn distance(self, other: Self) -> u32 {
        (self.0[0] ^ other.0[0]).count_ones()
            + (self.0[1] ^ other.0[1]).count_ones()
            + (self.0[2] ^ other.0[2]).count_ones()
            + (self.0[3] ^ other.0[3]).count_ones()
    }

    /// This hash with bit `index % 256` turned over.
    #[must_use]
    pub const fn with_flipped_bit(mut self, index: u32) -> Self {
        let index = index % HASH_BITS;
        self.0[(index / 64) as usize] ^= 1 << (index % 64);
        self
    }

    /// The 16 bits `16 * part .. 16 * part + 16`; `part` counts 0 to 15.
    #[inline]
    pub const fn part(self, part: usize) -> u16 {
        (self.0[(part / 4) % 4] >> (16 * (part % 4))) as u16
    }

    /// 32 bytes in the order of the text form (highest bit first).
    pub fn to_bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for (chunk, word) in bytes.chunks_exact_mut(8).zip(self.0.iter().rev()) {
            chunk.copy_from_slice(&word.to_be_bytes());
        }
        bytes
    }

    /// The opposite of [`Hash::to_bytes`].
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        let mut words = [0_u64; 4];
        for (position, byte) in bytes.iter().enumerate() {
            let word = &mut words[3 - position / 8];
            *word = (*word << 8) | u64::from(*byte);
        }
        Self(words)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d] = self.0;
        write!(out, "{d:016x}{c:016x}{b:016x}{a:016x}")
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Hash({self})")
    }
}

impl FromStr for Hash {
    type Err = HashParseError;

    /// Reads 64 hexadecimal digits of either case; nothing else is allowed, not even spaces around.
    fn from_str(text: &str) -> Result<Self, HashParseError> {
        let found = text.chars().count();
        if found != 64 {
            return Err(HashParseError::Length { found });
        }
        let mut words = [0_u64; 4];
        for (index, character) in text.chars().enumerate() {
            let Some(digit) = character.to_digit(16) else {
                return Err(HashParseError::Digit { position: index + 1, found: character });
            };
            let word = &mut words[3 - index / 16];
            *word = (*word << 4) | u64::from(digit);
        }
        Ok(Self(words))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_text_of_the_wrong_length_or_with_a_strange_digit_is_refused_with_its_place() {
        assert_eq!("abc".parse::<Hash>(), Err(HashParseError::Length { found: 3 }));
        assert_eq!("哈".repeat(64).parse::<Hash>(), Err(HashParseError::Digit { position: 1, found: '哈' }));
        let text = format!("{}g", "0".repeat(63));
        assert_eq!(text.parse::<Hash>(), Err(HashParseError::Digit { position: 64, found: 'g' }));
        assert!(format!(" {}", "0".repeat(63)).parse::<Hash>().is_err());
    }

    #[test]
    fn the_last_hexadecimal_digit_holds_the_lowest_bits() {
        let hash: Hash = format!("{}1", "0".repeat(63)).parse().expect("a hash");
        assert_eq!(hash, Hash::default().with_flipped_bit(0));
        assert_eq!(hash.part(0), 1);
    }

    proptest! {
        #[test]
        fn text_and_bytes_lead_back_to_the_hash(words in any::<[u64; 4]>()) {
            let hash = Hash::from_words(words);
            prop_assert_eq!(hash.to_string().parse::<Hash>(), Ok(hash));
            prop_assert_eq!(hash.to_string().to_uppercase().parse::<Hash>(), Ok(hash));
            prop_assert_eq!(Hash::from_bytes(hash.to_bytes()), hash);
        }

        #[test]
        fn distance_is_a_metric(a in any::<[u64; 4]>(), b in any::<[u64; 4]>(), c in any::<[u64; 4]>(), bit in 0_u32..256) {
            let (a, b, c) = (Hash::from_words(a), Hash::from_words(b), Hash::from_words(c));
            prop_assert_eq!(a.distance(a), 0);
            prop_assert_eq!(a.distance(b), b.distance(a));
            prop_assert!(a.distance(c) <= a.distance(b) + b.distance(c));
            prop_assert_eq!(a.distance(a.with_flipped_bit(bit)), 1);
        }

        #[test]
        fn any_text_is_parsed_or_refused(text in ".{0,80}") {
            let _ = text.parse::<Hash>();
        }
    }
}
