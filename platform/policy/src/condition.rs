//! Conditions in CEL over a few declared variables.
//!
//! A condition is compiled when the pack is read and tried once with a sample of each variable's kind, so that an unknown
//! name, an unknown function or a comparison between text and number is refused with its place before anything runs.

use cel::common::ast::{EntryExpr, Expr};
use cel::{Context, Env, IdedExpr, Program};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use crate::text::{Bilingual, nearest};
use crate::typed;

/// Longest condition in bytes.
pub const LENGTH_MAX: usize = 1_000;
/// Deepest nesting of an expression.
pub const DEPTH_MAX: u16 = 24;
/// Most parts an expression may have.
pub const PARTS_MAX: usize = 400;
/// Most member accesses, calls and brackets of an expression together.
pub const LINKS_MAX: usize = 40;
/// Longest list a condition may be given; longer ones are cut.
pub const LIST_ITEMS_MAX: usize = 1_000;

static STANDARD: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

/// What a variable holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Bool,
    /// 64-bit whole number. Money is in minor units.
    Int,
    Decimal,
    Text,
    /// List of texts.
    TextList,
    /// Text to text.
    TextMap,
}

/// A name conditions of a table may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variable {
    pub name: &'static str,
    pub kind: Kind,
}

impl Variable {
    pub const fn new(name: &'static str, kind: Kind) -> Self {
        Self { name, kind }
    }
    pub const fn bool(name: &'static str) -> Self {
        Self::new(name, Kind::Bool)
    }
    pub const fn int(name: &'static str) -> Self {
        Self::new(name, Kind::Int)
    }
    pub const fn decimal(name: &'static str) -> Self {
        Self::new(name, Kind::Decimal)
    }
    pub const fn text(name: &'static str) -> Self {
        Self::new(name, Kind::Text)
    }
    pub const fn texts(name: &'static str) -> Self {
        Self::new(name, Kind::TextList)
    }
    pub const fn text_map(name: &'static str) -> Self {
        Self::new(name, Kind::TextMap)
    }
}

/// What a condition is asked about. Reuse one: `set` overwrites.
///
/// A declared variable that is not set makes a condition that uses it an error; set an absent number with
/// [`Facts::set_absent`] and guard it in the rule: `has_price && price_minor > 100`.
pub struct Facts {
    context: Context<'static, 'static>,
}

/// A value for [`Facts::set`].
#[derive(Clone, Debug)]
pub struct Fact(cel::Value);

impl Facts {
    pub fn new() -> Self {
        Self { context: Context::with_env(STANDARD.clone()) }
    }

    pub fn set(&mut self, name: &str, value: impl Into<Fact>) -> &mut Self {
        self.context.add_variable_from_value(name, value.into().0);
        self
    }

    /// Sets the neutral value of `kind`: false, 0, 0.0, "", [] or {}.
    pub fn set_absent(&mut self, variable: &Variable) -> &mut Self {
        let value = match variable.kind {
            Kind::Bool => Fact::from(false),
            Kind::Int => Fact::from(0_i64),
            Kind::Decimal => Fact::from(0.0),
            Kind::Text => Fact::from(""),
            Kind::TextList => Fact::from(Vec::<String>::new()),
            Kind::TextMap => Fact::from(std::collections::HashMap::<String, String>::new()),
        };
        self.set(variable.name, value)
    }

    /// Sets every declared variable to its neutral value.
    pub fn clear(&mut self, variables: &[Variable]) -> &mut Self {
        for variable in variables {
            self.set_absent(variable);
        }
        self
    }
}

impl Default for Facts {
    fn default() -> Self {
        Self::new()
    }
}

impl From<bool> for Fact {
    fn from(value: bool) -> Self {
        Self(cel::Value::Bool(value))
    }
}
impl From<i64> for Fact {
    fn from(value: i64) -> Self {
        Self(cel::Value::Int(value))
    }
}
impl From<f64> for Fact {
    fn from(value: f64) -> Self {
        Self(cel::Value::Float(value))
    }
}
impl From<&str> for Fact {
    fn from(value: &str) -> Self {
        Self(cel::Value::from(value))
    }
}
impl From<String> for Fact {
    fn from(value: String) -> Self {
        Self(cel::Value::from(value))
    }
}
impl From<Vec<String>> for Fact {
    fn from(mut value: Vec<String>) -> Self {
        value.truncate(LIST_ITEMS_MAX);
        Self(cel::Value::from(value))
    }
}
impl From<&[&str]> for Fact {
    fn from(value: &[&str]) -> Self {
        Self::from(value.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>())
    }
}
impl From<std::collections::HashMap<String, String>> for Fact {
    fn from(value: std::collections::HashMap<String, String>) -> Self {
        Self(cel::Value::from(value))
    }
}

/// Why a condition cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} / {}", .0.en, .0.zh)]
pub struct ConditionError(pub Bilingual);

/// A compiled condition.
#[derive(Clone)]
pub struct Condition {
    text: Arc<str>,
    program: Arc<Program>,
    names: Arc<[String]>,
}

impl Condition {
    /// Compiles `text`. Fails on syntax, length, nesting and unknown functions.
    pub fn compile(text: &str) -> Result<Self, ConditionError> {
        if text.len() > LENGTH_MAX {
            return Err(ConditionError(Bilingual::new(
                format!("条件不得超过 {LENGTH_MAX} 字节，请拆成几行"),
                format!("A condition has at most {LENGTH_MAX} bytes; split it into rows"),
            )));
        }
        let links = text.bytes().filter(|byte| b".([{".contains(byte)).count();
        if nesting(text) > usize::from(DEPTH_MAX) || links > LINKS_MAX {
            return Err(too_deep());
        }
        let parser = STANDARD.parser().max_recursion_depth(DEPTH_MAX);
        parser.parse(text).map_err(|errors| syntax_error(&errors))?;
        let program = STANDARD.compile(text).map_err(|errors| syntax_error(&errors))?;
        let mut names = Names::default();
        names.visit(program.expression());
        if names.parts > PARTS_MAX {
            return Err(ConditionError(Bilingual::new(
                format!("条件过长（超过 {PARTS_MAX} 个部分），请拆成几行"),
                format!("The condition has more than {PARTS_MAX} parts; split it into rows"),
            )));
        }
        Ok(Self { text: text.into(), program: Arc::new(program), names: names.free.into_iter().collect() })
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// Variables the condition speaks of, sorted.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Refuses names that are not declared and expressions that cannot be evaluated over the declared kinds.
    pub fn check(&self, variables: &[Variable]) -> Result<(), ConditionError> {
        for name in self.names.iter() {
            if !variables.iter().any(|variable| variable.name == name) {
                return Err(unknown_name(name, variables));
            }
        }
        let mut facts = Facts::new();
        for variable in variables {
            match variable.kind {
                // One item, so that the inside of `exists` and `all` is tried too.
                Kind::TextList => facts.set(variable.name, vec![String::new()]),
                _ => facts.set_absent(variable),
            };
        }
        try_parts(self.program.expression(), &facts)?;
        match self.program.execute(&facts.context) {
            Ok(cel::Value::Bool(_)) => Ok(()),
            Ok(other) => Err(not_boolean(&other)),
            Err(error) if depends_on_values(&error) => Ok(()),
            Err(error) => Err(evaluation_error(&error)),
        }
    }

    /// Whether the condition holds of `facts`.
    pub fn holds(&self, facts: &Facts) -> Result<bool, ConditionError> {
        match self.program.execute(&facts.context) {
            Ok(cel::Value::Bool(value)) => Ok(value),
            Ok(other) => Err(not_boolean(&other)),
            Err(error) => Err(evaluation_error(&error)),
        }
    }
}

impl std::fmt::Debug for Condition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Condition({})", self.text)
    }
}

impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl<'de> Deserialize<'de> for Condition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::compile(&text).map_err(|error| serde::de::Error::custom(typed::both(&error.0)))
    }
}

/// How deep the brackets and the `?:` of a text go, at most. The parser descends before it counts, so this is looked at
/// first; quotes are followed roughly, which can only make the answer larger.
fn nesting(text: &str) -> usize {
    let (mut depth, mut deepest, mut choices) = (0_usize, 0, 0);
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b'?' => choices += 1,
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest + choices
}

fn too_deep() -> ConditionError {
    ConditionError(Bilingual::new(
        format!("条件嵌套超过 {DEPTH_MAX} 层，或 . ( [ 超过 {LINKS_MAX} 个，请拆成几行"),
        format!(
            "The condition nests deeper than {DEPTH_MAX} or has more than {LINKS_MAX} of . ( [; split it into rows"
        ),
    ))
}

fn syntax_error(errors: &cel::ParseErrors) -> ConditionError {
    let (line, column, detail) = errors
        .errors
        .first()
        .map_or_else(|| (1, 1, String::new()), |error| (error.pos.0, error.pos.1, error.msg.clone()));
    ConditionError(Bilingual::new(
        format!("条件写法有误（条件内第 {line} 行第 {column} 列）：{detail}"),
        format!("The condition cannot be read (its line {line}, column {column}): {detail}"),
    ))
}

fn unknown_name(name: &str, variables: &[Variable]) -> ConditionError {
    let known: Vec<&str> = variables.iter().map(|variable| variable.name).collect();
    let all = if known.is_empty() { "—".to_owned() } else { known.join(", ") };
    ConditionError(match nearest(name, known.iter().copied()) {
        Some(near) => Bilingual::new(
            format!("条件里没有“{name}”这个变量，您是否想写“{near}”？"),
            format!("There is no variable `{name}` here; did you mean `{near}`?"),
        ),
        None => Bilingual::new(
            format!("条件里没有“{name}”这个变量。可用：{all}"),
            format!("There is no variable `{name}` here. Known: {all}"),
        ),
    })
}

fn not_boolean(value: &cel::Value) -> ConditionError {
    let kind = value.type_of();
    ConditionError(Bilingual::new(
        format!("条件的结果应为真或假，却是 {kind}"),
        format!("A condition gives true or false; this one gives {kind}"),
    ))
}

fn evaluation_error(error: &cel::ExecutionError) -> ConditionError {
    ConditionError(Bilingual::new(
        format!("条件无法计算：{error}"),
        format!("The condition cannot be evaluated: {error}"),
    ))
}

/// Tries every operand of `&&`, `||` and `?:` by itself: what is short-circuited with the samples is found too.
fn try_parts(expression: &IdedExpr, facts: &Facts) -> Result<(), ConditionError> {
    let Expr::Call(call) = &expression.expr else {
        return Ok(());
    };
    for operand in call.target.iter().map(AsRef::as_ref).chain(&call.args) {
        match facts.context.resolve(operand) {
            Err(error) if !depends_on_values(&error) => return Err(evaluation_error(&error)),
            _ => {}
        }
        try_parts(operand, facts)?;
    }
    Ok(())
}

/// Errors that come from the sample values and not from the expression.
fn depends_on_values(error: &cel::ExecutionError) -> bool {
    matches!(
        error,
        cel::ExecutionError::DivisionByZero(_)
            | cel::ExecutionError::RemainderByZero(_)
            | cel::ExecutionError::IndexOutOfBounds(_)
            | cel::ExecutionError::NoSuchKey(_)
            | cel::ExecutionError::Overflow(..)
    )
}

/// Finds the names an expression takes from outside; the variables of `all`, `exists`, `map` and `filter` are its own.
#[derive(Default)]
struct Names {
    free: BTreeSet<String>,
    bound: Vec<String>,
    parts: usize,
}

impl Names {
    fn visit(&mut self, expression: &IdedExpr) {
        self.parts += 1;
        match &expression.expr {
            Expr::Unspecified | Expr::Literal(_) => {}
            Expr::Ident(name) => {
                if !self.bound.contains(name) {
                    self.free.insert(name.clone());
                }
            }
            Expr::Select(select) => self.visit(&select.operand),
            Expr::List(list) => list.elements.iter().for_each(|item| self.visit(item)),
            Expr::Call(call) => {
                if let Some(target) = &call.target {
                    self.visit(target);
                }
                call.args.iter().for_each(|argument| self.visit(argument));
            }
            Expr::Map(map) => map.entries.iter().for_each(|entry| self.visit_entry(&entry.expr)),
            Expr::Struct(fields) => fields.entries.iter().for_each(|entry| self.visit_entry(&entry.expr)),
            Expr::Comprehension(inner) => {
                self.visit(&inner.iter_range);
                self.visit(&inner.accu_init);
                let depth = self.bound.len();
                self.bound.push(inner.iter_var.clone());
                self.bound.extend(inner.iter_var2.clone());
                self.bound.push(inner.accu_var.clone());
                self.visit(&inner.loop_cond);
                self.visit(&inner.loop_step);
                self.visit(&inner.result);
                self.bound.truncate(depth);
            }
        }
    }

    fn visit_entry(&mut self, entry: &EntryExpr) {
        match entry {
            EntryExpr::StructField(field) => self.visit(&field.value),
            EntryExpr::MapEntry(entry) => {
                self.visit(&entry.key);
                self.visit(&entry.value);
            }
        }
    }
}
