//! The journeys of the demonstration: lots with their papers and codes, what happened on the way, signed test reports, and
//! the scans of ordinary buyers. All of it through the public API, by those who would do it.

use super::load::{door, text};
use crate::Application;
use crate::client::Client;
use accounts::{Organisation, OrganisationKind};
use anyhow::{Context, Result};
use axum::http::Method;
use ground::Timestamp;
use ground::time::DAY_MICROS;
use kernel::Role;
use market::{Demonstration, Listing};
use serde_json::{Value, json};

/// The laboratory's sign-in name.
pub const LABORATORY_LOGIN: &str = "laboratory";
/// Codes of a lot.
const CODES: u64 = 200;
/// Codes of a lot that are seen on the way, in one case.
const PACKED: usize = 24;
/// Buyers who scan.
const BUYERS: usize = 6;

/// A place of the journeys: its name in an event, and where it is.
struct Stop(f64, f64);

const PLANT: Stop = Stop(30.27, 120.15);
const WAREHOUSE: Stop = Stop(31.23, 121.47);
const DEPOT: Stop = Stop(30.59, 114.31);

impl Stop {
    fn id(&self) -> String {
        format!("geo:{},{}", self.0, self.1)
    }
}

/// Makes the journeys of these merchants (their places in the demonstration, from 0): one lot of the first honest listings
/// of each, with everything that belongs to it.
///
/// # Errors
/// When the product does not take what its own API describes.
pub(super) async fn load(
    app: &Application,
    made: &Demonstration,
    doors: &[Client],
    merchants: &[usize],
    manager: &Client,
) -> Result<()> {
    let laboratory = laboratory(app, manager).await.context("the laboratory")?;
    for &merchant in merchants {
        let listing = made.listings.iter().find(|listing| listing.merchant == merchant && listing.truth.is_empty());
        let Some(listing) = listing else { continue };
        journey(app, &doors[merchant], &laboratory, listing).await.with_context(|| listing.title.clone())?;
    }
    Ok(())
}

/// A laboratory enters its profile, is confirmed by the manager, and gets a key.
async fn laboratory(app: &Application, manager: &Client) -> Result<Client> {
    let name = "华东质检实验室".to_owned();
    let organisation = Organisation { kind: OrganisationKind::Laboratory, id: app.kernel.new_id(), name: name.clone() };
    let door = door(app, Role::Laboratory, LABORATORY_LOGIN, Some(organisation)).await?;
    let profile = json!({
        "name": name, "name_en": "East China Quality Laboratory",
        "cma": { "number": "231521340156", "valid_until": "2029-12-31" },
        "cnas": { "number": "L10234", "valid_until": "2029-06-30" },
    });
    let kept = door.send_json(Method::PUT, "/v1/laboratory", &profile).await?.ok()?;
    let decision = json!({ "state": "confirmed", "reason": "资质已核对原件", "version": kept["version"] });
    let id = text(&kept, "id")?;
    manager.post_json(&format!("/v1/laboratories/{id}/decision"), &decision).await?.ok()?;
    door.post_json("/v1/laboratory/keys", &json!({})).await?.ok()?;
    Ok(door)
}

async fn journey(app: &Application, door: &Client, laboratory: &Client, listing: &Listing) -> Result<()> {
    let now = app.kernel.now();
    let today = crate::open::today(&app.kernel);
    let days_ago = |days: i64| now.plus_micros(-days * DAY_MICROS);
    let date = |days: i64| days_ago(days).to_rfc3339()[..10].to_owned();
    let number = format!("L{}", date(20).replace('-', ""));
    let new = json!({
        "gtin": listing.gtin, "number": number, "produced_on": date(20),
        "expires_on": today.saturating_add(jiff::ToSpan::months(11)).to_string(),
        "origin": "浙江省杭州市", "plant": "杭州市余杭区文一西路 969 号",
    });
    let lot = door.post_json("/v1/lots", &new).await?.ok()?;
    let id = text(&lot, "id")?;
    let fields = [
        ("kind", "inspection"),
        ("document_number", "SP-2026-0817"),
        ("issuer", "杭州市质量技术监督检测院"),
        ("issued_on", &date(18)),
        ("public", "true"),
    ];
    let file = market::papers::page("出厂检验合格证", &[("批号", &number), ("结论", "合格")]);
    let files = [("file", "inspection.pdf", "application/pdf", file.as_slice())];
    door.post_files(&format!("/v1/lots/{id}/documents"), &fields, &files).await?.ok()?;
    let mint = json!({ "gtin": listing.gtin, "count": CODES, "lot_id": id, "covered": true });
    let batch = door.post_json("/v1/codes", &mint).await?.ok()?;
    let codes = codes(door, &text(&batch, "id")?).await?;
    let on_the_way = codes.get(..PACKED).context("fewer codes than minted")?;
    let document = events(on_the_way, days_ago);
    let captured = door.post_json("/v1/epcis/capture", &document).await?;
    anyhow::ensure!(captured.status.is_success(), "{}: {}", captured.status, captured.text());
    report(laboratory, listing, &number, &date(16)).await?;
    let sold: Vec<Value> = on_the_way
        .iter()
        .take(BUYERS)
        .enumerate()
        .map(|(place, code)| json!({ "order": format!("D{}-{place:03}", listing.external_id), "codes": [code] }))
        .collect();
    door.post_json("/v1/units/sold", &json!({ "orders": sold })).await?.ok()?;
    scans(app, on_the_way).await
}

/// The Digital Links of a batch, as its file tells them.
async fn codes(door: &Client, batch: &str) -> Result<Vec<String>> {
    let answer = door.get(&format!("/v1/codes/{batch}/file")).await?;
    anyhow::ensure!(answer.status.is_success(), "{}: {}", answer.status, answer.text());
    let file = answer.text();
    let mut lines = file.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().trim_start_matches('\u{feff}').split(',').collect();
    let column = header.iter().position(|name| *name == "digital_link").context("the file has no digital_link")?;
    Ok(lines.filter_map(|line| line.split(',').nth(column).map(str::to_owned)).collect())
}

/// Made, packed, shipped, received.
fn events(codes: &[String], days_ago: impl Fn(i64) -> Timestamp) -> Value {
    let case = format!("https://id.gs1.org/00/{}", case_of(codes));
    let at = |days: i64| json!(days_ago(days).to_rfc3339());
    let object = |days: i64, step: &str, disposition: &str, action: &str, what: Vec<String>, stop: &Stop| {
        json!({
            "type": "ObjectEvent", "eventTime": at(days), "eventTimeZoneOffset": "+08:00", "action": action,
            "bizStep": step, "disposition": disposition, "epcList": what, "readPoint": { "id": stop.id() },
        })
    };
    let packing = json!({
        "type": "AggregationEvent", "eventTime": at(18), "eventTimeZoneOffset": "+08:00", "action": "ADD",
        "bizStep": "packing", "disposition": "in_progress", "parentID": case, "childEPCs": codes,
        "readPoint": { "id": PLANT.id() },
    });
    let list = vec![
        object(20, "commissioning", "active", "ADD", codes.to_vec(), &PLANT),
        packing,
        object(15, "shipping", "in_transit", "OBSERVE", vec![case.clone()], &PLANT),
        object(14, "receiving", "in_progress", "OBSERVE", vec![case.clone()], &WAREHOUSE),
        object(12, "shipping", "in_transit", "OBSERVE", vec![case.clone()], &WAREHOUSE),
        object(10, "receiving", "sellable_accessible", "OBSERVE", vec![case], &DEPOT),
    ];
    json!({
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": at(0),
        "epcisBody": { "eventList": list },
    })
}

/// A case number of its own for every lot: from the GTIN of its units, with the check digit.
fn case_of(codes: &[String]) -> String {
    let link = codes.first().map(String::as_str).unwrap_or_default();
    let gtin = link.split_once("/01/").and_then(|(_, rest)| rest.get(..14)).unwrap_or_default();
    let body = format!("1{:0>16}", gtin.get(..13).unwrap_or("0"));
    let sum: u32 = body
        .chars()
        .rev()
        .enumerate()
        .map(|(place, digit)| digit.to_digit(10).unwrap_or(0) * if place % 2 == 0 { 3 } else { 1 })
        .sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}

async fn report(laboratory: &Client, listing: &Listing, lot: &str, tested_on: &str) -> Result<()> {
    let item = |name: &str, limit: &str, value: &str, unit: &str, method: &str| json!({ "name": name, "limit": limit, "value": value, "unit": unit, "method": method, "verdict": "pass" });
    let report = json!({
        "gtin": listing.gtin, "lot_number": lot, "number": format!("HD-{}-{lot}", listing.external_id),
        "title": "出厂批次检测报告", "standard": "GB 2762-2022", "tested_on": tested_on, "result": "pass",
        "items": [
            item("铅（以 Pb 计）", "≤ 0.2", "0.03", "mg/kg", "GB 5009.12-2023"),
            item("镉（以 Cd 计）", "≤ 0.1", "0.01", "mg/kg", "GB 5009.15-2023"),
        ],
        "sign": true,
    });
    laboratory.post_json("/v1/reports", &report).await?.ok()?;
    Ok(())
}

/// Buyers scan once each, near where they live.
async fn scans(app: &Application, codes: &[String]) -> Result<()> {
    const HOMES: [(f64, f64); BUYERS] =
        [(30.59, 114.31), (30.52, 114.36), (28.23, 112.94), (30.66, 104.07), (30.61, 114.28), (29.56, 106.55)];
    let visitor = Client::visitor(app.router.clone());
    for (place, (code, (latitude, longitude))) in codes.iter().zip(HOMES).enumerate() {
        let scan = json!({
            "code": code, "device": format!("buyer-{place}"), "latitude": latitude, "longitude": longitude, "country": "CN",
        });
        visitor.post_json("/v1/scans", &scan).await?.ok()?;
    }
    Ok(())
}
