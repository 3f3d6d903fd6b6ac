//! Totals of categories over time: kept day by day, looked at against their own past.

use crate::model::Subject;
use crate::parameters::Parameters;
use crate::rules::Rules;
use crate::store;
use crate::store::watching::Counted;
use crate::sweep::{Found, Gathered};
use detectors::totals::judge;
use detectors::{Measure, Method, Scope};
use kernel::{Kernel, Result};
use stream::WINDOW_DAYS;

/// Days written again with every closing: what comes late is counted.
const REWRITTEN_DAYS: usize = 7;

/// Keeps what categories counted and looks at them by the rules about categories.
///
/// # Errors
/// What the store says.
pub(crate) async fn look(
    kernel: &Kernel,
    rules: &Rules,
    gathered: &Gathered,
    day: i32,
    limits: &Parameters,
) -> Result<Vec<Found>> {
    let first = gathered.day - (WINDOW_DAYS as i32 - 1);
    let tx = kernel.db().write_tx().await?;
    for (category, days) in &gathered.totals {
        for (place, counted) in days.iter().enumerate().rev().take(REWRITTEN_DAYS) {
            store::watching::keep_total(&tx, category, first + place as i32, counted).await?;
        }
    }
    tx.commit().await.map_err(store::fail)?;
    let places = rules.places(Scope::Category, "");
    let mut found = Vec::new();
    if places.is_empty() {
        return Ok(found);
    }
    let from = day.saturating_sub(limits.totals_weeks_kept.saturating_mul(7));
    for category in gathered.totals.keys() {
        let rows = store::watching::totals_of(kernel.db().read(), category, (from, day)).await?;
        let Some((first, _)) = rows.first().copied() else { continue };
        for place in &places {
            let rule = &rules.all[*place];
            if rule.detector.policy.method != Method::Totals {
                continue;
            }
            let series = series(&rows, first, day, rule.detector.policy.measure.unwrap_or(Measure::Complaints));
            if let Some(finding) = judge(&rule.detector.policy, first, &series) {
                found.push(Found {
                    rule: *place,
                    subject: Subject::new(Scope::Category, category),
                    finding,
                    category: category.clone(),
                    market: rule.market.clone(),
                });
            }
        }
    }
    Ok(found)
}

fn series(rows: &[(i32, Counted)], first: i32, last: i32, measure: Measure) -> Vec<u32> {
    let mut series = vec![0; usize::try_from(last - first + 1).unwrap_or(0)];
    for (day, counted) in rows {
        let value = match measure {
            Measure::Complaints => counted.complaints,
            Measure::Returns => counted.returns,
            Measure::BadReviews => counted.bad_reviews,
        };
        if let Some(cell) = usize::try_from(day - first).ok().and_then(|place| series.get_mut(place)) {
            *cell = u32::try_from(value.max(0)).unwrap_or(u32::MAX);
        }
    }
    series
}
