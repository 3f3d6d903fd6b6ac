//! What every public function of a slice receives, and the one way to decide something.
//!
//! Reading order: [`Kernel`], [`Actor`] and [`Permission`], [`Write`] (a decision: change, act and outbox in one
//! transaction), [`outbox`] (how acts reach the ledger, the loops and the webhooks), [`job`], [`page`], [`sealed`] (keys at
//! rest).
//!
//! ```ignore
//! pub async fn refuse(kernel: &Kernel, actor: &Actor, id: &str, reason: &str) -> Result<(), Error> {
//!     actor.require(Permission::MerchantsDecide)?;
//!     let mut write = kernel.begin(actor).await?;
//!     store::set_state(write.tx(), id, State::Refused, write.now()).await?;
//!     write.act(Act::new("merchant.refused", "merchant", id).outcome("refused").reason(reason)).await?;
//!     write.commit().await?;
//!     Ok(())
//! }
//! ```
//!
//! Invariants
//! - A decision is one transaction. [`Write::commit`] refuses a transaction without an act.
//! - An act row, once committed, is never changed, except that its leaf index is set once and that an erasure empties
//!   its private part and salt.
//! - Personal data goes only into an act's private part; the public part names people by id.
//!
//! What it does not do: no HTTP, no page, no rule of any duty; it does not append to the log (`ledger` does).

mod act;
mod actor;
pub mod job;
pub mod outbox;
pub mod page;
pub mod sealed;
pub mod store;
pub mod testing;
mod together;
mod write;

#[cfg(test)]
mod tests;

pub use act::{Act, ActRecord, Subject, commitment};
pub use actor::{Actor, ActorKind, Permission, Role, signed_out};
pub use job::Job;
pub use outbox::{Consumer, Reaction};
pub use page::{Page, Paging, Sort};
pub use together::Together;
pub use write::Write;

use arc_swap::{ArcSwap, ArcSwapOption};
use blobs::Blobs;
use db::Db;
use ground::{Clock, Problem, Rng, Timestamp};
use jiff::tz::TimeZone;
use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;

/// A result of a public function.
pub type Result<T, E = Problem> = std::result::Result<T, E>;

/// The store, the files, time, chance and the policies in force. Cheap to clone; one per process.
#[derive(Clone)]
pub struct Kernel(Arc<Parts>);

struct Parts {
    db: Db,
    blobs: Blobs,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    packs: ArcSwap<policy::Packs>,
    zone: TimeZone,
    ids: ground::IdSequence,
    wakers: Mutex<HashMap<&'static str, Arc<Notify>>>,
    memory: Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>,
    sealer: ArcSwapOption<sealed::Sealer>,
}

impl Kernel {
    /// Puts the parts together. `zone` is the operator's civil time zone (Asia/Shanghai by default).
    pub fn new(
        db: Db,
        blobs: Blobs,
        clock: Arc<dyn Clock>,
        rng: Arc<dyn Rng>,
        packs: policy::Packs,
        zone: TimeZone,
    ) -> Self {
        Kernel(Arc::new(Parts {
            db,
            blobs,
            clock,
            rng,
            packs: ArcSwap::from_pointee(packs),
            zone,
            ids: ground::IdSequence::default(),
            wakers: Mutex::default(),
            memory: Mutex::default(),
            sealer: ArcSwapOption::empty(),
        }))
    }

    /// The store.
    pub fn db(&self) -> &Db {
        &self.0.db
    }

    /// The files.
    pub fn blobs(&self) -> &Blobs {
        &self.0.blobs
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Today in the operator's time zone: the date policies are looked up by.
    pub fn today(&self) -> jiff::civil::Date {
        self.now().date_in(&self.0.zone)
    }

    /// The clock itself, for engines that want one.
    pub fn clock(&self) -> &dyn Clock {
        self.0.clock.as_ref()
    }

    /// Chance.
    pub fn rng(&self) -> &dyn Rng {
        self.0.rng.as_ref()
    }

    /// The operator's time zone.
    pub fn zone(&self) -> &TimeZone {
        &self.0.zone
    }

    /// A new id; ids of one process sort in the order they were made.
    pub fn new_id(&self) -> String {
        self.0.ids.next(self.clock(), self.rng())
    }

    /// The policy packs in force, all markets.
    pub fn packs(&self) -> Arc<policy::Packs> {
        self.0.packs.load_full()
    }

    /// Puts other packs in force in this process. Only `policies` calls it, after the activation is committed.
    pub fn replace_packs(&self, packs: policy::Packs) {
        self.0.packs.store(Arc::new(packs));
    }

    /// Seals keys under this master key from now on. Called once, where the process starts.
    pub fn use_master_key(&self, key: &sealed::MasterKey) {
        self.0.sealer.store(Some(Arc::new(sealed::Sealer::new(key))));
    }

    /// What seals the keys that are kept in the store.
    ///
    /// # Errors
    /// [`sealed::Error::NoMasterKey`] where the process was started without one.
    pub fn sealer(&self) -> Result<Arc<sealed::Sealer>, sealed::Error> {
        self.0.sealer.load_full().ok_or(sealed::Error::NoMasterKey)
    }

    /// Seals a secret text for one column.
    ///
    /// # Errors
    /// Without a master key, or when the text is too long for a secret.
    pub fn seal(&self, purpose: &str, secret: &str) -> Result<String> {
        Ok(self.sealer()?.seal(self.rng(), purpose, secret.as_bytes())?)
    }

    /// Opens what [`Kernel::seal`] made. A text that was written before secrets were sealed comes back as it is.
    ///
    /// # Errors
    /// Without a master key, or when the text was changed or moved.
    pub fn unseal(&self, purpose: &str, stored: &str) -> Result<String> {
        if !sealed::is_sealed(stored) {
            return Ok(stored.to_owned());
        }
        let opened = self.sealer()?.open(purpose, stored)?;
        String::from_utf8(opened.to_vec()).map_err(Problem::internal)
    }

    /// Begins a decision on behalf of `actor`. Dropping it changes nothing.
    ///
    /// # Errors
    /// `unavailable` when the store gives no transaction in time.
    pub async fn begin(&self, actor: &Actor) -> Result<Write> {
        Write::begin(self.clone(), actor.clone()).await
    }

    /// What a slice keeps in memory beside this store: caches and indexes that can be made again from it. One value a type,
    /// made empty at the first asking. A process-wide `static` would mix two stores of one process; this cannot.
    pub fn memory<T: Default + Send + Sync + 'static>(&self) -> Arc<T> {
        let mut memory = self.0.memory.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let held = memory.entry(TypeId::of::<T>()).or_insert_with(|| Arc::new(T::default()));
        Arc::clone(held).downcast::<T>().unwrap_or_default()
    }

    /// The waker of a job: `notified()` resolves after a [`Kernel::wake`] of the same name.
    pub fn waker(&self, name: &'static str) -> Arc<Notify> {
        let mut wakers = self.0.wakers.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        Arc::clone(wakers.entry(name).or_default())
    }

    /// Tells a job that there is work, so that it need not wait for its next turn.
    pub fn wake(&self, name: &'static str) {
        self.waker(name).notify_one();
    }

    /// Tells every job that there may be work: time made a step.
    pub fn wake_all(&self) {
        let wakers = self.0.wakers.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        wakers.values().for_each(|waker| waker.notify_one());
    }
}

/// The migrations of the acts and the outbox.
pub fn migrations() -> db::Migrations {
    store::migrations()
}
