//! What a shop hands in. One listing is one JSON object; [`Input::from_json`] is the only door, so that every refusal
//! names the field and says what would be right.
//!
//! Kindly read: numbers where a text is expected (`"gtin": 6901234567892`), one image as a text instead of a list,
//! amounts as whole numbers in a text. Refused: fractions of a minor unit, wrong shapes, anything over a limit.
//! Fields nobody knows are ignored and named in [`Input::notes`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::finding::Text;

/// Longest `id`, `brand`, `category`, names of attributes; characters.
pub const NAME_CHARACTERS_MAX: usize = 300;
/// Longest title; characters.
pub const TITLE_CHARACTERS_MAX: usize = 2_000;
/// Longest description; characters.
pub const DESCRIPTION_CHARACTERS_MAX: usize = 200_000;
/// Longest value of one attribute; characters.
pub const ATTRIBUTE_CHARACTERS_MAX: usize = 10_000;
/// Most attributes of a listing.
pub const ATTRIBUTES_MAX: usize = 300;
/// Most images of a listing.
pub const IMAGES_MAX: usize = 100;
/// Most documents of a listing.
pub const DOCUMENTS_MAX: usize = 100;
/// Longest line of a bulk file that is parsed at all; bytes.
pub const LINE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// One listing version as handed in.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Input {
    pub id: String,
    /// `cn`, `us` or `eu`; the policy pack of that name is applied.
    pub market: String,
    pub title: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Slash path from the root, for instance `food/health-food`. Lower case. Empty: unknown.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub category: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub brand: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub gtin: String,
    /// Price in minor units (fen, cents); never negative.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_minor: Option<i64>,
    /// The crossed-out reference price in minor units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list_price_minor: Option<i64>,
    /// ISO 4217, upper case.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub currency: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<ImageInput>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<DocumentInput>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merchant: Option<MerchantInput>,
    /// Remarks made while reading; not part of the listing.
    #[serde(skip)]
    pub notes: Vec<Text>,
}

/// One image: where it lies, and its bytes once somebody has read them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageInput {
    /// Path or address as handed in; may be empty where `sha256` is known.
    pub path: String,
    /// Lower-case hexadecimal, 64 characters; empty if unknown.
    pub sha256: String,
    /// The file itself. The engine reads no files: whoever calls loads them.
    pub bytes: Option<std::sync::Arc<[u8]>>,
}

impl Serialize for ImageInput {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.sha256.is_empty() {
            return serializer.serialize_str(&self.path);
        }
        let mut map = BTreeMap::new();
        if !self.path.is_empty() {
            map.insert("path", &self.path);
        }
        map.insert("sha256", &self.sha256);
        map.serialize(serializer)
    }
}

/// One document as the merchant (or OCR, or a register) states it. All dates are ISO `YYYY-MM-DD`; empty: not stated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DocumentInput {
    /// Key of the kind in the requirement matrix, for instance `food-production-licence`, `test-report`.
    pub kind: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub number: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub holder: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub product: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub brand: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub lot: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub standard: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub scope: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub issuer: String,
    /// Laboratory accreditation numbers (CMA, CNAS) of a test report.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub accreditation: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub issued: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub from: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub until: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub sha256: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub path: String,
}

/// Who offers it, as far as the check of holders needs it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MerchantInput {
    pub id: String,
    pub name: String,
    /// Unified Social Credit Code, 18 characters.
    pub uscc: String,
}

/// A listing that cannot be read. Nothing of it is screened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {}", .text.en)]
pub struct InputError {
    /// `invalid_json`, `field_missing`, `field_shape`, `field_value`, `field_too_long`, `too_many`.
    pub code: &'static str,
    /// The field as in [`crate::Finding::field`]; empty: the whole line.
    pub field: String,
    /// What is wrong and what would be right.
    pub text: Text,
}

impl InputError {
    fn new(code: &'static str, field: &str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { code, field: field.to_owned(), text: Text::new(zh, en) }
    }

    fn shape(field: &str, zh: &str, en: &str) -> Self {
        Self::new("field_shape", field, format!("应为{zh}"), format!("must be {en}"))
    }
}

impl Input {
    /// Reads one JSON object.
    ///
    /// # Errors
    /// [`InputError`] naming the field (or, for broken JSON, the line and column) and what would be right.
    pub fn from_json(json: &str) -> Result<Self, InputError> {
        Self::from_value(Self::value_of(json)?)
    }

    /// The JSON of one line, within the limit of its length; the first half of [`Input::from_json`].
    ///
    /// # Errors
    /// As [`Input::from_json`].
    pub fn value_of(json: &str) -> Result<Value, InputError> {
        if json.len() > LINE_BYTES_MAX {
            return Err(InputError::new(
                "field_too_long",
                "",
                format!("整条数据 {} 字节，上限 {LINE_BYTES_MAX} 字节；请缩短文字，图片给路径", json.len()),
                format!(
                    "the record has {} bytes, at most {LINE_BYTES_MAX}; shorten texts, give images as paths",
                    json.len()
                ),
            ));
        }
        serde_json::from_str(json).map_err(|error| {
            InputError::new(
                "invalid_json",
                "",
                format!("不是有效的 JSON（第 {} 列）：每行应是一个完整的 JSON 对象", error.column()),
                format!("not valid JSON ({error}); each line must be one complete JSON object"),
            )
        })
    }

    /// Reads one already parsed JSON object.
    ///
    /// # Errors
    /// As [`Input::from_json`].
    pub fn from_value(value: Value) -> Result<Self, InputError> {
        let Value::Object(mut map) = value else {
            return Err(InputError::shape("", "一个 JSON 对象", "one JSON object"));
        };
        let mut input = Self {
            id: name(&mut map, "id")?,
            market: name(&mut map, "market")?.to_lowercase(),
            title: text(&mut map, "title", TITLE_CHARACTERS_MAX)?,
            description: text(&mut map, "description", DESCRIPTION_CHARACTERS_MAX)?,
            category: category(&name(&mut map, "category")?),
            brand: name(&mut map, "brand")?,
            gtin: name(&mut map, "gtin")?,
            price_minor: amount(&mut map, "price_minor")?,
            list_price_minor: amount(&mut map, "list_price_minor")?,
            currency: currency(&mut map)?,
            attributes: attributes(&mut map)?,
            images: images(&mut map)?,
            documents: documents(&mut map)?,
            merchant: merchant(&mut map)?,
            notes: Vec::new(),
        };
        if input.id.is_empty() {
            return Err(InputError::new(
                "field_missing",
                "id",
                "缺少 id：每条商品需要一个编号",
                "id is missing: every listing needs one",
            ));
        }
        if input.market.is_empty() {
            "cn".clone_into(&mut input.market);
        }
        for key in map.keys().take(20) {
            let key: String = key.chars().take(60).collect();
            input.notes.push(Text::new(format!("未使用的字段：{key}"), format!("field not used: {key}")));
        }
        Ok(input)
    }

    /// Every text a claim can hide in, with its field name, in a fixed order.
    pub fn texts(&self) -> impl Iterator<Item = (TextField<'_>, &str)> {
        [(TextField::Title, self.title.as_str()), (TextField::Description, self.description.as_str())]
            .into_iter()
            .chain(self.attributes.iter().map(|(name, value)| (TextField::Attribute(name), value.as_str())))
            .filter(|(_, text)| !text.is_empty())
    }
}

impl<'de> Deserialize<'de> for Input {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_value(Value::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// A text field of a listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextField<'a> {
    Title,
    Description,
    Attribute(&'a str),
}

impl TextField<'_> {
    /// The name as in [`crate::Finding::field`].
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Title => "title".to_owned(),
            Self::Description => "description".to_owned(),
            Self::Attribute(name) => format!("attributes.{name}"),
        }
    }
}

fn too_long(field: &str, length: usize, max: usize) -> InputError {
    InputError::new(
        "field_too_long",
        field,
        format!("{length} 个字符，上限 {max} 个；请缩短"),
        format!("{length} characters, at most {max}; shorten it"),
    )
}

/// A scalar as text; `null` and absence are the empty text.
fn scalar(value: Option<Value>, field: &str, max: usize) -> Result<String, InputError> {
    let text = match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text,
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Bool(flag)) => flag.to_string(),
        Some(_) => return Err(InputError::shape(field, "文本", "a text")),
    };
    if text.len() > max {
        let length = text.chars().count();
        if length > max {
            return Err(too_long(field, length, max));
        }
    }
    Ok(text)
}

fn text(map: &mut Map<String, Value>, field: &str, max: usize) -> Result<String, InputError> {
    scalar(map.remove(field), field, max)
}

fn name(map: &mut Map<String, Value>, field: &str) -> Result<String, InputError> {
    Ok(text(map, field, NAME_CHARACTERS_MAX)?.trim().to_owned())
}

fn category(path: &str) -> String {
    let parts: Vec<String> =
        path.split(['/', '>']).map(|part| part.trim().to_lowercase()).filter(|part| !part.is_empty()).collect();
    parts.join("/")
}

fn amount(map: &mut Map<String, Value>, field: &str) -> Result<Option<i64>, InputError> {
    let bad = || {
        InputError::new(
            "field_value",
            field,
            "应为不小于 0 的整数，以最小货币单位计（12.50 元写 1250）",
            "must be a whole number not below 0 in minor units (12.50 is written 1250)",
        )
    };
    let amount = match map.remove(field) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Number(number)) => number.as_i64().ok_or_else(bad)?,
        Some(Value::String(text)) if text.trim().is_empty() => return Ok(None),
        Some(Value::String(text)) => text.trim().parse().map_err(|_| bad())?,
        Some(_) => return Err(bad()),
    };
    if amount < 0 { Err(bad()) } else { Ok(Some(amount)) }
}

fn currency(map: &mut Map<String, Value>) -> Result<String, InputError> {
    let code = name(map, "currency")?.to_uppercase();
    if code.is_empty() || (code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase())) {
        return Ok(code);
    }
    Err(InputError::new(
        "field_value",
        "currency",
        "应为三位货币代码，如 CNY",
        "must be a three-letter currency code such as CNY",
    ))
}

fn list(map: &mut Map<String, Value>, field: &str, max: usize) -> Result<Vec<Value>, InputError> {
    let values = match map.remove(field) {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(values)) => values,
        Some(Value::String(text)) if text.trim().is_empty() => Vec::new(),
        Some(single @ (Value::String(_) | Value::Object(_))) => vec![single],
        Some(_) => return Err(InputError::shape(field, "列表", "a list")),
    };
    if values.len() > max {
        return Err(InputError::new(
            "too_many",
            field,
            format!("{} 项，上限 {max} 项", values.len()),
            format!("{} entries, at most {max}", values.len()),
        ));
    }
    Ok(values)
}

fn attributes(map: &mut Map<String, Value>) -> Result<BTreeMap<String, String>, InputError> {
    let entries = match map.remove("attributes") {
        None | Some(Value::Null) => return Ok(BTreeMap::new()),
        Some(Value::Object(entries)) => entries,
        Some(_) => {
            return Err(InputError::shape(
                "attributes",
                "对象，如 {\"产地\": \"杭州\"}",
                "an object such as {\"origin\": \"Hangzhou\"}",
            ));
        }
    };
    if entries.len() > ATTRIBUTES_MAX {
        let text = format!("{} 项，上限 {ATTRIBUTES_MAX} 项", entries.len());
        return Err(InputError::new(
            "too_many",
            "attributes",
            text,
            format!("{} entries, at most {ATTRIBUTES_MAX}", entries.len()),
        ));
    }
    let mut attributes = BTreeMap::new();
    for (key, value) in entries {
        let length = key.chars().count();
        if length > NAME_CHARACTERS_MAX {
            return Err(too_long("attributes", length, NAME_CHARACTERS_MAX));
        }
        let field = format!("attributes.{key}");
        let text = match value {
            Value::Array(values) => {
                let mut parts = Vec::with_capacity(values.len().min(ATTRIBUTES_MAX));
                for value in values {
                    parts.push(scalar(Some(value), &field, ATTRIBUTE_CHARACTERS_MAX)?);
                }
                scalar(Some(Value::String(parts.join("; "))), &field, ATTRIBUTE_CHARACTERS_MAX)?
            }
            value => scalar(Some(value), &field, ATTRIBUTE_CHARACTERS_MAX)?,
        };
        attributes.insert(key, text);
    }
    Ok(attributes)
}

fn digest(map: &mut Map<String, Value>, field: &str) -> Result<String, InputError> {
    let digest = scalar(map.remove("sha256"), field, NAME_CHARACTERS_MAX)?.to_lowercase();
    if digest.is_empty() || (digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit())) {
        return Ok(digest);
    }
    Err(InputError::new(
        "field_value",
        field,
        "应为 64 位十六进制 SHA-256",
        "must be a SHA-256 in 64 hexadecimal characters",
    ))
}

fn images(map: &mut Map<String, Value>) -> Result<Vec<ImageInput>, InputError> {
    let mut images = Vec::new();
    for (index, value) in list(map, "images", IMAGES_MAX)?.into_iter().enumerate() {
        let field = format!("images[{index}]");
        images.push(match value {
            Value::String(path) => ImageInput {
                path: scalar(Some(Value::String(path)), &field, TITLE_CHARACTERS_MAX)?,
                ..ImageInput::default()
            },
            Value::Object(mut entry) => ImageInput {
                path: scalar(entry.remove("path").or_else(|| entry.remove("url")), &field, TITLE_CHARACTERS_MAX)?,
                sha256: digest(&mut entry, &field)?,
                bytes: None,
            },
            _ => {
                return Err(InputError::shape(
                    &field,
                    "路径，或带 path / sha256 的对象",
                    "a path, or an object with path or sha256",
                ));
            }
        });
    }
    Ok(images)
}

fn documents(map: &mut Map<String, Value>) -> Result<Vec<DocumentInput>, InputError> {
    let mut documents = Vec::new();
    for (index, value) in list(map, "documents", DOCUMENTS_MAX)?.into_iter().enumerate() {
        let place = format!("documents[{index}]");
        let Value::Object(mut entry) = value else {
            return Err(InputError::shape(&place, "带 kind 的对象", "an object with a kind"));
        };
        let mut take = |key: &str| -> Result<String, InputError> {
            Ok(scalar(entry.remove(key), &format!("{place}.{key}"), TITLE_CHARACTERS_MAX)?.trim().to_owned())
        };
        let document = DocumentInput {
            kind: take("kind")?.to_lowercase(),
            number: take("number")?,
            holder: take("holder")?,
            product: take("product")?,
            brand: take("brand")?,
            lot: take("lot")?,
            standard: take("standard")?,
            scope: take("scope")?,
            issuer: take("issuer")?,
            accreditation: take("accreditation")?,
            issued: date(&place, "issued", take("issued")?)?,
            from: date(&place, "from", take("from")?)?,
            until: date(&place, "until", take("until")?)?,
            path: take("path")?,
            sha256: digest(&mut entry, &format!("{place}.sha256"))?,
        };
        if document.kind.is_empty() {
            let field = format!("{place}.kind");
            return Err(InputError::new("field_missing", &field, "缺少证件种类 kind", "kind of document is missing"));
        }
        documents.push(document);
    }
    Ok(documents)
}

fn date(place: &str, key: &str, text: String) -> Result<String, InputError> {
    if text.is_empty() || text.parse::<jiff::civil::Date>().is_ok() {
        return Ok(text);
    }
    let field = format!("{place}.{key}");
    Err(InputError::new(
        "field_value",
        &field,
        "日期应写作 YYYY-MM-DD，如 2026-03-31",
        "a date is written YYYY-MM-DD, for instance 2026-03-31",
    ))
}

fn merchant(map: &mut Map<String, Value>) -> Result<Option<MerchantInput>, InputError> {
    let mut entry = match map.remove("merchant") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Object(entry)) => entry,
        Some(Value::String(name)) => Map::from_iter([("name".to_owned(), Value::String(name))]),
        Some(_) => {
            return Err(InputError::shape("merchant", "带 id、name、uscc 的对象", "an object with id, name, uscc"));
        }
    };
    let mut take = |key: &str| -> Result<String, InputError> {
        Ok(scalar(entry.remove(key), &format!("merchant.{key}"), NAME_CHARACTERS_MAX)?.trim().to_owned())
    };
    Ok(Some(MerchantInput { id: take("id")?, name: take("name")?, uscc: take("uscc")?.to_uppercase() }))
}
