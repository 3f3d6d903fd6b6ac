//! The application: settings, wiring, commands, the closed loops.
//!
//! Reading order: [`config`], [`open`] (a data folder becomes a kernel), [`assemble`] (a kernel becomes a server),
//! [`loops`] (what follows from what), [`commands`], [`demonstration`].
//!
//! Invariants
//! - Every reaction that joins two duties is one line in [`loops`].
//! - Commands and pages call the same public functions of the slices.
//!
//! What it does not do: it holds no rule of any duty.

/// Prints a line on standard output. A reader that went away (`| head`) is no error: what the command does goes on.
macro_rules! say {
    ($($part:tt)*) => { $crate::commands::say_line(format_args!($($part)*)) };
}

pub mod assemble;
pub mod client;
pub mod commands;
pub mod config;
mod contents;
pub mod demonstration;
pub mod home;
pub mod loops;
mod navigation;
pub mod open;
mod search;

pub use assemble::{Application, assemble};
pub use config::Config;
pub use open::{Opened, open};

use ground::ErrorCode;

/// A page and a question take and give back thousands of little pieces; this allocator keeps them by thread and size.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// The texts of the application itself.
pub const CATALOG: ui::CatalogSource = ui::CatalogSource {
    crate_name: "app",
    zh: include_str!("../locales/zh-CN.ftl"),
    en: include_str!("../locales/en.ftl"),
};

/// The texts of the whole product.
pub fn catalogs() -> Vec<ui::CatalogSource> {
    vec![
        web::CATALOG,
        accounts::CATALOG,
        merchants::CATALOG,
        listings::CATALOG,
        review::CATALOG,
        policies::CATALOG,
        proofs::CATALOG,
        trace::CATALOG,
        events::CATALOG,
        reports::CATALOG,
        recalls::CATALOG,
        scans::CATALOG,
        signals::CATALOG,
        alerts::CATALOG,
        risk::CATALOG,
        ratings::CATALOG,
        insight::CATALOG,
        CATALOG,
    ]
}

/// The one table of error codes.
pub fn error_codes() -> Vec<&'static ErrorCode> {
    [
        ground::problem::CODES,
        blobs::CODES,
        web::CODES,
        ledger::CODES,
        accounts::CODES,
        merchants::CODES,
        listings::CODES,
        review::CODES,
        policies::CODES,
        proofs::CODES,
        trace::CODES,
        events::CODES,
        reports::CODES,
        recalls::CODES,
        scans::CODES,
        signals::CODES,
        alerts::CODES,
        risk::CODES,
        ratings::CODES,
        insight::CODES,
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The migrations of every crate that keeps rows.
pub fn migrations() -> db::Migrations {
    let mut all = kernel::migrations();
    all.extend(ledger::migrations());
    all.extend(web::migrations());
    all.extend(accounts::migrations());
    all.extend(merchants::migrations());
    all.extend(listings::migrations());
    all.extend(review::migrations());
    all.extend(policies::migrations());
    all.extend(trace::migrations());
    all.extend(events::migrations());
    all.extend(reports::migrations());
    all.extend(recalls::migrations());
    all.extend(scans::migrations());
    all.extend(signals::migrations());
    all.extend(alerts::migrations());
    all.extend(risk::migrations());
    all.extend(ratings::migrations());
    all.extend(insight::migrations());
    all.extend(proofs::migrations());
    all
}
