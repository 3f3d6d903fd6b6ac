//! What a policy would do: the listings of a market judged by packs that are not in force, nothing written.

use super::engine;
use super::rescreen::{differs, judge_again};
use crate::model::{Filter, worst_of};
use crate::store;
use kernel::{Kernel, Result};
use policy::Packs;
use screening::{Decision, Mode};
use std::collections::{BTreeMap, BTreeSet};

/// Listings judged in one step.
const STEP_LISTINGS: u64 = 200;
/// Examples shown of each kind of change.
const SAMPLES_MAX: usize = 12;
/// Rules named.
const RULES_MAX: usize = 100;

/// What packs in shadow came to, over the listings that have been screened.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ShadowReport {
    /// Listings looked at.
    pub listings: u64,
    /// Listings with at least one finding that counts, now and under the candidate.
    pub hit_before: u64,
    /// The same under the candidate.
    pub hit_after: u64,
    /// Listings for which anything changes: another decision, or other findings.
    pub changed: u64,
    /// Merchants with at least one such listing.
    pub merchants: u64,
    /// Decisions that would change: from, to, how many.
    pub decisions: Vec<(Decision, Decision, u64)>,
    /// Listings now on sale that would no longer pass: what it costs the shop.
    pub off_sale: u64,
    /// Sum of the prices of those, minor units by currency.
    pub off_sale_minor: BTreeMap<String, i64>,
    /// Listings per rule under the candidate (counting and shadow), most first: rule, now, then.
    pub rules: Vec<(String, u64, u64)>,
    /// Listings whose text had to be read for new terms.
    pub text_read: u64,
    /// Examples.
    pub samples: Vec<ShadowSample>,
}

/// One example of a change.
#[derive(Debug, Clone, PartialEq)]
pub struct ShadowSample {
    /// Listing.
    pub listing_id: String,
    /// Version.
    pub version_id: String,
    /// Merchant.
    pub merchant_id: String,
    /// Title.
    pub title: String,
    /// Decision in force.
    pub before: Decision,
    /// Decision of the candidate.
    pub after: Decision,
    /// Findings of the candidate that were not there before: rule and words.
    pub added: Vec<(String, String)>,
    /// Rules whose findings would go.
    pub removed: Vec<String>,
    /// 0 none to 4 severe.
    pub worst: u8,
}

/// Judges every screened listing of the candidate's markets by the candidate. At most `listings_max` listings a market
/// (in the order of their ids, which is the order they were made). Nobody's permission is checked: `policies` does.
///
/// # Errors
/// `screening_rules` when the candidate cannot be compiled; what the store says.
pub async fn shadow_run(kernel: &Kernel, candidate: &Packs, listings_max: u64) -> Result<ShadowReport> {
    let mut report = ShadowReport::default();
    let mut tally = Tally::default();
    let in_force = kernel.packs();
    for pack in candidate.iter() {
        let same = in_force.market(pack.market()).is_ok_and(|there| there.version() == pack.version());
        if same {
            continue;
        }
        // The pack in force is compiled too, so that facts read by it need not be read again.
        let _ = engine::in_force(kernel, pack.market()).await;
        let compiled = engine::compiled(kernel, pack, kernel.today()).await?;
        let filter = Filter { market: Some(pack.market().to_owned()), ..Filter::default() };
        let (mut after, mut seen) = (String::new(), 0);
        while seen < listings_max {
            let listings =
                store::listings::after(kernel.db().read(), &filter, &after, STEP_LISTINGS.min(listings_max - seen))
                    .await?;
            let Some(last) = listings.last() else { break };
            after.clone_from(&last.id);
            seen += listings.len() as u64;
            let again = judge_again(kernel, &listings, &compiled).await?;
            report.text_read += again.text_read;
            for item in &again.judged {
                tally.count(&mut report, item);
            }
        }
    }
    tally.finish(&mut report);
    Ok(report)
}

#[derive(Default)]
struct Tally {
    merchants: BTreeSet<String>,
    decisions: BTreeMap<(Decision, Decision), u64>,
    rules: BTreeMap<String, (u64, u64)>,
}

impl Tally {
    fn count(
        &mut self,
        report: &mut ShadowReport,
        (listing, run, judged): &(crate::Listing, crate::Run, super::apply::Judged),
    ) {
        report.listings += 1;
        let rules =
            |findings: &[screening::Finding]| -> BTreeSet<String> { findings.iter().map(|f| f.rule.clone()).collect() };
        let counts = |findings: &[screening::Finding]| u64::from(findings.iter().any(|f| f.mode == Mode::On));
        report.hit_before += counts(&run.findings);
        report.hit_after += counts(&judged.report.findings);
        let (before, after) = (rules(&run.findings), rules(&judged.report.findings));
        for rule in &before {
            self.rules.entry(rule.clone()).or_default().0 += 1;
        }
        for rule in &after {
            self.rules.entry(rule.clone()).or_default().1 += 1;
        }
        if !differs(run, judged) {
            return;
        }
        report.changed += 1;
        self.merchants.insert(listing.merchant_id.clone());
        let moved = (run.decision, judged.report.decision);
        if moved.0 != moved.1 {
            *self.decisions.entry(moved).or_default() += 1;
        }
        let worse = judged.report.decision > Decision::Pass && judged.report.decision > run.decision;
        if worse && listing.state.is_on_sale() {
            report.off_sale += 1;
            if let Some(price) = judged.version.content.price_minor {
                let sum = report.off_sale_minor.entry(judged.version.content.currency.clone()).or_default();
                *sum = sum.saturating_add(price);
            }
        }
        if report.samples.len() < SAMPLES_MAX {
            let added = judged.report.findings.iter().filter(|f| !before.contains(&f.rule));
            report.samples.push(ShadowSample {
                listing_id: listing.id.clone(),
                version_id: judged.version.id.clone(),
                merchant_id: listing.merchant_id.clone(),
                title: judged.version.content.title.clone(),
                before: run.decision,
                after: judged.report.decision,
                added: added.take(20).map(|f| (f.rule.clone(), f.text.clone())).collect(),
                removed: before.difference(&after).cloned().collect(),
                worst: worst_of(&judged.report.findings),
            });
        }
    }

    fn finish(self, report: &mut ShadowReport) {
        report.merchants = self.merchants.len() as u64;
        report.decisions = self.decisions.into_iter().map(|((from, to), n)| (from, to, n)).collect();
        let mut rules: Vec<_> = self.rules.into_iter().map(|(rule, (now, then))| (rule, now, then)).collect();
        rules.sort_by(|a, b| b.2.cmp(&a.2).then_with(|| a.0.cmp(&b.0)));
        rules.truncate(RULES_MAX);
        report.rules = rules;
    }
}
