//! Everything the public may know about what an address names, gathered from the duties that know it.
//!
//! What a lot's papers, journey and recalls are is the same for all its units: it is gathered once for all of them and
//! believed for some seconds. Only what is a unit's own is asked for at the first look at it.

use crate::address::{Address, Level};
use crate::model::{LotBrief, Outcome, Warning, WarningState};
use crate::own::{self, JOURNEY_MAX, Own};
use crate::store;
use crate::watch::Waiting;
use events::StoredEvent;
use ground::Timestamp;
use ground::time::SECOND_MICROS;
use journey::clones::{Facts, HotSet, UnitState as Stand};
use kernel::{Kernel, Result};
use recalls::PublicRecall;
use reports::PublicReport;
use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use trace::{Authenticity, Lot, LotDocument, LotState, UnitStanding, UnitState};

/// How long this process believes what it has gathered, microseconds. What this process decides is seen at once, by a
/// reaction; what another one decides, after this time at the latest.
const KNOWN_MICROS: i64 = 10 * SECOND_MICROS;
/// Addresses whose knowledge is kept in memory.
const KNOWN_MAX: usize = 5_000;
/// Lots whose knowledge is kept in memory.
const LOTS_MAX: usize = 2_000;

/// What the public may know.
#[derive(Debug, Clone)]
pub struct Known {
    /// What was asked.
    pub address: Address,
    /// What it turned out to be.
    pub outcome: Outcome,
    /// How the product is called; `None` when nothing is known of this GTIN.
    pub product: Option<String>,
    /// The lot: the unit's own, or the one asked for.
    pub lot: Option<Lot>,
    /// Where the unit stands.
    pub unit: Option<UnitStanding>,
    /// Whether the code names another lot than the one the unit belongs to.
    pub lot_differs: bool,
    /// Certificates of the lot.
    pub documents: Vec<LotDocument>,
    /// Test reports of the lot.
    pub reports: Vec<PublicReport>,
    /// Recalls that concern it.
    pub recalls: Vec<PublicRecall>,
    /// Steps of its journey, oldest first.
    pub journey: Vec<StoredEvent>,
    /// Warnings about copied codes that stand.
    pub warnings: Vec<Warning>,
    /// The quality rating of the goods as their merchant offers them; `None` where nothing is known.
    pub grade: Option<ratings::PublicGrade>,
    /// Scans stored when this was gathered; what came since, `watch` knows.
    pub scans: u32,
    /// When it was first scanned, as it was stored then.
    pub first_at: Option<Timestamp>,
}

/// What the sign on the page says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// Genuine, and nothing speaks against it.
    Genuine,
    /// Genuine by its number, but something is wrong with it.
    Warned,
    /// Called back.
    Recalled,
    /// Withdrawn.
    Withdrawn,
    /// Not made here: forged.
    Forged,
    /// Nothing is known.
    Unknown,
    /// A product or lot: no statement about one package.
    General,
}

impl Sign {
    /// Stable name, as in message ids.
    pub fn name(self) -> &'static str {
        match self {
            Sign::Genuine => "genuine",
            Sign::Warned => "warned",
            Sign::Recalled => "recalled",
            Sign::Withdrawn => "withdrawn",
            Sign::Forged => "forged",
            Sign::Unknown => "unknown",
            Sign::General => "general",
        }
    }
}

impl Known {
    /// The sign: what is worst counts.
    pub fn sign(&self) -> Sign {
        let blocked = self.lot.as_ref().is_some_and(|lot| lot.state == LotState::Blocked);
        let recalled = self.lot.as_ref().is_some_and(|lot| lot.state == LotState::Recalled);
        match self.outcome {
            Outcome::Forged => Sign::Forged,
            Outcome::Unknown | Outcome::Invalid => Sign::Unknown,
            Outcome::Withdrawn => Sign::Withdrawn,
            _ if recalled || self.recalls.iter().any(is_running) => Sign::Recalled,
            Outcome::NotCommissioned | Outcome::Decommissioned => Sign::Warned,
            _ if blocked || self.lot_differs || !self.warnings.is_empty() => Sign::Warned,
            Outcome::Genuine => Sign::Genuine,
            Outcome::Lot | Outcome::Product => Sign::General,
        }
    }

    /// Whether a person confirmed that this code was copied.
    pub fn is_confirmed_copy(&self) -> bool {
        self.warnings.iter().any(|warning| warning.state == WarningState::Confirmed)
    }

    /// What a sighting needs to know of the lot.
    pub fn lot_brief(&self) -> Option<LotBrief> {
        self.lot.as_ref().map(|lot| LotBrief {
            id: lot.id.clone(),
            number: lot.number.clone(),
            product: lot.product.clone(),
            merchant_id: lot.merchant_id.clone(),
            market: lot.market.clone(),
            units: lot.units_commissioned.max(0) as u64,
        })
    }

    /// What the engine needs to know of the unit; `None` for what is no genuine unit.
    pub fn facts(&self) -> Option<Facts> {
        let unit = self.unit.as_ref().filter(|unit| unit.authenticity == Authenticity::Genuine)?;
        let state = match unit.state {
            UnitState::Unminted | UnitState::Minted => Stand::NotCommissioned,
            UnitState::Commissioned | UnitState::Sold => Stand::Commissioned,
            UnitState::Decommissioned => {
                let at = unit.decommissioned.as_ref().map_or(Timestamp::from_micros(0), |turn| turn.at);
                Stand::Decommissioned { at }
            }
        };
        Some(Facts { state })
    }
}

/// Whether a recall is under way: one that is over is history.
pub(crate) fn is_running(recall: &PublicRecall) -> bool {
    recall.state.is_running()
}

type Gathered<T> = Mutex<HotSet<String, (Timestamp, Arc<T>)>>;

/// What was gathered lately: of addresses, of lots, and how products are called.
pub(crate) struct Memory {
    addresses: Gathered<Known>,
    lots: Gathered<OfLot>,
    products: Gathered<Option<String>>,
}

impl Default for Memory {
    fn default() -> Self {
        Memory {
            addresses: Mutex::new(HotSet::new(KNOWN_MAX)),
            lots: Mutex::new(HotSet::new(LOTS_MAX)),
            products: Mutex::new(HotSet::new(LOTS_MAX)),
        }
    }
}

fn lock<T>(gathered: &Gathered<T>) -> std::sync::MutexGuard<'_, HotSet<String, (Timestamp, Arc<T>)>> {
    gathered.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// What is held under a key and still believed.
fn held<T>(gathered: &Gathered<T>, key: &String, now: Timestamp) -> Option<Arc<T>> {
    let mut gathered = lock(gathered);
    let (at, held) = gathered.get(key)?;
    (now.micros() - at.micros() < KNOWN_MICROS).then(|| Arc::clone(held))
}

/// What all units of a lot share.
#[derive(Debug)]
struct OfLot {
    documents: Vec<LotDocument>,
    reports: Vec<PublicReport>,
    recalls: Vec<PublicRecall>,
    journey: Vec<StoredEvent>,
    warnings: Vec<Warning>,
    grade: Option<ratings::PublicGrade>,
}

/// Everything the public may know about what this address names.
///
/// # Errors
/// What the duties say.
pub async fn of(kernel: &Kernel, address: &Address) -> Result<Arc<Known>> {
    let (memory, now, key) = (kernel.memory::<Memory>(), kernel.now(), address.path());
    if let Some(known) = held(&memory.addresses, &key, now) {
        return Ok(known);
    }
    let known = Arc::new(gather(kernel, address).await?);
    lock(&memory.addresses).put(key, (now, Arc::clone(&known)));
    Ok(known)
}

/// Scans of a unit so far and the first of them, those that are not stored yet included.
pub(crate) fn scans_so_far(kernel: &Kernel, known: &Known) -> (u32, Option<Timestamp>) {
    let serial = known.address.serial.as_deref().unwrap_or_default();
    kernel.memory::<Waiting>().scans_of(known.address.gtin.as_str(), serial, (known.scans, known.first_at))
}

/// Forgets what was gathered of this address: something happened to it alone.
pub(crate) fn forget(kernel: &Kernel, address: &Address) {
    let memory = kernel.memory::<Memory>();
    let mut addresses = lock(&memory.addresses);
    addresses.remove(&address.path());
    addresses.remove(&Address { lot: None, ..address.clone() }.path());
}

/// Forgets everything: something changed that may concern any address.
pub fn forget_all(kernel: &Kernel) {
    let memory = kernel.memory::<Memory>();
    *lock(&memory.addresses) = HotSet::new(KNOWN_MAX);
    *lock(&memory.lots) = HotSet::new(LOTS_MAX);
    *lock(&memory.products) = HotSet::new(LOTS_MAX);
    trace::forget_recent(kernel);
}

async fn gather(kernel: &Kernel, address: &Address) -> Result<Known> {
    let mut known = Known {
        address: address.clone(),
        outcome: Outcome::Unknown,
        product: None,
        lot: None,
        unit: None,
        lot_differs: false,
        documents: Vec::new(),
        reports: Vec::new(),
        recalls: Vec::new(),
        journey: Vec::new(),
        warnings: Vec::new(),
        grade: None,
        scans: 0,
        first_at: None,
    };
    let own = identify(kernel, &mut known).await?;
    if known.product.is_none() {
        known.product = product(kernel, &address.gtin).await?;
    }
    // Who holds a forged code learns nothing of the lot it pretends to be of.
    if matches!(known.outcome, Outcome::Forged) {
        return Ok(known);
    }
    let of_unit = known.facts().is_some();
    match known.lot.clone() {
        Some(lot) => {
            let shared = of_lot(kernel, &lot).await?;
            known.documents.clone_from(&shared.documents);
            known.reports.clone_from(&shared.reports);
            known.recalls.clone_from(&shared.recalls);
            known.warnings.clone_from(&shared.warnings);
            known.grade.clone_from(&shared.grade);
            if of_unit || known.outcome == Outcome::Lot {
                known.journey.clone_from(&shared.journey);
            }
        }
        None => {
            let number = address.lot.as_deref();
            known.recalls = recalls::notices_for(kernel, &address.gtin, number, None).await?;
        }
    }
    if let Some(own) = own {
        add_own(&mut known, own);
    }
    Ok(known)
}

/// What is a unit's own, beside what it shares with its lot.
fn add_own(known: &mut Known, own: Own) {
    known.recalls.extend(own.recalls);
    let mut seen = HashSet::new();
    known.recalls.retain(|recall| seen.insert(recall.id.clone()));
    known.recalls.sort_by_key(|recall| std::cmp::Reverse(recall.started_at));
    known.journey.extend(own.journey);
    known.journey.sort_by_key(|step| (step.event_time, step.seq));
    known.journey.dedup_by_key(|step| step.seq);
    known.journey.truncate(JOURNEY_MAX);
    known.warnings.extend(own.warnings);
    known.warnings.sort_by_key(|warning| std::cmp::Reverse(warning.opened_at));
    if let Some((scans, first_at)) = own.scans {
        (known.scans, known.first_at) = (scans, Some(first_at));
    }
}

/// What all units of a lot share.
async fn of_lot(kernel: &Kernel, lot: &Lot) -> Result<Arc<OfLot>> {
    let (memory, now) = (kernel.memory::<Memory>(), kernel.now());
    if let Some(shared) = held(&memory.lots, &lot.id, now) {
        return Ok(shared);
    }
    let gtin = lot.gtin;
    let shared = Arc::new(OfLot {
        documents: trace::public_documents(kernel, &lot.id).await?,
        reports: reports::of_lot(kernel, &lot.id).await?,
        recalls: recalls::notices_for(kernel, &gtin, Some(&lot.number), None).await?,
        journey: events::journey(kernel, &[Address::of_lot(gtin, &lot.number).canonical()], JOURNEY_MAX).await?,
        warnings: store::warnings::standing(kernel.db().read(), gtin.as_str(), "", Some(&lot.id)).await?,
        grade: ratings::grade_of_gtin(kernel, gtin.as_str(), &lot.merchant_id).await?,
    });
    lock(&memory.lots).put(lot.id.clone(), (now, Arc::clone(&shared)));
    Ok(shared)
}

/// How the goods of a GTIN are called by their newest lot.
async fn product(kernel: &Kernel, gtin: &gs1::Gtin) -> Result<Option<String>> {
    let (memory, now, key) = (kernel.memory::<Memory>(), kernel.now(), gtin.as_str().to_owned());
    if let Some(named) = held(&memory.products, &key, now) {
        return Ok(named.as_ref().clone());
    }
    let named = trace::lots_of_gtin(kernel, gtin).await?.into_iter().next().map(|lot| lot.product);
    lock(&memory.products).put(key, (now, Arc::new(named.clone())));
    Ok(named)
}

/// What the address names: the unit, the lot or the product. Of a unit, what is its own.
async fn identify(kernel: &Kernel, known: &mut Known) -> Result<Option<Own>> {
    let address = known.address.clone();
    let mut of_unit = None;
    match (address.level(), &address.serial, &address.lot) {
        (Level::Unit, Some(serial), _) => {
            let own = own::of(kernel, address.gtin, serial, KNOWN_MICROS).await?;
            let unit = own.standing.clone();
            of_unit = Some(own);
            known.outcome = match (unit.authenticity, unit.state) {
                (Authenticity::Forged, _) => Outcome::Forged,
                (Authenticity::UnknownKey, _) => Outcome::Unknown,
                (_, UnitState::Unminted | UnitState::Minted) => Outcome::NotCommissioned,
                (_, UnitState::Decommissioned) => Outcome::Decommissioned,
                _ => Outcome::Genuine,
            };
            known.lot = unit.lot.clone();
            known.unit = Some(unit);
            let named = known.lot.as_ref().zip(address.lot.as_ref());
            known.lot_differs = named.is_some_and(|(lot, named)| lot.number != *named);
            if known.lot.is_none()
                && known.outcome == Outcome::Unknown
                && let Some(number) = &address.lot
            {
                known.lot = trace::public_lot(kernel, &address.gtin, number).await?;
            }
        }
        (Level::Lot, _, Some(number)) => {
            known.lot = trace::public_lot(kernel, &address.gtin, number).await?;
            known.outcome = if known.lot.is_some() { Outcome::Lot } else { Outcome::Unknown };
        }
        _ => {
            known.product = product(kernel, &address.gtin).await?;
            known.outcome = if known.product.is_none() { Outcome::Unknown } else { Outcome::Product };
        }
    }
    let withdrawn = known.lot.as_ref().is_some_and(|lot| lot.state == LotState::Withdrawn);
    if withdrawn && !matches!(known.outcome, Outcome::Unknown | Outcome::Forged) {
        known.outcome = Outcome::Withdrawn;
    }
    known.product = known.lot.as_ref().map(|lot| lot.product.clone()).or(known.product.take());
    Ok(of_unit)
}
