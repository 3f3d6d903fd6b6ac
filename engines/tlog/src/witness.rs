//! The witness protocol (C2SP tlog-witness): the message that shows a tree to a witness, and everything a witness checks
//! before it signs. Pure: what the witness signed last is an argument, and keeping it is the caller's duty.
//!
//! Message: `old` and a size, the consistency proof from that size, one base64 hash a line, an empty line, the checkpoint.

use crate::checkpoint::{Checkpoint, CheckpointError, SignedCheckpoint, parse_size};
use crate::hash::Hash;
use crate::note::{Note, NoteError, VerifierKey};
use crate::proof::{ProofError, verify_consistency};
use std::fmt;

/// Most hashes in a consistency proof.
pub const PROOF_HASHES_MAX: usize = 63;
/// Longest message a witness reads, bytes: the proof and a checkpoint with many signatures.
pub const MESSAGE_BYTES_MAX: usize = 64 * 1024;
/// Path of the call below the witness's prefix.
pub const PATH: &str = "add-checkpoint";
/// Content type of a conflict's answer, whose body is the size the witness knows.
pub const SIZE_TYPE: &str = "text/x.tlog.size";

/// A tree shown to a witness. Nothing in it is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// Leaves of the tree the witness is thought to have signed last.
    pub old_size: u64,
    /// That the new tree extends it; empty for 0.
    pub proof: Vec<Hash>,
    /// The new tree's signed checkpoint, byte for byte.
    pub checkpoint: String,
}

/// Why a message cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    /// Over [`MESSAGE_BYTES_MAX`].
    #[error("a message has at most {MESSAGE_BYTES_MAX} bytes")]
    TooLong,
    /// Not UTF-8.
    #[error("a message is UTF-8; byte {offset} is not")]
    Encoding {
        /// First byte that is not.
        offset: usize,
    },
    /// The first line.
    #[error("line 1 must be `old` and a size without leading zeros")]
    OldSize,
    /// A hash line.
    #[error("line {line} must be a hash in base64 (44 characters), or empty before the checkpoint")]
    Hash {
        /// Line, from 1.
        line: usize,
    },
    /// Too many hash lines.
    #[error("a consistency proof has at most {PROOF_HASHES_MAX} hashes")]
    TooManyHashes,
    /// No empty line or nothing behind it.
    #[error("the message ends before the checkpoint")]
    CutShort,
}

impl AddCheckpoint {
    /// Reads a message.
    ///
    /// # Errors
    /// [`MessageError`] with the line.
    pub fn parse(bytes: &[u8]) -> Result<Self, MessageError> {
        if bytes.len() > MESSAGE_BYTES_MAX {
            return Err(MessageError::TooLong);
        }
        let text =
            std::str::from_utf8(bytes).map_err(|error| MessageError::Encoding { offset: error.valid_up_to() })?;
        let (first, mut rest) = text.split_once('\n').ok_or(MessageError::OldSize)?;
        let old_size = first.strip_prefix("old ").filter(|size| !size.is_empty()).and_then(parse_size);
        let old_size = old_size.ok_or(MessageError::OldSize)?;
        let mut proof = Vec::new();
        loop {
            let (line, after) = rest.split_once('\n').ok_or(MessageError::CutShort)?;
            rest = after;
            if line.is_empty() {
                break;
            }
            if proof.len() == PROOF_HASHES_MAX {
                return Err(MessageError::TooManyHashes);
            }
            proof.push(Hash::from_base64(line).ok_or(MessageError::Hash { line: proof.len() + 2 })?);
        }
        if rest.is_empty() {
            return Err(MessageError::CutShort);
        }
        Ok(AddCheckpoint { old_size, proof, checkpoint: rest.to_owned() })
    }
}

impl fmt::Display for AddCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old_size)?;
        self.proof.iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

/// A tree that a witness has signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Leaves.
    pub size: u64,
    /// Root.
    pub root: Hash,
}

/// Why a witness does not sign. [`Refusal::status`] is the HTTP status the protocol gives it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The message or the checkpoint in it cannot be read.
    #[error("{0}")]
    Message(String),
    /// No such log here.
    #[error("log {origin} is not one of this witness's")]
    UnknownLog {
        /// Its name as claimed.
        origin: String,
    },
    /// None of the log's keys signed.
    #[error("the checkpoint is not signed by the log: {0}")]
    Signature(NoteError),
    /// The old size is larger than the checkpoint's.
    #[error("the old size {old_size} is larger than the checkpoint's {size}")]
    SizesReversed {
        /// Old size of the message.
        old_size: u64,
        /// Size of the checkpoint.
        size: u64,
    },
    /// The witness signed another size last.
    #[error("this witness signed {known} leaves last, not {old_size}")]
    Conflict {
        /// Old size of the message.
        old_size: u64,
        /// Leaves of the tree signed last, 0 for none.
        known: u64,
    },
    /// Two trees of one size, both signed by the log: the log shows different histories.
    #[error("the log signed two trees of {size} leaves: {known} and {offered}")]
    Fork {
        /// Leaves of both.
        size: u64,
        /// Root this witness signed.
        known: Hash,
        /// Root offered now.
        offered: Hash,
    },
    /// The proof does not lead from the tree signed last to this one.
    #[error("the new tree is not shown to extend the one signed last: {0}")]
    Inconsistent(ProofError),
}

impl Refusal {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Refusal::Message(_) | Refusal::SizesReversed { .. } => 400,
            Refusal::Signature(_) => 403,
            Refusal::UnknownLog { .. } => 404,
            Refusal::Conflict { .. } | Refusal::Fork { .. } => 409,
            Refusal::Inconsistent(_) => 422,
        }
    }

    /// The size that the answer to a conflict names.
    pub fn known_size(&self) -> Option<u64> {
        match self {
            Refusal::Conflict { known, .. } => Some(*known),
            Refusal::Fork { size, .. } => Some(*size),
            _ => None,
        }
    }
}

/// Which log the checkpoint of a message claims to be of.
///
/// # Errors
/// [`Refusal::Message`] when it is no checkpoint.
pub fn claimed_log(message: &AddCheckpoint) -> Result<String, Refusal> {
    let note = Note::parse(message.checkpoint.as_bytes()).map_err(|error| Refusal::Message(error.to_string()))?;
    let checkpoint = Checkpoint::parse(note.text()).map_err(|error| Refusal::Message(error.to_string()))?;
    Ok(checkpoint.origin)
}

/// Everything a witness checks before it signs: the log's signature, the sizes, the proof from the tree it signed last.
/// The tree in the answer may be signed after it was kept durably as the one seen last.
///
/// # Errors
/// [`Refusal`]; nothing must be signed then.
pub fn judge(
    message: &AddCheckpoint,
    origin: &str,
    keys: &[VerifierKey],
    seen: Option<Seen>,
) -> Result<SignedCheckpoint, Refusal> {
    let signed = SignedCheckpoint::open(message.checkpoint.as_bytes(), origin, keys).map_err(|error| match error {
        CheckpointError::Note(error @ (NoteError::Unsigned | NoteError::BadSignature { .. })) => {
            Refusal::Signature(error)
        }
        CheckpointError::Origin { found, .. } => Refusal::UnknownLog { origin: found },
        other => Refusal::Message(other.to_string()),
    })?;
    let (size, root) = (signed.checkpoint.size, signed.checkpoint.root);
    let old_size = message.old_size;
    if old_size > size {
        return Err(Refusal::SizesReversed { old_size, size });
    }
    let known = seen.map_or(0, |seen| seen.size);
    if old_size != known {
        return Err(Refusal::Conflict { old_size, known });
    }
    match seen {
        Some(seen) if seen.size == size && seen.root != root => {
            return Err(Refusal::Fork { size, known: seen.root, offered: root });
        }
        // Every tree extends the empty one; there is nothing to prove, and a proof of nothing is refused.
        _ if old_size == 0 && message.proof.is_empty() => {}
        _ if old_size == 0 => {
            return Err(Refusal::Inconsistent(ProofError::Length { found: message.proof.len(), expected: 0 }));
        }
        Some(seen) => {
            verify_consistency(seen.size, size, &seen.root, &root, &message.proof).map_err(Refusal::Inconsistent)?;
        }
        None => {}
    }
    Ok(signed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::note::{KeyType, SignerKey};
    use crate::tree::{MemoryTree, consistency_proof, root};
    use crate::{leaf_hash, note};

    const ORIGIN: &str = "log.example/ledger";

    fn log() -> SignerKey {
        SignerKey::from_seed(ORIGIN, KeyType::Ed25519, &[7; 32]).unwrap()
    }

    fn tree(history: &str, size: u64) -> MemoryTree {
        MemoryTree::from_leaves((0..size).map(|leaf| leaf_hash(format!("{history} {leaf}").as_bytes())))
    }

    fn message(history: &str, old_size: u64, size: u64) -> AddCheckpoint {
        let tree = tree(history, size);
        let root = root(&tree, size).unwrap();
        let checkpoint = Checkpoint { origin: ORIGIN.into(), size, root, extensions: vec![] };
        let proof = consistency_proof(&tree, old_size, size).unwrap().unwrap_or_default();
        AddCheckpoint { old_size, proof, checkpoint: checkpoint.sign(&log()).unwrap().to_string() }
    }

    fn seen(history: &str, size: u64) -> Option<Seen> {
        Some(Seen { size, root: root(&tree(history, size), size).unwrap() })
    }

    fn status(message: &AddCheckpoint, known: Option<Seen>) -> u16 {
        judge(message, ORIGIN, &[log().verifier()], known).map_or_else(|refusal| refusal.status(), |_| 200)
    }

    #[test]
    fn a_message_has_one_spelling_and_reads_back() {
        let sent = message("a", 5, 12);
        assert_eq!(AddCheckpoint::parse(sent.to_string().as_bytes()), Ok(sent.clone()));
        let text = sent.to_string();
        for (bad, error) in [
            (text.replacen("old 5", "old 05", 1), MessageError::OldSize),
            (text.replacen("old 5", "old", 1), MessageError::OldSize),
            (text.replacen("old 5", "old ", 1), MessageError::OldSize),
            (text.replacen("old 5\n", "old 5\nx\n", 1), MessageError::Hash { line: 2 }),
            ("old 5\n\n".to_owned(), MessageError::CutShort),
            ("old 5\n".to_owned(), MessageError::CutShort),
            (String::new(), MessageError::OldSize),
            (format!("old 5\n{}", format!("{}\n", leaf_hash(b"")).repeat(64)), MessageError::TooManyHashes),
            ("x".repeat(MESSAGE_BYTES_MAX + 1), MessageError::TooLong),
        ] {
            assert_eq!(AddCheckpoint::parse(bad.as_bytes()), Err(error));
        }
    }

    #[test]
    fn every_refusal_has_the_status_of_the_protocol() {
        assert_eq!(status(&message("a", 0, 12), None), 200);
        assert_eq!(status(&message("a", 5, 12), seen("a", 5)), 200);
        assert_eq!(status(&message("a", 12, 12), seen("a", 12)), 200);
        assert_eq!(status(&message("a", 5, 12), None), 409);
        assert_eq!(status(&message("a", 0, 12), seen("a", 5)), 409);
        assert_eq!(status(&message("a", 5, 12), seen("a", 6)), 409);
        assert_eq!(status(&message("b", 12, 12), seen("a", 12)), 409);
        assert_eq!(status(&message("b", 5, 12), seen("a", 5)), 422);
        assert_eq!(status(&AddCheckpoint { old_size: 13, ..message("a", 5, 12) }, seen("a", 13)), 400);
        assert_eq!(status(&AddCheckpoint { proof: vec![leaf_hash(b"")], ..message("a", 0, 12) }, None), 422);
        let stranger = SignerKey::from_seed(ORIGIN, KeyType::Ed25519, &[8; 32]).unwrap();
        let checkpoint = Checkpoint::parse(Note::parse(message("a", 0, 3).checkpoint.as_bytes()).unwrap().text());
        let forged = AddCheckpoint {
            checkpoint: checkpoint.unwrap().sign(&stranger).unwrap().to_string(),
            ..message("a", 0, 3)
        };
        assert_eq!(status(&forged, None), 403);
        let conflict = judge(&message("b", 12, 12), ORIGIN, &[log().verifier()], seen("a", 12)).unwrap_err();
        assert_eq!((conflict.known_size(), matches!(conflict, Refusal::Fork { .. })), (Some(12), true));
        assert_eq!(claimed_log(&message("a", 0, 3)), Ok(ORIGIN.to_owned()));
        assert_eq!(judge(&message("a", 0, 3), "other", &[log().verifier()], None).unwrap_err().status(), 404);
    }

    #[test]
    fn signature_lines_that_stand_alone_read_back() {
        let witness = SignerKey::from_seed("witness.example/w", KeyType::Cosignature, &[9; 32]).unwrap();
        let line = crate::cosignature::cosign("text\n", 5, &witness).unwrap();
        let text = note::write_signatures(std::slice::from_ref(&line));
        assert_eq!(note::parse_signatures(text.as_bytes()), Ok(vec![line.clone()]));
        assert_eq!(crate::cosignature::cosigned_at(&line, "text\n", &witness.verifier()), Some(5));
        assert_eq!(crate::cosignature::cosigned_at(&line, "other\n", &witness.verifier()), None);
        assert!(note::parse_signatures(b"").is_err() && note::parse_signatures(text.trim_end().as_bytes()).is_err());
    }
}
