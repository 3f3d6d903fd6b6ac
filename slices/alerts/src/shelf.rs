//! In which category and market a product is sold, for a million products: small, kept in memory, asked in bulk.

use kernel::{Kernel, Result};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex};

/// Products asked for at once.
const CHUNK: usize = 1_000;
/// Products learnt in one go; more wait for the next sweep.
pub(crate) const LEARN_MAX: usize = 2_000_000;

/// Where a product is sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Placed {
    /// Place in [`Shelf::categories`]; 0 is "not known".
    pub category: u16,
    /// Place in [`Shelf::markets`]; 0 is "not known".
    pub market: u16,
}

/// What is known of products.
#[derive(Debug, Clone)]
pub(crate) struct Shelf {
    known: HashMap<u64, Placed>,
    /// Categories; the first is the empty one.
    pub categories: Vec<String>,
    /// Markets; the first is the empty one.
    pub markets: Vec<String>,
}

impl Default for Shelf {
    fn default() -> Self {
        Shelf { known: HashMap::new(), categories: vec![String::new()], markets: vec![String::new()] }
    }
}

/// The shelf of this process.
#[derive(Default)]
pub(crate) struct Kept(Mutex<Arc<Shelf>>);

fn place_in(names: &mut Vec<String>, name: &str) -> u16 {
    let place = names.iter().position(|known| known == name).unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len() - 1
    });
    u16::try_from(place).unwrap_or(0)
}

fn hash_of(key: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}

impl Shelf {
    /// Where a product is sold; nothing known of it is the default.
    pub fn of(&self, key: &str) -> Placed {
        self.known.get(&hash_of(key)).copied().unwrap_or_default()
    }

    /// Whether its place was asked for.
    pub fn has(&self, key: &str) -> bool {
        self.known.contains_key(&hash_of(key))
    }

    /// Notes where a product is sold.
    pub fn put(&mut self, key: &str, category: &str, market: &str) {
        let placed =
            Placed { category: place_in(&mut self.categories, category), market: place_in(&mut self.markets, market) };
        self.known.insert(hash_of(key), placed);
    }

    /// The category's id.
    pub fn category(&self, placed: Placed) -> &str {
        self.categories.get(usize::from(placed.category)).map_or("", String::as_str)
    }

    /// The market.
    pub fn market(&self, placed: Placed) -> &str {
        self.markets.get(usize::from(placed.market)).map_or("", String::as_str)
    }
}

/// The shelf as it is known.
pub(crate) fn kept(kernel: &Kernel) -> Arc<Shelf> {
    Arc::clone(&kernel.memory::<Kept>().0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()))
}

/// Learns where these products (`merchant/product`) are sold. Those without a listing are asked for again the next time.
pub(crate) async fn learn(kernel: &Kernel, keys: Vec<String>) -> Result<Arc<Shelf>> {
    let mut shelf = kept(kernel).as_ref().clone();
    for chunk in keys.chunks(CHUNK) {
        let pairs: Vec<(String, String)> = chunk
            .iter()
            .filter_map(|key| key.split_once('/'))
            .map(|(merchant, product)| (merchant.to_owned(), product.to_owned()))
            .collect();
        for ((merchant, product), link) in signals::links::products(kernel, &pairs).await? {
            shelf.put(&format!("{merchant}/{product}"), &link.category, &link.market);
        }
    }
    let shelf = Arc::new(shelf);
    *kernel.memory::<Kept>().0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Arc::clone(&shelf);
    Ok(shelf)
}
