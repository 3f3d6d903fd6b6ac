//! Confidence intervals of proportions and rates, and quantiles of weighted values.

use crate::distributions::{Beta, Gamma, normal};
use crate::error::{Error, not_negative, positive, share};

/// Both ends of an interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
}

/// Wilson's score interval of a proportion (E. B. Wilson, *JASA* 22 (1927) 209): covers `confidence` on average.
///
/// # Errors
/// No trials, more successes than trials, confidence outside (0, 1).
pub fn wilson(successes: u64, trials: u64, confidence: f64) -> Result<Interval, Error> {
    let (x, n, confidence) = proportion(successes, trials, confidence)?;
    let z = normal::quantile(0.5 + 0.5 * confidence)?;
    let share = x / n;
    let square = z * z / n;
    let centre = (share + 0.5 * square) / (1.0 + square);
    let half = z / (1.0 + square) * (share * (1.0 - share) / n + 0.25 * square / n).sqrt();
    let lower = if successes == 0 { 0.0 } else { centre - half };
    let upper = if successes == trials { 1.0 } else { centre + half };
    Ok(Interval { lower, upper })
}

/// Clopper and Pearson's exact interval of a proportion (*Biometrika* 26 (1934) 404): covers at least `confidence`, always.
///
/// # Errors
/// As [`wilson`].
pub fn clopper_pearson(successes: u64, trials: u64, confidence: f64) -> Result<Interval, Error> {
    let (x, n, confidence) = proportion(successes, trials, confidence)?;
    let tail = 0.5 * (1.0 - confidence);
    let lower = if successes == 0 { 0.0 } else { Beta::new(x, n - x + 1.0)?.quantile(tail)? };
    let upper = if successes == trials { 1.0 } else { Beta::new(x + 1.0, n - x)?.quantile(1.0 - tail)? };
    Ok(Interval { lower, upper })
}

/// Garwood's exact interval of a rate (*Biometrika* 28 (1936) 437): events by exposure.
///
/// # Errors
/// An exposure not above 0, confidence outside (0, 1).
pub fn poisson_rate(events: u64, exposure: f64, confidence: f64) -> Result<Interval, Error> {
    let exposure = positive("exposure", exposure)?;
    let tail = 0.5 * (1.0 - share("confidence", confidence)?);
    let x = events as f64;
    let lower = if events == 0 { 0.0 } else { Gamma::new(x, exposure)?.quantile(tail)? };
    Ok(Interval { lower, upper: Gamma::new(x + 1.0, exposure)?.quantile(1.0 - tail)? })
}

/// The value below which a share `p` of the weight lies: the smallest value whose cumulated weight reaches `p` of the whole.
///
/// Values are `(value, weight)`, in any order; they are sorted in place.
///
/// # Errors
/// No positive weight, a negative weight, an undefined value, `p` outside (0, 1).
pub fn weighted_quantile(values: &mut [(f64, f64)], p: f64) -> Result<f64, Error> {
    let p = share("p", p)?;
    let mut whole = 0.0;
    for &(value, weight) in values.iter() {
        if value.is_nan() {
            return Err(Error::Argument { name: "value", value, range: "a number" });
        }
        whole += not_negative("weight", weight)?;
    }
    positive("sum of weights", whole)?;
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut reached = 0.0;
    for &(value, weight) in values.iter() {
        reached += weight;
        if weight > 0.0 && reached >= p * whole * (1.0 - 1e-12) {
            return Ok(value);
        }
    }
    Ok(values[values.len() - 1].0)
}

fn proportion(successes: u64, trials: u64, confidence: f64) -> Result<(f64, f64, f64), Error> {
    let n = positive("trials", trials as f64)?;
    if successes > trials {
        return Err(Error::Argument { name: "successes", value: successes as f64, range: "not above the trials" });
    }
    Ok((successes as f64, n, share("confidence", confidence)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn near(found: Interval, lower: f64, upper: f64, within: f64) {
        assert!((found.lower - lower).abs() < within && (found.upper - upper).abs() < within, "{found:?}");
    }

    #[test]
    fn intervals_are_those_of_r() {
        // The published example of an inspection: 1827 of 19440.
        near(wilson(1827, 19440, 0.95).unwrap(), 0.08996, 0.09816, 5e-6);
        // R 4.2.2: binom.test(7, 50)$conf.int; poisson.test(5, 2.5)$conf.int.
        near(clopper_pearson(7, 50, 0.95).unwrap(), 0.058_191_7, 0.267_396, 5e-7);
        near(poisson_rate(5, 2.5, 0.95).unwrap(), 0.649_394_6, 4.667_332, 5e-6);
    }

    #[test]
    fn nothing_found_and_everything_found_touch_the_ends() {
        assert_eq!(wilson(0, 10, 0.95).unwrap().lower, 0.0);
        assert_eq!(clopper_pearson(10, 10, 0.95).unwrap().upper, 1.0);
        // The rule of three, exactly: 1 − 0.025^(1/10).
        assert!((clopper_pearson(0, 10, 0.95).unwrap().upper - (1.0 - 0.025f64.powf(0.1))).abs() < 1e-12);
        assert!(wilson(3, 2, 0.95).is_err() && wilson(0, 0, 0.95).is_err() && wilson(1, 2, 1.0).is_err());
    }

    #[test]
    fn a_weighted_quantile_is_the_value_at_that_share_of_the_weight() {
        let mut values = [(3.0, 1.0), (1.0, 1.0), (2.0, 8.0), (9.0, 0.0)];
        assert_eq!(weighted_quantile(&mut values, 0.5).unwrap(), 2.0);
        assert_eq!(weighted_quantile(&mut values, 0.1).unwrap(), 1.0);
        assert_eq!(weighted_quantile(&mut values, 0.95).unwrap(), 3.0);
        assert!(weighted_quantile(&mut [(1.0, 0.0)], 0.5).is_err());
    }

    proptest! {
        #[test]
        fn the_exact_interval_holds_the_score_interval_up_to_its_own_width(x in 0u64..400, extra in 1u64..400) {
            let n = x + extra;
            let exact = clopper_pearson(x, n, 0.95).unwrap();
            let share = x as f64 / n as f64;
            prop_assert!(exact.lower <= share && share <= exact.upper);
            let score = wilson(x, n, 0.95).unwrap();
            prop_assert!(score.lower <= share && share <= score.upper);
            // The defining property: at the ends, a result as extreme has probability one half of what is left.
            if x > 0 {
                let tail = crate::distributions::Binomial::new(n, exact.lower).unwrap().tail(x);
                prop_assert!((tail - 0.025).abs() < 1e-9, "{}", tail);
            }
        }
    }
}
