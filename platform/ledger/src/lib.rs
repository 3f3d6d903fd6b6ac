//! The ledger: every act becomes a leaf of a verifiable log, and every leaf can be proved to a stranger.
//!
//! Reading order: [`leaf`] (what a leaf says), [`key`] (who signs), [`disk`] and [`log`] (how leaves become durable and
//! the tree is published), [`lease`] (who may write), [`sequencer`] (acts from the outbox into the log), [`view`] (reading
//! a log that is on disk), [`witness`] (signing what other logs show), [`cosign`] (witnesses of this log), [`anchor`]
//! (its trees kept in other places), [`monitor`] (following a log from outside), [`proof`], [`export`], [`audit`],
//! [`erasure`], [`offline`] (the checks that need nothing but files).
//!
//! Folder (`DATA/ledger`)
//! ```text
//! checkpoint          the signed tree head (C2SP tlog-checkpoint)
//! tile/…              hashes and entries (C2SP tlog-tiles)
//! journal/<index>     leaves that are durable but perhaps not yet in tiles
//! signing.key         the secret, mode 0600            verifier.key   its public half
//! lock, fence         held by the one writer; how often the writing was taken over
//! cosigned/…          the newest trees with the cosignatures of witnesses; witnesses.keys  whose, and how many are asked for
//! ```
//!
//! Invariants
//! - An append is acknowledged after its leaves are on the disk. What was acknowledged keeps its position for ever: a stop
//!   at any write loses, forks and renumbers nothing (`log::faults` fails every step and looks).
//! - The log is integrated before it is published: a signed checkpoint never names a leaf whose tiles are not durable.
//! - One writer: the folder is locked, and the database has a lease with a fence; positions are recorded only under the
//!   present fence. An act is in the log once: appends are deduplicated by act id.
//! - A witness keeps a tree durably before it signs it, and never signs two histories. A cosignature is kept only after
//!   it was verified.
//! - No leaf holds personal data: the private part is only committed to, under a random salt.
//!
//! What it does not do: it decides nothing and checks no permission (slices do), and it speaks no HTTP: messages to and
//! from witnesses, monitors and anchors are carried by slices and commands.

pub mod anchor;
pub mod audit;
pub mod cosign;
pub mod disk;
pub mod erasure;
pub mod export;
pub mod key;
pub mod leaf;
pub mod lease;
pub mod log;
pub mod monitor;
pub mod offline;
pub mod proof;
pub mod sequencer;
mod store;
pub mod view;
pub mod witness;

#[cfg(test)]
mod outside_faults;
#[cfg(test)]
mod outside_tests;
#[cfg(test)]
mod tests;

pub use cosign::WitnessPolicy;
pub use log::{Log, LogError, NewLeaf};
pub use proof::ActProof;
pub use sequencer::{Ledger, Settings};
pub use store::migrations;
pub use view::View;

use ground::problem::{Level, UNAVAILABLE};
use ground::{ErrorCode, Problem};

/// The disk has no room for another act; nothing was lost.
pub const DISK_FULL: ErrorCode = ErrorCode::new("ledger_disk_full", 503, Level::Error);
/// Another process writes this ledger.
pub const LOCKED: ErrorCode = ErrorCode::new("ledger_locked", 503, Level::Error);
/// The files of the ledger contradict each other or the database.
pub const CORRUPT: ErrorCode = ErrorCode::new("ledger_corrupt", 500, Level::Error);
/// The act is not in a published tree yet; it will be within a second or two.
pub const NOT_YET: ErrorCode = ErrorCode::new("ledger_not_yet", 409, Level::Debug);

/// The codes of this crate.
pub const CODES: &[ErrorCode] = &[DISK_FULL, LOCKED, CORRUPT, NOT_YET];

impl From<LogError> for Problem {
    fn from(error: LogError) -> Self {
        let code = match &error {
            LogError::DiskFull { .. } => &DISK_FULL,
            LogError::Locked { .. } => &LOCKED,
            LogError::Corrupt { .. } | LogError::Key { .. } => &CORRUPT,
            LogError::Disk { .. } | LogError::Closed | LogError::Behind { .. } => &UNAVAILABLE,
            LogError::TooLarge { .. } => &ground::problem::TOO_LARGE,
        };
        Problem::new(code).because(error)
    }
}
