//! JSON shapes and handlers.

use axum::extract::State;
use axum::http::StatusCode;
use policy::Source;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{Failure, Json, PageBody, PagingQuery, Path, Query, Signed, Site};

use crate::catalogue::{self, PackSummary, RowFilter, RowLine};
use crate::error::Error;
use crate::model::*;
use crate::{activation, trial as trials, versions as kept};

/// A market's pack in force.
#[derive(Debug, Serialize, ToSchema)]
pub struct PackBody {
    /// `cn`, `us`, `eu`.
    market: String,
    /// Content hash.
    version: String,
    /// Id of the version in force: name it as `base` or `seen` when changing it.
    version_id: String,
    /// Since when, RFC 3339.
    since: String,
    /// The act that put it in force.
    act_id: String,
    /// Tables and their rows.
    tables: Vec<TableBody>,
}

/// One table of a pack.
#[derive(Debug, Serialize, ToSchema)]
pub struct TableBody {
    /// Name.
    name: String,
    /// Rows.
    rows: usize,
    /// Inline tests.
    tests: usize,
    /// Rows in force today by mode.
    in_force: std::collections::BTreeMap<&'static str, usize>,
}

fn pack_body(summary: PackSummary) -> PackBody {
    PackBody {
        market: summary.active.market,
        version: summary.active.hash,
        version_id: summary.active.version_id,
        since: summary.active.since.to_rfc3339(),
        act_id: summary.active.act_id,
        tables: summary
            .tables
            .into_iter()
            .map(|table| TableBody { name: table.name, rows: table.rows, tests: table.tests, in_force: table.in_force })
            .collect(),
    }
}

/// A row as the API gives it.
#[derive(Debug, Serialize, ToSchema)]
pub struct RowBody {
    id: String,
    /// First day in force.
    from: String,
    /// First day no longer in force.
    until: Option<String>,
    /// `off`, `shadow`, `percentage: 25`, `on`.
    mode: String,
    in_force: bool,
    #[schema(value_type = Option<Object>)]
    reason: Option<policy::Bilingual>,
    /// Inline tests.
    tests: usize,
}

fn row_body(line: &RowLine) -> RowBody {
    RowBody {
        id: line.id.clone(),
        from: line.from.to_string(),
        until: line.until.map(|day| day.to_string()),
        mode: line.mode.to_string(),
        in_force: line.in_force,
        reason: line.reason.clone(),
        tests: line.tests,
    }
}

/// One row, whole.
#[derive(Debug, Serialize, ToSchema)]
pub struct RowDetailBody {
    #[serde(flatten)]
    row: RowBody,
    table: String,
    /// Id of the version in force it stands in.
    version_id: String,
    /// The table's own columns.
    #[schema(value_type = Object)]
    columns: serde_json::Map<String, serde_json::Value>,
    /// Condition (CEL).
    when: Option<String>,
    #[schema(value_type = Option<Object>)]
    fix: Option<policy::Bilingual>,
    /// Legal basis.
    #[schema(value_type = Vec<Object>)]
    basis: Vec<policy::Citation>,
    /// File and line.
    place: String,
    /// Its YAML; absent when it has no lines of its own.
    text: Option<String>,
    /// What its inline tests gave just now.
    test_run: Option<TestRunBody>,
}

/// What came of inline tests.
#[derive(Debug, Serialize, ToSchema)]
pub struct TestRunBody {
    passed: usize,
    #[schema(value_type = Vec<Object>)]
    failures: Vec<policy::TestFailure>,
}

fn test_body(run: policy::TestRun) -> TestRunBody {
    TestRunBody { passed: run.passed, failures: run.failures }
}

/// One file of a pack.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FileBody {
    /// For instance `cn/claims.yaml`.
    path: String,
    /// YAML.
    text: String,
}

/// Files to check.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckBody {
    /// All files of the pack.
    files: Vec<FileBody>,
}

/// Another version.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SaveBody {
    /// Id of the version it is made from.
    base: String,
    /// What was changed and why.
    note: String,
    /// All files of the pack.
    files: Vec<FileBody>,
}

/// Another mode.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ModeBody {
    /// Id of the version in force as it was seen.
    seen: String,
    /// Table.
    table: String,
    /// First day of the row's period.
    from: String,
    /// `off`, `shadow`, `percentage: 25`, `on`.
    mode: String,
    /// Why.
    reason: String,
}

/// Activation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ActivateBody {
    /// Id of the version in force as it was seen.
    seen: String,
    /// Why.
    reason: String,
}

/// What is in force.
#[derive(Debug, Serialize, ToSchema)]
pub struct ActiveBody {
    market: String,
    version: String,
    version_id: String,
    since: String,
    act_id: String,
}

fn active_body(active: Active) -> ActiveBody {
    ActiveBody {
        market: active.market,
        version: active.hash,
        version_id: active.version_id,
        since: active.since.to_rfc3339(),
        act_id: active.act_id,
    }
}

/// A kept version.
#[derive(Debug, Serialize, ToSchema)]
pub struct VersionBody {
    id: String,
    market: String,
    /// Content hash.
    version: String,
    /// `shipped`, `edited`.
    origin: &'static str,
    base: Option<String>,
    note: String,
    /// Rows that differ from the base.
    #[schema(value_type = Vec<Object>)]
    changed: Vec<RowChange>,
    created_by: String,
    created_at: String,
    activated_at: Option<String>,
}

fn version_body(version: Version) -> VersionBody {
    VersionBody {
        id: version.id,
        market: version.market,
        version: version.hash,
        origin: version.origin.name(),
        base: version.base_id,
        note: version.note,
        changed: version.changed,
        created_by: version.created_by,
        created_at: version.created_at.to_rfc3339(),
        activated_at: version.activated_at.map(|at| at.to_rfc3339()),
    }
}

/// A version with its difference from what is in force.
#[derive(Debug, Serialize, ToSchema)]
pub struct VersionDetailBody {
    #[serde(flatten)]
    version: VersionBody,
    /// Unified difference from the version in force.
    difference: String,
    /// Id of the version in force.
    in_force: String,
    tests: TestRunBody,
    trial: Option<TrialBody>,
}

/// A trial.
#[derive(Debug, Serialize, ToSchema)]
pub struct TrialBody {
    id: String,
    version_id: String,
    market: String,
    /// `running`, `finished`, `stopped`, `failed`.
    state: &'static str,
    total: u64,
    done: u64,
    /// What it would cost.
    #[schema(value_type = Object)]
    cost: Cost,
    /// Merchants with a listing hit.
    merchants_hit: u64,
    /// Merchants with a listing whose decision would be another.
    merchants_changed: u64,
    started_at: String,
    finished_at: Option<String>,
    failure: Option<String>,
}

fn trial_body((trial, merchants_hit, merchants_changed): (Trial, u64, u64)) -> TrialBody {
    TrialBody {
        id: trial.id,
        version_id: trial.version_id,
        market: trial.market,
        state: trial.state.name(),
        total: trial.total,
        done: trial.done,
        cost: trial.cost,
        merchants_hit,
        merchants_changed,
        started_at: trial.started_at.to_rfc3339(),
        finished_at: trial.finished_at.map(|at| at.to_rfc3339()),
        failure: trial.failure,
    }
}

/// A listing hit by a trial.
#[derive(Debug, Serialize, ToSchema)]
pub struct HitBody {
    listing_id: String,
    merchant_id: String,
    title: String,
    /// Decision today.
    before: String,
    /// Decision then.
    after: String,
    rules: Vec<String>,
}

fn sources(files: Vec<FileBody>) -> Vec<Source> {
    files.into_iter().map(|file| Source::new(file.path, file.text)).collect()
}

/// The packs in force, a market each.
#[utoipa::path(get, path = "/v1/policies", tag = "policies", responses((status = 200, body = Vec<PackBody>)))]
pub(crate) async fn packs(State(site): State<Site>, Signed(actor): Signed) -> Result<Json<Vec<PackBody>>, Failure> {
    let found = catalogue::overview(site.kernel(), &actor).await?;
    Ok(Json(found.into_iter().map(pack_body).collect()))
}

/// One market's pack: its version, tables and counts.
#[utoipa::path(get, path = "/v1/policies/{market}", tag = "policies", params(("market" = String, Path)), responses((status = 200, body = PackBody)))]
pub(crate) async fn pack(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(market): Path<String>,
) -> Result<Json<PackBody>, Failure> {
    let found = catalogue::overview(site.kernel(), &actor).await?;
    let one = found.into_iter().find(|summary| summary.active.market == market).ok_or(Error::Market(market))?;
    Ok(Json(pack_body(one)))
}

/// Which rows.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
pub struct RowQuery {
    /// Any word in the row.
    q: Option<String>,
    /// `on`, `shadow`, `percentage`, `off`.
    mode: Option<String>,
    /// `now`, `later`, `past`.
    force: Option<String>,
}

/// The rows of a table.
#[utoipa::path(get, path = "/v1/policies/{market}/tables/{table}", tag = "policies", params(("market" = String, Path), ("table" = String, Path), RowQuery), responses((status = 200, body = Vec<RowBody>)))]
pub(crate) async fn rows(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path((market, table)): Path<(String, String)>,
    Query(query): Query<RowQuery>,
) -> Result<Json<Vec<RowBody>>, Failure> {
    let filter = RowFilter { q: query.q, mode: query.mode, force: query.force };
    let found = catalogue::rows(site.kernel(), &actor, &market, &table, &filter).await?;
    Ok(Json(found.rows.iter().map(row_body).collect()))
}

/// Which period of a row.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
pub struct PeriodQuery {
    /// First day of the period; the one in force when left out.
    from: Option<String>,
}

/// One row with its text, basis and tests.
#[utoipa::path(get, path = "/v1/policies/{market}/rows/{row}", tag = "policies", params(("market" = String, Path), ("row" = String, Path), PeriodQuery), responses((status = 200, body = RowDetailBody)))]
pub(crate) async fn row(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path((market, row)): Path<(String, String)>,
    Query(query): Query<PeriodQuery>,
) -> Result<Json<RowDetailBody>, Failure> {
    let from = query.from.as_deref().map(day).transpose()?;
    let found = catalogue::row(site.kernel(), &actor, &market, &row, from).await?;
    Ok(Json(RowDetailBody {
        row: row_body(&found.line),
        table: found.table,
        version_id: found.active.version_id,
        columns: found.columns.into_iter().collect(),
        when: found.when,
        fix: found.fix,
        basis: found.citations,
        place: found.place,
        text: found.text,
        test_run: found.test_run.map(test_body),
    }))
}

pub(crate) fn day(text: &str) -> Result<jiff::civil::Date, Error> {
    text.parse().map_err(|_| Error::Field("from", "policies-day-wrong"))
}

/// What checking gave.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckedBody {
    /// Content hash.
    version: String,
    tests: TestRunBody,
}

/// Checks changed files of a pack without keeping them; every fault has its place.
#[utoipa::path(post, path = "/v1/policies/{market}/check", tag = "policies", params(("market" = String, Path)), request_body = CheckBody, responses((status = 200, body = CheckedBody)))]
pub(crate) async fn check(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(market): Path<String>,
    Json(body): Json<CheckBody>,
) -> Result<Json<CheckedBody>, Failure> {
    let pack = kept::check_for(&actor, &market, &sources(body.files))?;
    let run = crate::tables().run_tests(&pack, site.kernel().today(), None, None).map_err(Error::Refused)?;
    Ok(Json(CheckedBody { version: pack.version().to_owned(), tests: test_body(run) }))
}

/// Runs the inline tests of the pack in force.
#[utoipa::path(post, path = "/v1/policies/{market}/tests", tag = "policies", params(("market" = String, Path)), responses((status = 200, body = TestRunBody)))]
pub(crate) async fn tests(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(market): Path<String>,
) -> Result<Json<TestRunBody>, Failure> {
    Ok(Json(test_body(catalogue::run_tests(site.kernel(), &actor, &market, None).await?)))
}

/// The versions of a pack, newest first.
#[utoipa::path(get, path = "/v1/policies/{market}/versions", tag = "policies", params(("market" = String, Path), ("page" = Option<u64>, Query), ("rows" = Option<u64>, Query)), responses((status = 200, body = PageBody<VersionBody>)))]
pub(crate) async fn versions(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(market): Path<String>,
    PagingQuery(paging): PagingQuery,
) -> Result<Json<PageBody<VersionBody>>, Failure> {
    let page = kept::list(site.kernel(), &actor, &market, &paging).await?;
    Ok(Json(PageBody::of(page, version_body)))
}

/// Keeps a version of a pack after checking it whole. It is not in force yet.
#[utoipa::path(post, path = "/v1/policy-versions", tag = "policies", request_body = SaveBody, responses((status = 201, body = VersionBody)))]
pub(crate) async fn save(
    State(site): State<Site>,
    Signed(actor): Signed,
    Json(body): Json<SaveBody>,
) -> Result<(StatusCode, Json<VersionBody>), Failure> {
    let version = kept::save(site.kernel(), &actor, &body.base, &sources(body.files), &body.note).await?;
    Ok((StatusCode::CREATED, Json(version_body(version))))
}

/// Switches a row off, to shadow, to a percentage or on.
#[utoipa::path(post, path = "/v1/policies/{market}/rows/{row}/mode", tag = "policies", params(("market" = String, Path), ("row" = String, Path)), request_body = ModeBody, responses((status = 200, body = ActiveBody)))]
pub(crate) async fn set_mode(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path((market, row)): Path<(String, String)>,
    Json(body): Json<ModeBody>,
) -> Result<Json<ActiveBody>, Failure> {
    let (active, _) = kept::active(site.kernel(), &actor, &market).await?;
    if active.version_id != body.seen {
        return Err(Error::Stale.into());
    }
    let mode = policy::Mode::parse(&body.mode).ok_or(Error::Field("mode", "policies-mode-wrong"))?;
    let place = (body.table.as_str(), row.as_str(), day(&body.from)?);
    let active = activation::set_mode(site.kernel(), &actor, &body.seen, place, mode, &body.reason).await?;
    Ok(Json(active_body(active)))
}

/// One version with what it changes.
#[utoipa::path(get, path = "/v1/policy-versions/{id}", tag = "policies", params(("id" = String, Path)), responses((status = 200, body = VersionDetailBody)))]
pub(crate) async fn version(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<Json<VersionDetailBody>, Failure> {
    let kernel = site.kernel();
    let read = kept::read(kernel, &actor, &id).await?;
    let (active, in_force) = kept::active(kernel, &actor, &read.version.market).await?;
    let run = crate::tables().run_tests(&read.pack, kernel.today(), None, None).map_err(Error::Refused)?;
    let trial = match trials::latest(kernel, &actor, &id).await? {
        Some(found) => Some(trial_body(trials::read(kernel, &actor, &found.id).await?)),
        None => None,
    };
    Ok(Json(VersionDetailBody {
        difference: catalogue::unified(&catalogue::file_changes(&in_force, &read.pack)),
        version: version_body(read.version),
        in_force: active.version_id,
        tests: test_body(run),
        trial,
    }))
}

/// Puts a version in force.
#[utoipa::path(post, path = "/v1/policy-versions/{id}/activate", tag = "policies", params(("id" = String, Path)), request_body = ActivateBody, responses((status = 200, body = ActiveBody)))]
pub(crate) async fn activate(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Json(body): Json<ActivateBody>,
) -> Result<Json<ActiveBody>, Failure> {
    let active = activation::activate(site.kernel(), &actor, &id, &body.seen, &body.reason).await?;
    Ok(Json(active_body(active)))
}

/// Begins to try a version on everything on sale, without effect.
#[utoipa::path(post, path = "/v1/policy-versions/{id}/trials", tag = "policies", params(("id" = String, Path)), responses((status = 202, body = TrialBody)))]
pub(crate) async fn start_trial(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<TrialBody>), Failure> {
    let trial = trials::start(site.kernel(), &actor, &id).await?;
    Ok((StatusCode::ACCEPTED, Json(trial_body((trial, 0, 0)))))
}

/// How far a trial is and what it would cost.
#[utoipa::path(get, path = "/v1/policy-trials/{id}", tag = "policies", params(("id" = String, Path)), responses((status = 200, body = TrialBody)))]
pub(crate) async fn trial(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<Json<TrialBody>, Failure> {
    Ok(Json(trial_body(trials::read(site.kernel(), &actor, &id).await?)))
}

/// Which hits.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
pub struct HitQuery {
    /// Only listings whose decision would be another.
    #[serde(default)]
    changing: bool,
}

/// The listings a trial would decide otherwise.
#[utoipa::path(get, path = "/v1/policy-trials/{id}/hits", tag = "policies", params(("id" = String, Path), HitQuery, ("page" = Option<u64>, Query), ("rows" = Option<u64>, Query)), responses((status = 200, body = PageBody<HitBody>)))]
pub(crate) async fn trial_hits(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Query(query): Query<HitQuery>,
    PagingQuery(paging): PagingQuery,
) -> Result<Json<PageBody<HitBody>>, Failure> {
    let page = trials::hits(site.kernel(), &actor, &id, query.changing, &paging).await?;
    Ok(Json(PageBody::of(page, |hit| HitBody {
        listing_id: hit.listing_id,
        merchant_id: hit.merchant_id,
        title: hit.title,
        before: hit.before,
        after: hit.after,
        rules: hit.rules,
    })))
}
