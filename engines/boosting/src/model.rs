//! A trained model: scores, contributions, and the file it is kept in.

use crate::calibration::Calibration;
use crate::dataset::{Dataset, Feature, check_features};
use crate::shap::Walk;
use crate::train::probability;
use crate::tree::Tree;
use crate::{Error, MODEL_BYTES_MAX, TREES_MAX};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The name and version of the file format.
pub const FORMAT: &str = "touchstone-trees/1";
/// No score is further from even odds than this.
const RAW_MAX: f64 = 1e6;

/// A model.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    features: Vec<Feature>,
    base: f64,
    trees: Vec<Tree>,
    calibration: Option<Calibration>,
    /// The base and the mean of every tree: the score of somebody nothing is known about.
    bias: f64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    features: Vec<Feature>,
    base: f64,
    calibration: Option<Calibration>,
    trees: Vec<Tree>,
}

/// A score taken apart: `bias + values.sum() == raw`, within 1e-9.
#[derive(Debug, Clone, PartialEq)]
pub struct Contributions {
    /// The score of somebody nothing is known about, log odds.
    pub bias: f64,
    /// What each feature adds, log odds, in the order of the features.
    pub values: Vec<f64>,
    /// The raw score, log odds.
    pub raw: f64,
}

impl Model {
    /// Puts a model together and checks it whole.
    ///
    /// # Errors
    /// [`Error::Feature`], [`Error::TooMany`]; [`Error::File`] for a tree that is none.
    pub fn new(features: Vec<Feature>, base: f64, trees: Vec<Tree>) -> Result<Self, Error> {
        check_features(&features)?;
        if trees.len() > TREES_MAX {
            return Err(Error::TooMany { what: "trees", found: trees.len(), most: TREES_MAX });
        }
        for (index, tree) in trees.iter().enumerate() {
            tree.check(&features).map_err(|why| Error::File(format!("tree {index}: {why}")))?;
        }
        let most = |tree: &Tree| {
            tree.nodes().iter().fold(0.0f64, |most, node| match node {
                crate::tree::Node::Leaf { value, .. } => most.max(value.abs()),
                crate::tree::Node::Split { .. } => most,
            })
        };
        let reach = trees.iter().fold(base.abs(), |sum, tree| sum + most(tree));
        // Also refuses a base that is not a number.
        if reach.is_nan() || reach > RAW_MAX {
            return Err(Error::File(format!("scores may reach {reach}; at most {RAW_MAX} is allowed")));
        }
        let bias = trees.iter().fold(base, |sum, tree| sum + tree.expected());
        Ok(Model { features, base, trees, calibration: None, bias })
    }

    /// The same model with probabilities put right.
    #[must_use]
    pub fn calibrated(mut self, calibration: Calibration) -> Self {
        self.calibration = Some(calibration);
        self
    }

    /// What it looks at.
    pub fn features(&self) -> &[Feature] {
        &self.features
    }

    /// Its trees.
    pub fn trees(&self) -> &[Tree] {
        &self.trees
    }

    /// How its probabilities are put right.
    pub fn calibration(&self) -> Option<&Calibration> {
        self.calibration.as_ref()
    }

    /// The raw score, log odds. `values`: one a feature, `NaN` where missing.
    ///
    /// # Panics
    /// When there are fewer values than features.
    pub fn raw(&self, values: &[f64]) -> f64 {
        assert!(values.len() >= self.features.len(), "one value a feature");
        self.trees.iter().fold(self.base, |sum, tree| sum + tree.score(values))
    }

    /// The probability, calibrated where the model is, in `[0, 1]`.
    ///
    /// # Panics
    /// As [`Model::raw`].
    pub fn score(&self, values: &[f64]) -> f64 {
        let raw = self.raw(values);
        self.calibration.as_ref().map_or_else(|| probability(raw), |calibration| calibration.probability(raw))
    }

    /// What each feature adds to the raw score.
    ///
    /// # Panics
    /// As [`Model::raw`].
    pub fn contributions(&self, values: &[f64]) -> Contributions {
        let mut walk = Walk::default();
        self.contributions_with(&mut walk, values)
    }

    fn contributions_with(&self, walk: &mut Walk, values: &[f64]) -> Contributions {
        let mut into = vec![0.0; self.features.len()];
        for tree in &self.trees {
            walk.add(tree, values, &mut into);
        }
        Contributions { bias: self.bias, values: into, raw: self.raw(values) }
    }

    /// The mean size of each feature's contribution over these examples, log odds.
    ///
    /// # Errors
    /// [`Error::Different`].
    pub fn importance(&self, data: &Dataset) -> Result<Vec<f64>, Error> {
        if data.features() != self.features {
            return Err(Error::Different);
        }
        let mut sums = vec![0.0; self.features.len()];
        let (mut walk, mut row) = (Walk::default(), Vec::new());
        for index in 0..data.len() {
            data.row(index, &mut row);
            let found = self.contributions_with(&mut walk, &row);
            sums.iter_mut().zip(found.values).for_each(|(sum, value)| *sum += value.abs());
        }
        let count = data.len().max(1) as f64;
        Ok(sums.into_iter().map(|sum| sum / count).collect())
    }

    /// Raw scores of all examples.
    ///
    /// # Errors
    /// [`Error::Different`].
    pub fn raw_all(&self, data: &Dataset) -> Result<Vec<f64>, Error> {
        if data.features() != self.features {
            return Err(Error::Different);
        }
        let mut row = Vec::new();
        Ok((0..data.len())
            .map(|index| {
                data.row(index, &mut row);
                self.raw(&row)
            })
            .collect())
    }

    /// The model as a file: JSON, the same bytes for the same model.
    pub fn to_json(&self) -> String {
        let file = File {
            format: FORMAT.to_owned(),
            features: self.features.clone(),
            base: self.base,
            calibration: self.calibration.clone(),
            trees: self.trees.clone(),
        };
        // Every number is finite and every key a text: writing into memory cannot fail.
        serde_json::to_string(&file).unwrap_or_default()
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`Error::TooMany`] bytes; [`Error::File`] with the place of what is wrong.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        if text.len() > MODEL_BYTES_MAX {
            return Err(Error::TooMany { what: "bytes", found: text.len(), most: MODEL_BYTES_MAX });
        }
        let file: File = serde_json::from_str(text).map_err(|error| Error::File(error.to_string()))?;
        if file.format != FORMAT {
            return Err(Error::File(format!("its format is {:?}, {FORMAT} is read", file.format)));
        }
        let model = Model::new(file.features, file.base, file.trees)?;
        match file.calibration {
            None => Ok(model),
            Some(calibration) => {
                calibration.check().map_err(Error::File)?;
                Ok(model.calibrated(calibration))
            }
        }
    }

    /// SHA-256 of the file, lower-case hexadecimal.
    pub fn hash(&self) -> String {
        hex::encode(Sha256::digest(self.to_json().as_bytes()))
    }
}
