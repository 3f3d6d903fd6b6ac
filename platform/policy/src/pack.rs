//! From files to a checked pack.

use jiff::civil::Date;
use sha2::{Digest, Sha256};
use std::any::{Any, TypeId};
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::diagnostic::{Diagnostic, Diagnostics, Place, Report};
use crate::envelope::{COLUMNS, RawRow, read_row};
use crate::graph::circle;
use crate::law::{Law, Provision};
use crate::node::{Entry, Node, Source, Value};
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
        Ok(Self {
            market: market.to_owned(),
            version,
            sources,
            tables,
            laws,
            read: Mutex::default(),
        })
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
        let known = self
            .read
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&TypeId::of::<T>())
            .cloned();
        if let Some(rows) = known.and_then(|any| any.downcast::<Vec<Arc<Row<T>>>>().ok()) {
            return Ok(rows.as_ref().clone());
        }
        let rows = Arc::new(self.read_rows::<T>()?);
        self.read
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(TypeId::of::<T>(), rows.clone());
        Ok(rows.as_ref().clone())
    }

    /// The rows in force on `date`, whatever their mode.
    pub fn rows_at<T: TableRow>(&self, date: Date) -> Result<Vec<Arc<Row<T>>>, Diagnostics> {
        let mut rows = self.rows::<T>()?;
        rows.retain(|row| row.in_force(date));
        Ok(rows)
    }

    /// Whether any table has a row of this id.
    pub fn has_row(&self, id: &str) -> bool {
        self.tables.values().flatten().any(|row| row.id == id)
    }

    /// The law's row in force on `date`, else the latest one.
    pub fn law(&self, id: &str, date: Date) -> Option<&Row<Law>> {
        let rows = || self.laws.iter().filter(|law| law.id == id);
        rows()
            .find(|law| law.in_force(date))
            .or_else(|| rows().max_by_key(|law| law.from))
    }

    pub fn laws(&self) -> &[Row<Law>] {
        &self.laws
    }

    /// Rows of any table as written, for the console and for differences: id, place and columns.
    pub fn written_rows(&self, table: &str) -> Vec<WrittenRow<'_>> {
        self.tables
            .get(table)
            .into_iter()
            .flatten()
            .map(|raw| WrittenRow { raw })
            .collect()
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
        let mut report = Report {
            row: &raw.id,
            place: &raw.place,
            columns: &columns,
            found: Vec::new(),
        };
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
            edges
                .entry(row.id.clone())
                .or_insert_with(Vec::new)
                .extend(needs);
        }
        if let Some(names) = circle(&edges) {
            let place = rows
                .iter()
                .find(|row| row.id == names[0])
                .map(|row| &row.place);
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
        self.raw
            .basis
            .iter()
            .map(|(basis, _)| basis.clone())
            .collect()
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

fn finish(mut found: Vec<Diagnostic>) -> Result<(), Diagnostics> {
    if found.is_empty() {
        return Ok(());
    }
    found.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
    found.dedup();
    found.truncate(DIAGNOSTICS_MAX);
    Err(Diagnostics(found))
}

fn read_files(
    market: &str,
    sources: &[Source],
    found: &mut Vec<Diagnostic>,
) -> BTreeMap<String, Vec<RawRow>> {
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
                Bilingual::new(
                    format!("一个策略包最多 {ROWS_MAX} 行"),
                    format!("A pack has at most {ROWS_MAX} rows"),
                ),
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
    let (rows, head): (Vec<Entry>, Vec<Entry>) =
        entries.into_iter().partition(|entry| entry.key == "rows");
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

fn extend_rows(tables: &mut BTreeMap<String, Vec<RawRow>>, found: &mut Vec<Diagnostic>) {
    for rows in tables.values_mut() {
        let mut edges: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for row in rows.iter() {
            if let Some((base, place)) = &row.extends {
                if !rows.iter().any(|other| other.id == *base) {
                    let near = nearest(base, rows.iter().map(|other| other.id.as_str()));
                    found.push(
                        unknown_row(base, near, place)
                            .in_row(&row.id)
                            .in_field("extends"),
                    );
                }
                edges.entry(row.id.clone()).or_default().push(base.clone());
            }
        }
        if let Some(names) = circle(&edges) {
            if let Some(row) = rows.iter().find(|row| row.id == names[0]) {
                found.push(cycle(&names, &row.place).in_field("extends"));
            }
            continue;
        }
        // No circle: resolving a base before what extends it ends.
        let mut resolved: Vec<Option<RawRow>> = vec![None; rows.len()];
        for index in 0..rows.len() {
            resolve(index, rows, &mut resolved);
        }
        *rows = resolved.into_iter().flatten().collect();
    }
}

fn resolve(index: usize, rows: &[RawRow], resolved: &mut Vec<Option<RawRow>>) {
    if resolved[index].is_some() {
        return;
    }
    let mut row = rows[index].clone();
    if let Some((base, _)) = &row.extends {
        let candidates = || {
            rows.iter()
                .enumerate()
                .filter(|(_, other)| other.id == *base)
        };
        let in_force = candidates().find(|(_, other)| {
            other.from <= row.from && other.until.is_none_or(|until| row.from < until)
        });
        if let Some((at, _)) = in_force.or_else(|| candidates().max_by_key(|(_, other)| other.from))
        {
            resolve(at, rows, resolved);
            if let Some(base) = resolved[at].clone() {
                row.inherit(&base);
            }
        }
    }
    resolved[index] = Some(row);
}

/// An id belongs to one table; rows that share it must not be in force on the same day.
fn check_identity(tables: &BTreeMap<String, Vec<RawRow>>, found: &mut Vec<Diagnostic>) {
    let mut owners: HashMap<&str, (&str, Vec<&RawRow>)> = HashMap::new();
    for (table, rows) in tables {
        for row in rows {
            let (owner, earlier) = owners
                .entry(&row.id)
                .or_insert_with(|| (table.as_str(), Vec::new()));
            let first = earlier.first().map(|row| row.place.to_string());
            if *owner != table {
                let at = first.unwrap_or_default();
                found.push(identity_error(
                    row,
                    "policy_id_duplicate",
                    Bilingual::new(
                        format!("id 已在 {at} 的表 {owner} 中使用，请另取一个"),
                        format!("The id is taken by {at} in table {owner}; choose another"),
                    ),
                ));
            } else if let Some(other) = earlier.iter().find(|other| other.meets(row)) {
                let at = &other.place;
                let (code, message) = if other.from == row.from && other.until == row.until {
                    (
                        "policy_id_duplicate",
                        Bilingual::new(
                            format!("与 {at} 是同一个 id、同一段日期，请另取一个 id 或删去一行"),
                            format!(
                                "Same id and same dates as {at}; choose another id or remove one row"
                            ),
                        ),
                    )
                } else {
                    (
                        "policy_dates_overlap",
                        Bilingual::new(
                            format!("与 {at} 的有效期重叠；请让前一行的 until 等于后一行的 from"),
                            format!(
                                "In force on the same days as {at}; let the earlier row's `until` be the later row's `from`"
                            ),
                        ),
                    )
                };
                found.push(identity_error(row, code, message));
            }
            earlier.push(row);
        }
    }
}

fn identity_error(row: &RawRow, code: &'static str, message: Bilingual) -> Diagnostic {
    Diagnostic::at(&row.place, code, message)
        .in_row(&row.id)
        .in_field("id")
}

fn read_laws(tables: &BTreeMap<String, Vec<RawRow>>, found: &mut Vec<Diagnostic>) -> Vec<Row<Law>> {
    let mut laws = Vec::new();
    for raw in tables.get(Law::TABLE).into_iter().flatten() {
        match typed::read_entries::<Law>(&raw.body(), &raw.place) {
            Ok(body) => laws.push(Row {
                id: raw.id.clone(),
                from: raw.from,
                until: raw.until,
                mode: raw.mode,
                basis: Vec::new(),
                reason: None,
                fix: None,
                when: None,
                tests: Vec::new(),
                place: raw.place.clone(),
                body,
            }),
            Err(diagnostic) => found.push(diagnostic.in_row(&raw.id)),
        }
    }
    laws
}

fn check_basis(
    tables: &BTreeMap<String, Vec<RawRow>>,
    laws: &[Row<Law>],
    found: &mut Vec<Diagnostic>,
) {
    for row in tables.values().flatten() {
        for (basis, place) in &row.basis {
            let mut versions = laws.iter().filter(|law| law.id == basis.law).peekable();
            if versions.peek().is_none() {
                let near = nearest(&basis.law, laws.iter().map(|law| law.id.as_str()));
                found.push(
                    unknown_law(&basis.law, near, place)
                        .in_row(&row.id)
                        .in_field("basis"),
                );
                continue;
            }
            let known = versions.any(|law| match law.body.articles {
                None => true,
                Some(_) if basis.article.is_empty() => true,
                Some(last) => Provision::parse(&basis.article)
                    .is_some_and(|provision| provision.article <= last),
            });
            if !known {
                found.push(
                    unknown_article(&basis.article, &basis.law, laws, place)
                        .in_row(&row.id)
                        .in_field("basis"),
                );
            }
        }
    }
}

fn unknown_law(law: &str, near: Option<&str>, place: &Place) -> Diagnostic {
    let (zh, en) = match near {
        Some(near) => (
            format!("，您是否想写“{near}”？"),
            format!("; did you mean `{near}`?"),
        ),
        None => (
            "，请在 laws 表中补上".to_owned(),
            "; add it to the table `laws`".to_owned(),
        ),
    };
    Diagnostic::at(
        place,
        "policy_law_unknown",
        Bilingual::new(
            format!("laws 表中没有“{law}”这部法律{zh}"),
            format!("The table `laws` has no `{law}`{en}"),
        ),
    )
}

fn unknown_article(article: &str, law: &str, laws: &[Row<Law>], place: &Place) -> Diagnostic {
    let last = laws
        .iter()
        .filter(|row| row.id == law)
        .filter_map(|row| row.body.articles)
        .max()
        .unwrap_or(0);
    Diagnostic::at(
        place,
        "policy_article_unknown",
        Bilingual::new(
            format!("“{law}”没有条款“{article}”；它共 {last} 条，写成 9、9(3)、28¶2 或 28¶2(4)"),
            format!(
                "`{law}` has no article `{article}`; it has {last}, written 9, 9(3), 28¶2 or 28¶2(4)"
            ),
        ),
    )
}

fn unknown_row(id: &str, near: Option<&str>, place: &Place) -> Diagnostic {
    let (zh, en) = match near {
        Some(near) => (
            format!("，您是否想写“{near}”？"),
            format!("; did you mean `{near}`?"),
        ),
        None => (String::new(), String::new()),
    };
    Diagnostic::at(
        place,
        "policy_row_unknown",
        Bilingual::new(
            format!("没有 id 为“{id}”的行{zh}"),
            format!("There is no row `{id}`{en}"),
        ),
    )
}

fn cycle(names: &[&str], place: &Place) -> Diagnostic {
    let path = format!("{} → {}", names.join(" → "), names[0]);
    Diagnostic::at(
        place,
        "policy_cycle",
        Bilingual::new(
            format!("这些行互相引用成了环：{path}；请去掉其中一处引用"),
            format!("These rows need each other in a circle: {path}; remove one of the references"),
        ),
    )
    .in_row(names[0])
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
        let column = if row.reason.is_none() {
            "reason"
        } else {
            "fix"
        };
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
    let bytes =
        serde_jcs::to_vec(&canonical).unwrap_or_else(|_| canonical.to_string().into_bytes());
    hex::encode(Sha256::digest(bytes))
}
