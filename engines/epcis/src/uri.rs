//! Whether a text is a URI (RFC 3986), and percent-encoding.

/// Whether the text is an absolute URI: a scheme, a colon, and only characters a URI may hold, with whole
/// percent-escapes. Characters beyond ASCII are refused: RFC 3986 has them escaped.
pub fn is_uri(text: &str) -> bool {
    let bytes = text.as_bytes();
    let Some(colon) = bytes.iter().position(|c| *c == b':') else { return false };
    let scheme = &bytes[..colon];
    if scheme.is_empty()
        || !scheme[0].is_ascii_alphabetic()
        || !scheme.iter().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'+' | b'-' | b'.' | b'_'))
    {
        return false;
    }
    let rest = &bytes[colon + 1..];
    let mut index = 0;
    let mut fragments = 0;
    while index < rest.len() {
        match rest[index] {
            b'%' => {
                if index + 2 >= rest.len()
                    || !rest[index + 1].is_ascii_hexdigit()
                    || !rest[index + 2].is_ascii_hexdigit()
                {
                    return false;
                }
                index += 2;
            }
            b'#' => fragments += 1,
            b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' => return false,
            c if c <= b' ' || c >= 0x7f => return false,
            _ => {}
        }
        index += 1;
    }
    fragments <= 1
}

/// The text with its percent-escapes undone. `None` where an escape is broken or the bytes are not ASCII.
pub(crate) fn decode(text: &str) -> Option<String> {
    if !text.contains('%') {
        return Some(text.to_owned());
    }
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let mut index = 0;
    while index < bytes.len() {
        let mut byte = bytes[index];
        if byte == b'%' {
            let (high, low) = (hex(*bytes.get(index + 1)?)?, hex(*bytes.get(index + 2)?)?);
            byte = high * 16 + low;
            index += 2;
        }
        if !byte.is_ascii() {
            return None;
        }
        out.push(char::from(byte));
        index += 1;
    }
    Some(out)
}

fn hex(c: u8) -> Option<u8> {
    char::from(c).to_digit(16).map(|digit| digit as u8)
}

/// Appends a value as a segment of a canonical GS1 Digital Link: letters, digits and `- . _ ' ; =` stay, everything
/// else is escaped (GS1 Digital Link 1.2, table 7-1).
pub(crate) fn encode_into(value: &str, out: &mut String) {
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'\'' | b';' | b'=' => {
                out.push(char::from(byte))
            }
            other => {
                out.push('%');
                for digit in [other >> 4, other & 15] {
                    out.push(char::from(b"0123456789ABCDEF"[usize::from(digit)]));
                }
            }
        }
    }
}
