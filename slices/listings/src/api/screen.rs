//! `/v1/screen`: what screening would say; `/v1/banks`: what is remembered.

use super::bodies::{ContentBody, Unknown};
use super::listings::merchant_of;
use crate::banks::{FingerprintKind, fingerprints, recalls};
use crate::model::decision_name;
use axum::extract::State;
use ground::Problem;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::{Failure, Json, PageBody, PagingQuery, Query, Signed, Site};

/// A content to be judged; nothing is kept.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Question {
    /// Whose; the caller's own organisation where it is left out.
    merchant_id: Option<String>,
    /// `cn` where it is left out.
    market: Option<String>,
    /// The listing that is edited, if it is one.
    listing_id: Option<String>,
    #[serde(flatten)]
    content: ContentBody,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// What screening says.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScreeningAnswer)]
pub(crate) struct Answer {
    market: String,
    /// `pass`, `review` or `reject`.
    decision: String,
    /// Each with check, rule, severity, field, start and end in characters, text, reason, basis, fix.
    #[schema(value_type = Vec<Object>)]
    findings: Vec<screening::Finding>,
    /// Content hash of the policy pack.
    pack_version: String,
}

/// Judges a content by the policy in force, as if it were handed in now.
#[utoipa::path(post, path = "/v1/screen", tag = "screening", request_body = Question, responses((status = 200, body = Answer)))]
pub(crate) async fn screen(
    State(site): State<Site>,
    Signed(actor): Signed,
    Json(body): Json<Question>,
) -> Result<Json<Answer>, Failure> {
    body.unknown.refuse()?;
    let is_staff = actor.may(kernel::Permission::ListingsRead);
    let merchant = match is_staff {
        true => body.merchant_id.unwrap_or_default(),
        false => merchant_of(&actor, body.merchant_id)?,
    };
    let content = body.content.read(site.kernel(), Some(merchant.as_str()).filter(|_| !is_staff)).await?;
    let market = body.market.unwrap_or_else(|| "cn".to_owned());
    let report = crate::preview(site.kernel(), &actor, &merchant, &market, body.listing_id.as_deref(), content).await?;
    Ok(Json(Answer {
        market: report.market,
        decision: decision_name(report.decision).to_owned(),
        findings: report.findings,
        pack_version: report.packs.first().map(|pack| pack.version.clone()).unwrap_or_default(),
    }))
}

/// Which fingerprints.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(crate) struct FingerprintQuery {
    /// `text`, `image`, `gtin` or `document`.
    kind: Option<String>,
    /// Whether it still catches.
    active: Option<bool>,
}

/// Goods refused before.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Fingerprint)]
pub(crate) struct FingerprintBody {
    id: String,
    kind: String,
    title: String,
    listing_id: String,
    merchant_id: String,
    /// `rejected` or `removed`.
    reason: String,
    rules: Vec<String>,
    active: bool,
    created_at: String,
    act_id: String,
}

/// The fingerprint bank, newest first.
#[utoipa::path(get, path = "/v1/banks/fingerprints", tag = "banks", params(FingerprintQuery), responses((status = 200, body = PageBody<FingerprintBody>)))]
pub(crate) async fn fingerprints(
    State(site): State<Site>,
    Signed(actor): Signed,
    Query(query): Query<FingerprintQuery>,
    PagingQuery(paging): PagingQuery,
) -> Result<Json<PageBody<FingerprintBody>>, Failure> {
    let kind = match query.kind.as_deref() {
        None => None,
        Some(name) => Some(
            FingerprintKind::from_name(name).ok_or_else(|| Problem::invalid_field("kind", "listings-fault-kind"))?,
        ),
    };
    let page = fingerprints::list(site.kernel(), &actor, kind, query.active, &paging).await?;
    Ok(Json(PageBody::of(page, |entry| FingerprintBody {
        id: entry.id,
        kind: entry.kind.name().to_owned(),
        title: entry.title,
        listing_id: entry.listing_id,
        merchant_id: entry.merchant_id,
        reason: entry.reason,
        rules: entry.rules,
        active: entry.active,
        created_at: entry.created_at.to_rfc3339(),
        act_id: entry.act_id,
    })))
}

/// Which recalls.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(crate) struct RecallQuery {
    /// `safety-gate` or `cpsc`.
    source: Option<String>,
    /// The number, or a part of product, brand or model.
    q: Option<String>,
}

/// A public recall notice.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RecallNotice)]
pub(crate) struct RecallBody {
    source: String,
    number: String,
    published: String,
    product: String,
    brand: String,
    model: String,
    barcode: String,
    loaded_at: String,
}

/// The recall bank, newest first.
#[utoipa::path(get, path = "/v1/banks/recalls", tag = "banks", params(RecallQuery), responses((status = 200, body = PageBody<RecallBody>)))]
pub(crate) async fn recalls(
    State(site): State<Site>,
    Signed(actor): Signed,
    Query(query): Query<RecallQuery>,
    PagingQuery(paging): PagingQuery,
) -> Result<Json<PageBody<RecallBody>>, Failure> {
    let search = query.q.map(|text| text.chars().take(100).collect::<String>());
    let page = recalls::list(site.kernel(), &actor, query.source.as_deref(), search.as_deref(), &paging).await?;
    Ok(Json(PageBody::of(page, |row| RecallBody {
        source: row.source,
        number: row.number,
        published: row.published,
        product: row.product,
        brand: row.brand,
        model: row.model,
        barcode: row.barcode,
        loaded_at: row.loaded_at.to_rfc3339(),
    })))
}
