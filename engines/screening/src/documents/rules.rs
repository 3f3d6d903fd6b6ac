//! The policy side of the documents check: what a category needs, and what each deviation means.

use jiff::civil::Date;
use policy::{Bilingual, Diagnostics, Pack, Report, Row, TableRow};
use serde::Deserialize;

use super::DocumentsFacts;
use crate::categories::is_within;
use crate::finding::Severity;
use crate::numbers::NumberKind;
use crate::qualifications::Qualifications;
use crate::rulings::Ruling;

/// A row of the table `documents`: what listings of a category need.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NeedRow {
    /// Category paths; holds for everything below.
    pub categories: Vec<String>,
    /// Paths below these that are excepted.
    #[serde(default)]
    pub except: Vec<String>,
    /// Kinds of document; any one of them will do.
    pub any_of: Vec<String>,
    /// Only for goods stated to be imported (`true`) or not (`false`).
    #[serde(default)]
    pub imported: Option<bool>,
    pub severity: Severity,
}

impl TableRow for NeedRow {
    const TABLE: &'static str = "documents";
    const REASON_REQUIRED: bool = true;
    const BASIS_REQUIRED: bool = true;

    fn check(row: &Row<Self>, _pack: &Pack, report: &mut Report<'_>) {
        if row.body.any_of.is_empty() {
            report.refuse(
                "any_of",
                "document_none",
                Bilingual::new("请至少写一种证件", "Name at least one kind of document"),
            );
        }
        if row.body.categories.is_empty() {
            report.refuse(
                "categories",
                "category_none",
                Bilingual::new("请至少写一个类目", "Name at least one category"),
            );
        }
    }
}

/// What can be wrong with one document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Question {
    UnknownKind,
    NumberMissing,
    NumberInvalid,
    NumberSuspicious,
    Expired,
    TooOld,
    NotYetValid,
    IssuedInFuture,
    DatesContradict,
    UntilMissing,
    HolderDiffers,
    BrandDiffers,
    ProductDiffers,
    LotDiffers,
    StandardDiffers,
    ScopeDiffers,
    LaboratoryUnproven,
}

/// A row of the table `document-checks`: what a deviation means. Reasons may use `{document}`, `{stated}`, `{expected}`,
/// and `{why}` for numbers.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentRow {
    pub question: Question,
    pub severity: Severity,
    #[serde(default)]
    pub zero_tolerance: bool,
    /// `brand-differs`, `product-differs`: least agreement, 0 to 1000.
    #[serde(default)]
    pub agreement_min: Option<u16>,
    /// `laboratory-unproven`, `scope-differs`: the kinds of document it is asked of.
    #[serde(default)]
    pub kinds: Vec<String>,
    /// `laboratory-unproven`: the numbers that prove a laboratory.
    #[serde(default)]
    pub numbers: Vec<String>,
    /// `scope-differs`: words by category, one of which the scope must hold.
    #[serde(default)]
    pub scopes: Vec<Scope>,
}

/// Words a licence's scope must hold for a category.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    pub category: String,
    pub words: Vec<String>,
}

impl TableRow for DocumentRow {
    const TABLE: &'static str = "document-checks";
    const REASON_REQUIRED: bool = true;

    fn check(row: &Row<Self>, _pack: &Pack, report: &mut Report<'_>) {
        if row.body.agreement_min.is_some_and(|share| share > 1000) {
            report.refuse(
                "agreement_min",
                "share_above_1000",
                Bilingual::new("应在 0 与 1000 之间", "It lies between 0 and 1000"),
            );
        }
        if row.body.numbers.iter().any(|key| NumberKind::from_key(key).is_none()) {
            report.refuse(
                "numbers",
                "unknown_number_kind",
                Bilingual::new("有未知的号码种类", "One of these is no kind of number"),
            );
        }
    }
}

/// A compiled requirement.
#[derive(Clone, Debug)]
pub struct Need {
    pub ruling: Ruling,
    pub categories: Vec<String>,
    pub except: Vec<String>,
    pub kinds: Vec<String>,
    pub imported: Option<bool>,
}

impl Need {
    /// Whether the requirement is made of this listing.
    #[must_use]
    pub fn concerns(&self, facts: &DocumentsFacts) -> bool {
        let within = |list: &[String]| list.iter().any(|above| is_within(&facts.category, above));
        within(&self.categories)
            && !within(&self.except)
            && self.imported.is_none_or(|imported| facts.imported == Some(imported))
    }
}

/// Thresholds of the deviations.
#[derive(Clone, Debug, Default)]
pub struct DocumentLimits {
    pub brand_agreement_min: u16,
    pub product_agreement_min: u16,
    pub laboratory_kinds: Vec<String>,
    pub laboratory_numbers: Vec<NumberKind>,
    pub scoped_kinds: Vec<String>,
}

/// All rules about documents of a market at one date.
#[derive(Clone, Debug, Default)]
pub struct DocumentRules {
    pub qualifications: Qualifications,
    pub needs: Vec<Need>,
    pub limits: DocumentLimits,
    scopes: Vec<Scope>,
    rulings: Vec<(Question, Ruling)>,
}

impl DocumentRules {
    /// Reads `qualifications`, `documents` and `document-checks` in force on `date`.
    ///
    /// # Errors
    /// The pack's diagnostics where a row cannot be read.
    pub fn from_pack(pack: &Pack, date: Date) -> Result<Self, Diagnostics> {
        let mut rules = Self { qualifications: Qualifications::from_pack(pack, date)?, ..Self::default() };
        for row in pack.rows_at::<NeedRow>(date)? {
            rules.needs.push(Need {
                ruling: Ruling::of(&row, pack, date, row.body.severity, false),
                categories: row.body.categories.clone(),
                except: row.body.except.clone(),
                kinds: row.body.any_of.clone(),
                imported: row.body.imported,
            });
        }
        for row in pack.rows_at::<DocumentRow>(date)? {
            let body = &row.body;
            match body.question {
                Question::BrandDiffers => rules.limits.brand_agreement_min = body.agreement_min.unwrap_or(0),
                Question::ProductDiffers => rules.limits.product_agreement_min = body.agreement_min.unwrap_or(0),
                Question::LaboratoryUnproven => {
                    rules.limits.laboratory_kinds.clone_from(&body.kinds);
                    rules.limits.laboratory_numbers =
                        body.numbers.iter().filter_map(|key| NumberKind::from_key(key)).collect();
                }
                Question::ScopeDiffers => {
                    rules.limits.scoped_kinds.clone_from(&body.kinds);
                    rules.scopes.clone_from(&body.scopes);
                }
                _ => {}
            }
            rules.rulings.push((body.question, Ruling::of(&row, pack, date, body.severity, body.zero_tolerance)));
        }
        Ok(rules)
    }

    /// What the policy says to a deviation; `None` where it says nothing.
    #[must_use]
    pub fn ruling(&self, question: Question) -> Option<&Ruling> {
        self.rulings.iter().find(|(known, _)| *known == question).map(|(_, ruling)| ruling)
    }

    /// The words a scope must hold for the category, by the most exact row.
    pub(super) fn scope_of(&self, category: &str) -> Option<&[String]> {
        let fitting = self.scopes.iter().filter(|scope| is_within(category, &scope.category));
        fitting.max_by_key(|scope| scope.category.len()).map(|scope| scope.words.as_slice())
    }
}
