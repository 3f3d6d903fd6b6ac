//! All features of products, gathered from signals, listings, merchants and what was found before.

use crate::baseline::{self, Baseline, price_group};
use crate::behaviour::Behaviour;
use crate::features::Vector;
use crate::marks::{self, Found};
use crate::parameters::Parameters;
use ground::Timestamp;
use ground::time::DAY_MICROS;
use kernel::{Actor, Kernel, Result};
use signals::links::{self, Link};
use std::collections::{BTreeSet, HashMap};
use stream::{Key, KeyKind, WindowBuilder};

/// Products gathered at once.
pub const AT_ONCE: usize = 500;

/// A product and what its signals say; `None` where there are none.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Whose.
    pub merchant: String,
    /// The shop's number.
    pub product: String,
    /// What its signals say.
    pub behaviour: Option<Behaviour>,
}

/// A product with all its features.
#[derive(Debug, Clone)]
pub struct Gathered {
    /// Whose.
    pub merchant: String,
    /// The shop's number.
    pub product: String,
    /// The newest day of its signals.
    pub day: Option<i32>,
    /// The listing behind it.
    pub link: Option<Link>,
    /// The features.
    pub vector: Vector,
}

/// The product as its signals stand now.
///
/// # Errors
/// What signals say.
pub fn asked(kernel: &Kernel, merchant: &str, product: &str) -> Result<Asked> {
    let behaviour = signals::windows::product(kernel, merchant, product, Behaviour::of)?;
    Ok(Asked { merchant: merchant.to_owned(), product: product.to_owned(), behaviour })
}

/// Gathers the features of at most [`AT_ONCE`] products, counting of what was found only what was found before `until`.
///
/// # Errors
/// What signals, merchants and the store say.
pub async fn gather(
    kernel: &Kernel,
    parameters: &Parameters,
    baseline: &Baseline,
    products: Vec<Asked>,
    until: Timestamp,
) -> Result<Vec<Gathered>> {
    let merchants: BTreeSet<String> = products.iter().map(|product| product.merchant.clone()).collect();
    let mut sellers = HashMap::new();
    for merchant in &merchants {
        let behaviour = signals::windows::one(kernel, KeyKind::Merchant, merchant, Behaviour::of)?;
        sellers.insert(merchant.clone(), seller(kernel, merchant, behaviour, until).await?);
    }
    let merchants: Vec<String> = merchants.into_iter().collect();
    let found = marks::before(kernel, parameters, &merchants, until).await?;
    let pairs: Vec<(String, String)> = products.iter().map(|one| (one.merchant.clone(), one.product.clone())).collect();
    let mut linked = links::products(kernel, &pairs).await?;
    let describe = |asked: Asked| {
        let link = linked.remove(&(asked.merchant.clone(), asked.product.clone()));
        let vector = vector(baseline, &asked, link.as_ref(), sellers.get(&asked.merchant), &found);
        let day = asked.behaviour.as_ref().map(|behaviour| behaviour.day);
        Gathered { merchant: asked.merchant, product: asked.product, day, link, vector }
    };
    Ok(products.into_iter().map(describe).collect())
}

/// What a merchant brings to the features of its goods.
#[derive(Debug, Clone, Default)]
struct Seller {
    behaviour: Option<Behaviour>,
    days: Option<f64>,
}

async fn seller(kernel: &Kernel, id: &str, behaviour: Option<Behaviour>, at: Timestamp) -> Result<Seller> {
    let days = match merchants::get(kernel, &Actor::system("risk"), id).await {
        Ok(merchant) => Some(((at.micros() - merchant.created_at.micros()) as f64 / DAY_MICROS as f64).max(0.0)),
        Err(merchants::Error::Missing) => None,
        Err(error) => return Err(error.into()),
    };
    Ok(Seller { behaviour, days })
}

fn vector(baseline: &Baseline, asked: &Asked, link: Option<&Link>, seller: Option<&Seller>, found: &Found) -> Vector {
    let (mut vector, rates) = (Vector::default(), &baseline.rates);
    if let Some(behaviour) = &asked.behaviour {
        behaviour.describe(rates, &mut vector);
    }
    vector.set("unlisted", if link.is_none() { 1.0 } else { 0.0 });
    if let Some(link) = link {
        let price = asked.behaviour.as_ref().and_then(|behaviour| behaviour.price_minor).or(link.price_minor);
        let usual = baseline.prices.get(&price_group(&link.category, &link.currency));
        if let (Some(price), Some(usual)) = (price.filter(|price| *price > 0), usual) {
            vector.set("price_ratio", (price as f64).ln() - usual);
        }
        vector.set("category_ratio", found.category_ratio(&link.category));
    }
    if let Some(seller) = seller {
        if let Some(behaviour) = &seller.behaviour {
            let span = &behaviour.window;
            let complaints = rates.log_ratio(span.complaints, span.purchases, rates.complaints);
            vector.set("merchant_complaint_ratio", complaints);
            vector.set("merchant_return_ratio", rates.log_ratio(span.returns, span.purchases, rates.returns));
        }
        vector.set("merchant_days_log", seller.days.map(|days| (1.0 + days).ln()));
    }
    vector.set("merchant_lot_ratio", baseline.worst_lots.get(&asked.merchant).copied());
    let product = (asked.merchant.clone(), asked.product.clone());
    vector.set("lot_ratio", baseline.worst_lots_of_products.get(&product).copied());
    let (wrong, cleared) = found.of_product(&asked.merchant, &asked.product);
    let log = |count: u64| (1.0 + count as f64).ln();
    vector.set("merchant_found_log", log(found.of_others(&asked.merchant, &asked.product)));
    vector.set("product_found_log", log(wrong));
    vector.set("product_cleared_log", log(cleared));
    vector
}

/// The features of one product as they were at the end of a day, made again from the closings up to that day: nothing that
/// came later is in them. Counts since first seen reach back the policy's `risk.history_days`; the market's usual rates are
/// today's, so that ratios of all examples are measured against the same.
///
/// # Errors
/// What signals and the store say.
pub async fn as_of(
    kernel: &Kernel,
    parameters: &Parameters,
    merchant: &str,
    product: &str,
    day: i32,
) -> Result<Gathered> {
    let keys = [Key::product(merchant, product), Key::merchant(merchant)];
    let mut builder = WindowBuilder::new();
    signals::windows::day_rows(kernel, day.saturating_sub(parameters.history_days), day, |row| {
        if keys.contains(&row.key) {
            builder.add(&row);
        }
    })?;
    let of = |key: &Key| builder.window(key, day).map(|window| Behaviour::of(&window));
    let until = Timestamp::start_of(signals::day_date(day.saturating_add(1)), kernel.zone());
    let baseline = baseline::latest(kernel, parameters).await?;
    let asked = Asked { merchant: merchant.to_owned(), product: product.to_owned(), behaviour: of(&keys[0]) };
    let seller = seller(kernel, merchant, of(&keys[1]), until).await?;
    let found = marks::before(kernel, parameters, &[merchant.to_owned()], until).await?;
    let link = links::product(kernel, merchant, product).await?;
    let mut vector = vector(&baseline, &asked, link.as_ref(), Some(&seller), &found);
    // Lots are known as they are today only: a later fault must not be seen from here.
    vector.set("merchant_lot_ratio", None);
    vector.set("lot_ratio", None);
    let day = asked.behaviour.as_ref().map(|behaviour| behaviour.day);
    Ok(Gathered { merchant: asked.merchant, product: asked.product, day, link, vector })
}
