//! Cosignatures of witnesses (C2SP tlog-cosignature, Ed25519, type 0x04): a statement that, at a time, the largest tree
//! of this log the witness had seen was this one, and that it extends all the earlier ones it had seen.

use crate::note::{KeyType, Note, NoteError, SignatureLine, SignerKey, VerifierKey};

/// Latest time a cosignature may name, POSIX seconds.
pub const TIMESTAMP_SECONDS_MAX: u64 = i64::MAX as u64;

/// A cosignature that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosigned {
    /// Name of the witness.
    pub witness: String,
    /// When it signed, POSIX seconds.
    pub timestamp_seconds: u64,
}

fn message(timestamp_seconds: u64, text: &str) -> String {
    format!("cosignature/v1\ntime {timestamp_seconds}\n{text}")
}

/// The cosignature line of a witness over the text of a checkpoint; `None` unless the key is a witness key and the
/// time can be written.
pub fn cosign(text: &str, timestamp_seconds: u64, witness: &SignerKey) -> Option<SignatureLine> {
    if witness.kind() != KeyType::Cosignature || timestamp_seconds > TIMESTAMP_SECONDS_MAX {
        return None;
    }
    let mut signature = timestamp_seconds.to_be_bytes().to_vec();
    signature.extend(witness.sign_bytes(message(timestamp_seconds, text).as_bytes()));
    Some(witness.line(signature))
}

/// Checks the cosignatures of `witnesses` on a checkpoint note. Keys of other types are not looked at; a line of a known
/// witness that does not verify refuses the note. A witness that signed twice counts once, with its latest time.
pub fn verify_cosignatures(note: &Note, witnesses: &[VerifierKey]) -> Result<Vec<Cosigned>, NoteError> {
    let mut cosigned: Vec<Cosigned> = Vec::new();
    for (position, witness) in witnesses.iter().enumerate() {
        if witness.kind() != KeyType::Cosignature || witnesses[..position].contains(witness) {
            continue;
        }
        let mut latest = None;
        for line in note.lines_of(witness) {
            let time = check_line(line, note.text(), witness)
                .ok_or_else(|| NoteError::BadSignature { name: witness.name().to_owned() })?;
            latest = latest.max(Some(time));
        }
        if let Some(timestamp_seconds) = latest {
            cosigned.push(Cosigned { witness: witness.name().to_owned(), timestamp_seconds });
        }
    }
    Ok(cosigned)
}

/// The time in a cosignature line by `witness` over `text`, POSIX seconds; `None` when the line is not that witness's valid
/// cosignature.
pub fn cosigned_at(line: &SignatureLine, text: &str, witness: &VerifierKey) -> Option<u64> {
    let known = witness.kind() == KeyType::Cosignature && witness.name() == line.name && witness.id() == line.id;
    if known { check_line(line, text, witness) } else { None }
}

fn check_line(line: &SignatureLine, text: &str, witness: &VerifierKey) -> Option<u64> {
    let (time, signature) = line.signature.split_first_chunk::<8>()?;
    let time = u64::from_be_bytes(*time);
    let valid = time <= TIMESTAMP_SECONDS_MAX && witness.has_signed(message(time, text).as_bytes(), signature);
    valid.then_some(time)
}
