//! Rates of the products of a cohort, shrunk to what the cohort is like: the Gamma–Poisson model.
//!
//! Product i has `count` events over `exposure`; count ~ Poisson(λᵢ · exposure), λᵢ ~ Gamma(shape, rate). The prior is fitted to the
//! cohort by maximum marginal likelihood (a negative binomial), and each product's posterior is Gamma(shape + count, rate + exposure):
//! a product with little exposure is judged like its cohort, one with much like itself.
//!
//! Source: the negative binomial as a Gamma–Poisson mixture, Greenwood & Yule (*JRSS* 83, 1920); empirical Bayes rates, Clayton &
//! Kaldor (*Biometrics* 43, 1987). Decay: West & Harrison's discounting (*Bayesian Forecasting and Dynamic Models*, 1997, ch. 10.8),
//! in which old counts and old exposure lose weight together, so the rate stays unbiased and its uncertainty grows.

use crate::distributions::Gamma;
use crate::error::{Error, not_negative, positive};
use crate::minimise::minimise;
use crate::special::{digamma, ln_gamma};

/// The shape beyond which a cohort is called uniform: no variation between products beyond that of Poisson counts is seen.
pub const SHAPE_MAX: f64 = 1e6;
/// Fewest products with exposure a prior is fitted to.
pub const PRODUCTS_MIN: usize = 3;

/// What was seen of one product. Counts may be fractional after decay.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Observation {
    /// Events.
    pub count: f64,
    /// Exposure in the unit of the rate (units shipped and ripe for complaint).
    pub exposure: f64,
    /// How many products look like this one (1, or the size of a group of alike ones).
    pub weight: f64,
}

impl Observation {
    /// One product.
    pub fn new(count: f64, exposure: f64) -> Self {
        Observation { count, exposure, weight: 1.0 }
    }
}

/// One stretch of a product's past.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Past {
    /// Its age in days at the moment of judging.
    pub age_days: f64,
    /// Events in it.
    pub count: f64,
    /// Exposure in it.
    pub exposure: f64,
}

/// The past summed with weights 2^(−age / half-life).
///
/// # Errors
/// A half-life not above 0, a negative age, count or exposure.
pub fn decayed(past: &[Past], half_life_days: f64) -> Result<Observation, Error> {
    let half_life_days = positive("half-life", half_life_days)?;
    let (mut count, mut exposure) = (0.0, 0.0);
    for stretch in past {
        let weight = (-not_negative("age", stretch.age_days)? / half_life_days).exp2();
        count += weight * not_negative("count", stretch.count)?;
        exposure += weight * not_negative("exposure", stretch.exposure)?;
    }
    Ok(Observation::new(count, exposure))
}

/// What the products of a cohort are like before one of them is looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GammaPrior {
    /// α: the larger, the more alike the products.
    pub shape: f64,
    /// β: the exposure the prior is worth.
    pub rate: f64,
}

impl GammaPrior {
    /// Both finite and above 0.
    pub fn new(shape: f64, rate: f64) -> Result<Self, Error> {
        Ok(GammaPrior { shape: positive("shape", shape)?, rate: positive("rate", rate)? })
    }

    /// Events per unit of exposure of the typical product: the baseline of the margin test and of the e-detector.
    pub fn mean(&self) -> f64 {
        self.shape / self.rate
    }

    /// The rate of a product with this count over this exposure; its quantiles are the bounds a rating rests on
    /// (`posterior(…)?.quantile(0.05)` is the lower, `0.95` the upper).
    pub fn posterior(&self, count: f64, exposure: f64) -> Result<Gamma, Error> {
        Gamma::new(self.shape + not_negative("count", count)?, self.rate + not_negative("exposure", exposure)?)
    }
}

/// A fitted prior.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CohortFit {
    /// The prior.
    pub prior: GammaPrior,
    /// Logarithm of the marginal likelihood at the maximum, without the Σ ln x! that depends on the counts alone.
    pub ln_likelihood: f64,
    /// Products with exposure.
    pub products: usize,
    /// No variation beyond Poisson was seen: the shape stands at [`SHAPE_MAX`].
    pub uniform: bool,
}

/// The prior that makes what was seen most likely.
///
/// Products without exposure are passed over.
///
/// # Errors
/// Fewer than [`PRODUCTS_MIN`] products with exposure; no event at all; negative or undefined numbers.
pub fn fit(observations: &[Observation]) -> Result<CohortFit, Error> {
    let mut seen = Vec::with_capacity(observations.len());
    for observation in observations {
        not_negative("count", observation.count)?;
        not_negative("weight", observation.weight)?;
        if not_negative("exposure", observation.exposure)? > 0.0 && observation.weight > 0.0 {
            seen.push(*observation);
        } else if observation.count > 0.0 && observation.weight > 0.0 {
            return Err(Error::Argument {
                name: "exposure",
                value: observation.exposure,
                range: "above 0 where events were counted",
            });
        }
    }
    if seen.len() < PRODUCTS_MIN {
        return Err(Error::Length { name: "cohort", found: seen.len(), wanted: PRODUCTS_MIN });
    }
    let sum = |of: &dyn Fn(&Observation) -> f64| seen.iter().map(|o| o.weight * of(o)).sum::<f64>();
    let mean = sum(&|o| o.count) / sum(&|o| o.exposure);
    if mean <= 0.0 {
        return Err(Error::NoSolution("the cohort has no event"));
    }
    // The slope of the likelihood at "no variation between products" (Dean & Lawless, JASA 84, 1989): not above 0, none is seen.
    let excess = sum(&|o| (o.count - mean * o.exposure).powi(2) - o.count);
    let products = seen.len();
    if excess <= 0.0 {
        let prior = GammaPrior { shape: SHAPE_MAX, rate: SHAPE_MAX / mean };
        let ln_likelihood = -value_and_slopes(&seen, SHAPE_MAX, mean).0;
        return Ok(CohortFit { prior, ln_likelihood, products, uniform: true });
    }
    let shape = (sum(&|o| (mean * o.exposure).powi(2)) / excess).clamp(1e-3, SHAPE_MAX / 10.0);
    let size = sum(&|_| 1.0);
    let found = minimise([shape.ln(), mean.ln()], 1e-12, |&[ln_shape, ln_mean]| {
        let (shape, mean) = (ln_shape.clamp(-20.0, 20.0).exp(), ln_mean.clamp(-600.0, 600.0).exp());
        let (value, by_shape, by_mean) = value_and_slopes(&seen, shape, mean);
        (value / size, [by_shape * shape / size, by_mean * mean / size])
    })?;
    let shape = found.place[0].exp().min(SHAPE_MAX);
    let prior = GammaPrior { shape, rate: shape / found.place[1].exp() };
    Ok(CohortFit { prior, ln_likelihood: -found.value * size, products, uniform: shape >= SHAPE_MAX })
}

/// Minus the log-likelihood and its derivatives by shape and mean.
fn value_and_slopes(seen: &[Observation], shape: f64, mean: f64) -> (f64, f64, f64) {
    let (mut value, mut by_shape, mut by_mean) = (0.0, 0.0, 0.0);
    for o in seen {
        let expected = mean * o.exposure;
        let whole = shape + expected;
        let (rising, slope) = ln_rising(shape, o.count);
        let ln_zero = -shape * (expected / shape).ln_1p();
        let ln_share = if o.count > 0.0 { o.count * (expected / whole).ln() } else { 0.0 };
        value -= o.weight * (rising + ln_zero + ln_share);
        by_shape -= o.weight * (slope - (expected / shape).ln_1p() + (expected - o.count) / whole);
        by_mean -= o.weight * (o.count - expected) / expected * shape / whole * o.exposure;
    }
    (value, by_shape, by_mean)
}

/// ln Γ(a + x) − ln Γ(a) and its derivative by a; a plain sum for small whole x, which is fast and loses nothing for large a.
pub(crate) fn ln_rising(a: f64, x: f64) -> (f64, f64) {
    if x == 0.0 {
        return (0.0, 0.0);
    }
    if x.fract() == 0.0 && x <= 64.0 {
        let (mut product, mut value, mut slope) = (1.0, 0.0, 0.0);
        for k in 0..x as u32 {
            let factor = a + f64::from(k);
            product *= factor;
            slope += 1.0 / factor;
            if !(1e-200..1e200).contains(&product) {
                value += product.ln();
                product = 1.0;
            }
        }
        return (value + product.ln(), slope);
    }
    (ln_gamma(a + x) - ln_gamma(a), digamma(a + x) - digamma(a))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn products_no_more_varied_than_chance_are_a_uniform_cohort() {
        let seen: Vec<Observation> = (0..50).map(|_| Observation::new(2.0, 100.0)).collect();
        let found = fit(&seen).unwrap();
        assert!(found.uniform && (found.prior.mean() - 0.02).abs() < 1e-12, "{found:?}");
        let lower = found.prior.posterior(9.0, 100.0).unwrap().quantile(0.05).unwrap();
        assert!((lower / 0.02 - 1.0).abs() < 0.01, "one product does not move a uniform cohort's rate: {lower}");
    }

    #[test]
    fn shrinkage_takes_little_from_the_much_seen_and_much_from_the_little_seen() {
        let prior = GammaPrior::new(2.0, 100.0).unwrap();
        let little = prior.posterior(1.0, 2.0).unwrap();
        let much = prior.posterior(5000.0, 10_000.0).unwrap();
        assert!((little.mean() - 0.0294).abs() < 1e-3 && (much.mean() - 0.495).abs() < 1e-2);
    }

    #[test]
    fn cohorts_without_products_or_events_are_refused() {
        assert!(matches!(fit(&[Observation::new(1.0, 1.0)]), Err(Error::Length { .. })));
        assert!(matches!(fit(&[Observation::new(0.0, 10.0); 9]), Err(Error::NoSolution(_))));
        assert!(fit(&[Observation::new(1.0, 0.0); 9]).is_err());
        assert!(fit(&[Observation::new(f64::NAN, 1.0); 9]).is_err());
        assert!(decayed(&[Past { age_days: -1.0, count: 1.0, exposure: 1.0 }], 30.0).is_err());
    }

    #[test]
    fn the_past_counts_half_after_a_half_life() {
        let past =
            [Past { age_days: 0.0, count: 3.0, exposure: 100.0 }, Past { age_days: 60.0, count: 8.0, exposure: 400.0 }];
        assert_eq!(decayed(&past, 30.0).unwrap(), Observation::new(5.0, 200.0));
    }

    proptest! {
        #[test]
        fn slopes_are_those_of_the_likelihood(shape in 0.1..50.0f64, mean in 0.001..2.0f64) {
            let seen: Vec<Observation> = (0..12).map(|i| Observation::new(f64::from(i * i % 7), 1.0 + f64::from(i))).collect();
            let (_, by_shape, by_mean) = value_and_slopes(&seen, shape, mean);
            let value = |shape, mean| value_and_slopes(&seen, shape, mean).0;
            let steps = (shape * 1e-6, mean * 1e-6);
            let shape_slope = (value(shape + steps.0, mean) - value(shape - steps.0, mean)) / (2.0 * steps.0);
            let mean_slope = (value(shape, mean + steps.1) - value(shape, mean - steps.1)) / (2.0 * steps.1);
            prop_assert!((shape_slope - by_shape).abs() < 1e-4 * (1.0 + by_shape.abs()), "{} {}", shape_slope, by_shape);
            prop_assert!((mean_slope - by_mean).abs() < 1e-4 * (1.0 + by_mean.abs()), "{} {}", mean_slope, by_mean);
        }

        #[test]
        fn a_group_of_alike_products_counts_as_each_alone(counts in prop::collection::vec(0u32..9, 6..20)) {
            let alone: Vec<Observation> = counts.iter().flat_map(|&c| [Observation::new(c.into(), 3.0 + f64::from(c % 3)); 2]).collect();
            let grouped: Vec<Observation> = counts.iter().map(|&c| Observation { weight: 2.0, ..Observation::new(c.into(), 3.0 + f64::from(c % 3)) }).collect();
            match (fit(&alone), fit(&grouped)) {
                (Ok(a), Ok(b)) => {
                    prop_assert!((a.prior.mean() / b.prior.mean() - 1.0).abs() < 1e-6);
                    prop_assert_eq!(a.uniform, b.uniform);
                }
                (a, b) => prop_assert_eq!(a.is_err(), b.is_err()),
            }
        }
    }
}
