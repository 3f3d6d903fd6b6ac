//! Arrow IPC messages out of arriving bytes, each checked before it is decoded.
//!
//! The layout is that of the Arrow columnar format, "Encapsulated message format": `FFFFFFFF`, the length of the metadata,
//! the metadata (a flatbuffer), the body; a length of 0 ends the stream. A file is the same between two magic words and a
//! footer, which is not needed to read from the front.

use super::{Limits, Refused};
use datafusion::arrow::buffer::Buffer;
use datafusion::arrow::ipc::{self, Message, MessageHeader, MetadataVersion};

/// Largest metadata of one message, bytes.
const METADATA_BYTES_MAX: usize = 4 << 20;
/// What a file begins with.
const MAGIC: &[u8; 6] = b"ARROW1";
/// The magic word of a file and what fills it up to eight bytes.
const FILE_HEAD_BYTES: usize = 8;
/// How far the head of a file may be filled up.
const FILE_PADDING_BYTES_MAX: usize = 64;
const CONTINUATION: [u8; 4] = [0xFF; 4];

/// Bytes waiting to become messages.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    waiting: Vec<u8>,
    /// Where in `waiting` the next message begins.
    at: usize,
    started: bool,
    /// Bytes of the head of a file that may still be padding.
    padding_left: usize,
    ended: bool,
    bytes: u64,
}

/// A whole message.
pub(crate) struct Frame {
    pub(crate) metadata: Vec<u8>,
    pub(crate) body: Buffer,
}

impl Frames {
    /// Takes bytes in.
    pub(crate) fn push(&mut self, bytes: &[u8], limits: &Limits) -> Result<(), Refused> {
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
        if self.bytes > limits.bytes_max {
            return Err(Refused::TooManyBytes(limits.bytes_max));
        }
        if self.ended {
            // The footer of a file, or padding.
            return Ok(());
        }
        self.waiting.drain(..self.at);
        self.at = 0;
        self.waiting.extend_from_slice(bytes);
        Ok(())
    }

    /// The next whole message, or `None` until more arrives.
    pub(crate) fn next(&mut self, limits: &Limits) -> Result<Option<Frame>, Refused> {
        if self.ended {
            return Ok(None);
        }
        if !self.started {
            let rest = &self.waiting[self.at..];
            if rest.len() < FILE_HEAD_BYTES {
                return Ok(None);
            }
            if rest.starts_with(MAGIC) {
                self.at += FILE_HEAD_BYTES;
                self.padding_left = FILE_PADDING_BYTES_MAX;
            }
            self.started = true;
        }
        // Some writers fill the head of a file up to 64 bytes.
        while self.padding_left > 0 {
            match self.waiting.get(self.at..self.at + FILE_HEAD_BYTES) {
                None => return Ok(None),
                Some([0, 0, 0, 0, 0, 0, 0, 0]) => {
                    self.at += FILE_HEAD_BYTES;
                    self.padding_left -= FILE_HEAD_BYTES;
                }
                Some(_) => self.padding_left = 0,
            }
        }
        let rest = &self.waiting[self.at..];
        let Some((head, metadata_length)) = head(rest)? else { return Ok(None) };
        if metadata_length == 0 {
            self.ended = true;
            self.waiting = Vec::new();
            self.at = 0;
            return Ok(None);
        }
        if metadata_length > METADATA_BYTES_MAX {
            return Err(Refused::NotArrow);
        }
        let Some(metadata) = rest.get(head..head + metadata_length) else { return Ok(None) };
        let body_length = {
            let message = message(metadata)?;
            usize::try_from(message.bodyLength()).map_err(|_| Refused::damaged("negative body length"))?
        };
        if body_length > limits.message_bytes_max {
            return Err(Refused::MessageTooLarge(limits.message_bytes_max));
        }
        let body_at = head + metadata_length;
        let Some(body) = rest.get(body_at..body_at + body_length) else { return Ok(None) };
        let frame = Frame { metadata: metadata.to_vec(), body: Buffer::from(body) };
        self.at += body_at + body_length;
        Ok(Some(frame))
    }

    /// Whether the sender stopped in the middle of a message. A stream may end without the mark of its end.
    pub(crate) fn is_cut(&self) -> bool {
        !self.ended && self.at < self.waiting.len()
    }

    /// Whether not even a first message came.
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes == 0
    }
}

/// Length of what stands before the metadata, and of the metadata.
fn head(rest: &[u8]) -> Result<Option<(usize, usize)>, Refused> {
    let number = |at: usize| rest.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map(i32::from_le_bytes);
    let (head, length) = match rest.get(..4) {
        None => return Ok(None),
        Some(mark) if mark == CONTINUATION => (8, number(4)),
        // Before version 0.15 there was no mark.
        Some(_) => (4, number(0)),
    };
    match length {
        None => Ok(None),
        Some(length) => Ok(Some((head, usize::try_from(length).map_err(|_| Refused::NotArrow)?))),
    }
}

/// The metadata of a message, verified.
pub(crate) fn message(metadata: &[u8]) -> Result<Message<'_>, Refused> {
    let message = ipc::root_as_message(metadata).map_err(|_| Refused::NotArrow)?;
    let known = matches!(message.version(), MetadataVersion::V4 | MetadataVersion::V5);
    let header = message.header_type();
    let wanted = [MessageHeader::Schema, MessageHeader::RecordBatch, MessageHeader::DictionaryBatch];
    if known && wanted.contains(&header) { Ok(message) } else { Err(Refused::damaged("unknown kind of message")) }
}

/// Checks every length a batch names against its body, so that decoding reserves nothing that is not there.
pub(crate) fn check_batch(
    batch: &ipc::RecordBatch<'_>,
    body: &[u8],
    limits: &Limits,
    rows: u64,
) -> Result<(), Refused> {
    let length = u64::try_from(batch.length()).map_err(|_| Refused::damaged("negative number of rows"))?;
    if length > rows {
        return Err(Refused::TooManyRows(limits.rows_max));
    }
    let (Some(nodes), Some(buffers)) = (batch.nodes(), batch.buffers()) else {
        return Err(Refused::damaged("a batch without columns"));
    };
    for node in nodes {
        let dictionary_limit = i64::try_from(limits.rows_max).unwrap_or(i64::MAX);
        if node.length() < 0 || node.length() > dictionary_limit || node.null_count() < 0 {
            return Err(Refused::damaged("impossible length of a column"));
        }
    }
    for count in batch.variadicBufferCounts().into_iter().flatten() {
        if usize::try_from(count).is_ok_and(|count| count <= buffers.len()) {
            continue;
        }
        return Err(Refused::damaged("impossible number of buffers"));
    }
    let compressed = batch.compression().is_some();
    let mut decoded = 0usize;
    for buffer in buffers {
        let (offset, length) = (usize::try_from(buffer.offset()), usize::try_from(buffer.length()));
        let part = match (offset, length) {
            (Ok(offset), Ok(length)) => offset.checked_add(length).and_then(|end| body.get(offset..end)),
            _ => None,
        };
        let part = part.ok_or_else(|| Refused::damaged("a column reaches beyond its message"))?;
        decoded = decoded.saturating_add(if compressed { decoded_length(part)? } else { part.len() });
        if decoded > limits.message_bytes_max {
            return Err(Refused::MessageTooLarge(limits.message_bytes_max));
        }
    }
    Ok(())
}

/// A compressed buffer begins with the length it had; -1: it is kept as it is.
fn decoded_length(part: &[u8]) -> Result<usize, Refused> {
    if part.is_empty() {
        return Ok(0);
    }
    let head = part.get(..8).and_then(|bytes| bytes.try_into().ok()).map(i64::from_le_bytes);
    match head {
        Some(-1) => Ok(part.len()),
        Some(length) => usize::try_from(length).map_err(|_| Refused::damaged("impossible length of a column")),
        None => Err(Refused::damaged("a compressed column without its length")),
    }
}
