//! The three tables of the claims check as they are written.

use std::collections::BTreeMap;

use policy::{Pack, Report, Row, TableRow, Variable};
use serde::Deserialize;

use crate::atoms::{Atom, Class, Role, TermError};
use crate::finding::{Severity, Text};

/// Longest reach of a cue; letters.
pub const REACH_MAX: u32 = 60;

/// A row of `claims`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    pub severity: Severity,
    /// Category paths the rule is for; none: all.
    #[serde(default)]
    pub categories: Vec<String>,
    #[serde(default)]
    pub except_categories: Vec<String>,
    /// Texts the rule looks at; none: all.
    #[serde(default)]
    pub fields: Vec<FieldKind>,
    /// Terms and `@groups`. A term ending in `*` may be continued by letters.
    pub terms: Vec<String>,
    /// Another term that must stand near for the rule to speak.
    #[serde(default)]
    pub near: Option<NearColumn>,
    /// The terms must be there: the finding is their absence.
    #[serde(default)]
    pub required: bool,
    /// Which terms are also found by their sound.
    #[serde(default)]
    pub sound: Sound,
    /// Exemptions of this rule, besides the general ones.
    #[serde(default)]
    pub unless: Vec<String>,
    /// Kinds of documents with which the listing may say it.
    #[serde(default)]
    pub unless_documents: Vec<String>,
    #[serde(default)]
    pub zero_tolerance: bool,
}

/// The column `near`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NearColumn {
    pub terms: Vec<String>,
    /// Letters between the two, at most.
    pub within: u32,
    #[serde(default)]
    pub order: Order,
}

/// Which terms are also found by their sound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sound {
    #[default]
    All,
    /// Terms of three letters and more, and what is written in Pinyin: for rules whose short terms sound like ordinary
    /// words.
    Long,
    None,
}

/// Where the other term stands, seen from the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    #[default]
    Any,
    Before,
    After,
}

/// A kind of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    Title,
    Description,
    Attributes,
}

impl FieldKind {
    /// Whether a field of a listing is of this kind.
    #[must_use]
    pub fn holds(self, field: &str) -> bool {
        match self {
            Self::Title => field == "title",
            Self::Description => field == "description",
            Self::Attributes => field.starts_with("attributes."),
        }
    }
}

/// A row of `claim_terms`: a named group, used as `@id` in terms. Groups hold terms and other groups.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    pub terms: Vec<String>,
}

/// A row of `claim_exemptions`. Several columns: any of them exempts, with `all: true` all of them together.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExemptionColumns {
    /// Applies to every rule.
    #[serde(default)]
    pub general: bool,
    /// Longer words the term is only a part of.
    #[serde(default)]
    pub within: Vec<String>,
    #[serde(default)]
    pub before: Option<Cue>,
    #[serde(default)]
    pub after: Option<Cue>,
    /// Cues anywhere in the same clause.
    #[serde(default)]
    pub clause: Vec<String>,
    /// Cues anywhere in the same sentence.
    #[serde(default)]
    pub sentence: Vec<String>,
    /// Cues anywhere in any text of the listing.
    #[serde(default)]
    pub listing: Vec<String>,
    /// The term is part of the listing's brand, named there.
    #[serde(default)]
    pub brand: bool,
    /// The text is the value of one of these attributes.
    #[serde(default)]
    pub attributes: Vec<String>,
    /// The listing has one of these kinds of documents.
    #[serde(default)]
    pub documents: Vec<String>,
    #[serde(default)]
    pub all: bool,
    /// Excuses only hits by sound: ordinary words that sound like a term.
    #[serde(default)]
    pub sound_only: bool,
}

/// Cues beside a term.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cue {
    /// Terms, `@groups`, `{year}`, `{number}`, `{percent}`.
    pub terms: Vec<String>,
    /// Letters between cue and term, at most; within the clause.
    pub reach: u32,
}

/// An inline test of a claims row: a listing and whether this row speaks about it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimTest {
    #[serde(default)]
    pub title: String,
    #[serde(default)]
    pub description: String,
    #[serde(default)]
    pub category: String,
    #[serde(default)]
    pub brand: String,
    #[serde(default)]
    pub price_minor: Option<i64>,
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    /// Kinds of documents.
    #[serde(default)]
    pub documents: Vec<String>,
    pub hit: bool,
}

/// What `when` of a claims row may ask.
pub const VARIABLES: &[Variable] = &[
    Variable::text("category"),
    Variable::text("brand"),
    Variable::bool("has_price"),
    Variable::int("price_minor"),
    Variable::texts("documents"),
];

impl TableRow for Claim {
    const TABLE: &'static str = "claims";
    const VARIABLES: &'static [Variable] = VARIABLES;
    const REASON_REQUIRED: bool = true;
    const BASIS_REQUIRED: bool = true;

    fn references(&self) -> Vec<String> {
        let near = self.near.iter().flat_map(|near| &near.terms);
        let groups = self.terms.iter().chain(near).filter_map(|term| term.strip_prefix('@').map(str::to_owned));
        groups.chain(self.unless.iter().cloned()).collect()
    }

    fn check(row: &Row<Self>, pack: &Pack, report: &mut Report<'_>) {
        let claim = &row.body;
        if claim.terms.is_empty() {
            report.refuse("terms", "claims_terms_empty", Text::new("请至少写一个词", "name at least one term"));
        }
        check_terms("terms", &claim.terms, pack, report);
        if let Some(near) = &claim.near {
            check_terms("near", &near.terms, pack, report);
            check_reach("near", near.within, report);
        }
        if claim.required && claim.near.is_some() {
            report.refuse(
                "required",
                "claims_required_near",
                Text::new("required 与 near 不能同时使用", "required and near exclude each other"),
            );
        }
    }
}

impl TableRow for Group {
    const TABLE: &'static str = "claim_terms";

    fn references(&self) -> Vec<String> {
        self.terms.iter().filter_map(|term| term.strip_prefix('@').map(str::to_owned)).collect()
    }

    fn check(row: &Row<Self>, pack: &Pack, report: &mut Report<'_>) {
        check_terms("terms", &row.body.terms, pack, report);
    }
}

impl TableRow for ExemptionColumns {
    const TABLE: &'static str = "claim_exemptions";

    fn references(&self) -> Vec<String> {
        let beside = self.before.iter().chain(&self.after).flat_map(|cue| &cue.terms);
        let lists = self.within.iter().chain(&self.clause).chain(&self.sentence).chain(&self.listing);
        beside.chain(lists).filter_map(|term| term.strip_prefix('@').map(str::to_owned)).collect()
    }

    fn check(row: &Row<Self>, pack: &Pack, report: &mut Report<'_>) {
        let body = &row.body;
        for (column, terms) in [
            ("within", &body.within),
            ("clause", &body.clause),
            ("sentence", &body.sentence),
            ("listing", &body.listing),
        ] {
            check_terms(column, terms, pack, report);
        }
        for (column, cue) in [("before", &body.before), ("after", &body.after)] {
            if let Some(cue) = cue {
                check_terms(column, &cue.terms, pack, report);
                check_reach(column, cue.reach, report);
            }
        }
        let empty = body.within.is_empty()
            && body.before.is_none()
            && body.after.is_none()
            && body.clause.is_empty()
            && body.sentence.is_empty();
        if empty && body.listing.is_empty() && !body.brand && body.attributes.is_empty() && body.documents.is_empty() {
            report.refuse(
                "within",
                "claims_exemption_empty",
                Text::new("豁免至少需要一个条件", "an exemption needs at least one condition"),
            );
        }
    }
}

fn check_reach(column: &str, reach: u32, report: &mut Report<'_>) {
    if reach > REACH_MAX {
        report.refuse(
            column,
            "claims_reach",
            Text::new(format!("最多相隔 {REACH_MAX} 字"), format!("at most {REACH_MAX} letters apart")),
        );
    }
}

fn check_terms(column: &str, terms: &[String], pack: &Pack, report: &mut Report<'_>) {
    for term in terms {
        if let Some(group) = term.strip_prefix('@') {
            if !pack.has_row(group) {
                let text =
                    Text::new(format!("没有名为“{group}”的词组"), format!("there is no group of terms `{group}`"));
                report.refuse(column, "claims_group_unknown", text);
            }
            continue;
        }
        if let Err(error) = read_term(term, Role::Claim) {
            let text = match error {
                TermError::Empty => {
                    Text::new(format!("“{term}”没有可查找的文字"), format!("`{term}` has no letters to look for"))
                }
                TermError::TooLong => Text::new(format!("“{term}”太长"), format!("`{term}` is too long")),
                TermError::UnknownClass => Text::new(
                    format!("“{term}”不是已知类别：{{year}}、{{number}}、{{percent}}"),
                    format!("`{term}` is no class; known: {{year}}, {{number}}, {{percent}}"),
                ),
            };
            report.refuse(column, "claims_term_unusable", text);
        }
    }
}

/// A term is an atom or a class.
pub(crate) enum Term {
    Atom(Box<Atom>),
    Class(Class),
}

pub(crate) fn read_term(term: &str, role: Role) -> Result<Term, TermError> {
    if term.starts_with('{') {
        return Class::named(term).map(Term::Class).ok_or(TermError::UnknownClass);
    }
    Atom::new(term, role).map(|atom| Term::Atom(Box::new(atom)))
}
