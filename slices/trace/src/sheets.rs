//! Label sheets of a batch: a PDF written as it is read, or pages as SVG or PNG in one ZIP.

use crate::Error;
use crate::file::{self, CodeFile};
use ground::Fault;
use kernel::{Actor, Kernel};
use labels::{LAYOUTS, Label, Layout, Options, Sheet, Symbol};
use std::io::{self, Cursor, Write};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Most pages of a ZIP of pictures.
pub const PICTURE_PAGES_MAX: u64 = 200;
/// Most labels of one PDF.
pub const SHEET_LABELS_MAX: u64 = 100_000;
/// Dots per inch of PNG pages when nothing else is asked.
pub const DPI_DEFAULT: u32 = 300;

/// In which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One PDF.
    Pdf,
    /// SVG pages in a ZIP.
    Svg,
    /// PNG pages in a ZIP.
    Png,
}

impl Format {
    /// Reads `pdf`, `svg` or `png`.
    pub fn from_name(name: &str) -> Option<Format> {
        match name {
            "pdf" => Some(Format::Pdf),
            "svg" => Some(Format::Svg),
            "png" => Some(Format::Png),
            _ => None,
        }
    }

    /// The end of the file's name.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Pdf => "pdf",
            Format::Svg => "svg.zip",
            Format::Png => "png.zip",
        }
    }

    /// The media type of the file.
    pub fn media_type(self) -> &'static str {
        match self {
            Format::Pdf => "application/pdf",
            Format::Svg | Format::Png => "application/zip",
        }
    }
}

/// What is to be printed. Empty texts and zeros mean what is usual.
#[derive(Debug, Clone, Default)]
pub struct SheetRequest {
    /// `qr` (Digital Link) or `datamatrix` (element string).
    pub symbol: String,
    /// A name of [`labels::LAYOUTS`].
    pub layout: String,
    /// `pdf`, `svg` or `png`.
    pub format: String,
    /// First code, from 1.
    pub first: u64,
    /// How many; 0: all that are left.
    pub count: u64,
    /// Dots per inch of PNG pages.
    pub dpi: u32,
    /// Labels already used on the first page.
    pub used: usize,
    /// Whether the covered code is printed beside the symbol. (It belongs under a scratch layer.)
    pub covered: bool,
}

/// A sheet that can be written: its first page was tried.
#[derive(Debug)]
pub struct LabelSheet {
    /// In which form.
    pub format: Format,
    file: CodeFile,
    sheet: Sheet,
    first: u64,
    count: u64,
    dpi: u32,
    covered: bool,
}

/// The labels of a batch. An act says who took which codes, once it is clear that they can be printed: what is refused took
/// none.
///
/// # Errors
/// `forbidden`, `not_found`; `invalid_input` naming the field; `label_sheet_refused` where the symbol does not fit on the
/// label.
pub async fn labels_of(
    kernel: &Kernel,
    actor: &Actor,
    batch_id: &str,
    base: &str,
    request: SheetRequest,
) -> Result<LabelSheet, Error> {
    let file = file::openable(kernel, actor, batch_id, base).await?;
    let sheet = tokio::task::spawn_blocking(move || label_sheet(file, &request));
    let sheet = sheet.await.map_err(ground::Problem::internal)??;
    file::taken(kernel, actor, &sheet.file.batch, (sheet.first, sheet.count)).await?;
    Ok(sheet)
}

/// Checks what is asked and tries the first page, so that what is wrong is said before anything is sent.
///
/// # Errors
/// `invalid_input` naming the field; `label_sheet_refused` where the symbol does not fit on the label.
pub fn label_sheet(file: CodeFile, request: &SheetRequest) -> Result<LabelSheet, Error> {
    let mut faults = Vec::new();
    let symbol = Symbol::by_name(or(&request.symbol, "qr"));
    let layout = Layout::by_name(or(&request.layout, LAYOUTS[0].name));
    let format = Format::from_name(or(&request.format, "pdf"));
    for (field, known) in [("symbol", symbol.is_some()), ("layout", layout.is_some()), ("format", format.is_some())] {
        if !known {
            faults.push(Fault::field(field, "trace-fault-choice"));
        }
    }
    let all = file.batch.count();
    let first = request.first.max(1);
    if first > all {
        faults.push(Fault::field("first", "trace-fault-first").arg("most", all));
    }
    let left = all.saturating_sub(first - 1);
    let count = if request.count == 0 { left } else { request.count };
    if count > left {
        faults.push(Fault::field("count", "trace-fault-range").arg("most", left));
    }
    let (Some(symbol), Some(layout), Some(format)) = (symbol, layout, format) else {
        return Err(Error::Invalid(faults));
    };
    if request.used >= layout.labels_per_page() {
        let most = layout.labels_per_page() - 1;
        faults.push(Fault::field("used", "trace-fault-used").arg("most", most));
    }
    Error::check(faults)?;
    let options = Options { used_on_first_page: request.used, ..Options::default() };
    let sheet = Sheet::new(symbol, layout, options)?;
    let most = match format {
        Format::Pdf => SHEET_LABELS_MAX,
        Format::Svg | Format::Png => PICTURE_PAGES_MAX * layout.labels_per_page() as u64 - request.used as u64,
    };
    if count > most {
        return Err(Error::Invalid(vec![Fault::field("count", "trace-fault-labels").arg("most", most)]));
    }
    let dpi = match (request.dpi, layout.printer_dpi) {
        (0, Some(printer)) => printer,
        (0, None) => DPI_DEFAULT,
        (asked, _) => asked,
    };
    let sheet = LabelSheet { format, file, sheet, first, count, dpi, covered: request.covered };
    let tried = sheet.page(0)?;
    match format {
        Format::Pdf => drop(sheet.sheet.pdf::<labels::Error>(tried.into_iter().map(Ok), io::sink())?),
        Format::Svg => drop(sheet.sheet.svg(0, &tried)?),
        Format::Png => drop(sheet.sheet.png(0, &tried, dpi)?),
    }
    Ok(sheet)
}

fn or<'a>(text: &'a str, otherwise: &'a str) -> &'a str {
    if text.is_empty() { otherwise } else { text }
}

impl LabelSheet {
    /// The name of the file.
    pub fn name(&self) -> String {
        let last = self.first + self.count - 1;
        format!("labels-{}-{}-{}.{}", self.file.batch.gtin, self.first, last, self.format.extension())
    }

    fn label(&self, number: u64) -> Result<Label, Error> {
        let code = self.file.code(number)?;
        let mut lines = vec![format!("(01){}", self.file.batch.gtin)];
        lines.push(format!("(21){}", code.serial));
        lines.extend(self.file.batch.lot.as_ref().map(|(_, lot)| format!("(10){lot}")));
        if self.covered && !code.covered.is_empty() {
            lines.push(code.covered);
        }
        let payload = match self.sheet.symbol() {
            Symbol::Qr => code.digital_link,
            Symbol::GsDataMatrix => code.element_string,
        };
        Ok(Label { payload, lines })
    }

    /// The labels of a page, from 0.
    fn page(&self, page: u64) -> Result<Vec<Label>, Error> {
        let before: u64 = (0..page).map(|page| self.sheet.labels_on_page(page) as u64).sum();
        let here = (self.sheet.labels_on_page(page) as u64).min(self.count.saturating_sub(before));
        (0..here).map(|index| self.label(self.first + before + index)).collect()
    }

    /// Writes the file. Blocking: it computes all the while.
    ///
    /// # Errors
    /// What the labels or `out` say.
    pub fn write(&self, out: &mut impl Write) -> Result<(), Error> {
        if self.format == Format::Pdf {
            let labels = (0..self.count).map(|index| self.label(self.first + index));
            self.sheet.pdf(labels, &mut *out)?;
            return out.flush().map_err(|error| labels::Error::Write(error).into());
        }
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        let failed = |error: zip::result::ZipError| Error::from(labels::Error::Write(io::Error::other(error)));
        for page in 0..self.sheet.pages(self.count) {
            let labels = self.page(page)?;
            let (content, end) = match self.format {
                Format::Png => (self.sheet.png(page, &labels, self.dpi)?, "png"),
                _ => (self.sheet.svg(page, &labels)?.into_bytes(), "svg"),
            };
            zip.start_file(format!("page-{:04}.{end}", page + 1), SimpleFileOptions::default()).map_err(failed)?;
            zip.write_all(&content).map_err(labels::Error::Write)?;
        }
        let whole = zip.finish().map_err(failed)?.into_inner();
        out.write_all(&whole).map_err(labels::Error::Write)?;
        out.flush().map_err(|error| labels::Error::Write(error).into())
    }
}
