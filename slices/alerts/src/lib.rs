//! Alerts: what detectors find in the signals, who has it, what is done about it, and how it ended.
//!
//! When a day of signals is closed every product, lot, merchant and category is looked at; between days the keys that were
//! touched are. What is named becomes one standing alert per family and subject, with the curve against its cohort's band,
//! the error rate that holds, and what is proposed. People take it, ask for a test, stop the sale, close it as true, false or
//! unclear with a reason; that feeds the risk model.
//!
//! Reading order: [`model`], [`rules`] (detectors in force), `sweep` (a pass over all windows), `shelf` (categories of a
//! million products), `totals`, `raise` (findings become alerts), [`reactions`], [`decide`] (what people do), [`mod@list`],
//! [`watching`] (detectors as people see them), [`backtest`], [`digest`], `store`; then `api` and `pages`.
//!
//! Invariants
//! - There is one standing alert per family and subject; what is said again is noted in it. Level and proposed action never
//!   fall while it stands.
//! - An alert only moves forward: open, acknowledged, in action, closed. Every step is an act.
//! - A suppression ends by itself and counts what it kept away. A detector in shadow raises nothing.
//! - Taking the same sweep in twice changes nothing.
//! - A sweep keeps sums and the few looks that could pass, never the windows.
//!
//! What it does not do: no statistics (engines `detectors` and `statistics`), no signals (`signals`), no effect on listings,
//! ratings or risk: these follow from its acts.

mod api;
pub mod backtest;
pub mod decide;
pub mod digest;
mod error;
mod evidence;
pub mod list;
pub mod model;
mod pages;
pub mod parameters;
mod raise;
pub mod reactions;
pub mod rules;
mod shelf;
mod store;
mod sweep;
mod totals;
pub mod watching;

#[cfg(test)]
mod tests;

pub use error::{CODES, Error};
pub use list::{label_of, labels, of_product, open_count};
pub use model::{Brief, Ending, Label, State};
pub use reactions::{on_clone_suspected, on_day_closed, on_looked, sweep_day};

use axum::routing::{get, post};
use kernel::{Job, Permission};
use std::time::Duration;
use utoipa_axum::routes;
use web::{Access, Routes};

/// The texts of this slice.
pub const CATALOG: ui::CatalogSource = ui::CatalogSource {
    crate_name: "alerts",
    zh: include_str!("../locales/zh-CN.ftl"),
    en: include_str!("../locales/en.ftl"),
};

/// An alert as the API answers it to staff, with what it rests on.
pub fn as_json(alert: model::Alert) -> serde_json::Value {
    api::as_json(alert)
}

/// The migrations of this slice.
pub fn migrations() -> db::Migrations {
    store::schema::migrations()
}

const READ: Access = Access::Needs(&[Permission::AlertsRead]);
const READ_OR_OWN: Access = Access::Needs(&[Permission::AlertsRead, Permission::OwnListings]);
const OWN: Access = Access::Needs(&[Permission::OwnListings]);
const DECIDE: Access = Access::Needs(&[Permission::AlertsDecide]);

/// Everything this slice answers to.
pub fn routes() -> Routes {
    Routes::new()
        .api(READ_OR_OWN, routes!(api::alerts))
        .api(READ_OR_OWN, routes!(api::alert))
        .api(DECIDE, routes!(api::acknowledge))
        .api(DECIDE, routes!(api::inspection))
        .api(DECIDE, routes!(api::stop_sale))
        .api(DECIDE, routes!(api::close))
        .api(DECIDE, routes!(api::suppress))
        .api(READ, routes!(api::suppressions))
        .api(DECIDE, routes!(api::end_suppression))
        .api(READ, routes!(api::detectors))
        .api(DECIDE, routes!(api::new_backtest))
        .api(READ, routes!(api::backtest_by_id))
        .page(READ, "/console/alerts", get(pages::list::show))
        .page(READ, "/console/alerts.csv", get(pages::list::export))
        .page(READ, "/console/alerts/suppressions", get(pages::quiet::show))
        .page(DECIDE, "/console/alerts/suppressions/{id}/end", post(pages::quiet::end))
        .page(READ, "/console/alerts/digests", get(pages::quiet::digests))
        .page(READ, "/console/alerts/{id}", get(pages::detail::show))
        .page(DECIDE, "/console/alerts/{id}/acknowledge", post(pages::detail::acknowledge))
        .page(DECIDE, "/console/alerts/{id}/inspect", post(pages::detail::inspect))
        .page(DECIDE, "/console/alerts/{id}/stop", post(pages::detail::stop))
        .page(DECIDE, "/console/alerts/{id}/close", post(pages::detail::close))
        .page(DECIDE, "/console/alerts/{id}/suppress", post(pages::detail::suppress))
        .page(READ, "/console/detectors", get(pages::detectors::show))
        .page(READ, "/console/detectors/{id}", get(pages::detectors::one))
        .page(DECIDE, "/console/detectors/{id}/backtest", post(pages::detectors::backtest))
        .page(OWN, "/merchant/alerts", get(pages::merchant::show))
        .page(OWN, "/merchant/alerts/{id}", get(pages::merchant::one))
}

/// The timers of this slice: trials of detectors, and the digest of the day before.
pub fn jobs() -> Vec<Job> {
    vec![
        Job::new(backtest::JOB, Duration::from_secs(10), |kernel| async move { backtest::turn(&kernel).await }),
        Job::new(digest::JOB, Duration::from_secs(600), |kernel| async move { digest::turn(&kernel).await }),
    ]
}
