//! Totals of a category over time.
//!
//! With enough history a week is held against the same weeks of past years (Farrington–Noufaily); before that a day is held
//! against the days before it (EARS C2, which leaves the two days just before out, so that a rise does not hide itself).

use crate::finding::{Curve, Figure, Finding, Point, Unit};
use crate::policy::Policy;
use statistics::distributions::normal;
use statistics::{ears, farrington};

/// Days in a week.
const WEEK: usize = 7;
/// Days of an EARS curve.
const CURVE_DAYS: usize = 35;
/// Weeks of a Farrington curve.
const CURVE_WEEKS: usize = 16;
/// Baseline of EARS, days.
const BASELINE_DAYS: usize = 14;
/// A day's count varies by at least this, however even the days before were.
const DEVIATION_MIN: f64 = 1.0;

/// What one period was held against.
struct Held {
    day: i32,
    count: f64,
    expected: f64,
    upper: f64,
    alarm: bool,
}

/// Judges the newest day or week of a category. `first_day` is the day of the first count; the last count is of the day of the
/// look. `None`: nothing unusual, or too short a past.
pub fn judge(policy: &Policy, first_day: i32, counts: &[u32]) -> Option<Finding> {
    let weekly = weeks(first_day, counts);
    let years = years(policy, weekly.len());
    let (held, weeks) = match years {
        Some(years) => (by_weeks(policy, years, &weekly), weekly.len()),
        None => (by_days(policy, first_day, counts), weekly.len()),
    };
    let last = held.last()?;
    if !last.alarm || last.count < policy.limit("events_min") {
        return None;
    }
    let statistic = (last.count - last.expected) / (last.upper - last.expected).max(f64::MIN_POSITIVE);
    let points =
        held.iter().map(|one| Point { day: one.day, value: Some(one.count), low: 0.0, high: one.upper }).collect();
    let calm = held.iter().rposition(|one| one.count <= one.upper);
    let since_day = held[calm.map_or(0, |place| place + 1).min(held.len() - 1)].day;
    Some(Finding {
        policy: policy.id.clone(),
        method: policy.method,
        measure: policy.measure,
        scope: policy.scope,
        level: policy.level,
        since_day,
        day: last.day,
        statistic,
        threshold: 1.0,
        promise: policy.method.promise(),
        error_rate: policy.error_rate,
        expected: last.expected,
        observed: last.count,
        curve: Curve { unit: Unit::Count, band: 1.0 - policy.error_rate, points, crossed: Some(since_day) },
        figures: vec![
            Figure::at_least("total_now", last.count, last.upper),
            Figure::told("total_expected", last.expected),
            Figure::told("weeks_of_history", weeks as f64),
        ],
    })
}

/// Years of past that a week can be held against; `None` where there are too few weeks.
fn years(policy: &Policy, weeks: usize) -> Option<usize> {
    if weeks < policy.count("weeks_min") {
        return None;
    }
    let usable = weeks.checked_sub(policy.count("half_width_weeks") + 1)? / 52;
    (usable >= 1).then(|| usable.min(policy.count("years_back")).min(farrington::YEARS_MAX))
}

/// Sums of whole weeks that end on the last day, oldest first, each with its last day.
fn weeks(first_day: i32, counts: &[u32]) -> Vec<(i32, f64)> {
    let skip = counts.len() % WEEK;
    let sums = counts[skip..].chunks_exact(WEEK).map(|week| week.iter().map(|count| f64::from(*count)).sum());
    let ends = (0i32..).map(|place| first_day + skip as i32 + (place + 1) * WEEK as i32 - 1);
    ends.zip(sums).collect()
}

fn by_weeks(policy: &Policy, years: usize, weeks: &[(i32, f64)]) -> Vec<Held> {
    let usual = farrington::Settings::noufaily(policy.error_rate);
    let settings = farrington::Settings {
        years,
        half_window: policy.count("half_width_weeks"),
        least_cases: (policy.limit("events_min"), usual.least_cases.1),
        ..usual
    };
    let counts: Vec<f64> = weeks.iter().map(|(_, count)| *count).collect();
    let judged = |place: usize| {
        let week = farrington::judge(&counts, None, place, &settings).ok()?;
        let (day, count) = weeks[place];
        Some(Held { day, count, expected: week.expected, upper: week.upper, alarm: week.alarm })
    };
    (weeks.len().saturating_sub(CURVE_WEEKS)..weeks.len()).filter_map(judged).collect()
}

fn by_days(policy: &Policy, first_day: i32, counts: &[u32]) -> Vec<Held> {
    let settings = ears::Settings {
        method: ears::Method::C2,
        baseline_days: BASELINE_DAYS,
        alpha: normal::survival(policy.limit("z_min")),
        deviation_min: DEVIATION_MIN,
    };
    let series: Vec<f64> = counts.iter().map(|count| f64::from(*count)).collect();
    let judged = |place: usize| {
        let day = ears::judge(&series, place, &settings).ok()?;
        let number = first_day + i32::try_from(place).unwrap_or(0);
        Some(Held { day: number, count: series[place], expected: day.mean, upper: day.upper, alarm: day.alarm })
    };
    (series.len().saturating_sub(CURVE_DAYS)..series.len()).filter_map(judged).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::{Level, Measure, Method, Scope};

    fn policy() -> Policy {
        let limits =
            [("events_min", 10.0), ("z_min", 3.0), ("weeks_min", 60.0), ("years_back", 3.0), ("half_width_weeks", 3.0)];
        let what = (Method::Totals, Some(Measure::Complaints));
        Policy::new("t", what, Scope::Category, Level::Watch, 0.01, limits.into_iter()).unwrap()
    }

    /// A steady count with the spread of small whole numbers.
    fn steady(days: usize, mean: u32) -> Vec<u32> {
        (0..days as u32).map(|day| mean - 2 + (day * 7 + day / 5) % 5).collect()
    }

    #[test]
    fn a_day_that_triples_is_named_after_a_month_and_a_steady_one_is_not() {
        let mut counts = steady(40, 20);
        assert_eq!(judge(&policy(), 100, &counts), None);
        *counts.last_mut().unwrap() = 60;
        let finding = judge(&policy(), 100, &counts).expect("a finding");
        assert_eq!((finding.day, finding.since_day), (139, 139));
        assert!(finding.statistic > 1.0 && finding.observed == 60.0);
    }

    #[test]
    fn a_season_that_comes_every_year_is_no_finding_with_years_of_history() {
        let season = |day: usize| if matches!((day % 364) / 7, 46..=51 | 0..=3) { 60 } else { 20 };
        let mut counts: Vec<u32> = (0..364 * 4).map(|day| season(day) + (day % 3) as u32).collect();
        assert_eq!(judge(&policy(), 0, &counts), None, "the last weeks are high every year");
        counts.iter_mut().rev().take(7).for_each(|count| *count *= 4);
        assert!(judge(&policy(), 0, &counts).is_some(), "and four times as high it is a finding");
    }

    #[test]
    fn too_short_a_past_says_nothing() {
        assert_eq!(judge(&policy(), 0, &[500; 5]), None);
        assert_eq!(judge(&policy(), 0, &[]), None);
    }
}
