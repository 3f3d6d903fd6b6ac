//! The addresses of the pages and who may reach them.

use super::{banks, detail, files, imports, list, measure, own, portal, write};
use axum::routing::{get, post};
use kernel::Permission;
use web::{Access, Routes};

const READ: Access = Access::Needs(&[Permission::ListingsRead]);
const DECIDE: Access = Access::Needs(&[Permission::ListingsDecide]);
const IMPORT: Access = Access::Needs(&[Permission::ListingsImport]);
const OWN: Access = Access::Needs(&[Permission::OwnListings]);
const READ_OR_OWN: Access = Access::Needs(&[Permission::ListingsRead, Permission::OwnListings]);

/// All of them.
pub(crate) fn routes() -> Routes {
    merchant().merge(console())
}

fn merchant() -> Routes {
    Routes::new()
        .page(OWN, "/merchant/listings", get(portal::list))
        .page(OWN, "/merchant/listings.csv", get(portal::export))
        .page(OWN, "/merchant/listings/new", get(write::new).post(write::create))
        .page(OWN, "/merchant/listings/check", post(write::check))
        .page(OWN, "/merchant/listings/{id}", get(own::show))
        .page(OWN, "/merchant/listings/{id}/edit", get(write::edit).post(write::save))
        .page(OWN, "/merchant/listings/{id}/submit", post(own::hand_in))
        .page(OWN, "/merchant/imports", get(imports::portal_list).post(imports::portal_begin))
        .page(OWN, "/merchant/imports/{id}", get(imports::portal_show))
        .page(OWN, "/merchant/imports/{id}/progress", get(imports::portal_progress))
        .page(OWN, "/merchant/imports/{id}/report.csv", get(imports::report))
        .page(READ_OR_OWN, "/pictures/listings/{sha256}", get(files::picture))
        .page(READ_OR_OWN, "/documents/listings/{version}/{position}", get(files::document))
}

fn console() -> Routes {
    Routes::new()
        .page(READ, "/console/listings", get(list::show))
        .page(READ, "/console/listings.csv", get(list::export_csv))
        .page(READ, "/console/listings.ndjson", get(list::export_ndjson))
        .page(READ, "/console/listings/banks", get(banks::show))
        .page(DECIDE, "/console/listings/banks/{id}/remove", post(banks::remove))
        .page(READ, "/console/listings/banks/brands", get(banks::show_brands))
        .page(DECIDE, "/console/listings/banks/brands", post(banks::add_brand))
        .page(DECIDE, "/console/listings/banks/brands/{id}/remove", post(banks::remove_brand))
        .page(READ, "/console/listings/banks/recalls", get(banks::show_recalls))
        .page(DECIDE, "/console/listings/banks/recalls", post(banks::load_recalls))
        .page(READ, "/console/listings/imports", get(imports::console_list))
        .page(IMPORT, "/console/listings/imports", post(imports::console_begin))
        .page(READ, "/console/listings/imports/{id}", get(imports::console_show))
        .page(READ, "/console/listings/imports/{id}/progress", get(imports::console_progress))
        .page(READ, "/console/listings/imports/{id}/report.csv", get(imports::report))
        .page(READ, "/console/listings/{id}", get(detail::show))
        .page(DECIDE, "/console/listings/{id}/measure", post(measure::take))
}
