//! API tokens: for programs, with scopes, an end and a way to revoke them.

use crate::error::Error;
use crate::model::Token;
use crate::policy::Rules;
use crate::profile::session_of;
use crate::secret;
use crate::store::tokens as store;
use ground::limits::LINE_CHARS_MAX;
use ground::time::DAY_MICROS;
use ground::{Fault, Problem};
use kernel::{Act, Actor, Kernel, Permission};
use serde_json::json;
use std::collections::BTreeSet;

/// Most tokens in force for one person.
const TOKENS_MAX: u64 = 50;
/// What a token begins with, so that secret scanners recognise it.
const PREFIX: &str = "ts_";

/// Makes a token for oneself. Returns it with its secret, which is not shown again.
///
/// # Errors
/// [`Error::PersonNeeded`]: a token makes no tokens; [`Error::Invalid`] for the name, a scope one does not hold, or the days.
pub async fn create_token(
    kernel: &Kernel,
    actor: &Actor,
    name: &str,
    scopes: BTreeSet<Permission>,
    days: i64,
) -> Result<(Token, String), Error> {
    session_of(actor)?;
    let rules = Rules::of(kernel)?;
    let name = name.trim();
    let mut faults = Vec::new();
    if name.is_empty() || name.chars().count() > LINE_CHARS_MAX || name.chars().any(char::is_control) {
        faults.push(Fault::field("name", "accounts-name-form").arg("most", LINE_CHARS_MAX));
    }
    if scopes.is_empty() {
        faults.push(Fault::field("scopes", "accounts-scopes-none"));
    }
    if let Some(foreign) = scopes.iter().find(|scope| !actor.may(**scope)) {
        faults.push(Fault::field("scopes", "accounts-scope-not-held").arg("scope", foreign.name()));
    }
    let days_max = rules.token_micros_max / DAY_MICROS;
    if !(1..=days_max).contains(&days) {
        faults.push(Fault::field("days", "accounts-token-days").arg("most", days_max));
    }
    if store::in_force(kernel, &actor.id).await? >= TOKENS_MAX {
        faults.push(Fault::field("name", "accounts-tokens-many").arg("most", TOKENS_MAX));
    }
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let plain = format!("{PREFIX}{}", secret::new_secret(kernel.rng()));
    let mut write = kernel.begin(actor).await?;
    let token = Token {
        id: write.new_id(),
        user_id: actor.id.clone(),
        name: name.to_owned(),
        scopes,
        created_at: write.now(),
        expires_at: write.now().plus_days(days),
        used_at: None,
        revoked_at: None,
    };
    store::insert(write.tx(), &token, &secret::hash(&plain)).await?;
    let scopes: Vec<&str> = token.scopes.iter().map(|scope| scope.name()).collect();
    let act = Act::new("token.created", "token", &token.id)
        .about("user", &actor.id)
        .public("scopes", json!(scopes))
        .public("expires_at", token.expires_at.to_rfc3339())
        .private("name", name);
    write.act(act).await?;
    write.commit().await?;
    Ok((token, plain))
}

/// One's own tokens, newest first, or those of somebody else.
///
/// # Errors
/// `forbidden` for others' without the permission.
pub async fn tokens(kernel: &Kernel, actor: &Actor, user_id: &str) -> Result<Vec<Token>, Error> {
    if actor.id != user_id {
        actor.require(Permission::AccountsRead)?;
    }
    Ok(store::of_user(kernel, user_id).await?)
}

/// Revokes a token: one's own, or anybody's with the permission.
///
/// # Errors
/// `not_found`.
pub async fn revoke_token(kernel: &Kernel, actor: &Actor, id: &str) -> Result<(), Error> {
    let token = store::by_id(kernel, id).await?;
    let token = token.filter(|token| token.user_id == actor.id || actor.may(Permission::AccountsManage));
    let Some(token) = token else { return Err(Problem::not_found().into()) };
    let mut write = kernel.begin(actor).await?;
    store::revoke(write.tx(), &token.user_id, Some(id), write.now()).await?;
    write.act(Act::new("token.revoked", "token", id).about("user", &token.user_id)).await?;
    write.commit().await?;
    Ok(())
}
