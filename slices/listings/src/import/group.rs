//! Many rows to one product: a shop that exports its invoices gives every sale a line. The words come from the newest
//! sensible line, the price from each day's sales. Memory is bounded by the number of products and days.

use super::mapping::Compiled;
use super::record::{self, Item, Product};
use super::table::{Table, Values};
use super::{Failed, GROUPS_MAX, Reason};
use crate::content::{Content, EXTERNAL_ID_CHARS_MAX, PRICE_DAYS_MAX};
use ground::Timestamp;
use std::collections::{BTreeMap, HashMap};

/// Prices of one day kept for a median.
const DAY_PRICES_MAX: usize = 64;
/// Titles of one product compared.
const TITLES_MAX: usize = 32;
/// See [`Group::title`].
const RARE_SHARE: u32 = 10;

#[derive(Default)]
struct Group {
    line: u64,
    /// Title to the newest moment it was seen, and whether it is a preferred one.
    titles: HashMap<String, (Timestamp, u32)>,
    newest: Timestamp,
    content: Content,
    days: BTreeMap<String, Vec<i64>>,
    last: BTreeMap<String, (Timestamp, i64)>,
}

/// The products a file is grouped into so far.
pub(crate) struct Groups<'a> {
    mapping: &'a Compiled,
    groups: BTreeMap<String, Group>,
}

impl<'a> Groups<'a> {
    pub(crate) fn new(mapping: &'a Compiled) -> Self {
        Groups { mapping, groups: BTreeMap::new() }
    }

    /// Takes one line. `Some`: a line that cannot be taken, and why; lines that do not count give nothing.
    pub(crate) fn take(&mut self, table: &Table, line: u64, values: &Values) -> Result<Option<Item>, Failed> {
        let Some(rule) = &self.mapping.mapping.group_by else { return Ok(None) };
        let mut key = table.value(values, &rule.key).unwrap_or_default();
        if rule.key_upper {
            key = key.to_uppercase();
        }
        let refuse = |reason: Reason| {
            Ok(Some(Item::Refused {
                line,
                external_id: key.chars().take(EXTERNAL_ID_CHARS_MAX).collect(),
                reasons: vec![reason],
            }))
        };
        if key.is_empty() || key.chars().count() > EXTERNAL_ID_CHARS_MAX {
            return refuse(Reason::new(&rule.key, "listings-row-number").arg("most", EXTERNAL_ID_CHARS_MAX));
        }
        let at_text = table.value(values, &rule.at).unwrap_or_default();
        let Some(at) = record::moment(&at_text, self.mapping) else {
            return refuse(
                Reason::new(&rule.at, "listings-row-date")
                    .arg("value", at_text)
                    .arg("form", &self.mapping.mapping.dates.format),
            );
        };
        if let Some(column) = &rule.quantity {
            let text = table.value(values, column).unwrap_or_default();
            match text.parse::<f64>() {
                Ok(quantity) if quantity > 0.0 => {}
                Ok(_) => return Ok(None),
                Err(_) => return refuse(Reason::new(column, "listings-row-quantity").arg("value", text)),
            }
        }
        let currency = record::field_of(table, values, self.mapping, "currency").unwrap_or_default().to_uppercase();
        let price_text = record::field_of(table, values, self.mapping, "price");
        let price = match &price_text {
            None => None,
            Some(text) => match record::price(text, &currency, self.mapping) {
                Some(minor) => Some(minor),
                None => {
                    let column = self.mapping.mapping.columns.get("price").cloned().unwrap_or_default();
                    return refuse(
                        Reason::new(&column, "listings-row-price")
                            .arg("value", text)
                            .arg("decimal", self.mapping.mapping.price.decimal),
                    );
                }
            },
        };
        if !self.groups.contains_key(&key) && self.groups.len() >= GROUPS_MAX {
            return Err(Failed {
                line,
                reason: Reason::new(&rule.key, "listings-import-groups").arg("most", GROUPS_MAX),
            });
        }
        let group = self.groups.entry(key).or_insert_with(|| Group { line, ..Group::default() });
        group.add(table, values, self.mapping, at, currency, price);
        Ok(None)
    }

    /// How many products there are.
    pub(crate) fn len(&self) -> usize {
        self.groups.len()
    }

    /// The products, in the order of their keys.
    pub(crate) fn finish(self) -> impl Iterator<Item = Item> + 'a {
        let mapping = self.mapping;
        self.groups.into_iter().map(move |(key, group)| group.finish(key, mapping))
    }
}

impl Group {
    fn add(
        &mut self,
        table: &Table,
        values: &Values,
        mapping: &Compiled,
        at: Timestamp,
        currency: String,
        price: Option<i64>,
    ) {
        if let Some(title) = record::field_of(table, values, mapping, "title")
            && (self.titles.len() < TITLES_MAX || self.titles.contains_key(&title))
        {
            let seen = self.titles.entry(title).or_insert((at, 0));
            seen.0 = seen.0.max(at);
            seen.1 += 1;
        }
        if at >= self.newest || self.content.category.is_empty() {
            self.newest = self.newest.max(at);
            self.content.category = record::category(table, values, mapping);
            self.content.attributes = record::attributes(table, values, mapping);
            self.content.currency = currency;
            for (field, text) in [
                ("description", &mut self.content.description),
                ("brand", &mut self.content.brand),
                ("gtin", &mut self.content.gtin),
            ] {
                if let Some(value) = record::field_of(table, values, mapping, field) {
                    *text = value;
                }
            }
        }
        if let Some(price) = price.filter(|price| *price > 0) {
            let day = at.date_in(&mapping.zone).to_string();
            let last = self.last.entry(day.clone()).or_insert((at, price));
            if at >= last.0 {
                *last = (at, price);
            }
            let prices = self.days.entry(day).or_default();
            let lowest = mapping.mapping.group_by.as_ref().is_some_and(|rule| rule.day_price == "lowest");
            if lowest && !prices.is_empty() {
                prices[0] = price.min(prices[0]);
            } else if prices.len() < DAY_PRICES_MAX {
                prices.push(price);
            }
        }
    }

    /// The newest title that is one; a preferred one before any other. A title that is seen on fewer than one in
    /// [`RARE_SHARE`] of the lines of the commonest one is a slip of the pen.
    fn title(&self, mapping: &Compiled) -> Option<String> {
        let sensible = |title: &String| mapping.title_unless.as_ref().is_none_or(|pattern| !pattern.is_match(title));
        let preferred = |title: &String| mapping.title_matches.as_ref().is_none_or(|pattern| pattern.is_match(title));
        let candidates = || self.titles.iter().filter(|(title, _)| sensible(title));
        let any_preferred = candidates().any(|(title, _)| preferred(title));
        let fitting = || candidates().filter(|(title, _)| !any_preferred || preferred(title));
        let commonest = fitting().map(|(_, (_, count))| *count).max()?;
        let best = fitting()
            .filter(|(_, (_, count))| count.saturating_mul(RARE_SHARE) >= commonest)
            .max_by(|(a, (at_a, count_a)), (b, (at_b, count_b))| (at_a, count_a, b).cmp(&(at_b, count_b, a)))?;
        Some(best.0.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    fn finish(self, key: String, mapping: &Compiled) -> Item {
        let line = self.line;
        let title_column = mapping.mapping.columns.get("title").cloned().unwrap_or_default();
        let Some(title) = self.title(mapping) else {
            return Item::Refused {
                line,
                external_id: key,
                reasons: vec![Reason::new(&title_column, "listings-row-title")],
            };
        };
        let how = mapping.mapping.group_by.as_ref().map_or("lowest", |rule| rule.day_price.as_str());
        let day_price = |day: &String, prices: &Vec<i64>| match how {
            "last" => self.last.get(day).map_or(0, |(_, price)| *price),
            "median" => {
                let mut sorted = prices.clone();
                sorted.sort_unstable();
                sorted[sorted.len() / 2]
            }
            _ => prices.iter().copied().min().unwrap_or(0),
        };
        let mut days: Vec<(String, i64)> =
            self.days.iter().map(|(day, prices)| (day.clone(), day_price(day, prices))).collect();
        if days.is_empty() {
            let column = mapping.mapping.columns.get("price").cloned().unwrap_or_default();
            return Item::Refused {
                line,
                external_id: key,
                reasons: vec![Reason::new(&column, "listings-row-no-price")],
            };
        }
        days.drain(..days.len().saturating_sub(PRICE_DAYS_MAX));
        let mut content = self.content;
        content.price_minor = days.last().map(|(_, price)| *price);
        if let Some((rule, _)) =
            mapping.category_when.iter().find(|(rule, pattern)| rule.column == "title" && pattern.is_match(&title))
        {
            content.category.clone_from(&rule.category);
        }
        content.title = title;
        let content = content.tidied();
        let faults = record::faults_of(&content, mapping);
        if !faults.is_empty() {
            return Item::Refused { line, external_id: key, reasons: faults };
        }
        let source_at = Some(self.newest);
        Item::Product(Box::new(Product { line, external_id: key, content, pictures: Vec::new(), source_at, days }))
    }
}
