//! A laboratory's own reports: written as a draft, signed, and, when wrong, revoked.

use crate::home::{Home, credential_path};
use crate::model::{AccreditationRule, Origin, Report, State, TestItem, TestResult};
use crate::store::{laboratories, reports};
use crate::{Error, content, items, laboratory, lots};
use bytes::Bytes;
use credentials::did::multikey_fragment;
use credentials::status::LIST_BITS_MIN;
use credentials::{Purpose, StatusEntry, integrity, jwt};
use ground::limits::{LINE_CHARS_MAX, NOTE_CHARS_MAX, UPLOAD_BYTES_MAX};
use ground::{Fault, Timestamp};
use jiff::civil::Date;
use kernel::{Act, Actor, Kernel, Permission, Write};
use sha2::{Digest, Sha256};

/// A report as it is handed in; days as `YYYY-MM-DD` or empty.
#[derive(Debug, Clone, Default)]
pub struct NewReport {
    /// GTIN of the lot, 8 to 14 digits.
    pub gtin: String,
    /// Lot number.
    pub lot_number: String,
    /// The laboratory's number of the report.
    pub number: String,
    /// Title.
    pub title: String,
    /// Standard it is judged by.
    pub standard: String,
    /// Day of testing.
    pub tested_on: String,
    /// Last day of validity; empty: without an end.
    pub valid_until: String,
    /// `pass` or `fail`.
    pub result: String,
    /// Its items.
    pub items: Vec<TestItem>,
    /// The report as PDF.
    pub document: Option<Bytes>,
}

/// Writes a draft.
///
/// # Errors
/// `forbidden`, `laboratory_not_ready` without a profile, `invalid_input` with every fault, row by row.
pub async fn draft(kernel: &Kernel, actor: &Actor, new: NewReport) -> Result<Report, Error> {
    actor.require(Permission::OwnReports)?;
    let id = actor.own_organisation()?.to_owned();
    let laboratory = laboratories::one(kernel.db().read(), &id).await?.ok_or(Error::NotReady("profile"))?;
    let mut report = read_new(kernel, &new)?;
    let lot = lots::find(kernel, &new.gtin, &new.lot_number, None).await?;
    if let Some(bytes) = new.document.filter(|bytes| !bytes.is_empty()) {
        let kept = kernel.blobs().put(bytes, &[blobs::Kind::Pdf], UPLOAD_BYTES_MAX).await;
        report.document = Some(kept.map_err(document_fault)?.sha256);
    }
    let mut write = kernel.begin(actor).await?;
    report.id = write.new_id();
    report.created_at = write.now();
    (report.laboratory_id, report.laboratory) = (laboratory.id, laboratory.name);
    (report.lot_id, report.merchant_id, report.product) = (lot.id, lot.merchant_id, lot.product);
    (report.gtin, report.lot_number) = (lot.gtin, lot.number);
    reports::insert(write.tx(), &report, &report.id).await?;
    write.act(about(Act::new("report.drafted", "report", &report.id), &report)).await?;
    write.commit().await?;
    Ok(report)
}

fn document_fault(error: blobs::Error) -> Error {
    match error {
        blobs::Error::TooLarge { bytes_max, .. } => Error::Invalid(vec![
            Fault::field("document", "reports-fault-file-large").arg("mebibytes", bytes_max / (1024 * 1024)),
        ]),
        blobs::Error::Kind { .. } => Error::field("document", "reports-fault-file-kind"),
        blobs::Error::Refused(_) => Error::field("document", "reports-fault-file-refused"),
        other => Error::File(other),
    }
}

fn read_new(kernel: &Kernel, new: &NewReport) -> Result<Report, Error> {
    let result = TestResult::from_name(&new.result);
    let mut faults = items::check(&new.items, result);
    let mut line = |name: &str, text: &str| {
        let text = text.trim().to_owned();
        if text.is_empty() {
            faults.push(Fault::field(name, "reports-fault-needed"));
        } else if text.chars().count() > LINE_CHARS_MAX {
            faults.push(Fault::field(name, "reports-fault-long").arg("most", LINE_CHARS_MAX));
        } else if text.chars().any(char::is_control) {
            faults.push(Fault::field(name, "reports-fault-control"));
        }
        text
    };
    let (number, title) = (line("number", &new.number), line("title", &new.title));
    let standard = line("standard", &new.standard);
    let tested_on = new.tested_on.trim().parse::<Date>().ok();
    match tested_on {
        None => faults.push(Fault::field("tested_on", "reports-fault-day")),
        Some(day) if day > kernel.today() => faults.push(Fault::field("tested_on", "reports-fault-future")),
        Some(_) => {}
    }
    let valid_until = match new.valid_until.trim() {
        "" => None,
        text => match text.parse::<Date>() {
            Ok(day) if day >= kernel.today() => Some(day),
            Ok(_) => {
                faults.push(Fault::field("valid_until", "reports-fault-past"));
                None
            }
            Err(_) => {
                faults.push(Fault::field("valid_until", "reports-fault-day"));
                None
            }
        },
    };
    let (Some(tested_on), Some(result)) = (tested_on.filter(|_| faults.is_empty()), result) else {
        return Err(Error::Invalid(faults));
    };
    let last = valid_until.and_then(|day| day.tomorrow().ok()).map(|day| Timestamp::start_of(day, kernel.zone()));
    Ok(Report { number, title, standard, result, items: new.items.clone(), valid_until: last, ..blank(tested_on) })
}

/// A draft with nothing in it.
pub(crate) fn blank(tested_on: Date) -> Report {
    let none = String::new;
    Report {
        id: none(),
        origin: Origin::Issued,
        state: State::Draft,
        laboratory_id: none(),
        laboratory: none(),
        issuer: none(),
        method: none(),
        merchant_id: none(),
        lot_id: none(),
        gtin: none(),
        lot_number: none(),
        product: none(),
        number: none(),
        title: none(),
        standard: none(),
        tested_on,
        items: Vec::new(),
        result: TestResult::Fail,
        issued_at: None,
        valid_until: None,
        credential: none(),
        credential_json: None,
        status: None,
        failure: none(),
        reason: none(),
        document: None,
        checked_at: None,
        check_due_at: None,
        tries: 0,
        created_at: Timestamp::from_micros(0),
        revoked_at: None,
        act_id: None,
        version: 1,
    }
}

/// The public part every act about a report has.
pub(crate) fn about(act: Act, report: &Report) -> Act {
    let act = act
        .about("lot", &report.lot_id)
        .about("merchant", &report.merchant_id)
        .outcome(report.state.name())
        .public("result", report.result.name())
        .public("gtin", report.gtin.as_str())
        .public("lot_number", report.lot_number.as_str());
    match report.laboratory_id.is_empty() {
        true => act,
        false => act.about("laboratory", &report.laboratory_id),
    }
}

/// SHA-256 of a credential as it came, hexadecimal.
pub(crate) fn digest(credential: &str) -> String {
    hex::encode(Sha256::digest(credential.as_bytes()))
}

async fn own_draft(
    write: &Write,
    id: &str,
    laboratory_id: &str,
    version: i64,
    what: &'static str,
) -> Result<Report, Error> {
    let report = reports::one(write.tx(), id).await?.filter(|report| report.laboratory_id == laboratory_id);
    let report = report.ok_or(Error::Missing)?;
    if report.state != State::Draft {
        return Err(Error::WrongState { what, state: report.state.name() });
    }
    if report.version == version { Ok(report) } else { Err(Error::Stale) }
}

/// Throws a draft away.
///
/// # Errors
/// `forbidden`, `not_found`, `wrong_state`, `stale`.
pub async fn discard(kernel: &Kernel, actor: &Actor, id: &str, version: i64) -> Result<(), Error> {
    actor.require(Permission::OwnReports)?;
    let laboratory_id = actor.own_organisation()?.to_owned();
    let mut write = kernel.begin(actor).await?;
    let report = own_draft(&write, id, &laboratory_id, version, "discard").await?;
    reports::delete_draft(write.tx(), id).await?;
    write.act(about(Act::new("report.discarded", "report", id), &report)).await?;
    write.commit().await?;
    Ok(())
}

/// Signs a draft: from now on it is a credential with a place in a status list.
///
/// # Errors
/// `forbidden`, `not_found`, `wrong_state`, `stale`, `laboratory_not_ready`.
pub async fn sign(kernel: &Kernel, home: &Home, actor: &Actor, id: &str, version: i64) -> Result<Report, Error> {
    actor.require(Permission::OwnReports)?;
    let laboratory_id = actor.own_organisation()?.to_owned();
    let mut write = kernel.begin(actor).await?;
    let mut report = own_draft(&write, id, &laboratory_id, version, "sign").await?;
    let laboratory = laboratory::ready(kernel, &write, &laboratory_id).await?;
    if !laboratory.accredited_on(report.tested_on, AccreditationRule::in_force(kernel)?) {
        return Err(Error::NotReady("accreditation"));
    }
    let (key, key_row) =
        laboratory::signing_key(kernel, write.tx(), &laboratory_id).await?.ok_or(Error::NotReady("key"))?;
    let (list, index) = place(kernel, &write, &laboratory_id).await?;
    let entry = StatusEntry { purpose: Purpose::Revocation, index, list: home.list_address(&list) };
    // Whole seconds: other readers of JSON dates need not keep microseconds.
    let signed_at = Timestamp::from_micros(write.now().micros() / 1_000_000 * 1_000_000);
    let issuer = (key_row.did.as_str(), laboratory.name.as_str());
    let until = report.valid_until.map(Timestamp::to_rfc3339);
    let unsecured =
        content::write(&home.credential_id(id), issuer, &report, &entry, &signed_at.to_rfc3339(), until.as_deref());
    report.method = format!("{}#{}", key_row.did, key_row.fragment);
    report.credential = jwt::sign(&unsecured, &key, &report.method)?;
    let multikey = match key_row.did.starts_with("did:key:") {
        true => report.method.clone(),
        false => format!("{}#{}", key_row.did, multikey_fragment(&key_row.fragment)),
    };
    report.credential_json = Some(integrity::sign(&unsecured, &key, &multikey, signed_at)?.to_string());
    report.state = State::Valid;
    report.issuer = key_row.did;
    report.laboratory = laboratory.name;
    report.issued_at = Some(signed_at);
    report.status = Some((list, index));
    report.version += 1;
    let digest = digest(&report.credential);
    let mut act = about(Act::new("report.issued", "report", id), &report)
        .evidence(&digest)
        .public("credential", credential_path(id))
        .public("issuer", report.issuer.as_str())
        .public("status_list", entry.list.as_str())
        .public("status_index", entry.index);
    if let Some(document) = &report.document {
        act = act.evidence(document);
    }
    report.act_id = Some(write.act(act).await?);
    reports::update(write.tx(), &report, &digest).await?;
    write.commit().await?;
    Ok(report)
}

/// The next place in the laboratory's status list; a new list where there is none or it is full.
async fn place(kernel: &Kernel, write: &Write, laboratory_id: &str) -> Result<(String, u64), Error> {
    let entries = LIST_BITS_MIN as i64;
    if let Some(place) = laboratories::take_place(write.tx(), laboratory_id, entries).await? {
        return Ok(place);
    }
    let mut chance = [0u8; 8];
    kernel.rng().fill(&mut chance);
    let start = i64::from_be_bytes(chance).rem_euclid(entries);
    let list = write.new_id();
    laboratories::insert_list(write.tx(), &list, laboratory_id, start, write.now()).await?;
    laboratories::take_place(write.tx(), laboratory_id, entries).await?.ok_or(Error::Stale)
}

/// Revokes a report the actor's laboratory signed here, for ever.
///
/// # Errors
/// `forbidden`, `not_found`, `wrong_state`, `stale`, `invalid_input` without a reason.
pub async fn revoke(kernel: &Kernel, actor: &Actor, id: &str, version: i64, reason: &str) -> Result<Report, Error> {
    actor.require(Permission::OwnReports)?;
    let laboratory_id = actor.own_organisation()?.to_owned();
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > NOTE_CHARS_MAX {
        return Err(Error::field("reason", "reports-fault-reason"));
    }
    let mut write = kernel.begin(actor).await?;
    let held = reports::one(write.tx(), id).await?.filter(|report| report.laboratory_id == laboratory_id);
    let held = held.ok_or(Error::Missing)?;
    if held.state != State::Valid || held.origin != Origin::Issued {
        return Err(Error::WrongState { what: "revoke", state: held.state.name() });
    }
    if held.version != version {
        return Err(Error::Stale);
    }
    let report = Report {
        state: State::Revoked,
        reason: reason.to_owned(),
        revoked_at: Some(write.now()),
        version: version + 1,
        ..held
    };
    reports::update(write.tx(), &report, &digest(&report.credential)).await?;
    write.act(about(Act::new("report.revoked", "report", id), &report).private("reason", reason)).await?;
    write.commit().await?;
    Ok(report)
}
