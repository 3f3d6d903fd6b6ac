//! Reading the envelope of a row: what every table shares.

use jiff::civil::Date;

use crate::condition::Condition;
use crate::diagnostic::{Diagnostic, Place};
use crate::node::{Entry, Node, Value};
use crate::row::{Basis, Mode, Test};
use crate::text::Bilingual;
use crate::typed;

/// Most characters of a row's id.
pub const ID_CHARS_MAX: usize = 80;
/// Most inline tests of a row.
pub const TESTS_MAX: usize = 200;

pub(crate) const COLUMNS: [&str; 10] =
    ["id", "from", "until", "mode", "extends", "basis", "reason", "fix", "when", "tests"];
/// Envelope columns a row takes from the row it extends.
const INHERITED: [&str; 4] = ["basis", "reason", "fix", "when"];

/// A row whose envelope is read and whose body is not yet.
#[derive(Clone, Debug)]
pub(crate) struct RawRow {
    pub id: String,
    pub from: Date,
    pub until: Option<Date>,
    pub mode: Mode,
    pub extends: Option<(String, Place)>,
    pub basis: Vec<(Basis, Place)>,
    pub reason: Option<Bilingual>,
    pub fix: Option<Bilingual>,
    pub when: Option<Condition>,
    pub tests: Vec<Test>,
    pub place: Place,
    /// All columns as written (after inheritance), envelope included.
    pub entries: Vec<Entry>,
}

impl RawRow {
    pub fn body(&self) -> Vec<&Entry> {
        self.entries.iter().filter(|entry| !COLUMNS.contains(&entry.key.as_str())).collect()
    }

    pub fn columns(&self) -> Vec<(String, Place)> {
        self.entries.iter().map(|entry| (entry.key.clone(), entry.value.place.clone())).collect()
    }

    pub fn meets(&self, other: &Self) -> bool {
        let before = |end: Option<Date>, start: Date| end.is_some_and(|end| end <= start);
        !before(self.until, other.from) && !before(other.until, self.from)
    }

    /// Canonical form: what the version hash is taken over.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::Value::Object(self.entries.iter().map(|entry| (entry.key.clone(), entry.value.to_json())).collect())
    }

    /// Takes the columns that are not given here from `base`.
    pub fn inherit(&mut self, base: &Self) {
        for entry in &base.entries {
            let inherited = !COLUMNS.contains(&entry.key.as_str()) || INHERITED.contains(&entry.key.as_str());
            if inherited && !self.entries.iter().any(|own| own.key == entry.key) {
                self.entries.push(entry.clone());
            }
        }
        if self.basis.is_empty() {
            self.basis.clone_from(&base.basis);
        }
        self.reason = self.reason.take().or_else(|| base.reason.clone());
        self.fix = self.fix.take().or_else(|| base.fix.clone());
        self.when = self.when.take().or_else(|| base.when.clone());
    }
}

/// Reads one row; what is wrong goes to `found`. `None` when the row has no usable id or start.
pub(crate) fn read_row(node: &Node, found: &mut Vec<Diagnostic>) -> Option<RawRow> {
    let Value::Map(entries) = &node.value else {
        found.push(Diagnostic::at(
            &node.place,
            "policy_row_shape",
            Bilingual::new("一行应为一组字段", "A row is a set of named columns"),
        ));
        return None;
    };
    let id = read_id(node, found)?;
    let before = found.len();
    let mut reader = Reader { node, id: &id, found };
    let from = reader.required::<Day>("from").map(|day| day.0);
    let until = reader.optional::<Day>("until").map(|day| day.0);
    let mode = read_mode(&mut reader);
    let basis = read_basis(&mut reader);
    let row = RawRow {
        from: from.unwrap_or(Date::MIN),
        until,
        mode,
        extends: reader.optional::<String>("extends").map(|id| (id, reader.place("extends"))),
        basis,
        reason: reader.optional("reason"),
        fix: reader.optional("fix"),
        when: reader.optional("when"),
        tests: read_tests(&mut reader),
        place: node.place.clone(),
        entries: entries.clone(),
        id: id.clone(),
    };
    if let (Some(from), Some(until)) = (from, until)
        && until <= from
    {
        let place = reader.place("until");
        reader.refuse(
            &place,
            "until",
            "policy_dates_reversed",
            Bilingual::new(
                format!("失效日 {until} 不晚于生效日 {from}；until 是不再有效的第一天，必须晚于 from"),
                format!("`until` {until} is not after `from` {from}; it is the first day no longer in force"),
            ),
        );
    }
    (found.len() == before).then_some(row)
}

fn read_id(node: &Node, found: &mut Vec<Diagnostic>) -> Option<String> {
    let Some(id) = node.get("id") else {
        found.push(
            Diagnostic::at(
                &node.place,
                "policy_column_missing",
                Bilingual::new("这一行没有 id，请补上", "This row has no `id`; add one"),
            )
            .in_field("id"),
        );
        return None;
    };
    let well_formed = |text: &str| {
        !text.is_empty()
            && text.len() <= ID_CHARS_MAX
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-._".contains(&b))
    };
    match id.as_text() {
        Some(text) if well_formed(text) => Some(text.to_owned()),
        _ => {
            found.push(
                Diagnostic::at(
                    &id.place,
                    "policy_id_invalid",
                    Bilingual::new(
                        format!("id 只能用小写字母、数字、“-”“.”“_”，不超过 {ID_CHARS_MAX} 个字符"),
                        format!("An id has lower-case letters, digits, `-`, `.`, `_`, at most {ID_CHARS_MAX}"),
                    ),
                )
                .in_field("id"),
            );
            None
        }
    }
}

fn read_mode(reader: &mut Reader<'_, '_>) -> Mode {
    // `mode: {percentage: 25}` is accepted beside `mode: "percentage: 25"`: it is what YAML makes of the unquoted form
    // on a line of its own.
    if let Some(Value::Map(entries)) = reader.node.get("mode").map(|node| &node.value)
        && let [entry] = entries.as_slice()
        && entry.key == "percentage"
        && let Value::Integer(share @ 0..=100) = entry.value.value
    {
        return Mode::Percentage(u8::try_from(share).unwrap_or(100));
    }
    reader.optional("mode").unwrap_or_default()
}

fn read_basis(reader: &mut Reader<'_, '_>) -> Vec<(Basis, Place)> {
    let Some(node) = reader.node.get("basis") else {
        return Vec::new();
    };
    let Some(items) = node.as_list() else {
        let _: Option<Vec<Basis>> = reader.optional("basis");
        return Vec::new();
    };
    let mut basis = Vec::new();
    for item in items {
        match typed::read::<WrittenBasis>(item) {
            Ok(read) => basis.push((Basis { law: read.law, article: read.article.text() }, item.place.clone())),
            Err(diagnostic) => reader.push(diagnostic, "basis"),
        }
    }
    basis
}

/// Articles are often plain numbers, so `article: 9` is read too.
#[derive(serde::Deserialize)]
struct WrittenBasis {
    law: String,
    #[serde(default)]
    article: Article,
}

#[derive(Default, serde::Deserialize)]
#[serde(untagged)]
enum Article {
    Number(u32),
    Text(String),
    #[default]
    Whole,
}

impl Article {
    fn text(self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text,
            Self::Whole => String::new(),
        }
    }
}

fn read_tests(reader: &mut Reader<'_, '_>) -> Vec<Test> {
    let Some(node) = reader.node.get("tests") else {
        return Vec::new();
    };
    match node.as_list() {
        Some(items) if items.len() <= TESTS_MAX => items.iter().map(|item| Test { node: item.clone() }).collect(),
        Some(_) => {
            reader.refuse(
                &node.place,
                "tests",
                "policy_too_many_tests",
                Bilingual::new(format!("一行最多 {TESTS_MAX} 个测试"), format!("A row has at most {TESTS_MAX} tests")),
            );
            Vec::new()
        }
        None => {
            reader.refuse(
                &node.place,
                "tests",
                "policy_type_wrong",
                Bilingual::new("tests 应为列表", "`tests` is a list"),
            );
            Vec::new()
        }
    }
}

/// A date written as `2024-05-01`.
struct Day(Date);

impl<'de> serde::Deserialize<'de> for Day {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self).map_err(|_| {
            serde::de::Error::custom(typed::both(&Bilingual::new(
                format!("“{text}”不是日期，请写成 2024-05-01"),
                format!("`{text}` is not a date; write 2024-05-01"),
            )))
        })
    }
}

struct Reader<'n, 'f> {
    node: &'n Node,
    id: &'n str,
    found: &'f mut Vec<Diagnostic>,
}

impl Reader<'_, '_> {
    fn place(&self, column: &str) -> Place {
        self.node.get(column).map_or_else(|| self.node.place.clone(), |node| node.place.clone())
    }

    fn push(&mut self, diagnostic: Diagnostic, column: &str) {
        self.found.push(diagnostic.in_row(self.id).in_field(column));
    }

    fn refuse(&mut self, place: &Place, column: &str, code: &'static str, message: Bilingual) {
        self.push(Diagnostic::at(place, code, message), column);
    }

    fn optional<T: serde::de::DeserializeOwned>(&mut self, column: &str) -> Option<T> {
        let node = self.node.get(column)?;
        match typed::read(node) {
            Ok(value) => Some(value),
            Err(diagnostic) => {
                self.push(diagnostic, column);
                None
            }
        }
    }

    fn required<T: serde::de::DeserializeOwned>(&mut self, column: &str) -> Option<T> {
        if self.node.get(column).is_none() {
            let place = self.node.place.clone();
            self.refuse(
                &place,
                column,
                "policy_column_missing",
                Bilingual::new(
                    format!("缺少字段“{column}”，请补上"),
                    format!("The column `{column}` is missing; add it"),
                ),
            );
        }
        self.optional(column)
    }
}
