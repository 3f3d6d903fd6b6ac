//! Whether what is scored today still looks like what was learned from: the population stability index.

use crate::Error;
use serde::{Deserialize, Serialize};

/// Groups of a reference, the missing not counted.
pub const GROUPS: usize = 10;
/// An empty group counts as this share.
const SHARE_MIN: f64 = 1e-4;

/// How the values of one feature were spread when the model was trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// Last value of each group but the last, ascending, at most [`GROUPS`] - 1.
    cuts: Vec<f64>,
    /// Share of each group, then of the missing.
    shares: Vec<f64>,
    /// Values seen.
    count: u64,
}

/// What a comparison found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drift {
    /// Σ (now − then) × ln(now ÷ then) over the groups: 0 for the same spread; above 0.1 worth a look, above 0.25 a change.
    pub psi: f64,
    /// What chance alone gives on average with so few values: (groups − 1) × (1/then + 1/now).
    pub by_chance: f64,
    /// Values compared.
    pub count: u64,
}

impl Reference {
    /// From the values of training, `NaN` where missing.
    pub fn of(values: &[f64]) -> Self {
        let mut present: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
        present.sort_unstable_by(f64::total_cmp);
        let mut cuts: Vec<f64> = Vec::new();
        for group in 1..GROUPS {
            if let Some(cut) = present.get((present.len() * group / GROUPS).saturating_sub(1))
                && cuts.last().is_none_or(|last| last < cut)
                && present.last() != Some(cut)
                && cut.is_finite()
            {
                cuts.push(*cut);
            }
        }
        let shares = shares(&cuts, values);
        Reference { cuts, shares, count: values.len() as u64 }
    }

    /// Whether a stored one is whole.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn check(&self) -> Result<(), Error> {
        let rising = self.cuts.windows(2).all(|pair| pair[0] < pair[1]) && self.cuts.iter().all(|cut| cut.is_finite());
        let fits = self.cuts.len() < GROUPS && self.shares.len() == self.cuts.len() + 2;
        let sound = self.shares.iter().all(|share| (0.0..=1.0).contains(share));
        if rising && fits && sound { Ok(()) } else { Err(Error::File("a drift reference is damaged".to_owned())) }
    }

    /// How far these values have moved away.
    pub fn compare(&self, values: &[f64]) -> Drift {
        let now = shares(&self.cuts, values);
        let kept = |share: f64| share.max(SHARE_MIN);
        let psi = if values.is_empty() || self.count == 0 {
            0.0
        } else {
            self.shares
                .iter()
                .zip(&now)
                .map(|(then, now)| (kept(*now) - kept(*then)) * (kept(*now) / kept(*then)).ln())
                .sum()
        };
        let groups = self.shares.iter().zip(&now).filter(|(then, now)| **then + **now > 0.0).count();
        let each = |count: u64| if count == 0 { 0.0 } else { 1.0 / count as f64 };
        let by_chance = groups.saturating_sub(1) as f64 * (each(self.count) + each(values.len() as u64));
        Drift { psi, by_chance, count: values.len() as u64 }
    }
}

fn shares(cuts: &[f64], values: &[f64]) -> Vec<f64> {
    let mut counts = vec![0u64; cuts.len() + 2];
    for value in values {
        let group = if value.is_nan() { cuts.len() + 1 } else { cuts.partition_point(|cut| cut < value) };
        counts[group] += 1;
    }
    let total = values.len().max(1) as f64;
    counts.into_iter().map(|count| count as f64 / total).collect()
}
