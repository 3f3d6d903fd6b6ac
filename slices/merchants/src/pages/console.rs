//! The console's decisions about papers and brands, and the documents themselves.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use web::{Failure, Form, Path, Signed, Site};

/// A person's word about a paper.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct PaperForm {
    version: i64,
    confirmed: bool,
    reason: String,
}

/// Confirms or refuses a paper.
pub(crate) async fn decide_paper(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Form(form): Form<PaperForm>,
) -> Result<Response, Failure> {
    let kernel = site.kernel();
    let found = crate::decide_qualification(kernel, &actor, &id, form.version, form.confirmed, &form.reason).await?;
    let back = format!("/console/merchants/{}#paper-{id}", found.merchant_id);
    Ok(web::redirect_with_flash(&back, "merchants-decided").into_response())
}

/// Confirms or refuses a brand authorisation.
pub(crate) async fn decide_brand(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Form(form): Form<PaperForm>,
) -> Result<Response, Failure> {
    let kernel = site.kernel();
    let found = crate::decide_brand(kernel, &actor, &id, form.version, form.confirmed, &form.reason).await?;
    let back = format!("/console/merchants/{}", found.merchant_id);
    Ok(web::redirect_with_flash(&back, "merchants-decided").into_response())
}

/// The document of a paper, shown in place. For its owner and for staff alone.
pub(crate) async fn document(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let (file, content) = crate::document(site.kernel(), &actor, &id).await?;
    Ok(web::inline(&file.media_type, content))
}

/// A letter of a chain, shown in place. For its owner and for staff alone.
pub(crate) async fn letter(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path((id, position)): Path<(String, usize)>,
) -> Result<Response, Failure> {
    let (file, content) = crate::letter(site.kernel(), &actor, &id, position).await?;
    Ok(web::inline(&file.media_type, content))
}
