//! The inline tests of the claims table.

use jiff::civil::Date;
use policy::{Diagnostics, Pack, TestFailure, TestRun};

use crate::claims::rows::{Claim, ClaimTest};
use crate::claims::{ClaimRules, Scratch, facts, findings};
use crate::finding::Text;
use crate::input::{DocumentInput, Input};

/// Runs the inline tests of the rows in force on `date`; `only` names one row.
///
/// # Errors
/// [`Diagnostics`] where the tables, or the shape of a test, cannot be read.
pub fn run_tests(pack: &Pack, date: Date, only: Option<&str>) -> Result<TestRun, Diagnostics> {
    let rules = ClaimRules::compile(pack, date)?;
    let mut run = TestRun::default();
    let mut scratch = Scratch::default();
    for row in pack.rows_at::<Claim>(date)? {
        if only.is_some_and(|only| only != row.id) || !row.mode.is_evaluated() {
            continue;
        }
        for test in &row.tests {
            let case: ClaimTest =
                test.read().map_err(|diagnostic| Diagnostics::from(diagnostic.in_row(row.id.clone())))?;
            let hit = case.hit;
            let input = listing(case, pack.market());
            let outcome = findings(&facts(&input, &rules, &mut scratch), &rules, &input.id);
            if outcome.findings.iter().any(|finding| finding.rule == row.id) == hit {
                run.passed += 1;
                continue;
            }
            let cleared: Vec<&str> = outcome
                .cleared
                .iter()
                .filter(|cleared| cleared.rule == row.id)
                .map(|cleared| cleared.exemption.as_str())
                .collect();
            let by = if cleared.is_empty() { String::new() } else { format!(" ({})", cleared.join(", ")) };
            let said = format!("{} {}", input.title, input.description);
            let message = if hit {
                Text::new(format!("应当命中而未命中：{said}{by}"), format!("should be found and is not: {said}{by}"))
            } else {
                Text::new(format!("不应命中而命中：{said}"), format!("should not be found and is: {said}"))
            };
            run.failures.push(TestFailure {
                row: row.id.clone(),
                file: test.place().file.to_string(),
                line: test.place().line,
                message,
            });
        }
    }
    Ok(run)
}

fn listing(case: ClaimTest, market: &str) -> Input {
    Input {
        id: "inline-test".to_owned(),
        market: market.to_owned(),
        title: case.title,
        description: case.description,
        category: case.category,
        brand: case.brand,
        price_minor: case.price_minor,
        attributes: case.attributes,
        documents: case.documents.into_iter().map(|kind| DocumentInput { kind, ..DocumentInput::default() }).collect(),
        ..Input::default()
    }
}
