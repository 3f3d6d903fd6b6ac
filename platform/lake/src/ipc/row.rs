//! A row of columns becomes a signal, by the same rules as a line of JSON.

use ground::Bilingual;
use stream::fingerprint::text_hash;
use stream::signal::TEXT_BYTES_MAX;
use stream::wire::{self, Code};
use stream::{Attributes, Kind, LineError, Signal};

/// A row as it stands: nothing of it is checked but that numbers fit 64 bits.
pub(crate) struct Row<'a> {
    pub(crate) version: Option<i64>,
    pub(crate) id: Option<&'a str>,
    pub(crate) kind: Option<&'a str>,
    pub(crate) at_us: Option<i64>,
    pub(crate) merchant: Option<&'a str>,
    pub(crate) product: Option<&'a str>,
    pub(crate) lot: Option<&'a str>,
    pub(crate) order: Option<&'a str>,
    pub(crate) quantity: Option<i64>,
    pub(crate) amount_minor: Option<i64>,
    pub(crate) rating: Option<i64>,
    pub(crate) reason: Option<&'a str>,
    pub(crate) place: Option<&'a str>,
    pub(crate) device: Option<&'a str>,
    pub(crate) buyer: Option<&'a str>,
    pub(crate) buyer_age_days: Option<i64>,
    pub(crate) text_hash: Option<u64>,
    pub(crate) weight_grams: Option<i64>,
    pub(crate) list_price_minor: Option<i64>,
    pub(crate) verified: Option<bool>,
    pub(crate) text: Option<&'a str>,
}

/// Refuses rows by number.
#[derive(Clone, Copy)]
pub(crate) struct Checker<'l> {
    pub(crate) limits: &'l stream::Limits,
    pub(crate) now_us: i64,
}

impl Checker<'_> {
    /// The signal of a row, or why there is none. Rows are counted from 1.
    pub(crate) fn signal<'a>(&self, number: u64, row: &Row<'a>) -> Result<Signal<'a>, LineError> {
        if row.version.is_some_and(|version| version != 1) {
            return Err(error(number, Code::UnknownVersion, "v", "只认得版本 1", "only version 1 is known"));
        }
        let missing = |field: &str| {
            error(number, Code::MissingField, field, format!("缺少“{field}”"), format!("`{field}` is missing"))
        };
        let id = row.id.ok_or_else(|| missing("id"))?;
        let name = row.kind.ok_or_else(|| missing("kind"))?;
        let kind = Kind::from_name(name).ok_or_else(|| unknown_kind(number, name))?;
        let at_us = row.at_us.ok_or_else(|| missing("at"))?;
        let merchant = row.merchant.ok_or_else(|| missing("merchant"))?;
        let product = row.product.ok_or_else(|| missing("product"))?;
        let mut signal = Signal::new(id, kind, at_us, merchant, product);
        signal.lot = row.lot;
        signal.order = row.order;
        signal.quantity = row.quantity.unwrap_or(signal.quantity);
        signal.amount_minor = row.amount_minor.unwrap_or(signal.amount_minor);
        let narrow = |field, value, most| narrow(number, field, value, most);
        signal.attributes = Attributes {
            rating: narrow("attributes.rating", row.rating, 5)?.map(|stars| stars as u8),
            reason: row.reason,
            place: row.place,
            device: row.device,
            buyer: row.buyer,
            buyer_age_days: narrow("attributes.buyer_age_days", row.buyer_age_days, u32::MAX)?,
            text_hash: review_hash(number, row)?,
            weight_grams: narrow("attributes.weight_grams", row.weight_grams, u32::MAX)?,
            list_price_minor: row.list_price_minor,
            verified: row.verified,
        };
        let checked = wire::check(&signal, self.limits, self.now_us);
        checked.map_err(|refused| LineError { line: number, ..refused })?;
        Ok(signal)
    }
}

/// A number that does not fit 64 bits with a sign.
pub(crate) fn beyond(number: u64, field: &str) -> LineError {
    let (zh, en) = (format!("“{field}”的数太大"), format!("`{field}` is too large a number"));
    error(number, Code::OutOfRange, field, zh, en)
}

fn error(number: u64, code: Code, field: &str, zh: impl Into<String>, en: impl Into<String>) -> LineError {
    LineError::new(number, code, Some(field), Bilingual::new(zh, en))
}

/// The hash of a review's text: handed in, or made of the text, which is not kept.
fn review_hash(number: u64, row: &Row<'_>) -> Result<Option<u64>, LineError> {
    match (row.text, row.text_hash) {
        (None, hash) => Ok(hash),
        (Some(_), Some(_)) => {
            let (zh, en) = ("“text”和“text_hash”只能给一个", "give `text` or `text_hash`, not both");
            Err(error(number, Code::NotTogether, "attributes.text", zh, en))
        }
        (Some(text), None) if text.len() > TEXT_BYTES_MAX => {
            let zh = format!("“attributes.text”超过 {TEXT_BYTES_MAX} 字节");
            let en = format!("`attributes.text` is longer than {TEXT_BYTES_MAX} bytes");
            Err(error(number, Code::TextTooLong, "attributes.text", zh, en))
        }
        (Some(text), None) => Ok(Some(text_hash(text)).filter(|_| !text.is_empty())),
    }
}

fn unknown_kind(number: u64, name: &str) -> LineError {
    let shown: String = name.chars().take(40).collect();
    let known: Vec<&str> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
    let zh = format!("没有“{shown}”这种信号；可用的是 {}", known.join("、"));
    let en = format!("there is no kind `{shown}`; known are {}", known.join(", "));
    error(number, Code::UnknownKind, "kind", zh, en)
}

/// A number that must fit a smaller type than the column's.
fn narrow(number: u64, field: &str, value: Option<i64>, most: u32) -> Result<Option<u32>, LineError> {
    match value.map(u32::try_from) {
        None => Ok(None),
        Some(Ok(value)) if value <= most => Ok(Some(value)),
        Some(_) => {
            let (zh, en) =
                (format!("“{field}”应当在 0 到 {most} 之间"), format!("`{field}` must be between 0 and {most}"));
            Err(error(number, Code::OutOfRange, field, zh, en))
        }
    }
}
