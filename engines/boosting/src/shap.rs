//! Exact Shapley values of a tree in polynomial time: Lundberg et al., "From local explanations to global understanding with
//! explainable AI for trees", Nature Machine Intelligence 2 (2020), algorithm 2, with what is not known taken from the
//! training examples on each side of a split.

use crate::tree::{Node, Tree, goes};

/// One feature on the way from the root: the share of ways that pass when it is unknown, whether they pass when it is known,
/// and the weight of the sets of that many known features.
#[derive(Debug, Clone, Copy)]
struct Step {
    feature: u32,
    zero: f64,
    one: f64,
    weight: f64,
}

const ROOT: u32 = u32::MAX;

/// Buffers of the walk.
#[derive(Debug, Default)]
pub(crate) struct Walk {
    path: Vec<Step>,
}

impl Walk {
    /// Adds the tree's contributions to `into`, one place a feature.
    pub fn add(&mut self, tree: &Tree, values: &[f64], into: &mut [f64]) {
        self.path.clear();
        self.visit(tree, values, into, 0, 0, Step { feature: ROOT, zero: 1.0, one: 1.0, weight: 0.0 });
    }

    /// `begin`: where the way to the parent begins in the buffer. The way of this node is a copy of it with one step more.
    fn visit(&mut self, tree: &Tree, values: &[f64], into: &mut [f64], at: usize, begin: usize, mut step: Step) {
        let mark = self.path.len();
        self.path.extend_from_within(begin..mark);
        let begin = mark;
        // A feature met again replaces its earlier step.
        if let Some(earlier) = self.path[begin..].iter().position(|one| one.feature == step.feature) {
            let before = self.path[begin + earlier];
            (step.zero, step.one) = (step.zero * before.zero, step.one * before.one);
            unwind(&mut self.path, begin, earlier);
        }
        extend(&mut self.path, begin, step);
        match tree.nodes()[at] {
            Node::Leaf { value, .. } => {
                for index in 1..self.path.len() - begin {
                    let step = self.path[begin + index];
                    let weight = unwound_sum(&self.path[begin..], index);
                    into[step.feature as usize] += weight * (step.one - step.zero) * value;
                }
            }
            Node::Split { feature, threshold, missing_left, left, right, cover } => {
                let hot = goes(values[feature as usize], threshold, missing_left, left, right);
                for child in [left as usize, right as usize] {
                    let zero = f64::from(tree.nodes()[child].cover()) / f64::from(cover);
                    let one = if child == hot { 1.0 } else { 0.0 };
                    self.visit(tree, values, into, child, begin, Step { feature, zero, one, weight: 0.0 });
                }
            }
        }
        self.path.truncate(mark);
    }
}

fn extend(path: &mut Vec<Step>, begin: usize, step: Step) {
    let depth = path.len() - begin;
    path.push(Step { weight: if depth == 0 { 1.0 } else { 0.0 }, ..step });
    let size = (depth + 1) as f64;
    for index in (0..depth).rev() {
        let weight = path[begin + index].weight;
        path[begin + index + 1].weight += step.one * weight * (index + 1) as f64 / size;
        path[begin + index].weight = step.zero * weight * (depth - index) as f64 / size;
    }
}

/// Takes a step out again.
fn unwind(path: &mut Vec<Step>, begin: usize, index: usize) {
    let depth = path.len() - begin - 1;
    let size = (depth + 1) as f64;
    let Step { zero, one, .. } = path[begin + index];
    let mut next = path[begin + depth].weight;
    for place in (0..depth).rev() {
        let weight = path[begin + place].weight;
        if one != 0.0 {
            let without = next * size / ((place + 1) as f64 * one);
            next = weight - without * zero * (depth - place) as f64 / size;
            path[begin + place].weight = without;
        } else {
            path[begin + place].weight = weight * size / (zero * (depth - place) as f64);
        }
    }
    for place in begin + index..begin + depth {
        let Step { feature, zero, one, .. } = path[place + 1];
        (path[place].feature, path[place].zero, path[place].one) = (feature, zero, one);
    }
    path.pop();
}

/// The sum of the weights with a step taken out.
fn unwound_sum(path: &[Step], index: usize) -> f64 {
    let depth = path.len() - 1;
    let size = (depth + 1) as f64;
    let Step { zero, one, .. } = path[index];
    let mut next = path[depth].weight;
    let mut total = 0.0;
    for place in (0..depth).rev() {
        if one != 0.0 {
            let without = next * size / ((place + 1) as f64 * one);
            total += without;
            next = path[place].weight - without * zero * (depth - place) as f64 / size;
        } else {
            total += path[place].weight * size / (zero * (depth - place) as f64);
        }
    }
    total
}
