//! Acts and their proofs, for people: who decided what and why, where it stands in the ledger, how anybody can check it.
//!
//! Reading order: [`acts`] (which acts an actor may see, and their proofs), [`checking`] (a proof file from anywhere,
//! checked in words), [`witnesses`] and [`anchors`] (what stands outside and how it gets there), `store`, `api`,
//! `outside_api`, `files` (the log as static files), [`words`] (how kinds are called), `pages`.
//!
//! Invariants
//! - Who holds `ledger_read` sees every act; people of a merchant see the acts about their own merchant and nothing else,
//!   not even that others exist. Private parts and openings are for the operator's own staff.
//! - The log itself (checkpoint, tiles, public key) is for everybody: it holds no personal data.
//! - What the public page says about a file depends on the file, the log's key and the log's tiles alone.
//!
//! - What a witness or an anchor answers is checked before it is kept, and what they do wrong never stands in the way of the
//!   ledger: a witness that is away costs its cosignature, nothing else.
//!
//! What it does not do: it decides nothing but erasures, and computes no hash of the log itself (the engine `tlog` does).

pub mod acts;
pub mod anchors;
mod api;
pub mod checking;
mod files;
mod outside_api;
mod pages;
mod store;
pub mod witnesses;
pub mod words;

#[cfg(test)]
mod outside_tests;
#[cfg(test)]
mod tests;

pub use store::migrations;

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
        .api(Access::Public, with_ledger(routes!(outside_api::witnesses)))
        .api(Access::Public, routes!(outside_api::anchors))
        .page(ALL, "/console/ledger/outside", get(pages::outside::page).layer(ledger()))
        .page(ALL, "/console/ledger/outside.csv", get(pages::outside::csv))
        .page(ALL, "/console/ledger/outside/{id}/receipt", get(pages::outside::receipt))
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

/// The jobs that carry trees to witnesses and anchors. `client` may reach what the settings name ([`outside_client`]).
///
/// # Errors
/// Which setting is wrong and why, as text.
pub fn jobs(
    ledger: &ledger::Ledger,
    client: &web::outbound::Client,
    anchors: &anchors::AnchorSettings,
) -> Result<Vec<kernel::Job>, String> {
    let mut jobs = Vec::new();
    let policy = ledger.view().witnesses();
    if !policy.is_empty() {
        witnesses::check_addresses(policy, client)?;
        jobs.push(witnesses::job(ledger, client.clone()));
    }
    let places = anchors::places(ledger, client, anchors)?;
    if !places.is_empty() {
        jobs.push(anchors::job(ledger.clone(), places, anchors.every_minutes));
    }
    Ok(jobs)
}

/// A client for the operator's own witnesses and anchors: whatever address the settings name may be called, private ones
/// and plain HTTP included.
///
/// # Errors
/// When an exception of the settings is no address, network or host name.
pub fn outside_client(
    settings: &web::Settings,
    policy: &ledger::WitnessPolicy,
    anchors: &anchors::AnchorSettings,
) -> Result<web::outbound::Client, web::outbound::Error> {
    let mut settings = settings.clone();
    let named = policy.peers.iter().map(|peer| peer.url.as_str()).chain([anchors.webhook.as_str(), &anchors.chain]);
    settings.outbound_allow.extend(named.filter_map(witnesses::host_of));
    web::outbound::Client::new(&settings)
}
