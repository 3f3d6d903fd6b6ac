//! Dates of the application identifiers: two-digit years and day 00.

/// A civil date of a value. The day is `None` where the value says 00.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// The year, four digits.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31; `None` when only the month is given.
    pub day: Option<u8>,
}

impl Date {
    /// Reads `YYMMDD`; `current_year` decides the century.
    ///
    /// Source: General Specifications 7.12: a difference of 51 to 99 years ahead means the last century, 50 to 99 years back
    /// the next one, everything else this century.
    #[must_use]
    pub fn read(yymmdd: &str, current_year: u16) -> Option<Self> {
        if yymmdd.len() != 6 || !yymmdd.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let number = |range: std::ops::Range<usize>| yymmdd[range].parse::<u8>().ok();
        let (year, month, day) = (number(0..2)?, number(2..4)?, number(4..6)?);
        let year = full_year(year, current_year)?;
        let days = days_in_month(u32::from(year), u32::from(month))?;
        (u32::from(day) <= days).then_some(Self { year, month, day: (day > 0).then_some(day) })
    }

    /// The day itself, or the last day of the month where none is given: how an expiry of day 00 is to be read
    /// (General Specifications 3.4.7).
    #[must_use]
    pub fn last_day(self) -> u8 {
        let days = days_in_month(u32::from(self.year), u32::from(self.month)).unwrap_or(31);
        self.day.unwrap_or(u8::try_from(days).unwrap_or(31))
    }
}

fn full_year(two_digits: u8, current_year: u16) -> Option<u16> {
    let century = current_year / 100 * 100;
    let ahead = i32::from(two_digits) - i32::from(current_year % 100);
    let year = century + u16::from(two_digits);
    match ahead {
        51..=99 => year.checked_sub(100),
        -99..=-50 => year.checked_add(100),
        _ => Some(year),
    }
}

/// Days of a month of the Gregorian calendar; `None` when there is no such month.
pub(crate) fn days_in_month(year: u32, month: u32) -> Option<u32> {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
        4 | 6 | 9 | 11 => Some(30),
        2 => Some(if leap { 29 } else { 28 }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_digit_years_fall_into_the_window_around_this_year() {
        let year = |text: &str| Date::read(text, 2026).unwrap().year;
        assert_eq!(year("760101"), 2076);
        assert_eq!(year("770101"), 1977);
        assert_eq!(year("000101"), 2000);
        assert_eq!(Date::read("100101", 2060).unwrap().year, 2110);
        assert_eq!(Date::read("110101", 2060).unwrap().year, 2011);
    }

    #[test]
    fn an_expiry_without_a_day_lasts_to_the_end_of_its_month() {
        let date = Date::read("280200", 2026).unwrap();
        assert_eq!((date.day, date.last_day()), (None, 29));
        assert_eq!(Date::read("270228", 2026).unwrap().last_day(), 28);
        for wrong in ["271301", "270229", "27021", "27022x", "二七零二"] {
            assert_eq!(Date::read(wrong, 2026), None, "{wrong}");
        }
    }
}
