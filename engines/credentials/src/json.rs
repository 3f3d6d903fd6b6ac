//! JSON that two readers cannot read differently: no key twice, limited depth, numbers that keep their value in the
//! canonical form of RFC 8785 (I-JSON, RFC 7493).

use crate::{Error, Result};
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::fmt;

/// Largest text read, bytes.
pub const BYTES_MAX: usize = 4 * 1024 * 1024;
/// Deepest nesting.
pub const DEPTH_MAX: usize = 32;
/// Largest integer every reader of JSON keeps: 2^53 − 1.
pub const INTEGER_MAX: u64 = (1 << 53) - 1;

/// What the error text of a doubled key begins with, on its way through serde.
const DUPLICATE: &str = "duplicate key ";

/// Reads strict JSON.
///
/// # Errors
/// [`Error::TooLarge`], [`Error::Json`] with line and column, [`Error::DuplicateKey`].
pub fn read(bytes: &[u8]) -> Result<Value> {
    if bytes.len() > BYTES_MAX {
        return Err(Error::TooLarge { max: BYTES_MAX });
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Strict(0).deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    value.map_err(|error| {
        let text = error.to_string();
        match text.strip_prefix(DUPLICATE) {
            Some(rest) => Error::DuplicateKey(rest.rsplit_once(" at line ").map_or(rest, |(key, _)| key).to_owned()),
            None => Error::Json(text),
        }
    })
}

/// Reads a strict JSON object.
///
/// # Errors
/// As [`read`], and [`Error::Json`] for anything but an object.
pub fn read_object(bytes: &[u8]) -> Result<Map<String, Value>> {
    match read(bytes)? {
        Value::Object(map) => Ok(map),
        _ => Err(Error::Json("an object is expected".to_owned())),
    }
}

/// The canonical form of RFC 8785.
///
/// # Errors
/// [`Error::Json`] for numbers without one.
pub fn canonical(value: &Value) -> Result<Vec<u8>> {
    serde_jcs::to_vec(value).map_err(|error| Error::Json(error.to_string()))
}

struct Strict(usize);

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Value, E> {
        if value > INTEGER_MAX { Err(E::custom("an integer beyond 2^53")) } else { Ok(Value::from(value)) }
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Value, E> {
        if value.unsigned_abs() > INTEGER_MAX {
            Err(E::custom("an integer beyond 2^53"))
        } else {
            Ok(Value::from(value))
        }
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("a number without a value"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(Strict(below))? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut map = Map::new();
        while let Some(key) = object.next_key::<String>()? {
            if map.contains_key(&key) {
                return Err(A::Error::custom(format_args!("{DUPLICATE}{key}")));
            }
            let value = object.next_value_seed(Strict(below))?;
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

impl Strict {
    fn below<E: serde::de::Error>(&self) -> Result<usize, E> {
        if self.0 >= DEPTH_MAX {
            Err(E::custom(format_args!("nested deeper than {DEPTH_MAX}")))
        } else {
            Ok(self.0 + 1)
        }
    }
}
