//! Lots and unit codes.
