//! Text as it is read aloud: one symbol a syllable.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::fold::{Folded, Gap, is_han, sound_of};

/// Syllables are written as characters of a private plane, in the order of [`Sounds::syllables`].
const FIRST_SYMBOL: u32 = 0xf_0000;
const HAN_FIRST: u32 = 0x3400;
const HAN_END: u32 = 0xa000;
/// Longest run of letters that is read as Pinyin.
const PINYIN_LETTERS_MAX: usize = 14;
const SYLLABLE_LETTERS_MAX: usize = 6;

/// Characters so common that they stand beside anything by accident: never taken for a homophone.
const ORDINARY: &str = "的是不了在有和也都就要可以及与为又还很再大小个这那你我他她它们给把被让用做到来去上下中里外前后多少能会好于而且或但没无非\
更比从向对将着过地得吗呢吧啊只知时事市自字子已其此之所成主进同起经天年生学现作加分本机性实使面";

/// Replacements with another tone that are in use where a term has only two characters.
const OTHER_TONE: &[(char, &str)] = &[
    ('最', "嘴"),
    ('第', "弟地底"),
    ('佳', "甲"),
    ('疗', "料"),
    ('效', "笑消"),
    ('极', "及级"),
    ('肥', "飞"),
    ('祛', "区去"),
    ('癌', "爱"),
    ('药', "要"),
];

struct Sounds {
    /// Syllable and tone of each Han character of the basic plane.
    of_char: Vec<(u16, u8)>,
    index: HashMap<&'static str, u16>,
}

const SILENT: (u16, u8) = (u16::MAX, 0);

static SOUNDS: LazyLock<Sounds> = LazyLock::new(|| {
    let mut index: HashMap<&'static str, u16> = HashMap::new();
    let mut of_char = Vec::with_capacity((HAN_END - HAN_FIRST) as usize);
    for code in HAN_FIRST..HAN_END {
        let sound = char::from_u32(code).and_then(sound_of).map_or(SILENT, |(syllable, tone)| {
            let next = u16::try_from(index.len()).unwrap_or(u16::MAX - 1);
            (*index.entry(syllable).or_insert(next), tone)
        });
        of_char.push(sound);
    }
    Sounds { of_char, index }
});

fn sound(letter: char) -> Option<(u16, u8)> {
    let letter = match letter {
        '0'..='9' => ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九'][letter as usize - '0' as usize],
        other => other,
    };
    let index = (letter as u32).checked_sub(HAN_FIRST)?;
    SOUNDS.of_char.get(index as usize).copied().filter(|sound| *sound != SILENT)
}

fn symbol(syllable: u16) -> char {
    char::from_u32(FIRST_SYMBOL + u32::from(syllable)).unwrap_or('\u{fffd}')
}

/// A term as a sequence of syllables; letters without a sound stay as they are.
pub fn pattern(letters: &[char]) -> String {
    letters.iter().map(|&letter| sound(letter).map_or(letter, |(syllable, _)| symbol(syllable))).collect()
}

/// A folded text read aloud.
#[derive(Clone, Debug, Default)]
pub struct Spoken {
    pub text: String,
    /// For each symbol, the first letter of the folded text it stands for; one more entry for the end.
    pub letters: Vec<u32>,
    /// For each byte of `text`, the symbol it belongs to; one more entry for the end.
    pub symbol_of_byte: Vec<u32>,
}

impl Spoken {
    pub fn fill(&mut self, folded: &Folded) {
        self.text.clear();
        self.letters.clear();
        self.symbol_of_byte.clear();
        let chars = &folded.chars;
        let mut at = 0;
        while at < chars.len() {
            let letter = chars[at];
            if letter.is_ascii_lowercase() {
                let mut end = at + 1;
                while end < chars.len() && chars[end].is_ascii_lowercase() && folded.gaps[end] <= Gap::Symbol {
                    end += 1;
                }
                let beside_han = (at > 0 && is_han(chars[at - 1])) || chars.get(end).is_some_and(|&next| is_han(next));
                let read = beside_han && end - at <= PINYIN_LETTERS_MAX && self.read(&chars[at..end], at);
                if !read {
                    for (offset, &letter) in chars[at..end].iter().enumerate() {
                        self.push(letter, at + offset);
                    }
                }
                at = end;
                continue;
            }
            self.push(sound(letter).map_or(letter, |(syllable, _)| symbol(syllable)), at);
            at += 1;
        }
        self.symbol_of_byte.push(u32::try_from(self.letters.len()).unwrap_or(u32::MAX));
        self.letters.push(u32::try_from(chars.len()).unwrap_or(u32::MAX));
    }

    fn push(&mut self, symbol: char, at: usize) {
        let index = u32::try_from(self.letters.len()).unwrap_or(u32::MAX);
        for _ in 0..symbol.len_utf8() {
            self.symbol_of_byte.push(index);
        }
        self.text.push(symbol);
        self.letters.push(u32::try_from(at).unwrap_or(u32::MAX));
    }

    /// Reads a run of letters as Pinyin, longest syllable first; nothing is written unless all of it can be read.
    fn read(&mut self, run: &[char], at: usize) -> bool {
        let text: String = run.iter().collect();
        let mut syllables = Vec::new();
        let mut from = 0;
        while from < text.len() {
            let longest = (1..=SYLLABLE_LETTERS_MAX.min(text.len() - from)).rev();
            let Some((length, syllable)) =
                longest.filter_map(|length| Some((length, *SOUNDS.index.get(&text[from..from + length])?))).next()
            else {
                return false;
            };
            syllables.push((from, syllable));
            from += length;
        }
        for (from, syllable) in syllables {
            self.push(symbol(syllable), at + from);
        }
        true
    }
}

/// Whether letters that sound like a term may be taken for it. `written[i]` are the letters of the text that were read
/// as `term[i]`.
///
/// The shorter the term, the more must be as it stands: two characters allow one replacement of the same tone (or one
/// in use, [`OTHER_TONE`]); three allow two of the same tone or one of any; from four on half must stand.
pub fn stands_for(term: &[char], written: &[&[char]]) -> bool {
    let (mut same, mut pinyin, mut same_tone, mut other_tone) = (0, 0, 0, 0);
    for (&letter, written) in term.iter().zip(written) {
        let Some(&first) = written.first() else { return false };
        if written.len() == 1 && first == letter {
            same += 1;
        } else if first.is_ascii_lowercase() {
            pinyin += 1;
        } else if letter.is_ascii_digit()
            || first.is_ascii_digit()
            || ORDINARY.contains(first) && !in_use(letter, first)
        {
            return false;
        } else if in_use(letter, first) || sound(letter).map(|(_, tone)| tone) == sound(first).map(|(_, tone)| tone) {
            same_tone += 1;
        } else {
            other_tone += 1;
        }
    }
    if same + pinyin == term.len() && pinyin == 0 {
        return false;
    }
    match term.len() {
        0 | 1 => false,
        2 => same == 1 && other_tone == 0,
        3 => same >= 1 && (same_tone + other_tone <= 1 || other_tone == 0),
        length => same * 2 >= length,
    }
}

fn in_use(letter: char, replacement: char) -> bool {
    OTHER_TONE.iter().any(|(of, replacements)| *of == letter && replacements.contains(replacement))
}
