//! What is usual: the cohort a key is compared with, gathered in one pass without keeping its members.
//!
//! Rates of members are thought to be drawn from a gamma distribution; events are then negative binomial. Its two moments
//! are had from sums over members (x events at exposure E): Σx/ΣE = mean and Σx(x−1)/ΣE² = second moment of the rate.
//! A key is never compared with itself: its own part is taken out of the sums before they are used.

use crate::sizes::Sizes;
use statistics::margin::Variation;

/// Sums over the members of a cohort for one measure.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sums {
    /// Members with any exposure.
    pub members: f64,
    /// Events.
    pub events: f64,
    /// Exposure, delay-adjusted purchases.
    pub exposure: f64,
    /// Σ x(x−1).
    pub pairs: f64,
    /// Σ E².
    pub exposure_squared: f64,
    /// Σ over days of (x−μ)² − x: what days vary beyond Poisson.
    pub day_excess: f64,
    /// Σ over days of μ².
    pub day_squared: f64,
    /// How much its members sell on a day.
    pub sizes: Sizes,
}

impl Sums {
    /// Nobody.
    pub const NONE: Sums = Sums {
        members: 0.0,
        events: 0.0,
        exposure: 0.0,
        pairs: 0.0,
        exposure_squared: 0.0,
        day_excess: 0.0,
        day_squared: 0.0,
        sizes: Sizes::NONE,
    };

    /// What one member sells adds to its cohort.
    pub fn of_sizes(sizes: Sizes) -> Sums {
        Sums { members: sizes.members, sizes, ..Sums::default() }
    }

    /// One member's part.
    pub fn of(events: f64, exposure: f64) -> Sums {
        if exposure <= 0.0 {
            return Sums::default();
        }
        Sums {
            members: 1.0,
            events,
            exposure,
            pairs: (events * (events - 1.0)).max(0.0),
            exposure_squared: exposure * exposure,
            ..Sums::default()
        }
    }

    /// Takes a member in.
    pub fn add(&mut self, other: &Sums) {
        self.members += other.members;
        self.events += other.events;
        self.exposure += other.exposure;
        self.pairs += other.pairs;
        self.exposure_squared += other.exposure_squared;
        self.day_excess += other.day_excess;
        self.day_squared += other.day_squared;
        self.sizes.add(&other.sizes);
    }

    /// The cohort without one member.
    #[must_use]
    pub fn without(&self, other: &Sums) -> Sums {
        Sums {
            members: (self.members - other.members).max(0.0),
            events: (self.events - other.events).max(0.0),
            exposure: (self.exposure - other.exposure).max(0.0),
            pairs: (self.pairs - other.pairs).max(0.0),
            exposure_squared: (self.exposure_squared - other.exposure_squared).max(0.0),
            day_excess: self.day_excess - other.day_excess,
            day_squared: (self.day_squared - other.day_squared).max(0.0),
            sizes: self.sizes.without(&other.sizes),
        }
    }

    /// The prior of a rate, with a belief of `base_rate` events per purchase that weighs `base_weight` purchases.
    pub fn prior(&self, base_rate: f64, base_weight: f64) -> Prior {
        let weight = self.exposure + base_weight;
        let mean = if weight > 0.0 { (self.events + base_rate * base_weight) / weight } else { base_rate };
        let mean = mean.max(RATE_MIN);
        let second = if self.exposure_squared > 0.0 { self.pairs / self.exposure_squared } else { 0.0 };
        let variance = second - mean * mean;
        let shape = if self.members >= SHAPE_MEMBERS_MIN && variance > 0.0 {
            (mean * mean / variance).clamp(SHAPE_MIN, SHAPE_MAX)
        } else {
            SHAPE_UNKNOWN
        };
        Prior { mean, shape, members: self.members as u64, variation: self.variation() }
    }

    /// How days vary around what is expected: as Poisson counts, or more than that, with one gamma shock a day.
    fn variation(&self) -> Variation {
        if self.members < SHAPE_MEMBERS_MIN || self.day_squared <= 0.0 {
            return Variation::Poisson;
        }
        let excess = self.day_excess / self.day_squared;
        if excess <= 1.0 / SHOCK_SHAPE_MAX {
            return Variation::Poisson;
        }
        Variation::GammaShocks { shape_per_day: (1.0 / excess).max(SHOCK_SHAPE_MIN) }
    }
}

/// A rate below this is no rate: keeps logarithms finite.
const RATE_MIN: f64 = 1e-9;
/// Members from which the spread of a cohort can be told.
const SHAPE_MEMBERS_MIN: f64 = 8.0;
/// The spread of a cohort of which too little is known: standard deviation half of the mean.
const SHAPE_UNKNOWN: f64 = 4.0;
/// A cohort this wide says nothing.
const SHAPE_MIN: f64 = 0.05;
/// A cohort this narrow is one rate.
const SHAPE_MAX: f64 = 1e4;

/// Shocks this even are none.
const SHOCK_SHAPE_MAX: f64 = 200.0;
/// Shocks this wild say nothing.
const SHOCK_SHAPE_MIN: f64 = 0.05;

/// The gamma distribution of a rate in a cohort.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prior {
    /// Mean events per unit.
    pub mean: f64,
    /// Shape of the gamma distribution; its coefficient of variation is 1/√shape.
    pub shape: f64,
    /// Members it was learnt from.
    pub members: u64,
    /// How days vary around what is expected.
    pub variation: Variation,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_not_compared_with_itself() {
        let mut all = Sums::default();
        for _ in 0..9 {
            all.add(&Sums::of(2.0, 100.0));
        }
        let bad = Sums::of(50.0, 100.0);
        all.add(&bad);
        let prior = all.without(&bad).prior(0.02, 0.0);
        assert!((prior.mean - 0.02).abs() < 1e-12, "{prior:?}");
    }

    #[test]
    fn an_unknown_cohort_is_what_is_believed_of_it() {
        let prior = Sums::default().prior(0.03, 500.0);
        assert_eq!((prior.mean, prior.members), (0.03, 0));
    }
}
