//! Names of firms, brands and products, made comparable: width, case, accents, Han variants, punctuation.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Longest name that is compared; characters. The rest of a longer text is not looked at.
pub const COMPARED_CHARACTERS_MAX: usize = 2_000;

/// One character folded: NFKC, lower case, no accents, simplified Han. May be several characters or none.
fn fold_char(character: char, out: &mut Vec<char>) {
    if character.is_ascii() {
        out.push(character.to_ascii_lowercase());
        return;
    }
    let simplified = match character {
        '\u{3400}'..='\u{9fff}' => fast2s::convert(character.encode_utf8(&mut [0; 4]))
            .chars()
            .next()
            .unwrap_or(character),
        other => other,
    };
    for part in std::iter::once(simplified)
        .nfkd()
        .flat_map(char::to_lowercase)
    {
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
    folded(text)
        .chars
        .into_iter()
        .filter(|character| character.is_alphanumeric())
        .collect()
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
    let (part, whole): (Vec<char>, Vec<char>) =
        (key(part).chars().collect(), key(whole).chars().collect());
    if part.is_empty() || whole.is_empty() {
        return 0;
    }
    if part.len() == 1 {
        return if whole.contains(&part[0]) { 1000 } else { 0 };
    }
    let pieces: std::collections::HashSet<(char, char)> =
        whole.windows(2).map(|pair| (pair[0], pair[1])).collect();
    let hits = part
        .windows(2)
        .filter(|pair| pieces.contains(&(pair[0], pair[1])))
        .count();
    u16::try_from(hits * 1000 / (part.len() - 1)).unwrap_or(1000)
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

    proptest! {
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
