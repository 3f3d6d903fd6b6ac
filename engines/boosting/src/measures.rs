//! How good scores are: AUC, average precision, log loss, Brier score, calibration; with bootstrap intervals.

use crate::Chance;

/// Probabilities are kept this far from 0 and 1 where a logarithm is taken.
const EDGE: f64 = 1e-15;
/// Most resamples of a bootstrap.
pub const RESAMPLES_MAX: usize = 10_000;

/// The usual measures of probabilities.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measures {
    /// Examples.
    pub examples: u64,
    /// Of them positive.
    pub positives: u64,
    /// Chance that a positive example has a higher score than a negative one, ties count half; `NaN` without both.
    pub auc: f64,
    /// Mean precision over the positives, from the highest score down; equal scores are one step.
    pub average_precision: f64,
    /// Mean log loss, nats.
    pub log_loss: f64,
    /// Mean squared error.
    pub brier: f64,
}

/// An estimate with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The estimate.
    pub value: f64,
    /// Lower end.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
}

/// Probabilities with their outcomes, in order of the scores, so that they can be measured again and again.
#[derive(Debug, Clone)]
pub struct Ranked<'a> {
    probabilities: &'a [f64],
    labels: &'a [bool],
    order: Vec<u32>,
}

impl<'a> Ranked<'a> {
    /// `probabilities` in `[0, 1]`, one a label.
    ///
    /// # Panics
    /// When the lengths differ.
    pub fn new(probabilities: &'a [f64], labels: &'a [bool]) -> Self {
        assert_eq!(probabilities.len(), labels.len(), "one probability a label");
        let mut order: Vec<u32> = (0..labels.len() as u32).collect();
        order.sort_by(|a, b| probabilities[*b as usize].total_cmp(&probabilities[*a as usize]).then(a.cmp(b)));
        Ranked { probabilities, labels, order }
    }

    /// The measures of all examples.
    pub fn measures(&self) -> Measures {
        self.weighed(|_| 1)
    }

    fn weighed(&self, times: impl Fn(usize) -> u32) -> Measures {
        let (mut above_negatives, mut pairs, mut precisions) = (0.0, 0.0, 0.0);
        let (mut positives, mut negatives, mut log_loss, mut brier) = (0.0f64, 0.0f64, 0.0, 0.0);
        let mut at = 0;
        while at < self.order.len() {
            let score = self.probabilities[self.order[at] as usize];
            let (mut here_positives, mut here_negatives) = (0.0, 0.0);
            while at < self.order.len() && self.probabilities[self.order[at] as usize] == score {
                let index = self.order[at] as usize;
                let weight = f64::from(times(index));
                if self.labels[index] {
                    here_positives += weight
                } else {
                    here_negatives += weight
                }
                at += 1;
            }
            let kept = score.clamp(EDGE, 1.0 - EDGE);
            log_loss -= here_positives * kept.ln() + here_negatives * (-kept).ln_1p();
            brier += here_positives * (1.0 - score).powi(2) + here_negatives * score.powi(2);
            // Each negative here is below the positives met so far and level with those beside it.
            above_negatives += here_negatives * (positives + here_positives / 2.0);
            positives += here_positives;
            negatives += here_negatives;
            if positives > 0.0 {
                precisions += here_positives * positives / (positives + negatives);
            }
        }
        pairs += positives * negatives;
        let examples = positives + negatives;
        Measures {
            examples: examples as u64,
            positives: positives as u64,
            auc: above_negatives / pairs,
            average_precision: precisions / positives,
            log_loss: log_loss / examples,
            brier: brier / examples,
        }
    }

    /// The central 95 % of a measure over bootstrap resamples (percentile interval, Efron 1979).
    pub fn interval(&self, resamples: usize, seed: u64, of: impl Fn(&Measures) -> f64) -> Interval {
        let value = of(&self.measures());
        let values = resampled(self.labels.len(), resamples, seed, |times| of(&self.weighed(|index| times[index])));
        interval(value, values)
    }

    /// The central 95 % of the difference of a measure to that of another score on the same examples, resampled together.
    ///
    /// # Panics
    /// When the other has another number of examples.
    pub fn difference(
        &self,
        other: &Ranked<'_>,
        resamples: usize,
        seed: u64,
        of: impl Fn(&Measures) -> f64,
    ) -> Interval {
        assert_eq!(self.labels.len(), other.labels.len(), "the same examples");
        let value = of(&self.measures()) - of(&other.measures());
        let values = resampled(self.labels.len(), resamples, seed, |times| {
            of(&self.weighed(|index| times[index])) - of(&other.weighed(|index| times[index]))
        });
        interval(value, values)
    }

    /// The share of resamples in which a measure is smaller than that of another score on the same examples; ties count half.
    ///
    /// # Panics
    /// When the other has another number of examples.
    pub fn share_below(&self, other: &Ranked<'_>, resamples: usize, seed: u64, of: impl Fn(&Measures) -> f64) -> f64 {
        assert_eq!(self.labels.len(), other.labels.len(), "the same examples");
        let values = resampled(self.labels.len(), resamples, seed, |times| {
            of(&self.weighed(|index| times[index])) - of(&other.weighed(|index| times[index]))
        });
        let won: f64 = values
            .iter()
            .map(|value| {
                if *value < 0.0 {
                    1.0
                } else if *value == 0.0 {
                    0.5
                } else {
                    0.0
                }
            })
            .sum();
        won / values.len().max(1) as f64
    }
}

fn resampled(examples: usize, resamples: usize, seed: u64, of: impl Fn(&[u32]) -> f64) -> Vec<f64> {
    let mut chance = Chance::new(seed);
    let mut times = vec![0u32; examples];
    let mut values = Vec::new();
    for _ in 0..resamples.min(RESAMPLES_MAX) {
        times.fill(0);
        (0..examples).for_each(|_| times[chance.below(examples)] += 1);
        let value = of(&times);
        // A resample without both outcomes has no AUC; it says nothing.
        if value.is_finite() {
            values.push(value);
        }
    }
    values
}

fn interval(value: f64, mut values: Vec<f64>) -> Interval {
    values.sort_unstable_by(f64::total_cmp);
    let Some(last) = values.len().checked_sub(1) else { return Interval { value, lower: value, upper: value } };
    let at = |share: f64| values[(share * last as f64).round() as usize];
    Interval { value, lower: at(0.025), upper: at(0.975) }
}

/// One row of a calibration table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Kept {
    /// Examples.
    pub examples: u64,
    /// Mean probability said.
    pub said: f64,
    /// Share that came true, with the 95 % interval of Wilson.
    pub came: Interval,
}

/// Probabilities said against shares that came true, in up to `rows` groups of about equally many examples, lowest first.
pub fn calibration_table(probabilities: &[f64], labels: &[bool], rows: usize) -> Vec<Kept> {
    let ranked = Ranked::new(probabilities, labels);
    let total = labels.len();
    let mut table = Vec::new();
    let mut begin = 0;
    for row in 0..rows {
        let end = total * (row + 1) / rows.max(1);
        if end <= begin {
            continue;
        }
        // Highest scores come first in the order: counted from its end.
        let group: Vec<usize> = (begin..end).map(|place| ranked.order[total - 1 - place] as usize).collect();
        let examples = group.len() as f64;
        let said = group.iter().map(|index| probabilities[*index]).sum::<f64>() / examples;
        let positives = group.iter().filter(|index| labels[**index]).count() as f64;
        table.push(Kept { examples: group.len() as u64, said, came: wilson(positives, examples) });
        begin = end;
    }
    table
}

/// The mean gap between what was said and what came true, weighted by examples (expected calibration error).
pub fn calibration_error(table: &[Kept]) -> f64 {
    let total: u64 = table.iter().map(|row| row.examples).sum();
    let gap: f64 = table.iter().map(|row| row.examples as f64 * (row.said - row.came.value).abs()).sum();
    gap / total.max(1) as f64
}

/// The 95 % interval of a share (Wilson 1927).
pub fn wilson(positives: f64, examples: f64) -> Interval {
    const Z: f64 = 1.959_963_984_540_054;
    let (share, square) = (positives / examples, Z * Z);
    let centre = (share + square / (2.0 * examples)) / (1.0 + square / examples);
    let half = Z * (share * (1.0 - share) / examples + square / (4.0 * examples * examples)).sqrt()
        / (1.0 + square / examples);
    Interval { value: share, lower: (centre - half).max(0.0), upper: (centre + half).min(1.0) }
}
