//! `/v1/merchants/{id}/qualifications`, `/v1/qualifications/…`, `/v1/merchants/{id}/brands`, `/v1/brands/…`.

use super::bodies::{BrandBody, QualificationBody};
use crate::model::{CHAIN_LINKS_MAX, DocumentFile};
use crate::{NewBrand, NewFile, NewLink, NewQualification};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use bytes::Bytes;
use ground::limits::UPLOAD_BYTES_MAX;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{Failure, Json, Path, Signed, Site, Upload, UploadLimits, Uploaded};

/// A paper and its document, as multipart fields.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub(crate) struct QualificationForm {
    /// Key of its kind.
    pub kind: String,
    pub number: String,
    pub holder: String,
    pub issuer: String,
    /// Repeated; none: every category that asks for the kind.
    pub categories: Vec<String>,
    /// `YYYY-MM-DD`
    pub valid_from: String,
    /// `YYYY-MM-DD`; empty: without an end.
    pub valid_until: String,
    /// The qualification it renews.
    pub renews: Option<String>,
    /// The document: PDF, JPEG, PNG or WebP.
    #[schema(format = Binary, value_type = String)]
    #[serde(skip)]
    pub file: (),
}

impl From<QualificationForm> for NewQualification {
    fn from(form: QualificationForm) -> Self {
        NewQualification {
            kind: form.kind,
            number: form.number,
            holder: form.holder,
            issuer: form.issuer,
            categories: form.categories,
            valid_from: form.valid_from,
            valid_until: form.valid_until,
            renews: form.renews,
        }
    }
}

/// What an upload of papers may hold.
pub(crate) fn limits() -> UploadLimits {
    UploadLimits {
        file_bytes_max: UPLOAD_BYTES_MAX,
        files_max: CHAIN_LINKS_MAX,
        field_bytes_max: 64 * 1024,
        fields_max: 120,
    }
}

/// The first file of a field, in memory.
pub(crate) async fn file_of(uploaded: &Uploaded, field: &str) -> kernel::Result<Option<NewFile>> {
    match uploaded.file(field) {
        None => Ok(None),
        Some(file) => Ok(Some(NewFile { name: file.name.clone(), content: file.read().await? })),
    }
}

/// The papers of a merchant.
#[utoipa::path(get, path = "/v1/merchants/{id}/qualifications", tag = "merchants", params(("id" = String, Path)), responses((status = 200, body = [QualificationBody])))]
pub(crate) async fn list(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<Json<Vec<QualificationBody>>, Failure> {
    let found = crate::qualifications(site.kernel(), &actor, &id).await?;
    Ok(Json(found.into_iter().map(|q| QualificationBody::of(q, &actor)).collect()))
}

/// Hands in a paper with its document.
#[utoipa::path(post, path = "/v1/merchants/{id}/qualifications", tag = "merchants", params(("id" = String, Path)),
    request_body(content = QualificationForm, content_type = "multipart/form-data"), responses((status = 201, body = QualificationBody)))]
pub(crate) async fn add(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    upload: Upload,
) -> Result<(StatusCode, Json<QualificationBody>), Failure> {
    let uploaded = upload.read(&limits()).await?;
    let form: QualificationForm = uploaded.form()?;
    let file = file_of(&uploaded, "file").await?;
    let found = crate::add_qualification(site.kernel(), &actor, &id, form.into(), file).await?;
    Ok((StatusCode::CREATED, Json(QualificationBody::of(found, &actor))))
}

/// A person's word about a paper.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PaperDecision {
    /// The version that was read.
    version: i64,
    /// `false` refuses it.
    confirmed: bool,
    /// Required for a refusal.
    #[serde(default)]
    reason: String,
}

/// The version that was read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PaperVersion {
    version: i64,
}

/// Confirms or refuses a paper.
#[utoipa::path(post, path = "/v1/qualifications/{id}/decision", tag = "merchants", params(("id" = String, Path)), request_body = PaperDecision, responses((status = 200, body = QualificationBody)))]
pub(crate) async fn decide(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Json(body): Json<PaperDecision>,
) -> Result<Json<QualificationBody>, Failure> {
    let kernel = site.kernel();
    let found = crate::decide_qualification(kernel, &actor, &id, body.version, body.confirmed, &body.reason).await?;
    Ok(Json(QualificationBody::of(found, &actor)))
}

/// Takes a paper back.
#[utoipa::path(post, path = "/v1/qualifications/{id}/withdraw", tag = "merchants", params(("id" = String, Path)), request_body = PaperVersion, responses((status = 200, body = QualificationBody)))]
pub(crate) async fn withdraw(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Json(body): Json<PaperVersion>,
) -> Result<Json<QualificationBody>, Failure> {
    let found = crate::withdraw_qualification(site.kernel(), &actor, &id, body.version).await?;
    Ok(Json(QualificationBody::of(found, &actor)))
}

/// The document of a paper.
#[utoipa::path(get, path = "/v1/qualifications/{id}/document", tag = "merchants", params(("id" = String, Path)),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream")))]
pub(crate) async fn document(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let found = crate::document(site.kernel(), &actor, &id).await?;
    Ok(sent(found))
}

/// A document to keep.
pub(crate) fn sent((file, content): (DocumentFile, Bytes)) -> Response {
    web::download(&file.name, &file.media_type, content)
}

/// A letter of a chain.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LetterInput {
    grantor: String,
    grantee: String,
    valid_from: String,
    valid_until: String,
}

/// A brand authorisation, as the multipart field `authorisation`.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct BrandInput {
    brand: String,
    trademark_number: String,
    trademark_owner: String,
    trademark_until: String,
    /// The letters from the owner to the merchant, in order.
    chain: Vec<LetterInput>,
}

/// A brand authorisation and its letters.
#[derive(Debug, ToSchema)]
#[allow(dead_code)] // describes the multipart body
pub(crate) struct BrandForm {
    /// JSON.
    authorisation: BrandInput,
    /// Repeated, in the order of the chain.
    #[schema(format = Binary, value_type = String)]
    letter: (),
}

/// The brand authorisations of a merchant.
#[utoipa::path(get, path = "/v1/merchants/{id}/brands", tag = "merchants", params(("id" = String, Path)), responses((status = 200, body = [BrandBody])))]
pub(crate) async fn brands(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<Json<Vec<BrandBody>>, Failure> {
    let found = crate::brands(site.kernel(), &actor, &id).await?;
    Ok(Json(found.into_iter().map(|brand| BrandBody::of(brand, &actor)).collect()))
}

/// Hands in a brand authorisation with its letters.
#[utoipa::path(post, path = "/v1/merchants/{id}/brands", tag = "merchants", params(("id" = String, Path)),
    request_body(content = BrandForm, content_type = "multipart/form-data"), responses((status = 201, body = BrandBody)))]
pub(crate) async fn add_brand(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    upload: Upload,
) -> Result<(StatusCode, Json<BrandBody>), Failure> {
    let uploaded = upload.read(&limits()).await?;
    let text = uploaded.field("authorisation").unwrap_or("{}");
    let input: BrandInput = serde_json::from_str(text).map_err(|error| {
        let place = ground::Place::at(error.line() as u64, error.column() as u64);
        let fault = ground::Fault::at(place, "web-json-syntax");
        ground::Problem::invalid(vec![fault]).because(error)
    })?;
    let mut letters = Vec::new();
    for file in uploaded.files.iter().filter(|file| file.field == "letter") {
        letters.push(NewFile { name: file.name.clone(), content: file.read().await? });
    }
    let mut letters = letters.into_iter();
    let link = |link: LetterInput| NewLink {
        grantor: link.grantor,
        grantee: link.grantee,
        valid_from: link.valid_from,
        valid_until: link.valid_until,
        file: letters.next(),
    };
    let new = NewBrand {
        brand: input.brand,
        trademark_number: input.trademark_number,
        trademark_owner: input.trademark_owner,
        trademark_until: input.trademark_until,
        chain: input.chain.into_iter().map(link).collect(),
    };
    let found = crate::add_brand(site.kernel(), &actor, &id, new).await?;
    Ok((StatusCode::CREATED, Json(BrandBody::of(found, &actor))))
}

/// Confirms or refuses a brand authorisation.
#[utoipa::path(post, path = "/v1/brands/{id}/decision", tag = "merchants", params(("id" = String, Path)), request_body = PaperDecision, responses((status = 200, body = BrandBody)))]
pub(crate) async fn decide_brand(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Json(body): Json<PaperDecision>,
) -> Result<Json<BrandBody>, Failure> {
    let kernel = site.kernel();
    let found = crate::decide_brand(kernel, &actor, &id, body.version, body.confirmed, &body.reason).await?;
    Ok(Json(BrandBody::of(found, &actor)))
}

/// Takes a brand authorisation back.
#[utoipa::path(post, path = "/v1/brands/{id}/withdraw", tag = "merchants", params(("id" = String, Path)), request_body = PaperVersion, responses((status = 200, body = BrandBody)))]
pub(crate) async fn withdraw_brand(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Json(body): Json<PaperVersion>,
) -> Result<Json<BrandBody>, Failure> {
    let found = crate::withdraw_brand(site.kernel(), &actor, &id, body.version).await?;
    Ok(Json(BrandBody::of(found, &actor)))
}

/// A letter of a chain; positions from 0.
#[utoipa::path(get, path = "/v1/brands/{id}/letters/{position}", tag = "merchants", params(("id" = String, Path), ("position" = usize, Path)),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream")))]
pub(crate) async fn letter(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path((id, position)): Path<(String, usize)>,
) -> Result<Response, Failure> {
    let found = crate::letter(site.kernel(), &actor, &id, position).await?;
    Ok(sent(found))
}
