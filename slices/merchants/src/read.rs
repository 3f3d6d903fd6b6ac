//! What people read: one file, lists, a merchant's own file and history.

use crate::model::{Contacts, Finding, Merchant};
use crate::store::{self, Filter};
use crate::{Error, Standing};
use ground::Timestamp;
use kernel::{ActRecord, Actor, Kernel, Page, Paging, Permission};

/// Most acts a history shows.
pub const HISTORY_ACTS_MAX: u64 = 200;

/// One file, for staff and its own people.
///
/// # Errors
/// `not_found` also for another merchant's, `forbidden`.
pub async fn get(kernel: &Kernel, actor: &Actor, id: &str) -> Result<Merchant, Error> {
    actor.require_own(Permission::MerchantsRead, Permission::OwnMerchant, id)?;
    store::merchant(kernel.db().read(), id).await?.ok_or(Error::Missing)
}

/// The file of the actor's own organisation; `None` before it is begun.
///
/// # Errors
/// `forbidden` for whoever belongs to no merchant.
pub async fn own(kernel: &Kernel, actor: &Actor) -> Result<Option<Merchant>, Error> {
    actor.require(Permission::OwnMerchant)?;
    let id = actor.own_organisation()?;
    store::merchant(kernel.db().read(), id).await
}

/// Files by filter, order ([`store::SORTS`]) and page.
///
/// # Errors
/// `forbidden`.
pub async fn list(kernel: &Kernel, actor: &Actor, filter: &Filter, paging: &Paging) -> Result<Page<Merchant>, Error> {
    actor.require(Permission::MerchantsRead)?;
    store::merchants(kernel.db().read(), filter, paging).await
}

/// How many files wait for a person: the count beside the navigation's entry. 0 for whoever may not see them.
///
/// # Errors
/// What the store says.
pub async fn open_work(kernel: &Kernel, actor: &Actor) -> Result<u64, Error> {
    if !actor.may(Permission::MerchantsDecide) {
        return Ok(0);
    }
    store::count(kernel.db().read(), &Filter { to_verify: true, ..Filter::default() }).await
}

/// The acts about a merchant, newest first.
///
/// # Errors
/// `not_found` for another merchant's, `forbidden`.
pub async fn history(kernel: &Kernel, actor: &Actor, id: &str) -> Result<Vec<ActRecord>, Error> {
    actor.require_own(Permission::MerchantsRead, Permission::OwnMerchant, id)?;
    Ok(kernel::store::history(kernel, "merchant", id, HISTORY_ACTS_MAX).await?)
}

/// Where a merchant stands, for staff and its own people; see [`crate::standing`].
///
/// # Errors
/// `not_found` also for another merchant's, `forbidden`.
pub async fn standing_for(kernel: &Kernel, actor: &Actor, id: &str) -> Result<Standing, Error> {
    actor.require_own(Permission::MerchantsRead, Permission::OwnMerchant, id)?;
    crate::standing(kernel, id).await?.ok_or(Error::Missing)
}

/// The moment by which a silent merchant is suspended; `None` where nothing is asked.
pub fn confirm_due_at(merchant: &Merchant, grace_days: i64) -> Option<Timestamp> {
    merchant.confirm_asked_at.map(|asked| asked.plus_days(grace_days))
}

/// The findings a reader may see: what points at other merchants or at the blacklist is for those who decide.
pub(crate) fn visible_findings<'a>(findings: &'a [Finding], actor: &Actor) -> impl Iterator<Item = &'a Finding> {
    let all = actor.may(Permission::MerchantsDecide) || actor.may(Permission::MerchantsRead);
    findings.iter().filter(move |finding| all || !matches!(finding.code.as_str(), "number-used" | "blacklist-likeness"))
}

/// The contacts as a reader may see them: the bank account whole only for its owner and for those who decide.
pub(crate) fn masked_contacts(mut contacts: Contacts, actor: &Actor) -> Contacts {
    contacts.bank_account = masked(contacts.bank_account, actor);
    contacts
}

/// The number of an identity document as a reader may see it.
pub(crate) fn masked_id(number: String, actor: &Actor) -> String {
    masked(number, actor)
}

fn masked(text: String, actor: &Actor) -> String {
    if actor.may(Permission::MerchantsDecide) || actor.may(Permission::OwnMerchant) {
        return text;
    }
    let length = text.chars().count();
    text.chars().enumerate().map(|(at, c)| if at + 4 < length { '*' } else { c }).collect()
}

/// What a hand-in would say today: all findings about a file, without changing anything.
///
/// # Errors
/// `not_found` also for another merchant's, `forbidden`.
pub async fn preview(kernel: &Kernel, actor: &Actor, id: &str) -> Result<Vec<Finding>, Error> {
    let merchant = get(kernel, actor, id).await?;
    Ok(crate::check::file(kernel, kernel.db().read(), &merchant).await?.findings)
}
