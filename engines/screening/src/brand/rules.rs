//! The policy side of the brand check.

use jiff::civil::Date;
use policy::{Bilingual, Diagnostics, Pack, Report, Row, TableRow};
use serde::Deserialize;

use super::Mention;
use crate::finding::Severity;
use crate::names;
use crate::rulings::Ruling;

/// What can be wrong with a brand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BrandQuestion {
    /// Other letters that look like the brand's.
    Homograph,
    /// One letter off.
    NearName,
    /// The brand field names it and nobody proves the right.
    Unauthorised,
    /// Only the title names it, and nobody proves the right.
    TitleOnly,
    /// Proofs are there and do not lead from the owner to the merchant.
    ChainBroken,
}

/// A row of the table `brand-checks`. Reasons may use `{brand}`, `{name}`, `{text}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BrandCheckRow {
    pub question: BrandQuestion,
    pub severity: Severity,
    #[serde(default)]
    pub zero_tolerance: bool,
    /// Fields asked: `brand`, `title`.
    pub fields: Vec<String>,
    /// `near-name`: shortest name, in letters.
    #[serde(default)]
    pub length_min: usize,
    /// Words right before a name that make it a statement of fitness (适用于, compatible with).
    #[serde(default)]
    pub exempt_before: Vec<String>,
    /// Kinds of document that prove the right.
    #[serde(default)]
    pub proof_kinds: Vec<String>,
    /// Those among them that name the owner of the mark.
    #[serde(default)]
    pub certificate_kinds: Vec<String>,
}

impl TableRow for BrandCheckRow {
    const TABLE: &'static str = "brand-checks";
    const REASON_REQUIRED: bool = true;

    fn check(row: &Row<Self>, _pack: &Pack, report: &mut Report<'_>) {
        if row.body.fields.is_empty() || row.body.fields.iter().any(|field| field != "brand" && field != "title") {
            report.refuse(
                "fields",
                "brand_fields",
                Bilingual::new("fields 只能是 brand、title", "`fields` holds brand, title or both"),
            );
        }
    }
}

/// A compiled row.
#[derive(Clone, Debug)]
pub struct BrandRule {
    pub question: BrandQuestion,
    pub fields: Vec<String>,
    pub length_min: usize,
    pub proof_kinds: Vec<String>,
    pub certificate_kinds: Vec<String>,
    pub ruling: Ruling,
    /// Folded.
    exempt_before: Vec<String>,
}

impl BrandRule {
    /// Whether the rule looks at the field.
    #[must_use]
    pub fn asks(&self, mention: &Mention) -> bool {
        self.fields.contains(&mention.field)
    }

    /// Whether the words before a name say that the goods only fit it.
    #[must_use]
    pub fn is_exempt(&self, before: &str) -> bool {
        self.exempt_before.iter().any(|word| before.ends_with(word.as_str()))
    }
}

/// All brand rules of a market at one date.
#[derive(Clone, Debug, Default)]
pub struct BrandRules {
    pub rules: Vec<BrandRule>,
}

impl BrandRules {
    /// Reads the rows in force on `date`.
    ///
    /// # Errors
    /// The pack's diagnostics where a row cannot be read.
    pub fn from_pack(pack: &Pack, date: Date) -> Result<Self, Diagnostics> {
        let rows = pack.rows_at::<BrandCheckRow>(date)?;
        let rules = rows.iter().map(|row| BrandRule {
            question: row.body.question,
            fields: row.body.fields.clone(),
            length_min: row.body.length_min,
            proof_kinds: row.body.proof_kinds.clone(),
            certificate_kinds: row.body.certificate_kinds.clone(),
            ruling: Ruling::of(row, pack, date, row.body.severity, row.body.zero_tolerance),
            exempt_before: row
                .body
                .exempt_before
                .iter()
                .map(|word| names::key(word))
                .filter(|word| !word.is_empty())
                .collect(),
        });
        Ok(Self { rules: rules.collect() })
    }
}
