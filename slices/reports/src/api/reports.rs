//! `/v1/reports`, and the status lists.

use super::bodies::{CheckBody, ItemBody, ReportBody, chosen};
use super::documents::published;
use crate::home::Home;
use crate::issue::{self, NewReport};
use crate::model::{Origin, TestResult};
use crate::read::{self, Filter};
use crate::{check, publish, receive as receiving};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use web::{Failure, Json, PageBody, PagingQuery, Path, Query, Signed, Site};

/// Which reports.
#[derive(Debug, Default, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(crate) struct ReportQuery {
    /// A state.
    pub state: Option<String>,
    /// `issued` or `received`.
    pub origin: Option<String>,
    /// `pass` or `fail`.
    pub result: Option<String>,
    /// Of this laboratory.
    pub laboratory: Option<String>,
    /// About lots of this merchant.
    pub merchant: Option<String>,
    /// About this lot.
    pub lot: Option<String>,
    /// Part of title, number or product; or the whole GTIN or lot number.
    pub q: Option<String>,
}

impl ReportQuery {
    pub(crate) fn filter(self) -> kernel::Result<Filter> {
        Ok(Filter {
            state: chosen("state", self.state.as_deref(), crate::State::from_name)?,
            signed: false,
            origin: chosen("origin", self.origin.as_deref(), Origin::from_name)?,
            result: chosen("result", self.result.as_deref(), TestResult::from_name)?,
            laboratory_id: self.laboratory,
            merchant_id: self.merchant,
            lot_id: self.lot,
            search: self.q.map(|text| text.chars().take(200).collect()),
        })
    }
}

/// A report to be written.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTestReport {
    /// GTIN of the lot, 8 to 14 digits.
    gtin: String,
    lot_number: String,
    /// The laboratory's number.
    number: String,
    title: String,
    standard: String,
    /// `YYYY-MM-DD`.
    tested_on: String,
    /// Last day, `YYYY-MM-DD`; left out: without an end.
    #[serde(default)]
    valid_until: String,
    /// `pass` or `fail`.
    result: String,
    items: Vec<ItemBody>,
    /// Sign it at once.
    #[serde(default)]
    sign: bool,
}

/// The version that was read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TestReportVersion)]
pub(crate) struct Version {
    version: i64,
}

/// Why a report is revoked.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TestReportRevocation {
    version: i64,
    reason: String,
}

/// A credential: `vc+jwt`, JSON with a proof, or JSON with an enveloped `vc+jwt`, as text.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CredentialText {
    credential: String,
}

/// In which form.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(crate) struct FormQuery {
    /// `json` for the form with an eddsa-jcs-2022 proof; `vc+jwt` when left out.
    form: Option<String>,
}

/// The reports the caller may see.
#[utoipa::path(get, path = "/v1/reports", tag = "reports", params(ReportQuery), responses((status = 200, body = PageBody<ReportBody>)))]
pub(crate) async fn list(
    State(site): State<Site>,
    Signed(actor): Signed,
    Query(query): Query<ReportQuery>,
    PagingQuery(paging): PagingQuery,
) -> Result<Json<PageBody<ReportBody>>, Failure> {
    let page = read::list(site.kernel(), &actor, &query.filter()?, &paging).await?;
    let now = site.kernel().now();
    Ok(Json(PageBody::of(page, |report| ReportBody::of(report, now))))
}

/// Writes a draft of the caller's laboratory; signs it when asked to.
#[utoipa::path(post, path = "/v1/reports", tag = "reports", request_body = NewTestReport, responses((status = 201, body = ReportBody)))]
pub(crate) async fn create(
    State(site): State<Site>,
    Signed(actor): Signed,
    Json(body): Json<NewTestReport>,
) -> Result<(StatusCode, Json<ReportBody>), Failure> {
    let kernel = site.kernel();
    let new = NewReport {
        gtin: body.gtin,
        lot_number: body.lot_number,
        number: body.number,
        title: body.title,
        standard: body.standard,
        tested_on: body.tested_on,
        valid_until: body.valid_until,
        result: body.result,
        items: body.items.into_iter().map(Into::into).collect(),
        document: None,
    };
    let mut report = issue::draft(kernel, &actor, new).await?;
    if body.sign {
        report = issue::sign(kernel, &Home::of(&site), &actor, &report.id, report.version).await?;
    }
    Ok((StatusCode::CREATED, Json(ReportBody::of(report, kernel.now()))))
}

/// One report.
#[utoipa::path(get, path = "/v1/reports/{id}", tag = "reports", params(("id" = String, Path)), responses((status = 200, body = ReportBody)))]
pub(crate) async fn show(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<Json<ReportBody>, Failure> {
    let report = read::get(site.kernel(), &actor, &id).await?;
    Ok(Json(ReportBody::of(report, site.kernel().now())))
}

/// Throws a draft away.
#[utoipa::path(post, path = "/v1/reports/{id}/discard", tag = "reports", params(("id" = String, Path)), request_body = Version, responses((status = 204)))]
pub(crate) async fn discard(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Json(body): Json<Version>,
) -> Result<StatusCode, Failure> {
    issue::discard(site.kernel(), &actor, &id, body.version).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Signs a draft.
#[utoipa::path(post, path = "/v1/reports/{id}/sign", tag = "reports", params(("id" = String, Path)), request_body = Version, responses((status = 200, body = ReportBody)))]
pub(crate) async fn sign(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Json(body): Json<Version>,
) -> Result<Json<ReportBody>, Failure> {
    let report = issue::sign(site.kernel(), &Home::of(&site), &actor, &id, body.version).await?;
    Ok(Json(ReportBody::of(report, site.kernel().now())))
}

/// Revokes a report, for ever.
#[utoipa::path(post, path = "/v1/reports/{id}/revoke", tag = "reports", params(("id" = String, Path)), request_body = TestReportRevocation, responses((status = 200, body = ReportBody)))]
pub(crate) async fn revoke(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Json(body): Json<TestReportRevocation>,
) -> Result<Json<ReportBody>, Failure> {
    let report = issue::revoke(site.kernel(), &actor, &id, body.version, &body.reason).await?;
    Ok(Json(ReportBody::of(report, site.kernel().now())))
}

/// Takes in a credential that was signed elsewhere: about the caller's own lot, or by the caller's own laboratory.
#[utoipa::path(post, path = "/v1/reports/received", tag = "reports", request_body = CredentialText, responses((status = 201, body = ReportBody)))]
pub(crate) async fn receive(
    State(site): State<Site>,
    Signed(actor): Signed,
    Json(body): Json<CredentialText>,
) -> Result<(StatusCode, Json<ReportBody>), Failure> {
    let report = receiving::receive(site.kernel(), &Home::of(&site), &actor, &body.credential).await?;
    Ok((StatusCode::CREATED, Json(ReportBody::of(report, site.kernel().now()))))
}

/// Checks a credential and says what holds. Nothing is kept.
#[utoipa::path(post, path = "/v1/reports/verify", tag = "reports", request_body = CredentialText, responses((status = 200, body = CheckBody)))]
pub(crate) async fn verify(
    State(site): State<Site>,
    Json(body): Json<CredentialText>,
) -> Result<Json<CheckBody>, Failure> {
    let check = check::check(site.kernel(), &Home::of(&site), body.credential.trim().as_bytes()).await?;
    Ok(Json(CheckBody::from(check)))
}

/// The credential of a report that is shown.
#[utoipa::path(get, path = "/v1/reports/{id}/credential", tag = "reports", params(("id" = String, Path), FormQuery), responses((status = 200, content_type = "application/vc+jwt", body = String)))]
pub(crate) async fn credential(
    State(site): State<Site>,
    Path(id): Path<String>,
    Query(query): Query<FormQuery>,
) -> Result<Response, Failure> {
    let json = query.form.as_deref() == Some("json");
    let (text, is_json) = publish::credential(site.kernel(), &id, json).await?;
    let (kind, ending) = if is_json { ("application/vc", "json") } else { ("application/vc+jwt", "jwt") };
    Ok(published(kind, text, Some(&format!("report-{id}.{ending}"))))
}

/// A status list, signed by its laboratory.
#[utoipa::path(get, path = "/v1/credentials/status/{list}", tag = "reports", params(("list" = String, Path)), responses((status = 200, content_type = "application/vc+jwt", body = String)))]
pub(crate) async fn status_list(State(site): State<Site>, Path(list): Path<String>) -> Result<Response, Failure> {
    let text = publish::status_list(site.kernel(), &Home::of(&site), &list).await?;
    Ok(published("application/vc+jwt", text, None))
}
