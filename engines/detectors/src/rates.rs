//! Events against the exposure that can have caused them.
//!
//! A complaint of today is about goods shipped days ago. Exposure on a day is therefore the units shipped up to then, each
//! spread over the following days by a geometric delay of mean m: y_d = q·y_(d−1) + (1−q)·s_d with q = m/(1+m). Before the
//! window the key is taken to have shipped at its earlier average rate. Some goods are complained about within hours: a day's
//! own units count in full on it, so that a day of many sales is never held against few units.

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
    /// Units that could have caused them.
    pub exposure: [f64; WINDOW_DAYS],
}

/// How many events of a measure a day has.
pub fn events(measure: Measure, day: &DayCounts) -> u32 {
    match measure {
        Measure::Complaints => day.complaints,
        Measure::Returns => day.units_returned,
        Measure::BadReviews => day.bad_reviews(),
    }
}

/// How many events of a measure there were since the key was first seen.
pub fn events_ever(measure: Measure, window: &Window) -> u64 {
    match measure {
        Measure::Complaints => window.totals.complaints,
        Measure::Returns => window.totals.units_returned,
        Measure::BadReviews => window.totals.bad_reviews(),
    }
}

/// Which units are taken to have reached people: shipped ones where shipments are told, else delivered, else ordered.
fn reached(window: &Window) -> fn(&DayCounts) -> f64 {
    if window.totals.units_shipped > 0 {
        |day| f64::from(day.units_shipped)
    } else if window.totals.units_delivered > 0 {
        |day| f64::from(day.units_delivered)
    } else {
        |day| f64::from(day.units_ordered.saturating_sub(day.units_cancelled))
    }
}

/// Units that reached people since the key was first seen.
pub fn reached_ever(window: &Window) -> f64 {
    let totals = &window.totals;
    if totals.units_shipped > 0 {
        totals.units_shipped as f64
    } else if totals.units_delivered > 0 {
        totals.units_delivered as f64
    } else {
        totals.units_ordered.saturating_sub(totals.units_cancelled) as f64
    }
}

impl Course {
    /// The course of a measure over a window, with this mean delay in days.
    pub fn of(window: &Window, measure: Measure, delay_days: f64) -> Course {
        let units = reached(window);
        let mut course =
            Course { first_day: window.first_day, events: [0.0; WINDOW_DAYS], exposure: [0.0; WINDOW_DAYS] };
        let keep = delay_days / (1.0 + delay_days);
        let inside: f64 = window.days.iter().map(units).sum();
        let older_days = f64::from((window.first_day - window.first_seen_day).max(0));
        let older = (reached_ever(window) - inside).max(0.0);
        let mut level = if older_days > 0.0 { older / older_days } else { 0.0 };
        for (place, day) in window.days.iter().enumerate() {
            level = keep * level + (1.0 - keep) * units(day);
            course.events[place] = f64::from(events(measure, day));
            course.exposure[place] = level.max(units(day));
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
