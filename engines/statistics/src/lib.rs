//! Surveillance statistics: which counts of a million products are more than chance, looked at every day.
//!
//! | question | module | method |
//! |---|---|---|
//! | how bad is this product, judged beside its cohort? | [`cohort`], [`disproportionality`] | Gamma–Poisson shrinkage; MGPS with EBGM, EB05, EB95 |
//! | how much could have been complained about by now? | [`delay`] | delay distribution under right truncation; exposure = deliveries × delay |
//! | is the rate above what is tolerated? | [`margin`] | exact tail of Poisson or negative binomial counts |
//! | which of many? | [`discoveries`] | Benjamini–Hochberg, Storey, e-BH |
//! | did it rise at a day nobody knows, looked at daily? | [`e_detector`] | Shiryaev–Roberts e-detector |
//! | is this new lot worse than expected? | [`maxsprt`] | Poisson MaxSPRT, exact critical values |
//! | did a steady share rise? | [`cusum`] | likelihood-ratio CUSUM of binomial counts |
//! | which merchants stand out? | [`funnel`] | funnel plot with overdispersion |
//! | is a category's total unusual for the season? | [`ears`], [`farrington`] | EARS C1–C3; Farrington–Noufaily |
//! | how often are these methods wrong? | [`simulation`] | simulated markets looked at daily |
//! | how sure is a share or a rate? | [`intervals`] | Wilson, Clopper–Pearson, Garwood |
//!
//! Reading order: [`special`], [`distributions`], then any of the above. `docs/statistics.md` tells methods, sources, error rates
//! and limits in prose.
//!
//! Invariants
//! - Pure functions of their arguments: no clock, no randomness, no state between calls, no input or output.
//! - Tails are computed as logarithms; a p-value of 10⁻³⁰⁰⁰ is still told from one of 10⁻³⁰⁰.
//! - An argument outside its stated range is an [`Error`], never a silent number; NaN never gets through.
//! - Thresholds, levels, margins and windows are arguments: policy decides them, not this crate.
//!
//! What it does not do: no windows over signals (engine `stream`), no choice of detector or action (engine `detectors`, slice
//! `alerts`), no time series of sales (engine `series`), no acceptance sampling.

pub mod cohort;
pub mod cusum;
pub mod delay;
pub mod discoveries;
pub mod disproportionality;
pub mod distributions;
pub mod e_detector;
pub mod ears;
mod error;
pub mod farrington;
pub mod funnel;
mod glm;
pub mod intervals;
pub mod margin;
pub mod maxsprt;
mod minimise;
pub mod simulation;
pub mod special;

pub use error::Error;
