//! The distributions the methods stand on: densities, both tails as logarithms, quantiles.
//!
//! [`Gamma`], [`Beta`], [`Poisson`], [`NegativeBinomial`], [`Binomial`] and the standard [`normal`]. Tails are kept as logarithms so
//! that 10⁻³⁰⁰ and 10⁻³⁰⁰⁰ are still told apart; quantiles are found from the nearer tail.

mod beta;
mod binomial;
mod gamma;
mod negative_binomial;
pub mod normal;
mod poisson;

pub use beta::Beta;
pub use binomial::Binomial;
pub use gamma::Gamma;
pub use negative_binomial::NegativeBinomial;
pub use poisson::Poisson;

use crate::error::Error;

/// The smallest count `k` with `cdf(k) ≥ p`, searched outward from a guess by doubling steps, then by halving.
///
/// `reaches(k)` says whether the distribution up to `k` holds at least the share asked for; it must be monotone.
fn smallest_count(guess: f64, reaches: impl Fn(u64) -> bool) -> Result<u64, Error> {
    let start = guess.clamp(0.0, 9e15) as u64;
    let mut step = 1 + start / 64;
    let (mut low, mut high);
    if reaches(start) {
        high = start;
        loop {
            if high == 0 {
                return Ok(0);
            }
            low = high.saturating_sub(step);
            if !reaches(low) {
                break;
            }
            high = low;
            step *= 2;
        }
    } else {
        low = start;
        loop {
            high = low.saturating_add(step);
            if reaches(high) {
                break;
            }
            if high > 1 << 60 {
                return Err(Error::NoSolution("the quantile lies beyond 2^60"));
            }
            low = high;
            step *= 2;
        }
    }
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if reaches(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    Ok(high)
}

/// Root in `ln x` of an increasing `ln`-tail: safeguarded Newton between brackets that widen first.
///
/// `value(x)` is the logarithm of the tail to be met, `slope(x)` its derivative by ln x, `target` the logarithm wanted.
fn continuous_quantile(
    start: f64,
    target: f64,
    value: impl Fn(f64) -> f64,
    slope: impl Fn(f64, f64) -> f64,
    rising: bool,
) -> f64 {
    const STEPS_MAX: usize = 200;
    let sign = if rising { 1.0 } else { -1.0 };
    let mut place = start.max(1e-300).ln();
    let (mut low, mut high) = (-745.0f64, 709.0f64);
    for _ in 0..STEPS_MAX {
        let x = place.exp();
        let found = value(x);
        let gap = sign * (found - target);
        if gap > 0.0 {
            high = high.min(place);
        } else {
            low = low.max(place);
        }
        let step = (found - target) / slope(x, found);
        let mut next = place - step.clamp(-4.0, 4.0);
        // Before the brackets are asked: at the root a step may end on a bracket, which is no reason to leave it.
        if (next - place).abs() <= 1e-14 * place.abs().max(1.0) || high - low < 1e-14 {
            return next.exp();
        }
        if !next.is_finite() || next <= low || next >= high {
            next = 0.5 * (low + high);
        }
        place = next;
    }
    place.exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fifty thousand of them: a fraction or a search that did not stop at rounding would take minutes.
    #[test]
    fn a_quantile_is_where_its_share_lies() {
        for step in 0..25_000u32 {
            let p = [0.05, 0.95, 0.5, 1e-6][step as usize % 4];
            let shape = 0.5 + f64::from(step % 977) * 0.7;
            let gamma = Gamma::new(shape, 3.0 + f64::from(step % 13)).unwrap();
            assert!((gamma.cdf(gamma.quantile(p).unwrap()) / p - 1.0).abs() < 1e-9, "{gamma:?} {p}");
            let beta = Beta::new(shape, 3.0 + f64::from(step % 1300)).unwrap();
            assert!((beta.cdf(beta.quantile(p).unwrap()) / p - 1.0).abs() < 1e-9, "{beta:?} {p}");
        }
    }
}
