//! What is said about a model: on what it was trained, how good it is on what came later, what it looks at, and what it is not.

use boosting::drift::Reference;
use boosting::measures::{Interval, Kept, Measures};
use serde::{Deserialize, Serialize};

/// A number with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The number.
    pub value: f64,
    /// Lower end.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
}

impl From<Interval> for Estimate {
    fn from(found: Interval) -> Self {
        Estimate { value: found.value, lower: found.lower, upper: found.upper }
    }
}

/// Measures on the newest examples.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// Area under the curve.
    pub auc: Estimate,
    /// Average precision.
    pub average_precision: Estimate,
    /// Log loss.
    pub log_loss: Estimate,
    /// Brier score.
    pub brier: Estimate,
    /// Expected calibration error.
    pub calibration_error: f64,
}

/// One part of the examples.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Part {
    /// First day, days since 1970-01-01.
    pub from_day: i32,
    /// Last day.
    pub until_day: i32,
    /// Examples.
    pub examples: u64,
    /// Of them positive.
    pub positives: u64,
}

/// One row of the calibration table.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CalibrationRow {
    /// Examples.
    pub examples: u64,
    /// Mean probability said.
    pub said: f64,
    /// Share that came true.
    pub came: Estimate,
}

impl From<&Kept> for CalibrationRow {
    fn from(row: &Kept) -> Self {
        CalibrationRow { examples: row.examples, said: row.said, came: row.came.into() }
    }
}

/// One feature in a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Looked {
    /// Its name.
    pub name: String,
    /// Its direction: `rising`, `falling`, `free`.
    pub direction: String,
    /// Mean size of its contribution over the newest examples, log odds.
    pub importance: f64,
    /// Share of the examples in which it was missing.
    pub missing: f64,
    /// How its values were spread over all examples.
    pub reference: Reference,
}

/// The model card.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Card {
    /// Why there is no model, or why it may not be put in force: names of reasons; empty for a model that may.
    pub against: Vec<String>,
    /// Examples there were.
    pub examples: u64,
    /// Of them positive.
    pub positives: u64,
    /// Examples by where they come from.
    pub sources: Vec<(String, u64)>,
    /// Learned from.
    pub learn: Part,
    /// Ended the training and set the calibration.
    pub tune: Part,
    /// Judged on.
    pub judge: Part,
    /// Examples left out, so that no outcome leaks.
    pub left_out: u64,
    /// Trees.
    pub rounds: u64,
    /// Seed.
    pub seed: u64,
    /// `platt` or `isotonic`.
    pub calibration: String,
    /// The table of probabilities said and shares that came true, on the newest examples.
    pub table: Vec<CalibrationRow>,
    /// The model on the newest examples.
    pub quality: Option<Quality>,
    /// The prior, calibrated on the same examples, on the newest.
    pub prior: Option<Quality>,
    /// AUC of the model less that of the prior.
    pub auc_gain: Option<Estimate>,
    /// Share of resamples in which the model had the smaller log loss.
    pub beat_share: f64,
    /// The share the policy asks for.
    pub beat_share_min: f64,
    /// What it looks at.
    pub features: Vec<Looked>,
    /// How its raw scores were spread over all examples.
    pub scores: Option<Reference>,
}

impl Card {
    /// Whether it may be put in force.
    pub fn may_be_activated(&self) -> bool {
        self.against.is_empty() && self.quality.is_some()
    }
}

/// Estimates of all measures with `resamples` resamples.
pub(crate) fn quality(probabilities: &[f64], labels: &[bool], resamples: usize, seed: u64) -> Quality {
    let ranked = boosting::Ranked::new(probabilities, labels);
    let of = |measure: fn(&Measures) -> f64| ranked.interval(resamples, seed, measure).into();
    Quality {
        auc: of(|found| found.auc),
        average_precision: of(|found| found.average_precision),
        log_loss: of(|found| found.log_loss),
        brier: of(|found| found.brier),
        calibration_error: boosting::measures::calibration_error(&boosting::measures::calibration_table(
            probabilities,
            labels,
            10,
        )),
    }
}
