//! Simulated markets, to measure what the methods do when nobody knows the truth: how many false names, how many faults found, how soon.
//!
//! [`market`] makes products with their complaints by day; [`looks`] looks at them day by day as the detectors of the product do, with the
//! e-detector and e-BH at the level of enforcement, the margin test and Benjamini–Hochberg at the level of watching, and counts.
//! Chance comes in as an argument, so a run can be repeated.

pub mod looks;
pub mod market;
mod samples;
