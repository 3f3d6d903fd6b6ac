//! JSON routes, and the files everybody may fetch.

pub(crate) mod bodies;
pub(crate) mod documents;
pub(crate) mod laboratories;
pub(crate) mod reports;
