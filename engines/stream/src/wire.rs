//! Signals as lines of JSON (NDJSON), version 1:
//!
//! ```json
//! {"id":"o-1","kind":"order","at":"2026-11-11T00:00:01+08:00","merchant":"m1","product":"sku-1","quantity":2,
//!  "amount_minor":19800,"attributes":{"buyer":"b-77","buyer_age_days":400}}
//! ```
//!
//! Required: `id`, `kind`, `at` (RFC 3339 with a zone, or whole microseconds since 1970), `merchant`, `product`. Optional:
//! `v` (1), `lot`, `order`, `quantity`, `amount_minor`, `attributes` with `rating`, `reason`, `place`, `device`, `buyer`,
//! `buyer_age_days`, `text_hash` or `text`, `weight_grams`, `list_price_minor`, `verified`. `null` says nothing. Every line
//! stands alone: one that is refused names its number, a code, the field and why, and the others are read.
//!
//! Reading order: [`parse_lines`] and [`Parser`], `line` (one line), `scan` (JSON), `time`, [`LineError`], [`write_line`].

mod error;
mod line;
mod scan;
mod time;
mod write;

#[cfg(test)]
mod tests;

pub use error::{Code, LineError};
pub use write::write_line;

use crate::signal::Signal;

/// What a line may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Longest line in bytes, without its end.
    pub line_bytes_max: usize,
    /// Moments before this are refused, UTC microseconds.
    pub earliest_us: i64,
    /// Moments further ahead of now than this are refused, microseconds.
    pub ahead_us_max: i64,
}

impl Default for Limits {
    /// 32 KiB, nothing before 2000, nothing more than a day ahead.
    fn default() -> Self {
        Limits { line_bytes_max: 32 * 1024, earliest_us: 946_684_800_000_000, ahead_us_max: 86_400_000_000 }
    }
}

/// Checks a signal that was not read from a line (a row of a table, something noted in the process) against the same
/// ranges and bounds of time. What is wrong is said of line 0.
pub fn check(signal: &Signal<'_>, limits: &Limits, now_us: i64) -> Result<(), LineError> {
    line::check(signal, limits, now_us).map_err(|wrong| wrong.at_line(0))
}

/// What is told of each line that is not blank: its number, counted from 1, and the signal or why there is none.
pub type Each<'e> = dyn for<'s> FnMut(u64, Result<Signal<'s>, LineError>) + 'e;

/// Reads all lines of a text.
pub fn parse_lines(
    bytes: &[u8],
    limits: &Limits,
    now_us: i64,
    mut each: impl for<'s> FnMut(u64, Result<Signal<'s>, LineError>),
) {
    let mut parser = Parser::new(limits.clone(), now_us);
    parser.feed(bytes, &mut each);
    parser.finish(&mut each);
}

/// Reads lines as they arrive. It holds at most one unfinished line.
#[derive(Debug)]
pub struct Parser {
    limits: Limits,
    now_us: i64,
    line: u64,
    unfinished: Vec<u8>,
    /// The unfinished line is longer than allowed; the rest of it is passed over.
    too_long: bool,
    scratch: String,
}

impl Parser {
    /// Before the first line, received at `now_us`.
    pub fn new(limits: Limits, now_us: i64) -> Parser {
        Parser { limits, now_us, line: 0, unfinished: Vec::new(), too_long: false, scratch: String::new() }
    }

    /// Reads the lines that end in `bytes`.
    pub fn feed(&mut self, bytes: &[u8], each: &mut Each<'_>) {
        let mut rest = bytes;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let (line, after) = (&rest[..end], &rest[end + 1..]);
            if self.unfinished.is_empty() && !self.too_long {
                self.line(line, each);
            } else {
                self.keep(line);
                self.end_unfinished(each);
            }
            rest = after;
        }
        self.keep(rest);
    }

    /// Reads what is left: a last line that has no end.
    pub fn finish(&mut self, each: &mut Each<'_>) {
        if !self.unfinished.is_empty() || self.too_long {
            self.end_unfinished(each);
        }
    }

    /// Lines so far, blank ones too.
    pub fn lines(&self) -> u64 {
        self.line
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.unfinished.len() + bytes.len() > self.limits.line_bytes_max + 1 {
            self.too_long = true;
            self.unfinished = Vec::new();
        } else if !self.too_long {
            self.unfinished.extend_from_slice(bytes);
        }
    }

    fn end_unfinished(&mut self, each: &mut Each<'_>) {
        if std::mem::take(&mut self.too_long) {
            self.line += 1;
            each(self.line, Err(LineError::too_long(self.line, self.limits.line_bytes_max)));
            return;
        }
        let mut line = std::mem::take(&mut self.unfinished);
        self.line(&line, each);
        line.clear();
        self.unfinished = line;
    }

    fn line(&mut self, bytes: &[u8], each: &mut Each<'_>) {
        self.line += 1;
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        let bytes = if self.line == 1 { bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes) } else { bytes };
        if bytes.iter().all(|byte| matches!(byte, b' ' | b'\t')) {
            return;
        }
        if bytes.len() > self.limits.line_bytes_max {
            return each(self.line, Err(LineError::too_long(self.line, self.limits.line_bytes_max)));
        }
        match line::read(bytes, &self.limits, self.now_us) {
            Ok(raw) => match raw.signal(&mut self.scratch) {
                Ok(signal) => each(self.line, Ok(signal)),
                Err(wrong) => each(self.line, Err(wrong.at_line(self.line))),
            },
            Err(wrong) => each(self.line, Err(wrong.at_line(self.line))),
        }
    }
}
