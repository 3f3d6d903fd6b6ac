//! Files: DID documents, and the PDF of a report.

use crate::home::Home;
use crate::{publish, read};
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use web::{Failure, Path, Signed, Site};

/// How long others may keep what is published here, seconds: a revocation is seen by everybody after so long at most.
const KEPT_SECONDS: u32 = 300;

/// A published text, readable from every page on the web.
pub(crate) fn published(kind: &'static str, text: String, name: Option<&str>) -> Response {
    let mut response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    if let Ok(value) = HeaderValue::from_str(&format!("public, max-age={KEPT_SECONDS}")) {
        headers.insert(header::CACHE_CONTROL, value);
    }
    let disposition = name.and_then(|name| HeaderValue::from_str(&format!("inline; filename=\"{name}\"")).ok());
    if let Some(disposition) = disposition {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}

/// The operator's DID document.
pub(crate) async fn operator(State(site): State<Site>) -> Result<Response, Failure> {
    let document = publish::operator_document(&Home::of(&site))?;
    Ok(published("application/did+json", document.to_string(), None))
}

/// A laboratory's DID document.
pub(crate) async fn laboratory(State(site): State<Site>, Path(id): Path<String>) -> Result<Response, Failure> {
    let document = publish::laboratory_document(site.kernel(), &id).await?;
    Ok(published("application/did+json", document.to_string(), None))
}

/// The PDF of a report, shown in place.
pub(crate) async fn pdf(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let content = read::document(site.kernel(), &actor, &id).await?;
    Ok(web::inline("application/pdf", content))
}
