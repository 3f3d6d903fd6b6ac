//! The number of the writer in the ledger's folder (`fence`): a writer whose lease went to another while it hung finds a
//! higher number there and writes no more, also where the folder's lock does not reach (a disk that two machines share).

use super::LogError;
use crate::disk::Disk;

/// File of the highest fence that was raised, decimal.
pub const FILE: &str = "fence";
const FILE_BYTES_MAX: u64 = 64;

/// The number this writer got with its lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fence(u64);

impl Fence {
    /// For writers without a lease: nothing is looked at.
    pub fn none() -> Self {
        Fence(0)
    }

    /// The fence with this number, from 1.
    pub fn new(number: u64) -> Self {
        Fence(number)
    }

    /// Puts the number in the folder, durably.
    ///
    /// # Errors
    /// [`LogError::Locked`] when a higher one is there; what the disk says.
    pub fn raise(self, disk: &dyn Disk) -> Result<(), LogError> {
        if self.0 == 0 {
            return Ok(());
        }
        self.check(disk)?;
        let write = || {
            let draft = format!("{FILE}.new");
            disk.write(&draft, format!("{}\n", self.0).as_bytes())?;
            disk.sync_file(&draft)?;
            disk.rename(&draft, FILE)?;
            disk.sync_folder("")
        };
        write().map_err(|error| LogError::disk("raising the fence", error))
    }

    /// Looks whether a later writer has been here.
    ///
    /// # Errors
    /// [`LogError::Locked`] when one has; [`LogError::Corrupt`] for a file that is no number.
    pub fn check(self, disk: &dyn Disk) -> Result<(), LogError> {
        if self.0 == 0 {
            return Ok(());
        }
        let read = disk.read(FILE, FILE_BYTES_MAX).map_err(|error| LogError::disk("reading the fence", error))?;
        let Some(bytes) = read else { return Ok(()) };
        let text = String::from_utf8_lossy(&bytes);
        let there: u64 = text.trim().parse().map_err(|_| LogError::corrupt(FILE, "it is not a number"))?;
        if there > self.0 {
            let reason = format!("another process took the ledger over (fence {there}, this one had {})", self.0);
            return Err(LogError::Locked { reason });
        }
        Ok(())
    }
}
