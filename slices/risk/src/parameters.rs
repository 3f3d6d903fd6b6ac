//! The thresholds of this duty, from the policy pack of the home market (`policies/*/risk.yaml`).

use crate::features::{COUNT, FEATURES};
use ground::Problem;
use kernel::{Kernel, Result};

/// What is usual where there are few data.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Usual {
    /// Complaints per unit delivered.
    pub complaints: f64,
    /// Severe complaints per unit delivered.
    pub severe: f64,
    /// Units returned per unit delivered.
    pub returns: f64,
    /// Share of reviews with one or two stars.
    pub bad_reviews: f64,
    /// Units whose data these rates are worth.
    pub purchases: f64,
    /// Events by which each ratio is drawn towards the usual one.
    pub shrink_events: f64,
}

/// What is in force today.
#[derive(Debug, Clone)]
pub struct Parameters {
    /// What is usual.
    pub usual: Usual,
    /// Days for which what was found counts.
    pub memory_days: i64,
    /// Days a sampled product is watched.
    pub horizon_days: i32,
    /// Products sampled a day.
    pub sample_products_day: usize,
    /// Products scored a day at most.
    pub rescore_products_max: usize,
    /// Days of history read where features are made again.
    pub history_days: i32,
    /// Examples needed.
    pub examples_min: usize,
    /// Of them positive.
    pub positives_min: usize,
    /// Share learned from.
    pub learn_share: f64,
    /// Share that tunes.
    pub tune_share: f64,
    /// Days left out between parts.
    pub gap_days: i32,
    /// Share of resamples in which a model must be better.
    pub beat_share_min: f64,
    /// Whether another person puts a model in force.
    pub four_eyes: bool,
    /// PSI worth a look.
    pub drift_watch: f64,
    /// PSI from which training again is proposed.
    pub drift_alarm: f64,
    /// Products needed for a comparison.
    pub drift_rows_min: usize,
    /// New examples after which training again is proposed.
    pub retrain_examples: u64,
    /// Probability of a high risk.
    pub high: f64,
    /// Probability of a raised risk.
    pub raised: f64,
    /// Intercept of the prior, log odds.
    pub prior_intercept: f64,
    /// Weights of the prior, log odds a unit, in the order of the features.
    pub prior_weights: [f64; COUNT],
    /// Market and content hash of the pack, for acts.
    pub pack: (String, String),
}

/// What is in force today.
///
/// # Errors
/// `internal` when the pack lacks a parameter.
pub fn parameters(kernel: &Kernel) -> Result<Parameters> {
    let (packs, today) = (kernel.packs(), kernel.today());
    let pack = packs.home();
    let decimal = |name: &str| pack.decimal(&format!("risk.{name}"), today).map_err(Problem::internal);
    let integer = |name: &str| pack.integer(&format!("risk.{name}"), today).map_err(Problem::internal);
    let count = |name: &str| integer(name).map(|value| usize::try_from(value).unwrap_or(0));
    let days = |name: &str| integer(name).map(|value| i32::try_from(value).unwrap_or(i32::MAX).max(0));
    let mut prior_weights = [0.0; COUNT];
    for (weight, named) in prior_weights.iter_mut().zip(FEATURES) {
        *weight = decimal(&format!("prior_{}", named.name))?;
    }
    Ok(Parameters {
        usual: Usual {
            complaints: decimal("usual_complaint_rate")?,
            severe: decimal("usual_severe_rate")?,
            returns: decimal("usual_return_rate")?,
            bad_reviews: decimal("usual_bad_review_share")?,
            purchases: decimal("usual_purchases")?.max(1.0),
            shrink_events: decimal("shrink_events")?.max(0.01),
        },
        memory_days: integer("memory_days")?.max(1),
        horizon_days: days("horizon_days")?,
        sample_products_day: count("sample_products_day")?,
        rescore_products_max: count("rescore_products_max")?,
        history_days: days("history_days")?,
        examples_min: count("examples_min")?,
        positives_min: count("positives_min")?,
        learn_share: decimal("learn_share")?,
        tune_share: decimal("tune_share")?,
        gap_days: days("gap_days")?,
        beat_share_min: decimal("beat_share_min")?,
        four_eyes: pack.boolean("risk.four_eyes", today).map_err(Problem::internal)?,
        drift_watch: decimal("drift_watch_psi")?,
        drift_alarm: decimal("drift_alarm_psi")?,
        drift_rows_min: count("drift_rows_min")?,
        retrain_examples: integer("retrain_examples")?.max(1) as u64,
        high: decimal("high_probability")?,
        raised: decimal("raised_probability")?,
        prior_intercept: decimal("prior_intercept")?,
        prior_weights,
        pack: (pack.market().to_owned(), pack.version().to_string()),
    })
}
