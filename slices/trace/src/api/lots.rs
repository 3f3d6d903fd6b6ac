//! `/v1/lots`: lots, their state, documents and units.

use super::bodies::{DocumentBody, LotBody};
use crate::model::LotState;
use crate::{Error, LotChange, LotFilter, NewDocument, NewLot, Units};
use axum::extract::State;
use axum::http::StatusCode;
use ground::limits::UPLOAD_BYTES_MAX;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::{Failure, Json, PageBody, PagingQuery, Path, Query, Signed, Site, Upload, UploadLimits, Uploaded};

/// Which lots.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(crate) struct LotQuery {
    /// A state.
    pub state: Option<String>,
    /// Of this merchant.
    pub merchant_id: Option<String>,
    /// A trade item number.
    pub gtin: Option<String>,
    /// A GTIN, or the beginning of a lot number.
    pub q: Option<String>,
    /// Whose last day of use is on or before this day.
    pub expiring_by: Option<String>,
}

impl LotQuery {
    pub(crate) fn filter(self) -> Result<LotFilter, Error> {
        let state = match self.state.as_deref() {
            None => None,
            Some(name) => Some(LotState::from_name(name).ok_or(Error::field("state", "trace-fault-choice"))?),
        };
        let short = |text: String| text.chars().take(100).collect::<String>();
        Ok(LotFilter {
            merchant_id: self.merchant_id.map(short),
            state,
            gtin: self.gtin.map(|text| format!("{:0>14}", short(text))),
            search: self.q.map(short),
            expiring_by: self.expiring_by.map(short),
        })
    }
}

/// The lots: all, or the caller's own.
#[utoipa::path(get, path = "/v1/lots", tag = "trace", params(LotQuery), responses((status = 200, body = PageBody<LotBody>)))]
pub(crate) async fn list(
    State(site): State<Site>,
    Signed(actor): Signed,
    Query(query): Query<LotQuery>,
    PagingQuery(paging): PagingQuery,
) -> Result<Json<PageBody<LotBody>>, Failure> {
    let page = crate::lots(site.kernel(), &actor, &query.filter()?, &paging).await?;
    Ok(Json(PageBody::of(page, LotBody::from)))
}

/// A lot to be entered.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = NewLot)]
pub(crate) struct NewLotBody {
    /// The caller's own organisation when left out.
    merchant_id: String,
    /// 8, 12, 13 or 14 digits.
    gtin: String,
    /// Lot number (AI 10).
    number: String,
    /// As the listing calls it when left out.
    product: String,
    /// `YYYY-MM-DD`
    produced_on: String,
    /// `YYYY-MM-DD`
    expires_on: String,
    origin: String,
    plant: String,
}

/// The merchant a caller acts for: the one named, or its own.
pub(crate) fn merchant_of(actor: &kernel::Actor, named: String) -> Result<String, Error> {
    if named.is_empty() { Ok(actor.own_organisation()?.to_owned()) } else { Ok(named) }
}

/// Enters a lot.
#[utoipa::path(post, path = "/v1/lots", tag = "trace", request_body = NewLotBody, responses((status = 201, body = LotBody)))]
pub(crate) async fn create(
    State(site): State<Site>,
    Signed(actor): Signed,
    Json(body): Json<NewLotBody>,
) -> Result<(StatusCode, Json<LotBody>), Failure> {
    let new = NewLot {
        merchant_id: merchant_of(&actor, body.merchant_id)?,
        gtin: body.gtin,
        number: body.number,
        product: body.product,
        produced_on: body.produced_on,
        expires_on: body.expires_on,
        origin: body.origin,
        plant: body.plant,
    };
    let lot = crate::create(site.kernel(), &actor, new).await?;
    Ok((StatusCode::CREATED, Json(lot.into())))
}

/// One lot.
#[utoipa::path(get, path = "/v1/lots/{id}", tag = "trace", params(("id" = String, Path)), responses((status = 200, body = LotBody)))]
pub(crate) async fn show(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<Json<LotBody>, Failure> {
    Ok(Json(crate::lot(site.kernel(), &actor, &id).await?.into()))
}

/// Facts to be written again; one left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LotChange)]
pub(crate) struct LotChangeBody {
    /// The version that was read.
    version: i64,
    product: Option<String>,
    produced_on: Option<String>,
    expires_on: Option<String>,
    origin: Option<String>,
    plant: Option<String>,
}

/// Changes facts of an open lot.
#[utoipa::path(patch, path = "/v1/lots/{id}", tag = "trace", params(("id" = String, Path)), request_body = LotChangeBody, responses((status = 200, body = LotBody)))]
pub(crate) async fn change(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Json(body): Json<LotChangeBody>,
) -> Result<Json<LotBody>, Failure> {
    let change = LotChange {
        product: body.product,
        produced_on: body.produced_on,
        expires_on: body.expires_on,
        origin: body.origin,
        plant: body.plant,
    };
    Ok(Json(crate::change(site.kernel(), &actor, &id, body.version, change).await?.into()))
}

/// A step of a lot.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LotStep)]
pub(crate) struct StateBody {
    /// `open`, `blocked`, `recalled` or `withdrawn`.
    state: String,
    /// Why. Kept private.
    reason: String,
}

/// Blocks, recalls, withdraws or reopens a lot.
#[utoipa::path(post, path = "/v1/lots/{id}/state", tag = "trace", params(("id" = String, Path)), request_body = StateBody, responses((status = 200, body = LotBody)))]
pub(crate) async fn set_state(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Json(body): Json<StateBody>,
) -> Result<Json<LotBody>, Failure> {
    let next = LotState::from_name(&body.state).ok_or(Error::field("state", "trace-fault-choice"))?;
    Ok(Json(crate::set_lot_state(site.kernel(), &actor, &id, next, &body.reason).await?.into()))
}

/// The documents of a lot, those taken back included.
#[utoipa::path(get, path = "/v1/lots/{id}/documents", tag = "trace", params(("id" = String, Path)), responses((status = 200, body = [DocumentBody])))]
pub(crate) async fn documents(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<Json<Vec<DocumentBody>>, Failure> {
    let found = crate::documents(site.kernel(), &actor, &id).await?;
    Ok(Json(found.into_iter().map(DocumentBody::from).collect()))
}

/// A document, as multipart fields.
#[derive(Debug, Default, Clone, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = NewLotDocument)]
pub(crate) struct DocumentForm {
    /// `inspection`, `quarantine`, `test_report`, `origin`, `customs` or `other`.
    pub kind: String,
    /// Number on the paper.
    pub document_number: String,
    pub issuer: String,
    /// `YYYY-MM-DD`
    pub issued_on: String,
    /// `YYYY-MM-DD`
    pub valid_until: String,
    /// `true` shows it on the public page.
    pub public: String,
    /// PDF, JPEG, PNG or WebP.
    #[schema(format = Binary, value_type = String)]
    #[serde(skip)]
    pub file: (),
}

/// What an upload of a document may hold.
pub(crate) fn limits() -> UploadLimits {
    UploadLimits { file_bytes_max: UPLOAD_BYTES_MAX, files_max: 1, field_bytes_max: 16 * 1024, fields_max: 20 }
}

/// The document of a received form.
pub(crate) async fn document_of(uploaded: &Uploaded, form: DocumentForm) -> kernel::Result<NewDocument> {
    let (file_name, content) = match uploaded.file("file") {
        Some(file) => (file.name.clone(), file.read().await?),
        None => Default::default(),
    };
    Ok(NewDocument {
        kind: form.kind,
        number: form.document_number,
        issuer: form.issuer,
        issued_on: form.issued_on,
        valid_until: form.valid_until,
        public: matches!(form.public.as_str(), "true" | "on" | "1"),
        file_name,
        content,
    })
}

/// Hands in a document of a lot.
#[utoipa::path(post, path = "/v1/lots/{id}/documents", tag = "trace", params(("id" = String, Path)),
    request_body(content = DocumentForm, content_type = "multipart/form-data"), responses((status = 201, body = DocumentBody)))]
pub(crate) async fn add_document(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    upload: Upload,
) -> Result<(StatusCode, Json<DocumentBody>), Failure> {
    let uploaded = upload.read(&limits()).await?;
    let new = document_of(&uploaded, uploaded.form()?).await?;
    let document = crate::add_document(site.kernel(), &actor, &id, new).await?;
    Ok((StatusCode::CREATED, Json(document.into())))
}

/// Takes a document back.
#[utoipa::path(post, path = "/v1/lots/{id}/documents/{document}/withdraw", tag = "trace",
    params(("id" = String, Path), ("document" = String, Path)), responses((status = 204)))]
pub(crate) async fn withdraw_document(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path((id, document)): Path<(String, String)>,
) -> Result<StatusCode, Failure> {
    crate::withdraw_document(site.kernel(), &actor, &id, &document).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Which units: a range of a batch, or codes.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = UnitChoice)]
pub(crate) struct UnitsBody {
    /// The batch of a range.
    pub batch_id: String,
    /// First code of the range, from 1.
    pub first: u64,
    /// How many.
    pub count: u64,
    /// Codes instead, in any form; at most 10,000.
    pub codes: Vec<String>,
}

impl From<UnitsBody> for Units {
    fn from(body: UnitsBody) -> Self {
        if body.batch_id.is_empty() {
            return Units::Codes(body.codes);
        }
        Units::Range { batch_id: body.batch_id, first: body.first, count: body.count }
    }
}

/// Puts units into a lot.
#[utoipa::path(post, path = "/v1/lots/{id}/units", tag = "trace", params(("id" = String, Path)), request_body = UnitsBody, responses((status = 200, body = LotBody)))]
pub(crate) async fn commission(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Json(body): Json<UnitsBody>,
) -> Result<Json<LotBody>, Failure> {
    Ok(Json(crate::commission(site.kernel(), &actor, &id, body.into()).await?.into()))
}
