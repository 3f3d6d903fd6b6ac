//! What was found about products, as far as features and draws count it.

use crate::parameters::Parameters;
use crate::store;
use ground::Timestamp;
use kernel::{Kernel, Result};
use std::collections::HashMap;

/// Checks whose share a category's own is drawn towards.
const CATEGORY_CHECKS: f64 = 10.0;

/// What was found about the goods of some merchants, and by category, before a moment.
#[derive(Debug, Clone, Default)]
pub struct Found {
    products: HashMap<(String, String), (u64, u64)>,
    merchants: HashMap<String, u64>,
    categories: HashMap<String, (u64, u64)>,
    all: (u64, u64),
}

impl Found {
    /// Findings about the product: wrong, in order.
    pub fn of_product(&self, merchant: &str, product: &str) -> (u64, u64) {
        self.products.get(&(merchant.to_owned(), product.to_owned())).copied().unwrap_or_default()
    }

    /// How often something was wrong with other goods of the merchant.
    pub fn of_others(&self, merchant: &str, product: &str) -> u64 {
        let all = self.merchants.get(merchant).copied().unwrap_or(0);
        all.saturating_sub(self.of_product(merchant, product).0)
    }

    /// Logarithm of the category's share of findings against all, drawn together by ten checks; `None` while nothing was
    /// checked at all.
    pub fn category_ratio(&self, category: &str) -> Option<f64> {
        let (wrong, checked) = (self.all.0 as f64, (self.all.0 + self.all.1) as f64);
        if category.is_empty() || checked == 0.0 {
            return None;
        }
        let usual = (wrong + 1.0) / (checked + 2.0);
        let (own_wrong, own_cleared) = self.categories.get(category).copied().unwrap_or_default();
        let own = (own_wrong as f64 + CATEGORY_CHECKS * usual) / ((own_wrong + own_cleared) as f64 + CATEGORY_CHECKS);
        Some((own / usual).ln())
    }
}

/// What was found within the policy's memory before `until`.
///
/// # Errors
/// What the store says.
pub async fn before(kernel: &Kernel, parameters: &Parameters, merchants: &[String], until: Timestamp) -> Result<Found> {
    let db = kernel.db().read();
    let from = until.plus_days(-parameters.memory_days);
    let mut found = Found::default();
    for (merchant, product, adverse, times) in store::marks::of_merchants(db, merchants, from, until).await? {
        let of_product = found.products.entry((merchant.clone(), product)).or_default();
        if adverse {
            of_product.0 += times;
            *found.merchants.entry(merchant).or_default() += times;
        } else {
            of_product.1 += times;
        }
    }
    for (category, adverse, times) in store::marks::of_categories(db, from, until).await? {
        let of_category = found.categories.entry(category).or_default();
        if adverse {
            of_category.0 += times;
            found.all.0 += times;
        } else {
            of_category.1 += times;
            found.all.1 += times;
        }
    }
    Ok(found)
}
