use super::{normal, smallest_count};
use crate::error::{Error, share};
use crate::special::{ln_binomial_term, ln_incomplete_beta};

/// A binomial distribution of `n` trials with chance `p`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Binomial {
    n: u64,
    p: f64,
}

impl Binomial {
    /// `p` lies in [0, 1].
    pub fn new(n: u64, p: f64) -> Result<Self, Error> {
        if !(0.0..=1.0).contains(&p) {
            return Err(Error::Argument { name: "p", value: p, range: "between 0 and 1" });
        }
        Ok(Binomial { n, p })
    }

    /// n·p.
    pub fn mean(&self) -> f64 {
        self.n as f64 * self.p
    }

    /// ln P(X = k); −∞ above n.
    pub fn ln_pmf(&self, k: u64) -> f64 {
        if k > self.n {
            return f64::NEG_INFINITY;
        }
        ln_binomial_term(k as f64, self.n as f64, self.p, 1.0 - self.p)
    }

    /// ln P(X ≤ k).
    pub fn ln_cdf(&self, k: u64) -> f64 {
        if k >= self.n {
            return 0.0;
        }
        ln_incomplete_beta(k as f64 + 1.0, (self.n - k) as f64, self.p, 1.0 - self.p).1
    }

    /// ln P(X ≥ k).
    pub fn ln_tail(&self, k: u64) -> f64 {
        if k == 0 {
            return 0.0;
        }
        if k > self.n {
            return f64::NEG_INFINITY;
        }
        ln_incomplete_beta(k as f64, (self.n - k) as f64 + 1.0, self.p, 1.0 - self.p).0
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
        let guess = self.mean() + normal::quantile(p)? * (self.mean() * (1.0 - self.p)).sqrt();
        if p <= 0.5 {
            return smallest_count(guess, |k| self.ln_cdf(k) >= p.ln() - 1e-14);
        }
        let rest = (-p).ln_1p();
        smallest_count(guess, |k| self.ln_tail(k + 1) <= rest + 1e-14 * rest.abs())
    }
}
