//! Why a line was refused, for programs and for people.

use crate::signal::Kind;
use ground::Bilingual;
use policy::text::nearest;
use std::fmt;

/// The stable name of a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    /// The line is longer than allowed.
    LineTooLong,
    /// The line is not UTF-8.
    NotUtf8,
    /// The line ends before its JSON does.
    CutOff,
    /// The line is not JSON.
    Syntax,
    /// The line is JSON but no object.
    NotObject,
    /// A name the schema does not have.
    UnknownField,
    /// A name that stands twice.
    DuplicateField,
    /// A field that must be there is not.
    MissingField,
    /// A value of another type than its field has.
    WrongType,
    /// A kind of signal the schema does not have.
    UnknownKind,
    /// A version of the schema this program does not know.
    UnknownVersion,
    /// A text that must say something is empty.
    Empty,
    /// A text longer than its field allows.
    TextTooLong,
    /// A text with a character its field must not have.
    Character,
    /// NaN or infinity.
    NotANumber,
    /// A number with a fraction or an exponent.
    NotWhole,
    /// A number out of its range.
    OutOfRange,
    /// Not a time.
    Time,
    /// A time without its zone.
    TimeZone,
    /// A time longer ago than is believed.
    TooEarly,
    /// A time further ahead than is believed.
    TooFarAhead,
    /// Two fields that exclude each other.
    NotTogether,
}

impl Code {
    /// The name in snake case.
    pub fn as_str(self) -> &'static str {
        match self {
            Code::LineTooLong => "line_too_long",
            Code::NotUtf8 => "not_utf8",
            Code::CutOff => "cut_off",
            Code::Syntax => "syntax",
            Code::NotObject => "not_object",
            Code::UnknownField => "unknown_field",
            Code::DuplicateField => "duplicate_field",
            Code::MissingField => "missing_field",
            Code::WrongType => "wrong_type",
            Code::UnknownKind => "unknown_kind",
            Code::UnknownVersion => "unknown_version",
            Code::Empty => "empty",
            Code::TextTooLong => "text_too_long",
            Code::Character => "character",
            Code::NotANumber => "not_a_number",
            Code::NotWhole => "not_whole",
            Code::OutOfRange => "out_of_range",
            Code::Time => "time",
            Code::TimeZone => "time_zone",
            Code::TooEarly => "too_early",
            Code::TooFarAhead => "too_far_ahead",
            Code::NotTogether => "not_together",
        }
    }
}

/// A line that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineError {
    /// Its number, counted from 1.
    pub line: u64,
    /// The reason for programs.
    pub code: Code,
    /// The field, as `quantity` or `attributes.rating`; `None` when it is the line as such.
    pub field: Option<String>,
    /// The reason for people, with what would be right.
    pub detail: Bilingual,
}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.detail.en)
    }
}

impl std::error::Error for LineError {}

impl LineError {
    pub(super) fn too_long(line: u64, bytes_max: usize) -> LineError {
        let detail = Bilingual::new(
            format!("这一行超过 {bytes_max} 字节；一行只写一个信号"),
            format!("the line is longer than {bytes_max} bytes; write one signal to a line"),
        );
        LineError { line, code: Code::LineTooLong, field: None, detail }
    }

    /// Why a signal that did not come as a line (a row of a table, say) is refused.
    pub fn new(line: u64, code: Code, field: Option<&str>, detail: Bilingual) -> LineError {
        LineError { line, code, field: field.map(str::to_owned), detail }
    }
}

/// A reason without the number of its line. Small, and boxed only because refused lines are the seldom case.
#[derive(Debug)]
pub(super) struct Wrong(Box<LineError>);

impl Wrong {
    pub fn at_line(mut self, line: u64) -> LineError {
        self.0.line = line;
        *self.0
    }

    pub fn new(code: Code, field: &str, zh: impl Into<String>, en: impl Into<String>) -> Wrong {
        let field = (!field.is_empty()).then(|| field.to_owned());
        Wrong(Box::new(LineError { line: 0, code, field, detail: Bilingual::new(zh, en) }))
    }

    pub fn syntax(at: usize) -> Wrong {
        let column = at + 1;
        Wrong::new(
            Code::Syntax,
            "",
            format!("第 {column} 个字节处不是合法的 JSON；每行写一个完整的 JSON 对象"),
            format!("not JSON at byte {column}; write one whole JSON object to a line"),
        )
    }

    pub fn cut_off() -> Wrong {
        Wrong::new(
            Code::CutOff,
            "",
            "这一行在 JSON 结束之前就断了；请把它完整地再送一次",
            "the line ends before its JSON does; send it again whole",
        )
    }

    pub fn wrong_type(field: &str, zh: &str, en: &str) -> Wrong {
        Wrong::new(Code::WrongType, field, format!("“{field}”应当是{zh}"), format!("`{field}` must be {en}"))
    }

    pub fn missing(field: &str) -> Wrong {
        Wrong::new(Code::MissingField, field, format!("缺少“{field}”"), format!("`{field}` is missing"))
    }

    pub fn unknown_field(prefix: &str, name: &str, known: &[&str]) -> Wrong {
        let (name, cut) = shortened(name);
        let (zh, en) = meant(name, known);
        let dots = if cut { "…" } else { "" };
        Wrong::new(
            Code::UnknownField,
            &format!("{prefix}{name}{dots}"),
            format!("没有“{prefix}{name}{dots}”这个字段{zh}"),
            format!("there is no field `{prefix}{name}{dots}`{en}"),
        )
    }

    pub fn unknown_kind(name: &str) -> Wrong {
        let (name, _) = shortened(name);
        let known = Kind::ALL.map(Kind::as_str);
        let (zh, en) = meant(name, &known);
        Wrong::new(
            Code::UnknownKind,
            "kind",
            format!("没有“{name}”这种信号{zh}；有：{}", known.join("、")),
            format!("there is no kind `{name}`{en}; there are {}", known.join(", ")),
        )
    }

    pub fn duplicate(field: &str) -> Wrong {
        Wrong::new(Code::DuplicateField, field, format!("“{field}”写了两次"), format!("`{field}` stands twice"))
    }

    pub fn empty(field: &str) -> Wrong {
        Wrong::new(Code::Empty, field, format!("“{field}”是空的"), format!("`{field}` is empty"))
    }

    pub fn text_too_long(field: &str, bytes_max: usize) -> Wrong {
        Wrong::new(
            Code::TextTooLong,
            field,
            format!("“{field}”超过 {bytes_max} 字节"),
            format!("`{field}` is longer than {bytes_max} bytes"),
        )
    }

    pub fn character(field: &str, zh: &str, en: &str) -> Wrong {
        Wrong::new(Code::Character, field, format!("“{field}”里不能有{zh}"), format!("`{field}` must not hold {en}"))
    }

    pub fn not_a_number(field: &str) -> Wrong {
        Wrong::new(
            Code::NotANumber,
            field,
            format!("“{field}”不是数（NaN 或无穷大）；请写整数"),
            format!("`{field}` is not a number (NaN or infinity); write a whole number"),
        )
    }

    pub fn not_whole(field: &str) -> Wrong {
        Wrong::new(
            Code::NotWhole,
            field,
            format!("“{field}”应当是整数，不带小数和指数；金额以分等最小单位计"),
            format!("`{field}` must be a whole number without fraction or exponent; money in minor units"),
        )
    }

    pub fn out_of_range(field: &str, least: i64, most: i64) -> Wrong {
        Wrong::new(
            Code::OutOfRange,
            field,
            format!("“{field}”应当在 {least} 到 {most} 之间"),
            format!("`{field}` must be between {least} and {most}"),
        )
    }

    pub fn time() -> Wrong {
        Wrong::new(
            Code::Time,
            "at",
            "“at”不是时间；请写成 2026-11-11T00:00:01+08:00，或 1970 年以来的微秒整数",
            "`at` is not a time; write 2026-11-11T00:00:01+08:00, or whole microseconds since 1970",
        )
    }

    pub fn time_zone() -> Wrong {
        Wrong::new(
            Code::TimeZone,
            "at",
            "“at”没有时区；请在末尾加上 Z 或 +08:00",
            "`at` has no zone; end it with Z or +08:00",
        )
    }

    pub fn too_early() -> Wrong {
        Wrong::new(
            Code::TooEarly,
            "at",
            "“at”早得不可信；请检查时间和单位（整数按微秒计）",
            "`at` is longer ago than can be; check the time and its unit (whole numbers are microseconds)",
        )
    }

    pub fn too_far_ahead() -> Wrong {
        Wrong::new(
            Code::TooFarAhead,
            "at",
            "“at”在将来，远得不可信；请检查时钟和单位（整数按微秒计）",
            "`at` is further ahead than can be; check the clock and the unit (whole numbers are microseconds)",
        )
    }
}

fn shortened(name: &str) -> (&str, bool) {
    let end = name.floor_char_boundary(40);
    (&name[..end], end < name.len())
}

fn meant(name: &str, known: &[&str]) -> (String, String) {
    match nearest(name, known.iter().copied()) {
        Some(known) => (format!("；是不是“{known}”？"), format!("; is `{known}` meant?")),
        None => (String::new(), String::new()),
    }
}
