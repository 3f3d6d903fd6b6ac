//! Names of firms, brands and products, made comparable: width, case, accents, Han variants, punctuation.

use std::sync::OnceLock;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Longest name that is compared; characters. The rest of a longer text is not looked at.
pub const COMPARED_CHARACTERS_MAX: usize = 2_000;

/// Characters of one page of a [`Pages`].
const PAGE_CHARACTERS: usize = 256;
/// Pages of the basic plane; rarer characters are worked out each time.
const PAGES: usize = 256;
/// A character that folds to nothing.
pub(crate) const NOTHING: u32 = u32::MAX;
/// A character that folds to several, or that must be seen with its neighbours.
pub(crate) const SEVERAL: u32 = u32::MAX - 1;

/// What a function says of each character, worked out for a page of characters when one of them is first met.
pub(crate) struct Pages<T: 'static> {
    pages: [OnceLock<Box<[T]>>; PAGES],
    work_out: fn(char) -> T,
}

impl<T: Copy> Pages<T> {
    pub(crate) const fn new(work_out: fn(char) -> T) -> Self {
        Self { pages: [const { OnceLock::new() }; PAGES], work_out }
    }

    pub(crate) fn of(&self, character: char) -> T {
        let code = character as usize;
        let Some(page) = self.pages.get(code / PAGE_CHARACTERS) else { return (self.work_out)(character) };
        let page = page.get_or_init(|| {
            let first = code - code % PAGE_CHARACTERS;
            let codes = (first..first + PAGE_CHARACTERS).map(|code| u32::try_from(code).unwrap_or(0));
            codes.map(|code| (self.work_out)(char::from_u32(code).unwrap_or('\0'))).collect()
        });
        page[code % PAGE_CHARACTERS]
    }
}

/// What each character folds to, where it is one character or none.
static FOLDS: Pages<u32> = Pages::new(|character| {
    let mut out = Vec::new();
    work_out_fold(character, &mut out);
    alone(&out)
});

/// The only character of a list as a table keeps it.
pub(crate) fn alone(list: &[char]) -> u32 {
    match list {
        [] => NOTHING,
        [one] => u32::from(*one),
        _ => SEVERAL,
    }
}

/// One character folded: NFKC, lower case, no accents, simplified Han. May be several characters or none.
pub(crate) fn fold_char(character: char, out: &mut Vec<char>) {
    if character.is_ascii() {
        out.push(character.to_ascii_lowercase());
        return;
    }
    match FOLDS.of(character) {
        NOTHING => {}
        SEVERAL => work_out_fold(character, out),
        one => out.extend(char::from_u32(one)),
    }
}

fn work_out_fold(character: char, out: &mut Vec<char>) {
    if character.is_ascii() {
        out.push(character.to_ascii_lowercase());
        return;
    }
    let simplified = match character {
        '\u{3400}'..='\u{9fff}' => {
            fast2s::convert(character.encode_utf8(&mut [0; 4])).chars().next().unwrap_or(character)
        }
        other => other,
    };
    for part in std::iter::once(simplified).nfkd().flat_map(char::to_lowercase) {
        if !is_combining_mark(part) && !is_invisible(part) {
            out.push(part);
        }
    }
}

/// Zero-width and direction characters, soft hyphen, variation selectors.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}'
        | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}' | '\u{180e}')
}

/// A folded text whose characters know where they came from.
#[derive(Clone, Debug, Default)]
pub struct Folded {
    pub chars: Vec<char>,
    /// For each folded character the index of the original character.
    pub origins: Vec<usize>,
}

/// Folds a text and keeps the way back.
#[must_use]
pub fn folded(text: &str) -> Folded {
    let mut result = Folded::default();
    for (index, character) in text.chars().take(COMPARED_CHARACTERS_MAX).enumerate() {
        fold_char(character, &mut result.chars);
        result.origins.resize(result.chars.len(), index);
    }
    result
}

/// Folds a text to letters and digits only.
#[must_use]
pub fn key(text: &str) -> String {
    let mut key = String::with_capacity(text.len());
    let mut several = Vec::new();
    for character in text.chars().take(COMPARED_CHARACTERS_MAX) {
        fold_char(character, &mut several);
        key.extend(several.drain(..).filter(|character| character.is_alphanumeric()));
    }
    key
}

/// Whether two names are the same apart from writing. Empty names agree with nothing.
#[must_use]
pub fn same(a: &str, b: &str) -> bool {
    let (a, b) = (key(a), key(b));
    !a.is_empty() && a == b
}

/// How much of `part` stands in `whole`, 0 to 1000: the share of its two-character pieces. Order hardly matters, so
/// 纯牛奶 250ml and 250ml 纯牛奶 agree.
#[must_use]
pub fn containment(part: &str, whole: &str) -> u16 {
    Pieces::of(whole).containment(part)
}

/// A text made ready to be asked how much of other texts stands in it.
#[derive(Clone, Debug, Default)]
pub struct Pieces {
    chars: Vec<char>,
    /// Neighbouring characters, sorted.
    pairs: Vec<(char, char)>,
}

impl Pieces {
    /// Reads a text.
    #[must_use]
    pub fn of(whole: &str) -> Self {
        let chars: Vec<char> = key(whole).chars().collect();
        let mut pairs: Vec<(char, char)> = chars.windows(2).map(|pair| (pair[0], pair[1])).collect();
        pairs.sort_unstable();
        pairs.dedup();
        Self { chars, pairs }
    }

    /// How much of `part` stands in it; see [`containment`].
    #[must_use]
    pub fn containment(&self, part: &str) -> u16 {
        let part: Vec<char> = key(part).chars().collect();
        if part.is_empty() || self.chars.is_empty() {
            return 0;
        }
        if part.len() == 1 {
            return if self.chars.contains(&part[0]) { 1000 } else { 0 };
        }
        let hits = part.windows(2).filter(|pair| self.pairs.binary_search(&(pair[0], pair[1])).is_ok()).count();
        u16::try_from(hits * 1000 / (part.len() - 1)).unwrap_or(1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn writing_does_not_matter_but_letters_do() {
        assert!(same("Nestlé", "NESTLE"));
        assert!(same("ＡＢＣ（中国）有限公司", "abc(中國)有限公司"));
        assert!(same("L\u{200b}'Oréal", "loreal"));
        assert!(!same("", ""));
        assert!(!same("甲公司", "乙公司"));
    }

    #[test]
    fn containment_measures_the_shared_pieces() {
        assert_eq!(containment("纯牛奶", "某某纯牛奶250ml整箱"), 1000);
        assert!(containment("250ml纯牛奶", "纯牛奶 250ml") >= 800);
        assert_eq!(containment("儿童凉鞋", "纯牛奶"), 0);
        assert_eq!(containment("", "纯牛奶"), 0);
    }

    #[test]
    fn the_table_says_of_every_character_what_the_rule_says() {
        for character in ('\0'..=char::MAX).step_by(1) {
            let (mut by_table, mut by_rule) = (Vec::new(), Vec::new());
            fold_char(character, &mut by_table);
            work_out_fold(character, &mut by_rule);
            assert_eq!(by_table, by_rule, "{character:?}");
        }
    }

    /// As [`containment`] was first written.
    fn containment_by_set(part: &str, whole: &str) -> u16 {
        let letters = |text: &str| -> Vec<char> {
            folded(text).chars.into_iter().filter(|character| character.is_alphanumeric()).collect()
        };
        let (part, whole) = (letters(part), letters(whole));
        match part.len() {
            _ if part.is_empty() || whole.is_empty() => 0,
            1 => u16::from(whole.contains(&part[0])) * 1000,
            length => {
                let pieces: std::collections::HashSet<&[char]> = whole.windows(2).collect();
                let hits = part.windows(2).filter(|pair| pieces.contains(pair)).count();
                u16::try_from(hits * 1000 / (length - 1)).unwrap()
            }
        }
    }

    proptest! {
        #[test]
        fn keys_and_containment_are_what_they_were_by_the_plain_way(part in "[纯牛奶a-cÉ １0 -]{0,8}|.{0,20}", whole in "[纯牛奶a-cÉ １0 -]{0,12}|.{0,40}") {
            let plain: String = folded(&part).chars.into_iter().filter(|character| character.is_alphanumeric()).collect();
            prop_assert_eq!(key(&part), plain);
            prop_assert_eq!(containment(&part, &whole), containment_by_set(&part, &whole));
        }

        #[test]
        fn folding_keeps_a_way_back_for_every_character(text in "\\PC{0,40}") {
            let result = folded(&text);
            prop_assert_eq!(result.chars.len(), result.origins.len());
            let length = text.chars().count();
            prop_assert!(result.origins.iter().all(|origin| *origin < length));
            prop_assert!(result.origins.is_sorted());
            prop_assert!(containment(&text, "abc") <= 1000);
        }
    }
}
