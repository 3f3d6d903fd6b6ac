//! Label sheets: unit codes as symbols on paper, to be printed by an office printer or a label printer.
//!
//! Reading order: [`symbol`] (what one payload looks like as dark and light modules), [`layout`] (where labels
//! stand on a page; data), `place` (where on its label a symbol and its text stand, and how large), [`sheet`]
//! (the public door: [`Sheet::svg`], [`Sheet::png`], [`Sheet::pdf`]), then the three writers `svg`, `png`, `pdf`.
//!
//! Invariants:
//! - What is written can be scanned: a symbol keeps its quiet zone inside its label, all its modules have the same
//!   size, and a module smaller than [`Options::module_mm_min`] is an error that names the label, never a page.
//! - A raster page has modules of whole pixels, and a roll for a printer of known dots has modules of whole dots.
//! - Memory is bounded by one page, however many labels are written; the PDF writer keeps eight bytes an object.
//! - The output depends on the input alone: no clock, no randomness, no installed font.
//!
//! What it deliberately does not do: it does not mint or check codes, it does not compose the payload from its parts
//! (a Digital Link URI or an element string comes from the `gs1` engine), and it embeds no font. Text beside the
//! symbol is therefore drawn in the PDF and PNG only where it is printable ASCII (the human readable interpretation
//! always is); a line with any other character is left out there whole, counted in [`Written::lines_left_out`],
//! and shown by the SVG, whose viewer brings the fonts.
pub mod layout;
mod pdf;
mod place;
mod png;
pub mod sheet;
mod svg;
pub mod symbol;

pub use layout::{LAYOUTS, Layout, TextPlace};
pub use sheet::{DPI_MAX, DPI_MIN, LABELS_MAX, Label, MODULE_MM_MIN, Options, Sheet, Written};
pub use symbol::{Matrix, Symbol};

/// Why a sheet cannot be written. Labels are counted from 1 within the call.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The payload is empty.
    #[error("label {label}: there is nothing to encode")]
    PayloadEmpty {
        /// Which label.
        label: u64,
    },
    /// The payload holds a character that the symbol does not carry (a GS1 DataMatrix carries ASCII only).
    #[error("label {label}: byte {byte} of the payload cannot stand in this symbol")]
    PayloadCharacter {
        /// Which label.
        label: u64,
        /// Where in the payload, from 0.
        byte: usize,
    },
    /// More than the symbol can hold.
    #[error("label {label}: {bytes} bytes are more than the symbol holds")]
    PayloadTooLong {
        /// Which label.
        label: u64,
        /// Length of the payload.
        bytes: usize,
    },
    /// The symbol would have to be printed smaller than scanners read.
    #[error(
        "label {label}: {modules} modules and the quiet zone fit only with {module_mm:.3} mm a module; {module_mm_min:.3} mm is the least. Choose a larger label or a shorter payload{}",
        if *.raster { ", or more dots per inch" } else { "" }
    )]
    ModuleTooSmall {
        /// Which label.
        label: u64,
        /// Modules along a side, without the quiet zone.
        modules: usize,
        /// What would have to be printed, mm.
        module_mm: f64,
        /// What is allowed, mm.
        module_mm_min: f64,
        /// Whether whole pixels or dots were required.
        raster: bool,
    },
    /// The layout contradicts itself; the text says where.
    #[error("layout: {0}")]
    Layout(&'static str),
    /// Dots per inch outside [`DPI_MIN`]..=[`DPI_MAX`], or a page of too many pixels.
    #[error("{dpi} dpi: give {DPI_MIN} to {DPI_MAX}, and not more than the page can bear")]
    Dpi {
        /// What was asked.
        dpi: u32,
    },
    /// More labels than one page holds, or than [`LABELS_MAX`] in all.
    #[error("{labels} labels are more than the {labels_max} that can be written at once")]
    TooManyLabels {
        /// What was given.
        labels: u64,
        /// What is possible.
        labels_max: u64,
    },
    /// The place to write to failed.
    #[error("the sheet could not be written: {0}")]
    Write(#[from] std::io::Error),
}

impl Error {
    /// A stable name for the kind of error, snake_case.
    pub const fn code(&self) -> &'static str {
        match self {
            Error::PayloadEmpty { .. } => "label_payload_empty",
            Error::PayloadCharacter { .. } => "label_payload_character",
            Error::PayloadTooLong { .. } => "label_payload_too_long",
            Error::ModuleTooSmall { .. } => "label_module_too_small",
            Error::Layout(_) => "label_layout",
            Error::Dpi { .. } => "label_dpi",
            Error::TooManyLabels { .. } => "label_too_many",
            Error::Write(_) => "label_write",
        }
    }
}
