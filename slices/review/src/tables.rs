//! The policy tables this duty owns: where items go, which reasons there are, what is looked at on site.

use crate::model::{Verdict, Worst};
use ground::{Bilingual, Problem};
use jiff::civil::Date;
use kernel::Result;
use policy::{Diagnostics, Pack, Report, Row, TableRow, Tables, TestFailure, TestRun};
use serde::Deserialize;
use std::sync::Arc;

/// A row of `review_routes`: items that match go to this queue. Rows are tried by `order`, the first match counts; an empty
/// column matches everything.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// Name of the queue.
    pub title: Bilingual,
    /// Smaller is tried first.
    pub order: i64,
    /// Higher is decided first.
    pub priority: i64,
    /// What a reviewer of this queue must know about; empty: nothing special.
    #[serde(default)]
    pub skill: String,
    /// Categories; each takes everything below it.
    #[serde(default)]
    pub categories: Vec<String>,
    /// Worst severities.
    #[serde(default)]
    pub severities: Vec<Worst>,
    /// Rules; one ending in `*` takes all that begin so. One hit is enough.
    #[serde(default)]
    pub rules: Vec<String>,
    /// Markets.
    #[serde(default)]
    pub markets: Vec<String>,
}

impl TableRow for Route {
    const TABLE: &'static str = "review_routes";

    fn check(row: &Row<Self>, pack: &Pack, report: &mut Report<'_>) {
        let twice = pack
            .written_rows(Self::TABLE)
            .iter()
            .filter(|other| other.id() != row.id)
            .filter(|other| other.columns().any(|(name, node)| name == "order" && node.to_json() == row.body.order))
            .any(|other| {
                row.until.is_none_or(|until| other.from() < until) && other.until().is_none_or(|until| row.from < until)
            });
        if twice {
            report.refuse(
                "order",
                "policy_review_route_order",
                Bilingual::new(
                    "另一行也用了这个次序；同一时期每行次序应不同",
                    "Another row has the same order; rows in force together need different ones",
                ),
            );
        }
    }
}

impl Route {
    /// Whether an item goes here.
    pub fn matches(&self, category: &str, worst: Worst, rules: &[String], market: &str) -> bool {
        let within = |scope: &String| {
            category == scope || category.strip_prefix(scope.as_str()).is_some_and(|rest| rest.starts_with('/'))
        };
        let hit = |wanted: &String| match wanted.strip_suffix('*') {
            Some(prefix) => rules.iter().any(|rule| rule.starts_with(prefix)),
            None => rules.contains(wanted),
        };
        (self.categories.is_empty() || self.categories.iter().any(within))
            && (self.severities.is_empty() || self.severities.contains(&worst))
            && (self.rules.is_empty() || self.rules.iter().any(hit))
            && (self.markets.is_empty() || self.markets.iter().any(|known| known == market))
    }
}

/// Where an item goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routed {
    /// Queue: id of the row; `general` where none matches.
    pub queue: String,
    /// Skill needed; empty: none.
    pub skill: String,
    /// Higher first.
    pub priority: i64,
}

/// The queue of an item on a day: the first matching row.
///
/// # Errors
/// `internal` for a table that cannot be read.
pub fn route(pack: &Pack, date: Date, category: &str, worst: Worst, rules: &[String], market: &str) -> Result<Routed> {
    let rows = routes(pack, date)?;
    let found = rows.iter().find(|row| row.body.matches(category, worst, rules, market));
    Ok(match found {
        Some(row) => Routed { queue: row.id.clone(), skill: row.body.skill.clone(), priority: row.body.priority },
        None => Routed { queue: "general".to_owned(), skill: String::new(), priority: 0 },
    })
}

/// The routing rows in force that are on, in their order.
///
/// # Errors
/// `internal` for a table that cannot be read.
pub fn routes(pack: &Pack, date: Date) -> Result<Vec<Arc<Row<Route>>>> {
    let mut rows = pack.rows_at::<Route>(date).map_err(|error| Problem::internal(error.to_string()))?;
    rows.retain(|row| row.mode == policy::Mode::On);
    rows.sort_by_key(|row| row.body.order);
    Ok(rows)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RouteTest {
    category: String,
    #[serde(default)]
    severity: Worst,
    #[serde(default)]
    rules: Vec<String>,
    #[serde(default)]
    market: String,
    /// Whether this row is the one that takes the item.
    here: bool,
}

fn test_routes(pack: &Pack, date: Date, only: Option<&str>) -> Result<TestRun, Diagnostics> {
    let mut run = TestRun::default();
    for row in pack.rows_at::<Route>(date)?.iter().filter(|row| only.is_none_or(|id| id == row.id)) {
        for test in &row.tests {
            let case: RouteTest = test.read().map_err(Diagnostics::from)?;
            let market = if case.market.is_empty() { pack.market() } else { &case.market };
            let went = route(pack, date, &case.category, case.severity, &case.rules, market);
            let queue = went.map(|routed| routed.queue).unwrap_or_default();
            if (queue == row.id) == case.here {
                run.passed += 1;
            } else {
                run.failures.push(TestFailure {
                    row: row.id.clone(),
                    file: test.place().file.to_string(),
                    line: test.place().line,
                    message: Bilingual::new(format!("该例进入了“{queue}”"), format!("The case went to `{queue}`")),
                });
            }
        }
    }
    Ok(run)
}

/// A row of `review_reasons`: a reason a reviewer can give besides the findings. What the merchant reads is the row's
/// `reason`, what would mend it is its `fix`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReasonRow {
    /// Short name for the reviewer.
    pub title: Bilingual,
    /// For which verdict.
    pub verdict: Verdict,
    /// Whether the reviewer must write a note with it.
    #[serde(default)]
    pub note_required: bool,
    /// Categories it is offered for; empty: all.
    #[serde(default)]
    pub categories: Vec<String>,
}

impl TableRow for ReasonRow {
    const TABLE: &'static str = "review_reasons";
    const REASON_REQUIRED: bool = true;
}

/// The reasons in force for a category, in the order they are written.
///
/// # Errors
/// `internal` for a table that cannot be read.
pub(crate) fn reason_rows(pack: &Pack, date: Date, category: &str) -> Result<Vec<Arc<Row<ReasonRow>>>> {
    let mut rows = pack.rows_at::<ReasonRow>(date).map_err(|error| Problem::internal(error.to_string()))?;
    let offered = |row: &Row<ReasonRow>| {
        let scopes = &row.body.categories;
        scopes.is_empty()
            || scopes.iter().any(|scope| {
                category == scope || category.strip_prefix(scope.as_str()).is_some_and(|rest| rest.starts_with('/'))
            })
    };
    rows.retain(|row| row.mode == policy::Mode::On && offered(row));
    Ok(rows)
}

/// A row of `onsite_checklist`: one thing an inspector looks at.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChecklistRow {
    /// The question.
    pub title: Bilingual,
    /// Part of the visit it belongs to.
    pub section: Bilingual,
    /// A visit with a "no" here does not pass.
    #[serde(default)]
    pub decisive: bool,
    /// Needs a photo.
    #[serde(default)]
    pub photo_required: bool,
}

impl TableRow for ChecklistRow {
    const TABLE: &'static str = "onsite_checklist";
}

/// The checklist in force, in the order it is written.
///
/// # Errors
/// `internal` for a table that cannot be read.
pub(crate) fn checklist(pack: &Pack, date: Date) -> Result<Vec<Arc<Row<ChecklistRow>>>> {
    let mut rows = pack.rows_at::<ChecklistRow>(date).map_err(|error| Problem::internal(error.to_string()))?;
    rows.retain(|row| row.mode == policy::Mode::On);
    Ok(rows)
}

/// Adds the tables of this duty to the tables of the product.
pub fn policy_tables(tables: &mut Tables) {
    tables.with_tests::<Route>(test_routes).with::<ReasonRow>().with::<ChecklistRow>();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date() -> Date {
        jiff::civil::date(2026, 11, 1)
    }

    #[test]
    fn the_shipped_tables_are_valid_and_their_tests_pass() {
        let pack = Arc::clone(policy::shipped().home());
        assert!(!routes(&pack, date()).unwrap().is_empty());
        assert!(!reason_rows(&pack, date(), "food").unwrap().is_empty());
        assert!(!checklist(&pack, date()).unwrap().is_empty());
        let run = test_routes(&pack, date(), None).unwrap();
        assert!(run.passed >= 8, "{run:?}");
        assert_eq!(run.failures, []);
    }

    #[test]
    fn the_first_matching_row_takes_the_item_and_prefixes_end_at_a_slash() {
        let row = |categories: &[&str], rules: &[&str]| Route {
            title: Bilingual::default(),
            order: 1,
            priority: 1,
            skill: String::new(),
            categories: categories.iter().map(|c| (*c).to_owned()).collect(),
            severities: Vec::new(),
            rules: rules.iter().map(|c| (*c).to_owned()).collect(),
            markets: Vec::new(),
        };
        let food = row(&["food"], &[]);
        assert!(food.matches("food", Worst::None, &[], "cn") && food.matches("food/tea", Worst::None, &[], "cn"));
        assert!(
            !food.matches("footwear", Worst::None, &[], "cn") && !food.matches("foodstuff/x", Worst::None, &[], "cn")
        );
        let price = row(&[], &["cn-price-*"]);
        assert!(price.matches("x", Worst::Minor, &["cn-price-list".into()], "cn"));
        assert!(!price.matches("x", Worst::Minor, &["cn-claims-x".into()], "cn"));
    }

    #[test]
    fn two_rows_with_one_order_are_refused_with_their_place() {
        let text = "table: review_routes\nrows:\n  - id: a\n    from: 2024-01-01\n    title: { zh: \"甲\", en: \"A\" }\n    order: 1\n    priority: 1\n  - id: b\n    from: 2024-01-01\n    title: { zh: \"乙\", en: \"B\" }\n    order: 1\n    priority: 1\n";
        let pack = Pack::from_sources("cn", &[policy::Source::new("routing.yaml", text)]).unwrap();
        let refused = pack.rows::<Route>().unwrap_err();
        assert!(refused.to_string().contains("routing.yaml:6"), "{refused}");
    }
}
