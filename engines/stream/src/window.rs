//! What a detector looks at: the last 35 days of a key, what stands out in them, and the totals since it was first seen.
//! And the day rows from which the same windows can be made again.

use crate::counts::{DayCounts, Totals};
use crate::prices::DayPrices;
use crate::shape::Shape;
use crate::signal::Key;
use crate::state::record::{Header, Slabs};
use std::collections::BTreeMap;

/// Days in a window.
pub const WINDOW_DAYS: usize = 35;
/// Half-life of a day's weight in [`PriceWindow::log_mean`], in days.
const PRICE_HALF_LIFE_DAYS: f64 = 7.0;

/// Which days a window shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// Days that are closed, the last of them the newest day: what [`WindowBuilder`] makes again from day rows.
    Closed,
    /// Everything folded so far: the newest day is the one in which the newest signal happened.
    Open,
}

/// The last [`WINDOW_DAYS`] days of one key.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// Whose.
    pub key: Key,
    /// The oldest day, days since 1970-01-01 in the operator's calendar.
    pub first_day: i32,
    /// The newest day: `first_day + 34`.
    pub last_day: i32,
    /// Counts of each day, oldest first.
    pub days: [DayCounts; WINDOW_DAYS],
    /// Prices of each day, oldest first.
    pub prices: [DayPrices; WINDOW_DAYS],
    /// Counts since the key was first seen.
    pub totals: Totals,
    /// The day of the first thing counted, in or before the window.
    pub first_seen_day: i32,
    /// The day of the last thing counted.
    pub last_seen_day: i32,
    /// Buyers in the weeks that touch the window (a week: seven days from a Thursday, as 1970-01-01 was one).
    pub buyers: Concentration,
    /// Buyers in the week of the newest day and the week before it: 8 to 14 days.
    pub buyers_recent: Concentration,
    /// Prices over the window.
    pub price: PriceWindow,
    /// Reviews over the window; texts in the weeks that touch it.
    pub reviews: ReviewShape,
}

impl Window {
    /// Counts of all days of the window together.
    pub fn sum(&self) -> DayCounts {
        self.sum_of_last(WINDOW_DAYS)
    }

    /// Counts of the newest `days` days together.
    pub fn sum_of_last(&self, days: usize) -> DayCounts {
        let mut sum = DayCounts::default();
        self.days[WINDOW_DAYS - days.min(WINDOW_DAYS)..].iter().for_each(|day| sum.add(day));
        sum
    }

    /// Counts of a day; `None` outside the window.
    pub fn day(&self, day: i32) -> Option<&DayCounts> {
        usize::try_from(day.checked_sub(self.first_day)?).ok().and_then(|place| self.days.get(place))
    }

    /// Share of weighed parcels over the window that were lighter than the stated weight; `None` when none was weighed.
    pub fn light_parcel_share(&self) -> Option<f64> {
        let sum = self.sum();
        share(u64::from(sum.light_parcels), u64::from(sum.weighed_parcels))
    }
}

/// How orders are spread over buyers.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Concentration {
    /// Orders whose buyer is known.
    pub orders: u64,
    /// Different buyers, estimated (standard error 9 %).
    pub distinct: f64,
    /// Orders of the buyer with most, at least (at most a ninth of all too low).
    pub top_orders: u64,
    /// The same as a share of `orders`; 0 without orders.
    pub top_share: f64,
    /// Share of the (up to) eight heaviest buyers, at least.
    pub top8_share: f64,
    /// Of orders with a known account age in the same days, the share of young accounts; `None` when no age is known.
    pub young_share: Option<f64>,
}

impl Concentration {
    pub(crate) fn of(shape: &Shape, young_orders: u64, aged_orders: u64) -> Concentration {
        let orders = u64::from(shape.buyers_top.seen());
        let top_orders = u64::from(shape.buyers_top.top());
        let heavy: u64 = shape.buyers_top.counters().map(|(_, count)| u64::from(count)).sum();
        Concentration {
            orders,
            distinct: shape.buyers.estimate(),
            top_orders,
            top_share: share(top_orders, orders).unwrap_or(0.0),
            top8_share: share(heavy, orders).unwrap_or(0.0),
            young_share: share(young_orders, aged_orders),
        }
    }
}

/// Prices over a window, minor units. All zero without a price.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PriceWindow {
    /// Days with a price.
    pub days: u32,
    /// The price that held last.
    pub last_minor: i64,
    /// The median over the days of each day's last price (of two middle ones the lower).
    pub median_minor: i64,
    /// The lowest.
    pub min_minor: i64,
    /// The highest.
    pub max_minor: i64,
    /// Mean of the logarithm of the price over the days before the newest priced one, weights halving every seven days;
    /// `None` when there is no such day.
    pub log_mean: Option<f64>,
    /// The standard deviation to it (within and between days).
    pub log_deviation: Option<f64>,
}

impl PriceWindow {
    pub(crate) fn of(prices: &[DayPrices]) -> PriceWindow {
        let mut lasts: Vec<i64> = prices.iter().filter(|day| day.seen > 0).map(|day| day.last_minor).collect();
        let Some(last_minor) = lasts.last().copied() else {
            return PriceWindow::default();
        };
        lasts.sort_unstable();
        let priced = || prices.iter().filter(|day| day.seen > 0);
        let newest = prices.iter().rposition(|day| day.seen > 0).unwrap_or(0);
        let (mut weights, mut sum, mut square_sum) = (0.0, 0.0, 0.0);
        for (place, day) in prices[..newest].iter().enumerate() {
            if let Some((mean, variance)) = day.log_mean_variance() {
                let weight = (-((newest - place) as f64) / PRICE_HALF_LIFE_DAYS).exp2();
                weights += weight;
                sum += weight * mean;
                square_sum += weight * (variance + mean * mean);
            }
        }
        let mean = (weights > 0.0).then(|| sum / weights);
        PriceWindow {
            days: lasts.len() as u32,
            last_minor,
            median_minor: lasts[(lasts.len() - 1) / 2],
            min_minor: priced().map(|day| day.min_minor).min().unwrap_or(0),
            max_minor: priced().map(|day| day.max_minor).max().unwrap_or(0),
            log_mean: mean,
            log_deviation: mean.map(|mean| (square_sum / weights - mean * mean).max(0.0).sqrt()),
        }
    }
}

/// Reviews over a window.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ReviewShape {
    /// Reviews by stars, one star first.
    pub stars: [u64; 5],
    /// Reviews.
    pub reviews: u64,
    /// Share of reviews by known buyers of the product; `None` without reviews.
    pub verified_share: Option<f64>,
    /// Reviews with a text.
    pub texts: u64,
    /// Reviews whose text had come before, at least.
    pub reused_texts: u64,
    /// Share of the text that came most often, at least; 0 without texts.
    pub top_text_share: f64,
}

impl ReviewShape {
    pub(crate) fn of(sum: &DayCounts, shape: &Shape) -> ReviewShape {
        let texts = u64::from(shape.texts_top.seen());
        ReviewShape {
            stars: sum.stars.map(u64::from),
            reviews: u64::from(sum.reviews),
            verified_share: share(u64::from(sum.verified_reviews), u64::from(sum.reviews)),
            texts,
            reused_texts: shape.texts_top.repeats(),
            top_text_share: share(u64::from(shape.texts_top.top()), texts).unwrap_or(0.0),
        }
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// What a closing says of one key and one day. Rows of the same key and day add up: the row of a later closing is what
/// came late. Within a closing rows come in the order of key, then day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayRow {
    /// The day counted, days since 1970-01-01 in the operator's calendar.
    pub day: i32,
    /// The day whose closing wrote the row; greater than `day` for what came late.
    pub closed_in: i32,
    /// Whose.
    pub key: Key,
    /// What was counted (in this row only).
    pub counts: DayCounts,
    /// Prices seen (in this row only).
    pub prices: DayPrices,
    /// Buyers and texts seen (in this row only); as bytes by [`Shape::to_bytes`].
    pub shape: Shape,
}

/// Makes windows again from day rows. Feed it the rows in the order of their closing, then key, then day.
#[derive(Default)]
pub struct WindowBuilder {
    slabs: Slabs,
    headers: BTreeMap<Key, Header>,
    closed_through: Option<i32>,
}

impl WindowBuilder {
    /// Without any row.
    pub fn new() -> WindowBuilder {
        WindowBuilder::default()
    }

    /// Takes a row.
    pub fn add(&mut self, row: &DayRow) {
        self.closed_through = self.closed_through.max(Some(row.closed_in));
        let header = match self.headers.get_mut(&row.key) {
            Some(header) => header,
            None => self.headers.entry(row.key.clone()).or_default(),
        };
        header.merge(&mut self.slabs, row.day, &row.counts, &row.prices, &row.shape);
    }

    /// Keys that had a row, in order.
    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        self.headers.keys()
    }

    /// The closed window of a key whose newest day is `last_day`.
    pub fn window(&self, key: &Key, last_day: i32) -> Option<Window> {
        let header = self.headers.get(key)?;
        Some(header.window(&self.slabs, key.clone(), last_day, View::Closed))
    }

    /// Every key's closed window whose newest day is `last_day`, in the order of keys.
    pub fn for_each(&self, last_day: i32, mut each: impl FnMut(&Window)) {
        for (key, header) in &self.headers {
            each(&header.window(&self.slabs, key.clone(), last_day, View::Closed));
        }
    }

    /// The last closing a row came from.
    pub fn closed_through(&self) -> Option<i32> {
        self.closed_through
    }
}
