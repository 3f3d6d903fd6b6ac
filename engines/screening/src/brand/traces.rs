//! Traces of brand names: hashes by which most words of a text are known to be like no name, without any text being made.
//!
//! A word is like a name if it looks like one (their sights are equal) or is one letter off (they share a shortening). Both
//! are looked up here by hash alone; a hash that is not there rules the word out, a hash that is there proves nothing.

use std::collections::HashSet;

use unicode_normalization::char::canonical_combining_class;
use unicode_security::confusable_detection::skeleton;

use crate::names::{self, NOTHING, Pages, SEVERAL};

/// Longest word whose sights are taken letter by letter; a skeleton has at most four characters for one, so none is cut
/// off at [`names::COMPARED_CHARACTERS_MAX`].
const WORD_CHARACTERS_MAX: usize = names::COMPARED_CHARACTERS_MAX / 4;
/// Odd factor of the running hash.
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// What a character looks like as written, in lower case and in upper case.
static SIGHTS: Pages<[u32; 3]> = Pages::new(|character| {
    let written = character.to_string();
    // The lower case of a closing sigma depends on what stands before it.
    if character == 'Σ' {
        return [SEVERAL; 3];
    }
    let sights = [written.clone(), written.to_lowercase(), written.to_uppercase()]
        .map(|form| names::alone(&names::key(&skeleton(&form).collect::<String>()).chars().collect::<Vec<_>>()));
    // Marks change places with one another; that does not matter as long as they leave nothing behind.
    if canonical_combining_class(character) as u8 != 0 && sights != [NOTHING; 3] {
        return [SEVERAL; 3];
    }
    sights
});

/// Hashes of all names of a bank.
#[derive(Clone, Debug, Default)]
pub(super) struct Traces {
    sights: HashSet<u64>,
    /// Letters of the longest sight.
    sight_letters_max: usize,
    shortened: HashSet<u64>,
    /// Letters of the longest shortening: the longest name.
    name_letters_max: usize,
}

/// Room for the words of one text.
#[derive(Debug, Default)]
pub(super) struct Room {
    several: Vec<char>,
    folded: Vec<char>,
    /// Hash of the first so many letters.
    starts: Vec<u64>,
    /// Powers of the factor.
    powers: Vec<u64>,
}

impl Traces {
    pub(super) fn add_sight(&mut self, sight: &str) {
        self.sights.insert(sight.chars().fold(0, with));
        self.sight_letters_max = self.sight_letters_max.max(sight.chars().count());
    }

    pub(super) fn add_shortened(&mut self, short: &str) {
        self.shortened.insert(short.chars().fold(0, with));
        self.name_letters_max = self.name_letters_max.max(short.chars().count());
    }

    /// Whether a word is certainly like no name.
    pub(super) fn rule_out(&self, word: &[char], room: &mut Room) -> bool {
        !self.may_look_like(word) && !self.may_be_near(word, room)
    }

    fn may_look_like(&self, word: &[char]) -> bool {
        if word.len() > WORD_CHARACTERS_MAX {
            return true;
        }
        let mut hashes = [0; 3];
        let mut lengths = [0; 3];
        for &character in word {
            for (form, sight) in SIGHTS.of(character).into_iter().enumerate() {
                match sight {
                    SEVERAL => return true,
                    NOTHING => {}
                    one => {
                        hashes[form] = step(hashes[form], one);
                        lengths[form] += 1;
                    }
                }
            }
        }
        let may = |form: usize| lengths[form] <= self.sight_letters_max && self.sights.contains(&hashes[form]);
        may(0) || (hashes[1] != hashes[0] && may(1)) || (hashes[2] != hashes[0] && may(2))
    }

    fn may_be_near(&self, word: &[char], room: &mut Room) -> bool {
        let Room { several, folded, starts, powers } = room;
        folded.clear();
        for &character in word {
            names::fold_char(character, several);
            folded.extend(several.drain(..).filter(|letter| letter.is_alphanumeric()));
            // One letter more than the longest name may still be near it.
            if folded.len() > self.name_letters_max + 1 {
                return false;
            }
        }
        let length = folded.len();
        if length < 2 {
            return false;
        }
        while powers.len() <= length {
            powers.push(powers.last().map_or(1, |last| last.wrapping_mul(FACTOR)));
        }
        starts.clear();
        starts.push(0);
        let mut hash = 0;
        for &letter in &*folded {
            hash = with(hash, letter);
            starts.push(hash);
        }
        // The hash without one letter: what stands before it, moved up, and what stands behind it.
        let without = |index: usize| {
            let power = powers[length - 1 - index];
            let behind = hash.wrapping_sub(starts[index + 1].wrapping_mul(power));
            starts[index].wrapping_mul(power).wrapping_add(behind)
        };
        self.shortened.contains(&hash) || (0..length).any(|index| self.shortened.contains(&without(index)))
    }
}

fn with(hash: u64, letter: char) -> u64 {
    step(hash, u32::from(letter))
}

fn step(hash: u64, letter: u32) -> u64 {
    hash.wrapping_mul(FACTOR).wrapping_add(u64::from(letter) + 1)
}
