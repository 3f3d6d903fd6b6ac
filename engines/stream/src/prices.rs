//! What is kept of a key's prices on a day: integers only, so that two ways to the same day are equal to the bit.

/// One ten-thousandth: the unit of the logarithms kept here.
const LOG_SCALE: f64 = 10_000.0;

/// Prices of one civil day: of orders (money by units) and as set by the merchant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DayPrices {
    /// Prices seen.
    pub seen: u32,
    /// When the last one held, UTC microseconds.
    pub last_at_us: i64,
    /// The price that held last, minor units.
    pub last_minor: i64,
    /// The lowest, minor units.
    pub min_minor: i64,
    /// The highest, minor units.
    pub max_minor: i64,
    /// Sum of natural logarithms of the prices, in ten-thousandths.
    pub log_sum: i64,
    /// Sum of their squares, in ten-thousandths.
    pub log_square_sum: i64,
}

impl DayPrices {
    /// Counts one price; a price of zero or less says nothing and is passed over.
    pub fn see(&mut self, at_us: i64, price_minor: i64) {
        if price_minor <= 0 {
            return;
        }
        let log = (price_minor as f64).ln();
        let one = DayPrices {
            seen: 1,
            last_at_us: at_us,
            last_minor: price_minor,
            min_minor: price_minor,
            max_minor: price_minor,
            log_sum: (log * LOG_SCALE).round() as i64,
            log_square_sum: (log * log * LOG_SCALE).round() as i64,
        };
        self.add(&one);
    }

    /// Adds what was seen elsewhere of the same day. Of two last prices at the same moment the one added later holds.
    pub fn add(&mut self, other: &DayPrices) {
        if other.seen == 0 {
            return;
        }
        if self.seen == 0 {
            *self = *other;
            return;
        }
        self.seen = self.seen.saturating_add(other.seen);
        if other.last_at_us >= self.last_at_us {
            self.last_at_us = other.last_at_us;
            self.last_minor = other.last_minor;
        }
        self.min_minor = self.min_minor.min(other.min_minor);
        self.max_minor = self.max_minor.max(other.max_minor);
        self.log_sum = self.log_sum.saturating_add(other.log_sum);
        self.log_square_sum = self.log_square_sum.saturating_add(other.log_square_sum);
    }

    /// Mean and variance of the logarithm of the day's prices; `None` without a price.
    pub fn log_mean_variance(&self) -> Option<(f64, f64)> {
        if self.seen == 0 {
            return None;
        }
        let count = f64::from(self.seen);
        let mean = self.log_sum as f64 / LOG_SCALE / count;
        let variance = (self.log_square_sum as f64 / LOG_SCALE / count - mean * mean).max(0.0);
        Some((mean, variance))
    }
}
