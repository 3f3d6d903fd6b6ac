//! The JSON routes of this duty and their shapes.

use crate::clocks::clocks;
use crate::model::{Content, Counts, Kind, Notice, ReachRow, Recall, State as RecallState};
use crate::{Error, Filter, New, Step};
use axum::extract::State;
use axum::http::StatusCode;
use ground::Timestamp;
use kernel::Kernel;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::{Failure, Json, PageBody, PagingQuery, Path, Query, Signed, Site};

/// A recall as it is written.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RecallInput)]
pub(crate) struct Input {
    /// `cn` when left out.
    #[serde(default)]
    market: String,
    /// `unit`, `lot`, `document`, `supplier` or `goods`.
    origin: String,
    /// A code (element string or Digital Link), a lot id, a document number, a merchant id or plant, a GTIN.
    origin_ref: String,
    /// 1 (gravest) to 3.
    level: u8,
    /// `authority`, `notice`, `own` or `merchant`.
    informed_by: String,
    /// Day, `YYYY-MM-DD`; today when left out.
    #[serde(default)]
    informed_on: String,
    /// Seek the sources first and recall everything made of them.
    #[serde(default)]
    from_sources: bool,
    /// Take the listings of the lots off the shelf.
    #[serde(default = "yes")]
    stop_sale: bool,
    /// `refund`, `exchange`, `repair` or `destroy`.
    remedy: String,
    /// What is wrong: at least one language.
    #[serde(default)]
    reason_zh: String,
    #[serde(default)]
    reason_en: String,
    /// What a buyer should do: at least one language.
    #[serde(default)]
    advice_zh: String,
    #[serde(default)]
    advice_en: String,
}

fn yes() -> bool {
    true
}

impl From<Input> for New {
    fn from(input: Input) -> New {
        New {
            market: input.market,
            origin: input.origin,
            origin_ref: input.origin_ref,
            level: input.level,
            informed_by: input.informed_by,
            informed_on: input.informed_on,
            from_sources: input.from_sources,
            stop_sale: input.stop_sale,
            remedy: input.remedy,
            reason_zh: input.reason_zh,
            reason_en: input.reason_en,
            advice_zh: input.advice_zh,
            advice_en: input.advice_en,
        }
    }
}

/// A change of what a recall says.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RecallChange)]
pub(crate) struct Change {
    /// The version that was read.
    version: i64,
    recall: Input,
}

/// The version that was read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RecallVersion)]
pub(crate) struct Version {
    version: i64,
}

/// The end of a recall.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RecallEnd)]
pub(crate) struct End {
    version: i64,
    /// Why, or what came of it.
    note: String,
    /// Closing only: let the listings return to the shelf.
    #[serde(default)]
    give_back: bool,
}

/// A merchant's answer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RecallAnswer)]
pub(crate) struct Answer {
    /// What the merchant does.
    answer: String,
}

/// What was done since the last report.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RecallProgress)]
pub(crate) struct Progress {
    /// The merchant; its own when left out.
    merchant_id: Option<String>,
    #[serde(default)]
    returned: i64,
    #[serde(default)]
    remedied: i64,
    #[serde(default)]
    note: String,
}

/// Counts of a recall.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RecallCounts)]
pub(crate) struct CountsBody {
    lots: i64,
    units: i64,
    sold: i64,
    containers: i64,
    orders: i64,
    merchants: i64,
    listings: i64,
    told: i64,
    answered: i64,
    returned: i64,
    remedied: i64,
    /// Share of sold units that came back; absent where nothing was sold.
    effectiveness: Option<f64>,
}

impl From<Counts> for CountsBody {
    fn from(counts: Counts) -> Self {
        CountsBody {
            lots: counts.lots,
            units: counts.units,
            sold: counts.sold,
            containers: counts.containers,
            orders: counts.orders,
            merchants: counts.merchants,
            listings: counts.listings,
            told: counts.told,
            answered: counts.answered,
            returned: counts.returned,
            remedied: counts.remedied,
            effectiveness: counts.effectiveness(),
        }
    }
}

/// A clock of a recall.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RecallClock)]
pub(crate) struct ClockBody {
    /// `start`, `stop_sale`, `answer` or `finish`.
    name: &'static str,
    due: String,
    /// When it was met; absent while it runs.
    met: Option<String>,
    late: bool,
}

/// A recall.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Recall)]
pub(crate) struct RecallBody {
    id: String,
    market: String,
    /// `draft`, `previewed`, `started`, `notifying`, `remedying`, `closed` or `cancelled`.
    state: &'static str,
    version: i64,
    origin: &'static str,
    origin_ref: String,
    level: u8,
    informed_by: &'static str,
    informed_at: String,
    from_sources: bool,
    stop_sale: bool,
    remedy: &'static str,
    reason_zh: String,
    reason_en: String,
    advice_zh: String,
    advice_en: String,
    counts: CountsBody,
    /// The reach was larger than its limit.
    cut: bool,
    clocks: Vec<ClockBody>,
    created_at: String,
    started_at: Option<String>,
    stopped_at: Option<String>,
    notified_at: Option<String>,
    closed_at: Option<String>,
    closing_note: String,
    /// The act of the start.
    start_act: Option<String>,
}

fn time(at: Option<Timestamp>) -> Option<String> {
    at.map(Timestamp::to_rfc3339)
}

impl RecallBody {
    pub(crate) fn of(kernel: &Kernel, recall: Recall) -> Result<RecallBody, Error> {
        let now = kernel.now();
        let clocks = clocks(kernel, &recall)?;
        let clocks = clocks.into_iter().map(|clock| ClockBody {
            name: clock.name,
            due: clock.due.to_rfc3339(),
            met: time(clock.met),
            late: clock.is_late(now),
        });
        let Content { origin, level, informed_by, remedy, from_sources, stop_sale, .. } = recall.content;
        Ok(RecallBody {
            clocks: clocks.collect(),
            id: recall.id,
            market: recall.market,
            state: recall.state.name(),
            version: recall.version,
            origin: origin.name(),
            origin_ref: recall.content.origin_ref,
            level,
            informed_by: informed_by.name(),
            informed_at: Timestamp::from_micros(recall.content.informed_at_micros).to_rfc3339(),
            from_sources,
            stop_sale,
            remedy: remedy.name(),
            reason_zh: recall.content.reason_zh,
            reason_en: recall.content.reason_en,
            advice_zh: recall.content.advice_zh,
            advice_en: recall.content.advice_en,
            counts: recall.counts.into(),
            cut: recall.cut,
            created_at: recall.created_at.to_rfc3339(),
            started_at: time(recall.started_at),
            stopped_at: time(recall.stopped_at),
            notified_at: time(recall.notified_at),
            closed_at: time(recall.closed_at),
            closing_note: recall.closing_note,
            start_act: recall.start_act_id,
        })
    }
}

/// One thing a recall reaches.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RecallReach)]
pub(crate) struct ReachBody {
    /// `lot`, `unit`, `container`, `order`, `merchant`, `listing` or `other`.
    kind: &'static str,
    reference: String,
    /// `start`, `source`, `affected` or `carrier`.
    part: &'static str,
    name: String,
    merchant_id: String,
    units: i64,
    sold: i64,
    since: Option<String>,
    until: Option<String>,
    /// From what it was reached, and by which event.
    via: String,
    event: String,
    /// `on` when it was stopped, `off` when not (or given back), `skipped` when there was nothing to stop.
    stopped: &'static str,
}

impl From<ReachRow> for ReachBody {
    fn from(row: ReachRow) -> Self {
        ReachBody {
            kind: row.kind.name(),
            reference: row.reference,
            part: row.part.name(),
            name: row.name,
            merchant_id: row.merchant_id,
            units: row.units,
            sold: row.sold,
            since: time(row.since),
            until: time(row.until),
            via: row.via,
            event: row.event,
            stopped: row.done.name(),
        }
    }
}

/// What a merchant was told, and its answer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RecallNotice)]
pub(crate) struct NoticeBody {
    recall_id: String,
    merchant_id: String,
    sent_at: String,
    answered_at: Option<String>,
    answer: String,
    returned: i64,
    remedied: i64,
}

impl From<Notice> for NoticeBody {
    fn from(notice: Notice) -> Self {
        NoticeBody {
            recall_id: notice.recall_id,
            merchant_id: notice.merchant_id,
            sent_at: notice.sent_at.to_rfc3339(),
            answered_at: time(notice.answered_at),
            answer: notice.answer,
            returned: notice.returned,
            remedied: notice.remedied,
        }
    }
}

/// The closing report.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RecallReport)]
pub(crate) struct ReportBody {
    recall: RecallBody,
    notices: Vec<NoticeBody>,
    /// Lots and units that were recalled.
    recalled: Vec<ReachBody>,
    acts: Vec<ActLine>,
}

/// An act of a recall; its proof is at `/v1/acts/{id}/proof`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RecallActLine)]
pub(crate) struct ActLine {
    id: String,
    at: String,
    kind: String,
    leaf_index: Option<u64>,
}

/// One unit that was sold.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RecallOrder)]
pub(crate) struct OrderBody {
    /// GTIN, dot, serial.
    unit: String,
    /// The shop's order number.
    order: String,
}

/// Which recalls.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(crate) struct ListQuery {
    /// A state.
    pub state: Option<String>,
    /// 1, 2 or 3.
    pub level: Option<u8>,
    /// `true`: only those under way.
    pub running: Option<bool>,
}

impl ListQuery {
    pub(crate) fn filter(&self) -> Result<Filter, Error> {
        let state = match self.state.as_deref().filter(|name| !name.is_empty()) {
            None => None,
            Some(name) => {
                Some(RecallState::from_name(name).ok_or_else(|| Error::field("state", "recalls-fault-state"))?)
            }
        };
        Ok(Filter { state, level: self.level, running: self.running.unwrap_or(false) })
    }
}

/// Which rows of a reach.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(crate) struct ReachQuery {
    /// A kind.
    pub kind: Option<String>,
}

impl ReachQuery {
    pub(crate) fn kind(&self) -> Result<Option<Kind>, Error> {
        match self.kind.as_deref().filter(|name| !name.is_empty()) {
            None => Ok(None),
            Some(name) => Kind::from_name(name).map(Some).ok_or_else(|| Error::field("kind", "recalls-fault-kind")),
        }
    }
}

/// The recalls.
#[utoipa::path(get, path = "/v1/recalls", tag = "recalls", params(ListQuery), responses((status = 200, body = PageBody<RecallBody>)))]
pub(crate) async fn list(
    State(site): State<Site>,
    Signed(actor): Signed,
    Query(query): Query<ListQuery>,
    PagingQuery(paging): PagingQuery,
) -> Result<Json<PageBody<RecallBody>>, Failure> {
    let page = crate::list(site.kernel(), &actor, &query.filter()?, &paging).await?;
    let kernel::Page { rows, total, paging } = page;
    let rows = rows.into_iter().map(|recall| RecallBody::of(site.kernel(), recall)).collect::<Result<Vec<_>, _>>()?;
    Ok(Json(PageBody::of(kernel::Page { rows, total, paging }, |row| row)))
}

/// Opens a recall.
#[utoipa::path(post, path = "/v1/recalls", tag = "recalls", request_body = Input, responses((status = 201, body = RecallBody)))]
pub(crate) async fn open(
    State(site): State<Site>,
    Signed(actor): Signed,
    Json(input): Json<Input>,
) -> Result<(StatusCode, Json<RecallBody>), Failure> {
    let recall = crate::open(site.kernel(), &actor, input.into()).await?;
    Ok((StatusCode::CREATED, Json(RecallBody::of(site.kernel(), recall)?)))
}

/// A recall.
#[utoipa::path(get, path = "/v1/recalls/{id}", tag = "recalls", params(("id" = String, Path, description = "Recall id")), responses((status = 200, body = RecallBody)))]
pub(crate) async fn show(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<Json<RecallBody>, Failure> {
    Ok(Json(RecallBody::of(site.kernel(), crate::get(site.kernel(), &actor, &id).await?)?))
}

/// Changes a recall that is not started.
#[utoipa::path(put, path = "/v1/recalls/{id}", tag = "recalls", params(("id" = String, Path, description = "Recall id")), request_body = Change, responses((status = 200, body = RecallBody)))]
pub(crate) async fn change(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Json(change): Json<Change>,
) -> Result<Json<RecallBody>, Failure> {
    let recall = crate::change(site.kernel(), &actor, &id, change.version, change.recall.into()).await?;
    Ok(Json(RecallBody::of(site.kernel(), recall)?))
}

/// Computes what a recall reaches.
#[utoipa::path(post, path = "/v1/recalls/{id}/preview", tag = "recalls", params(("id" = String, Path, description = "Recall id")), request_body = Version, responses((status = 200, body = RecallBody)))]
pub(crate) async fn preview(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Json(read): Json<Version>,
) -> Result<Json<RecallBody>, Failure> {
    let recall = crate::preview(site.kernel(), &actor, &id, read.version).await?;
    Ok(Json(RecallBody::of(site.kernel(), recall)?))
}

/// Starts a recall whose reach was shown.
#[utoipa::path(post, path = "/v1/recalls/{id}/start", tag = "recalls", params(("id" = String, Path, description = "Recall id")), request_body = Version, responses((status = 200, body = RecallBody)))]
pub(crate) async fn start(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Json(read): Json<Version>,
) -> Result<Json<RecallBody>, Failure> {
    let recall = crate::start(site.kernel(), &actor, &id, read.version).await?;
    Ok(Json(RecallBody::of(site.kernel(), recall)?))
}

/// Closes a recall.
#[utoipa::path(post, path = "/v1/recalls/{id}/close", tag = "recalls", params(("id" = String, Path, description = "Recall id")), request_body = End, responses((status = 200, body = RecallBody)))]
pub(crate) async fn close(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Json(end): Json<End>,
) -> Result<Json<RecallBody>, Failure> {
    let recall = crate::close(site.kernel(), &actor, &id, end.version, &end.note, end.give_back).await?;
    Ok(Json(RecallBody::of(site.kernel(), recall)?))
}

/// Calls a recall off and gives back what it stopped.
#[utoipa::path(post, path = "/v1/recalls/{id}/cancel", tag = "recalls", params(("id" = String, Path, description = "Recall id")), request_body = End, responses((status = 200, body = RecallBody)))]
pub(crate) async fn cancel(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Json(end): Json<End>,
) -> Result<Json<RecallBody>, Failure> {
    let recall = crate::cancel(site.kernel(), &actor, &id, end.version, &end.note).await?;
    Ok(Json(RecallBody::of(site.kernel(), recall)?))
}

/// What a recall reaches.
#[utoipa::path(get, path = "/v1/recalls/{id}/reach", tag = "recalls", params(("id" = String, Path, description = "Recall id"), ReachQuery), responses((status = 200, body = PageBody<ReachBody>)))]
pub(crate) async fn reach(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Query(query): Query<ReachQuery>,
    PagingQuery(paging): PagingQuery,
) -> Result<Json<PageBody<ReachBody>>, Failure> {
    let page = crate::reach_page(site.kernel(), &actor, &id, query.kind()?, &paging).await?;
    Ok(Json(PageBody::of(page, ReachBody::from)))
}

/// The orders of one batch of sold units, for the shop that writes to its buyers.
#[utoipa::path(get, path = "/v1/recalls/{id}/batches/{number}", tag = "recalls", params(("id" = String, Path, description = "Recall id"), ("number" = i64, Path, description = "As in the act `recall.notified`")), responses((status = 200, body = Vec<OrderBody>)))]
pub(crate) async fn batch(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path((id, number)): Path<(String, i64)>,
) -> Result<Json<Vec<OrderBody>>, Failure> {
    let orders = crate::batch_orders(site.kernel(), &actor, &id, number).await?;
    Ok(Json(orders.into_iter().map(|(unit, order)| OrderBody { unit, order }).collect()))
}

/// The closing report, or how far it is.
#[utoipa::path(get, path = "/v1/recalls/{id}/report", tag = "recalls", params(("id" = String, Path, description = "Recall id")), responses((status = 200, body = ReportBody)))]
pub(crate) async fn report(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<Json<ReportBody>, Failure> {
    let kernel = site.kernel();
    let recall = crate::get(kernel, &actor, &id).await?;
    let notices = crate::notices(kernel, &actor, &id).await?;
    let recalled = crate::progress::recalled(kernel, &actor, &id).await?;
    let mut acts = crate::history(kernel, &actor, &id).await?;
    acts.reverse();
    Ok(Json(ReportBody {
        recall: RecallBody::of(kernel, recall)?,
        notices: notices.into_iter().map(NoticeBody::from).collect(),
        recalled: recalled.into_iter().map(ReachBody::from).collect(),
        acts: acts
            .into_iter()
            .map(|act| ActLine { id: act.id, at: act.at.to_rfc3339(), kind: act.kind, leaf_index: act.leaf_index })
            .collect(),
    }))
}

/// What the caller's merchant was told.
#[utoipa::path(get, path = "/v1/recall-notices", tag = "recalls", responses((status = 200, body = PageBody<NoticeBody>)))]
pub(crate) async fn notices(
    State(site): State<Site>,
    Signed(actor): Signed,
    PagingQuery(paging): PagingQuery,
) -> Result<Json<PageBody<NoticeBody>>, Failure> {
    let page = crate::notices_to(site.kernel(), &actor, &paging).await?;
    Ok(Json(PageBody::of(page, |(notice, _)| notice.into())))
}

/// A merchant answers a notice.
#[utoipa::path(post, path = "/v1/recalls/{id}/answer", tag = "recalls", params(("id" = String, Path, description = "Recall id")), request_body = Answer, responses((status = 200, body = NoticeBody)))]
pub(crate) async fn answer(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Json(answer): Json<Answer>,
) -> Result<Json<NoticeBody>, Failure> {
    Ok(Json(crate::answer(site.kernel(), &actor, &id, &answer.answer).await?.into()))
}

/// What came back and was remedied since the last report.
#[utoipa::path(post, path = "/v1/recalls/{id}/progress", tag = "recalls", params(("id" = String, Path, description = "Recall id")), request_body = Progress, responses((status = 200, body = NoticeBody)))]
pub(crate) async fn progress(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Json(progress): Json<Progress>,
) -> Result<Json<NoticeBody>, Failure> {
    let merchant = match &progress.merchant_id {
        Some(merchant) => merchant.clone(),
        None => actor.own_organisation()?.to_owned(),
    };
    let step = Step { returned: progress.returned, remedied: progress.remedied, note: progress.note };
    Ok(Json(crate::report_progress(site.kernel(), &actor, &id, &merchant, step).await?.into()))
}
