//! What training promises.

use super::{market, model, normal, small};
use crate::{Chance, Dataset, Direction, Error, Feature, Ranked, Settings, train};
use proptest::prelude::*;

#[test]
fn the_same_data_settings_and_seed_give_the_same_bytes_on_any_number_of_threads() {
    // Large enough that the second thread is really used.
    let data = market(80_000, 5);
    let settings = Settings { rounds_max: 8, row_share: 0.7, feature_share: 0.8, ..small() };
    let one = train(&data, None, &Settings { threads: 1, ..settings }).expect("trains").model.to_json();
    let two = train(&data, None, &Settings { threads: 2, ..settings }).expect("trains").model.to_json();
    assert_eq!(one, two);
    let other = train(&data, None, &Settings { seed: 2, ..settings }).expect("trains").model.to_json();
    assert_ne!(one, other, "the seed decides the samples");
    let rows = Settings { feature_share: 1.0, rounds_max: 2, ..settings };
    let first = train(&data, None, &rows).expect("trains").model.to_json();
    let second = train(&data, None, &Settings { seed: 2, ..rows }).expect("trains").model.to_json();
    assert_ne!(first, second, "of rows as well");
}

#[test]
fn training_ends_when_the_held_out_examples_stop_improving_and_keeps_the_best_round() {
    let (data, held_out) = (market(2_000, 1), market(2_000, 2));
    let settings = Settings { rounds_max: 500, learning_rate: 0.2, patience_rounds: 15, ..small() };
    let trained = train(&data, Some(&held_out), &settings).expect("trains");
    assert!(trained.held_out_losses.len() < 500, "it must stop by itself");
    assert_eq!(trained.held_out_losses.len(), trained.rounds + 15);
    let best = trained.held_out_losses.iter().copied().fold(f64::INFINITY, f64::min);
    assert_eq!(trained.held_out_losses[trained.rounds - 1], best);
    let raw = trained.model.raw_all(&held_out).expect("same features");
    let chances: Vec<f64> = raw.iter().map(|raw| crate::train::probability(*raw)).collect();
    let loss = Ranked::new(&chances, held_out.labels()).measures().log_loss;
    assert!((loss - best).abs() < 1e-9, "{loss} {best}");
}

#[test]
fn held_out_examples_that_contradict_everything_leave_no_tree() {
    let data = market(1_000, 1);
    let mut held_out = Dataset::new(data.features().to_vec()).expect("features");
    let mut row = Vec::new();
    for index in 0..data.len() {
        data.row(index, &mut row);
        held_out.push(&row, !data.labels()[index]).expect("fits");
    }
    let trained = train(&data, Some(&held_out), &small()).expect("trains");
    assert_eq!(trained.rounds, 0);
    assert!(trained.model.trees().is_empty());
}

#[test]
fn it_learns_what_is_there_and_leaves_what_is_not() {
    let (model, judged) = (model(3), market(4_000, 9));
    let scores: Vec<f64> = (0..judged.len())
        .map(|index| {
            let mut row = Vec::new();
            judged.row(index, &mut row);
            model.score(&row)
        })
        .collect();
    let measures = Ranked::new(&scores, judged.labels()).measures();
    assert!(measures.auc > 0.80, "{measures:?}");
    let importance = model.importance(&judged).expect("same features");
    assert!(importance[0] > 5.0 * importance[3], "{importance:?}");
}

#[test]
fn a_value_that_is_missing_may_say_something_by_itself() {
    let mut chance = Chance::new(4);
    let mut data = Dataset::new(vec![Feature::new("x", "", Direction::Free)]).expect("features");
    for index in 0..2_000 {
        let missing = index % 4 == 0;
        let value = if missing { f64::NAN } else { normal(&mut chance) };
        data.push(&[value], if missing { index % 40 != 0 } else { index % 13 == 1 }).expect("fits");
    }
    let model = train(&data, None, &small()).expect("trains").model;
    assert!(model.score(&[f64::NAN]) > 0.85);
    assert!([-2.0, 0.0, 2.0].iter().all(|value| model.score(&[*value]) < 0.25));
    // Where all that is there is the same, only its being there can part the examples.
    let mut flat = Dataset::new(vec![Feature::new("x", "", Direction::Free)]).expect("features");
    for index in 0..400 {
        let value = if index % 4 == 0 { f64::NAN } else { 7.0 };
        flat.push(&[value], if index % 4 == 0 { index % 40 != 0 } else { index % 20 == 1 }).expect("fits");
    }
    let model = train(&flat, None, &small()).expect("trains").model;
    assert!(model.score(&[f64::NAN]) > 0.8 && model.score(&[7.0]) < 0.2);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The data turn against both directions in a corner; the model must not.
    #[test]
    fn a_score_never_moves_against_the_direction_of_a_feature(seed in 0u64..1_000, steps in proptest::collection::vec(-3.0f64..3.0, 4)) {
        let model = train(&market(1_500, seed), None, &Settings { seed, row_share: 0.8, ..small() }).expect("trains").model;
        for (feature, sign) in [(0, 1.0), (1, -1.0), (4, 1.0)] {
            let mut values = vec![steps[0], steps[1], steps[2], steps[3], 1.0];
            let mut last = f64::NEG_INFINITY;
            for step in 0..60 {
                values[feature] = -3.0 + 0.1 * f64::from(step);
                let score = sign * model.raw(&values);
                prop_assert!(score >= last - 1e-12, "feature {feature} at {}", values[feature]);
                last = score;
            }
        }
    }
}

#[test]
fn without_a_direction_the_corner_is_learned_so_the_direction_is_what_holds_it() {
    let data = market(20_000, 7);
    let free = data.features().iter().map(|f| Feature::new(&f.name, &f.unit, Direction::Free)).collect();
    let mut same = Dataset::new(free).expect("features");
    let mut row = Vec::new();
    for index in 0..data.len() {
        data.row(index, &mut row);
        same.push(&row, data.labels()[index]).expect("fits");
    }
    let model = train(&same, None, &small()).expect("trains").model;
    let at = |complaints: f64| model.raw(&[complaints, 0.0, 0.6, 0.0, 1.0]);
    assert!(at(1.5) < at(1.1) - 0.15, "the truth falls there: {} {}", at(1.1), at(1.5));
}

#[test]
fn what_cannot_be_learned_from_is_refused() {
    let feature = || vec![Feature::new("x", "", Direction::Free)];
    let mut data = Dataset::new(feature()).expect("features");
    assert!(matches!(data.push(&[f64::INFINITY], true), Err(Error::Example { row: 0, .. })));
    assert!(matches!(data.push(&[1.0, 2.0], true), Err(Error::Example { .. })));
    data.push(&[1.0], true).expect("fits");
    assert_eq!(train(&data, None, &small()), Err(Error::OneOutcome { examples: 1, positives: 1 }));
    let twice = vec![feature().remove(0), feature().remove(0)];
    assert!(matches!(Dataset::new(twice), Err(Error::Feature { index: 1, .. })));
    assert!(matches!(Dataset::new(Vec::new()), Err(Error::Feature { .. })));
    data.push(&[2.0], false).expect("fits");
    let wrong = Settings { learning_rate: f64::NAN, ..small() };
    assert!(matches!(train(&data, None, &wrong), Err(Error::Setting { name: "learning_rate", .. })));
    let other = market(10, 1);
    assert_eq!(train(&data, Some(&other), &small()), Err(Error::Different));
    let trained = train(&data, None, &small()).expect("two examples are few, but no error");
    assert_eq!(trained.model.score(&[5.0]), 0.5);
}
