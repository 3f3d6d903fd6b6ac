//! Time as an argument.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicI64, Ordering};

/// Microseconds in a second.
pub const SECOND_MICROS: i64 = 1_000_000;
/// Microseconds in a minute.
pub const MINUTE_MICROS: i64 = 60 * SECOND_MICROS;
/// Microseconds in an hour.
pub const HOUR_MICROS: i64 = 60 * MINUTE_MICROS;
/// Microseconds in a day of 24 hours.
pub const DAY_MICROS: i64 = 24 * HOUR_MICROS;

/// A moment: UTC microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The moment that many microseconds after the epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Timestamp(micros)
    }

    /// Microseconds since the epoch.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Later by `micros` (earlier when negative), saturating.
    #[must_use]
    pub const fn plus_micros(self, micros: i64) -> Self {
        Timestamp(self.0.saturating_add(micros))
    }

    /// Later by whole days of 24 hours, saturating.
    #[must_use]
    pub const fn plus_days(self, days: i64) -> Self {
        Timestamp(self.0.saturating_add(days.saturating_mul(DAY_MICROS)))
    }

    /// The same moment for calendar work. Out-of-range moments are clamped to jiff's range.
    pub fn to_jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(if self.0 < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        })
    }

    /// The civil date in a time zone.
    pub fn date_in(self, zone: &TimeZone) -> Date {
        zone.to_datetime(self.to_jiff()).date()
    }

    /// RFC 3339 in UTC with microseconds only where there are any, for example `2026-01-31T08:00:00Z`.
    pub fn to_rfc3339(self) -> String {
        self.to_jiff().to_string()
    }

    /// Reads RFC 3339 with an offset; `None` when malformed or out of range.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        text.parse::<jiff::Timestamp>().ok().map(|moment| Timestamp(moment.as_microsecond()))
    }

    /// The first moment of a date in a time zone.
    pub fn start_of(date: Date, zone: &TimeZone) -> Self {
        let moment = zone.to_timestamp(date.to_datetime(jiff::civil::Time::midnight()));
        Timestamp(moment.map_or(0, jiff::Timestamp::as_microsecond))
    }
}

/// A source of the present moment.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods)] // the one door to the machine's time
    fn now(&self) -> Timestamp {
        Timestamp(jiff::Timestamp::now().as_microsecond())
    }
}

/// A clock that stands still until told to move.
#[derive(Debug)]
pub struct FakeClock(AtomicI64);

impl FakeClock {
    /// A clock that shows `moment`.
    pub fn at(moment: Timestamp) -> Self {
        FakeClock(AtomicI64::new(moment.micros()))
    }

    /// A clock that shows an RFC 3339 moment; panics on a malformed text, so only for tests.
    pub fn at_rfc3339(text: &str) -> Self {
        FakeClock::at(Timestamp::parse_rfc3339(text).expect("an RFC 3339 moment"))
    }

    /// Moves on.
    pub fn advance_micros(&self, micros: i64) {
        self.0.fetch_add(micros, Ordering::SeqCst);
    }

    /// Moves on by days of 24 hours.
    pub fn advance_days(&self, days: i64) {
        self.advance_micros(days * DAY_MICROS);
    }

    /// Shows another moment.
    pub fn set(&self, moment: Timestamp) {
        self.0.store(moment.micros(), Ordering::SeqCst);
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

/// The machine's clock plus an offset, so that a demonstration can let time pass. Never moves backward.
#[derive(Debug, Default)]
pub struct DemonstrationClock {
    offset_micros: AtomicI64,
}

impl DemonstrationClock {
    /// A clock that is already ahead by `offset_micros` (negative counts as 0).
    pub fn ahead_by(offset_micros: i64) -> Self {
        DemonstrationClock { offset_micros: AtomicI64::new(offset_micros.max(0)) }
    }

    /// Moves forward; a negative step is ignored. Returns the whole offset.
    pub fn advance_micros(&self, micros: i64) -> i64 {
        let step = micros.max(0);
        self.offset_micros.fetch_add(step, Ordering::SeqCst) + step
    }
}

impl Clock for DemonstrationClock {
    fn now(&self) -> Timestamp {
        SystemClock.now().plus_micros(self.offset_micros.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_survives_its_text_form() {
        let moment = Timestamp::parse_rfc3339("2026-01-31T08:00:00+08:00").unwrap();
        assert_eq!(moment.to_rfc3339(), "2026-01-31T00:00:00Z");
        assert_eq!(Timestamp::parse_rfc3339(&moment.to_rfc3339()), Some(moment));
        assert_eq!(Timestamp::parse_rfc3339("2026-13-01T00:00:00Z"), None);
    }

    #[test]
    fn extreme_moments_do_not_panic() {
        for micros in [i64::MIN, i64::MAX, 0] {
            let _ = Timestamp::from_micros(micros).to_rfc3339();
            let _ = Timestamp::from_micros(micros).date_in(&TimeZone::UTC);
        }
    }

    #[test]
    fn the_demonstration_clock_only_moves_forward() {
        let clock = DemonstrationClock::default();
        assert_eq!(clock.advance_micros(-5), 0);
        assert_eq!(clock.advance_micros(DAY_MICROS), DAY_MICROS);
        assert!(clock.now() > SystemClock.now());
    }
}
