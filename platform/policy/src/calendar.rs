//! Working days: weekends, public holidays, and the weekend days that are worked instead (调休).
//!
//! The days are rows of the table `calendar`, one row a notice (a year's arrangement of the State Council for cn). A day
//! in a year for which the pack has no row is judged by its weekday alone; [`WorkingDays::covers`] tells.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Diagnostics, Report};
use crate::pack::Pack;
use crate::row::{Row, TableRow};
use crate::text::Bilingual;

/// Longest stretch a calculation may walk.
pub const STEPS_MAX: u32 = 40_000;

/// A row of the table `calendar`: the arrangement of one holiday.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalendarDay {
    pub title: Bilingual,
    pub year: i16,
    /// First and last day off.
    pub first: Date,
    pub last: Date,
    /// Weekend days worked instead.
    #[serde(default)]
    pub worked: Vec<Date>,
}

impl TableRow for CalendarDay {
    const TABLE: &'static str = "calendar";

    fn check(row: &Row<Self>, _pack: &Pack, report: &mut Report<'_>) {
        let day = &row.body;
        if day.last < day.first {
            report.refuse(
                "last",
                "policy_dates_reversed",
                Bilingual::new("最后一天早于第一天", "`last` is before `first`"),
            );
        }
        if day.worked.iter().any(|date| !is_weekend(*date)) {
            report.refuse(
                "worked",
                "policy_calendar_not_weekend",
                Bilingual::new("调休上班日应为星期六或星期日", "A make-up working day is a Saturday or a Sunday"),
            );
        }
        if day.worked.iter().any(|date| *date >= day.first && *date <= day.last) {
            report.refuse(
                "worked",
                "policy_calendar_both",
                Bilingual::new("同一天不能既放假又上班", "A day cannot be both off and worked"),
            );
        }
    }
}

/// Which days are worked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkingDays {
    off: BTreeSet<Date>,
    worked: BTreeSet<Date>,
    years: BTreeSet<i16>,
}

impl WorkingDays {
    /// Reads the pack's calendar.
    pub fn from_pack(pack: &Pack) -> Result<Self, Diagnostics> {
        let mut days = Self::default();
        for row in pack.rows::<CalendarDay>()? {
            let mut date = row.body.first;
            days.years.insert(row.body.year);
            for _ in 0..STEPS_MAX {
                if date > row.body.last {
                    break;
                }
                days.off.insert(date);
                let Ok(next) = date.tomorrow() else { break };
                date = next;
            }
            days.worked.extend(row.body.worked.iter().copied());
        }
        Ok(days)
    }

    /// Whether the pack has holidays for that year; where not, weekdays alone decide.
    pub fn covers(&self, year: i16) -> bool {
        self.years.contains(&year)
    }

    pub fn is_working_day(&self, date: Date) -> bool {
        if self.worked.contains(&date) {
            return true;
        }
        !is_weekend(date) && !self.off.contains(&date)
    }

    /// The first working day after `date`.
    pub fn next(&self, date: Date) -> Date {
        self.add_working_days(date, 1)
    }

    /// The day on which `count` working days after `date` have passed; the day of the event is not counted. `count` 0
    /// gives `date` itself if it is worked, else the next working day. Negative counts go back. At the edge of the
    /// calendar (year 9999) the last reachable day is given.
    pub fn add_working_days(&self, date: Date, count: i32) -> Date {
        if count == 0 {
            return if self.is_working_day(date) { date } else { self.next(date) };
        }
        let step = count.signum().days();
        let mut left = count.unsigned_abs().min(STEPS_MAX);
        let mut current = date;
        for _ in 0..STEPS_MAX * 2 {
            let Ok(moved) = current.checked_add(step) else {
                return current;
            };
            current = moved;
            if self.is_working_day(current) {
                left -= 1;
                if left == 0 {
                    break;
                }
            }
        }
        current
    }

    /// Working days after `from` up to and with `to`; negative when `to` is earlier.
    pub fn working_days_between(&self, from: Date, to: Date) -> i64 {
        if to < from {
            return -self.working_days_between(to, from);
        }
        let days = (to - from).get_days();
        let whole_weeks = i64::from(days / 7);
        let mut count = whole_weeks * 5;
        let mut date = to;
        for _ in 0..days % 7 {
            if !is_weekend(date) {
                count += 1;
            }
            let Ok(earlier) = date.yesterday() else { break };
            date = earlier;
        }
        let Ok(start) = from.tomorrow() else {
            return count;
        };
        if start > to {
            return count;
        }
        let off = self.off.range(start..=to).filter(|day| !is_weekend(**day) && !self.worked.contains(day));
        let worked = self.worked.range(start..=to).filter(|day| is_weekend(**day));
        count - off.count() as i64 + worked.count() as i64
    }

    /// Holidays and make-up days of a year, for showing: date -> worked or not.
    pub fn exceptions(&self, year: i16) -> BTreeMap<Date, bool> {
        let of_year = |date: &&Date| date.year() == year;
        let off = self.off.iter().filter(of_year).map(|date| (*date, false));
        let worked = self.worked.iter().filter(of_year).map(|date| (*date, true));
        off.chain(worked).collect()
    }
}

fn is_weekend(date: Date) -> bool {
    matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
}
