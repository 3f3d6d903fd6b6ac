//! What an edit changed since the listing passed: bait and switch.
//!
//! [`facts`] compares two versions field by field; [`findings`] says which of the differences are material. The smallest
//! check, and the pattern for new ones.

use std::collections::BTreeSet;

use jiff::civil::Date;
use policy::{Diagnostics, Pack, TableRow};
use serde::{Deserialize, Serialize};

use crate::claims::{self, ClaimRules, Scratch};
use crate::finding::{Check, Finding, Severity};
use crate::input::{Input, TITLE_CHARACTERS_MAX};
use crate::rulings::Ruling;

/// How a version differs from the one that passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// `percent`: how much of the title is new.
    Title,
    /// `percent`: how much of the description is new (by lines).
    Description,
    Category,
    Brand,
    Gtin,
    /// `percent`: by how much it fell.
    PriceDown,
    /// `percent`: by how much it rose.
    PriceUp,
    /// The reference price rose; `percent`: by how much.
    ListPriceUp,
    /// None of the earlier images is left.
    ImagesReplaced,
    /// `percent`: share of the images that are new.
    ImagesChanged,
    Attribute,
    DocumentRemoved,
    /// A claims rule speaks that did not speak before.
    ClaimAdded,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub kind: Kind,
    /// As in [`Finding::field`].
    pub field: String,
    pub before: String,
    pub after: String,
    /// See [`Kind`]; 100 where it has no meaning.
    pub percent: u32,
}

/// A row of `change`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeRow {
    pub change: Kind,
    pub severity: Severity,
    /// Smallest percentage that is material.
    #[serde(default)]
    pub percent_min: u32,
    /// Names of attributes, for `attribute`; none: all.
    #[serde(default)]
    pub attributes: Vec<String>,
}

impl TableRow for ChangeRow {
    const TABLE: &'static str = "change";
    const REASON_REQUIRED: bool = true;
}

/// The compiled table.
#[derive(Clone, Debug, Default)]
pub struct ChangeRules {
    rows: Vec<(ChangeRow, Ruling)>,
}

impl ChangeRules {
    /// Reads the rows in force on `date`.
    ///
    /// # Errors
    /// [`Diagnostics`] where the table cannot be read.
    pub fn compile(pack: &Pack, date: Date) -> Result<Self, Diagnostics> {
        let rows = pack.rows_at::<ChangeRow>(date)?;
        Ok(Self {
            rows: rows
                .iter()
                .map(|row| (row.body.clone(), Ruling::of(row, pack, date, row.body.severity, false)))
                .collect(),
        })
    }
}

/// Compares two versions of a listing; `claims` are the rules that say which claims are new.
#[must_use]
pub fn facts(before: &Input, after: &Input, claims: &ClaimRules) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut note = |kind: Kind, field: &str, before: &str, after: &str, percent: u32| {
        let (before, after) = (short(before), short(after));
        changes.push(Change { kind, field: field.to_owned(), before, after, percent });
    };
    if before.title != after.title {
        note(Kind::Title, "title", &before.title, &after.title, new_share(&pairs(&before.title), &pairs(&after.title)));
    }
    if before.description != after.description {
        let lines = |text: &str| {
            text.split(['\n', '。', '；'])
                .map(|line| line.trim().to_owned())
                .filter(|line| !line.is_empty())
                .collect::<BTreeSet<_>>()
        };
        let percent = new_share(&lines(&before.description), &lines(&after.description));
        note(Kind::Description, "description", &before.description, &after.description, percent);
    }
    for (kind, field, old, new) in [
        (Kind::Category, "category", &before.category, &after.category),
        (Kind::Brand, "brand", &before.brand, &after.brand),
        (Kind::Gtin, "gtin", &before.gtin, &after.gtin),
    ] {
        if old != new {
            note(kind, field, old, new, 100);
        }
    }
    prices(before, after, &mut note);
    images(before, after, &mut note);
    let names: BTreeSet<&String> = before.attributes.keys().chain(after.attributes.keys()).collect();
    for name in names {
        let value = |input: &Input| input.attributes.get(name).cloned().unwrap_or_default();
        if value(before) != value(after) {
            note(Kind::Attribute, &format!("attributes.{name}"), &value(before), &value(after), 100);
        }
    }
    for document in before.documents.iter().filter(|old| !after.documents.iter().any(|new| new.kind == old.kind)) {
        note(Kind::DocumentRemoved, "documents", &document.kind, "", 100);
    }
    let earlier: BTreeSet<String> = spoken(before, claims).into_iter().map(|finding| finding.rule).collect();
    let mut added: Vec<Finding> = spoken(after, claims);
    added.retain(|finding| !earlier.contains(&finding.rule));
    added.dedup_by(|one, other| one.rule == other.rule);
    for finding in added {
        note(Kind::ClaimAdded, &finding.field, "", &finding.text, 100);
    }
    changes
}

fn spoken(input: &Input, rules: &ClaimRules) -> Vec<Finding> {
    claims::findings(&claims::facts(input, rules, &mut Scratch::default()), rules, &input.id).findings
}

fn prices(before: &Input, after: &Input, note: &mut impl FnMut(Kind, &str, &str, &str, u32)) {
    let percent = |from: i64, to: i64| {
        let share = i128::from(to.abs_diff(from)) * 100 / i128::from(from.max(1));
        u32::try_from(share).unwrap_or(u32::MAX)
    };
    if let (Some(old), Some(new)) = (before.price_minor, after.price_minor)
        && old != new
    {
        let kind = if new < old { Kind::PriceDown } else { Kind::PriceUp };
        note(kind, "price_minor", &old.to_string(), &new.to_string(), percent(old, new));
    }
    if let (Some(old), Some(new)) = (before.list_price_minor, after.list_price_minor)
        && new > old
    {
        note(Kind::ListPriceUp, "list_price_minor", &old.to_string(), &new.to_string(), percent(old, new));
    }
}

fn images(before: &Input, after: &Input, note: &mut impl FnMut(Kind, &str, &str, &str, u32)) {
    let names = |input: &Input| {
        input
            .images
            .iter()
            .map(|image| if image.sha256.is_empty() { image.path.clone() } else { image.sha256.clone() })
            .collect::<Vec<_>>()
    };
    let (old, new) = (names(before), names(after));
    let fresh = new.iter().filter(|name| !old.contains(name)).count();
    if old.is_empty() || fresh == 0 {
        return;
    }
    let kept = new.len() - fresh;
    let percent = u32::try_from(fresh * 100 / new.len()).unwrap_or(100);
    let field =
        new.iter().position(|name| !old.contains(name)).map_or_else(String::new, |index| format!("images[{index}]"));
    let kind = if kept == 0 { Kind::ImagesReplaced } else { Kind::ImagesChanged };
    note(kind, &field, &format!("{}", old.len()), &format!("{fresh}/{}", new.len()), percent);
}

/// Applies the rules.
#[must_use]
pub fn findings(facts: &[Change], rules: &ChangeRules, listing_id: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for change in facts {
        for (row, ruling) in &rules.rows {
            let named = row.attributes.is_empty()
                || row.attributes.iter().any(|name| change.field.strip_prefix("attributes.") == Some(name));
            if row.change != change.kind
                || change.percent < row.percent_min
                || (change.kind == Kind::Attribute && !named)
            {
                continue;
            }
            let percent = change.percent.to_string();
            let fills =
                [("before", change.before.as_str()), ("after", change.after.as_str()), ("percent", percent.as_str())];
            if let Some(mut finding) = ruling.finding(Check::Change, listing_id, &change.field, &fills) {
                finding.text.clone_from(&change.after);
                finding.evidence = serde_json::to_value(change).ok();
                findings.push(finding);
            }
        }
    }
    findings
}

fn short(text: &str) -> String {
    text.chars().take(200).collect()
}

fn pairs(text: &str) -> BTreeSet<String> {
    let chars: Vec<char> = crate::fold::Folded::new(text).chars.into_iter().take(TITLE_CHARACTERS_MAX).collect();
    if chars.len() < 2 {
        return chars.into_iter().map(String::from).collect();
    }
    chars.windows(2).map(|pair| pair.iter().collect()).collect()
}

/// How much of the new set was not in the old one, in percent.
fn new_share(old: &BTreeSet<String>, new: &BTreeSet<String>) -> u32 {
    if new.is_empty() {
        return if old.is_empty() { 0 } else { 100 };
    }
    u32::try_from(new.difference(old).count() * 100 / new.len()).unwrap_or(100)
}
