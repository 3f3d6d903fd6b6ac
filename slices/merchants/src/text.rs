//! Reading what people type: trimming, limits, and the characters that must not hide in a name.

use ground::Fault;
use jiff::civil::Date;

/// Reads one line. Control, bidirectional and invisible characters are refused with the place of the first.
pub(crate) fn line(faults: &mut Vec<Fault>, field: &str, text: &str, characters_max: usize) -> String {
    let text = text.trim();
    let length = text.chars().count();
    if length > characters_max {
        faults.push(Fault::field(field, "merchants-fault-too-long").arg("most", characters_max).arg("length", length));
        return String::new();
    }
    if let Some(place) = text.chars().position(is_hidden) {
        faults.push(Fault::field(field, "merchants-fault-hidden-character").arg("place", place + 1));
        return String::new();
    }
    text.to_owned()
}

/// Reads several lines: as [`line`], with line breaks and tabs allowed.
pub(crate) fn note(faults: &mut Vec<Fault>, field: &str, text: &str, characters_max: usize) -> String {
    let flat: String = text.chars().map(|c| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c }).collect();
    if line(faults, field, &flat, characters_max).is_empty() { String::new() } else { text.trim().to_owned() }
}

/// Reads a day; empty is `None`.
pub(crate) fn date(faults: &mut Vec<Fault>, field: &str, text: &str) -> Option<Date> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let read = text.parse::<Date>().ok().filter(|day| text.len() == 10 && (1900..=2200).contains(&day.year()));
    if read.is_none() {
        let shown: String = text.chars().filter(|c| !is_hidden(*c)).take(30).collect();
        faults.push(Fault::field(field, "merchants-fault-date").arg("value", shown));
    }
    read
}

/// Reads a telephone number: 5 to 20 digits with `+`, spaces, hyphens and brackets between.
pub(crate) fn phone(faults: &mut Vec<Fault>, field: &str, text: &str) -> String {
    let text = line(faults, field, text, 40);
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let plain = text.chars().all(|c| c.is_ascii_digit() || "+- ()".contains(c));
    if !text.is_empty() && (!plain || !(5..=20).contains(&digits)) {
        faults.push(Fault::field(field, "merchants-fault-phone"));
    }
    text
}

/// Reads an e-mail address: one `@` with something on both sides and a dot behind.
pub(crate) fn email(faults: &mut Vec<Fault>, field: &str, text: &str) -> String {
    let text = line(faults, field, text, 254);
    let good = text.split_once('@').is_some_and(|(user, host)| {
        !user.is_empty() && host.contains('.') && !host.contains('@') && !text.contains(char::is_whitespace)
    });
    if !text.is_empty() && !good {
        faults.push(Fault::field(field, "merchants-fault-email"));
    }
    text
}

/// Reads a bank account: 6 to 34 letters and digits, spaces between.
pub(crate) fn bank_account(faults: &mut Vec<Fault>, field: &str, text: &str) -> String {
    let text: String = line(faults, field, text, 60).chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    let good = (6..=34).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !text.is_empty() && !good {
        faults.push(Fault::field(field, "merchants-fault-bank-account"));
    }
    text
}

/// Characters that change how a text looks without being seen: controls, bidirectional marks, zero-width characters.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{00AD}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_hides_a_character_is_refused_with_its_place() {
        let mut faults = Vec::new();
        assert_eq!(line(&mut faults, "legal_name", "  杭州某某有限公司 ", 300), "杭州某某有限公司");
        assert!(faults.is_empty());
        for hostile in ["甲\u{202E}乙", "甲\u{200B}乙", "甲\u{0}乙", "甲\n乙"] {
            faults.clear();
            assert_eq!(line(&mut faults, "legal_name", hostile, 300), "");
            assert_eq!(faults[0].args[0].1, "2", "{hostile:?}");
        }
        faults.clear();
        line(&mut faults, "legal_name", &"长".repeat(1_000_000), 300);
        assert_eq!(faults[0].message, "merchants-fault-too-long");
    }

    #[test]
    fn days_telephones_and_accounts_are_read_or_refused() {
        let mut faults = Vec::new();
        assert_eq!(date(&mut faults, "d", "2026-02-28").unwrap().to_string(), "2026-02-28");
        assert_eq!(phone(&mut faults, "p", "+86 138-0013-8000"), "+86 138-0013-8000");
        assert_eq!(bank_account(&mut faults, "b", "6222 0212 3456 7890"), "6222021234567890");
        assert_eq!(email(&mut faults, "e", "a@b.cn"), "a@b.cn");
        assert!(faults.is_empty());
        for bad in ["2026-02-30", "2026/02/28", "0001-01-01", "99999-01-01", "昨天"] {
            assert_eq!(date(&mut faults, "d", bad), None, "{bad}");
        }
        assert_eq!(faults.len(), 5);
        phone(&mut faults, "p", "call me");
        bank_account(&mut faults, "b", "=1+1");
        email(&mut faults, "e", "nobody");
        assert_eq!(faults.len(), 8);
    }
}
