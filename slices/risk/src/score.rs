//! A score: by the model in force, or by the prior while there is none.

use crate::baseline;
use crate::error::Error;
use crate::features::{FEATURES, Vector};
use crate::gather::{self, Gathered};
use crate::model::{Band, Contribution, Mark, ModelState, ScoreRow, Scored};
use crate::parameters::{Parameters, parameters};
use crate::{prior, store};
use blobs::is_sha256;
use boosting::{Contributions, Model};
use kernel::{Actor, Kernel, Page, Paging, Permission, Result};
use std::sync::{Arc, Mutex};

/// Columns a list may be sorted by.
pub const SORTS: &[&str] = &["probability", "product", "merchant", "category", "day"];
/// Findings shown beside a score.
const MARKS_MAX: u64 = 50;
/// Categories a filter offers.
const CATEGORIES_MAX: u64 = 200;
/// Stored scores brought up to the model in force in one turn.
const REFRESHED_AT_ONCE: u64 = 1_000;

/// What scores.
#[derive(Debug, Clone)]
pub enum Scorer {
    /// No model is in force.
    Prior,
    /// A version.
    Trained {
        /// Its number.
        version: i64,
        /// Its model.
        model: Arc<Model>,
    },
}

#[derive(Default)]
struct Loaded {
    last: Mutex<Option<(i64, Arc<Model>)>>,
}

impl Scorer {
    /// The version, or `prior`.
    pub fn name(&self) -> String {
        match self {
            Scorer::Prior => prior::NAME.to_owned(),
            Scorer::Trained { version, .. } => version.to_string(),
        }
    }

    /// What is in force.
    ///
    /// # Errors
    /// `risk_model_file` when its file is missing or refused.
    pub async fn in_force(kernel: &Kernel) -> Result<Scorer> {
        let Some(active) = store::versions::in_state(kernel.db().read(), ModelState::Active).await? else {
            return Ok(Scorer::Prior);
        };
        let version = active.number;
        let loaded = kernel.memory::<Loaded>();
        let held = loaded.last.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone();
        if let Some((_, model)) = held.filter(|(of, _)| *of == version) {
            return Ok(Scorer::Trained { version, model });
        }
        let model = Arc::new(load(kernel, version, active.sha256.as_deref()).await?);
        *loaded.last.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some((version, Arc::clone(&model)));
        Ok(Scorer::Trained { version, model })
    }

    /// A score taken apart, and its probability. Contributions stand in the order of [`FEATURES`].
    pub fn judge(&self, parameters: &Parameters, vector: &Vector) -> (Contributions, f64) {
        match self {
            Scorer::Prior => {
                let found = prior::contributions(parameters, vector);
                let probability = boosting::train::probability(found.raw);
                (found, probability)
            }
            Scorer::Trained { model, .. } => {
                // A model keeps the features it was trained on; they are found by name.
                let values = model_values(model, vector);
                let found = model.contributions(&values);
                let mut ordered = vec![0.0; FEATURES.len()];
                let mut bias = found.bias;
                for (feature, contribution) in model.features().iter().zip(&found.values) {
                    match crate::features::place(&feature.name) {
                        Some(place) => ordered[place] = *contribution,
                        // A feature that is no longer gathered is missing everywhere: part of what is always there.
                        None => bias += contribution,
                    }
                }
                (Contributions { bias, values: ordered, raw: found.raw }, model.score(&values))
            }
        }
    }
}

/// The values a model looks at, by the names of its features.
pub(crate) fn model_values(model: &Model, vector: &Vector) -> Vec<f64> {
    model.features().iter().map(|feature| vector.get(&feature.name).unwrap_or(f64::NAN)).collect()
}

/// Reads and checks the file of a version.
pub(crate) async fn load(kernel: &Kernel, version: i64, sha256: Option<&str>) -> Result<Model> {
    let refused = |why: String| Error::ModelFile { version, why };
    let sha256 = sha256.filter(|hash| is_sha256(hash)).ok_or_else(|| refused("no file".to_owned()))?;
    let bytes = kernel.blobs().get(sha256).await.map_err(|error| refused(error.to_string()))?;
    let text = std::str::from_utf8(&bytes).map_err(|error| refused(error.to_string()))?;
    let model = Model::from_json(text).map_err(|error| refused(error.to_string()))?;
    if model.hash() != sha256 {
        return Err(refused("its content is not what was trained".to_owned()).into());
    }
    Ok(model)
}

/// How large a probability is called.
pub fn band(parameters: &Parameters, probability: f64) -> Band {
    if probability >= parameters.high {
        Band::High
    } else if probability >= parameters.raised {
        Band::Raised
    } else {
        Band::Usual
    }
}

/// The score of a product as its signals stand now. Asks for no permission: it answers the product itself.
///
/// # Errors
/// `not_found` when there is neither a signal nor a listing of it; what signals and the store say.
pub async fn score(kernel: &Kernel, merchant: &str, product: &str) -> Result<Scored> {
    let parameters = parameters(kernel)?;
    let baseline = baseline::latest(kernel, &parameters).await?;
    let asked = gather::asked(kernel, merchant, product)?;
    // What was found at this very moment counts.
    let until = kernel.now().plus_micros(1);
    let mut gathered = gather::gather(kernel, &parameters, &baseline, vec![asked], until).await?;
    let gathered = gathered.pop().filter(|one| one.day.is_some() || one.link.is_some()).ok_or(Error::Missing)?;
    let scorer = Scorer::in_force(kernel).await?;
    Ok(scored(&scorer, &parameters, gathered))
}

fn scored(scorer: &Scorer, parameters: &Parameters, gathered: Gathered) -> Scored {
    let (found, probability) = scorer.judge(parameters, &gathered.vector);
    let part = |((named, value), contribution): ((&crate::features::Named, &f64), &f64)| Contribution {
        feature: named.name,
        value: (!value.is_nan()).then_some(*value),
        contribution: *contribution,
    };
    let contributions = FEATURES.iter().zip(&gathered.vector.0).zip(&found.values).map(part).collect();
    let link = gathered.link;
    Scored {
        merchant: gathered.merchant,
        product: gathered.product,
        probability,
        band: band(parameters, probability),
        raw: found.raw,
        bias: found.bias,
        contributions,
        model: scorer.name(),
        day: gathered.day,
        listing_id: link.as_ref().map(|link| link.listing_id.clone()),
        title: link.as_ref().map(|link| link.title.clone()).unwrap_or_default(),
        category: link.map(|link| link.category).unwrap_or_default(),
    }
}

/// A product scored for its row in lists.
pub(crate) fn row(scorer: &Scorer, parameters: &Parameters, gathered: Gathered, at: ground::Timestamp) -> ScoreRow {
    let vector = gathered.vector.clone();
    let day = gathered.day.unwrap_or(0);
    let scored = scored(scorer, parameters, gathered);
    ScoreRow {
        leading: leading(&scored.contributions).unwrap_or_default().to_owned(),
        merchant: scored.merchant,
        product: scored.product,
        day,
        at,
        probability: scored.probability,
        raw: scored.raw,
        model: scored.model,
        listing_id: scored.listing_id,
        title: scored.title,
        category: scored.category,
        vector,
    }
}

/// The feature that raises a score most; `None` when none does.
fn leading(contributions: &[Contribution]) -> Option<&'static str> {
    let most = contributions.iter().max_by(|a, b| a.contribution.total_cmp(&b.contribution))?;
    (most.contribution > 0.0).then_some(most.feature)
}

/// A score with what was found about the product.
#[derive(Debug, Clone)]
pub struct Case {
    /// The score.
    pub scored: Scored,
    /// What was found, newest first.
    pub marks: Vec<Mark>,
}

/// The score of a product for a person.
///
/// # Errors
/// `forbidden`; as [`score`].
pub async fn show(kernel: &Kernel, actor: &Actor, merchant: &str, product: &str) -> Result<Case> {
    actor.require(Permission::RiskRead)?;
    let scored = score(kernel, merchant, product).await?;
    let marks = store::marks::of_product(kernel.db().read(), merchant, product, MARKS_MAX).await?;
    Ok(Case { scored, marks })
}

/// The stored score of a product, taken apart by the model in force: for the command line, which needs no signals for it.
///
/// # Errors
/// `forbidden`; `not_found` when it was never scored; what the store says.
pub async fn stored(kernel: &Kernel, actor: &Actor, merchant: &str, product: &str) -> Result<Scored> {
    actor.require(Permission::RiskRead)?;
    let row = store::scores::get(kernel.db().read(), merchant, product).await?.ok_or(Error::Missing)?;
    let (scorer, parameters) = (Scorer::in_force(kernel).await?, parameters(kernel)?);
    let gathered =
        Gathered { merchant: row.merchant, product: row.product, day: Some(row.day), link: None, vector: row.vector };
    let scored = scored(&scorer, &parameters, gathered);
    Ok(Scored { listing_id: row.listing_id, title: row.title, category: row.category, ..scored })
}

/// Which scores.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// A part of a product number, title or merchant.
    pub search: Option<String>,
    /// A merchant's.
    pub merchant: Option<String>,
    /// A category's.
    pub category: Option<String>,
    /// How large the risk is called.
    pub band: Option<Band>,
}

/// Stored scores, the highest first.
///
/// # Errors
/// `forbidden`; what the store says.
pub async fn list(kernel: &Kernel, actor: &Actor, filter: &Filter, paging: &Paging) -> Result<Page<ScoreRow>> {
    actor.require(Permission::RiskRead)?;
    let parameters = parameters(kernel)?;
    let (at_least, below) = match filter.band {
        None => (None, None),
        Some(Band::High) => (Some(parameters.high), None),
        Some(Band::Raised) => (Some(parameters.raised), Some(parameters.high)),
        Some(Band::Usual) => (None, Some(parameters.raised)),
    };
    let filter = store::scores::Filter {
        search: filter.search.clone(),
        merchant: filter.merchant.clone(),
        category: filter.category.clone(),
        at_least,
        below,
    };
    store::scores::list(kernel.db().read(), &filter, paging).await
}

/// The categories with scores, for a filter.
///
/// # Errors
/// `forbidden`; what the store says.
pub async fn categories(kernel: &Kernel, actor: &Actor) -> Result<Vec<String>> {
    actor.require(Permission::RiskRead)?;
    store::scores::categories(kernel.db().read(), CATEGORIES_MAX).await
}

/// Scores stored rows again that another model scored, from the features they were scored on; how many.
///
/// # Errors
/// What the store says.
pub(crate) async fn refresh(kernel: &Kernel) -> Result<u64> {
    let scorer = Scorer::in_force(kernel).await?;
    let mut rows = store::scores::of_other_models(kernel.db().read(), &scorer.name(), REFRESHED_AT_ONCE).await?;
    if rows.is_empty() {
        return Ok(0);
    }
    let parameters = parameters(kernel)?;
    for row in &mut rows {
        let (found, probability) = scorer.judge(&parameters, &row.vector);
        (row.raw, row.probability, row.model) = (found.raw, probability, scorer.name());
        let most = FEATURES.iter().zip(&found.values).max_by(|a, b| a.1.total_cmp(b.1));
        row.leading = most.filter(|most| *most.1 > 0.0).map(|most| most.0.name.to_owned()).unwrap_or_default();
    }
    let tx = kernel.db().write_tx().await?;
    store::scores::replace(&tx, &rows).await?;
    tx.commit().await.map_err(store::fail)?;
    Ok(rows.len() as u64)
}
