//! The addresses of this slice.

use axum::routing::{get, post};
use kernel::Permission;
use utoipa_axum::routes as described;
use web::{Access, Routes};

use crate::{api, pages};

const READ: Access = Access::Needs(&[Permission::PoliciesRead]);
const MANAGE: Access = Access::Needs(&[Permission::PoliciesManage]);

/// The routes of this slice.
pub fn routes() -> Routes {
    Routes::new()
        .api(READ, described!(api::packs))
        .api(READ, described!(api::pack))
        .api(READ, described!(api::rows))
        .api(READ, described!(api::row))
        .api(READ, described!(api::check))
        .api(READ, described!(api::tests))
        .api(READ, described!(api::versions))
        .api(MANAGE, described!(api::save))
        .api(MANAGE, described!(api::set_mode))
        .api(READ, described!(api::version))
        .api(MANAGE, described!(api::activate))
        .api(MANAGE, described!(api::start_trial))
        .api(READ, described!(api::trial))
        .api(READ, described!(api::trial_hits))
        .page(READ, "/console/policies", get(pages::overview))
        .page(READ, "/console/policies/{market}", get(pages::market))
        .page(READ, "/console/policies/{market}/history", get(pages::history))
        .page(READ, "/console/policies/{market}/tables/{table}", get(pages::table))
        .page(MANAGE, "/console/policies/{market}/tables/{table}/new", get(pages::new_row).post(pages::add_row))
        .page(READ, "/console/policies/{market}/rows/{row}", get(pages::row))
        .page(MANAGE, "/console/policies/{market}/rows/{row}/text", post(pages::save_row))
        .page(MANAGE, "/console/policies/{market}/rows/{row}/mode", post(pages::set_mode))
        .page(MANAGE, "/console/policies/{market}/file", get(pages::file).post(pages::save_file))
        .page(MANAGE, "/console/policies/{market}/shipped", post(pages::keep_shipped))
        .page(READ, "/console/policies/{market}/affected", get(pages::affected))
        .page(READ, "/console/policy-versions/{id}", get(pages::version))
        .page(MANAGE, "/console/policy-versions/{id}/trial", post(pages::start_trial))
        .page(MANAGE, "/console/policy-versions/{id}/activate", post(pages::activate))
        .page(READ, "/console/policy-trials/{id}", get(pages::trial))
        .page(MANAGE, "/console/policy-trials/{id}/stop", post(pages::stop_trial))
        .page(READ, "/console/policy-trials/{id}/hits.csv", get(pages::trial_csv))
}
