//! Bytes to UTF-8 while they stream by. A byte that does not fit is an error with its line, never a replacement
//! character: half-readable names would be kept for ever.

use encoding_rs::{DecoderResult, Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};
use std::io::{self, Read};

/// Bytes looked at to tell the encoding.
pub(crate) const SAMPLE_BYTES: usize = 1 << 20;
const BUFFER_BYTES: usize = 64 * 1024;

/// A text that is not in the encoding it should be in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} is not {expected}; it reads as {likely}")]
pub(crate) struct WrongEncoding {
    /// Line of the first byte that does not fit, from 1.
    pub line: u64,
    /// Encoding in use.
    pub expected: &'static str,
    /// Encoding in which the bytes around would be text, `unknown` where none of ours.
    pub likely: &'static str,
}

/// Tells the encoding of a text by its first bytes: a byte order mark, else UTF-8 where it fits, else GB18030 where that
/// fits, else UTF-16 where every other byte is 0.
pub(crate) fn detect(sample: &[u8], whole: bool) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(sample) {
        return encoding;
    }
    let zeros = |offset: usize| sample.iter().skip(offset).step_by(2).take(500).filter(|byte| **byte == 0).count();
    if sample.len() >= 8 {
        let half = (sample.len() / 2).min(500);
        if zeros(1) * 2 > half {
            return UTF_16LE;
        }
        if zeros(0) * 2 > half {
            return UTF_16BE;
        }
    }
    if fits(UTF_8, sample, whole) || !fits(GB18030, sample, whole) { UTF_8 } else { GB18030 }
}

fn fits(encoding: &'static Encoding, sample: &[u8], whole: bool) -> bool {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut out =
        vec![0u8; decoder.max_utf8_buffer_length_without_replacement(sample.len()).unwrap_or(sample.len() * 4 + 16)];
    let (result, _, _) = decoder.decode_to_utf8_without_replacement(sample, &mut out, whole);
    !matches!(result, DecoderResult::Malformed(..))
}

/// A reader that gives UTF-8.
pub(crate) struct Utf8Reader<R> {
    inner: R,
    decoder: encoding_rs::Decoder,
    encoding: &'static Encoding,
    input: Vec<u8>,
    at: usize,
    output: Vec<u8>,
    given: usize,
    ended: bool,
    line: u64,
}

impl<R: Read> Utf8Reader<R> {
    /// Reads `inner` in an encoding; a byte order mark of that encoding is left out.
    pub(crate) fn new(inner: R, encoding: &'static Encoding) -> Self {
        Utf8Reader {
            inner,
            decoder: encoding.new_decoder_with_bom_removal(),
            encoding,
            input: Vec::new(),
            at: 0,
            output: Vec::new(),
            given: 0,
            ended: false,
            line: 1,
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        self.output.clear();
        self.given = 0;
        while self.output.is_empty() && !(self.ended && self.at >= self.input.len()) {
            if self.at >= self.input.len() {
                self.input.resize(BUFFER_BYTES, 0);
                let read = self.inner.read(&mut self.input)?;
                self.input.truncate(read);
                self.at = 0;
                self.ended = read == 0;
            }
            let room = self
                .decoder
                .max_utf8_buffer_length_without_replacement(self.input.len() - self.at)
                .unwrap_or(BUFFER_BYTES * 4);
            let mut out = vec![0u8; room.max(16)];
            let (result, read, written) =
                self.decoder.decode_to_utf8_without_replacement(&self.input[self.at..], &mut out, self.ended);
            out.truncate(written);
            self.line += out.iter().filter(|byte| **byte == b'\n').count() as u64;
            self.output = out;
            let from = self.at;
            self.at += read;
            match result {
                DecoderResult::InputEmpty if self.ended => return Ok(()),
                DecoderResult::InputEmpty | DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => return Err(self.wrong(from)),
            }
        }
        Ok(())
    }

    fn wrong(&self, from: usize) -> io::Error {
        let around = &self.input[from.min(self.input.len())..];
        let other = if self.encoding == UTF_8 { GB18030 } else { UTF_8 };
        let likely = if fits(other, &around[..around.len().min(4096)], false) { other.name() } else { "unknown" };
        io::Error::new(
            io::ErrorKind::InvalidData,
            WrongEncoding { line: self.line, expected: self.encoding.name(), likely },
        )
    }
}

impl<R: Read> Read for Utf8Reader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given >= self.output.len() {
            if self.ended && self.at >= self.input.len() {
                return Ok(0);
            }
            self.fill()?;
        }
        let n = buffer.len().min(self.output.len() - self.given);
        buffer[..n].copy_from_slice(&self.output[self.given..self.given + n]);
        self.given += n;
        Ok(n)
    }
}
