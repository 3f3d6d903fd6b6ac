//! From files to a checked pack.

use jiff::civil::Date;
use sha2::{Digest, Sha256};
use std::any::{Any, TypeId};
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::check::{check_basis, check_identity, cycle, extend_rows, read_laws, unknown_row};
use crate::diagnostic::{Diagnostic, Diagnostics, Place, Report};
use crate::envelope::{COLUMNS, RawRow, read_row};
use crate::graph::circle;
use crate::law::Law;
use crate::node::{Entry, Node, Source, Value};
use crate::parameter::ByName;
use crate::row::{Row, TableRow};
use crate::text::{Bilingual, nearest};
use crate::typed;

/// Most files of a pack.
pub const FILES_MAX: usize = 200;
/// Most rows of a pack.
pub const ROWS_MAX: usize = 50_000;
/// Most findings reported at once.
pub const DIAGNOSTICS_MAX: usize = 200;

/// The rules of one market: checked, immutable, identified by its content.
pub struct Pack {
    market: String,
    version: String,
    sources: Vec<Source>,
    tables: BTreeMap<String, Vec<RawRow>>,
    laws: Vec<Row<Law>>,
    read: Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>,
    pub(crate) parameters: OnceLock<ByName>,
}

impl Pack {
    /// Reads and checks a pack. All that is wrong comes at once, by file and line.
    pub fn from_sources(market: &str, sources: &[Source]) -> Result<Self, Diagnostics> {
        let mut found = Vec::new();
        let mut tables = read_files(market, sources, &mut found);
        if found.is_empty() {
            extend_rows(&mut tables, &mut found);
        }
        check_identity(&tables, &mut found);
        let laws = read_laws(&tables, &mut found);
        check_basis(&tables, &laws, &mut found);
        finish(found)?;
        let version = version_of(market, &tables);
        let mut sources = sources.to_vec();
        sources.sort_by(|a, b| a.path.cmp(&b.path));
        let (market, read, parameters) = (market.to_owned(), Mutex::default(), OnceLock::new());
        Ok(Self { market, version, sources, tables, laws, read, parameters })
    }

    /// `cn`, `us`, `eu`, …
    pub fn market(&self) -> &str {
        &self.market
    }

    /// SHA-256, in hex, of the canonical form of all rows: comments, layout, file names and order of columns do not
    /// change it, any value does.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The files the pack was read from, by path.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// Names of the tables in the pack.
    pub fn table_names(&self) -> impl Iterator<Item = &str> {
        self.tables.keys().map(String::as_str)
    }

    /// All rows of a table, past and future ones too, in the order they are written. Empty where the pack has no such
    /// table. Read and checked once, then shared.
    pub fn rows<T: TableRow>(&self) -> Result<Vec<Arc<Row<T>>>, Diagnostics> {
        Ok(self.shared::<T>()?.as_ref().clone())
    }

    /// The rows in force on `date`, whatever their mode.
    pub fn rows_at<T: TableRow>(&self, date: Date) -> Result<Vec<Arc<Row<T>>>, Diagnostics> {
        Ok(self.shared::<T>()?.iter().filter(|row| row.in_force(date)).cloned().collect())
    }

    fn shared<T: TableRow>(&self) -> Result<Arc<Vec<Arc<Row<T>>>>, Diagnostics> {
        let known = self.read.lock().unwrap_or_else(PoisonError::into_inner).get(&TypeId::of::<T>()).cloned();
        if let Some(rows) = known.and_then(|any| any.downcast::<Vec<Arc<Row<T>>>>().ok()) {
            return Ok(rows);
        }
        let rows = Arc::new(self.read_rows::<T>()?);
        self.read.lock().unwrap_or_else(PoisonError::into_inner).insert(TypeId::of::<T>(), rows.clone());
        Ok(rows)
    }

    /// Whether any table has a row of this id.
    pub fn has_row(&self, id: &str) -> bool {
        self.tables.values().flatten().any(|row| row.id == id)
    }

    /// What people call the row of this id: its title, else its reason with `…` where a finding fills something in.
    pub fn words(&self, id: &str) -> Option<Bilingual> {
        let row = self.tables.values().flatten().find(|row| row.id == id)?;
        let json = row.to_json();
        let title = |language: &str| json["title"][language].as_str().map(str::to_owned);
        if let (Some(zh), Some(en)) = (title("zh"), title("en")) {
            return Some(Bilingual::new(zh, en));
        }
        let reason = row.reason.as_ref()?;
        Some(Bilingual::new(without_fills(&reason.zh), without_fills(&reason.en)))
    }

    /// The law's row in force on `date`, else the latest one.
    pub fn law(&self, id: &str, date: Date) -> Option<&Row<Law>> {
        let rows = || self.laws.iter().filter(|law| law.id == id);
        rows().find(|law| law.in_force(date)).or_else(|| rows().max_by_key(|law| law.from))
    }

    pub fn laws(&self) -> &[Row<Law>] {
        &self.laws
    }

    /// Rows of any table as written, for the console and for differences: id, place and columns.
    pub fn written_rows(&self, table: &str) -> Vec<WrittenRow<'_>> {
        self.tables.get(table).into_iter().flatten().map(|raw| WrittenRow { raw }).collect()
    }

    fn read_rows<T: TableRow>(&self) -> Result<Vec<Arc<Row<T>>>, Diagnostics> {
        let raws = self.tables.get(T::TABLE).map_or(&[][..], Vec::as_slice);
        let mut found = Vec::new();
        let mut rows = Vec::with_capacity(raws.len());
        for raw in raws {
            match self.read_one::<T>(raw, &mut found) {
                Some(row) => rows.push(Arc::new(row)),
                None if found.len() >= DIAGNOSTICS_MAX => break,
                None => {}
            }
        }
        if found.is_empty() {
            self.check_references(&rows, &mut found);
        }
        finish(found)?;
        Ok(rows)
    }

    fn read_one<T: TableRow>(&self, raw: &RawRow, found: &mut Vec<Diagnostic>) -> Option<Row<T>> {
        let body = match typed::read_entries::<T>(&raw.body(), &raw.place) {
            Ok(body) => body,
            Err(mut diagnostic) => {
                suggest_envelope(&mut diagnostic);
                found.push(diagnostic.in_row(&raw.id));
                return None;
            }
        };
        let row = Row {
            id: raw.id.clone(),
            from: raw.from,
            until: raw.until,
            mode: raw.mode,
            basis: raw.basis.iter().map(|(basis, _)| basis.clone()).collect(),
            reason: raw.reason.clone(),
            fix: raw.fix.clone(),
            when: raw.when.clone(),
            tests: raw.tests.clone(),
            place: raw.place.clone(),
            body,
        };
        let columns = raw.columns();
        let mut report = Report { row: &raw.id, place: &raw.place, columns: &columns, found: Vec::new() };
        check_declared(&row, &mut report);
        T::check(&row, self, &mut report);
        let wrong = !report.found.is_empty();
        found.append(&mut report.found);
        (!wrong).then_some(row)
    }

    fn check_references<T: TableRow>(&self, rows: &[Arc<Row<T>>], found: &mut Vec<Diagnostic>) {
        let mut edges = BTreeMap::new();
        for row in rows {
            let needs = row.body.references();
            for need in &needs {
                if !self.has_row(need) {
                    let known = self.tables.values().flatten().map(|raw| raw.id.as_str());
                    found.push(unknown_row(need, nearest(need, known), &row.place).in_row(&row.id));
                }
            }
            edges.entry(row.id.clone()).or_insert_with(Vec::new).extend(needs);
        }
        if let Some(names) = circle(&edges) {
            let place = rows.iter().find(|row| row.id == names[0]).map(|row| &row.place);
            if let Some(place) = place {
                found.push(cycle(&names, place));
            }
        }
    }
}

impl fmt::Debug for Pack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pack({} {})", self.market, self.version)
    }
}

/// A row as written, of a table whose meaning this crate does not know.
#[derive(Clone, Copy, Debug)]
pub struct WrittenRow<'p> {
    raw: &'p RawRow,
}

impl<'p> WrittenRow<'p> {
    pub fn id(&self) -> &'p str {
        &self.raw.id
    }
    pub fn from(&self) -> Date {
        self.raw.from
    }
    pub fn until(&self) -> Option<Date> {
        self.raw.until
    }
    pub fn mode(&self) -> crate::row::Mode {
        self.raw.mode
    }
    pub fn basis(&self) -> Vec<crate::row::Basis> {
        self.raw.basis.iter().map(|(basis, _)| basis.clone()).collect()
    }
    pub fn reason(&self) -> Option<&'p Bilingual> {
        self.raw.reason.as_ref()
    }
    pub fn fix(&self) -> Option<&'p Bilingual> {
        self.raw.fix.as_ref()
    }
    pub fn when(&self) -> Option<&'p crate::condition::Condition> {
        self.raw.when.as_ref()
    }
    pub fn tests(&self) -> &'p [crate::row::Test] {
        &self.raw.tests
    }
    pub fn place(&self) -> &'p Place {
        &self.raw.place
    }
    /// The columns that belong to the table, in the order written.
    pub fn columns(&self) -> impl Iterator<Item = (&'p str, &'p Node)> {
        self.raw
            .entries
            .iter()
            .filter(|entry| !COLUMNS.contains(&entry.key.as_str()))
            .map(|entry: &Entry| (entry.key.as_str(), &entry.value))
    }
    /// Everything, inherited columns included.
    pub fn to_json(&self) -> serde_json::Value {
        self.raw.to_json()
    }
}

/// A text with `…` for every `{name}`.
fn without_fills(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        plain.push_str(before);
        plain.push('…');
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    plain.push_str(rest);
    plain
}

fn finish(mut found: Vec<Diagnostic>) -> Result<(), Diagnostics> {
    if found.is_empty() {
        return Ok(());
    }
    found.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
    found.dedup();
    found.truncate(DIAGNOSTICS_MAX);
    Err(Diagnostics(found))
}

fn read_files(market: &str, sources: &[Source], found: &mut Vec<Diagnostic>) -> BTreeMap<String, Vec<RawRow>> {
    let mut tables: BTreeMap<String, Vec<RawRow>> = BTreeMap::new();
    let mut rows_count = 0;
    if sources.len() > FILES_MAX {
        found.push(Diagnostic::at(
            &Place::file(market),
            "policy_too_many_files",
            Bilingual::new(
                format!("一个策略包最多 {FILES_MAX} 个文件"),
                format!("A pack has at most {FILES_MAX} files"),
            ),
        ));
        return tables;
    }
    let mut sources: Vec<&Source> = sources.iter().collect();
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    for source in sources {
        match read_file(source) {
            Ok((table, rows)) => {
                rows_count += rows.len();
                let read = rows.iter().filter_map(|row| read_row(row, found));
                tables.entry(table).or_default().extend(read);
            }
            Err(diagnostic) => found.push(diagnostic),
        }
        if rows_count > ROWS_MAX {
            found.push(Diagnostic::at(
                &Place::file(&source.path),
                "policy_too_many_rows",
                Bilingual::new(format!("一个策略包最多 {ROWS_MAX} 行"), format!("A pack has at most {ROWS_MAX} rows")),
            ));
            break;
        }
        if found.len() >= DIAGNOSTICS_MAX {
            break;
        }
    }
    tables
}

fn read_file(source: &Source) -> Result<(String, Vec<Node>), Diagnostic> {
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Head {
        table: String,
    }
    let node = Node::parse(source)?;
    let shape = |place: &Place| {
        Diagnostic::at(
            place,
            "policy_file_shape",
            Bilingual::new(
                "一个文件应为 table: 表名 和 rows: 行的列表",
                "A file is `table: <name>` and `rows: <list of rows>`",
            ),
        )
    };
    let Value::Map(entries) = node.value else {
        return Err(shape(&node.place));
    };
    let (rows, head): (Vec<Entry>, Vec<Entry>) = entries.into_iter().partition(|entry| entry.key == "rows");
    let head: Head = typed::read_entries(&head.iter().collect::<Vec<_>>(), &node.place)?;
    let Some(rows) = rows.into_iter().next() else {
        return Err(shape(&node.place));
    };
    match rows.value.value {
        Value::List(items) => Ok((head.table, items)),
        Value::Null => Ok((head.table, Vec::new())),
        _ => Err(shape(&rows.value.place)),
    }
}

/// An unknown column may be a misspelt envelope column.
fn suggest_envelope(diagnostic: &mut Diagnostic) {
    let Some(field) = diagnostic.field.as_deref() else {
        return;
    };
    if diagnostic.code == "policy_column_unknown"
        && !diagnostic.message.en.contains("did you mean")
        && let Some(near) = nearest(field, COLUMNS)
    {
        diagnostic.message = Bilingual::new(
            format!("没有“{field}”这个字段，您是否想写“{near}”？"),
            format!("There is no column `{field}`; did you mean `{near}`?"),
        );
    }
}

fn check_declared<T: TableRow>(row: &Row<T>, report: &mut Report<'_>) {
    let own = row.body.conditions();
    let conditions = row.when.iter().map(|when| ("when", when)).chain(own);
    for (column, condition) in conditions {
        if let Err(error) = condition.check(T::VARIABLES) {
            report.refuse(column, "policy_condition_invalid", error.0);
        }
    }
    if T::REASON_REQUIRED && (row.reason.is_none() || row.fix.is_none()) {
        let column = if row.reason.is_none() { "reason" } else { "fix" };
        report.refuse(
            column,
            "policy_column_missing",
            Bilingual::new(
                format!("缺少“{column}”：请用中英文写明原因和改法"),
                format!("`{column}` is missing: say why and how to mend it, in zh and en"),
            ),
        );
    }
    if T::BASIS_REQUIRED && row.basis.is_empty() {
        report.refuse(
            "basis",
            "policy_column_missing",
            Bilingual::new(
                "缺少依据，写成 basis: [{ law: …, article: … }]",
                "The basis is missing; write basis: [{ law: …, article: … }]",
            ),
        );
    }
}

fn version_of(market: &str, tables: &BTreeMap<String, Vec<RawRow>>) -> String {
    let tables: serde_json::Map<String, serde_json::Value> = tables
        .iter()
        .map(|(name, rows)| {
            let rows = rows.iter().map(RawRow::to_json).collect();
            (name.clone(), serde_json::Value::Array(rows))
        })
        .collect();
    let canonical = serde_json::json!({ "market": market, "tables": tables });
    // Canonical JSON of a tree we built (finite numbers, text keys) cannot fail; the plain form stands in if it ever does.
    let bytes = serde_jcs::to_vec(&canonical).unwrap_or_else(|_| canonical.to_string().into_bytes());
    hex::encode(Sha256::digest(bytes))
}
