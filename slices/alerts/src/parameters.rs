//! How alerts are worked: pauses, limits and costs, from the policy pack of the home market.

use ground::Problem;
use kernel::{Kernel, Result};

/// What is in force today.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameters {
    /// Days for which a closed alert does not come back.
    pub quiet_days: i32,
    /// Longest suppression, days.
    pub suppress_days_max: i64,
    /// New alerts of one sweep.
    pub raised_sweep_max: usize,
    /// Members a cohort needs.
    pub cohort_members_min: f64,
    /// Cost of a minute of work, minor units.
    pub minute_cost_minor: i64,
    /// Alerts a backtest lists.
    pub backtest_alerts_max: usize,
    /// Days of a backtest.
    pub backtest_days_max: i32,
    /// How long shadow alerts are kept, days.
    pub shadow_days_kept: i32,
    /// Weeks of totals kept.
    pub totals_weeks_kept: i32,
    /// Alerts in a digest.
    pub digest_lines_max: u64,
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
    let days = |name: &str| integer(name).map(|value| i32::try_from(value.clamp(0, 100_000)).unwrap_or(0));
    let count = |name: &str| integer(name).map(|value| usize::try_from(value).unwrap_or(0));
    Ok(Parameters {
        quiet_days: days("alerts.quiet_days")?,
        suppress_days_max: integer("alerts.suppress_days_max")?.clamp(1, 3_660),
        raised_sweep_max: count("alerts.raised_sweep_max")?,
        cohort_members_min: integer("alerts.cohort_members_min")? as f64,
        minute_cost_minor: integer("alerts.minute_cost_minor")?,
        backtest_alerts_max: count("alerts.backtest_alerts_max")?,
        backtest_days_max: days("alerts.backtest_days_max")?,
        shadow_days_kept: days("alerts.shadow_days_kept")?,
        totals_weeks_kept: days("alerts.totals_weeks_kept")?,
        digest_lines_max: integer("alerts.digest_lines_max")?.clamp(1, 200) as u64,
        pack: (pack.market().to_owned(), pack.version().to_owned()),
    })
}
