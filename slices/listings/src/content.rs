//! What a version says: the shop's words, prices, pictures and documents. Checked once, then immutable.

use ground::limits::LINE_CHARS_MAX;
use ground::{Fault, Problem};
use kernel::Result;
use screening::input::{
    ATTRIBUTE_CHARACTERS_MAX, ATTRIBUTES_MAX, DESCRIPTION_CHARACTERS_MAX, DOCUMENTS_MAX, IMAGES_MAX,
    NAME_CHARACTERS_MAX, TITLE_CHARACTERS_MAX,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Longest number of a shop (SKU), characters.
pub const EXTERNAL_ID_CHARS_MAX: usize = 100;
/// Largest price, minor units: a hundred million of a two-digit currency.
pub const PRICE_MINOR_MAX: i64 = 10_000_000_000;
/// Days of price history kept with a listing.
pub const PRICE_DAYS_MAX: usize = 800;

/// The content of a version, as it is stored and hashed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Content {
    /// Title, 1 to 2,000 characters.
    pub title: String,
    /// Description, at most 200,000 characters.
    pub description: String,
    /// Slash path from the root, lower case: `food/health-food`.
    pub category: String,
    /// Brand as the merchant writes it.
    pub brand: String,
    /// GTIN as the merchant writes it; checked by screening, not here.
    pub gtin: String,
    /// Price, minor units.
    pub price_minor: Option<i64>,
    /// Crossed-out reference price, minor units.
    pub list_price_minor: Option<i64>,
    /// ISO 4217.
    pub currency: String,
    /// Name to value.
    pub attributes: BTreeMap<String, String>,
    /// Pictures, the main one first.
    pub images: Vec<Image>,
    /// Documents that come with the goods.
    pub documents: Vec<Document>,
    /// The batch on sale.
    pub batch: Batch,
}

/// A picture kept in the file store.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Image {
    /// Its content hash.
    pub sha256: String,
    /// PDQ hash, 64 hexadecimal digits; empty where the picture gave none.
    pub hash: String,
    /// PDQ quality, 0 to 100.
    pub quality: u8,
    /// Width, pixels.
    pub width: u32,
    /// Height, pixels.
    pub height: u32,
}

/// A document as the merchant states it. Dates are `YYYY-MM-DD`; empty: not stated.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Document {
    /// Kind, a key of the requirement matrix.
    pub kind: String,
    /// Its number.
    pub number: String,
    /// Whose it is.
    pub holder: String,
    /// The product it is about.
    pub product: String,
    /// The brand it is about.
    pub brand: String,
    /// The lot it is about.
    pub lot: String,
    /// The standard tested against.
    pub standard: String,
    /// What it covers.
    pub scope: String,
    /// Who issued it.
    pub issuer: String,
    /// Laboratory accreditation numbers.
    pub accreditation: String,
    /// Issued on.
    pub issued: String,
    /// Valid from.
    pub from: String,
    /// Valid until.
    pub until: String,
    /// The file, where one was handed in.
    pub sha256: String,
}

/// The batch that is sold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Batch {
    /// Lot number.
    pub lot: String,
    /// Produced on.
    pub produced: String,
    /// Best before.
    pub expires: String,
    /// Where it comes from.
    pub origin: String,
}

/// One field that differs between two versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Field name as in findings: `title`, `attributes.产地`, `images`.
    pub field: String,
    /// Before; `None`: not there.
    pub before: Option<String>,
    /// After; `None`: gone.
    pub after: Option<String>,
}

impl Content {
    /// SHA-256 over the canonical JSON (RFC 8785), hexadecimal. The same words, pictures and documents give the same hash.
    pub fn hash(&self) -> String {
        let canonical = serde_jcs::to_vec(self).unwrap_or_default();
        hex::encode(Sha256::digest(&canonical))
    }

    /// Trims what a form pads, and writes category and currency in their canonical form.
    #[must_use]
    pub fn tidied(mut self) -> Self {
        for text in [&mut self.title, &mut self.description, &mut self.brand, &mut self.gtin] {
            *text = text.trim().to_owned();
        }
        let parts: Vec<String> = self
            .category
            .split(['/', '>'])
            .map(|part| part.trim().to_lowercase())
            .filter(|part| !part.is_empty())
            .collect();
        self.category = parts.join("/");
        self.currency = self.currency.trim().to_uppercase();
        let attributes = std::mem::take(&mut self.attributes).into_iter();
        self.attributes = attributes
            .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
            .filter(|(name, value)| !name.is_empty() && !value.is_empty())
            .collect();
        self.documents.retain(|document| !document.kind.trim().is_empty());
        self
    }

    /// Refuses what cannot be kept: too long, too many, control characters, bidi overrides, impossible prices and dates.
    ///
    /// # Errors
    /// `invalid_input` with every fault and its field.
    pub fn check(&self) -> Result<()> {
        let mut faults = Vec::new();
        line(&mut faults, "title", &self.title, TITLE_CHARACTERS_MAX, true);
        text(&mut faults, "description", &self.description, DESCRIPTION_CHARACTERS_MAX);
        line(&mut faults, "category", &self.category, 120, true);
        line(&mut faults, "brand", &self.brand, LINE_CHARS_MAX.min(NAME_CHARACTERS_MAX), false);
        line(&mut faults, "gtin", &self.gtin, 40, false);
        self.check_prices(&mut faults);
        self.check_parts(&mut faults);
        Problem::check(faults)
    }

    fn check_prices(&self, faults: &mut Vec<Fault>) {
        for (field, price) in [("price_minor", self.price_minor), ("list_price_minor", self.list_price_minor)] {
            if price.is_some_and(|price| !(0..=PRICE_MINOR_MAX).contains(&price)) {
                faults.push(Fault::field(field, "listings-fault-price"));
            }
        }
        if !self.currency.is_empty() && !ground::money::is_currency(&self.currency) {
            faults.push(Fault::field("currency", "listings-fault-currency"));
        }
        if self.price_minor.is_some() && self.currency.is_empty() {
            faults.push(Fault::field("currency", "listings-fault-currency-missing"));
        }
    }

    fn check_parts(&self, faults: &mut Vec<Fault>) {
        let mut many = |field: &str, there: usize, most: usize| {
            if there > most {
                faults.push(Fault::field(field, "listings-fault-too-many").arg("there", there).arg("most", most));
            }
        };
        many("attributes", self.attributes.len(), ATTRIBUTES_MAX);
        many("images", self.images.len(), IMAGES_MAX);
        many("documents", self.documents.len(), DOCUMENTS_MAX);
        for (name, value) in self.attributes.iter().take(ATTRIBUTES_MAX) {
            let field = format!("attributes.{}", name.chars().take(60).collect::<String>());
            line(faults, &field, name, NAME_CHARACTERS_MAX, true);
            text(faults, &field, value, ATTRIBUTE_CHARACTERS_MAX);
        }
        for (index, image) in self.images.iter().take(IMAGES_MAX).enumerate() {
            if !blobs::is_sha256(&image.sha256) {
                faults.push(Fault::field(format!("images[{index}]"), "listings-fault-image"));
            }
        }
        for (index, document) in self.documents.iter().take(DOCUMENTS_MAX).enumerate() {
            document.check(index, faults);
        }
        for (name, value) in [("lot", &self.batch.lot), ("origin", &self.batch.origin)] {
            line(faults, &format!("batch.{name}"), value, LINE_CHARS_MAX, false);
        }
        for (name, value) in [("produced", &self.batch.produced), ("expires", &self.batch.expires)] {
            date(faults, &format!("batch.{name}"), value);
        }
    }

    /// What differs from an older version, field by field, in the order a person reads them.
    pub fn changes_since(&self, older: &Content) -> Vec<Change> {
        let mut changes = Vec::new();
        let mut compare = |field: &str, before: String, after: String| {
            if before != after {
                let there = |text: String| Some(text).filter(|text| !text.is_empty());
                changes.push(Change { field: field.to_owned(), before: there(before), after: there(after) });
            }
        };
        let price = |content: &Content, minor: Option<i64>| {
            minor
                .map(|minor| format!("{} {}", ground::money::format_minor(minor, &content.currency), content.currency))
                .unwrap_or_default()
        };
        compare("title", older.title.clone(), self.title.clone());
        compare("description", older.description.clone(), self.description.clone());
        compare("category", older.category.clone(), self.category.clone());
        compare("brand", older.brand.clone(), self.brand.clone());
        compare("gtin", older.gtin.clone(), self.gtin.clone());
        compare("price_minor", price(older, older.price_minor), price(self, self.price_minor));
        compare("list_price_minor", price(older, older.list_price_minor), price(self, self.list_price_minor));
        let names: std::collections::BTreeSet<&String> =
            older.attributes.keys().chain(self.attributes.keys()).collect();
        for name in names {
            let value = |content: &Content| content.attributes.get(name).cloned().unwrap_or_default();
            compare(&format!("attributes.{name}"), value(older), value(self));
        }
        let pictures =
            |content: &Content| content.images.iter().map(|image| image.sha256.as_str()).collect::<Vec<_>>().join("\n");
        compare("images", pictures(older), pictures(self));
        let documents = |content: &Content| {
            let lines = content
                .documents
                .iter()
                .map(|document| format!("{} {} {}", document.kind, document.number, document.until));
            lines.collect::<Vec<_>>().join("\n")
        };
        compare("documents", documents(older), documents(self));
        let batch = |batch: &Batch| {
            [&batch.lot, &batch.produced, &batch.expires, &batch.origin].map(String::as_str).join(" ").trim().to_owned()
        };
        compare("batch", batch(&older.batch), batch(&self.batch));
        changes
    }
}

impl Document {
    fn check(&self, index: usize, faults: &mut Vec<Fault>) {
        let at = |part: &str| format!("documents[{index}].{part}");
        let lines = [
            ("kind", &self.kind),
            ("number", &self.number),
            ("holder", &self.holder),
            ("product", &self.product),
            ("brand", &self.brand),
            ("lot", &self.lot),
            ("standard", &self.standard),
            ("scope", &self.scope),
            ("issuer", &self.issuer),
            ("accreditation", &self.accreditation),
        ];
        for (part, value) in lines {
            line(faults, &at(part), value, TITLE_CHARACTERS_MAX, part == "kind");
        }
        for (part, value) in [("issued", &self.issued), ("from", &self.from), ("until", &self.until)] {
            date(faults, &at(part), value);
        }
        if !self.sha256.is_empty() && !blobs::is_sha256(&self.sha256) {
            faults.push(Fault::field(at("sha256"), "listings-fault-image"));
        }
    }
}

/// Whether a character may not stand in a kept text: C0 and C1 controls except line breaks and tabs, the bidi overrides
/// and isolates of UAX 9 with which a text shows other than it reads, and noncharacters.
pub fn is_forbidden(character: char) -> bool {
    let allowed = matches!(character, '\n' | '\r' | '\t');
    let control = character.is_control() && !allowed;
    let bidi = matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let code = u32::from(character);
    control || bidi || (0xFDD0..=0xFDEF).contains(&code) || code & 0xFFFE == 0xFFFE
}

fn text(faults: &mut Vec<Fault>, field: &str, value: &str, most: usize) {
    if value.len() > most {
        let length = value.chars().count();
        if length > most {
            faults.push(Fault::field(field, "listings-fault-too-long").arg("there", length).arg("most", most));
            return;
        }
    }
    if let Some((index, character)) = value.chars().enumerate().find(|(_, character)| is_forbidden(*character)) {
        let code = format!("U+{:04X}", u32::from(character));
        faults.push(Fault::field(field, "listings-fault-character").arg("position", index + 1).arg("code", code));
    }
}

fn line(faults: &mut Vec<Fault>, field: &str, value: &str, most: usize, required: bool) {
    if required && value.trim().is_empty() {
        faults.push(Fault::field(field, "listings-fault-missing"));
        return;
    }
    let before = faults.len();
    text(faults, field, value, most);
    if faults.len() == before && value.contains(['\n', '\r']) {
        faults.push(Fault::field(field, "listings-fault-one-line"));
    }
}

fn date(faults: &mut Vec<Fault>, field: &str, value: &str) {
    if !value.is_empty() && (value.len() != 10 || value.parse::<jiff::civil::Date>().is_err()) {
        faults.push(Fault::field(field, "listings-fault-date"));
    }
}

/// Checks a shop's own number.
///
/// # Errors
/// `invalid_input`.
pub fn check_external_id(external_id: &str) -> Result<()> {
    let mut faults = Vec::new();
    line(&mut faults, "external_id", external_id, EXTERNAL_ID_CHARS_MAX, true);
    Problem::check(faults)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(title: &str) -> Content {
        Content { title: title.into(), category: "food".into(), ..Content::default() }
    }

    fn fields(content: &Content) -> Vec<String> {
        let problem = content.check().err();
        problem
            .map(|p| {
                p.faults.into_iter().map(|f| format!("{} {}", f.place.field.unwrap_or_default(), f.message)).collect()
            })
            .unwrap_or_default()
    }

    #[test]
    fn a_million_character_title_is_refused_with_the_limit() {
        let problem = content(&"好".repeat(1_000_000)).check().unwrap_err();
        assert_eq!(problem.code.code, "invalid_input");
        assert_eq!(problem.faults[0].place.field.as_deref(), Some("title"));
        assert!(problem.faults[0].args.contains(&("most".into(), "2000".into())));
    }

    #[test]
    fn control_and_bidi_characters_are_refused_with_their_place() {
        assert_eq!(fields(&content("abc\u{202E}fed")), ["title listings-fault-character"]);
        assert_eq!(fields(&content("a\u{0}b")), ["title listings-fault-character"]);
        assert_eq!(fields(&content("两行\n标题")), ["title listings-fault-one-line"]);
        assert!(fields(&content("普通标题 🎉")).is_empty());
    }

    #[test]
    fn prices_dates_and_currencies_are_checked() {
        let mut wrong = content("x");
        wrong.price_minor = Some(-1);
        wrong.currency = "yuan".into();
        wrong.batch.expires = "2026-02-30".into();
        let found = fields(&wrong);
        assert!(found.iter().any(|f| f.starts_with("price_minor")));
        assert!(found.iter().any(|f| f.starts_with("currency")));
        assert!(found.iter().any(|f| f.starts_with("batch.expires")));
    }

    #[test]
    fn the_hash_depends_on_content_alone() {
        let one = content(" 茶 ").tidied();
        assert_eq!(one.hash(), content("茶").hash());
        assert_ne!(one.hash(), content("茶叶").hash());
    }

    #[test]
    fn a_change_names_its_field_and_both_values() {
        let mut newer = content("茶");
        newer.attributes.insert("产地".into(), "杭州".into());
        newer.price_minor = Some(1250);
        newer.currency = "CNY".into();
        let changes = newer.changes_since(&content("茶"));
        let short: Vec<_> =
            changes.iter().map(|c| (c.field.as_str(), c.before.as_deref(), c.after.as_deref())).collect();
        assert_eq!(short, [("price_minor", None, Some("12.50 CNY")), ("attributes.产地", None, Some("杭州"))]);
    }
}
