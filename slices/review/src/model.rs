//! The things of this slice as they stand in the store.

use ground::{Bilingual, Timestamp};
use screening::Finding;
use serde::{Deserialize, Serialize};

macro_rules! names {
    ($type:ident { $($variant:ident = $name:literal),* $(,)? }) => {
        impl $type {
            /// Every one, in order.
            #[allow(dead_code)] // Not every list is asked for whole.
            pub const ALL: &'static [$type] = &[$($type::$variant),*];

            /// Stable name, as stored and in message ids.
            pub fn name(self) -> &'static str {
                match self { $($type::$variant => $name),* }
            }

            /// Reads a stable name.
            pub fn from_name(name: &str) -> Option<$type> {
                match name { $($name => Some($type::$variant),)* _ => None }
            }
        }
    };
}
pub(crate) use names;

/// What an item of the queue really is. Nobody who decides may learn it: it stays inside this crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A version that waits for a decision.
    Listing,
    /// A decided version, looked at again by somebody else who does not know the first decision.
    Second,
    /// A version with a known right answer.
    Golden,
}

names!(Kind { Listing = "listing", Second = "second", Golden = "golden" });

/// Where an item stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemState {
    /// Nobody works on it.
    Waiting,
    /// Somebody does, until the claim runs out.
    Claimed,
    /// Decided.
    Decided,
    /// Decided, and given to a second person.
    SecondReview,
    /// The second person decided otherwise: a manager has the last word.
    Disagreed,
    /// Nobody need decide it any more.
    Closed,
}

names!(ItemState {
    Waiting = "waiting",
    Claimed = "claimed",
    Decided = "decided",
    SecondReview = "second_review",
    Disagreed = "disagreed",
    Closed = "closed",
});

/// The worst severity among the findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Worst {
    /// No finding counts.
    #[default]
    None,
    /// Worth knowing.
    Info,
    /// Minor.
    Minor,
    /// Major.
    Major,
    /// Severe.
    Severe,
}

names!(Worst { None = "none", Info = "info", Minor = "minor", Major = "major", Severe = "severe" });

impl Worst {
    /// The worst of these findings, shadow rules left out.
    pub fn of(findings: &[Finding]) -> Worst {
        let counting = findings.iter().filter(|finding| finding.mode == screening::Mode::On);
        counting.map(|finding| Worst::from(finding.severity)).max().unwrap_or_default()
    }

    pub(crate) fn number(self) -> i64 {
        self as i64
    }

    pub(crate) fn from_number(number: i64) -> Worst {
        Worst::ALL.iter().copied().find(|worst| worst.number() == number).unwrap_or_default()
    }
}

impl From<screening::Severity> for Worst {
    fn from(severity: screening::Severity) -> Worst {
        match severity {
            screening::Severity::Info => Worst::Info,
            screening::Severity::Minor => Worst::Minor,
            screening::Severity::Major => Worst::Major,
            screening::Severity::Severe => Worst::Severe,
        }
    }
}

/// What a reviewer decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It may be on sale.
    Approve,
    /// It may not.
    Reject,
}

names!(Verdict { Approve = "approve", Reject = "reject" });

/// An item of the queue.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Id.
    pub id: String,
    pub(crate) kind: Kind,
    /// The version to decide about.
    pub version_id: String,
    /// Its listing.
    pub listing_id: String,
    /// Whose.
    pub merchant_id: String,
    /// The merchant's name when the item was made.
    pub merchant_name: String,
    /// Title of the version.
    pub title: String,
    /// Category path.
    pub category: String,
    /// Market.
    pub market: String,
    /// Worst severity.
    pub worst: Worst,
    /// Rules hit, each once.
    pub rules: Vec<String>,
    /// Queue: id of the routing row.
    pub queue: String,
    /// Skill a reviewer needs; empty: none.
    pub skill: String,
    /// Higher first.
    pub priority: i64,
    /// Where it stands.
    pub state: ItemState,
    /// Since when it waits.
    pub requested_at: Timestamp,
    /// When it is due.
    pub due_at: Timestamp,
    /// Who works on it.
    pub claimed_by: Option<String>,
    /// Number of the present claim: a decision names it.
    pub claim_id: Option<String>,
    /// Since when.
    pub claimed_at: Option<Timestamp>,
    /// Until when.
    pub lease_until: Option<Timestamp>,
    /// How often the claim was renewed.
    pub renewals: i64,
    /// When it was decided or closed.
    pub decided_at: Option<Timestamp>,
    /// The act that said it is overdue.
    pub overdue_act_id: Option<String>,
    /// The version is on sale already and a changed policy asks about it again.
    pub(crate) again: bool,
    pub(crate) excluded_reviewer: Option<String>,
    pub(crate) reserved_for: Option<String>,
    /// The decision a second review is about, or the golden item.
    pub(crate) reference: Option<String>,
    pub(crate) dedupe: String,
}

impl Item {
    /// Whether this person holds it now.
    pub fn is_held_by(&self, user: &str, now: Timestamp) -> bool {
        self.state == ItemState::Claimed
            && self.claimed_by.as_deref() == Some(user)
            && self.lease_until.is_some_and(|until| until > now)
    }

    /// Whether anybody holds it now.
    pub fn is_held(&self, now: Timestamp) -> bool {
        self.state == ItemState::Claimed && self.lease_until.is_some_and(|until| until > now)
    }
}

/// One decision of one person.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// Id.
    pub id: String,
    /// About which item.
    pub item_id: String,
    pub(crate) kind: Kind,
    /// Version.
    pub version_id: String,
    /// Listing.
    pub listing_id: String,
    /// Merchant.
    pub merchant_id: String,
    /// Title at that time.
    pub title: String,
    /// Category.
    pub category: String,
    /// Queue.
    pub queue: String,
    /// Worst severity.
    pub worst: Worst,
    /// Rules that had been hit.
    pub rules: Vec<String>,
    /// Who.
    pub reviewer: String,
    /// The claim it was made under.
    pub claim_id: String,
    /// What.
    pub verdict: Verdict,
    /// Reasons: rule ids and ids of the reasons table.
    pub reasons: Vec<String>,
    /// Note to the merchant.
    pub note: String,
    /// Time from the claim, seconds.
    pub seconds: i64,
    /// When.
    pub decided_at: Timestamp,
    /// Whether a golden item was decided rightly.
    pub(crate) correct: Option<bool>,
    /// The decision this is the second opinion on, or the golden item.
    pub(crate) reference: Option<String>,
    /// Whether both opinions agree.
    pub(crate) agrees: Option<bool>,
    /// A manager decided otherwise afterwards.
    pub overturned: bool,
    /// The act.
    pub act_id: String,
}

/// A choice on the list of reasons.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// Rule id of a finding, or id of a row of the reasons table.
    pub code: String,
    /// Short name for the reviewer.
    pub label: Bilingual,
    /// What the merchant reads.
    pub merchant: Bilingual,
    /// What would mend it.
    pub fix: Option<Bilingual>,
    /// Legal basis as people read it.
    pub basis: Vec<Bilingual>,
    /// For which verdict.
    pub verdict: Verdict,
    /// Severity, where it is a finding's.
    pub worst: Option<Worst>,
    /// Whether it needs a note.
    pub note_required: bool,
    /// Key 1 to 9 on the review screen.
    pub key: Option<u8>,
    /// Positions of its findings in [`Evidence::findings`].
    pub findings: Vec<usize>,
}

/// What a reviewer sees: a copy of everything the decision rests on. It is kept with the decision.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Evidence {
    /// Version.
    pub version_id: String,
    /// Listing.
    pub listing_id: String,
    /// The shop's own number.
    pub external_id: String,
    /// Number of the version, from 1.
    pub number: i64,
    /// Market.
    pub market: String,
    /// Hash of the pack that found the findings.
    pub pack_version: String,
    /// The merchant.
    pub merchant: MerchantFacts,
    /// Title.
    pub title: String,
    /// Description.
    pub description: String,
    /// Category path.
    pub category: String,
    /// Brand.
    pub brand: String,
    /// GTIN.
    pub gtin: String,
    /// ISO 4217.
    pub currency: String,
    /// Price, minor units.
    pub price_minor: Option<i64>,
    /// Crossed-out price, minor units.
    pub list_price_minor: Option<i64>,
    /// Attributes by name, and the batch.
    pub attributes: Vec<(String, String)>,
    /// Pictures.
    pub images: Vec<ImageFacts>,
    /// Documents.
    pub documents: Vec<DocumentFacts>,
    /// Findings, worst first.
    pub findings: Vec<Finding>,
    /// Prices of comparable goods.
    pub comparable: Vec<ComparablePrice>,
    /// Similar decisions of the past.
    pub similar: Vec<SimilarDecision>,
    /// What differs from the version on sale.
    pub changes: Vec<Changed>,
    /// Number of the version on sale; `None`: nothing is.
    pub on_sale_number: Option<i64>,
}

/// What is known of the merchant.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MerchantFacts {
    /// Id.
    pub id: String,
    /// Shop's or legal name.
    pub name: String,
    /// Versions of theirs that people approved.
    pub approved: u64,
    /// And rejected.
    pub rejected: u64,
}

/// A picture.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ImageFacts {
    /// Content hash.
    pub sha256: String,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

/// A document. Empty: not stated.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DocumentFacts {
    /// Kind.
    pub kind: String,
    /// Number.
    pub number: String,
    /// Whose.
    pub holder: String,
    /// About which product.
    pub product: String,
    /// Issued by.
    pub issuer: String,
    /// Valid until, `YYYY-MM-DD`.
    pub until: String,
    /// The file.
    pub sha256: String,
}

/// The price of comparable goods.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ComparablePrice {
    /// Title.
    pub title: String,
    /// Price, minor units of the same currency.
    pub price_minor: i64,
}

/// A similar decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SimilarDecision {
    /// Title then.
    pub title: String,
    /// What was decided.
    pub verdict: Verdict,
    /// Rules both have in common.
    pub rules: Vec<String>,
    /// Reasons given.
    pub reasons: Vec<String>,
    /// When.
    pub at: Timestamp,
    /// The act.
    pub act_id: String,
}

/// A field that differs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Changed {
    /// Field name as in findings.
    pub field: String,
    /// Before.
    pub before: Option<String>,
    /// After.
    pub after: Option<String>,
}

/// A golden item: a version whose right answer is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Golden {
    /// Id.
    pub id: String,
    /// Title.
    pub title: String,
    /// Category.
    pub category: String,
    /// Version it was taken from.
    pub version_id: String,
    /// The right verdict.
    pub verdict: Verdict,
    /// The right reasons.
    pub reasons: Vec<String>,
    /// Why, for the other managers.
    pub note: String,
    /// Still given out.
    pub active: bool,
    /// Who added it.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
    /// How often it was decided.
    pub given: u64,
    /// How often rightly.
    pub right: u64,
    pub(crate) queue: String,
    pub(crate) skill: String,
}

/// Two opinions that differ.
#[derive(Debug, Clone, PartialEq)]
pub struct Disagreement {
    /// Id.
    pub id: String,
    /// First decision.
    pub first: Decision,
    /// Second decision.
    pub second: Decision,
    /// When the second was given.
    pub at: Timestamp,
    /// The last word; `None` while open.
    pub resolution: Option<Resolution>,
}

/// The last word of a manager.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolution {
    /// What holds.
    pub verdict: Verdict,
    /// Whether the first decision fell.
    pub overturned: bool,
    /// Why.
    pub note: String,
    /// Who.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// The act.
    pub act_id: String,
}

/// A person who decides, with what they know about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reviewer {
    /// User id.
    pub id: String,
    /// How colleagues know them.
    pub name: String,
    /// Skills, for the queues that ask for one.
    pub skills: Vec<String>,
}

/// A relation that keeps a person away from a merchant's listings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// Reviewer.
    pub reviewer: String,
    /// Merchant.
    pub merchant_id: String,
    /// What it is.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
}
