//! What can be computed over where goods have been: copied codes ([`clones`]) and the graph of lots
//! ([`graph`]).
//!
//! Pure: no store, no clock, no chance of its own. What it does not do: it reads no EPCIS (the engine `epcis` does) and
//! decides nothing; slices do.

pub mod clones;
pub mod graph;
