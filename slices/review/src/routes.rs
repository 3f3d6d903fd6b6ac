//! Every address of this slice with its access.

use crate::{api, pages};
use axum::routing::{get, post};
use kernel::Permission;
use web::{Access, Routes};

const READ: Access = Access::Needs(&[Permission::ReviewRead]);
const DECIDE: Access = Access::Needs(&[Permission::ReviewDecide]);
const MANAGE: Access = Access::Needs(&[Permission::ReviewManage]);

/// The routes of this slice.
pub fn routes() -> Routes {
    Routes::new().merge(json()).merge(console())
}

fn json() -> Routes {
    Routes::new()
        .api(READ, utoipa_axum::routes!(api::list))
        .api(DECIDE, utoipa_axum::routes!(api::next))
        .api(READ, utoipa_axum::routes!(api::show))
        .api(DECIDE, utoipa_axum::routes!(api::claim))
        .api(DECIDE, utoipa_axum::routes!(api::renew))
        .api(DECIDE, utoipa_axum::routes!(api::release))
        .api(DECIDE, utoipa_axum::routes!(api::decide))
        .api(READ, utoipa_axum::routes!(api::queues))
        .api(READ, utoipa_axum::routes!(api::measures))
}

fn console() -> Routes {
    Routes::new()
        .page(READ, "/console/review", get(pages::queue::show))
        .page(READ, "/console/review.csv", get(pages::queue::export))
        .page(DECIDE, "/console/review/next", post(pages::queue::next))
        .page(READ, "/console/review/measures", get(pages::measures::show))
        .page(READ, "/console/review/measures.csv", get(pages::measures::export))
        .page(MANAGE, "/console/review/golden", get(pages::golden::list))
        .page(MANAGE, "/console/review/golden/new", get(pages::golden::form).post(pages::golden::add))
        .page(MANAGE, "/console/review/golden/{id}/retire", post(pages::golden::retire))
        .page(MANAGE, "/console/review/disagreements", get(pages::disagreements::list))
        .page(
            MANAGE,
            "/console/review/disagreements/{id}",
            get(pages::disagreements::show).post(pages::disagreements::resolve),
        )
        .page(MANAGE, "/console/review/people", get(pages::people::show))
        .page(MANAGE, "/console/review/people/skills", post(pages::people::skills))
        .page(MANAGE, "/console/review/people/conflicts", post(pages::people::declare))
        .page(MANAGE, "/console/review/people/conflicts/lift", post(pages::people::lift))
        .page(READ, "/console/review/onsite", get(pages::onsite::list))
        .page(MANAGE, "/console/review/onsite/new", get(pages::onsite::form).post(pages::onsite::schedule))
        .page(READ, "/console/review/onsite/{id}", get(pages::visit::show).post(pages::visit::save))
        .page(DECIDE, "/console/review/onsite/{id}/photos", post(pages::visit::add_photo))
        .page(READ, "/console/review/onsite/{id}/photos/{sha256}", get(pages::visit::photo))
        .page(DECIDE, "/console/review/onsite/{id}/report", post(pages::visit::report))
        .page(MANAGE, "/console/review/onsite/{id}/cancel", post(pages::visit::cancel))
        .page(READ, "/console/review/{id}", get(pages::item::show).post(pages::item::decide))
        .page(DECIDE, "/console/review/{id}/claim", post(pages::item::claim))
        .page(DECIDE, "/console/review/{id}/renew", post(pages::item::renew))
        .page(DECIDE, "/console/review/{id}/release", post(pages::item::release))
        .page(READ, "/console/review/{id}/preview", post(pages::item::preview))
        .page(READ, "/console/review/{id}/files/{sha256}", get(pages::item::file))
}
