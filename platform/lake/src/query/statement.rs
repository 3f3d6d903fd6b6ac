//! One statement, read and checked before anything is planned.
//!
//! Allowed: SELECT and WITH, EXPLAIN of them, DESCRIBE and SHOW COLUMNS of a table, SHOW TABLES. The tree is walked: no
//! statement hides inside another, nothing locks, nothing is written into a table or file, and functions that make much out
//! of little only take a written length. `now()` and its kin become the moment the caller gives, so that an answer can be
//! asked for again.

use super::error::{Place, QueryError, Refusal};
use datafusion::sql::parser::{DFParserBuilder, Statement};
use datafusion::sql::sqlparser::ast::{
    self, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, ObjectName, ObjectNamePart, Query, SetExpr, Spanned,
    TableFactor, Value, Visit, VisitMut, Visitor, VisitorMut,
};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::parser::Parser;
use ground::Timestamp;
use jiff::tz::TimeZone;
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// Longest statement, bytes.
pub const SQL_BYTES_MAX: usize = 64 << 10;
/// Deepest nesting of a statement.
const DEPTH_MAX: usize = 48;
/// Longest text or list a function may make by repeating, units.
const REPEAT_MAX: u64 = 10_000;

/// Functions that make much out of little: their lengths must be written in the statement.
const GROWING: [&str; 13] = [
    "repeat",
    "lpad",
    "rpad",
    "space",
    "array_repeat",
    "list_repeat",
    "array_resize",
    "list_resize",
    "range",
    "generate_series",
    "gen_series",
    "array_range",
    "list_range",
];
/// Functions that tell about the engine and not about the data.
const HIDDEN: [&str; 3] = ["version", "file_row_index", "input_file_name"];
/// Functions that tell the time.
const CLOCK: [&str; 8] = [
    "now",
    "current_timestamp",
    "current_date",
    "current_time",
    "today",
    "localtimestamp",
    "localtime",
    "transaction_timestamp",
];

/// What is asked.
#[derive(Debug)]
pub(crate) enum Asked {
    /// Rows of a query.
    Rows(Box<Statement>),
    /// How a query would be answered.
    Plan { query: Box<Statement>, analyze: bool, verbose: bool },
    /// The tables there are.
    Tables,
    /// The columns of a table.
    Columns(String),
}

/// A checked statement.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) asked: Asked,
    /// Names that stand where tables stand, in small letters unless quoted.
    pub(crate) relations: BTreeSet<String>,
}

/// Reads and checks.
pub(crate) fn check(sql: &str, now: Timestamp, zone: &TimeZone) -> Result<Checked, QueryError> {
    if sql.len() > SQL_BYTES_MAX {
        return Err(Refusal::TooLong(SQL_BYTES_MAX).into());
    }
    let dialect = GenericDialect {};
    let mut parser = DFParserBuilder::new(sql)
        .with_dialect(&dialect)
        .with_recursion_limit(DEPTH_MAX)
        .build()
        .map_err(|error| parse_error(&error))?;
    let mut statements = parser.parse_statements().map_err(|error| parse_error(&error))?;
    if statements.len() > 1 {
        return Err(Refusal::Several.into());
    }
    let statement = statements.pop_front().ok_or(Refusal::Empty)?;
    let mut checked = Checked { asked: asked(statement)?, relations: BTreeSet::new() };
    if let Asked::Rows(statement) | Asked::Plan { query: statement, .. } = &mut checked.asked
        && let Statement::Statement(inner) = statement.as_mut()
    {
        let mut walk = Walk { relations: BTreeSet::new() };
        if let ControlFlow::Break(error) = Visit::visit(inner.as_ref(), &mut walk) {
            return Err(error);
        }
        checked.relations = walk.relations;
        let mut clock = ClockReading { now, zone };
        if let ControlFlow::Break(error) = VisitMut::visit(inner.as_mut(), &mut clock) {
            return Err(error);
        }
    }
    Ok(checked)
}

fn asked(statement: Statement) -> Result<Asked, QueryError> {
    match statement {
        Statement::Statement(inner) => match *inner {
            ast::Statement::Query(_) => Ok(Asked::Rows(Box::new(Statement::Statement(inner)))),
            ast::Statement::ShowTables { .. } => Ok(Asked::Tables),
            ast::Statement::ExplainTable { table_name, .. } => Ok(Asked::Columns(last_name(&table_name))),
            ast::Statement::ShowColumns { show_options, .. } => {
                let table = show_options.show_in.and_then(|within| within.parent_name);
                table.map(|table| Asked::Columns(last_name(&table))).ok_or_else(|| not_reading("SHOW COLUMNS"))
            }
            other => Err(not_reading(&first_words(&other.to_string()))),
        },
        Statement::Explain(explain) => match asked(*explain.statement)? {
            Asked::Rows(query) => {
                let (analyze, verbose) = (explain.options.analyze, explain.options.verbose);
                Ok(Asked::Plan { query, analyze, verbose })
            }
            _ => Err(not_reading("EXPLAIN")),
        },
        other => Err(not_reading(&first_words(&other.to_string()))),
    }
}

fn not_reading(what: &str) -> QueryError {
    Refusal::NotReading(what.to_owned()).into()
}

/// `CREATE TABLE` out of a longer statement.
fn first_words(text: &str) -> String {
    let words = text.split_whitespace().take(2);
    let words: Vec<&str> = words.take_while(|word| word.chars().all(|c| c.is_ascii_alphabetic())).collect();
    words.join(" ").to_uppercase()
}

/// The table a name means: its last part. Names before it (catalog, schema) are refused where a query is walked.
fn last_name(name: &ObjectName) -> String {
    match name.0.last() {
        Some(ObjectNamePart::Identifier(ident)) if ident.quote_style.is_some() => ident.value.clone(),
        Some(ObjectNamePart::Identifier(ident)) => ident.value.to_lowercase(),
        _ => String::new(),
    }
}

struct Walk {
    relations: BTreeSet<String>,
}

impl Walk {
    fn function(&self, name: &ObjectName, arguments: &[FunctionArg]) -> ControlFlow<QueryError> {
        let text = last_name(name);
        let place = place_of(name.span());
        if HIDDEN.contains(&text.as_str()) {
            return ControlFlow::Break(QueryError::at(Refusal::Function(text), place));
        }
        let growing = GROWING.contains(&text.as_str());
        if growing && !lengths_are_small(&text, arguments) {
            return ControlFlow::Break(QueryError::at(Refusal::Function(text), place));
        }
        ControlFlow::Continue(())
    }
}

impl Visitor for Walk {
    type Break = QueryError;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<QueryError> {
        if !query.locks.is_empty() {
            return ControlFlow::Break(not_reading("FOR UPDATE"));
        }
        if query.for_clause.is_some() || query.settings.is_some() || query.format_clause.is_some() {
            return ControlFlow::Break(not_reading("FOR / SETTINGS / FORMAT"));
        }
        body(&query.body)
    }

    fn pre_visit_select(&mut self, select: &ast::Select) -> ControlFlow<QueryError> {
        if select.into.is_some() { ControlFlow::Break(not_reading("SELECT INTO")) } else { ControlFlow::Continue(()) }
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<QueryError> {
        if relation.0.len() > 1 {
            let place = place_of(relation.span());
            return ControlFlow::Break(QueryError::at(Refusal::UnknownTable(relation.to_string(), None), place));
        }
        self.relations.insert(last_name(relation));
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<QueryError> {
        match factor {
            TableFactor::Table { name, args: Some(arguments), .. } => self.function(name, &arguments.args),
            TableFactor::Function { name, args, .. } => self.function(name, args),
            _ => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<QueryError> {
        match expr {
            Expr::Function(function) => match &function.args {
                FunctionArguments::List(list) => self.function(&function.name, &list.args),
                _ => self.function(&function.name, &[]),
            },
            _ => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_statement(&mut self, statement: &ast::Statement) -> ControlFlow<QueryError> {
        match statement {
            ast::Statement::Query(_) => ControlFlow::Continue(()),
            other => ControlFlow::Break(not_reading(&first_words(&other.to_string()))),
        }
    }
}

fn body(body: &SetExpr) -> ControlFlow<QueryError> {
    match body {
        SetExpr::Insert(statement)
        | SetExpr::Update(statement)
        | SetExpr::Delete(statement)
        | SetExpr::Merge(statement) => ControlFlow::Break(not_reading(&first_words(&statement.to_string()))),
        SetExpr::SetOperation { left, right, .. } => match self::body(left) {
            ControlFlow::Continue(()) => self::body(right),
            refused => refused,
        },
        _ => ControlFlow::Continue(()),
    }
}

/// Whether a growing function is asked for a small, written size. `repeat(x, n)`, `lpad(x, n[, f])`, `array_repeat(x, n)`,
/// `range([from,] to[, step])`.
fn lengths_are_small(name: &str, arguments: &[FunctionArg]) -> bool {
    let number = |argument: &FunctionArg| -> Option<i128> {
        let FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) = argument else { return None };
        whole_number(expr)
    };
    let small = |number: i128| number.unsigned_abs() <= u128::from(REPEAT_MAX);
    if matches!(name, "range" | "generate_series" | "gen_series" | "array_range" | "list_range") {
        let numbers: Option<Vec<i128>> = arguments.iter().map(number).collect();
        return match numbers.as_deref() {
            Some([until]) => small(*until),
            Some([from, until] | [from, until, _]) => small(until - from),
            _ => false,
        };
    }
    arguments.get(1).and_then(number).is_some_and(small)
}

fn whole_number(expr: &Expr) -> Option<i128> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::Number(text, _) => text.parse::<i64>().ok().map(i128::from),
            _ => None,
        },
        Expr::UnaryOp { op: ast::UnaryOperator::Minus, expr } => whole_number(expr).map(|number| -number),
        Expr::Nested(inner) => whole_number(inner),
        _ => None,
    }
}

/// Puts the caller's moment where the statement asks for the time.
struct ClockReading<'a> {
    now: Timestamp,
    zone: &'a TimeZone,
}

impl VisitorMut for ClockReading<'_> {
    type Break = QueryError;

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<QueryError> {
        let Expr::Function(function) = expr else { return ControlFlow::Continue(()) };
        let name = last_name(&function.name);
        if function.name.0.len() != 1 || !CLOCK.contains(&name.as_str()) {
            return ControlFlow::Continue(());
        }
        let moment = self.now.to_jiff();
        let local = self.zone.to_datetime(moment);
        let text = match name.as_str() {
            "current_date" | "today" => format!("DATE '{}'", local.date()),
            "current_time" | "localtime" => format!("TIME '{}'", local.time()),
            _ => {
                let zone = self.zone.iana_name().unwrap_or("UTC");
                format!("arrow_cast('{moment}', 'Timestamp(Microsecond, Some(\"{zone}\"))')")
            }
        };
        let parsed = Parser::new(&GenericDialect {}).try_with_sql(&text).and_then(|mut parser| parser.parse_expr());
        match parsed {
            Ok(literal) => {
                *expr = literal;
                ControlFlow::Continue(())
            }
            Err(error) => ControlFlow::Break(Refusal::Internal(error.to_string()).into()),
        }
    }
}

fn place_of(span: datafusion::sql::sqlparser::tokenizer::Span) -> Option<Place> {
    (span.start.line > 0).then_some(Place { line: span.start.line, column: span.start.column })
}

fn parse_error(error: &datafusion::error::DataFusionError) -> QueryError {
    let text = error.strip_backtrace();
    if text.contains("ecursion") {
        return Refusal::Unsupported("more than 48 levels of nesting".into()).into();
    }
    syntax(&text)
}

/// `… found: FORM at Line: 1, Column: 10` as a place and what stands there.
pub(crate) fn syntax(text: &str) -> QueryError {
    let after = |mark: &str| text.rsplit_once(mark).map(|(_, rest)| rest);
    let number = |rest: &str| -> Option<u64> {
        let digits: String = rest.trim_start().chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    };
    let place = after("Line: ").and_then(number).zip(after("Column: ").and_then(number));
    let near = after("found: ").map(|rest| rest.split(" at Line").next().unwrap_or(rest).trim().to_owned());
    let near = near.filter(|near| near != "EOF").map(|near| near.chars().take(40).collect()).unwrap_or_default();
    QueryError::at(Refusal::Syntax(near), place.map(|(line, column)| Place { line, column }))
}
