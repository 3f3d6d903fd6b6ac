//! Named features and labelled examples.

use crate::{EXAMPLES_MAX, Error, FEATURES_MAX, NAME_CHARS_MAX};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// What reason says about a feature: how the score may move when it grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// More is never less risky.
    Rising,
    /// More is never riskier.
    Falling,
    /// The data decide.
    Free,
}

impl Direction {
    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            Direction::Rising => "rising",
            Direction::Falling => "falling",
            Direction::Free => "free",
        }
    }
}

/// One feature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Feature {
    /// Stable name, 1 to [`NAME_CHARS_MAX`] characters.
    pub name: String,
    /// Its unit in words, may be empty.
    pub unit: String,
    /// Its monotone direction.
    pub direction: Direction,
}

impl Feature {
    /// A feature.
    pub fn new(name: &str, unit: &str, direction: Direction) -> Self {
        Feature { name: name.to_owned(), unit: unit.to_owned(), direction }
    }
}

/// Refuses names that are empty, too long or given twice, and too many of them.
pub(crate) fn check_features(features: &[Feature]) -> Result<(), Error> {
    if features.len() > FEATURES_MAX {
        return Err(Error::TooMany { what: "features", found: features.len(), most: FEATURES_MAX });
    }
    let mut names = HashSet::new();
    for (index, feature) in features.iter().enumerate() {
        let why = if feature.name.is_empty() {
            "it has no name"
        } else if feature.name.chars().count() > NAME_CHARS_MAX || feature.unit.chars().count() > NAME_CHARS_MAX {
            "its name or unit is too long"
        } else if !names.insert(feature.name.as_str()) {
            "its name is given twice"
        } else {
            continue;
        };
        return Err(Error::Feature { index, why });
    }
    if features.is_empty() {
        return Err(Error::Feature { index: 0, why: "there is none" });
    }
    Ok(())
}

/// Labelled examples, feature by feature. A missing value is `NaN`.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    features: Vec<Feature>,
    columns: Vec<Vec<f64>>,
    labels: Vec<bool>,
}

impl Dataset {
    /// No examples yet.
    ///
    /// # Errors
    /// [`Error::Feature`], [`Error::TooMany`].
    pub fn new(features: Vec<Feature>) -> Result<Self, Error> {
        check_features(&features)?;
        let columns = vec![Vec::new(); features.len()];
        Ok(Dataset { features, columns, labels: Vec::new() })
    }

    /// Adds an example: one value a feature, `NaN` where missing.
    ///
    /// # Errors
    /// [`Error::Example`] for another number of values or an infinite one; [`Error::TooMany`].
    pub fn push(&mut self, values: &[f64], label: bool) -> Result<(), Error> {
        let row = self.labels.len();
        if row >= EXAMPLES_MAX {
            return Err(Error::TooMany { what: "examples", found: row + 1, most: EXAMPLES_MAX });
        }
        if values.len() != self.features.len() {
            let why = format!("{} values, {} features", values.len(), self.features.len());
            return Err(Error::Example { row, why });
        }
        if let Some(index) = values.iter().position(|value| value.is_infinite()) {
            return Err(Error::Example { row, why: format!("{} is infinite", self.features[index].name) });
        }
        for (column, value) in self.columns.iter_mut().zip(values) {
            column.push(*value);
        }
        self.labels.push(label);
        Ok(())
    }

    /// The features.
    pub fn features(&self) -> &[Feature] {
        &self.features
    }

    /// Examples.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The outcomes.
    pub fn labels(&self) -> &[bool] {
        &self.labels
    }

    /// How many outcomes are positive.
    pub fn positives(&self) -> usize {
        self.labels.iter().filter(|label| **label).count()
    }

    /// All values of a feature.
    pub fn column(&self, feature: usize) -> &[f64] {
        &self.columns[feature]
    }

    /// The values of one example, into a buffer.
    pub fn row(&self, row: usize, into: &mut Vec<f64>) {
        into.clear();
        into.extend(self.columns.iter().map(|column| column[row]));
    }

    /// The examples at these places, in this order.
    #[must_use]
    pub fn pick(&self, rows: &[usize]) -> Dataset {
        let columns = self.columns.iter().map(|column| rows.iter().map(|row| column[*row]).collect()).collect();
        let labels = rows.iter().map(|row| self.labels[*row]).collect();
        Dataset { features: self.features.clone(), columns, labels }
    }
}
