//! The one walk through all checks.

use std::sync::Arc;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::brand::{self, BrandFacts};
use crate::change;
use crate::claims::{self, Scratch};
use crate::documents::{self, DocumentsFacts};
use crate::facts::ClaimFacts;
use crate::finding::{Finding, Report};
use crate::form::{self, FormFact};
use crate::images::{self, ImageBank, ImageFacts};
use crate::input::Input;
use crate::price::{self, PriceFacts, PriceStatistics};
use crate::recalls::{self, RecallBank, RecallSubject};
use crate::rules::Rules;

/// What the checks compare a listing with. Loaded and kept up to date by the caller.
#[derive(Debug, Default)]
pub struct Banks {
    pub images: ImageBank,
    pub prices: PriceStatistics,
    /// Public recall notices; large, and the same for every market.
    pub recalls: Arc<RecallBank>,
}

/// All that was read from one listing version; what is kept so that a changed policy needs no text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// Whose listing it is; empty where unknown.
    pub merchant_id: String,
    pub form: Vec<FormFact>,
    pub claims: ClaimFacts,
    pub documents: DocumentsFacts,
    pub images: Vec<ImageFacts>,
    pub price: PriceFacts,
    pub brand: BrandFacts,
    /// Facts kept before there was this check read as an empty subject, which no notice is about.
    #[serde(default)]
    pub recalls: RecallSubject,
}

/// Reads a listing once. `scratch` is room reused from listing to listing.
#[must_use]
pub fn facts(input: &Input, rules: &Rules, scratch: &mut Scratch) -> Facts {
    Facts {
        merchant_id: input.merchant.as_ref().map(|merchant| merchant.id.clone()).unwrap_or_default(),
        form: form::facts(input),
        claims: claims::facts(input, &rules.claims, scratch),
        documents: documents::facts(input),
        images: images::facts(input),
        price: price::facts(input),
        brand: brand::facts(input, &rules.brands),
        recalls: recalls::facts(input),
    }
}

/// Applies the policy to facts. `id` is the listing's; `at` the day for validity and windows of time.
#[must_use]
pub fn judge(id: &str, facts: &Facts, rules: &Rules, banks: &Banks, at: Date) -> Report {
    let mut findings = form::findings(&facts.form, &rules.form, id);
    let claims = claims::findings(&facts.claims, &rules.claims, id);
    findings.extend(claims.findings);
    findings.extend(documents::findings(&facts.documents, &rules.documents, id, at));
    findings.extend(images::findings(&facts.images, &rules.images, &banks.images, id, &facts.merchant_id));
    findings.extend(price::findings(&facts.price, &rules.price, &banks.prices, id, at));
    findings.extend(brand::findings(&facts.brand, &rules.brand, &rules.brands, id, at));
    findings.extend(recalls::findings(&facts.recalls, &rules.recalls, &banks.recalls, id));
    let mut report = report(id, findings, &facts.claims.about.category, rules, at);
    report.cleared = claims.cleared;
    report
}

/// Screens one listing: reads it and applies the policy.
#[must_use]
pub fn screen(input: &Input, rules: &Rules, banks: &Banks, at: Date) -> Report {
    screen_with(input, rules, banks, at, &mut Scratch::default())
}

/// As [`screen`], for many listings in a row.
#[must_use]
pub fn screen_with(input: &Input, rules: &Rules, banks: &Banks, at: Date, scratch: &mut Scratch) -> Report {
    let mut report = judge(&input.id, &facts(input, rules, scratch), rules, banks, at);
    report.notes.clone_from(&input.notes);
    report
}

/// Screens a new version of a listing that has passed before: as [`screen`], and what the edit changed.
#[must_use]
pub fn screen_edit(before: &Input, after: &Input, rules: &Rules, banks: &Banks, at: Date) -> Report {
    let mut screened = screen(after, rules, banks, at);
    let changes = change::facts(before, after, &rules.claims);
    let mut findings = std::mem::take(&mut screened.findings);
    findings.extend(change::findings(&changes, &rules.change, &after.id));
    let judged = report(&after.id, findings, &after.category, rules, at);
    Report { cleared: screened.cleared, notes: screened.notes, ..judged }
}

fn report(id: &str, mut findings: Vec<Finding>, category: &str, rules: &Rules, at: Date) -> Report {
    findings.sort_by(|one, other| {
        let key = |finding: &Finding| (std::cmp::Reverse(finding.severity), finding.start, finding.end);
        (key(one).0, &one.field, key(one).1, key(one).2, &one.rule).cmp(&(
            key(other).0,
            &other.field,
            key(other).1,
            key(other).2,
            &other.rule,
        ))
    });
    Report {
        id: id.to_owned(),
        market: rules.market.clone(),
        decision: rules.decision.decide(&findings, category),
        findings,
        cleared: Vec::new(),
        packs: vec![rules.pack.clone()],
        at: at.to_string(),
        notes: Vec::new(),
    }
}
