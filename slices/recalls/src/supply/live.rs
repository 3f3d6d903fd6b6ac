//! Asks `trace` and `events`.

use super::{Link, Sold, Supply, Tie};
use crate::Error;
use ground::Problem;
use gs1::Gtin;
use kernel::{Actor, Kernel, Paging};
use std::collections::HashMap;
use std::sync::Mutex;
use trace::{After, Lot, LotFilter, LotState};

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

/// The duties of tracing as they are.
pub(super) struct Live;

fn traced(error: trace::Error) -> Error {
    Error::Platform(error.into())
}

#[async_trait::async_trait]
impl Supply for Live {
    async fn lot_of_unit(&self, kernel: &Kernel, gtin: &Gtin, serial: &str) -> Result<Option<Lot>, Error> {
        Ok(trace::standing(kernel, gtin, serial).await.map_err(traced)?.lot)
    }

    async fn lot_by_id(&self, kernel: &Kernel, id: &str) -> Result<Option<Lot>, Error> {
        trace::lot_by_id(kernel, id).await.map_err(traced)
    }

    async fn lots_numbered(&self, kernel: &Kernel, gtin: &Gtin, number: &str) -> Result<Vec<Lot>, Error> {
        trace::lots_numbered(kernel, gtin, number).await.map_err(traced)
    }

    async fn lots_of_gtin(&self, kernel: &Kernel, gtin: &Gtin) -> Result<Vec<Lot>, Error> {
        trace::lots_of_gtin(kernel, gtin).await.map_err(traced)
    }

    async fn lots_of_supplier(&self, kernel: &Kernel, supplier: &str, most: u64) -> Result<Vec<Lot>, Error> {
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

    async fn lots_with_document(&self, kernel: &Kernel, document: &str, most: u64) -> Result<Vec<Lot>, Error> {
        trace::lots_with_document(kernel, document, most).await.map_err(traced)
    }

    async fn serials(&self, kernel: &Kernel, lot_id: &str, most: u64) -> Result<Vec<String>, Error> {
        trace::unit_serials(kernel, lot_id, most).await.map_err(traced)
    }

    async fn sold(
        &self,
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

    async fn links(&self, kernel: &Kernel, ids: &[String]) -> Result<Vec<Link>, Error> {
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

    async fn set_lot_state(&self, kernel: &Kernel, lot_id: &str, state: LotState, reason: &str) -> Result<(), Error> {
        let actor = Actor::system("recalls");
        trace::set_lot_state(kernel, &actor, lot_id, state, reason).await.map_err(traced)?;
        Ok(())
    }
}
