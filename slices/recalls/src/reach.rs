//! What a recall reaches: lots and units it begins at, their sources, what was made of them, what they were packed in, the
//! orders they left in; the merchants and listings that follow from it.
//!
//! Events are sought round by round: what was reached in a round is asked for in the next, until nothing new is reached.
//! The engine `journey` decides what is reached, in time; this module only brings it the events that can matter.

mod things;

pub(crate) use things::{lot_code, unit_code};

use crate::model::{Content, Counts, Done, Kind, Origin, Part, ReachRow};
use crate::supply::{self, Tie};
use crate::{Error, supply::Link};
use ground::Timestamp;
use gs1::Gtin;
use journey::graph::{self, BEGINNING, Direction, END, Kind as Edge, Role};
use kernel::Kernel;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use things::{Thing, address, thing};
use trace::Lot;

/// Rows of a reach that are kept; what is more is counted and the recall says that it was cut.
pub(crate) const ROWS_MAX: u64 = 20_000;
/// Nodes of the graph that are followed.
const NODES_MAX: usize = 500_000;
/// Ids asked of the events in one call.
const ASKED_AT_ONCE: usize = 500;
/// Ids asked of the events in all.
const ASKED_MAX: usize = 300_000;
/// Events taken in.
const LINKS_MAX: usize = 1_000_000;
/// Rounds: the length of the longest chain that is followed.
const ROUNDS_MAX: usize = 64;
/// Lots that a document or supplier may bring.
const LOTS_MAX: u64 = 5_000;
/// Units of one lot that are sought in events.
const SERIALS_MAX: u64 = 100_000;
/// Sold units read at once, and counted at most for one lot.
const SOLD_PAGE: u64 = 1_000;
const SOLD_MAX: i64 = 5_000_000;

/// What was found.
pub(crate) struct Found {
    pub rows: Vec<ReachRow>,
    pub counts: Counts,
    pub cut: bool,
}

/// What a recall begins at.
#[derive(Default)]
struct Starts {
    lots: Vec<Lot>,
    units: Vec<(Gtin, String)>,
}

fn unknown() -> Error {
    Error::field("origin_ref", "recalls-fault-origin-unknown")
}

fn unreadable() -> Error {
    Error::field("origin_ref", "recalls-fault-origin-code")
}

/// A GTIN with lot number or serial, from whatever a scanner or a person gives; a bare GTIN too.
fn code(text: &str) -> Result<(Gtin, Option<String>, Option<String>), Error> {
    if let Ok(gtin) = text.parse::<Gtin>() {
        return Ok((gtin, None, None));
    }
    let scan = gs1::parse(text).map_err(|_| unreadable())?;
    let gtin = scan.gtin().ok_or_else(unreadable)?;
    Ok((gtin, scan.lot().map(str::to_owned), scan.serial().map(str::to_owned)))
}

async fn starts(kernel: &Kernel, content: &Content) -> Result<Starts, Error> {
    let text = content.origin_ref.as_str();
    let mut starts = Starts::default();
    match content.origin {
        Origin::Unit => {
            let (gtin, _, serial) = code(text)?;
            let serial = serial.ok_or_else(unreadable)?;
            match supply::lot_of_unit(kernel, &gtin, &serial).await? {
                Some(lot) => starts.lots.push(lot),
                None => starts.units.push((gtin, serial)),
            }
        }
        Origin::Lot => match supply::lot_by_id(kernel, text).await? {
            Some(lot) => starts.lots.push(lot),
            None => {
                let (gtin, number, _) = code(text)?;
                let number = number.ok_or_else(unreadable)?;
                starts.lots = supply::lots_numbered(kernel, &gtin, &number).await?;
            }
        },
        Origin::Document => starts.lots = supply::lots_with_document(kernel, text, LOTS_MAX).await?,
        Origin::Supplier => starts.lots = supply::lots_of_supplier(kernel, text, LOTS_MAX).await?,
        Origin::Goods => {
            let (gtin, ..) = code(text)?;
            starts.lots = supply::lots_of_gtin(kernel, &gtin).await?;
        }
    }
    if starts.lots.is_empty() && starts.units.is_empty() { Err(unknown()) } else { Ok(starts) }
}

/// Seeks events and follows them.
struct Search<'a> {
    kernel: &'a Kernel,
    /// Events by number, for the rows.
    events: Vec<String>,
    parties: Vec<String>,
    links: Vec<graph::Link>,
    known: HashSet<u64>,
    asked: HashSet<String>,
    /// Lots of ours by canonical address.
    lots: HashMap<String, Vec<Lot>>,
    /// Units that were said to be of a lot.
    members: HashMap<String, String>,
    /// Lots and units whose membership was looked up.
    looked_up: HashSet<String>,
    orders: HashSet<String>,
    /// In which orders things went out.
    went_in: HashMap<String, BTreeSet<String>>,
    /// Returns that name no order.
    returns: Vec<graph::Link>,
    cut: bool,
}

/// What one walk reached: canonical address and how.
type Reached = Vec<(String, graph::Reached, Option<String>)>;

impl<'a> Search<'a> {
    fn new(kernel: &'a Kernel) -> Self {
        Search {
            kernel,
            events: Vec::new(),
            parties: Vec::new(),
            links: Vec::new(),
            known: HashSet::new(),
            asked: HashSet::new(),
            lots: HashMap::new(),
            members: HashMap::new(),
            looked_up: HashSet::new(),
            orders: HashSet::new(),
            went_in: HashMap::new(),
            returns: Vec::new(),
            cut: false,
        }
    }

    fn know(&mut self, lot: &Lot) -> String {
        let id = address(&lot_code(&lot.gtin, &lot.number));
        let known = self.lots.entry(id.clone()).or_default();
        if known.iter().all(|other| other.id != lot.id) {
            known.push(lot.clone());
        }
        id
    }

    /// Walks until nothing new is reached.
    async fn walk(&mut self, starts: &[String], direction: Direction) -> Result<Reached, Error> {
        let at = if direction == Direction::Forward { BEGINNING } else { END };
        let starts: Vec<(String, i64)> = starts.iter().map(|id| (id.clone(), at)).collect();
        let mut reached: Reached = Vec::new();
        let mut frontier: Vec<String> = starts.iter().map(|(id, _)| id.clone()).collect();
        for round in 0..=ROUNDS_MAX {
            self.ask(frontier).await?;
            let (found, named, cut) = graph::reach(&starts, direction, &self.told(), NODES_MAX);
            reached = found
                .into_iter()
                .map(|(id, reached)| {
                    let from = reached.via.and_then(|via| named.name(via.node)).map(str::to_owned);
                    (id, reached, from)
                })
                .collect();
            let grown = self.look_up_members(&reached, direction).await?;
            frontier = reached.iter().map(|(id, ..)| id).filter(|id| self.may_ask(id)).cloned().collect();
            self.cut |= cut || (round == ROUNDS_MAX && (grown || !frontier.is_empty()));
            if cut || (frontier.is_empty() && !grown) {
                break;
            }
        }
        Ok(reached)
    }

    fn may_ask(&self, id: &str) -> bool {
        !self.asked.contains(id) && !self.orders.contains(id)
    }

    /// Brings the events that name these ids.
    async fn ask(&mut self, ids: Vec<String>) -> Result<(), Error> {
        for chunk in ids.chunks(ASKED_AT_ONCE) {
            if self.asked.len() >= ASKED_MAX || self.links.len() >= LINKS_MAX {
                self.cut = true;
                self.asked.extend(chunk.iter().cloned());
                continue;
            }
            self.asked.extend(chunk.iter().cloned());
            for link in supply::links(self.kernel, chunk).await? {
                self.take(link);
            }
        }
        Ok(())
    }

    fn take(&mut self, link: Link) {
        let mut hasher = DefaultHasher::new();
        (&link.event, link.tie as u8, &link.from, &link.to).hash(&mut hasher);
        if link.declared_wrong || !self.known.insert(hasher.finish()) {
            return;
        }
        let kind = match link.tie {
            Tie::Transformation => Edge::Transformation,
            Tie::Into => Edge::Into,
            Tie::OutOf => Edge::OutOf,
            Tie::Sale => Edge::Sale,
            Tie::Return => Edge::Return,
        };
        match link.tie {
            Tie::Sale => {
                self.orders.extend(link.to.iter().cloned());
                for thing in &link.from {
                    self.went_in.entry(thing.clone()).or_default().extend(link.to.iter().cloned());
                }
            }
            Tie::Return => self.orders.extend(link.to.iter().cloned()),
            _ => {}
        }
        let event = self.events.len() as u32;
        self.events.push(link.event);
        self.parties.push(link.party);
        let at = link.at.micros();
        let link = graph::Link { event, kind, from: link.from, to: link.to, at, declared_wrong: false };
        // A return that names no order waits until all events are known that say in which the goods went.
        let waits = link.kind == Edge::Return && link.to.is_empty();
        if waits { self.returns.push(link) } else { self.links.push(link) }
    }

    /// The links with the returns that name no order: each thing came back from every order it went out in.
    fn told(&self) -> Cow<'_, [graph::Link]> {
        let mut told = Vec::new();
        for back in &self.returns {
            for thing in &back.from {
                for order in self.went_in.get(thing).into_iter().flatten() {
                    told.push(graph::Link { from: vec![thing.clone()], to: vec![order.clone()], ..back.clone() });
                }
            }
        }
        if told.is_empty() {
            return Cow::Borrowed(&self.links);
        }
        told.extend(self.links.iter().cloned());
        Cow::Owned(told)
    }

    fn member(&mut self, lot: &str, units: Vec<String>) {
        if units.is_empty() {
            return;
        }
        self.members.extend(units.iter().map(|unit| (unit.clone(), lot.to_owned())));
        let kind = Edge::Member;
        self.links.push(graph::Link {
            event: u32::MAX,
            kind,
            from: vec![lot.to_owned()],
            to: units,
            at: 0,
            declared_wrong: false,
        });
    }

    /// Forward: the units of lots that were reached. Backward: the lots of units that were reached. Whether anything is new.
    async fn look_up_members(&mut self, reached: &Reached, direction: Direction) -> Result<bool, Error> {
        let before = self.links.len();
        for (id, found, _) in reached {
            if found.role != Role::Affected || self.looked_up.contains(id) {
                continue;
            }
            match (thing(id), direction) {
                (Thing::Lot(gtin, number), Direction::Forward) => {
                    self.looked_up.insert(id.clone());
                    for lot in supply::lots_numbered(self.kernel, &gtin, &number).await? {
                        self.know(&lot);
                        let serials = supply::serials(self.kernel, &lot.id, SERIALS_MAX).await?;
                        self.cut |= serials.len() as u64 >= SERIALS_MAX && lot.units_commissioned > SERIALS_MAX as i64;
                        let units = serials.iter().map(|serial| address(&unit_code(&gtin, serial))).collect();
                        self.member(id, units);
                    }
                }
                (Thing::Unit(gtin, serial), Direction::Backward) => {
                    self.looked_up.insert(id.clone());
                    if let Some(lot) = supply::lot_of_unit(self.kernel, &gtin, &serial).await? {
                        let lot = self.know(&lot);
                        self.member(&lot, vec![id.clone()]);
                    }
                }
                _ => {}
            }
        }
        Ok(self.links.len() > before)
    }
}

/// Computes the reach of what a recall says.
///
/// # Errors
/// `invalid_input` where what it begins at is unknown or cannot be read; what the store says.
pub(crate) async fn compute(kernel: &Kernel, content: &Content) -> Result<Found, Error> {
    let starts = starts(kernel, content).await?;
    let mut search = Search::new(kernel);
    let mut begin: Vec<String> = starts.lots.iter().map(|lot| search.know(lot)).collect();
    begin.extend(starts.units.iter().map(|(gtin, serial)| address(&unit_code(gtin, serial))));
    begin.sort();
    begin.dedup();
    let backward = search.walk(&begin, Direction::Backward).await?;
    // Forward, all is asked again for what was only sought backward: lots bring their units then.
    search.looked_up.clear();
    let mut forward_from = begin.clone();
    if content.from_sources {
        let sources = backward.iter().filter(|(_, found, _)| found.role == Role::Affected);
        forward_from.extend(sources.map(|(id, ..)| id.clone()));
    }
    let forward = search.walk(&forward_from, Direction::Forward).await?;
    Collector::new(search, begin).collect(&forward, &backward).await
}

/// Makes rows of what was reached.
struct Collector<'a> {
    search: Search<'a>,
    begin: BTreeSet<String>,
    rows: Vec<ReachRow>,
    counts: Counts,
    merchants: BTreeSet<String>,
    parties: BTreeSet<String>,
    listings: BTreeMap<String, (String, String)>,
}

fn moment(at: i64) -> Option<Timestamp> {
    (at > BEGINNING && at < END - 1).then(|| Timestamp::from_micros(at))
}

impl<'a> Collector<'a> {
    fn new(search: Search<'a>, begin: Vec<String>) -> Self {
        Collector {
            search,
            begin: begin.into_iter().collect(),
            rows: Vec::new(),
            counts: Counts::default(),
            merchants: BTreeSet::new(),
            parties: BTreeSet::new(),
            listings: BTreeMap::new(),
        }
    }

    async fn collect(mut self, forward: &Reached, backward: &Reached) -> Result<Found, Error> {
        let affected: HashSet<&str> =
            forward.iter().filter(|(_, found, _)| found.role == Role::Affected).map(|(id, ..)| id.as_str()).collect();
        for (id, found, from) in forward {
            // Units of a lot that is recalled whole are counted there.
            if self.search.members.get(id).is_some_and(|lot| affected.contains(lot.as_str())) {
                self.note_party(found);
                continue;
            }
            let part = match found.role {
                _ if self.begin.contains(id) => Part::Start,
                Role::Affected => Part::Affected,
                Role::Carrier => Part::Carrier,
            };
            self.note_party(found);
            self.row(id, found, from.as_deref(), part).await?;
        }
        let reached: HashSet<&str> = forward.iter().map(|(id, ..)| id.as_str()).collect();
        for (id, found, from) in backward {
            if found.role == Role::Affected && !reached.contains(id.as_str()) {
                self.row(id, found, from.as_deref(), Part::Source).await?;
            }
        }
        self.merchants().await?;
        let listings = std::mem::take(&mut self.listings);
        self.counts.listings = listings.len() as i64;
        for (id, (merchant, name)) in listings {
            self.rows.push(plain(Kind::Listing, &id, &name, &merchant));
        }
        let cut = self.search.cut || self.rows.len() as u64 > ROWS_MAX;
        self.rows.sort_by_key(|row| (rank(row.kind), row.part));
        self.rows.truncate(ROWS_MAX as usize);
        Ok(Found { rows: self.rows, counts: self.counts, cut })
    }

    fn note_party(&mut self, found: &graph::Reached) {
        let event = found.via.and_then(|via| via.event);
        if let Some(party) = event.and_then(|event| self.search.parties.get(event as usize)) {
            self.parties.insert(party.clone());
        }
    }

    async fn row(&mut self, id: &str, found: &graph::Reached, from: Option<&str>, part: Part) -> Result<(), Error> {
        let event = found.via.and_then(|via| via.event);
        let event = event.and_then(|event| self.search.events.get(event as usize)).cloned().unwrap_or_default();
        let base = ReachRow {
            since: moment(found.since),
            until: moment(found.until),
            via: from.unwrap_or_default().to_owned(),
            event,
            part,
            ..plain(Kind::Other, id, id, "")
        };
        match thing(id) {
            _ if self.search.orders.contains(id) => {
                self.counts.orders += 1;
                self.rows.push(ReachRow { kind: Kind::Order, ..base });
            }
            Thing::Lot(gtin, number) => self.lot_rows(id, &gtin, &number, base).await?,
            Thing::Unit(gtin, serial) => self.unit_row(&gtin, &serial, base).await?,
            Thing::Container(sscc) => {
                self.counts.containers += 1;
                self.rows.push(ReachRow { kind: Kind::Container, name: sscc, ..base });
            }
            Thing::Other => self.rows.push(base),
        }
        Ok(())
    }

    async fn lot_rows(&mut self, id: &str, gtin: &Gtin, number: &str, base: ReachRow) -> Result<(), Error> {
        let code = lot_code(gtin, number);
        let mut lots = self.search.lots.get(id).cloned().unwrap_or_default();
        if lots.is_empty() {
            // A lot that was only reached backward was not looked up on the way.
            lots = supply::lots_numbered(self.search.kernel, gtin, number).await?;
        }
        let recalled = base.part != Part::Source;
        if recalled {
            self.counts.lots += (lots.len() as i64).max(1);
        }
        if lots.is_empty() {
            self.rows.push(ReachRow { kind: Kind::Lot, code, name: number.to_owned(), ..base });
            return Ok(());
        }
        for lot in lots {
            let sold = if recalled { self.sold(&lot.id).await? } else { 0 };
            if recalled {
                self.counts.units += lot.units_commissioned;
                self.counts.sold += sold;
                self.merchants.insert(lot.merchant_id.clone());
                self.listings_of(&lot).await?;
            }
            self.rows.push(ReachRow {
                kind: Kind::Lot,
                reference: lot.id.clone(),
                code: code.clone(),
                name: format!("{} · {}", lot.product, lot.number),
                merchant_id: lot.merchant_id.clone(),
                units: lot.units_commissioned,
                sold,
                ..base.clone()
            });
        }
        Ok(())
    }

    async fn unit_row(&mut self, gtin: &Gtin, serial: &str, base: ReachRow) -> Result<(), Error> {
        let lot = supply::lot_of_unit(self.search.kernel, gtin, serial).await?;
        if base.part != Part::Source {
            self.counts.units += 1;
            if let Some(lot) = &lot {
                self.merchants.insert(lot.merchant_id.clone());
            }
        }
        self.rows.push(ReachRow {
            kind: Kind::Unit,
            code: unit_code(gtin, serial),
            name: serial.to_owned(),
            merchant_id: lot.map(|lot| lot.merchant_id).unwrap_or_default(),
            units: 1,
            ..base
        });
        Ok(())
    }

    async fn sold(&mut self, lot_id: &str) -> Result<i64, Error> {
        let (mut count, mut after) = (0, String::new());
        loop {
            let (page, next) = supply::sold(self.search.kernel, lot_id, &after, SOLD_PAGE).await?;
            count += page.len() as i64;
            self.search.cut |= count >= SOLD_MAX;
            match next.filter(|_| count < SOLD_MAX) {
                Some(next) => after = next,
                None => return Ok(count),
            }
        }
    }

    async fn listings_of(&mut self, lot: &Lot) -> Result<(), Error> {
        let mut add = |id: &str| {
            self.listings.entry(id.to_owned()).or_insert((lot.merchant_id.clone(), lot.product.clone()));
        };
        match &lot.listing_id {
            Some(listing) => add(listing),
            None => {
                let same = listings::of_gtin(self.search.kernel, lot.gtin.as_str(), Some(&lot.merchant_id)).await?;
                same.iter().for_each(|listing| add(&listing.id));
            }
        }
        Ok(())
    }

    /// The merchants of the lots, and those whose events handled the goods.
    async fn merchants(&mut self) -> Result<(), Error> {
        let mut ids: Vec<String> = self.merchants.union(&self.parties).cloned().collect();
        let names = merchants::directory(self.search.kernel, &ids).await.map_err(ground::Problem::from)?;
        ids.retain(|id| names.contains_key(id));
        self.counts.merchants = ids.len() as i64;
        for id in ids {
            let name = names.get(&id).cloned().unwrap_or_default();
            self.rows.push(plain(Kind::Merchant, &id, &name, &id));
        }
        Ok(())
    }
}

fn plain(kind: Kind, reference: &str, name: &str, merchant_id: &str) -> ReachRow {
    ReachRow {
        kind,
        reference: reference.to_owned(),
        part: Part::Affected,
        code: String::new(),
        name: name.to_owned(),
        merchant_id: merchant_id.to_owned(),
        units: 0,
        sold: 0,
        since: None,
        until: None,
        via: String::new(),
        event: String::new(),
        wanted: false,
        done: Done::Off,
    }
}

/// What must not be cut comes first.
const fn rank(kind: Kind) -> u8 {
    match kind {
        Kind::Lot => 0,
        Kind::Merchant => 1,
        Kind::Listing => 2,
        Kind::Unit => 3,
        Kind::Order => 4,
        Kind::Container => 5,
        Kind::Other => 6,
    }
}

#[cfg(test)]
mod tests;
