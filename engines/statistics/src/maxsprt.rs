//! The launch of a lot: the Poisson maximised sequential probability ratio test, with exact critical values.
//!
//! Events are counted from the first unit sold. After each event the log-likelihood ratio of "the rate is what was seen" against "the rate
//! is what was expected" is compared with one flat critical value, until the expected count reaches an upper limit. The critical value
//! is such that a lot with nothing wrong is named with probability `alpha` in all, although one looks continuously.
//!
//! Source: Kulldorff, Davis, Kolczak, Lewis, Lieu & Platt, *A Maximized Sequential Probability Ratio Test for Drug and Vaccine Safety
//! Surveillance*, Sequential Analysis 30 (2011) 58; minimum number of events and delayed start: Kulldorff & Silva, *Continuous
//! post-market sequential safety surveillance with minimum events to signal*, REVSTAT 15 (2017) 373.
//!
//! The probability of naming is computed exactly: the n-th event names the lot when it comes before the expected count τₙ at which n
//! events meet the critical value, so the number of events in hand at τ₁ < τ₂ < … is a Markov chain with Poisson steps, from which the
//! named mass is taken out at each τₙ. Looking only once a day names no more often than continuous looking: the value stays valid.

use crate::error::{Error, not_negative, positive, share};
use crate::special::ln_poisson_term;

/// Largest upper limit, in expected events: the chain grows with its square.
pub const UPPER_LIMIT_MAX: f64 = 2000.0;
/// Halvings of the interval the critical value lies in: beyond the digits of a double.
const HALVINGS: usize = 60;
/// Critical values are searched below this.
const CRITICAL_VALUE_MAX: f64 = 200.0;

/// How a lot is watched.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Design {
    /// Upper limit T: the watch ends when this many events are expected. Above 0, at most [`UPPER_LIMIT_MAX`].
    pub upper_limit: f64,
    /// Chance that a lot with nothing wrong is named, in (0, 0.5].
    pub alpha: f64,
    /// Fewest events M that may name a lot; at least 1.
    pub minimum_events: u32,
    /// Expected events D before the first look; 0 = from the start; below T.
    pub delayed_start: f64,
}

/// A critical value and what it spends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CriticalValue {
    /// The log-likelihood ratio from which a lot is named.
    pub value: f64,
    /// The chance actually spent: `alpha`, or the nearest below it where a delayed start makes it jump.
    pub spent: f64,
}

/// ln of the maximised likelihood ratio of `events` against `expected`: 0 unless there are more events than expected.
pub fn log_likelihood_ratio(events: u64, expected: f64) -> f64 {
    let n = events as f64;
    if n <= expected {
        return 0.0;
    }
    if expected <= 0.0 {
        return f64::INFINITY;
    }
    crate::special::deviance(n, expected)
}

impl Design {
    /// Looked at from the start, one event suffices.
    pub fn continuous(upper_limit: f64, alpha: f64) -> Self {
        Design { upper_limit, alpha, minimum_events: 1, delayed_start: 0.0 }
    }

    /// The smallest critical value that spends at most `alpha`.
    ///
    /// # Errors
    /// An argument outside its range; no solution, when even naming every lot at its M-th event beyond expectation spends less than alpha
    /// (the upper limit is too small for that many events).
    pub fn critical_value(&self) -> Result<CriticalValue, Error> {
        self.checked()?;
        let mut low = 0.0;
        let mut high = 1.0;
        if self.naming_probability(1e-9, 1.0) < self.alpha {
            return Err(Error::NoSolution("the upper limit is too small for so many events at this alpha"));
        }
        while self.naming_probability(high, 1.0) > self.alpha {
            low = high;
            high *= 2.0;
            if high > CRITICAL_VALUE_MAX {
                return Err(Error::NoSolution("no critical value is large enough"));
            }
        }
        for _ in 0..HALVINGS {
            let middle = 0.5 * (low + high);
            if middle <= low || middle >= high {
                break;
            }
            if self.naming_probability(middle, 1.0) > self.alpha {
                low = middle;
            } else {
                high = middle;
            }
        }
        Ok(CriticalValue { value: high, spent: self.naming_probability(high, 1.0) })
    }

    /// The chance that a lot whose true rate is `ratio` times the expected one is named, for this critical value.
    ///
    /// # Errors
    /// An argument outside its range.
    pub fn power(&self, critical_value: f64, ratio: f64) -> Result<f64, Error> {
        self.checked()?;
        Ok(self.naming_probability(positive("critical value", critical_value)?, positive("ratio", ratio)?))
    }

    fn checked(&self) -> Result<(), Error> {
        positive("upper limit", self.upper_limit)?;
        if self.upper_limit > UPPER_LIMIT_MAX {
            return Err(Error::Argument {
                name: "upper limit",
                value: self.upper_limit,
                range: "at most 2000 expected events",
            });
        }
        share("alpha", self.alpha)?;
        if self.alpha > 0.5 {
            return Err(Error::Argument { name: "alpha", value: self.alpha, range: "at most 0.5" });
        }
        if self.minimum_events == 0 {
            return Err(Error::Argument { name: "minimum events", value: 0.0, range: "at least 1" });
        }
        if not_negative("delayed start", self.delayed_start)? >= self.upper_limit {
            return Err(Error::Argument {
                name: "delayed start",
                value: self.delayed_start,
                range: "below the upper limit",
            });
        }
        Ok(())
    }

    /// The named mass of the chain of the module's documentation, for events at `ratio` times the expected rate.
    fn naming_probability(&self, critical_value: f64, ratio: f64) -> f64 {
        let mut chain = Chain { held: vec![1.0], at: 0.0, ratio, named: 0.0 };
        let mut n = u64::from(self.minimum_events);
        if self.delayed_start > 0.0 {
            while latest_expected(n, critical_value) < self.delayed_start {
                n += 1;
            }
            chain.advance(self.delayed_start, n);
        }
        loop {
            let until = latest_expected(n, critical_value).min(self.upper_limit);
            chain.advance(until, n);
            if until >= self.upper_limit {
                return chain.named;
            }
            n += 1;
        }
    }
}

/// How many events a lot not yet named holds, and how much has been named.
struct Chain {
    held: Vec<f64>,
    at: f64,
    ratio: f64,
    named: f64,
}

impl Chain {
    /// Moves to the expected count `until`; who then has `limit` events or more is named.
    fn advance(&mut self, until: f64, limit: u64) {
        let limit = limit as usize;
        let step = (until - self.at).max(0.0) * self.ratio;
        self.at = until;
        let mut steps = Vec::with_capacity(64);
        for k in 0..=limit {
            let term = ln_poisson_term(k as f64, step).exp();
            steps.push(term);
            if k as f64 > step && term < 1e-19 {
                break;
            }
        }
        let mut next = vec![0.0; limit];
        let before: f64 = self.held.iter().sum();
        for (k, &mass) in self.held.iter().enumerate() {
            if mass < 1e-30 {
                continue;
            }
            for (more, &term) in steps.iter().enumerate() {
                match next.get_mut(k + more) {
                    Some(cell) => *cell += mass * term,
                    None => break,
                }
            }
        }
        let kept: f64 = next.iter().sum();
        self.named += (before - kept).max(0.0);
        self.held = next;
    }
}

/// The largest expected count at which `n` events meet the critical value c: the root below n of n ln(n/μ) − n + μ = c.
fn latest_expected(n: u64, critical_value: f64) -> f64 {
    let n = n as f64;
    let each = critical_value / n;
    // u − 1 − ln u = each, u in (0, 1): convex and falling, so Newton's method climbs to the root from the left of it.
    let mut u = (-1.0 - each).exp();
    for _ in 0..100 {
        let step = (u - 1.0 - u.ln() - each) / (1.0 / u - 1.0);
        u += step;
        if step <= 1e-16 * u {
            break;
        }
    }
    n * u
}

/// The watch over one lot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Launch {
    design: Design,
    critical: CriticalValue,
}

/// What a look at a lot says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LaunchLook {
    /// The log-likelihood ratio.
    pub statistic: f64,
    /// The lot is named.
    pub named: bool,
    /// The upper limit is reached: a lot not named by now is not named any more by this watch.
    pub ended: bool,
}

impl Launch {
    /// Computes the critical value once; keep it for all lots of the design.
    ///
    /// # Errors
    /// As [`Design::critical_value`].
    pub fn new(design: Design) -> Result<Self, Error> {
        Ok(Launch { design, critical: design.critical_value()? })
    }

    /// The critical value.
    pub fn critical(&self) -> CriticalValue {
        self.critical
    }

    /// Looks at a lot with `events` so far where `expected` were expected.
    pub fn look(&self, events: u64, expected: f64) -> LaunchLook {
        let statistic = log_likelihood_ratio(events, expected);
        let ended = expected >= self.design.upper_limit;
        let ripe = expected >= self.design.delayed_start && events >= u64::from(self.design.minimum_events);
        LaunchLook { statistic, named: ripe && !ended && statistic >= self.critical.value, ended }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ground::{Rng, SeededRng};
    use proptest::prelude::*;

    /// Share of simulated lots without fault that are named, by playing their events one by one.
    fn played(design: &Design, critical: f64, ratio: f64, lots: u32) -> f64 {
        let rng = SeededRng::new(11);
        let mut named = 0;
        for _ in 0..lots {
            let (mut at, mut events) = (0.0, 0u64);
            let mut delayed = design.delayed_start > 0.0;
            loop {
                let next = at - (1.0 - rng.unit()).ln() / ratio;
                let ripe = |events: u64| events >= u64::from(design.minimum_events);
                if delayed && next >= design.delayed_start {
                    delayed = false;
                    if ripe(events) && log_likelihood_ratio(events, design.delayed_start) >= critical {
                        named += 1;
                        break;
                    }
                }
                (at, events) = (next, events + 1);
                if at >= design.upper_limit {
                    break;
                }
                if !delayed && ripe(events) && log_likelihood_ratio(events, at) >= critical {
                    named += 1;
                    break;
                }
            }
        }
        f64::from(named) / f64::from(lots)
    }

    #[test]
    fn playing_lots_names_as_many_as_computed() {
        for (upper_limit, minimum_events, delayed_start, alpha) in
            [(10.0, 1, 0.0, 0.05), (8.0, 4, 0.0, 0.05), (15.0, 3, 2.0, 0.01), (30.0, 6, 5.0, 0.1)]
        {
            let design = Design { upper_limit, alpha, minimum_events, delayed_start };
            let critical = design.critical_value().unwrap();
            assert!(critical.spent <= alpha + 1e-9);
            let share = played(&design, critical.value, 1.0, 60_000);
            let error = (critical.spent / 60_000.0).sqrt();
            assert!((share - critical.spent).abs() < 4.0 * error, "{design:?} {critical:?} {share}");
            let power = design.power(critical.value, 2.0).unwrap();
            let found = played(&design, critical.value, 2.0, 20_000);
            assert!((found - power).abs() < 0.015, "{design:?} {power} {found}");
        }
    }

    #[test]
    fn a_limit_too_small_for_the_events_has_no_solution() {
        // The fourth event comes before expectation reaches 1 with a chance of 1.9 %: five percent cannot be spent.
        let design = Design { minimum_events: 4, ..Design::continuous(1.0, 0.05) };
        assert!(matches!(design.critical_value(), Err(Error::NoSolution(_))));
        assert!(Design::continuous(0.0, 0.05).critical_value().is_err());
        assert!(Design::continuous(f64::NAN, 0.05).critical_value().is_err());
        assert!(Design::continuous(10.0, 0.6).critical_value().is_err());
        assert!(Design::continuous(5000.0, 0.05).critical_value().is_err());
        assert!(Design { minimum_events: 0, ..Design::continuous(1.0, 0.05) }.critical_value().is_err());
        assert!(Design { delayed_start: 1.0, ..Design::continuous(1.0, 0.05) }.critical_value().is_err());
    }

    #[test]
    fn a_launch_names_a_bad_lot_and_ends() {
        let launch = Launch::new(Design { minimum_events: 3, ..Design::continuous(20.0, 0.05) }).unwrap();
        assert!(!launch.look(2, 0.01).named, "too few events, however early");
        assert!(launch.look(9, 2.0).named && !launch.look(3, 2.0).named);
        assert!(launch.look(90, 20.0).ended && !launch.look(90, 20.0).named);
        assert_eq!(launch.look(1, 2.0).statistic, 0.0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn more_caution_needs_a_higher_value(upper_limit in 2.0..60.0f64, alpha in 0.002..0.2f64) {
            let here = Design::continuous(upper_limit, alpha).critical_value().unwrap();
            prop_assert!((here.spent - alpha).abs() < 1e-8);
            let longer = Design::continuous(upper_limit * 1.5, alpha).critical_value().unwrap();
            let rarer = Design::continuous(upper_limit, alpha * 0.5).critical_value().unwrap();
            prop_assert!(longer.value > here.value && rarer.value > here.value);
        }

        #[test]
        fn the_latest_expected_count_meets_the_critical_value(n in 1u64..3000, critical in 1e-6..30.0f64) {
            let at = latest_expected(n, critical);
            prop_assert!(at < n as f64 && (log_likelihood_ratio(n, at) - critical).abs() < 1e-9 * critical.max(1.0), "{}", at);
        }
    }
}
