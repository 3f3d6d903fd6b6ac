//! The policy side of the price check.

use jiff::civil::Date;
use policy::{Bilingual, Diagnostics, Pack, Report, Row, TableRow};
use serde::Deserialize;

use crate::finding::Severity;
use crate::rulings::Ruling;

/// What can be wrong with a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PriceQuestion {
    Missing,
    Zero,
    TooLarge,
    Currency,
    ListBelowPrice,
    ReferenceNotLowest,
    ReferenceRatio,
    OutlierGtin,
    LowForBrand,
    OutlierCategory,
    UnitPrice,
}

/// A row of the table `price`. Rows are asked in their order. Reasons may use `{median}`, `{times}`, `{count}`, `{days}`,
/// `{lowest}`, `{date}`, `{ratio}`, `{currency}`, `{expected}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceRow {
    pub question: PriceQuestion,
    pub severity: Severity,
    /// Outliers: largest robust distance.
    #[serde(default)]
    pub z_max: Option<f64>,
    /// Outliers: fewest comparable prices.
    #[serde(default)]
    pub samples_min: Option<usize>,
    /// Outliers: least deviation assumed, in natural logarithms.
    #[serde(default)]
    pub deviation_min: Option<f64>,
    /// Reference price: largest multiple of the price.
    #[serde(default)]
    pub ratio_max: Option<f64>,
    /// Largest price believed, in minor units.
    #[serde(default)]
    pub minor_max: Option<i64>,
    /// Currencies of the market, ISO 4217.
    #[serde(default)]
    pub currencies: Vec<String>,
}

impl TableRow for PriceRow {
    const TABLE: &'static str = "price";
    const REASON_REQUIRED: bool = true;

    fn check(row: &Row<Self>, pack: &Pack, report: &mut Report<'_>) {
        let body = &row.body;
        let mut need = |column: &str, given: bool| {
            if !given {
                let (zh, en) = (format!("此行需要 {column}"), format!("This row needs `{column}`"));
                report.refuse(column, "price_column_missing", Bilingual::new(zh, en));
            }
        };
        match body.question {
            PriceQuestion::OutlierGtin
            | PriceQuestion::LowForBrand
            | PriceQuestion::OutlierCategory
            | PriceQuestion::UnitPrice => {
                need("z_max", body.z_max.is_some_and(|z| z > 0.0));
                need("samples_min", body.samples_min.is_some_and(|count| count > 0));
            }
            PriceQuestion::ReferenceNotLowest if window_days(pack, row.from).is_none() => {
                let zh = format!("参数 {REFERENCE_WINDOW} 应为 1 至 {WINDOW_DAYS_MAX} 的整数，并自本行生效日起有效");
                let en = format!(
                    "The parameter {REFERENCE_WINDOW} is a whole number from 1 to {WINDOW_DAYS_MAX}, in force from this row's first day"
                );
                report.refuse("question", "price_window_missing", Bilingual::new(zh, en));
            }
            PriceQuestion::ReferenceRatio => need("ratio_max", body.ratio_max.is_some_and(|ratio| ratio > 1.0)),
            PriceQuestion::TooLarge => need("minor_max", body.minor_max.is_some_and(|max| max > 0)),
            PriceQuestion::Currency => need("currencies", !body.currencies.is_empty()),
            _ => {}
        }
    }
}

/// The days before a reduction whose lowest price is the reference; the name of the parameter.
const REFERENCE_WINDOW: &str = "price.reference_window_days";
/// Longest window that is taken.
const WINDOW_DAYS_MAX: i32 = 3_660;

fn window_days(pack: &Pack, date: Date) -> Option<i32> {
    let days = i32::try_from(pack.integer(REFERENCE_WINDOW, date).ok()?).ok()?;
    (1..=WINDOW_DAYS_MAX).contains(&days).then_some(days)
}

/// Thresholds of one rule.
#[derive(Clone, Debug)]
pub struct PriceLimits {
    pub z_max: f64,
    pub samples_min: usize,
    pub deviation_min: f64,
    pub window_days: Option<i32>,
    pub ratio_max: Option<f64>,
    pub minor_max: Option<i64>,
    pub currencies: Vec<String>,
}

/// A compiled row.
#[derive(Clone, Debug)]
pub struct PriceRule {
    pub question: PriceQuestion,
    pub limits: PriceLimits,
    pub ruling: Ruling,
}

/// All price rules of a market at one date, in the pack's order.
#[derive(Clone, Debug, Default)]
pub struct PriceRules {
    pub rules: Vec<PriceRule>,
}

impl PriceRules {
    /// Reads the rows in force on `date`.
    ///
    /// # Errors
    /// The pack's diagnostics where a row cannot be read.
    pub fn from_pack(pack: &Pack, date: Date) -> Result<Self, Diagnostics> {
        let rows = pack.rows_at::<PriceRow>(date)?;
        let rules = rows.iter().map(|row| {
            let body = &row.body;
            PriceRule {
                question: body.question,
                limits: PriceLimits {
                    z_max: body.z_max.unwrap_or(f64::INFINITY),
                    samples_min: body.samples_min.unwrap_or(usize::MAX),
                    deviation_min: body.deviation_min.unwrap_or(0.0),
                    window_days: window_days(pack, date),
                    ratio_max: body.ratio_max,
                    minor_max: body.minor_max,
                    currencies: body.currencies.clone(),
                },
                ruling: Ruling::of(row, pack, date, body.severity, false),
            }
        });
        Ok(Self { rules: rules.collect() })
    }
}
