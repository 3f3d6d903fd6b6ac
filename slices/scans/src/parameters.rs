//! The thresholds of this duty, from the policy pack of the home market.

use ground::Problem;
use ground::time::{HOUR_MICROS, MINUTE_MICROS};
use journey::clones::{LotThresholds, Thresholds};
use kernel::{Kernel, Result};

/// What is in force today.
#[derive(Debug, Clone)]
pub struct Parameters {
    /// When a unit's record is worth a warning.
    pub unit: Thresholds,
    /// When a lot's record is.
    pub lot: LotThresholds,
    /// How long scans are kept, days.
    pub retention_days: i64,
    /// Reports of suspicious codes from one address an hour.
    pub reports_hour_max: i64,
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
    let decimal = |name: &str| pack.decimal(name, today).map_err(Problem::internal);
    let count = |name: &str| integer(name).map(|value| u32::try_from(value).unwrap_or(0));
    Ok(Parameters {
        unit: Thresholds {
            speed_kmh_max: decimal("scans.speed_kmh_max")?,
            distance_km_min: decimal("scans.distance_km_min")?,
            travel_weight_min: decimal("scans.travel_weight_min")?,
            network_pair_weight: decimal("scans.network_pair_weight")?,
            devices_day_max: count("scans.devices_day_max")?,
            devices_span_max: count("scans.devices_span_max")?,
            abroad_devices_min: count("scans.abroad_devices_min")?,
            decommission_grace_micros: integer("scans.decommission_grace_hours")?.clamp(0, 87_600) * HOUR_MICROS,
        },
        lot: LotThresholds {
            scans_day_min: count("scans.lot_scans_day_min")?,
            factor_min: decimal("scans.lot_factor_min")?,
            deviations_min: decimal("scans.lot_deviations_min")?,
            dispersion: decimal("scans.lot_dispersion")?,
            baseline_days_min: count("scans.lot_baseline_days_min")?,
            launch_share_max: decimal("scans.lot_launch_share_max")?,
            abroad_share_max: decimal("scans.lot_abroad_share_max")?,
        },
        retention_days: integer("scans.retention_days")?.clamp(1, 36_500),
        reports_hour_max: integer("scans.reports_hour_max")?.max(1),
        pack: (pack.market().to_owned(), pack.version().to_string()),
    })
}

/// Within this time the same phone's next look is the same scan, microseconds: every look asks for it, and for it alone.
///
/// # Errors
/// `internal` when the pack lacks the parameter.
pub fn repeat_micros(kernel: &Kernel) -> Result<i64> {
    let minutes = kernel.packs().home().integer("scans.repeat_minutes", kernel.today()).map_err(Problem::internal)?;
    Ok(minutes.clamp(0, 1440) * MINUTE_MICROS)
}
