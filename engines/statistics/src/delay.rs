//! How much could have been complained about by now: deliveries weighted by the delay from delivery to complaint.
//!
//! A product that sold a thousand units yesterday has had no time to be complained about. Its exposure on day t is
//! Σₖ deliveries(t − k) · f(k), with f the distribution of the delay in days; over all days up to t it is Σₖ deliveries(t − k) · F(k).
//! With this exposure the complaint rate means the same on every day of a product's life.
//!
//! The delay is learnt from complaints already made, which favours short delays: whoever will complain late has not done so yet. The
//! estimate corrects for this right truncation by the nonparametric maximum likelihood of reverse-time hazards (Lagakos, Barraj & De
//! Gruttola, *Biometrika* 75 (1988) 515; Kalbfleisch & Lawless, *JASA* 84 (1989) 360): the chance that a delay is exactly k, given that
//! it is at most k, needs only complaints from deliveries at least k days ago.

use crate::error::{Error, not_negative, positive};

/// Longest delay in days.
pub const DELAY_DAYS_MAX: usize = 3650;

/// Distribution of the delay in whole days, from 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Delay {
    chances: Vec<f64>,
    reached: Vec<f64>,
}

/// Complaints of one delay from deliveries that lay equally far back when one looked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reported {
    /// Days from delivery to complaint.
    pub delay_days: usize,
    /// Days from delivery to the moment of looking: the longest delay that could have been seen. Not below `delay_days`.
    pub seen_days: usize,
    /// How many.
    pub count: f64,
}

impl Delay {
    /// From the chances of 0, 1, 2 … days, on any positive scale.
    ///
    /// # Errors
    /// None, more than [`DELAY_DAYS_MAX`] + 1, a negative one, or all zero.
    pub fn new(chances: &[f64]) -> Result<Self, Error> {
        if chances.len() > DELAY_DAYS_MAX + 1 {
            return Err(Error::TooLarge { name: "delay days", found: chances.len(), limit: DELAY_DAYS_MAX + 1 });
        }
        let mut whole = 0.0;
        for &chance in chances {
            whole += not_negative("chance of a delay", chance)?;
        }
        positive("sum of chances", whole)?;
        let chances: Vec<f64> = chances.iter().map(|chance| chance / whole).collect();
        let reached = chances
            .iter()
            .scan(0.0f64, |sum, chance| {
                *sum = (*sum + chance).min(1.0);
                Some(*sum)
            })
            .collect();
        Ok(Delay { chances, reached })
    }

    /// No delay: every complaint comes on the day of delivery.
    pub fn none() -> Self {
        Delay { chances: vec![1.0], reached: vec![1.0] }
    }

    /// The distribution of delays up to `longest_days` that makes the reports most likely, given that longer ones cannot be seen.
    ///
    /// Delays beyond `longest_days` are left out; the result is the distribution of the delay given that it is at most that.
    ///
    /// # Errors
    /// A delay longer than it could be seen; no report within `longest_days`; a longest delay at which every report in view has exactly that
    /// delay, so nothing can be said of shorter ones (take a shorter `longest_days`).
    pub fn estimate(reports: &[Reported], longest_days: usize) -> Result<Self, Error> {
        if longest_days > DELAY_DAYS_MAX {
            return Err(Error::TooLarge { name: "delay days", found: longest_days, limit: DELAY_DAYS_MAX });
        }
        let mut exactly = vec![0.0; longest_days + 1];
        // Enters the risk set at its delay and leaves it after the last day that could be seen.
        let mut change = vec![0.0; longest_days + 2];
        for report in reports {
            not_negative("count", report.count)?;
            if report.delay_days > report.seen_days {
                return Err(Error::Argument {
                    name: "delay",
                    value: report.delay_days as f64,
                    range: "not above the days seen",
                });
            }
            if report.delay_days > longest_days {
                continue;
            }
            exactly[report.delay_days] += report.count;
            change[report.delay_days] += report.count;
            change[(report.seen_days + 1).min(longest_days + 1)] -= report.count;
        }
        let mut at_risk = vec![0.0; longest_days + 1];
        let mut running = 0.0;
        for (day, risk) in at_risk.iter_mut().enumerate() {
            running += change[day];
            *risk = running;
        }
        let mut chances = vec![0.0; longest_days + 1];
        let mut reached = 1.0;
        for day in (0..=longest_days).rev() {
            if exactly[day] <= 0.0 {
                continue;
            }
            let share = (exactly[day] / at_risk[day]).min(1.0);
            if share >= 1.0 && exactly[..day].iter().any(|&count| count > 0.0) {
                return Err(Error::NoSolution("too few reports lie far enough back for the longest delay"));
            }
            chances[day] = reached * share;
            reached *= 1.0 - share;
        }
        Delay::new(&chances)
    }

    /// Chance of exactly `days`.
    pub fn chance(&self, days: usize) -> f64 {
        self.chances.get(days).copied().unwrap_or(0.0)
    }

    /// Chance of at most `days`.
    pub fn reached(&self, days: usize) -> f64 {
        self.reached.get(days).copied().unwrap_or(1.0)
    }

    /// Longest delay with a chance, in days.
    pub fn longest_days(&self) -> usize {
        self.chances.len() - 1
    }

    /// Mean in days.
    pub fn mean_days(&self) -> f64 {
        self.chances.iter().enumerate().map(|(day, chance)| day as f64 * chance).sum()
    }

    /// Exposure of each day: what deliveries of that day and before bring forth on it. `deliveries` by day, oldest first; what
    /// was delivered before the first is unknown and counts as nothing.
    ///
    /// # Errors
    /// A negative or undefined number of deliveries.
    pub fn daily_exposure(&self, deliveries: &[f64]) -> Result<Vec<f64>, Error> {
        let mut exposure = vec![0.0; deliveries.len()];
        for (day, &delivered) in deliveries.iter().enumerate() {
            if not_negative("deliveries", delivered)? == 0.0 {
                continue;
            }
            for (later, chance) in exposure[day..].iter_mut().zip(&self.chances) {
                *later += delivered * chance;
            }
        }
        Ok(exposure)
    }

    /// Exposure of all days together: units delivered, each counted by the chance that its complaint would have come by the last day.
    ///
    /// # Errors
    /// As [`Delay::daily_exposure`].
    pub fn ripe(&self, deliveries: &[f64]) -> Result<f64, Error> {
        let mut sum = 0.0;
        for (ago, &delivered) in deliveries.iter().rev().enumerate() {
            sum += not_negative("deliveries", delivered)? * self.reached(ago);
        }
        Ok(sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a look sees when `each_day` complaints' worth is delivered on each of `days` days.
    fn seen(truth: &[f64], days: usize, each_day: f64) -> Vec<Reported> {
        (0..days)
            .flat_map(|seen_days| {
                truth.iter().enumerate().take(seen_days + 1).map(move |(delay_days, chance)| Reported {
                    delay_days,
                    seen_days,
                    count: each_day * chance,
                })
            })
            .collect()
    }

    #[test]
    fn late_complaints_not_yet_made_do_not_shorten_the_delay() {
        let truth = [0.05, 0.1, 0.2, 0.3, 0.2, 0.1, 0.05];
        let reports = seen(&truth, 9, 1000.0);
        let found = Delay::estimate(&reports, 6).unwrap();
        for (day, chance) in truth.iter().enumerate() {
            assert!((found.chance(day) - chance).abs() < 1e-12, "{day}: {}", found.chance(day));
        }
        let whole: f64 = reports.iter().map(|r| r.count).sum();
        let naive: f64 = reports.iter().map(|r| r.count * r.delay_days as f64).sum::<f64>() / whole;
        assert!(naive < found.mean_days() - 0.2, "the plain average is too short: {naive}");
    }

    #[test]
    fn exposure_waits_for_the_delay() {
        let delay = Delay::new(&[0.0, 1.0, 3.0]).unwrap();
        assert_eq!(delay.daily_exposure(&[100.0, 0.0, 0.0, 0.0]).unwrap(), [0.0, 25.0, 75.0, 0.0]);
        assert_eq!(delay.ripe(&[100.0, 40.0]).unwrap(), 25.0);
        assert_eq!(Delay::none().daily_exposure(&[3.0, 4.0]).unwrap(), [3.0, 4.0]);
        assert!(delay.ripe(&[f64::NAN]).is_err() && Delay::new(&[]).is_err() && Delay::new(&[0.0]).is_err());
    }

    #[test]
    fn impossible_reports_and_longest_delays_without_evidence_are_refused() {
        let early = Reported { delay_days: 3, seen_days: 2, count: 1.0 };
        assert!(Delay::estimate(&[early], 5).is_err());
        let lone = [
            Reported { delay_days: 4, seen_days: 4, count: 1.0 },
            Reported { delay_days: 1, seen_days: 2, count: 5.0 },
        ];
        assert!(matches!(Delay::estimate(&lone, 5), Err(Error::NoSolution(_))));
        assert!(Delay::estimate(&lone, 3).is_ok());
    }

    proptest! {
        #[test]
        fn days_sum_to_what_is_ripe(deliveries in prop::collection::vec(0.0..100.0f64, 1..40), chances in prop::collection::vec(0.01..1.0f64, 1..20)) {
            let delay = Delay::new(&chances).unwrap();
            let by_day: f64 = delay.daily_exposure(&deliveries).unwrap().iter().sum();
            prop_assert!((by_day - delay.ripe(&deliveries).unwrap()).abs() < 1e-9);
            prop_assert!(by_day <= deliveries.iter().sum::<f64>() + 1e-9);
        }

        #[test]
        fn an_estimate_from_expected_reports_is_the_truth(weights in prop::collection::vec(0.05..1.0f64, 2..12), more in 1usize..10) {
            let truth = Delay::new(&weights).unwrap();
            let reports = seen(&truth.chances, weights.len() + more, 50.0);
            let found = Delay::estimate(&reports, weights.len() - 1).unwrap();
            for day in 0..weights.len() {
                prop_assert!((found.chance(day) - truth.chance(day)).abs() < 1e-9);
            }
        }
    }
}
