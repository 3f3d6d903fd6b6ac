//! Net content in a title: 500g×2, 1.5L, 2 x 250 ml, 10 斤.

use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// What a unit price is per.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    Kilogram,
    Litre,
}

/// An amount in its base unit, above 0.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quantity {
    pub amount: f64,
    pub unit: Unit,
}

/// Longest text searched; characters.
const SEARCHED_CHARACTERS_MAX: usize = 500;
/// Most packages believed.
const PACKAGES_MAX: f64 = 10_000.0;

static CONTENT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)(?:([0-9]{1,4})\s*[x×*]\s*)?([0-9]{1,6}(?:\.[0-9]{1,3})?)\s*(kg|千克|公斤|mg|毫克|g|克|斤|ml|毫升|l|升|lbs?|oz|fl\.?\s?oz)(?:[^a-z]|$)(?:/?(?:瓶|袋|盒|包|罐|支|片|件)?)?(?:\s*[x×*]\s*([0-9]{1,4}))?",
    )
    .ok()
});

/// The first net content in a text, times the number of packages where that is stated. `None` where there is none, or where several differ.
#[must_use]
pub fn quantity(text: &str) -> Option<Quantity> {
    let text: String = text.chars().take(SEARCHED_CHARACTERS_MAX).nfkc().collect();
    // The character after the unit belongs to no number, yet × must stay for the count behind it.
    let spaced = text.replace(['x', 'X', '×', '*'], " × ");
    let found = CONTENT.as_ref()?.captures(&spaced)?;
    let number = |index: usize| found.get(index).and_then(|part| part.as_str().parse::<f64>().ok());
    let (factor, unit) = match found.get(3)?.as_str().to_lowercase().as_str() {
        "kg" | "千克" | "公斤" => (1.0, Unit::Kilogram),
        "g" | "克" => (0.001, Unit::Kilogram),
        "mg" | "毫克" => (0.000_001, Unit::Kilogram),
        "斤" => (0.5, Unit::Kilogram),
        "lb" | "lbs" => (0.453_592_37, Unit::Kilogram),
        "oz" => (0.028_349_523, Unit::Kilogram),
        "ml" | "毫升" => (0.001, Unit::Litre),
        "l" | "升" => (1.0, Unit::Litre),
        _ => (0.029_573_53, Unit::Litre),
    };
    let packages = number(1).or_else(|| number(4)).unwrap_or(1.0);
    let amount = number(2)? * factor * packages;
    (amount > 0.0 && packages <= PACKAGES_MAX).then_some(Quantity { amount, unit })
}
