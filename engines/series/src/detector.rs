//! A value in, a verdict out.

use crate::forecast::{Expected, Forecast};
use crate::season::{Season, Spacing};
use crate::tail::Tail;
use std::collections::VecDeque;

/// The one parameter set. Changing it is for experiments; every figure in the documents was taken with the default.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// A verdict of a smaller probability is an alert.
    pub probability_max: f64,
    /// Values that only teach, whatever happens.
    pub quiet_values: u64,
    /// The shorter and the longer stretch over which surprise is averaged, values.
    pub stretches: [usize; 2],
    /// After an alert the next needs to be this much less probable while resting.
    pub rest_factor: f64,
    /// Shortest rest, values; a rest lasts a twentieth of what was seen.
    pub rest_values_min: u64,
    /// Longest rest, values.
    pub rest_values_max: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            probability_max: 2e-5,
            quiet_values: 150,
            stretches: [8, 40],
            rest_factor: 1e-3,
            rest_values_min: 24,
            rest_values_max: 1_000,
        }
    }
}

/// What is to be said about a value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Verdict {
    /// 0 to 1: how unusual, on the scale of −log₁₀ of the probability; resting values are halved.
    pub score: f64,
    /// Whether it is worth a person's time.
    pub alert: bool,
    /// The probability of something at least as unusual, by what was seen before.
    pub probability: f64,
    /// What was expected; the value itself where nothing could be.
    pub expected: f64,
    /// Lower end of the usual.
    pub lower: f64,
    /// Upper end of the usual.
    pub upper: f64,
}

/// −log₁₀ of the probability at which the score is 1.
const SCORE_FULL: f64 = 9.0;

/// Judges one series.
#[derive(Debug, Clone)]
pub struct Detector {
    settings: Settings,
    spacing: Spacing,
    forecast: Forecast,
    single: Tail,
    means: [Tail; 2],
    departures: [Tail; 2],
    recent: VecDeque<(f64, f64)>,
    values: u64,
    rest_until: u64,
    rest_probability: f64,
}

impl Detector {
    /// With the one parameter set.
    pub fn new() -> Detector {
        Detector::with(Settings::default())
    }

    /// With other settings.
    pub fn with(settings: Settings) -> Detector {
        Detector {
            settings,
            spacing: Spacing::default(),
            forecast: Forecast::default(),
            single: Tail::default(),
            means: [Tail::default(), Tail::default()],
            departures: [Tail::default(), Tail::default()],
            recent: VecDeque::with_capacity(settings.stretches[1] + 1),
            values: 0,
            rest_until: 0,
            rest_probability: 1.0,
        }
    }

    /// Judges the next value. `at_seconds` is Unix time and must not go back; a value that is not finite counts as missing.
    pub fn judge(&mut self, at_seconds: f64, value: f64) -> Verdict {
        if let Some(step) = self.spacing.note(at_seconds) {
            for season in [Season::day(step), Season::week(step)].into_iter().flatten() {
                self.forecast.add_season(season);
            }
        }
        if !value.is_finite() {
            return Verdict { score: 0.0, alert: false, probability: 1.0, expected: value, lower: value, upper: value };
        }
        self.values += 1;
        let Some(expected) = self.forecast.judge(at_seconds, value) else {
            return Verdict { score: 0.0, alert: false, probability: 1.0, expected: value, lower: value, upper: value };
        };
        let probability = self.probability(&expected);
        let (score, alert) = self.decide(probability);
        Verdict {
            score,
            alert,
            probability,
            expected: expected.centre,
            lower: expected.centre - expected.reach,
            upper: expected.centre + expected.reach,
        }
    }

    /// The smallest probability of the surprise, of its means and of the mean departures, corrected for the choice.
    fn probability(&mut self, expected: &Expected) -> f64 {
        self.recent.push_back((expected.surprise.min(8.0), expected.departure));
        if self.recent.len() > self.settings.stretches[1] {
            self.recent.pop_front();
        }
        let mut least = self.single.judge(expected.surprise);
        for (place, stretch) in self.settings.stretches.into_iter().enumerate() {
            if self.recent.len() < stretch {
                continue;
            }
            let (mut surprise, mut departure) = (0.0, 0.0);
            for (one, other) in self.recent.iter().rev().take(stretch) {
                surprise += one;
                departure += other;
            }
            least = least.min(self.means[place].judge(surprise / stretch as f64));
            least = least.min(self.departures[place].judge(departure.abs() / stretch as f64));
        }
        (5.0 * least).min(1.0)
    }

    fn decide(&mut self, probability: f64) -> (f64, bool) {
        if self.values <= self.settings.quiet_values {
            return (0.0, false);
        }
        let score = (-probability.log10() / SCORE_FULL).clamp(0.0, 1.0);
        let resting = self.values < self.rest_until;
        let limit = if resting {
            self.settings.probability_max.min(self.rest_probability * self.settings.rest_factor)
        } else {
            self.settings.probability_max
        };
        let alert = probability < limit;
        if alert {
            let rest = (self.values / 20).clamp(self.settings.rest_values_min, self.settings.rest_values_max);
            self.rest_until = self.values + rest;
            self.rest_probability = probability;
        }
        (if resting && !alert { score / 2.0 } else { score }, alert)
    }
}

impl Default for Detector {
    fn default() -> Self {
        Detector::new()
    }
}
