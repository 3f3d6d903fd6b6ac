//! Listings: what merchants offer, screened version by version, and on sale only when it has passed.
//!
//! A listing has immutable versions. A version is handed in, read and judged by the policy in force, and passes, goes to a
//! person, or is refused; the version on sale stays there until a newer one passes, unless what was found is severe.
//! Goods that were refused without tolerance, or removed, are remembered by text, picture, GTIN and document, so that they
//! are caught under whatever merchant they come back.
//!
//! Reading order: [`state`] (the two state machines, pure), [`content`] (what a version says), [`model`], [`versions`]
//! (writing, handing in, reading), [`runs`] (screening, rescreening, shadow), [`shelf`] (on and off sale), [`decide`]
//! (decisions of people), [`reactions`] and [`supervision`] (how acts of other duties move the shelf), [`banks`], [`import`],
//! [`export`], `store`, then `api` and `pages`.
//!
//! Invariants
//! - Nothing is on sale that has not passed: the pointer to the version on sale is set by one function, which demands a
//!   passed version and no hold, and writes the act beside it ([`unsound`] asks the store whether that holds).
//! - Versions never change. A version passes only out of screening or review.
//! - Every decision is one transaction with its act: `listing.submitted`, `.screened`, `.review_requested`, `.approved`,
//!   `.rejected`, `.listed`, `.suspended`, `.hold_lifted`, `.restored`, `.restricted`, `.unrestricted`, `.removed`,
//!   `.rescreened`; `rescreen.started`, `.finished`; `bank.…`; `import.started`, `.finished`. The subject is the listing;
//!   the public fact `version` names the version.
//! - A suspended listing has at least one hold; it comes back when the last one is lifted and its merchant may sell it.
//! - Merchants see and write their own listings; about others they do not even learn that they exist.
//!
//! What it does not do: it keeps no queue and measures no reviewer (`review`), changes no policy (`policies`), verifies no
//! merchant (`merchants`), and knows no rule of law: rules are rows of the packs.

mod api;
pub mod banks;
pub mod content;
pub mod decide;
mod error;
pub mod export;
pub mod import;
pub mod model;
mod pages;
mod papers;
mod pictures;
pub mod reactions;
pub mod runs;
pub mod shelf;
pub mod standing;
pub mod state;
mod store;
pub mod supervision;
pub mod testing;
pub mod versions;

pub use banks::same_goods::SameGoods;
pub use content::{Batch, Change, Content, Document, Image};
pub use decide::{Measure, Outcome, Verdict, decide_review, decide_review_in, take_measure};
pub use error::{CODES, Error};
pub use model::{Cause, Filter, Hold, Listing, Run, RunKind, Version, severity_name};
pub use papers::{keep as keep_document, open as open_document};
pub use pictures::{keep as keep_picture, open as open_picture, resolve as resolve_pictures};
pub use reactions::{on_merchant_returned, on_merchant_stopped, on_qualification_expired, on_qualification_verified};
pub use runs::past::past as past_runs;
pub use runs::preview::preview;
pub use runs::rescreen::{on_brand_lapsed, on_policy_activated, rescreen, rescreens};
pub use runs::shadow::{ShadowReport, ShadowSample, shadow_run};
pub use runs::trial::{Tried, TriedPage, count_in_market, try_on_sale};
pub use runs::{JOB, RESCREEN_JOB, Rescreen};
pub use shelf::{restore, take_off};
pub use standing::Standing;
pub use state::{Event, State, VersionState};
pub use store::listings::COUNT_MAX;
pub use supervision::{on_alert_closed, on_alert_stopped, on_rating_changed};
pub use versions::{
    Comparable, Detail, Evidence, MerchantFile, New, PastDecision, counts, create, decision_message, detail,
    find_by_external_id, get, list, named, of_gtin, of_numbers, picture_of, revise, rules_in_use, submit, version,
};

use kernel::{Job, Kernel, Result};
use std::time::Duration;

/// The migrations of this slice.
pub fn migrations() -> db::Migrations {
    store::schema::migrations()
}

/// The texts of this slice.
pub const CATALOG: ui::CatalogSource = ui::CatalogSource {
    crate_name: "listings",
    zh: include_str!("../locales/zh-CN.ftl"),
    en: include_str!("../locales/en.ftl"),
};

/// The routes of this slice.
pub fn routes() -> web::Routes {
    api::routes().merge(pages::routes())
}

/// Declares this slice's policy table, `same-goods`.
pub fn tables(tables: &mut policy::Tables) {
    tables.with::<SameGoods>();
}

/// The jobs of this slice: screening what was handed in, and carrying a changed policy through the shelf,
/// and importing what was uploaded.
pub fn jobs() -> Vec<Job> {
    vec![
        Job::new(JOB, Duration::from_secs(2), runs::turn::turn),
        Job::new(RESCREEN_JOB, Duration::from_secs(5), runs::rescreen::turn),
        Job::new(import::JOB, Duration::from_secs(5), import::run::turn),
    ]
}

/// Ids of listings that break the first invariant, at most `most`: empty in a sound store. For audits and tests.
///
/// # Errors
/// What the store says.
pub async fn unsound(kernel: &Kernel, most: u64) -> Result<Vec<String>> {
    store::listings::unsound(kernel.db().read(), most).await
}

#[cfg(test)]
mod tests;
