//! Texts of keys in places of four sizes, so that a text needs no allocation of its own.

use super::slab::Slab;

/// Most bytes in the text of a key: a merchant, a slash, a product.
const TEXT_BYTES_MAX: usize = 224;

/// Where a text is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TextPlace {
    place: u32,
    length: u8,
}

/// Texts by size.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    tiny: Slab<[u8; 24]>,
    small: Slab<[u8; 48]>,
    middle: Slab<[u8; 96]>,
    large: Slab<[u8; TEXT_BYTES_MAX]>,
}

impl Texts {
    /// Keeps a text; one longer than a key can be is cut.
    pub fn put(&mut self, text: &str) -> TextPlace {
        let bytes = &text.as_bytes()[..text.floor_char_boundary(TEXT_BYTES_MAX)];
        fn padded<const N: usize>(bytes: &[u8]) -> [u8; N] {
            let mut place = [0; N];
            place[..bytes.len()].copy_from_slice(bytes);
            place
        }
        let place = match bytes.len() {
            ..=24 => self.tiny.put(padded(bytes)),
            25..=48 => self.small.put(padded(bytes)),
            49..=96 => self.middle.put(padded(bytes)),
            _ => self.large.put(padded(bytes)),
        };
        TextPlace { place, length: bytes.len() as u8 }
    }

    pub fn get(&self, at: TextPlace) -> &str {
        let bytes: &[u8] = match at.length {
            ..=24 => self.tiny.get(at.place),
            25..=48 => self.small.get(at.place),
            49..=96 => self.middle.get(at.place),
            _ => self.large.get(at.place),
        };
        std::str::from_utf8(&bytes[..usize::from(at.length)]).unwrap_or("")
    }

    pub fn take(&mut self, at: TextPlace) {
        match at.length {
            ..=24 => self.tiny.take(at.place),
            25..=48 => self.small.take(at.place),
            49..=96 => self.middle.take(at.place),
            _ => self.large.take(at.place),
        }
    }

    pub fn bytes(&self) -> usize {
        self.tiny.bytes() + self.small.bytes() + self.middle.bytes() + self.large.bytes()
    }
}
