//! Documents: what stands around the events, and the events one by one.
//!
//! A document is walked as text. Only one event at a time is turned into values, so a document of 100 MB needs the
//! memory of its bytes and of its largest event.

use crate::context::Context;
use crate::event::Event;
use crate::fault::{Code, DocumentError, EventError, Path, quoted};
use crate::json::{self, Members};
use crate::limits::Limits;
use crate::{time, validate};
use jiff::Timestamp;
use serde_json::Value;
use serde_json::value::RawValue;
use std::sync::Arc;

/// What was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// An `EPCISDocument`.
    Document,
    /// An `EPCISQueryDocument`.
    QueryDocument,
    /// One event with its own `@context`.
    Event,
    /// A bare JSON array of events, each with its own `@context` or none (the standard one then holds).
    EventList,
}

/// What stands around the events.
#[derive(Debug, Clone)]
pub struct Head {
    /// What was read.
    pub form: Form,
    /// The prefixes of the document.
    pub context: Arc<Context>,
    /// `id`.
    pub id: Option<String>,
    /// `schemaVersion`.
    pub schema_version: Option<String>,
    /// `creationDate`.
    pub creation_date: Option<Timestamp>,
    /// `instanceIdentifier`.
    pub instance_identifier: Option<String>,
    /// `sender`.
    pub sender: Option<String>,
    /// `receiver`.
    pub receiver: Option<String>,
    /// `epcisHeader` with its master data, as it came.
    pub header: Option<Value>,
    /// `queryName` of a query document.
    pub query_name: Option<String>,
    /// `subscriptionID` of a query document.
    pub subscription_id: Option<String>,
}

/// A document with all its events.
#[derive(Debug, Clone)]
pub struct Document {
    /// What stands around the events.
    pub head: Head,
    /// The events in their order, each accepted or refused by itself.
    pub events: Vec<Result<Event, EventError>>,
}

/// Reads a whole document. Use [`read_each`] where it may be large.
///
/// # Errors
/// [`DocumentError`] where the document cannot be used at all: not UTF-8, not JSON, over a limit, of no known type, or
/// without its required fields. A fault of one event refuses that event alone.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Document, DocumentError> {
    let mut events = Vec::new();
    let head = read_each(bytes, limits, |_, event| events.push(event))?;
    Ok(Document { head, events })
}

/// Reads a document and hands over its events one by one with their index. The head is checked before the first event.
///
/// # Errors
/// As [`read`]. Events that were handed over before a fault of the document was met (only "too many events" can come
/// late) must then not be kept.
pub fn read_each(
    bytes: &[u8],
    limits: &Limits,
    mut each: impl FnMut(usize, Result<Event, EventError>),
) -> Result<Head, DocumentError> {
    walk(bytes, limits, |index, raw, pointer, context| each(index, read_raw(raw, pointer, context, limits)))
}

/// Reads the events of a document as plain JSON with the prefixes that hold, without validating them. For hashing what
/// a stricter reader refuses.
///
/// # Errors
/// As [`read`]; and each event's own fault where its JSON is broken or over a limit.
pub fn read_json_each(
    bytes: &[u8],
    limits: &Limits,
    mut each: impl FnMut(usize, Result<(Value, Arc<Context>), EventError>),
) -> Result<Head, DocumentError> {
    walk(bytes, limits, |index, raw, pointer, context| {
        each(
            index,
            json::value(raw.get(), pointer, limits).and_then(|value| with_own_context(value, pointer, context)),
        );
    })
}

/// Reads one event from a JSON value with its own `@context` (as [`Event::standalone`] writes it).
///
/// # Errors
/// The first reason for which the event is not valid; the pointer starts at the event.
pub fn read_event(value: Value) -> Result<Event, EventError> {
    let (value, context) = with_own_context(value, "", &Arc::new(Context::default()))?;
    validate::event(value, context, "")
}

fn read_raw(raw: &RawValue, pointer: &str, context: &Arc<Context>, limits: &Limits) -> Result<Event, EventError> {
    let value = json::value(raw.get(), pointer, limits)?;
    let (value, context) = with_own_context(value, pointer, context)?;
    validate::event(value, context, pointer)
}

/// An event may bring its own `@context`, which is laid over the document's.
fn with_own_context(value: Value, pointer: &str, context: &Arc<Context>) -> Result<(Value, Arc<Context>), EventError> {
    let Some(own) = value.get("@context") else { return Ok((value, context.clone())) };
    let mut merged = Context::clone(context);
    let root = Path::Root(pointer);
    merged.add(own, &root.member("@context"))?;
    Ok((value, Arc::new(merged)))
}

type Walker<'w> = dyn FnMut(usize, &RawValue, &str, &Arc<Context>) + 'w;

fn walk(
    bytes: &[u8],
    limits: &Limits,
    mut each: impl FnMut(usize, &RawValue, &str, &Arc<Context>),
) -> Result<Head, DocumentError> {
    let text = json::text(bytes, limits)?;
    if text.trim_start().starts_with('[') {
        let head = Head::empty(Form::EventList, Arc::new(Context::default()));
        let context = head.context.clone();
        list(json::raw(text)?, "", &context, limits, &mut each)?;
        return Ok(head);
    }
    let root = Path::Root("");
    let members = json::members(json::raw(text)?, &root, limits)?;
    let kind = members.string("type", &root)?.ok_or_else(|| missing(&root, "type"))?;
    match kind.as_str() {
        "EPCISDocument" => document(&members, limits, &mut each),
        "EPCISQueryDocument" => query_document(&members, limits, &mut each),
        _ => {
            // A single event: the whole text is the event.
            if members.get("@context").is_none() {
                return Err(missing(&root, "@context").into());
            }
            let head = Head::empty(Form::Event, Arc::new(Context::default()));
            each(0, json::raw(text)?, "", &head.context);
            Ok(head)
        }
    }
}

impl Head {
    fn empty(form: Form, context: Arc<Context>) -> Head {
        Head {
            form,
            context,
            id: None,
            schema_version: None,
            creation_date: None,
            instance_identifier: None,
            sender: None,
            receiver: None,
            header: None,
            query_name: None,
            subscription_id: None,
        }
    }
}

const DOCUMENT_FIELDS: &[&str] = &[
    "@context",
    "id",
    "type",
    "schemaVersion",
    "creationDate",
    "instanceIdentifier",
    "sender",
    "receiver",
    "epcisHeader",
    "epcisBody",
];
const QUERY_DOCUMENT_FIELDS: &[&str] = &["@context", "id", "type", "schemaVersion", "creationDate", "epcisBody"];

fn document(members: &Members<'_>, limits: &Limits, each: &mut Walker<'_>) -> Result<Head, DocumentError> {
    let root = Path::Root("");
    let mut context = head_context(members, limits)?;
    check_members(members, DOCUMENT_FIELDS, &context, &root)?;
    ignore_fields(&mut context, members, limits)?;
    let mut head = head_fields(Form::Document, members, limits)?;
    if head.schema_version.is_none() {
        return Err(missing(&root, "schemaVersion").into());
    }
    if head.creation_date.is_none() {
        return Err(missing(&root, "creationDate").into());
    }
    let at = root.member("epcisBody");
    let body = json::members(members.get("epcisBody").ok_or_else(|| missing(&root, "epcisBody"))?, &at, limits)?;
    ignore_fields(&mut context, &body, limits)?;
    head.context = Arc::new(context);
    let events = body.get("eventList");
    // Some writers put a single event into `event`; the schema knows only the list.
    let events = events.ok_or_else(|| missing(&at, "eventList"))?;
    list(events, "/epcisBody/eventList", &head.context.clone(), limits, each)?;
    Ok(head)
}

fn query_document(members: &Members<'_>, limits: &Limits, each: &mut Walker<'_>) -> Result<Head, DocumentError> {
    let root = Path::Root("");
    let mut context = head_context(members, limits)?;
    check_members(members, QUERY_DOCUMENT_FIELDS, &context, &root)?;
    ignore_fields(&mut context, members, limits)?;
    let mut head = head_fields(Form::QueryDocument, members, limits)?;
    let body_at = root.member("epcisBody");
    let body = json::members(members.get("epcisBody").ok_or_else(|| missing(&root, "epcisBody"))?, &body_at, limits)?;
    check_members(&body, &["queryResults"], &context, &body_at)?;
    ignore_fields(&mut context, &body, limits)?;
    let results_at = body_at.member("queryResults");
    let results = body.get("queryResults").ok_or_else(|| missing(&body_at, "queryResults"))?;
    let results = json::members(results, &results_at, limits)?;
    check_members(&results, &["queryName", "subscriptionID", "resultsBody"], &context, &results_at)?;
    ignore_fields(&mut context, &results, limits)?;
    head.query_name = Some(results.string("queryName", &results_at)?.ok_or_else(|| missing(&results_at, "queryName"))?);
    head.subscription_id = results.string("subscriptionID", &results_at)?;
    let inner_at = results_at.member("resultsBody");
    let inner = results.get("resultsBody").ok_or_else(|| missing(&results_at, "resultsBody"))?;
    let inner = json::members(inner, &inner_at, limits)?;
    check_members(&inner, &["eventList", "vocabularyList"], &context, &inner_at)?;
    ignore_fields(&mut context, &inner, limits)?;
    head.context = Arc::new(context);
    let events = inner.get("eventList").ok_or_else(|| missing(&inner_at, "eventList"))?;
    list(events, "/epcisBody/queryResults/resultsBody/eventList", &head.context.clone(), limits, each)?;
    Ok(head)
}

fn list(
    raw: &RawValue,
    pointer: &str,
    context: &Arc<Context>,
    limits: &Limits,
    each: &mut Walker<'_>,
) -> Result<(), DocumentError> {
    json::elements(raw, &Path::Root(pointer), limits.events_max, |index, event| {
        each(index, event, &format!("{pointer}/{index}"), context);
    })
}

fn head_context(members: &Members<'_>, limits: &Limits) -> Result<Context, DocumentError> {
    let root = Path::Root("");
    let at = root.member("@context");
    let raw = members.get("@context").ok_or_else(|| missing(&root, "@context"))?;
    let value = json::value(raw.get(), &at.pointer(), limits)?;
    let mut context = Context::default();
    context.add(&value, &at)?;
    Ok(context)
}

fn head_fields(form: Form, members: &Members<'_>, limits: &Limits) -> Result<Head, DocumentError> {
    let root = Path::Root("");
    let mut head = Head::empty(form, Arc::new(Context::default()));
    head.id = members.string("id", &root)?;
    if let Some(id) = head.id.as_deref().filter(|id| !crate::uri::is_uri(id)) {
        return Err(validate::not_uri(&root.member("id"), id).into());
    }
    head.schema_version = members.string("schemaVersion", &root)?;
    if let Some(version) = head.schema_version.as_deref().filter(|version| !is_schema_version(version)) {
        return Err(root
            .member("schemaVersion")
            .refuse(
                Code::SchemaVersion,
                format!("schemaVersion 应为 2 开头的版本号（如 2.0），而不是“{}”", quoted(version)),
                format!(
                    "schemaVersion must be a version that starts with 2 (such as 2.0), not \"{}\"",
                    quoted(version)
                ),
            )
            .into());
    }
    head.creation_date = match members.string("creationDate", &root)? {
        Some(text) => Some(time::parse(&text).ok_or_else(|| validate::not_time(&root.member("creationDate"), &text))?),
        None => None,
    };
    head.instance_identifier = members.string("instanceIdentifier", &root)?;
    head.sender = members.string("sender", &root)?;
    head.receiver = members.string("receiver", &root)?;
    if let Some(raw) = members.get("epcisHeader") {
        let header = json::value(raw.get(), "/epcisHeader", limits)?;
        validate::header(&header, &root.member("epcisHeader"))?;
        head.header = Some(header);
    }
    Ok(head)
}

fn is_schema_version(version: &str) -> bool {
    let mut parts = version.split('.');
    parts.next() == Some("2") && parts.all(|part| !part.is_empty() && part.bytes().all(|c| c.is_ascii_digit()))
}

/// `…:ignoreFields` names extension fields (a repository's own additions) that take no part in the hash.
fn ignore_fields(context: &mut Context, members: &Members<'_>, limits: &Limits) -> Result<(), DocumentError> {
    for (name, raw) in members.iter() {
        if name.split_once(':').is_some_and(|(_, local)| local == "ignoreFields") {
            context.ignore(&json::value(raw.get(), &format!("/{name}"), limits)?);
        }
    }
    Ok(())
}

fn check_members(members: &Members<'_>, known: &[&str], context: &Context, at: &Path<'_>) -> Result<(), DocumentError> {
    for (name, _) in members.iter() {
        if !known.contains(&name) {
            context.check_extension(name, &at.member(name))?;
        }
    }
    Ok(())
}

pub(crate) fn missing(at: &Path<'_>, name: &str) -> EventError {
    at.member(name).refuse(
        Code::Missing,
        format!("缺少必填字段 {name}"),
        format!("the required field {name} is missing"),
    )
}
