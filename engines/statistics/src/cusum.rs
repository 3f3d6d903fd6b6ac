//! A steady share that rises: the likelihood-ratio CUSUM of binomial counts with a number of trials that changes.
//!
//! C(t) = max(0, C(t−1) + ln [P(x; n, π₁)/P(x; n, π₀)]), an alarm when C exceeds h, after which the sum starts again from 0. π₁ has
//! `odds_ratio` times the odds of π₀. Weeks without trials leave it as it is.
//!
//! Source: Höhle, *Online change-point detection in categorical time series*, in: Statistical Modelling and Regression Structures
//! (2010) 377; Page, *Biometrika* 41 (1954) 100; Reynolds & Stoumbos, *J. Quality Technology* 31 (1999) 87 for the binomial form.
//!
//! Error rate: none is claimed for a threshold chosen by hand; [`in_control_run_length`] gives the mean number of looks until a false
//! alarm for a constant number of trials.

use crate::distributions::Binomial;
use crate::error::{Error, positive, share};

/// One look: trials, how many of them failed, and the share expected to fail.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Batch {
    /// Trials; may be 0.
    pub trials: u64,
    /// Failures; not above the trials.
    pub failures: u64,
    /// π₀ of this look, in (0, 1): may carry season.
    pub baseline: f64,
}

/// The sum after a look.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// C; where it alarms, the value that crossed (the next starts from 0).
    pub value: f64,
    /// C exceeds h.
    pub alarm: bool,
}

/// Threshold and size of the rise to be found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BinomialCusum {
    odds_ratio: f64,
    threshold: f64,
}

impl BinomialCusum {
    /// `odds_ratio` of out-of-control to in-control, above 0 and not 1 (below 1 finds a fall); `threshold` h above 0.
    ///
    /// # Errors
    /// Arguments outside their range.
    pub fn new(odds_ratio: f64, threshold: f64) -> Result<Self, Error> {
        if positive("odds ratio", odds_ratio)? == 1.0 {
            return Err(Error::Argument { name: "odds ratio", value: 1.0, range: "other than 1" });
        }
        Ok(BinomialCusum { odds_ratio, threshold: positive("threshold", threshold)? })
    }

    /// The sum after the next look, from the value before it (0 at first and after an alarm).
    ///
    /// # Errors
    /// More failures than trials, a baseline outside (0, 1).
    pub fn step(&self, before: f64, batch: &Batch) -> Result<Step, Error> {
        if batch.failures > batch.trials {
            return Err(Error::Argument {
                name: "failures",
                value: batch.failures as f64,
                range: "not above the trials",
            });
        }
        let value = (before + self.ln_ratio(batch.trials, batch.failures, share("baseline", batch.baseline)?)).max(0.0);
        Ok(Step { value, alarm: value > self.threshold })
    }

    /// The sums after each look, starting again from 0 after each alarm.
    ///
    /// # Errors
    /// As [`BinomialCusum::step`].
    pub fn run(&self, batches: &[Batch]) -> Result<Vec<Step>, Error> {
        let mut before = 0.0;
        batches
            .iter()
            .map(|batch| {
                let step = self.step(before, batch)?;
                before = if step.alarm { 0.0 } else { step.value };
                Ok(step)
            })
            .collect()
    }

    /// x ln(π₁/π₀) + (n − x) ln((1 − π₁)/(1 − π₀)); with odds multiplied by r, π₁/π₀ = r/(1 + π₀(r − 1)).
    fn ln_ratio(&self, trials: u64, failures: u64, baseline: f64) -> f64 {
        let spread = (baseline * (self.odds_ratio - 1.0)).ln_1p();
        failures as f64 * self.odds_ratio.ln() - trials as f64 * spread
    }
}

/// Cells the sum is divided into.
const CELLS: usize = 400;
/// Largest batch the run length is computed for.
pub const RUN_LENGTH_TRIALS_MAX: u64 = 1_000_000;

/// Mean number of looks to a false alarm, for `trials` at each look and a share of `actual` failing (π₀: false alarms; π₁: delay).
///
/// The sum is followed as a Markov chain on a grid (Brook & Evans, *Biometrika* 59 (1972) 539): good to a few percent.
///
/// # Errors
/// No trials or more than [`RUN_LENGTH_TRIALS_MAX`], shares outside (0, 1).
pub fn in_control_run_length(cusum: &BinomialCusum, trials: u64, baseline: f64, actual: f64) -> Result<f64, Error> {
    positive("trials", trials as f64)?;
    if trials > RUN_LENGTH_TRIALS_MAX {
        return Err(Error::Argument { name: "trials", value: trials as f64, range: "at most 1,000,000" });
    }
    share("baseline", baseline)?;
    let counts = Binomial::new(trials, share("actual share", actual)?)?;
    let width = cusum.threshold / (CELLS as f64 - 0.5);
    let (from, to) = (counts.quantile(1e-12)?, counts.quantile(1.0 - 1e-12)?);
    let jumps: Vec<(f64, f64)> =
        (from..=to).map(|x| (cusum.ln_ratio(trials, x, baseline), counts.ln_pmf(x).exp())).collect();
    // Each row: from a cell of the sum, the chance of each next cell; what is missing to 1 is an alarm.
    let mut rows = vec![vec![0.0; CELLS]; CELLS];
    for (cell, row) in rows.iter_mut().enumerate() {
        for &(jump, chance) in &jumps {
            let next = ((cell as f64 * width + jump) / width).round().max(0.0) as usize;
            if next < CELLS {
                row[next] += chance;
            }
        }
    }
    solve_run_length(&mut rows).map(|lengths| lengths[0])
}

/// Solves (I − P) L = 1 by elimination with pivoting.
fn solve_run_length(rows: &mut [Vec<f64>]) -> Result<Vec<f64>, Error> {
    let size = rows.len();
    for (place, row) in rows.iter_mut().enumerate() {
        row.iter_mut().for_each(|cell| *cell = -*cell);
        row[place] += 1.0;
        row.push(1.0);
    }
    for column in 0..size {
        let pivot =
            (column..size).max_by(|&a, &b| rows[a][column].abs().total_cmp(&rows[b][column].abs())).unwrap_or(column);
        if rows[pivot][column].abs() < 1e-300 {
            return Err(Error::NoSolution("an alarm is never reached"));
        }
        rows.swap(column, pivot);
        let (above, below) = rows.split_at_mut(column + 1);
        let lead = &above[column];
        for row in below {
            let factor = row[column] / lead[column];
            if factor != 0.0 {
                row[column..].iter_mut().zip(&lead[column..]).for_each(|(cell, lead)| *cell -= factor * lead);
            }
        }
    }
    let mut lengths = vec![0.0; size];
    for place in (0..size).rev() {
        let known: f64 = (place + 1..size).map(|other| rows[place][other] * lengths[other]).sum();
        lengths[place] = (rows[place][size] - known) / rows[place][place];
    }
    Ok(lengths)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_ratio_is_that_of_the_two_binomials() {
        let cusum = BinomialCusum::new(2.5, 5.0).unwrap();
        let (p0, odds) = (0.07f64, 2.5 * 0.07 / 0.93);
        let p1 = odds / (1.0 + odds);
        let by_hand = Binomial::new(40, p1).unwrap().ln_pmf(9) - Binomial::new(40, p0).unwrap().ln_pmf(9);
        assert!((cusum.ln_ratio(40, 9, p0) - by_hand).abs() < 1e-12);
    }

    #[test]
    fn nothing_tried_changes_nothing_and_nonsense_is_refused() {
        let cusum = BinomialCusum::new(2.0, 5.0).unwrap();
        assert_eq!(cusum.step(3.25, &Batch { trials: 0, failures: 0, baseline: 0.01 }).unwrap().value, 3.25);
        assert!(cusum.step(0.0, &Batch { trials: 1, failures: 2, baseline: 0.01 }).is_err());
        assert!(cusum.step(0.0, &Batch { trials: 3, failures: 2, baseline: 0.0 }).is_err());
        assert!(BinomialCusum::new(1.0, 5.0).is_err() && BinomialCusum::new(2.0, 0.0).is_err());
    }

    #[test]
    fn false_alarms_are_rare_and_true_ones_quick() {
        let cusum = BinomialCusum::new(2.0, 4.0).unwrap();
        let quiet = in_control_run_length(&cusum, 200, 0.02, 0.02).unwrap();
        let loud = in_control_run_length(&cusum, 200, 0.02, 0.04).unwrap();
        assert!(quiet > 100.0 && loud < 10.0, "{quiet} {loud}");
    }

    proptest! {
        #[test]
        fn the_sum_is_never_negative_and_more_failures_never_lower_it(before in 0.0..4.0f64, trials in 1u64..500, share in 0.001..0.3f64) {
            let cusum = BinomialCusum::new(2.0, 4.0).unwrap();
            let at = |failures| cusum.step(before, &Batch { trials, failures, baseline: share }).unwrap().value;
            prop_assert!(at(0) >= 0.0 && at(0) <= before);
            prop_assert!(at(trials) >= at(trials / 2) && at(trials / 2) >= at(0));
        }
    }
}
