//! The standard normal distribution.

use crate::error::{Error, share};
use crate::special::ln_incomplete_gamma;

/// ln P(Z > z).
pub fn ln_survival(z: f64) -> f64 {
    let upper = ln_incomplete_gamma(0.5, 0.5 * z * z).1;
    if z >= 0.0 { upper - std::f64::consts::LN_2 } else { (-0.5 * upper.exp()).ln_1p() }
}

/// P(Z ≤ z).
pub fn cdf(z: f64) -> f64 {
    ln_survival(-z).exp()
}

/// P(Z > z).
pub fn survival(z: f64) -> f64 {
    ln_survival(z).exp()
}

/// z with P(Z ≤ z) = p, 0 < p < 1.
///
/// A rational start (Abramowitz & Stegun 26.2.23, |error| < 4.5·10⁻⁴) polished by Newton's method on the logarithm of the tail.
pub fn quantile(p: f64) -> Result<f64, Error> {
    let p = share("p", p)?;
    if p == 0.5 {
        return Ok(0.0);
    }
    let (target, sign) = if p < 0.5 { (p.ln(), -1.0) } else { ((-p).ln_1p(), 1.0) };
    let t = (-2.0 * target).sqrt();
    let numerator = 2.515_517 + t * (0.802_853 + t * 0.010_328);
    let denominator = 1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308));
    let mut z: f64 = (t - numerator / denominator).max(0.0);
    for _ in 0..20 {
        let found = ln_survival(z);
        let ln_density = -0.5 * z * z - 0.918_938_533_204_672_8;
        let step = (found - target) / (ln_density - found).exp();
        z += step;
        if step.abs() <= 1e-15 * z.abs().max(1.0) {
            break;
        }
    }
    Ok(sign * z)
}
