//! Bodies with limits: forms and JSON.

use crate::Failure;
use crate::codes::UNSUPPORTED_TYPE;
use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use ground::limits::BODY_BYTES_MAX;
use ground::problem::{INVALID_INPUT, MALFORMED, TOO_LARGE};
use ground::{Fault, Place, Problem};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;
use serde_html_form::de::Deserializer;

/// Media type of a request without its parameters, lower case; empty where there is none.
pub(crate) fn content_type(headers: &HeaderMap) -> String {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .map(|value| value.trim().to_ascii_lowercase())
        .unwrap_or_default()
}

/// The whole body, at most `bytes_max`; nothing beyond the limit is read.
///
/// # Errors
/// `too_large`, `malformed` when the peer breaks off.
pub(crate) async fn collect(body: Body, bytes_max: usize) -> kernel::Result<Bytes> {
    match Limited::new(body, bytes_max).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.downcast_ref::<LengthLimitError>().is_some() => Err(too_large(bytes_max as u64)),
        Err(error) => Err(Problem::new(&MALFORMED).because(error)),
    }
}

/// The body is larger than `bytes_max`: says how large it may be.
pub fn too_large(bytes_max: u64) -> Problem {
    let mut problem = Problem::new(&TOO_LARGE);
    let (id, size) = match bytes_max {
        0..1_048_576 => ("web-body-too-large-kib", bytes_max / 1024),
        _ => ("web-body-too-large", bytes_max / (1024 * 1024)),
    };
    problem.faults.push(Fault::at(Place::default(), id).arg("size", size));
    problem
}

/// An urlencoded form. Fields may repeat (`Vec<String>`); an empty field of an `Option` is `None`. The CSRF field is checked
/// before the handler runs and left out here.
#[derive(Debug, Clone)]
pub struct Form<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Form<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Failure> {
        let kind = content_type(request.headers());
        if kind != "application/x-www-form-urlencoded" && !kind.is_empty() {
            return Err(Problem::new(&UNSUPPORTED_TYPE).arg("expected", "application/x-www-form-urlencoded").into());
        }
        let bytes = collect(request.into_body(), BODY_BYTES_MAX).await?;
        Ok(Form(from_pairs(&bytes)?))
    }
}

/// Reads `name=value` pairs, without the ones the web layer spends itself (`csrf_token`, `lang`).
pub(crate) fn from_pairs<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut kept = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in url::form_urlencoded::parse(bytes) {
        if name != ui::CSRF_FIELD && name != "lang" {
            kept.append_pair(&name, &value);
        }
    }
    let kept = kept.finish();
    let form = Deserializer::from_bytes(kept.as_bytes());
    serde_path_to_error::deserialize(form).map_err(|error| {
        let field = error.path().to_string();
        fault_of(&error.inner().to_string(), field_name(&field))
    })
}

fn field_name(path: &str) -> Option<String> {
    (!path.is_empty() && path != ".").then(|| path.to_owned())
}

/// Turns what serde says into a fault a person can use.
fn fault_of(reason: &str, field: Option<String>) -> Problem {
    let quoted = |reason: &str| reason.split('`').nth(1).unwrap_or("").to_owned();
    let fault = if reason.starts_with("missing field") {
        Fault::field(quoted(reason), "web-field-missing").arg("name", quoted(reason))
    } else if reason.starts_with("unknown field") {
        let expected = reason.split_once("expected").map_or("", |(_, rest)| rest);
        let known: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
        let name = quoted(reason);
        Fault::field(name.clone(), "web-field-unknown").arg("name", name).arg("known", known.join(", "))
    } else if reason.starts_with("duplicate field") {
        Fault::field(quoted(reason), "web-field-twice").arg("name", quoted(reason))
    } else if reason.starts_with("unknown variant") {
        let expected = reason.split_once("expected").map_or("", |(_, rest)| rest);
        let known: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
        Fault::at(Place { field, ..Place::default() }, "web-field-choice").arg("known", known.join(", "))
    } else {
        Fault::at(Place { field, ..Place::default() }, expected_form(reason))
    };
    Problem::invalid(vec![fault])
}

/// What a value should have been, by what serde expected there. Its own words are English and name our types.
fn expected_form(reason: &str) -> &'static str {
    let expected = reason.rsplit_once("expected ").map_or(reason, |(_, rest)| rest);
    let starts = |words: &[&str]| words.iter().any(|word| expected.starts_with(word));
    if reason.contains("too large to fit")
        || reason.contains("too small to fit")
        || reason.starts_with("invalid value: integer")
    {
        "web-field-range"
    } else if starts(&["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "usize"])
        || reason.contains("digit")
        || reason.contains("integer")
    {
        "web-field-integer"
    } else if starts(&["f32", "f64"]) || reason.contains("float") {
        "web-field-number"
    } else if starts(&["a boolean"]) || reason.contains("`true` or `false`") {
        "web-field-boolean"
    } else if starts(&["a string", "str", "string", "a borrowed string"]) {
        "web-field-text"
    } else if starts(&["a sequence", "an array", "a tuple"]) {
        "web-field-list"
    } else if starts(&["a map", "struct", "internally tagged"]) {
        "web-field-object"
    } else {
        "web-field-wrong"
    }
}

/// The message for JSON that is none. serde's own words are English.
pub(crate) fn syntax_message(error: &serde_json::Error) -> &'static str {
    let text = error.to_string();
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if error.is_eof() {
        "web-json-ended"
    } else if says(&["recursion limit"]) {
        "web-json-deep"
    } else if says(&["number out of range", "invalid number"]) {
        "web-json-number"
    } else if says(&["unicode", "surrogate", "escape", "control character", "UTF"]) {
        "web-json-character"
    } else if says(&["trailing characters"]) {
        "web-json-rest"
    } else {
        "web-json-syntax"
    }
}

/// A JSON body, read strictly: a wrong media type, syntax, type, missing or (where the type says so) unknown field is
/// refused with JSON pointer, line and column.
#[derive(Debug, Clone)]
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Failure> {
        let kind = content_type(request.headers());
        if kind != "application/json" && !(kind.starts_with("application/") && kind.ends_with("+json")) {
            return Err(Problem::new(&UNSUPPORTED_TYPE).arg("expected", "application/json").into());
        }
        let bytes = collect(request.into_body(), BODY_BYTES_MAX).await?;
        Ok(Json(from_json(&bytes)?))
    }
}

impl<T: serde::Serialize> axum::response::IntoResponse for Json<T> {
    fn into_response(self) -> axum::response::Response {
        axum::Json(self.0).into_response()
    }
}

/// Reads JSON and says where it is wrong.
pub(crate) fn from_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut source = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut source).map_err(|error| {
        let pointer = pointer_of(error.path());
        json_problem(error.inner(), pointer)
    })?;
    source.end().map_err(|error| json_problem(&error, None))?;
    Ok(value)
}

/// RFC 6901 pointer; `None` for the whole body.
fn pointer_of(path: &serde_path_to_error::Path) -> Option<String> {
    let mut pointer = String::new();
    for segment in path.iter() {
        use serde_path_to_error::Segment;
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } => pointer.push_str(&format!("/{}", key.replace('~', "~0").replace('/', "~1"))),
            Segment::Enum { variant } => pointer.push_str(&format!("/{variant}")),
            Segment::Unknown => {}
        }
    }
    (!pointer.is_empty()).then_some(pointer)
}

fn json_problem(error: &serde_json::Error, pointer: Option<String>) -> Problem {
    let text = error.to_string();
    let reason = text.rsplit_once(" at line ").map_or(text.as_str(), |(reason, _)| reason);
    let mut problem = if error.is_data() {
        fault_of(reason, pointer.clone())
    } else {
        let mut problem = Problem::new(&MALFORMED);
        problem.faults.push(Fault::at(Place::default(), syntax_message(error)));
        problem
    };
    for fault in &mut problem.faults {
        fault.place.line = Some(error.line() as u64);
        fault.place.column = Some(error.column().max(1) as u64);
        let parent = pointer.as_deref().unwrap_or("");
        fault.place.field = match fault.place.field.take() {
            Some(name) if !name.starts_with('/') => Some(format!("{}/{name}", unnamed(parent, &name))),
            other => other,
        };
    }
    debug_assert!(problem.code == &INVALID_INPUT || problem.code == &MALFORMED);
    problem
}

/// The pointer of the object a missing or unknown field belongs to.
fn unnamed<'a>(pointer: &'a str, name: &str) -> &'a str {
    pointer.strip_suffix(name).and_then(|rest| rest.strip_suffix('/')).unwrap_or(pointer)
}
