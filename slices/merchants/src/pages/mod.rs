//! Pages: the merchant's portal and the operator's console. Handlers parse, call one public function, render.

pub(crate) mod blacklist;
pub(crate) mod console;
pub(crate) mod file;
pub(crate) mod list;
pub(crate) mod papers;
mod parts;
pub(crate) mod portal;
pub(crate) mod wizard;
mod wizard_steps;
