//! From the keys of signals to listings: which goods the shop's number stands for. What was found is remembered for a
//! minute; signals may come before their listing does.

use crate::works::works;
use ground::Timestamp;
use ground::time::SECOND_MICROS;
use kernel::{Kernel, Result};
use listings::{Listing, state::State};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

/// How long what was found (or not found) is remembered.
const REMEMBERED_MICROS: i64 = 60 * SECOND_MICROS;
/// Most goods remembered; when there are more, all are forgotten.
const REMEMBERED_MAX: usize = 200_000;

/// The listing behind a product key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Id of the listing.
    pub listing_id: String,
    /// Whose.
    pub merchant_id: String,
    /// The shop's own number: the product of the signals.
    pub external_id: String,
    /// `cn`, `us`, `eu`.
    pub market: String,
    /// Category of its latest version.
    pub category: String,
    /// Title of its latest version.
    pub title: String,
    /// Where it stands.
    pub state: State,
    /// Price of its latest version, minor units.
    pub price_minor: Option<i64>,
    /// Its currency; empty where there is no price.
    pub currency: String,
}

impl From<Listing> for Link {
    fn from(listing: Listing) -> Link {
        Link {
            listing_id: listing.id,
            merchant_id: listing.merchant_id,
            external_id: listing.external_id,
            market: listing.market,
            category: listing.category,
            title: listing.title,
            state: listing.state,
            price_minor: listing.price_minor,
            currency: listing.currency,
        }
    }
}

type Pair = (String, String);

#[derive(Default)]
struct Remembered {
    links: Mutex<HashMap<Pair, (Timestamp, Option<Link>)>>,
}

impl Remembered {
    fn links(&self) -> MutexGuard<'_, HashMap<Pair, (Timestamp, Option<Link>)>> {
        self.links.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// The listing of a product, if there is one.
///
/// # Errors
/// What the store says.
pub async fn product(kernel: &Kernel, merchant: &str, product: &str) -> Result<Option<Link>> {
    let pair = (merchant.to_owned(), product.to_owned());
    Ok(products(kernel, std::slice::from_ref(&pair)).await?.remove(&pair))
}

/// The listings of many products at once; those without one are left out.
///
/// # Errors
/// What the store says.
pub async fn products(kernel: &Kernel, pairs: &[Pair]) -> Result<HashMap<Pair, Link>> {
    let remembered = kernel.memory::<Remembered>();
    let now = kernel.now();
    let fresh = |at: Timestamp| at.plus_micros(REMEMBERED_MICROS) > now && at <= now;
    let mut found = HashMap::new();
    let mut asked = Vec::new();
    {
        let links = remembered.links();
        for pair in pairs {
            match links.get(pair) {
                Some((at, link)) if fresh(*at) => {
                    found.extend(link.clone().map(|link| (pair.clone(), link)));
                }
                _ => asked.push(pair.clone()),
            }
        }
    }
    if asked.is_empty() {
        return Ok(found);
    }
    asked.sort_unstable();
    asked.dedup();
    let mut there: HashMap<Pair, Link> = listings::named(kernel, &asked)
        .await?
        .into_iter()
        .map(|listing| ((listing.merchant_id.clone(), listing.external_id.clone()), Link::from(listing)))
        .collect();
    let mut links = remembered.links();
    if links.len() + asked.len() > REMEMBERED_MAX {
        links.clear();
    }
    for pair in asked {
        let link = there.remove(&pair);
        found.extend(link.clone().map(|link| (pair.clone(), link)));
        links.insert(pair, (now, link));
    }
    Ok(found)
}

/// The product (the shop's number) of a lot, as signals that name both say; `None` where none did.
///
/// # Errors
/// `signals_closed`.
pub fn lot(kernel: &Kernel, merchant: &str, lot: &str) -> Result<Option<String>> {
    Ok(works(kernel)?.lots.product(merchant, lot))
}

/// Forgets what was found: a listing changed. For loops.
pub fn forget(kernel: &Kernel) {
    kernel.memory::<Remembered>().links().clear();
}
