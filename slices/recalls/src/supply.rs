//! What a recall asks of the duties of tracing, in one place. No actor: the recall has checked who asks.

use crate::Error;
use ground::{Problem, Timestamp};
use gs1::Gtin;
use kernel::{Actor, Kernel, Paging};
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
    /// Things left in an order.
    Sale,
    /// Things came back from an order; with none named: from whichever they left in.
    Return,
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

/// Sales of units of a lot, from a mark on (empty: from the beginning), and the mark to go on at, until none. Marks may be
/// stored: they hold over a restart.
pub(crate) async fn sold(
    kernel: &Kernel,
    lot_id: &str,
    after: &str,
    most: u64,
) -> Result<(Vec<Sold>, Option<String>), Error> {
    let actor = Actor::system("recalls");
    let at = After::from_text(after).ok_or_else(|| Problem::internal(format!("a mark of sales: {after}")))?;
    let (units, next) = trace::orders_of_lot(kernel, &actor, lot_id, &at, most).await.map_err(traced)?;
    let sold = units.into_iter().map(|unit| Sold { unit: unit.unit_id, order: unit.order }).collect();
    Ok((sold, next.map(|next| next.to_text())))
}

/// Events that name any of these ids. An event that names orders beside its goods says two things.
pub(crate) async fn links(kernel: &Kernel, ids: &[String]) -> Result<Vec<Link>, Error> {
    let links = events::links(kernel, ids).await.map_err(|error| Error::Platform(error.into()))?;
    Ok(links.into_iter().flat_map(followed).collect())
}

fn followed(link: events::Link) -> Vec<Link> {
    use events::LinkKind::{
        AggregationAdd, AggregationDelete, AssociationAdd, AssociationDelete, Object, Transaction, Transformation,
    };
    let tie = match link.kind {
        Transformation => Some(Tie::Transformation),
        AggregationAdd | AssociationAdd => Some(Tie::Into),
        AggregationDelete | AssociationDelete => Some(Tie::OutOf),
        // They say that things were somewhere, or in which orders, and tie them to nothing else.
        Object | Transaction => None,
    };
    let base = Link {
        event: link.event,
        from: Vec::new(),
        to: Vec::new(),
        tie: Tie::Sale,
        at: link.at,
        declared_wrong: link.declared_wrong,
        party: link.party,
    };
    let ordered = match link.ordered {
        events::Ordered::Sent if link.orders.is_empty() => None,
        events::Ordered::Sent => Some(Tie::Sale),
        events::Ordered::Returned => Some(Tie::Return),
    };
    // What an order is for: the goods, and the container that is named beside them; of a transformation its outputs.
    let goods: Vec<String> = match link.kind {
        Transformation => link.to.clone(),
        _ => link.from.iter().chain(&link.to).cloned().collect(),
    };
    let orders = ordered.filter(|_| !goods.is_empty());
    let orders = orders.map(|tie| Link { tie, from: goods, to: link.orders, ..base.clone() });
    let tied = tie.map(|tie| Link { tie, from: link.from, to: link.to, ..base });
    tied.into_iter().chain(orders).collect()
}

/// Sets the state of a lot; the same state again changes nothing.
pub(crate) async fn set_lot_state(kernel: &Kernel, lot_id: &str, state: LotState, reason: &str) -> Result<(), Error> {
    let actor = Actor::system("recalls");
    trace::set_lot_state(kernel, &actor, lot_id, state, reason).await.map_err(traced)?;
    Ok(())
}
