//! A proof file checked, offline, against keys the reader trusts.

use crate::checkpoint::{Checkpoint, CheckpointError, SignedCheckpoint};
use crate::cosignature::{Cosigned, verify_cosignatures};
use crate::hash::{Hash, leaf_hash};
use crate::note::{NoteError, VerifierKey};
use crate::proof::{ProofError, Step, inclusion_steps, verify_inclusion};
use crate::proof_file::{ProofFile, ProofFileError};

/// What the reader trusts before reading the file.
#[derive(Debug, Clone, Copy)]
pub struct Trust<'a> {
    /// The log's name as in line 1 of its checkpoints.
    pub origin: &'a str,
    /// Keys of the log; one of them must have signed.
    pub log_keys: &'a [VerifierKey],
    /// Keys of witnesses.
    pub witnesses: &'a [VerifierKey],
    /// How many different witnesses must have signed; 0 asks for none.
    pub witnesses_needed: usize,
}

/// What a proof file proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Number of the leaf, from 0.
    pub index: u64,
    /// The entry, byte for byte as it stands in the log.
    pub entry: Vec<u8>,
    /// Its hash.
    pub leaf: Hash,
    /// The path from the leaf to the root.
    pub steps: Vec<Step>,
    /// The tree it is in.
    pub checkpoint: Checkpoint,
    /// Names of the log keys that signed the tree.
    pub signers: Vec<String>,
    /// Witnesses that cosigned it.
    pub cosigned: Vec<Cosigned>,
}

/// Which check failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The file cannot be read as a proof.
    #[error("the proof file cannot be read: {0}")]
    File(#[from] ProofFileError),
    /// The checkpoint or its signature is not the log's.
    #[error("the checkpoint is not the log's: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// A witness's signature is wrong.
    #[error("a witness's signature is wrong: {0}")]
    Witness(NoteError),
    /// Fewer witnesses than asked for.
    #[error("{found} witnesses signed, {needed} are needed")]
    Witnesses {
        /// Witnesses that signed.
        found: usize,
        /// Witnesses needed.
        needed: usize,
    },
    /// The file has no entry and none was given.
    #[error("the file does not carry the entry; give the entry too")]
    NoEntry,
    /// The file carries another entry than the one given.
    #[error("the file proves another entry than the one given")]
    OtherEntry,
    /// The entry is not at that place in the tree.
    #[error("the entry is not in the log as it stands in the file: {0}")]
    Inclusion(#[from] ProofError),
}

/// Checks a proof file: the checkpoint's signature, the witnesses, and that the entry is in the tree. `entry` is the
/// entry the reader holds; without it the one in the file is checked (and returned).
pub fn verify_proof_file(bytes: &[u8], entry: Option<&[u8]>, trust: &Trust<'_>) -> Result<Verified, VerifyError> {
    let file = ProofFile::parse(bytes)?;
    let signed = SignedCheckpoint::open(file.checkpoint.as_bytes(), trust.origin, trust.log_keys)?;
    let cosigned = verify_cosignatures(&signed.note, trust.witnesses).map_err(VerifyError::Witness)?;
    if cosigned.len() < trust.witnesses_needed {
        return Err(VerifyError::Witnesses { found: cosigned.len(), needed: trust.witnesses_needed });
    }
    let entry = match (entry, file.extra) {
        (Some(given), Some(carried)) if given != carried => return Err(VerifyError::OtherEntry),
        (Some(given), _) => given.to_vec(),
        (None, Some(carried)) => carried,
        (None, None) => return Err(VerifyError::NoEntry),
    };
    let leaf = leaf_hash(&entry);
    let checkpoint = signed.checkpoint;
    verify_inclusion(file.index, checkpoint.size, &leaf, &file.proof, &checkpoint.root)?;
    let steps = inclusion_steps(file.index, checkpoint.size, &leaf, &file.proof)?;
    Ok(Verified { index: file.index, entry, leaf, steps, checkpoint, signers: signed.signers, cosigned })
}
