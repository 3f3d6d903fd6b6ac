//! Times of RFC 3339 to the microsecond.

use super::error::Wrong;

/// Microseconds in a second.
const SECOND_US: i64 = 1_000_000;

/// UTC microseconds of a time with its zone. A leap second counts as the second before it; digits after the microsecond
/// are left out.
pub(super) fn parse(text: &str) -> Result<i64, Wrong> {
    let bytes = text.as_bytes();
    if bytes.len() < 19 {
        return Err(Wrong::time());
    }
    let digits = |from: usize, count: usize| -> Result<i64, Wrong> {
        bytes[from..from + count].iter().try_fold(0, |number, byte| match byte {
            b'0'..=b'9' => Ok(number * 10 + i64::from(byte - b'0')),
            _ => Err(Wrong::time()),
        })
    };
    let marks = [(4, b"--"), (7, b"--"), (13, b"::"), (16, b"::")];
    let shape = marks.iter().all(|(at, mark)| mark.contains(&bytes[*at])) && matches!(bytes[10], b'T' | b't' | b' ');
    if !shape {
        return Err(Wrong::time());
    }
    let (year, month, day) = (digits(0, 4)?, digits(5, 2)?, digits(8, 2)?);
    let (hour, minute, second) = (digits(11, 2)?, digits(14, 2)?, digits(17, 2)?);
    let in_range = (1..=12).contains(&month)
        && (1..=days_in(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60;
    if !in_range {
        return Err(Wrong::time());
    }
    let (fraction_us, zone) = fraction(&bytes[19..])?;
    let (second, fraction_us) = if second == 60 { (59, SECOND_US - 1) } else { (second, fraction_us) };
    let seconds =
        days_since_1970(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset_seconds(zone)?;
    Ok(seconds * SECOND_US + fraction_us)
}

/// Microseconds after a point, and what follows.
fn fraction(bytes: &[u8]) -> Result<(i64, &[u8]), Wrong> {
    let Some(rest) = bytes.strip_prefix(b".") else { return Ok((0, bytes)) };
    let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if length == 0 || length > 12 {
        return Err(Wrong::time());
    }
    let six = (0..6).map(|place| rest[..length].get(place).map_or(0, |byte| i64::from(byte - b'0')));
    Ok((six.fold(0, |number, digit| number * 10 + digit), &rest[length..]))
}

fn offset_seconds(zone: &[u8]) -> Result<i64, Wrong> {
    let two = |tens: u8, ones: u8| -> Option<i64> {
        (tens.is_ascii_digit() && ones.is_ascii_digit()).then(|| i64::from(tens - b'0') * 10 + i64::from(ones - b'0'))
    };
    match *zone {
        [] => Err(Wrong::time_zone()),
        [b'Z' | b'z'] => Ok(0),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let (Some(hours), Some(minutes)) = (two(h1, h2), two(m1, m2)) else { return Err(Wrong::time()) };
            if hours > 23 || minutes > 59 {
                return Err(Wrong::time());
            }
            let seconds = hours * 3600 + minutes * 60;
            Ok(if sign == b'-' { -seconds } else { seconds })
        }
        _ => Err(Wrong::time()),
    }
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 in the Gregorian calendar, years counted from March (Howard Hinnant, "chrono-compatible low-level
/// date algorithms").
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn times_are_read_as_a_calendar_library_reads_them(us in -62_000_000_000_000_000i64..250_000_000_000_000_000) {
            let moment = jiff::Timestamp::from_microsecond(us).expect("a moment in range");
            prop_assert_eq!(parse(&moment.to_string()).ok(), Some(us));
        }

        #[test]
        fn any_text_is_a_time_or_refused(text in "\\PC{0,40}") {
            let _ = parse(&text);
        }
    }

    #[test]
    fn zones_are_taken_off_and_wrong_times_refused() {
        assert_eq!(parse("1970-01-01T08:00:00+08:00").ok(), Some(0));
        assert_eq!(parse("1969-12-31T19:30:00.5-04:30").ok(), Some(500_000));
        assert_eq!(parse("2016-12-31T23:59:60Z").ok(), parse("2016-12-31T23:59:59.999999Z").ok());
        for wrong in [
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:00+8:00",
            "2026-01-01",
            "2026-01-01T00:00:00.Z",
            "11/11/2026 00:00:00",
            "",
            "2026-01-01T00:00:00+24:00",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        let zoneless = parse("2026-01-01T00:00:00").map_err(|wrong| wrong.at_line(1).code);
        assert_eq!(zoneless, Err(super::super::Code::TimeZone));
    }
}
