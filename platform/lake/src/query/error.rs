//! Why a question was not answered, in words of ours.
//!
//! The engine's own texts may name files and settings; what leaves here is a code with arguments, a place in the text where
//! the parser knows one, and at most a remark of the engine that was checked to name no file.

use super::names::nearest;
use datafusion::arrow::error::ArrowError;
use datafusion::common::{DataFusionError, Diagnostic, SchemaError};

/// Longest remark of the engine that is passed on, characters.
const REMARK_CHARACTERS_MAX: usize = 300;

/// A place in the text of a statement, both from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Line.
    pub line: u64,
    /// Column.
    pub column: u64,
}

/// Why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No statement in the text.
    Empty,
    /// The text is too long; the limit in bytes.
    TooLong(usize),
    /// More than one statement.
    Several,
    /// It cannot be read; what stands there.
    Syntax(String),
    /// The statement does something else than read; its first words.
    NotReading(String),
    /// There is no such table; the nearest there is.
    UnknownTable(String, Option<String>),
    /// There is no such column; the nearest there is.
    UnknownColumn(String, Option<String>),
    /// The name fits several columns.
    Ambiguous(String),
    /// There is no such function; the nearest there is.
    UnknownFunction(String, Option<String>),
    /// The function is not offered here, or not with so large a length.
    Function(String),
    /// Types or arguments do not fit; the engine's remark.
    Types(String),
    /// A value cannot be computed: a division by zero, a number too large, a text that is no number.
    Value(String),
    /// The engine does not know how.
    Unsupported(String),
    /// Not ready in time; the limit in seconds.
    Slow(u64),
    /// More memory than allowed; the limit in bytes.
    Memory(usize),
    /// Too many questions at once; how many are answered at a time.
    Busy(usize),
    /// The history changed while it was read, several times.
    Moved,
    /// Our own fault.
    Internal(String),
}

/// A question that was not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryError {
    /// Why.
    pub refusal: Refusal,
    /// Where in the text, if that is known.
    pub place: Option<Place>,
}

impl std::fmt::Display for QueryError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.refusal)?;
        match self.place {
            Some(place) => write!(f, " at line {} column {}", place.line, place.column),
            None => Ok(()),
        }
    }
}

impl std::error::Error for QueryError {}

impl From<Refusal> for QueryError {
    fn from(refusal: Refusal) -> Self {
        QueryError { refusal, place: None }
    }
}

impl QueryError {
    pub(crate) fn at(refusal: Refusal, place: Option<Place>) -> Self {
        QueryError { refusal, place }
    }

    /// The name of this refusal's message and its arguments; the words are in the catalogs of whoever shows it.
    pub fn message(&self) -> (&'static str, Vec<(&'static str, String)>) {
        let one = |name: &'static str, value: &str| vec![(name, value.to_owned())];
        let near = |name: &str, nearest: &Option<String>| {
            vec![("name", name.to_owned()), ("nearest", nearest.clone().unwrap_or_default())]
        };
        match &self.refusal {
            Refusal::Empty => ("query-empty", Vec::new()),
            Refusal::TooLong(most) => ("query-too-long", one("most", &most.to_string())),
            Refusal::Several => ("query-several", Vec::new()),
            Refusal::Syntax(found) if found.is_empty() => ("query-syntax", Vec::new()),
            Refusal::Syntax(found) => ("query-syntax-near", one("near", found)),
            Refusal::NotReading(what) => ("query-not-reading", one("what", what)),
            Refusal::UnknownTable(name, None) => ("query-unknown-table", one("name", name)),
            Refusal::UnknownTable(name, nearest) => ("query-unknown-table-near", near(name, nearest)),
            Refusal::UnknownColumn(name, None) => ("query-unknown-column", one("name", name)),
            Refusal::UnknownColumn(name, nearest) => ("query-unknown-column-near", near(name, nearest)),
            Refusal::Ambiguous(name) => ("query-ambiguous", one("name", name)),
            Refusal::UnknownFunction(name, None) => ("query-unknown-function", one("name", name)),
            Refusal::UnknownFunction(name, nearest) => ("query-unknown-function-near", near(name, nearest)),
            Refusal::Function(name) => ("query-function-refused", one("name", name)),
            Refusal::Types(remark) => ("query-types", one("remark", remark)),
            Refusal::Value(remark) => ("query-value", one("remark", remark)),
            Refusal::Unsupported(remark) => ("query-unsupported", one("remark", remark)),
            Refusal::Slow(seconds) => ("query-slow", one("seconds", &seconds.to_string())),
            Refusal::Memory(bytes) => ("query-memory", one("mebibytes", &(bytes >> 20).to_string())),
            Refusal::Busy(most) => ("query-busy", one("most", &most.to_string())),
            Refusal::Moved => ("query-moved", Vec::new()),
            Refusal::Internal(_) => ("query-internal", Vec::new()),
        }
    }
}

/// What the engine says, as ours. `hidden` must not be named in any remark: the folder of the lake.
pub(crate) fn translate(error: &DataFusionError, known: &Known<'_>) -> QueryError {
    match error {
        moved if is_gone(moved) => Refusal::Moved.into(),
        DataFusionError::Diagnostic(diagnostic, inner) => {
            let mut translated = translate(inner, known);
            translated.place = translated.place.or_else(|| place_of(diagnostic));
            translated
        }
        DataFusionError::Context(_, inner) => translate(inner, known),
        DataFusionError::Shared(inner) => translate(inner, known),
        DataFusionError::Collection(all) => {
            all.first().map_or_else(|| Refusal::Internal("no cause".into()).into(), |first| translate(first, known))
        }
        DataFusionError::SchemaError(schema, _) => of_schema(schema),
        DataFusionError::SQL(parser, _) => super::statement::syntax(&parser.to_string()),
        DataFusionError::ResourcesExhausted(_) => Refusal::Memory(known.memory_bytes).into(),
        DataFusionError::NotImplemented(remark) => Refusal::Unsupported(known.remark(remark)).into(),
        DataFusionError::Plan(remark) => of_plan(remark, known),
        DataFusionError::ArrowError(arrow, _) => of_arrow(arrow, known),
        DataFusionError::Execution(remark) => Refusal::Value(known.remark(remark)).into(),
        other => Refusal::Internal(other.strip_backtrace()).into(),
    }
}

/// Whether a file was taken away while it was to be read.
pub(crate) fn is_gone(error: &DataFusionError) -> bool {
    let text = error.strip_backtrace();
    text.contains(super::tail::MOVED) || (text.contains("not found") && text.contains(".parquet"))
}

/// What a translation may name.
pub(crate) struct Known<'a> {
    pub(crate) tables: &'a [String],
    pub(crate) functions: &'a [String],
    pub(crate) hidden: &'a str,
    pub(crate) memory_bytes: usize,
}

impl Known<'_> {
    /// A remark fit to be shown: short, one line, naming no file.
    fn remark(&self, text: &str) -> String {
        let line = text.lines().next().unwrap_or_default();
        let line = line.replace("DataFusion", "").replace("datafusion", "").replace("touchstone.history.", "");
        let leaks = (!self.hidden.is_empty() && line.contains(self.hidden)) || line.contains(".parquet");
        if leaks { String::new() } else { line.chars().take(REMARK_CHARACTERS_MAX).collect() }
    }
}

fn place_of(diagnostic: &Diagnostic) -> Option<Place> {
    diagnostic.span.map(|span| Place { line: span.start.line, column: span.start.column })
}

fn of_schema(error: &SchemaError) -> QueryError {
    match error {
        SchemaError::FieldNotFound { field, valid_fields } => {
            let names: Vec<String> = valid_fields.iter().map(|column| column.name.clone()).collect();
            Refusal::UnknownColumn(field.name.clone(), nearest(&field.name, &names)).into()
        }
        SchemaError::AmbiguousReference { field } => Refusal::Ambiguous(field.name.clone()).into(),
        SchemaError::DuplicateQualifiedField { name, .. } | SchemaError::DuplicateUnqualifiedField { name } => {
            Refusal::Ambiguous(name.clone()).into()
        }
    }
}

fn of_plan(remark: &str, known: &Known<'_>) -> QueryError {
    let quoted = || remark.split('\'').nth(1).map(|name| name.rsplit('.').next().unwrap_or(name).to_owned());
    if remark.starts_with("table ") && remark.contains("not found") {
        let name = quoted().unwrap_or_default();
        let nearest = nearest(&name, known.tables);
        return Refusal::UnknownTable(name, nearest).into();
    }
    if remark.starts_with("Invalid function") || remark.contains("Table function") {
        let name = quoted().unwrap_or_default();
        let nearest = nearest(&name, known.functions);
        return Refusal::UnknownFunction(name, nearest).into();
    }
    Refusal::Types(known.remark(remark)).into()
}

fn of_arrow(error: &ArrowError, known: &Known<'_>) -> QueryError {
    match error {
        ArrowError::DivideByZero
        | ArrowError::ArithmeticOverflow(_)
        | ArrowError::CastError(_)
        | ArrowError::ParseError(_)
        | ArrowError::InvalidArgumentError(_)
        | ArrowError::ComputeError(_) => Refusal::Value(known.remark(&error.to_string())).into(),
        ArrowError::ExternalError(inner) => match inner.downcast_ref::<DataFusionError>() {
            Some(inner) => translate(inner, known),
            None => Refusal::Internal(error.to_string()).into(),
        },
        other => Refusal::Internal(other.to_string()).into(),
    }
}
