use super::{continuous_quantile, normal};
use crate::error::{Error, positive, share};
use crate::special::{digamma, ln_incomplete_gamma, ln_poisson_term};

/// A gamma distribution with shape α and rate β: mean α/β. As a rate's posterior its unit is events per unit of exposure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gamma {
    shape: f64,
    rate: f64,
}

impl Gamma {
    /// Both must be finite and above 0.
    pub fn new(shape: f64, rate: f64) -> Result<Self, Error> {
        Ok(Gamma { shape: positive("shape", shape)?, rate: positive("rate", rate)? })
    }

    /// α.
    pub fn shape(&self) -> f64 {
        self.shape
    }

    /// β.
    pub fn rate(&self) -> f64 {
        self.rate
    }

    /// α/β.
    pub fn mean(&self) -> f64 {
        self.shape / self.rate
    }

    /// α/β².
    pub fn variance(&self) -> f64 {
        self.shape / (self.rate * self.rate)
    }

    /// e^E[ln X] = e^ψ(α)/β.
    pub fn geometric_mean(&self) -> f64 {
        digamma(self.shape).exp() / self.rate
    }

    /// ln of the density at `x`; −∞ below 0.
    pub fn ln_density(&self, x: f64) -> f64 {
        if x < 0.0 || (x == 0.0 && self.shape > 1.0) {
            return f64::NEG_INFINITY;
        }
        if x == 0.0 {
            return if self.shape < 1.0 { f64::INFINITY } else { self.rate.ln() };
        }
        // x^(α−1) e^−βx β^α / Γ(α) = poisson(α; βx) · α / x.
        ln_poisson_term(self.shape, self.rate * x) + (self.shape / x).ln()
    }

    /// ln P(X ≤ x).
    pub fn ln_cdf(&self, x: f64) -> f64 {
        ln_incomplete_gamma(self.shape, self.rate * x).0
    }

    /// ln P(X > x).
    pub fn ln_survival(&self, x: f64) -> f64 {
        ln_incomplete_gamma(self.shape, self.rate * x).1
    }

    /// P(X ≤ x).
    pub fn cdf(&self, x: f64) -> f64 {
        self.ln_cdf(x).exp()
    }

    /// P(X > x).
    pub fn survival(&self, x: f64) -> f64 {
        self.ln_survival(x).exp()
    }

    /// x with P(X ≤ x) = p, 0 < p < 1.
    pub fn quantile(&self, p: f64) -> Result<f64, Error> {
        let p = share("p", p)?;
        // Wilson and Hilferty (1931) as the start, or the leading term of the lower tail where that is negative.
        let z = normal::quantile(p)?;
        let ninth = 1.0 / (9.0 * self.shape);
        let cube = (1.0 - ninth + z * ninth.sqrt()).powi(3);
        let start = if cube > 1e-3 && self.shape > 0.2 {
            self.shape * cube
        } else {
            ((p.ln() + crate::special::ln_gamma(self.shape + 1.0)) / self.shape).exp()
        };
        let density = |x: f64| ln_poisson_term(self.shape, x) + self.shape.ln();
        let scaled = if p <= 0.5 {
            let value = |x: f64| ln_incomplete_gamma(self.shape, x).0;
            continuous_quantile(start, p.ln(), value, |x, found| (density(x) - found).exp(), true)
        } else {
            let value = |x: f64| ln_incomplete_gamma(self.shape, x).1;
            continuous_quantile(start, (-p).ln_1p(), value, |x, found| -(density(x) - found).exp(), false)
        };
        Ok(scaled / self.rate)
    }
}
