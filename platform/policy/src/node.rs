//! YAML as a tree that remembers where each value stands.

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};
use std::fmt;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Place};
use crate::text::Bilingual;

/// Largest file of a pack.
pub const FILE_BYTES_MAX: usize = 4 << 20;
/// Deepest nesting of a file.
pub const DEPTH_MAX: usize = 24;
/// Most values a file may hold after aliases are expanded.
pub const NODES_MAX: usize = 400_000;
/// Most values aliases may add.
pub const ALIAS_EVENTS_MAX: usize = 20_000;

/// One file of a pack as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Name shown in diagnostics, for instance `cn/claims.yaml`.
    pub path: String,
    pub text: String,
}

impl Source {
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into() }
    }
}

/// A value and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub place: Place,
    pub value: Value,
}

/// What a YAML node can be. Map keys are texts, in the order they were written.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Integer(i64),
    Decimal(f64),
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// One column of a map.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub key: String,
    pub key_place: Place,
    pub value: Node,
}

impl Node {
    /// Reads one YAML document.
    pub fn parse(source: &Source) -> Result<Self, Diagnostic> {
        let file: Arc<str> = source.path.as_str().into();
        if source.text.len() > FILE_BYTES_MAX {
            return Err(Diagnostic::at(
                &Place::file(&source.path),
                "policy_file_too_large",
                Bilingual::new(
                    format!("文件超过 {} KB，请拆成几个文件", FILE_BYTES_MAX >> 10),
                    format!("The file is larger than {} KB; split it", FILE_BYTES_MAX >> 10),
                ),
            ));
        }
        let text = source.text.strip_prefix('\u{feff}').unwrap_or(&source.text);
        let raw: Spanned<Raw> =
            serde_saphyr::from_str_with_options(text, options()).map_err(|error| yaml_error(&file, &error))?;
        Ok(convert(raw, &file))
    }

    pub fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn as_list(&self) -> Option<&[Node]> {
        match &self.value {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    pub fn as_map(&self) -> Option<&[Entry]> {
        match &self.value {
            Value::Map(entries) => Some(entries),
            _ => None,
        }
    }

    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_map()?.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// The same value without its places.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.value {
            Value::Null => Json::Null,
            Value::Bool(value) => Json::Bool(*value),
            Value::Integer(value) => Json::from(*value),
            Value::Decimal(value) => Json::from(*value),
            Value::Text(value) => Json::String(value.clone()),
            Value::List(items) => Json::Array(items.iter().map(Self::to_json).collect()),
            Value::Map(entries) => {
                Json::Object(entries.iter().map(|entry| (entry.key.clone(), entry.value.to_json())).collect())
            }
        }
    }

    /// What kind of value this is, in words.
    pub fn kind(&self) -> Bilingual {
        match &self.value {
            Value::Null => Bilingual::new("空值", "nothing"),
            Value::Bool(_) => Bilingual::new("真假值", "true or false"),
            Value::Integer(_) => Bilingual::new("整数", "a whole number"),
            Value::Decimal(_) => Bilingual::new("小数", "a decimal number"),
            Value::Text(_) => Bilingual::new("文字", "text"),
            Value::List(_) => Bilingual::new("列表", "a list"),
            Value::Map(_) => Bilingual::new("一组字段", "named fields"),
        }
    }
}

fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        strict_booleans: true,
        with_snippet: false,
        merge_keys: serde_saphyr::MergeKeyPolicy::Error,
        budget: serde_saphyr::budget! {
            max_events: NODES_MAX * 2,
            max_depth: DEPTH_MAX,
            max_nodes: NODES_MAX,
            max_aliases: 1_000,
            max_anchors: 200,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: ALIAS_EVENTS_MAX,
            max_replay_stack_depth: 8,
            max_alias_expansions_per_anchor: 200,
        },
    }
}

fn yaml_error(file: &Arc<str>, error: &serde_saphyr::Error) -> Diagnostic {
    let place = error.location().map_or_else(|| Place::file(file), |location| place_of(&location, file));
    let detail = error.to_string();
    Diagnostic::at(
        &place,
        "policy_yaml_unreadable",
        Bilingual::new(
            format!("YAML 读不通：{detail}。请检查缩进、引号、重复的字段和嵌套深度"),
            format!("The YAML cannot be read: {detail}. Look at indentation, quotes, repeated fields and nesting"),
        ),
    )
}

fn place_of(location: &Location, file: &Arc<str>) -> Place {
    Place {
        file: file.clone(),
        line: u32::try_from(location.line()).unwrap_or(0),
        column: u32::try_from(location.column()).unwrap_or(0),
    }
}

fn convert(raw: Spanned<Raw>, file: &Arc<str>) -> Node {
    let value = match raw.value {
        Raw::Null => Value::Null,
        Raw::Bool(value) => Value::Bool(value),
        Raw::Integer(value) => Value::Integer(value),
        Raw::Decimal(value) => Value::Decimal(value),
        Raw::Text(value) => Value::Text(value),
        Raw::List(items) => Value::List(items.into_iter().map(|item| convert(item, file)).collect()),
        Raw::Map(entries) => Value::Map(
            entries
                .into_iter()
                .map(|(key, value)| Entry {
                    key_place: place_of(&key.referenced, file),
                    key: key.value,
                    value: convert(value, file),
                })
                .collect(),
        ),
    };
    Node { place: place_of(&raw.referenced, file), value }
}

/// The tree as the YAML library hands it over.
enum Raw {
    Null,
    Bool(bool),
    Integer(i64),
    Decimal(f64),
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Integer(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Raw, E> {
        i64::try_from(value)
            .map(Raw::Integer)
            .map_err(|_| E::custom("the number is too large; write it in quotes if it is a text"))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Decimal(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Raw, E> {
        Ok(Raw::Text(value))
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        Raw::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Raw, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Raw::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Raw, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Raw::Map(map))
    }
}
