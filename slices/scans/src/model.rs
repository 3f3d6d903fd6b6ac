//! What is recorded of a scan, and the warnings that come of it.

use ground::Timestamp;
use journey::clones::{Event, Facts, Observation, Place, Rule};

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
    /// What a code turned out to be.
    Outcome {
        /// A genuine unit on a package.
        Genuine = "genuine",
        /// A genuine code that is on no package.
        NotCommissioned = "not_commissioned",
        /// A genuine unit that was taken out of circulation.
        Decommissioned = "decommissioned",
        /// Its lot was withdrawn.
        Withdrawn = "withdrawn",
        /// The serial number was not made here: its tag is wrong.
        Forged = "forged",
        /// Nothing is known of this number.
        Unknown = "unknown",
        /// A lot without a unit.
        Lot = "lot",
        /// A product without a lot.
        Product = "product",
        /// No code at all: it cannot be read.
        Invalid = "invalid",
    }
}

names! {
    /// How a scan came in.
    Channel {
        /// Somebody opened the page.
        Page = "page",
        /// An app of the operator's or of a shop's reported it.
        App = "app",
        /// The shop's system reported an order.
        Shop = "shop",
        /// The console.
        Console = "console",
    }
}

names! {
    /// Where a warning stands.
    WarningState {
        /// Nobody has looked yet.
        Open = "open",
        /// A person looked: the code is copied.
        Confirmed = "confirmed",
        /// A person looked: there is a harmless reason.
        Dismissed = "dismissed",
    }
}

/// What a sighting needs to know of the lot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LotBrief {
    /// Lot id.
    pub id: String,
    /// AI 10.
    pub number: String,
    /// How the product is called.
    pub product: String,
    /// Whose it is.
    pub merchant_id: String,
    /// Where it is sold.
    pub market: String,
    /// Units commissioned.
    pub units: u64,
}

/// One thing seen, as it is recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct Sighting {
    /// Id; empty until it is stored.
    pub id: String,
    /// What the engine sees of it.
    pub seen: Observation,
    /// When it was taken in.
    pub recorded_at: Timestamp,
    /// What the code is.
    pub outcome: Outcome,
    /// How it came in.
    pub channel: Channel,
    /// GTIN, 14 digits; empty for what cannot be read.
    pub gtin: String,
    /// Serial number; empty for a lot or a product.
    pub serial: String,
    /// The lot, where it is known.
    pub lot: Option<LotBrief>,
    /// Where the unit stood; `None` for what is no genuine unit: nothing is then remembered of it.
    pub facts: Option<Facts>,
    /// Country (ISO 3166-1 alpha-2), where it is known.
    pub country: Option<String>,
    /// Number of this observation among those of its unit, from 1; 0 until it is stored and for what is no genuine unit.
    pub ordinal: u32,
    /// The code as it came, where it could not be read; the order of a sale.
    pub detail: Option<String>,
}

impl Sighting {
    /// Whether it counts for a unit's record.
    pub fn is_of_unit(&self) -> bool {
        self.facts.is_some() && !self.serial.is_empty()
    }

    /// Stable name of its event.
    pub fn kind(&self) -> &'static str {
        match self.seen.event {
            Event::Scan => "scan",
            Event::Located => "located",
            Event::Sale { .. } => "sale",
            Event::Return => "return",
            Event::Cleared(_) => "cleared",
        }
    }

    /// Where.
    pub fn place(&self) -> Option<Place> {
        self.seen.place
    }
}

/// A suspicion that a code was copied.
#[derive(Debug, Clone, PartialEq)]
pub struct Warning {
    /// Id.
    pub id: String,
    /// The rule that spoke.
    pub rule: Rule,
    /// Where it stands.
    pub state: WarningState,
    /// GTIN, 14 digits.
    pub gtin: String,
    /// Serial number; empty where the whole lot is meant.
    pub serial: String,
    /// Lot id.
    pub lot_id: Option<String>,
    /// Lot number.
    pub lot_number: String,
    /// Product.
    pub product: String,
    /// Merchant id; empty where it is not known.
    pub merchant_id: String,
    /// Since when.
    pub opened_at: Timestamp,
    /// When the rule spoke last.
    pub last_at: Timestamp,
    /// How often it spoke.
    pub times: u32,
    /// The newest evidence.
    pub evidence: serde_json::Value,
    /// Why it was closed.
    pub reason: String,
    /// By whom.
    pub closed_by: Option<String>,
    /// When.
    pub closed_at: Option<Timestamp>,
    /// The act that opened it; `None` for the moment between finding and act.
    pub open_act_id: Option<String>,
    /// The act that closed it.
    pub close_act_id: Option<String>,
}

impl Warning {
    /// Id of what acts about it are about: the unit, or the lot.
    pub fn subject(&self) -> (&'static str, String) {
        if self.serial.is_empty() {
            ("lot", self.lot_id.clone().unwrap_or_default())
        } else {
            ("unit", unit_id(&self.gtin, &self.serial))
        }
    }
}

/// The id of a unit in acts.
pub fn unit_id(gtin: &str, serial: &str) -> String {
    format!("{gtin}/{serial}")
}

names! {
    /// What somebody writes about.
    ReportKind {
        /// A code or goods that look forged.
        Suspect = "suspect",
        /// Goods that are bad, or a seller who is.
        Complaint = "complaint",
    }
}

/// What somebody wrote about a code they do not trust, or about the goods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuspectReport {
    /// Id.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// What it is about.
    pub kind: ReportKind,
    /// The code as they typed or scanned it.
    pub code: String,
    /// What it is.
    pub outcome: Outcome,
    /// Where they bought it.
    pub place: String,
    /// What they wrote.
    pub note: String,
}
