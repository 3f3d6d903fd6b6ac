//! Symbols and label sheets.
