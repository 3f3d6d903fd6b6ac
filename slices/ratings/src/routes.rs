//! Everything this slice answers to.

use crate::{api, pages};
use axum::routing::{get, post};
use kernel::Permission;
use utoipa_axum::routes;
use web::{Access, Routes};

const READ: Access = Access::Needs(&[Permission::RatingsRead]);
const READ_OR_OWN: Access = Access::Needs(&[Permission::RatingsRead, Permission::OwnRatings]);
const OWN: Access = Access::Needs(&[Permission::OwnRatings]);
const MANAGE: Access = Access::Needs(&[Permission::RatingsManage]);

/// The routes.
pub fn routes() -> Routes {
    Routes::new()
        .api(READ, routes!(api::feed))
        .api(READ_OR_OWN, routes!(api::one))
        .api(READ_OR_OWN, routes!(api::line_proof))
        .page(READ, "/console/ratings", get(pages::list::show))
        .page(READ, "/console/ratings.csv", get(pages::list::export))
        .page(READ, "/console/ratings/{merchant}/{product}", get(pages::detail::show))
        .page(MANAGE, "/console/ratings/{merchant}/{product}/hold", post(pages::detail::hold))
        .page(OWN, "/merchant/ratings", get(pages::own::list))
        .page(OWN, "/merchant/ratings.csv", get(pages::own::export))
        .page(OWN, "/merchant/ratings/{product}", get(pages::own::show))
        .page(OWN, "/merchant/ratings/{product}/ahead", get(pages::own::ahead))
        .page(Access::Public, "/ratings/how", get(pages::how::show))
}
