//! The envelope every row of every table has, and what a table's owner declares about it.

use jiff::civil::Date;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

use crate::condition::{Condition, Variable};
use crate::diagnostic::{Diagnostic, Place, Report};
use crate::node::Node;
use crate::pack::Pack;
use crate::text::Bilingual;
use crate::typed;

/// How much of the world a row acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Mode {
    /// Not looked at.
    Off,
    /// Evaluated and recorded; changes no decision.
    Shadow,
    /// Acts on this many of each hundred subjects (0 to 100), chosen by hash; a shadow for the others.
    Percentage(u8),
    #[default]
    On,
}

impl Mode {
    /// Reads `off`, `shadow`, `on` or `percentage: 25`.
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            "off" => Some(Self::Off),
            "shadow" => Some(Self::Shadow),
            "on" => Some(Self::On),
            other => {
                let number = other.strip_prefix("percentage:")?.trim();
                let share: u8 = number.strip_suffix('%').unwrap_or(number).trim_end().parse().ok()?;
                (share <= 100).then_some(Self::Percentage(share))
            }
        }
    }

    /// Whether the row is to be evaluated at all.
    pub fn is_evaluated(self) -> bool {
        self != Self::Off
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::Shadow => f.write_str("shadow"),
            Self::Percentage(share) => write!(f, "percentage: {share}"),
            Self::On => f.write_str("on"),
        }
    }
}

impl Serialize for Mode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Mode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            serde::de::Error::custom(typed::both(&Bilingual::new(
                format!("“{text}”不是方式。可用：off、shadow、\"percentage: 25\"、on"),
                format!("`{text}` is not a mode. Known: off, shadow, \"percentage: 25\", on"),
            )))
        })
    }
}

/// The provision a row rests on: a row of the table `laws` and a place in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Basis {
    /// Id of a row in `laws`.
    pub law: String,
    /// Article in the law's own form; empty means the law as a whole.
    #[serde(default)]
    pub article: String,
}

/// An inline test, in the table's own shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    pub(crate) node: Node,
}

impl Test {
    pub fn place(&self) -> &Place {
        &self.node.place
    }

    /// The case as the table's owner understands it.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Diagnostic> {
        typed::read(&self.node)
    }

    pub fn to_json(&self) -> serde_json::Value {
        self.node.to_json()
    }
}

/// One row of a table.
#[derive(Clone, Debug)]
pub struct Row<T> {
    pub id: String,
    /// First day in force.
    pub from: Date,
    /// First day no longer in force.
    pub until: Option<Date>,
    pub mode: Mode,
    pub basis: Vec<Basis>,
    pub reason: Option<Bilingual>,
    pub fix: Option<Bilingual>,
    pub when: Option<Condition>,
    pub tests: Vec<Test>,
    pub place: Place,
    pub body: T,
}

impl<T> Row<T> {
    /// Whether the row is in force on `date`.
    pub fn in_force(&self, date: Date) -> bool {
        self.from <= date && self.until.is_none_or(|until| date < until)
    }
}

/// What the owner of a table declares.
pub trait TableRow: DeserializeOwned + Send + Sync + Sized + 'static {
    /// Name of the table.
    const TABLE: &'static str;
    /// What the conditions of this table may speak of.
    const VARIABLES: &'static [Variable] = &[];
    /// Whether every row needs a `reason` and a `fix` for the person it touches.
    const REASON_REQUIRED: bool = false;
    /// Whether every row needs a `basis`.
    const BASIS_REQUIRED: bool = false;

    /// Conditions in the table's own columns, by column name; checked against `VARIABLES` like `when`.
    fn conditions(&self) -> Vec<(&'static str, &Condition)> {
        Vec::new()
    }

    /// Ids of other rows this one needs; each must exist in the pack, and rows must not need each other in a circle.
    fn references(&self) -> Vec<String> {
        Vec::new()
    }

    /// Whatever else must hold.
    fn check(_row: &Row<Self>, _pack: &Pack, _report: &mut Report<'_>) {}
}
