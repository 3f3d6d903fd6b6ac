//! Special functions that stay accurate in the far tails, because a million products are compared at once and the tails decide.
//!
//! Everything is computed as a logarithm. The leading term of each tail is Loader's saddle-point form (C. Loader, *Fast and
//! Accurate Computation of Binomial Probabilities*, 2000), which loses no digits to the cancellation of large log-gammas; the sums
//! behind it are the power series and the continued fraction of Abramowitz & Stegun 6.5.29, 6.5.31 (gamma) and 26.5.8 (beta),
//! evaluated after Lentz (W. J. Lentz, *Applied Optics* 15, 1976).

pub use statrs::function::gamma::{digamma, ln_gamma};

/// ln √(2π).
const LN_ROOT_TWO_PI: f64 = 0.918_938_533_204_672_8;
/// Terms of a series or fraction before it is taken as it stands. Reached only beyond shapes of about 10¹⁰.
const TERMS_MAX: usize = 2_000_000;
/// Relative size of a term that no longer changes the sum.
const NEGLIGIBLE: f64 = 1e-17;
/// Relative change of a continued fraction that is rounding: its factors may go on swinging by a unit or two of the last place.
const CONVERGED: f64 = 1e-15;
/// Stands in for zero in a continued fraction.
const TINY: f64 = 1e-300;

/// ln(1 − e^y) for y ≤ 0 (Mächler, *Accurately Computing log(1 − exp(−|a|))*, 2012).
pub fn ln_one_minus_exp(y: f64) -> f64 {
    if y >= 0.0 {
        return f64::NEG_INFINITY;
    }
    if y > -std::f64::consts::LN_2 { (-y.exp_m1()).ln() } else { (-y.exp()).ln_1p() }
}

/// ln(e^a + e^b).
pub fn ln_add_exp(a: f64, b: f64) -> f64 {
    let (high, low) = if a >= b { (a, b) } else { (b, a) };
    if high.is_infinite() {
        return high;
    }
    high + (low - high).exp().ln_1p()
}

/// ln Γ(n+1) − (n + ½) ln n + n − ln √(2π): what Stirling's formula leaves out. n > 0.
fn stirling_error(n: f64) -> f64 {
    if n <= 15.0 {
        return ln_gamma(n + 1.0) - (n + 0.5) * n.ln() + n - LN_ROOT_TWO_PI;
    }
    let square = n * n;
    (1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1260.0 - (1.0 / 1680.0 - 1.0 / 1188.0 / square) / square) / square) / square)
        / n
}

/// x ln(x/m) + m − x without cancellation when x is near m. x ≥ 0, m > 0.
pub fn deviance(x: f64, m: f64) -> f64 {
    if x == 0.0 {
        return m;
    }
    if (x - m).abs() >= 0.1 * (x + m) {
        return x * (x / m).ln() + m - x;
    }
    let ratio = (x - m) / (x + m);
    let mut sum = (x - m) * ratio;
    let mut term = 2.0 * x * ratio;
    let square = ratio * ratio;
    for k in 1..1000 {
        term *= square;
        let next = sum + term / f64::from(2 * k + 1);
        if next == sum {
            break;
        }
        sum = next;
    }
    sum
}

/// ln( m^x e^−m / Γ(x+1) ): the Poisson probability, also between the integers. x ≥ 0, m ≥ 0.
pub fn ln_poisson_term(x: f64, m: f64) -> f64 {
    if m == 0.0 {
        return if x == 0.0 { 0.0 } else { f64::NEG_INFINITY };
    }
    if x == 0.0 {
        return -m;
    }
    if x < 1e-3 {
        return x * m.ln() - m - ln_gamma(x + 1.0);
    }
    -stirling_error(x) - deviance(x, m) - LN_ROOT_TWO_PI - 0.5 * x.ln()
}

/// ln( Γ(n+1) / (Γ(x+1) Γ(n−x+1)) · p^x q^(n−x) ) with q = 1 − p handed in: the binomial probability, also between the integers.
pub fn ln_binomial_term(x: f64, n: f64, p: f64, q: f64) -> f64 {
    let rest = n - x;
    if p == 0.0 {
        return if x == 0.0 { 0.0 } else { f64::NEG_INFINITY };
    }
    if q == 0.0 {
        return if rest == 0.0 { 0.0 } else { f64::NEG_INFINITY };
    }
    if x == 0.0 {
        return if p < 0.1 { n * (-p).ln_1p() } else { n * q.ln() };
    }
    if rest == 0.0 {
        return if q < 0.1 { n * (-q).ln_1p() } else { n * p.ln() };
    }
    if x < 1e-3 || rest < 1e-3 {
        return ln_gamma(n + 1.0) - ln_gamma(x + 1.0) - ln_gamma(rest + 1.0) + x * p.ln() + rest * q.ln();
    }
    let leading =
        stirling_error(n) - stirling_error(x) - stirling_error(rest) - deviance(x, n * p) - deviance(rest, n * q);
    leading - LN_ROOT_TWO_PI - 0.5 * (x.ln() + (rest / n).ln())
}

/// ln P(a, x) and ln Q(a, x): the regularised incomplete gamma functions. a > 0, x ≥ 0.
pub fn ln_incomplete_gamma(a: f64, x: f64) -> (f64, f64) {
    if x <= 0.0 {
        return (f64::NEG_INFINITY, 0.0);
    }
    if x == f64::INFINITY {
        return (0.0, f64::NEG_INFINITY);
    }
    let leading = ln_poisson_term(a, x);
    if x < a + 1.0 {
        let lower = (leading + gamma_series(a, x).ln()).min(0.0);
        return (lower, ln_one_minus_exp(lower));
    }
    let upper = (leading + a.ln() + gamma_fraction(a, x).ln()).min(0.0);
    (ln_one_minus_exp(upper), upper)
}

/// 1 + x/(a+1) + x²/((a+1)(a+2)) + …
fn gamma_series(a: f64, x: f64) -> f64 {
    let mut sum = 1.0;
    let mut term = 1.0;
    let mut divisor = a;
    for _ in 0..TERMS_MAX {
        divisor += 1.0;
        term *= x / divisor;
        sum += term;
        if term < sum * NEGLIGIBLE {
            break;
        }
    }
    sum
}

/// 1/(x+1−a − 1(1−a)/(x+3−a − …)).
fn gamma_fraction(a: f64, x: f64) -> f64 {
    let mut b = x + 1.0 - a;
    let mut c = 1.0 / TINY;
    let mut d = 1.0 / b;
    let mut value = d;
    for step in 1..TERMS_MAX {
        let i = step as f64;
        let numerator = -i * (i - a);
        b += 2.0;
        d = 1.0 / nonzero(numerator * d + b);
        c = nonzero(b + numerator / c);
        let factor = d * c;
        value *= factor;
        if (factor - 1.0).abs() < CONVERGED {
            break;
        }
    }
    value
}

fn nonzero(value: f64) -> f64 {
    if value.abs() < TINY { TINY } else { value }
}

/// ln I_x(a, b) and ln(1 − I_x(a, b)): the regularised incomplete beta function, with y = 1 − x handed in so that neither end
/// loses digits. a, b > 0.
pub fn ln_incomplete_beta(a: f64, b: f64, x: f64, y: f64) -> (f64, f64) {
    if x <= 0.0 {
        return (f64::NEG_INFINITY, 0.0);
    }
    if y <= 0.0 {
        return (0.0, f64::NEG_INFINITY);
    }
    let leading = ln_binomial_term(a, a + b, x, y);
    if x * (a + b + 2.0) < a + 1.0 {
        let lower = (leading + (b / (a + b)).ln() + beta_fraction(a, b, x).ln()).min(0.0);
        return (lower, ln_one_minus_exp(lower));
    }
    let upper = (leading + (a / (a + b)).ln() + beta_fraction(b, a, y).ln()).min(0.0);
    (ln_one_minus_exp(upper), upper)
}

fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    let mut c = 1.0;
    let mut d = 1.0 / nonzero(1.0 - (a + b) * x / (a + 1.0));
    let mut value = d;
    for step in 1..TERMS_MAX {
        let m = step as f64;
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / nonzero(1.0 + even * d);
        c = nonzero(1.0 + even / c);
        value *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / nonzero(1.0 + odd * d);
        c = nonzero(1.0 + odd / c);
        let factor = d * c;
        value *= factor;
        if (factor - 1.0).abs() < CONVERGED {
            break;
        }
    }
    value
}

/// ψ′(x): the second derivative of ln Γ. x > 0. Recurrence to 10, then the asymptotic series (A&S 6.4.12).
pub fn trigamma(x: f64) -> f64 {
    let mut x = x;
    let mut sum = 0.0;
    while x < 10.0 {
        sum += 1.0 / (x * x);
        x += 1.0;
    }
    let inverse = 1.0 / (x * x);
    let tail = inverse * (1.0 / 30.0 - inverse * (1.0 / 42.0 - inverse * (1.0 / 30.0 - inverse * (5.0 / 66.0))));
    sum + 1.0 / x + inverse * 0.5 + (inverse / x) * (1.0 / 6.0 - tail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn both_tails_of_the_gamma_sum_to_one(a in 1e-3..1e6f64, u in 0.0..3.0f64) {
            let (p, q) = ln_incomplete_gamma(a, a * u);
            prop_assert!((p.exp() + q.exp() - 1.0).abs() < 1e-12);
        }

        #[test]
        fn the_beta_function_is_its_own_mirror(a in 1e-2..1e5f64, b in 1e-2..1e5f64, x in 1e-6..0.999_999f64) {
            let (p, q) = ln_incomplete_beta(a, b, x, 1.0 - x);
            let (mirrored_q, mirrored_p) = ln_incomplete_beta(b, a, 1.0 - x, x);
            prop_assert!((p.exp() + q.exp() - 1.0).abs() < 1e-12);
            prop_assert!((p.exp() - mirrored_p.exp()).abs() < 1e-10 && (q.exp() - mirrored_q.exp()).abs() < 1e-10);
        }

        #[test]
        fn the_deviance_is_never_negative_and_zero_only_at_the_mean(m in 1e-6..1e6f64, u in 0.0..4.0f64) {
            let d = deviance(m * u, m);
            prop_assert!(d >= 0.0);
            prop_assert!((u - 1.0).abs() < 1e-6 || d > 0.0);
        }
    }
}
