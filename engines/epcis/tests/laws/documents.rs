//! Documents that are broken, hostile, or only partly right.
