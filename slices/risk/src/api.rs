//! JSON routes and their shapes.

use crate::model::{Band, ScoreRow, Scored, Version};
use crate::score::{self, Filter};
use crate::versions;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use ground::{Fault, Problem};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::{Failure, PageBody, PagingQuery, Path, Query, Signed, Site};

/// What a score may be used for: stands in every answer.
const USE: &str = "advice, never the only ground of a decision";

/// A stored score.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RiskRow)]
pub(crate) struct RowBody {
    merchant: String,
    product: String,
    title: String,
    category: String,
    listing_id: Option<String>,
    /// Probability that something is found, 0 to 1.
    probability: f64,
    /// Log odds before calibration.
    raw: f64,
    /// The version of the model, or `prior`.
    model: String,
    /// The feature that raises it most; empty when none does.
    leading: String,
    /// The closing it rests on, `YYYY-MM-DD`.
    day: String,
}

impl From<ScoreRow> for RowBody {
    fn from(row: ScoreRow) -> Self {
        RowBody {
            day: signals::day_date(row.day).to_string(),
            merchant: row.merchant,
            product: row.product,
            title: row.title,
            category: row.category,
            listing_id: row.listing_id,
            probability: row.probability,
            raw: row.raw,
            model: row.model,
            leading: row.leading,
        }
    }
}

/// Which scores.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Asked {
    /// A part of a product number, title or merchant.
    q: Option<String>,
    /// A merchant's.
    merchant: Option<String>,
    /// A category's.
    category: Option<String>,
    /// `usual`, `raised` or `high`.
    band: Option<String>,
    #[param(ignore)]
    page: Option<String>,
    #[param(ignore)]
    rows: Option<String>,
    #[param(ignore)]
    sort: Option<String>,
}

/// Goods by their risk, the highest first.
#[utoipa::path(get, path = "/v1/risk", tag = "risk", params(Asked),
    responses((status = 200, description = "Scores", body = PageBody<RowBody>)))]
pub(crate) async fn scores(
    State(site): State<Site>,
    Signed(actor): Signed,
    Query(asked): Query<Asked>,
    PagingQuery(paging): PagingQuery,
) -> Result<axum::Json<PageBody<RowBody>>, Failure> {
    let band = asked.band.as_deref().map(Band::from_name);
    if band == Some(None) {
        return Err(Problem::invalid(vec![Fault::field("band", "risk-unknown-band")]).into());
    }
    let filter = Filter {
        search: asked.q.clone(),
        merchant: asked.merchant.clone(),
        category: asked.category.clone(),
        band: band.flatten(),
    };
    let page = score::list(site.kernel(), &actor, &filter, &paging).await?;
    Ok(axum::Json(PageBody::of(page, RowBody::from)))
}

/// One feature of a score.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RiskContribution)]
pub(crate) struct ContributionBody {
    /// Name of the feature.
    feature: &'static str,
    /// Its value; `null` where missing.
    value: Option<f64>,
    /// What it adds, log odds.
    contribution: f64,
}

/// A score taken apart: `bias` and the contributions sum to `raw`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Risk)]
pub(crate) struct ScoreBody {
    merchant: String,
    product: String,
    listing_id: Option<String>,
    /// Probability that something is found, 0 to 1.
    probability: f64,
    /// `usual`, `raised` or `high`.
    band: &'static str,
    /// The version of the model, or `prior`.
    model: String,
    /// Log odds before calibration.
    raw: f64,
    /// Log odds where nothing is known.
    bias: f64,
    contributions: Vec<ContributionBody>,
    /// The newest day of the signals it rests on, `YYYY-MM-DD`.
    day: Option<String>,
    /// What the score may be used for.
    #[serde(rename = "use")]
    used_for: &'static str,
}

impl From<Scored> for ScoreBody {
    fn from(scored: Scored) -> Self {
        let part = |part: crate::model::Contribution| ContributionBody {
            feature: part.feature,
            value: part.value,
            contribution: part.contribution,
        };
        ScoreBody {
            merchant: scored.merchant,
            product: scored.product,
            listing_id: scored.listing_id,
            probability: scored.probability,
            band: scored.band.name(),
            model: scored.model,
            raw: scored.raw,
            bias: scored.bias,
            contributions: scored.contributions.into_iter().map(part).collect(),
            day: scored.day.map(|day| signals::day_date(day).to_string()),
            used_for: USE,
        }
    }
}

/// The risk of a product as its signals stand now.
#[utoipa::path(get, path = "/v1/risk/{merchant}/{product}", tag = "risk",
    params(("merchant" = String, Path, description = "Merchant id"), ("product" = String, Path, description = "The shop's number of the product")),
    responses((status = 200, description = "The score taken apart", body = ScoreBody), (status = 404, description = "Neither signals nor a listing")))]
pub(crate) async fn one(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path((merchant, product)): Path<(String, String)>,
) -> Result<axum::Json<ScoreBody>, Failure> {
    let case = score::show(site.kernel(), &actor, &merchant, &product).await?;
    Ok(axum::Json(case.scored.into()))
}

/// A version of the model.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RiskModel)]
pub(crate) struct VersionBody {
    number: i64,
    /// `queued`, `failed`, `candidate`, `active` or `retired`.
    state: &'static str,
    requested_at: String,
    requested_by: String,
    trained_at: Option<String>,
    activated_at: Option<String>,
    activated_by: Option<String>,
    /// SHA-256 of the model's file.
    sha256: Option<String>,
    /// The model card: examples, parts, measures with intervals, calibration, features.
    card: Option<serde_json::Value>,
}

impl From<Version> for VersionBody {
    fn from(version: Version) -> Self {
        VersionBody {
            number: version.number,
            state: version.state.name(),
            requested_at: version.requested_at.to_rfc3339(),
            requested_by: version.requested_by,
            trained_at: version.trained_at.map(ground::Timestamp::to_rfc3339),
            activated_at: version.activated_at.map(ground::Timestamp::to_rfc3339),
            activated_by: version.activated_by,
            sha256: version.sha256,
            card: version.card.and_then(|card| serde_json::to_value(card).ok()),
        }
    }
}

/// The versions of the model with their cards, newest first.
#[utoipa::path(get, path = "/v1/risk-models", tag = "risk",
    responses((status = 200, description = "Versions", body = PageBody<VersionBody>)))]
pub(crate) async fn models(
    State(site): State<Site>,
    Signed(actor): Signed,
    PagingQuery(paging): PagingQuery,
) -> Result<axum::Json<PageBody<VersionBody>>, Failure> {
    let page = versions::versions(site.kernel(), &actor, &paging).await?;
    Ok(axum::Json(PageBody::of(page, VersionBody::from)))
}

/// The file of a version, as it was trained.
#[utoipa::path(get, path = "/v1/risk-models/{version}/file", tag = "risk",
    params(("version" = i64, Path, description = "Number of the version")),
    responses((status = 200, description = "The model", content_type = "application/json"), (status = 404, description = "No such version, or no model")))]
pub(crate) async fn model_file(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(number): Path<i64>,
) -> Result<impl IntoResponse, Failure> {
    let file = versions::file(site.kernel(), &actor, number).await?;
    Ok(([(CONTENT_TYPE, "application/json")], file))
}
