//! One row to one product: every field read by the mapping, every fault named with its column.

use super::Reason;
use super::mapping::Compiled;
use super::table::{Table, Values};
use crate::content::{Batch, Content, Document, EXTERNAL_ID_CHARS_MAX};
use ground::Timestamp;
use serde_json::Value;

/// A product as the file gives it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Product {
    pub line: u64,
    pub external_id: String,
    /// Pictures are named in `pictures` until they are resolved.
    pub content: Content,
    /// Content hashes or file names of pictures.
    pub pictures: Vec<String>,
    pub source_at: Option<Timestamp>,
    /// Prices by day.
    pub days: Vec<(String, i64)>,
}

/// What a row gives.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Item {
    /// A product.
    Product(Box<Product>),
    /// A row that cannot be taken.
    Refused { line: u64, external_id: String, reasons: Vec<Reason> },
}

/// The rule of the mapping that leaves a row out.
pub(crate) fn skipped(table: &Table, values: &Values, mapping: &Compiled) -> Option<String> {
    let hit = |(rule, pattern): &&(super::mapping::Skip, regex::Regex)| {
        pattern.is_match(table.value(values, &rule.column).as_deref().unwrap_or_default())
    };
    mapping.skip.iter().find(hit).map(|(rule, _)| rule.id.clone())
}

/// Reads a row of a file in which one row is one product.
pub(crate) fn read(table: &Table, line: u64, values: &Values, mapping: &Compiled) -> Item {
    let field = |name: &str| field_of(table, values, mapping, name);
    let mut reasons = Vec::new();
    let external_id = field("external_id").unwrap_or_default();
    if external_id.is_empty() || external_id.chars().count() > EXTERNAL_ID_CHARS_MAX {
        let column = mapping.mapping.columns.get("external_id").cloned().unwrap_or_default();
        reasons.push(Reason::new(&column, "listings-row-number").arg("most", EXTERNAL_ID_CHARS_MAX));
    }
    let column = |name: &str| mapping.mapping.columns.get(name).cloned().unwrap_or_else(|| name.to_owned());
    let currency = field("currency").unwrap_or_default().to_uppercase();
    let mut amount = |name: &str| -> Option<i64> {
        let text = field(name)?;
        match price(&text, &currency, mapping) {
            Some(minor) => Some(minor),
            None => {
                reasons.push(
                    Reason::new(&column(name), "listings-row-price")
                        .arg("value", &text)
                        .arg("decimal", mapping.mapping.price.decimal),
                );
                None
            }
        }
    };
    let (price_minor, list_price_minor) = (amount("price"), amount("list_price"));
    let source_at = field("updated_at").and_then(|text| match moment(&text, mapping) {
        Some(at) => Some(at),
        None => {
            let form = form_of(mapping);
            reasons.push(Reason::new(&column("updated_at"), "listings-row-date").arg("value", &text).arg("form", form));
            None
        }
    });
    let mut day = |name: &str| {
        let text = field(name)?;
        match moment(&text, mapping)
            .map(|at| at.date_in(&mapping.zone).to_string())
            .or_else(|| text.parse::<jiff::civil::Date>().ok().map(|d| d.to_string()))
        {
            Some(day) => Some(day),
            None => {
                reasons.push(
                    Reason::new(&column(name), "listings-row-date").arg("value", &text).arg("form", form_of(mapping)),
                );
                None
            }
        }
    };
    let (produced, expires) = (day("batch.produced").unwrap_or_default(), day("batch.expires").unwrap_or_default());
    let documents = match field("documents").map(|text| documents(&text)) {
        None => Vec::new(),
        Some(Ok(documents)) => documents,
        Some(Err(())) => {
            reasons.push(Reason::new(&column("documents"), "listings-row-documents"));
            Vec::new()
        }
    };
    let content = Content {
        title: field("title").unwrap_or_default(),
        description: field("description").unwrap_or_default(),
        category: category(table, values, mapping),
        brand: field("brand").unwrap_or_default(),
        gtin: field("gtin").unwrap_or_default(),
        price_minor,
        list_price_minor,
        currency,
        attributes: attributes(table, values, mapping),
        images: Vec::new(),
        documents,
        batch: Batch {
            lot: field("batch.lot").unwrap_or_default(),
            produced,
            expires,
            origin: field("batch.origin").unwrap_or_default(),
        },
    }
    .tidied();
    reasons.extend(faults_of(&content, mapping));
    if !reasons.is_empty() {
        return Item::Refused { line, external_id: external_id.chars().take(EXTERNAL_ID_CHARS_MAX).collect(), reasons };
    }
    let pictures: Vec<String> = field("images")
        .map(|text| text.split(['|', ' ', ';']).filter(|part| !part.is_empty()).map(str::to_owned).collect())
        .unwrap_or_default();
    Item::Product(Box::new(Product { line, external_id, content, pictures, source_at, days: Vec::new() }))
}

/// What a content is refused for, in the words of the file's columns.
pub(crate) fn faults_of(content: &Content, mapping: &Compiled) -> Vec<Reason> {
    let Err(problem) = content.check() else { return Vec::new() };
    let reason = |fault: ground::Fault| {
        let field = fault.place.field.unwrap_or_default();
        let name = match field.as_str() {
            "price_minor" => "price",
            "list_price_minor" => "list_price",
            other => other,
        };
        let column = mapping.mapping.columns.get(name).cloned().unwrap_or_else(|| name.to_owned());
        let mut reason = Reason::new(&column, &fault.message);
        for (name, value) in fault.args {
            reason = reason.arg(&name, value);
        }
        reason
    };
    problem.faults.into_iter().take(20).map(reason).collect()
}

pub(crate) fn field_of(table: &Table, values: &Values, mapping: &Compiled, name: &str) -> Option<String> {
    let written = &mapping.mapping;
    let column = written.columns.get(name).and_then(|column| table.value(values, column));
    column.or_else(|| written.constants.get(name).cloned()).filter(|text| !text.is_empty())
}

pub(crate) fn category(table: &Table, values: &Values, mapping: &Compiled) -> String {
    let hit = |(rule, pattern): &&(super::mapping::CategoryWhen, regex::Regex)| {
        let column = mapping.mapping.columns.get(&rule.column).unwrap_or(&rule.column);
        table.value(values, column).is_some_and(|text| pattern.is_match(&text))
    };
    if let Some((rule, _)) = mapping.category_when.iter().find(hit) {
        return rule.category.clone();
    }
    let own = field_of(table, values, mapping, "category").unwrap_or_default();
    mapping.categories.get(&own.trim().to_lowercase()).cloned().unwrap_or(own)
}

pub(crate) fn attributes(
    table: &Table,
    values: &Values,
    mapping: &Compiled,
) -> std::collections::BTreeMap<String, String> {
    let written = &mapping.mapping;
    let mut attributes = std::collections::BTreeMap::new();
    for name in written.columns.keys().chain(written.constants.keys()) {
        if let Some(attribute) = name.strip_prefix("attributes.")
            && let Some(text) = field_of(table, values, mapping, name)
        {
            attributes.insert(attribute.to_owned(), text);
        }
    }
    if let Values::Object(object) = values
        && let Some(Value::Object(own)) = object.get("attributes")
    {
        for (name, value) in own {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            attributes.entry(name.clone()).or_insert(text);
        }
    }
    if written.rest_as_attributes {
        let used: Vec<&String> = written.columns.values().collect();
        for column in table.header.iter().filter(|column| !column.is_empty() && !used.contains(column)) {
            if let Some(text) = table.value(values, column) {
                attributes.entry(column.clone()).or_insert(text);
            }
        }
    }
    attributes
}

/// A price in minor units, by the mapping's way of writing it.
pub(crate) fn price(text: &str, currency: &str, mapping: &Compiled) -> Option<i64> {
    super::rows::price(text, currency, &mapping.mapping.price)
}

fn form_of(mapping: &Compiled) -> String {
    let form = &mapping.mapping.dates.format;
    if form.is_empty() { "2026-03-31 / 2026-03-31T08:00:00+08:00".to_owned() } else { form.clone() }
}

/// A moment, by the mapping's way of writing dates; without one, ISO 8601 with or without time and offset.
pub(crate) fn moment(text: &str, mapping: &Compiled) -> Option<Timestamp> {
    super::rows::moment(text, &mapping.mapping.dates.format, &mapping.zone)
}

fn documents(text: &str) -> Result<Vec<Document>, ()> {
    let value: Value = serde_json::from_str(text).map_err(|_| ())?;
    let list = match value {
        Value::Array(_) => value,
        other => Value::Array(vec![other]),
    };
    serde_json::from_value(list).map_err(|_| ())
}
