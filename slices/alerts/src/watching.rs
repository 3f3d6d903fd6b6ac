//! The detectors as people see them: what is in force, how it did, what a detector in shadow would have cost.

use crate::parameters::parameters;
use crate::raise::day_of;
use crate::store;
use detectors::{DetectorRow, Policy};
use ground::Problem;
use kernel::{Actor, Kernel, Permission, Result};
use policy::Row;
use std::sync::Arc;

/// A detector in force.
#[derive(Debug, Clone)]
pub struct InForce {
    /// Market of its pack.
    pub market: String,
    /// Its row.
    pub row: Arc<Row<DetectorRow>>,
    /// As the engine runs it.
    pub policy: Policy,
    /// Alerts it would have raised in shadow over the last 30 days.
    pub shadow_alerts: u64,
    /// What handling them would have taken, minutes.
    pub shadow_minutes: u64,
    /// And cost, minor units.
    pub shadow_cost_minor: i64,
}

/// Days over which shadows are summed up.
pub const SHADOW_DAYS: i32 = 30;

/// Every detector in force today, in all markets; those that are off included.
///
/// # Errors
/// `forbidden`; what the store says.
pub async fn in_force(kernel: &Kernel, actor: &Actor) -> Result<Vec<InForce>> {
    actor.require(Permission::AlertsRead)?;
    let limits = parameters(kernel)?;
    let since = day_of(kernel, kernel.now()) - SHADOW_DAYS;
    let mut all = Vec::new();
    for pack in kernel.packs().iter() {
        for row in pack.rows_at::<DetectorRow>(kernel.today()).map_err(Problem::internal)? {
            let policy =
                row.body.policy(&row.id).map_err(|(column, why)| Problem::internal(format!("{column}: {}", why.en)))?;
            let (shadow_alerts, shadow_minutes) = store::shadows::cost(kernel.db().read(), &row.id, since).await?;
            let shadow_cost_minor =
                i64::try_from(shadow_minutes).unwrap_or(i64::MAX).saturating_mul(limits.minute_cost_minor);
            let market = pack.market().to_owned();
            all.push(InForce { market, row, policy, shadow_alerts, shadow_minutes, shadow_cost_minor });
        }
    }
    Ok(all)
}

/// One detector in force today by its row's id.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn one(kernel: &Kernel, actor: &Actor, id: &str) -> Result<InForce> {
    let all = in_force(kernel, actor).await?;
    all.into_iter().find(|one| one.row.id == id).ok_or_else(Problem::not_found)
}
