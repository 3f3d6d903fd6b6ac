//! What signals say of a product, merchant or lot, in a few numbers. Pure.

use crate::baseline::Rates;
use crate::features::Vector;
use stream::{Reached, Window};

/// Orders of known buyers below which their spread says nothing.
const BUYERS_MIN: u64 = 10;
/// Reviews with stars below which their mean says nothing.
const STARS_MIN: u64 = 3;
/// Review texts below which repetition says nothing.
const TEXTS_MIN: u64 = 5;
/// Days of the recent past.
const RECENT_DAYS: usize = 7;
/// Orders added to both sides of the growth of sales.
const GROWTH_ORDERS: f64 = 5.0;

/// Exposure and events of a span of days.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Span {
    /// Deliveries; where they are not told, orders less those cancelled.
    pub purchases: f64,
    /// Complaints.
    pub complaints: f64,
    /// Of them severe.
    pub severe: f64,
    /// Returns.
    pub returns: f64,
    /// Reviews with stars.
    pub reviews: f64,
    /// Of them one or two stars.
    pub bad_reviews: f64,
    /// Orders.
    pub orders: f64,
}

impl Span {
    fn of(counts: &stream::DayCounts) -> Span {
        Span {
            purchases: f64::from(counts.reached(Reached::Deliveries).max(counts.reached(Reached::Orders))),
            complaints: f64::from(counts.complaints),
            severe: f64::from(counts.severe_complaints),
            returns: f64::from(counts.returns),
            reviews: counts.rated_reviews() as f64,
            bad_reviews: f64::from(counts.bad_reviews()),
            orders: f64::from(counts.orders),
        }
    }

    /// Adds another.
    pub fn add(&mut self, other: &Span) {
        self.purchases += other.purchases;
        self.complaints += other.complaints;
        self.severe += other.severe;
        self.returns += other.returns;
        self.reviews += other.reviews;
        self.bad_reviews += other.bad_reviews;
        self.orders += other.orders;
    }
}

/// What is kept of a window.
#[derive(Debug, Clone, PartialEq)]
pub struct Behaviour {
    /// The newest day of the window, days since 1970-01-01.
    pub day: i32,
    /// All 35 days.
    pub window: Span,
    /// The last 7 days.
    pub recent: Span,
    /// Since first seen.
    pub total: Span,
    stars_mean: Option<f64>,
    top_buyer_share: Option<f64>,
    young_buyer_share: Option<f64>,
    repeated_text_share: Option<f64>,
    unverified_share: Option<f64>,
    light_parcel_share: Option<f64>,
    cancelled_share: Option<f64>,
    price_swing: Option<f64>,
    /// Median price, minor units, where there is one.
    pub price_minor: Option<i64>,
    days_on_sale: i32,
}

impl Behaviour {
    /// From a window.
    pub fn of(window: &Window) -> Behaviour {
        let (sum, totals) = (window.sum(), &window.totals);
        let total = Span {
            purchases: totals.deliveries.max(totals.orders.saturating_sub(totals.cancellations)) as f64,
            complaints: totals.complaints as f64,
            severe: totals.severe_complaints as f64,
            returns: totals.returns as f64,
            reviews: totals.stars.iter().sum::<u64>() as f64,
            bad_reviews: totals.bad_reviews() as f64,
            orders: totals.orders as f64,
        };
        let share = |part: u32, whole: u32| (whole > 0).then(|| f64::from(part) / f64::from(whole));
        let rated = sum.rated_reviews();
        Behaviour {
            day: window.last_day,
            window: Span::of(&sum),
            recent: Span::of(&window.sum_of_last(RECENT_DAYS)),
            total,
            stars_mean: (rated >= STARS_MIN).then(|| sum.stars_sum() as f64 / rated as f64),
            top_buyer_share: (window.buyers.orders >= BUYERS_MIN).then_some(window.buyers.top_share),
            young_buyer_share: window.buyers.young_share.filter(|_| window.buyers.orders >= BUYERS_MIN),
            repeated_text_share: (window.reviews.texts >= TEXTS_MIN).then_some(window.reviews.top_text_share),
            unverified_share: window.reviews.verified_share.map(|share| 1.0 - share),
            light_parcel_share: window.light_parcel_share(),
            cancelled_share: share(sum.units_cancelled, sum.units_ordered),
            price_swing: window.price.log_deviation,
            price_minor: (window.price.median_minor > 0).then_some(window.price.median_minor),
            days_on_sale: window.last_day.saturating_sub(window.first_seen_day).max(0),
        }
    }

    /// Writes the product's own features.
    pub fn describe(&self, rates: &Rates, vector: &mut Vector) {
        let ratio = |events: f64, exposure: f64, rate: f64| rates.log_ratio(events, exposure, rate);
        let (window, recent, total) = (&self.window, &self.recent, &self.total);
        vector.set("complaint_ratio", ratio(window.complaints, window.purchases, rates.complaints));
        vector.set("severe_ratio", ratio(window.severe, window.purchases, rates.severe));
        vector.set("return_ratio", ratio(window.returns, window.purchases, rates.returns));
        vector.set("bad_review_ratio", ratio(window.bad_reviews, window.reviews, rates.bad_reviews));
        vector.set("complaint_recent_ratio", ratio(recent.complaints, recent.purchases, rates.complaints));
        vector.set("return_recent_ratio", ratio(recent.returns, recent.purchases, rates.returns));
        vector.set("complaint_lifetime_ratio", ratio(total.complaints, total.purchases, rates.complaints));
        vector.set("stars_shortfall", self.stars_mean.map(|mean| 5.0 - mean));
        vector.set("purchases_log", (1.0 + window.purchases).log10());
        let before =
            (window.orders - recent.orders).max(0.0) * RECENT_DAYS as f64 / (stream::WINDOW_DAYS - RECENT_DAYS) as f64;
        vector.set("growth", ((recent.orders + GROWTH_ORDERS) / (before + GROWTH_ORDERS)).ln());
        vector.set("top_buyer_share", self.top_buyer_share);
        vector.set("young_buyer_share", self.young_buyer_share);
        vector.set("repeated_text_share", self.repeated_text_share);
        vector.set("unverified_share", self.unverified_share);
        vector.set("light_parcel_share", self.light_parcel_share);
        vector.set("price_swing", self.price_swing);
        vector.set("days_on_sale_log", (1.0 + f64::from(self.days_on_sale)).ln());
        vector.set("cancelled_share", self.cancelled_share);
    }
}
