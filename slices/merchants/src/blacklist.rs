//! The blacklist: parties that may not enrol, with reason and term. Equal values only; links between parties are the
//! duty of enforcement.

use crate::model::{BlacklistEntry, PartyKind};
use crate::{Error, rules, store, text};
use ground::Fault;
use ground::limits::{LINE_CHARS_MAX, NOTE_CHARS_MAX};
use kernel::{Act, Actor, Kernel, Page, Paging, Permission};

/// An entry as it is written; days as `YYYY-MM-DD` or empty.
#[derive(Debug, Clone, Default)]
pub struct NewEntry {
    /// Stable name of a [`PartyKind`].
    pub kind: String,
    /// The number, name, telephone or account.
    pub value: String,
    /// Why.
    pub reason: String,
    /// Last day; empty: without an end.
    pub until: String,
}

/// Puts a party on the blacklist from today.
///
/// # Errors
/// `forbidden`, `invalid_input`.
pub async fn add_blacklist(kernel: &Kernel, actor: &Actor, new: NewEntry) -> Result<BlacklistEntry, Error> {
    actor.require(Permission::MerchantsDecide)?;
    let mut faults = Vec::new();
    let kind = PartyKind::from_name(new.kind.trim());
    if kind.is_none() {
        let known = PartyKind::ALL.map(PartyKind::name).join(", ");
        faults.push(Fault::field("kind", "merchants-fault-party-kind").arg("known", known));
    }
    let kind = kind.unwrap_or(PartyKind::Uscc);
    let value = rules::party_value(kind, &text::line(&mut faults, "value", &new.value, LINE_CHARS_MAX));
    let reason = text::note(&mut faults, "reason", &new.reason, NOTE_CHARS_MAX);
    let until = text::date(&mut faults, "until", &new.until);
    for (field, empty) in [("value", value.is_empty()), ("reason", reason.is_empty())] {
        if empty && !faults.iter().any(|fault| fault.place.field.as_deref() == Some(field)) {
            faults.push(Fault::field(field, "merchants-finding-field-missing").arg("field", field));
        }
    }
    let today = kernel.today();
    if until.is_some_and(|until| until < today) {
        faults.push(Fault::field("until", "merchants-fault-until-past"));
    }
    Error::check(faults)?;
    let mut write = kernel.begin(actor).await?;
    let entry = BlacklistEntry {
        id: write.new_id(),
        kind,
        value,
        reason,
        from: today,
        until,
        added_by: actor.id.clone(),
        added_at: write.now(),
        lifted_at: None,
    };
    store::insert_blacklist(write.tx(), &entry).await?;
    let mut act = Act::new("blacklist.added", "blacklist", &entry.id)
        .public("party", kind.name())
        .private("value", entry.value.as_str())
        .private("reason", entry.reason.as_str());
    if let Some(until) = entry.until {
        act = act.public("until", until.to_string());
    }
    write.act(act).await?;
    write.commit().await?;
    Ok(entry)
}

/// Lifts an entry before its end, with a reason.
///
/// # Errors
/// `forbidden`, `not_found` (also when it is lifted already), `invalid_input`.
pub async fn lift_blacklist(kernel: &Kernel, actor: &Actor, id: &str, reason: &str) -> Result<(), Error> {
    actor.require(Permission::MerchantsDecide)?;
    let mut faults = Vec::new();
    let reason = text::note(&mut faults, "reason", reason, NOTE_CHARS_MAX);
    if reason.is_empty() && faults.is_empty() {
        faults.push(Fault::field("reason", "merchants-fault-reason-missing"));
    }
    Error::check(faults)?;
    let mut write = kernel.begin(actor).await?;
    if !store::lift_blacklist(write.tx(), id, write.now()).await? {
        return Err(Error::Missing);
    }
    write.act(Act::new("blacklist.lifted", "blacklist", id).private("reason", reason)).await?;
    write.commit().await?;
    Ok(())
}

/// The entries, newest first.
///
/// # Errors
/// `forbidden`.
pub async fn blacklist(
    kernel: &Kernel,
    actor: &Actor,
    kind: Option<PartyKind>,
    paging: &Paging,
) -> Result<Page<BlacklistEntry>, Error> {
    actor.require(Permission::MerchantsRead)?;
    store::blacklist(kernel.db().read(), kind, paging).await
}
