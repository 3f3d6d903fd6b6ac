//! Public recall notices and the listings they are about.
//!
//! Precision before recall: a match is a GTIN, or brand and model, or brand and lot with the kind of goods, or brand and
//! full name where the notice names no model. A listing that states another model of the same brand is a sibling and no
//! match. Published barcodes are often malformed; such a one agrees only as a whole, and never alone.
//!
//! [`facts`] keeps what is compared, [`findings`] holds it against the [`RecallBank`] by the rows of `recall-checks`. The
//! evidence of a finding is `{ "source", "number", "date", "product", "brands", "models", "risk", "certain", "kind",
//! "agrees": [{ "field", "stated", "notice" }] }`.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::finding::{Check, Finding};
use crate::input::Input;
use crate::{names, numbers};

mod parse;
mod rules;

pub use parse::{RecallError, parse, parse_cpsc, parse_safety_gate};
pub use rules::{RecallKind, RecallRow, RecallRule, RecallRules};

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
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
    /// In the order of the notices.
    keys: Vec<NoticeKeys>,
    by_gtin: HashMap<String, Vec<usize>>,
    by_code: HashMap<String, Vec<usize>>,
    by_brand: HashMap<String, Vec<usize>>,
}

/// A notice's names as they are compared.
#[derive(Clone, Debug, Default)]
struct NoticeKeys {
    brands: Vec<String>,
    codes: Vec<String>,
    /// Whether the name of the goods is long enough to say anything.
    named: bool,
}

/// What of a listing is compared with notices; its facts for this check.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecallSubject {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub gtin: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub code: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub brand: String,
    /// Folded.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// Folded words of brand and title, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    words: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    models: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    lots: Vec<String>,
}

/// Names of attributes that are read, folded as [`names::key`] folds.
const MODEL: &[&str] = &["型号", "规格型号", "产品型号", "model", "modelnumber", "mpn"];
const LOT: &[&str] = &["批号", "生产批号", "批次", "lot", "batch", "batchnumber"];

impl RecallSubject {
    /// Reads a listing.
    #[must_use]
    pub fn of(input: &Input) -> Self {
        let keyed: Vec<(String, &String)> =
            input.attributes.iter().map(|(name, value)| (names::key(name), value)).collect();
        let attribute = |wanted: &[&str]| -> Vec<String> {
            let hits = keyed.iter().filter(|(name, _)| wanted.contains(&name.as_str()));
            let parts = hits.flat_map(|(_, value)| value.split(['、', ',', '，', ';', '；', '/', '\n']));
            parts.map(names::key).filter(|part| !part.is_empty()).collect()
        };
        let words = [&input.brand, &input.title]
            .into_iter()
            .flat_map(|text| text.split(|c: char| c.is_whitespace() || "，,、()（）[]【】|".contains(c)))
            .map(names::key)
            .filter(|word| !word.is_empty());
        Self {
            gtin: numbers::gtin14(&input.gtin).unwrap_or_default(),
            code: numbers::normalised(&input.gtin),
            brand: names::key(&input.brand),
            title: names::key(&input.title),
            words: words.collect(),
            models: attribute(MODEL),
            lots: attribute(LOT),
        }
    }

    /// Words and pairs of neighbouring words: what may be a brand or a model.
    fn spoken(&self) -> Vec<String> {
        let pairs = self.words.windows(2).map(|pair| pair.concat());
        self.words.iter().cloned().chain(pairs).collect()
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
            self.by_code.entry(numbers::normalised(code)).or_default().push(place);
        }
        for brand in notice.brands.iter().map(|brand| names::key(brand)).filter(|brand| !brand.is_empty()) {
            self.by_brand.entry(brand).or_default().push(place);
        }
        self.keys.push(NoticeKeys {
            brands: notice.brands.iter().map(|brand| names::key(brand)).collect(),
            codes: notice.other_codes.iter().map(|code| numbers::normalised(code)).collect(),
            named: names::key(&notice.product).chars().count() >= PRODUCT_CHARACTERS_MIN,
        });
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
        if self.is_empty() {
            return Vec::new();
        }
        let spoken = subject.spoken();
        let title = names::Pieces::of(&subject.title);
        let by_words = spoken.iter().filter_map(|word| self.by_brand.get(word));
        let by_brand = self.by_brand.get(&subject.brand).into_iter();
        let by_gtin = self.by_gtin.get(&subject.gtin).filter(|_| !subject.gtin.is_empty()).into_iter();
        let by_code = self.by_code.get(&subject.code).filter(|_| !subject.code.is_empty()).into_iter();
        let mut places: Vec<usize> =
            by_gtin.chain(by_code).chain(by_brand).chain(by_words).flatten().copied().collect();
        places.sort_unstable();
        places.dedup();
        let mut matches: Vec<RecallMatch<'_>> = places
            .into_iter()
            .filter_map(|place| compare(&self.notices[place], &self.keys[place], subject, &spoken, &title))
            .collect();
        matches.sort_by_key(|found| !found.certain);
        matches
    }
}

fn compare<'a>(
    notice: &'a Notice,
    keys: &NoticeKeys,
    subject: &RecallSubject,
    spoken: &[String],
    title: &names::Pieces,
) -> Option<RecallMatch<'a>> {
    let gtin = !subject.gtin.is_empty() && notice.gtins.contains(&subject.gtin);
    let code = !subject.code.is_empty() && keys.codes.contains(&subject.code);
    let NoticeKeys { brands, named, .. } = keys;
    let named = *named;
    let brand =
        brands.iter().any(|brand| *brand == subject.brand || (subject.brand.is_empty() && spoken.contains(brand)));
    let other_brand = !subject.brand.is_empty() && !brands.is_empty() && !brand;
    let model = notice.models.iter().any(|model| subject.models.contains(model) || spoken.contains(model));
    let sibling = !notice.models.is_empty() && !subject.models.is_empty() && !model;
    let lot = notice.lots.iter().any(|lot| subject.lots.contains(lot));
    let other_lot = !notice.lots.is_empty() && !subject.lots.is_empty() && !lot;
    let agreement = title.containment(&notice.product);
    if other_lot || (sibling && !gtin) {
        return None;
    }
    let certain = (gtin && !other_brand) || (brand && model);
    let likely = gtin
        || (code && !other_brand && (brand || lot || (named && agreement >= TEXT_AGREEMENT_MIN)))
        || (brand && lot && agreement >= LOT_AGREEMENT_MIN)
        || (brand && notice.models.is_empty() && notice.gtins.is_empty() && named && agreement >= TEXT_AGREEMENT_MIN);
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
    let agreements = all.into_iter().filter(|(holds, _)| *holds).map(|(_, agreement)| agreement).collect();
    Some(RecallMatch { notice, agreements, certain })
}

/// Reads a listing once.
#[must_use]
pub fn facts(input: &Input) -> RecallSubject {
    RecallSubject::of(input)
}

/// Holds a listing against the notices: for each row the first notice it speaks of, and each notice in one row only.
#[must_use]
pub fn findings(facts: &RecallSubject, rules: &RecallRules, bank: &RecallBank, listing_id: &str) -> Vec<Finding> {
    if rules.rules.is_empty() {
        return Vec::new();
    }
    let matches = bank.matches(facts);
    let mut found = Vec::new();
    for rule in &rules.rules {
        let spoken_of = matches.iter().find(|one| rule.kinds.contains(&RecallKind::of(one)));
        found.extend(spoken_of.and_then(|one| finding(one, facts, rule, listing_id)));
    }
    found
}

fn finding(found: &RecallMatch<'_>, facts: &RecallSubject, rule: &RecallRule, listing_id: &str) -> Option<Finding> {
    let notice = found.notice;
    let agrees: Vec<_> = found.agreements.iter().map(|agreement| agreed(*agreement, notice, facts)).collect();
    let fields = agrees.iter().map(|(field, stated, _)| format!("{field} {stated}")).collect::<Vec<_>>().join(", ");
    let fills = [
        ("number", notice.id.as_str()),
        ("source", notice.source.as_str()),
        ("product", notice.product.as_str()),
        ("risk", notice.risk.as_str()),
        ("fields", fields.as_str()),
    ];
    let by_number = found.agreements.iter().any(|one| matches!(one, Agreement::Gtin | Agreement::Code));
    let field = if by_number { "gtin" } else { "title" };
    let mut finding = rule.ruling.finding(Check::Recalls, listing_id, field, &fills)?;
    finding.text = agrees.first().map(|(_, stated, _)| stated.clone()).unwrap_or_default();
    let agrees =
        agrees.into_iter().map(|(field, stated, notice)| json!({ "field": field, "stated": stated, "notice": notice }));
    finding.evidence = Some(json!({
        "source": notice.source,
        "number": notice.id,
        "date": notice.date,
        "product": notice.product,
        "brands": notice.brands,
        "models": notice.models,
        "risk": notice.risk,
        "certain": found.certain,
        "kind": RecallKind::of(found),
        "agrees": agrees.collect::<Vec<_>>(),
    }));
    Some(finding)
}

/// What agreed: the listing's field, what it states (folded) and what the notice states.
fn agreed(agreement: Agreement, notice: &Notice, facts: &RecallSubject) -> (&'static str, String, String) {
    let first_in =
        |list: &[String], others: &[String]| list.iter().find(|one| others.contains(one)).cloned().unwrap_or_default();
    match agreement {
        Agreement::Gtin => ("gtin", facts.gtin.clone(), facts.gtin.clone()),
        Agreement::Code => {
            let published = notice.other_codes.iter().find(|code| numbers::normalised(code) == facts.code);
            ("gtin", facts.code.clone(), published.cloned().unwrap_or_default())
        }
        Agreement::Brand => {
            let spoken = facts.spoken();
            let is_named = |brand: &&String| {
                let key = names::key(brand);
                key == facts.brand || spoken.contains(&key)
            };
            let published = notice.brands.iter().find(is_named).cloned().unwrap_or_default();
            ("brand", names::key(&published), published)
        }
        Agreement::Model => {
            let stated = first_in(&notice.models, &facts.models);
            let stated = if stated.is_empty() { first_in(&notice.models, &facts.spoken()) } else { stated };
            ("model", stated.clone(), stated)
        }
        Agreement::Lot => {
            let stated = first_in(&notice.lots, &facts.lots);
            ("lot", stated.clone(), stated)
        }
        Agreement::Product => ("title", facts.title.clone(), notice.product.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_attributes_that_are_read_are_written_folded() {
        for name in [MODEL, LOT].concat() {
            assert_eq!(names::key(name), name);
        }
    }
}
