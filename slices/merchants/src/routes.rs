//! The addresses of this duty and who may reach them.

use crate::api::{files, papers};
use crate::pages;
use axum::routing::{get, post};
use kernel::Permission;
use utoipa_axum::routes as described;
use web::{Access, Routes};

const READ: Access = Access::Needs(&[Permission::MerchantsRead]);
const DECIDE: Access = Access::Needs(&[Permission::MerchantsDecide]);
const OWN: Access = Access::Needs(&[Permission::OwnMerchant]);
const READ_OR_OWN: Access = Access::Needs(&[Permission::MerchantsRead, Permission::OwnMerchant]);
const DECIDE_OR_OWN: Access = Access::Needs(&[Permission::MerchantsDecide, Permission::OwnMerchant]);

/// All of them.
pub fn routes() -> Routes {
    json().merge(console()).merge(portal())
}

fn json() -> Routes {
    Routes::new()
        .api(READ, described!(files::list))
        .api(DECIDE_OR_OWN, described!(files::create))
        .api(READ_OR_OWN, described!(files::show))
        .api(DECIDE_OR_OWN, described!(files::update))
        .api(DECIDE_OR_OWN, described!(files::submit))
        .api(DECIDE_OR_OWN, described!(files::decide))
        .api(DECIDE_OR_OWN, described!(files::confirm))
        .api(DECIDE, described!(files::reverify))
        .api(READ_OR_OWN, described!(files::standing))
        .api(READ_OR_OWN, described!(files::history))
        .api(READ_OR_OWN, described!(papers::list))
        .api(DECIDE_OR_OWN, described!(papers::add))
        .api(DECIDE, described!(papers::decide))
        .api(DECIDE_OR_OWN, described!(papers::withdraw))
        .api(READ_OR_OWN, described!(papers::document))
        .api(READ_OR_OWN, described!(papers::brands))
        .api(DECIDE_OR_OWN, described!(papers::add_brand))
        .api(DECIDE, described!(papers::decide_brand))
        .api(DECIDE_OR_OWN, described!(papers::withdraw_brand))
        .api(READ_OR_OWN, described!(papers::letter))
        .api(READ, described!(files::blacklist))
        .api(DECIDE, described!(files::add_blacklist))
        .api(DECIDE, described!(files::lift_blacklist))
}

fn console() -> Routes {
    use pages::{blacklist, console, file, list};
    Routes::new()
        .page(READ, "/console/merchants", get(list::list))
        .page(READ, "/console/merchants.csv", get(list::export))
        .page(READ, "/console/merchants/verification", get(list::work))
        .page(READ, "/console/merchants/blacklist", get(blacklist::show))
        .page(DECIDE, "/console/merchants/blacklist", post(blacklist::add))
        .page(DECIDE, "/console/merchants/blacklist/{id}/lift", post(blacklist::lift))
        .page(READ, "/console/merchants/{id}", get(file::show))
        .page(DECIDE, "/console/merchants/{id}/decide", post(file::decide))
        .page(DECIDE, "/console/merchants/{id}/reverify", post(file::reverify))
        .page(DECIDE, "/console/qualifications/{id}/decide", post(console::decide_paper))
        .page(DECIDE, "/console/brands/{id}/decide", post(console::decide_brand))
        .page(READ_OR_OWN, "/documents/qualifications/{id}", get(console::document))
        .page(READ_OR_OWN, "/documents/brands/{id}/{position}", get(console::letter))
}

fn portal() -> Routes {
    use pages::{papers, portal, wizard};
    Routes::new()
        .page(OWN, "/merchant", get(portal::home))
        .page(OWN, "/merchant/confirm", post(portal::confirm_file))
        .page(OWN, "/merchant/move", post(portal::own_move))
        .page(OWN, "/merchant/enrol", get(wizard::start))
        .page(OWN, "/merchant/enrol/company", get(wizard::show_company).post(wizard::save_company))
        .page(OWN, "/merchant/enrol/categories", get(wizard::show_categories).post(wizard::save_categories))
        .page(OWN, "/merchant/enrol/qualifications", get(wizard::show_papers))
        .page(OWN, "/merchant/enrol/contacts", get(wizard::show_contacts).post(wizard::save_contacts))
        .page(OWN, "/merchant/enrol/review", get(wizard::show_review).post(wizard::submit))
        .page(OWN, "/merchant/qualifications", get(papers::list).post(papers::add))
        .page(OWN, "/merchant/qualifications/new", get(papers::new))
        .page(OWN, "/merchant/qualifications/{id}/withdraw", post(papers::withdraw))
        .page(OWN, "/merchant/brands/new", get(papers::new_brand))
        .page(OWN, "/merchant/brands", post(papers::add_brand))
        .page(OWN, "/merchant/brands/{id}/withdraw", post(papers::withdraw_brand))
}
