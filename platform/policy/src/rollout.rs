//! Which subjects a row acts on while it is rolled out.

use sha2::{Digest, Sha256};

use crate::row::Mode;

/// Whether a row in `mode` acts on the subject. The same subject and row always give the same answer, and a subject that
/// is in at 10 % is still in at 25 %. Different rows choose different subjects.
pub fn applies(mode: Mode, subject_id: &str, row_id: &str) -> bool {
    match mode {
        Mode::Off | Mode::Shadow => false,
        Mode::On => true,
        Mode::Percentage(share) => percentile(subject_id, row_id) < u64::from(share) * 100,
    }
}

/// The subject's place among 10,000 for this row: uniform, from SHA-256 of both ids.
pub fn percentile(subject_id: &str, row_id: &str) -> u64 {
    let mut hash = Sha256::new();
    hash.update(u64::try_from(row_id.len()).unwrap_or(u64::MAX).to_be_bytes());
    hash.update(row_id);
    hash.update(subject_id);
    let digest = hash.finalize();
    let mut head = [0_u8; 8];
    head.copy_from_slice(&digest[..8]);
    u64::from_be_bytes(head) % 10_000
}
