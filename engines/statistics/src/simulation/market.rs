//! A market of products with complaints by day, most days none.

use super::samples;
use ground::Rng;
use std::ops::Range;

/// Most products of one market.
pub const PRODUCTS_MAX: usize = 20_000_000;
/// Most days.
pub const DAYS_MAX: usize = 3660;

/// What a market is like.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// Products.
    pub products: usize,
    /// Days.
    pub days: usize,
    /// Median over products of the complaints expected a day at the baseline rate.
    pub median_expected: f64,
    /// Standard deviation of its logarithm: sales differ by orders of magnitude.
    pub spread: f64,
    /// Rate of a product without fault, as a multiple of the baseline: 1, or the margin itself for the hardest null hypothesis.
    pub usual_ratio: f64,
    /// Shape of the gamma by which products differ by nature around it; `None`: not at all.
    pub nature_shape: Option<f64>,
    /// Shape of each day's gamma shock; `None`: Poisson counts.
    pub shock_shape: Option<f64>,
    /// Share of products that become faulty.
    pub faulty_share: f64,
    /// Multiples of the baseline a fault leads to, each as frequent.
    pub fault_ratios: Vec<f64>,
    /// Days on which faults begin, each as likely.
    pub fault_days: Range<usize>,
}

/// A fault.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fault {
    /// First day of the higher rate.
    pub day: usize,
    /// Multiple of the baseline from then on.
    pub ratio: f64,
}

/// A product's truth and its complaints.
#[derive(Debug, Clone)]
pub struct Product {
    /// Complaints expected a day at the baseline.
    pub expected: f64,
    /// Its own multiple of the baseline without a fault.
    pub nature: f64,
    /// Its fault.
    pub fault: Option<Fault>,
    /// Days with complaints, and how many; ascending.
    pub complaints: Vec<(u16, u32)>,
}

impl Product {
    /// The true multiple of the baseline on a day.
    pub fn ratio(&self, day: usize) -> f64 {
        match self.fault {
            Some(fault) if day >= fault.day => fault.ratio,
            _ => self.nature,
        }
    }
}

impl Recipe {
    /// Poisson counts, all products alike but for their sales, two in a hundred becoming 3 to 20 times as bad.
    pub fn plain(products: usize, days: usize) -> Self {
        Recipe {
            products: products.min(PRODUCTS_MAX),
            days: days.min(DAYS_MAX),
            median_expected: 0.02,
            spread: 1.5,
            usual_ratio: 1.0,
            nature_shape: None,
            shock_shape: None,
            faulty_share: 0.02,
            fault_ratios: vec![3.0, 5.0, 10.0, 20.0],
            fault_days: days / 6..days / 2,
        }
    }

    /// Makes the market, product by product.
    pub fn play(&self, rng: &dyn Rng) -> Vec<Product> {
        (0..self.products.min(PRODUCTS_MAX)).map(|_| self.product(rng)).collect()
    }

    fn product(&self, rng: &dyn Rng) -> Product {
        let expected = self.median_expected * (self.spread * samples::normal(rng)).exp();
        let by_nature = self.nature_shape.map_or(1.0, |shape| samples::gamma_of_mean_one(rng, shape));
        let faulty = rng.unit() < self.faulty_share && !self.fault_ratios.is_empty();
        let fault = faulty.then(|| Fault {
            day: self.fault_days.start + rng.below(self.fault_days.len() as u64) as usize,
            ratio: self.fault_ratios[rng.below(self.fault_ratios.len() as u64) as usize],
        });
        let mut product = Product { expected, nature: self.usual_ratio * by_nature, fault, complaints: Vec::new() };
        let changed = fault.map_or(self.days, |fault| fault.day.min(self.days));
        self.stretch(rng, &mut product, 0..changed);
        self.stretch(rng, &mut product, changed..self.days);
        product
    }

    /// Complaints of days of one rate. Where most days have none, the days until the next with any are drawn at once.
    fn stretch(&self, rng: &dyn Rng, product: &mut Product, days: Range<usize>) {
        if days.is_empty() {
            return;
        }
        let mean = product.expected * product.ratio(days.start);
        if mean > 3.0 {
            for day in days {
                let shock = self.shock_shape.map_or(1.0, |shape| samples::gamma_of_mean_one(rng, shape));
                let count = samples::poisson(rng, mean * shock);
                if count > 0 {
                    product.complaints.push((day as u16, count));
                }
            }
            return;
        }
        let ln_zero = samples::chance_of_zero(mean, self.shock_shape).ln();
        let mut day = days.start as f64;
        loop {
            day += (samples::unit(rng).ln() / ln_zero).floor();
            if day >= days.end as f64 {
                return;
            }
            product.complaints.push((day as u16, samples::count_above_zero(rng, mean, self.shock_shape)));
            day += 1.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ground::SeededRng;

    #[test]
    fn a_market_has_the_rates_and_the_variation_asked_for() {
        let recipe = Recipe {
            spread: 0.0,
            median_expected: 0.4,
            shock_shape: Some(2.0),
            faulty_share: 0.5,
            fault_ratios: vec![10.0],
            fault_days: 50..51,
            ..Recipe::plain(4000, 100)
        };
        let market = recipe.play(&SeededRng::new(5));
        let mut before = (0.0, 0.0, 0.0);
        let mut after = (0.0, 0.0);
        for product in &market {
            let counts = |from: u16, to: u16| product.complaints.iter().filter(move |c| c.0 >= from && c.0 < to);
            for (_, count) in counts(0, 50) {
                before.0 += f64::from(*count);
                before.1 += f64::from(*count).powi(2);
            }
            before.2 += 50.0;
            if product.fault.is_some() {
                after.0 += counts(50, 100).map(|c| f64::from(c.1)).sum::<f64>();
                after.1 += 50.0;
            }
        }
        let mean = before.0 / before.2;
        let variance = before.1 / before.2 - mean * mean;
        assert!((mean - 0.4).abs() < 0.01 && (variance - 0.48).abs() < 0.02, "{mean} {variance}");
        assert!((after.0 / after.1 - 4.0).abs() < 0.1, "{}", after.0 / after.1);
    }
}
