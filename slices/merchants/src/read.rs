//! What people read: one file, lists, a merchant's own file and history.

use crate::model::Merchant;
use crate::store::{self, Filter};
use crate::Error;
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

/// The moment by which a silent merchant is suspended; `None` where nothing is asked.
pub fn confirm_due_at(merchant: &Merchant, grace_days: i64) -> Option<Timestamp> {
    merchant.confirm_asked_at.map(|asked| asked.plus_days(grace_days))
}
