//! Random numbers of the distributions a market is made of.

use ground::Rng;

/// Largest mean drawn in one pass; larger ones are drawn in parts.
const MEAN_IN_ONE: f64 = 30.0;

/// In (0, 1].
pub(super) fn unit(rng: &dyn Rng) -> f64 {
    1.0 - rng.unit()
}

/// Standard normal (Box & Muller 1958).
pub(super) fn normal(rng: &dyn Rng) -> f64 {
    (-2.0 * unit(rng).ln()).sqrt() * (std::f64::consts::TAU * rng.unit()).cos()
}

/// Gamma with mean 1 and this shape (Marsaglia & Tsang, *ACM TOMS* 26 (2000) 363).
pub(super) fn gamma_of_mean_one(rng: &dyn Rng, shape: f64) -> f64 {
    let raised = if shape < 1.0 { shape + 1.0 } else { shape };
    let d = raised - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    let value = loop {
        let x = normal(rng);
        let v = (1.0 + c * x).powi(3);
        if v > 0.0 && unit(rng).ln() < 0.5 * x * x + d - d * v + d * v.ln() {
            break d * v;
        }
    };
    let value = if shape < 1.0 { value * unit(rng).powf(1.0 / shape) } else { value };
    value / shape
}

/// Poisson, by inversion in parts.
pub(super) fn poisson(rng: &dyn Rng, mean: f64) -> u32 {
    let mut left = mean;
    let mut sum = 0;
    while left > 0.0 {
        let part = left.min(MEAN_IN_ONE);
        left -= part;
        let (mut chance, mut place) = ((-part).exp(), rng.unit());
        let mut k = 0;
        while place >= chance && chance > 0.0 {
            place -= chance;
            k += 1;
            chance *= part / f64::from(k);
        }
        sum += k;
    }
    sum
}

/// A count of this mean whose day has a gamma shock of this shape (`None`: Poisson), given that it is not zero. For means up to 30.
pub(super) fn count_above_zero(rng: &dyn Rng, mean: f64, shape: Option<f64>) -> u32 {
    let zero = chance_of_zero(mean, shape);
    let mut place = rng.unit() * (1.0 - zero);
    let mut chance = zero;
    let mut k = 0u32;
    loop {
        // P(k+1) = P(k) · (shape + k)/(k + 1) · mean/(shape + mean).
        chance *= match shape {
            None => mean / f64::from(k + 1),
            Some(shape) => (shape + f64::from(k)) / f64::from(k + 1) * mean / (shape + mean),
        };
        k += 1;
        if place < chance || chance < 1e-18 {
            return k;
        }
        place -= chance;
    }
}

/// Chance that nothing happens on a day.
pub(super) fn chance_of_zero(mean: f64, shape: Option<f64>) -> f64 {
    match shape {
        None => (-mean).exp(),
        Some(shape) => (-shape * (mean / shape).ln_1p()).exp(),
    }
}
