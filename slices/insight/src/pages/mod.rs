//! The pages of this duty.

mod chart;
pub(crate) mod download;
pub(crate) mod history;
pub(crate) mod runs;
