//! Text as the automaton sees it: folded, without noise, with a map back to the characters of the original.
//!
//! One pass over a table. Each character becomes nothing, one or a few letters: NFKC, lower case, width, Traditional →
//! Simplified, accents and look-alikes (Cyrillic, Greek, rare Han forms), numerals (一 壹 ① Ⅰ → 1). What is no letter,
//! digit or `%` is left out; what stood between two kept characters is remembered as a [`Gap`], so that the matcher can
//! tell 国*家*级 (an evasion) from 国家，级别 (two words).

mod table;

pub use table::{SPLITS, sound_of};

/// What stood between a kept character and the one before. Ordered: the stronger separates more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Gap {
    /// Nothing.
    None,
    /// Symbols, emoji, zero-width and control characters: nobody writes them inside a word for a good reason.
    Symbol,
    /// White space, and the list comma 、.
    Space,
    /// Commas, colons, brackets: a clause ends.
    Clause,
    /// Full stops, line ends: a sentence ends.
    Sentence,
}

/// A folded text. All vectors have one entry per kept character.
#[derive(Clone, Debug, Default)]
pub struct Folded {
    /// The kept characters.
    pub text: String,
    pub chars: Vec<char>,
    /// Character offset in the original text each kept character came from.
    pub origin: Vec<u32>,
    /// What stood before each kept character.
    pub gaps: Vec<Gap>,
    /// For each byte of `text`, the index of the character it belongs to; one more entry for the end.
    pub char_of_byte: Vec<u32>,
    /// Characters of the original text.
    pub length: u32,
}

impl Folded {
    /// Folds a text.
    #[must_use]
    pub fn new(original: &str) -> Self {
        let mut folded = Self::default();
        folded.fill(original);
        folded
    }

    /// As [`Folded::new`], reusing the room of an earlier text.
    pub fn fill(&mut self, original: &str) {
        self.text.clear();
        self.chars.clear();
        self.origin.clear();
        self.gaps.clear();
        self.char_of_byte.clear();
        let table = table::table();
        let mut gap = Gap::Sentence;
        let mut offset = 0_u32;
        for char in original.chars() {
            match table.look_up(char) {
                table::Entry::Letter(letter) => self.keep(letter, offset, &mut gap),
                table::Entry::Letters(letters) => {
                    for letter in letters.chars() {
                        match table.look_up(letter) {
                            table::Entry::Letter(letter) => self.keep(letter, offset, &mut gap),
                            table::Entry::Noise(noise) => gap = gap.max(noise),
                            table::Entry::Letters(_) => {}
                        }
                    }
                }
                table::Entry::Noise(noise) => gap = gap.max(noise),
            }
            offset += 1;
        }
        self.char_of_byte.push(u32::try_from(self.chars.len()).unwrap_or(u32::MAX));
        self.length = offset;
    }

    fn keep(&mut self, letter: char, offset: u32, gap: &mut Gap) {
        let index = u32::try_from(self.chars.len()).unwrap_or(u32::MAX);
        for _ in 0..letter.len_utf8() {
            self.char_of_byte.push(index);
        }
        self.text.push(letter);
        self.chars.push(letter);
        self.origin.push(offset);
        self.gaps.push(*gap);
        *gap = Gap::None;
    }

    /// The original character span of the kept characters `from..until` (not empty).
    #[must_use]
    pub fn span(&self, from: usize, until: usize) -> (u32, u32) {
        (self.origin[from], self.origin[until - 1] + 1)
    }
}

/// A term or a name as the automaton holds it: folded, without noise.
#[must_use]
pub fn fold(term: &str) -> String {
    Folded::new(term).text
}

/// Whether a folded character is a letter of an alphabet (words have boundaries) and not a Han character.
#[must_use]
pub fn is_alphabetic(letter: char) -> bool {
    letter.is_alphabetic() && !is_han(letter)
}

/// Whether a character is a Han character.
#[must_use]
pub fn is_han(letter: char) -> bool {
    matches!(letter, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn disguises_of_one_word_fold_to_the_same_text() {
        for disguise in ["国家级", "國家級", "国 家*级", "国\u{200b}家\u{202e}级", "国😀家😀级", "囯家级"]
        {
            assert_eq!(fold(disguise), "国家级", "{disguise}");
        }
        for first in ["第一", "第①", "第壹", "第1", "第１", "第Ⅰ", "第㈠", "苐一", "第1️⃣"] {
            assert_eq!(fold(first), "第1", "{first}");
        }
        for latin in ["TOP1", "ＴＯＰ１", "ТОР1", "tóp①", "𝐓𝐎𝐏１"] {
            assert_eq!(fold(latin), "top1", "{latin}");
        }
        assert_eq!(fold("💯%有效"), "100%有效");
    }

    #[test]
    fn a_span_points_at_the_original_characters() {
        let folded = Folded::new("好物：國 家🎉級！");
        assert_eq!(folded.text, "好物国家级");
        assert_eq!(folded.span(2, 5), (3, 8));
        assert_eq!(folded.gaps[2..], [Gap::Clause, Gap::Space, Gap::Symbol]);
    }

    proptest! {
        #[test]
        fn any_text_folds_and_every_origin_is_inside_it(text in "\\PC{0,200}|.{0,200}") {
            let folded = Folded::new(&text);
            let length = text.chars().count();
            prop_assert_eq!(folded.length as usize, length);
            prop_assert!(folded.origin.iter().all(|&origin| (origin as usize) < length));
            prop_assert!(folded.origin.is_sorted());
            prop_assert_eq!(folded.chars.len(), folded.gaps.len());
            prop_assert_eq!(folded.char_of_byte.len(), folded.text.len() + 1);
        }

        #[test]
        fn folding_twice_changes_nothing(text in "\\PC{0,100}") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }
    }
}
