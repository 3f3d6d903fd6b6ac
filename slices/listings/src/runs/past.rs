//! The screenings of a listing, newest first.

use crate::model::Run;
use crate::store;
use ground::Problem;
use kernel::{Actor, Kernel, Result};

/// Screenings shown of a listing.
const PAST_MAX: u64 = 50;
/// Versions of a listing looked at, the newest.
const VERSIONS_MAX: u64 = 50;

/// The newest screenings of the newest 50 versions of a listing, at most 50.
///
/// # Errors
/// `not_found` also for another merchant's, `forbidden`.
pub async fn past(kernel: &Kernel, actor: &Actor, listing_id: &str) -> Result<Vec<Run>> {
    let db = kernel.db().read();
    let listing = store::listings::get(db, listing_id).await?.ok_or_else(Problem::not_found)?;
    crate::versions::may_read(actor, &listing.merchant_id)?;
    let versions = store::versions::of_listing(db, listing_id, VERSIONS_MAX).await?;
    let ids: Vec<String> = versions.into_iter().map(|version| version.id).collect();
    store::runs::of_versions(db, &ids, PAST_MAX).await
}
