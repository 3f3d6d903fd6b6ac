//! Pictures and documents of listings, shown in place: to the owner and to staff alone.

use axum::extract::State;
use axum::response::Response;
use web::{Failure, Path, Signed, Site};

/// A picture.
pub(crate) async fn picture(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(sha256): Path<String>,
) -> Result<Response, Failure> {
    let (bytes, media_type) = crate::open_picture(site.kernel(), &actor, &sha256).await?;
    Ok(web::inline(&media_type, bytes))
}

/// A document of a version.
pub(crate) async fn document(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path((version_id, position)): Path<(String, usize)>,
) -> Result<Response, Failure> {
    let (bytes, media_type) = crate::open_document(site.kernel(), &actor, &version_id, position).await?;
    Ok(web::inline(&media_type, bytes))
}
