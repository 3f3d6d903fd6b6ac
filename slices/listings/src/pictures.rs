//! Pictures: kept once by content, read once under limits, and what was read remembered.

use crate::content::Image;
use crate::store;
use crate::store::pictures::PictureRow;
use blobs::Kind;
use bytes::Bytes;
use ground::limits::UPLOAD_BYTES_MAX;
use ground::{Fault, Problem};
use kernel::{Actor, Kernel, Permission, Result};
use screening::images::ImageState;

/// Keeps a picture: checked by content (never by name), decoded under limits, hashed. What cannot be decoded (bombs,
/// polyglots, damaged files) is refused with the reason; nothing of it is kept in the listing.
///
/// # Errors
/// `file_too_large`, `file_kind`, `file_refused`, `invalid_input` naming `images`, `forbidden`.
pub async fn keep(kernel: &Kernel, actor: &Actor, bytes: Bytes, file_name: &str) -> Result<Image> {
    if !actor.may(Permission::OwnListings) && !actor.may(Permission::ListingsImport) {
        return Err(Problem::forbidden());
    }
    let name = file_name.to_owned();
    let read = bytes.clone();
    let state =
        tokio::task::spawn_blocking(move || screening::images::read(&read, &name)).await.map_err(Problem::internal)?;
    if let ImageState::Refused { code, text } = &state {
        let why = match actor.language {
            ground::Language::Zh => &text.zh,
            ground::Language::En => &text.en,
        };
        let fault =
            Fault::field("images", "listings-fault-picture").arg("file", file_name).arg("why", why).arg("code", code);
        return Err(Problem::invalid(vec![fault]));
    }
    let blob = kernel.blobs().put(bytes, &Kind::PICTURES, UPLOAD_BYTES_MAX).await?;
    let row = PictureRow {
        sha256: blob.sha256.clone(),
        media_type: blob.kind.media_type().to_owned(),
        bytes: blob.bytes,
        state: state.clone(),
    };
    let tx = kernel.db().write_tx().await?;
    store::pictures::put(&tx, &row, kernel.now()).await?;
    if let Ok(merchant) = actor.own_organisation() {
        store::files::put(&tx, &blob.sha256, merchant, kernel.now()).await?;
    }
    tx.commit().await.map_err(db::Error::from)?;
    Ok(image_of(&blob.sha256, &state))
}

fn image_of(sha256: &str, state: &ImageState) -> Image {
    match state {
        ImageState::Decoded { width, height, quality, hashes, .. } => Image {
            sha256: sha256.to_owned(),
            hash: hashes.first().cloned().unwrap_or_default(),
            quality: *quality,
            width: *width,
            height: *height,
        },
        ImageState::NotLoaded | ImageState::Refused { .. } => Image { sha256: sha256.to_owned(), ..Image::default() },
    }
}

/// The pictures of these content hashes for a merchant's listing, in the order asked for. Hashes of evidence stand in the
/// public ledger: whoever writes one down does not have the picture by that, only whoever handed it in or shows it
/// already. A picture that staff kept for an import and nobody shows yet is free. `None`: staff asks and may see all.
///
/// # Errors
/// `invalid_input` naming the hash that is not known to this merchant: it must be uploaded first.
pub async fn resolve(kernel: &Kernel, merchant_id: Option<&str>, hashes: &[String]) -> Result<Vec<Image>> {
    let found = store::pictures::get_all(kernel.db().read(), hashes).await?;
    let mut images = Vec::with_capacity(hashes.len());
    for (index, sha256) in hashes.iter().enumerate() {
        let row = found.iter().find(|row| row.sha256 == *sha256);
        let unknown = || Problem::invalid_field(format!("images[{index}]"), "listings-fault-image-unknown");
        let row = row.ok_or_else(unknown)?;
        if let Some(merchant_id) = merchant_id
            && !is_of(kernel, merchant_id, sha256).await?
        {
            return Err(unknown());
        }
        images.push(image_of(sha256, &row.state));
    }
    Ok(images)
}

/// A picture's bytes and media type, for whoever may see a listing that shows it.
///
/// # Errors
/// `not_found` also for other merchants' pictures.
pub async fn open(kernel: &Kernel, actor: &Actor, sha256: &str) -> Result<(Bytes, String)> {
    let rows = store::pictures::get_all(kernel.db().read(), &[sha256.to_owned()]).await?;
    let row = rows.into_iter().next().ok_or_else(Problem::not_found)?;
    if !actor.may(Permission::ListingsRead) {
        actor.require(Permission::OwnListings)?;
        let merchant = actor.own_organisation()?;
        if !is_of(kernel, merchant, sha256).await? {
            return Err(Problem::not_found());
        }
    }
    let bytes = kernel.blobs().get(sha256).await?;
    Ok((bytes, row.media_type))
}

async fn is_of(kernel: &Kernel, merchant_id: &str, sha256: &str) -> Result<bool> {
    let db = kernel.db().read();
    if store::files::handed_in(db, sha256, merchant_id).await?
        || store::pictures::shown_by(db, sha256, merchant_id).await?
    {
        return Ok(true);
    }
    Ok(!store::files::is_anybodys(db, sha256).await? && store::pictures::uses_of(db, sha256).await?.is_empty())
}
