//! Whether goods sold now still look like those sold when the model in force was trained.

use crate::features::{FEATURES, Vector};
use crate::model::{ScoreRow, Version};
use crate::parameters::{Parameters, parameters};
use crate::score::model_values;
use crate::{examples, score, store, versions};
use boosting::Model;
use boosting::drift::Drift;
use kernel::{Act, Actor, Kernel, Permission, Result};

/// Days whose scores are compared.
const DAYS: i32 = 7;
/// Scores compared at most.
const ROWS_MAX: u64 = 20_000;
/// Drift must be this many times what chance gives before it alarms.
const CHANCE_FACTOR: f64 = 3.0;

/// How much something has moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// As it was.
    Steady,
    /// Worth a look.
    Watch,
    /// Training again is proposed.
    Alarm,
}

impl Level {
    /// Stable name.
    pub fn name(self) -> &'static str {
        match self {
            Level::Steady => "steady",
            Level::Watch => "watch",
            Level::Alarm => "alarm",
        }
    }

    fn of(parameters: &Parameters, drift: &Drift) -> Level {
        let told = drift.psi > CHANCE_FACTOR * drift.by_chance;
        if told && drift.psi >= parameters.drift_alarm {
            Level::Alarm
        } else if told && drift.psi >= parameters.drift_watch {
            Level::Watch
        } else {
            Level::Steady
        }
    }
}

/// One line of the report.
#[derive(Debug, Clone, PartialEq)]
pub struct Moved {
    /// The feature, or `score`.
    pub name: String,
    /// How far.
    pub drift: Drift,
    /// How much that is.
    pub level: Level,
}

/// Drift of the model in force.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The version in force.
    pub version: i64,
    /// Goods compared.
    pub rows: u64,
    /// Goods a comparison needs; with fewer, nothing is compared.
    pub rows_min: u64,
    /// The score first, then features by how far they moved.
    pub moved: Vec<Moved>,
    /// Examples that ended since it was trained.
    pub new_examples: u64,
    /// New examples from which training again is proposed.
    pub retrain_examples: u64,
    /// Why training again is proposed: `drift`, `examples`; empty when it is not.
    pub proposed: Vec<String>,
}

/// The drift of the model in force; `None` while the prior is.
///
/// # Errors
/// `forbidden`; what the store says.
pub async fn report(kernel: &Kernel, actor: &Actor) -> Result<Option<Report>> {
    actor.require(Permission::RiskRead)?;
    match versions::in_force(kernel).await? {
        Some(version) => Ok(Some(measure(kernel, &version).await?)),
        None => Ok(None),
    }
}

async fn measure(kernel: &Kernel, version: &Version) -> Result<Report> {
    let parameters = parameters(kernel)?;
    let model = score::load(kernel, version.number, version.sha256.as_deref()).await?;
    let newest = examples::day_of(kernel, kernel.now());
    let rows = store::scores::since(kernel.db().read(), newest.saturating_sub(DAYS), ROWS_MAX).await?;
    let moved =
        if rows.len() >= parameters.drift_rows_min { compare(&parameters, version, &model, &rows) } else { vec![] };
    let (ended, ..) = store::examples::counts(kernel.db().read()).await?;
    let new_examples = ended.saturating_sub(version.card.as_ref().map_or(0, |card| card.examples));
    let mut proposed = Vec::new();
    if moved.iter().any(|moved| moved.level == Level::Alarm) {
        proposed.push("drift".to_owned());
    }
    if new_examples >= parameters.retrain_examples {
        proposed.push("examples".to_owned());
    }
    Ok(Report {
        version: version.number,
        rows: rows.len() as u64,
        rows_min: parameters.drift_rows_min as u64,
        moved,
        new_examples,
        retrain_examples: parameters.retrain_examples,
        proposed,
    })
}

fn compare(parameters: &Parameters, version: &Version, model: &Model, rows: &[ScoreRow]) -> Vec<Moved> {
    let Some(card) = &version.card else { return Vec::new() };
    let moved = |name: &str, drift: Drift| Moved { name: name.to_owned(), level: Level::of(parameters, &drift), drift };
    let mut features: Vec<Moved> = card
        .features
        .iter()
        .filter(|looked| FEATURES.iter().any(|named| named.name == looked.name))
        .map(|looked| {
            let value = |vector: &Vector| vector.get(&looked.name).unwrap_or(f64::NAN);
            let values: Vec<f64> = rows.iter().map(|row| value(&row.vector)).collect();
            moved(&looked.name, looked.reference.compare(&values))
        })
        .collect();
    features.sort_by(|a, b| b.drift.psi.total_cmp(&a.drift.psi));
    let score = card.scores.as_ref().map(|reference| {
        let values: Vec<f64> = rows.iter().map(|row| model.raw(&model_values(model, &row.vector))).collect();
        moved("score", reference.compare(&values))
    });
    score.into_iter().chain(features).collect()
}

/// Proposes to train again, once for each version in force. Act `risk_model.retraining_proposed`.
///
/// # Errors
/// What the store says.
pub(crate) async fn propose(kernel: &Kernel) -> Result<bool> {
    let Some(version) = versions::in_force(kernel).await?.filter(|version| version.proposed_at.is_none()) else {
        return Ok(false);
    };
    let report = measure(kernel, &version).await?;
    if report.proposed.is_empty() {
        return Ok(false);
    }
    let mut write = kernel.begin(&Actor::system("risk-drift")).await?;
    let Some(mut next) = store::versions::get(write.tx(), version.number).await? else { return Ok(false) };
    if next.proposed_at.is_some() {
        return Ok(false);
    }
    next.proposed_at = Some(write.now());
    let mut act = Act::new("risk_model.retraining_proposed", "risk_model", &version.number.to_string())
        .public("goods", report.rows)
        .public("new_examples", report.new_examples);
    for reason in &report.proposed {
        act = act.reason(reason);
    }
    for moved in report.moved.iter().filter(|moved| moved.level == Level::Alarm) {
        act = act.public(&format!("psi_{}", moved.name), (moved.drift.psi * 1e3).round() / 1e3);
    }
    write.act(act).await?;
    store::versions::update(write.tx(), &next).await?;
    write.commit().await?;
    Ok(true)
}
