//! The one walk through all checks.

/// What the checks compare a listing with: brands, images, prices of the market. Loaded by the caller.
#[derive(Clone, Debug, Default)]
pub struct Banks {}

/// Screens one listing.
pub fn screen() {}
