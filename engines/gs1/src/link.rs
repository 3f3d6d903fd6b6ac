//! GS1 Digital Link URIs: reading and writing.
//!
//! Source: GS1 Digital Link Standard: URI Syntax, release 1.3 and later. The path ends in the primary key and its qualifiers in
//! their order; attributes stand in the query; other query keys and the fragment are not GS1 data. The words for identifiers
//! (`gtin`, `ser`, …) were withdrawn in release 1.2 and are read only when asked for. Compressed links are refused.

use crate::element::{Field, Places, push};
use crate::scan::{Element, Options};
use crate::table::{self, Entry};
use crate::uri::{Part, decode, encode};
use crate::{Code, ELEMENTS_MAX, ParseError};

/// What a link holds.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    /// Path in its order, then query.
    pub(crate) fields: Vec<Field>,
    /// Everything before the primary key: scheme, domain and the path of the resolver.
    pub(crate) stem: String,
    /// Query parts that are no GS1 data, undecoded.
    pub(crate) ignored: Vec<String>,
}

/// The withdrawn words of release 1.1 and their identifiers.
const WORDS: [(&str, &str); 22] = [
    ("cpid", "8010"),
    ("cpsn", "8011"),
    ("cpv", "22"),
    ("gcn", "255"),
    ("gdti", "253"),
    ("giai", "8004"),
    ("ginc", "401"),
    ("gln", "414"),
    ("glnx", "254"),
    ("gmn", "8013"),
    ("grai", "8003"),
    ("gsin", "402"),
    ("gsrn", "8018"),
    ("gsrnp", "8017"),
    ("gtin", "01"),
    ("itip", "8006"),
    ("lot", "10"),
    ("party", "417"),
    ("refno", "8020"),
    ("ser", "21"),
    ("srin", "8019"),
    ("sscc", "00"),
];

/// Whether a text is meant as a link: it has a scheme.
pub(crate) fn is_meant(text: &str) -> bool {
    let head = text.as_bytes().iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    head > 0 && text[head..].starts_with("://")
}

fn is_uri_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte)
}

/// Reads a link and checks its values; the rules of combination are not part of it.
pub(crate) fn read(text: &str, options: Options) -> Result<Link, ParseError> {
    if let Some(at) = text.bytes().position(|byte| !is_uri_byte(byte)) {
        let length = text[at..].chars().next().map_or(1, char::len_utf8);
        return Err(ParseError::at(at, length, Code::UriCharacter));
    }
    let path_at = path_start(text)?;
    let fragment_at = text[path_at..].find('#').map_or(text.len(), |at| path_at + at);
    let query_at = text[path_at..fragment_at].find('?').map_or(fragment_at, |at| path_at + at);
    let path = Path::read(text, path_at, query_at, options)?;
    let mut link = Link { stem: text[..path.stem_end].to_owned(), fields: Vec::new(), ignored: Vec::new() };
    for (entry, ai, ai_at, value_at, value) in &path.pairs {
        let field = field(entry, ai, *ai_at, value, *value_at, Part::Path, options)?;
        push(&mut link.fields, field)?;
    }
    let path_length = link.fields.len();
    if query_at < fragment_at {
        read_query(&text[query_at + 1..fragment_at], query_at + 1, options, &mut link)?;
    }
    check_places(&link.fields, path_length, options)?;
    for field in &link.fields {
        field.check()?;
    }
    Ok(link)
}

/// Where the path begins: behind scheme and domain.
fn path_start(text: &str) -> Result<usize, ParseError> {
    let schemes = ["https://", "HTTPS://", "http://", "HTTP://"];
    let Some(scheme) = schemes.into_iter().find(|scheme| text.starts_with(scheme)) else {
        let length = text.find("://").map_or(0, |at| at + 3);
        return Err(ParseError::at(0, length, Code::UriScheme));
    };
    let rest = &text[scheme.len()..];
    let domain = match rest.find('/') {
        Some(length) if length > 0 => &rest[..length],
        _ => return Err(ParseError::at(scheme.len(), rest.len(), Code::UriDomain)),
    };
    match domain.bytes().position(|byte| b"_~?#@!$&'()*+,;=%".contains(&byte)) {
        Some(at) => Err(ParseError::at(scheme.len() + at, 1, Code::UriDomain)),
        None => Ok(scheme.len() + domain.len()),
    }
}

/// Identifier and value pairs of a path: entry, identifier, its place, place of the value, the value undecoded.
type Pair<'a> = (&'static Entry, &'a str, usize, usize, &'a str);

struct Path<'a> {
    stem_end: usize,
    pairs: Vec<Pair<'a>>,
}

impl<'a> Path<'a> {
    /// Walks from the end of the path back to the rightmost primary key.
    fn read(text: &'a str, from: usize, to: usize, options: Options) -> Result<Self, ParseError> {
        let mut segments = Vec::new();
        let mut at = from + 1;
        for segment in text[from + 1..to].split('/') {
            segments.push((at, segment));
            at += segment.len() + 1;
        }
        let mut pairs = Vec::new();
        for pair in segments.rchunks_exact(2) {
            let [(ai_at, ai), (value_at, value)] = *pair else { break };
            let Some(entry) = path_entry(ai, options) else { break };
            let ai = if entry.unknown { ai } else { entry.ai.as_str() };
            pairs.push((entry, ai, ai_at, value_at, value));
            if entry.is_link_key() {
                pairs.reverse();
                return Ok(Self { stem_end: ai_at - 1, pairs });
            }
        }
        let last = segments.last().map_or("", |(_, segment)| *segment);
        let code = if is_compressed(last) { Code::LinkCompressed } else { Code::LinkNoKey };
        Err(ParseError::at(from, to - from, code))
    }
}

fn path_entry(segment: &str, options: Options) -> Option<&'static Entry> {
    if options.convenience_alphas {
        let word = WORDS.iter().find(|(word, _)| *word == segment);
        if let Some((_, ai)) = word {
            return table::entry(ai);
        }
    }
    table::exact(segment, options.unknown_ais)
}

/// Whether a last segment looks like a compressed link: base64url of some length in mixed letters.
fn is_compressed(segment: &str) -> bool {
    let mixed = segment.bytes().any(|byte| byte.is_ascii_uppercase())
        && segment.bytes().any(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase());
    let base64url = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    segment.len() >= 10 && mixed && segment.bytes().all(base64url)
}

/// Decodes one value.
fn field(
    entry: &'static Entry,
    ai: &str,
    ai_at: usize,
    value: &str,
    value_at: usize,
    part: Part,
    options: Options,
) -> Result<Field, ParseError> {
    let (mut decoded, mut places) = decode(value, part, value_at);
    if let Some(at) = decoded.find('\0') {
        return Err(ParseError::at(places[at], 3, Code::LinkNul).ai(ai));
    }
    if options.zero_suppressed_gtin && ai == "01" && matches!(decoded.len(), 8 | 12 | 13) {
        let zeros = 14 - decoded.len();
        decoded.insert_str(0, &"0".repeat(zeros));
        places.splice(0..0, std::iter::repeat_n(value_at, zeros));
    }
    if decoded.is_empty() {
        return Err(ParseError::at(value_at, 0, Code::ValueEmpty).ai(ai));
    }
    places.push(value_at + value.len());
    Ok(Field { entry, ai: ai.to_owned(), value: decoded, ai_at, places: Places::Each(places) })
}

fn read_query(query: &str, base: usize, options: Options, link: &mut Link) -> Result<(), ParseError> {
    let mut at = base;
    for parameter in query.split('&') {
        let here = at;
        at += parameter.len() + 1;
        if parameter.is_empty() {
            continue;
        }
        if link.fields.len() + link.ignored.len() >= ELEMENTS_MAX {
            let error = ParseError::at(here, parameter.len(), Code::TooManyElements);
            return Err(error.detail(ELEMENTS_MAX.to_string()));
        }
        let pair = parameter.split_once('=');
        let Some((key, value)) = pair.filter(|(key, _)| !key.is_empty() && key.bytes().all(|b| b.is_ascii_digit()))
        else {
            link.ignored.push(parameter.to_owned());
            continue;
        };
        let Some(entry) = table::exact(key, options.unknown_ais) else {
            return Err(ParseError::at(here, key.len(), Code::LinkUnknownKey).detail(key));
        };
        let value_at = here + key.len() + 1;
        link.fields.push(field(entry, key, here, value, value_at, Part::Query, options)?);
    }
    Ok(())
}

/// Path in the order of the key, attributes that may be there, none twice, none that belongs into the path.
fn check_places(fields: &[Field], path_length: usize, options: Options) -> Result<(), ParseError> {
    let (path, query) = fields.split_at(path_length);
    let Some((key, qualifiers)) = path.split_first() else { return Ok(()) };
    let qualifiers: Vec<&str> = qualifiers.iter().map(|field| field.ai.as_str()).collect();
    if !key.entry.takes_qualifiers(&qualifiers) {
        return Err(path[1].error(Code::LinkPath).detail(qualifiers.join(", ")));
    }
    for (at, field) in query.iter().enumerate() {
        if fields[..path_length + at].iter().any(|earlier| earlier.ai == field.ai) {
            return Err(field.error(Code::LinkDuplicate));
        }
        if !may_be_attribute(field.entry, options) {
            return Err(field.error(Code::LinkAttribute));
        }
        let fits = (0..=qualifiers.len()).any(|place| {
            let mut longer = qualifiers.clone();
            longer.insert(place, &field.ai);
            key.entry.takes_qualifiers(&longer)
        });
        if fits {
            return Err(field.error(Code::LinkShouldBeInPath));
        }
    }
    Ok(())
}

fn may_be_attribute(entry: &Entry, options: Options) -> bool {
    entry.link_attribute || (entry.unknown && options.unknown_link_attributes)
}

/// Writes elements as a link under `stem`.
///
/// The first element that can be a primary key is the key. Of its alternatives the one with most qualifiers at hand is taken,
/// where that is even one that leaves no element without a place. Attributes follow in the given order, those of predefined
/// length first.
pub(crate) fn write(elements: &[Element], stem: &str, options: Options) -> Result<String, ParseError> {
    let entry_of = |ai: &str| table::exact(ai, true);
    let key = elements.iter().find_map(|element| {
        let entry = entry_of(&element.ai)?;
        let alternatives = entry.link_key.as_ref()?;
        Some((element, alternatives))
    });
    let Some((key, alternatives)) = key else {
        return Err(ParseError::at(0, 0, Code::LinkWithoutKey));
    };
    // Repeated elements have the same value: the first stands for all.
    let mut others: Vec<&Element> = Vec::new();
    for element in elements {
        if element.ai != key.ai && !others.iter().any(|known| known.ai == element.ai) {
            others.push(element);
        }
    }
    let stray = |path: &[String]| {
        let attribute = |ai: &str| entry_of(ai).is_some_and(|entry| may_be_attribute(entry, options));
        others.iter().position(|element| !path.contains(&element.ai) && !attribute(&element.ai))
    };
    let at_hand = |path: &[String]| path.iter().filter(|ai| others.iter().any(|other| &other.ai == *ai)).count();
    let best = alternatives.iter().rev().max_by_key(|path| (at_hand(path), stray(path).is_none()));
    let path: &[String] = best.map_or(&[], Vec::as_slice);
    if let Some(found) = stray(path) {
        let error = ParseError::at(0, 0, Code::LinkAttribute);
        return Err(error.ai(&others[found].ai));
    }
    let mut link = stem.strip_suffix('/').unwrap_or(stem).to_owned();
    let in_path = path.iter().filter_map(|ai| others.iter().find(|other| &other.ai == ai));
    for element in std::iter::once(&key).chain(in_path) {
        link.push('/');
        link.push_str(&element.ai);
        link.push('/');
        encode(&element.value, Part::Path, &mut link);
    }
    let mut separator = '?';
    for predefined in [true, false] {
        for element in others.iter().filter(|element| !path.contains(&element.ai)) {
            if entry_of(&element.ai).is_some_and(|entry| entry.predefined_length) != predefined {
                continue;
            }
            link.push(separator);
            separator = '&';
            link.push_str(&element.ai);
            link.push('=');
            encode(&element.value, Part::Query, &mut link);
        }
    }
    Ok(link)
}
