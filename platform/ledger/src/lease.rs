//! The lease of the one writer, in the database: two processes on one store never write one ledger.
//!
//! A lease has a holder, a fence and an end. It is taken when it is free or over; each taking raises the fence, and the
//! positions of leaves are recorded only under the present fence, so a writer that hung and woke up too late changes
//! nothing. On one machine the folder's lock stands before it: who holds the lock of the very folder that the lease names
//! knows that the earlier holder is gone, and need not wait.

use crate::{LOCKED, store};
use ground::time::SECOND_MICROS;
use ground::{Problem, Timestamp};
use kernel::{Kernel, Result};
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// How long a lease lasts without being renewed, seconds.
pub const LEASE_SECONDS: i64 = 15;
/// A lease is renewed when less than this is left of it, seconds.
const RENEW_BELOW_SECONDS: i64 = 10;

/// A lease that was taken. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Lease {
    ledger: String,
    holder: String,
    fence: u64,
    /// End as this process knows it, UTC microseconds.
    until: Arc<AtomicI64>,
}

/// What the database says about a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseState {
    /// Who has it.
    pub holder: String,
    /// How often it was taken.
    pub fence: u64,
    /// When it ends unless renewed.
    pub until: Timestamp,
}

/// Who would hold the ledger in this folder on this machine: the same after a restart, another for a copy elsewhere.
pub fn holder_of(folder: &Path) -> String {
    let machine = |file: &str| std::fs::read(file).unwrap_or_default();
    let place = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    let mut digest = Sha256::new();
    for part in [place.to_string_lossy().as_bytes(), &machine("/etc/machine-id"), &machine("/etc/hostname")] {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    hex::encode(&digest.finalize()[..16])
}

impl Lease {
    /// Takes the lease of a ledger.
    ///
    /// # Errors
    /// `ledger_locked`, naming holder and end, while another holds it; what the store says.
    pub async fn take(kernel: &Kernel, ledger: &str, holder: &str) -> Result<Lease> {
        let now = kernel.now();
        let until = now.plus_micros(LEASE_SECONDS * SECOND_MICROS);
        let tx = kernel.db().write_tx().await?;
        let present = store::lease(&tx, ledger).await?;
        if let Some(other) = present.as_ref().filter(|lease| lease.holder != holder && lease.until > now) {
            let reason = format!(
                "process {} writes the ledger {ledger} until {} unless it renews (fence {})",
                other.holder,
                other.until.to_rfc3339(),
                other.fence
            );
            return Err(Problem::new(&LOCKED).because(reason));
        }
        let fence = present.as_ref().map_or(0, |lease| lease.fence) + 1;
        let next = LeaseState { holder: holder.to_owned(), fence, until };
        if !store::put_lease(&tx, ledger, present.as_ref(), &next).await? {
            return Err(Problem::new(&LOCKED).because("another process took the ledger just now"));
        }
        tx.commit().await.map_err(db::Error::from)?;
        Ok(Lease {
            ledger: ledger.to_owned(),
            holder: holder.to_owned(),
            fence,
            until: Arc::new(AtomicI64::new(until.micros())),
        })
    }

    /// Its number: higher than that of every earlier holder.
    pub fn fence(&self) -> u64 {
        self.fence
    }

    /// Makes sure that the lease is still this one's, renewing it when little is left.
    ///
    /// # Errors
    /// `ledger_locked` when another took it; what the store says.
    pub async fn hold(&self, kernel: &Kernel) -> Result<()> {
        let now = kernel.now();
        if self.until.load(Ordering::Relaxed) > now.plus_micros(RENEW_BELOW_SECONDS * SECOND_MICROS).micros() {
            return Ok(());
        }
        let tx = kernel.db().write_tx().await?;
        self.extend(&tx, now).await?;
        tx.commit().await.map_err(db::Error::from)?;
        Ok(())
    }

    /// Renews the lease inside a transaction, which is thereby only kept under this fence.
    ///
    /// # Errors
    /// As [`Lease::hold`].
    pub(crate) async fn extend(&self, tx: &db::Tx, now: Timestamp) -> Result<()> {
        let until = now.plus_micros(LEASE_SECONDS * SECOND_MICROS);
        let mine = LeaseState { holder: self.holder.clone(), fence: self.fence, until };
        if !store::extend_lease(tx, &self.ledger, &mine).await? {
            let reason =
                format!("another process took the ledger {} over; this one had fence {}", self.ledger, self.fence);
            return Err(Problem::new(&LOCKED).because(reason));
        }
        self.until.store(until.micros(), Ordering::Relaxed);
        Ok(())
    }

    /// Gives the lease back, so that the next need not wait for its end.
    ///
    /// # Errors
    /// What the store says. A lease that is no longer this one's is left alone.
    pub async fn release(&self, kernel: &Kernel) -> Result<()> {
        let tx = kernel.db().write_tx().await?;
        let over = LeaseState { holder: self.holder.clone(), fence: self.fence, until: kernel.now() };
        store::extend_lease(&tx, &self.ledger, &over).await?;
        tx.commit().await.map_err(db::Error::from)?;
        Ok(())
    }
}
