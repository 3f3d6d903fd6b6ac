//! The simple event query (EPCIS 2.0, 8.2.7.1): parameters in, a predicate over events out.
//!
//! A repository does three things with a [`Query`]: it narrows the search by [`Query::terms`] and the two time ranges in
//! its own store, asks [`Query::matches`] for each event that is left, and then orders and cuts by [`Query::order_by`],
//! [`Query::event_count_limit`] and [`Query::max_event_count`]. Record time is the repository's own knowledge:
//! [`Query::record_time`] is handed out and not looked at by [`Query::matches`].

mod condition;
mod evaluate;
mod family;
mod field;
mod parameter;
mod terms;

pub use evaluate::{MasterData, NoMasterData, Vocabularies};
pub use field::FieldName;
pub use terms::{Column, Needle, Term, terms_of};

use crate::context::Context;
use crate::event::{Event, Kind};
use crate::fault::{Code, EventError};
use condition::Condition;
use jiff::Timestamp;
use serde_json::Value;

/// Parameters in one query.
pub const PARAMETERS_MAX: usize = 100;
/// Values of one parameter.
pub const VALUES_MAX: usize = 1_000;
/// Bytes of one value or name.
pub const VALUE_BYTES_MAX: usize = 2_048;

/// A parsed query.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Types to look for; empty for all.
    pub event_types: Vec<Kind>,
    /// When it happened.
    pub event_time: TimeRange,
    /// When the repository recorded it: for the repository to apply.
    pub record_time: TimeRange,
    /// The order of the result.
    pub order_by: Option<OrderBy>,
    /// `ASC`; the default is descending.
    pub ascending: bool,
    /// Only the first so many in that order.
    pub event_count_limit: Option<u64>,
    /// More than so many are an error (query too large).
    pub max_event_count: Option<u64>,
    /// Events on a page.
    pub per_page: Option<u64>,
    /// Where the next page begins; the repository wrote it.
    pub next_page_token: Option<String>,
    conditions: Vec<Condition>,
}

/// From a time (included) to a time (not included).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TimeRange {
    /// Not before.
    pub ge: Option<Timestamp>,
    /// Before.
    pub lt: Option<Timestamp>,
}

impl TimeRange {
    /// Whether a time lies in the range.
    pub fn holds(&self, at: Timestamp) -> bool {
        self.ge.is_none_or(|ge| at >= ge) && self.lt.is_none_or(|lt| at < lt)
    }
}

/// A field to order by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderBy {
    /// `eventTime`.
    EventTime,
    /// `recordTime`.
    RecordTime,
    /// An extension field: numbers before times before texts; see [`Query::sort_key`].
    Extension(FieldName),
}

/// What an event is ordered by where the order is by an extension field.
#[derive(Debug, Clone, PartialEq, PartialOrd)]
pub enum SortKey {
    /// A number.
    Number(f64),
    /// A time.
    Time(Timestamp),
    /// Any other text, by its bytes.
    Text(String),
}

impl Query {
    /// Reads the parameters of a URL (already percent-decoded). A name may repeat; several values may stand in one with
    /// `|` between them. Prefixes of extension fields are those of the standard context.
    ///
    /// # Errors
    /// [`EventError`] with the pointer `/<parameter>`: an unknown parameter, a value it cannot have, or parameters that
    /// exclude each other.
    pub fn from_params<N: AsRef<str>, V: AsRef<str>>(pairs: &[(N, V)]) -> Result<Query, EventError> {
        Query::from_params_in(pairs, &Context::default())
    }

    /// As [`Query::from_params`], with prefixes of extension fields (see [`context_of_header`]).
    ///
    /// # Errors
    /// As [`Query::from_params`].
    pub fn from_params_in<N: AsRef<str>, V: AsRef<str>>(
        pairs: &[(N, V)],
        context: &Context,
    ) -> Result<Query, EventError> {
        let mut grouped: Vec<(String, Vec<String>)> = Vec::new();
        for (name, value) in pairs {
            let (name, value) = (name.as_ref(), value.as_ref());
            let values = value.split('|').map(|value| value.trim().to_owned());
            match grouped.iter_mut().find(|(known, _)| known == name) {
                Some((_, list)) => list.extend(values),
                None => grouped.push((name.to_owned(), values.collect())),
            }
            if grouped.len() > PARAMETERS_MAX {
                return Err(too_many(name));
            }
        }
        parameter::read(&grouped, context)
    }

    /// Reads the `query` object of a named query: parameter names and values, lists as arrays, with an optional
    /// `@context` for the prefixes of extension fields.
    ///
    /// # Errors
    /// As [`Query::from_params`].
    pub fn from_json(value: &Value) -> Result<Query, EventError> {
        let Value::Object(map) = value else {
            return Err(EventError::new("", Code::WrongType, "查询应为对象", "a query must be an object"));
        };
        if map.len() > PARAMETERS_MAX {
            return Err(too_many(""));
        }
        let context = match map.get("@context") {
            Some(context) => Context::from_json(context)?,
            None => Context::default(),
        };
        let mut grouped = Vec::with_capacity(map.len());
        for (name, value) in map.iter().filter(|(name, _)| *name != "@context") {
            let values = match value {
                Value::Array(list) => list.iter().map(|value| scalar(name, value)).collect::<Result<_, _>>()?,
                other => vec![scalar(name, other)?],
            };
            grouped.push((name.clone(), values));
        }
        parameter::read(&grouped, &context)
    }

    /// Whether an event is one of those asked for, without master data: a place then lies within another where it is
    /// the same, or is a part (AI 254) of the same location.
    pub fn matches(&self, event: &Event) -> bool {
        self.matches_with(event, &NoMasterData)
    }

    /// Whether an event is one of those asked for.
    pub fn matches_with(&self, event: &Event, master: &dyn MasterData) -> bool {
        (self.event_types.is_empty() || self.event_types.contains(&event.kind))
            && self.event_time.holds(event.event_time)
            && self.conditions.iter().all(|condition| condition.holds(event, master))
    }

    /// What an event is ordered by where [`Query::order_by`] is an extension field. `None` where it lacks the field.
    pub fn sort_key(&self, event: &Event) -> Option<SortKey> {
        let Some(OrderBy::Extension(name)) = &self.order_by else { return None };
        let (_, value) = event.extensions.iter().find(|(known, _)| name.is(known))?;
        Some(match evaluate::Scalar::of_json(value)? {
            evaluate::Scalar::Number(number) => SortKey::Number(number),
            evaluate::Scalar::Time(at) => SortKey::Time(at),
            evaluate::Scalar::Text(text) => SortKey::Text(text),
        })
    }

    /// Whether anything but record time, order and paging is asked for.
    pub fn is_unconditional(&self) -> bool {
        self.event_types.is_empty() && self.event_time == TimeRange::default() && self.conditions.is_empty()
    }
}

/// The prefixes of the header `GS1-Extensions`: `ext=https://ns.example.com/epcis/, other=…`.
///
/// # Errors
/// [`Code::Context`] where a part is not `prefix=namespace`.
pub fn context_of_header(header: &str) -> Result<Context, EventError> {
    let mut terms = serde_json::Map::new();
    for part in header.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        match part.split_once('=') {
            Some((prefix, uri)) if !prefix.is_empty() && crate::uri::is_uri(uri) => {
                terms.insert(prefix.to_owned(), Value::String(uri.to_owned()));
            }
            _ => {
                return Err(EventError::new(
                    "/GS1-Extensions",
                    Code::Context,
                    "GS1-Extensions 应如 ext=https://ns.example.com/epcis/",
                    "GS1-Extensions must be such as ext=https://ns.example.com/epcis/",
                ));
            }
        }
    }
    Context::from_json(&Value::Object(terms))
}

fn scalar(name: &str, value: &Value) -> Result<String, EventError> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(value) => Ok(value.to_string()),
        Value::Null if name.starts_with("EXISTS_") => Ok(String::new()),
        _ => Err(refuse(
            name,
            Code::QueryValue,
            "参数的值应为字符串、数字、布尔值或它们的列表",
            "a parameter's value must be a string, a number, a boolean, or a list of those",
        )),
    }
}

fn too_many(name: &str) -> EventError {
    refuse(
        name,
        Code::QueryConflict,
        format!("查询参数超过 {PARAMETERS_MAX} 个"),
        format!("more than {PARAMETERS_MAX} query parameters"),
    )
}

pub(crate) fn refuse(name: &str, code: Code, zh: impl Into<String>, en: impl Into<String>) -> EventError {
    let shown: String = name.chars().take(200).collect();
    EventError::new(format!("/{}", shown.replace('~', "~0").replace('/', "~1")), code, zh, en)
}
