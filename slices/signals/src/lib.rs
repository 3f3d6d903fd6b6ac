//! Signals: what happens to goods on a marketplace comes in here, is kept, counted and handed on.
//!
//! Orders, deliveries, reviews, returns, complaints, scans, prices and views arrive by HTTP, from a file, from a broker or from
//! this process; each is kept on the disk before it is acknowledged, counts once, and is folded into windows of every
//! product, merchant and lot. When a day ends its sums go into the history, and an act says so; loops look then.
//!
//! Reading order: [`model`], [`mod@ingest`] and [`body`] (in), `intake` (ids, the block, the disk), `fold` (the thread that counts),
//! `closing` (days that end, looks), `snapshot`, `works` (everything open, and how it is opened after a crash), [`windows`] and
//! [`links`] (what other duties ask), [`compaction`] (into the history), [`replay`], [`connector`], [`mapping`],
//! [`mod@status`], `store`; then `api` and `pages`.
//!
//! Invariants
//! - What is acknowledged is on the disk. An id counts once, also across restarts, requests at the same moment, and
//!   redeliveries of a broker; the same id with other content is refused and named.
//! - The state is the fold of the log and of nothing else; orders to close a day go through the log too. A snapshot and the
//!   blocks behind it give the same state bit by bit ([`replay`] proves it).
//! - Only the folding thread changes the state. Others look at it between two blocks.
//! - A bad line is refused alone, with its number, field and what would be right.
//! - Blocks leave the log when they are in the history, behind the older of two snapshots, and among the durable ids.
//! - A day that ends is noted on the disk before anything goes on; its act may come later, never twice.
//!
//! What it does not do: it judges nothing (alerts do), rates nothing (ratings do), and knows no form of signal, block or
//! column itself (the engine `stream`, `segments` and `lake` do).

mod api;
pub mod body;
mod closing;
pub mod compaction;
pub mod connector;
mod error;
pub mod figures;
mod fold;
pub mod ingest;
mod intake;
pub mod links;
mod lots;
pub mod mapping;
pub mod model;
mod pages;
pub mod parameters;
mod progress;
pub mod replay;
pub mod settings;
mod snapshot;
pub mod status;
mod store;
pub mod testing;
pub mod windows;
mod works;

#[cfg(test)]
mod tests;

pub use body::Packing;
pub use compaction::tail;
pub use connector::start_sources;
pub use error::{CODES, Error};
pub use ingest::{Format, ingest, submit};
pub use model::{Closing, Owned, Receipt, Refused, day_date, day_number};
pub use progress::{close_through, closed_through, drain, position, watermark};
pub use settings::Settings;
pub use snapshot::FoldSettings;
pub use status::{Status, status};
pub use works::{Recovered, lake, open, shutdown};

use axum::routing::get;
use kernel::{Job, Permission};
use std::time::Duration;
use utoipa_axum::routes;
use web::{Access, Routes};

/// The texts of this slice.
pub const CATALOG: ui::CatalogSource = ui::CatalogSource {
    crate_name: "signals",
    zh: include_str!("../locales/zh-CN.ftl"),
    en: include_str!("../locales/en.ftl"),
};

/// The migrations of this slice.
pub fn migrations() -> db::Migrations {
    store::schema::migrations()
}

const READ: Access = Access::Needs(&[Permission::SignalsRead]);
const INGEST: Access = Access::Needs(&[Permission::SignalsIngest]);

/// Everything this slice answers to.
pub fn routes() -> Routes {
    Routes::new()
        .api(INGEST, routes!(api::ingest))
        .api(READ, routes!(api::status))
        .page(READ, "/console/signals", get(pages::console::show))
        .page(READ, "/console/signals/refused.csv", get(pages::console::refused))
}

/// The timers of this slice: acts for days that ended and for looks; snapshots; the history and its retention.
pub fn jobs() -> Vec<Job> {
    vec![
        Job::new(closing::JOB, Duration::from_millis(500), closing::patient_turn),
        Job::new(
            "signals-snapshots",
            Duration::from_secs(300),
            |kernel| async move { compaction::keep(&kernel).await },
        ),
        Job::new(compaction::JOB, Duration::from_secs(30), |kernel| async move { compaction::compact(&kernel).await }),
        Job::new(compaction::RETENTION_JOB, Duration::from_secs(3_600), |kernel| async move {
            compaction::retain(&kernel).await
        }),
    ]
}
