//! Series whose unusual moments are known, and the scoring the field uses for them.

use crate::{Detector, Verdict};
use ground::{Rng, SeededRng};
use proptest::prelude::*;

const STEP: f64 = 300.0;

fn judge(values: &[f64]) -> Vec<Verdict> {
    let mut detector = Detector::new();
    values.iter().enumerate().map(|(place, value)| detector.judge(place as f64 * STEP, *value)).collect()
}

fn noise(rng: &dyn Rng) -> f64 {
    (0..12).map(|_| rng.below(1 << 30) as f64 / (1u64 << 30) as f64).sum::<f64>() - 6.0
}

/// The kinds of series of sales and machines: each with noise of its own and, where asked, one unusual stretch.
fn made(kind: usize, seed: u64, odd: Option<usize>) -> Vec<f64> {
    let rng = SeededRng::new(seed * 31 + kind as u64);
    let mut walk = 0.0;
    (0..4_000)
        .map(|place| {
            let day = (place as f64 / 288.0 * std::f64::consts::TAU).sin();
            let weekend = if place / 288 % 7 >= 5 { 0.6 } else { 1.0 };
            walk = 0.98 * walk + noise(&rng);
            let since = odd.filter(|at| (*at..*at + 150).contains(&place)).map(|at| place - at);
            let usual = match kind {
                0 => 50.0 + 20.0 * day * weekend + 2.0 * noise(&rng),
                1 => 10.0 + walk,
                2 => (30.0 + 25.0 * day).max(0.0) + if rng.below(50) == 0 { 30.0 } else { 0.0 } + noise(&rng),
                _ => 5.0 + 0.2 * noise(&rng),
            };
            match (kind, since) {
                (0, Some(_)) => 50.0 + 2.0 * noise(&rng),
                (1, Some(since)) if since < 3 => usual + 40.0,
                (2, Some(_)) => usual + 45.0,
                (3, Some(_)) => usual + 2.0,
                _ => usual,
            }
        })
        .collect()
}

/// The application profile "standard" of the Numenta benchmark (Lavin and Ahmad 2015) for one series with one window: 100
/// for an alert at its beginning and nothing else, 0 for silence. A tenth of the series is the window.
fn benchmark(alerts: &[usize], odd: usize, length: usize) -> f64 {
    let half = length / 20;
    let (first, last) = (odd.saturating_sub(half), odd + half);
    let sigmoid = |place: f64| 2.0 / (1.0 + (5.0 * place).exp()) - 1.0;
    let inside = alerts.iter().find(|at| (first..=last).contains(at));
    let hit = inside.map_or(-1.0, |at| sigmoid((*at as f64 - last as f64) / (last - first) as f64) / sigmoid(-1.0));
    let wrong: f64 = alerts
        .iter()
        .filter(|at| !(first..=last).contains(at))
        .map(|at| if *at < first { -1.0 } else { sigmoid((at - last) as f64 / (last - first) as f64) } * 0.11)
        .sum();
    100.0 * (hit + wrong + 1.0) / 2.0
}

#[test]
fn unusual_stretches_are_told_early_and_ordinary_ones_are_not() {
    let mut sum = 0.0;
    let mut each = Vec::new();
    for kind in 0..4 {
        let mut of_kind = 0.0;
        for seed in 0..12 {
            let odd = 1_500 + (seed as usize * 173) % 2_000;
            let verdicts = judge(&made(kind, seed, Some(odd)));
            let alerts: Vec<usize> = (600..4_000).filter(|at| verdicts[*at].alert).collect();
            of_kind += benchmark(&alerts, odd, 4_000) / 12.0;
        }
        each.push(of_kind.round());
        sum += of_kind / 4.0;
    }
    println!("score by kind {each:?}, whole {sum:.1}");
    assert!(sum >= 70.0, "{sum:.1}: {each:?}");
}

#[test]
fn quiet_series_are_left_alone() {
    let mut alerts = 0;
    for kind in 0..4 {
        for seed in 100..112 {
            alerts += judge(&made(kind, seed, None)).iter().filter(|verdict| verdict.alert).count();
        }
    }
    // 48 series of two weeks each, five minutes a value.
    println!("false alerts: {alerts} in {} values", 48 * 4_000);
    assert!(alerts <= 24, "{alerts}");
}

#[test]
fn a_value_is_judged_by_what_came_before_it_alone() {
    let values = made(0, 5, Some(2_000));
    let whole = judge(&values);
    let begun = judge(&values[..2_300]);
    assert_eq!(whole[..2_300], begun[..]);
}

#[test]
fn a_flat_series_is_usual_and_its_end_is_not() {
    let mut values = vec![7.0; 1_000];
    values.extend([9.0; 5]);
    let verdicts = judge(&values);
    assert!(verdicts[..1_000].iter().all(|verdict| !verdict.alert));
    assert!(verdicts[1_000..].iter().any(|verdict| verdict.alert), "{:?}", &verdicts[998..]);
}

#[test]
fn what_is_missing_is_no_anomaly() {
    let mut values = made(0, 9, None);
    values[1_000..1_100].fill(f64::NAN);
    let verdicts = judge(&values);
    assert!(verdicts[1_000..1_100].iter().all(|verdict| verdict.score == 0.0 && !verdict.alert));
}

proptest! {
    #[test]
    fn any_numbers_give_scores_in_their_range(values in proptest::collection::vec(proptest::num::f64::ANY, 0..400)) {
        for verdict in judge(&values) {
            prop_assert!((0.0..=1.0).contains(&verdict.score));
            prop_assert!((0.0..=1.0).contains(&verdict.probability), "{}", verdict.probability);
        }
    }
}
