//! From raw scores to probabilities that keep their word, fitted on examples the trees have not learned from.

use crate::train::probability;
use serde::{Deserialize, Serialize};

/// Examples of the rarer outcome from which the shape is left to the data; with fewer, two numbers are fitted.
pub const ISOTONIC_OUTCOMES_MIN: usize = 200;
/// Steps of Newton's method.
const STEPS_MAX: usize = 100;
/// Most points of an isotonic calibration.
pub const POINTS_MAX: usize = 10_000;

/// A map from raw scores to probabilities that never falls.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "lowercase", deny_unknown_fields)]
pub enum Calibration {
    /// `1 / (1 + exp(-(slope × raw + offset)))` (Platt 1999, with the targets of Lin, Lin and Weng 2007).
    Platt {
        /// At least 0.
        slope: f64,
        /// Log odds at raw 0.
        offset: f64,
    },
    /// Straight lines between points, level outside (pool adjacent violators; Zadrozny and Elkan 2002).
    Isotonic {
        /// Raw scores, ascending.
        raw: Vec<f64>,
        /// Their probabilities, never falling.
        probability: Vec<f64>,
    },
}

impl Calibration {
    /// Fits the method that the number of examples bears. `None` without both outcomes.
    pub fn fit(raw: &[f64], labels: &[bool]) -> Option<Calibration> {
        let positives = labels.iter().filter(|label| **label).count();
        let rarer = positives.min(labels.len() - positives);
        match rarer {
            0 => None,
            few if few < ISOTONIC_OUTCOMES_MIN => Some(platt(raw, labels)),
            _ => Some(isotonic(raw, labels)),
        }
    }

    /// Its name in files.
    pub fn name(&self) -> &'static str {
        match self {
            Calibration::Platt { .. } => "platt",
            Calibration::Isotonic { .. } => "isotonic",
        }
    }

    /// The probability at a raw score.
    pub fn probability(&self, at: f64) -> f64 {
        match self {
            Calibration::Platt { slope, offset } => probability(slope * at + offset),
            Calibration::Isotonic { raw, probability } => {
                let above = raw.partition_point(|point| *point < at);
                let (Some(first), Some(last)) = (probability.first(), probability.last()) else { return 0.5 };
                if above == 0 {
                    return *first;
                }
                if above == raw.len() {
                    return *last;
                }
                let (low, high) = (probability[above - 1], probability[above]);
                let share = (at - raw[above - 1]) / (raw[above] - raw[above - 1]);
                (low + share * (high - low)).clamp(low, high)
            }
        }
    }

    /// Whether it is one: finite, never falling, within limits.
    pub(crate) fn check(&self) -> Result<(), String> {
        match self {
            Calibration::Platt { slope, offset } => {
                let fits = slope.is_finite() && offset.is_finite() && *slope >= 0.0;
                if fits { Ok(()) } else { Err("calibration: the slope must not be negative".to_owned()) }
            }
            Calibration::Isotonic { raw, probability } => {
                if raw.len() != probability.len() || raw.is_empty() || raw.len() > POINTS_MAX {
                    return Err(format!("calibration: {} points for {} scores", probability.len(), raw.len()));
                }
                let rising = raw.windows(2).all(|pair| pair[0] < pair[1]);
                let never_falls = probability.windows(2).all(|pair| pair[0] <= pair[1]);
                let finite = raw.iter().all(|value| value.is_finite());
                let shares = probability.iter().all(|value| (0.0..=1.0).contains(value));
                if rising && never_falls && finite && shares {
                    Ok(())
                } else {
                    Err("calibration: the points must rise, with probabilities that never fall".to_owned())
                }
            }
        }
    }
}

/// Two numbers by Newton's method on smoothed targets.
fn platt(raw: &[f64], labels: &[bool]) -> Calibration {
    let positives = labels.iter().filter(|label| **label).count() as f64;
    let negatives = labels.len() as f64 - positives;
    let (high, low) = ((positives + 1.0) / (positives + 2.0), 1.0 / (negatives + 2.0));
    let loss = |slope: f64, offset: f64| -> f64 {
        let one = |raw: f64, label: bool| {
            let target = if label { high } else { low };
            let at = slope * raw + offset;
            target * crate::train::loss(at, true) + (1.0 - target) * crate::train::loss(at, false)
        };
        raw.iter().zip(labels).map(|(raw, label)| one(*raw, *label)).sum()
    };
    let (mut slope, mut offset) = (1.0, 0.0);
    let mut now = loss(slope, offset);
    for _ in 0..STEPS_MAX {
        let (mut g0, mut g1, mut h00, mut h01, mut h11) = (0.0, 0.0, 1e-9, 0.0, 1e-9);
        for (raw, label) in raw.iter().zip(labels) {
            let chance = probability(slope * raw + offset);
            let (error, spread) = (chance - if *label { high } else { low }, (chance * (1.0 - chance)).max(1e-12));
            (g0, g1) = (g0 + error, g1 + error * raw);
            (h00, h01, h11) = (h00 + spread, h01 + spread * raw, h11 + spread * raw * raw);
        }
        let det = (h00 * h11 - h01 * h01).max(1e-18);
        let (d0, d1) = ((h11 * g0 - h01 * g1) / det, (h00 * g1 - h01 * g0) / det);
        let mut step = 1.0;
        let mut moved = false;
        while step > 1e-10 {
            let (next_slope, next_offset) = ((slope - step * d1).max(0.0), offset - step * d0);
            let next = loss(next_slope, next_offset);
            if next < now - 1e-12 {
                (slope, offset, now, moved) = (next_slope, next_offset, next, true);
                break;
            }
            step /= 2.0;
        }
        if !moved {
            break;
        }
    }
    Calibration::Platt { slope, offset }
}

/// Pool adjacent violators; each pool becomes a point at its mean score. Probabilities of 0 and 1 are never promised.
fn isotonic(raw: &[f64], labels: &[bool]) -> Calibration {
    struct Pool {
        raw: f64,
        positives: f64,
        count: f64,
    }
    let mut order: Vec<usize> = (0..raw.len()).collect();
    order.sort_by(|a, b| raw[*a].total_cmp(&raw[*b]));
    let mut pools: Vec<Pool> = Vec::new();
    let mut last = f64::NAN;
    for index in order {
        let (at, positive) = (raw[index], f64::from(u8::from(labels[index])));
        match pools.last_mut() {
            // Equal scores get equal probabilities.
            Some(pool) if at == last => {
                (pool.raw, pool.positives, pool.count) = (pool.raw + at, pool.positives + positive, pool.count + 1.0);
            }
            _ => pools.push(Pool { raw: at, positives: positive, count: 1.0 }),
        }
        last = at;
    }
    let mut merged: Vec<Pool> = Vec::new();
    for pool in pools {
        merged.push(pool);
        while let [.., before, after] = merged.as_mut_slice() {
            if before.positives * after.count < after.positives * before.count {
                break;
            }
            before.raw += after.raw;
            before.positives += after.positives;
            before.count += after.count;
            merged.pop();
        }
    }
    let edge = 1.0 / (labels.len() as f64 + 2.0);
    let stride = merged.len().div_ceil(POINTS_MAX);
    let mut points: Vec<(f64, f64)> = Vec::with_capacity(merged.len());
    for pool in merged.iter().step_by(stride) {
        let point = (pool.raw / pool.count, (pool.positives / pool.count).clamp(edge, 1.0 - edge));
        if points.last().is_none_or(|last| last.0 < point.0) {
            points.push(point);
        }
    }
    let (raw, probability) = points.into_iter().unzip();
    Calibration::Isotonic { raw, probability }
}
