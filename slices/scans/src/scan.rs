//! A scan: who looked at what, where, recorded once.

use crate::address::Address;
use crate::known::{self, Known};
use crate::model::{Channel, Outcome, Sighting};
use crate::places;
use crate::reader::{self, Reader};
use crate::watch;
use ground::limits::LINE_CHARS_MAX;
use ground::{Fault, Problem, Timestamp};
use journey::clones::{Event, HotSet, Observation, Place};
use kernel::{Actor, Kernel, Permission, Result};
use std::sync::{Arc, Mutex};

/// Phones whose last look is remembered, so that a second look is no second scan.
const LOOKS_MAX: usize = 50_000;
/// Characters kept of a code that cannot be read.
const RAW_CHARS_MAX: usize = 300;

/// Where somebody says they are.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Whereabouts {
    /// Country (ISO 3166-1 alpha-2), by the network or as told.
    pub country: Option<String>,
    /// Place, told by the reader or their phone.
    pub place: Option<Place>,
}

impl Whereabouts {
    /// What is known of the place: the told one, or somewhere in the country.
    fn place(&self) -> Option<Place> {
        self.place.or_else(|| self.country.as_deref().and_then(places::of_country))
    }
}

/// What a scan led to.
#[derive(Debug, Clone)]
pub struct Look {
    /// What the public may know.
    pub known: Arc<Known>,
    /// The how-manieth scan of this unit this is; 0 for what is no genuine unit.
    pub number: u32,
    /// When it was scanned first: now, if this is the first.
    pub first_at: Timestamp,
}

/// The last looks of phones at units.
pub(crate) struct Looks(Mutex<HotSet<(String, u64), Timestamp>>);

impl Default for Looks {
    fn default() -> Self {
        Looks(Mutex::new(HotSet::new(LOOKS_MAX)))
    }
}

/// Somebody opened the page of a code. Recorded soon; opened again by the same phone within minutes, it is the same scan.
///
/// # Errors
/// What the store and the duties say.
pub async fn look(kernel: &Kernel, address: &Address, reader: &Reader, place: &Whereabouts) -> Result<Look> {
    let known = known::of(kernel, address).await?;
    let device = reader::device(kernel, reader).await?;
    let now = kernel.now();
    let repeat_micros = crate::parameters::repeat_micros(kernel)?;
    let (before, first_at) = known::scans_so_far(kernel, &known);
    let fresh = is_fresh(kernel, &known, device, now, repeat_micros);
    if fresh {
        let sighting = sighting(&known, now, now, Channel::Page, Event::Scan, Some(device), place);
        watch::take(kernel, sighting).await?;
    }
    let of_unit = known.facts().is_some();
    // Who looks again sees the number of the last scan, which was theirs or a later one.
    let number = if of_unit { (before + u32::from(fresh)).max(1) } else { 0 };
    Ok(Look { first_at: first_at.unwrap_or(now), number, known })
}

/// The same without recording anything: for a request that only asks for headers, and for robots.
///
/// # Errors
/// As [`look`].
pub async fn glance(kernel: &Kernel, address: &Address) -> Result<Look> {
    let known = known::of(kernel, address).await?;
    let (scans, first_at) = known::scans_so_far(kernel, &known);
    let number = if known.facts().is_some() { scans } else { 0 };
    Ok(Look { first_at: first_at.unwrap_or(kernel.now()), number, known })
}

fn is_fresh(kernel: &Kernel, known: &Known, device: u64, now: Timestamp, repeat_micros: i64) -> bool {
    let looks = kernel.memory::<Looks>();
    let mut looks = looks.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let address = &known.address;
    let lot = address.lot.as_deref().filter(|_| address.serial.is_none()).unwrap_or_default();
    let key = (format!("{} {} {lot}", address.gtin, address.serial.as_deref().unwrap_or_default()), device);
    let repeated = looks.get(&key).is_some_and(|last| now.micros() - last.micros() < repeat_micros);
    if !repeated {
        looks.put(key, now);
    }
    !repeated
}

fn sighting(
    known: &Known,
    at: Timestamp,
    recorded_at: Timestamp,
    channel: Channel,
    event: Event,
    device: Option<u64>,
    whereabouts: &Whereabouts,
) -> Sighting {
    let lot = known.lot_brief();
    let abroad = lot.as_ref().zip(whereabouts.country.as_ref());
    let abroad = abroad.and_then(|(lot, country)| places::is_abroad(&lot.market, country));
    Sighting {
        id: String::new(),
        seen: Observation { at, event, device, place: whereabouts.place(), abroad },
        recorded_at,
        outcome: known.outcome,
        channel,
        gtin: known.address.gtin.to_string(),
        serial: known.address.serial.clone().unwrap_or_default().chars().take(LINE_CHARS_MAX).collect(),
        lot,
        facts: known.facts(),
        country: whereabouts.country.clone(),
        ordinal: 0,
        detail: None,
    }
}

/// Who scanned just now says where they are. Stored before this returns.
///
/// # Errors
/// What the store and the duties say.
pub async fn tell_place(kernel: &Kernel, address: &Address, reader: &Reader, place: &Whereabouts) -> Result<()> {
    let known = known::of(kernel, address).await?;
    let device = reader::device(kernel, reader).await?;
    let now = kernel.now();
    watch::take(kernel, sighting(&known, now, now, Channel::Page, Event::Located, Some(device), place)).await?;
    watch::drain(kernel).await?;
    Ok(())
}

/// A scan as an app reports it.
#[derive(Debug, Clone, Default)]
pub struct AppScan {
    /// The code, in any form.
    pub code: String,
    /// When; now if left out.
    pub at: Option<Timestamp>,
    /// The app's own name for the phone; only its hash of the day is kept.
    pub device: Option<String>,
    /// Where.
    pub whereabouts: Whereabouts,
}

/// Records a scan an app reports, stored before this returns. Anybody may: an app speaks for its reader.
///
/// # Errors
/// `invalid_input` for a code that cannot be read (which is recorded as such) and for a moment that cannot be believed.
pub async fn report(kernel: &Kernel, scan: &AppScan, reader: &Reader) -> Result<Look> {
    let now = kernel.now();
    let at = scan.at.unwrap_or(now);
    if !watch::believable(now, at) {
        let fault = Fault::field("at", "scans-at-unbelievable").arg("days", reader::KEY_DAYS_KEPT);
        return Err(Problem::invalid(vec![fault]));
    }
    let address = match Address::of_scan(&scan.code) {
        Ok(address) => address,
        Err(problem) => {
            unreadable(kernel, &scan.code, Channel::App).await?;
            watch::drain(kernel).await?;
            return Err(problem);
        }
    };
    let known = known::of(kernel, &address).await?;
    let (before, first_at) = known::scans_so_far(kernel, &known);
    let device = match scan.device.as_deref().filter(|name| !name.is_empty()) {
        Some(name) => reader::named_device(kernel, name).await?,
        None => reader::device(kernel, reader).await?,
    };
    watch::take(kernel, sighting(&known, at, now, Channel::App, Event::Scan, Some(device), &scan.whereabouts)).await?;
    watch::drain(kernel).await?;
    let known = known::of(kernel, &address).await?;
    let number = if known.facts().is_some() { before + 1 } else { 0 };
    Ok(Look { number, first_at: first_at.unwrap_or(at), known })
}

/// Records that somebody came with something that is no code.
///
/// # Errors
/// What the store says, where the queue was full.
pub async fn unreadable(kernel: &Kernel, code: &str, channel: Channel) -> Result<()> {
    let now = kernel.now();
    let sighting = Sighting {
        id: String::new(),
        seen: Observation::scan(now),
        recorded_at: now,
        outcome: Outcome::Invalid,
        channel,
        gtin: String::new(),
        serial: String::new(),
        lot: None,
        facts: None,
        country: None,
        ordinal: 0,
        detail: Some(code.chars().filter(|letter| !letter.is_control()).take(RAW_CHARS_MAX).collect()),
    };
    watch::take(kernel, sighting).await
}

/// A unit was sold in an order, or came back. Called by a reaction; the same act twice is no second sale.
///
/// # Errors
/// What the store and the duties say.
pub(crate) async fn order(kernel: &Kernel, address: &Address, event: Event, at: Timestamp) -> Result<()> {
    let known = known::of(kernel, address).await?;
    let none = Whereabouts::default();
    watch::take(kernel, sighting(&known, at, kernel.now(), Channel::Shop, event, None, &none)).await
}

/// A person cleared a rule for a unit: its evidence starts from nothing.
pub(crate) async fn clear(
    kernel: &Kernel,
    actor: &Actor,
    address: &Address,
    rule: journey::clones::Rule,
) -> Result<()> {
    actor.require(Permission::TraceManage)?;
    let known = known::of(kernel, address).await?;
    let (now, none) = (kernel.now(), Whereabouts::default());
    watch::take(kernel, sighting(&known, now, now, Channel::Console, Event::Cleared(rule), None, &none)).await?;
    watch::drain(kernel).await?;
    Ok(())
}
