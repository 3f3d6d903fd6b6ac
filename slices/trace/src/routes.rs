//! The addresses of this duty and who may reach them.

use crate::{api, pages};
use axum::routing::{get, post};
use kernel::Permission;
use utoipa_axum::routes as described;
use web::{Access, Routes};

const READ: Access = Access::Needs(&[Permission::TraceRead]);
const MANAGE: Access = Access::Needs(&[Permission::TraceManage]);
const OWN: Access = Access::Needs(&[Permission::OwnTrace]);
const READ_OR_OWN: Access = Access::Needs(&[Permission::TraceRead, Permission::OwnTrace]);
const MANAGE_OR_OWN: Access = Access::Needs(&[Permission::TraceManage, Permission::OwnTrace]);

/// All of them.
pub fn routes() -> Routes {
    json().merge(console()).merge(portal())
}

fn json() -> Routes {
    use api::{codes, lots, units};
    Routes::new()
        .api(READ_OR_OWN, described!(lots::list))
        .api(MANAGE_OR_OWN, described!(lots::create))
        .api(READ_OR_OWN, described!(lots::show))
        .api(MANAGE_OR_OWN, described!(lots::change))
        .api(MANAGE_OR_OWN, described!(lots::set_state))
        .api(READ_OR_OWN, described!(lots::documents))
        .api(MANAGE_OR_OWN, described!(lots::add_document))
        .api(MANAGE_OR_OWN, described!(lots::withdraw_document))
        .api(MANAGE_OR_OWN, described!(lots::commission))
        .api(READ_OR_OWN, described!(codes::list))
        .api(MANAGE_OR_OWN, described!(codes::mint))
        .api(READ_OR_OWN, described!(codes::show))
        .api(MANAGE_OR_OWN, described!(codes::file))
        .api(MANAGE_OR_OWN, described!(codes::labels))
        .api(READ_OR_OWN, described!(codes::keys))
        .api(MANAGE, described!(codes::rotate))
        .api(READ_OR_OWN, described!(units::verify))
        .api(MANAGE_OR_OWN, described!(units::decommission))
        .api(MANAGE_OR_OWN, described!(units::sold))
        .api(Access::Public, described!(units::covered))
}

fn console() -> Routes {
    use pages::{keys, list, lot, unit};
    Routes::new()
        .page(READ, "/console/trace", get(list::console))
        .page(READ, "/console/trace.csv", get(list::export))
        .page(READ, "/console/trace/unit", get(unit::show))
        .page(READ, "/console/trace/keys", get(keys::list))
        .page(READ, "/console/trace/keys.csv", get(keys::export))
        .page(MANAGE, "/console/trace/keys/rotate", post(keys::rotate))
        .page(READ, "/console/trace/codes", get(list::batches))
        .page(READ, "/console/trace/codes.csv", get(list::export_batches))
        .page(READ, "/console/trace/codes/{id}", get(lot::batch))
        .page(READ, "/console/trace/lots/{id}", get(lot::show))
        .page(MANAGE, "/console/trace/lots/{id}/state", post(lot::set_state))
        .page(Access::Public, "/documents/lots/{lot}/{id}", get(lot::document))
}

fn portal() -> Routes {
    use pages::{codes, list, lot, write};
    Routes::new()
        .page(OWN, "/merchant/lots", get(list::portal).post(write::create))
        .page(OWN, "/merchant/lots.csv", get(list::export))
        .page(OWN, "/merchant/lots/new", get(write::new))
        .page(OWN, "/merchant/lots/{id}", get(lot::show))
        .page(OWN, "/merchant/lots/{id}/edit", get(write::edit).post(write::save))
        .page(OWN, "/merchant/lots/{id}/state", post(lot::set_state))
        .page(OWN, "/merchant/lots/{id}/documents", post(write::add_document))
        .page(OWN, "/merchant/lots/{id}/documents/{document}/withdraw", post(write::withdraw_document))
        .page(OWN, "/merchant/lots/{id}/commission", post(codes::commission))
        .page(OWN, "/merchant/lots/{id}/mint", post(codes::mint_for_lot))
        .page(OWN, "/merchant/codes", get(list::batches).post(codes::mint))
        .page(OWN, "/merchant/codes.csv", get(list::export_batches))
        .page(OWN, "/merchant/codes/new", get(codes::new))
        .page(OWN, "/merchant/codes/decommission", get(codes::decommission_form).post(codes::decommission))
        .page(OWN, "/merchant/codes/{id}", get(lot::batch))
        .page(OWN, "/merchant/codes/{id}/file.csv", get(codes::file))
        .page(OWN, "/merchant/codes/{id}/labels", get(codes::labels))
}
