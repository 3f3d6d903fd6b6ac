//! Tables to take away, safe to open in a spreadsheet.

use axum::response::Response;
use ground::Problem;

/// Writes CSV (RFC 4180, UTF-8 with a byte order mark so that spreadsheets read Chinese). A cell that a spreadsheet would
/// take for a formula is defused with an apostrophe; plain numbers stay numbers.
pub struct Writer {
    inner: csv::Writer<Vec<u8>>,
}

impl Writer {
    /// A table with this header.
    pub fn new<S: AsRef<str>>(header: impl IntoIterator<Item = S>) -> Self {
        let mut out = vec![0xEF, 0xBB, 0xBF];
        out.reserve(4096);
        let inner = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).flexible(true).from_writer(out);
        let mut writer = Writer { inner };
        writer.row(header);
        writer
    }

    /// One row.
    pub fn row<S: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = S>) {
        let cells = cells.into_iter().map(|cell| defused(cell.as_ref()));
        // Writing into memory cannot fail.
        let _ = self.inner.write_record(cells.map(String::into_bytes));
    }

    /// The whole table.
    ///
    /// # Errors
    /// `internal`, never in practice: the table is in memory.
    pub fn finish(self) -> kernel::Result<Vec<u8>> {
        self.inner.into_inner().map_err(|error| Problem::internal(error.to_string()))
    }

    /// The whole table as a file to keep.
    ///
    /// # Errors
    /// As [`Writer::finish`].
    pub fn download(self, name: &str) -> kernel::Result<Response> {
        Ok(crate::download(name, "text/csv; charset=utf-8", self.finish()?))
    }
}

/// The cell as a spreadsheet may read it without running anything.
pub fn defused(cell: &str) -> String {
    let visible = cell.trim_start_matches([' ', '\u{FEFF}', '\u{200B}', '\u{3000}', '"']);
    let starts_formula = visible.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠', '|', '%'])
        || cell.starts_with(['\t', '\r', '\n']);
    let number = !cell.is_empty()
        && cell.trim_start_matches('-').chars().all(|c| c.is_ascii_digit() || c == '.')
        && cell.parse::<f64>().is_ok();
    if starts_formula && !number { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_never_runs_in_a_spreadsheet_and_numbers_stay_numbers() {
        for hostile in ["=1+1", "+1+1", "-2+3", "@SUM(A1)", "\t=1", " =cmd|' /C calc'!A0", "＝1", "-"] {
            assert!(defused(hostile).starts_with('\''), "{hostile:?}");
        }
        for plain in ["-12.50", "12", "茶叶", "a=b", "", "2026-01-31"] {
            assert_eq!(defused(plain), plain);
        }
    }

    #[test]
    fn a_table_reads_back() {
        let mut writer = Writer::new(["名称", "价格"]);
        writer.row(["含,逗号 \"引号\"\n换行", "-1.5"]);
        let bytes = writer.finish().unwrap();
        assert!(bytes.starts_with(&[0xEF, 0xBB, 0xBF]));
        let mut reader = csv::Reader::from_reader(&bytes[3..]);
        let row = reader.records().next().unwrap().unwrap();
        assert_eq!((&row[0], &row[1]), ("含,逗号 \"引号\"\n换行", "-1.5"));
    }
}
