//! A body on its way in: never held whole, unpacked where it is packed, under limits of size and time, cut into pieces of
//! whole lines.

use crate::error::Error;
use bytes::{Bytes, BytesMut};
use flate2::write::MultiGzDecoder;
use futures::{Stream, StreamExt};
use ground::Problem;
use ground::limits::IMPORT_BYTES_MAX;
use std::io::Write;
use std::pin::Pin;
use std::time::Duration;

/// Largest body as received, bytes.
pub const BODY_BYTES_MAX: u64 = IMPORT_BYTES_MAX;
/// Largest body once unpacked, bytes: what keeps a compression bomb from running for ever.
pub const UNPACKED_BYTES_MAX: u64 = 16 * 1024 * 1024 * 1024;
/// A piece of lines has at least this many bytes, except the last one.
pub(crate) const PIECE_BYTES_MIN: usize = 256 * 1024;
/// Packed bytes unpacked at once: what one step can blow up is bounded by them.
const PACKED_STEP_BYTES: usize = 16 * 1024;

/// How a body is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// As it is.
    Plain,
    /// gzip, of one or more members.
    Gzip,
}

type Bodies = Pin<Box<dyn Stream<Item = Result<Bytes, Error>> + Send>>;

/// The bytes of a body, unpacked.
pub(crate) struct Body {
    stream: Bodies,
    unpacker: Option<MultiGzDecoder<Vec<u8>>>,
    /// Received, not unpacked yet.
    packed: Bytes,
    silence: Duration,
    received: u64,
    unpacked: u64,
    ended: bool,
}

impl Body {
    pub fn new<S, E>(stream: S, packing: Packing, silence_ms_max: u64) -> Body
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: std::fmt::Display + 'static,
    {
        let broken = |error: E| Error::Body { detail: format!("it broke off: {error}"), kept: 0 };
        Body {
            stream: Box::pin(stream.map(move |part| part.map_err(broken))),
            unpacker: (packing == Packing::Gzip).then(|| MultiGzDecoder::new(Vec::new())),
            packed: Bytes::new(),
            silence: Duration::from_millis(silence_ms_max),
            received: 0,
            unpacked: 0,
            ended: false,
        }
    }

    /// The next bytes; `None` at the end.
    ///
    /// # Errors
    /// `too_large`, `signals_slow`, `signals_body`.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        loop {
            if !self.packed.is_empty() {
                let part = self.packed.split_to(self.packed.len().min(PACKED_STEP_BYTES));
                let bytes = self.unpack(&part)?;
                if !bytes.is_empty() {
                    return Ok(Some(bytes));
                }
                continue;
            }
            if self.ended {
                return self.last();
            }
            match tokio::time::timeout(self.silence, self.stream.next()).await {
                Err(_) => return Err(Error::Slow { seconds: self.silence.as_secs(), kept: 0 }.into()),
                Ok(Some(Err(error))) => return Err(error.into()),
                Ok(Some(Ok(part))) => {
                    self.received += part.len() as u64;
                    if self.received > BODY_BYTES_MAX {
                        return Err(web::too_large(BODY_BYTES_MAX));
                    }
                    if self.unpacker.is_none() {
                        return Ok(Some(part));
                    }
                    self.packed = part;
                }
                Ok(None) => self.ended = true,
            }
        }
    }

    fn unpack(&mut self, part: &[u8]) -> Result<Bytes, Problem> {
        let Some(unpacker) = &mut self.unpacker else { return Ok(Bytes::copy_from_slice(part)) };
        unpacker.write_all(part).map_err(broken_gzip)?;
        let bytes = Bytes::from(std::mem::take(unpacker.get_mut()));
        self.unpacked += bytes.len() as u64;
        if self.unpacked > UNPACKED_BYTES_MAX {
            return Err(web::too_large(UNPACKED_BYTES_MAX));
        }
        Ok(bytes)
    }

    fn last(&mut self) -> Result<Option<Bytes>, Problem> {
        let Some(unpacker) = self.unpacker.take() else { return Ok(None) };
        let rest = unpacker.finish().map_err(broken_gzip)?;
        Ok((!rest.is_empty()).then(|| Bytes::from(rest)))
    }
}

fn broken_gzip(error: std::io::Error) -> Problem {
    let detail = match error.kind() {
        std::io::ErrorKind::UnexpectedEof => "the gzip stream ends too early".to_owned(),
        _ => format!("it is no gzip stream: {error}"),
    };
    Error::Body { detail, kept: 0 }.into()
}

/// Bytes gathered into pieces of whole lines.
pub(crate) struct Pieces {
    gathered: BytesMut,
    line_bytes_max: usize,
    /// The rest of a line that is too long is being passed over.
    skipping: bool,
}

/// A piece of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Whole lines.
    Lines(Bytes),
    /// The beginning of a line that is longer than lines may be; the rest of it is passed over.
    Long(Bytes),
}

impl Pieces {
    pub fn new(line_bytes_max: usize) -> Pieces {
        Pieces { gathered: BytesMut::with_capacity(2 * PIECE_BYTES_MIN), line_bytes_max, skipping: false }
    }

    /// Takes bytes in.
    pub fn push(&mut self, bytes: &[u8]) {
        if !self.skipping {
            self.gathered.extend_from_slice(bytes);
        } else if let Some(end) = memchr::memchr(b'\n', bytes) {
            self.skipping = false;
            self.gathered.extend_from_slice(&bytes[end + 1..]);
        }
    }

    /// A piece that is complete; `None`: more is needed. At the end (`last`) whatever is left.
    pub fn take(&mut self, last: bool) -> Option<Piece> {
        if (self.gathered.len() >= PIECE_BYTES_MIN || last)
            && let Some(end) = memchr::memrchr(b'\n', &self.gathered)
        {
            return Some(Piece::Lines(self.gathered.split_to(end + 1).freeze()));
        }
        if self.gathered.len() > self.line_bytes_max && memchr::memchr(b'\n', &self.gathered).is_none() {
            // Without a line end among so many bytes this is one line, too long.
            self.skipping = true;
            return Some(Piece::Long(self.gathered.split().freeze()));
        }
        (last && !self.gathered.is_empty()).then(|| Piece::Lines(self.gathered.split().freeze()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;

    async fn read(parts: Vec<Bytes>, packing: Packing) -> Result<Vec<u8>, Problem> {
        let stream = futures::stream::iter(parts.into_iter().map(Ok::<_, std::io::Error>));
        let (mut body, mut all) = (Body::new(stream, packing, 30_000), Vec::new());
        while let Some(bytes) = body.next().await? {
            all.extend_from_slice(&bytes);
        }
        Ok(all)
    }

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[tokio::test]
    async fn packed_bodies_come_out_whole_however_they_were_cut() {
        let text: Vec<u8> = (0..200_000u32).flat_map(|n| format!("{n}\n").into_bytes()).collect();
        let mut twice = packed(&text);
        twice.extend(packed(b"and more\n"));
        let expected = [text, b"and more\n".to_vec()].concat();
        for size in [1_000, 7_777, twice.len()] {
            let parts = twice.chunks(size).map(Bytes::copy_from_slice).collect();
            assert_eq!(read(parts, Packing::Gzip).await.unwrap(), expected, "cut every {size} bytes");
        }
    }

    #[tokio::test]
    async fn a_cut_or_false_archive_is_named() {
        let whole = packed(&vec![b'a'; 100_000]);
        let cut = Bytes::copy_from_slice(&whole[..whole.len() - 9]);
        let said = read(vec![cut], Packing::Gzip).await.unwrap_err();
        assert_eq!(said.code.code, "signals_body");
        let said = read(vec![Bytes::from_static(b"{\"id\":1}\n")], Packing::Gzip).await.unwrap_err();
        assert_eq!(said.code.code, "signals_body");
    }

    #[test]
    fn pieces_hold_whole_lines_and_a_line_too_long_is_passed_over() {
        let mut pieces = Pieces::new(PIECE_BYTES_MIN * 2);
        pieces.push(b"one\ntwo");
        assert_eq!(pieces.take(false), None);
        pieces.push(&vec![b'x'; PIECE_BYTES_MIN]);
        assert_eq!(pieces.take(false), Some(Piece::Lines(Bytes::from_static(b"one\n"))));
        pieces.push(&vec![b'x'; 2 * PIECE_BYTES_MIN]);
        assert!(matches!(pieces.take(false), Some(Piece::Long(_))));
        pieces.push(&vec![b'x'; PIECE_BYTES_MIN]);
        assert_eq!(pieces.take(false), None);
        pieces.push(b"xx\nthree\nfour");
        assert_eq!(pieces.take(true), Some(Piece::Lines(Bytes::from_static(b"three\n"))));
        assert_eq!(pieces.take(true), Some(Piece::Lines(Bytes::from_static(b"four"))));
        assert_eq!(pieces.take(true), None);
    }
}
