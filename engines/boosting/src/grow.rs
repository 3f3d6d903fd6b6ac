//! Grows one tree, best leaf first, on histograms.

use crate::bins::{Binned, MISSING};
use crate::train::Settings;
use crate::tree::{Node, Tree};
use crate::{Direction, Feature};
use std::ops::Range;

/// A split must be worth this much log loss.
const GAIN_MIN: f64 = 1e-9;
/// Below this many looks at values a second thread costs more than it saves.
const LOOKS_PER_THREAD_MIN: usize = 1 << 18;

/// First and second derivative of the loss at one example.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Slope {
    pub gradient: f64,
    pub hessian: f64,
}

/// What fell into one place of one feature.
#[derive(Debug, Clone, Copy, Default)]
struct Bin {
    gradient: f64,
    hessian: f64,
    count: f64,
}

impl Bin {
    fn add(&mut self, other: Bin) {
        self.gradient += other.gradient;
        self.hessian += other.hessian;
        self.count += other.count;
    }

    fn without(self, other: Bin) -> Bin {
        Bin {
            gradient: self.gradient - other.gradient,
            hessian: self.hessian - other.hessian,
            count: self.count - other.count,
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Split {
    gain: f64,
    feature: usize,
    /// The last place that goes left.
    place: usize,
    missing_left: bool,
    left: Bin,
    right: Bin,
    left_value: f64,
    right_value: f64,
}

struct Leaf {
    node: usize,
    depth: usize,
    rows: Range<usize>,
    sum: Bin,
    /// What monotone directions leave as its value.
    bounds: (f64, f64),
    histogram: Vec<Bin>,
    split: Option<Split>,
}

/// What stays the same for all trees.
pub(crate) struct Grower<'a> {
    data: &'a Binned,
    features: &'a [Feature],
    settings: &'a Settings,
    /// Where each feature's bins begin in a histogram; the end is last.
    offsets: Vec<usize>,
    order: Vec<u32>,
    scratch: Vec<u32>,
    slopes: Vec<Slope>,
}

/// A grown tree and, for each of its splits, the last place that goes left.
pub(crate) struct Grown {
    pub tree: Tree,
    places: Vec<u8>,
}

impl Grown {
    /// The value for a row of the training data, by places.
    pub fn score(&self, data: &Binned, row: usize) -> f64 {
        let mut at = 0;
        loop {
            match self.tree.nodes()[at] {
                Node::Leaf { value, .. } => return value,
                Node::Split { feature, missing_left, left, right, .. } => {
                    let bin = data.columns[feature as usize][row];
                    let to_left = if bin == MISSING { missing_left } else { bin <= self.places[at] };
                    at = (if to_left { left } else { right }) as usize;
                }
            }
        }
    }
}

impl<'a> Grower<'a> {
    pub fn new(data: &'a Binned, features: &'a [Feature], settings: &'a Settings) -> Self {
        let mut offsets = vec![0];
        for feature in 0..features.len() {
            offsets.push(offsets[feature] + data.places(feature));
        }
        let (order, scratch, slopes) = (Vec::new(), Vec::new(), Vec::new());
        Grower { data, features, settings, offsets, order, scratch, slopes }
    }

    /// Grows a tree on these rows and features. Leaf values are already shrunk by the learning rate.
    pub fn grow(&mut self, slopes: &[Slope], rows: &[u32], chosen: &[usize]) -> Grown {
        self.order.clear();
        self.order.extend_from_slice(rows);
        let bounds = (f64::NEG_INFINITY, f64::INFINITY);
        let histogram = self.histogram(slopes, 0..rows.len(), chosen);
        let mut sum = Bin::default();
        if let Some(first) = chosen.first() {
            histogram[self.offsets[*first]..self.offsets[first + 1]].iter().for_each(|bin| sum.add(*bin));
        }
        let mut root = Leaf { node: 0, depth: 0, rows: 0..rows.len(), sum, bounds, histogram, split: None };
        root.split = self.best(&root, chosen);
        let mut nodes = vec![self.end(&root)];
        let mut places = vec![0u8];
        let mut open = vec![root];
        let mut leaves = 1;
        while leaves < self.settings.leaves_max {
            let Some(next) = most_worth(&open) else { break };
            let leaf = open.swap_remove(next);
            let Some(split) = leaf.split else { break };
            let (left, right) = self.part(slopes, leaf, split, nodes.len(), &mut nodes, &mut places, chosen);
            open.push(left);
            open.push(right);
            leaves += 1;
        }
        Grown { tree: Tree::new(nodes), places }
    }

    /// Parts a leaf; the nodes of its children are appended.
    #[allow(clippy::too_many_arguments)]
    fn part(
        &mut self,
        slopes: &[Slope],
        leaf: Leaf,
        split: Split,
        next: usize,
        nodes: &mut Vec<Node>,
        places: &mut Vec<u8>,
        chosen: &[usize],
    ) -> (Leaf, Leaf) {
        let middle = leaf.rows.start + self.partition(&leaf.rows, &split);
        let mid_value = f64::midpoint(split.left_value, split.right_value);
        let (mut left_bounds, mut right_bounds) = (leaf.bounds, leaf.bounds);
        match self.features[split.feature].direction {
            Direction::Free => {}
            Direction::Rising => (left_bounds.1, right_bounds.0) = (mid_value, mid_value),
            Direction::Falling => (left_bounds.0, right_bounds.1) = (mid_value, mid_value),
        }
        let (left_rows, right_rows) = (leaf.rows.start..middle, middle..leaf.rows.end);
        let left_is_small = left_rows.len() <= right_rows.len();
        let small = if left_is_small { left_rows.clone() } else { right_rows.clone() };
        let depth = leaf.depth + 1;
        let (mut left_histogram, mut right_histogram) = (Vec::new(), Vec::new());
        // The last leaves and the deepest ones are not parted again: their histograms are not needed.
        if depth < self.settings.depth_max {
            let small = self.histogram(slopes, small, chosen);
            let mut large = leaf.histogram;
            for feature in chosen {
                let range = self.offsets[*feature]..self.offsets[feature + 1];
                for (large, small) in large[range.clone()].iter_mut().zip(&small[range]) {
                    *large = large.without(*small);
                }
            }
            (left_histogram, right_histogram) = if left_is_small { (small, large) } else { (large, small) };
        }
        let child =
            |node, rows, sum, bounds, histogram| Leaf { node, depth, rows, sum, bounds, histogram, split: None };
        let mut left = child(next, left_rows, split.left, left_bounds, left_histogram);
        let mut right = child(next + 1, right_rows, split.right, right_bounds, right_histogram);
        left.split = self.best(&left, chosen);
        right.split = self.best(&right, chosen);
        places[leaf.node] = u8::try_from(split.place).unwrap_or(u8::MAX);
        nodes[leaf.node] = Node::Split {
            feature: split.feature as u32,
            threshold: self.data.cuts[split.feature].get(split.place - 1).copied().unwrap_or(f64::MAX),
            missing_left: split.missing_left,
            left: next as u32,
            right: next as u32 + 1,
            cover: nodes[leaf.node].cover(),
        };
        nodes.push(self.end(&left));
        nodes.push(self.end(&right));
        places.extend([0, 0]);
        (left, right)
    }

    fn end(&self, leaf: &Leaf) -> Node {
        let value = self.value(leaf.sum, leaf.bounds) * self.settings.learning_rate;
        Node::Leaf { value, cover: leaf.rows.len() as u32 }
    }

    /// The value that serves a leaf best, within its bounds.
    fn value(&self, sum: Bin, bounds: (f64, f64)) -> f64 {
        let best = -sum.gradient / (sum.hessian + self.settings.l2).max(f64::MIN_POSITIVE);
        let most = self.settings.step_max;
        best.clamp(-most, most).max(bounds.0).min(bounds.1)
    }

    /// How much loss a value takes away.
    fn worth(&self, sum: Bin, value: f64) -> f64 {
        -(sum.gradient * value + 0.5 * (sum.hessian + self.settings.l2) * value * value)
    }

    /// Moves the rows that go left to the front, keeping their order; how many they are.
    fn partition(&mut self, rows: &Range<usize>, split: &Split) -> usize {
        let column = &self.data.columns[split.feature];
        let place = u8::try_from(split.place).unwrap_or(u8::MAX);
        self.scratch.clear();
        let mut write = rows.start;
        for read in rows.clone() {
            let row = self.order[read];
            let bin = column[row as usize];
            if if bin == MISSING { split.missing_left } else { bin <= place } {
                self.order[write] = row;
                write += 1;
            } else {
                self.scratch.push(row);
            }
        }
        self.order[write..rows.end].copy_from_slice(&self.scratch);
        write - rows.start
    }

    /// Sums of the rows by feature and place. Each feature is summed by one thread in the order of the rows: the result does not
    /// depend on the number of threads.
    fn histogram(&mut self, slopes: &[Slope], rows: Range<usize>, chosen: &[usize]) -> Vec<Bin> {
        let order = &self.order[rows];
        self.slopes.clear();
        self.slopes.extend(order.iter().map(|row| slopes[*row as usize]));
        let gathered = &self.slopes;
        let mut histogram = vec![Bin::default(); self.offsets.last().copied().unwrap_or(0)];
        let mut wanted = vec![false; self.features.len()];
        chosen.iter().for_each(|feature| wanted[*feature] = true);
        let mut parts: Vec<(usize, &mut [Bin])> = Vec::with_capacity(chosen.len());
        let mut rest = histogram.as_mut_slice();
        for (feature, wanted) in wanted.iter().enumerate() {
            let (part, after) = rest.split_at_mut(self.data.places(feature));
            rest = after;
            if *wanted {
                parts.push((feature, part));
            }
        }
        let sum = |(feature, part): &mut (usize, &mut [Bin])| {
            let column = &self.data.columns[*feature];
            for (row, slope) in order.iter().zip(gathered) {
                let bin = &mut part[usize::from(column[*row as usize])];
                bin.gradient += slope.gradient;
                bin.hessian += slope.hessian;
                bin.count += 1.0;
            }
        };
        let looks = order.len() * chosen.len();
        let threads = self.settings.threads.min(looks / LOOKS_PER_THREAD_MIN).min(parts.len());
        if threads < 2 {
            parts.iter_mut().for_each(sum);
        } else {
            let size = parts.len().div_ceil(threads);
            std::thread::scope(|scope| {
                for chunk in parts.chunks_mut(size) {
                    scope.spawn(move || chunk.iter_mut().for_each(sum));
                }
            });
        }
        histogram
    }

    fn best(&self, leaf: &Leaf, chosen: &[usize]) -> Option<Split> {
        let few = leaf.rows.len() < 2 * self.settings.rows_in_leaf_min;
        if few || leaf.depth >= self.settings.depth_max || leaf.histogram.is_empty() {
            return None;
        }
        let before = self.worth(leaf.sum, self.value(leaf.sum, leaf.bounds));
        let mut best: Option<Split> = None;
        for feature in chosen {
            let bins = &leaf.histogram[self.offsets[*feature]..self.offsets[feature + 1]];
            let missing = bins[0];
            let places = bins.len() - 1;
            for missing_left in if missing.count > 0.0 { &[false, true][..] } else { &[false][..] } {
                let mut left = if *missing_left { missing } else { Bin::default() };
                // With the missing on the right, everything that is there may go left.
                let last = if *missing_left || missing.count == 0.0 { places } else { places + 1 };
                for (place, bin) in bins.iter().enumerate().take(last).skip(1) {
                    left.add(*bin);
                    let right = leaf.sum.without(left);
                    if let Some(split) = self.judge(leaf, *feature, place, *missing_left, left, right, before)
                        && best.is_none_or(|best| split.gain > best.gain)
                    {
                        best = Some(split);
                    }
                }
            }
            // Where nothing was missing, a missing value later goes with the many.
            if let Some(best) = best.as_mut().filter(|best| best.feature == *feature && missing.count == 0.0) {
                best.missing_left = best.left.count >= best.right.count;
            }
        }
        best
    }

    #[allow(clippy::too_many_arguments)]
    fn judge(
        &self,
        leaf: &Leaf,
        feature: usize,
        place: usize,
        missing_left: bool,
        left: Bin,
        right: Bin,
        before: f64,
    ) -> Option<Split> {
        let (rows_min, hessian_min) = (self.settings.rows_in_leaf_min as f64, self.settings.hessian_in_leaf_min);
        if left.count < rows_min || right.count < rows_min || left.hessian < hessian_min || right.hessian < hessian_min
        {
            return None;
        }
        let (left_value, right_value) = (self.value(left, leaf.bounds), self.value(right, leaf.bounds));
        let against = match self.features[feature].direction {
            Direction::Free => false,
            Direction::Rising => left_value > right_value,
            Direction::Falling => left_value < right_value,
        };
        if against {
            return None;
        }
        let gain = self.worth(left, left_value) + self.worth(right, right_value) - before;
        (gain > GAIN_MIN.max(self.settings.gain_min)).then_some(Split {
            gain,
            feature,
            place,
            missing_left,
            left,
            right,
            left_value,
            right_value,
        })
    }
}

/// The leaf whose split is worth most; the older one among equals.
fn most_worth(open: &[Leaf]) -> Option<usize> {
    let worth = |leaf: &Leaf| leaf.split.map(|split| split.gain);
    let mut best: Option<(usize, f64, usize)> = None;
    for (index, leaf) in open.iter().enumerate() {
        if let Some(gain) = worth(leaf)
            && best.is_none_or(|(_, most, node)| gain > most || (gain == most && leaf.node < node))
        {
            best = Some((index, gain, leaf.node));
        }
    }
    best.map(|(index, ..)| index)
}
