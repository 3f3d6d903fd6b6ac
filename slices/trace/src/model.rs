//! The nouns: lots and their documents, code keys, batches of codes, and what is known about one unit.

use ground::Timestamp;
use gs1::Gtin;
use jiff::civil::Date;

/// Most codes of one batch.
pub const BATCH_CODES_MAX: u64 = 10_000_000;
/// Most codes listed in one call.
pub const LISTED_CODES_MAX: usize = 10_000;
/// Most documents of one lot.
pub const DOCUMENTS_MAX: u64 = 50;
/// Longest lot number, characters (AI 10).
pub const LOT_NUMBER_CHARS_MAX: usize = 20;
/// Longest order number, characters.
pub const ORDER_CHARS_MAX: usize = 100;

/// Where a lot stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LotState {
    /// Codes may be put on its units.
    Open,
    /// Stopped until it is looked at: nothing more is commissioned.
    Blocked,
    /// Called back.
    Recalled,
    /// Taken from the market for good: its pages say so and answer 410.
    Withdrawn,
}

impl LotState {
    /// Every state.
    pub const ALL: [LotState; 4] = [LotState::Open, LotState::Blocked, LotState::Recalled, LotState::Withdrawn];

    /// Stable name, as stored and as used in message ids.
    pub fn name(self) -> &'static str {
        match self {
            LotState::Open => "open",
            LotState::Blocked => "blocked",
            LotState::Recalled => "recalled",
            LotState::Withdrawn => "withdrawn",
        }
    }

    /// Reads a stable name.
    pub fn from_name(name: &str) -> Option<LotState> {
        LotState::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Where a lot may go from here. Withdrawn is the end.
    pub fn may_become(self, next: LotState) -> bool {
        use LotState::{Blocked, Open, Recalled, Withdrawn};
        match self {
            Open => matches!(next, Blocked | Recalled | Withdrawn),
            Blocked => matches!(next, Open | Recalled | Withdrawn),
            Recalled => matches!(next, Open | Blocked | Withdrawn),
            Withdrawn => false,
        }
    }
}

/// Goods produced together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lot {
    /// Its id.
    pub id: String,
    /// The merchant that keeps it.
    pub merchant_id: String,
    /// The merchant's market.
    pub market: String,
    /// The trade item.
    pub gtin: Gtin,
    /// Lot number (AI 10), at most [`LOT_NUMBER_CHARS_MAX`] characters of GS1's set 82.
    pub number: String,
    /// Name of the product.
    pub product: String,
    /// The listing the goods are sold under, when one is named.
    pub listing_id: Option<String>,
    /// Day of production.
    pub produced_on: Option<Date>,
    /// Last day of use.
    pub expires_on: Option<Date>,
    /// Where the goods come from: country, province, place.
    pub origin: String,
    /// Where they were made: name and licence of the plant.
    pub plant: String,
    /// Where it stands.
    pub state: LotState,
    /// Units that were ever commissioned into it.
    pub units_commissioned: i64,
    /// Counts changes, against two people changing it at once.
    pub version: i64,
    /// When it was entered.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// The act that entered it.
    pub act_id: String,
}

/// What a document of a lot is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DocumentKind {
    /// 检验合格证明: the producer's or a laboratory's inspection certificate.
    Inspection,
    /// 检疫证明: animal and plant quarantine.
    Quarantine,
    /// 检测报告: a test report as a file (signed reports are kept by `reports`).
    TestReport,
    /// 原产地证明.
    Origin,
    /// 报关单: import declaration.
    Customs,
    /// 消毒、进货等: other papers.
    Other,
}

impl DocumentKind {
    /// Every kind.
    pub const ALL: [DocumentKind; 6] = [
        DocumentKind::Inspection,
        DocumentKind::Quarantine,
        DocumentKind::TestReport,
        DocumentKind::Origin,
        DocumentKind::Customs,
        DocumentKind::Other,
    ];

    /// Stable name.
    pub fn name(self) -> &'static str {
        match self {
            DocumentKind::Inspection => "inspection",
            DocumentKind::Quarantine => "quarantine",
            DocumentKind::TestReport => "test_report",
            DocumentKind::Origin => "origin",
            DocumentKind::Customs => "customs",
            DocumentKind::Other => "other",
        }
    }

    /// Reads a stable name.
    pub fn from_name(name: &str) -> Option<DocumentKind> {
        DocumentKind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A certificate or report of a lot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LotDocument {
    /// Its id.
    pub id: String,
    /// Whose.
    pub lot_id: String,
    /// What it is.
    pub kind: DocumentKind,
    /// Number on the paper.
    pub number: String,
    /// Who issued it.
    pub issuer: String,
    /// Day of issue.
    pub issued_on: Option<Date>,
    /// Last day it holds.
    pub valid_until: Option<Date>,
    /// Content hash of the file.
    pub sha256: String,
    /// Name of the file, for display.
    pub file_name: String,
    /// Size of the file.
    pub bytes: i64,
    /// Media type, told from the content.
    pub media_type: String,
    /// Whether the public page shows it.
    pub public: bool,
    /// When it was handed in.
    pub created_at: Timestamp,
    /// When it was taken back.
    pub withdrawn_at: Option<Timestamp>,
    /// The act that added it.
    pub act_id: String,
}

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Purpose {
    /// Serial numbers of units.
    Unit,
    /// The covered second code.
    Covered,
    /// Order numbers, kept only as codes: one key for the whole product, under the empty merchant id.
    Order,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Purpose; 3] = [Purpose::Unit, Purpose::Covered, Purpose::Order];

    /// Stable name.
    pub fn name(self) -> &'static str {
        match self {
            Purpose::Unit => "unit",
            Purpose::Covered => "covered",
            Purpose::Order => "order",
        }
    }

    /// Reads a stable name.
    pub fn from_name(name: &str) -> Option<Purpose> {
        Purpose::ALL.into_iter().find(|purpose| purpose.name() == name)
    }
}

/// An epoch of a merchant's key. The secret itself never leaves this crate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeKey {
    /// Its id.
    pub id: String,
    /// Whose.
    pub merchant_id: String,
    /// What for.
    pub purpose: Purpose,
    /// Counts up from 0 with each rotation.
    pub epoch: u64,
    /// The key id in its serials: the epoch modulo 32. A number comes back after 32 rotations; the older key of that
    /// number goes on verifying beside the new one.
    pub number: u8,
    /// Since when no new codes are made with it; `None`: in use. It verifies for ever.
    pub retired_at: Option<Timestamp>,
    /// Why it was retired.
    pub reason: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A batch of codes: a range of counters of one key and GTIN. Units are not rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Its id.
    pub id: String,
    /// Whose.
    pub merchant_id: String,
    /// The trade item.
    pub gtin: Gtin,
    /// The listing of the trade item.
    pub listing_id: String,
    /// The key of its serials.
    pub key_id: String,
    /// That key's id in the serials.
    pub key_number: u8,
    /// First counter.
    pub from: u64,
    /// One past the last counter.
    pub until: u64,
    /// The key of the covered second codes, where there are any.
    pub covered_key_id: Option<String>,
    /// The lot printed in its codes, where it was minted for one.
    pub lot: Option<(String, String)>,
    /// How many are commissioned.
    pub commissioned: i64,
    /// How many are decommissioned.
    pub decommissioned: i64,
    /// Counts changes.
    pub version: i64,
    /// When it was minted.
    pub created_at: Timestamp,
    /// The act that minted it.
    pub act_id: String,
}

impl Batch {
    /// How many codes.
    pub fn count(&self) -> u64 {
        self.until - self.from
    }

    /// Which code of the batch a counter is, from 1.
    pub fn position(&self, counter: u64) -> u64 {
        counter - self.from + 1
    }

    /// What others may know of it.
    pub fn brief(&self) -> BatchBrief {
        BatchBrief {
            id: self.id.clone(),
            merchant_id: self.merchant_id.clone(),
            listing_id: self.listing_id.clone(),
            minted_at: self.created_at,
            count: self.count(),
            act_id: self.act_id.clone(),
        }
    }
}

/// A batch as other duties and the public door see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchBrief {
    /// Its id.
    pub id: String,
    /// Who minted it.
    pub merchant_id: String,
    /// The listing of the trade item.
    pub listing_id: String,
    /// When.
    pub minted_at: Timestamp,
    /// How many codes.
    pub count: u64,
    /// The act.
    pub act_id: String,
}

/// Whether a serial was made here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Authenticity {
    /// Made with a key of this product for this GTIN.
    Genuine,
    /// Codes of this GTIN are made here and have this form, and this is none of them.
    Forged,
    /// Nothing is known: no codes of this GTIN are made here, or the serial has another form.
    UnknownKey,
}

impl Authenticity {
    /// Stable name: `genuine`, `forged`, `unknown`.
    pub fn name(self) -> &'static str {
        match self {
            Authenticity::Genuine => "genuine",
            Authenticity::Forged => "forged",
            Authenticity::UnknownKey => "unknown",
        }
    }
}

/// How far a unit has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum UnitState {
    /// Nobody minted it. With a genuine serial: made with the key but outside every batch, so the key has leaked or the
    /// records are lost.
    Unminted,
    /// Minted, on no goods yet.
    Minted,
    /// On goods of a lot.
    Commissioned,
    /// Sold in an order.
    Sold,
    /// Taken out: destroyed, misprinted, used as a sample.
    Decommissioned,
}

impl UnitState {
    /// Every state.
    pub const ALL: [UnitState; 5] =
        [UnitState::Unminted, UnitState::Minted, UnitState::Commissioned, UnitState::Sold, UnitState::Decommissioned];

    /// Stable name.
    pub fn name(self) -> &'static str {
        match self {
            UnitState::Unminted => "unminted",
            UnitState::Minted => "minted",
            UnitState::Commissioned => "commissioned",
            UnitState::Sold => "sold",
            UnitState::Decommissioned => "decommissioned",
        }
    }
}

/// The covered second code of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Covered {
    /// The unit has none.
    None,
    /// Never uncovered.
    Unused,
    /// Uncovered first at this moment.
    Used {
        /// When.
        at: Timestamp,
    },
}

/// A range of units that was commissioned or decommissioned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// When.
    pub at: Timestamp,
    /// The act.
    pub act_id: String,
    /// The lot, of a commissioning.
    pub lot_id: Option<String>,
    /// The reason code, of a decommissioning.
    pub reason: String,
}

/// Everything known about one unit. No personal data.
#[derive(Debug, Clone, PartialEq)]
pub struct UnitStanding {
    /// The trade item.
    pub gtin: Gtin,
    /// The serial as asked.
    pub serial: String,
    /// Whether it was made here.
    pub authenticity: Authenticity,
    /// The batch it was minted in.
    pub batch: Option<BatchBrief>,
    /// Which code of its batch, from 1.
    pub position: Option<u64>,
    /// The lot it belongs to.
    pub lot: Option<Lot>,
    /// How far it has come.
    pub state: UnitState,
    /// Its commissioning.
    pub commissioned: Option<Turn>,
    /// Its decommissioning.
    pub decommissioned: Option<Turn>,
    /// In how many different orders it was sold; 2 is a fact that copied codes are found by.
    pub orders: u64,
    /// When it was first sold.
    pub first_sold_at: Option<Timestamp>,
    /// Its covered second code.
    pub covered: Covered,
    /// How often somebody typed a wrong covered code, counted to 1,000.
    pub covered_wrong: u64,
}
