//! The operator's own brand rows, beside the starter rows of the pack.
