//! The review queue: what the machine could not decide, people do, and how well they do it is measured.
//!
//! Reading order: [`model`], [`tables`] (the policy tables: routes, reasons, checklist), [`queue`] (items come and go,
//! claims), [`reasons`] (the numbered reasons; pure), [`decide`] (a decision), [`second`] (disagreements), [`golden`],
//! [`measures`] and [`kappa`], [`onsite`] (visits), `listing_view` (the door to the listings), `store`, then `api`, `pages`.
//!
//! Invariants
//! - An item has at most one holder: a claim is one conditional statement, and a decision names its claim. A decision under
//!   a claim that ran out or is another's changes nothing.
//! - A decision, its act and the listing's own decision are one transaction.
//! - Whoever decides does not learn whether an item is a listing's, a second look, or golden: `Item::kind` never leaves this
//!   crate. A second look goes to somebody else, who sees what the first saw and not what they decided.
//! - A golden item never reaches a listing.
//! - Nobody decides about a merchant they belong to or are related to; whoever has the last word is a third person.
//! - What an actor may see is part of every query, not of the page.
//!
//! What it does not do: it judges no listing by rules (`screening`), puts nothing on sale (`listings`), and keeps no people
//! (`accounts`); it knows of a person the id, name and skills.

mod api;
pub mod decide;
mod error;
pub mod files;
pub mod golden;
pub mod kappa;
mod listing_view;
pub mod measures;
pub mod model;
pub mod onsite;
mod pages;
pub mod parameters;
pub mod queue;
pub mod reasons;
mod routes;
pub mod second;
mod store;
pub mod tables;
#[cfg(test)]
mod tests;

pub use decide::{Judgement, Work, decide, show};
pub use error::{CODES, Error};
pub use model::{Item, ItemState, Verdict};
pub use queue::{claim, on_review_requested, on_version_superseded, release, renew, take_next, waiting};
pub use routes::routes;
pub use tables::policy_tables;

use kernel::Job;
use std::time::Duration;

/// The texts of this slice.
pub const CATALOG: ui::CatalogSource = ui::CatalogSource {
    crate_name: "review",
    zh: include_str!("../locales/zh-CN.ftl"),
    en: include_str!("../locales/en.ftl"),
};

/// The migrations of this slice.
pub fn migrations() -> db::Migrations {
    store::schema::migrations()
}

/// The jobs of this slice: claims that run out, and clocks.
pub fn jobs() -> Vec<Job> {
    vec![
        Job::new("review-leases", Duration::from_secs(15), queue::expire_leases),
        Job::new("review-overdue", Duration::from_secs(60), queue::mark_overdue),
        Job::new("review-visits", Duration::from_secs(3600), onsite::mark_overdue),
    ]
}
