//! Detectors: looks at the windows of keys (products, lots, merchants, categories) that say what is unusual, since when,
//! compared to what, and how sure that is.
//!
//! Reading order: [`names`] (what is counted, how it is judged, about what), [`policy`] (thresholds of one detector),
//! [`rules`] (the policy table `detectors`), [`cohort`] (what is usual, gathered in one pass), [`rates`] (events against
//! exposure), [`sizes`] (what a product sells on a day it sells), [`mod@look`] (one look at one key), [`select`] (many looks weighed together), [`mod@evidence`] (what a person is
//! shown: curve, band, crossing, figures), [`totals`] (categories over time).
//!
//! Invariants
//! - A look is a pure function of a window, a cohort, a policy and a day: the same input gives the same finding, so a
//!   detector is tried on history by building the windows of that history again.
//! - A key is never compared with itself.
//! - Selecting over many keys needs their number and only those looks that could pass.
//! - A burst of sales alone is no finding: an ordinary promotion has many different buyers.
//!
//! What it does not do: it keeps nothing, knows no alert and no person, and computes no statistic itself where the engine
//! `statistics` does.

pub mod cohort;
pub mod evidence;
pub mod finding;
pub mod look;
pub mod names;
pub mod policy;
pub mod rates;
pub mod rules;
pub mod select;
mod signs;
pub mod sizes;
pub mod totals;

pub use cohort::{Prior, Sums};
pub use evidence::explain;
pub use finding::{Curve, Figure, Finding, Look, Point, Strength, Unit};
pub use look::{Compared, Detector, look};
pub use names::{Family, Level, Measure, Method, Promise, Scope};
pub use policy::{Limit, Policy, Refused};
pub use rules::{Action, CohortBy, DetectorRow, tables};
pub use select::{Selected, could_pass, select};
pub use sizes::Sizes;
