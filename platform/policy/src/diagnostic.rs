//! What is wrong with a pack, where, and what would be right.

use serde::Serialize;
use std::fmt;
use std::sync::Arc;

use crate::text::Bilingual;

/// Where something stands in a pack's text. Lines and columns count from 1; 0 means that the whole file is meant.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Place {
    pub file: Arc<str>,
    pub line: u32,
    /// In characters, not bytes.
    pub column: u32,
}

impl Place {
    pub fn file(file: &str) -> Self {
        Self { file: file.into(), line: 0, column: 0 }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// One refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    pub file: Arc<str>,
    pub line: u32,
    pub column: u32,
    /// Id of the row, once it is known.
    pub row: Option<Box<str>>,
    /// Column name of the table, where one is to blame.
    pub field: Option<Box<str>>,
    /// Stable snake_case code.
    pub code: &'static str,
    /// What is wrong and what would be right.
    pub message: Bilingual,
}

impl Diagnostic {
    pub fn at(place: &Place, code: &'static str, message: Bilingual) -> Self {
        Self { file: place.file.clone(), line: place.line, column: place.column, row: None, field: None, code, message }
    }

    pub fn in_row(mut self, row: impl Into<String>) -> Self {
        self.row = Some(row.into().into_boxed_str());
        self
    }

    pub fn in_field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into().into_boxed_str());
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)?;
        if let Some(row) = &self.row {
            write!(f, " [{row}]")?;
        }
        write!(f, " {}: {} / {}", self.code, self.message.en, self.message.zh)
    }
}

/// All that is wrong, in the order of files and lines; never empty when it is an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl Diagnostics {
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{diagnostic}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}

impl From<Diagnostic> for Diagnostics {
    fn from(one: Diagnostic) -> Self {
        Self(vec![one])
    }
}

/// Collects what a table's owner finds wrong with one row; places are looked up by column name.
#[derive(Debug)]
pub struct Report<'a> {
    pub(crate) row: &'a str,
    pub(crate) place: &'a Place,
    pub(crate) columns: &'a [(String, Place)],
    pub(crate) found: Vec<Diagnostic>,
}

impl Report<'_> {
    /// Refuses the row because of `column` (the row itself where it has no such column).
    pub fn refuse(&mut self, column: &str, code: &'static str, message: Bilingual) {
        let place = self.columns.iter().find(|(name, _)| name == column).map_or(self.place, |(_, place)| place);
        self.found.push(Diagnostic::at(place, code, message).in_row(self.row).in_field(column));
    }
}
