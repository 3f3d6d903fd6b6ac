//! How much a product sells on a day it sells: what a burst is held against.
//!
//! Units of a selling day are heavy-tailed: a product that sells twenty a day sells two hundred on a good one, and goods sold
//! to shops do so every week. Their logarithm is close to normal, so it is judged on that scale, as a random effect: day d of
//! product i has ln u = m + a_i + e, with a_i of variance τ² (between products) and e of variance σ² (within one). Both are
//! had from sums over a cohort by the method of moments for one-way layouts with unequal sizes (Searle, Casella, McCulloch,
//! Variance Components, 1992, ch. 3: unweighted means):
//!
//! σ² = Σ SS_i / Σ (n_i − 1), τ² = max(0, Var(mean_i) − σ²·avg(1/n_i)).
//!
//! The next day of a product with n selling days is then predicted at m + w·(mean_i − m) with w = nτ²/(nτ² + σ_i²) and
//! variance σ_i² + τ²σ_i²/(nτ² + σ_i²), where σ_i² is its own variance drawn towards the cohort's. Even the first day of a
//! product can so be told from what is usual.

use stream::{DayCounts, WINDOW_DAYS, Window};

/// Sums over the products of a cohort.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sizes {
    /// Products with a selling day.
    pub members: f64,
    /// Σ of their means.
    means: f64,
    /// Σ of the squares of their means.
    squares: f64,
    /// Σ 1/n.
    inverses: f64,
    /// Σ of squared distances of days from the mean of their product.
    within: f64,
    /// Σ (n − 1).
    free: f64,
}

/// What is usual for the next selling day of one product, natural logarithm of units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Usual {
    /// The middle.
    pub middle: f64,
    /// The standard deviation of a prediction.
    pub deviation: f64,
}

impl Usual {
    /// The middle in units.
    pub fn units(&self) -> f64 {
        self.middle.exp()
    }
}

/// Products from which a cohort tells anything.
const MEMBERS_MIN: f64 = 8.0;
/// Selling days a product needs to be judged by itself alone.
const OWN_DAYS_MIN: f64 = 7.0;
/// Standard deviation within a product of which nothing else is known: a good day sells e times a usual one.
const WITHIN_UNKNOWN: f64 = 1.0;
/// Days the cohort's variance weighs beside a product's own.
const WITHIN_WEIGHT: f64 = 10.0;
/// A product is never taken to sell more evenly than this.
const WITHIN_MIN: f64 = 0.01;

impl Sizes {
    /// Nobody.
    pub const NONE: Sizes = Sizes { members: 0.0, means: 0.0, squares: 0.0, inverses: 0.0, within: 0.0, free: 0.0 };

    /// One product's part.
    pub fn of(window: &Window) -> Sizes {
        let days = logarithms(&window.days);
        if days.is_empty() {
            return Sizes::NONE;
        }
        let (count, mean, squares) = moments(&days);
        Sizes {
            members: 1.0,
            means: mean,
            squares: mean * mean,
            inverses: 1.0 / count,
            within: squares,
            free: count - 1.0,
        }
    }

    /// Takes a product in.
    pub fn add(&mut self, other: &Sizes) {
        self.members += other.members;
        self.means += other.means;
        self.squares += other.squares;
        self.inverses += other.inverses;
        self.within += other.within;
        self.free += other.free;
    }

    /// The cohort without one product.
    #[must_use]
    pub fn without(&self, other: &Sizes) -> Sizes {
        let left = |all: f64, one: f64| (all - one).max(0.0);
        Sizes {
            members: left(self.members, other.members),
            means: self.means - other.means,
            squares: left(self.squares, other.squares),
            inverses: left(self.inverses, other.inverses),
            within: left(self.within, other.within),
            free: left(self.free, other.free),
        }
    }

    /// What is usual for the newest day of a window, by the days before it and by the cohort. `None`: neither says enough.
    pub fn usual(&self, window: &Window) -> Option<Usual> {
        let past = logarithms(&window.days[..WINDOW_DAYS - 1]);
        let (count, own, squares) = moments(&past);
        let cohort = self.members >= MEMBERS_MIN;
        if !cohort && count < OWN_DAYS_MIN {
            return None;
        }
        let pooled = if cohort && self.free > 0.0 { self.within / self.free } else { WITHIN_UNKNOWN };
        let free = (count - 1.0).max(0.0);
        let within = ((squares + WITHIN_WEIGHT * pooled) / (free + WITHIN_WEIGHT)).max(WITHIN_MIN);
        let (middle, doubt) = if cohort {
            let mean = self.means / self.members;
            let spread = (self.squares / self.members - mean * mean).max(0.0);
            let between = (spread - pooled * self.inverses / self.members).max(0.0);
            let trust = if count > 0.0 { count * between / (count * between + within) } else { 0.0 };
            let doubt = if count > 0.0 { between * within / (count * between + within) } else { between };
            (mean + trust * (own - mean), doubt)
        } else {
            (own, within / count)
        };
        // Few units vary by counting alone: the variance of the logarithm of a Poisson count is about one over its mean.
        let counting = (-middle).exp().min(1.0);
        Some(Usual { middle, deviation: (within + doubt + counting).sqrt() })
    }
}

fn logarithms(days: &[DayCounts]) -> Vec<f64> {
    days.iter().filter(|day| day.units_ordered > 0).map(|day| f64::from(day.units_ordered).ln()).collect()
}

/// Number, mean, and the sum of squared distances from it.
fn moments(values: &[f64]) -> (f64, f64, f64) {
    if values.is_empty() {
        return (0.0, 0.0, 0.0);
    }
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    (count, mean, values.iter().map(|value| (value - mean) * (value - mean)).sum())
}
