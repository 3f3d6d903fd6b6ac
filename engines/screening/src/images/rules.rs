//! The policy side of the image check.

use jiff::civil::Date;
use policy::{Bilingual, Diagnostics, Pack, Report, Row, TableRow};
use regex::Regex;
use serde::Deserialize;

use crate::finding::Severity;
use crate::rulings::Ruling;

/// What can be wrong with a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ImageQuestion {
    Unreadable,
    TooSmall,
    QrCode,
    /// Near a picture of rejected or removed goods.
    Banned,
    /// Near another merchant's picture.
    OtherMerchant,
}

/// A row of the table `images`. Reasons may use `{why}`, `{width}`, `{height}`, `{text}`, `{source}`, `{note}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageRow {
    pub question: ImageQuestion,
    pub severity: Severity,
    #[serde(default)]
    pub zero_tolerance: bool,
    /// Largest number of differing bits, 0 to 256.
    #[serde(default)]
    pub distance_max: Option<u32>,
    /// Least PDQ quality compared, 0 to 100.
    #[serde(default)]
    pub quality_min: Option<u8>,
    #[serde(default)]
    pub side_px_min: Option<u32>,
    /// Regular expressions of what a code may say.
    #[serde(default)]
    pub allow: Vec<String>,
}

impl TableRow for ImageRow {
    const TABLE: &'static str = "images";
    const REASON_REQUIRED: bool = true;

    fn check(row: &Row<Self>, _pack: &Pack, report: &mut Report<'_>) {
        let body = &row.body;
        if let Some(bad) = body.allow.iter().find(|pattern| Regex::new(pattern).is_err()) {
            let (zh, en) = (format!("“{bad}”不是正则表达式"), format!("`{bad}` is not a regular expression"));
            report.refuse("allow", "pattern_invalid", Bilingual::new(zh, en));
        }
        let compares = matches!(body.question, ImageQuestion::Banned | ImageQuestion::OtherMerchant);
        if compares && body.distance_max.is_none_or(|distance| distance > imaging::hash::HASH_BITS) {
            report.refuse(
                "distance_max",
                "distance_missing",
                Bilingual::new("需要 distance_max，0 至 256", "This row needs `distance_max`, 0 to 256"),
            );
        }
        if compares && body.quality_min.is_none_or(|quality| quality > 100) {
            report.refuse(
                "quality_min",
                "quality_missing",
                Bilingual::new("需要 quality_min，0 至 100", "This row needs `quality_min`, 0 to 100"),
            );
        }
    }
}

/// Thresholds of one rule.
#[derive(Clone, Debug)]
pub struct ImageLimits {
    pub distance_max: u32,
    pub quality_min: u8,
    pub side_px_min: Option<u32>,
}

/// A compiled row.
#[derive(Clone, Debug)]
pub struct ImageRule {
    pub question: ImageQuestion,
    pub limits: ImageLimits,
    pub ruling: Ruling,
    allow: Vec<Regex>,
}

impl ImageRule {
    /// Whether a code with this text may stand in a picture.
    #[must_use]
    pub fn allows(&self, text: &str) -> bool {
        super::matches_any(&self.allow, text)
    }
}

/// All image rules of a market at one date.
#[derive(Clone, Debug, Default)]
pub struct ImageRules {
    pub rules: Vec<ImageRule>,
}

impl ImageRules {
    /// Reads the rows in force on `date`.
    ///
    /// # Errors
    /// The pack's diagnostics where a row cannot be read.
    pub fn from_pack(pack: &Pack, date: Date) -> Result<Self, Diagnostics> {
        let rows = pack.rows_at::<ImageRow>(date)?;
        let rules = rows.iter().map(|row| {
            let body = &row.body;
            ImageRule {
                question: body.question,
                limits: ImageLimits {
                    distance_max: body.distance_max.unwrap_or(0),
                    quality_min: body.quality_min.unwrap_or(100),
                    side_px_min: body.side_px_min,
                },
                ruling: Ruling::of(row, pack, date, body.severity, body.zero_tolerance),
                allow: body.allow.iter().filter_map(|pattern| Regex::new(pattern).ok()).collect(),
            }
        });
        Ok(Self { rules: rules.collect() })
    }
}
