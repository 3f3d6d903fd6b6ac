//! The pages of the console.

pub(crate) mod console;
