//! Why something was refused: a place, a stable code, and words in both languages.

use std::fmt;

/// The stable name of a reason. [`Code::as_str`] is what machines read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    /// The bytes are not UTF-8.
    NotUtf8,
    /// The text is not JSON.
    Syntax,
    /// The document is larger than the limit.
    DocumentTooLarge,
    /// Arrays and objects are nested deeper than the limit.
    TooDeep,
    /// More events than the limit.
    TooManyEvents,
    /// A list is longer than the limit.
    ListTooLong,
    /// An object has more members than the limit.
    TooManyMembers,
    /// A string is longer than the limit.
    StringTooLong,
    /// A member name appears twice in one of the objects around the events.
    DuplicateMember,
    /// A list that must not repeat has two equal elements.
    DuplicateElement,
    /// The document or event is of no known type.
    UnknownType,
    /// A required field is absent.
    Missing,
    /// A field holds another JSON type than it must.
    WrongType,
    /// A field the type does not have.
    UnknownField,
    /// A field that is not allowed here (for this action or together with another field).
    NotAllowed,
    /// A list that must hold something is empty.
    Empty,
    /// A prefix of a name is not declared in `@context`.
    UndefinedPrefix,
    /// The `@context` cannot be used.
    Context,
    /// The schema version is not one of EPCIS 2.
    SchemaVersion,
    /// A time is not an ISO 8601 date and time with a zone.
    Time,
    /// `eventTimeZoneOffset` is not `±hh:mm`, at most 14:00.
    TimeZoneOffset,
    /// A time span ends before it begins.
    TimeOrder,
    /// The value is not an absolute URI.
    Uri,
    /// The action is none of ADD, OBSERVE, DELETE.
    Action,
    /// The word is not in the Core Business Vocabulary, nor is it a URI of another vocabulary.
    Vocabulary,
    /// An identifier names a GS1 scheme but does not follow it.
    Identifier,
    /// The check digit of a GS1 key is wrong.
    CheckDigit,
    /// A class where an instance must stand, or the reverse.
    Level,
    /// A number is out of its range.
    Number,
    /// A unit of measure is not a code of UN/ECE Recommendation 20.
    Unit,
    /// A sensor report says nothing, or two things at once.
    SensorReport,
    /// The event says nothing of what it happened to.
    NoObject,
    /// A query parameter is not known.
    QueryParameter,
    /// A query parameter has a value it cannot have.
    QueryValue,
    /// Two query parameters exclude each other, or one lacks its companion.
    QueryConflict,
    /// A row of the template has a wrong number of fields or no readable shape.
    Row,
}

impl Code {
    /// The name in snake case.
    pub fn as_str(self) -> &'static str {
        match self {
            Code::NotUtf8 => "not_utf8",
            Code::Syntax => "syntax",
            Code::DocumentTooLarge => "document_too_large",
            Code::TooDeep => "too_deep",
            Code::TooManyEvents => "too_many_events",
            Code::ListTooLong => "list_too_long",
            Code::TooManyMembers => "too_many_members",
            Code::StringTooLong => "string_too_long",
            Code::DuplicateMember => "duplicate_member",
            Code::DuplicateElement => "duplicate_element",
            Code::UnknownType => "unknown_type",
            Code::Missing => "missing",
            Code::WrongType => "wrong_type",
            Code::UnknownField => "unknown_field",
            Code::NotAllowed => "not_allowed",
            Code::Empty => "empty",
            Code::UndefinedPrefix => "undefined_prefix",
            Code::Context => "context",
            Code::SchemaVersion => "schema_version",
            Code::Time => "time",
            Code::TimeZoneOffset => "time_zone_offset",
            Code::TimeOrder => "time_order",
            Code::Uri => "uri",
            Code::Action => "action",
            Code::Vocabulary => "vocabulary",
            Code::Identifier => "identifier",
            Code::CheckDigit => "check_digit",
            Code::Level => "level",
            Code::Number => "number",
            Code::Unit => "unit",
            Code::SensorReport => "sensor_report",
            Code::NoObject => "no_object",
            Code::QueryParameter => "query_parameter",
            Code::QueryValue => "query_value",
            Code::QueryConflict => "query_conflict",
            Code::Row => "row",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One refusal of one event, or of one query parameter or template row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{pointer}: {en} ({code})")]
pub struct EventError {
    /// The place as a JSON pointer (RFC 6901) from the root of the document that was read. For a query it is the
    /// parameter's name after a slash, for a template row `/rows/<row>/<column>`.
    pub pointer: String,
    /// The reason's stable name.
    pub code: Code,
    /// What is wrong and what would be right, in Chinese.
    pub zh: String,
    /// The same in English.
    pub en: String,
}

impl EventError {
    /// A refusal at a place.
    pub fn new(pointer: impl Into<String>, code: Code, zh: impl Into<String>, en: impl Into<String>) -> Self {
        EventError { pointer: pointer.into(), code, zh: zh.into(), en: en.into() }
    }
}

/// Why a whole document was refused: nothing of it can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{fault}")]
pub struct DocumentError {
    /// What and where.
    pub fault: EventError,
    /// Line and column, counted from 1, where the text itself is broken.
    pub position: Option<Position>,
}

/// A place in the text of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl From<EventError> for DocumentError {
    fn from(fault: EventError) -> Self {
        DocumentError { fault, position: None }
    }
}

/// At most this many characters of a value are repeated in a message.
const QUOTED_CHARS_MAX: usize = 80;

/// The value as it is repeated in a message: cut, and with control characters made visible.
pub(crate) fn quoted(value: &str) -> String {
    let mut text: String = value.chars().take(QUOTED_CHARS_MAX).flat_map(char::escape_debug).collect();
    if value.chars().count() > QUOTED_CHARS_MAX {
        text.push('…');
    }
    text
}

/// The place of a value, as a chain back to the root: nothing is allocated until something is refused.
#[derive(Clone, Copy)]
pub(crate) enum Path<'a> {
    /// A pointer that is already text.
    Root(&'a str),
    /// A member of an object.
    Member(&'a Path<'a>, &'a str),
    /// An element of an array.
    Element(&'a Path<'a>, usize),
}

impl<'a> Path<'a> {
    pub(crate) fn member(&'a self, name: &'a str) -> Path<'a> {
        Path::Member(self, name)
    }

    pub(crate) fn element(&'a self, index: usize) -> Path<'a> {
        Path::Element(self, index)
    }

    /// The JSON pointer.
    pub(crate) fn pointer(&self) -> String {
        match self {
            Path::Root(text) => (*text).to_owned(),
            Path::Member(parent, name) => {
                let mut text = parent.pointer();
                text.push('/');
                for c in name.chars().take(200) {
                    match c {
                        '~' => text.push_str("~0"),
                        '/' => text.push_str("~1"),
                        c => text.push(c),
                    }
                }
                text
            }
            Path::Element(parent, index) => format!("{}/{index}", parent.pointer()),
        }
    }

    /// A refusal here.
    pub(crate) fn refuse(&self, code: Code, zh: impl Into<String>, en: impl Into<String>) -> EventError {
        EventError::new(self.pointer(), code, zh, en)
    }
}
