//! The JSON routes of this duty and their shapes.

pub(crate) mod bodies;
pub(crate) mod files;
pub(crate) mod papers;
