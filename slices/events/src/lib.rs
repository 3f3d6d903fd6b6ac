//! The EPCIS 2.0 repository: what happened to goods, told by those who handled them, kept so that it can be asked for and proved.
//!
//! Merchants capture documents of events (JSON-LD, a table, or a short form); each event is accepted, refused with its place,
//! or known already. Anyone who may sees them: by queries as EPCIS 2.0 describes, by subscriptions, on pages; the public
//! scan page and recalls ask [`journey`] and [`links`].
//!
//! Reading order: [`model`] (the nouns), [`capturing`] and `storing` (how events come in), `reading` (what is kept of an event),
//! `owners` and [`access`] (who may see it), [`search`] (queries), [`mod@journey`] (steps and edges of things), [`queries`],
//! [`subscriptions`], [`schedule`], `delivering`, `store`, then `api` and `pages`.
//!
//! Invariants
//! - An event is durable before it is acknowledged, and stands under a number that grows in the order of commits: whoever
//!   has seen a number has seen, or can never see, everything below it.
//! - An event id belongs to one content. The same event twice is a duplicate and changes nothing; another content is refused.
//!   An error declaration repeats the event it takes back, and only who captured that one may declare it wrong.
//! - Every event's hash stands in an act (`events.captured`, at most 500 an act), so that a journey can be proved. Acts:
//!   `events.captured`, `events.declared_wrong`, `event_query.created`, `.removed`, `event_subscription.created`, `.removed`,
//!   `.paused`, `event_party.set`, `.removed`.
//! - Nobody captures for another party but staff with `trace_manage`. An organisation sees what it captured, what touches its
//!   units and lots, and what names it as source or destination.
//! - A subscriber's cursor moves only when it answered well.
//! - A page of an answer costs a bounded walk, whatever the number of events.
//!
//! What it deliberately does not do: it validates no event and computes no hash itself (the engine `epcis` does), speaks no XML,
//! writes no EPC URNs from Digital Links, keeps no master data, and decides nothing about units or lots (`trace` and `recalls`
//! do).

pub mod access;
mod api;
pub mod capturing;
mod delivering;
mod document;
mod error;
pub mod journey;
pub mod model;
mod owners;
mod pages;
pub mod parties;
pub mod queries;
mod reactions;
mod reading;
pub mod resources;
pub mod schedule;
pub mod search;
mod store;
mod storing;
pub mod subscriptions;
pub mod tables;

pub use capturing::{accept, capture, capture_event, results};
pub use error::*;
pub use journey::{journey, journeys, links};
pub use model::{Capture, CaptureOptions, ErrorBehaviour, EventResult, Link, LinkKind, Ordered, Outcome, StoredEvent};
pub use reactions::{on_lot_created, open_work};
pub use search::{event, search};

/// The texts of this crate.
pub const CATALOG: ui::CatalogSource = ui::CatalogSource {
    crate_name: "events",
    zh: include_str!("../locales/zh-CN.ftl"),
    en: include_str!("../locales/en.ftl"),
};

/// The migrations of this crate.
pub fn migrations() -> db::Migrations {
    store::migrations()
}

/// Everything this crate answers to.
pub fn routes() -> web::Routes {
    api::routes().merge(pages::routes())
}

/// The timers of this crate: working on captures, telling subscribers.
pub fn jobs(client: web::outbound::Client) -> Vec<kernel::Job> {
    vec![capturing::job(), delivering::job(client)]
}

#[cfg(test)]
mod tests;
