//! What an alert is: where it stands, what it rests on, how it ends.

use detectors::{Action, Family, Finding, Level, Measure, Method, Scope};
use ground::Timestamp;

macro_rules! names {
    ($(#[$note:meta])* $type:ident { $($(#[$variant_note:meta])* $variant:ident = $name:literal),+ $(,)? }) => {
        $(#[$note])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $type { $($(#[$variant_note])* $variant),+ }

        impl $type {
            /// All of them.
            pub const ALL: &[$type] = &[$($type::$variant),+];

            /// Stable name, as stored and as used in addresses and message ids.
            pub fn name(self) -> &'static str {
                match self { $($type::$variant => $name),+ }
            }

            /// Reads a stable name.
            pub fn from_name(name: &str) -> Option<$type> {
                $type::ALL.iter().copied().find(|one| one.name() == name)
            }
        }
    };
}

names! {
    /// Where an alert stands. It only moves forward.
    State {
        /// Nobody has looked yet.
        Open = "open",
        /// Somebody has it.
        Acknowledged = "acknowledged",
        /// Something is being done: a test was asked for, or the sale was stopped.
        InAction = "in_action",
        /// It is over.
        Closed = "closed",
    }
}

names! {
    /// What an alert turned out to be.
    Ending {
        /// The goods, sales or reviews were wrong.
        True = "true",
        /// They were in order.
        False = "false",
        /// Nobody could tell.
        Unclear = "unclear",
    }
}

names! {
    /// Why it was closed; feeds the risk model.
    Reason {
        /// A test failed.
        TestFailed = "test_failed",
        /// The merchant admitted it, or papers proved it.
        Confirmed = "confirmed",
        /// A batch was withdrawn for it.
        BatchWithdrawn = "batch_withdrawn",
        /// A test passed.
        TestPassed = "test_passed",
        /// A promotion, a season, a change of price that was announced.
        OrdinaryEvent = "ordinary_event",
        /// Signals were wrong: counted twice, delivered late, of another product.
        WrongSignals = "wrong_signals",
        /// Too little was left to tell.
        NotEnough = "not_enough",
        /// Something else; the note says what.
        Other = "other",
    }
}

impl Reason {
    /// The endings a reason can belong to.
    pub fn endings(self) -> &'static [Ending] {
        match self {
            Reason::TestFailed | Reason::Confirmed | Reason::BatchWithdrawn => &[Ending::True],
            Reason::TestPassed | Reason::OrdinaryEvent | Reason::WrongSignals => &[Ending::False],
            Reason::NotEnough => &[Ending::Unclear],
            Reason::Other => Ending::ALL,
        }
    }
}

impl State {
    /// Whether it may still become `next`.
    pub fn may_become(self, next: State) -> bool {
        match (self, next) {
            (State::Closed, _) | (_, State::Open) => false,
            (_, State::Closed | State::InAction) => true,
            (State::Open, State::Acknowledged) => true,
            (State::Acknowledged | State::InAction, State::Acknowledged) => false,
        }
    }

    /// Whether somebody still has to do something.
    pub fn is_standing(self) -> bool {
        self != State::Closed
    }
}

/// What an alert is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subject {
    /// A product, lot, merchant or category.
    pub scope: Scope,
    /// `merchant/product`, `merchant/lot`, merchant id, or category.
    pub key: String,
}

impl Subject {
    /// A subject.
    pub fn new(scope: Scope, key: &str) -> Subject {
        Subject { scope, key: key.to_owned() }
    }

    /// The merchant; `None` for a category.
    pub fn merchant(&self) -> Option<&str> {
        match self.scope {
            Scope::Category => None,
            Scope::Merchant => Some(&self.key),
            Scope::Product | Scope::Lot => self.key.split_once('/').map(|(merchant, _)| merchant),
        }
    }

    /// The part behind the merchant: the product's number in the shop, or the lot.
    pub fn local(&self) -> &str {
        self.key.split_once('/').map_or(&self.key, |(_, local)| local)
    }
}

/// Something a detector said of a subject, as an alert keeps it.
#[derive(Debug, Clone, PartialEq)]
pub struct Contribution {
    /// What was found.
    pub finding: Finding,
    /// What is proposed.
    pub action: Action,
    /// How long handling it takes, minutes.
    pub minutes: u32,
}

/// What is known of a subject besides its signals.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct About {
    /// The listing, where there is one.
    pub listing_id: Option<String>,
    /// How the goods are called; empty where nothing is known of them.
    pub title: String,
    /// Category id; empty where it is not known.
    pub category: String,
    /// Market the goods are sold in.
    pub market: String,
    /// The product a lot is of, `merchant/product`.
    pub product: Option<String>,
}

/// An alert.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// Id.
    pub id: String,
    /// What trouble.
    pub family: Family,
    /// About what.
    pub subject: Subject,
    /// What else is known of that.
    pub about: About,
    /// Where it stands.
    pub state: State,
    /// The strongest level any contribution has had.
    pub level: Level,
    /// What is proposed: the strongest of the contributions.
    pub action: Action,
    /// The strongest contribution: how it judged.
    pub method: Method,
    /// What it counted.
    pub measure: Option<Measure>,
    /// Since when the trouble lasts, days since 1970-01-01.
    pub since_day: i32,
    /// The last day a detector said so.
    pub last_day: i32,
    /// Days on which a detector said so.
    pub times: u32,
    /// When it was raised.
    pub raised_at: Timestamp,
    /// When it was last said.
    pub updated_at: Timestamp,
    /// What it rests on, the strongest first.
    pub contributions: Vec<Contribution>,
    /// Who has it.
    pub handler: Option<String>,
    /// When they took it.
    pub acknowledged_at: Option<Timestamp>,
    /// When a test was asked for.
    pub inspection_at: Option<Timestamp>,
    /// When the sale was stopped.
    pub stopped_at: Option<Timestamp>,
    /// What it turned out to be.
    pub ending: Option<Ending>,
    /// Why.
    pub reason: Option<Reason>,
    /// In words.
    pub note: String,
    /// By whom it was closed.
    pub closed_by: Option<String>,
    /// When.
    pub closed_at: Option<Timestamp>,
    /// The warning about a copied code it came from.
    pub warning_id: Option<String>,
    /// Market and version of the policies it rests on.
    pub policy: (String, String),
    /// Counts up with every change, against lost updates.
    pub version: i64,
}

impl Alert {
    /// The strongest contribution.
    pub fn strongest(&self) -> Option<&Contribution> {
        self.contributions.first()
    }

    /// What the merchant's page is about: the merchant, where there is one.
    pub fn merchant(&self) -> &str {
        self.subject.merchant().unwrap_or_default()
    }
}

/// A stronger contribution first: level, then how far over its threshold.
pub fn by_strength(a: &Contribution, b: &Contribution) -> std::cmp::Ordering {
    let over = |one: &Contribution| {
        let finding = &one.finding;
        if finding.threshold.abs() > f64::EPSILON { finding.statistic / finding.threshold } else { finding.statistic }
    };
    (b.finding.level, b.action as u8)
        .cmp(&(a.finding.level, a.action as u8))
        .then_with(|| over(b).total_cmp(&over(a)))
        .then_with(|| a.finding.policy.cmp(&b.finding.policy))
}

/// An alert in a line, for other duties.
#[derive(Debug, Clone, PartialEq)]
pub struct Brief {
    /// Id.
    pub id: String,
    /// What trouble.
    pub family: Family,
    /// How the strongest contribution judged.
    pub method: Method,
    /// How strongly.
    pub level: Level,
    /// Where it stands.
    pub state: State,
    /// What it turned out to be.
    pub closed_as: Option<Ending>,
    /// When it was raised.
    pub raised_at: Timestamp,
    /// Whether the sale is stopped for it.
    pub stopped: bool,
    /// About what.
    pub subject: Subject,
}

impl From<&Alert> for Brief {
    fn from(alert: &Alert) -> Brief {
        Brief {
            id: alert.id.clone(),
            family: alert.family,
            method: alert.method,
            level: alert.level,
            state: alert.state,
            closed_as: alert.ending,
            raised_at: alert.raised_at,
            stopped: alert.stopped_at.is_some() && (alert.state != State::Closed || alert.ending == Some(Ending::True)),
            subject: alert.subject.clone(),
        }
    }
}

/// What a closed alert teaches: the risk model learns from these.
#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    /// The alert.
    pub alert_id: String,
    /// What trouble.
    pub family: Family,
    /// How strongly.
    pub level: Level,
    /// About what.
    pub subject: Subject,
    /// The product, `merchant/product`, where the subject is one or a lot of one.
    pub product: Option<String>,
    /// The last day a detector spoke, days since 1970-01-01: the label holds for the state of that day.
    pub day: i32,
    /// What it turned out to be.
    pub ending: Ending,
    /// Why.
    pub reason: Reason,
    /// When it was closed.
    pub closed_at: Timestamp,
}

/// Alerts about a subject stay away until a moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Suppression {
    /// Id.
    pub id: String,
    /// What trouble.
    pub family: Family,
    /// About what.
    pub subject: Subject,
    /// Until when.
    pub until: Timestamp,
    /// Why.
    pub reason: String,
    /// By whom.
    pub by: String,
    /// Since when.
    pub at: Timestamp,
    /// How many days it kept an alert away.
    pub kept_away: u32,
}

/// What a detector in shadow would have raised.
#[derive(Debug, Clone, PartialEq)]
pub struct Shadow {
    /// Id.
    pub id: String,
    /// The policy row.
    pub policy: String,
    /// About what.
    pub subject: Subject,
    /// How the goods are called.
    pub title: String,
    /// How strongly.
    pub level: Level,
    /// Since when, days since 1970-01-01.
    pub since_day: i32,
    /// First day on which it spoke.
    pub first_day: i32,
    /// Last day on which it spoke.
    pub last_day: i32,
    /// Days on which it spoke.
    pub times: u32,
    /// The statistic, last.
    pub statistic: f64,
    /// What handling it would take, minutes.
    pub minutes: u32,
}

/// A pass over the windows, as it is remembered.
#[derive(Debug, Clone, PartialEq)]
pub struct Sweep {
    /// `day:2026-03-02`, `look:1234`.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// The day it judged.
    pub day: i32,
    /// Keys looked at.
    pub keys: u64,
    /// Looks that could have passed.
    pub candidates: u64,
    /// Findings after selection.
    pub found: u64,
    /// New alerts.
    pub raised: u64,
    /// Alerts that were said again.
    pub repeated: u64,
    /// Kept away by a suppression or shortly after a closing.
    pub kept_away: u64,
    /// Findings of detectors in shadow.
    pub shadows: u64,
    /// New alerts that did not fit into one sweep.
    pub left_out: u64,
}
