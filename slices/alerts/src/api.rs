//! JSON routes and their shapes.

use crate::backtest::{self, Asked, Backtest};
use crate::decide::{self, Closing};
use crate::list::{self, Filter};
use crate::model::{Alert, Ending, Reason, State};
use crate::raise::date_text;
use crate::{evidence, watching};
use axum::extract::State as FromState;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use detectors::{Action, Family, Level, Measure, Scope};
use ground::{Fault, Problem, Timestamp};
use jiff::civil::Date;
use kernel::Permission;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};
use web::{Failure, Json, PageBody, PagingQuery, Path, Query, Signed, Site};

/// An alert.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Alert)]
pub(crate) struct AlertBody {
    id: String,
    /// `quality`, `sales`, `reviews`, `price`, `codes`.
    family: String,
    /// `product`, `lot`, `merchant`, `category`.
    scope: String,
    /// `merchant/product`, `merchant/lot`, merchant id or category.
    key: String,
    merchant_id: Option<String>,
    /// The shop's number of the product, where the alert is about one or about a lot of a known one.
    product: Option<String>,
    /// The lot, where the alert is about one.
    lot: Option<String>,
    /// The policy row that speaks strongest.
    detector: Option<String>,
    listing_id: Option<String>,
    title: String,
    category: String,
    /// `open`, `acknowledged`, `in_action`, `closed`.
    state: String,
    /// `watch`, `enforcement`.
    level: String,
    /// What is proposed: `look`, `inspect`, `stop_sale`.
    action: String,
    /// How the strongest contribution judged.
    method: String,
    measure: Option<String>,
    /// Date since which the trouble lasts.
    since: String,
    /// Last date on which a detector said so.
    last: String,
    times: u32,
    raised_at: String,
    updated_at: String,
    handler: Option<String>,
    acknowledged_at: Option<String>,
    inspection_requested_at: Option<String>,
    sale_stopped_at: Option<String>,
    /// `true`, `false`, `unclear`.
    closed_as: Option<String>,
    reason: Option<String>,
    closed_at: Option<String>,
    /// What it rests on: per detector the figures, the error rate that holds, and the curve with its band; for staff, of
    /// one alert (a list leaves it out).
    #[schema(value_type = Vec<Object>)]
    contributions: Value,
}

pub(crate) fn as_json(alert: Alert) -> Value {
    serde_json::to_value(body(alert, true)).unwrap_or_default()
}

fn body(alert: Alert, staff: bool) -> AlertBody {
    let local = |key: &str| key.split_once('/').map_or(key, |(_, local)| local).to_owned();
    let product = match alert.subject.scope {
        Scope::Product => Some(local(&alert.subject.key)),
        _ => alert.about.product.as_deref().map(local),
    };
    let moment = |at: Option<Timestamp>| at.map(Timestamp::to_rfc3339);
    AlertBody {
        family: alert.family.name().to_owned(),
        scope: alert.subject.scope.name().to_owned(),
        merchant_id: alert.subject.merchant().map(str::to_owned),
        product,
        lot: (alert.subject.scope == Scope::Lot).then(|| alert.subject.local().to_owned()),
        detector: alert.strongest().map(|one| one.finding.policy.clone()),
        state: alert.state.name().to_owned(),
        level: alert.level.name().to_owned(),
        action: alert.action.name().to_owned(),
        method: alert.method.name().to_owned(),
        measure: alert.measure.map(|measure: Measure| measure.name().to_owned()),
        since: date_text(alert.since_day),
        last: date_text(alert.last_day),
        raised_at: alert.raised_at.to_rfc3339(),
        updated_at: alert.updated_at.to_rfc3339(),
        acknowledged_at: moment(alert.acknowledged_at),
        inspection_requested_at: moment(alert.inspection_at),
        sale_stopped_at: moment(alert.stopped_at),
        closed_at: moment(alert.closed_at),
        closed_as: alert.ending.map(|ending| ending.name().to_owned()),
        reason: alert.reason.map(|reason| reason.name().to_owned()),
        contributions: if staff { evidence::to_json(&alert.contributions) } else { Value::Array(Vec::new()) },
        handler: alert.handler.filter(|_| staff),
        id: alert.id,
        key: alert.subject.key,
        listing_id: alert.about.listing_id,
        title: alert.about.title,
        category: alert.about.category,
        times: alert.times,
    }
}

/// Which alerts.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct AlertsQuery {
    /// `open`, `acknowledged`, `in_action`, `closed`; `standing` for the first three.
    state: Option<String>,
    /// Family.
    family: Option<String>,
    /// `watch`, `enforcement`.
    level: Option<String>,
    /// `true`, `false`, `unclear`.
    closed_as: Option<String>,
    /// `look`, `inspect`, `stop_sale`.
    action: Option<String>,
    /// Merchant id.
    merchant: Option<String>,
    /// Category id.
    category: Option<String>,
    /// A part of the title or key.
    q: Option<String>,
    /// Page, from 1.
    #[allow(dead_code)]
    page: Option<u64>,
    /// Rows on a page.
    #[allow(dead_code)]
    rows: Option<u64>,
    /// `raised`, `updated`, `since`, `times`, `title`, `level`; with `-` the other way round.
    #[allow(dead_code)]
    sort: Option<String>,
}

/// States by a word of a filter.
pub(crate) fn states(word: &str) -> Option<Vec<State>> {
    match word {
        "standing" => Some(State::ALL.iter().copied().filter(|state| state.is_standing()).collect()),
        word => State::from_name(word).map(|state| vec![state]),
    }
}

fn word<T>(field: &str, text: Option<&String>, read: impl Fn(&str) -> Option<T>, faults: &mut Vec<Fault>) -> Option<T> {
    let text = text?;
    let found = read(text);
    if found.is_none() {
        faults.push(Fault::field(field, "alerts-unknown-word"));
    }
    found
}

/// Alerts, newest first. A merchant sees those about its own goods about which something is done.
#[utoipa::path(get, path = "/v1/alerts", tag = "alerts", params(AlertsQuery),
    responses((status = 200, description = "A page of alerts", body = PageBody<AlertBody>)))]
pub(crate) async fn alerts(
    FromState(site): FromState<Site>,
    Signed(actor): Signed,
    Query(asked): Query<AlertsQuery>,
    PagingQuery(paging): PagingQuery,
) -> Result<axum::Json<PageBody<AlertBody>>, Failure> {
    let mut faults = Vec::new();
    let filter = Filter {
        states: word("state", asked.state.as_ref(), states, &mut faults).unwrap_or_default(),
        family: word("family", asked.family.as_ref(), Family::from_name, &mut faults),
        level: word("level", asked.level.as_ref(), Level::from_name, &mut faults),
        ending: word("closed_as", asked.closed_as.as_ref(), Ending::from_name, &mut faults),
        action: word("action", asked.action.as_ref(), Action::from_name, &mut faults),
        merchant_id: asked.merchant,
        category: asked.category,
        search: asked.q,
    };
    Problem::check(faults)?;
    let page = list::list(site.kernel(), &actor, &filter, &paging).await?;
    let staff = actor.may(Permission::AlertsRead);
    Ok(axum::Json(PageBody::of(page, |alert| {
        let mut body = body(alert, staff);
        body.contributions = Value::Array(Vec::new());
        body
    })))
}

/// One alert.
#[utoipa::path(get, path = "/v1/alerts/{id}", tag = "alerts", params(("id" = String, Path, description = "Alert id")),
    responses((status = 200, description = "The alert", body = AlertBody), (status = 404, description = "None, or not yours")))]
pub(crate) async fn alert(
    FromState(site): FromState<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<axum::Json<AlertBody>, Failure> {
    let case = list::one(site.kernel(), &actor, &id).await?;
    Ok(axum::Json(body(case.alert, actor.may(Permission::AlertsRead))))
}

/// Takes an alert.
#[utoipa::path(post, path = "/v1/alerts/{id}/acknowledge", tag = "alerts", params(("id" = String, Path, description = "Alert id")),
    responses((status = 200, description = "Taken", body = AlertBody), (status = 409, description = "Taken or closed before")))]
pub(crate) async fn acknowledge(
    FromState(site): FromState<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<axum::Json<AlertBody>, Failure> {
    Ok(axum::Json(body(decide::acknowledge(site.kernel(), &actor, &id).await?, true)))
}

/// A note.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = AlertNote)]
pub(crate) struct NoteBody {
    /// In words.
    note: String,
}

/// Asks for a test of the goods.
#[utoipa::path(post, path = "/v1/alerts/{id}/inspection", tag = "alerts", request_body = NoteBody,
    params(("id" = String, Path, description = "Alert id")),
    responses((status = 200, description = "Asked for", body = AlertBody), (status = 409, description = "Asked for before, or closed")))]
pub(crate) async fn inspection(
    FromState(site): FromState<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Json(asked): Json<NoteBody>,
) -> Result<axum::Json<AlertBody>, Failure> {
    Ok(axum::Json(body(decide::request_inspection(site.kernel(), &actor, &id, &asked.note).await?, true)))
}

/// Stops the sale of the goods until the alert is closed.
#[utoipa::path(post, path = "/v1/alerts/{id}/stop-sale", tag = "alerts", request_body = NoteBody,
    params(("id" = String, Path, description = "Alert id")),
    responses((status = 200, description = "Stopped", body = AlertBody), (status = 409, description = "Stopped before, closed, or nothing to stop")))]
pub(crate) async fn stop_sale(
    FromState(site): FromState<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Json(asked): Json<NoteBody>,
) -> Result<axum::Json<AlertBody>, Failure> {
    Ok(axum::Json(body(decide::stop_sale(site.kernel(), &actor, &id, &asked.note).await?, true)))
}

/// How an alert ends.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CloseAlert)]
pub(crate) struct CloseBody {
    /// `true`, `false`, `unclear`.
    closed_as: String,
    /// `test_failed`, `confirmed`, `batch_withdrawn` (true); `test_passed`, `ordinary_event`, `wrong_signals` (false);
    /// `not_enough` (unclear); `other`.
    reason: String,
    /// In words; needed for `other`.
    #[serde(default)]
    note: String,
    /// Date until which alerts of its kind about the subject stay away.
    #[serde(default)]
    suppress_until: Option<String>,
}

/// Closes an alert.
#[utoipa::path(post, path = "/v1/alerts/{id}/close", tag = "alerts", request_body = CloseBody,
    params(("id" = String, Path, description = "Alert id")),
    responses((status = 200, description = "Closed", body = AlertBody), (status = 409, description = "Closed before"),
        (status = 422, description = "A field is wrong")))]
pub(crate) async fn close(
    FromState(site): FromState<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Json(asked): Json<CloseBody>,
) -> Result<axum::Json<AlertBody>, Failure> {
    let closing = closing(&asked.closed_as, &asked.reason, &asked.note, asked.suppress_until.as_deref())?;
    Ok(axum::Json(body(decide::close(site.kernel(), &actor, &id, &closing).await?, true)))
}

/// A closing from words.
pub(crate) fn closing(ending: &str, reason: &str, note: &str, until: Option<&str>) -> kernel::Result<Closing> {
    let mut faults = Vec::new();
    let ending = Ending::from_name(ending);
    if ending.is_none() {
        faults.push(Fault::field("closed_as", "alerts-ending-needed"));
    }
    let reason = Reason::from_name(reason);
    if reason.is_none() {
        faults.push(Fault::field("reason", "alerts-reason-needed"));
    }
    let until = date("suppress_until", until.filter(|text| !text.is_empty()), &mut faults);
    Problem::check(faults)?;
    match (ending, reason) {
        (Some(ending), Some(reason)) => Ok(Closing { ending, reason, note: note.to_owned(), suppress_until: until }),
        _ => Err(Problem::invalid_field("closed_as", "alerts-ending-needed")),
    }
}

/// A date of a field.
pub(crate) fn date(field: &str, text: Option<&str>, faults: &mut Vec<Fault>) -> Option<Date> {
    let text = text?;
    let read: Option<Date> = text.trim().parse().ok();
    if read.is_none() {
        faults.push(Fault::field(field, "alerts-date"));
    }
    read
}

/// A suppression.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SuppressAlerts)]
pub(crate) struct SuppressBody {
    /// Date until which (not included) alerts of its kind about the subject stay away.
    until: String,
    /// Why.
    reason: String,
}

/// What a suppression became.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AlertSuppression)]
pub(crate) struct SuppressionBody {
    id: String,
    family: String,
    scope: String,
    key: String,
    until: String,
    kept_away: u32,
}

impl From<crate::model::Suppression> for SuppressionBody {
    fn from(held: crate::model::Suppression) -> Self {
        SuppressionBody {
            family: held.family.name().to_owned(),
            scope: held.subject.scope.name().to_owned(),
            until: held.until.to_rfc3339(),
            kept_away: held.kept_away,
            id: held.id,
            key: held.subject.key,
        }
    }
}

/// Keeps alerts of this kind about the subject away until a day.
#[utoipa::path(post, path = "/v1/alerts/{id}/suppress", tag = "alerts", request_body = SuppressBody,
    params(("id" = String, Path, description = "Alert id")),
    responses((status = 201, description = "Suppressed", body = SuppressionBody), (status = 422, description = "A field is wrong")))]
pub(crate) async fn suppress(
    FromState(site): FromState<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Json(asked): Json<SuppressBody>,
) -> Result<Response, Failure> {
    let mut faults = Vec::new();
    let until = date("until", Some(&asked.until), &mut faults);
    Problem::check(faults)?;
    let until = until.ok_or_else(|| Problem::invalid_field("until", "alerts-date"))?;
    let held = decide::suppress(site.kernel(), &actor, &id, until, &asked.reason).await?;
    Ok((StatusCode::CREATED, axum::Json(SuppressionBody::from(held))).into_response())
}

/// Suppressions that hold.
#[utoipa::path(get, path = "/v1/alert-suppressions", tag = "alerts", params(crate::api::PageOnly),
    responses((status = 200, description = "A page of suppressions", body = PageBody<SuppressionBody>)))]
pub(crate) async fn suppressions(
    FromState(site): FromState<Site>,
    Signed(actor): Signed,
    PagingQuery(paging): PagingQuery,
) -> Result<axum::Json<PageBody<SuppressionBody>>, Failure> {
    let page = list::suppressions(site.kernel(), &actor, &paging).await?;
    Ok(axum::Json(PageBody::of(page, SuppressionBody::from)))
}

/// Which page.
#[derive(Debug, Default, Deserialize, IntoParams)]
pub(crate) struct PageOnly {
    /// Page, from 1.
    #[allow(dead_code)]
    page: Option<u64>,
    /// Rows on a page.
    #[allow(dead_code)]
    rows: Option<u64>,
}

/// Ends a suppression before its time.
#[utoipa::path(post, path = "/v1/alert-suppressions/{id}/end", tag = "alerts", params(("id" = String, Path, description = "Suppression id")),
    responses((status = 204, description = "Ended"), (status = 409, description = "It was over")))]
pub(crate) async fn end_suppression(
    FromState(site): FromState<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<StatusCode, Failure> {
    decide::end_suppression(site.kernel(), &actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A detector in force.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Detector)]
pub(crate) struct DetectorBody {
    id: String,
    market: String,
    /// `off`, `shadow`, `percentage: n`, `on`.
    mode: String,
    method: String,
    measure: Option<String>,
    scope: String,
    level: String,
    error_rate: f64,
    /// What the error rate promises: `false_discovery`, `per_key`, `per_day`, `rule`.
    promise: String,
    action: String,
    minutes_per_alert: u32,
    limits: BTreeMap<String, f64>,
    /// Alerts it would have raised in shadow over the last 30 days.
    shadow_alerts: u64,
    shadow_minutes: u64,
    shadow_cost_minor: i64,
}

/// Every detector in force today.
#[utoipa::path(get, path = "/v1/detectors", tag = "alerts", responses((status = 200, description = "Detectors", body = Vec<DetectorBody>)))]
pub(crate) async fn detectors(
    FromState(site): FromState<Site>,
    Signed(actor): Signed,
) -> Result<axum::Json<Vec<DetectorBody>>, Failure> {
    let all = watching::in_force(site.kernel(), &actor).await?;
    let body = |one: watching::InForce| DetectorBody {
        id: one.row.id.clone(),
        mode: one.row.mode.to_string(),
        method: one.policy.method.name().to_owned(),
        measure: one.policy.measure.map(|measure| measure.name().to_owned()),
        scope: one.policy.scope.name().to_owned(),
        level: one.policy.level.name().to_owned(),
        error_rate: one.policy.error_rate,
        promise: one.policy.method.promise().name().to_owned(),
        action: one.row.body.action.name().to_owned(),
        minutes_per_alert: one.row.body.minutes_per_alert,
        limits: one.row.body.limits.clone(),
        market: one.market,
        shadow_alerts: one.shadow_alerts,
        shadow_minutes: one.shadow_minutes,
        shadow_cost_minor: one.shadow_cost_minor,
    };
    Ok(axum::Json(all.into_iter().map(body).collect()))
}

/// A changed detector to try on history.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewBacktest)]
pub(crate) struct NewBacktest {
    /// Id of a detector in force.
    policy: String,
    /// Another error rate.
    #[serde(default)]
    error_rate: Option<f64>,
    /// Other thresholds by name.
    #[serde(default)]
    limits: BTreeMap<String, f64>,
    /// Share of keys it acts on, percent.
    #[serde(default)]
    rollout_percent: Option<u8>,
    /// First date judged.
    from: String,
    /// Last date judged.
    until: String,
}

/// A trial and what came of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Backtest)]
pub(crate) struct BacktestBody {
    id: String,
    policy: String,
    /// `waiting`, `done`, `failed`.
    state: String,
    #[schema(value_type = Object)]
    asked: Value,
    /// Days, keys, alerts, minutes, cost, agreement with how alerts ended, and the alerts themselves.
    #[schema(value_type = Option<Object>)]
    outcome: Option<Value>,
    asked_at: String,
    finished_at: Option<String>,
}

impl From<Backtest> for BacktestBody {
    fn from(trial: Backtest) -> Self {
        BacktestBody {
            asked_at: trial.at.to_rfc3339(),
            finished_at: trial.finished_at.map(Timestamp::to_rfc3339),
            id: trial.id,
            policy: trial.policy,
            state: trial.state,
            asked: trial.asked,
            outcome: trial.outcome,
        }
    }
}

/// Tries a changed detector on history.
#[utoipa::path(post, path = "/v1/detectors/backtests", tag = "alerts", request_body = NewBacktest,
    responses((status = 202, description = "It will be run", body = BacktestBody), (status = 422, description = "A field is wrong")))]
pub(crate) async fn new_backtest(
    FromState(site): FromState<Site>,
    Signed(actor): Signed,
    Json(new): Json<NewBacktest>,
) -> Result<Response, Failure> {
    let mut faults = Vec::new();
    let (from, until) = (date("from", Some(&new.from), &mut faults), date("until", Some(&new.until), &mut faults));
    Problem::check(faults)?;
    let (Some(from), Some(until)) = (from, until) else {
        return Err(Problem::invalid_field("from", "alerts-date").into());
    };
    let asked = Asked {
        policy: new.policy,
        error_rate: new.error_rate,
        limits: new.limits,
        rollout_percent: new.rollout_percent,
        from,
        until,
    };
    let id = backtest::ask(site.kernel(), &actor, &asked).await?;
    let trial = backtest::get(site.kernel(), &actor, &id).await?;
    Ok((StatusCode::ACCEPTED, axum::Json(BacktestBody::from(trial))).into_response())
}

/// A trial.
#[utoipa::path(get, path = "/v1/detectors/backtests/{id}", tag = "alerts", params(("id" = String, Path, description = "Trial id")),
    responses((status = 200, description = "The trial", body = BacktestBody)))]
pub(crate) async fn backtest_by_id(
    FromState(site): FromState<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<axum::Json<BacktestBody>, Failure> {
    Ok(axum::Json(backtest::get(site.kernel(), &actor, &id).await?.into()))
}
