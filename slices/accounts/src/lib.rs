//! People: who they are, what they may, and how they prove it.
//!
//! Reading order: [`model`], [`sign_in()`] and [`second_factor()`], [`links`] (first administrator, invitations, resets),
//! [`people`] (what administrators do), [`profile`] (what people do about themselves), [`tokens()`], [`oidc`],
//! [`Authenticator`] (what the web layer asks).
//!
//! Invariants
//! - A password is kept as an Argon2id hash; session tokens, API tokens, links and recovery codes as SHA-256 of 80 random
//!   bits and more. None of them is ever shown again, logged or put into an act.
//! - Every change about a person is an act; names, mail addresses and reasons stand in its private part.
//! - A wrong login, a wrong password and a person who may not sign in get the same answer after the same time.
//! - A second-factor code and a link are good once. Deactivation ends sessions, tokens and links at once.
//! - There is always an administrator who can sign in.
//!
//! What it does not do: it knows no merchant (only the id of the organisation a person acts for), sends no mail (an
//! administrator hands links over), and decides no permission (that table stands in the kernel).

mod api;
mod authenticator;
mod error;
pub mod links;
pub mod model;
pub mod oidc;
mod pages;
mod password;
pub mod people;
mod policy;
pub mod profile;
mod routes;
mod secret;
mod sign_in;
mod store;
pub mod testing;
mod throttle;
mod tokens;
mod totp;

pub use authenticator::Authenticator;
pub use error::*;
pub use links::{demonstration_link, first_admin_link, link_of, look_at_link, use_link};
pub use model::*;
pub use people::{
    Registration, activate, deactivate, invite, issue_link, list, names, register_merchant_user, rename_organisation,
    reset_second_factor, revoke_sessions, set_roles, user,
};
pub use profile::{
    Profile, begin_second_factor, change_password, change_profile, confirm_second_factor, end_own_sessions, me,
    own_sessions, remove_second_factor,
};
pub use routes::{routes, routes_with, set_session};
pub use sign_in::{SignIn, audit, second_factor, sign_in, sign_out};
pub use tokens::{create_token, revoke_token, tokens};
pub use totp::Enrolment;

use ground::time::DAY_MICROS;
use kernel::{Job, Kernel};
use std::time::Duration;

/// The texts of this crate.
pub const CATALOG: ui::CatalogSource = ui::CatalogSource {
    crate_name: "accounts",
    zh: include_str!("../locales/zh-CN.ftl"),
    en: include_str!("../locales/en.ftl"),
};

/// Sign-ins are kept for 400 days, so that a year can be looked at whole; ended sessions and links for 30.
const SIGN_INS_KEPT_MICROS: i64 = 400 * DAY_MICROS;
const ENDED_KEPT_MICROS: i64 = 30 * DAY_MICROS;

/// The migrations of this crate.
pub fn migrations() -> db::Migrations {
    store::migrations()
}

/// Takes away old sessions, links and sign-in records.
pub fn jobs() -> Vec<Job> {
    vec![Job::new("accounts-expiry", Duration::from_secs(3600), |kernel| async move { expire(&kernel).await })]
}

async fn expire(kernel: &Kernel) -> kernel::Result<u64> {
    let now = kernel.now();
    let tx = kernel.db().write_tx().await?;
    store::sessions::expire(&tx, now.plus_micros(-ENDED_KEPT_MICROS)).await?;
    store::links::expire(&tx, now.plus_micros(-ENDED_KEPT_MICROS)).await?;
    store::sign_ins::expire(&tx, now.plus_micros(-SIGN_INS_KEPT_MICROS)).await?;
    tx.commit().await.map_err(db::Error::from)?;
    Ok(0)
}

#[cfg(test)]
mod tests;
