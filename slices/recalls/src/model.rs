//! The nouns: a recall, what it reaches, who is told, what was done.
use ground::Timestamp;
use serde::{Deserialize, Serialize};

/// Declares an enumeration with stable names.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $text)] $variant),+ }
        impl $name {
            /// Every one.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];
            /// Stable name, as stored, in addresses and in message ids.
            pub const fn name(self) -> &'static str { match self { $($name::$variant => $text),+ } }
            /// Reads a stable name.
            pub fn from_name(name: &str) -> Option<$name> { $name::ALL.iter().copied().find(|one| one.name() == name) }
        }
    };
}

named! {
    /// Where a recall stands.
    State {
        /// Being written.
        Draft = "draft",
        /// Its reach has been computed and shown; it may be started.
        Previewed = "previewed",
        /// Decided: lots and listings are being stopped.
        Started = "started",
        /// Sale is stopped; merchants are told, buyers are being told.
        Notifying = "notifying",
        /// All are told; goods come back and are remedied.
        Remedying = "remedying",
        /// Over, with its report.
        Closed = "closed",
        /// Called off; what it stopped is given back.
        Cancelled = "cancelled",
    }
}

named! {
    /// What a recall begins at.
    Origin {
        /// One unit: its lot is taken, or the unit alone where it has none.
        Unit = "unit",
        /// A lot: its id, or GTIN and lot number.
        Lot = "lot",
        /// All lots that rest on a certificate or report: its number or its SHA-256.
        Document = "document",
        /// All lots of a merchant (its id) or of a plant (its name as in the lots).
        Supplier = "supplier",
        /// All lots of a trade item: its GTIN.
        Goods = "goods",
    }
}

named! {
    /// Who said that the goods are dangerous: the clock to stop their sale depends on it.
    InformedBy {
        /// A market surveillance authority.
        Authority = "authority",
        /// A public notice, a consumer, anybody else.
        Notice = "notice",
        /// The operator's own finding: inspection, complaints, scans.
        Own = "own",
        /// The merchant itself.
        Merchant = "merchant",
    }
}

named! {
    /// What buyers get.
    Remedy {
        /// Their money.
        Refund = "refund",
        /// Other goods.
        Exchange = "exchange",
        /// Repair.
        Repair = "repair",
        /// Destroy it, with the money back.
        Destroy = "destroy",
    }
}

named! {
    /// What a row of a reach is.
    Kind {
        /// A lot of ours or of others.
        Lot = "lot",
        /// A unit that is reached without its whole lot.
        Unit = "unit",
        /// A container the goods were in.
        Container = "container",
        /// An order or other business transaction from the events.
        Order = "order",
        /// Something else that events name: a class, a place, an asset.
        Other = "other",
        /// A merchant to be told.
        Merchant = "merchant",
        /// A listing whose sale is stopped.
        Listing = "listing",
    }
}

named! {
    /// How a row is concerned.
    Part {
        /// Where the recall begins.
        Start = "start",
        /// What went into it.
        Source = "source",
        /// The goods, or what was made of them.
        Affected = "affected",
        /// What held the goods.
        Carrier = "carrier",
    }
}

impl State {
    /// Whether the public is told.
    pub const fn is_public(self) -> bool {
        matches!(self, State::Started | State::Notifying | State::Remedying | State::Closed)
    }

    /// Whether work is under way.
    pub const fn is_running(self) -> bool {
        matches!(self, State::Started | State::Notifying | State::Remedying)
    }

    /// Whether what it says may still be changed.
    pub const fn is_writable(self) -> bool {
        matches!(self, State::Draft | State::Previewed)
    }
}

/// What people write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// What it begins at.
    pub origin: Origin,
    /// Which, as typed: a code, an id, a number, a name.
    pub origin_ref: String,
    /// 1 (gravest) to 3.
    pub level: u8,
    /// Who said so.
    pub informed_by: InformedBy,
    /// When they said so.
    pub informed_at_micros: i64,
    /// Whether the sources are sought first, and everything made of them is recalled.
    pub from_sources: bool,
    /// Whether the listings of the lots leave the shelf.
    pub stop_sale: bool,
    /// What buyers get.
    pub remedy: Remedy,
    /// What is wrong, for everybody.
    pub reason_zh: String,
    /// The same in English.
    pub reason_en: String,
    /// What a buyer should do.
    pub advice_zh: String,
    /// The same in English.
    pub advice_en: String,
}

/// Counts of a recall.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Lots reached.
    pub lots: i64,
    /// Units in them, and units reached alone.
    pub units: i64,
    /// Of those, sold.
    pub sold: i64,
    /// Containers reached.
    pub containers: i64,
    /// Orders reached through events.
    pub orders: i64,
    /// Merchants to be told.
    pub merchants: i64,
    /// Listings to be stopped.
    pub listings: i64,
    /// Sold units whose buyers' shop was told.
    pub told: i64,
    /// Merchants that answered.
    pub answered: i64,
    /// Units that came back or were destroyed.
    pub returned: i64,
    /// Buyers who got what they were owed, in units.
    pub remedied: i64,
}

impl Counts {
    /// Share of the sold units that came back; none where nothing was sold.
    pub fn effectiveness(&self) -> Option<f64> {
        (self.sold > 0).then(|| (self.returned.min(self.sold)) as f64 / self.sold as f64)
    }
}

/// A recall.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recall {
    /// Its id.
    pub id: String,
    /// Whose rules: `cn`, …
    pub market: String,
    /// Where it stands.
    pub state: State,
    /// Counts changes.
    pub version: i64,
    /// What people wrote.
    pub content: Content,
    /// What was counted.
    pub counts: Counts,
    /// The reach was larger than its limit: what is shown is a part.
    pub cut: bool,
    /// Who opened it.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
    /// When the reach was computed.
    pub previewed_at: Option<Timestamp>,
    /// When it was decided.
    pub started_at: Option<Timestamp>,
    /// When the last lot and listing was stopped.
    pub stopped_at: Option<Timestamp>,
    /// When the last buyer's shop was told.
    pub notified_at: Option<Timestamp>,
    /// When it ended.
    pub closed_at: Option<Timestamp>,
    /// The next clock that runs.
    pub due_at: Option<Timestamp>,
    /// The act of its start.
    pub start_act_id: Option<String>,
    /// Words at its end.
    pub closing_note: String,
}

/// One thing a recall reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReachRow {
    /// What it is.
    pub kind: Kind,
    /// Its id here (lot, merchant, listing) or its canonical address.
    pub reference: String,
    /// How it is concerned.
    pub part: Part,
    /// `01/<gtin>/10/<lot>` or `01/<gtin>/21/<serial>`: what a scan is looked up by. Empty for the rest.
    pub code: String,
    /// Name or number for people.
    pub name: String,
    /// Whose.
    pub merchant_id: String,
    /// Units in it.
    pub units: i64,
    /// Of those, sold.
    pub sold: i64,
    /// From when on it is concerned; none where not known.
    pub since: Option<Timestamp>,
    /// Until when; none where it lasts.
    pub until: Option<Timestamp>,
    /// The canonical id it was reached from.
    pub via: String,
    /// The event that tied them.
    pub event: String,
    /// What is wanted: stopped or not (lots and listings).
    pub wanted: bool,
    /// What is so.
    pub done: Done,
}

named! {
    /// What was done to a lot or listing.
    Done {
        /// Nothing, or it was given back.
        Off = "off",
        /// It is stopped.
        On = "on",
        /// It could not be stopped, and need not be: it is not on sale, or gone.
        Skipped = "skipped",
    }
}

/// What one merchant is told, and what it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Of which recall.
    pub recall_id: String,
    /// To whom.
    pub merchant_id: String,
    /// When it appeared in the merchant's portal.
    pub sent_at: Timestamp,
    /// When the merchant said that it has read it and stops.
    pub answered_at: Option<Timestamp>,
    /// Who of the merchant.
    pub answered_by: String,
    /// What it said.
    pub answer: String,
    /// Units it took back or destroyed.
    pub returned: i64,
    /// Units whose buyers it remedied.
    pub remedied: i64,
}

/// What the public is told of a recall.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicRecall {
    /// Its id.
    pub id: String,
    /// 1 (gravest) to 3.
    pub level: u8,
    /// What is wrong.
    pub reason_zh: String,
    /// What is wrong.
    pub reason_en: String,
    /// What to do.
    pub what_to_do_zh: String,
    /// What to do.
    pub what_to_do_en: String,
    /// What buyers get.
    pub remedy: Remedy,
    /// Since when.
    pub started_at: Timestamp,
    /// Where it stands: started, notifying, remedying or closed.
    pub state: State,
}

impl PublicRecall {
    /// The public part of a recall; none before its start and after it was called off.
    pub fn of(recall: &Recall) -> Option<PublicRecall> {
        let started_at = recall.started_at.filter(|_| recall.state.is_public())?;
        Some(PublicRecall {
            id: recall.id.clone(),
            level: recall.content.level,
            reason_zh: recall.content.reason_zh.clone(),
            reason_en: recall.content.reason_en.clone(),
            what_to_do_zh: recall.content.advice_zh.clone(),
            what_to_do_en: recall.content.advice_en.clone(),
            remedy: recall.content.remedy,
            started_at,
            state: recall.state,
        })
    }

    /// What is wrong, in the reader's language; the other one where it is missing.
    pub fn reason(&self, language: ground::Language) -> &str {
        either(language, &self.reason_zh, &self.reason_en)
    }

    /// What to do, likewise.
    pub fn what_to_do(&self, language: ground::Language) -> &str {
        either(language, &self.what_to_do_zh, &self.what_to_do_en)
    }
}

/// The text of the language, or the other where it is empty.
pub(crate) fn either<'a>(language: ground::Language, zh: &'a str, en: &'a str) -> &'a str {
    let (first, second) = match language {
        ground::Language::Zh => (zh, en),
        ground::Language::En => (en, zh),
    };
    if first.is_empty() { second } else { first }
}
