//! Opening an import file: plain or gzip, any of the encodings, under limits, with the progress counted.

use super::encoding::{SAMPLE_BYTES, Utf8Reader, WrongEncoding, detect};
use super::{Failed, Reason};
use encoding_rs::Encoding;
use flate2::read::MultiGzDecoder;
use ground::limits::IMPORT_BYTES_MAX;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Largest file once unpacked, bytes: what keeps a compression bomb from running for ever.
pub(crate) const UNPACKED_BYTES_MAX: u64 = 16 * 1024 * 1024 * 1024;

/// A reader that counts what passes.
struct Counted<R> {
    inner: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.read.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

/// A reader that stops with an error beyond a limit.
struct Limited<R> {
    inner: R,
    left: u64,
}

/// The unpacked text is larger than is read.
#[derive(Debug, thiserror::Error)]
#[error("the unpacked file is larger than {UNPACKED_BYTES_MAX} bytes")]
pub(crate) struct TooLarge;

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.left =
            self.left.checked_sub(n as u64).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, TooLarge))?;
        Ok(n)
    }
}

/// The text of a file as UTF-8, and how many bytes of the file have been read.
pub(crate) struct Source {
    /// The text.
    pub text: Box<dyn Read + Send>,
    /// Bytes of the file read so far.
    pub read: Arc<AtomicU64>,
}

/// Opens a file. `label`: `auto` or an encoding's label.
pub(crate) fn open(path: &Path, label: &str) -> Result<Source, Failed> {
    let file = File::open(path).map_err(|error| failed(0, &error))?;
    let bytes = file.metadata().map_err(|error| failed(0, &error))?.len();
    if bytes > IMPORT_BYTES_MAX {
        let reason = Reason::new("", "listings-import-large").arg("mebibytes", IMPORT_BYTES_MAX / (1024 * 1024));
        return Err(Failed { line: 0, reason });
    }
    if bytes == 0 {
        return Err(Failed { line: 0, reason: Reason::new("", "listings-import-empty") });
    }
    let read = Arc::new(AtomicU64::new(0));
    let mut counted = BufReader::with_capacity(256 * 1024, Counted { inner: file, read: Arc::clone(&read) });
    let gzip = io::BufRead::fill_buf(&mut counted).map_err(|error| failed(0, &error))?.starts_with(&[0x1F, 0x8B]);
    let plain: Box<dyn Read + Send> = if gzip { Box::new(MultiGzDecoder::new(counted)) } else { Box::new(counted) };
    let mut plain = Limited { inner: plain, left: UNPACKED_BYTES_MAX };
    let mut sample = Vec::new();
    if let Err(error) = (&mut plain).take(SAMPLE_BYTES as u64).read_to_end(&mut sample) {
        let line = sample.iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
        return Err(failed(line, &error));
    }
    let whole = sample.len() < SAMPLE_BYTES;
    let encoding = match label {
        "auto" => detect(&sample, whole),
        label => Encoding::for_label(label.as_bytes()).unwrap_or(encoding_rs::UTF_8),
    };
    if is_binary(&sample, encoding) {
        return Err(Failed { line: 1, reason: Reason::new("", "listings-import-binary") });
    }
    let text = Utf8Reader::new(io::Cursor::new(sample).chain(plain), encoding);
    Ok(Source { text: Box::new(text), read })
}

/// A spreadsheet, an archive or a picture is not a table of text.
fn is_binary(sample: &[u8], encoding: &'static Encoding) -> bool {
    if encoding == encoding_rs::UTF_16LE || encoding == encoding_rs::UTF_16BE {
        return false;
    }
    sample.starts_with(b"PK\x03\x04")
        || sample.starts_with(b"\xD0\xCF\x11\xE0")
        || sample.iter().take(4096).any(|byte| *byte == 0)
}

/// An I/O error in words: a cut-off archive, a wrong encoding, or what the disk says.
pub(crate) fn failed(line: u64, error: &io::Error) -> Failed {
    if let Some(wrong) = error.get_ref().and_then(|inner| inner.downcast_ref::<WrongEncoding>()) {
        let message =
            if wrong.likely == "unknown" { "listings-import-encoding-unknown" } else { "listings-import-encoding" };
        let reason = Reason::new("", message).arg("expected", wrong.expected).arg("likely", wrong.likely);
        return Failed { line: wrong.line, reason };
    }
    if error.get_ref().is_some_and(|inner| inner.is::<TooLarge>()) {
        let reason = Reason::new("", "listings-import-bomb").arg("gibibytes", UNPACKED_BYTES_MAX >> 30);
        return Failed { line, reason };
    }
    let reason = match error.kind() {
        io::ErrorKind::UnexpectedEof => Reason::new("", "listings-import-truncated"),
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => Reason::new("", "listings-import-gzip"),
        io::ErrorKind::NotFound => Reason::new("", "listings-import-missing"),
        _ => Reason::new("", "listings-import-io").arg("detail", error.kind()),
    };
    Failed { line, reason }
}
