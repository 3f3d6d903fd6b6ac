//! The pages: public ones first, then the console's.

pub(crate) mod console;
pub(crate) mod detail;
pub(crate) mod forms;
mod journey;
pub(crate) mod list;
pub(crate) mod map;
mod papers;
pub(crate) mod scan;
