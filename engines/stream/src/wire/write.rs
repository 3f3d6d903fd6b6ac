//! Signals written as the lines [`super::parse_lines`] reads.

use crate::signal::Signal;
use std::io::Write;

/// Appends a signal as one line with its end. What is not said is left out; times are microseconds.
pub fn write_line(signal: &Signal<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"id\":");
    text(out, signal.id);
    out.extend_from_slice(b",\"kind\":\"");
    out.extend_from_slice(signal.kind.as_str().as_bytes());
    out.extend_from_slice(b"\",\"at\":");
    number(out, signal.at_us);
    named_text(out, "merchant", Some(signal.merchant));
    named_text(out, "product", Some(signal.product));
    named_text(out, "lot", signal.lot);
    named_text(out, "order", signal.order);
    named_number(out, "quantity", Some(signal.quantity).filter(|quantity| *quantity != 1));
    named_number(out, "amount_minor", Some(signal.amount_minor).filter(|amount| *amount != 0));
    let before = out.len();
    let attributes = &signal.attributes;
    named_number(out, "rating", attributes.rating.map(i64::from));
    named_text(out, "reason", attributes.reason);
    named_text(out, "place", attributes.place);
    named_text(out, "device", attributes.device);
    named_text(out, "buyer", attributes.buyer);
    named_number(out, "buyer_age_days", attributes.buyer_age_days.map(i64::from));
    if let Some(hash) = attributes.text_hash {
        // Writing to memory cannot fail.
        let _ = write!(out, ",\"text_hash\":\"{hash:016x}\"");
    }
    named_number(out, "weight_grams", attributes.weight_grams.map(i64::from));
    named_number(out, "list_price_minor", attributes.list_price_minor);
    if let Some(verified) = attributes.verified {
        out.extend_from_slice(if verified { b",\"verified\":true" } else { b",\"verified\":false" });
    }
    if out.len() > before {
        // The first comma opens the object.
        out[before] = b'{';
        out.splice(before..before, *b",\"attributes\":");
        out.push(b'}');
    }
    out.extend_from_slice(b"}\n");
}

fn named_text(out: &mut Vec<u8>, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        named(out, name);
        text(out, value);
    }
}

fn named_number(out: &mut Vec<u8>, name: &str, value: Option<i64>) {
    if let Some(value) = value {
        named(out, name);
        number(out, value);
    }
}

fn named(out: &mut Vec<u8>, name: &str) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}

fn number(out: &mut Vec<u8>, value: i64) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    let mut rest = value.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[at..]);
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    if text.bytes().all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\') {
        out.extend_from_slice(text.as_bytes());
    } else {
        for byte in text.bytes() {
            match byte {
                b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
                0..0x20 => {
                    let _ = write!(out, "\\u{byte:04x}");
                }
                _ => out.push(byte),
            }
        }
    }
    out.push(b'"');
}
