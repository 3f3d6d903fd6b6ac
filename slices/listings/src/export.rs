//! Listings to take away: page by page, whole, in the product's own form, so that what goes out can come in again.

use crate::model::{Filter, Listing, Version, decision_name};
use crate::{store, versions};
use kernel::{Actor, Kernel, Permission, Result};
use serde_json::{Value, json};

/// Most listings of one page.
pub const PAGE_LISTINGS_MAX: u64 = 500;

/// A listing with the words of its latest version.
#[derive(Debug, Clone)]
pub struct Exported {
    /// The listing.
    pub listing: Listing,
    /// Its latest version.
    pub version: Version,
}

/// The next listings after an id (empty: from the beginning), in the order of their ids. A merchant's own people get
/// theirs alone.
///
/// # Errors
/// `forbidden`.
pub async fn page(kernel: &Kernel, actor: &Actor, filter: &Filter, after: &str, most: u64) -> Result<Vec<Exported>> {
    let mut filter = filter.clone();
    if !actor.may(Permission::ListingsRead) {
        actor.require(Permission::OwnListings)?;
        filter.merchant_id = Some(actor.own_organisation()?.to_owned());
    }
    let db = kernel.db().read();
    let listings = store::listings::after(db, &filter, after, most.clamp(1, PAGE_LISTINGS_MAX)).await?;
    for merchant in listings.iter().map(|listing| &listing.merchant_id) {
        versions::may_read(actor, merchant)?;
    }
    let ids: Vec<String> = listings.iter().map(|listing| listing.latest_version_id.clone()).collect();
    let mut by_id: std::collections::HashMap<String, Version> =
        store::versions::get_all(db, &ids).await?.into_iter().map(|version| (version.id.clone(), version)).collect();
    Ok(listings
        .into_iter()
        .filter_map(|listing| by_id.remove(&listing.latest_version_id).map(|version| Exported { listing, version }))
        .collect())
}

/// Columns of the CSV form.
pub const COLUMNS: [&str; 17] = [
    "id",
    "listing_id",
    "merchant_id",
    "market",
    "state",
    "decision",
    "findings",
    "title",
    "description",
    "category",
    "brand",
    "gtin",
    "price_minor",
    "list_price_minor",
    "currency",
    "attributes",
    "updated_at",
];

impl Exported {
    /// One JSON object: the content as `touchstone screen` and imports read it (`id` is the shop's number), with where the
    /// listing stands.
    pub fn to_json(&self) -> Value {
        let (listing, content) = (&self.listing, &self.version.content);
        let images: Vec<&str> = content.images.iter().map(|image| image.sha256.as_str()).collect();
        json!({
            "id": listing.external_id,
            "listing_id": listing.id,
            "merchant_id": listing.merchant_id,
            "market": listing.market,
            "state": listing.state.name(),
            "version": listing.latest_number,
            "decision": listing.decision.map(decision_name),
            "findings": listing.findings,
            "title": content.title,
            "description": content.description,
            "category": content.category,
            "brand": content.brand,
            "gtin": content.gtin,
            "price_minor": content.price_minor,
            "list_price_minor": content.list_price_minor,
            "currency": content.currency,
            "attributes": content.attributes,
            "images": images,
            "documents": content.documents,
            "updated_at": listing.updated_at.to_rfc3339(),
        })
    }

    /// The cells of [`COLUMNS`]. Whoever writes them to a file for spreadsheets defuses them (`web::csv::defused`).
    pub fn cells(&self) -> Vec<String> {
        let (listing, content) = (&self.listing, &self.version.content);
        let number = |value: Option<i64>| value.map(|minor| minor.to_string()).unwrap_or_default();
        let attributes: Vec<String> =
            content.attributes.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        vec![
            listing.external_id.clone(),
            listing.id.clone(),
            listing.merchant_id.clone(),
            listing.market.clone(),
            listing.state.name().to_owned(),
            listing.decision.map(decision_name).unwrap_or_default().to_owned(),
            listing.findings.to_string(),
            content.title.clone(),
            content.description.clone(),
            content.category.clone(),
            content.brand.clone(),
            content.gtin.clone(),
            number(content.price_minor),
            number(content.list_price_minor),
            content.currency.clone(),
            attributes.join("; "),
            listing.updated_at.to_rfc3339(),
        ]
    }
}
