//! What this duty needs of the listings: the one place where the two meet.
//!
//! [`Shelf`] is the door. [`Live`] is the product's own; the tests of this crate bring another, so that the queue can be tried
//! without the machine that fills it.

use crate::model::{Changed, ComparablePrice, DocumentFacts, Evidence, ImageFacts, MerchantFacts, Verdict};
use ground::problem::NOT_FOUND;
use kernel::{Actor, Kernel, Result, Write};
use listings::VersionState;

/// Most comparable prices shown.
const COMPARABLE_MAX: usize = 60;

/// A decision on its way to a listing.
#[derive(Debug, Clone)]
pub(crate) struct Ruling<'a> {
    /// The version decided about.
    pub version_id: &'a str,
    /// The state it must be in.
    pub expected: VersionState,
    /// What.
    pub verdict: Verdict,
    /// Rule ids and reason ids.
    pub reasons: &'a [String],
    /// Note to the merchant.
    pub note: &'a str,
}

/// A version as it stands.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    /// Everything a reviewer needs.
    pub evidence: Evidence,
    /// Its state.
    pub state: VersionState,
}

/// What the queue asks of the listings.
#[async_trait::async_trait]
pub(crate) trait Shelf: Send + Sync {
    /// A version as it stands; `None` when there is none.
    async fn version(&self, kernel: &Kernel, version_id: &str) -> Result<Option<Shown>>;

    /// Tells the listing a person's decision, inside the transaction that records it.
    ///
    /// # Errors
    /// `listing_stale` when the version is in another state than expected.
    async fn decide_in(&self, kernel: &Kernel, write: &mut Write, ruling: &Ruling<'_>) -> Result<()>;
}

/// The product's own listings.
pub(crate) struct Live;

#[async_trait::async_trait]
impl Shelf for Live {
    async fn version(&self, kernel: &Kernel, version_id: &str) -> Result<Option<Shown>> {
        match listings::version(kernel, &Actor::system("review"), version_id).await {
            Ok(found) => Ok(Some(Shown { state: found.version.state, evidence: evidence_of(found) })),
            Err(problem) if problem.code == &NOT_FOUND => Ok(None),
            Err(problem) => Err(problem),
        }
    }

    async fn decide_in(&self, kernel: &Kernel, write: &mut Write, ruling: &Ruling<'_>) -> Result<()> {
        let outcome = match ruling.verdict {
            Verdict::Approve => listings::Outcome::Approve,
            Verdict::Reject => listings::Outcome::Reject,
        };
        let verdict = listings::Verdict {
            outcome,
            reasons: ruling.reasons.to_vec(),
            note: ruling.note.to_owned(),
            ban_goods: false,
        };
        listings::decide_review_in(kernel, write, ruling.version_id, ruling.expected, &verdict).await.map(|_| ())
    }
}

fn evidence_of(found: listings::Evidence) -> Evidence {
    let content = found.version.content;
    let batch = content.batch;
    let mut attributes: Vec<(String, String)> = content.attributes.into_iter().collect();
    let stated =
        [("lot", batch.lot), ("produced", batch.produced), ("expires", batch.expires), ("origin", batch.origin)];
    attributes.extend(
        stated.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name.to_owned(), value)),
    );
    let (pack_version, findings) = found.run.map(|run| (run.pack_version, run.findings)).unwrap_or_default();
    let image = |image: listings::Image| ImageFacts { sha256: image.sha256, width: image.width, height: image.height };
    let document = |document: listings::Document| DocumentFacts {
        kind: document.kind,
        number: document.number,
        holder: document.holder,
        product: document.product,
        issuer: document.issuer,
        until: document.until,
        sha256: document.sha256,
    };
    let price = |other: listings::Comparable| ComparablePrice { title: other.title, price_minor: other.price_minor };
    let change = |change: listings::Change| Changed { field: change.field, before: change.before, after: change.after };
    Evidence {
        version_id: found.version.id,
        listing_id: found.listing.id,
        external_id: found.listing.external_id,
        number: found.version.number,
        market: found.version.market,
        pack_version,
        merchant: MerchantFacts {
            id: found.version.merchant_id,
            name: found.merchant.name,
            ..MerchantFacts::default()
        },
        title: content.title,
        description: content.description,
        category: content.category,
        brand: content.brand,
        gtin: content.gtin,
        currency: content.currency,
        price_minor: content.price_minor,
        list_price_minor: content.list_price_minor,
        attributes,
        images: content.images.into_iter().map(image).collect(),
        documents: content.documents.into_iter().map(document).collect(),
        findings,
        comparable: found.comparable.into_iter().take(COMPARABLE_MAX).map(price).collect(),
        similar: Vec::new(),
        changes: found.changes.into_iter().map(change).collect(),
        on_sale_number: found.previous.map(|older| older.number),
    }
}
