//! What is believed of a rate after seeing some evidence, and what a cohort tells before.
//!
//! - Complaints for a unit: gamma–Poisson. Prior Gamma(m·s, s), posterior Gamma(m·s + b, s + n).
//! - The shares (failed tests, returns, bad reviews, late remedies): beta–binomial. Prior Beta(m·s, (1−m)·s), posterior
//!   Beta(m·s + b, (1−m)·s + n − b).
//!
//! `m` is the cohort's mean rate, `s` its strength: how many units of evidence the cohort weighs. Both are learned by the
//! method of moments (Kleinman 1973 for shares, Marshall 1991 for rates) from sums that need one pass and no memory.

use crate::model::Component;
use crate::tables::ComponentRow;
use statistics::distributions::{Beta, Gamma};

/// Least and greatest mean of a prior: a cohort without any bad one must not promise that there never is one.
const MEAN_MIN: f64 = 1e-5;
const MEAN_MAX: f64 = 0.99;

/// What a cohort tells of a rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prior {
    /// Mean rate.
    pub mean: f64,
    /// Units of evidence it weighs.
    pub strength: f64,
}

/// Sums over the products of a cohort.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Moments {
    /// Products with evidence.
    pub products: u64,
    bad: f64,
    base: f64,
    base_squared: f64,
    bad_squared_by_base: f64,
}

impl Moments {
    /// Adds a product's decayed sums. With more evidence than `cap` it speaks as if it had as much as that, so that one product
    /// that sells more than all others together does not speak for its whole cohort.
    pub fn add(&mut self, bad: f64, base: f64, cap: f64) {
        if base <= 0.0 {
            return;
        }
        let (bad, base) = if base > cap { (bad * cap / base, cap) } else { (bad, base) };
        self.products += 1;
        self.bad += bad;
        self.base += base;
        self.base_squared += base * base;
        self.bad_squared_by_base += bad * bad / base;
    }

    /// The prior these sums give. The policy's own assumption is added as so much more evidence, so that a small cohort
    /// does not run away; the strength stays within the policy's limits.
    pub fn prior(&self, component: Component, row: &ComponentRow) -> Prior {
        let mean = (self.bad + row.prior_rate * row.prior_strength) / (self.base + row.prior_strength);
        let mean = mean.clamp(MEAN_MIN, MEAN_MAX);
        Prior { mean: rounded(mean), strength: rounded(self.strength(component, row)) }
    }

    fn strength(&self, component: Component, row: &ComponentRow) -> f64 {
        let others = self.products.saturating_sub(1) as f64;
        if self.products < 2 || self.base <= 0.0 {
            return row.prior_strength.clamp(row.strength_min, row.strength_max);
        }
        let mean = self.bad / self.base;
        let spread = self.bad_squared_by_base - mean * mean * self.base;
        let room = self.base - self.base_squared / self.base;
        let (variance, strength) = if component == Component::Complaints {
            let variance = (spread - others * mean) / room;
            (variance, mean / variance)
        } else {
            let unit = mean * (1.0 - mean);
            let variance = (spread - others * unit) / (room - others);
            (variance, unit / variance - 1.0)
        };
        // No more spread than chance gives: the products are alike, and the cohort weighs as much as it may.
        if !(variance > 0.0 && strength.is_finite()) {
            return row.strength_max;
        }
        strength.clamp(row.strength_min, row.strength_max)
    }
}

/// The prior the policy assumes by itself.
pub fn assumed(row: &ComponentRow) -> Prior {
    Prior { mean: row.prior_rate, strength: row.prior_strength }
}

/// A believed rate: its mean and the ends of its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Belief {
    /// Posterior mean.
    pub mean: f64,
    /// Quantile `tail`.
    pub low: f64,
    /// Quantile `1 − tail`.
    pub high: f64,
}

/// What is believed of a rate after `bad` of `base`.
pub fn believe(component: Component, prior: Prior, bad: f64, base: f64, tail: f64) -> Belief {
    if component == Component::Complaints {
        let (shape, rate) = (prior.mean * prior.strength + bad, prior.strength + base);
        return Belief {
            mean: shape / rate,
            low: gamma_quantile(tail, shape, rate),
            high: gamma_quantile(1.0 - tail, shape, rate),
        };
    }
    let bad = bad.min(base);
    let a = prior.mean * prior.strength + bad;
    let b = (1.0 - prior.mean) * prior.strength + base - bad;
    Belief { mean: a / (a + b), low: beta_quantile(tail, a, b), high: beta_quantile(1.0 - tail, a, b) }
}

/// The quantile of Gamma(shape, rate).
fn gamma_quantile(share: f64, shape: f64, rate: f64) -> f64 {
    Gamma::new(shape, rate).and_then(|gamma| gamma.quantile(share)).unwrap_or(shape / rate)
}

/// The quantile of Beta(a, b).
fn beta_quantile(share: f64, a: f64, b: f64) -> f64 {
    Beta::new(a, b).and_then(|beta| beta.quantile(share)).unwrap_or(a / (a + b))
}

/// Nine decimals: what is written into day files.
pub fn rounded(value: f64) -> f64 {
    (value * 1e9).round() / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(of: Component) -> ComponentRow {
        ComponentRow {
            of,
            weight: 1.0,
            half_life_days: 30.0,
            good: 0.0,
            bad: 0.2,
            prior_rate: 0.05,
            prior_strength: 10.0,
            strength_min: 2.0,
            strength_max: 500.0,
            evidence_half: 1.0,
        }
    }

    /// R: qgamma(0.95, 3, 100) and qbeta(0.95, 2, 38).
    #[test]
    fn quantiles_are_those_of_the_distributions() {
        assert!((gamma_quantile(0.95, 3.0, 100.0) - 0.062_957_936).abs() < 1e-7);
        assert!((beta_quantile(0.95, 2.0, 38.0) - 0.115_603_9).abs() < 1e-3, "{}", beta_quantile(0.95, 2.0, 38.0));
    }

    #[test]
    fn the_moments_find_the_spread_they_were_made_with() {
        // Rates 0.02 and 0.08 in equal number: mean 0.05, variance 0.0009 between products.
        let mut moments = Moments::default();
        for number in 0..2000 {
            let rate: f64 = if number % 2 == 0 { 0.02 } else { 0.08 };
            // Exactly the Poisson spread around each rate, split into two halves above and below.
            let (base, swing) = (1000.0, (1000.0 * rate).sqrt());
            let bad = 1000.0 * rate + if number % 4 < 2 { swing } else { -swing };
            moments.add(bad, base, 1e9);
        }
        let prior = moments.prior(Component::Complaints, &row(Component::Complaints));
        assert!((prior.mean - 0.05).abs() < 1e-4, "{prior:?}");
        assert!((prior.strength - 0.05 / 0.0009).abs() < 1.0, "{prior:?}");
    }

    #[test]
    fn products_that_are_all_alike_give_the_strongest_prior() {
        let mut moments = Moments::default();
        (0..100).for_each(|_| moments.add(5.0, 100.0, 1e9));
        assert_eq!(moments.prior(Component::Returns, &row(Component::Returns)).strength, 500.0);
    }

    #[test]
    fn little_evidence_is_drawn_to_the_cohort_and_much_is_not() {
        let prior = Prior { mean: 0.02, strength: 50.0 };
        let few = believe(Component::Complaints, prior, 1.0, 2.0, 0.05);
        let many = believe(Component::Complaints, prior, 500.0, 1000.0, 0.05);
        assert!(few.mean < 0.05 && many.mean > 0.45, "{few:?} {many:?}");
        assert!(few.low < few.mean && few.mean < few.high);
    }
}
