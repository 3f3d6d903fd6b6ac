//! The things of this slice as they stand in the store.

use crate::content::Content;
use crate::state::{State, VersionState};
use ground::Timestamp;
use screening::{Decision, Finding};

/// One thing a merchant offers. Its words stand in its versions.
#[derive(Debug, Clone, PartialEq)]
pub struct Listing {
    /// Id.
    pub id: String,
    /// Whose.
    pub merchant_id: String,
    /// `cn`, `us`, `eu`.
    pub market: String,
    /// The shop's own number (SKU), unique within the merchant.
    pub external_id: String,
    /// Category of the latest version.
    pub category: String,
    /// Where it stands.
    pub state: State,
    /// Title of the latest version.
    pub title: String,
    /// Price of the latest version, minor units.
    pub price_minor: Option<i64>,
    /// Its currency; empty where there is no price.
    pub currency: String,
    /// The latest version.
    pub latest_version_id: String,
    /// Its number, from 1.
    pub latest_number: i64,
    /// Its state.
    pub latest_state: VersionState,
    /// The version a consumer sees; only while the state is on sale or restricted.
    pub on_sale_version_id: Option<String>,
    /// The act that put it there.
    pub on_sale_act_id: Option<String>,
    /// The newest version that passed: what comes back when holds are lifted.
    pub passed_version_id: Option<String>,
    /// The decision of the latest screening of the latest version.
    pub decision: Option<Decision>,
    /// Findings of that screening that count.
    pub findings: u32,
    /// 0 none, 1 info, 2 minor, 3 major, 4 severe.
    pub worst: u8,
    /// When the shop says it changed; imports ignore what is older.
    pub source_at: Option<Timestamp>,
    /// First seen.
    pub created_at: Timestamp,
    /// Last changed.
    pub updated_at: Timestamp,
}

/// One immutable version.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    /// Id.
    pub id: String,
    /// Of which listing.
    pub listing_id: String,
    /// Whose.
    pub merchant_id: String,
    /// Market of the listing.
    pub market: String,
    /// From 1.
    pub number: i64,
    /// Where it stands.
    pub state: VersionState,
    /// What it says.
    pub content: Content,
    /// Its hash.
    pub content_hash: String,
    /// Who wrote it: user id, or the import.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
    /// When it was submitted.
    pub submitted_at: Option<Timestamp>,
    /// When it was decided (passed or rejected).
    pub decided_at: Option<Timestamp>,
    /// Who decided: user id or `system:…`.
    pub decided_by: Option<String>,
    /// The act of that decision.
    pub decided_act_id: Option<String>,
    /// Its newest screening.
    pub run_id: Option<String>,
}

/// One screening of one version.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Id.
    pub id: String,
    /// Of which version.
    pub version_id: String,
    /// Of which listing.
    pub listing_id: String,
    /// When.
    pub at: Timestamp,
    /// Hash of the pack.
    pub pack_version: String,
    /// What it came to.
    pub decision: Decision,
    /// What it found, worst first.
    pub findings: Vec<Finding>,
    /// What it found and let pass.
    pub cleared: Vec<screening::Cleared>,
    /// What was read for it.
    pub kind: RunKind,
    /// The act.
    pub act_id: String,
}

/// What a screening read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunKind {
    /// The whole version.
    Full,
    /// Only the stored facts.
    Facts,
}

impl RunKind {
    /// Stable name.
    pub fn name(self) -> &'static str {
        match self {
            RunKind::Full => "full",
            RunKind::Facts => "facts",
        }
    }
}

/// Why a listing is off the shelf although its version passed. It comes back when the last hold is lifted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// A newer version, or a changed policy, found something severe.
    Screening,
    /// A qualification it rests on is not valid. Reference: the qualification.
    Qualification,
    /// The merchant may not sell. Reference: the merchant.
    Merchant,
    /// A person decided so. Reference: the act.
    Decision,
    /// Goods sold under it are recalled. Reference: the recall. Only the recall lifts it.
    Recall,
    /// An alert stopped the sale. Reference: the alert. It is lifted when the alert is closed as unfounded, or by a person.
    Alert,
    /// Its rating takes it off until a test is passed. Reference: the rated product, `<merchant>/<number>`.
    Rating,
}

impl Cause {
    /// Every cause.
    pub const ALL: [Cause; 7] = [
        Cause::Screening,
        Cause::Qualification,
        Cause::Merchant,
        Cause::Decision,
        Cause::Recall,
        Cause::Alert,
        Cause::Rating,
    ];

    /// Stable name, also in `listings-cause-…`.
    pub fn name(self) -> &'static str {
        match self {
            Cause::Screening => "screening",
            Cause::Qualification => "qualification",
            Cause::Merchant => "merchant",
            Cause::Decision => "decision",
            Cause::Recall => "recall",
            Cause::Alert => "alert",
            Cause::Rating => "rating",
        }
    }

    /// Reads a stable name.
    pub fn from_name(name: &str) -> Option<Cause> {
        Cause::ALL.into_iter().find(|cause| cause.name() == name)
    }
}

/// A hold on a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// On which listing.
    pub listing_id: String,
    /// Why.
    pub cause: Cause,
    /// What exactly: the qualification, the version, the act.
    pub reference: String,
    /// A reason for people: rule ids or a short text.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
    /// The act.
    pub act_id: String,
}

/// Which listings. Every part narrows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    /// In this state.
    pub state: Option<State>,
    /// Of this merchant.
    pub merchant_id: Option<String>,
    /// In this category; a first segment (`food`) takes everything below it.
    pub category: Option<String>,
    /// In this market.
    pub market: Option<String>,
    /// Whose latest screening has a finding of this rule.
    pub rule: Option<String>,
    /// Whose latest screening has a finding of this check (`claims`, `price`, …).
    pub check: Option<String>,
    /// Id, shop's number, GTIN (whole), or the beginning of the title.
    pub search: Option<String>,
}

/// The number for a worst severity: 0 none to 4 severe.
pub fn worst_of(findings: &[Finding]) -> u8 {
    let counting = findings.iter().filter(|finding| finding.mode == screening::Mode::On);
    counting
        .map(|finding| match finding.severity {
            screening::Severity::Info => 1,
            screening::Severity::Minor => 2,
            screening::Severity::Major => 3,
            screening::Severity::Severe => 4,
        })
        .max()
        .unwrap_or(0)
}

/// Stable name of a decision.
pub fn decision_name(decision: Decision) -> &'static str {
    match decision {
        Decision::Pass => "pass",
        Decision::Review => "review",
        Decision::Reject => "reject",
    }
}

/// Reads a stable name of a decision.
pub fn decision_from_name(name: &str) -> Option<Decision> {
    [Decision::Pass, Decision::Review, Decision::Reject].into_iter().find(|decision| decision_name(*decision) == name)
}

/// Stable name of a check, as in the output format.
pub fn check_name(check: screening::Check) -> String {
    serde_json::to_value(check).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Stable name of a severity, as in the output format.
pub fn severity_name(severity: screening::Severity) -> &'static str {
    match severity {
        screening::Severity::Info => "info",
        screening::Severity::Minor => "minor",
        screening::Severity::Major => "major",
        screening::Severity::Severe => "severe",
    }
}
