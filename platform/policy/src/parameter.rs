//! Named, effective-dated single values: deadlines, shares, amounts, lists.

use jiff::civil::Date;
use serde::de::{Deserializer, Visitor};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use crate::diagnostic::{Diagnostics, Report};
use crate::pack::Pack;
use crate::row::{Row, TableRow};
use crate::text::{Bilingual, nearest};

/// The value of a parameter.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Scalar {
    Bool(bool),
    Integer(i64),
    Decimal(f64),
    Text(String),
    /// Whole numbers, for instance days before an expiry.
    Integers(Vec<i64>),
    Texts(Vec<String>),
}

/// A row of the table `parameters`; its id is the name, for instance `review.lease_minutes`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// What it is for.
    pub title: Bilingual,
    pub value: Scalar,
    /// `minutes`, `hours`, `days`, `working_days`, `months`, `share`, `minor`, `count`, `bytes`, `text`, …
    pub unit: String,
    /// Smallest and largest value that makes sense, for the editor.
    #[serde(default)]
    pub minimum: Option<f64>,
    #[serde(default)]
    pub maximum: Option<f64>,
}

impl TableRow for Parameter {
    const TABLE: &'static str = "parameters";

    fn check(row: &Row<Self>, _pack: &Pack, report: &mut Report<'_>) {
        let parameter = &row.body;
        let values: Vec<f64> = match &parameter.value {
            Scalar::Integer(value) => vec![*value as f64],
            Scalar::Decimal(value) => vec![*value],
            Scalar::Integers(values) => values.iter().map(|value| *value as f64).collect(),
            _ => Vec::new(),
        };
        let low = parameter.minimum.unwrap_or(f64::NEG_INFINITY);
        let high = parameter.maximum.unwrap_or(f64::INFINITY);
        let (low, high) = if parameter.unit == "share" { (low.max(0.0), high.min(1.0)) } else { (low, high) };
        if values.iter().any(|value| *value < low || *value > high) {
            report.refuse(
                "value",
                "policy_parameter_out_of_range",
                Bilingual::new(
                    format!("值应在 {low} 与 {high} 之间"),
                    format!("The value lies between {low} and {high}"),
                ),
            );
        }
    }
}

/// Why a parameter cannot be had.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ParameterError {
    #[error("no parameter `{name}` in pack {market}{}", hint(.nearest))]
    Unknown { market: String, name: String, nearest: Option<String> },
    #[error("parameter `{name}` of pack {market} is not in force on {date}")]
    NotInForce { market: String, name: String, date: Date },
    #[error("parameter `{name}` of pack {market} is not {wanted}")]
    WrongKind { market: String, name: String, wanted: &'static str },
    #[error(transparent)]
    Table(#[from] Diagnostics),
}

fn hint(nearest: &Option<String>) -> String {
    nearest.as_ref().map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

/// Parameters by their names, each with its rows of all times in the order they are written.
pub(crate) type ByName = HashMap<String, Vec<Arc<Row<Parameter>>>>;

impl Pack {
    /// The parameter's row in force on `date`. Asked for with every request: found by its name, not by looking through all.
    pub fn parameter(&self, name: &str, date: Date) -> Result<Arc<Row<Parameter>>, ParameterError> {
        let named = self.parameters_by_name()?;
        let rows = named.get(name);
        if let Some(row) = rows.into_iter().flatten().find(|row| row.in_force(date)) {
            return Ok(Arc::clone(row));
        }
        let known = rows.is_some();
        let (market, name) = (self.market().to_owned(), name.to_owned());
        if known {
            return Err(ParameterError::NotInForce { market, name, date });
        }
        let near = nearest(&name, named.keys().map(String::as_str)).map(str::to_owned);
        Err(ParameterError::Unknown { market, name, nearest: near })
    }

    fn parameters_by_name(&self) -> Result<&ByName, Diagnostics> {
        if let Some(named) = self.parameters.get() {
            return Ok(named);
        }
        let mut named = ByName::new();
        for row in self.rows::<Parameter>()? {
            named.entry(row.id.clone()).or_default().push(row);
        }
        Ok(self.parameters.get_or_init(|| named))
    }

    /// A whole number.
    pub fn integer(&self, name: &str, date: Date) -> Result<i64, ParameterError> {
        match self.parameter(name, date)?.body.value {
            Scalar::Integer(value) => Ok(value),
            _ => Err(self.wrong_kind(name, "a whole number")),
        }
    }

    /// A number; whole numbers count.
    pub fn decimal(&self, name: &str, date: Date) -> Result<f64, ParameterError> {
        match self.parameter(name, date)?.body.value {
            Scalar::Integer(value) => Ok(value as f64),
            Scalar::Decimal(value) => Ok(value),
            _ => Err(self.wrong_kind(name, "a number")),
        }
    }

    pub fn boolean(&self, name: &str, date: Date) -> Result<bool, ParameterError> {
        match self.parameter(name, date)?.body.value {
            Scalar::Bool(value) => Ok(value),
            _ => Err(self.wrong_kind(name, "true or false")),
        }
    }

    pub fn text(&self, name: &str, date: Date) -> Result<String, ParameterError> {
        match &self.parameter(name, date)?.body.value {
            Scalar::Text(value) => Ok(value.clone()),
            _ => Err(self.wrong_kind(name, "text")),
        }
    }

    /// A list of texts.
    pub fn list(&self, name: &str, date: Date) -> Result<Vec<String>, ParameterError> {
        match &self.parameter(name, date)?.body.value {
            Scalar::Texts(values) => Ok(values.clone()),
            _ => Err(self.wrong_kind(name, "a list of texts")),
        }
    }

    /// A list of whole numbers.
    pub fn integers(&self, name: &str, date: Date) -> Result<Vec<i64>, ParameterError> {
        match &self.parameter(name, date)?.body.value {
            Scalar::Integers(values) => Ok(values.clone()),
            _ => Err(self.wrong_kind(name, "a list of whole numbers")),
        }
    }

    fn wrong_kind(&self, name: &str, wanted: &'static str) -> ParameterError {
        ParameterError::WrongKind { market: self.market().to_owned(), name: name.to_owned(), wanted }
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, a text, true or false, or a list of whole numbers or of texts")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Scalar, E> {
        Ok(Scalar::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Scalar, E> {
        Ok(Scalar::Integer(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Scalar, E> {
        Ok(Scalar::Decimal(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Scalar, E> {
        Ok(Scalar::Text(value.to_owned()))
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut items: A) -> Result<Scalar, A::Error> {
        let (mut integers, mut texts) = (Vec::new(), Vec::new());
        while let Some(item) = items.next_element::<Scalar>()? {
            match item {
                Scalar::Integer(value) => integers.push(value),
                Scalar::Text(value) => texts.push(value),
                _ => return Err(mixed_list()),
            }
        }
        match (integers.is_empty(), texts.is_empty()) {
            (false, true) => Ok(Scalar::Integers(integers)),
            (_, false) if integers.is_empty() => Ok(Scalar::Texts(texts)),
            (true, true) => Ok(Scalar::Texts(texts)),
            _ => Err(mixed_list()),
        }
    }
}

fn mixed_list<E: serde::de::Error>() -> E {
    E::custom(crate::typed::both(&Bilingual::new(
        "列表里要么全是整数，要么全是文字",
        "A list has either whole numbers or texts",
    )))
}
