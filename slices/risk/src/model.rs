//! The nouns of this duty.

use crate::card::Card;
use crate::features::Vector;
use ground::Timestamp;

macro_rules! names {
    ($(#[$note:meta])* $type:ident { $($(#[$variant_note:meta])* $variant:ident = $name:literal),+ $(,)? }) => {
        $(#[$note])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
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
    /// Where a version stands.
    ModelState {
        /// Its training is asked for.
        Queued = "queued",
        /// Training ended without a model; the card says why.
        Failed = "failed",
        /// Trained; not in force.
        Candidate = "candidate",
        /// In force.
        Active = "active",
        /// Was in force.
        Retired = "retired",
    }
}

names! {
    /// Where an example comes from.
    Source {
        /// An alert that was raised, and how it was closed.
        Alert = "alert",
        /// A decision of a person about a listing.
        Listing = "listing",
        /// A report of a laboratory.
        Report = "report",
        /// A product drawn by lot, and what was found within the horizon.
        Sample = "sample",
    }
}

names! {
    /// How large the risk is called.
    Band {
        /// Below both thresholds.
        Usual = "usual",
        /// Above the lower one.
        Raised = "raised",
        /// Above the higher one.
        High = "high",
    }
}

/// One feature of a score.
#[derive(Debug, Clone, PartialEq)]
pub struct Contribution {
    /// Name of the feature.
    pub feature: &'static str,
    /// Its value; `None` where missing.
    pub value: Option<f64>,
    /// What it adds, log odds.
    pub contribution: f64,
}

/// A score taken apart: `bias + Σ contribution == raw`, within 1e-9.
#[derive(Debug, Clone, PartialEq)]
pub struct Scored {
    /// Whose.
    pub merchant: String,
    /// The shop's number of the product.
    pub product: String,
    /// Probability that something is found, 0 to 1.
    pub probability: f64,
    /// How large that is called.
    pub band: Band,
    /// Log odds before calibration.
    pub raw: f64,
    /// Log odds where nothing is known.
    pub bias: f64,
    /// What each feature adds, in the order of the features.
    pub contributions: Vec<Contribution>,
    /// The version that scored, or `prior`.
    pub model: String,
    /// The newest day of the signals it rests on, days since 1970-01-01; `None` without signals.
    pub day: Option<i32>,
    /// The listing, where there is one.
    pub listing_id: Option<String>,
    /// Its title, or empty.
    pub title: String,
    /// Its category, or empty.
    pub category: String,
}

/// A stored score, for lists.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreRow {
    /// Whose.
    pub merchant: String,
    /// The shop's number of the product.
    pub product: String,
    /// Of which closing, days since 1970-01-01.
    pub day: i32,
    /// When.
    pub at: Timestamp,
    /// Probability.
    pub probability: f64,
    /// Log odds before calibration.
    pub raw: f64,
    /// The version that scored, or `prior`.
    pub model: String,
    /// The listing, where there is one.
    pub listing_id: Option<String>,
    /// Its title, or empty.
    pub title: String,
    /// Its category, or empty.
    pub category: String,
    /// Name of the feature that raised it most; empty when none did.
    pub leading: String,
    /// The features.
    pub vector: Vector,
}

/// Something that was found, or not found, about a product.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// Id.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// Where from.
    pub source: Source,
    /// The alert, the act or the report.
    pub reference: String,
    /// About whom.
    pub merchant: String,
    /// About which product.
    pub product: String,
    /// Its category, or empty.
    pub category: String,
    /// Whether something was wrong.
    pub adverse: bool,
}

/// What a product looked like when a sign appeared, and how it ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// Id.
    pub id: String,
    /// Where from.
    pub source: Source,
    /// The alert, the act, the report, or the draw.
    pub reference: String,
    /// Whose.
    pub merchant: String,
    /// The shop's number of the product.
    pub product: String,
    /// The day of the sign, days since 1970-01-01.
    pub day: i32,
    /// When it was taken down.
    pub taken_at: Timestamp,
    /// The last day of the horizon, for a draw.
    pub due_day: Option<i32>,
    /// The features as they were then.
    pub vector: Vector,
    /// Whether something was wrong; `None` while it is open.
    pub label: Option<bool>,
    /// The day on which that was known.
    pub labelled_day: Option<i32>,
}

/// A version of the model.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    /// Counted from 1.
    pub number: i64,
    /// Where it stands.
    pub state: ModelState,
    /// Who asked for it.
    pub requested_by: String,
    /// When.
    pub requested_at: Timestamp,
    /// When it was trained, or the training failed.
    pub trained_at: Option<Timestamp>,
    /// SHA-256 of the model's file, lower-case hexadecimal.
    pub sha256: Option<String>,
    /// What is said about it; `None` before training.
    pub card: Option<Card>,
    /// Who put it in force last.
    pub activated_by: Option<String>,
    /// When.
    pub activated_at: Option<Timestamp>,
    /// The version it replaced; 0 for the prior.
    pub replaced: Option<i64>,
    /// The act of its training.
    pub train_act_id: Option<String>,
    /// The act that put it in force last.
    pub activate_act_id: Option<String>,
    /// Why training again was proposed for it, and when.
    pub proposed_at: Option<Timestamp>,
}
