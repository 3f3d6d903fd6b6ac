//! Pages: the operator's console, the merchant's portal, the public notice. Handlers parse, call one public function, render.

pub(crate) mod detail;
pub(crate) mod form;
pub(crate) mod list;
mod parts;
pub(crate) mod portal;
pub(crate) mod public;
pub(crate) mod report;
