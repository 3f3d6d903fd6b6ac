//! Laws of the engine. Data are made from a stated truth with a seed.

mod explained;
mod files;
mod learned;
mod measured;

use crate::{Chance, Dataset, Direction, Feature, Model, Settings, train};

/// A number from the standard normal distribution.
fn normal(chance: &mut Chance) -> f64 {
    let unit = |chance: &mut Chance| ((chance.next() >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
    (-2.0 * unit(chance).ln()).sqrt() * (std::f64::consts::TAU * unit(chance)).cos()
}

fn unit(chance: &mut Chance) -> f64 {
    (chance.next() >> 11) as f64 / (1u64 << 53) as f64
}

/// Complaints raise the risk, age lowers it, both with a bend; price matters on both sides; one feature says nothing. A tenth
/// of the values is missing. `noise` turns against the directions in one corner.
fn market(rows: usize, seed: u64) -> Dataset {
    let mut chance = Chance::new(seed);
    let mut data = Dataset::new(vec![
        Feature::new("complaints", "per mille", Direction::Rising),
        Feature::new("age", "days", Direction::Falling),
        Feature::new("price", "log", Direction::Free),
        Feature::new("nothing", "", Direction::Free),
        Feature::new("level", "", Direction::Rising),
    ])
    .expect("features");
    for _ in 0..rows {
        let mut values: Vec<f64> = (0..4).map(|_| normal(&mut chance)).collect();
        values.push(chance.below(4) as f64);
        let corner = if values[0] > 1.2 && values[2] > 0.0 { -2.0 } else { 0.0 };
        let raw =
            -1.0 + 1.5 * values[0] + corner - values[1].max(0.0) + 0.8 * values[2].powi(2) - 0.8 + 0.3 * values[4];
        for value in &mut values {
            if unit(&mut chance) < 0.1 {
                *value = f64::NAN;
            }
        }
        data.push(&values, unit(&mut chance) < crate::train::probability(raw)).expect("fits");
    }
    data
}

fn small() -> Settings {
    Settings { rounds_max: 60, learning_rate: 0.1, leaves_max: 12, depth_max: 5, ..Settings::default() }
}

fn model(seed: u64) -> Model {
    train(&market(3_000, seed), None, &small()).expect("trains").model
}
