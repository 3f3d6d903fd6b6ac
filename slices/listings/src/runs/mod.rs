//! Screening runs: submitted versions are read once, judged by the policy in force, and moved on.
//!
//! Reading order: `engine` (compiled rules and banks held in memory), `input` (a version as the engine wants it),
//! `turn` (the job), `apply` (what a result does), `rescreen` (a changed policy goes through the shelf), [`shadow`]
//! (what a policy would do), [`preview`] (findings while typing), `past` (what was found before).

pub(crate) mod apply;
pub(crate) mod engine;
pub(crate) mod input;
pub(crate) mod past;
pub(crate) mod preview;
pub(crate) mod rescreen;
pub(crate) mod shadow;
pub(crate) mod trial;
pub(crate) mod turn;

use ground::Timestamp;

/// Name of the screening job and its waker.
pub const JOB: &str = "listings-screening";
/// Name of the rescreening job and its waker.
pub const RESCREEN_JOB: &str = "listings-rescreen";

/// A changed policy on its way through the listings of a market.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rescreen {
    /// Id.
    pub id: String,
    /// Market.
    pub market: String,
    /// The pack that is applied.
    pub pack_version: String,
    /// What began it: the act's id, or who asked.
    pub cause: String,
    /// Whether it still runs.
    pub running: bool,
    /// The last listing done.
    pub cursor: String,
    /// Listings to look at.
    pub total: u64,
    /// Listings looked at.
    pub done: u64,
    /// Listings whose findings or decision changed.
    pub changed: u64,
    /// Listings that left the shelf.
    pub taken_off: u64,
    /// Listings whose text had to be read again.
    pub text_read: u64,
    /// Begun.
    pub created_at: Timestamp,
    /// Done.
    pub finished_at: Option<Timestamp>,
}

/// The facts of a version as they are kept.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) struct KeptFacts {
    /// What the engine read.
    pub facts: screening::Facts,
    /// What differs from the version that passed before it.
    pub changes: Vec<screening::change::Change>,
}
