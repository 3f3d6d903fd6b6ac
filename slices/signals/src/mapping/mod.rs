//! Mapping files: which signals a line of a shop's export stands for. TOML, or YAML with the same keys; written like the
//! mappings of listing imports, whose reading of files, dates and prices is used.
//!
//! Reading order: [`Mapping`] (as it is written), [`parse`], `template` (texts with columns in them), [`file`] (lines to
//! signals).

pub mod file;
mod template;

use crate::error::Error;
use ground::{Bilingual, Fault, Place};
use jiff::tz::TimeZone;
use listings::import::mapping::{DateFormat, PriceFormat, Skip};
use listings::import::rows::Layout;
use regex::Regex;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use stream::Kind;
pub(crate) use template::Template;

/// Largest mapping file, bytes.
pub const MAPPING_BYTES_MAX: usize = 256 * 1024;
/// Most rules of one kind.
const RULES_MAX: usize = 100;
/// Longest delay of a signal behind its line, hours.
const AFTER_HOURS_MAX: u32 = 24 * 60;

/// Mappings that come with the product: name and text.
pub const SHIPPED: &[(&str, &str)] =
    &[("online-retail-signals", include_str!("../../../../mappings/online-retail-signals.toml"))];

/// A mapping as it is written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// Short name.
    pub name: String,
    /// What it is for.
    pub title: Bilingual,
    /// `auto` (by content), `csv`, `tsv` or `ndjson`.
    #[serde(default = "auto")]
    pub format: String,
    /// `auto`, or an encoding label (`utf-8`, `gb18030`, …).
    #[serde(default = "auto")]
    pub encoding: String,
    /// The character between columns, where it is neither comma nor tab.
    #[serde(default)]
    pub delimiter: Option<char>,
    /// Currency of the amounts (ISO 4217): how many decimals they have.
    #[serde(default)]
    pub currency: String,
    /// How amounts are written.
    #[serde(default)]
    pub price: PriceFormat,
    /// How dates are written.
    #[serde(default)]
    pub dates: DateFormat,
    /// Lines that stand for no signal; the first rule that matches counts.
    #[serde(default)]
    pub skip: Vec<Skip>,
    /// What a line stands for: one signal for each rule whose conditions it meets.
    pub signal: Vec<SignalRule>,
}

/// One signal of a line.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignalRule {
    /// `order`, `delivery`, `return`, ….
    pub kind: String,
    /// Conditions, all of which the line meets.
    #[serde(default)]
    pub when: Vec<When>,
    /// Its id: a text with columns in it. The same line gives the same id each time the file is read.
    pub id: String,
    /// Column with its moment.
    pub at: String,
    /// It happened this many hours after that moment, where the export does not say when.
    #[serde(default)]
    pub after_hours: u32,
    /// Field to a text with columns in it: `merchant`, `product`, `lot`, `order`, `quantity`, `amount` or `unit_price` (times
    /// the quantity), `rating`, `reason`, `place`, `device`, `buyer`, `buyer_age_days`, `text`, `weight_grams`, `list_price`,
    /// `verified`.
    pub fields: BTreeMap<String, String>,
}

/// A condition on a column.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// Column looked at.
    pub column: String,
    /// Regular expression on its text.
    pub matches: String,
}

fn auto() -> String {
    "auto".to_owned()
}

/// A rule with its patterns and texts compiled.
pub(crate) struct Rule {
    pub kind: Kind,
    pub when: Vec<(String, Regex)>,
    pub id: Template,
    pub at: String,
    pub after_micros: i64,
    pub fields: BTreeMap<String, Template>,
}

/// A mapping with its patterns compiled.
pub struct Compiled {
    /// As written.
    pub mapping: Mapping,
    pub(crate) skip: Vec<(Skip, Regex)>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) zone: TimeZone,
}

const FIELDS: &[&str] = &[
    "merchant",
    "product",
    "lot",
    "order",
    "quantity",
    "amount",
    "unit_price",
    "rating",
    "reason",
    "place",
    "device",
    "buyer",
    "buyer_age_days",
    "text",
    "weight_grams",
    "list_price",
    "verified",
];

/// Reads a mapping: TOML, or YAML where the file name says so.
///
/// # Errors
/// `signals_mapping` with line and column, or the key that is wrong.
pub fn parse(file_name: &str, text: &str) -> Result<Compiled, Error> {
    if text.len() > MAPPING_BYTES_MAX {
        let fault =
            Fault::at(Place::default().in_file(file_name), "signals-mapping-large").arg("most", MAPPING_BYTES_MAX);
        return Err(Error::Mapping(vec![fault]));
    }
    let wrong = |place: Place, detail: String| {
        Error::Mapping(vec![Fault::at(place.in_file(file_name), "signals-mapping-syntax").arg("detail", detail)])
    };
    let mapping: Mapping = if file_name.ends_with(".yaml") || file_name.ends_with(".yml") {
        serde_saphyr::from_str(text).map_err(|error| {
            let place = error.location().map_or(Place::default(), |at| Place::at(at.line(), at.column()));
            wrong(place, error.to_string())
        })?
    } else {
        toml::from_str(text).map_err(|error| {
            let place = error.span().map_or(Place::default(), |span| place_of(text, span.start));
            wrong(place, error.message().to_owned())
        })?
    };
    compile(file_name, mapping)
}

fn place_of(text: &str, offset: usize) -> Place {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() as u64 + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() as u64 + 1;
    Place::at(line, column)
}

struct Faults<'a> {
    file_name: &'a str,
    found: Vec<Fault>,
}

impl Faults<'_> {
    fn wrong(&mut self, key: String, message: &'static str, detail: impl std::fmt::Display) {
        let place = Place::field(key).in_file(self.file_name);
        self.found.push(Fault::at(place, message).arg("detail", detail));
    }

    fn pattern(&mut self, key: &str, text: &str) -> Option<Regex> {
        let built = regex::RegexBuilder::new(text).size_limit(1 << 20).build();
        built.map_err(|error| self.wrong(key.to_owned(), "signals-mapping-pattern", error)).ok()
    }

    fn template(&mut self, key: &str, text: &str) -> Option<Template> {
        Template::parse(text).map_err(|part| self.wrong(key.to_owned(), "signals-mapping-template", part)).ok()
    }
}

fn compile(file_name: &str, mapping: Mapping) -> Result<Compiled, Error> {
    let mut faults = Faults { file_name, found: Vec::new() };
    let mut value = |wrong: bool, key: &str, right: &str| {
        if wrong {
            faults.wrong(key.to_owned(), "signals-mapping-value", right);
        }
    };
    value(!["auto", "csv", "tsv", "ndjson"].contains(&mapping.format.as_str()), "format", "auto, csv, tsv, ndjson");
    value(!mapping.currency.is_empty() && !ground::money::is_currency(&mapping.currency), "currency", "CNY, EUR, …");
    value(!["major", "minor"].contains(&mapping.price.unit.as_str()), "price.unit", "major, minor");
    value(!matches!(mapping.price.decimal, '.' | ','), "price.decimal", ". ,");
    value(mapping.skip.len() > RULES_MAX, "skip", &format!("≤ {RULES_MAX}"));
    value(mapping.signal.is_empty() || mapping.signal.len() > RULES_MAX, "signal", &format!("1–{RULES_MAX}"));
    let zone = TimeZone::get(&mapping.dates.zone);
    value(zone.is_err(), "dates.zone", "Asia/Shanghai, Europe/London, …");
    let skip: Vec<_> = mapping
        .skip
        .iter()
        .filter_map(|rule| Some((rule.clone(), faults.pattern(&format!("skip.{}", rule.id), &rule.matches)?)))
        .collect();
    let rules: Vec<Rule> =
        mapping.signal.iter().enumerate().filter_map(|(index, rule)| compile_rule(&mut faults, index, rule)).collect();
    if !faults.found.is_empty() {
        return Err(Error::Mapping(faults.found));
    }
    Ok(Compiled { mapping, skip, rules, zone: zone.unwrap_or(TimeZone::UTC) })
}

fn compile_rule(faults: &mut Faults<'_>, index: usize, rule: &SignalRule) -> Option<Rule> {
    let key = |name: &str| format!("signal.{}.{name}", index + 1);
    let kind = Kind::from_name(&rule.kind);
    if kind.is_none() {
        let known: Vec<&str> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
        faults.wrong(key("kind"), "signals-mapping-value", known.join(", "));
    }
    for field in rule.fields.keys() {
        if !FIELDS.contains(&field.as_str()) {
            let near = FIELDS.iter().max_by(|a, b| near(a, field).total_cmp(&near(b, field)));
            faults.wrong(key(field), "signals-mapping-field", near.copied().unwrap_or_default());
        }
    }
    for field in ["merchant", "product"] {
        if !rule.fields.contains_key(field) {
            faults.wrong(key(field), "signals-mapping-missing", field);
        }
    }
    if rule.fields.contains_key("amount") && rule.fields.contains_key("unit_price") {
        faults.wrong(key("amount"), "signals-mapping-value", "amount | unit_price");
    }
    if rule.after_hours > AFTER_HOURS_MAX {
        faults.wrong(key("after_hours"), "signals-mapping-value", format!("≤ {AFTER_HOURS_MAX}"));
    }
    let when = rule
        .when
        .iter()
        .filter_map(|when| Some((when.column.clone(), faults.pattern(&key("when"), &when.matches)?)))
        .collect();
    let fields = rule
        .fields
        .iter()
        .filter_map(|(field, text)| Some((field.clone(), faults.template(&key(field), text)?)))
        .collect();
    Some(Rule {
        kind: kind?,
        when,
        id: faults.template(&key("id"), &rule.id)?,
        at: rule.at.clone(),
        after_micros: i64::from(rule.after_hours) * ground::time::HOUR_MICROS,
        fields,
    })
}

fn near(known: &str, given: &str) -> f64 {
    strsim::jaro_winkler(known, given)
}

impl Compiled {
    /// How the file is laid out: every column that a rule names must be there.
    pub(crate) fn layout(&self) -> Layout {
        let mut needed: BTreeSet<String> = self.skip.iter().map(|(rule, _)| rule.column.clone()).collect();
        for rule in &self.rules {
            needed.insert(rule.at.clone());
            needed.extend(rule.when.iter().map(|(column, _)| column.clone()));
            needed.extend(rule.id.columns().map(str::to_owned));
            needed.extend(rule.fields.values().flat_map(Template::columns).map(str::to_owned));
        }
        Layout {
            format: self.mapping.format.clone(),
            encoding: self.mapping.encoding.clone(),
            delimiter: self.mapping.delimiter,
            needed: needed.into_iter().collect(),
        }
    }
}

/// A shipped mapping by name.
pub fn shipped(name: &str) -> Option<&'static str> {
    SHIPPED.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}
