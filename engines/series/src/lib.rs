//! Unusual moments of a time series, told as the values arrive: one parameter set, no training, no look ahead.
//!
//! Reading order: [`Detector`] (a value in, a [`Verdict`] out), [`forecast`] (what was expected: experts weighed by how well
//! they did), [`season`] (the day and the week inside a series, found from its own spacing), [`tail`] (how rare a figure is
//! among all that were seen before), [`rows`] (a file of `timestamp,value` lines).
//!
//! How a value is judged. Each expert (the last value, a moving level, the same time of day, the same time of the week) gives a
//! forecast with a scale of its own; they are mixed by their discounted likelihood (Raftery, Kárný and Ettler 2010, dynamic
//! model averaging). The two-sided tail of the mixture at the value is its surprise. Surprise alone, its mean over the
//! last hours, and the mean departure from what does not follow the last hours, are each compared with everything seen before by a streaming exponential tail above their ninth decile
//! (peaks over threshold, Pickands 1975), so that a series that is always wild has to be wilder still. The smallest of these
//! probabilities, corrected for being chosen from several, is the verdict.
//!
//! Invariants
//! - The verdict on a value depends on it and on those before it, never on a later one: judging a prefix gives a prefix.
//! - Memory is bounded whatever the length of the series; time for a value is constant.
//! - A missing value is no anomaly and teaches nothing.
//!
//! What it does not do: counts of rare events (the engine `statistics` does), several series at once, files or clocks.

mod detector;
pub mod forecast;
pub mod rows;
pub mod season;
pub mod tail;

#[cfg(test)]
mod tests;

pub use detector::{Detector, Settings, Verdict};
