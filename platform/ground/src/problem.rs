//! The shape of an error a person or a program receives (RFC 9457), and the table of codes.
//!
//! Each crate declares its codes as `pub const CODES: &[ErrorCode]`; the application joins them into one table, whose
//! uniqueness and whose texts in both languages (`error-<code with dashes>`) are tested.

use std::borrow::Cow;
use std::fmt;

/// How loudly an error is logged at the boundary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// The caller's mistake: not logged above debug.
    Debug,
    /// Worth counting.
    Info,
    /// Somebody should look.
    Warn,
    /// The product failed.
    Error,
}

/// One row of the error-code table.
#[derive(Debug, PartialEq, Eq)]
pub struct ErrorCode {
    /// Stable name, snake_case.
    pub code: &'static str,
    /// HTTP status.
    pub status: u16,
    /// Log level.
    pub level: Level,
}

impl ErrorCode {
    /// A row.
    pub const fn new(code: &'static str, status: u16, level: Level) -> Self {
        ErrorCode { code, status, level }
    }

    /// The id of the Fluent message that says it to a person.
    pub fn message_id(&self) -> String {
        format!("error-{}", self.code.replace('_', "-"))
    }
}

/// Nothing there, or nothing the reader may see.
pub const NOT_FOUND: ErrorCode = ErrorCode::new("not_found", 404, Level::Debug);
/// The reader is signed in but may not do this.
pub const FORBIDDEN: ErrorCode = ErrorCode::new("forbidden", 403, Level::Info);
/// The reader must sign in first.
pub const SIGNED_OUT: ErrorCode = ErrorCode::new("signed_out", 401, Level::Debug);
/// One or more fields are wrong; the faults say which.
pub const INVALID_INPUT: ErrorCode = ErrorCode::new("invalid_input", 422, Level::Debug);
/// The body is not what the address takes (syntax, content type, encoding).
pub const MALFORMED: ErrorCode = ErrorCode::new("malformed", 400, Level::Debug);
/// Somebody else changed it since it was read.
pub const STALE: ErrorCode = ErrorCode::new("stale", 409, Level::Debug);
/// The act does not fit the state the thing is in.
pub const WRONG_STATE: ErrorCode = ErrorCode::new("wrong_state", 409, Level::Debug);
/// Larger than the stated limit.
pub const TOO_LARGE: ErrorCode = ErrorCode::new("too_large", 413, Level::Info);
/// Too many requests from one place.
pub const RATE_LIMITED: ErrorCode = ErrorCode::new("rate_limited", 429, Level::Info);
/// The store, the disk or a peer cannot be reached or is full; trying later may help.
pub const UNAVAILABLE: ErrorCode = ErrorCode::new("unavailable", 503, Level::Error);
/// The product failed.
pub const INTERNAL: ErrorCode = ErrorCode::new("internal", 500, Level::Error);

/// The codes every crate may use.
pub const CODES: &[ErrorCode] = &[
    NOT_FOUND,
    FORBIDDEN,
    SIGNED_OUT,
    INVALID_INPUT,
    MALFORMED,
    STALE,
    WRONG_STATE,
    TOO_LARGE,
    RATE_LIMITED,
    UNAVAILABLE,
    INTERNAL,
];

/// Where something is wrong. Every part is optional; a form names the field, a file the line or row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// File name as the reader knows it.
    pub file: Option<String>,
    /// Line, from 1.
    pub line: Option<u64>,
    /// Column in characters, from 1.
    pub column: Option<u64>,
    /// Data row, from 1 (the header is not counted).
    pub row: Option<u64>,
    /// Field, column name or JSON pointer.
    pub field: Option<String>,
}

impl Place {
    /// A field of a form or body.
    pub fn field(name: impl Into<String>) -> Self {
        Place { field: Some(name.into()), ..Place::default() }
    }

    /// A line and column of a text.
    pub fn at(line: u64, column: u64) -> Self {
        Place { line: Some(line), column: Some(column), ..Place::default() }
    }

    /// The same place inside a named file.
    #[must_use]
    pub fn in_file(mut self, file: impl Into<String>) -> Self {
        self.file = Some(file.into());
        self
    }

    /// The same place in a data row.
    #[must_use]
    pub fn in_row(mut self, row: u64) -> Self {
        self.row = Some(row);
        self
    }
}

/// A value inside a message.
pub type Argument = (Cow<'static, str>, String);

/// One fault in an input: where, and the message that says what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub place: Place,
    /// Fluent message id.
    pub message: Cow<'static, str>,
    /// Its arguments.
    pub args: Vec<Argument>,
}

impl Fault {
    /// A fault of a field.
    pub fn field(name: impl Into<String>, message: impl Into<Cow<'static, str>>) -> Self {
        Fault::at(Place::field(name), message)
    }

    /// A fault at a place.
    pub fn at(place: Place, message: impl Into<Cow<'static, str>>) -> Self {
        Fault { place, message: message.into(), args: Vec::new() }
    }

    /// The same with one more argument.
    #[must_use]
    pub fn arg(mut self, name: impl Into<Cow<'static, str>>, value: impl fmt::Display) -> Self {
        self.args.push((name.into(), value.to_string()));
        self
    }
}

/// An error on its way to a person or a program. The source is logged and never sent.
#[derive(Debug)]
pub struct Problem {
    /// Row of the code table.
    pub code: &'static ErrorCode,
    /// Arguments of the code's message.
    pub args: Vec<Argument>,
    /// Faults in the input, at most [`Problem::FAULTS_MAX`].
    pub faults: Vec<Fault>,
    /// What caused it, for the log alone.
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Problem {
    /// Most faults one answer names.
    pub const FAULTS_MAX: usize = 100;

    /// A problem of a code.
    pub fn new(code: &'static ErrorCode) -> Self {
        Problem { code, args: Vec::new(), faults: Vec::new(), source: None }
    }

    /// The same with one more argument.
    #[must_use]
    pub fn arg(mut self, name: impl Into<Cow<'static, str>>, value: impl fmt::Display) -> Self {
        self.args.push((name.into(), value.to_string()));
        self
    }

    /// The same with its cause.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Nothing there.
    pub fn not_found() -> Self {
        Problem::new(&NOT_FOUND)
    }

    /// Not allowed.
    pub fn forbidden() -> Self {
        Problem::new(&FORBIDDEN)
    }

    /// The product failed.
    pub fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Problem::new(&INTERNAL).because(source)
    }

    /// The input is wrong at these places. The list must not be empty.
    pub fn invalid(mut faults: Vec<Fault>) -> Self {
        faults.truncate(Problem::FAULTS_MAX);
        Problem { faults, ..Problem::new(&INVALID_INPUT) }
    }

    /// One field is wrong.
    pub fn invalid_field(name: impl Into<String>, message: impl Into<Cow<'static, str>>) -> Self {
        Problem::invalid(vec![Fault::field(name, message)])
    }

    /// `Ok` when there are no faults.
    pub fn check(faults: Vec<Fault>) -> Result<(), Problem> {
        if faults.is_empty() { Ok(()) } else { Err(Problem::invalid(faults)) }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code.code)?;
        for (name, value) in &self.args {
            write!(f, " {name}={value}")?;
        }
        for fault in &self.faults {
            let place = &fault.place;
            write!(f, "; ")?;
            for (label, part) in [("file", &place.file), ("field", &place.field)] {
                if let Some(part) = part {
                    write!(f, "{label} {part} ")?;
                }
            }
            for (label, part) in [("line", place.line), ("column", place.column), ("row", place.row)] {
                if let Some(part) = part {
                    write!(f, "{label} {part} ")?;
                }
            }
            write!(f, "{}", fault.message)?;
        }
        if let Some(source) = &self.source {
            write!(f, ": {source}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source.as_ref() as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_names_its_places() {
        let problem =
            Problem::invalid(vec![Fault::at(Place::field("price").in_row(7), "import-price").arg("value", "abc")]);
        assert_eq!(problem.code.status, 422);
        assert_eq!(problem.to_string(), "invalid_input; field price row 7 import-price");
    }
}
