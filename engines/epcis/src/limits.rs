//! What a reader accepts at most. Every figure is a technical limit; the standard sets none of them.

/// Limits of one document. [`Limits::default`] suits a public capture interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the whole document.
    pub document_bytes_max: usize,
    /// Events in one document.
    pub events_max: usize,
    /// Nested arrays and objects, the document's own object included.
    pub depth_max: usize,
    /// Elements of one list inside an event.
    pub list_len_max: usize,
    /// Members of one object inside an event.
    pub members_max: usize,
    /// Bytes of one string (or member name) inside an event.
    pub string_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            document_bytes_max: 100 * 1024 * 1024,
            events_max: 100_000,
            depth_max: 64,
            list_len_max: 100_000,
            members_max: 2_000,
            string_bytes_max: 64 * 1024,
        }
    }
}
