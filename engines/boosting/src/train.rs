//! Rounds of boosting.

use crate::bins::Binned;
use crate::grow::{Grower, Slope};
use crate::model::Model;
use crate::tree::Tree;
use crate::{Chance, DEPTH_MAX, Dataset, Error, LEAVES_MAX, TREES_MAX};

/// How to train. [`Settings::default`] are ordinary values that need no search.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Trees at most, 1 to [`TREES_MAX`].
    pub rounds_max: usize,
    /// Share of each tree's step that is taken, above 0, at most 1.
    pub learning_rate: f64,
    /// Leaves of a tree, 2 to [`LEAVES_MAX`].
    pub leaves_max: usize,
    /// Splits from root to leaf, 1 to [`DEPTH_MAX`].
    pub depth_max: usize,
    /// Examples in a leaf, at least 1.
    pub rows_in_leaf_min: usize,
    /// Second derivative in a leaf, at least 0.
    pub hessian_in_leaf_min: f64,
    /// Squared-value penalty of a leaf, at least 0.
    pub l2: f64,
    /// Log loss a split must take away, at least 0.
    pub gain_min: f64,
    /// Largest step of a leaf before shrinking, log odds, above 0.
    pub step_max: f64,
    /// Share of the examples each tree is grown on, above 0, at most 1.
    pub row_share: f64,
    /// Share of the features each tree may use, above 0, at most 1.
    pub feature_share: f64,
    /// Values a feature is put into, 2 to 255.
    pub places_max: usize,
    /// Without improvement on the held-out examples for so many rounds, training ends; 0: never before `rounds_max`.
    pub patience_rounds: usize,
    /// Threads at most; the result does not depend on it.
    pub threads: usize,
    /// The seed of the samples of rows and features.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            rounds_max: 400,
            learning_rate: 0.05,
            leaves_max: 31,
            depth_max: 12,
            rows_in_leaf_min: 20,
            hessian_in_leaf_min: 1e-3,
            l2: 1.0,
            gain_min: 0.0,
            step_max: 10.0,
            row_share: 1.0,
            feature_share: 1.0,
            places_max: 255,
            patience_rounds: 40,
            threads: 2,
            seed: 1,
        }
    }
}

impl Settings {
    fn check(&self) -> Result<(), Error> {
        let share = |value: f64| value > 0.0 && value <= 1.0;
        let rules = [
            ("rounds_max", (1..=TREES_MAX).contains(&self.rounds_max), "1 to 5000"),
            ("learning_rate", share(self.learning_rate), "above 0, at most 1"),
            ("leaves_max", (2..=LEAVES_MAX).contains(&self.leaves_max), "2 to 1024"),
            ("depth_max", (1..=DEPTH_MAX).contains(&self.depth_max), "1 to 24"),
            ("rows_in_leaf_min", self.rows_in_leaf_min >= 1, "at least 1"),
            ("hessian_in_leaf_min", self.hessian_in_leaf_min >= 0.0, "at least 0"),
            ("l2", self.l2 >= 0.0 && self.l2.is_finite(), "at least 0"),
            ("gain_min", self.gain_min >= 0.0, "at least 0"),
            ("step_max", self.step_max > 0.0 && self.step_max.is_finite(), "above 0"),
            ("row_share", share(self.row_share), "above 0, at most 1"),
            ("feature_share", share(self.feature_share), "above 0, at most 1"),
            ("places_max", (2..=255).contains(&self.places_max), "2 to 255"),
            ("threads", (1..=256).contains(&self.threads), "1 to 256"),
        ];
        match rules.into_iter().find(|(_, holds, _)| !holds) {
            Some((name, _, why)) => Err(Error::Setting { name, why }),
            None => Ok(()),
        }
    }
}

/// A trained model and how it came about.
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    /// The model, cut back to its best round where examples were held out.
    pub model: Model,
    /// Log loss of the held-out examples after each round; empty without them.
    pub held_out_losses: Vec<f64>,
    /// Rounds kept.
    pub rounds: usize,
}

/// Trains on `data`. With `held_out`, training ends when these stop improving and the model is cut back to its best round;
/// the held-out examples are never learned from otherwise.
///
/// # Errors
/// [`Error::OneOutcome`], [`Error::Setting`], [`Error::Different`].
pub fn train(data: &Dataset, held_out: Option<&Dataset>, settings: &Settings) -> Result<Trained, Error> {
    settings.check()?;
    let positives = data.positives();
    if positives == 0 || positives == data.len() {
        return Err(Error::OneOutcome { examples: data.len(), positives });
    }
    if held_out.is_some_and(|other| other.features() != data.features()) {
        return Err(Error::Different);
    }
    let binned = Binned::of(data, settings.places_max);
    let mut grower = Grower::new(&binned, data.features(), settings);
    let base = (positives as f64 / (data.len() - positives) as f64).ln();
    let mut raw = vec![base; data.len()];
    let mut watched = held_out.filter(|data| !data.is_empty()).map(|data| Watched::new(data, base));
    let mut chance = Chance::new(settings.seed);
    let mut slopes = vec![Slope::default(); data.len()];
    let mut trees: Vec<Tree> = Vec::new();
    let mut losses = Vec::new();
    // The best round so far and its loss; before the first tree it is round 0.
    let mut best = (0, watched.as_ref().map_or(0.0, Watched::loss));
    while trees.len() < settings.rounds_max {
        for ((slope, raw), label) in slopes.iter_mut().zip(&raw).zip(data.labels()) {
            let probability = probability(*raw);
            slope.gradient = probability - f64::from(u8::from(*label));
            slope.hessian = (probability * (1.0 - probability)).max(1e-16);
        }
        let rows = sample(&mut chance, data.len(), settings.row_share);
        let rows: Vec<u32> = rows.into_iter().map(|row| row as u32).collect();
        let chosen = sample(&mut chance, data.features().len(), settings.feature_share);
        let grown = grower.grow(&slopes, &rows, &chosen);
        // A tree of one leaf only moves the base; with all rows and features nothing more can be learned.
        if grown.tree.leaves() == 1 && settings.row_share >= 1.0 && settings.feature_share >= 1.0 {
            break;
        }
        for (row, raw) in raw.iter_mut().enumerate() {
            *raw += grown.score(&binned, row);
        }
        if let Some(watched) = &mut watched {
            watched.add(&grown.tree);
            let loss = watched.loss();
            losses.push(loss);
            if loss < best.1 {
                best = (trees.len() + 1, loss);
            }
        }
        trees.push(grown.tree);
        if watched.is_some() && settings.patience_rounds > 0 && trees.len() >= best.0 + settings.patience_rounds {
            break;
        }
    }
    if watched.is_some() {
        trees.truncate(best.0);
    }
    let rounds = trees.len();
    Ok(Trained { model: Model::new(data.features().to_vec(), base, trees)?, held_out_losses: losses, rounds })
}

/// The logistic function.
pub fn probability(raw: f64) -> f64 {
    if raw >= 0.0 {
        1.0 / (1.0 + (-raw).exp())
    } else {
        let odds = raw.exp();
        odds / (1.0 + odds)
    }
}

/// Log loss of one example from its log odds, without overflow.
pub(crate) fn loss(raw: f64, label: bool) -> f64 {
    let margin = if label { raw } else { -raw };
    (-margin.abs()).exp().ln_1p() + (-margin).max(0.0)
}

/// A sample without replacement, ascending; at least one.
fn sample(chance: &mut Chance, of: usize, share: f64) -> Vec<usize> {
    let wanted = ((of as f64 * share).round() as usize).clamp(1, of);
    if wanted == of {
        return (0..of).collect();
    }
    // Each is taken with the chance that fills the sample exactly (Knuth, selection sampling).
    let mut taken = Vec::with_capacity(wanted);
    for index in 0..of {
        if chance.below(of - index) < wanted - taken.len() {
            taken.push(index);
        }
    }
    taken
}

struct Watched<'a> {
    data: &'a Dataset,
    raw: Vec<f64>,
    row: Vec<f64>,
}

impl<'a> Watched<'a> {
    fn new(data: &'a Dataset, base: f64) -> Self {
        Watched { data, raw: vec![base; data.len()], row: Vec::new() }
    }

    fn add(&mut self, tree: &Tree) {
        for (index, raw) in self.raw.iter_mut().enumerate() {
            self.data.row(index, &mut self.row);
            *raw += tree.score(&self.row);
        }
    }

    fn loss(&self) -> f64 {
        let sum: f64 = self.raw.iter().zip(self.data.labels()).map(|(raw, label)| loss(*raw, *label)).sum();
        sum / self.raw.len() as f64
    }
}
