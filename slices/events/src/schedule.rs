//! When a scheduled query runs (EPCIS 2.0 §8.2.5.3): six fields like those of cron, each a list of numbers and ranges in
//! brackets, `1,[3-5]`. A field left out holds always, except that seconds and whatever is finer than the coarsest field
//! given count as zero or first, so that `hour=1` is once a day and not once a second.

use ground::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

/// Days looked ahead for the next moment: leap days come within eight years.
const DAYS_AHEAD_MAX: i32 = 366 * 9;

/// The fields, with the names of the REST binding and their ranges.
const FIELDS: [(&str, u8, u8); 6] = [
    ("second", 0, 59),
    ("minute", 0, 59),
    ("hour", 0, 23),
    ("dayOfMonth", 1, 31),
    ("month", 1, 12),
    ("dayOfWeek", 1, 7),
];

/// A schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Allowed values by field, as bits; `None` where the field was left out.
    fields: [Option<u64>; 6],
    texts: [Option<String>; 6],
}

/// Which field is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleError {
    /// Its name.
    pub field: &'static str,
    /// Its smallest and largest value.
    pub range: (u8, u8),
}

impl Schedule {
    /// Reads the fields by name; `Ok(None)` when none is given.
    ///
    /// # Errors
    /// The first field that is wrong.
    pub fn read<'a>(field: impl Fn(&str) -> Option<&'a str>) -> Result<Option<Schedule>, ScheduleError> {
        let mut schedule = Schedule { fields: [None; 6], texts: Default::default() };
        for (index, (name, least, most)) in FIELDS.into_iter().enumerate() {
            let Some(text) = field(name).map(str::trim).filter(|text| !text.is_empty()) else { continue };
            let bits = values(text, least, most).ok_or(ScheduleError { field: name, range: (least, most) })?;
            schedule.fields[index] = Some(bits);
            schedule.texts[index] = Some(text.to_owned());
        }
        Ok(schedule.fields.iter().any(Option::is_some).then_some(schedule))
    }

    /// As it was given.
    pub fn to_json(&self) -> Value {
        let given = FIELDS.iter().zip(&self.texts).filter_map(|((name, ..), text)| Some((*name, text.as_ref()?)));
        Value::Object(given.map(|(name, text)| (name.to_owned(), json!(text))).collect::<Map<_, _>>())
    }

    /// Reads what [`Schedule::to_json`] wrote, and what clients send.
    ///
    /// # Errors
    /// The first field that is wrong.
    pub fn from_json(value: &Value) -> Result<Option<Schedule>, ScheduleError> {
        let texts: Vec<(String, String)> = value
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, value)| {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                (name.clone(), text)
            })
            .collect();
        Schedule::read(|name| texts.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str()))
    }

    fn allows(&self, field: usize, value: i8) -> bool {
        let finer_than_given = self.fields[..field].iter().all(Option::is_none)
            && self.fields[field].is_none()
            && field < 3
            && self.fields[field..].iter().any(Option::is_some);
        match self.fields[field] {
            Some(bits) => u64::from(value.unsigned_abs()) < 64 && bits >> value.unsigned_abs() & 1 == 1,
            None => !finer_than_given || value == 0,
        }
    }

    fn allows_date(&self, date: Date) -> bool {
        self.allows(3, date.day())
            && self.allows(4, date.month())
            && self.allows(5, date.weekday().to_monday_one_offset())
    }

    /// The first moment after `after`; `None` when there is none (30 February).
    pub fn next(&self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let start = zone.to_datetime(after.to_jiff());
        let mut date = start.date();
        for _ in 0..DAYS_AHEAD_MAX {
            if self.allows_date(date)
                && let Some(moment) = self.first_on(date, after, zone)
            {
                return Some(moment);
            }
            date = date.tomorrow().ok()?;
        }
        None
    }

    fn first_on(&self, date: Date, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let at = |hour: i8, minute: i8, second: i8| -> Option<Timestamp> {
            let civil: DateTime = date.at(hour, minute, second, 0);
            zone.to_timestamp(civil).ok().map(|moment| Timestamp::from_micros(moment.as_microsecond()))
        };
        for hour in (0..24).filter(|hour| self.allows(2, *hour)) {
            if at(hour, 59, 59).is_some_and(|last| last <= after) {
                continue;
            }
            for minute in (0..60).filter(|minute| self.allows(1, *minute)) {
                if at(hour, minute, 59).is_some_and(|last| last <= after) {
                    continue;
                }
                let second = (0..60).filter(|second| self.allows(0, *second));
                let found = second.filter_map(|second| at(hour, minute, second)).find(|moment| *moment > after);
                if found.is_some() {
                    return found;
                }
            }
        }
        None
    }
}

/// The values of a field as bits; `None` when the text is wrong.
fn values(text: &str, least: u8, most: u8) -> Option<u64> {
    let number = |text: &str| -> Option<u8> {
        let value = text.trim();
        let plain = !value.is_empty() && value.len() <= 2 && value.bytes().all(|byte| byte.is_ascii_digit());
        let value: u8 = if plain { value.parse().ok()? } else { return None };
        (least..=most).contains(&value).then_some(value)
    };
    let mut bits = 0u64;
    for part in text.split(',') {
        let part = part.trim();
        let (from, until) = match part.strip_prefix('[').and_then(|part| part.strip_suffix(']')) {
            Some(range) => range.split_once('-').and_then(|(from, until)| Some((number(from)?, number(until)?)))?,
            None => number(part).map(|value| (value, value))?,
        };
        if from > until {
            return None;
        }
        (from..=until).for_each(|value| bits |= 1 << value);
    }
    Some(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(fields: &[(&str, &str)], after: &str) -> Option<String> {
        let schedule =
            Schedule::read(|name| fields.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)).unwrap();
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        schedule.unwrap().next(Timestamp::parse_rfc3339(after).unwrap(), &zone).map(Timestamp::to_rfc3339)
    }

    #[test]
    fn every_morning_at_five_past_one_is_once_a_day() {
        let fields = [("hour", "1"), ("minute", "5")];
        assert_eq!(next(&fields, "2026-03-02T04:00:00Z").unwrap(), "2026-03-02T17:05:00Z");
        assert_eq!(next(&fields, "2026-03-02T17:05:00Z").unwrap(), "2026-03-03T17:05:00Z");
        assert_eq!(next(&[("hour", "1")], "2026-03-02T04:00:00Z").unwrap(), "2026-03-02T17:00:00Z");
    }

    #[test]
    fn lists_ranges_and_days_of_the_week_hold_together() {
        let working = [("second", "0,30"), ("dayOfWeek", "[1-5]")];
        assert_eq!(next(&working, "2026-03-06T15:59:30Z").unwrap(), "2026-03-08T16:00:00Z");
        assert_eq!(
            next(&[("month", "2"), ("dayOfMonth", "29")], "2026-03-01T00:00:00Z").unwrap(),
            "2028-02-28T16:00:00Z"
        );
        assert_eq!(next(&[("month", "2"), ("dayOfMonth", "30")], "2026-03-01T00:00:00Z"), None);
    }

    #[test]
    fn a_wrong_field_is_named() {
        for (name, text) in
            [("hour", "24"), ("minute", "x"), ("dayOfWeek", "0"), ("second", "[5-1]"), ("month", "1,,2")]
        {
            let read = Schedule::read(|known| (known == name).then_some(text));
            assert_eq!(read.unwrap_err().field, name);
        }
        assert_eq!(Schedule::read(|_| None), Ok(None));
    }
}
