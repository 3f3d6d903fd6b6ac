//! Searching for a text as it stands.

use sea_orm::sea_query::LikeExpr;

/// What escapes a wildcard; it means the same to every store, a backslash does not.
const ESCAPE: char = '!';

/// The pattern of `column.like(…)` that finds a text anywhere in a column; `%` and `_` in it stand for themselves.
pub fn containing(text: &str) -> LikeExpr {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | ESCAPE) {
            pattern.push(ESCAPE);
        }
        pattern.push(letter);
    }
    pattern.push('%');
    LikeExpr::new(pattern).escape(ESCAPE)
}
