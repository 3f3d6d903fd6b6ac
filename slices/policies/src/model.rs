//! The things of this slice.

use ground::Timestamp;
use policy::Source;

/// Most characters of a note or reason.
pub const NOTE_CHARS_MAX: usize = 2_000;
/// Most rows named in an act or a version's summary.
pub const CHANGED_ROWS_MAX: usize = 200;

/// Where a version came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Comes with the product, or from the folder of the settings.
    Shipped,
    /// Edited in the console or by the API.
    Edited,
}

impl Origin {
    /// Stable name.
    pub fn name(self) -> &'static str {
        match self {
            Origin::Shipped => "shipped",
            Origin::Edited => "edited",
        }
    }

    /// Reads a stable name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Origin::Shipped, Origin::Edited].into_iter().find(|origin| origin.name() == name)
    }
}

/// One kept version of a market's pack. Never changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    /// Id.
    pub id: String,
    /// `cn`, `us`, `eu`.
    pub market: String,
    /// Content hash of the pack, hexadecimal.
    pub hash: String,
    /// Where it came from.
    pub origin: Origin,
    /// The version it was made from.
    pub base_id: Option<String>,
    /// What was changed and why, in the words of whoever changed it.
    pub note: String,
    /// Rows that differ from the base.
    pub changed: Vec<RowChange>,
    /// Who.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
    /// When it was last put in force.
    pub activated_at: Option<Timestamp>,
}

/// A version with its files.
#[derive(Debug, Clone, PartialEq)]
pub struct VersionText {
    /// The version.
    pub version: Version,
    /// Its files, by path.
    pub sources: Vec<Source>,
}

/// Which version is in force.
#[derive(Debug, Clone, PartialEq)]
pub struct Active {
    /// Market.
    pub market: String,
    /// Its version's id.
    pub version_id: String,
    /// Content hash.
    pub hash: String,
    /// Since when.
    pub since: Timestamp,
    /// The act that put it in force.
    pub act_id: String,
}

/// What became of a row between two versions.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RowChange {
    /// Table.
    pub table: String,
    /// Row.
    pub row: String,
    /// First day in force of the period in question.
    pub from: String,
    /// What.
    pub kind: ChangeKind,
    /// Mode before and after, where it changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<(String, String)>,
}

/// Added, removed or changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// New.
    Added,
    /// Gone.
    Removed,
    /// Different.
    Changed,
}

impl ChangeKind {
    /// Stable name; `policies-change-<name>` is its text.
    pub fn name(self) -> &'static str {
        match self {
            ChangeKind::Added => "added",
            ChangeKind::Removed => "removed",
            ChangeKind::Changed => "changed",
        }
    }
}

/// Where a trial stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrialState {
    /// Walking through the listings.
    Running,
    /// Done.
    Finished,
    /// Stopped by a person.
    Stopped,
    /// Could not go on.
    Failed,
}

impl TrialState {
    /// Stable name; `policies-trial-<name>` is its text.
    pub fn name(self) -> &'static str {
        match self {
            TrialState::Running => "running",
            TrialState::Finished => "finished",
            TrialState::Stopped => "stopped",
            TrialState::Failed => "failed",
        }
    }

    /// Reads a stable name.
    pub fn from_name(name: &str) -> Option<Self> {
        [TrialState::Running, TrialState::Finished, TrialState::Stopped, TrialState::Failed]
            .into_iter()
            .find(|state| state.name() == name)
    }
}

/// A version tried over everything on sale in its market.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// Id.
    pub id: String,
    /// The version tried.
    pub version_id: String,
    /// Market.
    pub market: String,
    /// Where it stands.
    pub state: TrialState,
    /// Id of the last listing looked at.
    pub cursor: String,
    /// Listings of the market when it began.
    pub total: u64,
    /// Listings looked at.
    pub done: u64,
    /// What it would cost.
    pub cost: Cost,
    /// Who began it.
    pub started_by: String,
    /// When.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// Why it failed.
    pub failure: Option<String>,
}

/// What a version would cost on what is on sale.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Cost {
    /// Listings on sale that were judged.
    #[serde(default)]
    pub on_sale: u64,
    /// Listings that a changed rule touches.
    pub hit: u64,
    /// Listings whose decision would be another.
    pub changed: u64,
    /// Of these: pass today, review then.
    pub pass_to_review: u64,
    /// Pass today, reject then.
    pub pass_to_reject: u64,
    /// Review today, reject then.
    pub review_to_reject: u64,
    /// Milder then than today.
    pub relieved: u64,
    /// Sum of the prices of the listings that would no longer pass, minor units by currency.
    #[serde(default)]
    pub off_sale_minor: std::collections::BTreeMap<String, i64>,
    /// Listings hit, by rule.
    pub by_rule: std::collections::BTreeMap<String, u64>,
}

/// A listing that a trial hit.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// Listing.
    pub listing_id: String,
    /// Whose.
    pub merchant_id: String,
    /// What it is called.
    pub title: String,
    /// Decision today.
    pub before: String,
    /// Decision then.
    pub after: String,
    /// The changed rules that touch it.
    pub rules: Vec<String>,
}
