//! `/v1/codes`: batches, their file and their labels; `/v1/code-keys`.

use super::bodies::{BatchBody, KeyBody};
use super::lots::merchant_of;
use crate::model::Purpose;
use crate::{BatchFilter, CodeFile, Error, NewBatch, SheetRequest};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use web::{Failure, Json, PageBody, PagingQuery, Path, Query, Signed, Site};

/// Which batches.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(crate) struct BatchQuery {
    /// Of this merchant.
    pub merchant_id: Option<String>,
    /// Of this trade item.
    pub gtin: Option<String>,
}

impl From<BatchQuery> for BatchFilter {
    fn from(query: BatchQuery) -> Self {
        BatchFilter { merchant_id: query.merchant_id, gtin: query.gtin }
    }
}

/// The batches: all, or the caller's own; newest first.
#[utoipa::path(get, path = "/v1/codes", tag = "trace", params(BatchQuery), responses((status = 200, body = PageBody<BatchBody>)))]
pub(crate) async fn list(
    State(site): State<Site>,
    Signed(actor): Signed,
    Query(query): Query<BatchQuery>,
    PagingQuery(paging): PagingQuery,
) -> Result<Json<PageBody<BatchBody>>, Failure> {
    let page = crate::batches(site.kernel(), &actor, &query.into(), &paging).await?;
    Ok(Json(PageBody::of(page, BatchBody::from)))
}

/// Codes to be minted.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = NewCodes)]
pub(crate) struct MintBody {
    /// The caller's own organisation when left out.
    merchant_id: String,
    /// 8, 12, 13 or 14 digits, of one of the merchant's listings.
    gtin: String,
    /// 1 to 10,000,000.
    count: u64,
    /// The lot they are for: printed in the codes, and all are commissioned into it.
    lot_id: Option<String>,
    /// Whether each gets a covered second code.
    covered: bool,
}

/// Mints codes: reserves their numbers. The codes are then taken as a file or as labels, as often as wanted.
#[utoipa::path(post, path = "/v1/codes", tag = "trace", request_body = MintBody, responses((status = 201, body = BatchBody)))]
pub(crate) async fn mint(
    State(site): State<Site>,
    Signed(actor): Signed,
    Json(body): Json<MintBody>,
) -> Result<(StatusCode, Json<BatchBody>), Failure> {
    let new = NewBatch {
        merchant_id: merchant_of(&actor, body.merchant_id)?,
        gtin: body.gtin,
        count: body.count,
        lot_id: body.lot_id.filter(|id| !id.is_empty()),
        covered: body.covered,
    };
    let batch = crate::mint(site.kernel(), &actor, new).await?;
    Ok((StatusCode::CREATED, Json(batch.into())))
}

/// One batch.
#[utoipa::path(get, path = "/v1/codes/{id}", tag = "trace", params(("id" = String, Path)), responses((status = 200, body = BatchBody)))]
pub(crate) async fn show(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<Json<BatchBody>, Failure> {
    Ok(Json(crate::batch(site.kernel(), &actor, &id).await?.into()))
}

/// The code file as an answer that is computed while it is sent.
pub(crate) fn sent(file: CodeFile) -> Response {
    let name = format!("codes-{}-{}.csv", file.batch.gtin, file.batch.id);
    let body = crate::stream::body(move |mut out| file.write(&mut out));
    web::download(&name, "text/csv; charset=utf-8", body)
}

/// All codes of a batch as CSV: number, serial, Digital Link, element string, covered code. Made again from the key each
/// time; an act says who took them.
#[utoipa::path(get, path = "/v1/codes/{id}/file", tag = "trace", params(("id" = String, Path)),
    responses((status = 200, body = String, content_type = "text/csv")))]
pub(crate) async fn file(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let base = &site.settings().base_url;
    Ok(sent(crate::code_file(site.kernel(), &actor, &id, base).await?))
}

/// What is to be printed.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(crate) struct SheetQuery {
    /// `qr` (Digital Link) or `datamatrix` (element string).
    symbol: String,
    /// A layout: `a4-3x8`, `roll-50x25`, …
    layout: String,
    /// `pdf`, or `svg` or `png` as a ZIP of pages.
    format: String,
    /// First code, from 1.
    first: u64,
    /// How many; all that are left when left out.
    count: u64,
    /// Dots per inch of PNG pages.
    dpi: u32,
    /// Labels already used on the first page.
    used: usize,
    /// `true` prints the covered code beside the symbol.
    covered: bool,
}

impl From<SheetQuery> for SheetRequest {
    fn from(query: SheetQuery) -> Self {
        SheetRequest {
            symbol: query.symbol,
            layout: query.layout,
            format: query.format,
            first: query.first,
            count: query.count,
            dpi: query.dpi,
            used: query.used,
            covered: query.covered,
        }
    }
}

/// The labels as an answer that is computed while it is sent. What is wrong with them is said before.
pub(crate) async fn sheet(site: &Site, actor: &kernel::Actor, id: &str, query: SheetQuery) -> Result<Response, Error> {
    let base = &site.settings().base_url;
    let sheet = crate::labels_of(site.kernel(), actor, id, base, query.into()).await?;
    let (name, kind) = (sheet.name(), sheet.format.media_type());
    let body = crate::stream::body(move |mut out| sheet.write(&mut out).map_err(std::io::Error::other));
    Ok(web::download(&name, kind, body))
}

/// Labels of a batch, to be printed.
#[utoipa::path(get, path = "/v1/codes/{id}/labels", tag = "trace", params(("id" = String, Path), SheetQuery),
    responses((status = 200, body = Vec<u8>, content_type = "application/pdf")))]
pub(crate) async fn labels(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Query(query): Query<SheetQuery>,
) -> Result<Response, Failure> {
    Ok(sheet(&site, &actor, &id, query).await?)
}

/// Whose keys.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(crate) struct KeyQuery {
    /// Of this merchant; the caller's own for merchants.
    pub merchant_id: Option<String>,
}

/// The keys of codes, newest first, without their secrets.
#[utoipa::path(get, path = "/v1/code-keys", tag = "trace", params(KeyQuery), responses((status = 200, body = [KeyBody])))]
pub(crate) async fn keys(
    State(site): State<Site>,
    Signed(actor): Signed,
    Query(query): Query<KeyQuery>,
) -> Result<Json<Vec<KeyBody>>, Failure> {
    let merchant = query.merchant_id.or_else(|| actor.organisation.clone());
    let keys = crate::keys(site.kernel(), &actor, merchant.as_deref()).await?;
    Ok(Json(keys.into_iter().map(KeyBody::from).collect()))
}

/// A key to be rotated.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = KeyRotation)]
pub(crate) struct RotateBody {
    pub merchant_id: String,
    /// `unit` or `covered`.
    pub purpose: String,
    /// Why. Kept private.
    pub reason: String,
}

/// Ends the epoch of a key and begins the next. Old codes go on verifying.
#[utoipa::path(post, path = "/v1/code-keys/rotate", tag = "trace", request_body = RotateBody, responses((status = 200, body = KeyBody)))]
pub(crate) async fn rotate(
    State(site): State<Site>,
    Signed(actor): Signed,
    Json(body): Json<RotateBody>,
) -> Result<Json<KeyBody>, Failure> {
    let purpose = Purpose::from_name(&body.purpose).ok_or(Error::field("purpose", "trace-fault-purpose"))?;
    let key = crate::rotate(site.kernel(), &actor, &body.merchant_id, purpose, &body.reason).await?;
    Ok(Json(key.into()))
}
