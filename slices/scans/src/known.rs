//! Everything the public may know about what an address names, gathered from the duties that know it.

use crate::address::{Address, Level};
use crate::model::{LotBrief, Outcome, Warning, WarningState};
use crate::store;
use crate::watch::Waiting;
use events::StoredEvent;
use ground::Timestamp;
use ground::time::SECOND_MICROS;
use journey::clones::{Facts, HotSet, UnitState as Stand};
use kernel::{Kernel, Result};
use recalls::PublicRecall;
use reports::PublicReport;
use std::sync::{Arc, Mutex};
use trace::{Authenticity, Lot, LotDocument, LotState, UnitStanding, UnitState};

/// How long this process believes what it has gathered, microseconds. What this process decides is seen at once, by a
/// reaction; what another one decides, after this time at the latest.
const KNOWN_MICROS: i64 = 10 * SECOND_MICROS;
/// Addresses whose knowledge is kept in memory.
const KNOWN_MAX: usize = 5_000;
/// Steps of a journey that are shown.
pub const JOURNEY_MAX: usize = 60;

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
    /// Scans stored so far.
    pub scans: u32,
    /// When it was first scanned.
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

    /// The canonical ids under which its events are kept: the unit, then its lot.
    pub fn epcs(&self) -> Vec<String> {
        let gtin = self.address.gtin;
        let unit = self.address.serial.as_ref().map(|serial| canonical(gtin.as_str(), "21", serial));
        let lot = self.lot.as_ref().map(|lot| canonical(gtin.as_str(), "10", &lot.number));
        unit.into_iter().chain(lot).collect()
    }
}

/// Whether a recall is under way: one that is over is history.
pub(crate) fn is_running(recall: &PublicRecall) -> bool {
    recall.state.is_running()
}

fn canonical(gtin: &str, ai: &str, value: &str) -> String {
    let address = match gtin.parse() {
        Ok(gtin) => Address::of_product(gtin),
        Err(_) => return String::new(), // a GTIN that was read reads back
    };
    let value = Some(value.to_owned());
    let address = if ai == "21" { Address { serial: value, ..address } } else { Address { lot: value, ..address } };
    format!("https://id.gs1.org{}", address.path())
}

/// What was gathered lately.
pub(crate) struct Memory(Mutex<HotSet<String, (Timestamp, Arc<Known>)>>);

impl Default for Memory {
    fn default() -> Self {
        Memory(Mutex::new(HotSet::new(KNOWN_MAX)))
    }
}

impl Memory {
    fn lock(&self) -> std::sync::MutexGuard<'_, HotSet<String, (Timestamp, Arc<Known>)>> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// Everything the public may know about what this address names.
///
/// # Errors
/// What the duties say.
pub async fn of(kernel: &Kernel, address: &Address) -> Result<Arc<Known>> {
    let (memory, now, key) = (kernel.memory::<Memory>(), kernel.now(), address.path());
    if let Some((at, known)) = memory.lock().get(&key)
        && now.micros() - at.micros() < KNOWN_MICROS
    {
        return Ok(Arc::clone(known));
    }
    let known = Arc::new(gather(kernel, address).await?);
    memory.lock().put(key, (now, Arc::clone(&known)));
    Ok(known)
}

/// Scans of a unit so far, those that are not stored yet included.
pub(crate) fn scans_so_far(kernel: &Kernel, known: &Known) -> u32 {
    let serial = known.address.serial.as_deref().unwrap_or_default();
    known.scans + kernel.memory::<Waiting>().scans_of(known.address.gtin.as_str(), serial)
}

/// Forgets what was gathered of these units: GTIN, serial number, lot number (empty where there is none).
pub(crate) fn forget<'a>(kernel: &Kernel, units: impl IntoIterator<Item = (&'a str, &'a str, &'a str)>) {
    let memory = kernel.memory::<Memory>();
    let mut memory = memory.lock();
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    for (gtin, serial, lot) in units {
        let Ok(gtin) = gtin.parse() else { continue };
        let unit = Address { serial: some(serial), ..Address::of_product(gtin) };
        memory.remove(&unit.path());
        memory.remove(&Address { lot: some(lot), ..unit }.path());
    }
}

/// Forgets everything: something changed that may concern any address.
pub fn forget_all(kernel: &Kernel) {
    *kernel.memory::<Memory>().lock() = HotSet::new(KNOWN_MAX);
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
        scans: 0,
        first_at: None,
    };
    identify(kernel, &mut known).await?;
    if known.product.is_none() {
        known.product = trace::lots_of_gtin(kernel, &address.gtin).await?.into_iter().next().map(|lot| lot.product);
    }
    let (gtin, serial) = (address.gtin, address.serial.as_deref());
    // Who holds a forged code learns nothing of the lot it pretends to be of.
    if matches!(known.outcome, Outcome::Forged) {
        return Ok(known);
    }
    let lot_number = known.lot.as_ref().map(|lot| lot.number.clone()).or_else(|| address.lot.clone());
    known.recalls = recalls::notices_for(kernel, &gtin, lot_number.as_deref(), serial).await?;
    if let Some(lot) = &known.lot {
        known.documents = trace::public_documents(kernel, &lot.id).await?;
        known.reports = reports::of_lot(kernel, &lot.id).await?;
    }
    if known.facts().is_some() || known.outcome == Outcome::Lot {
        known.journey = events::journey(kernel, &known.epcs(), JOURNEY_MAX).await?;
        known.journey.sort_by_key(|step| (step.event_time, step.seq));
    }
    let db = kernel.db().read();
    if known.facts().is_some() || known.lot.is_some() {
        let lot_id = known.lot.as_ref().map(|lot| lot.id.clone());
        known.warnings =
            store::warnings::standing(db, gtin.as_str(), serial.unwrap_or_default(), lot_id.as_deref()).await?;
    }
    if let Some(serial) = serial.filter(|_| known.facts().is_some())
        && let Some(record) = store::records::unit(db, gtin.as_str(), serial).await?
    {
        known.scans = record.scans;
        known.first_at = (record.scans > 0).then_some(record.first_at);
    }
    Ok(known)
}

/// What the address names: the unit, the lot or the product.
async fn identify(kernel: &Kernel, known: &mut Known) -> Result<()> {
    let address = known.address.clone();
    match (address.level(), &address.serial, &address.lot) {
        (Level::Unit, Some(serial), _) => {
            let unit = trace::standing(kernel, &address.gtin, serial).await?;
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
            let lots = trace::lots_of_gtin(kernel, &address.gtin).await?;
            known.product = lots.first().map(|lot| lot.product.clone());
            known.outcome = if lots.is_empty() { Outcome::Unknown } else { Outcome::Product };
        }
    }
    let withdrawn = known.lot.as_ref().is_some_and(|lot| lot.state == LotState::Withdrawn);
    if withdrawn && !matches!(known.outcome, Outcome::Unknown | Outcome::Forged) {
        known.outcome = Outcome::Withdrawn;
    }
    known.product = known.lot.as_ref().map(|lot| lot.product.clone()).or(known.product.take());
    Ok(())
}
