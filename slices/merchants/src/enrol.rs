//! Writing a file and handing it in.

use crate::check::{self, Checked};
use crate::matrix::Matrix;
use crate::model::{
    CATEGORIES_MAX, Company, Contacts, DEVICES_MAX, Finding, Merchant, Move, RETURN_ADDRESSES_MAX, ReturnAddress,
    State, Weight,
};
use crate::{Error, register, rules, store, text};
use ground::Fault;
use ground::limits::LINE_CHARS_MAX;
use kernel::{Act, Actor, Kernel, Permission, Write};

/// What is to be written; a part left out stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Who the merchant is.
    pub company: Option<Company>,
    /// How to reach and to pay it.
    pub contacts: Option<Contacts>,
    /// Categories it wants to sell in: paths of the market's category table.
    pub categories: Option<Vec<String>>,
    /// Every required field of the parts given must be filled (a step of the wizard), not only well formed (a draft).
    pub complete: bool,
}

/// Begins a file. A merchant's own person begins the file of its organisation; staff who may decide about merchants, and
/// imports, begin one for a new organisation, whose id is the file's.
///
/// # Errors
/// `forbidden`; `merchant_exists` when the organisation has a file; `merchant_market_unknown`; `invalid_input`.
pub async fn create(kernel: &Kernel, actor: &Actor, market: &str, change: Change) -> Result<Merchant, Error> {
    let own = actor.organisation.is_some() && !actor.may(Permission::MerchantsDecide);
    let id = if own {
        actor.require(Permission::OwnMerchant)?;
        actor.own_organisation()?.to_owned()
    } else {
        actor.require(Permission::MerchantsDecide)?;
        kernel.new_id()
    };
    let matrix = Matrix::of(kernel, market)?;
    let mut write = kernel.begin(actor).await?;
    if store::merchant(write.tx(), &id).await?.is_some() {
        return Err(Error::Exists);
    }
    let now = write.now();
    let mut merchant = Merchant {
        id,
        market: market.to_owned(),
        state: State::Draft,
        version: 1,
        company: Company::default(),
        contacts: Contacts::default(),
        categories: Vec::new(),
        findings: Vec::new(),
        reasons: Vec::new(),
        note: String::new(),
        open_reason: None,
        created_at: now,
        updated_at: now,
        submitted_at: None,
        verified_at: None,
        verify_due_at: None,
        confirm_asked_at: None,
        suspended_until: None,
    };
    apply(&mut merchant, change, &matrix)?;
    store::insert_merchant(write.tx(), &merchant).await?;
    let act = Act::new("merchant.created", "merchant", &merchant.id)
        .public("market", merchant.market.as_str())
        .public("categories", merchant.categories.clone())
        .private("name", merchant.company.legal_name.as_str());
    write.act(act).await?;
    write.commit().await?;
    Ok(merchant)
}

/// Writes parts of a file. While it is a draft or refused everything may be written; afterwards the register number is
/// fixed, and another name, representative or account is looked at by a person.
///
/// # Errors
/// `not_found`, `forbidden`, `stale` when `version` is not the present one, `wrong_state` while it is being verified or
/// ended, `invalid_input`, `merchant_blacklisted`.
pub async fn update(kernel: &Kernel, actor: &Actor, id: &str, version: i64, change: Change) -> Result<Merchant, Error> {
    actor.require_own(Permission::MerchantsDecide, Permission::OwnMerchant, id)?;
    let mut write = kernel.begin(actor).await?;
    let mut merchant = load(&write, id, version).await?;
    let before = merchant.clone();
    let free = rules::is_open_for_writing(merchant.state);
    if !free && !matches!(merchant.state, State::Enrolled | State::Suspended) {
        return Err(Error::WrongState { what: "change", state: merchant.state.name() });
    }
    let matrix = Matrix::of(kernel, &merchant.market)?;
    apply(&mut merchant, change, &matrix)?;
    if !free {
        if merchant.company.uscc != before.company.uscc {
            return Err(Error::field("uscc", "merchants-fault-uscc-fixed"));
        }
        let changed_identity = identity(&merchant) != identity(&before);
        if changed_identity {
            let hits = check::blacklisted(write.tx(), &merchant, kernel.today()).await?;
            if hits.iter().any(|entry| entry.kind.is_certain()) {
                return Err(Error::Blacklisted);
            }
            merchant.open_reason = Some("identity_changed".to_owned());
        }
    }
    merchant.version += 1;
    merchant.updated_at = write.now();
    store::update_merchant(write.tx(), &merchant, merchant.categories != before.categories).await?;
    write.act(change_act(&before, &merchant)).await?;
    write.commit().await?;
    Ok(merchant)
}

fn identity(merchant: &Merchant) -> [&str; 4] {
    let company = &merchant.company;
    [&company.legal_name, &company.representative, &company.representative_id, &merchant.contacts.bank_account]
}

fn change_act(before: &Merchant, after: &Merchant) -> Act {
    let mut parts = Vec::new();
    if before.company != after.company {
        parts.push("company");
    }
    if before.contacts != after.contacts {
        parts.push("contacts");
    }
    let mut act = Act::new("merchant.changed", "merchant", &after.id);
    if before.categories != after.categories {
        parts.push("categories");
        act = act.public("categories", after.categories.clone());
    }
    if before.company.legal_name != after.company.legal_name {
        act = act.private("name_before", before.company.legal_name.as_str());
        act = act.private("name", after.company.legal_name.as_str());
    }
    act.public("changed", parts)
}

/// Hands a file in. What the merchant can mend is refused at its field and nothing changes; a party on the blacklist is
/// refused with that reason; everything else is under verification when this returns, or even admitted.
///
/// # Errors
/// `not_found`, `forbidden`, `stale`, `wrong_state` (also on a second hand-in), `invalid_input` with what to mend.
pub async fn submit(kernel: &Kernel, actor: &Actor, id: &str, version: i64) -> Result<Merchant, Error> {
    actor.require_own(Permission::MerchantsDecide, Permission::OwnMerchant, id)?;
    let mut write = kernel.begin(actor).await?;
    let mut merchant = store::merchant(write.tx(), id).await?.ok_or(Error::Missing)?;
    let next = rules::after(merchant.state, Move::Submit).ok_or(Error::not_while(Move::Submit, merchant.state))?;
    if merchant.version != version {
        return Err(Error::Stale);
    }
    let checked = check::file(kernel, write.tx(), &merchant).await?;
    Error::check(faults(&checked.blocking()))?;
    if !store::claim(write.tx(), "uscc", &merchant.company.uscc, id, write.now()).await? {
        return Err(Error::field("uscc", "merchants-finding-uscc-taken"));
    }
    merchant.version += 1;
    merchant.state = next;
    merchant.updated_at = write.now();
    merchant.submitted_at = Some(write.now());
    merchant.reasons.clear();
    merchant.note.clear();
    let act = Act::new(Move::Submit.act_kind(), "merchant", id)
        .policy(&merchant.market, &checked.pack_version)
        .public("categories", merchant.categories.clone())
        .private("name", merchant.company.legal_name.as_str())
        .private("uscc", merchant.company.uscc.as_str());
    write.act(act).await?;
    if checked.refused_party {
        refuse_blacklisted(&mut write, &mut merchant, &checked).await?;
    }
    merchant.findings = checked.findings;
    store::update_merchant(write.tx(), &merchant, false).await?;
    write.commit().await?;
    // The checks begin at once; where they cannot (a busy store), the timer begins them.
    if merchant.state == State::Submitted {
        match register::verify(kernel, id, State::Submitted).await {
            Ok(_) => return store::merchant(kernel.db().read(), id).await?.ok_or(Error::Missing),
            Err(error) => tracing::warn!(merchant = id, %error, "verification is left to the timer"),
        }
    }
    kernel.wake(crate::jobs::VERIFICATION);
    Ok(merchant)
}

/// Refuses at once whoever is beyond doubt a party on the blacklist.
async fn refuse_blacklisted(write: &mut Write, merchant: &mut Merchant, checked: &Checked) -> Result<(), Error> {
    merchant.state = State::Refused;
    merchant.reasons = vec!["blacklisted".to_owned()];
    store::release_claims(write.tx(), &merchant.id).await?;
    let act = Act::new(Move::Refuse.act_kind(), "merchant", &merchant.id)
        .policy(&merchant.market, &checked.pack_version)
        .outcome(State::Refused.name())
        .reason("blacklisted");
    write.act(act).await?;
    Ok(())
}

/// Findings as faults of a form: the remedy is the text.
pub(crate) fn faults(findings: &[Finding]) -> Vec<Fault> {
    findings
        .iter()
        .map(|finding| {
            let mut fault = Fault::field(finding.field.clone(), format!("merchants-finding-{}", finding.code));
            for (name, value) in &finding.args {
                fault = fault.arg(name.clone(), value);
            }
            fault
        })
        .collect()
}

/// The file at the version the caller read.
pub(crate) async fn load(write: &Write, id: &str, version: i64) -> Result<Merchant, Error> {
    let merchant = store::merchant(write.tx(), id).await?.ok_or(Error::Missing)?;
    if merchant.version == version { Ok(merchant) } else { Err(Error::Stale) }
}

/// Reads the parts of a change into a file, or says everything that is wrong with them.
fn apply(merchant: &mut Merchant, change: Change, matrix: &Matrix) -> Result<(), Error> {
    let mut faults = Vec::new();
    if let Some(company) = change.company {
        merchant.company = read_company(&mut faults, company, matrix, change.complete);
    }
    if let Some(contacts) = change.contacts {
        merchant.contacts = read_contacts(&mut faults, contacts);
    }
    if let Some(categories) = change.categories {
        merchant.categories = read_categories(&mut faults, categories, matrix);
    }
    let parts = [
        (change.complete && merchant.company != Company::default(), &COMPANY_FIELDS[..]),
        (change.complete && merchant.contacts != Contacts::default(), &CONTACT_FIELDS[..]),
    ];
    let lacking = rules::check_completeness(merchant);
    for (asked, fields) in parts {
        for finding in
            lacking.iter().filter(|f| asked && f.weight == Weight::Blocking && fields.contains(&f.field.as_str()))
        {
            if !faults.iter().any(|fault| fault.place.field.as_deref() == Some(&finding.field)) {
                faults.extend(self::faults(std::slice::from_ref(finding)));
            }
        }
    }
    Error::check(faults)
}

const COMPANY_FIELDS: [&str; 4] = ["uscc", "legal_name", "representative", "address"];
const CONTACT_FIELDS: [&str; 6] =
    ["contact_name", "phone", "bank_name", "bank_holder", "bank_account", "return_address"];

fn read_company(faults: &mut Vec<Fault>, company: Company, matrix: &Matrix, complete: bool) -> Company {
    let mut line = |field: &str, text: &str| text::line(faults, field, text, LINE_CHARS_MAX);
    let read = Company {
        uscc: line("uscc", &company.uscc).to_uppercase().replace([' ', '-'], ""),
        legal_name: line("legal_name", &company.legal_name),
        shop_name: line("shop_name", &company.shop_name),
        representative: line("representative", &company.representative),
        representative_id: line("representative_id", &company.representative_id),
        address: line("address", &company.address),
    };
    if read.uscc.len() > store::KEY_CHARS_MAX {
        faults.push(Fault::field("uscc", "merchants-fault-too-long").arg("most", 50).arg("length", read.uscc.len()));
    } else if !read.uscc.is_empty()
        && let Some(finding) = rules::check_uscc(matrix.check_uscc(&read.uscc), &read.uscc)
        && finding.weight == Weight::Blocking
    {
        faults.extend(self::faults(&[finding]));
    }
    if complete && read == Company::default() {
        faults.push(Fault::field("uscc", "merchants-finding-field-missing").arg("field", "uscc"));
    }
    read
}

fn read_contacts(faults: &mut Vec<Fault>, contacts: Contacts) -> Contacts {
    if contacts.return_addresses.len() > RETURN_ADDRESSES_MAX {
        faults.push(Fault::field("return_address", "merchants-fault-too-many").arg("most", RETURN_ADDRESSES_MAX));
    }
    if contacts.devices.len() > DEVICES_MAX {
        faults.push(Fault::field("devices", "merchants-fault-too-many").arg("most", DEVICES_MAX));
    }
    let mut return_addresses = Vec::new();
    for address in contacts.return_addresses.into_iter().take(RETURN_ADDRESSES_MAX) {
        let read = ReturnAddress {
            name: text::line(faults, "return_name", &address.name, LINE_CHARS_MAX),
            phone: text::phone(faults, "return_phone", &address.phone),
            address: text::line(faults, "return_address", &address.address, LINE_CHARS_MAX),
        };
        if read == ReturnAddress::default() {
            continue;
        }
        if read.address.is_empty() {
            faults.push(Fault::field("return_address", "merchants-finding-return-address-missing"));
        }
        return_addresses.push(read);
    }
    let devices = contacts.devices.iter().take(DEVICES_MAX).map(|d| text::line(faults, "devices", d, LINE_CHARS_MAX));
    let devices = devices.filter(|device| !device.is_empty()).collect();
    Contacts {
        name: text::line(faults, "contact_name", &contacts.name, LINE_CHARS_MAX),
        phone: text::phone(faults, "phone", &contacts.phone),
        email: text::email(faults, "email", &contacts.email),
        bank_name: text::line(faults, "bank_name", &contacts.bank_name, LINE_CHARS_MAX),
        bank_holder: text::line(faults, "bank_holder", &contacts.bank_holder, LINE_CHARS_MAX),
        bank_account: text::bank_account(faults, "bank_account", &contacts.bank_account),
        return_addresses,
        devices,
    }
}

fn read_categories(faults: &mut Vec<Fault>, categories: Vec<String>, matrix: &Matrix) -> Vec<String> {
    let mut read: Vec<String> = Vec::new();
    if categories.len() > CATEGORIES_MAX {
        faults.push(Fault::field("categories", "merchants-fault-too-many").arg("most", CATEGORIES_MAX));
    }
    for category in categories.iter().take(CATEGORIES_MAX) {
        let category = text::line(faults, "categories", category, store::KEY_CHARS_MAX);
        if category.is_empty() {
            continue;
        }
        if !matrix.knows_category(&category) {
            faults.push(Fault::field("categories", "merchants-fault-category").arg("value", &category));
        }
        read.push(category);
    }
    read.sort();
    read.dedup();
    read
}
