//! Heads of files and blocks as bytes.

use super::Why;

/// Bytes of a file's head.
pub const FILE_HEAD: usize = 20;
/// Bytes of a block's head.
pub const BLOCK_HEAD: usize = 36;
/// What a block begins with.
pub const BLOCK_MAGIC: &[u8; 4] = b"TSB1";
const FILE_MAGIC: &[u8; 8] = b"TSLOG001";
const LZ4: u8 = 1;
/// Payloads shorter than this are not worth compressing.
const COMPRESS_BYTES_MIN: usize = 256;

/// The head of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    pub is_compressed: bool,
    pub sequence: u64,
    pub signals: u32,
    pub stored_bytes: u32,
    pub payload_bytes: u32,
    pub payload_crc: u32,
}

/// A payload as it is stored.
#[derive(Debug)]
pub struct Stored {
    pub bytes: Vec<u8>,
    payload_bytes: u32,
    is_compressed: bool,
    crc: u32,
}

impl Stored {
    /// Compresses where asked and worth it, and sums.
    pub fn new(payload: Vec<u8>, compress: bool) -> Stored {
        let payload_bytes = payload.len() as u32;
        let compressed = (compress && payload.len() >= COMPRESS_BYTES_MIN).then(|| lz4_flex::block::compress(&payload));
        let (bytes, is_compressed) = match compressed {
            Some(bytes) if bytes.len() < payload.len() => (bytes, true),
            _ => (payload, false),
        };
        Stored { crc: crc32c::crc32c(&bytes), bytes, payload_bytes, is_compressed }
    }

    /// The head it gets with this sequence.
    pub fn head(&self, sequence: u64, signals: u32) -> [u8; BLOCK_HEAD] {
        let mut head = [0; BLOCK_HEAD];
        head[..4].copy_from_slice(BLOCK_MAGIC);
        head[4] = if self.is_compressed { LZ4 } else { 0 };
        head[8..16].copy_from_slice(&sequence.to_le_bytes());
        head[16..20].copy_from_slice(&signals.to_le_bytes());
        head[20..24].copy_from_slice(&(self.bytes.len() as u32).to_le_bytes());
        head[24..28].copy_from_slice(&self.payload_bytes.to_le_bytes());
        head[28..32].copy_from_slice(&self.crc.to_le_bytes());
        let crc = crc32c::crc32c(&head[..32]);
        head[32..].copy_from_slice(&crc.to_le_bytes());
        head
    }
}

impl Head {
    /// Reads a head that is whole and right.
    pub fn read(bytes: &[u8]) -> Option<Head> {
        let head = bytes.first_chunk::<BLOCK_HEAD>()?;
        let number = |from: usize| u32::from_le_bytes([head[from], head[from + 1], head[from + 2], head[from + 3]]);
        if &head[..4] != BLOCK_MAGIC || head[4] > LZ4 || number(32) != crc32c::crc32c(&head[..32]) {
            return None;
        }
        Some(Head {
            is_compressed: head[4] == LZ4,
            sequence: u64::from(number(8)) | u64::from(number(12)) << 32,
            signals: number(16),
            stored_bytes: number(20),
            payload_bytes: number(24),
            payload_crc: number(28),
        })
    }

    /// The payload of what is stored.
    pub fn payload(&self, stored: Vec<u8>, payload_bytes_max: usize) -> Result<Vec<u8>, Why> {
        if crc32c::crc32c(&stored) != self.payload_crc {
            return Err(Why::Payload);
        }
        if !self.is_compressed {
            return Ok(stored);
        }
        if self.payload_bytes as usize > payload_bytes_max {
            return Err(Why::Compression);
        }
        lz4_flex::block::decompress(&stored, self.payload_bytes as usize).map_err(|_| Why::Compression)
    }
}

/// The head of a file that begins with this sequence.
pub fn file_head(first: u64) -> [u8; FILE_HEAD] {
    let mut head = [0; FILE_HEAD];
    head[..8].copy_from_slice(FILE_MAGIC);
    head[8..16].copy_from_slice(&first.to_le_bytes());
    let crc = crc32c::crc32c(&head[..16]);
    head[16..].copy_from_slice(&crc.to_le_bytes());
    head
}

/// Whether bytes begin as a file of the log.
pub fn is_file_head(bytes: &[u8]) -> bool {
    bytes
        .first_chunk::<FILE_HEAD>()
        .is_some_and(|head| &head[..8] == FILE_MAGIC && crc32c::crc32c(&head[..16]).to_le_bytes() == head[16..])
}
