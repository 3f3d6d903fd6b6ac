//! Copied codes, found from where, when and how often a code is seen.
//!
//! A unit code cannot be guessed, but it can be copied from one package onto a thousand. The copies then turn up in places,
//! on phones and in orders in which one package cannot be.
//!
//! Reading order: [`Observation`] (what is seen), [`record`] (what is remembered of a unit and of a lot: a record of fixed
//! size), [`rules`] (what the record says, with evidence), [`hot`] (records in memory, never more than a limit),
//! [`place`] (distances), [`traffic`] (generated honest and dishonest traffic, to measure both kinds of error).
//!
//! Invariants
//! - A [`UnitRecord`] is a fold over the observations of its unit, in order, and of nothing else: no thresholds, no clock, no
//!   other unit. Folding the stored observations again gives the same bytes. The same holds for a [`LotRecord`].
//! - A record never grows. What is forgotten first is the oldest place and the oldest days.
//! - Judging changes nothing. A finding carries the figures it rests on.
//!
//! What it does not do: it keeps nothing, warns nobody, and does not know whether a code is genuine: that comes in with
//! [`Facts`].

pub mod hot;
pub mod place;
pub mod record;
pub mod rules;
pub mod traffic;

#[cfg(test)]
mod tests;

pub use hot::HotSet;
pub use place::{Place, Source};
pub use record::{LOT_RECORD_BYTES, LotRecord, UNIT_RECORD_BYTES, UnitRecord};
pub use rules::{Evidence, Facts, Finding, LotFacts, LotThresholds, Thresholds, UnitState, judge, judge_lot};

use ground::Timestamp;

/// A reason to believe that a code was copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// A genuine code was seen that never left the roll: nobody commissioned it.
    NotCommissioned,
    /// It was seen after its package was taken out of circulation.
    Decommissioned,
    /// The same unit was sold in two orders without coming back between them.
    TwoOrders,
    /// It was in two places further apart than anybody travels in that time.
    ImpossibleTravel,
    /// More phones than one package meets.
    TooManyDevices,
    /// It is only ever seen where its lot is not sold.
    WrongMarket,
    /// The whole lot is seen far more often than before, or than it has units.
    LotRate,
}

impl Rule {
    /// Every rule.
    pub const ALL: [Rule; 7] = [
        Rule::NotCommissioned,
        Rule::Decommissioned,
        Rule::TwoOrders,
        Rule::ImpossibleTravel,
        Rule::TooManyDevices,
        Rule::WrongMarket,
        Rule::LotRate,
    ];

    /// Stable name, as stored and as used in addresses and message ids.
    pub fn name(self) -> &'static str {
        match self {
            Rule::NotCommissioned => "not_commissioned",
            Rule::Decommissioned => "decommissioned",
            Rule::TwoOrders => "two_orders",
            Rule::ImpossibleTravel => "impossible_travel",
            Rule::TooManyDevices => "too_many_devices",
            Rule::WrongMarket => "wrong_market",
            Rule::LotRate => "lot_rate",
        }
    }

    /// Reads a stable name.
    pub fn from_name(name: &str) -> Option<Rule> {
        Rule::ALL.into_iter().find(|rule| rule.name() == name)
    }
}

/// What happened to a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Somebody scanned its code.
    Scan,
    /// Who scanned it just now says where: a place for a scan that is already counted.
    Located,
    /// It was sold in this order (a hash of the order's number).
    Sale {
        /// Hash of the order.
        order: u64,
    },
    /// It came back from whoever had it.
    Return,
    /// A person looked at this rule's evidence and found it harmless: it starts again from nothing.
    Cleared(Rule),
}

/// One thing seen of one unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Observation {
    /// When.
    pub at: Timestamp,
    /// What.
    pub event: Event,
    /// A hash that stands for the phone, as well as it is known; `None` where nothing is.
    pub device: Option<u64>,
    /// Where, with how well that is known.
    pub place: Option<Place>,
    /// Whether the place is outside the market of the lot; `None` where one of the two is not known.
    pub abroad: Option<bool>,
}

impl Observation {
    /// A scan of which nothing but the time is known.
    pub fn scan(at: Timestamp) -> Self {
        Observation { at, event: Event::Scan, device: None, place: None, abroad: None }
    }
}
