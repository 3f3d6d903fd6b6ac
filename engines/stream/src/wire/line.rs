//! One line: which field holds what, and whether it may.

use super::Limits;
use super::error::{Code, Wrong};
use super::scan::{Raw, Scanner, Value, unescape};
use super::time;
use crate::fingerprint::text_hash;
use crate::signal::{
    AMOUNT_MINOR_MAX, Attributes, ID_BYTES_MAX, Kind, PRODUCT_BYTES_MAX, QUANTITY_MAX, REASON_BYTES_MAX, Signal,
    TEXT_BYTES_MAX,
};

/// Texts of a line, by place in [`RawSignal::texts`].
const ID: usize = 0;
const MERCHANT: usize = 1;
const PRODUCT: usize = 2;
const LOT: usize = 3;
const ORDER: usize = 4;
const REASON: usize = 5;
const PLACE: usize = 6;
const DEVICE: usize = 7;
const BUYER: usize = 8;
const TEXT: usize = 9;
const TEXTS: usize = 10;

/// Name and greatest length of each text.
const TEXT_FIELDS: [(&str, usize); TEXTS] = [
    ("id", ID_BYTES_MAX),
    ("merchant", ID_BYTES_MAX),
    ("product", PRODUCT_BYTES_MAX),
    ("lot", PRODUCT_BYTES_MAX),
    ("order", ID_BYTES_MAX),
    ("attributes.reason", REASON_BYTES_MAX),
    ("attributes.place", ID_BYTES_MAX),
    ("attributes.device", ID_BYTES_MAX),
    ("attributes.buyer", ID_BYTES_MAX),
    ("attributes.text", TEXT_BYTES_MAX),
];

/// Fields of a line.
const FIELDS: &[&str] =
    &["v", "id", "kind", "at", "merchant", "product", "lot", "order", "quantity", "amount_minor", "attributes"];
/// Fields of the attributes.
const ATTRIBUTES: &[&str] = &[
    "rating",
    "reason",
    "place",
    "device",
    "buyer",
    "buyer_age_days",
    "text_hash",
    "text",
    "weight_grams",
    "list_price_minor",
    "verified",
];

/// What a line holds, before escapes are taken out of its texts.
#[derive(Debug, Default)]
pub(super) struct RawSignal<'a> {
    kind: Option<Kind>,
    at_us: Option<i64>,
    quantity: Option<i64>,
    amount_minor: Option<i64>,
    texts: [Option<Raw<'a>>; TEXTS],
    has_escapes: bool,
    attributes: Attributes<'a>,
}

/// Reads one line.
pub(super) fn read<'a>(bytes: &'a [u8], limits: &Limits, now_us: i64) -> Result<RawSignal<'a>, Wrong> {
    let line = std::str::from_utf8(bytes).map_err(|error| {
        let column = error.valid_up_to() + 1;
        Wrong::new(Code::NotUtf8, "", format!("第 {column} 个字节处不是 UTF-8"), format!("not UTF-8 at byte {column}"))
    })?;
    let mut scanner = Scanner::new(line);
    match scanner.peek() {
        Some(b'{') => scanner.take(b'{')?,
        Some(b'[' | b'"' | b'0'..=b'9' | b'-' | b't' | b'f' | b'n') => {
            return Err(Wrong::new(
                Code::NotObject,
                "",
                "一行应当是一个 JSON 对象 {…}",
                "a line must be one JSON object {…}",
            ));
        }
        _ => return Err(scanner.wrong()),
    }
    let mut raw = RawSignal::default();
    let mut seen = 0u32;
    if scanner.peek() == Some(b'}') {
        scanner.take(b'}')?;
    } else {
        loop {
            raw.member(&mut scanner, &mut seen)?;
            if !scanner.more()? {
                break;
            }
        }
    }
    if !scanner.is_at_end() {
        return Err(scanner.wrong());
    }
    raw.check(limits, now_us)?;
    Ok(raw)
}

/// Notes that a field was there; a second time it is refused.
#[inline]
fn once(seen: &mut u32, place: usize, field: &str) -> Result<(), Wrong> {
    let bit = 1 << place;
    if *seen & bit != 0 {
        return Err(Wrong::duplicate(field));
    }
    *seen |= bit;
    Ok(())
}

impl<'a> RawSignal<'a> {
    #[inline]
    fn member(&mut self, scanner: &mut Scanner<'a>, seen: &mut u32) -> Result<(), Wrong> {
        let name = scanner.name()?.text;
        match name.as_bytes() {
            b"id" => self.text(ID, scanner, seen),
            b"merchant" => self.text(MERCHANT, scanner, seen),
            b"product" => self.text(PRODUCT, scanner, seen),
            b"lot" => self.text(LOT, scanner, seen),
            b"order" => self.text(ORDER, scanner, seen),
            b"kind" => {
                once(seen, 16, name)?;
                self.kind = kind(scanner.value()?)?;
                Ok(())
            }
            b"at" => {
                once(seen, 17, name)?;
                self.at_us = moment(scanner.value()?)?;
                Ok(())
            }
            b"quantity" => {
                once(seen, 18, name)?;
                self.quantity = whole(name, scanner.value()?, 0, QUANTITY_MAX)?;
                Ok(())
            }
            b"amount_minor" => {
                once(seen, 19, name)?;
                self.amount_minor = whole(name, scanner.value()?, -AMOUNT_MINOR_MAX, AMOUNT_MINOR_MAX)?;
                Ok(())
            }
            b"attributes" => {
                once(seen, 20, name)?;
                self.read_attributes(scanner)
            }
            b"v" => {
                once(seen, 21, name)?;
                version(scanner.value()?)
            }
            _ => Err(Wrong::unknown_field("", name, FIELDS)),
        }
    }

    #[inline]
    fn text(&mut self, place: usize, scanner: &mut Scanner<'a>, seen: &mut u32) -> Result<(), Wrong> {
        let (field, _) = TEXT_FIELDS[place];
        once(seen, place, field)?;
        self.texts[place] = match scanner.value()? {
            Value::Text(raw) => Some(raw),
            Value::Null => None,
            // A device is often a number that is meant as a name.
            Value::Number(digits) if place == DEVICE => Some(Raw { text: digits, has_escapes: false }),
            _ => return Err(Wrong::wrong_type(field, "一段文字", "a text")),
        };
        self.has_escapes |= self.texts[place].is_some_and(|raw| raw.has_escapes);
        Ok(())
    }

    fn read_attributes(&mut self, scanner: &mut Scanner<'a>) -> Result<(), Wrong> {
        match scanner.peek() {
            Some(b'{') => scanner.take(b'{')?,
            _ => {
                return match scanner.value()? {
                    Value::Null => Ok(()),
                    _ => Err(Wrong::wrong_type("attributes", "一个对象 {…}", "an object {…}")),
                };
            }
        }
        let mut seen = 0;
        if scanner.peek() == Some(b'}') {
            return scanner.take(b'}');
        }
        loop {
            self.attribute(scanner, &mut seen)?;
            if !scanner.more()? {
                return Ok(());
            }
        }
    }

    fn attribute(&mut self, scanner: &mut Scanner<'a>, seen: &mut u32) -> Result<(), Wrong> {
        let name = scanner.name()?.text;
        let attributes = &mut self.attributes;
        match name.as_bytes() {
            b"reason" => return self.text(REASON, scanner, seen),
            b"place" => return self.text(PLACE, scanner, seen),
            b"device" => return self.text(DEVICE, scanner, seen),
            b"buyer" => return self.text(BUYER, scanner, seen),
            b"text" => return self.text(TEXT, scanner, seen),
            b"rating" => {
                once(seen, 16, "attributes.rating")?;
                attributes.rating = whole("attributes.rating", scanner.value()?, 1, 5)?.map(|stars| stars as u8);
            }
            b"buyer_age_days" => {
                once(seen, 17, "attributes.buyer_age_days")?;
                attributes.buyer_age_days = narrow("attributes.buyer_age_days", scanner.value()?)?;
            }
            b"weight_grams" => {
                once(seen, 18, "attributes.weight_grams")?;
                attributes.weight_grams = narrow("attributes.weight_grams", scanner.value()?)?;
            }
            b"list_price_minor" => {
                once(seen, 19, "attributes.list_price_minor")?;
                attributes.list_price_minor =
                    whole("attributes.list_price_minor", scanner.value()?, 0, AMOUNT_MINOR_MAX)?;
            }
            b"text_hash" => {
                once(seen, 20, "attributes.text_hash")?;
                attributes.text_hash = hash(scanner.value()?)?;
            }
            b"verified" => {
                once(seen, 21, "attributes.verified")?;
                attributes.verified = match scanner.value()? {
                    Value::True => Some(true),
                    Value::False => Some(false),
                    Value::Null => None,
                    _ => return Err(Wrong::wrong_type("attributes.verified", " true 或 false", "true or false")),
                };
            }
            _ => return Err(Wrong::unknown_field("attributes.", name, ATTRIBUTES)),
        }
        Ok(())
    }

    /// What must be there, and the bounds of time.
    fn check(&self, limits: &Limits, now_us: i64) -> Result<(), Wrong> {
        for place in [ID, MERCHANT, PRODUCT] {
            if self.texts[place].is_none() {
                return Err(Wrong::missing(TEXT_FIELDS[place].0));
            }
        }
        if self.kind.is_none() {
            return Err(Wrong::missing("kind"));
        }
        let at_us = self.at_us.ok_or_else(|| Wrong::missing("at"))?;
        check_moment(at_us, limits, now_us)?;
        if self.texts[TEXT].is_some() && self.attributes.text_hash.is_some() {
            return Err(Wrong::new(
                Code::NotTogether,
                "attributes.text",
                "“text”和“text_hash”只能给一个",
                "give `text` or `text_hash`, not both",
            ));
        }
        Ok(())
    }

    /// The signal, its texts in the line itself or, where they had escapes, in `scratch`.
    #[inline]
    pub fn signal<'s>(&self, scratch: &'s mut String) -> Result<Signal<'s>, Wrong>
    where
        'a: 's,
    {
        let mut texts: [Option<&'s str>; TEXTS] = [None; TEXTS];
        if self.has_escapes {
            self.unescaped(scratch, &mut texts)?;
        } else {
            for (place, raw) in self.texts.iter().enumerate() {
                texts[place] = raw.map(|raw| raw.text);
            }
        }
        for (place, (field, bytes_max)) in TEXT_FIELDS.iter().enumerate() {
            if let Some(text) = texts[place] {
                check_text(place, field, text, *bytes_max)?;
            }
        }
        let must = |place: usize| texts[place].ok_or_else(|| Wrong::missing(TEXT_FIELDS[place].0));
        Ok(Signal {
            id: must(ID)?,
            kind: self.kind.ok_or_else(|| Wrong::missing("kind"))?,
            at_us: self.at_us.ok_or_else(|| Wrong::missing("at"))?,
            merchant: must(MERCHANT)?,
            product: must(PRODUCT)?,
            lot: texts[LOT],
            order: texts[ORDER],
            quantity: self.quantity.unwrap_or(1),
            amount_minor: self.amount_minor.unwrap_or(0),
            attributes: Attributes {
                reason: texts[REASON],
                place: texts[PLACE],
                device: texts[DEVICE],
                buyer: texts[BUYER],
                text_hash: texts[TEXT].map(text_hash).or(self.attributes.text_hash),
                ..self.attributes
            },
        })
    }

    fn unescaped<'s>(&self, scratch: &'s mut String, texts: &mut [Option<&'s str>; TEXTS]) -> Result<(), Wrong>
    where
        'a: 's,
    {
        scratch.clear();
        let mut ranges: [Option<(usize, usize)>; TEXTS] = [None; TEXTS];
        for (place, raw) in self.texts.iter().enumerate() {
            if let Some(raw) = raw.filter(|raw| raw.has_escapes) {
                let start = scratch.len();
                if !unescape(raw.text, scratch) {
                    let field = TEXT_FIELDS[place].0;
                    return Err(Wrong::character(field, "不成对的代理项转义", "half of a surrogate pair"));
                }
                ranges[place] = Some((start, scratch.len()));
            }
        }
        let scratch: &'s str = scratch;
        for (place, raw) in self.texts.iter().enumerate() {
            texts[place] = match ranges[place] {
                Some((start, end)) => Some(&scratch[start..end]),
                None => raw.map(|raw| raw.text),
            };
        }
        Ok(())
    }
}

#[inline]
fn check_text(place: usize, field: &str, text: &str, bytes_max: usize) -> Result<(), Wrong> {
    if text.is_empty() && place != TEXT {
        return Err(Wrong::empty(field));
    }
    if text.len() > bytes_max {
        return Err(Wrong::text_too_long(field, bytes_max));
    }
    if place != TEXT && text.bytes().any(|byte| byte < 0x20 || byte == 0x7f) {
        return Err(Wrong::character(field, "控制字符", "control characters"));
    }
    if place == MERCHANT && text.contains('/') {
        return Err(Wrong::character(field, "“/”", "`/`"));
    }
    Ok(())
}

fn kind(value: Value<'_>) -> Result<Option<Kind>, Wrong> {
    match value {
        Value::Text(raw) => match Kind::from_bytes(raw.text.as_bytes()) {
            Some(kind) => Ok(Some(kind)),
            None => Err(Wrong::unknown_kind(raw.text)),
        },
        Value::Null => Ok(None),
        _ => Err(Wrong::wrong_type("kind", "一段文字", "a text")),
    }
}

fn moment(value: Value<'_>) -> Result<Option<i64>, Wrong> {
    match value {
        Value::Text(raw) => time::parse(raw.text).map(Some),
        Value::Number(digits) => integer("at", digits).map(Some).map_err(|_| Wrong::time()),
        Value::Null => Ok(None),
        _ => Err(Wrong::time()),
    }
}

fn version(value: Value<'_>) -> Result<(), Wrong> {
    match value {
        Value::Number("1") | Value::Null => Ok(()),
        _ => {
            Err(Wrong::new(Code::UnknownVersion, "v", "“v”只认识 1", "`v` is the version of the form; only 1 is known"))
        }
    }
}

/// A whole number as it is written.
fn integer(field: &str, digits: &str) -> Result<i64, Wrong> {
    if digits.bytes().any(|byte| matches!(byte, b'.' | b'e' | b'E')) {
        return Err(Wrong::not_whole(field));
    }
    digits.parse().map_err(|_| Wrong::out_of_range(field, i64::MIN, i64::MAX))
}

#[inline]
fn whole(field: &str, value: Value<'_>, least: i64, most: i64) -> Result<Option<i64>, Wrong> {
    match value {
        Value::Number(digits) => match integer(field, digits) {
            Ok(number) if (least..=most).contains(&number) => Ok(Some(number)),
            Err(wrong) if digits.bytes().any(|byte| matches!(byte, b'.' | b'e' | b'E')) => Err(wrong),
            _ => Err(Wrong::out_of_range(field, least, most)),
        },
        Value::Null => Ok(None),
        Value::NotANumber => Err(Wrong::not_a_number(field)),
        _ => Err(Wrong::wrong_type(field, "整数", "a whole number")),
    }
}

fn narrow(field: &str, value: Value<'_>) -> Result<Option<u32>, Wrong> {
    Ok(whole(field, value, 0, i64::from(u32::MAX))?.map(|number| number as u32))
}

/// A hash: 16 hexadecimal digits, or a whole number of 64 bits.
fn hash(value: Value<'_>) -> Result<Option<u64>, Wrong> {
    let field = "attributes.text_hash";
    let wrong =
        || Wrong::wrong_type(field, "16 位十六进制文字或 64 位整数", "16 hexadecimal digits or a 64-bit number");
    match value {
        Value::Text(raw) if raw.text.len() == 16 && raw.text.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            u64::from_str_radix(raw.text, 16).map(Some).map_err(|_| wrong())
        }
        Value::Number(digits) => digits.parse().map(Some).map_err(|_| wrong()),
        Value::NotANumber => Err(Wrong::not_a_number(field)),
        Value::Null => Ok(None),
        _ => Err(wrong()),
    }
}

/// Checks a signal that was not read from a line against the same rules; what is wrong is said of line 0.
pub(super) fn check(signal: &Signal<'_>, limits: &Limits, now_us: i64) -> Result<(), Wrong> {
    let attributes = &signal.attributes;
    let texts = [
        Some(signal.id),
        Some(signal.merchant),
        Some(signal.product),
        signal.lot,
        signal.order,
        attributes.reason,
        attributes.place,
        attributes.device,
        attributes.buyer,
    ];
    for (place, text) in texts.into_iter().enumerate() {
        if let Some(text) = text {
            check_text(place, TEXT_FIELDS[place].0, text, TEXT_FIELDS[place].1)?;
        }
    }
    let numbers = [
        ("quantity", Some(signal.quantity), 0, QUANTITY_MAX),
        ("amount_minor", Some(signal.amount_minor), -AMOUNT_MINOR_MAX, AMOUNT_MINOR_MAX),
        ("attributes.rating", attributes.rating.map(i64::from), 1, 5),
        ("attributes.list_price_minor", attributes.list_price_minor, 0, AMOUNT_MINOR_MAX),
    ];
    for (field, number, least, most) in numbers {
        if number.is_some_and(|number| !(least..=most).contains(&number)) {
            return Err(Wrong::out_of_range(field, least, most));
        }
    }
    check_moment(signal.at_us, limits, now_us)
}

fn check_moment(at_us: i64, limits: &Limits, now_us: i64) -> Result<(), Wrong> {
    if at_us < limits.earliest_us {
        return Err(Wrong::too_early());
    }
    if at_us > now_us.saturating_add(limits.ahead_us_max) {
        return Err(Wrong::too_far_ahead());
    }
    Ok(())
}
