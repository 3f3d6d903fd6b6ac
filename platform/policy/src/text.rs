//! Texts in both languages, and the nearest known name.

pub use ground::{Bilingual, Language};

/// The known name nearest to `wanted`, when one is near enough to be what was meant (about a third of the letters
/// may differ).
pub fn nearest<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let longest = |name: &str| name.chars().count().max(wanted.chars().count()).max(1);
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(wanted, name), name))
        .filter(|(distance, name)| *distance * 3 <= longest(name) + 1)
        .min_by_key(|(distance, name)| (*distance, *name))
        .map(|(_, name)| name)
}
