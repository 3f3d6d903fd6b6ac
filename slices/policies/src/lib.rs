//! 策略: the policy packs in force, their versions, what a change would do, and its activation.
//!
//! Reading order: [`model`], [`edit`] (a row's text in its file), [`versions`] (checked before it is kept), [`activation`]
//! (an act; the packs of every process follow), [`trial`] (a version over everything on sale, before it is switched on),
//! [`catalogue`] (tables and rows as people read them), `store`, `api`, `pages`.
//!
//! Invariants
//! - What is kept was checked as a whole by the owners of its tables; nothing half-read is saved.
//! - One version a market is in force. It changes only by the act `policy.activated`, and only if the person saw which
//!   version they replace.
//! - A version is never changed. Going back is activating an older one.
//! - A version whose inline tests fail cannot be put in force.
//! - A trial changes no listing.
//!
//! What it does not do: it knows no rule's meaning (each table's owner does), screens nothing itself (listings does), and
//! stores no decision about a listing.

pub mod activation;
mod api;
pub mod catalogue;
pub mod edit;
mod error;
pub mod model;
mod pages;
mod routes;
mod store;
pub mod trial;
pub mod versions;

pub use activation::{activate, put_in_force, set_mode};
pub use error::{CODES, Error};
pub use model::*;
pub use routes::routes;

use std::sync::LazyLock;
use std::time::Duration;

/// The texts of this crate.
pub const CATALOG: ui::CatalogSource = ui::CatalogSource {
    crate_name: "policies",
    zh: include_str!("../locales/zh-CN.ftl"),
    en: include_str!("../locales/en.ftl"),
};

/// The migrations of this crate.
pub fn migrations() -> db::Migrations {
    store::migrations()
}

/// Every table a pack may have, with the crate that understands it.
pub fn tables() -> &'static policy::Tables {
    static TABLES: LazyLock<policy::Tables> = LazyLock::new(|| {
        let mut tables = policy::Tables::new();
        screening::rules::tables(&mut tables);
        listings::tables(&mut tables);
        review::policy_tables(&mut tables);
        ratings::tables(&mut tables);
        detectors::tables(&mut tables);
        tables
    });
    &TABLES
}

/// The timers of this crate: following activations made by another process, and walking trials.
pub fn jobs() -> Vec<kernel::Job> {
    vec![
        kernel::Job::new("policies-follow", Duration::from_secs(5), |kernel| async move {
            activation::follow(&kernel).await.map_err(Into::into)
        }),
        kernel::Job::new(trial::JOB, Duration::from_secs(30), |kernel| async move {
            trial::turn(&kernel).await.map_err(Into::into)
        }),
    ]
}
