//! JSON routes and their shapes.

use crate::list::{self, Words};
use crate::model::{Sighting, Warning, WarningState};
use crate::resolve::{reader, whereabouts};
use crate::scan::{self, AppScan, Look};
use crate::warnings::{self, Filter};
use crate::{Settings, places};
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use ground::{Fault, Problem, Timestamp};
use journey::clones::Rule;
use kernel::Permission;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use web::{Context, Failure, Json, PageBody, PagingQuery, Path, Query, Signed, Site};

/// Longest name of a phone, characters.
const DEVICE_CHARS_MAX: usize = 200;

/// A scan as an app reports it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewScan)]
pub(crate) struct NewScan {
    /// The code in any form: Digital Link, element string, scanner data, `(01)…(21)…`.
    code: String,
    /// RFC 3339; at most two days ago. Now if left out.
    at: Option<String>,
    /// The app's own name for the phone. Only a hash that changes every day is kept.
    device: Option<String>,
    /// Degrees north; kept to a hundredth.
    latitude: Option<f64>,
    /// Degrees east.
    longitude: Option<f64>,
    /// Radius in which the place is believed to lie, kilometres; at least 1 is assumed.
    radius_km: Option<f64>,
    /// ISO 3166-1 alpha-2.
    country: Option<String>,
}

impl NewScan {
    fn read(&self) -> kernel::Result<AppScan> {
        let mut faults = Vec::new();
        let at = self.at.as_deref().map(Timestamp::parse_rfc3339);
        if at == Some(None) {
            faults.push(Fault::field("/at", "scans-date"));
        }
        let place = match (self.latitude, self.longitude) {
            (None, None) => None,
            (Some(latitude), Some(longitude)) => {
                let place = places::given(latitude, longitude, self.radius_km.unwrap_or(1.0));
                if place.is_none() {
                    faults.push(Fault::field("/latitude", "scans-place-off"));
                }
                place
            }
            _ => {
                faults.push(Fault::field("/latitude", "scans-place-half"));
                None
            }
        };
        let country = self.country.as_deref().map(places::country_code);
        if country == Some(None) {
            faults.push(Fault::field("/country", "scans-country"));
        }
        if self.device.as_ref().is_some_and(|device| device.chars().count() > DEVICE_CHARS_MAX) {
            faults.push(Fault::field("/device", "scans-too-long").arg("most", DEVICE_CHARS_MAX));
        }
        Problem::check(faults)?;
        let whereabouts = scan::Whereabouts { country: country.flatten(), place };
        Ok(AppScan { code: self.code.clone(), at: at.flatten(), device: self.device.clone(), whereabouts })
    }
}

/// What a code is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScanResult)]
pub(crate) struct ScanResult {
    /// `genuine`, `warned`, `recalled`, `withdrawn`, `forged`, `unknown`, `general`.
    sign: String,
    /// `genuine`, `not_commissioned`, `decommissioned`, `withdrawn`, `forged`, `unknown`, `lot`, `product`.
    outcome: String,
    /// The how-manieth scan of this unit; absent for what is no genuine unit.
    number: Option<u32>,
    /// RFC 3339: the unit's first scan.
    first_at: Option<String>,
    product: Option<String>,
    gtin: String,
    lot: Option<String>,
    serial: Option<String>,
    /// Rules that warn about this unit or lot.
    warnings: Vec<String>,
    /// Recalls that are under way.
    recalls: Vec<String>,
    /// The page, below the base address.
    page: String,
}

fn result(look: &Look) -> ScanResult {
    let known = look.known.as_ref();
    let genuine = known.facts().is_some();
    ScanResult {
        sign: known.sign().name().to_owned(),
        outcome: known.outcome.name().to_owned(),
        number: genuine.then_some(look.number),
        first_at: genuine.then(|| look.first_at.to_rfc3339()),
        product: known.product.clone(),
        gtin: known.address.gtin.to_string(),
        lot: known.lot.as_ref().map(|lot| lot.number.clone()),
        serial: known.address.serial.clone(),
        warnings: known.warnings.iter().map(|warning| warning.rule.name().to_owned()).collect(),
        recalls: known
            .recalls
            .iter()
            .filter(|recall| crate::known::is_running(recall))
            .map(|recall| recall.id.clone())
            .collect(),
        page: known.address.path(),
    }
}

/// Records a scan and says what the code is. For apps; no account is needed.
#[utoipa::path(post, path = "/v1/scans", tag = "scans", request_body = NewScan,
    responses((status = 201, description = "Recorded", body = ScanResult), (status = 400, description = "The code cannot be read"),
        (status = 422, description = "A field is wrong")))]
pub(crate) async fn record(
    State(site): State<Site>,
    Extension(settings): Extension<Arc<Settings>>,
    context: Context,
    headers: HeaderMap,
    Json(new): Json<NewScan>,
) -> Result<Response, Failure> {
    let mut scan = new.read()?;
    if scan.whereabouts.country.is_none() {
        scan.whereabouts.country = whereabouts(&settings, &headers).country;
    }
    let look = scan::report(site.kernel(), &scan, &reader(&context, &headers)).await?;
    Ok((StatusCode::CREATED, axum::Json(result(&look))).into_response())
}

/// A scan.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Scan)]
pub(crate) struct ScanBody {
    id: String,
    /// RFC 3339.
    at: String,
    /// `scan`, `located`, `sale`, `return`, `cleared`.
    kind: String,
    outcome: String,
    channel: String,
    gtin: String,
    serial: String,
    lot_id: Option<String>,
    lot: Option<String>,
    country: Option<String>,
    latitude: Option<f64>,
    longitude: Option<f64>,
    radius_km: Option<u16>,
}

impl From<Sighting> for ScanBody {
    fn from(scan: Sighting) -> Self {
        let place = scan.place();
        ScanBody {
            at: scan.seen.at.to_rfc3339(),
            kind: scan.kind().to_owned(),
            outcome: scan.outcome.name().to_owned(),
            channel: scan.channel.name().to_owned(),
            lot_id: scan.lot.as_ref().map(|lot| lot.id.clone()),
            lot: scan.lot.map(|lot| lot.number),
            latitude: place.map(|place| place.latitude()),
            longitude: place.map(|place| place.longitude()),
            radius_km: place.map(|place| place.radius_km),
            id: scan.id,
            gtin: scan.gtin,
            serial: scan.serial,
            country: scan.country,
        }
    }
}

/// Which scans.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScansQuery {
    /// GTIN.
    gtin: Option<String>,
    /// Serial number.
    serial: Option<String>,
    /// Lot id.
    lot: Option<String>,
    /// What the code turned out to be.
    outcome: Option<String>,
    /// How the scan came in.
    channel: Option<String>,
    /// Date or RFC 3339 moment.
    from: Option<String>,
    /// Date (included) or RFC 3339 moment.
    until: Option<String>,
    /// Page, from 1.
    #[allow(dead_code)]
    page: Option<u64>,
    /// Rows on a page.
    #[allow(dead_code)]
    rows: Option<u64>,
}

/// Scans, newest first. A merchant sees those of its own lots.
#[utoipa::path(get, path = "/v1/scans", tag = "scans", params(ScansQuery),
    responses((status = 200, description = "A page of scans", body = PageBody<ScanBody>)))]
pub(crate) async fn list(
    State(site): State<Site>,
    Signed(actor): Signed,
    Query(asked): Query<ScansQuery>,
    PagingQuery(paging): PagingQuery,
) -> Result<axum::Json<PageBody<ScanBody>>, Failure> {
    let words = Words {
        gtin: asked.gtin,
        serial: asked.serial,
        lot_id: asked.lot,
        outcome: asked.outcome,
        channel: asked.channel,
        from: asked.from,
        until: asked.until,
    };
    let filter = list::filter(site.kernel(), &words)?;
    let page = list::scans(site.kernel(), &actor, &filter, &paging).await?;
    Ok(axum::Json(PageBody::of(page, ScanBody::from)))
}

/// A warning about a copied code.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CloneWarning)]
pub(crate) struct WarningBody {
    id: String,
    /// `not_commissioned`, `decommissioned`, `two_orders`, `impossible_travel`, `too_many_devices`, `wrong_market`, `lot_rate`.
    rule: String,
    /// `open`, `confirmed`, `dismissed`.
    state: String,
    gtin: String,
    /// Empty where the whole lot is meant.
    serial: String,
    lot_id: Option<String>,
    lot: String,
    product: String,
    merchant_id: String,
    opened_at: String,
    last_at: String,
    times: u32,
    /// The figures the rule rests on.
    #[schema(value_type = Object)]
    evidence: Value,
    /// Why it was closed; for staff.
    reason: Option<String>,
    closed_at: Option<String>,
    open_act_id: Option<String>,
    close_act_id: Option<String>,
}

fn warning_body(warning: Warning, staff: bool) -> WarningBody {
    WarningBody {
        rule: warning.rule.name().to_owned(),
        state: warning.state.name().to_owned(),
        opened_at: warning.opened_at.to_rfc3339(),
        last_at: warning.last_at.to_rfc3339(),
        closed_at: warning.closed_at.map(Timestamp::to_rfc3339),
        reason: staff.then_some(warning.reason),
        id: warning.id,
        gtin: warning.gtin,
        serial: warning.serial,
        lot_id: warning.lot_id,
        lot: warning.lot_number,
        product: warning.product,
        merchant_id: warning.merchant_id,
        times: warning.times,
        evidence: warning.evidence,
        open_act_id: warning.open_act_id,
        close_act_id: warning.close_act_id,
    }
}

/// Which warnings.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct WarningsQuery {
    /// `open`, `confirmed`, `dismissed`.
    state: Option<String>,
    /// Rule.
    rule: Option<String>,
    /// A part of a GTIN, serial number, lot number or product.
    q: Option<String>,
    /// Lot id.
    lot: Option<String>,
    /// Merchant id.
    merchant: Option<String>,
    /// Page, from 1.
    #[allow(dead_code)]
    page: Option<u64>,
    /// Rows on a page.
    #[allow(dead_code)]
    rows: Option<u64>,
    /// `opened`, `last`, `times`, `product`, `rule`; with `-` the other way round.
    #[allow(dead_code)]
    sort: Option<String>,
}

/// Warnings about copied codes. A merchant sees those about its own lots.
#[utoipa::path(get, path = "/v1/scan-warnings", tag = "scans", params(WarningsQuery),
    responses((status = 200, description = "A page of warnings", body = PageBody<WarningBody>)))]
pub(crate) async fn warnings(
    State(site): State<Site>,
    Signed(actor): Signed,
    Query(asked): Query<WarningsQuery>,
    PagingQuery(paging): PagingQuery,
) -> Result<axum::Json<PageBody<WarningBody>>, Failure> {
    let mut faults = Vec::new();
    let state = asked.state.as_deref().map(WarningState::from_name);
    let rule = asked.rule.as_deref().map(Rule::from_name);
    if state == Some(None) {
        faults.push(Fault::field("state", "scans-unknown-word"));
    }
    if rule == Some(None) {
        faults.push(Fault::field("rule", "scans-unknown-word"));
    }
    Problem::check(faults)?;
    let filter = Filter {
        state: state.flatten(),
        rule: rule.flatten(),
        search: asked.q,
        merchant_id: asked.merchant,
        lot_id: asked.lot,
    };
    let staff = actor.may(Permission::TraceRead);
    let page = warnings::list(site.kernel(), &actor, &filter, &paging).await?;
    Ok(axum::Json(PageBody::of(page, |warning| warning_body(warning, staff))))
}

/// One warning.
#[utoipa::path(get, path = "/v1/scan-warnings/{id}", tag = "scans", params(("id" = String, Path, description = "Warning id")),
    responses((status = 200, description = "The warning", body = WarningBody), (status = 404, description = "None, or another merchant's")))]
pub(crate) async fn warning(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<axum::Json<WarningBody>, Failure> {
    let case = warnings::one(site.kernel(), &actor, &id).await?;
    Ok(axum::Json(warning_body(case.warning, actor.may(Permission::TraceRead))))
}

/// The word that closes a warning.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CloseCloneWarning)]
pub(crate) struct CloseBody {
    /// `confirmed` or `dismissed`.
    state: String,
    /// Why.
    reason: String,
}

/// Closes a warning with a reason.
#[utoipa::path(post, path = "/v1/scan-warnings/{id}/close", tag = "scans", request_body = CloseBody,
    params(("id" = String, Path, description = "Warning id")),
    responses((status = 200, description = "Closed", body = WarningBody), (status = 409, description = "Closed before")))]
pub(crate) async fn close(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Json(body): Json<CloseBody>,
) -> Result<axum::Json<WarningBody>, Failure> {
    let state = WarningState::from_name(&body.state).unwrap_or(WarningState::Open);
    let warning = warnings::close(site.kernel(), &actor, &id, state, &body.reason).await?;
    Ok(axum::Json(warning_body(warning, true)))
}
