//! What is usual on the whole market, at a closing: rates, prices by category, the worst lot of each merchant.

use crate::behaviour::{Behaviour, Span};
use crate::parameters::{Parameters, Usual};
use kernel::{Kernel, Result};
use signals::links;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use stream::KeyKind;

/// Products whose prices are gathered for the medians of categories.
const PRICED_PRODUCTS_MAX: usize = 20_000;
/// Lots whose products are asked for.
const LOTS_MAX: usize = 100_000;
/// Products asked about at once.
const ASKED_AT_ONCE: usize = 1_000;

/// Usual events per purchase or review.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates {
    /// Complaints per purchase.
    pub complaints: f64,
    /// Severe complaints per purchase.
    pub severe: f64,
    /// Returns per purchase.
    pub returns: f64,
    /// Bad reviews per review.
    pub bad_reviews: f64,
    /// Events by which a ratio is drawn towards 1.
    pub shrink_events: f64,
}

impl Rates {
    /// The market's own rates, with the usual ones as data of `usual.purchases` purchases.
    pub fn of(market: &Span, usual: &Usual) -> Rates {
        let rate = |events: f64, exposure: f64, usual_rate: f64| {
            (events + usual_rate * usual.purchases) / (exposure + usual.purchases)
        };
        Rates {
            complaints: rate(market.complaints, market.purchases, usual.complaints),
            severe: rate(market.severe, market.purchases, usual.severe),
            returns: rate(market.returns, market.purchases, usual.returns),
            bad_reviews: rate(market.bad_reviews, market.reviews, usual.bad_reviews),
            shrink_events: usual.shrink_events,
        }
    }

    /// Natural logarithm of events over usual events, both drawn together by `shrink_events`: 0 is usual.
    pub fn log_ratio(&self, events: f64, exposure: f64, rate: f64) -> f64 {
        ((events + self.shrink_events) / (exposure * rate + self.shrink_events)).ln()
    }
}

/// What is usual.
#[derive(Debug, Clone, PartialEq)]
pub struct Baseline {
    /// Rates.
    pub rates: Rates,
    /// Natural logarithm of the median price, by category.
    pub prices: BTreeMap<String, f64>,
    /// The worst lot of each merchant: its log ratio of complaints.
    pub worst_lots: HashMap<String, f64>,
    /// The same by merchant and product, where the lot's product is known.
    pub worst_lots_of_products: HashMap<(String, String), f64>,
}

#[derive(Default)]
struct Remembered {
    last: Mutex<Option<(u64, Arc<Baseline>)>>,
}

/// What is usual at this position of the log; computed once for each `position` (a closing's), kept in memory.
///
/// # Errors
/// What signals and the store say.
pub async fn at(kernel: &Kernel, parameters: &Parameters, position: u64) -> Result<Arc<Baseline>> {
    let remembered = kernel.memory::<Remembered>();
    let held = remembered.last.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone();
    if let Some((_, baseline)) = held.filter(|(of, _)| *of == position) {
        return Ok(baseline);
    }
    let baseline = Arc::new(compute(kernel, parameters).await?);
    *remembered.last.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some((position, Arc::clone(&baseline)));
    Ok(baseline)
}

/// The last one computed, however old; computes one where there is none.
///
/// # Errors
/// As [`at`].
pub async fn latest(kernel: &Kernel, parameters: &Parameters) -> Result<Arc<Baseline>> {
    let held = kernel.memory::<Remembered>().last.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone();
    match held {
        Some((_, baseline)) => Ok(baseline),
        None => at(kernel, parameters, signals::position(kernel)?).await,
    }
}

async fn compute(kernel: &Kernel, parameters: &Parameters) -> Result<Baseline> {
    let mut market = Span::default();
    let mut priced: Vec<((String, String), f64)> = Vec::new();
    signals::windows::each(kernel, KeyKind::Product, |window| {
        let behaviour = Behaviour::of(window);
        market.add(&behaviour.window);
        if let (Some(price), Some((merchant, product))) = (behaviour.price_minor, window.key.id.split_once('/'))
            && priced.len() < PRICED_PRODUCTS_MAX
        {
            priced.push(((merchant.to_owned(), product.to_owned()), (price as f64).ln()));
        }
    })?;
    let rates = Rates::of(&market, &parameters.usual);
    let mut worst_lots: HashMap<String, f64> = HashMap::new();
    let mut lots: Vec<(String, String, f64)> = Vec::new();
    signals::windows::each(kernel, KeyKind::Lot, |window| {
        let Some((merchant, number)) = window.key.id.split_once('/') else { return };
        let lot = Behaviour::of(window).window;
        let ratio = rates.log_ratio(lot.complaints, lot.purchases, rates.complaints);
        let worst = worst_lots.entry(merchant.to_owned()).or_insert(ratio);
        *worst = worst.max(ratio);
        if lots.len() < LOTS_MAX {
            lots.push((merchant.to_owned(), number.to_owned(), ratio));
        }
    })?;
    let mut worst_lots_of_products: HashMap<(String, String), f64> = HashMap::new();
    for (merchant, number, ratio) in lots {
        if let Some(product) = links::lot(kernel, &merchant, &number)? {
            let worst = worst_lots_of_products.entry((merchant, product)).or_insert(ratio);
            *worst = worst.max(ratio);
        }
    }
    Ok(Baseline { rates, prices: prices(kernel, priced).await?, worst_lots, worst_lots_of_products })
}

async fn prices(kernel: &Kernel, priced: Vec<((String, String), f64)>) -> Result<BTreeMap<String, f64>> {
    let mut by_category: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for chunk in priced.chunks(ASKED_AT_ONCE) {
        let pairs: Vec<(String, String)> = chunk.iter().map(|(pair, _)| pair.clone()).collect();
        let found = links::products(kernel, &pairs).await?;
        for (pair, price) in chunk {
            if let Some(link) = found.get(pair) {
                by_category.entry(price_group(&link.category, &link.currency)).or_default().push(*price);
            }
        }
    }
    let median = |mut values: Vec<f64>| {
        values.sort_unstable_by(f64::total_cmp);
        values[(values.len() - 1) / 2]
    };
    Ok(by_category.into_iter().map(|(category, values)| (category, median(values))).collect())
}

/// Prices are compared within a category and a currency.
pub(crate) fn price_group(category: &str, currency: &str) -> String {
    format!("{category} {currency}")
}
