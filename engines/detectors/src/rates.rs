//! Events against the exposure that can have caused them.
//!
//! Events are complaints, returns and reviews, exposure is purchases that reached people: both are counted in decisions of
//! buyers, not in units. A wholesaler's thousand pieces come back together or not at all; counted one by one they would be a
//! thousand trials that never happened, and every large return an alarm.
//!
//! A complaint of today is about goods shipped days ago. Exposure on a day is therefore the purchases shipped up to then, each
//! spread over the following days by a geometric delay of mean m: y_d = q·y_(d−1) + (1−q)·s_d with q = m/(1+m). Before the
//! window the key is taken to have shipped at its earlier average rate. Some goods are complained about within hours: a day's
//! own purchases count in full on it, so that a day of many sales is never held against few.

use crate::cohort::Sums;
use crate::names::Measure;
use crate::policy::Policy;
use stream::{DayCounts, WINDOW_DAYS, Window};

/// Events and exposure of each day of a window, oldest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Course {
    /// Day of the first entry.
    pub first_day: i32,
    /// Events.
    pub events: [f64; WINDOW_DAYS],
    /// Purchases that could have caused them.
    pub exposure: [f64; WINDOW_DAYS],
}

/// How many events of a measure a day has.
pub fn events(measure: Measure, day: &DayCounts) -> u32 {
    match measure {
        Measure::Complaints => day.complaints,
        Measure::Returns => day.returns,
        Measure::BadReviews => day.bad_reviews(),
    }
}

/// How many events of a measure there were since the key was first seen.
pub fn events_ever(measure: Measure, window: &Window) -> u64 {
    match measure {
        Measure::Complaints => window.totals.complaints,
        Measure::Returns => window.totals.returns,
        Measure::BadReviews => window.totals.bad_reviews(),
    }
}

/// Purchases that reached people since the key was first seen.
pub fn reached_ever(window: &Window) -> f64 {
    window.totals.reached() as f64
}

impl Course {
    /// The course of a measure over a window, with this mean delay in days.
    pub fn of(window: &Window, measure: Measure, delay_days: f64) -> Course {
        let by = window.totals.reached_by();
        let purchases = |day: &DayCounts| f64::from(day.reached(by));
        let mut course =
            Course { first_day: window.first_day, events: [0.0; WINDOW_DAYS], exposure: [0.0; WINDOW_DAYS] };
        let keep = delay_days / (1.0 + delay_days);
        let inside: f64 = window.days.iter().map(purchases).sum();
        let older_days = f64::from((window.first_day - window.first_seen_day).max(0));
        let older = (reached_ever(window) - inside).max(0.0);
        let mut level = if older_days > 0.0 { older / older_days } else { 0.0 };
        for (place, day) in window.days.iter().enumerate() {
            level = keep * level + (1.0 - keep) * purchases(day);
            course.events[place] = f64::from(events(measure, day));
            course.exposure[place] = level.max(purchases(day));
        }
        course
    }

    /// Trials and successes where a share of reviews is judged: rated reviews, and the bad ones among them.
    pub fn of_reviews(window: &Window) -> Course {
        let mut course =
            Course { first_day: window.first_day, events: [0.0; WINDOW_DAYS], exposure: [0.0; WINDOW_DAYS] };
        for (place, day) in window.days.iter().enumerate() {
            course.events[place] = f64::from(day.bad_reviews());
            course.exposure[place] = day.rated_reviews() as f64;
        }
        course
    }

    /// The course a policy judges.
    pub fn judged(window: &Window, policy: &Policy) -> Course {
        use crate::names::Method;
        let measure = policy.measure.unwrap_or(Measure::Complaints);
        if policy.method == Method::Proportion && measure == Measure::BadReviews {
            return Course::of_reviews(window);
        }
        Course::of(window, measure, policy.limit("delay_days"))
    }

    /// Events and exposure of the newest `days` days up to and with the entry `until`.
    pub fn trailing(&self, until: usize, days: usize) -> (f64, f64) {
        let from = (until + 1).saturating_sub(days);
        (self.events[from..=until].iter().sum(), self.exposure[from..=until].iter().sum())
    }

    /// What the key adds to its cohort: sums over the newest `days` days, and how its days vary around its own mean.
    pub fn sums(&self, days: usize) -> Sums {
        let (events, exposure) = self.trailing(WINDOW_DAYS - 1, days);
        let mut sums = Sums::of(events, exposure);
        if exposure <= 0.0 || events <= 0.0 {
            return sums;
        }
        let rate = events / exposure;
        let from = WINDOW_DAYS.saturating_sub(days);
        for (seen, exposed) in self.events[from..].iter().zip(&self.exposure[from..]) {
            let expected = rate * exposed;
            sums.day_excess += (seen - expected) * (seen - expected) - seen;
            sums.day_squared += expected * expected;
        }
        // Days vary less around their own mean than around the true one.
        let effective = (exposure / self.exposure[from..].iter().copied().fold(f64::MIN_POSITIVE, f64::max)).max(1.0);
        sums.day_excess += events / effective;
        sums
    }
}
