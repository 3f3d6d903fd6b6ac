//! The policy side of the recalls check: how much each kind of match weighs.

use jiff::civil::Date;
use policy::{Bilingual, Diagnostics, Pack, Report, Row, TableRow};
use serde::{Deserialize, Serialize};

use super::{Agreement, RecallMatch};
use crate::finding::Severity;
use crate::rulings::Ruling;

/// Why a notice is taken to be about a listing; the strongest that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecallKind {
    /// The GTIN, under the same brand or where one side states none.
    Gtin,
    /// Brand and model.
    Model,
    /// The GTIN, but another brand.
    GtinOtherBrand,
    /// Brand and lot, with the kind of goods.
    Lot,
    /// A malformed barcode as a whole, with brand, lot or name.
    Code,
    /// Brand and name, where the notice names no model and no GTIN.
    Name,
}

impl RecallKind {
    /// The kind of a match.
    #[must_use]
    pub fn of(found: &RecallMatch<'_>) -> Self {
        let has = |agreement| found.agreements.contains(&agreement);
        match () {
            () if has(Agreement::Gtin) && found.certain => Self::Gtin,
            () if has(Agreement::Brand) && has(Agreement::Model) => Self::Model,
            () if has(Agreement::Gtin) => Self::GtinOtherBrand,
            () if has(Agreement::Brand) && has(Agreement::Lot) => Self::Lot,
            () if has(Agreement::Code) => Self::Code,
            () => Self::Name,
        }
    }
}

/// A row of the table `recall-checks`. Reason and fix may use `{number}`, `{source}`, `{product}`, `{risk}` of the notice
/// and `{fields}`, what agrees.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecallRow {
    /// The kinds of match it speaks of.
    pub kinds: Vec<RecallKind>,
    pub severity: Severity,
    #[serde(default)]
    pub zero_tolerance: bool,
}

impl TableRow for RecallRow {
    const TABLE: &'static str = "recall-checks";
    const REASON_REQUIRED: bool = true;
    const BASIS_REQUIRED: bool = true;

    fn check(row: &Row<Self>, _pack: &Pack, report: &mut Report<'_>) {
        if row.body.kinds.is_empty() {
            let message = Bilingual::new("请至少写一种吻合方式", "Name at least one kind of match");
            report.refuse("kinds", "recall_kinds_none", message);
        }
    }
}

/// A compiled row.
#[derive(Clone, Debug)]
pub struct RecallRule {
    pub kinds: Vec<RecallKind>,
    pub ruling: Ruling,
}

/// All recall rules of a market at one date.
#[derive(Clone, Debug, Default)]
pub struct RecallRules {
    pub rules: Vec<RecallRule>,
}

impl RecallRules {
    /// Reads the rows in force on `date`.
    ///
    /// # Errors
    /// The pack's diagnostics where a row cannot be read.
    pub fn from_pack(pack: &Pack, date: Date) -> Result<Self, Diagnostics> {
        let rows = pack.rows_at::<RecallRow>(date)?;
        let rules = rows.iter().map(|row| RecallRule {
            kinds: row.body.kinds.clone(),
            ruling: Ruling::of(row, pack, date, row.body.severity, row.body.zero_tolerance),
        });
        Ok(Self { rules: rules.collect() })
    }
}
