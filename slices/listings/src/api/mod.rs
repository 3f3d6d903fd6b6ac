//! The JSON routes of listings and their shapes.

mod bodies;
mod imports;
mod listings;
mod screen;

use kernel::Permission;
use utoipa_axum::routes as described;
use web::{Access, Routes};

const READ: Access = Access::Needs(&[Permission::ListingsRead]);
const DECIDE: Access = Access::Needs(&[Permission::ListingsDecide]);
const WRITE: Access = Access::Needs(&[Permission::OwnListings, Permission::ListingsImport]);
const READ_OR_OWN: Access = Access::Needs(&[Permission::ListingsRead, Permission::OwnListings]);

/// All of them.
pub(crate) fn routes() -> Routes {
    Routes::new()
        .api(READ_OR_OWN, described!(listings::list))
        .api(WRITE, described!(listings::create))
        .api(READ_OR_OWN, described!(listings::show))
        .api(WRITE, described!(listings::revise))
        .api(WRITE, described!(listings::submit))
        .api(DECIDE, described!(listings::measure))
        .api(WRITE, described!(listings::picture))
        .api(READ_OR_OWN, described!(screen::screen))
        .api(READ_OR_OWN, described!(imports::list))
        .api(WRITE, described!(imports::begin))
        .api(READ_OR_OWN, described!(imports::show))
        .api(READ_OR_OWN, described!(imports::rows))
        .api(READ, described!(screen::fingerprints))
        .api(READ, described!(screen::recalls))
}
