//! The pages: the console's, then the merchant's.

pub(crate) mod detail;
pub(crate) mod detectors;
pub(crate) mod list;
pub(crate) mod merchant;
pub(crate) mod quiet;
pub(crate) mod words;
