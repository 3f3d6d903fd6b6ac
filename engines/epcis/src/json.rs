//! JSON as text: what serde_json does not refuse by itself (depth, sizes), and walking without values.

use crate::fault::{Code, DocumentError, EventError, Path, Position, quoted};
use crate::limits::Limits;
use serde::Deserializer;
use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::cell::RefCell;
use std::fmt;

/// Checks size, encoding and depth, and drops a byte order mark.
pub(crate) fn text<'b>(bytes: &'b [u8], limits: &Limits) -> Result<&'b str, DocumentError> {
    if bytes.len() > limits.document_bytes_max {
        let max = limits.document_bytes_max;
        return Err(EventError::new(
            "",
            Code::DocumentTooLarge,
            format!("文档有 {} 字节，最多 {max} 字节；请分成几份", bytes.len()),
            format!("the document has {} bytes, at most {max} are read; split it", bytes.len()),
        )
        .into());
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let position = position(&bytes[..error.valid_up_to()]);
        let fault = EventError::new(
            "",
            Code::NotUtf8,
            format!("第 {} 字节起不是 UTF-8 文本", error.valid_up_to()),
            format!("the bytes from {} on are not UTF-8 text", error.valid_up_to()),
        );
        DocumentError { fault, position: Some(position) }
    })?;
    depth(bytes, limits)?;
    Ok(text)
}

/// Refuses text that nests deeper than the limit, before anything recursive sees it.
fn depth(bytes: &[u8], limits: &Limits) -> Result<(), DocumentError> {
    let (mut depth, mut in_string, mut escaped) = (0usize, false, false);
    for (index, byte) in bytes.iter().enumerate() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'[' | b'{' => {
                depth += 1;
                if depth > limits.depth_max {
                    let max = limits.depth_max;
                    let fault = EventError::new(
                        "",
                        Code::TooDeep,
                        format!("嵌套超过 {max} 层"),
                        format!("nested deeper than {max} levels"),
                    );
                    return Err(DocumentError { fault, position: Some(position(&bytes[..index])) });
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

fn position(before: &[u8]) -> Position {
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    Position { line, column: String::from_utf8_lossy(&before[start..]).chars().count() + 1 }
}

/// The whole text as one raw value.
pub(crate) fn raw(text: &str) -> Result<&RawValue, DocumentError> {
    serde_json::from_str::<&RawValue>(text).map_err(|error| DocumentError {
        fault: syntax("", &error),
        position: Some(Position { line: error.line().max(1), column: error.column().max(1) }),
    })
}

fn syntax(pointer: &str, error: &serde_json::Error) -> EventError {
    let (zh, en) = words(error);
    EventError::new(pointer, Code::Syntax, zh, en)
}

/// The members of one object, as text.
pub(crate) struct Members<'t> {
    list: Vec<(String, &'t RawValue)>,
}

impl<'t> Members<'t> {
    pub(crate) fn get(&self, name: &str) -> Option<&'t RawValue> {
        self.list.iter().find(|(known, _)| known == name).map(|(_, raw)| *raw)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &'t RawValue)> {
        self.list.iter().map(|(name, raw)| (name.as_str(), *raw))
    }

    /// A member that must be a string where it is present.
    pub(crate) fn string(&self, name: &str, at: &Path<'_>) -> Result<Option<String>, EventError> {
        let Some(raw) = self.get(name) else { return Ok(None) };
        match serde_json::from_str::<String>(raw.get()) {
            Ok(text) => Ok(Some(text)),
            Err(_) => Err(at.member(name).refuse(Code::WrongType, "应为字符串", "must be a string")),
        }
    }
}

/// The members of an object.
pub(crate) fn members<'t>(raw: &'t RawValue, at: &Path<'_>, limits: &Limits) -> Result<Members<'t>, DocumentError> {
    if !raw.get().starts_with('{') {
        return Err(at.refuse(Code::WrongType, "应为对象", "must be an object").into());
    }
    let mut deserializer = serde_json::Deserializer::from_str(raw.get());
    let list = deserializer.deserialize_map(RawMembers).map_err(|error| syntax(&at.pointer(), &error))?;
    if list.len() > limits.members_max {
        return Err(too_many_members(at, limits).into());
    }
    for (index, (name, _)) in list.iter().enumerate() {
        if list[..index].iter().any(|(known, _)| known == name) {
            return Err(repeated(at, name).into());
        }
    }
    Ok(Members { list })
}

struct RawMembers;

impl<'de> Visitor<'de> for RawMembers {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(entry) = map.next_entry::<String, &'de RawValue>()? {
            list.push(entry);
            if list.len() > MEMBERS_READ_MAX {
                break;
            }
        }
        // The rest of an over-long object is passed over; the caller refuses it by its length.
        while map.next_entry::<serde::de::IgnoredAny, serde::de::IgnoredAny>()?.is_some() {}
        Ok(list)
    }
}

/// Members of one object that are looked at in the walk over text.
const MEMBERS_READ_MAX: usize = 10_000;

/// Hands over the elements of an array as text, one by one.
pub(crate) fn elements<'t>(
    raw: &'t RawValue,
    at: &Path<'_>,
    events_max: usize,
    mut each: impl FnMut(usize, &'t RawValue),
) -> Result<(), DocumentError> {
    if !raw.get().starts_with('[') {
        return Err(at.refuse(Code::WrongType, "应为数组", "must be an array").into());
    }
    let mut deserializer = serde_json::Deserializer::from_str(raw.get());
    let complete = deserializer
        .deserialize_seq(Elements { each: &mut each, events_max })
        .map_err(|error| syntax(&at.pointer(), &error))?;
    if complete {
        return Ok(());
    }
    Err(at
        .refuse(
            Code::TooManyEvents,
            format!("事件超过 {events_max} 个；请分成几份"),
            format!("more than {events_max} events; split the document"),
        )
        .into())
}

struct Elements<'f, F> {
    each: &'f mut F,
    events_max: usize,
}

impl<'de, F: FnMut(usize, &'de RawValue)> Visitor<'de> for Elements<'_, F> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<bool, A::Error> {
        let mut index = 0;
        while let Some(raw) = seq.next_element::<&'de RawValue>()? {
            if index == self.events_max {
                while seq.next_element::<serde::de::IgnoredAny>()?.is_some() {}
                return Ok(false);
            }
            (self.each)(index, raw);
            index += 1;
        }
        Ok(true)
    }
}

/// One value, with the limits held.
pub(crate) fn value(text: &str, pointer: &str, limits: &Limits) -> Result<Value, EventError> {
    let fault = RefCell::new(None);
    let root = Path::Root(pointer);
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let seed = Strict { at: &root, limits, fault: &fault };
    let result = seed.deserialize(&mut deserializer).and_then(|value| deserializer.end().map(|()| value));
    match (result, fault.into_inner()) {
        (_, Some(fault)) => Err(fault),
        (Ok(value), None) => Ok(value),
        (Err(error), None) => Err(syntax(pointer, &error)),
    }
}

#[derive(Clone, Copy)]
struct Strict<'p> {
    at: &'p Path<'p>,
    limits: &'p Limits,
    fault: &'p RefCell<Option<EventError>>,
}

impl Strict<'_> {
    fn refuse<E: serde::de::Error>(&self, fault: EventError) -> E {
        self.fault.replace(Some(fault));
        E::custom("refused")
    }

    fn string<E: serde::de::Error>(&self, length: usize) -> Result<(), E> {
        let max = self.limits.string_bytes_max;
        if length <= max {
            return Ok(());
        }
        Err(self.refuse(self.at.refuse(
            Code::StringTooLong,
            format!("字符串有 {length} 字节，最多 {max} 字节"),
            format!("the string has {length} bytes, at most {max} are allowed"),
        )))
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Value, E> {
        self.string(value.len())?;
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E: serde::de::Error>(self, value: String) -> Result<Value, E> {
        self.string(value.len())?;
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        loop {
            let at = self.at.element(list.len());
            match seq.next_element_seed(Strict { at: &at, ..self })? {
                Some(value) => list.push(value),
                None => return Ok(Value::Array(list)),
            }
            if list.len() > self.limits.list_len_max {
                let max = self.limits.list_len_max;
                return Err(self.refuse(self.at.refuse(
                    Code::ListTooLong,
                    format!("列表超过 {max} 项"),
                    format!("the list has more than {max} elements"),
                )));
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        let mut count = 0usize;
        while let Some(name) = map.next_key::<String>()? {
            self.string(name.len())?;
            let at = self.at.member(&name);
            let value = map.next_value_seed(Strict { at: &at, ..self })?;
            // A repeated name: the last value holds, as for every reader of JSON that keeps objects as maps. (An example
            // of the standard has one.) Around events, where a second `eventList` would hide the first, it is refused.
            object.insert(name, value);
            count += 1;
            if count > self.limits.members_max {
                return Err(self.refuse(too_many_members(self.at, self.limits)));
            }
        }
        Ok(Value::Object(object))
    }
}

fn repeated(at: &Path<'_>, name: &str) -> EventError {
    at.member(name).refuse(
        Code::DuplicateMember,
        format!("字段“{}”出现了两次", quoted(name)),
        format!("the field \"{}\" appears twice", quoted(name)),
    )
}

fn too_many_members(at: &Path<'_>, limits: &Limits) -> EventError {
    let max = limits.members_max;
    at.refuse(
        Code::TooManyMembers,
        format!("对象的字段超过 {max} 个"),
        format!("the object has more than {max} fields"),
    )
}

/// What is wrong with JSON that is none, in words of ours: the parser's are English alone.
pub fn words(error: &serde_json::Error) -> (String, String) {
    let (line, column) = (error.line().max(1), error.column());
    let (zh, en) = match error.classify() {
        serde_json::error::Category::Eof => ("不是有效的 JSON：没有写完", "not valid JSON: it ends too early"),
        _ => ("不是有效的 JSON：书写有误", "not valid JSON: it is not well formed"),
    };
    (format!("{zh}（第 {line} 行第 {column} 列）"), format!("{en} (line {line}, column {column})"))
}
