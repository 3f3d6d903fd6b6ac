//! GS1 Digital Link URIs at any domain into the constrained canonical form.

use super::{CANONICAL_BASE, Level, Malformed, Reading, checks, is_digits, is_set_39, is_set_82};
use crate::fault::Code;
use crate::uri;

/// A primary key: its AI, the older word for it, and how its value is built.
struct Key {
    ai: &'static str,
    word: &'static str,
    shape: Shape,
}

enum Shape {
    /// Digits of one length, the last a check digit.
    Checked(usize),
    /// A GTIN of 8, 12, 13 or 14 digits.
    Gtin,
    /// Digits with a check digit, then a serial of set 82 up to a length. The leading digits include a filler for GRAI.
    Serial { digits: usize, serial_max: usize, numeric: bool },
    /// Company prefix and reference of set 82, together at most 30.
    Free,
    /// As Free, of set 39.
    Component,
    /// GTIN, piece and total: 18 digits.
    Piece,
}

/// Keys of CBV 2.0, 8.9 rule 18.
const KEYS: &[Key] = &[
    Key { ai: "00", word: "sscc", shape: Shape::Checked(18) },
    Key { ai: "01", word: "gtin", shape: Shape::Gtin },
    Key { ai: "253", word: "gdti", shape: Shape::Serial { digits: 13, serial_max: 17, numeric: false } },
    Key { ai: "255", word: "gcn", shape: Shape::Serial { digits: 13, serial_max: 12, numeric: true } },
    Key { ai: "401", word: "ginc", shape: Shape::Free },
    Key { ai: "402", word: "gsin", shape: Shape::Checked(17) },
    Key { ai: "414", word: "gln", shape: Shape::Checked(13) },
    Key { ai: "417", word: "party", shape: Shape::Checked(13) },
    Key { ai: "8003", word: "grai", shape: Shape::Serial { digits: 14, serial_max: 16, numeric: false } },
    Key { ai: "8004", word: "giai", shape: Shape::Free },
    Key { ai: "8006", word: "itip", shape: Shape::Piece },
    Key { ai: "8010", word: "cpid", shape: Shape::Component },
    Key { ai: "8017", word: "gsrnp", shape: Shape::Checked(18) },
    Key { ai: "8018", word: "gsrn", shape: Shape::Checked(18) },
];

/// Qualifiers: AI, older word.
const QUALIFIERS: &[(&str, &str)] =
    &[("10", "lot"), ("21", "ser"), ("22", "cpv"), ("235", "tpx"), ("254", "glnx"), ("8011", "cpsn"), ("8019", "srin")];

pub(super) fn read(uri: &str) -> Result<Reading, Malformed> {
    let Some(found) = find(uri) else {
        if uri.starts_with(CANONICAL_BASE) {
            return Err(Malformed::new(
                "id.gs1.org 的地址应以 GS1 主标识开头，如 https://id.gs1.org/01/09506000134352/21/1234",
                "a URI at id.gs1.org must start with a GS1 key, such as https://id.gs1.org/01/09506000134352/21/1234",
            ));
        }
        return Ok(Reading::Private);
    };
    match found.canonical() {
        Some((canonical, level)) if found.checked() => Ok(Reading::Gs1 { canonical, level }),
        Some(_) => Err(Malformed {
            code: Code::CheckDigit,
            zh: format!("AI {} 的校验位不对", found.key.ai),
            en: format!("the check digit of AI {} is wrong", found.key.ai),
        }),
        None if uri.starts_with(CANONICAL_BASE) => Err(Malformed::new(
            format!("AI {} 的值或其限定符不符合 GS1 通用规范", found.key.ai),
            format!("the value of AI {} or its qualifiers do not follow the GS1 General Specifications", found.key.ai),
        )),
        None => Ok(Reading::Private),
    }
}

/// The canonical form, check digit unchecked; `None` where the URI is not a Digital Link.
pub(super) fn canonical(uri: &str) -> Option<String> {
    find(uri)?.canonical().map(|(canonical, _)| canonical)
}

struct Found<'u> {
    key: &'static Key,
    value: String,
    qualifiers: Vec<(&'static str, &'u str)>,
    /// Qualifiers there are but that are not known.
    strange: bool,
}

/// The first segment that is a key and is followed by a value of at least four leading digits.
fn find(uri: &str) -> Option<Found<'_>> {
    let rest = uri.split_once("://")?.1;
    let rest = rest.split(['?', '#']).next()?;
    let (_, path) = rest.split_once('/')?;
    let segments: Vec<&str> = path.strip_suffix('/').unwrap_or(path).split('/').collect();
    let (at, key) = segments.iter().enumerate().find_map(|(index, segment)| {
        let key = KEYS.iter().find(|key| key.ai == *segment || key.word == *segment)?;
        let value = segments.get(index + 1)?;
        (value.len() >= 4 && is_digits(&value[..value.char_indices().nth(4).map_or(value.len(), |(i, _)| i)]))
            .then_some((index, key))
    })?;
    let value = uri::decode(segments[at + 1])?;
    let tail = &segments[at + 2..];
    let mut qualifiers = Vec::new();
    let mut strange = tail.len() % 2 == 1;
    for pair in tail.chunks_exact(2) {
        match QUALIFIERS.iter().find(|(ai, word)| *ai == pair[0] || *word == pair[0]) {
            Some((ai, _)) if !qualifiers.iter().any(|(known, _)| known == ai) => qualifiers.push((*ai, pair[1])),
            _ => strange = true,
        }
    }
    Some(Found { key, value, qualifiers, strange })
}

impl Found<'_> {
    fn canonical(&self) -> Option<(String, Level)> {
        if self.strange || !self.has_shape() {
            return None;
        }
        let mut out = format!("{CANONICAL_BASE}{}/", self.key.ai);
        match self.key.shape {
            Shape::Gtin => out.extend(std::iter::repeat_n('0', 14 - self.value.len()).chain(self.value.chars())),
            _ => uri::encode_into(&self.value, &mut out),
        }
        let (allowed, own_level): (&[(&str, usize, Level)], Level) = match self.key.shape {
            Shape::Gtin => (
                &[
                    ("21", 20, Level::Instance),
                    ("235", 28, Level::Instance),
                    ("10", 20, Level::Class),
                    ("22", 20, Level::Class),
                ],
                Level::Class,
            ),
            Shape::Piece => {
                (&[("21", 20, Level::Instance), ("10", 20, Level::Class), ("22", 20, Level::Class)], Level::Class)
            }
            Shape::Component => (&[("8011", 12, Level::Instance)], Level::Class),
            Shape::Serial { digits, .. } => {
                (&[], if self.value.len() > digits { Level::Instance } else { Level::Class })
            }
            Shape::Checked(_) if self.key.ai == "414" => (&[("254", 20, Level::Instance)], Level::Instance),
            Shape::Checked(_) | Shape::Free => (&[], Level::Instance),
        };
        if self.qualifiers.iter().any(|(ai, _)| !allowed.iter().any(|(known, _, _)| known == ai)) {
            return None;
        }
        // The finest level alone stays; a consumer product variant never does.
        for (ai, length_max, level) in allowed {
            let Some((_, raw)) = self.qualifiers.iter().find(|(known, _)| known == ai) else { continue };
            let value = uri::decode(raw)?;
            let good = !value.is_empty()
                && value.len() <= *length_max
                && if *ai == "8011" { is_digits(&value) } else { is_set_82(&value) };
            if !good {
                return None;
            }
            // The extension 0 says that there is none (EPC Tag Data Standard, SGLN).
            if *ai == "22" || (*ai == "254" && value == "0") {
                continue;
            }
            out.push('/');
            out.push_str(ai);
            out.push('/');
            uri::encode_into(&value, &mut out);
            return Some((out, *level));
        }
        Some((out, own_level))
    }

    fn has_shape(&self) -> bool {
        let value = &self.value;
        match self.key.shape {
            Shape::Checked(length) => value.len() == length && is_digits(value),
            Shape::Gtin => matches!(value.len(), 8 | 12 | 13 | 14) && is_digits(value),
            Shape::Piece => value.len() == 18 && is_digits(value),
            Shape::Serial { digits, serial_max, numeric } => {
                value.len() >= digits
                    && value.len() <= digits + serial_max
                    && value.is_char_boundary(digits)
                    && is_digits(&value[..digits])
                    && if numeric { is_digits(value) } else { is_set_82(&value[digits..]) }
            }
            Shape::Free => value.len() <= 30 && is_set_82(value),
            Shape::Component => value.len() <= 30 && is_set_39(value),
        }
    }

    fn checked(&self) -> bool {
        match self.key.shape {
            Shape::Checked(_) | Shape::Gtin => checks(&self.value),
            Shape::Piece => checks(&self.value[..14]),
            Shape::Serial { digits, .. } => checks(&self.value[..digits]),
            Shape::Free | Shape::Component => true,
        }
    }
}
