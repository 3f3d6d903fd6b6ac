//! The form of the texts: nothing to read, and characters that are not there to be read.
//!
//! Bidi controls show a reader another order than the one that is searched; control and zero-width characters hide
//! words from a search. The claims check sees through them; that they are there is a finding of its own.

use jiff::civil::Date;
use policy::{Diagnostics, Pack, TableRow};
use serde::{Deserialize, Serialize};

use crate::finding::{Check, Finding, Severity};
use crate::input::Input;
use crate::rulings::Ruling;

/// What can be wrong with the form of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    TitleEmpty,
    /// C0 and C1 controls other than line ends and tabs.
    Control,
    /// Embeddings, overrides, isolates (UAX 9).
    Bidi,
    /// Zero-width and other invisible characters inside a text, not between emoji.
    Invisible,
    /// Private-use characters and U+FFFD: the text was damaged on its way.
    Unreadable,
}

/// What was seen: kind, field, the first place and how many.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormFact {
    pub form: Form,
    pub field: String,
    /// Character offset of the first.
    pub start: u32,
    pub count: u32,
}

/// A row of `form`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormRow {
    pub form: Form,
    pub severity: Severity,
    /// So many are let pass.
    #[serde(default)]
    pub allowed: u32,
}

impl TableRow for FormRow {
    const TABLE: &'static str = "form";
    const REASON_REQUIRED: bool = true;
}

/// The compiled table.
#[derive(Clone, Debug, Default)]
pub struct FormRules {
    rows: Vec<(Form, u32, Ruling)>,
}

impl FormRules {
    /// Reads the rows in force on `date`.
    ///
    /// # Errors
    /// [`Diagnostics`] where the table cannot be read.
    pub fn compile(pack: &Pack, date: Date) -> Result<Self, Diagnostics> {
        let rows = pack.rows_at::<FormRow>(date)?;
        Ok(Self {
            rows: rows
                .iter()
                .map(|row| (row.body.form, row.body.allowed, Ruling::of(row, pack, date, row.body.severity, false)))
                .collect(),
        })
    }
}

/// Reads the texts of a listing once.
#[must_use]
pub fn facts(input: &Input) -> Vec<FormFact> {
    let mut facts: Vec<FormFact> = Vec::new();
    if input.title.chars().all(|char| char.is_whitespace() || form_of(char, None).is_some()) {
        facts.push(FormFact { form: Form::TitleEmpty, field: "title".to_owned(), start: 0, count: 1 });
    }
    let brand = std::iter::once(("brand".to_owned(), input.brand.as_str()));
    for (name, text) in input.texts().map(|(field, text)| (field.name(), text)).chain(brand) {
        let first = facts.len();
        let mut before = None;
        for (start, char) in (0_u32..).zip(text.chars()) {
            if let Some(form) = form_of(char, before) {
                match facts[first..].iter_mut().find(|fact| fact.form == form) {
                    Some(fact) => fact.count += 1,
                    None => facts.push(FormFact { form, field: name.clone(), start, count: 1 }),
                }
            }
            before = Some(char);
        }
    }
    facts
}

fn form_of(char: char, before: Option<char>) -> Option<Form> {
    match char {
        '\n' | '\r' | '\t' => None,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => Some(Form::Bidi),
        // A joiner after an emoji makes one picture of two.
        '\u{200d}'
            if before.is_some_and(|before| before >= '\u{2190}')
                && before.is_some_and(|before| !before.is_alphanumeric()) =>
        {
            None
        }
        // Byte order marks at the beginning are left over from files.
        '\u{feff}' if before.is_none() => None,
        '\u{200b}'..='\u{200f}'
        | '\u{2060}'..='\u{2064}'
        | '\u{feff}'
        | '\u{00ad}'
        | '\u{180e}'
        | '\u{034f}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{3164}' => Some(Form::Invisible),
        '\u{fffd}' | '\u{e000}'..='\u{f8ff}' | '\u{f0000}'.. => Some(Form::Unreadable),
        _ if char.is_control() => Some(Form::Control),
        _ => None,
    }
}

/// Applies the rules.
#[must_use]
pub fn findings(facts: &[FormFact], rules: &FormRules, listing_id: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for fact in facts {
        for (_, _, ruling) in rules.rows.iter().filter(|(form, allowed, _)| *form == fact.form && fact.count > *allowed)
        {
            let count = fact.count.to_string();
            let Some(mut finding) = ruling.finding(Check::Form, listing_id, &fact.field, &[("count", &count)]) else {
                continue;
            };
            if fact.form != Form::TitleEmpty {
                finding.start = Some(fact.start as usize);
                finding.end = Some(fact.start as usize + 1);
            }
            findings.push(finding);
        }
    }
    findings
}
