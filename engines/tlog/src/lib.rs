//! A verifiable log: Merkle trees, tiles, signed notes, checkpoints, cosignatures, proof files, and the checks a stranger
//! can make with nothing but the files.
//!
//! Reading order: [`hash`] (how leaves and nodes are hashed), [`tree`] (roots and proofs made from any store of nodes),
//! [`proof`] (proofs checked), [`tile`] and [`bundle`] (the files of a log), [`note`], [`checkpoint`], [`cosignature`]
//! (who signed which tree), [`proof_file`] (one entry's proof in one file), [`verify`] (that file checked),
//! [`audit`] (a whole folder checked), [`witness`] (a tree shown to a witness, and what the witness must check).
//!
//! Formats: RFC 6962 §2.1 and RFC 9162 §2.1 for the mathematics; C2SP signed-note, tlog-checkpoint, tlog-tiles,
//! tlog-cosignature (type 0x04), tlog-proof and tlog-witness for the files and messages.
//!
//! Invariants
//! - Every parser is strict: one text has one meaning, and a text that is not exactly in the format is refused. Parsing
//!   never panics and never allocates more than a small multiple of its input.
//! - A verifier accepts nothing on trust: sizes, indices and hashes in a proof are bound to a checkpoint whose signature
//!   was checked with a key the caller brought.
//! - Numbers of leaves and positions are `u64`, counted from 0.
//!
//! What it does not do: it reads no files (see [`tile::TileReader`]), makes no keys (a seed is an argument), keeps no
//! log (that is `ledger`), and knows nothing of what an entry says.

pub mod audit;
pub mod bundle;
pub mod checkpoint;
pub mod cosignature;
pub mod hash;
pub mod note;
pub mod proof;
pub mod proof_file;
pub mod tile;
pub mod tree;
pub mod verify;
pub mod witness;

pub use audit::{AuditReport, Blame, Difference, audit};
pub use checkpoint::{Checkpoint, SignedCheckpoint};
pub use hash::{Hash, empty_root, leaf_hash, node_hash};
pub use note::{Note, NoteError, SignerKey, VerifierKey};
pub use proof::{ProofError, verify_consistency, verify_inclusion};
pub use proof_file::ProofFile;
pub use tile::{Resource, TileReader};
pub use verify::{Trust, Verified, VerifyError, verify_proof_file};

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod laws;
