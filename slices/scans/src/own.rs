//! What is a single unit's own, read for all units that are looked at for the first time at this moment: where each stands,
//! what called it back, where it went, which warnings stand and how often it was seen are one question each, however many
//! phones ask.

use crate::address::Address;
use crate::model::Warning;
use crate::store;
use events::StoredEvent;
use ground::Timestamp;
use gs1::Gtin;
use kernel::{Kernel, Result, Together};
use recalls::PublicRecall;
use std::collections::HashMap;
use trace::{Authenticity, UnitStanding};

/// Steps of a journey that are shown.
pub const JOURNEY_MAX: usize = 60;
/// Units asked for at once.
const UNITS_MAX: usize = 200;

/// GTIN and serial number.
type Unit = (Gtin, String);

/// What is a unit's own.
#[derive(Debug)]
pub(crate) struct Own {
    /// Where it stands.
    pub standing: UnitStanding,
    /// Recalls that name it.
    pub recalls: Vec<PublicRecall>,
    /// Steps that name it.
    pub journey: Vec<StoredEvent>,
    /// Warnings that stand for it.
    pub warnings: Vec<Warning>,
    /// Scans stored, and the first of them.
    pub scans: Option<(u32, Timestamp)>,
}

/// The questions on their way.
#[derive(Default)]
pub(crate) struct Asking(Together<Unit, Own>);

/// What is this unit's own, believing of keys, batches and lots what was read at most `age_micros` ago.
///
/// # Errors
/// What the duties say.
pub(crate) async fn of(kernel: &Kernel, gtin: Gtin, serial: &str, age_micros: i64) -> Result<Own> {
    let asking = kernel.memory::<Asking>();
    asking.0.ask((gtin, serial.to_owned()), UNITS_MAX, |units| of_all(kernel, units, age_micros)).await
}

async fn of_all(kernel: &Kernel, units: Vec<Unit>, age_micros: i64) -> Result<Vec<Own>> {
    let standings = trace::standings_recent(kernel, &units, age_micros).await?;
    // Who holds a forged code learns nothing; of what was not made here no step and no look is kept.
    let is = |standing: &UnitStanding, kinds: &[Authenticity]| kinds.contains(&standing.authenticity);
    let of = |kinds: &[Authenticity]| -> Vec<Unit> {
        let right = units.iter().zip(&standings).filter(|(_, standing)| is(standing, kinds));
        right.map(|(unit, _)| unit.clone()).collect()
    };
    let (named, genuine) = (of(&[Authenticity::Genuine, Authenticity::UnknownKey]), of(&[Authenticity::Genuine]));
    let addresses: Vec<String> =
        genuine.iter().map(|(gtin, serial)| Address::of_unit(*gtin, serial).canonical()).collect();
    let (recalls, warnings, journeys, scans) = tokio::try_join!(
        async { Ok(recalls::notices_of_units(kernel, &named).await?) },
        warnings_of(kernel, &named),
        async { Ok(events::journeys(kernel, &addresses, JOURNEY_MAX).await?) },
        scans_of(kernel, &genuine),
    )?;
    let recalls: HashMap<Unit, Vec<PublicRecall>> = named.into_iter().zip(recalls).collect();
    let journeys: HashMap<Unit, Vec<StoredEvent>> = genuine.into_iter().zip(journeys).collect();
    // Two phones may look at the same unit: each gets all of it.
    let own = |(unit, standing): (Unit, UnitStanding)| Own {
        recalls: recalls.get(&unit).cloned().unwrap_or_default(),
        journey: journeys.get(&unit).cloned().unwrap_or_default(),
        warnings: warnings.get(&unit).cloned().unwrap_or_default(),
        scans: scans.get(&unit).copied(),
        standing,
    };
    Ok(units.into_iter().zip(standings).map(own).collect())
}

/// Serial numbers by GTIN.
fn by_gtin(units: &[Unit]) -> HashMap<Gtin, Vec<&str>> {
    let mut by_gtin: HashMap<Gtin, Vec<&str>> = HashMap::new();
    for (gtin, serial) in units {
        by_gtin.entry(*gtin).or_default().push(serial);
    }
    by_gtin
}

async fn warnings_of(kernel: &Kernel, units: &[Unit]) -> Result<HashMap<Unit, Vec<Warning>>> {
    let mut found: HashMap<Unit, Vec<Warning>> = HashMap::new();
    for (gtin, serials) in by_gtin(units) {
        for warning in store::warnings::standing_of_units(kernel.db().read(), gtin.as_str(), &serials).await? {
            found.entry((gtin, warning.serial.clone())).or_default().push(warning);
        }
    }
    Ok(found)
}

async fn scans_of(kernel: &Kernel, units: &[Unit]) -> Result<HashMap<Unit, (u32, Timestamp)>> {
    let mut found = HashMap::new();
    for (gtin, serials) in by_gtin(units) {
        for kept in store::records::units_of(kernel.db().read(), gtin.as_str(), &serials).await? {
            if kept.record.scans > 0 {
                found.insert((gtin, kept.serial), (kept.record.scans, kept.record.first_at));
            }
        }
    }
    Ok(found)
}
