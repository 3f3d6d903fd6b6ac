//! The public door: labels in, pages out.
use std::io::Write;

use crate::layout::Layout;
use crate::place::{Medium, Placed, place};
use crate::symbol::Symbol;
use crate::{Error, pdf, png, svg};

/// The least side of a module that is printed when nothing else is asked: what phones read from paper at arm's length
/// and what a 300-dpi printer makes of four dots. (The GS1 General Specifications ask 0.396 mm for goods scanned at a
/// point of sale: give that in [`Options::module_mm_min`].)
pub const MODULE_MM_MIN: f64 = 0.33;
/// The largest side of a module (GS1 General Specifications, symbol specification tables: 0.990 mm).
pub(crate) const MODULE_MM_MAX: f64 = 0.99;
/// Dots per inch of raster pages.
pub const DPI_MIN: u32 = 72;
/// Dots per inch of raster pages.
pub const DPI_MAX: u32 = 1_200;
/// Labels in one file.
pub const LABELS_MAX: u64 = 1_000_000;
pub(crate) const MM_PER_INCH: f64 = 25.4;

/// What one label says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Label {
    /// What the symbol encodes: a Digital Link URI for [`Symbol::Qr`], an element string for [`Symbol::GsDataMatrix`].
    pub payload: String,
    /// What stands beside it, most important first. Lines are broken where they are too long, and left out from the
    /// last where there is no room.
    pub lines: Vec<String>,
}

/// What can be chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// The least side of a module, mm; never below 0.1.
    pub module_mm_min: f64,
    /// Labels already used on the first page: the first label stands on the next one. Less than a page.
    pub used_on_first_page: usize,
}

impl Default for Options {
    fn default() -> Self {
        Options { module_mm_min: MODULE_MM_MIN, used_on_first_page: 0 }
    }
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Written {
    /// Labels.
    pub labels: u64,
    /// Pages.
    pub pages: u64,
    /// Bytes.
    pub bytes: u64,
    /// Lines of text not drawn: not ASCII (PDF, PNG), or no room on the label.
    pub lines_left_out: u64,
}

/// A kind of symbol on a layout.
#[derive(Debug, Clone)]
pub struct Sheet {
    symbol: Symbol,
    layout: Layout,
    options: Options,
}

impl Sheet {
    /// Checks that the layout holds together.
    ///
    /// # Errors
    /// [`Error::Layout`].
    pub fn new(symbol: Symbol, layout: &Layout, options: Options) -> Result<Self, Error> {
        layout.check()?;
        if !(0.1..=MODULE_MM_MAX).contains(&options.module_mm_min) {
            return Err(Error::Layout("the least module is 0.1 to 0.99 mm"));
        }
        if options.used_on_first_page >= layout.labels_per_page() {
            return Err(Error::Layout("the first page has no label left"));
        }
        Ok(Sheet { symbol, layout: layout.clone(), options })
    }

    /// The layout.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The symbol.
    pub const fn symbol(&self) -> Symbol {
        self.symbol
    }

    /// How many labels stand on a page (from 0): fewer on the first one when part of it is used.
    pub fn labels_on_page(&self, page: u64) -> usize {
        let all = self.layout.labels_per_page();
        if page == 0 { all - self.options.used_on_first_page } else { all }
    }

    /// How many pages so many labels take.
    pub fn pages(&self, labels: u64) -> u64 {
        match labels {
            0 => 0,
            labels => (labels + self.options.used_on_first_page as u64).div_ceil(self.layout.labels_per_page() as u64),
        }
    }

    /// One page as SVG in millimetres. `page` counts from 0 and says where the first label stands; `labels` are those of
    /// this page alone.
    ///
    /// # Errors
    /// The labels' errors; [`Error::TooManyLabels`] where they are more than the page holds.
    pub fn svg(&self, page: u64, labels: &[Label]) -> Result<String, Error> {
        let placed = self.place_page(page, labels, Medium { dot_mm: None, ascii_only: false })?;
        Ok(svg::page(&self.layout, &placed))
    }

    /// One page as a black and white PNG with its resolution written in it.
    ///
    /// # Errors
    /// As [`Sheet::svg`]; [`Error::Dpi`]; [`Error::ModuleTooSmall`] where a module of whole pixels is too small.
    pub fn png(&self, page: u64, labels: &[Label], dpi: u32) -> Result<Vec<u8>, Error> {
        png::check(&self.layout, dpi)?;
        let dot_mm = Some(MM_PER_INCH / f64::from(dpi));
        let placed = self.place_page(page, labels, Medium { dot_mm, ascii_only: true })?;
        png::page(&self.layout, &placed, dpi)
    }

    /// All labels as one PDF, written page by page as the labels come: memory is bounded by one page.
    /// A caller that reads labels from somewhere that can fail gives its own error type.
    ///
    /// # Errors
    /// The labels' errors, [`Error::Write`], [`Error::TooManyLabels`] beyond [`LABELS_MAX`]; what was written before
    /// the error is not a whole file.
    pub fn pdf<E: From<Error>>(
        &self,
        labels: impl IntoIterator<Item = Result<Label, E>>,
        out: impl Write,
    ) -> Result<Written, E> {
        let mut writer = pdf::Writer::new(out, &self.layout).map_err(Error::Write)?;
        let mut written = Written::default();
        let mut page: Vec<Placed> = Vec::with_capacity(self.layout.labels_per_page());
        let medium = Medium { dot_mm: None, ascii_only: true };
        for label in labels {
            let label = label?;
            if written.labels == LABELS_MAX {
                return Err(Error::TooManyLabels { labels: LABELS_MAX + 1, labels_max: LABELS_MAX }.into());
            }
            written.labels += 1;
            let position = page.len() + if written.pages == 0 { self.options.used_on_first_page } else { 0 };
            let placed = place(self.symbol, &self.layout, &self.options, medium, &label, (written.labels, position))?;
            written.lines_left_out += placed.lines_left_out;
            page.push(placed);
            if page.len() == self.labels_on_page(written.pages) {
                writer.page(&page).map_err(Error::Write)?;
                written.pages += 1;
                page.clear();
            }
        }
        if !page.is_empty() {
            writer.page(&page).map_err(Error::Write)?;
            written.pages += 1;
        }
        written.bytes = writer.finish().map_err(Error::Write)?;
        Ok(written)
    }

    fn place_page(&self, page: u64, labels: &[Label], medium: Medium) -> Result<Vec<Placed>, Error> {
        let room = self.labels_on_page(page);
        if labels.len() > room {
            return Err(Error::TooManyLabels { labels: labels.len() as u64, labels_max: room as u64 });
        }
        let used = self.layout.labels_per_page() - room;
        labels
            .iter()
            .enumerate()
            .map(|(index, label)| {
                place(self.symbol, &self.layout, &self.options, medium, label, (index as u64 + 1, used + index))
            })
            .collect()
    }
}
