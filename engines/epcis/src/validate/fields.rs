//! Reading the fields of one JSON object: each reader knows the place and says what would be right.

use crate::context::Context;
use crate::event::Action;
use crate::fault::{Code, EventError, Path, quoted};
use crate::identifier::{self, Level, Reading};
use crate::vocabulary::Vocabulary;
use crate::{time, uri};
use jiff::Timestamp;
use serde_json::{Map, Value};

/// One object with its place.
pub(super) struct Fields<'a> {
    map: &'a Map<String, Value>,
    pub(super) at: &'a Path<'a>,
    pub(super) context: &'a Context,
}

pub(crate) fn not_uri(at: &Path<'_>, text: &str) -> EventError {
    at.refuse(
        Code::Uri,
        format!("“{}”不是有效的 URI", quoted(text)),
        format!("\"{}\" is not a valid URI", quoted(text)),
    )
}

pub(crate) fn not_time(at: &Path<'_>, text: &str) -> EventError {
    at.refuse(
        Code::Time,
        format!("“{}”不是带时区的日期时间，应如 2024-05-01T08:30:00.000+08:00", quoted(text)),
        format!("\"{}\" is not a date and time with a zone, such as 2024-05-01T08:30:00.000+08:00", quoted(text)),
    )
}

fn wrong_type(at: &Path<'_>, zh: &str, en: &str) -> EventError {
    at.refuse(Code::WrongType, format!("应为{zh}"), format!("must be {en}"))
}

/// An identifier with the level that its place asks for.
fn read_identifier(text: &str, level: Option<Level>, at: &Path<'_>) -> Result<String, EventError> {
    if !uri::is_uri(text) {
        return Err(not_uri(at, text));
    }
    match identifier::read(text) {
        Ok(Reading::Gs1 { canonical, level: found }) => match level {
            Some(Level::Instance) if found == Level::Class => Err(at.refuse(
                Code::Level,
                "这里要单件标识（如带序列号的 SGTIN），而这是类别或批次；类别应写在数量列表中",
                "an instance is needed here (such as an SGTIN with its serial), and this is a class or lot; classes belong \
                 in the quantity list",
            )),
            Some(Level::Class) if found == Level::Instance => Err(at.refuse(
                Code::Level,
                "这里要类别或批次标识，而这是单件；单件应写在标识列表中",
                "a class or lot is needed here, and this is one instance; instances belong in the list of EPCs",
            )),
            _ => Ok(canonical),
        },
        Ok(Reading::OtherEpc | Reading::Private) => Ok(text.to_owned()),
        Err(malformed) => Err(at.refuse(malformed.code, malformed.zh, malformed.en)),
    }
}

impl<'a> Fields<'a> {
    pub(super) fn of(value: &'a Value, at: &'a Path<'a>, context: &'a Context) -> Result<Fields<'a>, EventError> {
        match value {
            Value::Object(map) => Ok(Fields { map, at, context }),
            _ => Err(wrong_type(at, "对象", "an object")),
        }
    }

    /// A field that must be there.
    pub(super) fn required<T>(
        &self,
        name: &str,
        read: impl FnOnce(&Self) -> Result<Option<T>, EventError>,
    ) -> Result<T, EventError> {
        read(self)?.ok_or_else(|| crate::document::missing(self.at, name))
    }

    pub(super) fn string(&self, name: &str) -> Result<Option<&'a str>, EventError> {
        match self.map.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(wrong_type(&self.at.member(name), "字符串", "a string")),
        }
    }

    pub(super) fn uri(&self, name: &str) -> Result<Option<&'a str>, EventError> {
        match self.string(name)? {
            Some(text) if !uri::is_uri(text) => Err(not_uri(&self.at.member(name), text)),
            other => Ok(other),
        }
    }

    pub(super) fn time(&self, name: &str) -> Result<Option<Timestamp>, EventError> {
        let Some(text) = self.string(name)? else { return Ok(None) };
        time::parse(text).map(Some).ok_or_else(|| not_time(&self.at.member(name), text))
    }

    pub(super) fn zone_offset(&self, name: &str) -> Result<Option<String>, EventError> {
        let Some(text) = self.string(name)? else { return Ok(None) };
        if time::is_zone_offset(text) {
            return Ok(Some(text.to_owned()));
        }
        Err(self.at.member(name).refuse(
            Code::TimeZoneOffset,
            format!("“{}”不是时区偏移；应如 +08:00，最大 14:00", quoted(text)),
            format!("\"{}\" is not a zone offset such as +08:00, at most 14:00", quoted(text)),
        ))
    }

    pub(super) fn action(&self, name: &str) -> Result<Option<Action>, EventError> {
        let Some(text) = self.string(name)? else { return Ok(None) };
        Action::from_name(text).map(Some).ok_or_else(|| {
            self.at.member(name).refuse(
                Code::Action,
                format!("action 应为 ADD、OBSERVE 或 DELETE，而不是“{}”", quoted(text)),
                format!("action must be ADD, OBSERVE or DELETE, not \"{}\"", quoted(text)),
            )
        })
    }

    pub(super) fn number(&self, name: &str) -> Result<Option<f64>, EventError> {
        match self.map.get(name) {
            None => Ok(None),
            Some(Value::Number(number)) => Ok(number.as_f64()),
            Some(_) => Err(wrong_type(&self.at.member(name), "数字", "a number")),
        }
    }

    pub(super) fn boolean(&self, name: &str) -> Result<Option<bool>, EventError> {
        match self.map.get(name) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(*value)),
            Some(_) => Err(wrong_type(&self.at.member(name), " true 或 false", "true or false")),
        }
    }

    pub(super) fn hex(&self, name: &str) -> Result<Option<&'a str>, EventError> {
        match self.string(name)? {
            Some(text) if text.is_empty() || !text.bytes().all(|c| c.is_ascii_hexdigit()) => {
                Err(wrong_type(&self.at.member(name), "十六进制数字", "hexadecimal digits"))
            }
            other => Ok(other),
        }
    }

    /// A unit code of UN/ECE Recommendation 20: two or three capital letters and digits.
    pub(super) fn unit(&self, name: &str) -> Result<Option<String>, EventError> {
        let Some(text) = self.string(name)? else { return Ok(None) };
        let good = matches!(text.len(), 2 | 3) && text.bytes().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
        if good {
            return Ok(Some(text.to_owned()));
        }
        Err(self.at.member(name).refuse(
            Code::Unit,
            format!("“{}”不是 UN/ECE 20 号建议书的单位代码（如 KGM、CEL）", quoted(text)),
            format!("\"{}\" is not a unit code of UN/ECE Recommendation 20 (such as KGM, CEL)", quoted(text)),
        ))
    }

    /// A URI that is canonical where it is a GS1 identifier.
    pub(super) fn identifier(&self, name: &str) -> Result<Option<String>, EventError> {
        let Some(text) = self.string(name)? else { return Ok(None) };
        read_identifier(text, None, &self.at.member(name)).map(Some)
    }

    /// As [`Fields::identifier`], and of a level where it is a GS1 identifier.
    pub(super) fn identifier_at(&self, name: &str, level: Level) -> Result<Option<String>, EventError> {
        let Some(text) = self.string(name)? else { return Ok(None) };
        read_identifier(text, Some(level), &self.at.member(name)).map(Some)
    }

    /// A URI whose GS1 form is made canonical, without judging it (references to data and rules).
    pub(super) fn reference(&self, name: &str) -> Result<Option<String>, EventError> {
        Ok(self.uri(name)?.map(|text| identifier::canonical(text).into_owned()))
    }

    pub(super) fn identifiers(&self, name: &str, level: Level, unique: bool) -> Result<Vec<String>, EventError> {
        let Some(list) = self.list(name)? else { return Ok(Vec::new()) };
        let at = self.at.member(name);
        let mut ids: Vec<String> = Vec::with_capacity(list.len());
        let mut seen = std::collections::HashSet::new();
        for (index, item) in list.iter().enumerate() {
            let place = at.element(index);
            let text = item.as_str().ok_or_else(|| wrong_type(&place, "字符串", "a string"))?;
            let id = read_identifier(text, Some(level), &place)?;
            // As the schema has it: the same text twice is refused, another spelling of the same thing is not.
            if unique && !seen.insert(text) {
                return Err(place.refuse(
                    Code::DuplicateElement,
                    "同一标识在列表中出现了两次",
                    "the same identifier is in the list twice",
                ));
            }
            ids.push(id);
        }
        Ok(ids)
    }

    /// A word of a vocabulary, a CURIE or a URI; the result is a full URI.
    pub(super) fn word(&self, name: &str, vocabulary: Vocabulary) -> Result<Option<String>, EventError> {
        let Some(text) = self.string(name)? else { return Ok(None) };
        word(text, vocabulary, self.context, &self.at.member(name)).map(Some)
    }

    /// A list of different words that, where it is present, holds at least one.
    pub(super) fn words(&self, name: &str, vocabulary: Vocabulary) -> Result<Vec<String>, EventError> {
        let Some(list) = self.list(name)? else { return Ok(Vec::new()) };
        let at = self.at.member(name);
        if list.is_empty() {
            return Err(at.refuse(Code::Empty, "列表不能为空", "the list cannot be empty"));
        }
        let mut words = Vec::with_capacity(list.len());
        for (index, item) in list.iter().enumerate() {
            let place = at.element(index);
            let text = item.as_str().ok_or_else(|| wrong_type(&place, "字符串", "a string"))?;
            let uri = word(text, vocabulary, self.context, &place)?;
            if words.contains(&uri) {
                return Err(place.refuse(Code::DuplicateElement, "同一项出现了两次", "the same element appears twice"));
            }
            words.push(uri);
        }
        Ok(words)
    }

    pub(super) fn uris(&self, name: &str) -> Result<Vec<String>, EventError> {
        let Some(list) = self.list(name)? else { return Ok(Vec::new()) };
        let at = self.at.member(name);
        list.iter()
            .enumerate()
            .map(|(index, item)| match item {
                Value::String(text) if uri::is_uri(text) => Ok(text.clone()),
                Value::String(text) => Err(not_uri(&at.element(index), text)),
                _ => Err(wrong_type(&at.element(index), "字符串", "a string")),
            })
            .collect()
    }

    pub(super) fn uri_or_list(&self, name: &str) -> Result<Vec<String>, EventError> {
        match self.map.get(name) {
            Some(Value::Array(_)) => self.uris(name),
            _ => Ok(self.uri(name)?.map(str::to_owned).into_iter().collect()),
        }
    }

    pub(super) fn list(&self, name: &str) -> Result<Option<&'a [Value]>, EventError> {
        match self.map.get(name) {
            None => Ok(None),
            Some(Value::Array(list)) => Ok(Some(list)),
            Some(_) => Err(wrong_type(&self.at.member(name), "数组", "an array")),
        }
    }

    /// Reads each object of a list.
    pub(super) fn each_object<T>(
        &self,
        name: &str,
        mut read: impl FnMut(&Fields<'_>) -> Result<T, EventError>,
    ) -> Result<Vec<T>, EventError> {
        let Some(list) = self.list(name)? else { return Ok(Vec::new()) };
        let at = self.at.member(name);
        list.iter()
            .enumerate()
            .map(|(index, item)| {
                let place = at.element(index);
                read(&Fields::of(item, &place, self.context)?)
            })
            .collect()
    }

    /// A field that is an object.
    pub(super) fn object(&self, name: &'a str) -> Result<Option<Owned<'a>>, EventError> {
        match self.map.get(name) {
            None => Ok(None),
            Some(Value::Object(map)) => Ok(Some(Owned { map, at: self.at.member(name), context: self.context })),
            Some(_) => Err(wrong_type(&self.at.member(name), "对象", "an object")),
        }
    }

    /// Refuses every field that is not named: the object cannot be extended.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), EventError> {
        match self.map.keys().find(|name| !known.contains(&name.as_str())) {
            None => Ok(()),
            Some(name) => Err(self.at.member(name).refuse(
                Code::UnknownField,
                format!("这里只能有 {}", known.join("、")),
                format!("only {} can be here", known.join(", ")),
            )),
        }
    }

    /// Extension fields, each of which must have a namespace; all others must be known.
    pub(super) fn extensions(&self, known: &[&[&str]]) -> Result<Vec<(String, Value)>, EventError> {
        let mut extensions = Vec::new();
        for (name, value) in self.map {
            if known.iter().any(|list| list.contains(&name.as_str())) {
                continue;
            }
            self.context.check_extension(name, &self.at.member(name))?;
            extensions.push((self.context.extension_name(name), value.clone()));
        }
        Ok(extensions)
    }

    /// All other fields, whatever they are called: an extension's type has its own rules.
    pub(super) fn extensions_unchecked(&self, known: &[&str]) -> Vec<(String, Value)> {
        let others = self.map.iter().filter(|(name, _)| !known.contains(&name.as_str()));
        others.map(|(name, value)| (self.context.extension_name(name), value.clone())).collect()
    }
}

/// A member object that carries its own place.
pub(super) struct Owned<'a> {
    map: &'a Map<String, Value>,
    pub(super) at: Path<'a>,
    context: &'a Context,
}

impl<'a> Owned<'a> {
    pub(super) fn fields(&self) -> Fields<'_> {
        Fields { map: self.map, at: &self.at, context: self.context }
    }

    pub(super) fn extensions(&self, known: &[&[&str]]) -> Result<Vec<(String, Value)>, EventError> {
        self.fields().extensions(known)
    }

    pub(super) fn only(&self, known: &[&str]) -> Result<(), EventError> {
        self.fields().only(known)
    }

    pub(super) fn required<T>(
        &self,
        name: &str,
        read: impl FnOnce(&Fields<'_>) -> Result<Option<T>, EventError>,
    ) -> Result<T, EventError> {
        let fields = self.fields();
        read(&fields)?.ok_or_else(|| crate::document::missing(&self.at, name))
    }

    pub(super) fn word(&self, name: &str, vocabulary: Vocabulary) -> Result<Option<String>, EventError> {
        self.fields().word(name, vocabulary)
    }

    pub(super) fn words(&self, name: &str, vocabulary: Vocabulary) -> Result<Vec<String>, EventError> {
        self.fields().words(name, vocabulary)
    }

    pub(super) fn uris(&self, name: &str) -> Result<Vec<String>, EventError> {
        self.fields().uris(name)
    }

    pub(super) fn each_object<T>(
        &self,
        name: &str,
        read: impl FnMut(&Fields<'_>) -> Result<T, EventError>,
    ) -> Result<Vec<T>, EventError> {
        self.fields().each_object(name, read)
    }
}

/// Forms in which the JSON binding does not allow the vocabulary's own words: only the bare word is right.
fn is_forbidden_form(text: &str, vocabulary: Vocabulary) -> bool {
    let stems: &[&str] = match vocabulary {
        Vocabulary::Measurement | Vocabulary::Alert => {
            &["http://gs1.org/voc/", "https://gs1.org/voc/", "http://www.gs1.org/voc/", "https://www.gs1.org/voc/"]
        }
        _ => &["urn:epcglobal:cbv", "http://ns.gs1.org/cbv/", "https://ns.gs1.org/cbv/"],
    };
    stems.iter().any(|stem| text.starts_with(stem))
}

/// A word, CURIE or URI as a full URI.
pub(super) fn word(text: &str, vocabulary: Vocabulary, context: &Context, at: &Path<'_>) -> Result<String, EventError> {
    if let Some(uri) = vocabulary.uri(text) {
        return Ok(uri);
    }
    let (zh, en) = vocabulary.names();
    let known = vocabulary.words();
    let list = |words: &[&str]| words.iter().take(6).copied().collect::<Vec<_>>().join(", ");
    let unknown = || {
        at.refuse(
            Code::Vocabulary,
            format!("“{}”不是核心业务词汇中的{zh}（{} 等），也不是其他词汇的 URI", quoted(text), list(known)),
            format!(
                "\"{}\" is neither a {en} of the Core Business Vocabulary ({}, …) nor a URI of another vocabulary",
                quoted(text),
                list(known)
            ),
        )
    };
    if is_forbidden_form(text, vocabulary) {
        let word = vocabulary.word(text).filter(|word| known.contains(word));
        let Some(word) = word else { return Err(unknown()) };
        return Err(at.refuse(
            Code::Vocabulary,
            format!("JSON 中标准词应只写“{word}”"),
            format!("in JSON a standard word is written bare: \"{word}\""),
        ));
    }
    if !uri::is_uri(text) {
        return Err(unknown());
    }
    let full = context.expand(text).unwrap_or_else(|| text.to_owned());
    match vocabulary.word(&full) {
        Some(word) if !known.contains(&word) => Err(unknown()),
        _ => Ok(full),
    }
}
