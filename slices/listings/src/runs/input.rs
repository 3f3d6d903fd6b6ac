//! A version as the engine wants it, and the market it is compared with.

use crate::content::Content;
use crate::model::Version;
use crate::standing::Standing;
use crate::store;
use crate::store::pictures::PictureRow;
use kernel::{Kernel, Result};
use screening::images::ImageState;
use screening::price::{Comparable, DayPrice, Distribution, PriceStatistics};
use screening::{DocumentInput, ImageInput, Input, MerchantInput, names, numbers};
use std::collections::HashMap;
use std::sync::Arc;

/// Listings a price is compared with at most, by GTIN, by brand and by category.
const COMPARABLES_MAX: u64 = 300;
/// Days of own price history looked at.
const HISTORY_DAYS: i64 = 90;

/// The engine's input for a version. Pictures come without bytes: what was read in them is put in afterwards.
pub(crate) fn of(version: &Version, standing: &Standing) -> Input {
    of_content(&version.listing_id, &version.market, &version.merchant_id, &version.content, standing)
}

pub(crate) fn of_content(id: &str, market: &str, merchant_id: &str, content: &Content, standing: &Standing) -> Input {
    let own = content.documents.iter().map(|document| DocumentInput {
        kind: document.kind.clone(),
        number: document.number.clone(),
        holder: document.holder.clone(),
        product: document.product.clone(),
        brand: document.brand.clone(),
        lot: document.lot.clone(),
        standard: document.standard.clone(),
        scope: document.scope.clone(),
        issuer: document.issuer.clone(),
        accreditation: document.accreditation.clone(),
        issued: document.issued.clone(),
        from: document.from.clone(),
        until: document.until.clone(),
        sha256: document.sha256.clone(),
        path: String::new(),
    });
    let mut attributes = content.attributes.clone();
    if !content.batch.lot.is_empty() {
        attributes.entry("lot".to_owned()).or_insert_with(|| content.batch.lot.clone());
    }
    Input {
        id: id.to_owned(),
        market: market.to_owned(),
        title: content.title.clone(),
        description: content.description.clone(),
        category: content.category.clone(),
        brand: content.brand.clone(),
        gtin: content.gtin.clone(),
        price_minor: content.price_minor,
        list_price_minor: content.list_price_minor,
        currency: content.currency.clone(),
        attributes,
        images: content
            .images
            .iter()
            .map(|image| ImageInput { path: String::new(), sha256: image.sha256.clone(), bytes: None })
            .collect(),
        documents: own.chain(standing.papers.iter().cloned()).collect(),
        merchant: Some(MerchantInput {
            id: merchant_id.to_owned(),
            name: standing.name.clone(),
            uscc: standing.uscc.clone(),
        }),
        notes: Vec::new(),
    }
}

/// What was read in the pictures of several contents, by content hash.
pub(crate) async fn pictures(kernel: &Kernel, contents: &[&Content]) -> Result<HashMap<String, ImageState>> {
    let mut hashes: Vec<String> =
        contents.iter().flat_map(|content| &content.images).map(|image| image.sha256.clone()).collect();
    hashes.sort_unstable();
    hashes.dedup();
    let rows: Vec<PictureRow> = store::pictures::get_all(kernel.db().read(), &hashes).await?;
    Ok(rows.into_iter().map(|row| (row.sha256, row.state)).collect())
}

/// Puts what was read in the pictures into facts that were made without their bytes.
pub(crate) fn fill_pictures(facts: &mut screening::Facts, content: &Content, pictures: &HashMap<String, ImageState>) {
    for fact in &mut facts.images {
        let state = content.images.get(fact.index).and_then(|image| pictures.get(&image.sha256));
        if let Some(state) = state {
            fact.state = state.clone();
        }
    }
}

/// Comparable prices, asked for once a key and turn.
#[derive(Default)]
pub(crate) struct Market {
    rows: HashMap<String, Arc<Vec<Comparison>>>,
}

#[derive(Debug, Clone)]
struct Comparison {
    listing: String,
    price_minor: i64,
    title: String,
}

impl Market {
    async fn rows(
        &mut self,
        kernel: &Kernel,
        market: &str,
        category: &str,
        brand: &str,
        gtin: &str,
        currency: &str,
    ) -> Result<Arc<Vec<Comparison>>> {
        let key = [market, category, brand, gtin, currency].join("\u{1f}");
        if let Some(rows) = self.rows.get(&key) {
            return Ok(Arc::clone(rows));
        }
        let db = kernel.db().read();
        let found = store::listings::comparable(db, market, category, brand, gtin, currency, COMPARABLES_MAX).await?;
        let rows = found
            .into_iter()
            .filter_map(|row| Some(Comparison { listing: row.id, price_minor: row.price_minor?, title: row.title }));
        let rows = Arc::new(rows.collect::<Vec<_>>());
        self.rows.insert(key, Arc::clone(&rows));
        Ok(rows)
    }

    /// The statistics one listing is held against. Its own price is left out.
    pub async fn statistics(
        &mut self,
        kernel: &Kernel,
        listing_id: &str,
        market: &str,
        content: &Content,
    ) -> Result<PriceStatistics> {
        let mut statistics = PriceStatistics { currency: content.currency.clone(), ..PriceStatistics::default() };
        if content.price_minor.is_none() && content.list_price_minor.is_none() {
            return Ok(statistics);
        }
        let others = |rows: &[Comparison]| -> Vec<Comparable> {
            let other = rows.iter().filter(|row| row.listing != listing_id);
            other.map(|row| Comparable { listing: row.listing.clone(), price_minor: row.price_minor }).collect()
        };
        let currency = content.currency.as_str();
        if let Some(gtin) = numbers::gtin14(&content.gtin) {
            let rows = self.rows(kernel, market, "", "", &gtin, currency).await?;
            statistics.by_gtin.extend(Distribution::from_listings(&others(&rows)).map(|found| (gtin, found)));
        }
        if !content.brand.is_empty() {
            let rows = self.rows(kernel, market, &content.category, &content.brand, "", currency).await?;
            let key = (names::key(&content.brand), content.category.clone());
            statistics.by_brand.extend(Distribution::from_listings(&others(&rows)).map(|found| (key, found)));
        }
        let rows = self.rows(kernel, market, &content.category, "", "", currency).await?;
        let found = Distribution::from_listings(&others(&rows));
        statistics.by_category.extend(found.map(|found| (content.category.clone(), found)));
        if let Some(own) = screening::price::quantity(&content.title) {
            let per_unit = rows.iter().filter(|row| row.listing != listing_id).filter_map(|row| {
                let quantity = screening::price::quantity(&row.title).filter(|quantity| quantity.unit == own.unit)?;
                Some(row.price_minor as f64 / quantity.amount)
            });
            let found = Distribution::from_values(per_unit.collect::<Vec<_>>());
            statistics.by_unit.extend(found.map(|found| ((content.category.clone(), own.unit), found)));
        }
        let since = kernel.now().plus_days(-HISTORY_DAYS).date_in(kernel.zone()).to_string();
        let days =
            store::listings::prices_since(kernel.db().read(), listing_id, &since, HISTORY_DAYS as u64 + 2).await?;
        let history =
            days.into_iter().filter_map(|(day, price_minor)| Some(DayPrice { date: day.parse().ok()?, price_minor }));
        statistics.history.insert(listing_id.to_owned(), history.collect());
        Ok(statistics)
    }
}
