//! Brand authorisations: the registered trademark and the letters from its owner to the merchant.

use crate::matrix::{Matrix, NumberOutcome};
use crate::model::{
    AuthorisationLink, BRANDS_MAX, BrandAuthorisation, CHAIN_LINKS_MAX, DocumentFile, Finding, Merchant,
    QualificationState, Weight,
};
use crate::qualification::{NewFile, keep_file, papers_may_change};
use crate::{Error, enrol, rules, store, text};
use bytes::Bytes;
use ground::Fault;
use ground::limits::{LINE_CHARS_MAX, NOTE_CHARS_MAX};
use jiff::civil::Date;
use kernel::{Act, Actor, Kernel, Permission, Write};

/// A letter as it is handed in; days as `YYYY-MM-DD` or empty.
#[derive(Debug, Clone, Default)]
pub struct NewLink {
    /// Who allows.
    pub grantor: String,
    /// Who is allowed.
    pub grantee: String,
    /// First day.
    pub valid_from: String,
    /// Last day; empty: without an end.
    pub valid_until: String,
    /// The letter.
    pub file: Option<NewFile>,
}

/// A brand authorisation as it is handed in.
#[derive(Debug, Clone, Default)]
pub struct NewBrand {
    /// The brand as on the goods.
    pub brand: String,
    /// Registration number of the trademark.
    pub trademark_number: String,
    /// Its owner.
    pub trademark_owner: String,
    /// Last day of the registration; empty: not stated.
    pub trademark_until: String,
    /// The letters in order from the owner; none where the merchant is the owner.
    pub chain: Vec<NewLink>,
}

/// Hands in a brand authorisation. A person always confirms it.
///
/// # Errors
/// `not_found`, `forbidden`, `wrong_state`, `invalid_input`, `unavailable`.
pub async fn add_brand(
    kernel: &Kernel,
    actor: &Actor,
    merchant_id: &str,
    new: NewBrand,
) -> Result<BrandAuthorisation, Error> {
    actor.require_own(Permission::MerchantsDecide, Permission::OwnMerchant, merchant_id)?;
    let merchant = store::merchant(kernel.db().read(), merchant_id).await?.ok_or(Error::Missing)?;
    papers_may_change(&merchant)?;
    let mut brand = read_new(kernel, merchant_id, &new)?;
    for (link, new) in brand.chain.iter_mut().zip(new.chain) {
        if let Some(file) = new.file.filter(|file| !file.content.is_empty()) {
            link.file = Some(keep_file(kernel, "chain", file).await?);
        }
    }
    let mut write = kernel.begin(actor).await?;
    let merchant = store::merchant(write.tx(), merchant_id).await?.ok_or(Error::Missing)?;
    papers_may_change(&merchant)?;
    if store::count_brands(write.tx(), merchant_id).await? >= BRANDS_MAX as u64 {
        return Err(Error::Invalid(vec![Fault::field("brand", "merchants-fault-too-many").arg("most", BRANDS_MAX)]));
    }
    brand.findings = check_brand(kernel, &brand, &merchant)?;
    let blocking: Vec<_> = brand.findings.iter().filter(|f| f.weight == Weight::Blocking).cloned().collect();
    Error::check(enrol::faults(&blocking))?;
    store::insert_brand(write.tx(), &brand).await?;
    let mut act = about("brand.submitted", &brand).private("trademark_owner", brand.trademark_owner.as_str());
    for file in brand.chain.iter().filter_map(|link| link.file.as_ref()) {
        act = act.evidence(&file.sha256);
    }
    write.act(act).await?;
    write.commit().await?;
    Ok(brand)
}

fn check_brand(kernel: &Kernel, brand: &BrandAuthorisation, merchant: &Merchant) -> Result<Vec<Finding>, Error> {
    let mut found = rules::check_brand(brand, merchant, kernel.today());
    let number = Matrix::of(kernel, &merchant.market)?.check_trademark(&brand.trademark_number);
    match number {
        NumberOutcome::Good => {}
        NumberOutcome::Doubt => found.push(Finding::new("number-check-digit", Weight::Review, "trademark_number")),
        NumberOutcome::Wrong => found.push(
            Finding::new("number-format", Weight::Blocking, "trademark_number")
                .arg("number", brand.trademark_number.as_str()),
        ),
    }
    Ok(found)
}

fn about(kind: &str, brand: &BrandAuthorisation) -> Act {
    let act = Act::new(kind, "brand", &brand.id)
        .about("merchant", &brand.merchant_id)
        .public("merchant", brand.merchant_id.as_str())
        .public("brand", brand.brand.as_str())
        .public("trademark_number", brand.trademark_number.as_str());
    match brand.valid_until() {
        Some(until) => act.public("valid_until", until.to_string()),
        None => act,
    }
}

fn read_new(kernel: &Kernel, merchant_id: &str, new: &NewBrand) -> Result<BrandAuthorisation, Error> {
    let mut faults = Vec::new();
    let required =
        [("brand", &new.brand), ("trademark_number", &new.trademark_number), ("trademark_owner", &new.trademark_owner)];
    for (field, value) in required {
        if value.trim().is_empty() {
            faults.push(Fault::field(field, "merchants-finding-field-missing").arg("field", field));
        }
    }
    if new.chain.len() > CHAIN_LINKS_MAX {
        faults.push(Fault::field("chain", "merchants-fault-too-many").arg("most", CHAIN_LINKS_MAX));
    }
    let mut chain = Vec::new();
    for link in new.chain.iter().take(CHAIN_LINKS_MAX) {
        chain.push(AuthorisationLink {
            grantor: text::line(&mut faults, "chain", &link.grantor, LINE_CHARS_MAX),
            grantee: text::line(&mut faults, "chain", &link.grantee, LINE_CHARS_MAX),
            valid_from: text::date(&mut faults, "chain", &link.valid_from),
            valid_until: text::date(&mut faults, "chain", &link.valid_until),
            file: None,
        });
    }
    let brand = BrandAuthorisation {
        id: kernel.new_id(),
        merchant_id: merchant_id.to_owned(),
        brand: text::line(&mut faults, "brand", &new.brand, 150),
        trademark_number: text::line(&mut faults, "trademark_number", &new.trademark_number, 60),
        trademark_owner: text::line(&mut faults, "trademark_owner", &new.trademark_owner, LINE_CHARS_MAX),
        trademark_until: text::date(&mut faults, "trademark_until", &new.trademark_until),
        chain,
        state: QualificationState::Submitted,
        findings: Vec::new(),
        reason: String::new(),
        decided_by: String::new(),
        created_at: kernel.now(),
        decided_at: None,
        version: 1,
    };
    Error::check(faults)?;
    Ok(brand)
}

async fn load(write: &Write, actor: &Actor, id: &str, version: i64) -> Result<BrandAuthorisation, Error> {
    let brand = store::brand(write.tx(), id).await?.ok_or(Error::Missing)?;
    actor.require_own(Permission::MerchantsDecide, Permission::OwnMerchant, &brand.merchant_id)?;
    if brand.version == version { Ok(brand) } else { Err(Error::Stale) }
}

/// A person confirms a brand authorisation or refuses it with a reason.
///
/// # Errors
/// `not_found`, `forbidden`, `stale`, `wrong_state`, `invalid_input`.
pub async fn decide_brand(
    kernel: &Kernel,
    actor: &Actor,
    id: &str,
    version: i64,
    confirmed: bool,
    reason: &str,
) -> Result<BrandAuthorisation, Error> {
    actor.require(Permission::MerchantsDecide)?;
    let mut faults = Vec::new();
    let reason = text::note(&mut faults, "reason", reason, NOTE_CHARS_MAX);
    if !confirmed && reason.is_empty() && faults.is_empty() {
        faults.push(Fault::field("reason", "merchants-fault-reason-missing"));
    }
    Error::check(faults)?;
    let mut write = kernel.begin(actor).await?;
    let mut brand = load(&write, actor, id, version).await?;
    let (what, next, kind) = match confirmed {
        true => ("verify", QualificationState::Verified, "brand.verified"),
        false => ("reject", QualificationState::Rejected, "brand.rejected"),
    };
    let may =
        brand.state == QualificationState::Submitted || (brand.state == QualificationState::Verified && !confirmed);
    if !may {
        return Err(Error::WrongState { what, state: brand.state.name() });
    }
    if confirmed {
        let merchant = store::merchant(write.tx(), &brand.merchant_id).await?.ok_or(Error::Missing)?;
        brand.findings = check_brand(kernel, &brand, &merchant)?;
        let blocking: Vec<_> = brand.findings.iter().filter(|f| f.weight == Weight::Blocking).cloned().collect();
        Error::check(enrol::faults(&blocking))?;
    }
    brand.version += 1;
    brand.state = next;
    brand.decided_by.clone_from(&actor.id);
    brand.decided_at = Some(write.now());
    brand.reason = reason;
    store::update_brand(write.tx(), &brand).await?;
    let mut act = about(kind, &brand).outcome(next.name());
    if !brand.reason.is_empty() {
        act = act.private("reason", brand.reason.as_str());
    }
    write.act(act).await?;
    write.commit().await?;
    Ok(brand)
}

/// Takes an authorisation back that nobody has confirmed yet.
///
/// # Errors
/// `not_found`, `forbidden`, `stale`, `wrong_state`.
pub async fn withdraw_brand(
    kernel: &Kernel,
    actor: &Actor,
    id: &str,
    version: i64,
) -> Result<BrandAuthorisation, Error> {
    let mut write = kernel.begin(actor).await?;
    let mut brand = load(&write, actor, id, version).await?;
    if !matches!(brand.state, QualificationState::Submitted | QualificationState::Rejected) {
        return Err(Error::WrongState { what: "withdraw", state: brand.state.name() });
    }
    brand.version += 1;
    brand.state = QualificationState::Withdrawn;
    store::update_brand(write.tx(), &brand).await?;
    write.act(about("brand.withdrawn", &brand)).await?;
    write.commit().await?;
    Ok(brand)
}

/// The validity of a confirmed authorisation is over.
pub(crate) async fn expire_brand(kernel: &Kernel, actor: &Actor, id: &str, today: Date) -> Result<bool, Error> {
    let mut write = kernel.begin(actor).await?;
    let Some(mut brand) = store::brand(write.tx(), id).await? else {
        return Ok(false);
    };
    let over = brand.valid_until().is_some_and(|until| until < today);
    if brand.state != QualificationState::Verified || !over {
        return Ok(false);
    }
    brand.version += 1;
    brand.state = QualificationState::Expired;
    store::update_brand(write.tx(), &brand).await?;
    write.act(about("brand.expired", &brand).outcome("expired")).await?;
    write.commit().await?;
    Ok(true)
}

/// All brand authorisations of a merchant, newest first, as its own people and staff see them.
///
/// # Errors
/// `not_found` for another merchant's, `forbidden`.
pub async fn brands(kernel: &Kernel, actor: &Actor, merchant_id: &str) -> Result<Vec<BrandAuthorisation>, Error> {
    actor.require_own(Permission::MerchantsRead, Permission::OwnMerchant, merchant_id)?;
    store::brands_of(kernel.db().read(), merchant_id).await
}

/// The letter at a position (from 0) of a chain, for its owner and for staff alone.
///
/// # Errors
/// `not_found` also for another merchant's and where there is none, `forbidden`.
pub async fn letter(kernel: &Kernel, actor: &Actor, id: &str, position: usize) -> Result<(DocumentFile, Bytes), Error> {
    let brand = store::brand(kernel.db().read(), id).await?.ok_or(Error::Missing)?;
    actor.require_own(Permission::MerchantsRead, Permission::OwnMerchant, &brand.merchant_id)?;
    let file = brand.chain.into_iter().nth(position).and_then(|link| link.file).ok_or(Error::Missing)?;
    let content = kernel.blobs().get(&file.sha256).await?;
    Ok((file, content))
}
