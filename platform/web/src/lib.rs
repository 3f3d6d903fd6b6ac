//! The web layer: everything between a socket and a slice's public function.
//!
//! Reading order: [`Routes`] and [`Access`] (what a slice declares), [`Site`] (what a handler reaches), the extractors
//! ([`Visitor`], [`Signed`], [`Cx`], [`Form`], [`Json`], [`Query`], [`PagingQuery`], [`Path`], [`Upload`]), [`Failure`],
//! `gate` (what every request passes), [`cookies`], `csrf`, `idempotency`, [`outbound`], [`webhooks`].
//!
//! ```ignore
//! pub fn routes() -> web::Routes {
//!     web::Routes::new()
//!         .api(Access::Needs(&[Permission::MerchantsRead]), utoipa_axum::routes!(api::list))
//!         .page(Access::Needs(&[Permission::MerchantsRead]), "/console/merchants", get(pages::list))
//! }
//!
//! async fn list(State(site): State<Site>, Signed(actor): Signed, Cx(cx): Cx, PagingQuery(paging): PagingQuery)
//!     -> Result<Markup, Failure> {
//!     let page = merchants::list(site.kernel(), &actor, &paging).await?;
//!     Ok(pages::list(&cx, &page))
//! }
//! ```
//!
//! Invariants
//! - No route without an [`Access`]; it is enforced before the handler, and again, more exactly, by the slice.
//! - Every unsafe request that a cookie authenticates carries a CSRF mark, checked before the handler.
//! - Every body has a limit; nothing beyond it is read. Every request has a time limit; a panic is an `internal` problem.
//! - A problem is logged once, here, and rendered in the reader's language; its source never leaves the process.
//! - Outgoing calls go through [`outbound::Client`] only: never to a private address unless the settings allow it.
//!
//! What it does not do: it keeps no people, passwords or sessions (accounts does, behind [`Authenticator`]), decides
//! nothing of any duty, and holds no TLS for incoming connections: a proxy in front does.

mod access;
mod assets;
mod body;
mod codes;
mod context;
pub mod cookies;
pub mod csrf;
pub mod csv;
mod extract;
mod failure;
mod flash;
mod gate;
mod health;
mod idempotency;
mod nav;
mod openapi;
pub mod outbound;
mod rate;
mod respond;
mod routes;
mod serve;
mod site;
mod store;
pub mod testing;
mod upload;
pub mod webhooks;

pub use access::{Access, RouteRow};
pub use body::{Form, Json, too_large};
pub use codes::*;
pub use context::{Context, area_of};
pub use extract::{Cx, PagingQuery, Path, Query, Signed, Visitor};
pub use failure::{Failure, FaultBody, ProblemBody};
pub use nav::{FixedNav, Nav};
pub use openapi::PageBody;
pub use rate::network_of;
pub use respond::{Redirect, download, inline, is_local, redirect, redirect_to_provider, redirect_with_flash};
pub use routes::Routes;
pub use serve::serve;
pub use site::{Authenticator, Owed, Settings, SignedSession, Site};
pub use upload::{Upload, UploadLimits, Uploaded, UploadedFile};

/// The texts of this crate.
pub const CATALOG: ui::CatalogSource = ui::CatalogSource {
    crate_name: "web",
    zh: include_str!("../locales/zh-CN.ftl"),
    en: include_str!("../locales/en.ftl"),
};

/// The migrations of this crate.
pub fn migrations() -> db::Migrations {
    store::migrations()
}

/// How long finished webhook deliveries stay in the log, microseconds: 30 days.
const LOG_KEPT_MICROS: i64 = 30 * ground::time::DAY_MICROS;

/// The timers of this crate: fan-out and delivery of webhooks, and taking away what has expired.
pub fn jobs(client: outbound::Client) -> Vec<kernel::Job> {
    let mut jobs = webhooks::jobs(client);
    jobs.push(kernel::Job::new("web-expiry", std::time::Duration::from_secs(3600), |kernel| async move {
        store::idempotency::expire(&kernel).await?;
        store::webhooks::expire(&kernel, LOG_KEPT_MICROS).await
    }));
    jobs
}

#[cfg(test)]
mod tests;
