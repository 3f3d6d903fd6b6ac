//! One tree.

use crate::{DEPTH_MAX, Direction, Feature, LEAVES_MAX};
use serde::{Deserialize, Serialize};

/// A node of a tree; the root is the first, children come after their parent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Node {
    /// Goes left where the value is at most the threshold.
    Split {
        /// Index of the feature.
        feature: u32,
        /// The last value that goes left.
        threshold: f64,
        /// Where a missing value goes.
        missing_left: bool,
        /// Index of the left child.
        left: u32,
        /// Index of the right child.
        right: u32,
        /// Training examples that came here.
        cover: u32,
    },
    /// An end.
    Leaf {
        /// What it adds to the raw score, log odds.
        value: f64,
        /// Training examples that came here.
        cover: u32,
    },
}

impl Node {
    /// Training examples that came here.
    pub fn cover(&self) -> u32 {
        match self {
            Node::Split { cover, .. } | Node::Leaf { cover, .. } => *cover,
        }
    }
}

/// A tree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tree {
    nodes: Vec<Node>,
}

impl Tree {
    pub(crate) fn new(nodes: Vec<Node>) -> Self {
        Tree { nodes }
    }

    /// Its nodes.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Its leaves.
    pub fn leaves(&self) -> usize {
        self.nodes.len().div_ceil(2)
    }

    /// What it adds for these values.
    pub fn score(&self, values: &[f64]) -> f64 {
        let mut at = 0;
        loop {
            match self.nodes[at] {
                Node::Leaf { value, .. } => return value,
                Node::Split { feature, threshold, missing_left, left, right, .. } => {
                    at = goes(values[feature as usize], threshold, missing_left, left, right);
                }
            }
        }
    }

    /// The mean of its leaves, weighted by the training examples in them.
    pub fn expected(&self) -> f64 {
        let total = f64::from(self.nodes[0].cover());
        let leaf = |node: &Node| match node {
            Node::Leaf { value, cover } => value * (f64::from(*cover) / total),
            Node::Split { .. } => 0.0,
        };
        self.nodes.iter().map(leaf).sum()
    }

    /// Whether it is a tree: each node but the root has one parent that comes before it, covers add up, numbers are finite, and
    /// every split on a feature with a direction keeps it for all leaves below.
    pub(crate) fn check(&self, features: &[Feature]) -> Result<(), String> {
        let nodes = &self.nodes;
        if nodes.is_empty() || nodes.len() > 2 * LEAVES_MAX - 1 {
            return Err(format!("{} nodes; 1 to {} are allowed", nodes.len(), 2 * LEAVES_MAX - 1));
        }
        let mut depth = vec![None; nodes.len()];
        depth[0] = Some(0usize);
        for (index, node) in nodes.iter().enumerate() {
            let Some(level) = depth[index] else { return Err(format!("node {index} has no parent before it")) };
            if node.cover() == 0 {
                return Err(format!("node {index} covers no example"));
            }
            match *node {
                Node::Leaf { value, .. } if !value.is_finite() => return Err(format!("leaf {index} is not finite")),
                Node::Leaf { .. } => {}
                Node::Split { feature, threshold, left, right, cover, .. } => {
                    if feature as usize >= features.len() || !threshold.is_finite() {
                        return Err(format!("node {index} splits on nothing"));
                    }
                    if level >= DEPTH_MAX {
                        return Err(format!("node {index} lies deeper than {DEPTH_MAX} splits"));
                    }
                    for child in [left as usize, right as usize] {
                        if child <= index || child >= nodes.len() || depth[child].is_some() {
                            return Err(format!("node {index} has a wrong child"));
                        }
                        depth[child] = Some(level + 1);
                    }
                    let below = u64::from(nodes[left as usize].cover()) + u64::from(nodes[right as usize].cover());
                    if below != u64::from(cover) {
                        return Err(format!("the children of node {index} cover {below} of {cover} examples"));
                    }
                }
            }
        }
        self.check_directions(features)
    }

    fn check_directions(&self, features: &[Feature]) -> Result<(), String> {
        let mut range = vec![(0.0, 0.0); self.nodes.len()];
        for (index, node) in self.nodes.iter().enumerate().rev() {
            range[index] = match *node {
                Node::Leaf { value, .. } => (value, value),
                Node::Split { feature, left, right, .. } => {
                    let (left, right): ((f64, f64), (f64, f64)) = (range[left as usize], range[right as usize]);
                    let feature = &features[feature as usize];
                    let against = match feature.direction {
                        Direction::Free => false,
                        Direction::Rising => left.1 > right.0,
                        Direction::Falling => left.0 < right.1,
                    };
                    if against {
                        return Err(format!("node {index} goes against the direction of {}", feature.name));
                    }
                    (left.0.min(right.0), left.1.max(right.1))
                }
            };
        }
        Ok(())
    }
}

/// The child a value goes to.
pub(crate) fn goes(value: f64, threshold: f64, missing_left: bool, left: u32, right: u32) -> usize {
    let to_left = if value.is_nan() { missing_left } else { value <= threshold };
    (if to_left { left } else { right }) as usize
}
