//! Short-memory limits for daily totals: EARS C1, C2 and C3.
//!
//! The mean and standard deviation of the last `baseline` days give the day's limit: mean + z·deviation. C1 uses the days just before;
//! C2 leaves out the two days before today, so that a slow rise does not raise its own limit; C3 adds up the excess of C2 over three days.
//!
//! Source: Hutwagner, Thompson, Seeman & Treadwell, *The bioterrorism preparedness and response Early Aberration Reporting System*,
//! J. Urban Health 80 (2003) i89; limits with a chosen α as in Salmon, Schumacher & Höhle, J. Stat. Software 70 (2016) 10.
//!
//! Error rate: α for one day of independent normal counts, no more; seven days estimate a deviation badly, so false alarms are more
//! frequent than α. It is a first look at totals, not a test of products.

use crate::distributions::normal;
use crate::error::{Error, not_negative, share};

/// Which of the three.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Baseline up to yesterday.
    C1,
    /// Baseline up to three days ago.
    C2,
    /// Excess of C2 beyond one deviation, added over today and the two days before.
    C3,
}

/// Parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// C1, C2 or C3.
    pub method: Method,
    /// Days of the baseline, at least 3.
    pub baseline_days: usize,
    /// One-sided chance: 0.001 for C1 and C2, 0.025 for C3 as a rule.
    pub alpha: f64,
    /// The deviation is not taken for smaller than this: 0, or a floor for sparse counts.
    pub deviation_min: f64,
}

impl Settings {
    /// The usual parameters of a method.
    pub fn usual(method: Method) -> Self {
        let alpha = if method == Method::C3 { 0.025 } else { 0.001 };
        Settings { method, baseline_days: 7, alpha, deviation_min: 0.0 }
    }

    /// Days before the first that can be judged.
    pub fn days_before(&self) -> usize {
        match self.method {
            Method::C1 => self.baseline_days,
            Method::C2 => self.baseline_days + 2,
            Method::C3 => self.baseline_days + 4,
        }
    }
}

/// A judged day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judged {
    /// Mean of the baseline.
    pub mean: f64,
    /// Standard deviation of the baseline (n − 1), not below the floor.
    pub deviation: f64,
    /// For C3: what the two days before contribute, Σ max(0, C2 − 1). 0 for C1 and C2.
    pub carried: f64,
    /// The count above which the day is unusual, not below 0.
    pub upper: f64,
    /// The day's count lies above it.
    pub alarm: bool,
}

/// Judges day `at` (0-based) of `counts`, oldest first.
///
/// C3 alarms when (count − mean)/deviation + Σ of the two days before of max(0, C2 − 1) exceeds z; its limit is the count at which it does.
///
/// # Errors
/// Too few days before `at`, a baseline below 3 days, α outside (0, 1), a negative or undefined count.
pub fn judge(counts: &[f64], at: usize, settings: &Settings) -> Result<Judged, Error> {
    if settings.baseline_days < 3 {
        return Err(Error::Argument {
            name: "baseline days",
            value: settings.baseline_days as f64,
            range: "at least 3",
        });
    }
    not_negative("smallest deviation", settings.deviation_min)?;
    let z = normal::quantile(1.0 - share("alpha", settings.alpha)?)?;
    let before = settings.days_before();
    if at < before || at >= counts.len() {
        return Err(Error::Length { name: "counts", found: counts.len().min(at), wanted: before });
    }
    for &count in &counts[at - before..=at] {
        not_negative("count", count)?;
    }
    let gap = if settings.method == Method::C1 { 0 } else { 2 };
    let (mean, deviation) = baseline(counts, at, gap, settings);
    let mut carried = 0.0;
    if settings.method == Method::C3 {
        for day in [at - 2, at - 1] {
            let (mean, deviation) = baseline(counts, day, gap, settings);
            carried += excess(counts[day] - mean, deviation);
        }
    }
    let upper = if deviation == 0.0 && carried > z { 0.0 } else { mean + deviation * (z - carried) };
    let upper = if upper.is_nan() { mean } else { upper.max(0.0) };
    Ok(Judged { mean, deviation, carried, upper, alarm: counts[at] > upper })
}

/// max(0, C2 − 1); without any deviation in the baseline, any rise is beyond measure.
fn excess(rise: f64, deviation: f64) -> f64 {
    if deviation > 0.0 {
        return (rise / deviation - 1.0).max(0.0);
    }
    if rise > 0.0 { f64::INFINITY } else { 0.0 }
}

fn baseline(counts: &[f64], at: usize, gap: usize, settings: &Settings) -> (f64, f64) {
    let days = &counts[at - gap - settings.baseline_days..at - gap];
    let size = days.len() as f64;
    let mean = days.iter().sum::<f64>() / size;
    let variance = days.iter().map(|count| (count - mean).powi(2)).sum::<f64>() / (size - 1.0);
    (mean, variance.sqrt().max(settings.deviation_min))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_rise_alarms_and_a_level_does_not() {
        let mut counts = vec![10.0, 12.0, 9.0, 11.0, 10.0, 13.0, 8.0, 11.0, 10.0, 12.0, 9.0, 11.0];
        for method in [Method::C1, Method::C2, Method::C3] {
            assert!(!judge(&counts, 11, &Settings::usual(method)).unwrap().alarm);
        }
        counts[11] = 30.0;
        for method in [Method::C1, Method::C2, Method::C3] {
            assert!(judge(&counts, 11, &Settings::usual(method)).unwrap().alarm);
        }
    }

    #[test]
    fn c3_remembers_two_days_of_excess() {
        let mut counts = vec![10.0, 12.0, 9.0, 11.0, 10.0, 13.0, 8.0, 11.0, 10.0, 16.0, 16.0, 12.0];
        assert!(!judge(&counts, 11, &Settings::usual(Method::C2)).unwrap().alarm);
        let judged = judge(&counts, 11, &Settings::usual(Method::C3)).unwrap();
        assert!(judged.carried > 2.0 && judged.alarm, "{judged:?}");
        counts.truncate(5);
        assert!(judge(&counts, 4, &Settings::usual(Method::C1)).is_err());
        assert!(judge(&[f64::NAN; 12], 11, &Settings::usual(Method::C1)).is_err());
    }

    proptest! {
        #[test]
        fn the_alarm_is_what_the_limit_says(counts in prop::collection::vec(0u32..30, 12..40), floor in 0.0..2.0f64) {
            let counts: Vec<f64> = counts.into_iter().map(f64::from).collect();
            for method in [Method::C1, Method::C2, Method::C3] {
                let settings = Settings { deviation_min: floor, ..Settings::usual(method) };
                let judged = judge(&counts, counts.len() - 1, &settings).unwrap();
                prop_assert!(judged.upper >= 0.0 && judged.upper.is_finite());
                prop_assert_eq!(judged.alarm, counts[counts.len() - 1] > judged.upper);
            }
        }
    }
}
