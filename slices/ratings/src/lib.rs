//! Ratings: 0 to 100 and A to E for every product, from what laboratories, buyers and papers say, and what a grade does.
//!
//! Every closed day is computed from the file of the day before and what the day brought, and kept as a file whose hash and
//! Merkle root stand in the ledger: whoever has two files computes every number again ([`mod@replay`]). The policy says what
//! counts how much (table `rating`, published at `/ratings/how`); the formulae stand in `docs/rating.md`.
//!
//! Reading order: [`model`] (the nouns), [`tables`] (the policy), [`posterior`] (what is believed of a rate), [`rules`] (a
//! product's line from the line before, pure), [`line`] (the day file), [`compute`] (a day), [`publish`] (rows, feed, acts),
//! [`reactions`] (what other duties tell), [`hold`] (what a person says), [`restore`] (what would follow from what),
//! [`mod@replay`] and [`proof`], [`read`], [`public`], `store`, then `api` and `pages`.
//!
//! Invariants
//! - A line depends on the line before, the day's inputs, the cohorts and the policy in the head of its file, and on nothing
//!   else: no clock, no store.
//! - A day is computed once; its file never changes; every line of it is published exactly once, in order.
//! - Effects follow grades by policy, with a person's word above them; each is an act: `ratings.computed`, `rating.changed`,
//!   `.recommended`, `.recommendation_ended`, `.limited`, `.removed_pending_test`, `.restored`, `.effect_kept`,
//!   `.effect_lifted`, `.effect_released`. The subject is the product, `<merchant>/<the shop's number>`.
//! - Memory does not grow with the number of products: files are read in the order of keys.
//!
//! What it does not do: it counts no signals (`signals` does), raises no alert, moves no listing (listings answers the acts),
//! tests nothing, and ranks nothing: the shop reads the feed.

mod api;
pub mod compute;
mod error;
pub mod hold;
pub mod line;
pub mod model;
mod pages;
pub mod posterior;
pub mod proof;
pub mod public;
pub mod publish;
pub mod reactions;
pub mod read;
pub mod replay;
pub mod restore;
mod routes;
pub mod rules;
mod source;
mod store;
pub mod tables;

#[cfg(test)]
mod tests;

pub use compute::Rows;
pub use error::{CODES, Error};
pub use hold::{Wish, hold};
pub use model::{Component, Day, DayInput, Effect, Grade, ProductDay, Rating, date_of, day_of};
pub use public::grade_of_gtin;
pub use publish::rate;
pub use reactions::{due, on_day_closed, on_listed, on_remedy, on_report};
pub use read::{PublicGrade, of, public_grade};
pub use replay::{Replay, replay};
pub use routes::routes;
pub use tables::tables;

use kernel::Job;
use std::time::Duration;

/// The texts of this slice.
pub const CATALOG: ui::CatalogSource = ui::CatalogSource {
    crate_name: "ratings",
    zh: include_str!("../locales/zh-CN.ftl"),
    en: include_str!("../locales/en.ftl"),
};

/// The migrations of this slice.
pub fn migrations() -> db::Migrations {
    store::schema::migrations()
}

/// The jobs of this slice: computing closed days and publishing them.
pub fn jobs() -> Vec<Job> {
    vec![Job::new(publish::JOB, Duration::from_secs(5), publish::turn)]
}
