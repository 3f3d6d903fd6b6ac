//! Gradient-boosted trees for yes-or-no questions, trained in process, whose every score can be taken apart.
//!
//! Reading order: [`dataset`] (named features, examples), [`mod@train`] (settings, rounds, early stopping), `bins` and `grow`
//! (histograms, one tree), [`tree`], [`model`] (scores, contributions, the file), `shap` (exact TreeSHAP), [`calibration`],
//! [`measures`] (AUC, log loss, calibration table, bootstrap intervals), [`split`] (forward in time), [`drift`].
//!
//! Method. Second-order boosting of the log loss: each tree is grown best leaf first on histograms of at most 255 values a
//! feature and one place for the missing (Friedman 2001; Chen and Guestrin 2016; Ke et al. 2017). A monotone direction is
//! held by refusing splits against it and by bounding both sides at the middle of their values, so that *every* leaf on the
//! lower side is at most every leaf on the higher side. Contributions are the Shapley values of Lundberg et al. 2020
//! ("path dependent"), in double precision.
//!
//! Invariants
//! - The same dataset, settings and seed give the same bytes, whatever the number of threads.
//! - `bias + sum of contributions == raw score` within 1e-9.
//! - A model that exists is whole: read from a file it has passed the same checks as after training, monotone directions
//!   included. Nothing in a file can make a score endless, infinite or out of bounds.
//! - Missing values are `NaN` here and nowhere else; infinities are refused.
//!
//! What it does not do: no clock, no randomness but the seed, no files, no knowledge of products; one target, yes or no.
//! Why it is not a library: the crates at hand keep leaf values and Shapley weights in single precision, so that
//! contributions miss the score by 1e-6 and more, and do not promise the same bytes twice.

mod bins;
pub mod calibration;
pub mod dataset;
pub mod drift;
mod grow;
pub mod measures;
pub mod model;
mod shap;
pub mod split;
pub mod train;
pub mod tree;

pub use calibration::Calibration;
pub use dataset::{Dataset, Direction, Feature};
pub use measures::{Interval, Measures, Ranked};
pub use model::{Contributions, Model};
pub use train::{Settings, Trained, train};

/// Most features of a dataset or model.
pub const FEATURES_MAX: usize = 512;
/// Most examples of a dataset.
pub const EXAMPLES_MAX: usize = 5_000_000;
/// Most trees of a model.
pub const TREES_MAX: usize = 5_000;
/// Most leaves of a tree.
pub const LEAVES_MAX: usize = 1_024;
/// Deepest tree: splits from the root to a leaf.
pub const DEPTH_MAX: usize = 24;
/// Largest model file, bytes.
pub const MODEL_BYTES_MAX: usize = 64 << 20;
/// Longest name or unit of a feature, characters.
pub const NAME_CHARS_MAX: usize = 64;

/// What is refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// A feature's name or unit is empty, too long or given twice.
    #[error("feature {index}: {why}")]
    Feature {
        /// Which, from 0.
        index: usize,
        /// Why.
        why: &'static str,
    },
    /// An example does not fit.
    #[error("example {row}: {why}")]
    Example {
        /// Which, from 0.
        row: usize,
        /// Why.
        why: String,
    },
    /// More than the stated limit.
    #[error("{what}: {found}, at most {most} are allowed")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many.
        found: usize,
        /// How many may be.
        most: usize,
    },
    /// All examples say the same: nothing to learn.
    #[error("the examples need both outcomes; {positives} of {examples} are positive")]
    OneOutcome {
        /// Examples.
        examples: usize,
        /// Of them positive.
        positives: usize,
    },
    /// A setting is out of its range.
    #[error("setting {name}: {why}")]
    Setting {
        /// Which.
        name: &'static str,
        /// Its range.
        why: &'static str,
    },
    /// Two datasets do not have the same features.
    #[error("the datasets have different features")]
    Different,
    /// A model file is refused.
    #[error("model file: {0}")]
    File(String),
}

/// A small seeded generator (SplitMix64, Steele, Lea and Flood 2014) for samples of rows and features.
#[derive(Debug, Clone)]
pub(crate) struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Chance(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// In `0..bound`; the bias is below `bound / 2^64`.
    pub fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.next()) * bound as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests;
