//! The pictures and documents a decision rests on, for whoever may see the item.

use crate::listing_view::Live;
use crate::queue::sight;
use crate::{decide, store};
use blobs::Kind;
use bytes::Bytes;
use ground::Problem;
use kernel::{Actor, Kernel, Permission, Result};

/// A file of an item's evidence: bytes and media type.
///
/// # Errors
/// `forbidden`, `not_found` for what is not part of the evidence.
pub async fn file(kernel: &Kernel, actor: &Actor, item_id: &str, sha256: &str) -> Result<(Bytes, &'static str)> {
    actor.require(Permission::ReviewRead)?;
    let sight = sight(kernel, actor).await?;
    let item = store::items::get_seen(kernel.db().read(), &sight, item_id).await?.ok_or_else(Problem::not_found)?;
    let (evidence, _) = decide::evidence_for(&Live, kernel, &item).await?;
    let evidence = evidence.ok_or_else(Problem::not_found)?;
    let shown = evidence.images.iter().any(|image| image.sha256 == sha256)
        || evidence.documents.iter().any(|document| document.sha256 == sha256);
    if !shown {
        return Err(Problem::not_found());
    }
    let content = kernel.blobs().get(sha256).await?;
    let media_type = Kind::of(&content).map_or("application/octet-stream", Kind::media_type);
    Ok((content, media_type))
}
