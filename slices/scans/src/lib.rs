//! Scans: what a code is, for whoever holds the package; and what scans tell about copied codes.
//!
//! A code on a package is a GS1 Digital Link. Opened in a browser it shows whether the unit is genuine, where it has been,
//! what was tested, whether it is called back, and how to check all of that without us; asked by a program it gives links.
//! Every look is remembered without knowing who looked, and a code that is in two places at once is told.
//!
//! Reading order: [`address`] (what an address names), [`mod@known`] (everything the public may know about it),
//! [`linkset`] and [`accept`] (links for programs), [`mod@scan`] (a look and what it records), [`reader`] and [`places`]
//! (who and where, made coarse), `watch` (into the store, the records of units, the rules), [`evidence`], [`warnings`],
//! [`list`], [`proof`], [`reactions`], `store`; then `resolve`, `forms`, `api` and `pages`.
//!
//! Invariants
//! - No network address and no name of a phone is stored: only hashes under a key of the day, which is thrown away after two
//!   days. Places are kept to a hundredth of a degree at best. Scans are removed after their retention.
//! - What is remembered of a unit is the fold of its sightings in their order (`ordinal`), and of nothing else:
//!   [`compare`] folds them again and finds the same bytes.
//! - A page of a forged code shows nothing of the goods it pretends to be.
//! - A warning is opened by a rule with its figures and closed by a person with a reason; both are acts.
//! - Pages of codes load nothing from other hosts, need no script, and are below 100 kB with their style sheets.
//!
//! What it does not do: it makes and judges no code (`trace` does, with the engine `gs1`), keeps no events, reports or
//! recalls, and computes no rule itself (the engine `journey` does).

pub mod accept;
pub mod address;
mod api;
mod error;
pub mod evidence;
mod forms;
pub mod known;
pub mod linkset;
pub mod list;
pub mod model;
mod own;
mod pages;
pub mod parameters;
pub mod places;
pub mod proof;
pub mod reactions;
pub mod reader;
mod resolve;
pub mod scan;
mod store;
pub mod warnings;
mod watch;

#[cfg(test)]
mod tests;

pub use address::Address;
pub use error::{CODES, Error};
pub use reactions::{on_changed, on_units_sold};
pub use warnings::open_warnings;
pub use watch::{Comparison, compare, drain};

use axum::Extension;
use axum::routing::{get, post};
use kernel::{Job, Permission};
use ledger::View as LedgerView;
use std::sync::Arc;
use std::time::Duration;
use utoipa_axum::router::UtoipaMethodRouter;
use utoipa_axum::routes;
use web::{Access, Routes, Site};

/// The texts of this slice.
pub const CATALOG: ui::CatalogSource = ui::CatalogSource {
    crate_name: "scans",
    zh: include_str!("../locales/zh-CN.ftl"),
    en: include_str!("../locales/en.ftl"),
};

/// How the resolver stands in its network.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// The header in which the proxy in front names the country of a request (ISO 3166-1 alpha-2); `None`: it names none.
    /// Only to be set where the proxy overwrites what strangers send.
    pub country_header: Option<String>,
}

/// The migrations of this slice.
pub fn migrations() -> db::Migrations {
    store::schema::migrations()
}

const READ: Access = Access::Needs(&[Permission::TraceRead]);
const READ_OR_OWN: Access = Access::Needs(&[Permission::TraceRead, Permission::OwnTrace]);
const OWN: Access = Access::Needs(&[Permission::OwnTrace]);
const MANAGE: Access = Access::Needs(&[Permission::TraceManage]);

/// Everything this slice answers to. `view` reads the ledger.
pub fn routes(view: LedgerView, settings: Settings) -> Routes {
    let settings = Arc::new(settings);
    let set = || Extension(Arc::clone(&settings));
    let with_settings = |(schemas, paths, methods): UtoipaMethodRouter<Site>| (schemas, paths, methods.layer(set()));
    Routes::new()
        .api(Access::Public, with_settings(routes!(api::record)))
        .api(READ_OR_OWN, routes!(api::list))
        .api(READ_OR_OWN, routes!(api::warnings))
        .api(READ_OR_OWN, routes!(api::warning))
        .api(MANAGE, routes!(api::close))
        .page(Access::Public, "/01/{*rest}", get(resolve::resolve).options(resolve::options).layer(set()))
        .page(Access::Public, "/.well-known/gs1resolver", get(resolve::description))
        .page(Access::Public, "/s", get(forms::type_in))
        .page(Access::Public, "/s/report", get(forms::report_form).post(forms::report))
        .page(Access::Public, "/s/where", post(forms::tell_place))
        .page(Access::Public, "/s/covered", post(forms::covered))
        .page(Access::Public, "/s/proof", get(forms::proof_file).layer(Extension(view)))
        .page(READ, "/console/scans", get(pages::console::show))
        .page(READ, "/console/scans.csv", get(pages::console::export))
        .page(READ, "/console/scans/all", get(pages::list::show))
        .page(READ, "/console/scans/all.csv", get(pages::list::export))
        .page(READ, "/console/scans/reports", get(pages::list::reports))
        .page(READ, "/console/scans/reports.csv", get(pages::list::reports_export))
        .page(READ, "/console/scans/{id}", get(pages::detail::show))
        .page(OWN, "/merchant/scans", get(pages::console::portal))
        .page(OWN, "/merchant/scans.csv", get(pages::console::export))
        .page(OWN, "/merchant/scans/{id}", get(pages::detail::portal))
        .page(MANAGE, "/console/scans/{id}/close", post(pages::detail::close))
}

/// The timers of this slice: storing what was scanned, and taking away what is past its time.
pub fn jobs() -> Vec<Job> {
    vec![
        Job::new(watch::JOB, Duration::from_secs(2), |kernel| async move { watch::drain(&kernel).await }),
        Job::new("scans-expiry", Duration::from_secs(3600), |kernel| async move { watch::expire(&kernel).await }),
    ]
}
