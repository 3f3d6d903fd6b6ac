//! The JSON doors: `/v1/lots`, `/v1/codes`, `/v1/code-keys`, `/v1/units`.

pub(crate) mod bodies;
pub(crate) mod codes;
pub(crate) mod lots;
pub(crate) mod units;
