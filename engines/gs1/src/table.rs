//! The application identifier table, read once from the facts of the GS1 Barcode Syntax Dictionary.
//!
//! The data file names its source and licence. `GS1 General Specifications` 3.2 lists the same identifiers in words.

use crate::lint::Linter;
use std::sync::LazyLock;

/// The characters a component may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    /// Digits.
    Digits,
    /// GS1 AI encodable character set 82.
    Set82,
    /// GS1 AI encodable character set 39.
    Set39,
    /// GS1 AI encodable character set 64 (file-safe base64).
    Set64,
}

/// One part of a value: what it may hold and how long it is.
#[derive(Clone, Debug)]
pub struct Component {
    /// What it may hold.
    pub charset: Charset,
    /// Least characters.
    pub length_min: usize,
    /// Most characters.
    pub length_max: usize,
    /// Whether it may be left out.
    pub optional: bool,
    /// Further checks, in order.
    pub(crate) linters: Vec<Linter>,
}

/// An application identifier or a pattern of them: `01`, `310n`, `31nn`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern(String);

impl Pattern {
    pub(crate) fn matches(&self, ai: &str) -> bool {
        let fixed = self.0.trim_end_matches('n');
        ai.len() == self.0.len() && ai.starts_with(fixed)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// What must stand beside an identifier: one of the groups, each with all its members.
pub(crate) type Requirement = Vec<Vec<Pattern>>;

/// What is known of one application identifier.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The identifier: two to four digits. Empty for one that is not in the table and whose length is not known.
    pub ai: String,
    /// The name, as printed beside the value.
    pub title: String,
    /// Whether the value has a predefined length, so that no FNC1 is needed after it.
    pub predefined_length: bool,
    /// Whether it may stand in the query of a Digital Link.
    pub link_attribute: bool,
    /// Whether it is not in the table.
    pub unknown: bool,
    /// The parts of the value.
    pub components: Vec<Component>,
    pub(crate) requires: Vec<Requirement>,
    pub(crate) excludes: Vec<Pattern>,
    /// For a primary key of a Digital Link: the alternatives of qualifiers, each in order.
    pub(crate) link_key: Option<Vec<Vec<String>>>,
}

impl Entry {
    /// Whether it can be the primary key of a Digital Link.
    #[must_use]
    pub fn is_link_key(&self) -> bool {
        self.link_key.is_some()
    }

    /// Least characters of the value.
    #[must_use]
    pub fn length_min(&self) -> usize {
        let mandatory = self.components.iter().filter(|component| !component.optional);
        mandatory.map(|component| component.length_min).sum()
    }

    /// Most characters of the value.
    #[must_use]
    pub fn length_max(&self) -> usize {
        self.components.iter().map(|component| component.length_max).sum()
    }

    /// Whether `qualifiers` may follow this key in a path: a part of one alternative, in its order.
    pub(crate) fn takes_qualifiers<S: AsRef<str>>(&self, qualifiers: &[S]) -> bool {
        let Some(alternatives) = &self.link_key else { return false };
        alternatives.iter().any(|alternative| {
            let mut rest = alternative.iter();
            qualifiers.iter().all(|qualifier| rest.any(|known| known == qualifier.as_ref()))
        })
    }
}

/// The table.
pub(crate) struct Table {
    /// Sorted by identifier.
    entries: Vec<Entry>,
    /// Length of the identifiers that begin with two digits; 0 where there is none.
    length_by_prefix: [u8; 100],
    /// Stand-ins for identifiers that are not in the table.
    unknown: Vec<(usize, usize, Entry)>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    read(include_str!("../data/application-identifiers.txt"))
        .unwrap_or_else(|line| unreachable!("the table that is shipped reads: {line}"))
});

/// Every application identifier of the table, sorted.
#[must_use]
pub fn entries() -> &'static [Entry] {
    &TABLE.entries
}

/// The entry of an application identifier.
#[must_use]
pub fn entry(ai: &str) -> Option<&'static Entry> {
    let at = TABLE.entries.binary_search_by(|known| known.ai.as_str().cmp(ai)).ok()?;
    TABLE.entries.get(at)
}

/// The entry of exactly this identifier, or a stand-in for an unknown one when those are taken.
pub(crate) fn exact(ai: &str, unknown_ais: bool) -> Option<&'static Entry> {
    if let Some(found) = entry(ai) {
        return Some(found);
    }
    let is_ai = (2..=4).contains(&ai.len()) && ai.bytes().all(|byte| byte.is_ascii_digit());
    if !is_ai || !unknown_ais {
        return None;
    }
    let known = prefix_length(ai)?;
    (known == 0 || known == ai.len()).then(|| stand_in(ai, known))
}

/// The entry whose identifier begins `text`.
pub(crate) fn leading(text: &str, unknown_ais: bool) -> Option<&'static Entry> {
    let length = prefix_length(text)?;
    let ai = text.get(..length).filter(|ai| !ai.is_empty())?;
    if let Some(found) = entry(ai) {
        return Some(found);
    }
    let digits = ai.bytes().all(|byte| byte.is_ascii_digit());
    (unknown_ais && digits).then(|| stand_in(ai, length))
}

/// How long identifiers with these two digits in front are; 0 when there is none.
fn prefix_length(text: &str) -> Option<usize> {
    let [tens, ones] = text.as_bytes().first_chunk::<2>()?;
    if !tens.is_ascii_digit() || !ones.is_ascii_digit() {
        return None;
    }
    let prefix = usize::from(tens - b'0') * 10 + usize::from(ones - b'0');
    Some(usize::from(TABLE.length_by_prefix[prefix]))
}

/// The stand-in for an identifier that is not in the table. `length` is 0 where the length of such identifiers is not known.
fn stand_in(ai: &str, length: usize) -> &'static Entry {
    let value = if length == 0 { 0 } else { predefined_value_length(ai) };
    let found = TABLE.unknown.iter().find(|(ai, fixed, _)| *ai == length && *fixed == value);
    found.map_or(&TABLE.unknown[0].2, |(_, _, entry)| entry)
}

/// Value length of the identifiers that need no FNC1, by their first two digits; 0 for the others.
///
/// Source: General Specifications, figure "element strings with predefined length using GS1 application identifiers" (7.8.5-2).
fn predefined_value_length(ai: &str) -> usize {
    match &ai.as_bytes()[..2] {
        b"00" => 18,
        b"01" | b"02" | b"03" => 14,
        b"04" => 16,
        b"20" => 2,
        [b'1', b'1'..=b'9'] | [b'3', b'1'..=b'6'] => 6,
        b"41" => 13,
        _ => 0,
    }
}

fn read(text: &str) -> Result<Table, String> {
    let mut entries = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
        read_line(line, &mut entries).ok_or_else(|| line.to_owned())?;
    }
    entries.sort_by(|one, other| one.ai.cmp(&other.ai));
    let mut length_by_prefix = [0_u8; 100];
    for entry in &entries {
        let prefix: usize = entry.ai[..2].parse().map_err(|_| entry.ai.clone())?;
        let length = u8::try_from(entry.ai.len()).map_err(|_| entry.ai.clone())?;
        if length_by_prefix[prefix] != 0 && length_by_prefix[prefix] != length {
            return Err(entry.ai.clone());
        }
        length_by_prefix[prefix] = length;
    }
    let kinds = [(0, 0), (2, 0), (2, 2), (2, 6), (2, 14), (2, 16), (2, 18), (3, 0), (3, 13), (4, 0), (4, 6)];
    let unknown = kinds.map(|(length, value)| (length, value, unknown_entry(length, value)));
    Ok(Table { entries, length_by_prefix, unknown: unknown.into() })
}

fn unknown_entry(length: usize, value: usize) -> Entry {
    let (length_min, length_max) = if value == 0 { (1, crate::VALUE_MAX) } else { (value, value) };
    Entry {
        ai: "X".repeat(length),
        title: "UNKNOWN".to_owned(),
        predefined_length: value != 0,
        link_attribute: false,
        unknown: true,
        components: vec![Component {
            charset: Charset::Set82,
            length_min,
            length_max,
            optional: false,
            linters: Vec::new(),
        }],
        requires: Vec::new(),
        excludes: Vec::new(),
        link_key: None,
    }
}

fn read_line(line: &str, entries: &mut Vec<Entry>) -> Option<()> {
    let (body, title) = line.split_once('#').unwrap_or((line, ""));
    let mut words = body.split_whitespace().peekable();
    let range = words.next()?;
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    let mut entry = Entry {
        ai: String::new(),
        title: title.trim().to_owned(),
        predefined_length: false,
        link_attribute: false,
        unknown: false,
        components: Vec::new(),
        requires: Vec::new(),
        excludes: Vec::new(),
        link_key: None,
    };
    if let Some(flags) = words.next_if(|word| word.bytes().all(|byte| matches!(byte, b'*' | b'?'))) {
        entry.predefined_length = flags.contains('*');
        entry.link_attribute = flags.contains('?');
    }
    for word in words {
        if let Some(list) = word.strip_prefix("req=") {
            let groups = list.split(',').map(|group| patterns(group, '+'));
            entry.requires.push(groups.collect());
        } else if let Some(list) = word.strip_prefix("ex=") {
            entry.excludes.extend(patterns(list, ','));
        } else if word == "dlpkey" {
            entry.link_key = Some(vec![Vec::new()]);
        } else if let Some(list) = word.strip_prefix("dlpkey=") {
            let alternatives = list.split('|').map(|part| part.split(',').map(str::to_owned).collect());
            entry.link_key = Some(alternatives.collect());
        } else {
            entry.components.push(component(word)?);
        }
    }
    let (from, to): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
    let width = first.len();
    entries.extend((from..=to).map(|number| Entry { ai: format!("{number:0width$}"), ..entry.clone() }));
    Some(())
}

fn patterns(list: &str, separator: char) -> Vec<Pattern> {
    list.split(separator).map(|ai| Pattern(ai.to_owned())).collect()
}

fn component(word: &str) -> Option<Component> {
    let mut parts = word.split(',');
    let kind = parts.next()?;
    let optional = kind.starts_with('[');
    let kind = kind.trim_start_matches('[').trim_end_matches(']');
    let charset = match kind.as_bytes().first()? {
        b'N' => Charset::Digits,
        b'X' => Charset::Set82,
        b'Y' => Charset::Set39,
        b'Z' => Charset::Set64,
        _ => return None,
    };
    let length = &kind[1..];
    let (length_min, length_max) = match length.strip_prefix("..") {
        Some(most) => (1, most.parse().ok()?),
        None => (length.parse().ok()?, length.parse().ok()?),
    };
    Some(Component {
        charset,
        length_min,
        length_max,
        optional,
        linters: parts.map(Linter::named).collect::<Option<_>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_holds_every_identifier_of_the_dictionary() {
        assert_eq!(entries().len(), 541);
        let sscc = entry("00").unwrap();
        assert!(sscc.predefined_length && sscc.link_attribute && sscc.is_link_key());
        assert_eq!((sscc.length_min(), sscc.length_max()), (18, 18));
        let gdti = entry("253").unwrap();
        assert_eq!((gdti.length_min(), gdti.length_max()), (13, 30));
        assert!(entry("3105").is_some() && entry("3106").is_none());
        assert_eq!(entry("8020").unwrap().title, "REF No.");
    }

    #[test]
    fn predefined_lengths_agree_with_the_figure_of_the_general_specifications() {
        for entry in entries() {
            let length = predefined_value_length(&entry.ai);
            assert_eq!(entry.predefined_length, length != 0, "{}", entry.ai);
            if entry.predefined_length {
                assert_eq!((entry.length_min(), entry.length_max()), (length, length), "{}", entry.ai);
            }
        }
    }

    #[test]
    fn no_identifier_begins_another() {
        for pair in entries().windows(2) {
            assert!(!pair[1].ai.starts_with(&pair[0].ai), "{} {}", pair[0].ai, pair[1].ai);
        }
    }

    #[test]
    fn qualifiers_follow_their_key_in_one_order() {
        let gtin = entry("01").unwrap();
        assert!(gtin.takes_qualifiers::<&str>(&[]));
        assert!(gtin.takes_qualifiers(&["22", "10", "21"]));
        assert!(gtin.takes_qualifiers(&["22", "21"]));
        assert!(gtin.takes_qualifiers(&["235"]));
        assert!(!gtin.takes_qualifiers(&["10", "22"]));
        assert!(!gtin.takes_qualifiers(&["22", "10", "235"]));
        assert!(!entry("10").unwrap().takes_qualifiers::<&str>(&[]));
    }

    #[test]
    fn identifiers_outside_the_table_are_taken_only_when_asked_and_only_in_their_length() {
        assert!(exact("89", false).is_none());
        assert!(exact("89", true).unwrap().unknown);
        for refused in ["011", "800", "80", "399", "2367", "4199", "1", "12345", "8x"] {
            assert!(exact(refused, true).is_none(), "{refused}");
        }
        for (taken, predefined) in [("3999", false), ("236", false), ("419", true), ("14", false), ("3106", true)] {
            assert_eq!(exact(taken, true).unwrap().predefined_length, predefined, "{taken}");
        }
        assert!(leading("891234", true).is_none());
        assert_eq!(leading("012345", false).unwrap().ai, "01");
        assert!(leading("0x", true).is_none() && leading("0", true).is_none());
    }
}
