//! Training: asked for by a person, done by a job, judged on what came later.

use crate::card::{Card, Looked, Part, quality};
use crate::error::Error;
use crate::features::{FEATURES, Vector, engine};
use crate::model::{Example, ModelState, Source, Version};
use crate::parameters::{Parameters, parameters};
use crate::{prior, score, store};
use blobs::Kind;
use boosting::drift::Reference;
use boosting::measures::{Ranked, calibration_table};
use boosting::{Calibration, Dataset, Model, Settings, split, train};
use bytes::Bytes;
use ground::Problem;
use kernel::{Act, Actor, Kernel, Permission, Result};

/// Name of the job and of its waker.
pub const JOB: &str = "risk-training";
/// Most examples of one training: the newest.
pub const EXAMPLES_MAX: u64 = 200_000;
/// Resamples of the intervals.
const RESAMPLES: usize = 400;
/// Examples of each outcome that tune and judge need.
const OUTCOMES_MIN: usize = 5;
/// Scores whose features are the reference of drift at most.
const REFERENCE_MAX: u64 = 20_000;
/// Rows of the calibration table.
const TABLE_ROWS: usize = 10;

/// Asks for a training. Act `risk_model.requested`.
///
/// # Errors
/// `forbidden`; `risk_training_waits` while one is asked for.
pub async fn request(kernel: &Kernel, actor: &Actor) -> Result<Version> {
    actor.require(Permission::RiskManage)?;
    let mut write = kernel.begin(actor).await?;
    if let Some(waiting) = store::versions::in_state(write.tx(), ModelState::Queued).await? {
        return Err(Error::TrainingWaits(waiting.number).into());
    }
    let version = Version {
        number: store::versions::newest(write.tx()).await? + 1,
        state: ModelState::Queued,
        requested_by: actor.id.clone(),
        requested_at: write.now(),
        trained_at: None,
        sha256: None,
        card: None,
        activated_by: None,
        activated_at: None,
        replaced: None,
        train_act_id: None,
        activate_act_id: None,
        proposed_at: None,
    };
    store::versions::insert(write.tx(), &version).await?;
    write.act(Act::new("risk_model.requested", "risk_model", &version.number.to_string())).await?;
    write.commit().await?;
    kernel.wake(JOB);
    Ok(version)
}

/// Asks for a training and does it at once: for the command line and tests.
///
/// # Errors
/// As [`request`]; what the store says.
pub async fn train_now(kernel: &Kernel, actor: &Actor) -> Result<Version> {
    let asked = match request(kernel, actor).await {
        Ok(version) => version.number,
        // One that waits already is done now.
        Err(problem) if problem.code == &crate::error::TRAINING_WAITS => {
            store::versions::in_state(kernel.db().read(), ModelState::Queued).await?.map_or(0, |waiting| waiting.number)
        }
        Err(problem) => return Err(problem),
    };
    turn(kernel).await?;
    store::versions::get(kernel.db().read(), asked).await?.ok_or_else(|| Error::Missing.into())
}

/// One turn of the job: a training that is asked for; stored scores brought up to the model in force.
///
/// # Errors
/// What the store says; then it is tried again.
pub(crate) async fn turn(kernel: &Kernel) -> Result<u64> {
    let mut done = 0;
    if let Some(version) = store::versions::in_state(kernel.db().read(), ModelState::Queued).await? {
        train_version(kernel, version).await?;
        done += 1;
    }
    Ok(done + score::refresh(kernel).await?)
}

async fn train_version(kernel: &Kernel, mut version: Version) -> Result<()> {
    let parameters = parameters(kernel)?;
    let examples = store::examples::ended(kernel.db().read(), EXAMPLES_MAX).await?;
    let today = crate::examples::day_of(kernel, kernel.now());
    let week = today.saturating_sub(7);
    let shelf: Vec<Vector> = store::scores::since(kernel.db().read(), week, REFERENCE_MAX)
        .await?
        .into_iter()
        .map(|row| row.vector)
        .collect();
    let (seed, pack) = (version.number.unsigned_abs(), parameters.pack.clone());
    let fitted = tokio::task::spawn_blocking(move || fit(&examples, &shelf, &parameters, seed));
    let (model, card) = fitted.await.map_err(Problem::internal)??;
    if let Some(model) = &model {
        let bytes = Bytes::from(model.to_json());
        let kept = kernel.blobs().put(bytes, &[Kind::Text], boosting::MODEL_BYTES_MAX as u64).await?;
        version.sha256 = Some(kept.sha256);
    }
    let mut write = kernel.begin(&Actor::system("risk-training")).await?;
    version.state = if model.is_some() { ModelState::Candidate } else { ModelState::Failed };
    version.trained_at = Some(write.now());
    let act = trained(&version, &card, &pack);
    version.card = Some(card);
    version.train_act_id = Some(write.act(act).await?);
    store::versions::update(write.tx(), &version).await?;
    write.commit().await?;
    Ok(())
}

fn trained(version: &Version, card: &Card, pack: &(String, String)) -> Act {
    let mut act = Act::new("risk_model.trained", "risk_model", &version.number.to_string())
        .policy(&pack.0, &pack.1)
        .outcome(version.state.name())
        .public("examples", card.examples)
        .public("positives", card.positives)
        .public("requested_by", version.requested_by.as_str())
        .public("may_be_activated", card.may_be_activated());
    for reason in &card.against {
        act = act.reason(reason);
    }
    if let Some(sha256) = &version.sha256 {
        act = act.evidence(sha256);
    }
    if let (Some(model), Some(prior)) = (&card.quality, &card.prior) {
        let rounded = |value: f64| (value * 1e4).round() / 1e4;
        act = act
            .public("auc", rounded(model.auc.value))
            .public("auc_of_prior", rounded(prior.auc.value))
            .public("log_loss", rounded(model.log_loss.value))
            .public("log_loss_of_prior", rounded(prior.log_loss.value));
    }
    act
}

/// Trains and judges. Without a model the card says why. `shelf`: the features of goods as they are sold now, against which
/// drift is measured later; where there are too few, the examples stand in.
///
/// # Errors
/// `internal`: the engine refused what this crate made.
pub fn fit(
    examples: &[Example],
    shelf: &[Vector],
    parameters: &Parameters,
    seed: u64,
) -> Result<(Option<Model>, Card)> {
    let ended: Vec<(&Example, bool)> = examples.iter().filter_map(|one| Some((one, one.label?))).collect();
    let mut card = Card {
        examples: ended.len() as u64,
        positives: ended.iter().filter(|(_, label)| *label).count() as u64,
        sources: sources(&ended),
        beat_share_min: parameters.beat_share_min,
        seed,
        ..Card::default()
    };
    if ended.len() < parameters.examples_min {
        card.against.push("few_examples".to_owned());
    }
    if card.positives < parameters.positives_min as u64 {
        card.against.push("few_positives".to_owned());
    }
    if !card.against.is_empty() {
        return Ok((None, card));
    }
    let parts = parts(&ended, parameters);
    card.left_out = parts.left_out.len() as u64;
    card.learn = part(&ended, &parts.learn);
    card.tune = part(&ended, &parts.tune);
    card.judge = part(&ended, &parts.judge);
    for (name, part) in
        [("learn_one_sided", card.learn), ("tune_one_sided", card.tune), ("judge_one_sided", card.judge)]
    {
        let rarer = part.positives.min(part.examples - part.positives);
        if rarer < OUTCOMES_MIN as u64 {
            card.against.push(name.to_owned());
        }
    }
    if !card.against.is_empty() {
        return Ok((None, card));
    }
    learn(&ended, &parts, shelf, parameters, card)
}

/// Split forward in time; an example whose outcome was known only after the next part began is left out.
fn parts(ended: &[(&Example, bool)], parameters: &Parameters) -> split::Forward {
    let days: Vec<i32> = ended.iter().map(|(example, _)| example.day).collect();
    let mut parts = split::forward(&days, parameters.learn_share, parameters.tune_share, parameters.gap_days);
    let first = |part: &[usize]| part.iter().map(|index| days[*index]).min().unwrap_or(i32::MAX);
    let (tune_from, judge_from) = (first(&parts.tune), first(&parts.judge));
    let known = |index: usize, before: i32| ended[index].0.labelled_day.is_none_or(|day| day <= before);
    let mut late = Vec::new();
    for (part, before) in [(&mut parts.learn, tune_from), (&mut parts.tune, judge_from)] {
        part.retain(|index| {
            known(*index, before) || {
                late.push(*index);
                false
            }
        });
    }
    parts.left_out.extend(late);
    parts
}

fn sources(ended: &[(&Example, bool)]) -> Vec<(String, u64)> {
    let count = |source: Source| ended.iter().filter(|(example, _)| example.source == source).count() as u64;
    Source::ALL.iter().map(|source| (source.name().to_owned(), count(*source))).collect()
}

fn part(ended: &[(&Example, bool)], rows: &[usize]) -> Part {
    let days = || rows.iter().map(|row| ended[*row].0.day);
    Part {
        from_day: days().min().unwrap_or(0),
        until_day: days().max().unwrap_or(0),
        examples: rows.len() as u64,
        positives: rows.iter().filter(|row| ended[**row].1).count() as u64,
    }
}

fn dataset(ended: &[(&Example, bool)], rows: &[usize]) -> Result<Dataset> {
    let mut data = Dataset::new(engine()).map_err(Problem::internal)?;
    for row in rows {
        let (example, label) = ended[*row];
        data.push(&example.vector.0, label).map_err(Problem::internal)?;
    }
    Ok(data)
}

fn learn(
    ended: &[(&Example, bool)],
    parts: &split::Forward,
    shelf: &[Vector],
    parameters: &Parameters,
    mut card: Card,
) -> Result<(Option<Model>, Card)> {
    let (learned, tuned, judged) =
        (dataset(ended, &parts.learn)?, dataset(ended, &parts.tune)?, dataset(ended, &parts.judge)?);
    let trained = train(&learned, Some(&tuned), &settings(learned.len(), card.seed)).map_err(Problem::internal)?;
    card.rounds = trained.rounds as u64;
    if trained.rounds == 0 {
        card.against.push("nothing_learned".to_owned());
        return Ok((None, card));
    }
    let raw = |model: &Model, data: &Dataset| model.raw_all(data).map_err(Problem::internal);
    let tuned_raw = raw(&trained.model, &tuned)?;
    let Some(calibration) = Calibration::fit(&tuned_raw, tuned.labels()) else {
        card.against.push("tune_one_sided".to_owned());
        return Ok((None, card));
    };
    card.calibration = calibration.name().to_owned();
    let model = trained.model.calibrated(calibration);
    judge(ended, parts, parameters, &model, &judged, &mut card)?;
    let importance = model.importance(&judged).map_err(Problem::internal)?;
    let all: Vec<&Vector> = ended.iter().map(|(example, _)| &example.vector).collect();
    let reference: Vec<&Vector> =
        if shelf.len() >= parameters.drift_rows_min { shelf.iter().collect() } else { all.clone() };
    card.features = FEATURES
        .iter()
        .enumerate()
        .map(|(place, named)| {
            let values: Vec<f64> = reference.iter().map(|vector| vector.0[place]).collect();
            let missing = all.iter().filter(|vector| vector.0[place].is_nan()).count() as f64;
            Looked {
                name: named.name.to_owned(),
                direction: named.direction.name().to_owned(),
                importance: importance[place],
                missing: missing / all.len().max(1) as f64,
                reference: Reference::of(&values),
            }
        })
        .collect();
    let scores: Vec<f64> = reference.iter().map(|vector| model.raw(&vector.0)).collect();
    card.scores = Some(Reference::of(&scores));
    Ok((Some(model), card))
}

/// Few examples want small trees.
fn settings(examples: usize, seed: u64) -> Settings {
    Settings {
        rounds_max: 600,
        leaves_max: 15,
        depth_max: 6,
        rows_in_leaf_min: (examples / 200).clamp(5, 50),
        row_share: 0.8,
        feature_share: 0.8,
        patience_rounds: 50,
        seed,
        ..Settings::default()
    }
}

/// The model beside the prior on the newest examples. The prior is calibrated on the same examples as the model, so that it
/// does not lose for its level alone.
fn judge(
    ended: &[(&Example, bool)],
    parts: &split::Forward,
    parameters: &Parameters,
    model: &Model,
    judged: &Dataset,
    card: &mut Card,
) -> Result<()> {
    let prior_raw = |rows: &[usize]| -> Vec<f64> {
        rows.iter().map(|row| prior::contributions(parameters, &ended[*row].0.vector).raw).collect()
    };
    let tuned_labels: Vec<bool> = parts.tune.iter().map(|row| ended[*row].1).collect();
    let calibrated = Calibration::fit(&prior_raw(&parts.tune), &tuned_labels);
    let level = |raw: f64| match &calibrated {
        Some(calibration) => calibration.probability(raw),
        None => boosting::train::probability(raw),
    };
    let priors: Vec<f64> = prior_raw(&parts.judge).into_iter().map(level).collect();
    let calibration = model.calibration();
    let put_right = |raw: f64| calibration.map_or(raw, |calibration| calibration.probability(raw));
    let raws = model.raw_all(judged).map_err(Problem::internal)?;
    let probabilities: Vec<f64> = raws.into_iter().map(put_right).collect();
    let labels = judged.labels();
    card.table = calibration_table(&probabilities, labels, TABLE_ROWS).iter().map(Into::into).collect();
    card.quality = Some(quality(&probabilities, labels, RESAMPLES, card.seed));
    card.prior = Some(quality(&priors, labels, RESAMPLES, card.seed));
    let (ours, theirs) = (Ranked::new(&probabilities, labels), Ranked::new(&priors, labels));
    card.auc_gain = Some(ours.difference(&theirs, RESAMPLES, card.seed, |found| found.auc).into());
    card.beat_share = ours.share_below(&theirs, RESAMPLES, card.seed, |found| found.log_loss);
    if card.beat_share < parameters.beat_share_min {
        card.against.push("not_better_than_prior".to_owned());
    }
    Ok(())
}
