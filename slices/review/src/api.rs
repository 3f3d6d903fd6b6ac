//! The JSON API of the queue. What an item really is (a second look, golden) is not told here either.

use crate::model::{Evidence, Item, ItemState, Reason, Verdict, Worst};
use crate::queue::Filter;
use crate::{decide as decisions, measures as measured, queue};
use axum::extract::State;
use ground::{Bilingual, Fault, Problem};
use kernel::Result;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{Failure, Json, PageBody, PagingQuery, Path, Query, Signed, Site};

/// An item of the review queue.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReviewItem {
    id: String,
    version_id: String,
    listing_id: String,
    merchant_id: String,
    merchant_name: String,
    title: String,
    category: String,
    market: String,
    /// `none`, `info`, `minor`, `major`, `severe`.
    worst: String,
    rules: Vec<String>,
    queue: String,
    priority: i64,
    /// `waiting`, `claimed`, `decided`, `second_review`, `disagreed`, `closed`.
    state: String,
    /// RFC 3339.
    requested_at: String,
    /// RFC 3339.
    due_at: String,
    overdue: bool,
    claimed_by: Option<String>,
    /// Number of the claim, only for whoever holds it: decide and renew name it.
    claim_id: Option<String>,
    /// RFC 3339.
    lease_until: Option<String>,
}

fn item_body(item: Item, reader: &str, now: ground::Timestamp) -> ReviewItem {
    let own = item.is_held_by(reader, now);
    let held = item.is_held(now);
    ReviewItem {
        overdue: item.due_at < now && matches!(item.state, ItemState::Waiting | ItemState::Claimed),
        worst: item.worst.name().to_owned(),
        state: item.state.name().to_owned(),
        requested_at: item.requested_at.to_rfc3339(),
        due_at: item.due_at.to_rfc3339(),
        claimed_by: item.claimed_by.filter(|_| held),
        claim_id: item.claim_id.filter(|_| own),
        lease_until: item.lease_until.filter(|_| held).map(ground::Timestamp::to_rfc3339),
        id: item.id,
        version_id: item.version_id,
        listing_id: item.listing_id,
        merchant_id: item.merchant_id,
        merchant_name: item.merchant_name,
        title: item.title,
        category: item.category,
        market: item.market,
        rules: item.rules,
        queue: item.queue,
        priority: item.priority,
    }
}

/// Which items.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct ItemsQuery {
    /// State.
    state: Option<String>,
    /// Queue.
    queue: Option<String>,
    /// At least this severity.
    worst: Option<String>,
    /// Category or anything above it.
    category: Option<String>,
    /// Market.
    market: Option<String>,
    /// `true`: only what the caller holds.
    #[serde(default)]
    mine: bool,
    /// `true`: only what is late.
    #[serde(default)]
    overdue: bool,
    /// Part of the title.
    q: Option<String>,
    /// Page, from 1.
    #[allow(dead_code)]
    page: Option<u64>,
    /// Rows on a page.
    #[allow(dead_code)]
    rows: Option<u64>,
    /// `due`, `severity`, `title`, `queue`, `requested`; with `-` the other way round.
    #[allow(dead_code)]
    sort: Option<String>,
}

/// Reads the filter of a list; an unknown word is refused with its field.
pub(crate) fn filter(state: Option<&str>, worst: Option<&str>, rest: Filter) -> Result<Filter> {
    let mut faults = Vec::new();
    let state = state.filter(|text| !text.is_empty()).map(|text| ItemState::from_name(text).ok_or(text));
    let worst = worst.filter(|text| !text.is_empty()).map(|text| Worst::from_name(text).ok_or(text));
    for (field, wrong) in [("state", state.and_then(Result::err)), ("worst", worst.and_then(Result::err))] {
        if let Some(word) = wrong {
            faults
                .push(Fault::field(field, "review-fault-word").arg("word", word.chars().take(60).collect::<String>()));
        }
    }
    Problem::check(faults)?;
    Ok(Filter { state: state.and_then(Result::ok), worst: worst.and_then(Result::ok), ..rest })
}

/// Lists items, the most urgent first.
#[utoipa::path(get, path = "/v1/review/items", tag = "review", params(ItemsQuery), responses((status = 200, body = PageBody<ReviewItem>)))]
pub(crate) async fn list(
    State(site): State<Site>,
    Signed(actor): Signed,
    Query(query): Query<ItemsQuery>,
    PagingQuery(paging): PagingQuery,
) -> Result<Json<PageBody<ReviewItem>>, Failure> {
    let now = site.kernel().now();
    let rest = Filter {
        queue: query.queue,
        category: query.category,
        market: query.market,
        claimed_by: query.mine.then(|| actor.id.clone()),
        overdue_at: query.overdue.then_some(now),
        search: query.q,
        open: query.state.is_none(),
        ..Filter::default()
    };
    let filter = filter(query.state.as_deref(), query.worst.as_deref(), rest)?;
    let page = queue::list(site.kernel(), &actor, &filter, &paging).await?;
    Ok(Json(PageBody::of(page, |item| item_body(item, &actor.id, now))))
}

/// An item with everything a decision rests on.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReviewWork {
    item: ReviewItem,
    /// Title, words, prices, pictures, documents, findings, comparable prices, similar decisions, differences to the version
    /// on sale: a copy of what the reviewer sees.
    #[schema(value_type = Object)]
    evidence: Evidence,
    /// Reasons a decision may name.
    reasons: Vec<ReviewReason>,
    /// Reasons a decision must name at least.
    reasons_minimum: i64,
    /// Whether the version can no longer be decided.
    stale: bool,
}

/// A reason on offer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReviewReason {
    /// What a decision names.
    code: String,
    #[schema(value_type = Object)]
    label: Bilingual,
    /// What the merchant reads.
    #[schema(value_type = Object)]
    merchant: Bilingual,
    /// `approve` or `reject`.
    verdict: String,
    note_required: bool,
}

fn reason_body(reason: Reason) -> ReviewReason {
    ReviewReason {
        code: reason.code,
        label: reason.label,
        merchant: reason.merchant,
        verdict: reason.verdict.name().to_owned(),
        note_required: reason.note_required,
    }
}

/// Shows one item.
#[utoipa::path(get, path = "/v1/review/items/{id}", tag = "review", params(("id" = String, Path)), responses((status = 200, body = ReviewWork)))]
pub(crate) async fn show(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<Json<ReviewWork>, Failure> {
    let work = decisions::show(site.kernel(), &actor, &id).await?;
    Ok(Json(ReviewWork {
        item: item_body(work.item, &actor.id, site.kernel().now()),
        evidence: work.evidence,
        reasons: work.reasons.into_iter().map(reason_body).collect(),
        reasons_minimum: work.reasons_minimum,
        stale: work.stale,
    }))
}

/// Which queue to take from.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NextBody {
    /// Only from this queue.
    #[serde(default)]
    queue: Option<String>,
}

/// What was taken; `null` when nothing waits.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TakenBody {
    item: Option<ReviewItem>,
}

/// Claims the most urgent item.
#[utoipa::path(post, path = "/v1/review/items/next", tag = "review", request_body = NextBody, responses((status = 200, body = TakenBody)))]
pub(crate) async fn next(
    State(site): State<Site>,
    Signed(actor): Signed,
    Json(body): Json<NextBody>,
) -> Result<Json<TakenBody>, Failure> {
    let taken = queue::take_next(site.kernel(), &actor, body.queue.as_deref()).await?;
    Ok(Json(TakenBody { item: taken.map(|item| item_body(item, &actor.id, site.kernel().now())) }))
}

/// Claims this item.
#[utoipa::path(post, path = "/v1/review/items/{id}/claim", tag = "review", params(("id" = String, Path)), responses((status = 200, body = ReviewItem)))]
pub(crate) async fn claim(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<Json<ReviewItem>, Failure> {
    let item = queue::claim(site.kernel(), &actor, &id).await?;
    Ok(Json(item_body(item, &actor.id, site.kernel().now())))
}

/// A claim by its number.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClaimBody {
    /// Number of the claim.
    claim_id: String,
}

/// Extends a claim.
#[utoipa::path(post, path = "/v1/review/items/{id}/renew", tag = "review", params(("id" = String, Path)), request_body = ClaimBody, responses((status = 200, body = ReviewItem)))]
pub(crate) async fn renew(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Json(body): Json<ClaimBody>,
) -> Result<Json<ReviewItem>, Failure> {
    let item = queue::renew(site.kernel(), &actor, &id, &body.claim_id).await?;
    Ok(Json(item_body(item, &actor.id, site.kernel().now())))
}

/// Gives an item back.
#[utoipa::path(post, path = "/v1/review/items/{id}/release", tag = "review", params(("id" = String, Path)), responses((status = 204)))]
pub(crate) async fn release(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<axum::http::StatusCode, Failure> {
    queue::release(site.kernel(), &actor, &id).await?;
    Ok(axum::http::StatusCode::NO_CONTENT)
}

/// A decision.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DecideBody {
    /// Number of the claim it is made under.
    claim_id: String,
    /// The version that was looked at.
    version_id: String,
    /// `approve` or `reject`.
    verdict: String,
    /// Codes of the reasons.
    reasons: Vec<String>,
    /// Note to the merchant.
    #[serde(default)]
    note: String,
}

/// What was decided.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DecidedBody {
    /// The act in the ledger.
    act_id: String,
    /// `approve` or `reject`.
    verdict: String,
    reasons: Vec<String>,
    /// RFC 3339.
    decided_at: String,
}

/// Decides an item the caller holds.
#[utoipa::path(post, path = "/v1/review/items/{id}/decide", tag = "review", params(("id" = String, Path)), request_body = DecideBody, responses((status = 200, body = DecidedBody)))]
pub(crate) async fn decide(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Json(body): Json<DecideBody>,
) -> Result<Json<DecidedBody>, Failure> {
    let verdict =
        Verdict::from_name(&body.verdict).ok_or_else(|| Problem::invalid_field("/verdict", "review-fault-verdict"))?;
    let judgement = decisions::Judgement {
        claim_id: body.claim_id,
        version_id: body.version_id,
        verdict,
        reasons: body.reasons,
        note: body.note,
    };
    let decision = decisions::decide(site.kernel(), &actor, &id, &judgement).await?;
    Ok(Json(DecidedBody {
        act_id: decision.act_id,
        verdict: decision.verdict.name().to_owned(),
        reasons: decision.reasons,
        decided_at: decision.decided_at.to_rfc3339(),
    }))
}

/// A queue with what is in it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReviewQueue {
    queue: String,
    waiting: u64,
    claimed: u64,
    overdue: u64,
}

/// Counts what is open by queue.
#[utoipa::path(get, path = "/v1/review/queues", tag = "review", responses((status = 200, body = Vec<ReviewQueue>)))]
pub(crate) async fn queues(State(site): State<Site>, Signed(actor): Signed) -> Result<Json<Vec<ReviewQueue>>, Failure> {
    let counts = queue::queues(site.kernel(), &actor).await?;
    let body = |count: queue::QueueCount| ReviewQueue {
        queue: count.queue,
        waiting: count.waiting,
        claimed: count.claimed,
        overdue: count.overdue,
    };
    Ok(Json(counts.into_iter().map(body).collect()))
}

/// Measures of one person, rule or queue, or of all.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReviewMeasure {
    name: String,
    decisions: u64,
    rejected: u64,
    median_seconds: Option<f64>,
    /// Pairs of first and second opinions.
    pairs: u64,
    /// Observed share of agreement.
    agreement: Option<f64>,
    /// Cohen's kappa; absent without pairs, or where nobody ever said the other thing.
    kappa: Option<f64>,
    kappa_standard_error: Option<f64>,
    golden: u64,
    golden_right_share: Option<f64>,
    checked: u64,
    overturned: u64,
    overturn_rate: Option<f64>,
    kappa_low: bool,
    golden_low: bool,
}

/// Measures of a window.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReviewMeasures {
    from: String,
    until: String,
    kappa_minimum: f64,
    golden_pass_share: f64,
    total: ReviewMeasure,
    reviewers: Vec<ReviewMeasure>,
    rules: Vec<ReviewMeasure>,
    queues: Vec<ReviewMeasure>,
}

fn measure_body(row: measured::Measure) -> ReviewMeasure {
    ReviewMeasure {
        golden_right_share: row.golden_share(),
        overturn_rate: row.overturn_rate(),
        pairs: row.agreement.map_or(0, |agreement| agreement.pairs),
        agreement: row.agreement.map(|agreement| agreement.observed),
        kappa: row.agreement.and_then(|agreement| agreement.kappa),
        kappa_standard_error: row.agreement.and_then(|agreement| agreement.standard_error),
        name: row.name,
        decisions: row.decisions,
        rejected: row.rejected,
        median_seconds: row.median_seconds,
        golden: row.golden,
        checked: row.checked,
        overturned: row.overturned,
        kappa_low: row.kappa_low,
        golden_low: row.golden_low,
    }
}

/// Measures reviewers, rules and queues over the window of the policy.
#[utoipa::path(get, path = "/v1/review/measures", tag = "review", responses((status = 200, body = ReviewMeasures)))]
pub(crate) async fn measures(State(site): State<Site>, Signed(actor): Signed) -> Result<Json<ReviewMeasures>, Failure> {
    let found = measured::measures(site.kernel(), &actor).await?;
    let all = |rows: Vec<measured::Measure>| rows.into_iter().map(measure_body).collect();
    Ok(Json(ReviewMeasures {
        from: found.from.to_rfc3339(),
        until: found.until.to_rfc3339(),
        kappa_minimum: found.kappa_minimum,
        golden_pass_share: found.golden_pass_share,
        total: measure_body(found.total),
        reviewers: all(found.reviewers),
        rules: all(found.rules),
        queues: all(found.queues),
    }))
}
