//! Times as EPCIS writes them: ISO 8601 with a zone (`xsd:dateTimeStamp`, RFC 3339).

use jiff::Timestamp;

const SECONDS_PER_DAY: i64 = 86_400;

/// Reads `2005-04-03T20:33:31.116-06:00`. Any number of decimal places; nanoseconds are kept, further places are cut.
/// The zone is required. `None` where the text is anything else.
pub fn parse(text: &str) -> Option<Timestamp> {
    let b = text.as_bytes();
    if b.len() < 20 || b[4] != b'-' || b[7] != b'-' || !matches!(b[10], b'T' | b't') || b[13] != b':' || b[16] != b':' {
        return None;
    }
    let (year, month, day) = (number(&b[0..4])?, number(&b[5..7])?, number(&b[8..10])?);
    let (hour, minute, second) = (number(&b[11..13])?, number(&b[14..16])?, number(&b[17..19])?);
    if !(1..=12).contains(&month)
        || day < 1
        || day > days_in_month(year, month)
        || hour > 23
        || minute > 59
        || second > 59
    {
        return None;
    }
    let mut rest = &b[19..];
    let mut nanosecond: i64 = 0;
    if rest[0] == b'.' {
        let digits = rest[1..].iter().take_while(|c| c.is_ascii_digit()).count();
        if digits == 0 {
            return None;
        }
        for place in 0..9 {
            let digit = if place < digits { i64::from(rest[1 + place] - b'0') } else { 0 };
            nanosecond = nanosecond * 10 + digit;
        }
        rest = &rest[1 + digits..];
    }
    let offset_seconds = match rest {
        [b'Z' | b'z'] => 0,
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let (hours, minutes) = (number(&[*h1, *h2])?, number(&[*m1, *m2])?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            let seconds = hours * 3600 + minutes * 60;
            if *sign == b'-' { -seconds } else { seconds }
        }
        _ => return None,
    };
    let seconds =
        days_from_epoch(year, month, day) * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second - offset_seconds;
    Timestamp::new(seconds, i32::try_from(nanosecond).ok()?).ok()
}

/// Whether the text is `±hh:mm` between −14:00 and +14:00, as `eventTimeZoneOffset` must be.
pub fn is_zone_offset(text: &str) -> bool {
    let [sign, h1, h2, b':', m1, m2] = text.as_bytes() else { return false };
    let (Some(hours), Some(minutes)) = (number(&[*h1, *h2]), number(&[*m1, *m2])) else { return false };
    matches!(sign, b'+' | b'-') && minutes <= 59 && (hours <= 13 || (hours == 14 && minutes == 0))
}

/// Seconds east of UTC of a valid `eventTimeZoneOffset`.
pub fn zone_offset_seconds(text: &str) -> Option<i32> {
    if !is_zone_offset(text) {
        return None;
    }
    let b = text.as_bytes();
    let seconds = number(&b[1..3])? * 3600 + number(&b[4..6])? * 60;
    i32::try_from(if b[0] == b'-' { -seconds } else { seconds }).ok()
}

/// UTC with three decimal places and `Z`. The third is rounded up where the fourth is 5 or more (CBV 2.0, 8.9).
pub fn canonical(at: Timestamp) -> String {
    let (mut second, nanosecond) = floor(at);
    let mut millisecond = (nanosecond + 500_000) / 1_000_000;
    if millisecond == 1000 {
        millisecond = 0;
        second += 1;
    }
    let (year, month, day) = civil(second.div_euclid(SECONDS_PER_DAY));
    let of_day = second.rem_euclid(SECONDS_PER_DAY);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{millisecond:03}Z",
        of_day / 3600,
        of_day % 3600 / 60,
        of_day % 60
    )
}

/// Whole seconds towards the past and nanoseconds 0..1e9 (jiff's two parts share one sign).
fn floor(at: Timestamp) -> (i64, i64) {
    let (second, nanosecond) = (at.as_second(), i64::from(at.subsec_nanosecond()));
    if nanosecond < 0 { (second - 1, nanosecond + 1_000_000_000) } else { (second, nanosecond) }
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0i64, |value, c| c.is_ascii_digit().then(|| value * 10 + i64::from(c - b'0')))
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar, with years that begin in March.
fn days_from_epoch(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let of_era = y.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_time_without_a_zone_or_with_an_impossible_day_is_refused() {
        for text in [
            "2024-01-01T00:00:00",
            "2024-01-01 00:00:00Z",
            "2023-02-29T00:00:00Z",
            "2024-13-01T00:00:00Z",
            "2024-01-01T24:00:00Z",
            "2024-01-01T00:00:60Z",
            "2024-01-01T00:00:00.Z",
            "2024-01-01T00:00:00+0100",
            "2024-01-01T00:00:00+01",
            "2024-01-01",
            "",
            "２024-01-01T00:00:00Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_third_decimal_place_is_rounded_by_the_fourth_and_carries() {
        let written = |text| canonical(parse(text).expect(text));
        assert_eq!(written("2023-01-18T11:04:03.1415Z"), "2023-01-18T11:04:03.142Z");
        assert_eq!(written("2023-01-18T11:04:03.1405Z"), "2023-01-18T11:04:03.141Z");
        assert_eq!(written("2023-01-18T11:04:03.14149999Z"), "2023-01-18T11:04:03.141Z");
        assert_eq!(written("2023-12-31T23:59:59.9995Z"), "2024-01-01T00:00:00.000Z");
        assert_eq!(written("1969-12-31T23:59:59.9994Z"), "1969-12-31T23:59:59.999Z");
        assert_eq!(written("2005-04-03T20:33:31.116-06:00"), "2005-04-04T02:33:31.116Z");
    }

    #[test]
    fn offsets_reach_to_fourteen_hours() {
        for good in ["+00:00", "-06:00", "+13:59", "+14:00", "-14:00"] {
            assert!(is_zone_offset(good), "{good}");
        }
        for bad in ["Z", "+14:01", "+15:00", "01:00", "+1:00", "+01:60", "+0100", " 01:00"] {
            assert!(!is_zone_offset(bad), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn every_instant_reads_back_as_jiff_reads_it(second in -62_000_000_000i64..250_000_000_000, ms in 0i32..1000) {
            let at = Timestamp::new(second, 0).unwrap().checked_add(jiff::SignedDuration::from_millis(i64::from(ms))).unwrap();
            let text = canonical(at);
            prop_assert_eq!(parse(&text), Some(at));
            prop_assert_eq!(text.parse::<Timestamp>().unwrap(), at);
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,40}") {
            let _ = parse(&text);
            let _ = is_zone_offset(&text);
        }
    }
}
