//! Copied codes and the graph of lots: what can be computed over scans and events.
