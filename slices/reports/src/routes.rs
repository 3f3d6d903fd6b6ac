//! The addresses of this duty and who may reach them.

use crate::{api, pages};
use axum::routing::{get, post};
use kernel::Permission;
use utoipa_axum::routes as described;
use web::{Access, Routes};

const READ: Access = Access::Needs(&[Permission::TraceRead]);
const MANAGE: Access = Access::Needs(&[Permission::TraceManage]);
const OWN: Access = Access::Needs(&[Permission::OwnReports]);
const OWN_TRACE: Access = Access::Needs(&[Permission::OwnTrace]);
const READ_OR_OWN: Access = Access::Needs(&[Permission::TraceRead, Permission::OwnReports, Permission::OwnTrace]);
const LABORATORY: Access = Access::Needs(&[Permission::TraceRead, Permission::OwnReports]);
const HAND_IN: Access = Access::Needs(&[Permission::OwnTrace, Permission::OwnReports, Permission::TraceManage]);

/// All of them.
pub fn routes() -> Routes {
    json().merge(everybody()).merge(console()).merge(portal())
}

fn json() -> Routes {
    Routes::new()
        .api(READ_OR_OWN, described!(api::laboratories::list))
        .api(LABORATORY, described!(api::laboratories::show))
        .api(OWN, described!(api::laboratories::keep))
        .api(MANAGE, described!(api::laboratories::decide))
        .api(OWN, described!(api::laboratories::add_key))
        .api(OWN, described!(api::laboratories::revoke_key))
        .api(READ_OR_OWN, described!(api::reports::list))
        .api(OWN, described!(api::reports::create))
        .api(READ_OR_OWN, described!(api::reports::show))
        .api(OWN, described!(api::reports::discard))
        .api(OWN, described!(api::reports::sign))
        .api(OWN, described!(api::reports::revoke))
        .api(HAND_IN, described!(api::reports::receive))
        .api(Access::Public, described!(api::reports::verify))
        .api(Access::Public, described!(api::reports::credential))
        .api(Access::Public, described!(api::reports::status_list))
}

fn everybody() -> Routes {
    Routes::new()
        .page(Access::Public, "/.well-known/did.json", get(api::documents::operator))
        .page(Access::Public, "/did/laboratories/{id}/did.json", get(api::documents::laboratory))
        .page(Access::Public, "/reports/verify", get(pages::verify::form).post(pages::verify::answer))
        .page(READ_OR_OWN, "/documents/reports/{id}", get(api::documents::pdf))
}

fn console() -> Routes {
    Routes::new()
        .page(READ, "/console/reports", get(pages::list::console))
        .page(READ, "/console/reports.csv", get(pages::list::export))
        .page(READ, "/console/reports/{id}", get(pages::detail::console))
        .page(READ, "/console/laboratories", get(pages::laboratories::list))
        .page(READ, "/console/laboratories.csv", get(pages::laboratories::export))
        .page(READ, "/console/laboratories/{id}", get(pages::laboratories::show))
        .page(MANAGE, "/console/laboratories/{id}/decide", post(pages::laboratories::decide))
}

fn portal() -> Routes {
    Routes::new()
        .page(OWN, "/laboratory", get(pages::list::home))
        .page(OWN, "/laboratory/reports.csv", get(pages::list::export))
        .page(OWN, "/laboratory/reports/new", get(pages::write::form))
        .page(OWN, "/laboratory/reports", post(pages::write::save))
        .page(OWN, "/laboratory/reports/{id}", get(pages::detail::own))
        .page(OWN, "/laboratory/reports/{id}/sign", post(pages::detail::sign))
        .page(OWN, "/laboratory/reports/{id}/discard", post(pages::detail::discard))
        .page(OWN, "/laboratory/reports/{id}/revoke", post(pages::detail::revoke))
        .page(OWN, "/laboratory/receive", get(pages::hand_in::form).post(pages::hand_in::save))
        .page(OWN_TRACE, "/merchant/reports", get(pages::list::merchant))
        .page(OWN_TRACE, "/merchant/reports.csv", get(pages::list::export))
        .page(
            OWN_TRACE,
            "/merchant/reports/receive",
            get(pages::hand_in::merchant_form).post(pages::hand_in::merchant_save),
        )
        .page(OWN_TRACE, "/merchant/reports/{id}", get(pages::detail::merchant))
        .page(OWN, "/laboratory/profile", get(pages::profile::form).post(pages::profile::save))
        .page(OWN, "/laboratory/keys", post(pages::profile::add_key))
        .page(OWN, "/laboratory/keys/{id}/revoke", post(pages::profile::revoke_key))
}
