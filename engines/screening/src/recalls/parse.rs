//! Notices as publishers give them: EU Safety Gate as JSON lines, CPSC as a table with tabs.

use serde_json::{Map, Value};

use super::Notice;
use crate::{names, numbers};

/// Longest file taken; bytes.
pub const FILE_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Most codes, lots and models kept of one notice.
const PARTS_MAX: usize = 500;
/// Shortest model number that means anything, folded characters.
const MODEL_CHARACTERS_MIN: usize = 4;

/// A line that is no notice; the other lines are read all the same.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, {field}: {reason}")]
pub struct RecallError {
    /// 1-based; 0 for the file as a whole.
    pub line: usize,
    /// Column or field; empty for the line as a whole.
    pub field: String,
    pub reason: String,
}

impl RecallError {
    fn new(line: usize, field: &str, reason: impl Into<String>) -> Self {
        Self { line, field: field.to_owned(), reason: reason.into() }
    }
}

fn text(map: &Map<String, Value>, field: &str) -> String {
    map.get(field).and_then(Value::as_str).map(|text| text.trim().to_owned()).unwrap_or_default()
}

/// Reads notices of either kind, told by the content: JSON lines are Safety Gate alerts, anything else a CPSC table.
#[must_use]
pub fn parse(file: &str) -> (Vec<Notice>, Vec<RecallError>) {
    let is_json = file.trim_start_matches('\u{feff}').trim_start().starts_with('{');
    if is_json { parse_safety_gate(file) } else { parse_cpsc(file) }
}

/// Reads Safety Gate alerts, one JSON object a line (`alert_number`, `product_name`, `brand`, `barcode`, `batch_number`, …).
#[must_use]
pub fn parse_safety_gate(file: &str) -> (Vec<Notice>, Vec<RecallError>) {
    let (mut notices, mut errors) = (Vec::new(), Vec::new());
    if file.len() > FILE_BYTES_MAX {
        errors.push(RecallError::new(0, "", format!("the file has more than {FILE_BYTES_MAX} bytes; split it")));
        return (notices, errors);
    }
    for (index, line) in
        file.trim_start_matches('\u{feff}').lines().enumerate().filter(|(_, line)| !line.trim().is_empty())
    {
        match serde_json::from_str::<Map<String, Value>>(line) {
            Err(error) => errors.push(RecallError::new(index + 1, "", format!("not a JSON object: {error}"))),
            Ok(map) if text(&map, "alert_number").is_empty() => {
                errors.push(RecallError::new(index + 1, "alert_number", "is missing"))
            }
            Ok(map) => notices.push(safety_gate(&map)),
        }
    }
    (notices, errors)
}

fn safety_gate(map: &Map<String, Value>) -> Notice {
    let (product, description) = (text(map, "product_name"), text(map, "product_description"));
    let mut notice = Notice {
        id: text(map, "alert_number"),
        source: "safety-gate".to_owned(),
        title: if description.is_empty() { product.clone() } else { format!("{product}: {description}") },
        product: if description.is_empty() { product } else { description.clone() },
        category: text(map, "product_category"),
        risk: text(map, "risk_type"),
        ..Notice::default()
    };
    let brand = text(map, "brand");
    let named = brand
        .split([',', ';', '/', '&'])
        .map(|part| part.trim_matches(|c: char| c.is_whitespace() || "®™".contains(c)).to_owned());
    notice.brands = named
        .filter(|part| !matches!(names::key(part).as_str(), "" | "none" | "unknown" | "nobrand" | "original" | "na"))
        .take(PARTS_MAX)
        .collect();
    let stated = text(map, "model_type_number");
    notice.models = stated
        .split([',', ';', '\n', '/'])
        .map(names::key)
        .filter(|model| model.chars().count() >= MODEL_CHARACTERS_MIN && model != "unknown")
        .take(PARTS_MAX)
        .collect();
    notice.models.extend(model_like(&description));
    notice.models.sort_unstable();
    notice.models.dedup();
    let batch = text(map, "batch_number");
    notice.lots = batch
        .split([',', ';', '\n'])
        .map(names::key)
        .filter(|lot| lot.chars().count() >= MODEL_CHARACTERS_MIN && lot != "unknown")
        .take(PARTS_MAX)
        .collect();
    for code in text(map, "barcode")
        .split(|c: char| c.is_whitespace() || c == ',' || c == ';')
        .filter(|code| !code.is_empty())
        .take(PARTS_MAX)
    {
        match numbers::gtin14(code) {
            // Numbers used inside one shop name other goods in another.
            Some(gtin) if numbers::check_gtin(code).is_valid() => notice.gtins.push(gtin),
            _ => notice.other_codes.push(code.to_owned()),
        }
    }
    notice
}

/// Words of a text that look like model numbers: letters and digits together.
fn model_like(text: &str) -> Vec<String> {
    let words = text.split(|c: char| c.is_whitespace() || ",;()/:".contains(c)).map(names::key);
    let looks = |word: &String| {
        word.chars().count() > MODEL_CHARACTERS_MIN
            && word.chars().any(|c| c.is_ascii_digit())
            && word.chars().any(|c| c.is_ascii_alphabetic())
            && !is_measure(word)
    };
    words.filter(looks).take(PARTS_MAX).collect()
}

/// 250ml, 2000mah: a number with a unit behind it is no model.
fn is_measure(word: &str) -> bool {
    let unit = word.trim_start_matches(|c: char| c.is_ascii_digit());
    unit.len() < word.len()
        && matches!(
            unit,
            "ml" | "mm" | "cm" | "kg" | "mah" | "pcs" | "led" | "inch" | "watt" | "volt" | "months" | "years" | "x"
        )
}

/// Reads CPSC notices: a table with tabs whose first line names `id`, `date`, `title`, `category`, in any order.
#[must_use]
pub fn parse_cpsc(file: &str) -> (Vec<Notice>, Vec<RecallError>) {
    let (mut notices, mut errors) = (Vec::new(), Vec::new());
    let mut lines = file.trim_start_matches('\u{feff}').lines().enumerate();
    let header: Vec<&str> = lines.next().map(|(_, line)| line.split('\t').map(str::trim).collect()).unwrap_or_default();
    let column = |name: &str| header.iter().position(|known| known.eq_ignore_ascii_case(name));
    let (Some(id), Some(title)) = (column("id"), column("title")) else {
        errors.push(RecallError::new(1, "", "the first line must name the columns id and title, divided by tabs"));
        return (notices, errors);
    };
    let (date, category) = (column("date"), column("category"));
    for (index, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        let cells: Vec<&str> = line.split('\t').map(str::trim).collect();
        let cell = |place: Option<usize>| place.and_then(|place| cells.get(place)).map_or("", |cell| *cell).to_owned();
        if cells.len() != header.len() {
            let reason = format!("{} columns where the first line has {}", cells.len(), header.len());
            errors.push(RecallError::new(index + 1, "", reason));
        } else if cell(Some(id)).is_empty() || cell(Some(title)).is_empty() {
            errors.push(RecallError::new(
                index + 1,
                if cell(Some(id)).is_empty() { "id" } else { "title" },
                "is empty",
            ));
        } else {
            let (brands, product, risk) = read_title(&cell(Some(title)));
            notices.push(Notice {
                id: cell(Some(id)),
                source: "cpsc".to_owned(),
                date: cell(date),
                models: model_like(&product),
                title: cell(Some(title)),
                category: cell(category),
                product,
                risk,
                brands,
                ..Notice::default()
            });
        }
    }
    (notices, errors)
}

/// `Firm Recalls Goods Due to Risk…; Sold … by Seller` and `Brand Goods Recalled Due to…`: brands, goods, risk.
fn read_title(title: &str) -> (Vec<String>, String, String) {
    let (what, why) = title.split_once(" Due to ").unwrap_or((title, ""));
    let risk = why.split([';', ':']).next().unwrap_or("").trim_start_matches("Risk of ").to_owned();
    let mut brands = Vec::new();
    let product = if let Some((firm, goods)) = what.split_once(" Recalls ") {
        brands.push(firm.trim().trim_end_matches(" USA").to_owned());
        goods.trim().to_owned()
    } else {
        let goods = what.trim().trim_end_matches(" Recalled").to_owned();
        // Such a title begins with the brand; one word in capitals inside (CuberShop) or none of the language says so.
        if let Some(first) = goods.split_whitespace().next().filter(|word| word.chars().skip(1).any(char::is_uppercase))
        {
            brands.push(first.to_owned());
        }
        goods
    };
    if let Some((_, seller)) = why.rsplit_once(" by ").filter(|(before, _)| before.contains("Sold")) {
        brands.push(seller.trim().to_owned());
    }
    (brands, product, risk)
}
