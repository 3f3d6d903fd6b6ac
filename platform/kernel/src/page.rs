//! Lists by pages.

use ground::limits::{PAGE_ROWS_DEFAULT, PAGE_ROWS_MAX};

/// Which page, how long, in which order. Made from a query string by the web layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paging {
    /// From 1.
    pub page: u64,
    /// Rows on a page, 1 to [`PAGE_ROWS_MAX`].
    pub rows: u64,
    /// Order; the slice knows which columns may be sorted by.
    pub sort: Option<Sort>,
}

/// An order by one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sort {
    /// Column name as in the address.
    pub by: String,
    /// Largest first.
    pub descending: bool,
}

impl Paging {
    /// Page `page` of `rows` rows, clamped to the limits.
    pub fn new(page: u64, rows: u64) -> Self {
        Paging { page: page.clamp(1, 1_000_000), rows: rows.clamp(1, PAGE_ROWS_MAX), sort: None }
    }

    /// Rows before this page.
    pub fn offset(&self) -> u64 {
        (self.page - 1) * self.rows
    }
}

impl Default for Paging {
    fn default() -> Self {
        Paging::new(1, PAGE_ROWS_DEFAULT)
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// How many there are on all pages.
    pub total: u64,
    /// Which page this is.
    pub paging: Paging,
}

impl<T> Page<T> {
    /// The same page of something else.
    pub fn map<U>(self, with: impl FnMut(T) -> U) -> Page<U> {
        Page { rows: self.rows.into_iter().map(with).collect(), total: self.total, paging: self.paging }
    }

    /// The number of pages, at least 1.
    pub fn pages(&self) -> u64 {
        self.total.div_ceil(self.paging.rows).max(1)
    }
}
