//! The banks: goods that were refused before, brands, recalled products.
//!
//! Reading order: [`Fingerprint`] and `sketch` (what a text is recognised by), `index` (finding near ones among many),
//! [`same_goods`] (what a match means, by policy), [`fingerprints`], [`brands`], [`recalls`] (keeping them).

pub mod brands;
pub mod fingerprints;
pub(crate) mod index;
pub mod recalls;
pub mod same_goods;
pub mod sketch;

use ground::Timestamp;

/// What a fingerprint recognises goods by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FingerprintKind {
    /// A sketch of folded title, brand and attributes.
    Text,
    /// The PDQ hash of a picture.
    Image,
    /// The GTIN.
    Gtin,
    /// The content hash of a document.
    Document,
}

impl FingerprintKind {
    /// Every kind.
    pub const ALL: [FingerprintKind; 4] =
        [FingerprintKind::Text, FingerprintKind::Image, FingerprintKind::Gtin, FingerprintKind::Document];

    /// Stable name, also in `listings-fingerprint-…`.
    pub fn name(self) -> &'static str {
        match self {
            FingerprintKind::Text => "text",
            FingerprintKind::Image => "image",
            FingerprintKind::Gtin => "gtin",
            FingerprintKind::Document => "document",
        }
    }

    /// Reads a stable name.
    pub fn from_name(name: &str) -> Option<FingerprintKind> {
        FingerprintKind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// One entry of the fingerprint bank.
#[derive(Debug, Clone, PartialEq)]
pub struct Fingerprint {
    /// Id.
    pub id: String,
    /// By what.
    pub kind: FingerprintKind,
    /// Sketch, hash, number: see `kind`.
    pub value: String,
    /// Title of the goods, for people.
    pub title: String,
    /// The listing they came from.
    pub listing_id: String,
    /// The version.
    pub version_id: String,
    /// The merchant.
    pub merchant_id: String,
    /// `rejected` or `removed`.
    pub reason: String,
    /// The rules that spoke.
    pub rules: Vec<String>,
    /// Whether it still catches.
    pub active: bool,
    /// Since when.
    pub created_at: Timestamp,
    /// The act that put it there.
    pub act_id: String,
    /// When it was taken out.
    pub removed_at: Option<Timestamp>,
    /// By which act.
    pub removed_act_id: Option<String>,
}

/// A brand the operator protects.
#[derive(Debug, Clone, PartialEq)]
pub struct Brand {
    /// Id.
    pub id: String,
    /// Market.
    pub market: String,
    /// Name as the owner writes it.
    pub name: String,
    /// Other ways of writing it.
    pub aliases: Vec<String>,
    /// Who owns it.
    pub owner: String,
    /// Categories it is protected in; empty: all.
    pub categories: Vec<String>,
    /// Whether a merchant needs an authorisation chain to sell it.
    pub authorisation_required: bool,
    /// Whether it counts.
    pub active: bool,
    /// Since when.
    pub created_at: Timestamp,
    /// The act.
    pub act_id: String,
}

/// One recall notice as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct RecallRow {
    /// Id.
    pub id: String,
    /// `safety-gate`, `cpsc`.
    pub source: String,
    /// The notice's own number.
    pub number: String,
    /// Day of publication where known, `YYYY-MM-DD`.
    pub published: String,
    /// What was recalled.
    pub product: String,
    /// Its brand.
    pub brand: String,
    /// Its model.
    pub model: String,
    /// Barcodes as published.
    pub barcode: String,
    /// Hash of the notice, to tell changed ones.
    pub content_hash: String,
    /// The whole notice, JSON.
    pub notice: String,
    /// When it was loaded.
    pub loaded_at: Timestamp,
}
