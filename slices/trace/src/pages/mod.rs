//! Pages: lots and codes in the console and the merchant portal, one unit, the keys.

pub(crate) mod codes;
pub(crate) mod keys;
pub(crate) mod list;
pub(crate) mod lot;
mod parts;
pub(crate) mod unit;
pub(crate) mod write;
