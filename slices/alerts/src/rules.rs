//! The detectors in force: rows of the policy table `detectors`, made ready to look.

use detectors::{Detector, DetectorRow, Scope};
use ground::Problem;
use jiff::civil::Date;
use kernel::Result;
use policy::{Packs, Row};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One detector in one market.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Market whose goods it looks at.
    pub market: String,
    /// Content hash of the market's pack.
    pub version: String,
    /// Its row.
    pub row: Arc<Row<DetectorRow>>,
    /// Ready to look.
    pub detector: Detector,
}

impl Rule {
    /// A row made ready.
    ///
    /// # Errors
    /// `internal` where the row is none, which the check of the pack excludes.
    pub fn new(market: &str, version: &str, row: Arc<Row<DetectorRow>>) -> Result<Rule> {
        let policy =
            row.body.policy(&row.id).map_err(|(column, why)| Problem::internal(format!("{column}: {}", why.en)))?;
        let detector = Detector::new(policy).map_err(Problem::internal)?;
        Ok(Rule { market: market.to_owned(), version: version.to_owned(), row, detector })
    }

    /// About what it is.
    pub fn scope(&self) -> Scope {
        self.detector.policy.scope
    }

    /// Whether it acts on a key, or only shows what it would have said.
    pub fn acts_on(&self, key: &str) -> bool {
        policy::applies(self.row.mode, key, &self.row.id)
    }
}

/// Every detector in force on a day, in all markets.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// All of them.
    pub all: Vec<Rule>,
    /// The market whose detectors look at goods of no known market.
    pub home: String,
}

impl Rules {
    /// What is in force on a day.
    ///
    /// # Errors
    /// `internal` where a pack's table cannot be read.
    pub fn of(packs: &Packs, date: Date) -> Result<Rules> {
        let mut rules = Rules { all: Vec::new(), home: packs.home().market().to_owned() };
        for pack in packs.iter() {
            for row in pack.rows_at::<DetectorRow>(date).map_err(Problem::internal)? {
                if row.mode.is_evaluated() {
                    rules.all.push(Rule::new(pack.market(), pack.version(), row)?);
                }
            }
        }
        Ok(rules)
    }

    /// Versions of the packs they come from.
    pub fn versions(&self) -> Vec<String> {
        let mut versions: Vec<String> = self.all.iter().map(|rule| rule.version.clone()).collect();
        versions.dedup();
        versions
    }

    /// Places of the rules about a scope that look at goods of a market. Goods of a market without detectors are looked at by
    /// those of the home market.
    pub fn places(&self, scope: Scope, market: &str) -> Vec<usize> {
        let market = if self.all.iter().any(|rule| rule.market == market) { market } else { &self.home };
        let wanted = |rule: &Rule| rule.scope() == scope && rule.market == market;
        (0..self.all.len()).filter(|place| wanted(&self.all[*place])).collect()
    }

    /// Places by scope and market, computed once for a sweep.
    pub fn index(&self, scope: Scope, markets: &[String]) -> BTreeMap<String, Vec<usize>> {
        let home = std::iter::once(String::new());
        home.chain(markets.iter().cloned()).map(|market| (market.clone(), self.places(scope, &market))).collect()
    }
}
