//! JSON routes and their shapes.

use crate::line::Head;
use crate::model::{Component, Effect, Rating, date_of};
use crate::proof;
use crate::publish::limits;
use crate::reactions::policy_of;
use crate::read;
use crate::tables::RatingPolicy;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ground::Problem;
use kernel::{Kernel, Result};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};
use web::{Failure, Path, Query, Signed, Site};

/// Changes in an answer unless asked otherwise.
const FEED_ROWS: u64 = 200;
/// Most changes in an answer.
const FEED_ROWS_MAX: u64 = 1_000;
/// What stays as it is in a part of an address.
const PART: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A part of an address.
pub(crate) fn part(text: &str) -> String {
    utf8_percent_encode(text, PART).to_string()
}

/// What a grade does to the sale.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RatingEffect)]
pub(crate) struct EffectBody {
    /// `recommended`, `limited`, `removed_pending_test`.
    kind: String,
    /// `no-promotion`, `quantity:2`, `region:…`; only for `limited`.
    limits: Vec<String>,
    /// `kept` or `lifted` where a person decided so.
    held: Option<String>,
}

/// A component of a rating.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RatingComponent)]
pub(crate) struct ComponentBody {
    /// `inspection`, `complaints`, `returns`, `reviews`, `after_sales`, `documents`.
    component: String,
    /// 0 to 100.
    score: f64,
    /// At the worse end of its interval.
    low: f64,
    /// At the better end.
    high: f64,
    /// Its share of the whole, 0 to 1.
    share: f64,
}

/// The rating of a product.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Rating)]
pub(crate) struct RatingBody {
    /// Its place in the feed.
    sequence: i64,
    merchant: String,
    /// The shop's own number.
    product: String,
    /// The listing; absent while nobody listed it.
    listing: Option<String>,
    market: String,
    category: String,
    /// `A` (best) to `E`.
    grade: String,
    /// Too little is known; the grade is the neutral one.
    new: bool,
    /// 0 to 100.
    score: f64,
    /// Lower bound, which decides the grade.
    lower: f64,
    /// Upper bound.
    upper: f64,
    /// The effect in force; absent where there is none.
    effect: Option<EffectBody>,
    /// Why it moved last, the strongest first; codes explained in the documentation.
    reasons: Vec<String>,
    components: Vec<ComponentBody>,
    /// The closed day it was computed for.
    day: String,
    /// RFC 3339: when it was published.
    at: String,
    /// The page that explains it, below the base address.
    page: String,
    /// The act of its last grade or effect.
    act: Option<String>,
}

fn body(rating: &Rating, policy: &RatingPolicy) -> RatingBody {
    let effect = (rating.applied != Effect::None || rating.held.is_some()).then(|| EffectBody {
        kind: rating.applied.name().to_owned(),
        limits: if rating.applied == Effect::Limited { limits(policy) } else { Vec::new() },
        held: rating.held.as_ref().map(|held| held.how.name().to_owned()),
    });
    let components = Component::ALL
        .iter()
        .map(|component| {
            let part = rating.line.part(*component);
            let component = component.name().to_owned();
            ComponentBody { component, score: part.score, low: part.low, high: part.high, share: part.share }
        })
        .collect();
    RatingBody {
        sequence: rating.sequence,
        merchant: rating.merchant_id.clone(),
        product: rating.product.clone(),
        listing: rating.listing_id.clone(),
        market: rating.market.clone(),
        category: rating.category.clone(),
        grade: rating.grade.name().to_owned(),
        new: rating.is_new,
        score: rating.score,
        lower: rating.lower,
        upper: rating.upper,
        effect,
        reasons: rating.reasons.clone(),
        components,
        day: date_of(rating.day).to_string(),
        at: rating.at.to_rfc3339(),
        page: format!("/console/ratings/{}/{}", part(&rating.merchant_id), part(&rating.product)),
        act: rating.act_id.clone(),
    }
}

fn bodies(kernel: &Kernel, ratings: &[Rating]) -> Result<Vec<RatingBody>> {
    let mut policies: BTreeMap<String, RatingPolicy> = BTreeMap::new();
    let mut bodies = Vec::with_capacity(ratings.len());
    for rating in ratings {
        if !policies.contains_key(&rating.market) {
            policies.insert(rating.market.clone(), policy_of(kernel, &rating.market)?);
        }
        bodies.push(body(rating, &policies[&rating.market]));
    }
    Ok(bodies)
}

/// Where to go on in the feed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct FeedQuery {
    /// `next` of the answer before; 0 or nothing: from the beginning.
    since: Option<i64>,
    /// Changes in the answer, 1 to 1,000; 200 unless asked otherwise.
    limit: Option<u64>,
}

/// A part of the feed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RatingFeed)]
pub(crate) struct FeedBody {
    /// In the order of their change. A product that changed again appears at its latest change alone.
    changes: Vec<RatingBody>,
    /// What to ask for next.
    next: i64,
    /// Whether there is more now.
    more: bool,
}

/// What changed since: for the shop's ranking. An `ETag` comes with each answer; asked with it, `304` says that nothing changed.
#[utoipa::path(get, path = "/v1/ratings", tag = "ratings", params(FeedQuery),
    responses((status = 200, description = "A part of the feed", body = FeedBody), (status = 304, description = "Nothing changed")))]
pub(crate) async fn feed(
    State(site): State<Site>,
    Signed(actor): Signed,
    Query(asked): Query<FeedQuery>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let since = asked.since.unwrap_or(0);
    if since < 0 {
        return Err(Problem::invalid_field("since", "ratings-fault-since").into());
    }
    let limit = asked.limit.unwrap_or(FEED_ROWS).clamp(1, FEED_ROWS_MAX);
    let newest = read::newest(site.kernel(), &actor).await?;
    let tag = format!("\"r{since}-{limit}-{newest}\"");
    let tag_value = HeaderValue::from_str(&tag).map_err(Problem::internal)?;
    let kept = [(header::ETAG, tag_value), (header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"))];
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag) {
        return Ok((StatusCode::NOT_MODIFIED, kept).into_response());
    }
    let feed = read::feed(site.kernel(), &actor, since, limit).await?;
    let changes = bodies(site.kernel(), &feed.changes)?;
    Ok((kept, axum::Json(FeedBody { changes, next: feed.next, more: feed.more })).into_response())
}

/// One rating; a merchant sees its own.
#[utoipa::path(get, path = "/v1/ratings/{merchant}/{product}", tag = "ratings",
    params(("merchant" = String, Path, description = "Merchant id"), ("product" = String, Path, description = "The shop's number")),
    responses((status = 200, description = "The rating", body = RatingBody), (status = 404, description = "None, or another merchant's")))]
pub(crate) async fn one(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path((merchant, product)): Path<(String, String)>,
) -> Result<axum::Json<RatingBody>, Failure> {
    let detail = read::detail(site.kernel(), &actor, &merchant, &product).await?;
    Ok(axum::Json(body(&detail.rating, &detail.policy)))
}

/// The proof of a line.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RatingProof)]
pub(crate) struct ProofBody {
    /// The closed day.
    day: String,
    /// The line of the day file, byte for byte. Its leaf hash is SHA-256 of a zero byte and the line.
    line: String,
    /// Number of the line, from 0.
    index: u64,
    /// Lines of the file.
    size: u64,
    /// RFC 9162 inclusion path from the leaf up, hexadecimal.
    path: Vec<String>,
    /// Root over the lines, hexadecimal: stands in the act.
    root: String,
    /// SHA-256 of the file, hexadecimal: stands in the act.
    sha256: String,
    /// The act `ratings.computed` in the ledger.
    act: String,
    /// The policy and the cohorts of that day: the head of the file.
    #[schema(value_type = Object)]
    head: serde_json::Value,
}

/// That a rating stands in the file of its day: the line and its path to the root that the ledger names.
#[utoipa::path(get, path = "/v1/ratings/{merchant}/{product}/proof", tag = "ratings",
    params(("merchant" = String, Path, description = "Merchant id"), ("product" = String, Path, description = "The shop's number")),
    responses((status = 200, description = "The proof", body = ProofBody), (status = 404, description = "None, or another merchant's")))]
pub(crate) async fn line_proof(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path((merchant, product)): Path<(String, String)>,
) -> Result<axum::Json<ProofBody>, Failure> {
    let proof = proof::line_proof(site.kernel(), &actor, &merchant, &product, None).await?;
    let head: Head = read::detail(site.kernel(), &actor, &merchant, &product).await?.head;
    Ok(axum::Json(ProofBody {
        day: date_of(proof.day).to_string(),
        line: proof.line,
        index: proof.index,
        size: proof.size,
        path: proof.path.iter().map(tlog::Hash::to_hex).collect(),
        root: proof.root.to_hex(),
        sha256: proof.sha256,
        act: proof.act_id,
        head: serde_json::to_value(&head).map_err(Problem::internal)?,
    }))
}
