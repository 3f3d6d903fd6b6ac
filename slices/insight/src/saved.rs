//! Questions with a name: one's own, and those that others share.

use crate::{Error, store};
use ground::{Fault, Problem};
use kernel::{Actor, Kernel, Permission};

/// Most questions one person saves.
pub const SAVED_MAX: u64 = 100;
/// Most questions others share that are listed.
pub const SHARED_MAX: u64 = 200;
/// Longest name, characters.
pub const NAME_CHARACTERS_MAX: usize = 80;

/// A saved question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// Id.
    pub id: String,
    /// Whose.
    pub owner_id: String,
    /// Its name.
    pub name: String,
    /// Its text.
    pub sql: String,
    /// Whether others see it.
    pub shared: bool,
    /// Last change, UTC microseconds.
    pub updated_at: i64,
}

/// Saves a question under a name; the same name again replaces it.
///
/// # Errors
/// `forbidden`; `invalid_input`; `query_saved_full`.
pub async fn save(kernel: &Kernel, actor: &Actor, name: &str, sql: &str, shared: bool) -> Result<Saved, Error> {
    actor.require(Permission::HistoryRead)?;
    let (name, sql) = (name.trim(), sql.trim());
    let mut faults = Vec::new();
    if name.is_empty() || name.chars().count() > NAME_CHARACTERS_MAX || name.chars().any(char::is_control) {
        faults.push(Fault::field("name", "insight-saved-name-wrong").arg("most", NAME_CHARACTERS_MAX));
    }
    if sql.is_empty() || sql.len() > lake::query::SQL_BYTES_MAX {
        faults.push(Fault::field("sql", "insight-saved-sql-wrong").arg("most", lake::query::SQL_BYTES_MAX));
    }
    Problem::check(faults)?;
    let saved = Saved {
        id: kernel.new_id(),
        owner_id: actor.id.clone(),
        name: name.to_owned(),
        sql: sql.to_owned(),
        shared,
        updated_at: kernel.now().micros(),
    };
    store::save(kernel, saved).await
}

/// One's own questions by name, then those that others share.
///
/// # Errors
/// `forbidden`.
pub async fn list(kernel: &Kernel, actor: &Actor) -> Result<Vec<Saved>, Error> {
    actor.require(Permission::HistoryRead)?;
    store::saved(kernel, &actor.id).await
}

/// Removes one of one's own.
///
/// # Errors
/// `forbidden`; `not_found`, also for somebody else's.
pub async fn remove(kernel: &Kernel, actor: &Actor, id: &str) -> Result<(), Error> {
    actor.require(Permission::HistoryRead)?;
    if store::remove(kernel, &actor.id, id).await? { Ok(()) } else { Err(Problem::not_found().into()) }
}
