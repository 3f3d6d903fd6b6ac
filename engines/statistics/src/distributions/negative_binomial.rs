use super::{normal, smallest_count};
use crate::error::{Error, not_negative, positive, share};
use crate::special::{ln_binomial_term, ln_incomplete_beta};

/// A negative binomial distribution by shape r and mean μ: a Poisson count whose rate is gamma distributed with shape r.
/// Variance μ + μ²/r; r → ∞ is Poisson.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NegativeBinomial {
    shape: f64,
    mean: f64,
}

impl NegativeBinomial {
    /// The shape must be finite and above 0, the mean finite and not below 0.
    pub fn new(shape: f64, mean: f64) -> Result<Self, Error> {
        Ok(NegativeBinomial { shape: positive("shape", shape)?, mean: not_negative("mean", mean)? })
    }

    /// r.
    pub fn shape(&self) -> f64 {
        self.shape
    }

    /// μ.
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// μ + μ²/r.
    pub fn variance(&self) -> f64 {
        self.mean + self.mean * self.mean / self.shape
    }

    /// Chance of stopping and of going on in the waiting-time reading.
    fn chances(&self) -> (f64, f64) {
        let whole = self.shape + self.mean;
        (self.shape / whole, self.mean / whole)
    }

    /// ln P(X = k).
    pub fn ln_pmf(&self, k: u64) -> f64 {
        if self.mean == 0.0 {
            return if k == 0 { 0.0 } else { f64::NEG_INFINITY };
        }
        let (p, q) = self.chances();
        let k = k as f64;
        if k == 0.0 {
            return -self.shape * (self.mean / self.shape).ln_1p();
        }
        ln_binomial_term(self.shape, self.shape + k, p, q) + (self.shape / (self.shape + k)).ln()
    }

    /// ln P(X ≤ k).
    pub fn ln_cdf(&self, k: u64) -> f64 {
        let (p, q) = self.chances();
        ln_incomplete_beta(self.shape, k as f64 + 1.0, p, q).0
    }

    /// ln P(X ≥ k).
    pub fn ln_tail(&self, k: u64) -> f64 {
        if k == 0 {
            return 0.0;
        }
        let (p, q) = self.chances();
        ln_incomplete_beta(k as f64, self.shape, q, p).0
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
        let guess = self.mean + normal::quantile(p)? * self.variance().sqrt();
        if p <= 0.5 {
            return smallest_count(guess, |k| self.ln_cdf(k) >= p.ln() - 1e-14);
        }
        let rest = (-p).ln_1p();
        smallest_count(guess, |k| self.ln_tail(k + 1) <= rest + 1e-14 * rest.abs())
    }
}
