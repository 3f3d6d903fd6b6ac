//! Reading what people type: trimming, limits, and the characters that must not hide in a name.

use ground::Fault;
use jiff::civil::Date;

/// Reads one line. Control, bidirectional and invisible characters are refused with the place of the first.
pub(crate) fn line(faults: &mut Vec<Fault>, field: &str, text: &str, characters_max: usize) -> String {
    let text = text.trim();
    let length = text.chars().count();
    if length > characters_max {
        faults.push(Fault::field(field, "trace-fault-too-long").arg("most", characters_max).arg("length", length));
        return String::new();
    }
    if let Some(place) = text.chars().position(is_hidden) {
        faults.push(Fault::field(field, "trace-fault-hidden-character").arg("place", place + 1));
        return String::new();
    }
    text.to_owned()
}

/// Reads one line that must be there.
pub(crate) fn needed(faults: &mut Vec<Fault>, field: &str, text: &str, characters_max: usize) -> String {
    if text.trim().is_empty() {
        faults.push(Fault::field(field, "trace-fault-needed"));
        return String::new();
    }
    line(faults, field, text, characters_max)
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
        faults.push(Fault::field(field, "trace-fault-date").arg("value", shown));
    }
    read
}

/// Reads a lot number: AI 10, 1 to 20 characters of GS1's set 82 (General Specifications, figure 7.11-1).
pub(crate) fn lot_number(faults: &mut Vec<Fault>, field: &str, text: &str) -> String {
    let text = needed(faults, field, text, crate::model::LOT_NUMBER_CHARS_MAX);
    if let Some(place) = text.chars().position(|c| !is_set_82(c)) {
        faults.push(Fault::field(field, "trace-fault-lot-number").arg("place", place + 1));
        return String::new();
    }
    text
}

/// Letters, digits and `! " % & ' ( ) * + , - . / : ; < = > ? _`.
fn is_set_82(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!\"%&'()*+,-./:;<=>?_".contains(c)
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
    fn a_lot_number_is_what_a_symbol_can_carry() {
        let mut faults = Vec::new();
        for good in ["L20260301-A", "a/b(c)", "12345678901234567890", "\"%&'"] {
            assert_eq!(lot_number(&mut faults, "number", good), good);
        }
        assert!(faults.is_empty());
        for bad in ["", " ", "批号1", "A B", "A^B", "123456789012345678901", "A\u{1d}B", "#1", "a@b"] {
            faults.clear();
            lot_number(&mut faults, "number", bad);
            assert_eq!(faults.len(), 1, "{bad:?}");
        }
    }
}
