//! What a recall asks of the duties of tracing, in one place. No actor: the recall has checked who asks.

use crate::Error;
use ground::{Problem, Timestamp};
use gs1::Gtin;
use kernel::{Actor, Kernel, Paging};
use std::collections::HashMap;
use std::sync::Mutex;
use trace::{After, Lot, LotFilter, LotState};

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

/// Marks kept in memory.
const MARKS_MAX: usize = 1_000;

/// Where the sales of a lot go on, by lot and number of sales read. `trace` gives no mark that could be stored, so the
/// stored mark is the number; after a restart the sales before it are read once more.
#[derive(Default)]
struct Marks(Mutex<HashMap<(String, u64), After>>);

impl Marks {
    fn get(&self, lot_id: &str, read: u64) -> Option<After> {
        let marks = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        marks.get(&(lot_id.to_owned(), read)).cloned()
    }

    fn put(&self, lot_id: &str, read: u64, after: After) {
        let mut marks = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if marks.len() >= MARKS_MAX {
            marks.clear();
        }
        marks.insert((lot_id.to_owned(), read), after);
    }
}

fn traced(error: trace::Error) -> Error {
    Error::Platform(error.into())
}

/// The lot of a unit.
pub(crate) async fn lot_of_unit(kernel: &Kernel, gtin: &Gtin, serial: &str) -> Result<Option<Lot>, Error> {
    Ok(trace::standing(kernel, gtin, serial).await.map_err(traced)?.lot)
}

/// A lot by its id.
pub(crate) async fn lot_by_id(kernel: &Kernel, id: &str) -> Result<Option<Lot>, Error> {
    trace::lot_by_id(kernel, id).await.map_err(traced)
}

/// Lots of a trade item with this number, whoever keeps them.
pub(crate) async fn lots_numbered(kernel: &Kernel, gtin: &Gtin, number: &str) -> Result<Vec<Lot>, Error> {
    trace::lots_numbered(kernel, gtin, number).await.map_err(traced)
}

/// All lots of a trade item.
pub(crate) async fn lots_of_gtin(kernel: &Kernel, gtin: &Gtin) -> Result<Vec<Lot>, Error> {
    trace::lots_of_gtin(kernel, gtin).await.map_err(traced)
}

/// All lots of a merchant, or made in a plant.
pub(crate) async fn lots_of_supplier(kernel: &Kernel, supplier: &str, most: u64) -> Result<Vec<Lot>, Error> {
    let filter = LotFilter { merchant_id: Some(supplier.to_owned()), ..LotFilter::default() };
    let actor = Actor::system("recalls");
    let mut found: Vec<Lot> = Vec::new();
    for number in 1.. {
        let paging = Paging::new(number, ground::limits::PAGE_ROWS_MAX);
        let page = trace::lots(kernel, &actor, &filter, &paging).await.map_err(traced)?;
        let last = page.rows.is_empty() || number >= page.pages();
        found.extend(page.rows);
        if last || found.len() as u64 >= most {
            break;
        }
    }
    if found.is_empty() {
        found = trace::lots_of_plant(kernel, supplier, most).await.map_err(traced)?;
    }
    found.truncate(usize::try_from(most).unwrap_or(usize::MAX));
    Ok(found)
}

/// All lots with a document of this number or content hash.
pub(crate) async fn lots_with_document(kernel: &Kernel, document: &str, most: u64) -> Result<Vec<Lot>, Error> {
    trace::lots_with_document(kernel, document, most).await.map_err(traced)
}

/// Serials of the units in a lot.
pub(crate) async fn serials(kernel: &Kernel, lot_id: &str, most: u64) -> Result<Vec<String>, Error> {
    trace::unit_serials(kernel, lot_id, most).await.map_err(traced)
}

/// Sales of units of a lot, from a mark on (empty: from the beginning), and the mark to go on at, until none.
pub(crate) async fn sold(
    kernel: &Kernel,
    lot_id: &str,
    after: &str,
    most: u64,
) -> Result<(Vec<Sold>, Option<String>), Error> {
    let actor = Actor::system("recalls");
    let marks = kernel.memory::<Marks>();
    let wanted: u64 = if after.is_empty() { 0 } else { after.parse().map_err(Problem::internal)? };
    let (mut read, mut at) = match marks.get(lot_id, wanted) {
        Some(at) => (wanted, at),
        None => (0, After::default()),
    };
    loop {
        let (units, next) = trace::orders_of_lot(kernel, &actor, lot_id, &at, most).await.map_err(traced)?;
        let begun = read;
        read += units.len() as u64;
        let behind = next.is_some().then(|| read.to_string());
        if let Some(next) = next {
            marks.put(lot_id, read, next.clone());
            at = next;
            if read <= wanted && read > begun {
                continue;
            }
        }
        let skipped = usize::try_from(wanted.saturating_sub(begun)).unwrap_or(usize::MAX);
        let sold = units.into_iter().skip(skipped);
        return Ok((sold.map(|unit| Sold { unit: unit.unit_id, order: unit.order }).collect(), behind));
    }
}

/// Events that name any of these ids.
pub(crate) async fn links(kernel: &Kernel, ids: &[String]) -> Result<Vec<Link>, Error> {
    use events::LinkKind::{
        AggregationAdd, AggregationDelete, AssociationAdd, AssociationDelete, Object, Transaction, Transformation,
    };
    let links = events::links(kernel, ids).await.map_err(|error| Error::Platform(error.into()))?;
    let followed = links.into_iter().filter_map(|link| {
        let tie = match link.kind {
            Transformation => Tie::Transformation,
            AggregationAdd | AssociationAdd => Tie::Into,
            AggregationDelete | AssociationDelete => Tie::OutOf,
            Transaction => Tie::Sale,
            // It says that things were somewhere, and ties them to nothing.
            Object => return None,
        };
        Some(Link {
            event: link.event,
            from: link.from,
            to: link.to,
            tie,
            at: link.at,
            declared_wrong: link.declared_wrong,
            party: link.party,
        })
    });
    Ok(followed.collect())
}

/// Sets the state of a lot; the same state again changes nothing.
pub(crate) async fn set_lot_state(kernel: &Kernel, lot_id: &str, state: LotState, reason: &str) -> Result<(), Error> {
    let actor = Actor::system("recalls");
    trace::set_lot_state(kernel, &actor, lot_id, state, reason).await.map_err(traced)?;
    Ok(())
}
