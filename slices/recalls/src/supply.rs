//! What a recall asks of the duties of tracing, in one place. [`Live`] asks `trace` and `events`; tests may put another
//! supply beside a kernel.

mod live;

use crate::Error;
use arc_swap::ArcSwapOption;
use ground::Timestamp;
use gs1::Gtin;
use kernel::Kernel;
use std::sync::Arc;
use trace::{Lot, LotState};

/// A unit that was sold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sold {
    /// GTIN, dot, serial.
    pub unit: String,
    /// The shop's number of the order.
    pub order: String,
}

/// How an event ties things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tie {
    /// Inputs became outputs.
    Transformation,
    /// Children were put into a parent.
    Into,
    /// Children were taken out of a parent.
    OutOf,
    /// Things went into an order.
    Sale,
}

/// One event, as far as a recall follows it. Ids are canonical Digital Link addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    pub event: String,
    pub from: Vec<String>,
    pub to: Vec<String>,
    pub tie: Tie,
    pub at: Timestamp,
    /// Who captured it.
    pub party: String,
    pub declared_wrong: bool,
}

/// What is asked. No actor: the recall has checked who asks.
#[async_trait::async_trait]
pub(crate) trait Supply: Send + Sync {
    /// The lot of a unit.
    async fn lot_of_unit(&self, kernel: &Kernel, gtin: &Gtin, serial: &str) -> Result<Option<Lot>, Error>;
    /// A lot by its id.
    async fn lot_by_id(&self, kernel: &Kernel, id: &str) -> Result<Option<Lot>, Error>;
    /// Lots of a trade item with this number, whoever keeps them.
    async fn lots_numbered(&self, kernel: &Kernel, gtin: &Gtin, number: &str) -> Result<Vec<Lot>, Error>;
    /// All lots of a trade item.
    async fn lots_of_gtin(&self, kernel: &Kernel, gtin: &Gtin) -> Result<Vec<Lot>, Error>;
    /// All lots of a merchant, or made in a plant.
    async fn lots_of_supplier(&self, kernel: &Kernel, supplier: &str, most: u64) -> Result<Vec<Lot>, Error>;
    /// All lots with a document of this number or content hash.
    async fn lots_with_document(&self, kernel: &Kernel, document: &str, most: u64) -> Result<Vec<Lot>, Error>;
    /// Serials of the units in a lot.
    async fn serials(&self, kernel: &Kernel, lot_id: &str, most: u64) -> Result<Vec<String>, Error>;
    /// Sales of units of a lot, from a mark on (empty: from the beginning), and the mark to go on at, until none.
    async fn sold(
        &self,
        kernel: &Kernel,
        lot_id: &str,
        after: &str,
        most: u64,
    ) -> Result<(Vec<Sold>, Option<String>), Error>;
    /// Events that name any of these ids.
    async fn links(&self, kernel: &Kernel, ids: &[String]) -> Result<Vec<Link>, Error>;
    /// Sets the state of a lot; the same state again changes nothing.
    async fn set_lot_state(&self, kernel: &Kernel, lot_id: &str, state: LotState, reason: &str) -> Result<(), Error>;
}

/// The supply that stands beside a kernel.
#[derive(Default)]
pub(crate) struct Beside(ArcSwapOption<Box<dyn Supply>>);

impl Beside {
    /// Puts another supply in place, for tests.
    #[cfg(test)]
    pub(crate) fn put(&self, supply: Box<dyn Supply>) {
        self.0.store(Some(Arc::new(supply)));
    }
}

/// Whom to ask.
pub(crate) fn of(kernel: &Kernel) -> Arc<Box<dyn Supply>> {
    kernel.memory::<Beside>().0.load_full().unwrap_or_else(|| Arc::new(Box::new(live::Live)))
}
