//! The nouns: events as they are kept, captures and what came of each event, links between things.

use ground::Timestamp;
use serde_json::Value;

/// Largest document, bytes (EPCIS 2.0 leaves the limit to the repository and announces it in a header).
pub const DOCUMENT_BYTES_MAX: u64 = 100 * 1024 * 1024;
/// Most events of a document.
pub const DOCUMENT_EVENTS_MAX: usize = 1_000_000;
/// Largest single event, bytes.
pub const EVENT_BYTES_MAX: usize = 1024 * 1024;
/// Hashes in one act, so that its leaf stays under 64 KiB.
pub const ACT_HASHES_MAX: usize = 500;
/// Events stored in one transaction where a document may be stored in parts.
pub const CHUNK_EVENTS: usize = 1_000;
/// Faults of a capture that are kept; the rest is counted.
pub const FAULTS_KEPT_MAX: u64 = 10_000;
/// The party of events the operator captures itself.
pub const OPERATOR: &str = "operator";

/// An event as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredEvent {
    /// Row: the number of the event in the order of its capture, as text.
    pub id: String,
    /// The same number.
    pub seq: i64,
    /// `eventID`; the event's hash where the sender gave none.
    pub event_id: String,
    /// `ni:///sha-256;…?ver=CBV2.0`.
    pub hash: String,
    /// `ObjectEvent`, …
    pub kind: String,
    /// When it happened.
    pub event_time: Timestamp,
    /// When it was recorded.
    pub record_time: Timestamp,
    /// The organisation that captured it; [`OPERATOR`] for staff.
    pub party: String,
    /// Business step, canonical short name of CBV or the URI as given.
    pub biz_step: Option<String>,
    /// Disposition, likewise.
    pub disposition: Option<String>,
    /// `ADD`, `OBSERVE`, `DELETE`.
    pub action: Option<String>,
    /// Where it was read, canonical.
    pub read_point: Option<String>,
    /// Where the things are afterwards, canonical.
    pub biz_location: Option<String>,
    /// The event as its sender wrote it.
    pub json: Value,
    /// The act that holds its hash.
    pub act_id: Option<String>,
    /// The capture it came with.
    pub capture_id: String,
    /// Whether it declares an earlier event to be wrong.
    pub is_declaration: bool,
    /// When somebody declared it wrong.
    pub declared_wrong_at: Option<Timestamp>,
    /// How far its time lay ahead of our clock, microseconds; 0 when it did not.
    pub skew_micros: i64,
}

/// What happens to the good events of a document with bad ones (EPCIS 2.0 `GS1-Capture-Error-Behaviour`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ErrorBehaviour {
    /// None is kept.
    #[default]
    Rollback,
    /// They are kept.
    Proceed,
}

impl ErrorBehaviour {
    /// The header's value.
    pub fn name(self) -> &'static str {
        match self {
            ErrorBehaviour::Rollback => "rollback",
            ErrorBehaviour::Proceed => "proceed",
        }
    }

    /// Reads the header's value.
    pub fn from_name(name: &str) -> Option<Self> {
        [ErrorBehaviour::Rollback, ErrorBehaviour::Proceed].into_iter().find(|one| one.name() == name)
    }
}

/// How a document is captured.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CaptureOptions {
    /// What a bad event does to the others.
    pub on_error: ErrorBehaviour,
    /// For which organisation, where it is not the actor's own: staff with `trace_manage` only.
    pub party: Option<String>,
    /// Name of the file it came in, for the list of captures.
    pub file: Option<String>,
}

/// What came of one event of a capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Kept.
    Accepted,
    /// Not kept; the fault says why.
    Rejected,
    /// Already there with the same content.
    Duplicate,
}

impl Outcome {
    /// Stable name.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Accepted => "accepted",
            Outcome::Rejected => "rejected",
            Outcome::Duplicate => "duplicate",
        }
    }

    /// Reads a stable name.
    pub fn from_name(name: &str) -> Option<Outcome> {
        [Outcome::Accepted, Outcome::Rejected, Outcome::Duplicate].into_iter().find(|one| one.name() == name)
    }
}

/// One event of a capture and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventResult {
    /// Position in the document, from 0. `None`: the document itself.
    pub position: Option<u64>,
    /// What came of it.
    pub outcome: Outcome,
    /// Its `eventID` or hash, where it could be read.
    pub event_id: Option<String>,
    /// Its row, when it was kept.
    pub seq: Option<i64>,
    /// JSON pointer into the document, for a rejected event.
    pub pointer: Option<String>,
    /// Stable name of the fault.
    pub code: Option<String>,
    /// What is wrong and what would be right, in Chinese.
    pub detail_zh: String,
    /// The same in English.
    pub detail_en: String,
}

/// A capture: a document and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capture {
    /// Its id.
    pub id: String,
    /// For which organisation.
    pub party: String,
    /// Who sent it.
    pub actor: String,
    /// How.
    pub on_error: ErrorBehaviour,
    /// Name of the file, where there was one.
    pub file: Option<String>,
    /// SHA-256 of the document, where it was kept until it was worked on.
    pub document: Option<String>,
    /// When it came.
    pub created_at: Timestamp,
    /// When it was finished; `None` while it runs.
    pub finished_at: Option<Timestamp>,
    /// No fault so far.
    pub success: bool,
    /// Events kept.
    pub accepted: u64,
    /// Events refused.
    pub rejected: u64,
    /// Events that were there already.
    pub duplicates: u64,
    /// Events whose time lay ahead of our clock within the tolerance.
    pub skewed: u64,
    /// First and last row of its events.
    pub rows: Option<(i64, i64)>,
}

impl Capture {
    /// Whether it is still worked on.
    pub fn is_running(&self) -> bool {
        self.finished_at.is_none()
    }
}

/// How an event ties things together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkKind {
    /// Children were put into a parent.
    AggregationAdd,
    /// Children were taken out of a parent.
    AggregationDelete,
    /// Inputs became outputs.
    Transformation,
    /// Children were bound to a parent for good.
    AssociationAdd,
    /// They were separated.
    AssociationDelete,
    /// A business transaction held for them.
    Transaction,
    /// Things were seen, made or destroyed.
    Object,
}

/// An event as an edge of the graph of things. All ids are canonical.
///
/// [`Link::orders`] hold for `from` and `to` alike: whoever ships a pallet under an order names the pallet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// `eventID`.
    pub event: String,
    /// Inputs, or what went in: children of an aggregation, `epcList` of the others.
    pub from: Vec<String>,
    /// Outputs, or what holds them: the parent of an aggregation. Empty for object events.
    pub to: Vec<String>,
    /// How.
    pub kind: LinkKind,
    /// When it happened.
    pub at: Timestamp,
    /// An error declaration took it back.
    pub declared_wrong: bool,
    /// Who captured it.
    pub party: String,
    /// Destination parties named in it, canonical.
    pub destinations: Vec<String>,
    /// Orders named in it, canonical: business transactions of the types `po`, `poc`, `inv` and `desadv` (CBV 2.0 §7.3).
    pub orders: Vec<String>,
    /// What it says of its orders.
    pub ordered: Ordered,
}

/// What an event says of the orders it names, and of what it names beside them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ordered {
    /// They went out, or came in, under the orders; with none named: nothing.
    Sent,
    /// They came back (disposition `returned`, a business step `returning` of another vocabulary, a transaction of the type `rma`, or the end of a
    /// transaction); with no order named: from whichever they went out in.
    Returned,
}
