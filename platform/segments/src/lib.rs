//! Signals on disk: the log they are durable in before they are acknowledged, the ids already acknowledged, and the file
//! into which cold records of the state go.
//!
//! Reading order: [`log`] (segments of checksummed blocks, one writer, group commit), [`seen`] (ids in memory and in sorted
//! runs), [`spill`], [`disk`] (the steps that can fail).
//!
//! Invariants
//! - A block is acknowledged after its bytes and the name of its file are on disk, never before.
//! - A failed or killed write at any step loses nothing that was acknowledged and leaves nothing counted twice: a block
//!   that survived without having been acknowledged is in the log, and its ids are found there again. For this the user
//!   asks [`Seen`] first, puts ids in only when [`Log::append`] has returned, and at the start puts in the ids of all
//!   blocks after [`Seen::complete_through`].
//! - A damaged place in a file is named by file and offset, and everything else is read.
//! - A sequence is never given twice, also when the end of the log was lost.
//! - Two processes never write the same folder: a lock file keeps the second one out.
//!
//! What it does not do: it does not know what is in a block (`stream::block` does), it keeps no time, it does not decide
//! what may be forgotten (`retain_from` is told).

pub mod disk;
pub mod log;
pub mod seen;
pub mod spill;

pub use disk::{Disk, LocalDisk};
pub use log::{Block, Blocks, Damage, Error, Log, Recovery, Settings, Ticket, read_folder};
pub use seen::{Answer, Seen};
pub use spill::SpillFile;
