//! What can go wrong in this duty, and the codes a caller receives.

use ground::problem::{ErrorCode, Level};
use ground::{Fault, Problem};

/// Training is already asked for.
pub const TRAINING_WAITS: ErrorCode = ErrorCode::new("risk_training_waits", 409, Level::Info);
/// The model did not beat the prior.
pub const NOT_BETTER: ErrorCode = ErrorCode::new("risk_model_not_better", 409, Level::Info);
/// The person who asked for the training may not put the model in force.
pub const FOUR_EYES: ErrorCode = ErrorCode::new("risk_model_four_eyes", 403, Level::Info);
/// The version is in another state.
pub const MODEL_STATE: ErrorCode = ErrorCode::new("risk_model_state", 409, Level::Info);
/// The prior is in force: there is nothing to go back from.
pub const NO_MODEL: ErrorCode = ErrorCode::new("risk_no_model", 409, Level::Info);
/// The file of a model is missing or damaged.
pub const MODEL_FILE: ErrorCode = ErrorCode::new("risk_model_file", 500, Level::Error);
/// The codes of this crate.
pub const CODES: &[ErrorCode] = &[TRAINING_WAITS, NOT_BETTER, FOUR_EYES, MODEL_STATE, NO_MODEL, MODEL_FILE];

/// A failure of this duty.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such product, score or version.
    #[error("nothing there")]
    Missing,
    /// Training is already asked for.
    #[error("version {0} waits for its training")]
    TrainingWaits(i64),
    /// Not better than the prior.
    #[error("version {0} does not beat the prior")]
    NotBetter(i64),
    /// The same person.
    #[error("version {0} was asked for by the same person")]
    FourEyes(i64),
    /// Another state.
    #[error("version {version} is {state}")]
    ModelState {
        /// Which version.
        version: i64,
        /// Its state, a stable name.
        state: &'static str,
    },
    /// No model is in force.
    #[error("the prior is in force")]
    NoModel,
    /// A model's file cannot be used.
    #[error("the file of version {version}: {why}")]
    ModelFile {
        /// Which version.
        version: i64,
        /// Why.
        why: String,
    },
    /// A field is wrong.
    #[error("{} faults in the input", .0.len())]
    Invalid(Vec<Fault>),
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Missing => Problem::not_found(),
            Error::TrainingWaits(version) => Problem::new(&TRAINING_WAITS).arg("version", version),
            Error::NotBetter(version) => Problem::new(&NOT_BETTER).arg("version", version),
            Error::FourEyes(version) => Problem::new(&FOUR_EYES).arg("version", version),
            Error::ModelState { version, state } => {
                Problem::new(&MODEL_STATE).arg("version", version).arg("state", state)
            }
            Error::NoModel => Problem::new(&NO_MODEL),
            Error::ModelFile { version, ref why } => {
                tracing::error!(version, why, "a risk model cannot be used");
                Problem::new(&MODEL_FILE).arg("version", version)
            }
            Error::Invalid(faults) => Problem::invalid(faults),
        }
    }
}
