//! Technical limits that several rooms share. Legal and commercial limits are policy data, not constants.

/// Largest JSON or form body, bytes.
pub const BODY_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Largest single uploaded file (document, picture), bytes.
pub const UPLOAD_BYTES_MAX: u64 = 20 * 1024 * 1024;
/// Largest bulk import file as received (compressed or not), bytes.
pub const IMPORT_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// Most rows on one page of a list.
pub const PAGE_ROWS_MAX: u64 = 200;
/// Rows on a page when the reader does not say.
pub const PAGE_ROWS_DEFAULT: u64 = 50;
/// Longest name, number or other single-line field, characters.
pub const LINE_CHARS_MAX: usize = 300;
/// Longest reason, note or statement, characters.
pub const NOTE_CHARS_MAX: usize = 10_000;
