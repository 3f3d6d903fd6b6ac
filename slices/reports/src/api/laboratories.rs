//! `/v1/laboratories`.

use super::bodies::{AccreditationBody, KeyBody, LaboratoryBody, chosen};
use crate::home::Home;
use crate::laboratory;
use crate::model::LaboratoryState;
use crate::read::{self, LaboratoryFilter};
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use web::{Failure, Json, PageBody, PagingQuery, Path, Query, Signed, Site};

/// Which laboratories.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(crate) struct LaboratoryQuery {
    /// `pending`, `confirmed` or `suspended`.
    pub state: Option<String>,
    /// Part of the name, or the whole number of an accreditation.
    pub q: Option<String>,
}

impl LaboratoryQuery {
    pub(crate) fn filter(self) -> kernel::Result<LaboratoryFilter> {
        let state = chosen("state", self.state.as_deref(), LaboratoryState::from_name)?;
        Ok(LaboratoryFilter { state, search: self.q.map(|text| text.chars().take(200).collect()) })
    }
}

/// A profile.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LaboratoryProfile {
    name: String,
    #[serde(default)]
    name_en: String,
    #[serde(default)]
    cma: Option<AccreditationBody>,
    #[serde(default)]
    cnas: Option<AccreditationBody>,
    /// The laboratory's own `did:web` or `did:key`; empty: its document is published here.
    #[serde(default)]
    own_did: String,
    /// The version that was read; 0 for the first time.
    #[serde(default)]
    version: i64,
}

/// A decision about a laboratory.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LaboratoryDecision {
    /// `confirmed` or `suspended`.
    state: String,
    reason: String,
    version: i64,
}

/// A key to be added.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct NewLaboratoryKey {
    /// JWK as text or Multikey of a key the laboratory keeps itself; left out: a key is made and kept here.
    public_key: Option<String>,
}

/// Why something is withdrawn.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LaboratoryKeyRevocation)]
pub(crate) struct Reason {
    reason: String,
}

/// The laboratories.
#[utoipa::path(get, path = "/v1/laboratories", tag = "reports", params(LaboratoryQuery), responses((status = 200, body = PageBody<LaboratoryBody>)))]
pub(crate) async fn list(
    State(site): State<Site>,
    Signed(actor): Signed,
    Query(query): Query<LaboratoryQuery>,
    PagingQuery(paging): PagingQuery,
) -> Result<Json<PageBody<LaboratoryBody>>, Failure> {
    let page = read::laboratories(site.kernel(), &actor, &query.filter()?, &paging).await?;
    Ok(Json(PageBody::of(page, |laboratory| LaboratoryBody::of(laboratory, None))))
}

/// One laboratory with its keys.
#[utoipa::path(get, path = "/v1/laboratories/{id}", tag = "reports", params(("id" = String, Path)), responses((status = 200, body = LaboratoryBody)))]
pub(crate) async fn show(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<Json<LaboratoryBody>, Failure> {
    let found = laboratory::get(site.kernel(), &actor, &id).await?;
    let keys = laboratory::keys(site.kernel(), &actor, &id).await?;
    Ok(Json(LaboratoryBody::of(found, Some(keys))))
}

/// Enters or changes the caller's own profile.
#[utoipa::path(put, path = "/v1/laboratory", tag = "reports", request_body = LaboratoryProfile, responses((status = 200, body = LaboratoryBody)))]
pub(crate) async fn keep(
    State(site): State<Site>,
    Signed(actor): Signed,
    Json(body): Json<LaboratoryProfile>,
) -> Result<Json<LaboratoryBody>, Failure> {
    let parts = |body: Option<AccreditationBody>| {
        body.map(|body| (body.number, body.valid_until.unwrap_or_default())).unwrap_or_default()
    };
    let ((cma_number, cma_until), (cnas_number, cnas_until)) = (parts(body.cma), parts(body.cnas));
    let profile = laboratory::Profile {
        name: body.name,
        name_en: body.name_en,
        cma_number,
        cma_until,
        cnas_number,
        cnas_until,
        own_did: body.own_did,
        version: body.version,
    };
    Ok(Json(LaboratoryBody::of(laboratory::keep_profile(site.kernel(), &actor, profile).await?, None)))
}

/// Confirms, suspends or restores a laboratory.
#[utoipa::path(post, path = "/v1/laboratories/{id}/decision", tag = "reports", params(("id" = String, Path)), request_body = LaboratoryDecision, responses((status = 200, body = LaboratoryBody)))]
pub(crate) async fn decide(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Json(body): Json<LaboratoryDecision>,
) -> Result<Json<LaboratoryBody>, Failure> {
    let to = chosen("state", Some(&body.state), LaboratoryState::from_name)?.unwrap_or(LaboratoryState::Pending);
    let decided = laboratory::decide(site.kernel(), &actor, &id, body.version, to, &body.reason).await?;
    Ok(Json(LaboratoryBody::of(decided, None)))
}

/// Makes a signing key here, or registers the public half of the laboratory's own.
#[utoipa::path(post, path = "/v1/laboratory/keys", tag = "reports", request_body = NewLaboratoryKey, responses((status = 201, body = KeyBody)))]
pub(crate) async fn add_key(
    State(site): State<Site>,
    Signed(actor): Signed,
    Json(body): Json<NewLaboratoryKey>,
) -> Result<(StatusCode, Json<KeyBody>), Failure> {
    let (kernel, home) = (site.kernel(), Home::of(&site));
    let key = match body.public_key {
        Some(public) => laboratory::register_key(kernel, &home, &actor, &public).await?,
        None => laboratory::rotate_key(kernel, &home, &actor).await?,
    };
    Ok((StatusCode::CREATED, Json(KeyBody::from(key))))
}

/// Withdraws a key and every report that rests on it.
#[utoipa::path(post, path = "/v1/laboratory/keys/{id}/revoke", tag = "reports", params(("id" = String, Path)), request_body = Reason, responses((status = 204)))]
pub(crate) async fn revoke_key(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Json(body): Json<Reason>,
) -> Result<StatusCode, Failure> {
    laboratory::revoke_key(site.kernel(), &actor, &id, &body.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}
