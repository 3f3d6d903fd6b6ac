use super::{normal, smallest_count};
use crate::error::{Error, not_negative, share};
use crate::special::{ln_incomplete_gamma, ln_poisson_term};

/// A Poisson distribution.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Poisson {
    mean: f64,
}

impl Poisson {
    /// The mean must be finite and not below 0.
    pub fn new(mean: f64) -> Result<Self, Error> {
        Ok(Poisson { mean: not_negative("mean", mean)? })
    }

    /// The mean.
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// ln P(X = k).
    pub fn ln_pmf(&self, k: u64) -> f64 {
        ln_poisson_term(k as f64, self.mean)
    }

    /// ln P(X ≤ k).
    pub fn ln_cdf(&self, k: u64) -> f64 {
        if self.mean == 0.0 { 0.0 } else { ln_incomplete_gamma(k as f64 + 1.0, self.mean).1 }
    }

    /// ln P(X ≥ k): the p-value of `k` against this mean.
    pub fn ln_tail(&self, k: u64) -> f64 {
        if k == 0 {
            return 0.0;
        }
        ln_incomplete_gamma(k as f64, self.mean).0
    }

    /// P(X ≤ k).
    pub fn cdf(&self, k: u64) -> f64 {
        self.ln_cdf(k).exp()
    }

    /// P(X ≥ k).
    pub fn tail(&self, k: u64) -> f64 {
        self.ln_tail(k).exp()
    }

    /// The smallest k with P(X ≤ k) ≥ p, 0 < p < 1.
    pub fn quantile(&self, p: f64) -> Result<u64, Error> {
        let p = share("p", p)?;
        let z = normal::quantile(p)?;
        let guess = self.mean + z * self.mean.sqrt() + (z * z - 1.0) / 6.0;
        if p <= 0.5 {
            return smallest_count(guess, |k| self.ln_cdf(k) >= p.ln() - 1e-14);
        }
        let rest = (-p).ln_1p();
        smallest_count(guess, |k| self.ln_tail(k + 1) <= rest + 1e-14 * rest.abs())
    }
}
