//! Pages: the console's list and detail, the merchant's own with what restores a rating, and the public explanation.

pub(crate) mod detail;
pub(crate) mod how;
pub(crate) mod list;
pub(crate) mod own;
mod parts;
mod words;
