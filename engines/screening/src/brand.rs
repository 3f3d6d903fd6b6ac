//! Brands: who is named, whether the name is only made to look like one, and whether the merchant may sell it.
//!
//! Names are compared folded (width, case, accents, Han variants), by Unicode skeleton (UTS 39) for look-alikes and by edit distance for
//! near names. A text in several scripts is nothing in itself: only a word whose skeleton is a known brand's, without being
//! that brand's name, is a look-alike.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::finding::{Check, Finding};
use crate::input::Input;
use crate::names;

mod bank;
mod rules;
mod traces;

pub use bank::{Brand, BrandBank, BrandRow};
pub use rules::{BrandCheckRow, BrandQuestion, BrandRule, BrandRules};

/// Characters kept before a name, to see 适用于 and compatible with.
const CONTEXT_CHARACTERS: usize = 16;
/// Most names kept for a listing.
pub const MENTIONS_MAX: usize = 32;

/// How a text names a brand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Likeness {
    /// One of its names.
    Exact,
    /// Looks like one of its names, in other letters.
    Homograph,
    /// One letter more, less, other or exchanged.
    Near,
}

/// A brand named in a listing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mention {
    /// Id in the bank.
    pub brand: String,
    /// The bank's name that was matched.
    pub name: String,
    pub likeness: Likeness,
    /// `title` or `brand`.
    pub field: String,
    /// Characters in the original field.
    pub start: usize,
    pub end: usize,
    pub text: String,
    /// Folded characters before it.
    pub before: String,
    /// Whether the listing's category is one of the brand's.
    pub in_category: bool,
}

/// A document that may prove the right to sell a brand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    pub kind: String,
    /// Id in the bank, or the folded name where the bank does not know it.
    pub brand: String,
    pub holder: String,
    pub issuer: String,
    pub from: Option<Date>,
    pub until: Option<Date>,
}

/// What is known of a listing's brands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrandFacts {
    /// The brand field, folded.
    pub brand: String,
    pub merchant: String,
    pub mentions: Vec<Mention>,
    pub proofs: Vec<Proof>,
}

/// Reads the brands of a listing once; the bank says which names are known.
#[must_use]
pub fn facts(input: &Input, bank: &BrandBank) -> BrandFacts {
    let mut mentions = Vec::new();
    for (field, text) in [("brand", &input.brand), ("title", &input.title)] {
        for found in bank.find(text) {
            if mentions.len() >= MENTIONS_MAX {
                break;
            }
            let before: Vec<char> = found.before.into_iter().rev().take(CONTEXT_CHARACTERS).collect();
            mentions.push(Mention {
                brand: found.brand.id.clone(),
                name: found.name,
                likeness: found.likeness,
                field: field.to_owned(),
                start: found.start,
                end: found.end,
                text: text.chars().skip(found.start).take(found.end - found.start).collect(),
                before: before.into_iter().rev().collect(),
                in_category: found.brand.is_at_home(&input.category),
            });
        }
    }
    let proofs = input.documents.iter().filter(|document| !document.brand.is_empty()).map(|document| Proof {
        kind: document.kind.clone(),
        brand: bank.identify(&document.brand).map_or_else(|| names::key(&document.brand), |brand| brand.id.clone()),
        holder: document.holder.clone(),
        issuer: document.issuer.clone(),
        from: document.from.as_str().parse().ok(),
        until: document.until.as_str().parse().ok(),
    });
    BrandFacts {
        brand: names::key(&input.brand),
        merchant: input.merchant.as_ref().map(|merchant| merchant.name.clone()).unwrap_or_default(),
        mentions,
        proofs: proofs.collect(),
    }
}

/// Holds the named brands against the policy as it is on `at`.
#[must_use]
pub fn findings(facts: &BrandFacts, rules: &BrandRules, bank: &BrandBank, listing_id: &str, at: Date) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    let mut said: Vec<(BrandQuestion, &str)> = Vec::new();
    for mention in &facts.mentions {
        let Some(brand) = bank.get(&mention.brand) else {
            continue;
        };
        for rule in &rules.rules {
            if said.contains(&(rule.question, brand.id.as_str()))
                || !rule.asks(mention)
                || !concerns(rule, mention, facts, brand, at)
            {
                continue;
            }
            let fills = [("brand", brand.display()), ("text", mention.text.as_str()), ("name", mention.name.as_str())];
            if let Some(mut finding) = rule.ruling.finding(Check::Brand, listing_id, &mention.field, &fills) {
                (finding.start, finding.end) = (Some(mention.start), Some(mention.end));
                finding.text.clone_from(&mention.text);
                finding.evidence = Some(
                    json!({ "brand": brand.id, "names": brand.names, "difference": difference(&mention.text, &mention.name) }),
                );
                found.push(finding);
                said.push((rule.question, &brand.id));
            }
        }
    }
    found
}

fn concerns(rule: &BrandRule, mention: &Mention, facts: &BrandFacts, brand: &Brand, at: Date) -> bool {
    let is_named = mention.likeness == Likeness::Exact
        && (mention.field == "brand" || mention.in_category)
        && !rule.is_exempt(&mention.before);
    let needs_right =
        is_named && brand.authorisation && !brand.owners.iter().any(|owner| names::same(owner, &facts.merchant));
    let in_field = facts.mentions.iter().any(|other| other.field == "brand" && other.brand == brand.id);
    match rule.question {
        BrandQuestion::Homograph => mention.likeness == Likeness::Homograph,
        // Among goods of other kinds a name one letter off is somebody's own: 海之宝 sells fish oil, 孩之宝 toys.
        BrandQuestion::NearName => {
            let length = names::key(&mention.name).chars().count();
            mention.likeness == Likeness::Near && length >= rule.length_min && mention.in_category
        }
        BrandQuestion::Unauthorised => needs_right && in_field && right(rule, facts, brand, at) == Right::None,
        BrandQuestion::TitleOnly => {
            needs_right && !in_field && mention.field == "title" && right(rule, facts, brand, at) == Right::None
        }
        BrandQuestion::ChainBroken => needs_right && right(rule, facts, brand, at) == Right::Broken,
    }
}

#[derive(PartialEq, Eq)]
enum Right {
    None,
    Broken,
    Proven,
}

/// Follows proofs in force from the owner of the brand to the merchant. Without a merchant's name, a proof in force is enough.
fn right(rule: &BrandRule, facts: &BrandFacts, brand: &Brand, at: Date) -> Right {
    let in_force = |proof: &&Proof| {
        rule.proof_kinds.contains(&proof.kind)
            && proof.brand == brand.id
            && proof.from.is_none_or(|from| from <= at)
            && proof.until.is_none_or(|until| at <= until)
    };
    let proofs: Vec<&Proof> = facts.proofs.iter().filter(in_force).collect();
    if proofs.is_empty() {
        return Right::None;
    }
    if facts.merchant.is_empty() {
        return Right::Proven;
    }
    let is_certificate = |proof: &Proof| rule.certificate_kinds.contains(&proof.kind);
    let mut reached: Vec<String> = brand.owners.iter().map(|owner| names::key(owner)).collect();
    reached.extend(proofs.iter().filter(|proof| is_certificate(proof)).map(|proof| names::key(&proof.holder)));
    let merchant = names::key(&facts.merchant);
    // Each round reaches at least one more holder or ends.
    for _ in 0..=proofs.len() {
        if reached.contains(&merchant) {
            return Right::Proven;
        }
        let next = proofs.iter().find(|proof| {
            let holder = names::key(&proof.holder);
            !is_certificate(proof) && !reached.contains(&holder) && reached.contains(&names::key(&proof.issuer))
        });
        match next {
            Some(proof) => reached.push(names::key(&proof.holder)),
            None => break,
        }
    }
    Right::Broken
}

/// The characters in which two names differ, for the reader: position and both sides, with code points.
fn difference(text: &str, name: &str) -> Vec<String> {
    let (text, name): (Vec<char>, Vec<char>) = (text.chars().collect(), name.chars().collect());
    if text.len() != name.len() {
        return Vec::new();
    }
    let pairs = text.iter().zip(&name).enumerate().filter(|(_, (a, b))| a.to_lowercase().ne(b.to_lowercase()));
    pairs
        .map(|(index, (a, b))| format!("{}: {a} (U+{:04X}) / {b} (U+{:04X})", index + 1, *a as u32, *b as u32))
        .collect()
}
