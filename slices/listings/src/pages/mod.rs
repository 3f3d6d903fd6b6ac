//! The pages of listings: the merchant's portal and the console. Written in the files of this folder.
//!
//! Handlers parse, call one public function of the slice, and render; the permission is asked inside that function.
//!
//! Reading order: `parts` and `words` (what they share), `content` (a version with its findings marked); the portal: `portal`
//! (the list), `form` and `write` (writing a listing), `own` (one listing); both sides: `imports`, `files`, `export`; the console:
//! `list`, `detail` (one listing with everything), `measure` (deciding), `banks`.

mod banks;
mod content;
mod detail;
mod export;
mod files;
mod form;
mod imports;
mod list;
mod measure;
mod own;
mod parts;
mod portal;
mod routes;
#[cfg(test)]
mod tests;
mod words;
mod write;

pub(crate) use routes::routes;
