//! The margin test: is the rate higher than what is tolerated, and not merely higher than average?
//!
//! Null hypothesis: the true rate is at most `margin` times the baseline. With a baseline that varies from product to product by
//! nature, testing against the plain average names thousands of products that are a little worse than it; testing against 1.5 times
//! the average asks what a marketplace wants to know. The p-value is the exact upper tail of the count at the null's edge:
//!
//! - [`Variation::Poisson`]: counts vary as Poisson counts do;
//! - [`Variation::GammaShocks`]: the rate of each day is multiplied by a gamma shock of mean 1 (promotions, weather, a carrier's bad
//!   day), so a count over `days` days is negative binomial with shape `shape_per_day · days`. For days of equal exposure this is
//!   exact. For unequal exposures hand in the effective number of days, [`effective_days`], which errs on the safe side.

use crate::distributions::{NegativeBinomial, Poisson};
use crate::error::{Error, not_negative, positive};

/// How counts vary around what is expected.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Variation {
    /// As Poisson counts.
    Poisson,
    /// Poisson counts whose rate is multiplied each day by an independent gamma shock of mean 1 and this shape (variance 1/shape).
    GammaShocks {
        /// Shape of one day's shock; finite, above 0.
        shape_per_day: f64,
    },
    /// Nothing is assumed but the mean. Known to the e-detector only; the margin test refuses it.
    MeanOnly,
}

/// The margin test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MarginTest {
    margin: f64,
    variation: Variation,
}

impl MarginTest {
    /// `margin`: tolerated multiple of the baseline, at least 1 as a rule (1.5 is usual).
    ///
    /// # Errors
    /// A margin or a shape that is not finite and above 0; [`Variation::MeanOnly`].
    pub fn new(margin: f64, variation: Variation) -> Result<Self, Error> {
        match variation {
            Variation::Poisson => {}
            Variation::GammaShocks { shape_per_day } => {
                positive("shape per day", shape_per_day)?;
            }
            Variation::MeanOnly => return Err(Error::NoSolution("a mean alone gives no tail probability")),
        }
        Ok(MarginTest { margin: positive("margin", margin)?, variation })
    }

    /// ln of the probability of at least `count` events at the edge of the null hypothesis.
    ///
    /// `expected`: events expected at the baseline rate (exposure × baseline), not below 0. `days`: effective number of days, above 0.
    ///
    /// # Errors
    /// Arguments outside their range.
    pub fn ln_p_value(&self, count: u64, expected: f64, days: f64) -> Result<f64, Error> {
        let mean = self.margin * not_negative("expected", expected)?;
        match self.variation {
            Variation::GammaShocks { shape_per_day } => {
                Ok(NegativeBinomial::new(shape_per_day * positive("days", days)?, mean)?.ln_tail(count))
            }
            _ => Ok(Poisson::new(mean)?.ln_tail(count)),
        }
    }

    /// The same as a probability (0 when below 10⁻³²³).
    ///
    /// # Errors
    /// As [`MarginTest::ln_p_value`].
    pub fn p_value(&self, count: u64, expected: f64, days: f64) -> Result<f64, Error> {
        self.ln_p_value(count, expected, days).map(f64::exp)
    }
}

/// The number of days of equal exposure that vary at least as much as these do together: the whole over the largest, at least 1.
///
/// A weighted mean of independent shocks is smaller in convex order than the plain mean of ⌊whole/largest⌋ of them, because its
/// weights are majorised by those of that many equal days (Marshall, Olkin & Arnold, *Inequalities*, 2011, ch. 3). The floor is kept.
pub fn effective_days(expected_by_day: &[f64]) -> f64 {
    let whole: f64 = expected_by_day.iter().sum();
    let largest = expected_by_day.iter().copied().fold(0.0, f64::max);
    if largest > 0.0 { (whole / largest).floor().max(1.0) } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn p_values_are_exact_tails() {
        // R 4.2.2: ppois(9, 4.5, lower.tail = FALSE) = 0.01709270; pnbinom(9, size = 20, mu = 4.5, lower.tail = FALSE) = 0.02810...
        let test = MarginTest::new(1.5, Variation::Poisson).unwrap();
        assert!((test.p_value(10, 3.0, 1.0).unwrap() - 0.017_092_7).abs() < 1e-7);
        assert_eq!(test.p_value(0, 3.0, 1.0).unwrap(), 1.0);
        assert!(test.ln_p_value(5000, 3.0, 1.0).unwrap() < -20_000.0, "far tails are still told apart");
        assert!(
            MarginTest::new(0.0, Variation::Poisson).is_err() && MarginTest::new(1.5, Variation::MeanOnly).is_err()
        );
        assert!(test.p_value(1, -1.0, 1.0).is_err() && test.p_value(1, f64::NAN, 1.0).is_err());
    }

    #[test]
    fn days_of_unequal_weight_count_as_fewer() {
        assert_eq!(effective_days(&[1.0; 35]), 35.0);
        assert_eq!(effective_days(&[1.0, 1.0, 8.0]), 1.0);
        assert_eq!(effective_days(&[0.0, 2.0, 2.0, 1.0]), 2.0);
        assert_eq!(effective_days(&[]), 1.0);
    }

    proptest! {
        #[test]
        fn more_variation_is_never_more_surprised_by_a_far_excess(expected in 0.1..50.0f64, shape in 0.5..100.0f64, extra in 2.0..6.0f64) {
            let poisson = MarginTest::new(1.5, Variation::Poisson).unwrap();
            let shocks = MarginTest::new(1.5, Variation::GammaShocks { shape_per_day: shape }).unwrap();
            let mean = 1.5 * expected;
            let count = (mean + extra * (mean + mean * mean / shape).sqrt() + 2.0).ceil() as u64;
            prop_assert!(shocks.ln_p_value(count, expected, 1.0).unwrap() >= poisson.ln_p_value(count, expected, 1.0).unwrap() - 1e-9);
        }

        #[test]
        fn p_values_fall_with_the_count_and_rise_with_the_expectation(count in 1u64..200, expected in 0.01..100.0f64) {
            let test = MarginTest::new(1.5, Variation::Poisson).unwrap();
            let here = test.ln_p_value(count, expected, 1.0).unwrap();
            prop_assert!(test.ln_p_value(count + 1, expected, 1.0).unwrap() <= here);
            prop_assert!(test.ln_p_value(count, expected * 1.1, 1.0).unwrap() >= here);
        }
    }
}
