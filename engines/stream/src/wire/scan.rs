//! The least of a JSON reader that a line needs: names, texts, numbers and words, where each begins and ends. Nothing is
//! copied. Strict by RFC 8259.

use super::error::Wrong;

/// A text between its quotes, as it was written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Raw<'a> {
    pub text: &'a str,
    pub has_escapes: bool,
}

/// A value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Value<'a> {
    Text(Raw<'a>),
    /// A number as it was written.
    Number(&'a str),
    True,
    False,
    Null,
    /// NaN, Infinity or -Infinity, which JSON does not have.
    NotANumber,
    /// An array or object begins here.
    Nested,
}

/// Reads along a line.
#[derive(Debug)]
pub(super) struct Scanner<'a> {
    line: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    pub fn new(line: &'a str) -> Scanner<'a> {
        Scanner { line, at: 0 }
    }

    fn bytes(&self) -> &'a [u8] {
        self.line.as_bytes()
    }

    /// The next byte that is no blank, not taken.
    #[inline]
    pub fn peek(&mut self) -> Option<u8> {
        let bytes = self.bytes();
        while let Some(byte) = bytes.get(self.at) {
            if !matches!(byte, b' ' | b'\t' | b'\r') {
                return Some(*byte);
            }
            self.at += 1;
        }
        None
    }

    /// What is wrong where the scanner stands.
    pub fn wrong(&self) -> Wrong {
        if self.at >= self.line.len() { Wrong::cut_off() } else { Wrong::syntax(self.at) }
    }

    /// Takes this byte, or it is wrong.
    #[inline]
    pub fn take(&mut self, wanted: u8) -> Result<(), Wrong> {
        if self.peek() == Some(wanted) {
            self.at += 1;
            return Ok(());
        }
        Err(self.wrong())
    }

    /// After a member: whether another follows.
    #[inline]
    pub fn more(&mut self) -> Result<bool, Wrong> {
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                Ok(true)
            }
            Some(b'}') => {
                self.at += 1;
                Ok(false)
            }
            _ => Err(self.wrong()),
        }
    }

    /// Whether nothing follows.
    pub fn is_at_end(&mut self) -> bool {
        self.peek().is_none()
    }

    /// The name of a member and its colon.
    #[inline]
    pub fn name(&mut self) -> Result<Raw<'a>, Wrong> {
        if self.peek() != Some(b'"') {
            return Err(self.wrong());
        }
        let name = self.text()?;
        self.take(b':')?;
        Ok(name)
    }

    /// A text; the scanner stands on its first quote.
    #[inline]
    fn text(&mut self) -> Result<Raw<'a>, Wrong> {
        let bytes = self.bytes();
        let start = self.at + 1;
        let mut at = start;
        let mut has_escapes = false;
        loop {
            at += plain_length(&bytes[at..]);
            match bytes.get(at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    has_escapes = true;
                    at = self.escape(at)?;
                }
                Some(_) => return Err(Wrong::syntax(at)),
                None => return Err(Wrong::cut_off()),
            }
        }
        self.at = at + 1;
        Ok(Raw { text: &self.line[start..at], has_escapes })
    }

    /// Checks the escape that begins at `at` and says where it ends.
    fn escape(&self, at: usize) -> Result<usize, Wrong> {
        let bytes = self.bytes();
        match bytes.get(at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 2),
            Some(b'u') => {
                let digits = bytes.get(at + 2..at + 6).ok_or_else(Wrong::cut_off)?;
                if digits.iter().all(u8::is_ascii_hexdigit) { Ok(at + 6) } else { Err(Wrong::syntax(at)) }
            }
            Some(_) => Err(Wrong::syntax(at)),
            None => Err(Wrong::cut_off()),
        }
    }

    /// A value. Of an array or object only the beginning is read.
    #[inline]
    pub fn value(&mut self) -> Result<Value<'a>, Wrong> {
        match self.peek() {
            Some(b'"') => Ok(Value::Text(self.text()?)),
            Some(b'0'..=b'9') => self.number(),
            Some(b'-') if self.bytes().get(self.at + 1) != Some(&b'I') => self.number(),
            Some(b'{' | b'[') => Ok(Value::Nested),
            Some(_) => self.word(),
            None => Err(Wrong::cut_off()),
        }
    }

    fn word(&mut self) -> Result<Value<'a>, Wrong> {
        let words = [
            ("true", Value::True),
            ("false", Value::False),
            ("null", Value::Null),
            ("NaN", Value::NotANumber),
            ("Infinity", Value::NotANumber),
            ("-Infinity", Value::NotANumber),
        ];
        let rest = &self.line[self.at..];
        for (word, value) in words {
            if rest.starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
            if word.starts_with(rest) {
                return Err(Wrong::cut_off());
            }
        }
        Err(self.wrong())
    }

    fn digits(&mut self) -> Result<(), Wrong> {
        let start = self.at;
        while self.bytes().get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        if self.at == start { Err(self.wrong()) } else { Ok(()) }
    }

    #[inline]
    fn number(&mut self) -> Result<Value<'a>, Wrong> {
        let start = self.at;
        if self.bytes()[self.at] == b'-' {
            self.at += 1;
        }
        let first = self.at;
        self.digits()?;
        if self.bytes()[first] == b'0' && self.at > first + 1 {
            return Err(Wrong::syntax(first));
        }
        if self.bytes().get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.bytes().get(self.at), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.bytes().get(self.at), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(Value::Number(&self.line[start..self.at]))
    }
}

/// How many bytes from the beginning are neither quote nor backslash nor control character; eight at a time.
#[inline]
fn plain_length(bytes: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    let zero_bytes = |word: u64| word.wrapping_sub(ONES) & !word & HIGHS;
    let mut at = 0;
    while let Some(word) = bytes[at..].first_chunk::<8>() {
        let word = u64::from_le_bytes(*word);
        let quotes = zero_bytes(word ^ (ONES * u64::from(b'"')));
        let slashes = zero_bytes(word ^ (ONES * u64::from(b'\\')));
        let controls = word.wrapping_sub(ONES * 0x20) & !word & HIGHS;
        let found = quotes | slashes | controls;
        if found != 0 {
            // The lowest mark is exact; those above it may be carries of the subtraction.
            return at + found.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let tail = bytes[at..].iter().position(|byte| matches!(byte, b'"' | b'\\') || *byte < 0x20);
    tail.map_or(bytes.len(), |length| at + length)
}

/// Appends what a text with escapes says; `false` when a surrogate stands alone.
pub(super) fn unescape(raw: &str, out: &mut String) -> bool {
    let mut rest = raw;
    while let Some(slash) = rest.find('\\') {
        out.push_str(&rest[..slash]);
        let letter = rest.as_bytes()[slash + 1];
        rest = &rest[slash + 2..];
        let plain = match letter {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => match unescape_unit(&mut rest) {
                Some(letter) => letter,
                None => return false,
            },
            other => char::from(other),
        };
        out.push(plain);
    }
    out.push_str(rest);
    true
}

/// The letter of a `\u` escape whose digits `rest` begins with; takes a second escape where two make one letter.
fn unescape_unit(rest: &mut &str) -> Option<char> {
    let mut unit = || {
        let unit = u32::from_str_radix(rest.get(..4)?, 16).ok()?;
        *rest = &rest[4..];
        Some(unit)
    };
    let first = unit()?;
    if !(0xd800..0xdc00).contains(&first) {
        return char::from_u32(first);
    }
    *rest = rest.strip_prefix("\\u")?;
    let second = u32::from_str_radix(rest.get(..4)?, 16).ok().filter(|unit| (0xdc00..0xe000).contains(unit))?;
    *rest = &rest[4..];
    char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00))
}
