//! The files the browser needs, out of the binary. Their address carries the hash of their content: they never change.

use crate::access::Access;
use crate::extract::Path;
use crate::failure::Failure;
use crate::routes::Routes;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use ground::Problem;

pub(crate) fn routes() -> Routes {
    Routes::new().page(Access::Public, "/assets/{*path}", get(serve)).page(Access::Public, "/favicon.ico", get(icon))
}

async fn serve(Path(path): Path<String>, headers: HeaderMap) -> Result<Response, Failure> {
    let asset = ui::assets::get(&path).ok_or_else(Problem::not_found)?;
    let kept = [(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"))];
    let etag = HeaderValue::from_str(&asset.etag).unwrap_or_else(|_| HeaderValue::from_static("\"\""));
    if headers.get(header::IF_NONE_MATCH).is_some_and(|value| value == etag) {
        return Ok((StatusCode::NOT_MODIFIED, kept, [(header::ETAG, etag)]).into_response());
    }
    let kind = [(header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type)), (header::ETAG, etag)];
    Ok((kept, kind, asset.bytes).into_response())
}

async fn icon() -> impl IntoResponse {
    crate::redirect(ui::assets::href("icon.svg"))
}
