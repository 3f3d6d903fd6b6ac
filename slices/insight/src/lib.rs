//! Insight: what the history tells. For now the console of questions in SQL.
//!
//! Reading order: [`ask`] (a question and what it leaves behind), `sources` (tables of other duties beside `signals` and
//! `days`), [`saved`] (questions with a name), `examples`, `store`; then `api` and `pages`.
//!
//! Invariants
//! - Nothing is written by a question: `lake` answers reading statements only, within its limits of time, memory and size.
//! - Every question leaves a row: who, when, the hash of the text, rows, milliseconds, how it ended. The text is not kept;
//!   it may name people.
//! - A question sees a table of another duty only if who asks may read that duty's lists: its public function is called with
//!   the asker.
//! - A saved question is its owner's; shared, others read it and only the owner changes it.
//!
//! What it does not do: it computes no indicator yet, decides nothing and writes no act: a question is no decision.

mod api;
pub mod ask;
mod error;
mod examples;
mod pages;
pub mod saved;
mod sources;
mod store;

#[cfg(test)]
mod tests;

pub use ask::{Asked, ask, tables};
pub use error::{CODES, Error};

use axum::routing::{get, post};
use kernel::{Job, Permission};
use std::time::Duration;
use utoipa_axum::routes as described;
use web::{Access, Routes};

/// The texts of this duty.
pub const CATALOG: ui::CatalogSource = ui::CatalogSource {
    crate_name: "insight",
    zh: include_str!("../locales/zh-CN.ftl"),
    en: include_str!("../locales/en.ftl"),
};

/// The migrations of this duty.
pub fn migrations() -> db::Migrations {
    store::migrations()
}

const QUERY: Access = Access::Needs(&[Permission::HistoryRead]);

/// Everything this duty answers to.
pub fn routes() -> Routes {
    use pages::{download, history};
    Routes::new()
        .api(QUERY, described!(api::query))
        .api(QUERY, described!(api::tables))
        .page(QUERY, "/console/history", get(history::show))
        .page(QUERY, "/console/history.csv", get(download::csv))
        .page(QUERY, "/console/history.json", get(download::json))
        .page(QUERY, "/console/history.parquet", get(download::parquet))
        .page(QUERY, "/console/history/runs", get(pages::runs::show))
        .page(QUERY, "/console/history/saved", post(history::save))
        .page(QUERY, "/console/history/saved/{id}/remove", post(history::remove))
}

/// The timers of this duty.
pub fn jobs() -> Vec<Job> {
    vec![Job::new("insight-expiry", Duration::from_secs(3600), |kernel| async move { store::expire(&kernel).await })]
}
