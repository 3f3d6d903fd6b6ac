//! One entry's proof in one text file (C2SP tlog-proof v1, extension `.tlog-proof`).
//!
//! Lines: `c2sp.org/tlog-proof@v1`; `extra` and base64, if there is extra data; `index` and the leaf's number; the
//! inclusion proof, one base64 hash a line, from the leaf's sibling upward; an empty line; the signed checkpoint.
//!
//! In Touchstone's files the extra data is the entry itself, byte for byte, so that the file alone is enough to check.
//! The extra data is not signed: it counts only because its hash is what the proof leads from.

use crate::bundle::ENTRY_BYTES_MAX;
use crate::checkpoint::parse_size;
use crate::hash::Hash;
use crate::note::NOTE_BYTES_MAX;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fmt;

/// First line of every proof file.
pub const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";
/// Most hashes in a proof: one for each level of a tree with up to `2^63` leaves.
pub const PROOF_HASHES_MAX: usize = 63;
/// Longest proof file, bytes: the longest entry in base64, the longest note, and the lines between.
pub const PROOF_FILE_BYTES_MAX: usize = ENTRY_BYTES_MAX * 4 / 3 + NOTE_BYTES_MAX + 8_192;

/// A proof as it stands in its file: nothing in it is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofFile {
    /// Extra data; in Touchstone's files the entry.
    pub extra: Option<Vec<u8>>,
    /// Which leaf, from 0.
    pub index: u64,
    /// Inclusion proof, from the leaf's sibling upward.
    pub proof: Vec<Hash>,
    /// The signed checkpoint, byte for byte.
    pub checkpoint: String,
}

/// Why a proof file cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofFileError {
    /// Over [`PROOF_FILE_BYTES_MAX`].
    #[error("a proof file has at most {PROOF_FILE_BYTES_MAX} bytes")]
    TooLong,
    /// Not UTF-8.
    #[error("a proof file is UTF-8; byte {offset} is not")]
    Encoding {
        /// First byte that is not.
        offset: usize,
    },
    /// The first line is another.
    #[error("the first line must be {FIRST_LINE}; this is not a proof file")]
    FirstLine,
    /// The `extra` line.
    #[error("line {line}: after `extra` comes the entry in base64, at most {ENTRY_BYTES_MAX} bytes of it")]
    Extra {
        /// Line, from 1.
        line: usize,
    },
    /// The `index` line.
    #[error("line {line} must be `index` and the number of the leaf without leading zeros")]
    Index {
        /// Line, from 1.
        line: usize,
    },
    /// A hash line.
    #[error("line {line} must be a hash of the proof in base64 (44 characters)")]
    Hash {
        /// Line, from 1.
        line: usize,
    },
    /// Too many hash lines.
    #[error("line {line}: a proof has at most {PROOF_HASHES_MAX} hashes")]
    TooManyHashes {
        /// Line, from 1.
        line: usize,
    },
    /// The file ends before the checkpoint.
    #[error("the file ends before the checkpoint; it was cut short")]
    CutShort,
}

impl ProofFile {
    /// Reads a file.
    pub fn parse(bytes: &[u8]) -> Result<Self, ProofFileError> {
        if bytes.len() > PROOF_FILE_BYTES_MAX {
            return Err(ProofFileError::TooLong);
        }
        let text =
            std::str::from_utf8(bytes).map_err(|error| ProofFileError::Encoding { offset: error.valid_up_to() })?;
        let mut lines = Lines { rest: text, number: 0 };
        if lines.next()? != FIRST_LINE {
            return Err(ProofFileError::FirstLine);
        }
        let mut line = lines.next()?;
        let mut extra = None;
        if let Some(encoded) = line.strip_prefix("extra ") {
            let bad = ProofFileError::Extra { line: lines.number };
            extra = Some(decode_extra(encoded).ok_or(bad)?);
            line = lines.next()?;
        }
        let bad = ProofFileError::Index { line: lines.number };
        let index = line.strip_prefix("index ").and_then(parse_size).ok_or(bad)?;
        let mut proof = Vec::new();
        loop {
            let line = lines.next()?;
            if line.is_empty() {
                break;
            }
            if proof.len() == PROOF_HASHES_MAX {
                return Err(ProofFileError::TooManyHashes { line: lines.number });
            }
            proof.push(Hash::from_base64(line).ok_or(ProofFileError::Hash { line: lines.number })?);
        }
        if lines.rest.is_empty() {
            return Err(ProofFileError::CutShort);
        }
        Ok(ProofFile { extra, index, proof, checkpoint: lines.rest.to_owned() })
    }
}

fn decode_extra(encoded: &str) -> Option<Vec<u8>> {
    if encoded.len() > ENTRY_BYTES_MAX.div_ceil(3) * 4 {
        return None;
    }
    STANDARD.decode(encoded).ok().filter(|extra| extra.len() <= ENTRY_BYTES_MAX)
}

/// The lines of a text, each of which must be ended by a newline.
struct Lines<'t> {
    rest: &'t str,
    number: usize,
}

impl<'t> Lines<'t> {
    fn next(&mut self) -> Result<&'t str, ProofFileError> {
        let (line, rest) = self.rest.split_once('\n').ok_or(match self.number {
            0 => ProofFileError::FirstLine,
            _ => ProofFileError::CutShort,
        })?;
        self.rest = rest;
        self.number += 1;
        Ok(line)
    }
}

impl fmt::Display for ProofFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FIRST_LINE}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", STANDARD.encode(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        for hash in &self.proof {
            writeln!(f, "{hash}")?;
        }
        write!(f, "\n{}", self.checkpoint)
    }
}
