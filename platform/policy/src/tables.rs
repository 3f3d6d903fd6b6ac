//! Who owns which table: so that a pack can be checked and tested as a whole.

use jiff::civil::Date;
use std::collections::BTreeMap;
use std::fmt;

use crate::condition::Variable;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::law::Law;
use crate::pack::Pack;
use crate::parameter::Parameter;
use crate::row::TableRow;
use crate::text::{Bilingual, nearest};

/// One inline test that did not come out as written.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct TestFailure {
    pub row: String,
    pub file: String,
    pub line: u32,
    pub message: Bilingual,
}

/// What came of running inline tests.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct TestRun {
    pub passed: usize,
    pub failures: Vec<TestFailure>,
}

impl TestRun {
    pub fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failures.extend(other.failures);
    }
}

/// Runs the inline tests of a table as of `date`; `only` names one row.
pub type RunTests = fn(pack: &Pack, date: Date, only: Option<&str>) -> Result<TestRun, Diagnostics>;

/// What is known of a table.
#[derive(Clone, Copy)]
pub struct Table {
    pub name: &'static str,
    pub variables: &'static [Variable],
    check: fn(&Pack) -> Result<(), Diagnostics>,
    tests: Option<RunTests>,
}

/// All tables of the product. The application fills it; `laws`, `parameters` and `calendar` are here already.
#[derive(Clone)]
pub struct Tables {
    known: BTreeMap<&'static str, Table>,
}

impl Tables {
    pub fn new() -> Self {
        let mut tables = Self { known: BTreeMap::new() };
        tables.with::<Law>();
        tables.with::<Parameter>();
        tables.with::<crate::calendar::CalendarDay>();
        tables
    }

    /// Adds a table whose rows have no inline tests to run.
    pub fn with<T: TableRow>(&mut self) -> &mut Self {
        self.add::<T>(None)
    }

    /// Adds a table and how its inline tests are run.
    pub fn with_tests<T: TableRow>(&mut self, tests: RunTests) -> &mut Self {
        self.add::<T>(Some(tests))
    }

    fn add<T: TableRow>(&mut self, tests: Option<RunTests>) -> &mut Self {
        let table =
            Table { name: T::TABLE, variables: T::VARIABLES, check: |pack| pack.rows::<T>().map(|_| ()), tests };
        self.known.insert(T::TABLE, table);
        self
    }

    pub fn get(&self, name: &str) -> Option<&Table> {
        self.known.get(name)
    }

    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.known.keys().copied()
    }

    /// Checks every table of the pack with its owner; a table nobody owns is refused.
    pub fn check(&self, pack: &Pack) -> Result<(), Diagnostics> {
        let mut found = Vec::new();
        for name in pack.table_names() {
            match self.known.get(name) {
                Some(table) => {
                    if let Err(diagnostics) = (table.check)(pack) {
                        found.extend(diagnostics.0);
                    }
                }
                None => found.extend(self.unknown_table(name, pack)),
            }
        }
        if found.is_empty() { Ok(()) } else { Err(Diagnostics(found)) }
    }

    /// Runs all inline tests of the pack, or those of one table or one row.
    pub fn run_tests(
        &self,
        pack: &Pack,
        date: Date,
        table: Option<&str>,
        row: Option<&str>,
    ) -> Result<TestRun, Diagnostics> {
        let mut run = TestRun::default();
        for known in self.known.values() {
            if table.is_none_or(|wanted| wanted == known.name)
                && let Some(tests) = known.tests
            {
                run.add(tests(pack, date, row)?);
            }
        }
        Ok(run)
    }

    fn unknown_table(&self, name: &str, pack: &Pack) -> Option<Diagnostic> {
        let near = nearest(name, self.names());
        let (zh, en) = match near {
            Some(near) => (format!("，您是否想写“{near}”？"), format!("; did you mean `{near}`?")),
            None => {
                let all = self.names().collect::<Vec<_>>().join(", ");
                (format!("。可用：{all}"), format!(". Known: {all}"))
            }
        };
        let message = Bilingual::new(format!("没有“{name}”这个表{zh}"), format!("There is no table `{name}`{en}"));
        let rows = pack.written_rows(name);
        let first = rows.first()?;
        let place = crate::diagnostic::Place { file: first.place().file.clone(), line: 1, column: 1 };
        Some(Diagnostic::at(&place, "policy_table_unknown", message))
    }
}

impl Table {
    /// Whether inline tests of this table can be run.
    pub fn has_tests(&self) -> bool {
        self.tests.is_some()
    }
}

impl Default for Tables {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Tables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.known.keys()).finish()
    }
}
