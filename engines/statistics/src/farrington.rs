//! A category's weekly total against the same season of past years: the Farrington method as improved by Noufaily.
//!
//! A quasi-Poisson regression with a trend and a factor for the season is fitted to the weeks of past years; weeks that stood out then are
//! given less weight so that old outbreaks do not hide new ones; the week is unusual when its count exceeds a quantile of a
//! negative binomial with the predicted mean and the fitted dispersion.
//!
//! Source: Farrington, Andrews, Beale & Catchpole, *JRSS A* 159 (1996) 547; Noufaily, Enki, Farrington, Garthwaite, Andrews & Charlett,
//! *An improved algorithm for outbreak detection in multiple surveillance systems*, Statistics in Medicine 32 (2013) 1206. The
//! ten-level factor, the 26 weeks left out, the reweighting threshold 2.58 and the negative binomial quantile are the latter's.
//! Choices the papers leave open (how the weeks between are divided among the levels, the starting weights) follow Salmon,
//! Schumacher & Höhle, J. Stat. Software 70 (2016) 10, so that results can be compared.
//!
//! Error rate: α for one week of one series whose past is as the model says. Many series: put [`Judged::p_value`] into
//! [`crate::discoveries`].

use crate::distributions::{NegativeBinomial, Poisson, normal};
use crate::error::{Error, not_negative, positive, share};
use crate::glm::{self, Fitted, Model};
use crate::special::ln_incomplete_beta;

/// Most periods of a year.
pub const PERIODS_MAX: usize = 366;
/// Most years looked back.
pub const YEARS_MAX: usize = 20;

/// When the trend is kept (always only if it does not predict more than was ever seen, and with at least three years).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Trend {
    /// Never fitted.
    Never,
    /// Kept when its p-value is below this (0.05 in the paper of 1996; 1 keeps it, as the paper of 2013 does).
    Below(f64),
}

/// From what the limit is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Quantile of the negative binomial with the predicted mean (2013).
    NegativeBinomial,
    /// The same with the upper 1 − α end of the mean's interval in place of the mean: cautious.
    NegativeBinomialUpperMean,
    /// Normal limit on the scale of the 2/3 power (1996).
    TwoThirdsPower,
}

/// Parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Periods in a year: 52 weeks, 12 months.
    pub periods_a_year: usize,
    /// Years looked back, b.
    pub years: usize,
    /// Weeks on each side of the same week in past years, w.
    pub half_window: usize,
    /// Levels of the seasonal factor; 1 uses only the weeks around the same week.
    pub seasons: usize,
    /// Weeks just before that are left out (an outbreak under way must not raise its own limit).
    pub left_out: usize,
    /// Standardised Anscombe residual from which a past week loses weight; `None`: no reweighting.
    pub reweighted_above: Option<f64>,
    /// Trend.
    pub trend: Trend,
    /// Limit.
    pub limit: Limit,
    /// One-sided chance of crossing the limit.
    pub alpha: f64,
    /// No verdict unless at least this many cases were seen in the last so many weeks.
    pub least_cases: (f64, usize),
}

impl Settings {
    /// Those of Noufaily et al. for weeks, with the α given.
    pub fn noufaily(alpha: f64) -> Self {
        Settings {
            periods_a_year: 52,
            years: 5,
            half_window: 3,
            seasons: 10,
            left_out: 26,
            reweighted_above: Some(2.58),
            trend: Trend::Below(1.0),
            limit: Limit::NegativeBinomial,
            alpha,
            least_cases: (5.0, 4),
        }
    }
}

/// A judged week.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judged {
    /// Predicted mean.
    pub expected: f64,
    /// Dispersion, at least 1.
    pub dispersion: f64,
    /// The count above which the week is unusual.
    pub upper: f64,
    /// Change of the logarithm by week, where a trend was kept.
    pub trend: Option<f64>,
    /// Chance of a count at least as high.
    pub p_value: f64,
    /// (count − expected)/(upper − expected): above 1 is unusual.
    pub exceedance: f64,
    /// Enough cases lately for a verdict.
    pub enough_cases: bool,
    /// Enough cases, and the count lies above the limit.
    pub alarm: bool,
}

/// Judges week `at` (0-based) of `counts`, oldest first. `exposure`: units at risk by week, when the rate and not the count is steady.
///
/// # Errors
/// Too short a past (it needs `years · periods_a_year + half_window` weeks before), parameters outside their range, negative or undefined
/// counts, exposure not above 0, a regression without solution.
pub fn judge(counts: &[f64], exposure: Option<&[f64]>, at: usize, settings: &Settings) -> Result<Judged, Error> {
    checked(counts, exposure, at, settings)?;
    let past = Past::collect(counts, exposure, at, settings)?;
    let offset = exposure.map_or(0.0, |exposure| exposure[at].ln());
    let (fitted, trend) = choose_model(&past, offset, settings)?;
    let row = past.row_now(trend.is_some());
    let (predictor, variance) = fitted.predict(&row, offset);
    let dispersion = fitted.dispersion.max(1.0);
    let expected = predictor.exp();
    // The mean's own uncertainty keeps the fitted dispersion, below 1 too; only the counts' variation is floored at Poisson's.
    let deviation = (variance * fitted.dispersion).sqrt();
    let count = counts[at];
    let (upper, p_value) = limit(settings, predictor, deviation, dispersion, count)?;
    let (least, weeks) = settings.least_cases;
    let enough_cases = counts[(at + 1).saturating_sub(weeks)..=at].iter().sum::<f64>() >= least;
    Ok(Judged {
        expected,
        dispersion,
        upper,
        trend,
        p_value,
        exceedance: (count - expected) / (upper - expected),
        enough_cases,
        alarm: enough_cases && count > upper && count > 0.0,
    })
}

fn checked(counts: &[f64], exposure: Option<&[f64]>, at: usize, settings: &Settings) -> Result<(), Error> {
    share("alpha", settings.alpha)?;
    if settings.years == 0 || settings.years > YEARS_MAX {
        return Err(Error::Argument { name: "years", value: settings.years as f64, range: "1 to 20" });
    }
    if settings.periods_a_year > PERIODS_MAX || settings.periods_a_year < 2 * settings.half_window.min(PERIODS_MAX) + 1
    {
        let value = settings.periods_a_year as f64;
        return Err(Error::Argument {
            name: "periods a year",
            value,
            range: "at least the window around a week, at most 366",
        });
    }
    let most = settings.periods_a_year.saturating_sub(2 * settings.half_window + 1) + 1;
    if settings.seasons == 0 || settings.seasons > most.min(glm::COLUMNS_MAX - 2) {
        return Err(Error::Argument {
            name: "seasons",
            value: settings.seasons as f64,
            range: "1 to the weeks between the windows",
        });
    }
    if let Some(threshold) = settings.reweighted_above {
        positive("reweighting threshold", threshold)?;
    }
    let before = settings.years * settings.periods_a_year + settings.half_window;
    if at >= counts.len() || at < before {
        return Err(Error::Length { name: "weeks before", found: at.min(counts.len()), wanted: before });
    }
    for &count in counts {
        not_negative("count", count)?;
    }
    if let Some(exposure) = exposure {
        if exposure.len() != counts.len() {
            return Err(Error::Length { name: "exposure", found: exposure.len(), wanted: counts.len() });
        }
        for &units in exposure {
            positive("exposure", units)?;
        }
    }
    Ok(())
}

/// The weeks of the past that are used.
struct Past {
    counts: Vec<f64>,
    offsets: Vec<f64>,
    /// Weeks relative to the judged one, in years: the judged week is 0.
    times: Vec<f64>,
    /// Levels of the season, 1 … `seasons`; the judged week has the last.
    levels: Vec<usize>,
    seasons: usize,
    periods_a_year: f64,
}

impl Past {
    fn collect(counts: &[f64], exposure: Option<&[f64]>, at: usize, settings: &Settings) -> Result<Self, Error> {
        let levels_by_week = season_levels(at, settings);
        let mut past = Past {
            counts: Vec::new(),
            offsets: Vec::new(),
            times: Vec::new(),
            levels: Vec::new(),
            seasons: settings.seasons,
            periods_a_year: settings.periods_a_year as f64,
        };
        for (week, level) in levels_by_week.iter().enumerate().take(at.saturating_sub(settings.left_out)) {
            let Some(level) = level else { continue };
            past.counts.push(counts[week]);
            past.offsets.push(exposure.map_or(0.0, |exposure| exposure[week].ln()));
            past.times.push((week as f64 - at as f64) / past.periods_a_year);
            past.levels.push(*level);
        }
        // A level all of whose weeks were left out cannot be estimated; the judged week's own level always has weeks.
        Ok(past)
    }

    fn design(&self, with_trend: bool) -> Vec<Vec<f64>> {
        self.levels.iter().zip(&self.times).map(|(&level, &time)| self.row(level, time, with_trend)).collect()
    }

    fn row_now(&self, with_trend: bool) -> Vec<f64> {
        self.row(self.seasons, 0.0, with_trend)
    }

    fn row(&self, level: usize, time: f64, with_trend: bool) -> Vec<f64> {
        let mut row = vec![1.0];
        row.extend(
            (1..self.seasons)
                .filter(|other| self.levels.contains(other))
                .map(|other| if other == level { 1.0 } else { 0.0 }),
        );
        if with_trend {
            row.push(time);
        }
        row
    }

    /// Fits, gives weeks that stood out less weight, fits again.
    fn fit(&self, with_trend: bool, settings: &Settings) -> Result<Fitted, Error> {
        let design = self.design(with_trend);
        let even = vec![1.0; self.counts.len()];
        let model = |weights: &[f64]| {
            glm::fit(&Model { design: &design, counts: &self.counts, offsets: &self.offsets, weights })
        };
        let first = model(&even)?;
        match settings.reweighted_above {
            Some(threshold) => model(&weights(&self.counts, &first, threshold)),
            None => Ok(first),
        }
    }
}

/// The level of each week up to the judged one; `None`: not used. Around the same week of each year, and just before the judged week, the
/// last level; between two such windows the other levels in equal blocks, the first ones longer by a week where it does not divide.
fn season_levels(at: usize, settings: &Settings) -> Vec<Option<usize>> {
    let (window, last) = (settings.half_window, settings.seasons);
    let mut levels = vec![None; at + 1];
    levels[at.saturating_sub(window)..=at].fill(Some(last));
    for year in 0..settings.years {
        let later = at - year * settings.periods_a_year;
        let earlier = later - settings.periods_a_year;
        levels[earlier - window..=earlier + window].fill(Some(last));
        if last == 1 {
            continue;
        }
        let between = settings.periods_a_year - 2 * window - 1;
        let (length, longer) = (between / (last - 1), between % (last - 1));
        let mut week = earlier + window + 1;
        for level in 1..last {
            let size = length + usize::from(level <= longer);
            levels[week..week + size].fill(Some(level));
            week += size;
        }
    }
    levels
}

/// Weights by the standardised Anscombe residuals s: γ where s is at most the threshold, γ/s² above, γ such that they sum to the number
/// of weeks (Farrington et al. 1996, section 3.5).
fn weights(counts: &[f64], fitted: &Fitted, threshold: f64) -> Vec<f64> {
    let dispersion = fitted.dispersion.max(1.0);
    let raw: Vec<f64> = counts
        .iter()
        .zip(&fitted.means)
        .zip(&fitted.leverages)
        .map(|((count, mean), leverage)| {
            let residual = 1.5 * (count.powf(2.0 / 3.0) * mean.powf(-1.0 / 6.0) - mean.sqrt());
            let standardised = residual / (dispersion * (1.0 - leverage).max(1e-12)).sqrt();
            if standardised > threshold { standardised.powi(-2) } else { 1.0 }
        })
        .collect();
    let scale = raw.len() as f64 / raw.iter().sum::<f64>();
    raw.iter().map(|weight| weight * scale).collect()
}

/// The model with a trend where it is to be kept, else without; the trend's coefficient by week.
fn choose_model(past: &Past, offset: f64, settings: &Settings) -> Result<(Fitted, Option<f64>), Error> {
    if let Trend::Below(p) = settings.trend
        && settings.years >= 3
        && let Ok(fitted) = past.fit(true, settings)
    {
        let place = fitted.coefficients.len() - 1;
        let slope = fitted.coefficients[place];
        let deviation = (fitted.unscaled[place][place] * fitted.dispersion).sqrt();
        let significant = p >= 1.0 || two_sided(slope / deviation, fitted.degrees) < p;
        let predicted = fitted.predict(&past.row_now(true), offset).0.exp();
        let seen = past.counts.iter().copied().fold(0.0, f64::max);
        if significant && predicted <= seen {
            return Ok((fitted, Some(slope / past.periods_a_year)));
        }
    }
    Ok((past.fit(false, settings)?, None))
}

/// P(|T| > |t|) for Student's distribution.
fn two_sided(t: f64, degrees: usize) -> f64 {
    let v = degrees as f64;
    let whole = v + t * t;
    ln_incomplete_beta(0.5 * v, 0.5, v / whole, t * t / whole).0.exp()
}

/// The limit, and the chance of at least `count`.
fn limit(
    settings: &Settings,
    predictor: f64,
    deviation: f64,
    dispersion: f64,
    count: f64,
) -> Result<(f64, f64), Error> {
    let z = normal::quantile(1.0 - settings.alpha)?;
    if settings.limit == Limit::TwoThirdsPower {
        let mean = predictor.exp();
        // The variance of the prediction by its mean: φ + Var(μ̂)/μ̂, with Var(μ̂) = μ̂² Var(ln μ̂).
        let spread = dispersion + deviation * deviation * mean;
        let error = (4.0 / 9.0 * mean.cbrt() * spread).sqrt();
        let middle = mean.powf(2.0 / 3.0);
        let upper = (middle + z * error).powf(1.5);
        return Ok((upper, normal::survival((count.powf(2.0 / 3.0) - middle) / error)));
    }
    let shift = if settings.limit == Limit::NegativeBinomialUpperMean { z * deviation } else { 0.0 };
    let mean = (predictor + shift).exp();
    let events = count.ceil() as u64;
    if dispersion > 1.0 {
        let counts = NegativeBinomial::new(mean / (dispersion - 1.0), mean)?;
        return Ok((counts.quantile(1.0 - settings.alpha)? as f64, counts.tail(events)));
    }
    let counts = Poisson::new(mean)?;
    Ok((counts.quantile(1.0 - settings.alpha)? as f64, counts.tail(events)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Six years of weeks with a season, without chance.
    fn weeks() -> Vec<f64> {
        (0..330).map(|week| (20.0 + 10.0 * (f64::from(week) * std::f64::consts::TAU / 52.0).sin()).round()).collect()
    }

    #[test]
    fn a_week_far_above_its_season_alarms_and_its_usual_height_does_not() {
        let mut counts = weeks();
        assert!(!judge(&counts, None, 329, &Settings::noufaily(0.005)).unwrap().alarm);
        counts[329] += 25.0;
        let judged = judge(&counts, None, 329, &Settings::noufaily(0.005)).unwrap();
        assert!(judged.alarm && judged.exceedance > 1.0 && judged.p_value < 0.001, "{judged:?}");
    }

    #[test]
    fn an_outbreak_of_the_past_does_not_hide_a_new_one() {
        let mut counts = weeks();
        (170..176).for_each(|week| counts[week] += 150.0);
        counts[329] += 30.0;
        let reweighted = judge(&counts, None, 329, &Settings::noufaily(0.005)).unwrap();
        let plain =
            judge(&counts, None, 329, &Settings { reweighted_above: None, ..Settings::noufaily(0.005) }).unwrap();
        assert!(reweighted.upper < plain.upper - 5.0 && reweighted.alarm, "{reweighted:?} {plain:?}");
    }

    #[test]
    fn sales_that_double_with_complaints_are_no_reason_for_alarm() {
        let mut counts = weeks();
        let mut exposure = vec![1000.0; counts.len()];
        counts[329] *= 2.0;
        exposure[329] *= 2.0;
        assert!(judge(&counts, None, 329, &Settings::noufaily(0.005)).unwrap().alarm);
        assert!(!judge(&counts, Some(&exposure), 329, &Settings::noufaily(0.005)).unwrap().alarm);
    }

    #[test]
    fn a_short_past_and_nonsense_are_refused() {
        let counts = weeks();
        let usual = Settings::noufaily(0.005);
        assert!(matches!(judge(&counts, None, 262, &usual), Err(Error::Length { .. })));
        assert!(judge(&counts, None, 263, &usual).is_ok() && judge(&counts, None, 330, &usual).is_err());
        assert!(judge(&counts, Some(&[1.0; 4]), 329, &usual).is_err());
        assert!(judge(&counts, Some(&vec![0.0; 330]), 329, &usual).is_err());
        for wrong in [
            Settings { years: 0, ..usual },
            Settings { seasons: 0, ..usual },
            Settings { seasons: 50, ..usual },
            Settings { half_window: 26, ..usual },
            Settings { half_window: usize::MAX, ..usual },
            Settings { periods_a_year: usize::MAX, ..usual },
            Settings { alpha: 0.0, ..usual },
            Settings { reweighted_above: Some(f64::NAN), ..usual },
        ] {
            assert!(judge(&counts, None, 329, &wrong).is_err(), "{wrong:?}");
        }
        let mut undefined = counts;
        undefined[300] = f64::NAN;
        assert!(judge(&undefined, None, 329, &usual).is_err());
    }

    #[test]
    fn years_without_a_single_case_do_not_panic() {
        let judged = judge(&vec![0.0; 330], None, 329, &Settings::noufaily(0.005));
        assert!(
            judged.as_ref().is_ok_and(|judged| !judged.alarm && judged.expected < 1e-3) || judged.is_err(),
            "{judged:?}"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn limits_are_numbers_and_the_alarm_is_what_they_say(
            counts in prop::collection::vec(0u32..40, 300), seasons in 1usize..12, half_window in 0usize..5, last in 0u32..200,
        ) {
            let mut counts: Vec<f64> = counts.into_iter().map(f64::from).collect();
            counts[299] = f64::from(last);
            let settings = Settings { seasons, half_window, ..Settings::noufaily(0.01) };
            if let Ok(judged) = judge(&counts, None, 299, &settings) {
                prop_assert!(judged.upper.is_finite() && judged.upper >= 0.0 && judged.dispersion >= 1.0);
                prop_assert!((0.0..=1.0).contains(&judged.p_value));
                prop_assert_eq!(judged.alarm, judged.enough_cases && counts[299] > judged.upper);
                // A quantile of 1 − α: what lies above it is rarer than α.
                prop_assert!(!judged.alarm || judged.p_value <= 0.01 + 1e-12);
            } else {
                prop_assert!(seasons == 1 && half_window == 0, "only five weeks cannot carry a trend, a level and their spread");
            }
        }
    }
}
