//! What it means that goods agree with ones that were refused before: rows of the policy table `same-goods`.

use super::index::{Index, Match};
use super::{Fingerprint, FingerprintKind};
use crate::content::Content;
use policy::{Bilingual, Pack, TableRow};
use screening::rulings::Ruling;
use screening::{Check, Finding, Severity};
use serde::Deserialize;
use serde_json::json;

/// A row of the table `same-goods`: by what goods are recognised again, and how much that weighs. Reason and fix may
/// hold `{title}` (the earlier goods), `{rules}` (why they were refused) and `{similarity}` (percent).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SameGoods {
    /// `text`, `image`, `gtin` or `document`.
    pub by: String,
    /// How bad it is.
    pub severity: Severity,
    /// Whether it is one of the kinds without tolerance.
    #[serde(default)]
    pub zero_tolerance: bool,
    /// Least similarity of texts, 0 to 1. Text only.
    #[serde(default)]
    pub similarity_min: Option<f64>,
    /// Most differing bits of pictures, 0 to 255. Image only.
    #[serde(default)]
    pub distance_max: Option<u32>,
    /// Least quality of a picture, 0 to 100. Image only.
    #[serde(default)]
    pub quality_min: Option<u8>,
}

impl TableRow for SameGoods {
    const TABLE: &'static str = "same-goods";
    const REASON_REQUIRED: bool = true;

    fn check(row: &policy::Row<Self>, _pack: &Pack, report: &mut policy::Report<'_>) {
        let body = &row.body;
        if FingerprintKind::from_name(&body.by).is_none() {
            report.refuse(
                "by",
                "same_goods_by",
                Bilingual::new("应为 text、image、gtin 或 document", "Must be text, image, gtin or document"),
            );
        }
        if body.similarity_min.is_some_and(|share| !(0.3..=1.0).contains(&share)) {
            report.refuse(
                "similarity_min",
                "same_goods_similarity",
                Bilingual::new("相似度应在 0.3 与 1 之间", "The similarity lies between 0.3 and 1"),
            );
        }
        if body.distance_max.is_some_and(|bits| bits > 80) {
            report.refuse(
                "distance_max",
                "same_goods_distance",
                Bilingual::new(
                    "图片距离最多 80 位，再大就不是同一张图",
                    "At most 80 bits: beyond, pictures are not the same",
                ),
            );
        }
    }
}

/// The rows of a pack, ready to use.
pub struct SameGoodsRules {
    rows: Vec<(FingerprintKind, SameGoods, Ruling)>,
}

impl SameGoodsRules {
    /// The rows in force on a date.
    ///
    /// # Errors
    /// What is wrong with the rows.
    pub fn new(pack: &Pack, date: jiff::civil::Date) -> Result<SameGoodsRules, policy::Diagnostics> {
        let rows = pack.rows_at::<SameGoods>(date)?;
        let compiled = rows.iter().filter_map(|row| {
            let kind = FingerprintKind::from_name(&row.body.by)?;
            let ruling = Ruling::of(row, pack, date, row.body.severity, row.body.zero_tolerance);
            Some((kind, row.body.clone(), ruling))
        });
        Ok(SameGoodsRules { rows: compiled.collect() })
    }

    /// What agrees with earlier goods of other listings: at most one finding a row and field.
    pub fn findings(&self, index: &Index, listing_id: &str, content: &Content) -> Vec<Finding> {
        if index.len() == 0 || self.rows.is_empty() {
            return Vec::new();
        }
        let rows = || self.rows.iter();
        let distance_max = rows().filter_map(|(_, row, _)| row.distance_max).max().unwrap_or(0);
        let quality_min = rows().filter_map(|(_, row, _)| row.quality_min).min().unwrap_or(50);
        let similarity_min = rows().filter_map(|(_, row, _)| row.similarity_min).fold(1.0, f64::min);
        let matches = index.matches(listing_id, content, distance_max, quality_min, similarity_min);
        let mut found: Vec<Finding> = Vec::new();
        for (kind, row, ruling) in &self.rows {
            for one in matches.iter().filter(|one| one.fingerprint.kind == *kind && row.takes(one, content)) {
                if let Some(finding) = finding(ruling, listing_id, one, content)
                    && !found.iter().any(|there| there.rule == finding.rule && there.field == finding.field)
                {
                    found.push(finding);
                }
            }
        }
        found
    }
}

impl SameGoods {
    fn takes(&self, one: &Match, content: &Content) -> bool {
        let near = one.distance.is_none_or(|bits| bits <= self.distance_max.unwrap_or(0));
        let clear = one.position.and_then(|position| content.images.get(position)).is_none_or(|image| {
            one.fingerprint.kind != FingerprintKind::Image || image.quality >= self.quality_min.unwrap_or(50)
        });
        let alike =
            one.fingerprint.kind != FingerprintKind::Text || one.similarity >= self.similarity_min.unwrap_or(1.0);
        near && clear && alike
    }
}

fn finding(ruling: &Ruling, listing_id: &str, one: &Match, content: &Content) -> Option<Finding> {
    let Fingerprint { kind, title, rules, .. } = one.fingerprint.as_ref();
    let (field, text) = match (kind, one.position) {
        (FingerprintKind::Image, Some(position)) => (format!("images[{position}]"), String::new()),
        (FingerprintKind::Document, Some(position)) => (
            format!("documents[{position}]"),
            content.documents.get(position).map(|d| d.number.clone()).unwrap_or_default(),
        ),
        (FingerprintKind::Gtin, _) => ("gtin".to_owned(), content.gtin.clone()),
        _ => ("title".to_owned(), content.title.clone()),
    };
    let percent = format!("{:.0}", one.similarity * 100.0);
    let rules_text = rules.join(", ");
    let fills = [("title", title.as_str()), ("rules", rules_text.as_str()), ("similarity", percent.as_str())];
    let mut finding = ruling.finding(Check::SameGoods, listing_id, &field, &fills)?;
    finding.text = text;
    finding.evidence = Some(json!({
        "listing": one.fingerprint.listing_id,
        "version": one.fingerprint.version_id,
        "merchant": one.fingerprint.merchant_id,
        "fingerprint": one.fingerprint.id,
        "by": kind.name(),
        "similarity": (one.similarity * 1000.0).round() / 1000.0,
        "distance": one.distance,
        "refused_for": rules,
    }));
    Some(finding)
}
