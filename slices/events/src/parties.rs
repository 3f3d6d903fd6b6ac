//! Which identifiers (GLN, party URIs) stand for which organisation: said by staff, because whoever is named as source or
//! destination sees the event.

use crate::error::Error;
use crate::reading::canonical;
use crate::store::{self, from_index_key, index_key};
use ground::{Problem, Timestamp};
use kernel::{Act, Actor, Kernel, Permission};

/// Longest identifier, characters.
const IDENTIFIER_CHARS_MAX: usize = 180;

/// An identifier and whom it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// Canonical identifier.
    pub identifier: String,
    /// Organisation.
    pub party: String,
    /// Since when.
    pub created_at: Timestamp,
}

/// Says that an identifier stands for an organisation. Events captured from now on are shown to it.
///
/// # Errors
/// `forbidden` without `trace_manage`, `invalid_input` for what is no URI.
pub async fn set(kernel: &Kernel, actor: &Actor, identifier: &str, party: &str) -> Result<Party, Error> {
    actor.require(Permission::TraceManage)?;
    let identifier = canonical(identifier.trim());
    if !epcis::is_uri(&identifier) || identifier.chars().count() > IDENTIFIER_CHARS_MAX {
        return Err(Problem::invalid_field("/identifier", "events-party-identifier").into());
    }
    let party = party.trim();
    if party.is_empty() || party.len() > 64 {
        return Err(Problem::invalid_field("/party", "events-party-unknown").into());
    }
    let mut write = kernel.begin(actor).await?;
    let created_at = write.now();
    store::set_party(write.tx(), &index_key(&identifier), party, &actor.id, created_at).await?;
    let act = Act::new("event_party.set", "event_party", &index_key(&identifier)).about("merchant", party);
    write.act(act.public("identifier", identifier.as_str())).await?;
    write.commit().await?;
    Ok(Party { identifier, party: party.to_owned(), created_at })
}

/// Forgets an identifier. What was shown stays shown.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn remove(kernel: &Kernel, actor: &Actor, identifier: &str) -> Result<(), Error> {
    actor.require(Permission::TraceManage)?;
    let key = index_key(&canonical(identifier.trim()));
    let mut write = kernel.begin(actor).await?;
    if !store::delete_party(write.tx(), &key).await? {
        return Err(Problem::not_found().into());
    }
    write.act(Act::new("event_party.removed", "event_party", &key)).await?;
    write.commit().await?;
    Ok(())
}

/// Every identifier, by organisation.
///
/// # Errors
/// `forbidden` without `trace_read`.
pub async fn list(kernel: &Kernel, actor: &Actor) -> Result<Vec<Party>, Error> {
    actor.require(Permission::TraceRead)?;
    let rows = store::parties(kernel).await?.into_iter().map(|row| Party {
        identifier: from_index_key(&row.identifier).unwrap_or(row.identifier),
        party: row.party,
        created_at: Timestamp::from_micros(row.created_at),
    });
    Ok(rows.collect())
}
