//! Contributions.

use super::{market, model};
use crate::tree::{Node, Tree};
use crate::{Direction, Feature, Model};
use proptest::prelude::*;

/// The expected value of a tree when only the features in `known` are: straight from the definition.
fn expected(tree: &Tree, at: usize, values: &[f64], known: u32) -> f64 {
    match tree.nodes()[at] {
        Node::Leaf { value, .. } => value,
        Node::Split { feature, threshold, missing_left, left, right, cover } => {
            let value = values[feature as usize];
            if known & (1 << feature) != 0 {
                let to_left = if value.is_nan() { missing_left } else { value <= threshold };
                return expected(tree, (if to_left { left } else { right }) as usize, values, known);
            }
            let part = |child: u32| {
                let share = f64::from(tree.nodes()[child as usize].cover()) / f64::from(cover);
                share * expected(tree, child as usize, values, known)
            };
            part(left) + part(right)
        }
    }
}

/// Shapley values by going through all sets.
fn by_definition(model: &Model, values: &[f64]) -> Vec<f64> {
    let count = model.features().len();
    let factorial = |n: usize| (1..=n).map(|k| k as f64).product::<f64>();
    let worth = |known: u32| model.trees().iter().map(|tree| expected(tree, 0, values, known)).sum::<f64>();
    let of = |feature: usize| {
        let mut sum = 0.0;
        for set in 0u32..1 << count {
            if set & (1 << feature) != 0 {
                continue;
            }
            let size = set.count_ones() as usize;
            let weight = factorial(size) * factorial(count - size - 1) / factorial(count);
            sum += weight * (worth(set | 1 << feature) - worth(set));
        }
        sum
    };
    (0..count).map(of).collect()
}

#[test]
fn contributions_are_the_shapley_values() {
    let (model, data) = (model(1), market(40, 77));
    let mut row = Vec::new();
    for index in 0..data.len() {
        data.row(index, &mut row);
        let found = model.contributions(&row);
        for (found, wanted) in found.values.iter().zip(by_definition(&model, &row)) {
            assert!((found - wanted).abs() < 1e-9, "{found} {wanted}");
        }
    }
}

#[test]
fn a_split_of_half_and_half_is_shared_as_worked_out_by_hand() {
    // x0 <= 0 ? 0 : (x1 <= 0 ? 0 : 8), with even covers: f() = 2, f(0) = 4, f(1) = 4, f(0, 1) = 8; each gets 3.
    let split =
        |feature, left, right, cover| Node::Split { feature, threshold: 0.0, missing_left: false, left, right, cover };
    let leaf = |value, cover| Node::Leaf { value, cover };
    let nodes = vec![split(0, 1, 2, 4), leaf(0.0, 2), split(1, 3, 4, 2), leaf(0.0, 1), leaf(8.0, 1)];
    let features = vec![Feature::new("a", "", Direction::Rising), Feature::new("b", "", Direction::Free)];
    let model = Model::new(features, 0.5, vec![Tree::new(nodes)]).expect("a model");
    let found = model.contributions(&[1.0, 1.0]);
    assert_eq!((found.bias, found.raw), (2.5, 8.5));
    assert!(found.values.iter().all(|value| (value - 3.0).abs() < 1e-12), "{found:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn contributions_and_bias_sum_to_the_score(seed in 0u64..1_000) {
        let (model, data) = (model(seed), market(200, seed + 5_000));
        let mut row = Vec::new();
        for index in 0..data.len() {
            data.row(index, &mut row);
            let found = model.contributions(&row);
            let sum: f64 = found.bias + found.values.iter().sum::<f64>();
            prop_assert!((sum - found.raw).abs() < 1e-9, "{} {}", sum, found.raw);
            prop_assert_eq!(found.raw, model.raw(&row));
        }
    }
}
