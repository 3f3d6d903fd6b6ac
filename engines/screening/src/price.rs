//! Prices: out of line with the same goods, or a reference price that never was.
//!
//! The market's prices come in as [`PriceStatistics`]; this check computes nothing from other listings itself. Distances are robust
//! z values on the logarithm: `0.6745 · (ln price − median) / max(MAD, floor)` (Iglewicz and Hoaglin, 1993).

use std::collections::HashMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::finding::{Check, Finding};
use crate::input::Input;
use crate::{names, numbers};

mod quantity;
mod rules;

pub use quantity::{Quantity, Unit, quantity};
pub use rules::{PriceQuestion, PriceRow, PriceRule, PriceRules};

/// Comparable listings kept with a distribution, for the evidence.
pub const COMPARABLES_MAX: usize = 5;

/// What is known of a listing's price.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PriceFacts {
    pub price_minor: Option<i64>,
    pub list_price_minor: Option<i64>,
    pub currency: String,
    /// Padded to 14 digits; empty where there is no valid one.
    pub gtin: String,
    /// Folded.
    pub brand: String,
    pub category: String,
    /// Net content stated in the title, for unit prices.
    pub quantity: Option<Quantity>,
}

/// A comparable listing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparable {
    pub listing: String,
    pub price_minor: i64,
}

/// How prices of comparable goods lie: median and median absolute deviation of their natural logarithms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Distribution {
    pub count: usize,
    pub median_log: f64,
    pub deviation_log: f64,
    /// A few listings near the median.
    #[serde(default)]
    pub comparables: Vec<Comparable>,
}

impl Distribution {
    /// From positive values (prices in minor units, or minor units per base unit); others are left out. `None` where nothing is left.
    #[must_use]
    pub fn from_values(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut logs: Vec<f64> =
            values.into_iter().filter(|value| *value > 0.0 && value.is_finite()).map(f64::ln).collect();
        let median_log = median(&mut logs)?;
        let mut deviations: Vec<f64> = logs.iter().map(|log| (log - median_log).abs()).collect();
        let deviation_log = median(&mut deviations)?;
        Some(Self { count: logs.len(), median_log, deviation_log, comparables: Vec::new() })
    }

    /// From comparable listings, of which those nearest the median are kept.
    #[must_use]
    pub fn from_listings(listings: &[Comparable]) -> Option<Self> {
        let mut distribution = Self::from_values(listings.iter().map(|listing| listing.price_minor as f64))?;
        let mut near: Vec<&Comparable> = listings.iter().filter(|listing| listing.price_minor > 0).collect();
        near.sort_by(|a, b| {
            let distance = |listing: &Comparable| ((listing.price_minor as f64).ln() - distribution.median_log).abs();
            distance(a).total_cmp(&distance(b)).then_with(|| a.listing.cmp(&b.listing))
        });
        distribution.comparables = near.into_iter().take(COMPARABLES_MAX).cloned().collect();
        Some(distribution)
    }

    /// Robust distance of a positive value; `floor` is the least deviation assumed (in logarithms).
    #[must_use]
    pub fn z(&self, value: f64, floor: f64) -> f64 {
        0.6745 * (value.ln() - self.median_log) / self.deviation_log.max(floor).max(1e-9)
    }

    /// The median in the unit of the values.
    #[must_use]
    pub fn median(&self) -> f64 {
        self.median_log.exp()
    }
}

fn median(values: &mut [f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    Some(if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 })
}

/// The price at which something was really sold on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayPrice {
    pub date: Date,
    pub price_minor: i64,
}

/// What the market's prices are; the caller keeps it up to date. One currency.
#[derive(Clone, Debug, Default)]
pub struct PriceStatistics {
    /// ISO 4217; prices in another currency are not compared.
    pub currency: String,
    /// By GTIN of 14 digits.
    pub by_gtin: HashMap<String, Distribution>,
    /// By folded brand ([`names::key`]) and category path.
    pub by_brand: HashMap<(String, String), Distribution>,
    /// By category path.
    pub by_category: HashMap<String, Distribution>,
    /// Minor units per kilogram, litre or piece, by category path.
    pub by_unit: HashMap<(String, Unit), Distribution>,
    /// Prices by day, by listing id, in any order.
    pub history: HashMap<String, Vec<DayPrice>>,
}

/// Names of attributes that state how much is sold, folded as [`names::key`] folds.
const CONTENT: &[&str] = &["净含量", "规格", "netcontent", "netweight", "size"];

/// Reads a listing's price once.
#[must_use]
pub fn facts(input: &Input) -> PriceFacts {
    let stated = input.attributes.iter().filter(|(name, _)| CONTENT.contains(&names::key(name).as_str()));
    PriceFacts {
        price_minor: input.price_minor,
        list_price_minor: input.list_price_minor,
        currency: input.currency.clone(),
        gtin: numbers::gtin14(&input.gtin).unwrap_or_default(),
        brand: names::key(&input.brand),
        category: input.category.clone(),
        quantity: quantity(&input.title).or_else(|| stated.map(|(_, value)| value).find_map(|text| quantity(text))),
    }
}

/// Holds a price against the market on the day `at`.
#[must_use]
pub fn findings(
    facts: &PriceFacts,
    rules: &PriceRules,
    statistics: &PriceStatistics,
    listing_id: &str,
    at: Date,
) -> Vec<Finding> {
    let review = Review { facts, rules, statistics, listing_id };
    let mut found: Vec<Finding> = review.form();
    let Some(price) = facts.price_minor.filter(|price| *price > 0) else {
        return found;
    };
    found.extend(review.reference(price, at));
    let same_currency =
        facts.currency.is_empty() || statistics.currency.is_empty() || facts.currency == statistics.currency;
    if same_currency {
        found.extend(review.outlier(price));
        found.extend(review.unit_price(price));
    }
    found
}

struct Review<'a> {
    facts: &'a PriceFacts,
    rules: &'a PriceRules,
    statistics: &'a PriceStatistics,
    listing_id: &'a str,
}

impl Review<'_> {
    fn say(
        &self,
        rule: &PriceRule,
        field: &str,
        text: &str,
        fills: &[(&str, &str)],
        evidence: serde_json::Value,
    ) -> Option<Finding> {
        let mut finding = rule.ruling.finding(Check::Price, self.listing_id, field, fills)?;
        text.clone_into(&mut finding.text);
        finding.evidence = Some(evidence);
        Some(finding)
    }

    /// Missing, zero, enormous, another currency, a reference price below the price.
    fn form(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        let facts = self.facts;
        for rule in &self.rules.rules {
            let finding = match (rule.question, facts.price_minor) {
                (PriceQuestion::Missing, None) => self.say(rule, "price_minor", "", &[], json!({})),
                (PriceQuestion::Zero, Some(price)) if price <= 0 => {
                    self.say(rule, "price_minor", &price.to_string(), &[], json!({ "price_minor": price }))
                }
                (PriceQuestion::TooLarge, Some(price)) if rule.limits.minor_max.is_some_and(|max| price > max) => self
                    .say(
                        rule,
                        "price_minor",
                        &price.to_string(),
                        &[],
                        json!({ "price_minor": price, "max_minor": rule.limits.minor_max }),
                    ),
                (PriceQuestion::Currency, _)
                    if !facts.currency.is_empty() && !rule.limits.currencies.contains(&facts.currency) =>
                {
                    let expected = rule.limits.currencies.join(", ");
                    self.say(
                        rule,
                        "currency",
                        &facts.currency,
                        &[("currency", &facts.currency), ("expected", &expected)],
                        json!({ "expected": rule.limits.currencies }),
                    )
                }
                (PriceQuestion::ListBelowPrice, Some(price)) => match facts.list_price_minor {
                    Some(list) if list < price => self.say(
                        rule,
                        "list_price_minor",
                        &list.to_string(),
                        &[],
                        json!({ "price_minor": price, "list_price_minor": list }),
                    ),
                    _ => None,
                },
                _ => None,
            };
            found.extend(finding);
        }
        found
    }

    /// A crossed-out price must not lie above the lowest price of the days before.
    fn reference(&self, price: i64, at: Date) -> Vec<Finding> {
        let mut found = Vec::new();
        let Some(list) = self.facts.list_price_minor.filter(|list| *list > price) else {
            return found;
        };
        for rule in &self.rules.rules {
            match (rule.question, rule.limits.window_days) {
                (PriceQuestion::ReferenceNotLowest, Some(days)) => {
                    let history = self.statistics.history.get(self.listing_id).map_or(&[][..], Vec::as_slice);
                    let first = at.saturating_sub(jiff::Span::new().days(days));
                    let lowest = history
                        .iter()
                        .filter(|day| day.date >= first && day.date < at && day.price_minor > 0)
                        .min_by_key(|day| (day.price_minor, day.date));
                    if let Some(lowest) = lowest.filter(|lowest| list > lowest.price_minor) {
                        let (day, days) = (lowest.date.to_string(), days.to_string());
                        let shown = amount(lowest.price_minor);
                        let fills = [("days", days.as_str()), ("lowest", shown.as_str()), ("date", day.as_str())];
                        let evidence = json!({ "lowest_minor": lowest.price_minor, "date": day, "window_days": rule.limits.window_days, "list_price_minor": list });
                        found.extend(self.say(rule, "list_price_minor", &list.to_string(), &fills, evidence));
                    }
                }
                (PriceQuestion::ReferenceRatio, _) => {
                    if let Some(max) = rule.limits.ratio_max
                        && list as f64 > price as f64 * max
                    {
                        let ratio = format!("{:.1}", list as f64 / price as f64);
                        found.extend(self.say(
                            rule,
                            "list_price_minor",
                            &list.to_string(),
                            &[("ratio", &ratio)],
                            json!({ "ratio": list as f64 / price as f64, "ratio_max": max }),
                        ));
                    }
                }
                _ => {}
            }
        }
        found
    }

    /// The same GTIN first; where there are too few, the brand in the category; then the category.
    fn outlier(&self, price: i64) -> Option<Finding> {
        let value = price as f64;
        for rule in &self.rules.rules {
            let (distribution, two_sided) = match rule.question {
                PriceQuestion::OutlierGtin => {
                    (self.statistics.by_gtin.get(&self.facts.gtin).filter(|_| !self.facts.gtin.is_empty()), true)
                }
                PriceQuestion::LowForBrand => {
                    let key = (self.facts.brand.clone(), self.facts.category.clone());
                    (self.statistics.by_brand.get(&key).filter(|_| !self.facts.brand.is_empty()), false)
                }
                PriceQuestion::OutlierCategory => (self.statistics.by_category.get(&self.facts.category), true),
                _ => continue,
            };
            let Some(distribution) = distribution.filter(|distribution| distribution.count >= rule.limits.samples_min)
            else {
                continue;
            };
            let z = distribution.z(value, rule.limits.deviation_min);
            let is_out = if two_sided { z.abs() > rule.limits.z_max } else { -z > rule.limits.z_max };
            if is_out {
                return self.distant(rule, "price_minor", value, z, distribution);
            }
            // Comparable goods are known and the price fits them: wider groups say nothing more.
            if rule.question == PriceQuestion::OutlierGtin {
                return None;
            }
        }
        None
    }

    fn unit_price(&self, price: i64) -> Option<Finding> {
        let quantity = self.facts.quantity?;
        let per_unit = price as f64 / quantity.amount;
        let distribution = self.statistics.by_unit.get(&(self.facts.category.clone(), quantity.unit))?;
        let rule = self.rules.rules.iter().find(|rule| rule.question == PriceQuestion::UnitPrice)?;
        let z = distribution.z(per_unit, rule.limits.deviation_min);
        let is_out =
            distribution.count >= rule.limits.samples_min && per_unit.is_finite() && z.abs() > rule.limits.z_max;
        if is_out { self.distant(rule, "price_minor", per_unit, z, distribution) } else { None }
    }

    fn distant(
        &self,
        rule: &PriceRule,
        field: &str,
        value: f64,
        z: f64,
        distribution: &Distribution,
    ) -> Option<Finding> {
        let median = distribution.median().round() as i64;
        let times =
            if value >= distribution.median() { value / distribution.median() } else { distribution.median() / value };
        let (shown, times, count) = (amount(median), format!("{times:.1}"), distribution.count.to_string());
        let evidence = json!({
            "z": (z * 100.0).round() / 100.0, "median_minor": median, "count": distribution.count, "value": value, "comparables": distribution.comparables,
        });
        self.say(
            rule,
            field,
            &self.facts.price_minor.unwrap_or(0).to_string(),
            &[("median", &shown), ("times", &times), ("count", &count)],
            evidence,
        )
    }
}

/// Minor units as an amount with two decimals.
fn amount(minor: i64) -> String {
    let (sign, minor) = (if minor < 0 { "-" } else { "" }, minor.unsigned_abs());
    format!("{sign}{}.{:02}", minor / 100, minor % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_attributes_that_are_read_are_written_folded() {
        for name in CONTENT {
            assert_eq!(names::key(name), *name);
        }
    }
}
