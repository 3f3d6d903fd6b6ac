//! A serde deserializer over [`Node`] whose errors keep their place and speak both languages.
//!
//! A struct's unknown columns are refused here, whether or not the struct says `deny_unknown_fields`, naming the nearest
//! known one. Numbers are never read as text nor text as numbers: YAML's quotes decide.

use serde::de::value::{SeqDeserializer, StringDeserializer};
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, VariantAccess,
    Visitor,
};
use std::fmt;

use crate::diagnostic::{Diagnostic, Place};
use crate::node::{Entry, Node, Value};
use crate::text::{Bilingual, nearest};

/// Why a value does not have the wanted shape.
#[derive(Clone, Debug)]
pub struct Error {
    place: Option<Place>,
    field: Option<String>,
    code: &'static str,
    message: Bilingual,
}

/// Reads `node` as a `T`.
pub fn read<T: DeserializeOwned>(node: &Node) -> Result<T, Diagnostic> {
    T::deserialize(NodeDeserializer { node }).map_err(|error| error.into_diagnostic(&node.place))
}

/// Reads the columns in `entries` as a `T`; a missing column is reported at `place`.
pub(crate) fn read_entries<T: DeserializeOwned>(entries: &[&Entry], place: &Place) -> Result<T, Diagnostic> {
    let deserializer = EntriesDeserializer { entries, place };
    T::deserialize(deserializer).map_err(|error| error.into_diagnostic(place))
}

impl Error {
    fn into_diagnostic(self, fallback: &Place) -> Diagnostic {
        let place = self.place.as_ref().unwrap_or(fallback);
        let mut diagnostic = Diagnostic::at(place, self.code, self.message);
        diagnostic.field = self.field.map(String::into_boxed_str);
        diagnostic
    }

    fn located(mut self, place: &Place) -> Self {
        self.place.get_or_insert_with(|| place.clone());
        self
    }

    fn in_field(mut self, field: &str) -> Self {
        self.field.get_or_insert_with(|| field.to_owned());
        self
    }

    /// A refusal of a bespoke value type, for `Deserialize` implementations that want both languages.
    pub(crate) fn plain(code: &'static str, message: Bilingual) -> Self {
        Self { place: None, field: None, code, message }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} / {}", self.message.en, self.message.zh)
    }
}

impl std::error::Error for Error {}

impl de::Error for Error {
    /// A text of the form `english ‖ chinese` keeps its languages apart (see [`both`]).
    fn custom<T: fmt::Display>(message: T) -> Self {
        let message = message.to_string();
        let (en, zh) = match message.split_once(SEPARATOR) {
            Some((en, zh)) => (en.to_owned(), zh.to_owned()),
            None => (message.clone(), format!("值不合要求：{message}")),
        };
        Self::plain("policy_value_invalid", Bilingual { zh, en })
    }

    fn invalid_type(found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::plain(
            "policy_type_wrong",
            Bilingual::new(
                format!("这里应为 {expected}，却是 {found}"),
                format!("Expected {expected} here, found {found}"),
            ),
        )
    }

    fn missing_field(field: &'static str) -> Self {
        Self::plain(
            "policy_column_missing",
            Bilingual::new(format!("缺少字段“{field}”，请补上"), format!("The column `{field}` is missing; add it")),
        )
        .in_field(field)
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        unknown_column(field, expected)
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let known = expected.join(", ");
        let hint = nearest(variant, expected.iter().copied());
        Self::plain(
            "policy_value_unknown",
            Bilingual::new(
                match hint {
                    Some(near) => {
                        format!("“{variant}”不是可用的值，您是否想写“{near}”？可用：{known}")
                    }
                    None => format!("“{variant}”不是可用的值。可用：{known}"),
                },
                match hint {
                    Some(near) => format!("`{variant}` is not a known value; did you mean `{near}`? Known: {known}"),
                    None => format!("`{variant}` is not a known value. Known: {known}"),
                },
            ),
        )
    }
}

const SEPARATOR: &str = " ‖ ";

/// Message of a custom `Deserialize` in both languages, for `serde::de::Error::custom`.
pub fn both(message: &Bilingual) -> String {
    format!("{}{SEPARATOR}{}", message.en, message.zh)
}

fn unknown_column(field: &str, known: &[&str]) -> Error {
    let all = known.join(", ");
    let hint = nearest(field, known.iter().copied());
    Error::plain(
        "policy_column_unknown",
        Bilingual::new(
            match hint {
                Some(near) => format!("没有“{field}”这个字段，您是否想写“{near}”？"),
                None => format!("没有“{field}”这个字段。可用：{all}"),
            },
            match hint {
                Some(near) => format!("There is no column `{field}`; did you mean `{near}`?"),
                None => format!("There is no column `{field}`. Known: {all}"),
            },
        ),
    )
    .in_field(field)
}

#[derive(Clone, Copy)]
struct NodeDeserializer<'n> {
    node: &'n Node,
}

impl<'n> NodeDeserializer<'n> {
    fn wrong(self, zh: &str, en: &str) -> Error {
        let found = self.node.kind();
        Error::plain(
            "policy_type_wrong",
            Bilingual::new(
                format!("这里应为{zh}，却是{}", found.zh),
                format!("Expected {en} here, found {}", found.en),
            ),
        )
        .located(&self.node.place)
    }
}

impl<'n> IntoDeserializer<'_, Error> for NodeDeserializer<'n> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! number {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match &self.node.value {
                Value::Integer(value) => visitor.visit_i64(*value).map_err(|e: Error| e.located(&self.node.place)),
                _ => Err(self.wrong("整数", "a whole number")),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for NodeDeserializer<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let result = match &self.node.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Integer(value) => visitor.visit_i64(*value),
            Value::Decimal(value) => visitor.visit_f64(*value),
            Value::Text(value) => visitor.visit_str(value),
            Value::List(items) => {
                visitor.visit_seq(SeqDeserializer::new(items.iter().map(|node| NodeDeserializer { node })))
            }
            Value::Map(entries) => visitor.visit_map(Entries::new(entries)),
        };
        result.map_err(|error: Error| error.located(&self.node.place))
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.node.value {
            Value::Bool(value) => visitor.visit_bool(value),
            _ => Err(self.wrong("true 或 false", "true or false")),
        }
    }

    number!(deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128);

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.node.value {
            Value::Decimal(value) => visitor.visit_f64(value),
            Value::Integer(value) => visitor.visit_f64(value as f64),
            _ => Err(self.wrong("数", "a number")),
        }
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.node.value {
            Value::Text(value) => visitor.visit_str(value).map_err(|error: Error| error.located(&self.node.place)),
            Value::Integer(_) | Value::Decimal(_) | Value::Bool(_) => {
                Err(self.wrong("文字（请加引号）", "text (put it in quotes)"))
            }
            _ => Err(self.wrong("文字", "text")),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(self.wrong("文字", "text"))
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.node.value {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.node.value {
            Value::Null => visitor.visit_unit(),
            _ => Err(self.wrong("空值", "nothing")),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self).map_err(|error: Error| error.located(&self.node.place))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.node.value {
            Value::List(_) => self.deserialize_any(visitor),
            _ => Err(self.wrong("列表", "a list")),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.node.value {
            Value::Map(_) => self.deserialize_any(visitor),
            _ => Err(self.wrong("一组字段", "named fields")),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let Value::Map(entries) = &self.node.value else {
            return Err(self.wrong("一组字段", "named fields"));
        };
        for entry in entries {
            if !fields.contains(&entry.key.as_str()) {
                return Err(unknown_column(&entry.key, fields).located(&entry.key_place));
            }
        }
        visitor.visit_map(Entries::new(entries)).map_err(|error: Error| error.located(&self.node.place))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let (variant, place, content) = match &self.node.value {
            Value::Text(text) => (text, &self.node.place, None),
            Value::Map(entries) if entries.len() == 1 => {
                (&entries[0].key, &entries[0].key_place, Some(&entries[0].value))
            }
            _ => {
                return Err(self.wrong("一个名称，或只有一个字段的一组", "a name, or a single named field"));
            }
        };
        visitor.visit_enum(Variant { variant, content }).map_err(|error: Error| error.located(place))
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }
}

/// The columns of a map, each error marked with the column it came from.
struct Entries<'n> {
    rest: std::slice::Iter<'n, Entry>,
    current: Option<&'n Entry>,
}

impl<'n> Entries<'n> {
    fn new(entries: &'n [Entry]) -> Self {
        Self { rest: entries.iter(), current: None }
    }
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some(entry) = self.rest.next() else {
            return Ok(None);
        };
        self.current = Some(entry);
        let key: StringDeserializer<Error> = entry.key.clone().into_deserializer();
        seed.deserialize(key).map(Some).map_err(|error| error.located(&entry.key_place))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let Some(entry) = self.current.take() else {
            return Err(de::Error::custom("a value was asked for before its key"));
        };
        seed.deserialize(NodeDeserializer { node: &entry.value })
            .map_err(|error| error.located(&entry.value.place).in_field(&entry.key))
    }
}

struct Variant<'n> {
    variant: &'n str,
    content: Option<&'n Node>,
}

impl<'de> EnumAccess<'de> for Variant<'_> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Error> {
        let name: StringDeserializer<Error> = self.variant.to_owned().into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl Variant<'_> {
    fn content(&self) -> Result<NodeDeserializer<'_>, Error> {
        self.content.map(|node| NodeDeserializer { node }).ok_or_else(|| {
            Error::plain(
                "policy_value_invalid",
                Bilingual::new(
                    format!("“{}”后面还需要内容，写成“{}: …”", self.variant, self.variant),
                    format!("`{}` needs content; write `{}: …`", self.variant, self.variant),
                ),
            )
        })
    }
}

impl<'de> VariantAccess<'de> for Variant<'_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        match self.content {
            None => Ok(()),
            Some(node) => Err(NodeDeserializer { node }.wrong("空", "nothing")),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self.content()?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.content()?.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        self.content()?.deserialize_struct("", fields, visitor)
    }
}

/// The body of a row: the columns left when the envelope is taken away.
struct EntriesDeserializer<'n> {
    entries: &'n [&'n Entry],
    place: &'n Place,
}

impl<'de> Deserializer<'de> for EntriesDeserializer<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let owned: Vec<Entry> = self.entries.iter().map(|entry| (*entry).clone()).collect();
        visitor.visit_map(Entries::new(&owned)).map_err(|error: Error| error.located(self.place))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let node = Node {
            place: self.place.clone(),
            value: Value::Map(self.entries.iter().map(|entry| (*entry).clone()).collect()),
        };
        NodeDeserializer { node: &node }.deserialize_struct(name, fields, visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}
