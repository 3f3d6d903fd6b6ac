//! Percent-encoding of the parts of a Digital Link (RFC 3986 section 2; in a query `+` is a space, as in HTML forms).

/// Which part of a URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Path,
    Query,
}

/// Decodes; each byte above 127 becomes the character of that number, so that no input fails. The places of the bytes of the
/// result are counted from `base`.
pub(crate) fn decode(text: &str, part: Part, base: usize) -> (String, Vec<usize>) {
    let bytes = text.as_bytes();
    let mut decoded = String::with_capacity(text.len());
    let mut places = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < bytes.len() {
        let (byte, length) = match bytes[at] {
            b'%' => match bytes.get(at + 1..at + 3).and_then(hexadecimal) {
                Some(byte) => (byte, 3),
                None => (b'%', 1),
            },
            b'+' if part == Part::Query => (b' ', 1),
            other => (other, 1),
        };
        let character = char::from(byte);
        decoded.push(character);
        places.extend(std::iter::repeat_n(base + at, character.len_utf8()));
        at += length;
    }
    (decoded, places)
}

fn hexadecimal(pair: &[u8]) -> Option<u8> {
    let digit = |at: usize| char::from(pair[at]).to_digit(16);
    u8::try_from(digit(0)? * 16 + digit(1)?).ok()
}

/// Encodes everything but the unreserved characters.
pub(crate) fn encode(text: &str, part: Part, out: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            b' ' if part == Part::Query => out.push('+'),
            _ => {
                out.push('%');
                out.push(char::from(DIGITS[usize::from(byte >> 4)]));
                out.push(char::from(DIGITS[usize::from(byte & 15)]));
            }
        }
    }
}
