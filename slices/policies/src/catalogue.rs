//! Packs, tables and rows as people read them.

use jiff::civil::Date;
use kernel::{ActRecord, Actor, Kernel, Permission};
use policy::pack::WrittenRow;
use policy::{Bilingual, Citation, Mode, Pack, TestRun};
use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::model::*;
use crate::{activation, edit, store, tables, versions};

/// Most characters of one cell of a table.
const CELL_CHARS_MAX: usize = 120;
/// Most acts shown of a row.
const HISTORY_MAX: u64 = 30;

/// A market's pack in force.
#[derive(Debug, Clone)]
pub struct PackSummary {
    /// What is in force.
    pub active: Active,
    /// Its tables.
    pub tables: Vec<TableSummary>,
    /// Whether another version came with the product.
    pub shipped_differs: bool,
}

/// One table of a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableSummary {
    /// Name.
    pub name: String,
    /// Rows, past and future ones too.
    pub rows: usize,
    /// Rows in force today, by mode (`on`, `shadow`, `percentage`, `off`).
    pub in_force: BTreeMap<&'static str, usize>,
    /// Inline tests.
    pub tests: usize,
}

/// The packs in force of all markets.
///
/// # Errors
/// `forbidden`.
pub async fn overview(kernel: &Kernel, actor: &Actor) -> Result<Vec<PackSummary>> {
    actor.require(Permission::PoliciesRead)?;
    let mut found = Vec::new();
    for active in store::all_active(kernel.db().read()).await? {
        let (active, pack) = versions::active_unchecked(kernel, &active.market).await?;
        found.push(PackSummary {
            tables: pack.table_names().map(|name| summary(&pack, name, kernel.today())).collect(),
            shipped_differs: activation::shipped_beside(kernel, &active.market).is_some(),
            active,
        });
    }
    Ok(found)
}

fn summary(pack: &Pack, name: &str, today: Date) -> TableSummary {
    let rows = pack.written_rows(name);
    let mut in_force = BTreeMap::new();
    for row in rows.iter().filter(|row| is_in_force(row, today)) {
        *in_force.entry(mode_name(row.mode())).or_default() += 1;
    }
    TableSummary {
        name: name.to_owned(),
        rows: rows.len(),
        in_force,
        tests: rows.iter().map(|row| row.tests().len()).sum(),
    }
}

/// Stable name of a mode without its share; `policies-mode-<name>` is its text.
pub fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Off => "off",
        Mode::Shadow => "shadow",
        Mode::Percentage(_) => "percentage",
        Mode::On => "on",
    }
}

fn is_in_force(row: &WrittenRow<'_>, today: Date) -> bool {
    row.from() <= today && row.until().is_none_or(|until| today < until)
}

/// Which rows of a table to list.
#[derive(Debug, Clone, Default)]
pub struct RowFilter {
    /// Any word in the row.
    pub q: Option<String>,
    /// `on`, `shadow`, `percentage`, `off`.
    pub mode: Option<String>,
    /// `now`, `later`, `past`; all when empty.
    pub force: Option<String>,
}

/// A row in a list.
#[derive(Debug, Clone)]
pub struct RowLine {
    /// Id.
    pub id: String,
    /// First day.
    pub from: Date,
    /// First day no longer in force.
    pub until: Option<Date>,
    /// Mode.
    pub mode: Mode,
    /// Whether it is in force today.
    pub in_force: bool,
    /// Why, for the merchant.
    pub reason: Option<Bilingual>,
    /// Inline tests.
    pub tests: usize,
    /// The table's own columns, shortened, in the order of [`RowList::columns`].
    pub cells: Vec<String>,
}

/// The rows of a table.
#[derive(Debug, Clone)]
pub struct RowList {
    /// What is in force.
    pub active: Active,
    /// The table's own columns, in the order they first appear.
    pub columns: Vec<String>,
    /// The rows of the filter.
    pub rows: Vec<RowLine>,
    /// Rows of the table in all.
    pub total: usize,
}

/// The rows of a table of the version in force.
///
/// # Errors
/// `forbidden`, `policy_market_unknown`, `not_found`.
pub async fn rows(kernel: &Kernel, actor: &Actor, market: &str, table: &str, filter: &RowFilter) -> Result<RowList> {
    let (active, pack) = versions::active(kernel, actor, market).await?;
    let written = pack.written_rows(table);
    if written.is_empty() && !pack.table_names().any(|name| name == table) {
        return Err(Error::Missing);
    }
    let mut columns: Vec<String> = Vec::new();
    for row in &written {
        for (name, _) in row.columns() {
            if !columns.iter().any(|known| known == name) {
                columns.push(name.to_owned());
            }
        }
    }
    let today = kernel.today();
    let rows = written.iter().filter(|row| wanted(row, filter, today)).map(|row| line(row, &columns, today)).collect();
    Ok(RowList { active, columns, rows, total: written.len() })
}

fn wanted(row: &WrittenRow<'_>, filter: &RowFilter, today: Date) -> bool {
    let mode = filter.mode.as_deref().is_none_or(|mode| mode_name(row.mode()) == mode);
    let force = match filter.force.as_deref() {
        Some("now") => is_in_force(row, today),
        Some("later") => row.from() > today,
        Some("past") => row.until().is_some_and(|until| until <= today),
        _ => true,
    };
    let words = filter.q.as_deref().map(str::trim).filter(|words| !words.is_empty());
    mode && force && words.is_none_or(|words| row.to_json().to_string().to_lowercase().contains(&words.to_lowercase()))
}

fn line(row: &WrittenRow<'_>, columns: &[String], today: Date) -> RowLine {
    let cell = |name: &String| {
        let found = row.columns().find(|(column, _)| column == name);
        found.map_or_else(String::new, |(_, node)| shown(&node.to_json()))
    };
    RowLine {
        id: row.id().to_owned(),
        from: row.from(),
        until: row.until(),
        mode: row.mode(),
        in_force: is_in_force(row, today),
        reason: row.reason().cloned(),
        tests: row.tests().len(),
        cells: columns.iter().map(cell).collect(),
    }
}

/// A value as a person reads it, shortened.
pub fn shown(value: &serde_json::Value) -> String {
    use serde_json::Value;
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join("、"),
        Value::Object(fields) => match (fields.get("zh"), fields.get("en")) {
            (Some(Value::String(zh)), Some(Value::String(en))) => format!("{zh} / {en}"),
            _ => fields.iter().map(|(name, value)| format!("{name}: {}", shown(value))).collect::<Vec<_>>().join("; "),
        },
        other => other.to_string(),
    };
    match text.char_indices().nth(CELL_CHARS_MAX) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

/// One row of the version in force.
#[derive(Debug, Clone)]
pub struct RowDetail {
    /// What is in force.
    pub active: Active,
    /// Table.
    pub table: String,
    /// The row.
    pub line: RowLine,
    /// The columns, whole.
    pub columns: Vec<(String, serde_json::Value)>,
    /// What would mend it, for the merchant.
    pub fix: Option<Bilingual>,
    /// Condition.
    pub when: Option<String>,
    /// Legal basis.
    pub citations: Vec<Citation>,
    /// Inline tests as written.
    pub test_cases: Vec<serde_json::Value>,
    /// What running them just now gave; `None` when the table's tests cannot be run.
    pub test_run: Option<TestRun>,
    /// Its text, to edit; `None` when it has no lines of its own.
    pub text: Option<String>,
    /// File and line.
    pub place: String,
    /// Its other periods: first days.
    pub periods: Vec<Date>,
    /// Acts that changed it, newest first.
    pub history: Vec<ActRecord>,
}

/// One row of the version in force, by id; with several periods, the one asked for, else the one in force, else the last.
///
/// # Errors
/// `forbidden`, `policy_market_unknown`, `not_found`.
pub async fn row(kernel: &Kernel, actor: &Actor, market: &str, id: &str, from: Option<Date>) -> Result<RowDetail> {
    let (active, pack) = versions::active(kernel, actor, market).await?;
    let today = kernel.today();
    let (table, rows) = pack
        .table_names()
        .map(|table| (table, pack.written_rows(table)))
        .find(|(_, rows)| rows.iter().any(|row| row.id() == id))
        .ok_or(Error::Missing)?;
    let periods: Vec<WrittenRow<'_>> = rows.into_iter().filter(|row| row.id() == id).collect();
    let chosen = match from {
        Some(from) => periods.iter().find(|row| row.from() == from),
        None => periods.iter().find(|row| is_in_force(row, today)).or(periods.last()),
    };
    let row = chosen.ok_or(Error::Missing)?;
    let subject = activation::row_subject(market, id);
    let history = kernel::store::history(kernel, "policy_row", &subject, HISTORY_MAX).await?;
    let columns: Vec<(String, serde_json::Value)> =
        row.columns().map(|(name, node)| (name.to_owned(), node.to_json())).collect();
    let runs = tables().get(table).is_some_and(policy::tables::Table::has_tests);
    let test_run = if runs && !row.tests().is_empty() {
        Some(tables().run_tests(&pack, today, Some(table), Some(id)).map_err(Error::Refused)?)
    } else {
        None
    };
    Ok(RowDetail {
        table: table.to_owned(),
        line: line(row, &[], today),
        columns,
        fix: row.fix().cloned(),
        when: row.when().map(|when| when.text().to_owned()),
        citations: pack.cite(&row.basis(), today),
        test_cases: row.tests().iter().map(policy::Test::to_json).collect(),
        test_run,
        text: edit::row_text(&pack, table, id, row.from()).map(|found| found.text),
        place: row.place().to_string(),
        periods: periods.iter().map(WrittenRow::from).collect(),
        history,
        active,
    })
}

/// The inline tests of the version in force, of all tables or one.
///
/// # Errors
/// `forbidden`, `policy_market_unknown`.
pub async fn run_tests(kernel: &Kernel, actor: &Actor, market: &str, table: Option<&str>) -> Result<TestRun> {
    let (_, pack) = versions::active(kernel, actor, market).await?;
    tables().run_tests(&pack, kernel.today(), table, None).map_err(Error::Refused)
}

/// How one file differs between two versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileChange {
    /// File.
    pub path: String,
    /// Text before; empty when it is new.
    pub old: String,
    /// Text after; empty when it is gone.
    pub new: String,
}

/// The files that differ.
pub fn file_changes(old: &Pack, new: &Pack) -> Vec<FileChange> {
    let text = |pack: &Pack, path: &str| {
        let found = pack.sources().iter().find(|source| source.path == path);
        found.map_or_else(String::new, |source| source.text.clone())
    };
    let mut paths: Vec<&str> = old.sources().iter().chain(new.sources()).map(|source| source.path.as_str()).collect();
    paths.sort_unstable();
    paths.dedup();
    paths
        .into_iter()
        .map(|path| FileChange { path: path.to_owned(), old: text(old, path), new: text(new, path) })
        .filter(|change| change.old != change.new)
        .collect()
}

/// The difference as unified text, for the API and the command line.
pub fn unified(changes: &[FileChange]) -> String {
    changes
        .iter()
        .map(|change| {
            similar::TextDiff::from_lines(change.old.as_str(), change.new.as_str())
                .unified_diff()
                .context_radius(3)
                .header(&change.path, &change.path)
                .to_string()
        })
        .collect()
}
