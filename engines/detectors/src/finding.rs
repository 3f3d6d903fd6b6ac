//! What a look finds, and what a person is shown of it.

use crate::names::{Level, Measure, Method, Promise, Scope};

/// How strongly one look at one key speaks against it, before many keys are weighed together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Strength {
    /// A p-value under the null hypothesis.
    P(f64),
    /// An e-value: its expectation under the null hypothesis is at most 1.
    E(f64),
    /// It has crossed a threshold that holds its own error rate.
    Crossed,
}

/// One look at one key.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// How strongly it speaks.
    pub strength: Strength,
    /// The statistic itself.
    pub statistic: f64,
    /// What was seen.
    pub observed: f64,
    /// What the cohort would lead one to expect.
    pub expected: f64,
}

/// What the numbers of a curve are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Events per unit, a share.
    Share,
    /// Things counted.
    Count,
    /// Money in minor units.
    Minor,
}

impl Unit {
    /// Stable name.
    pub fn name(self) -> &'static str {
        match self {
            Unit::Share => "share",
            Unit::Count => "count",
            Unit::Minor => "minor",
        }
    }

    /// Reads a stable name.
    pub fn from_name(name: &str) -> Option<Unit> {
        [Unit::Share, Unit::Count, Unit::Minor].into_iter().find(|unit| unit.name() == name)
    }
}

/// A day of a curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Civil day, days since 1970-01-01.
    pub day: i32,
    /// What was seen; `None` where nothing could be.
    pub value: Option<f64>,
    /// Lower end of what is usual for the cohort.
    pub low: f64,
    /// Upper end of it.
    pub high: f64,
}

/// The course of a key against what is usual.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// What the numbers are.
    pub unit: Unit,
    /// The band holds this share of what is usual, for instance 0.9.
    pub band: f64,
    /// Oldest first.
    pub points: Vec<Point>,
    /// The first day of the stay outside that lasts until now; `None` while it never left the band.
    pub crossed: Option<i32>,
}

/// A figure that contributed, with what it is held against.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// Stable name, part of a message id.
    pub name: &'static str,
    /// Its value.
    pub value: f64,
    /// The threshold it was held against.
    pub limit: Option<f64>,
    /// Whether it spoke against the key.
    pub against: bool,
}

impl Figure {
    /// A figure that is only told.
    pub fn told(name: &'static str, value: f64) -> Figure {
        Figure { name, value, limit: None, against: false }
    }

    /// A figure that speaks against a key from `limit` upward.
    pub fn at_least(name: &'static str, value: f64, limit: f64) -> Figure {
        Figure { name, value, limit: Some(limit), against: value >= limit }
    }

    /// A figure that speaks against a key from `limit` downward.
    pub fn at_most(name: &'static str, value: f64, limit: f64) -> Figure {
        Figure { name, value, limit: Some(limit), against: value <= limit }
    }
}

/// Something a person should see.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The policy row.
    pub policy: String,
    /// How it was judged.
    pub method: Method,
    /// What was counted.
    pub measure: Option<Measure>,
    /// About what.
    pub scope: Scope,
    /// How strongly it speaks.
    pub level: Level,
    /// Since when, days since 1970-01-01.
    pub since_day: i32,
    /// The day of the look.
    pub day: i32,
    /// The statistic.
    pub statistic: f64,
    /// What it had to reach, once all keys were weighed together.
    pub threshold: f64,
    /// The promise behind the error rate.
    pub promise: Promise,
    /// The error rate that holds.
    pub error_rate: f64,
    /// What was to be expected.
    pub expected: f64,
    /// What was seen.
    pub observed: f64,
    /// The curve with its band.
    pub curve: Curve,
    /// What contributed.
    pub figures: Vec<Figure>,
}

impl Finding {
    /// How many times as much as expected; `None` where nothing was expected.
    pub fn ratio(&self) -> Option<f64> {
        (self.expected > 0.0).then(|| self.observed / self.expected)
    }
}

/// Every name a figure can have.
pub const FIGURES: &[&str] = &[
    "observed",
    "expected",
    "exposure",
    "rate",
    "cohort_rate",
    "cohort_members",
    "events",
    "ratio",
    "events_since",
    "expected_since",
    "days_since_first",
    "dispersion",
    "others_rate",
    "others_events",
    "others_exposure",
    "units_today",
    "units_usual",
    "deviations",
    "factor",
    "few_buyers_share",
    "orders_today",
    "buyers_distinct",
    "orders_recent",
    "top_buyer_share",
    "new_account_share",
    "empty_parcel_share",
    "reviews_recent",
    "review_factor",
    "repeated_text_share",
    "extreme_star_share",
    "verified_share",
    "top_text_share",
    "price_now_minor",
    "price_lowest_minor",
    "price_highest_minor",
    "price_days",
    "price_change",
    "total_now",
    "total_expected",
    "weeks_of_history",
    "warnings",
];
