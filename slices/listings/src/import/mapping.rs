//! Mapping files: which column of a shop's export is what. TOML, or YAML with the same keys. Unknown keys, columns
//! that are mapped twice and patterns that do not parse are refused with their place.

use crate::content::Content;
use crate::error::Error;
use ground::{Bilingual, Fault, Place};
use regex::Regex;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Largest mapping file, bytes.
pub const MAPPING_BYTES_MAX: usize = 256 * 1024;
/// Most rules of one kind.
const RULES_MAX: usize = 500;

/// Mappings that come with the product: name and text.
pub const SHIPPED: &[(&str, &str)] = &[
    ("touchstone", include_str!("../../../../mappings/touchstone.toml")),
    ("online-retail", include_str!("../../../../mappings/online-retail.toml")),
    ("shop-zh", include_str!("../../../../mappings/shop-zh.toml")),
];

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
    /// `auto`, or an encoding label (`utf-8`, `gb18030`, `gbk`, `utf-16le`, `windows-1252`, …).
    #[serde(default = "auto")]
    pub encoding: String,
    /// The character between columns, where it is neither comma nor tab.
    #[serde(default)]
    pub delimiter: Option<char>,
    /// Market of the listings; `cn` where it is left out.
    #[serde(default = "cn")]
    pub market: String,
    /// Field to column. A field is `external_id`, `title`, `description`, `category`, `brand`, `gtin`, `price`, `list_price`,
    /// `currency`, `updated_at`, `images`, `documents`, `batch.lot`, `batch.produced`, `batch.expires`, `batch.origin` or
    /// `attributes.<name>`. In NDJSON a column is a key, or a path of keys with dots.
    #[serde(default)]
    pub columns: BTreeMap<String, String>,
    /// Field to a value that every listing gets where its column is empty or not mapped.
    #[serde(default)]
    pub constants: BTreeMap<String, String>,
    /// Columns other than those of `external_id` and `title` may be missing from the file.
    #[serde(default)]
    pub optional: bool,
    /// Every column that is not mapped becomes an attribute of its name.
    #[serde(default)]
    pub rest_as_attributes: bool,
    /// How prices are written.
    #[serde(default)]
    pub price: PriceFormat,
    /// How dates are written.
    #[serde(default)]
    pub dates: DateFormat,
    /// The shop's category to ours, compared without regard to case. What is not named stays as it is.
    #[serde(default)]
    pub categories: BTreeMap<String, String>,
    /// Category by pattern, first match; wins over the column.
    #[serde(default)]
    pub category_when: Vec<CategoryWhen>,
    /// Lines that are not goods.
    #[serde(default)]
    pub skip: Vec<Skip>,
    /// Several lines make one product.
    #[serde(default)]
    pub group_by: Option<GroupBy>,
}

fn auto() -> String {
    "auto".to_owned()
}

fn cn() -> String {
    "cn".to_owned()
}

/// How prices are written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PriceFormat {
    /// The decimal mark: `.` or `,`.
    pub decimal: char,
    /// The mark between thousands; none where it is left out.
    pub thousands: Option<char>,
    /// `major` (12.50) or `minor` (1250).
    pub unit: String,
}

impl Default for PriceFormat {
    fn default() -> Self {
        PriceFormat { decimal: '.', thousands: None, unit: "major".to_owned() }
    }
}

/// How dates are written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DateFormat {
    /// `strftime` form, for instance `%d/%m/%Y %H:%M`. Empty: ISO 8601.
    pub format: String,
    /// Time zone of moments without an offset, IANA name.
    pub zone: String,
}

impl Default for DateFormat {
    fn default() -> Self {
        DateFormat { format: String::new(), zone: "UTC".to_owned() }
    }
}

/// A category by pattern.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CategoryWhen {
    /// Column looked at (of a grouped product: `title`).
    pub column: String,
    /// Regular expression.
    pub matches: String,
    /// Our category.
    pub category: String,
}

/// A line that is left out.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Skip {
    /// Name in the report.
    pub id: String,
    /// Column looked at.
    pub column: String,
    /// Regular expression on its text.
    pub matches: String,
    /// Why, for people.
    pub reason: Bilingual,
}

/// How several lines make one product.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupBy {
    /// Column whose value names the product.
    pub key: String,
    /// Compare keys in upper case.
    #[serde(default)]
    pub key_upper: bool,
    /// Column with the moment of a line, for the newest words and the price by day.
    pub at: String,
    /// Column with the quantity; lines with none or less (returns) do not count for words and prices.
    #[serde(default)]
    pub quantity: Option<String>,
    /// A title that matches this is preferred.
    #[serde(default)]
    pub title_matches: Option<String>,
    /// A title that matches this is a note of the shop, never a title.
    #[serde(default)]
    pub title_unless: Option<String>,
    /// Price of a day with several: `lowest`, `last` or `median`.
    #[serde(default = "lowest")]
    pub day_price: String,
}

fn lowest() -> String {
    "lowest".to_owned()
}

/// A mapping with its patterns compiled.
pub struct Compiled {
    /// As written.
    pub mapping: Mapping,
    pub(crate) skip: Vec<(Skip, Regex)>,
    pub(crate) category_when: Vec<(CategoryWhen, Regex)>,
    pub(crate) categories: BTreeMap<String, String>,
    pub(crate) title_matches: Option<Regex>,
    pub(crate) title_unless: Option<Regex>,
    pub(crate) zone: jiff::tz::TimeZone,
}

const FIELDS: &[&str] = &[
    "external_id",
    "title",
    "description",
    "category",
    "brand",
    "gtin",
    "price",
    "list_price",
    "currency",
    "updated_at",
    "images",
    "documents",
    "batch.lot",
    "batch.produced",
    "batch.expires",
    "batch.origin",
];

/// Reads a mapping: TOML, or YAML where the text is none.
///
/// # Errors
/// `import_mapping` with line and column, or the key that is wrong.
pub fn parse(file_name: &str, text: &str) -> Result<Compiled, Error> {
    if text.len() > MAPPING_BYTES_MAX {
        let fault =
            Fault::at(Place::default().in_file(file_name), "listings-mapping-large").arg("most", MAPPING_BYTES_MAX);
        return Err(Error::Mapping(vec![fault]));
    }
    let yaml = file_name.ends_with(".yaml") || file_name.ends_with(".yml");
    let mapping: Mapping = if yaml {
        serde_saphyr::from_str(text).map_err(|error| {
            let place = error.location().map_or(Place::default(), |at| Place::at(at.line(), at.column()));
            Error::Mapping(vec![Fault::at(place.in_file(file_name), "listings-mapping-syntax").arg("detail", error)])
        })?
    } else {
        toml::from_str(text).map_err(|error| {
            let place = error.span().map_or(Place::default(), |span| place_of(text, span.start));
            Error::Mapping(vec![
                Fault::at(place.in_file(file_name), "listings-mapping-syntax").arg("detail", error.message()),
            ])
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

fn compile(file_name: &str, mapping: Mapping) -> Result<Compiled, Error> {
    let mut faults = Vec::new();
    let mut wrong = |key: String, message: &'static str, detail: String| {
        faults.push(Fault::at(Place::field(key).in_file(file_name), message).arg("detail", detail));
    };
    for field in mapping.columns.keys().chain(mapping.constants.keys()) {
        if !FIELDS.contains(&field.as_str()) && field.strip_prefix("attributes.").is_none_or(str::is_empty) {
            let near = FIELDS
                .iter()
                .max_by(|a, b| strsim_like(a, field).total_cmp(&strsim_like(b, field)))
                .copied()
                .unwrap_or("title");
            wrong(format!("columns.{field}"), "listings-mapping-field", near.to_owned());
        }
    }
    for field in ["external_id", "title"] {
        let grouped = field == "external_id" && mapping.group_by.is_some();
        if !grouped && !mapping.columns.contains_key(field) {
            wrong("columns".to_owned(), "listings-mapping-missing", field.to_owned());
        }
    }
    if !["auto", "csv", "tsv", "ndjson"].contains(&mapping.format.as_str()) {
        wrong("format".to_owned(), "listings-mapping-value", "auto, csv, tsv, ndjson".to_owned());
    }
    if mapping.encoding != "auto" && encoding_rs::Encoding::for_label(mapping.encoding.as_bytes()).is_none() {
        wrong(
            "encoding".to_owned(),
            "listings-mapping-value",
            "auto, utf-8, gb18030, utf-16le, utf-16be, windows-1252".to_owned(),
        );
    }
    if !["major", "minor"].contains(&mapping.price.unit.as_str()) || !matches!(mapping.price.decimal, '.' | ',') {
        wrong("price".to_owned(), "listings-mapping-value", "unit = major | minor, decimal = . | ,".to_owned());
    }
    if mapping.price.thousands == Some(mapping.price.decimal) {
        wrong("price.thousands".to_owned(), "listings-mapping-value", "≠ decimal".to_owned());
    }
    if let Some(group) = &mapping.group_by
        && !["lowest", "last", "median"].contains(&group.day_price.as_str())
    {
        wrong("group_by.day_price".to_owned(), "listings-mapping-value", "lowest, last, median".to_owned());
    }
    if mapping.skip.len() > RULES_MAX || mapping.category_when.len() > RULES_MAX {
        wrong("skip".to_owned(), "listings-mapping-value", format!("≤ {RULES_MAX}"));
    }
    let mut pattern = |key: &str, text: &str| -> Option<Regex> {
        let built = regex::RegexBuilder::new(text).size_limit(1 << 20).build();
        built.map_err(|error| wrong(key.to_owned(), "listings-mapping-pattern", error.to_string())).ok()
    };
    let skip: Vec<_> = mapping
        .skip
        .iter()
        .filter_map(|rule| Some((rule.clone(), pattern(&format!("skip.{}", rule.id), &rule.matches)?)))
        .collect();
    let category_when: Vec<_> = mapping
        .category_when
        .iter()
        .filter_map(|rule| Some((rule.clone(), pattern("category_when", &rule.matches)?)))
        .collect();
    let group = mapping.group_by.as_ref();
    let title_matches =
        group.and_then(|g| g.title_matches.as_deref()).and_then(|text| pattern("group_by.title_matches", text));
    let title_unless =
        group.and_then(|g| g.title_unless.as_deref()).and_then(|text| pattern("group_by.title_unless", text));
    let zone = jiff::tz::TimeZone::get(&mapping.dates.zone)
        .map_err(|error| wrong("dates.zone".to_owned(), "listings-mapping-pattern", error.to_string()));
    let constants =
        Content { currency: mapping.constants.get("currency").cloned().unwrap_or_default(), ..Content::default() };
    if !constants.currency.is_empty() && !ground::money::is_currency(&constants.currency) {
        wrong("constants.currency".to_owned(), "listings-mapping-value", "CNY, EUR, USD, …".to_owned());
    }
    if !faults.is_empty() {
        return Err(Error::Mapping(faults));
    }
    let categories = mapping.categories.iter().map(|(from, to)| (from.trim().to_lowercase(), to.clone())).collect();
    Ok(Compiled {
        skip,
        category_when,
        categories,
        title_matches,
        title_unless,
        zone: zone.unwrap_or(jiff::tz::TimeZone::UTC),
        mapping,
    })
}

/// Share of shared letters, for the nearest known name.
fn strsim_like(a: &str, b: &str) -> f64 {
    let shared = a.chars().filter(|c| b.contains(*c)).count();
    shared as f64 / a.len().max(b.len()).max(1) as f64
}

/// A shipped mapping by name.
pub fn shipped(name: &str) -> Option<&'static str> {
    SHIPPED.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}
