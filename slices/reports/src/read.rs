//! Who sees which reports.

use crate::Error;
use crate::home::credential_path;
use crate::model::{Laboratory, LaboratoryState, PublicReport, PublicStatus, Report, State};
use crate::store::{laboratories as rows, reports};
use bytes::Bytes;
use kernel::{Actor, Kernel, Page, Paging, Permission};
use std::collections::HashSet;

pub use crate::store::{Filter, LaboratoryFilter, SORTS};

/// The reports an actor may see: staff all, a laboratory its own, a merchant those about its lots.
///
/// # Errors
/// `forbidden`.
pub async fn list(kernel: &Kernel, actor: &Actor, filter: &Filter, paging: &Paging) -> Result<Page<Report>, Error> {
    let mut filter = filter.clone();
    if actor.may(Permission::TraceRead) {
        filter.signed = true;
    } else if actor.may(Permission::OwnReports) {
        filter.laboratory_id = Some(actor.own_organisation()?.to_owned());
    } else {
        actor.require(Permission::OwnTrace)?;
        filter.merchant_id = Some(actor.own_organisation()?.to_owned());
        filter.signed = true;
    }
    reports::list(kernel.db().read(), &filter, paging).await
}

/// One report, for staff, its laboratory, and the merchant of its lot.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn get(kernel: &Kernel, actor: &Actor, id: &str) -> Result<Report, Error> {
    let may = [Permission::TraceRead, Permission::OwnReports, Permission::OwnTrace];
    if !may.iter().any(|permission| actor.may(*permission)) {
        actor.require(Permission::TraceRead)?;
    }
    let report = reports::one(kernel.db().read(), id).await?.ok_or(Error::Missing)?;
    let organisation = actor.organisation.as_deref();
    let signed = report.state != State::Draft;
    let sees = actor.may(Permission::TraceRead) && signed
        || actor.may(Permission::OwnReports) && organisation == Some(&report.laboratory_id)
        || actor.may(Permission::OwnTrace) && organisation == Some(&report.merchant_id) && signed;
    if sees { Ok(report) } else { Err(Error::Missing) }
}

/// The PDF of a report, for whoever may see the report.
///
/// # Errors
/// As [`get`]; `not_found` where there is none.
pub async fn document(kernel: &Kernel, actor: &Actor, id: &str) -> Result<Bytes, Error> {
    let report = get(kernel, actor, id).await?;
    let sha256 = report.document.ok_or(Error::Missing)?;
    Ok(kernel.blobs().get(&sha256).await?)
}

/// The reports of a lot as everybody sees them: what is signed, what was withdrawn, what is forged.
///
/// # Errors
/// What the store says.
pub async fn of_lot(kernel: &Kernel, lot_id: &str) -> Result<Vec<PublicReport>, Error> {
    let now = kernel.now();
    let db = kernel.db().read();
    let found = reports::shown_of_lot(db, lot_id).await?;
    let mut suspended = HashSet::new();
    for id in found.iter().map(|report| report.laboratory_id.as_str()).collect::<HashSet<_>>() {
        let laboratory = rows::one(db, id).await?;
        if laboratory.is_some_and(|laboratory| laboratory.state == LaboratoryState::Suspended) {
            suspended.insert(id.to_owned());
        }
    }
    let public = |report: Report| {
        let status = match report.public_status(now)? {
            PublicStatus::Valid if suspended.contains(&report.laboratory_id) => PublicStatus::Suspended,
            status => status,
        };
        Some(PublicReport {
            credential_path: credential_path(&report.id),
            id: report.id,
            laboratory: report.laboratory,
            title: report.title,
            number: report.number,
            standard: report.standard,
            result: report.result,
            issued_at: report.issued_at,
            valid_until: report.valid_until,
            status,
            lot_id: report.lot_id,
            items: report.items,
            act_id: report.act_id,
        })
    };
    Ok(found.into_iter().filter_map(public).collect())
}

/// The laboratories, for staff, laboratories and merchants.
///
/// # Errors
/// `forbidden`.
pub async fn laboratories(
    kernel: &Kernel,
    actor: &Actor,
    filter: &LaboratoryFilter,
    paging: &Paging,
) -> Result<Page<Laboratory>, Error> {
    let may = [Permission::TraceRead, Permission::OwnReports, Permission::OwnTrace];
    if !may.iter().any(|permission| actor.may(*permission)) {
        actor.require(Permission::TraceRead)?;
    }
    rows::list(kernel.db().read(), filter, paging).await
}

/// Open work for the navigation: laboratories that wait for confirmation and forged reports (console), drafts (laboratory).
///
/// # Errors
/// What the store says.
pub async fn counts(kernel: &Kernel, actor: &Actor) -> Result<u64, Error> {
    let db = kernel.db().read();
    if actor.may(Permission::OwnReports) {
        let own = actor.own_organisation()?.to_owned();
        let drafts = Filter { state: Some(State::Draft), laboratory_id: Some(own), ..Filter::default() };
        return reports::count(db, &drafts).await;
    }
    if !actor.may(Permission::TraceManage) {
        return Ok(0);
    }
    let waiting = LaboratoryFilter { state: Some(crate::LaboratoryState::Pending), search: None };
    Ok(rows::list(db, &waiting, &Paging::new(1, 1)).await?.total)
}
