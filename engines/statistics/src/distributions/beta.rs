use super::continuous_quantile;
use crate::error::{Error, positive, share};
use crate::special::{ln_binomial_term, ln_incomplete_beta};

/// A beta distribution with parameters a and b: mean a/(a+b).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Beta {
    a: f64,
    b: f64,
}

impl Beta {
    /// Both must be finite and above 0.
    pub fn new(a: f64, b: f64) -> Result<Self, Error> {
        Ok(Beta { a: positive("a", a)?, b: positive("b", b)? })
    }

    /// a/(a+b).
    pub fn mean(&self) -> f64 {
        self.a / (self.a + self.b)
    }

    /// The first parameter.
    pub fn a(&self) -> f64 {
        self.a
    }

    /// The second parameter.
    pub fn b(&self) -> f64 {
        self.b
    }

    /// ln P(X ≤ x), x in [0, 1].
    pub fn ln_cdf(&self, x: f64) -> f64 {
        ln_incomplete_beta(self.a, self.b, x, 1.0 - x).0
    }

    /// ln P(X > x).
    pub fn ln_survival(&self, x: f64) -> f64 {
        ln_incomplete_beta(self.a, self.b, x, 1.0 - x).1
    }

    /// P(X ≤ x).
    pub fn cdf(&self, x: f64) -> f64 {
        self.ln_cdf(x).exp()
    }

    /// x with P(X ≤ x) = p, 0 < p < 1. Found on the scale of the odds x/(1−x), from the nearer tail.
    pub fn quantile(&self, p: f64) -> Result<f64, Error> {
        let p = share("p", p)?;
        let split = |odds: f64| (odds / (1.0 + odds), 1.0 / (1.0 + odds));
        let density = |odds: f64| {
            // d/d ln(odds) of the cdf is x^a (1−x)^b / B(a, b).
            let (x, y) = split(odds);
            ln_binomial_term(self.a, self.a + self.b, x, y) + (self.a * self.b / (self.a + self.b)).ln()
        };
        let start = self.a / self.b;
        let odds = if p <= 0.5 {
            let value = |odds: f64| ln_incomplete_beta(self.a, self.b, split(odds).0, split(odds).1).0;
            continuous_quantile(start, p.ln(), value, |odds, found| (density(odds) - found).exp(), true)
        } else {
            let value = |odds: f64| ln_incomplete_beta(self.a, self.b, split(odds).0, split(odds).1).1;
            continuous_quantile(start, (-p).ln_1p(), value, |odds, found| -(density(odds) - found).exp(), false)
        };
        Ok(odds / (1.0 + odds))
    }
}
