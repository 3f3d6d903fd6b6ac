//! Risk: how likely it is that something will be found about a product, and why the score says so.
//!
//! Reading order: [`features`] (the one table of what is looked at), [`behaviour`] (what signals say, pure), [`baseline`] (what
//! is usual), [`gather`] (all features of a product), [`prior`] and [`score`] (a score taken apart), [`marks`] and
//! [`examples`] (what was found, and what the product looked like before), [`card`] (what is said about a model),
//! [`training`], [`versions`] (in force, rolled back), [`drift`], [`reactions`], [`parameters`], `store`, `api`, `pages`.
//!
//! Invariants
//! - A score has no effect of its own: nothing in this crate holds, limits or sanctions. Every page and answer says that it is
//!   never the only ground.
//! - The contributions of a score sum to it (log odds, within 1e-9); the trees' probability is then put right by a curve that
//!   never falls.
//! - An example holds the features as they were when the sign appeared, never later ones; of what was found it counts only
//!   what had been found by then. It names merchant and product, no person.
//! - Learned from is what is older, judged is what is newer. A model that does not beat the prior on what is newer cannot be
//!   put in force. While none is in force, the prior scores, and says so.
//! - A version, once trained, is never changed; its file is kept by its hash.
//!
//! Acts: `risk_model.requested`, `.trained`, `.activated`, `.rolled_back`, `.retraining_proposed`; the subject is
//! `risk_model` and the number of the version.
//!
//! What it does not do: it raises no alert (`alerts` does), rates nothing in public (`ratings` does), and learns nothing about
//! people.

mod api;
pub mod baseline;
pub mod behaviour;
pub mod card;
pub mod drift;
mod error;
pub mod examples;
pub mod features;
pub mod gather;
pub mod marks;
pub mod model;
mod pages;
pub mod parameters;
pub mod prior;
pub mod reactions;
pub mod score;
mod store;
pub mod training;
pub mod versions;

#[cfg(test)]
mod tests;

pub use error::{CODES, Error};
pub use model::{ModelState, ScoreRow, Scored, Version};
pub use reactions::{on_alert_closed, on_alert_raised, on_day_closed, on_listing_decided, on_report};
pub use score::{list, score, show};
pub use training::{request as request_training, train_now};
pub use versions::{activate, roll_back, version, versions};

use axum::routing::{get, post};
use kernel::{Job, Permission};
use std::time::Duration;
use utoipa_axum::routes;
use web::{Access, Routes};

/// The texts of this slice.
pub const CATALOG: ui::CatalogSource = ui::CatalogSource {
    crate_name: "risk",
    zh: include_str!("../locales/zh-CN.ftl"),
    en: include_str!("../locales/en.ftl"),
};

/// The migrations of this slice.
pub fn migrations() -> db::Migrations {
    store::schema::migrations()
}

const READ: Access = Access::Needs(&[Permission::RiskRead]);
const MANAGE: Access = Access::Needs(&[Permission::RiskManage]);

/// Everything this slice answers to.
pub fn routes() -> Routes {
    Routes::new()
        .api(READ, routes!(api::scores))
        .api(READ, routes!(api::one))
        .api(READ, routes!(api::models))
        .api(READ, routes!(api::model_file))
        .page(READ, "/console/risk", get(pages::list::show))
        .page(READ, "/console/risk.csv", get(pages::list::export))
        .page(READ, "/console/risk/of/{merchant}/{product}", get(pages::detail::show))
        .page(READ, "/console/risk/features", get(pages::features::show))
        .page(READ, "/console/risk/drift", get(pages::drift::show))
        .page(READ, "/console/risk/models", get(pages::models::show))
        .page(READ, "/console/risk/models/{version}", get(pages::card::show))
        .page(MANAGE, "/console/risk/train", post(pages::models::train))
        .page(MANAGE, "/console/risk/models/{version}/activate", post(pages::card::activate))
        .page(MANAGE, "/console/risk/rollback", post(pages::models::roll_back))
}

/// The timers of this slice: training what was asked for.
pub fn jobs() -> Vec<Job> {
    vec![Job::new(training::JOB, Duration::from_secs(30), |kernel| async move { training::turn(&kernel).await })]
}
