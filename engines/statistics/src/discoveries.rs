//! Choosing among many hypotheses at once: which products of a million are named.
//!
//! | procedure | takes | controls | under |
//! |---|---|---|---|
//! | [`benjamini_hochberg`] | p-values | false discovery rate ≤ level · π₀ | independence or positive regression dependence |
//! | [`benjamini_hochberg`] at [`level_for_any_dependence`] | p-values | the same | any dependence |
//! | [`storey`] | p-values | false discovery rate ≤ level, for many hypotheses | weak dependence |
//! | [`e_benjamini_hochberg`] | e-values | false discovery rate ≤ level · π₀ | any dependence |
//!
//! Sources: Benjamini & Hochberg, *JRSS B* 57 (1995) 289; Benjamini & Yekutieli, *Ann. Stat.* 29 (2001) 1165; Storey, Taylor &
//! Siegmund, *JRSS B* 66 (2004) 187; Wang & Ramdas, *JRSS B* 84 (2022) 822 (e-BH).
//!
//! All take `hypotheses`, the number of hypotheses in force, which may exceed the number of values handed in: products without a
//! single complaint have p = 1 and e ≤ 1 and need not be listed, but they count. It must not depend on the counts themselves.

use crate::error::{Error, share};

/// What was chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct Selection {
    /// Places in the slice handed in, strongest first; equal values by place.
    pub chosen: Vec<usize>,
    /// The p-value up to which, or the e-value from which, a hypothesis was chosen. `None`: nothing was.
    pub threshold: Option<f64>,
    /// The share of true null hypotheses the procedure reckoned with (1 except in [`storey`]).
    pub null_share: f64,
}

/// Rejects the k hypotheses with the smallest p-values, k the largest with p₍ₖ₎ ≤ level · k / hypotheses.
///
/// # Errors
/// A level outside (0, 1), a p-value outside [0, 1], fewer `hypotheses` than values.
pub fn benjamini_hochberg(p_values: &[f64], hypotheses: usize, level: f64) -> Result<Selection, Error> {
    checked_p(p_values, hypotheses, level)?;
    Ok(step_up(p_values, hypotheses as f64, level, 1.0))
}

/// Benjamini–Hochberg at `level / π̂₀`, with π̂₀ = (1 + #{p > λ}) / ((1 − λ) · hypotheses), at most 1; never above λ.
///
/// # Errors
/// As [`benjamini_hochberg`]; `lambda` outside (0, 1).
pub fn storey(p_values: &[f64], hypotheses: usize, level: f64, lambda: f64) -> Result<Selection, Error> {
    checked_p(p_values, hypotheses, level)?;
    let lambda = share("lambda", lambda)?;
    let unlisted = hypotheses - p_values.len();
    let above = p_values.iter().filter(|&&p| p > lambda).count() + unlisted;
    let null_share = ((1 + above) as f64 / ((1.0 - lambda) * hypotheses as f64)).min(1.0);
    let mut selection = step_up(p_values, hypotheses as f64 * null_share, level, lambda);
    selection.null_share = null_share;
    Ok(selection)
}

/// The level at which Benjamini–Hochberg holds `level` under any dependence: level / (1 + 1/2 + … + 1/hypotheses).
pub fn level_for_any_dependence(level: f64, hypotheses: usize) -> f64 {
    let harmonic: f64 = (1..=hypotheses).rev().map(|k| 1.0 / k as f64).sum();
    level / harmonic.max(1.0)
}

/// The level at which a self-consistent choice made again at every look has, over all that was ever chosen, a false discovery
/// rate of at most `level`, when the values of true null hypotheses are independent: the `a` with a · (1 + ln(1/a)) = level.
///
/// Source: W. Su, *The FDR-Linking Theorem* (2018), theorem 1 with Simes' bound: a procedure in which every chosen p-value is at
/// most a · (number chosen) / hypotheses has FDR ≤ a + a · ln(1/a).
pub fn level_for_ever_chosen(level: f64) -> Result<f64, Error> {
    let level = share("level", level)?;
    let (mut low, mut high) = (0.0, level);
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if middle * (1.0 - middle.ln()) <= level {
            low = middle;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

/// The smallest level at which Benjamini–Hochberg would choose each hypothesis, in the order handed in.
pub fn adjusted(p_values: &[f64], hypotheses: usize) -> Result<Vec<f64>, Error> {
    checked_p(p_values, hypotheses, 0.5)?;
    let order = ascending(p_values);
    let mut values = vec![1.0; p_values.len()];
    let mut smallest = 1.0f64;
    for (rank, &place) in order.iter().enumerate().rev() {
        smallest = smallest.min(p_values[place] * hypotheses as f64 / (rank + 1) as f64);
        values[place] = smallest;
    }
    Ok(values)
}

/// Rejects the k hypotheses with the largest e-values, k the largest with e₍ₖ₎ ≥ hypotheses / (level · k).
///
/// The values must be e-values at this look (expectation at most 1 under their null hypothesis). Never hand in a running maximum
/// over looks: its expectation is unbounded and the guarantee is gone (Dandapanthula & Ramdas, arXiv 2501.19360).
///
/// # Errors
/// A level outside (0, 1), a negative or undefined e-value, fewer `hypotheses` than values.
pub fn e_benjamini_hochberg(e_values: &[f64], hypotheses: usize, level: f64) -> Result<Selection, Error> {
    enough("e-values", e_values.len(), hypotheses)?;
    let level = share("level", level)?;
    if let Some(&value) = e_values.iter().find(|e| e.is_nan() || **e < 0.0) {
        return Err(Error::Argument { name: "e-value", value, range: "not below 0" });
    }
    // Only values of at least 1/level can ever be chosen: sorting those alone keeps a look at a million products cheap.
    let mut order: Vec<usize> = (0..e_values.len()).filter(|&place| e_values[place] * level >= 1.0).collect();
    order.sort_by(|&a, &b| e_values[b].total_cmp(&e_values[a]).then(a.cmp(&b)));
    let total = hypotheses as f64;
    let count = (1..=order.len()).rev().find(|&k| e_values[order[k - 1]] * level * k as f64 >= total).unwrap_or(0);
    order.truncate(count);
    Ok(Selection { threshold: (count > 0).then(|| total / (level * count as f64)), chosen: order, null_share: 1.0 })
}

fn step_up(p_values: &[f64], hypotheses: f64, level: f64, cap: f64) -> Selection {
    // No hypothesis above the bound at the last rank can be chosen: only the rest is sorted.
    let bound = |k: usize| (level * k as f64 / hypotheses).min(cap);
    let last = bound(p_values.len());
    let mut order: Vec<usize> = (0..p_values.len()).filter(|&place| p_values[place] <= last).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]).then(a.cmp(&b)));
    let count = (1..=order.len()).rev().find(|&k| p_values[order[k - 1]] <= bound(k)).unwrap_or(0);
    order.truncate(count);
    Selection { threshold: (count > 0).then(|| bound(count)), chosen: order, null_share: 1.0 }
}

fn ascending(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]).then(a.cmp(&b)));
    order
}

fn checked_p(p_values: &[f64], hypotheses: usize, level: f64) -> Result<(), Error> {
    enough("p-values", p_values.len(), hypotheses)?;
    share("level", level)?;
    match p_values.iter().find(|p| !(0.0..=1.0).contains(*p)) {
        Some(&value) => Err(Error::Argument { name: "p-value", value, range: "between 0 and 1" }),
        None => Ok(()),
    }
}

fn enough(name: &'static str, found: usize, hypotheses: usize) -> Result<(), Error> {
    if found > hypotheses {
        return Err(Error::TooLarge { name, found, limit: hypotheses });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_textbook_example_of_benjamini_and_hochberg_names_its_four() {
        // The fifteen p-values of the 1995 paper's example; four are rejected at 0.05.
        let p = [
            0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528,
            0.7590, 1.0000,
        ];
        let selection = benjamini_hochberg(&p, 15, 0.05).unwrap();
        assert_eq!(selection.chosen, [0, 1, 2, 3]);
        assert!((selection.threshold.unwrap() - 0.05 * 4.0 / 15.0).abs() < 1e-15);
        assert_eq!(
            benjamini_hochberg(&p[..4], 15, 0.05).unwrap().chosen,
            [0, 1, 2, 3],
            "what is not listed counts as p = 1"
        );
        assert!(storey(&p, 15, 0.05, 0.5).unwrap().chosen.len() >= 4);
    }

    #[test]
    fn levels_and_values_outside_their_range_are_refused() {
        assert!(benjamini_hochberg(&[0.1], 1, 0.0).is_err());
        assert!(benjamini_hochberg(&[f64::NAN], 1, 0.05).is_err());
        assert!(benjamini_hochberg(&[0.1, 0.2], 1, 0.05).is_err());
        assert!(e_benjamini_hochberg(&[-1.0], 1, 0.05).is_err());
        assert!(e_benjamini_hochberg(&[f64::NAN], 1, 0.05).is_err());
        assert!(e_benjamini_hochberg(&[f64::INFINITY], 1, 0.05).is_ok_and(|found| found.chosen == [0]));
    }

    #[test]
    fn the_level_for_everything_ever_chosen_satisfies_its_equation() {
        let a = level_for_ever_chosen(0.05).unwrap();
        assert!((a * (1.0 + (1.0 / a).ln()) - 0.05).abs() < 1e-12 && a < 0.05, "{a}");
    }

    proptest! {
        #[test]
        fn a_choice_is_self_consistent_and_maximal(p in prop::collection::vec(0.0..1.0f64, 1..60), level in 0.01..0.5f64) {
            let m = p.len();
            let selection = benjamini_hochberg(&p, m, level).unwrap();
            let k = selection.chosen.len();
            for &place in &selection.chosen {
                prop_assert!(p[place] <= level * k as f64 / m as f64);
            }
            let mut sorted = p.clone();
            sorted.sort_by(f64::total_cmp);
            for (rank, value) in sorted.iter().enumerate().skip(k) {
                prop_assert!(*value > level * (rank + 1) as f64 / m as f64);
            }
            let adjusted = adjusted(&p, m).unwrap();
            for (place, value) in adjusted.iter().enumerate() {
                prop_assert_eq!(*value <= level, selection.chosen.contains(&place));
            }
        }

        #[test]
        fn e_values_choose_as_their_inverses_do_as_p_values(e in prop::collection::vec(0.01..5000.0f64, 1..60), level in 0.01..0.5f64) {
            let p: Vec<f64> = e.iter().map(|e| (1.0 / e).min(1.0)).collect();
            let by_e = e_benjamini_hochberg(&e, e.len() + 3, level).unwrap();
            let by_p = benjamini_hochberg(&p, e.len() + 3, level).unwrap();
            let mut chosen = [by_e.chosen, by_p.chosen];
            chosen.iter_mut().for_each(|chosen| chosen.sort_unstable());
            prop_assert_eq!(&chosen[0], &chosen[1]);
        }
    }
}
