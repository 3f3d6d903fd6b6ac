//! What is known of one unit: verified from its key, placed by its ranges, and the little that single rows say.

use crate::Error;
use crate::keys::Found;
use crate::model::{Authenticity, Covered, LISTED_CODES_MAX, UnitStanding, UnitState};
use crate::store::{self, RangeKind, Unit};
use crate::survey::Survey;
use ground::Fault;
use gs1::Gtin;
use gs1::unit::Serial;
use kernel::{Actor, Kernel, Permission};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

/// Most characters of one code that are looked at.
pub const CODE_CHARS_MAX: usize = 2_048;

/// Why a text is no code of a unit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// The GS1 reader refuses it.
    #[error(transparent)]
    Refused(#[from] gs1::ParseError),
    /// It can be read, but names no GTIN.
    #[error("no GTIN (AI 01)")]
    NoGtin,
    /// It can be read, but names no serial.
    #[error("no serial number (AI 21)")]
    NoSerial,
    /// Longer than [`CODE_CHARS_MAX`].
    #[error("longer than {CODE_CHARS_MAX} characters")]
    TooLong,
}

/// Reads a code in any form a scanner or a person gives it: Digital Link URI, element string with or without brackets,
/// scan data, or GTIN and serial with a space, comma, tab or slash between (there the serial may be typed: any case,
/// hyphens).
///
/// # Errors
/// What is wrong with it.
pub fn read_code(text: &str) -> Result<(Gtin, String), Unreadable> {
    let text = text.trim();
    if text.chars().count() > CODE_CHARS_MAX {
        return Err(Unreadable::TooLong);
    }
    if let Some((gtin, serial)) = text.split_once([' ', ',', '\t', ';', '/'])
        && let Ok(gtin) = gtin.parse::<Gtin>()
        && let Some(serial) = Serial::typed(serial.trim())
    {
        return Ok((gtin, serial.to_string()));
    }
    let scan = gs1::parse_with(text, gs1::Options::lenient())?;
    let gtin = scan.gtin().ok_or(Unreadable::NoGtin)?;
    let serial = scan.serial().ok_or(Unreadable::NoSerial)?;
    Ok((gtin, serial.to_owned()))
}

/// What is known of a unit. The public door's knowledge: nobody's permission is asked, no personal data is in it.
///
/// # Errors
/// What the store says.
pub async fn standing(kernel: &Kernel, gtin: &Gtin, serial: &str) -> Result<UnitStanding, Error> {
    let mut survey = Survey::default();
    let placed = place(kernel, &mut survey, gtin, serial).await?;
    let alone = with_own_rows(kernel, vec![placed]).await?;
    Ok(alone.into_iter().next().unwrap_or_else(|| unknown(gtin, serial)))
}

/// The same of several units, believing what was read of keys, batches and lots at most `age_micros` ago: for a page that
/// thousands open at once. What a unit itself did (sold, uncovered) is always read, of all of them in one question.
/// [`forget_recent`] makes it as exact as [`standing`].
///
/// # Errors
/// What the store says.
pub async fn standings_recent(
    kernel: &Kernel,
    units: &[(Gtin, String)],
    age_micros: i64,
) -> Result<Vec<UnitStanding>, Error> {
    let recent = kernel.memory::<Recent>();
    let mut placed = Vec::with_capacity(units.len());
    {
        let (now, turn) = (kernel.now().micros(), recent.turn.load(Ordering::Acquire));
        let mut surveyed = recent.surveyed.lock().await;
        if surveyed.turn != turn || now - surveyed.since_micros >= age_micros {
            *surveyed = Surveyed { turn, since_micros: now, survey: Survey::of_many() };
        }
        for (gtin, serial) in units {
            placed.push(place(kernel, &mut surveyed.survey, gtin, serial).await?);
        }
    }
    with_own_rows(kernel, placed).await
}

/// What [`standings_recent`] read is forgotten: something was decided about lots or codes.
pub fn forget_recent(kernel: &Kernel) {
    kernel.memory::<Recent>().turn.fetch_add(1, Ordering::AcqRel);
}

/// What was read lately.
#[derive(Default)]
struct Recent {
    /// Counts how often everything was forgotten.
    turn: AtomicU64,
    surveyed: tokio::sync::Mutex<Surveyed>,
}

/// What was read since a moment, in one turn.
#[derive(Default)]
struct Surveyed {
    turn: u64,
    since_micros: i64,
    survey: Survey,
}

/// What single rows say of units is read in one question.
async fn with_own_rows(kernel: &Kernel, placed: Vec<Placed>) -> Result<Vec<UnitStanding>, Error> {
    let minted = placed.iter().filter(|placed| placed.unit.batch.is_some());
    let ids: Vec<String> = minted.map(Placed::id).collect();
    let rows = store::units_by_id(kernel.db().read(), &ids).await?;
    let rows: HashMap<&str, &Unit> = rows.iter().map(|row| (row.id.as_str(), row)).collect();
    let with_row = |placed: Placed| match placed.unit.batch {
        Some(_) => {
            let row = rows.get(placed.id().as_str()).copied();
            placed.with_row(row)
        }
        None => placed.unit,
    };
    Ok(placed.into_iter().map(with_row).collect())
}

fn unknown(gtin: &Gtin, serial: &str) -> UnitStanding {
    UnitStanding {
        gtin: *gtin,
        serial: serial.to_owned(),
        authenticity: Authenticity::UnknownKey,
        batch: None,
        position: None,
        lot: None,
        state: UnitState::Unminted,
        commissioned: None,
        decommissioned: None,
        orders: 0,
        first_sold_at: None,
        covered: Covered::None,
        covered_wrong: 0,
    }
}

/// A unit as its ranges tell, before its own row is looked at.
struct Placed {
    unit: UnitStanding,
    has_covered: bool,
}

impl Placed {
    fn id(&self) -> String {
        store::unit_id(self.unit.gtin.as_str(), &self.unit.serial)
    }

    fn with_row(self, row: Option<&Unit>) -> UnitStanding {
        let mut unit = self.unit;
        if let Some(row) = row {
            unit.orders = row.orders;
            unit.first_sold_at = row.first_sold_at;
            unit.covered_wrong = row.covered_wrong;
        }
        if unit.orders > 0 && unit.decommissioned.is_none() {
            unit.state = UnitState::Sold;
        }
        if self.has_covered {
            let used = row.and_then(|row| row.covered_used_at);
            unit.covered = used.map_or(Covered::Unused, |at| Covered::Used { at });
        }
        unit
    }
}

async fn place(kernel: &Kernel, survey: &mut Survey, gtin: &Gtin, serial: &str) -> Result<Placed, Error> {
    let db = kernel.db().read();
    let mut unit = unknown(gtin, serial);
    let (key_id, counter) = match survey.ring.find(kernel, db, gtin, serial).await? {
        Found::Unknown => return Ok(Placed { unit, has_covered: false }),
        Found::Forged => {
            unit.authenticity = Authenticity::Forged;
            return Ok(Placed { unit, has_covered: false });
        }
        Found::Genuine { key_id, counter, .. } => (key_id, counter),
    };
    unit.authenticity = Authenticity::Genuine;
    let Some(held) = survey.batch(db, &key_id, gtin, counter).await? else {
        return Ok(Placed { unit, has_covered: false });
    };
    unit.position = Some(held.batch.position(counter));
    unit.batch = Some(held.brief.clone());
    unit.state = UnitState::Minted;
    unit.commissioned = survey.turn(db, RangeKind::Commissioned, &held, counter).await?;
    unit.decommissioned = survey.turn(db, RangeKind::Decommissioned, &held, counter).await?;
    if let Some(lot_id) = unit.commissioned.as_ref().and_then(|turn| turn.lot_id.as_deref()) {
        unit.lot = survey.lot(db, lot_id).await?;
        unit.state = UnitState::Commissioned;
    }
    if unit.decommissioned.is_some() {
        unit.state = UnitState::Decommissioned;
    }
    Ok(Placed { unit, has_covered: held.batch.covered_key_id.is_some() })
}

/// What a list of codes says: each standing, or why it cannot be read. For staff, and for merchants, who of other
/// merchants' units learn no more than the public page says.
///
/// # Errors
/// `forbidden`; `invalid_input` for more than [`LISTED_CODES_MAX`] codes.
pub async fn verify(
    kernel: &Kernel,
    actor: &Actor,
    codes: &[String],
) -> Result<Vec<Result<UnitStanding, Unreadable>>, Error> {
    if !actor.may(Permission::TraceRead) {
        actor.require(Permission::OwnTrace)?;
    }
    if codes.len() > LISTED_CODES_MAX {
        return Err(Error::Invalid(vec![Fault::field("codes", "trace-fault-codes").arg("most", LISTED_CODES_MAX)]));
    }
    let mut survey = Survey::of_many();
    let (mut refused, mut placed) = (Vec::with_capacity(codes.len()), Vec::new());
    for code in codes {
        refused.push(match read_code(code) {
            Ok((gtin, serial)) => {
                placed.push(place(kernel, &mut survey, &gtin, &serial).await?);
                None
            }
            Err(why) => Some(why),
        });
    }
    let mut standings = with_own_rows(kernel, placed).await?.into_iter();
    Ok(refused
        .into_iter()
        .filter_map(|why| why.map_or_else(|| standings.next().map(Ok), |why| Some(Err(why))))
        .collect())
}
