//! What is known of one unit: verified from its key, placed by its ranges, and the little that single rows say.

use crate::Error;
use crate::keys::{Found, Ring};
use crate::model::{Authenticity, Covered, LISTED_CODES_MAX, UnitStanding, UnitState};
use crate::store::{self, RangeKind};
use ground::Fault;
use gs1::Gtin;
use gs1::unit::Serial;
use kernel::{Actor, Kernel, Permission};

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
    stand(kernel, &mut Ring::default(), gtin, serial).await
}

pub(crate) async fn stand(kernel: &Kernel, ring: &mut Ring, gtin: &Gtin, serial: &str) -> Result<UnitStanding, Error> {
    let db = kernel.db().read();
    let mut unit = UnitStanding {
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
    };
    let (key_id, counter) = match ring.find(kernel, db, gtin, serial).await? {
        Found::Unknown => return Ok(unit),
        Found::Forged => {
            unit.authenticity = Authenticity::Forged;
            return Ok(unit);
        }
        Found::Genuine { key_id, counter, .. } => (key_id, counter),
    };
    unit.authenticity = Authenticity::Genuine;
    let Some(batch) = store::batch_at(db, &key_id, gtin.as_str(), counter).await? else { return Ok(unit) };
    unit.position = Some(batch.position(counter));
    unit.batch = Some(batch.brief());
    unit.state = UnitState::Minted;
    let at = (counter, counter + 1);
    if batch.commissioned > 0 {
        let found = store::overlapping(db, RangeKind::Commissioned, &key_id, gtin.as_str(), at).await?;
        unit.commissioned = found.map(|range| range.turn);
    }
    if batch.decommissioned > 0 {
        let found = store::overlapping(db, RangeKind::Decommissioned, &key_id, gtin.as_str(), at).await?;
        unit.decommissioned = found.map(|range| range.turn);
    }
    if let Some(lot_id) = unit.commissioned.as_ref().and_then(|turn| turn.lot_id.as_deref()) {
        unit.lot = store::lot(db, lot_id).await?;
        unit.state = UnitState::Commissioned;
    }
    let row = store::unit(db, &store::unit_id(gtin.as_str(), serial)).await?;
    if let Some(row) = &row {
        unit.orders = row.orders;
        unit.first_sold_at = row.first_sold_at;
    }
    if unit.orders > 0 {
        unit.state = UnitState::Sold;
    }
    if unit.decommissioned.is_some() {
        unit.state = UnitState::Decommissioned;
    }
    if batch.covered_key_id.is_some() {
        let used = row.and_then(|row| row.covered_used_at);
        unit.covered = used.map_or(Covered::Unused, |at| Covered::Used { at });
    }
    Ok(unit)
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
    let mut ring = Ring::default();
    let mut standings = Vec::with_capacity(codes.len());
    for code in codes {
        standings.push(match read_code(code) {
            Ok((gtin, serial)) => Ok(stand(kernel, &mut ring, &gtin, &serial).await?),
            Err(why) => Err(why),
        });
    }
    Ok(standings)
}
