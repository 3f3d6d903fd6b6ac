//! Who sees which events.

use crate::model::OPERATOR;
use kernel::{Actor, Permission, Result};

/// Whose eyes an answer is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reader {
    /// Staff: every event.
    All,
    /// An organisation: what it captured, what touches its units and lots, what names it.
    Party(String),
}

impl Reader {
    /// The eyes of an actor.
    ///
    /// # Errors
    /// `forbidden` without `trace_read` or `own_trace`.
    pub fn of(actor: &Actor) -> Result<Reader> {
        if actor.may(Permission::TraceRead) {
            return Ok(Reader::All);
        }
        actor.require(Permission::OwnTrace)?;
        Ok(Reader::Party(actor.own_organisation()?.to_owned()))
    }

    /// The organisation; `None` for staff.
    pub fn party(&self) -> Option<&str> {
        match self {
            Reader::All => None,
            Reader::Party(party) => Some(party),
        }
    }

    /// Under whose name queries and words are kept: the organisation, or the operator's staff together.
    pub fn owner(&self) -> &str {
        self.party().unwrap_or(OPERATOR)
    }
}

/// For which organisation an actor captures.
///
/// # Errors
/// `events_on_behalf` for another organisation without `trace_manage`; `forbidden` without any right to capture.
pub(crate) fn capturing_party(actor: &Actor, asked: Option<&str>) -> Result<String, crate::Error> {
    if actor.may(Permission::TraceManage) {
        return Ok(asked.or(actor.organisation.as_deref()).unwrap_or(OPERATOR).to_owned());
    }
    actor.require(Permission::OwnTrace)?;
    let own = actor.own_organisation()?;
    match asked {
        Some(other) if other != own => Err(crate::Error::OnBehalf),
        _ => Ok(own.to_owned()),
    }
}
