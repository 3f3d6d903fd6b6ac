//! The operator's civil days.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Microseconds in a second.
const SECOND_US: i64 = 1_000_000;
/// Hours are looked up by this many microseconds, the finest step of any zone in use.
const STEP_US: i64 = 900 * SECOND_US;

/// Turns moments into civil days of a zone.
#[derive(Clone)]
pub struct Calendar {
    zone: TimeZone,
    /// The last quarter of an hour looked up, and its day: signals of a stream are mostly neighbours.
    last: (i64, i32),
}

impl Calendar {
    /// The days of this zone.
    pub fn new(zone: TimeZone) -> Calendar {
        Calendar { zone, last: (i64::MIN, 0) }
    }

    /// The civil day of a moment, days since 1970-01-01.
    pub fn day_of(&mut self, at_us: i64) -> i32 {
        let step = at_us.div_euclid(STEP_US);
        if self.last.0 != step {
            self.last = (step, self.look_up(step.saturating_mul(STEP_US)));
        }
        self.last.1
    }

    fn look_up(&self, at_us: i64) -> i32 {
        let moment = Timestamp::from_microsecond(at_us).unwrap_or(Timestamp::UNIX_EPOCH);
        let offset = i64::from(self.zone.to_offset(moment).seconds());
        ((at_us.div_euclid(SECOND_US) + offset).div_euclid(86_400)) as i32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_of_the_zone_also_when_clocks_change() {
        let at = |text: &str| text.parse::<Timestamp>().expect("a moment").as_microsecond();
        let mut shanghai = Calendar::new(TimeZone::get("Asia/Shanghai").expect("a zone"));
        let before = shanghai.day_of(at("2026-11-10T15:59:59Z"));
        assert_eq!(shanghai.day_of(at("2026-11-10T16:00:00Z")), before + 1);
        let mut berlin = Calendar::new(TimeZone::get("Europe/Berlin").expect("a zone"));
        let day = berlin.day_of(at("2026-10-24T22:00:00Z"));
        assert_eq!(berlin.day_of(at("2026-10-25T22:59:59Z")), day, "the day clocks go back has 25 hours");
        assert_eq!(berlin.day_of(at("2026-10-25T23:00:00Z")), day + 1);
        assert_eq!(berlin.day_of(at("1969-12-31T22:59:59Z")), -1);
    }
}
