//! The addresses of this duty and who may reach them.

use crate::{api, pages};
use axum::routing::{get, post};
use kernel::Permission;
use utoipa_axum::routes as described;
use web::{Access, Routes};

const READ: Access = Access::Needs(&[Permission::RecallsRead]);
const MANAGE: Access = Access::Needs(&[Permission::RecallsManage]);
const OWN: Access = Access::Needs(&[Permission::OwnTrace]);
const MANAGE_OR_OWN: Access = Access::Needs(&[Permission::RecallsManage, Permission::OwnTrace]);

/// All of them.
pub fn routes() -> Routes {
    json().merge(console()).merge(others())
}

fn json() -> Routes {
    Routes::new()
        .api(READ, described!(api::list))
        .api(MANAGE, described!(api::open))
        .api(READ, described!(api::show))
        .api(MANAGE, described!(api::change))
        .api(MANAGE, described!(api::preview))
        .api(MANAGE, described!(api::start))
        .api(MANAGE, described!(api::close))
        .api(MANAGE, described!(api::cancel))
        .api(READ, described!(api::reach))
        .api(MANAGE, described!(api::batch))
        .api(READ, described!(api::report))
        .api(OWN, described!(api::notices))
        .api(OWN, described!(api::answer))
        .api(MANAGE_OR_OWN, described!(api::progress))
}

fn console() -> Routes {
    use pages::{detail, form, list, report};
    Routes::new()
        .page(READ, "/console/recalls", get(list::list))
        .page(READ, "/console/recalls.csv", get(list::export))
        .page(MANAGE, "/console/recalls/new", get(form::new).post(form::open))
        .page(READ, "/console/recalls/{id}", get(detail::show))
        .page(MANAGE, "/console/recalls/{id}/edit", get(form::edit).post(form::change))
        .page(MANAGE, "/console/recalls/{id}/preview", post(detail::preview))
        .page(MANAGE, "/console/recalls/{id}/start", post(detail::start))
        .page(MANAGE, "/console/recalls/{id}/close", post(detail::close))
        .page(MANAGE, "/console/recalls/{id}/cancel", post(detail::cancel))
        .page(MANAGE, "/console/recalls/{id}/progress", post(detail::progress))
        .page(READ, "/console/recalls/{id}/reach.csv", get(detail::export))
        .page(READ, "/console/recalls/{id}/report", get(report::show))
}

fn others() -> Routes {
    use pages::{portal, public};
    Routes::new()
        .page(OWN, "/merchant/recalls", get(portal::list))
        .page(OWN, "/merchant/recalls/{id}", get(portal::show))
        .page(OWN, "/merchant/recalls/{id}/answer", post(portal::answer))
        .page(OWN, "/merchant/recalls/{id}/progress", post(portal::progress))
        .page(Access::Public, "/recalls/{id}", get(public::show))
}
