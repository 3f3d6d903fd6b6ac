//! Scans and reports, for people.

use crate::address::Address;
use crate::error::Error;
use crate::known;
use crate::model::{Channel, Outcome, ReportKind, Sighting, SuspectReport};
use crate::parameters::parameters;
use crate::{reader, scan, store};
use ground::limits::LINE_CHARS_MAX;
use ground::time::HOUR_MICROS;
use ground::{Fault, Problem, Timestamp};
use jiff::civil::Date;
use kernel::{Actor, Kernel, Page, Paging, Permission, Result};
use std::net::IpAddr;

/// Places on a map.
const MAP_POINTS_MAX: u64 = 400;
/// Longest note of a report, characters.
pub const REPORT_NOTE_CHARS_MAX: usize = 2_000;

/// Which scans.
#[derive(Debug, Clone, Default)]
pub struct ScanFilter(pub(crate) store::sightings::Filter);

/// A filter as words.
#[derive(Debug, Clone, Default)]
pub struct Words {
    /// GTIN, any length.
    pub gtin: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
    /// Lot id.
    pub lot_id: Option<String>,
    /// Name of an outcome.
    pub outcome: Option<String>,
    /// Name of a channel.
    pub channel: Option<String>,
    /// A date (in the operator's zone) or an RFC 3339 moment; scans not before it.
    pub from: Option<String>,
    /// A date, which is included, or an RFC 3339 moment, before which scans are.
    pub until: Option<String>,
}

/// Reads a filter.
///
/// # Errors
/// `invalid_input` naming the field that cannot be read.
pub fn filter(kernel: &Kernel, words: &Words) -> Result<ScanFilter> {
    let mut faults = Vec::new();
    let outcome = words.outcome.as_deref().and_then(Outcome::from_name);
    if words.outcome.is_some() && outcome.is_none() {
        faults.push(Fault::field("outcome", "scans-unknown-word"));
    }
    let channel = words.channel.as_deref().and_then(Channel::from_name);
    if words.channel.is_some() && channel.is_none() {
        faults.push(Fault::field("channel", "scans-unknown-word"));
    }
    let mut moment = |name: &'static str, text: &Option<String>, last: bool| {
        let text = text.as_deref()?;
        let read = parse_moment(kernel, text, last);
        if read.is_none() {
            faults.push(Fault::field(name, "scans-date"));
        }
        read
    };
    let (from, until) = (moment("from", &words.from, false), moment("until", &words.until, true));
    Problem::check(faults)?;
    let gtin = words.gtin.as_deref().map(str::trim).map(|text| match text.parse::<gs1::Gtin>() {
        Ok(gtin) => gtin.to_string(),
        Err(_) => text.chars().take(LINE_CHARS_MAX).collect(),
    });
    Ok(ScanFilter(store::sightings::Filter {
        gtin,
        serial: words.serial.clone(),
        lot_id: words.lot_id.clone(),
        outcome,
        channel,
        merchant_id: None,
        from,
        until,
    }))
}

fn parse_moment(kernel: &Kernel, text: &str, last: bool) -> Option<Timestamp> {
    if let Some(moment) = Timestamp::parse_rfc3339(text) {
        return Some(moment);
    }
    let date: Date = text.parse().ok()?;
    let date = if last { date.tomorrow().ok()? } else { date };
    Some(Timestamp::start_of(date, kernel.zone()))
}

/// A merchant sees the scans of its own lots.
fn own(actor: &Actor, filter: &ScanFilter) -> Result<store::sightings::Filter> {
    let mut filter = filter.0.clone();
    if !actor.may(Permission::TraceRead) {
        actor.require(Permission::OwnTrace)?;
        filter.merchant_id = Some(actor.own_organisation()?.to_owned());
    }
    Ok(filter)
}

/// Scans, newest first.
///
/// # Errors
/// `forbidden`; what the store says.
pub async fn scans(kernel: &Kernel, actor: &Actor, filter: &ScanFilter, paging: &Paging) -> Result<Page<Sighting>> {
    store::sightings::list(kernel.db().read(), &own(actor, filter)?, paging).await
}

/// The newest of them that have a place.
///
/// # Errors
/// `forbidden`; what the store says.
pub async fn located(kernel: &Kernel, actor: &Actor, filter: &ScanFilter) -> Result<Vec<Sighting>> {
    store::sightings::located(kernel.db().read(), &own(actor, filter)?, MAP_POINTS_MAX).await
}

/// What people wrote, newest first.
///
/// # Errors
/// `forbidden`; what the store says.
pub async fn reports(kernel: &Kernel, actor: &Actor, paging: &Paging) -> Result<Page<SuspectReport>> {
    actor.require(Permission::TraceRead)?;
    store::reports::list(kernel.db().read(), paging).await
}

/// What somebody writes about a code they do not trust.
#[derive(Debug, Clone, Default)]
pub struct NewReport {
    /// What it is about.
    pub kind: Option<ReportKind>,
    /// The code, any form or none at all.
    pub code: String,
    /// Where they bought it.
    pub place: String,
    /// What is odd about it.
    pub note: String,
}

/// Takes a report. Anybody may, so often an hour from one network address.
///
/// # Errors
/// `invalid_input`, `scan_reports_full`; what the store says.
pub async fn report(kernel: &Kernel, new: &NewReport, address: IpAddr) -> Result<SuspectReport> {
    let mut faults = Vec::new();
    if new.code.trim().is_empty() {
        faults.push(Fault::field("code", "scans-code-empty"));
    }
    for (field, text, most) in [
        ("code", &new.code, LINE_CHARS_MAX),
        ("place", &new.place, LINE_CHARS_MAX),
        ("note", &new.note, REPORT_NOTE_CHARS_MAX),
    ] {
        if text.chars().count() > most {
            faults.push(Fault::field(field, "scans-too-long").arg("most", most));
        }
    }
    Problem::check(faults)?;
    let most = parameters(kernel)?.reports_hour_max;
    let from = reader::address(kernel, address).await?;
    let now = kernel.now();
    let earlier = store::reports::since(kernel.db().read(), &from, now.plus_micros(-HOUR_MICROS)).await?;
    if earlier >= most as u64 {
        return Err(Error::ReportsFull { most }.into());
    }
    let code = new.code.trim();
    let read = if code.starts_with("/01/") { Address::of_request(code, None) } else { Address::of_scan(code) };
    let outcome = match read {
        Ok(address) => known::of(kernel, &address).await?.outcome,
        Err(_) => {
            scan::unreadable(kernel, code, Channel::Page).await?;
            Outcome::Invalid
        }
    };
    let report = SuspectReport {
        id: kernel.new_id(),
        at: now,
        kind: new.kind.unwrap_or(ReportKind::Suspect),
        code: code.to_owned(),
        outcome,
        place: new.place.trim().to_owned(),
        note: new.note.trim().to_owned(),
    };
    let tx = kernel.db().write_tx().await?;
    store::reports::insert(&tx, &report, &from).await?;
    tx.commit().await.map_err(store::fail)?;
    Ok(report)
}
