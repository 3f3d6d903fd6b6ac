//! The thresholds of this duty, from the policy pack of the home market.

use ground::Problem;
use ground::time::{DAY_MICROS, MINUTE_MICROS};
use kernel::{Kernel, Result};

/// What is in force today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameters {
    /// How late a signal may come and still be in time for its day's closing, microseconds.
    pub lateness_micros: i64,
    /// Time of events between two looks, microseconds.
    pub look_micros: i64,
    /// How far ahead of our clock a signal may be, microseconds.
    pub ahead_micros: i64,
    /// Age of the oldest signal that is taken, microseconds.
    pub age_micros_max: i64,
    /// How long ids are remembered, days.
    pub ids_days: i64,
    /// How long signals are kept one by one, days.
    pub retention_days: i64,
    /// How long the sums of days are kept, days.
    pub days_retention_days: i64,
    /// Buyers' accounts younger than this are new, days.
    pub young_account_days: u32,
    /// Parcels lighter than this are empty, grams.
    pub light_parcel_grams: u32,
    /// Reasons of complaints that are severe.
    pub severe_reasons: Vec<String>,
    /// Reasons of returns that are cancelled orders.
    pub cancelled_reasons: Vec<String>,
    /// Market and content hash of the pack, for acts.
    pub pack: (String, String),
}

/// What is in force today.
///
/// # Errors
/// `internal` when the pack lacks a parameter.
pub fn parameters(kernel: &Kernel) -> Result<Parameters> {
    let (packs, today) = (kernel.packs(), kernel.today());
    let pack = packs.home();
    let integer = |name: &str| pack.integer(name, today).map_err(Problem::internal);
    let list = |name: &str| pack.list(name, today).map_err(Problem::internal);
    let count = |name: &str| integer(name).map(|value| u32::try_from(value).unwrap_or(0));
    Ok(Parameters {
        lateness_micros: integer("signals.lateness_minutes")?.clamp(0, 10_080) * MINUTE_MICROS,
        look_micros: integer("signals.look_minutes")?.clamp(1, 1_440) * MINUTE_MICROS,
        ahead_micros: integer("signals.ahead_minutes")?.clamp(0, 1_440) * MINUTE_MICROS,
        age_micros_max: integer("signals.age_days_max")?.clamp(1, 36_500) * DAY_MICROS,
        ids_days: integer("signals.ids_days")?.clamp(1, 3_650),
        retention_days: integer("signals.retention_days")?.clamp(1, 36_500),
        days_retention_days: integer("signals.days_retention_days")?.clamp(1, 36_500),
        young_account_days: count("signals.young_account_days")?,
        light_parcel_grams: count("signals.light_parcel_grams")?,
        severe_reasons: list("signals.severe_reasons")?,
        cancelled_reasons: list("signals.cancelled_reasons")?,
        pack: (pack.market().to_owned(), pack.version().to_string()),
    })
}
