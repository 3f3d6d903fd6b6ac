//! The deadlines and shares of this duty, from the policy pack of the home market.

use crate::model::Worst;
use ground::Problem;
use ground::time::{HOUR_MICROS, MINUTE_MICROS};
use kernel::{Kernel, Result};
use policy::WorkingDays;
use std::sync::Arc;

/// What is in force today.
#[derive(Debug, Clone)]
pub struct Parameters {
    /// How long a claim holds, microseconds.
    pub lease_micros: i64,
    /// How often a claim may be renewed.
    pub lease_renewals: i64,
    /// Most items one person holds at once.
    pub claims_max: i64,
    /// Hours to decide: severe, major, others.
    pub sla_hours: [i64; 3],
    /// Share of the time after which the clock warns.
    pub sla_warning_share: f64,
    /// Share of decisions given to a second person.
    pub blind_second_share: f64,
    /// Share of claims that are golden items.
    pub golden_share: f64,
    /// Least share of golden items decided rightly.
    pub golden_pass_share: f64,
    /// Least agreement.
    pub kappa_minimum: f64,
    /// Days over which people are measured.
    pub measure_window_days: i64,
    /// Reasons a decision names at least.
    pub reasons_minimum: i64,
    /// Shortest note where one is required, characters.
    pub reason_chars_minimum: i64,
    /// Similar past decisions shown.
    pub similar_decisions_shown: i64,
    /// Working days of notice before a visit.
    pub onsite_notice_days: i32,
    /// Working days to report after a visit.
    pub onsite_report_days: i32,
}

/// The home market's pack.
pub(crate) fn pack(kernel: &Kernel) -> Arc<policy::Pack> {
    Arc::clone(kernel.packs().home())
}

/// What is in force today.
///
/// # Errors
/// `internal` when the pack lacks a parameter.
pub fn parameters(kernel: &Kernel) -> Result<Parameters> {
    let (pack, today) = (pack(kernel), kernel.today());
    let integer = |name: &str| pack.integer(name, today).map_err(Problem::internal);
    let decimal = |name: &str| pack.decimal(name, today).map_err(Problem::internal);
    Ok(Parameters {
        lease_micros: integer("review.lease_minutes")?.clamp(1, 1440) * MINUTE_MICROS,
        lease_renewals: integer("review.lease_renewals")?.max(0),
        claims_max: integer("review.claims_max")?.max(1),
        sla_hours: [
            integer("review.sla_hours_critical")?,
            integer("review.sla_hours_major")?,
            integer("review.sla_hours_minor")?,
        ],
        sla_warning_share: decimal("review.sla_warning_share")?,
        blind_second_share: decimal("review.blind_second_share")?,
        golden_share: decimal("review.golden_share")?,
        golden_pass_share: decimal("review.golden_pass_share")?,
        kappa_minimum: decimal("review.kappa_minimum")?,
        measure_window_days: integer("review.measure_window_days")?.clamp(1, 3650),
        reasons_minimum: integer("review.reasons_minimum")?.max(1),
        reason_chars_minimum: integer("review.reason_chars_minimum")?.max(1),
        similar_decisions_shown: integer("review.similar_decisions_shown")?.clamp(0, 50),
        onsite_notice_days: i32::try_from(integer("review.onsite_notice_days")?.clamp(0, 366)).unwrap_or(0),
        onsite_report_days: i32::try_from(integer("review.onsite_report_days")?.clamp(0, 366)).unwrap_or(0),
    })
}

impl Parameters {
    /// Time to decide an item of a severity, microseconds.
    pub fn sla_micros(&self, worst: Worst) -> i64 {
        let hours = match worst {
            Worst::Severe => self.sla_hours[0],
            Worst::Major => self.sla_hours[1],
            _ => self.sla_hours[2],
        };
        hours.max(1) * HOUR_MICROS
    }
}

/// The working days of the home market.
///
/// # Errors
/// `internal` for a calendar that cannot be read.
pub(crate) fn working_days(kernel: &Kernel) -> Result<WorkingDays> {
    WorkingDays::from_pack(&pack(kernel)).map_err(|error| Problem::internal(error.to_string()))
}
