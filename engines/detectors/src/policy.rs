//! What a detector is told: thresholds by name, each with the range it may have.

use crate::names::{Level, Measure, Method, Scope};

/// A threshold a method needs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limit {
    /// Its name in policies.
    pub name: &'static str,
    /// Smallest value that makes sense.
    pub minimum: f64,
    /// Largest value that makes sense.
    pub maximum: f64,
}

const fn limit(name: &'static str, minimum: f64, maximum: f64) -> Limit {
    Limit { name, minimum, maximum }
}

/// Days looked back over.
const DAYS: Limit = limit("days", 3.0, stream::WINDOW_DAYS as f64);
/// How many times the cohort's rate is still in order.
const RATIO: Limit = limit("ratio_min", 1.0, 100.0);
/// Fewer events never alarm.
const EVENTS: Limit = limit("events_min", 1.0, 1e6);
/// Mean days from shipping to the event.
const DELAY: Limit = limit("delay_days", 0.0, 30.0);
/// What is believed of a cohort nobody knows yet: events per purchase …
const BASE_RATE: Limit = limit("base_rate", 1e-6, 1.0);
/// … and how many purchases that belief weighs.
const BASE_WEIGHT: Limit = limit("base_weight", 0.0, 1e9);

impl Method {
    /// The thresholds it needs; each must be given.
    pub fn limits(self) -> &'static [Limit] {
        const MARGIN: &[Limit] = &[DAYS, RATIO, EVENTS, DELAY, BASE_RATE, BASE_WEIGHT];
        const LAUNCH: &[Limit] = &[
            limit("days_since_first", 1.0, 366.0),
            RATIO,
            EVENTS,
            DELAY,
            BASE_RATE,
            BASE_WEIGHT,
            limit("expected_max", 1.0, 1e5),
        ];
        const PROPORTION: &[Limit] = &[
            DAYS,
            limit("odds_ratio", 1.05, 100.0),
            EVENTS,
            DELAY,
            BASE_RATE,
            BASE_WEIGHT,
            limit("threshold", 0.5, 50.0),
        ];
        const FUNNEL: &[Limit] = &[DAYS, EVENTS, DELAY, BASE_RATE, BASE_WEIGHT, limit("members_min", 3.0, 1e6)];
        const TOTALS: &[Limit] = &[
            EVENTS,
            limit("z_min", 1.0, 20.0),
            limit("weeks_min", 12.0, 520.0),
            limit("years_back", 1.0, 10.0),
            limit("half_width_weeks", 1.0, 8.0),
        ];
        const BATCH: &[Limit] = &[RATIO, EVENTS, limit("others_min", 1.0, 1e9)];
        const BURST: &[Limit] = &[
            limit("units_min", 1.0, 1e9),
            limit("z_min", 1.0, 100.0),
            limit("factor_min", 1.0, 1e6),
            limit("top_share_min", 0.0, 1.0),
        ];
        const BRUSHING: &[Limit] = &[
            limit("days", 1.0, 7.0),
            limit("orders_min", 1.0, 1e9),
            limit("factor_min", 1.0, 1e6),
            limit("top_share_min", 0.0, 1.0),
            limit("new_share_min", 0.0, 1.0),
            limit("empty_share_min", 0.0, 1.0),
            limit("signs_min", 1.0, 3.0),
        ];
        const REVIEWS: &[Limit] = &[
            limit("days", 1.0, stream::WINDOW_DAYS as f64),
            limit("reviews_min", 1.0, 1e9),
            limit("burst_factor_min", 1.0, 1e6),
            limit("repeat_share_min", 0.0, 1.0),
            limit("extreme_share_min", 0.0, 1.0),
            limit("verified_share_max", 0.0, 1.0),
            limit("top_share_min", 0.0, 1.0),
            limit("signs_min", 1.0, 5.0),
        ];
        const PRICE: &[Limit] = &[
            limit("change_min", 0.01, 100.0),
            limit("days_min", 1.0, stream::WINDOW_DAYS as f64 - 2.0),
            limit("prices_min", 1.0, 1e6),
        ];
        match self {
            Method::Margin | Method::EDetector => MARGIN,
            Method::Launch => LAUNCH,
            Method::Proportion => PROPORTION,
            Method::Funnel => FUNNEL,
            Method::Totals => TOTALS,
            Method::Batch => BATCH,
            Method::Burst => BURST,
            Method::Brushing => BRUSHING,
            Method::Reviews => REVIEWS,
            Method::Price => PRICE,
            Method::Clone => &[],
        }
    }
}

/// One detector as it is to be run.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Its row.
    pub id: String,
    /// How it judges.
    pub method: Method,
    /// What it counts; `None` for methods that count nothing of the kind.
    pub measure: Option<Measure>,
    /// About what.
    pub scope: Scope,
    /// How strongly it speaks.
    pub level: Level,
    /// The error rate to hold, in 0..1.
    pub error_rate: f64,
    /// Thresholds in the order of [`Method::limits`].
    limits: Vec<f64>,
}

/// Why a policy is not one.
#[derive(Debug, Clone, PartialEq)]
pub enum Refused {
    /// The method cannot be about this.
    Scope,
    /// The method needs a measure, or has none.
    Measure,
    /// The error rate is not in 0..1.
    ErrorRate,
    /// A threshold is missing.
    Missing(&'static str),
    /// There is no such threshold.
    Unknown(String),
    /// It lies outside of its range.
    Range(Limit),
}

impl Policy {
    /// A policy, if everything its method needs is there and makes sense.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn new<'a>(
        id: &str,
        (method, measure): (Method, Option<Measure>),
        scope: Scope,
        level: Level,
        error_rate: f64,
        given: impl Iterator<Item = (&'a str, f64)>,
    ) -> Result<Policy, Refused> {
        if !method.scopes().contains(&scope) {
            return Err(Refused::Scope);
        }
        if measure.is_some() != method.is_counting() {
            return Err(Refused::Measure);
        }
        if !(error_rate > 0.0 && error_rate < 1.0) {
            return Err(Refused::ErrorRate);
        }
        let known = method.limits();
        let mut limits = vec![f64::NAN; known.len()];
        for (name, value) in given {
            let Some(position) = known.iter().position(|limit| limit.name == name) else {
                return Err(Refused::Unknown(name.to_owned()));
            };
            if !(known[position].minimum..=known[position].maximum).contains(&value) {
                return Err(Refused::Range(known[position]));
            }
            limits[position] = value;
        }
        if let Some(missing) = limits.iter().position(|value| value.is_nan()) {
            return Err(Refused::Missing(known[missing].name));
        }
        Ok(Policy { id: id.to_owned(), method, measure, scope, level, error_rate, limits })
    }

    /// A threshold by name; 0 for a name the method does not have.
    pub fn limit(&self, name: &str) -> f64 {
        let known = self.method.limits();
        known.iter().position(|limit| limit.name == name).map_or(0.0, |position| self.limits[position])
    }

    /// A threshold as a number of things.
    pub fn count(&self, name: &str) -> usize {
        self.limit(name).round().max(0.0) as usize
    }

    /// All thresholds with their names.
    pub fn limits(&self) -> impl Iterator<Item = (&'static str, f64)> {
        self.method.limits().iter().map(|limit| limit.name).zip(self.limits.iter().copied())
    }
}
