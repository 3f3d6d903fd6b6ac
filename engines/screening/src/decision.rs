//! From findings to pass, review or reject: the table `decision` of the pack.
//!
//! Each finding that counts is decided by the first row (by `order`) that fits it; the listing gets the worst of these
//! decisions. A finding no row fits goes to a person. Findings in shadow never decide.

use jiff::civil::Date;
use policy::{Diagnostics, Pack, Report, Row, TableRow};
use serde::Deserialize;

use crate::claims::under;
use crate::finding::{Check, Decision, Finding, Mode, Severity, Text};

/// A row of `decision`. Empty lists fit everything.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecisionRow {
    /// Rows are tried from the lowest.
    pub order: u32,
    #[serde(default)]
    pub severities: Vec<Severity>,
    #[serde(default)]
    pub checks: Vec<Check>,
    /// Ids of rules; `cn-claims-*` names all that begin so.
    #[serde(default)]
    pub rules: Vec<String>,
    #[serde(default)]
    pub categories: Vec<String>,
    /// Fits zero-tolerance findings only.
    #[serde(default)]
    pub zero_tolerance: bool,
    /// Fits only where at least so many findings do.
    #[serde(default = "one")]
    pub findings_min: usize,
    pub decide: Decision,
}

fn one() -> usize {
    1
}

impl TableRow for DecisionRow {
    const TABLE: &'static str = "decision";

    fn check(row: &Row<Self>, _pack: &Pack, report: &mut Report<'_>) {
        if row.body.findings_min == 0 {
            report.refuse("findings_min", "decision_findings_min", Text::new("至少为 1", "at least 1"));
        }
    }
}

/// The compiled table.
#[derive(Clone, Debug, Default)]
pub struct DecisionRules {
    rows: Vec<DecisionRow>,
}

impl DecisionRow {
    fn fits(&self, finding: &Finding, category: &str) -> bool {
        let rule =
            |name: &String| name.strip_suffix('*').map_or(*name == finding.rule, |stem| finding.rule.starts_with(stem));
        (self.severities.is_empty() || self.severities.contains(&finding.severity))
            && (self.checks.is_empty() || self.checks.contains(&finding.check))
            && (self.rules.is_empty() || self.rules.iter().any(rule))
            && (self.categories.is_empty() || self.categories.iter().any(|path| under(category, path)))
            && (!self.zero_tolerance || finding.zero_tolerance)
    }
}

impl DecisionRules {
    /// Reads the rows in force on `date`.
    ///
    /// # Errors
    /// [`Diagnostics`] where the table cannot be read.
    pub fn compile(pack: &Pack, date: Date) -> Result<Self, Diagnostics> {
        let active = pack.rows_at::<DecisionRow>(date)?.into_iter().filter(|row| row.mode == policy::Mode::On);
        let mut rows: Vec<DecisionRow> = active.map(|row| row.body.clone()).collect();
        rows.sort_by_key(|row| row.order);
        Ok(Self { rows })
    }

    /// Decides a listing. No findings that count: it passes.
    #[must_use]
    pub fn decide(&self, findings: &[Finding], category: &str) -> Decision {
        let counting: Vec<&Finding> = findings.iter().filter(|finding| finding.mode == Mode::On).collect();
        let enough = |row: &DecisionRow| {
            counting.iter().filter(|finding| row.fits(finding, category)).take(row.findings_min).count()
                >= row.findings_min
        };
        let rows: Vec<&DecisionRow> = self.rows.iter().filter(|row| enough(row)).collect();
        let decide = |finding: &&Finding| {
            rows.iter().find(|row| row.fits(finding, category)).map_or(Decision::Review, |row| row.decide)
        };
        counting.iter().map(decide).max().unwrap_or(Decision::Pass)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(order: u32, severities: &[Severity], findings_min: usize, decide: Decision) -> DecisionRow {
        let (checks, rules, categories) = (vec![], vec![], vec![]);
        DecisionRow {
            order,
            severities: severities.to_vec(),
            checks,
            rules,
            categories,
            zero_tolerance: false,
            findings_min,
            decide,
        }
    }

    fn finding(severity: Severity, mode: Mode) -> Finding {
        Finding { mode, ..Finding::new(Check::Claims, "rule", severity, "title", Text::new("", "")) }
    }

    #[test]
    fn the_worst_decision_counts_and_a_shadow_does_not() {
        let rules = DecisionRules {
            rows: vec![
                row(1, &[Severity::Severe], 1, Decision::Reject),
                row(2, &[Severity::Minor], 3, Decision::Review),
                row(3, &[Severity::Minor, Severity::Info], 1, Decision::Pass),
            ],
        };
        let minor = || finding(Severity::Minor, Mode::On);
        assert_eq!(rules.decide(&[], ""), Decision::Pass);
        assert_eq!(rules.decide(&[minor()], ""), Decision::Pass);
        assert_eq!(rules.decide(&[minor(), minor(), minor()], ""), Decision::Review);
        assert_eq!(rules.decide(&[finding(Severity::Severe, Mode::Shadow)], ""), Decision::Pass);
        assert_eq!(rules.decide(&[minor(), finding(Severity::Severe, Mode::On)], ""), Decision::Reject);
        assert_eq!(
            rules.decide(&[finding(Severity::Major, Mode::On)], ""),
            Decision::Review,
            "what no row fits goes to a person"
        );
    }
}
