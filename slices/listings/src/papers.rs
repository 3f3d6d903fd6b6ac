//! Documents of listings: files kept by content, shown to the owner and to staff alone.

use crate::{store, versions};
use blobs::Kind;
use bytes::Bytes;
use ground::Problem;
use ground::limits::UPLOAD_BYTES_MAX;
use kernel::{Actor, Kernel, Permission, Result};

/// Keeps the file of a document: PDF or a picture, told by its content. Gives its hash for `Document::sha256`.
///
/// # Errors
/// `file_too_large`, `file_kind`, `file_refused`, `forbidden`.
pub async fn keep(kernel: &Kernel, actor: &Actor, bytes: Bytes) -> Result<String> {
    if !actor.may(Permission::OwnListings) && !actor.may(Permission::ListingsImport) {
        return Err(Problem::forbidden());
    }
    let blob = kernel.blobs().put(bytes, &Kind::DOCUMENTS, UPLOAD_BYTES_MAX).await?;
    if let Ok(merchant) = actor.own_organisation() {
        let tx = kernel.db().write_tx().await?;
        store::files::put(&tx, &blob.sha256, merchant, kernel.now()).await?;
        tx.commit().await.map_err(db::Error::from)?;
    }
    Ok(blob.sha256)
}

/// The file of a version's document with its media type; positions count from 0.
///
/// # Errors
/// `not_found` also for another merchant's and where no file was handed in, `forbidden`.
pub async fn open(kernel: &Kernel, actor: &Actor, version_id: &str, position: usize) -> Result<(Bytes, String)> {
    let version = store::versions::get(kernel.db().read(), version_id).await?.ok_or_else(Problem::not_found)?;
    versions::may_read(actor, &version.merchant_id)?;
    let document = version.content.documents.get(position).filter(|document| !document.sha256.is_empty());
    let document = document.ok_or_else(Problem::not_found)?;
    // Hashes of evidence stand in the public ledger: whoever writes one down does not have the file by that.
    let handed_in = store::files::handed_in(kernel.db().read(), &document.sha256, &version.merchant_id);
    if !actor.may(Permission::ListingsRead) && !handed_in.await? {
        return Err(Problem::not_found());
    }
    let bytes = kernel.blobs().get(&document.sha256).await?;
    let kind = Kind::of(&bytes).map_or("application/octet-stream", Kind::media_type);
    Ok((bytes, kind.to_owned()))
}
