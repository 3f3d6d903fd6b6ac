//! Measures, calibration, splits, drift.

use super::{normal, unit};
use crate::Chance;
use crate::calibration::Calibration;
use crate::drift::Reference;
use crate::measures::{Ranked, calibration_error, calibration_table, wilson};
use crate::split::forward;
use crate::train::probability;
use proptest::prelude::*;

#[test]
fn measures_are_what_their_definitions_say() {
    // Worked out by hand: pairs (0.9 > 0.4, 0.1), (0.4 = 0.4, > 0.1): 3.5 of 4.
    let (chances, labels) = ([0.9, 0.4, 0.4, 0.1], [true, true, false, false]);
    let found = Ranked::new(&chances, &labels).measures();
    assert_eq!(found.auc, 3.5 / 4.0);
    // Precision 1 for the first, 2/3 at the tie.
    assert!((found.average_precision - (1.0 + 2.0 / 3.0) / 2.0).abs() < 1e-12);
    let log_loss = -(0.9f64.ln() + 0.4f64.ln() + 0.6f64.ln() + 0.9f64.ln()) / 4.0;
    assert!((found.log_loss - log_loss).abs() < 1e-12);
    assert!((found.brier - (0.01 + 0.36 + 0.16 + 0.01) / 4.0).abs() < 1e-12);
    assert!(Ranked::new(&[0.3], &[true]).measures().auc.is_nan());
}

proptest! {
    #[test]
    fn auc_counts_the_pairs(rows in proptest::collection::vec((0u8..8, any::<bool>()), 2..60)) {
        let chances: Vec<f64> = rows.iter().map(|row| f64::from(row.0) / 8.0).collect();
        let labels: Vec<bool> = rows.iter().map(|row| row.1).collect();
        let (mut won, mut pairs) = (0.0, 0.0);
        for (_, high) in rows.iter().zip(&chances).filter(|(row, _)| row.1) {
            for (_, low) in rows.iter().zip(&chances).filter(|(row, _)| !row.1) {
                pairs += 1.0;
                won += if high > low { 1.0 } else if high == low { 0.5 } else { 0.0 };
            }
        }
        let found = Ranked::new(&chances, &labels).measures().auc;
        let right = if pairs == 0.0 { found.is_nan() } else { (found - won / pairs).abs() < 1e-12 };
        prop_assert!(right);
    }

    #[test]
    fn calibration_never_turns_the_order_around(seed in any::<u64>(), rows in 10usize..3_000, slope in 0.0f64..3.0) {
        let mut chance = Chance::new(seed);
        let raw: Vec<f64> = (0..rows).map(|_| (normal(&mut chance) * 8.0).round() / 8.0).collect();
        let labels: Vec<bool> = raw.iter().map(|raw| unit(&mut chance) < probability(slope * raw - 0.5)).collect();
        if let Some(fitted) = Calibration::fit(&raw, &labels) {
            fitted.check().expect("whole");
            let mut last = 0.0;
            for step in -60..60 {
                let now = fitted.probability(f64::from(step) / 10.0);
                prop_assert!(now >= last && now < 1.0);
                last = now;
            }
        }
    }

    #[test]
    fn no_part_of_a_split_is_older_than_the_part_before(days in proptest::collection::vec(0i32..200, 1..300), gap in 0i32..40) {
        let parts = forward(&days, 0.6, 0.2, gap);
        let all = parts.learn.len() + parts.tune.len() + parts.judge.len() + parts.left_out.len();
        prop_assert_eq!(all, days.len());
        let latest = |part: &[usize]| part.iter().map(|index| days[*index]).max();
        let earliest = |part: &[usize]| part.iter().map(|index| days[*index]).min();
        for (before, after) in [(&parts.learn, &parts.tune), (&parts.learn, &parts.judge), (&parts.tune, &parts.judge)] {
            if let (Some(before), Some(after)) = (latest(before), earliest(after)) {
                prop_assert!(before + gap.max(1) <= after);
            }
        }
    }
}

#[test]
fn calibrated_probabilities_keep_their_word_on_new_examples() {
    // The raw score says twice what is true.
    let sample = |seed: u64, rows: usize| {
        let mut chance = Chance::new(seed);
        let truth: Vec<f64> = (0..rows).map(|_| normal(&mut chance) - 1.0).collect();
        let labels: Vec<bool> = truth.iter().map(|truth| unit(&mut chance) < probability(*truth)).collect();
        (truth.iter().map(|truth| 2.0 * truth + 1.0).collect::<Vec<f64>>(), labels)
    };
    let (new_raw, new_labels) = sample(2, 20_000);
    let before: Vec<f64> = new_raw.iter().map(|raw| probability(*raw)).collect();
    let gap_before = calibration_error(&calibration_table(&before, &new_labels, 10));
    for (rows, name) in [(300, "platt"), (6_000, "isotonic")] {
        let (raw, labels) = sample(1, rows);
        let fitted = Calibration::fit(&raw, &labels).expect("both outcomes");
        assert_eq!(fitted.name(), name);
        let after: Vec<f64> = new_raw.iter().map(|raw| fitted.probability(*raw)).collect();
        let gap = calibration_error(&calibration_table(&after, &new_labels, 10));
        assert!(gap < gap_before / 3.0 && gap < 0.04, "{name}: {gap} before {gap_before}");
    }
    assert_eq!(Calibration::fit(&[1.0], &[true]), None);
}

#[test]
fn a_real_difference_is_told_from_none() {
    let mut chance = Chance::new(3);
    let truth: Vec<f64> = (0..2_000).map(|_| normal(&mut chance)).collect();
    let labels: Vec<bool> = truth.iter().map(|truth| unit(&mut chance) < probability(*truth)).collect();
    let good: Vec<f64> = truth.iter().map(|truth| probability(*truth)).collect();
    let poor: Vec<f64> = truth.iter().map(|truth| probability(truth + 2.0 * normal(&mut chance))).collect();
    let same: Vec<f64> = good.iter().map(|good| good * 0.999).collect();
    let (good, poor, same) = (Ranked::new(&good, &labels), Ranked::new(&poor, &labels), Ranked::new(&same, &labels));
    let better = good.difference(&poor, 400, 1, |measures| measures.auc);
    assert!(better.lower > 0.0, "{better:?}");
    let smaller_loss = good.share_below(&poor, 400, 1, |measures| measures.log_loss);
    assert!(smaller_loss > 0.99, "{smaller_loss}");
    assert_eq!(good.share_below(&good, 400, 1, |measures| measures.log_loss), 0.5);
    let none = good.difference(&same, 400, 1, |measures| measures.auc);
    assert_eq!((none.value, none.lower, none.upper), (0.0, 0.0, 0.0));
    let auc = good.interval(400, 1, |measures| measures.auc);
    assert!(auc.lower < auc.value && auc.value < auc.upper && auc.upper - auc.lower < 0.06, "{auc:?}");
}

#[test]
fn wilson_gives_the_known_interval() {
    // 1 of 10: 0.0179 to 0.4042.
    let found = wilson(1.0, 10.0);
    assert!((found.lower - 0.017_876).abs() < 1e-4 && (found.upper - 0.404_150).abs() < 1e-4, "{found:?}");
}

#[test]
fn drift_is_seen_and_chance_is_not_taken_for_it() {
    let mut chance = Chance::new(8);
    let mut draw = |count: usize, mean: f64| (0..count).map(|_| normal(&mut chance) + mean).collect::<Vec<f64>>();
    let (then, same, moved) = (draw(5_000, 0.0), draw(5_000, 0.0), draw(5_000, 0.7));
    let reference = Reference::of(&then);
    reference.check().expect("whole");
    assert!(reference.compare(&then).psi.abs() < 1e-12);
    let quiet = reference.compare(&same);
    assert!(quiet.psi < 0.02 && quiet.psi < 4.0 * quiet.by_chance, "{quiet:?}");
    assert!(reference.compare(&moved).psi > 0.25);
    // Two groups by hand: half and half against one in five.
    let halves: Vec<f64> = (0..1_000).map(|index| f64::from(index % 2)).collect();
    let fifths: Vec<f64> = (0..1_000).map(|index| f64::from(u8::from(index % 5 == 0))).collect();
    let wanted = (0.8 - 0.5) * (0.8f64 / 0.5).ln() + (0.2 - 0.5) * (0.2f64 / 0.5).ln();
    assert!((Reference::of(&halves).compare(&fifths).psi - wanted).abs() < 1e-9);
    // What was there and is missing now has moved as well.
    assert!(Reference::of(&then).compare(&vec![f64::NAN; 100]).psi > 1.0);
    // Missing is no low value: what was missing and is low now has moved.
    let gaps: Vec<f64> = (0..1_000).map(|index| if index % 2 == 0 { f64::NAN } else { f64::from(index) }).collect();
    let filled: Vec<f64> = gaps.iter().map(|value| if value.is_nan() { 0.0 } else { *value }).collect();
    assert!(Reference::of(&gaps).compare(&filled).psi > 1.0);
}
