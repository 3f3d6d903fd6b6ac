//! Recalls, from the first suspicion to the closing report.
//!
//! Reading order: [`model`] (the nouns), [`write`] (opening, changing, calling off), `reach` (what is reached, computed from
//! lots and events), [`clocks`] (what is due when), [`run`] (start, carrying out, telling), [`progress`] (answers, remedies,
//! the end and its report), [`public`] (what a scan shows), `supply` (what other duties are asked), `store`, `api`, `pages`.
//!
//! Invariants
//! - Nothing is stopped and nobody is told before the reach was shown and a person started the recall; a change of what is
//!   recalled makes the shown reach void.
//! - The start is one decision: state, notices to merchants and the list of what is to be stopped are written together with
//!   the act. Stopping lots and listings and telling buyers follows from that list step by step, again after a crash, each
//!   step once.
//! - What a recall stopped, only that recall gives back.
//! - The public part of an act names lots and units, never people or order numbers.
//!
//! States: draft → previewed → started → notifying → remedying → closed, or cancelled. Acts: `recall.opened`, `.changed`,
//! `.previewed`, `.started`, `.sale_stopped`, `.notified` (one a batch of sold units: the shop hears it by webhook and
//! writes to its buyers), `.notices_sent`, `.acknowledged`, `.remedied`, `.closed`, `.cancelled`.
//!
//! What it does not do: it moves no money (complaints will), writes to no buyer itself (it knows none), and decides nothing
//! by machine: a person opens, starts and closes.

mod api;
pub mod clocks;
mod error;
pub mod model;
mod pages;
pub mod progress;
pub mod public;
mod reach;
mod routes;
pub mod run;
mod store;
mod supply;
pub mod write;

pub use error::{CODES, Error};
pub use model::{
    Content, Counts, InformedBy, Kind, Notice, Origin, Part, PublicRecall, ReachRow, Recall, Remedy, State,
};
pub use progress::{Step, answer, cancel, close, report_progress};
pub use public::{notices_for, notices_of_units, public_recall};
pub use routes::routes;
pub use run::{batch_orders, jobs, preview, start};
pub use store::{Filter, SORTS, migrations};
pub use write::{New, change, get, history, list, notice_to, notices, notices_to, open, open_count, reach_page};

/// The texts of this duty.
pub const CATALOG: ui::CatalogSource = ui::CatalogSource {
    crate_name: "recalls",
    zh: include_str!("../locales/zh-CN.ftl"),
    en: include_str!("../locales/en.ftl"),
};

#[cfg(test)]
mod tests;
