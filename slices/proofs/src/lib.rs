//! Acts and their proofs, for people: who decided what and why, where it stands in the ledger, how anybody can check it.
//!
//! Reading order: [`acts`] (which acts an actor may see, and their proofs), [`checking`] (a proof file from anywhere,
//! checked in words), `api`, `files` (the log as static files), [`words`] (how kinds are
//! called), `pages`.
//!
//! Invariants
//! - Who holds `ledger_read` sees every act; people of a merchant see the acts about their own merchant and nothing else,
//!   not even that others exist. Private parts and openings are for the operator's own staff.
//! - The log itself (checkpoint, tiles, public key) is for everybody: it holds no personal data.
//! - What the public page says about a file depends on the file, the log's key and the log's tiles alone.
//!
//! What it does not do: it writes nothing but erasures, and computes no hash itself (the engine `tlog` does).

pub mod acts;
mod api;
pub mod checking;
mod files;
mod pages;
pub mod words;

#[cfg(test)]
mod tests;

use axum::Extension;
use axum::routing::get;
use ground::ErrorCode;
use kernel::Permission;
use ledger::View as LedgerView;
use utoipa_axum::router::UtoipaMethodRouter;
use utoipa_axum::routes;
use web::{Access, Routes, Site};

/// The texts of this crate, those of the ledger's errors included.
pub const CATALOG: ui::CatalogSource = ui::CatalogSource {
    crate_name: "proofs",
    zh: include_str!("../locales/zh-CN.ftl"),
    en: include_str!("../locales/en.ftl"),
};

/// This crate has no codes of its own; those of the ledger are the ledger's.
pub const CODES: &[ErrorCode] = &[];

const ALL: Access = Access::Needs(&[Permission::LedgerRead]);
const OWN: Access = Access::Needs(&[Permission::OwnMerchant, Permission::OwnListings]);
const ALL_OR_OWN: Access = Access::Needs(&[Permission::LedgerRead, Permission::OwnMerchant, Permission::OwnListings]);
const ERASE: Access = Access::Needs(&[Permission::LedgerErase]);

/// Everything this crate answers to. `view` reads the ledger.
pub fn routes(view: LedgerView) -> Routes {
    let ledger = || Extension(view.clone());
    let with_ledger = |(schemas, paths, methods): UtoipaMethodRouter<Site>| (schemas, paths, methods.layer(ledger()));
    Routes::new()
        .api(ALL_OR_OWN, routes!(api::list))
        .api(ALL_OR_OWN, routes!(api::show))
        .api(ALL_OR_OWN, with_ledger(routes!(api::proof)))
        .api(Access::Public, with_ledger(routes!(api::consistency)))
        .page(ALL, "/console/ledger", get(pages::list).layer(ledger()))
        .page(ALL, "/console/ledger.csv", get(pages::csv))
        .page(ERASE, "/console/ledger/erase", get(pages::erase_form).post(pages::erase))
        .page(ALL_OR_OWN, "/console/ledger/{id}", get(pages::detail).layer(ledger()))
        .page(ALL, "/console/ledger/{id}/proof", get(pages::proof_file).layer(ledger()))
        .page(ALL, "/console/ledger/{id}/opening", get(pages::opening).layer(ledger()))
        .page(OWN, "/merchant/acts", get(pages::list).layer(ledger()))
        .page(OWN, "/merchant/acts.csv", get(pages::csv))
        .page(OWN, "/merchant/acts/{id}", get(pages::detail).layer(ledger()))
        .page(OWN, "/merchant/acts/{id}/proof", get(pages::proof_file).layer(ledger()))
        .page(Access::SignedIn, "/proofs/{id}", get(pages::go))
        .page(Access::Public, "/verify", get(pages::verify_form).post(pages::verify).layer(ledger()))
        .page(Access::Public, "/ledger/{*path}", get(files::serve).layer(ledger()))
}
