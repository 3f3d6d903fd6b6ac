//! The day and the week inside a series.

/// Seconds of a day.
const DAY_SECONDS: f64 = 86_400.0;
/// Most phases a season is cut into.
const PHASES_MAX: usize = 2_048;
/// Fewest values a day needs before its hours can be told apart.
const VALUES_MIN: f64 = 6.0;

/// A season: which phase a moment has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Season {
    /// Length, seconds.
    pub seconds: f64,
    /// Phases it is cut into.
    pub phases: usize,
}

impl Season {
    /// The day, for values this many seconds apart; none where a day has too few values.
    pub fn day(step_seconds: f64) -> Option<Season> {
        Season::of(DAY_SECONDS, step_seconds).filter(|_| DAY_SECONDS / step_seconds >= VALUES_MIN)
    }

    /// The week.
    pub fn week(step_seconds: f64) -> Option<Season> {
        Season::of(7.0 * DAY_SECONDS, step_seconds)
    }

    fn of(seconds: f64, step_seconds: f64) -> Option<Season> {
        let values = seconds / step_seconds;
        (step_seconds > 0.0 && values >= 2.0)
            .then(|| Season { seconds, phases: (values.round() as usize).min(PHASES_MAX) })
    }

    /// The phase of a moment, Unix seconds.
    pub fn phase(&self, at_seconds: f64) -> usize {
        let share = at_seconds.rem_euclid(self.seconds) / self.seconds;
        ((share * self.phases as f64) as usize).min(self.phases - 1)
    }
}

/// The usual distance between values: the median of the first ones.
#[derive(Debug, Clone, Default)]
pub struct Spacing {
    last_seconds: Option<f64>,
    steps: Vec<f64>,
}

/// Distances after which the spacing is known.
const STEPS: usize = 24;

impl Spacing {
    /// Notes a moment; the spacing, once, when it becomes known.
    pub fn note(&mut self, at_seconds: f64) -> Option<f64> {
        let last = self.last_seconds.replace(at_seconds)?;
        if self.steps.len() >= STEPS || at_seconds <= last {
            return None;
        }
        self.steps.push(at_seconds - last);
        (self.steps.len() == STEPS).then(|| {
            let mut sorted = self.steps.clone();
            sorted.sort_by(f64::total_cmp);
            sorted[STEPS / 2]
        })
    }
}
