//! Many looks weighed together: which of them are named.
//!
//! Looks are repeated every day over windows that overlap. Benjamini–Hochberg and e-BH are therefore run at the level at which
//! everything that is ever named holds the wanted false discovery rate ([`statistics::discoveries::level_for_ever_chosen`]).

use crate::finding::Strength;
use crate::policy::Policy;
use statistics::discoveries::{benjamini_hochberg, e_benjamini_hochberg, level_for_ever_chosen};

/// What was named.
#[derive(Debug, Clone, PartialEq)]
pub struct Selected {
    /// Places in what was handed in, strongest first.
    pub places: Vec<usize>,
    /// What a statistic had to reach (the logarithm to base 10 of 1/p or of e); `None` where each crossed its own.
    pub threshold: Option<f64>,
}

/// Whether a look could be named at all, whatever the others are: what need not be kept.
pub fn could_pass(strength: Strength, policy: &Policy) -> bool {
    let level = level(policy);
    match strength {
        Strength::P(p) => p <= level,
        Strength::E(e) => e * level >= 1.0,
        Strength::Crossed => true,
    }
}

fn level(policy: &Policy) -> f64 {
    level_for_ever_chosen(policy.error_rate).unwrap_or(policy.error_rate)
}

/// Chooses among the looks of one policy. `hypotheses` is the number of keys looked at, those with nothing to say included.
pub fn select(policy: &Policy, looks: &[Strength], hypotheses: usize) -> Selected {
    let hypotheses = hypotheses.max(looks.len());
    let level = level(policy);
    let (mut p_values, mut e_values, mut crossed) = (Vec::new(), Vec::new(), Vec::new());
    for (place, strength) in looks.iter().enumerate() {
        match strength {
            Strength::P(p) => p_values.push((place, *p)),
            Strength::E(e) => e_values.push((place, *e)),
            Strength::Crossed => crossed.push(place),
        }
    }
    let (places, values): (Vec<usize>, Vec<f64>) =
        if p_values.is_empty() { e_values } else { p_values.clone() }.into_iter().unzip();
    let chosen = if values.is_empty() {
        None
    } else if p_values.is_empty() {
        e_benjamini_hochberg(&values, hypotheses, level).ok()
    } else {
        benjamini_hochberg(&values, hypotheses, level).ok()
    };
    match chosen {
        None => Selected { places: crossed, threshold: None },
        Some(chosen) => {
            let threshold =
                chosen.threshold.map(|bound| if p_values.is_empty() { bound.log10() } else { -bound.log10() });
            Selected { places: chosen.chosen.into_iter().map(|place| places[place]).collect(), threshold }
        }
    }
}
