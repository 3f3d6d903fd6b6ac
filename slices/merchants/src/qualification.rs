//! Papers: handing in, taking back, confirming, refusing, reading.

use crate::matrix::Matrix;
use crate::model::{
    DocumentFile, Merchant, QUALIFICATIONS_MAX, Qualification, QualificationState, RegisterState, State, Weight,
};
use crate::{Error, check, enrol, parameters, store, text};
use blobs::Kind;
use bytes::Bytes;
use ground::Fault;
use ground::limits::{LINE_CHARS_MAX, NOTE_CHARS_MAX, UPLOAD_BYTES_MAX};
use jiff::civil::Date;
use kernel::{Act, Actor, Kernel, Permission, Write};

/// A paper as it is handed in: texts as typed, days as `YYYY-MM-DD` or empty.
#[derive(Debug, Clone, Default)]
pub struct NewQualification {
    /// Key of its kind.
    pub kind: String,
    /// Number as on the paper.
    pub number: String,
    /// Holder as on the paper.
    pub holder: String,
    /// Issuer as on the paper.
    pub issuer: String,
    /// Categories it covers; empty: all that ask for its kind.
    pub categories: Vec<String>,
    /// First day.
    pub valid_from: String,
    /// Last day; empty: without an end.
    pub valid_until: String,
    /// The qualification it renews.
    pub renews: Option<String>,
}

/// A file as it came in.
#[derive(Debug, Clone)]
pub struct NewFile {
    /// Name as the sender's computer knew it. Only ever shown, never used as a path.
    pub name: String,
    /// Content.
    pub content: Bytes,
}

/// Keeps a document: kinds by content ([`Kind::DOCUMENTS`]), at most [`UPLOAD_BYTES_MAX`].
pub(crate) async fn keep_file(kernel: &Kernel, field: &str, file: NewFile) -> Result<DocumentFile, Error> {
    let mut faults = Vec::new();
    let name = text::line(&mut faults, field, &file.name.replace(['/', '\\'], "_"), LINE_CHARS_MAX);
    Error::check(faults)?;
    let kept = kernel.blobs().put(file.content, &Kind::DOCUMENTS, UPLOAD_BYTES_MAX).await;
    let blob = kept.map_err(|error| match error {
        blobs::Error::TooLarge { bytes_max, .. } => Error::Invalid(vec![
            Fault::field(field, "merchants-fault-file-large").arg("mebibytes", bytes_max / (1024 * 1024)),
        ]),
        blobs::Error::Kind { accepted } => {
            Error::Invalid(vec![Fault::field(field, "merchants-fault-file-kind").arg("accepted", accepted)])
        }
        blobs::Error::Refused(_) => Error::field(field, "merchants-fault-file-refused"),
        other => Error::File(other),
    })?;
    Ok(DocumentFile {
        sha256: blob.sha256,
        name: if name.is_empty() { "document".to_owned() } else { name },
        bytes: i64::try_from(blob.bytes).unwrap_or(i64::MAX),
        media_type: blob.kind.media_type().to_owned(),
    })
}

/// While a file is being verified its papers stand still.
pub(crate) fn papers_may_change(merchant: &Merchant) -> Result<(), Error> {
    match merchant.state {
        State::Draft | State::Refused | State::Enrolled | State::Suspended => Ok(()),
        state => Err(Error::WrongState { what: "papers", state: state.name() }),
    }
}

/// Hands in a paper with its document. What is plainly wrong (form, dates, missing parts) is refused at its field; what
/// a person must look at is kept as a finding.
///
/// # Errors
/// `not_found`, `forbidden`, `wrong_state`, `invalid_input`, `unavailable` when the file store is full.
pub async fn add_qualification(
    kernel: &Kernel,
    actor: &Actor,
    merchant_id: &str,
    new: NewQualification,
    file: Option<NewFile>,
) -> Result<Qualification, Error> {
    actor.require_own(Permission::MerchantsDecide, Permission::OwnMerchant, merchant_id)?;
    let merchant = store::merchant(kernel.db().read(), merchant_id).await?.ok_or(Error::Missing)?;
    papers_may_change(&merchant)?;
    let matrix = Matrix::of(kernel, &merchant.market)?;
    let mut qualification = read_new(kernel, &matrix, &merchant, new)?;
    if let Some(file) = file.filter(|file| !file.content.is_empty()) {
        qualification.file = Some(keep_file(kernel, "file", file).await?);
    }
    let mut write = kernel.begin(actor).await?;
    let merchant = store::merchant(write.tx(), merchant_id).await?.ok_or(Error::Missing)?;
    papers_may_change(&merchant)?;
    let most = parameters::of(kernel, &merchant.market)?.documents_max.min(QUALIFICATIONS_MAX as u64);
    if store::count_qualifications(write.tx(), merchant_id).await? >= most {
        let fault = Fault::field("kind", "merchants-fault-too-many").arg("most", most);
        return Err(Error::Invalid(vec![fault]));
    }
    if let Some(renews) = &qualification.renews {
        let old = store::qualification(write.tx(), renews).await?;
        if !old.is_some_and(|old| old.merchant_id == merchant_id && old.kind == qualification.kind) {
            return Err(Error::field("renews", "merchants-fault-renews"));
        }
    }
    qualification.findings =
        check::qualification(write.tx(), &matrix, &qualification, &merchant, kernel.today()).await?;
    let blocking: Vec<_> = qualification.findings.iter().filter(|f| f.weight == Weight::Blocking).cloned().collect();
    // The register number may still be missing in a draft; it is compared again on hand-in.
    let blocking: Vec<_> =
        blocking.into_iter().filter(|f| !(f.code == "number-not-uscc" && merchant.company.uscc.is_empty())).collect();
    Error::check(enrol::faults(&blocking))?;
    store::insert_qualification(write.tx(), &qualification).await?;
    let mut act = about("qualification.submitted", &qualification)
        .private("number", qualification.number.as_str())
        .private("holder", qualification.holder.as_str());
    if let Some(file) = &qualification.file {
        act = act.evidence(&file.sha256);
    }
    write.act(act).await?;
    write.commit().await?;
    kernel.wake(crate::jobs::REGISTER);
    Ok(qualification)
}

fn read_new(
    kernel: &Kernel,
    matrix: &Matrix,
    merchant: &Merchant,
    new: NewQualification,
) -> Result<Qualification, Error> {
    let mut faults = Vec::new();
    let kind = text::line(&mut faults, "kind", &new.kind, 100);
    let rule = matrix.kind(&kind);
    if rule.is_none() {
        faults.push(Fault::field("kind", "merchants-fault-kind").arg("value", &kind));
    }
    let number = text::line(&mut faults, "number", &new.number, 150);
    let holder = text::line(&mut faults, "holder", &new.holder, LINE_CHARS_MAX);
    let issuer = text::line(&mut faults, "issuer", &new.issuer, LINE_CHARS_MAX);
    for (field, value) in [("number", &number), ("holder", &holder)] {
        if value.is_empty() && !faults.iter().any(|f| f.place.field.as_deref() == Some(field)) {
            faults.push(Fault::field(field, "merchants-finding-field-missing").arg("field", field));
        }
    }
    let mut categories: Vec<String> = Vec::new();
    for category in new.categories.iter().filter(|category| !category.is_empty()).take(50) {
        if !matrix.knows_category(category) {
            faults.push(Fault::field("categories", "merchants-fault-category").arg("value", category));
        }
        categories.push(category.clone());
    }
    let valid_from = text::date(&mut faults, "valid_from", &new.valid_from);
    let mut valid_until = text::date(&mut faults, "valid_until", &new.valid_until);
    Error::check(faults)?;
    // A paper that states no end is taken for a limited time from its first day, where the matrix says so.
    if let (None, Some(from), Some(days)) = (valid_until, valid_from, rule.and_then(|rule| rule.valid_days)) {
        valid_until = from.checked_add(jiff::Span::new().days(i64::from(days))).ok();
    }
    Ok(Qualification {
        id: kernel.new_id(),
        merchant_id: merchant.id.clone(),
        kind,
        number,
        holder,
        issuer,
        categories,
        valid_from,
        valid_until,
        file: None,
        state: QualificationState::Submitted,
        findings: Vec::new(),
        register: RegisterState::Waiting,
        register_tries: 0,
        register_due_at: Some(kernel.now()),
        decided_by: String::new(),
        reason: String::new(),
        renews: new.renews,
        warned_days: 0,
        created_at: kernel.now(),
        decided_at: None,
        version: 1,
    })
}

/// An act about a paper: always about its merchant too, with the facts other duties need.
pub(crate) fn about(kind: &str, qualification: &Qualification) -> Act {
    let mut act = Act::new(kind, "qualification", &qualification.id)
        .about("merchant", &qualification.merchant_id)
        .public("qualification_kind", qualification.kind.as_str())
        .public("merchant", qualification.merchant_id.as_str())
        .public("categories", qualification.categories.clone());
    if let Some(until) = qualification.valid_until {
        act = act.public("valid_until", until.to_string());
    }
    act
}

/// Takes a paper back that nobody has confirmed yet.
///
/// # Errors
/// `not_found`, `forbidden`, `stale`, `wrong_state`.
pub async fn withdraw_qualification(
    kernel: &Kernel,
    actor: &Actor,
    id: &str,
    version: i64,
) -> Result<Qualification, Error> {
    let mut write = kernel.begin(actor).await?;
    let mut qualification = load(&write, actor, id, version, Permission::OwnMerchant).await?;
    let merchant = store::merchant(write.tx(), &qualification.merchant_id).await?.ok_or(Error::Missing)?;
    papers_may_change(&merchant)?;
    if !matches!(qualification.state, QualificationState::Submitted | QualificationState::Rejected) {
        return Err(Error::WrongState { what: "withdraw", state: qualification.state.name() });
    }
    qualification.version += 1;
    qualification.state = QualificationState::Withdrawn;
    store::update_qualification(write.tx(), &qualification).await?;
    write.act(about("qualification.withdrawn", &qualification)).await?;
    write.commit().await?;
    Ok(qualification)
}

async fn load(write: &Write, actor: &Actor, id: &str, version: i64, own: Permission) -> Result<Qualification, Error> {
    let qualification = store::qualification(write.tx(), id).await?.ok_or(Error::Missing)?;
    actor.require_own(Permission::MerchantsDecide, own, &qualification.merchant_id)?;
    if qualification.version == version { Ok(qualification) } else { Err(Error::Stale) }
}

/// A person confirms a paper, or refuses it with a reason. Where the register has not confirmed it the record says that
/// it was confirmed by hand. Confirming a renewal puts it in the place of the old one.
///
/// # Errors
/// `not_found`, `forbidden`, `stale`, `wrong_state`, `invalid_input` (reason missing; out of date or not yet valid).
pub async fn decide_qualification(
    kernel: &Kernel,
    actor: &Actor,
    id: &str,
    version: i64,
    confirmed: bool,
    reason: &str,
) -> Result<Qualification, Error> {
    actor.require(Permission::MerchantsDecide)?;
    let mut faults = Vec::new();
    let reason = text::note(&mut faults, "reason", reason, NOTE_CHARS_MAX);
    if !confirmed && reason.is_empty() && faults.is_empty() {
        faults.push(Fault::field("reason", "merchants-fault-reason-missing"));
    }
    Error::check(faults)?;
    let mut write = kernel.begin(actor).await?;
    let mut qualification = load(&write, actor, id, version, Permission::MerchantsDecide).await?;
    let may = match qualification.state {
        QualificationState::Submitted => true,
        // A confirmed paper may turn out to be false.
        QualificationState::Verified => !confirmed,
        _ => false,
    };
    if !may {
        let what = if confirmed { "verify" } else { "reject" };
        return Err(Error::WrongState { what, state: qualification.state.name() });
    }
    if confirmed {
        let merchant = store::merchant(write.tx(), &qualification.merchant_id).await?.ok_or(Error::Missing)?;
        let matrix = Matrix::of(kernel, &merchant.market)?;
        let found = check::qualification(write.tx(), &matrix, &qualification, &merchant, kernel.today()).await?;
        let blocking: Vec<_> = found.iter().filter(|f| f.weight == Weight::Blocking).cloned().collect();
        Error::check(enrol::faults(&blocking))?;
        qualification.findings = found;
        qualification = confirm_in(&mut write, qualification, &reason).await?;
    } else {
        qualification.version += 1;
        qualification.state = QualificationState::Rejected;
        qualification.decided_by.clone_from(&actor.id);
        qualification.decided_at = Some(write.now());
        qualification.reason = reason;
        store::update_qualification(write.tx(), &qualification).await?;
        let act = about("qualification.rejected", &qualification)
            .outcome(QualificationState::Rejected.name())
            .private("reason", qualification.reason.as_str());
        write.act(act).await?;
    }
    write.commit().await?;
    Ok(qualification)
}

/// Confirms inside a decision under way: by hand unless the register said so.
pub(crate) async fn confirm_in(
    write: &mut Write,
    mut qualification: Qualification,
    note: &str,
) -> Result<Qualification, Error> {
    qualification.version += 1;
    qualification.state = QualificationState::Verified;
    qualification.decided_by.clone_from(&write.actor().id);
    qualification.decided_at = Some(write.now());
    note.clone_into(&mut qualification.reason);
    store::update_qualification(write.tx(), &qualification).await?;
    let way = if qualification.register == RegisterState::Confirmed { "register" } else { "by_hand" };
    let mut act = about("qualification.verified", &qualification)
        .outcome(QualificationState::Verified.name())
        .public("confirmed", way);
    if let Some(file) = &qualification.file {
        act = act.evidence(&file.sha256);
    }
    if !note.is_empty() {
        act = act.private("note", note);
    }
    write.act(act).await?;
    if let Some(old) = &qualification.renews
        && let Some(mut old) = store::qualification(write.tx(), old).await?
        && matches!(old.state, QualificationState::Verified | QualificationState::Expired)
    {
        old.version += 1;
        old.state = QualificationState::Superseded;
        store::update_qualification(write.tx(), &old).await?;
        write.act(about("qualification.superseded", &old).about("qualification", &qualification.id)).await?;
    }
    Ok(qualification)
}

/// All papers of a merchant, newest first.
///
/// # Errors
/// `not_found` for another merchant's, `forbidden`.
pub async fn qualifications(kernel: &Kernel, actor: &Actor, merchant_id: &str) -> Result<Vec<Qualification>, Error> {
    actor.require_own(Permission::MerchantsRead, Permission::OwnMerchant, merchant_id)?;
    store::qualifications_of(kernel.db().read(), merchant_id).await
}

/// One paper.
///
/// # Errors
/// `not_found` also for another merchant's, `forbidden`.
pub async fn qualification(kernel: &Kernel, actor: &Actor, id: &str) -> Result<Qualification, Error> {
    let found = store::qualification(kernel.db().read(), id).await?.ok_or(Error::Missing)?;
    actor.require_own(Permission::MerchantsRead, Permission::OwnMerchant, &found.merchant_id)?;
    Ok(found)
}

/// The document of a paper, for its owner and for staff alone.
///
/// # Errors
/// `not_found` also for another merchant's and where there is none, `forbidden`.
pub async fn document(kernel: &Kernel, actor: &Actor, id: &str) -> Result<(DocumentFile, Bytes), Error> {
    let file = qualification(kernel, actor, id).await?.file.ok_or(Error::Missing)?;
    let content = kernel.blobs().get(&file.sha256).await?;
    Ok((file, content))
}

/// Days from today to the last day; negative once it has passed, `None` without an end.
pub fn days_left(qualification: &Qualification, today: Date) -> Option<i64> {
    qualification.valid_until.map(|until| i64::from((until - today).get_days()))
}
