//! Public recall notices and the listings they are about.
//!
//! Precision before recall: a match is a GTIN, or brand and model, or brand and lot with the kind of goods, or brand and full name where the notice names no
//! model. A listing that states another model of the same brand is a sibling and no match. Published barcodes are often
//! malformed; such a one agrees only as a whole, and never alone.

use std::collections::HashMap;

use crate::input::Input;
use crate::{names, numbers};

mod parse;

pub use parse::{RecallError, parse_cpsc, parse_safety_gate};

/// Least share of a notice's product name in the title for a match by text, 0 to 1000.
const TEXT_AGREEMENT_MIN: u16 = 900;
/// The same where brand and lot agree as well.
const LOT_AGREEMENT_MIN: u16 = 500;
/// Shortest name of goods that says anything; folded characters.
const PRODUCT_CHARACTERS_MIN: usize = 8;

/// A recall notice in one shape, whoever published it. Names are as published.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notice {
    /// The publisher's number.
    pub id: String,
    /// `safety-gate`, `cpsc`, …
    pub source: String,
    /// As published; empty where it is not.
    pub date: String,
    pub title: String,
    pub product: String,
    pub category: String,
    pub risk: String,
    pub brands: Vec<String>,
    /// Folded model numbers.
    pub models: Vec<String>,
    /// Folded lots.
    pub lots: Vec<String>,
    /// Valid, padded to 14 digits.
    pub gtins: Vec<String>,
    /// Barcodes as published that are no GTIN: wrong check digit or length, shop codes, item numbers of other shops.
    pub other_codes: Vec<String>,
}

/// What agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Agreement {
    Gtin,
    /// A malformed barcode, as a whole.
    Code,
    Brand,
    Model,
    Lot,
    Product,
}

/// A notice about a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecallMatch<'a> {
    pub notice: &'a Notice,
    /// Sorted.
    pub agreements: Vec<Agreement>,
    /// GTIN, or brand and model; otherwise a person should compare.
    pub certain: bool,
}

/// Notices, searchable.
#[derive(Clone, Debug, Default)]
pub struct RecallBank {
    notices: Vec<Notice>,
    by_gtin: HashMap<String, Vec<usize>>,
    by_code: HashMap<String, Vec<usize>>,
    by_brand: HashMap<String, Vec<usize>>,
}

/// What of a listing is compared with notices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecallSubject {
    pub gtin: String,
    pub code: String,
    pub brand: String,
    pub title: String,
    /// Folded words of title and brand, and pairs of neighbours.
    words: Vec<String>,
    models: Vec<String>,
    lots: Vec<String>,
}

impl RecallSubject {
    /// Reads a listing.
    #[must_use]
    pub fn of(input: &Input) -> Self {
        let attribute = |wanted: &[&str]| -> Vec<String> {
            let hits = input
                .attributes
                .iter()
                .filter(|(name, _)| wanted.iter().any(|key| names::same(key, name)));
            let parts =
                hits.flat_map(|(_, value)| value.split(['、', ',', '，', ';', '；', '/', '\n']));
            parts
                .map(names::key)
                .filter(|part| !part.is_empty())
                .collect()
        };
        let single: Vec<String> = format!("{} {}", input.brand, input.title)
            .split(|c: char| c.is_whitespace() || "，,、()（）[]【】|".contains(c))
            .map(names::key)
            .filter(|word| !word.is_empty())
            .collect();
        let pairs = single.windows(2).map(|pair| pair.concat());
        Self {
            gtin: numbers::gtin14(&input.gtin).unwrap_or_default(),
            code: numbers::normalised(&input.gtin),
            brand: names::key(&input.brand),
            title: input.title.clone(),
            words: single.iter().cloned().chain(pairs).collect(),
            models: attribute(&[
                "型号",
                "规格型号",
                "产品型号",
                "model",
                "model number",
                "mpn",
            ]),
            lots: attribute(&["批号", "生产批号", "批次", "lot", "batch", "batch number"]),
        }
    }
}

impl RecallBank {
    /// A bank of these notices.
    #[must_use]
    pub fn new(notices: impl IntoIterator<Item = Notice>) -> Self {
        let mut bank = Self::default();
        for notice in notices {
            bank.add(notice);
        }
        bank
    }

    /// Adds a notice.
    pub fn add(&mut self, notice: Notice) {
        let place = self.notices.len();
        for gtin in &notice.gtins {
            self.by_gtin.entry(gtin.clone()).or_default().push(place);
        }
        for code in &notice.other_codes {
            self.by_code
                .entry(numbers::normalised(code))
                .or_default()
                .push(place);
        }
        for brand in notice
            .brands
            .iter()
            .map(|brand| names::key(brand))
            .filter(|brand| !brand.is_empty())
        {
            self.by_brand.entry(brand).or_default().push(place);
        }
        self.notices.push(notice);
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.notices.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.notices.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Notice> {
        self.notices.iter()
    }

    /// All notices about a listing, certain ones first, then in order of loading.
    #[must_use]
    pub fn matches(&self, subject: &RecallSubject) -> Vec<RecallMatch<'_>> {
        let by_words = subject
            .words
            .iter()
            .filter_map(|word| self.by_brand.get(word));
        let by_brand = self.by_brand.get(&subject.brand).into_iter();
        let by_gtin = self
            .by_gtin
            .get(&subject.gtin)
            .filter(|_| !subject.gtin.is_empty())
            .into_iter();
        let by_code = self
            .by_code
            .get(&subject.code)
            .filter(|_| !subject.code.is_empty())
            .into_iter();
        let mut places: Vec<usize> = by_gtin
            .chain(by_code)
            .chain(by_brand)
            .chain(by_words)
            .flatten()
            .copied()
            .collect();
        places.sort_unstable();
        places.dedup();
        let mut matches: Vec<RecallMatch<'_>> = places
            .into_iter()
            .filter_map(|place| compare(&self.notices[place], subject))
            .collect();
        matches.sort_by_key(|found| !found.certain);
        matches
    }
}

fn compare<'a>(notice: &'a Notice, subject: &RecallSubject) -> Option<RecallMatch<'a>> {
    let gtin = !subject.gtin.is_empty() && notice.gtins.contains(&subject.gtin);
    let code = !subject.code.is_empty()
        && notice
            .other_codes
            .iter()
            .any(|code| numbers::normalised(code) == subject.code);
    let brands: Vec<String> = notice
        .brands
        .iter()
        .map(|brand| names::key(brand))
        .collect();
    let brand = brands.iter().any(|brand| {
        *brand == subject.brand || (subject.brand.is_empty() && subject.words.contains(brand))
    });
    let other_brand = !subject.brand.is_empty() && !brands.is_empty() && !brand;
    let model = notice
        .models
        .iter()
        .any(|model| subject.models.contains(model) || subject.words.contains(model));
    let sibling = !notice.models.is_empty() && !subject.models.is_empty() && !model;
    let lot = notice.lots.iter().any(|lot| subject.lots.contains(lot));
    let other_lot = !notice.lots.is_empty() && !subject.lots.is_empty() && !lot;
    let named = names::key(&notice.product).chars().count() >= PRODUCT_CHARACTERS_MIN;
    let agreement = names::containment(&notice.product, &subject.title);
    if other_lot || (sibling && !gtin) {
        return None;
    }
    let certain = (gtin && !other_brand) || (brand && model);
    let likely = gtin
        || (code && !other_brand && (brand || lot || (named && agreement >= TEXT_AGREEMENT_MIN)))
        || (brand && lot && agreement >= LOT_AGREEMENT_MIN)
        || (brand
            && notice.models.is_empty()
            && notice.gtins.is_empty()
            && named
            && agreement >= TEXT_AGREEMENT_MIN);
    if !certain && !likely {
        return None;
    }
    let product = agreement >= TEXT_AGREEMENT_MIN;
    let all = [
        (gtin, Agreement::Gtin),
        (code, Agreement::Code),
        (brand, Agreement::Brand),
        (model, Agreement::Model),
        (lot, Agreement::Lot),
        (product, Agreement::Product),
    ];
    let agreements = all
        .into_iter()
        .filter(|(holds, _)| *holds)
        .map(|(_, agreement)| agreement)
        .collect();
    Some(RecallMatch {
        notice,
        agreements,
        certain,
    })
}
