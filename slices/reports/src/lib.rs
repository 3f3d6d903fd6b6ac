//! Test reports of laboratories: signed, verifiable without us, revocable.
//!
//! A laboratory writes down what it found about a lot and signs it; the report is a verifiable credential that anybody can
//! check against the laboratory's published key. Reports signed elsewhere are taken in where the laboratory is known, and
//! what is forged is kept and shown as forged.
//!
//! Reading order: [`model`] (the nouns), [`laboratory`] (profiles, keys, confirmation), [`content`] (what a report's
//! credential says), [`issue`] (draft, sign, revoke), [`check`] (anything anybody holds up, checked step by step),
//! [`receive`] (credentials from elsewhere), [`read`] (who sees what; [`of_lot`] for the scan page), [`publish`] (DID
//! documents and status lists), [`home`] (where this product stands), `store`, then `api` and `pages`.
//!
//! Invariants
//! - The id of a laboratory is the id of the organisation its people belong to; they see and write their own alone.
//! - Only a laboratory that staff confirmed, with an accreditation in force, signs; a signing key leaves the store sealed
//!   only (`kernel::sealed`).
//! - What was signed is never changed: a wrong report is revoked with a reason and another one is made. A revoked bit in a
//!   status list is exactly a revoked report of that list: the list is made from the reports whenever it is asked for.
//! - Nobody outside is called on the word of a stranger: only issuers that are registered laboratories are resolved, through
//!   the outbound client that refuses private addresses.
//! - Acts: `laboratory.entered`, `.changed`, `.confirmed`, `.suspended`, `.restored`, `laboratory_key.added`, `.revoked`,
//!   `report.drafted`, `.discarded`, `.issued`, `.revoked`, `.suspended`, `.reinstated`, `.received`.
//!
//! What it does not do: it plans no samples and draws no verdict about goods (inspection will), keeps no lots (trace does),
//! and computes no signature itself (the engine `credentials` does).

mod api;
pub mod check;
pub mod content;
mod error;
pub mod home;
pub mod issue;
mod items;
pub mod laboratory;
mod lots;
pub mod model;
mod pages;
pub mod publish;
pub mod read;
pub mod receive;
mod routes;
mod store;

#[cfg(test)]
mod tests;

pub use check::{Check, Outcome, Step};
pub use error::{CODES, Error, LABORATORY_NOT_READY};
pub use home::Home;
pub use issue::{NewReport, discard, draft, revoke, sign};
pub use items::{ITEMS_MAX, read_csv};
pub use laboratory::{Profile, decide, keep_profile, register_key, revoke_key, rotate_key};
pub use model::{
    Accreditation, Laboratory, LaboratoryKey, LaboratoryState, Origin, PublicReport, PublicStatus, Report, State,
    TestItem, TestResult, Verdict,
};
pub use read::{Filter, SORTS, counts, get, laboratories, list, of_lot};
pub use receive::{jobs, receive};
pub use routes::routes;
pub use store::migrations;

/// The texts of this duty.
pub const CATALOG: ui::CatalogSource = ui::CatalogSource {
    crate_name: "reports",
    zh: include_str!("../locales/zh-CN.ftl"),
    en: include_str!("../locales/en.ftl"),
};
