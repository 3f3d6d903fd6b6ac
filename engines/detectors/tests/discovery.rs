//! A simulated marketplace looked at every day: what share of everything ever named is false, and how much is found.

use detectors::{Compared, Detector, Level, Measure, Method, Policy, Scope, Strength, Sums, look, select};
use std::collections::BTreeSet;
use stream::{DayCounts, DayPrices, DayRow, Key, KeyKind, Shape, WindowBuilder};

const PRODUCTS: usize = 1_500;
const DAYS: usize = 75;
/// From this day on somebody looks, and from ten days later faulty products are faulty.
const LOOKED_FROM: usize = 35;
const MEAN_RATE: f64 = 0.01;
const MARGIN: f64 = 1.5;

/// A small generator: the test must be the same everywhere.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * self.next().max(1e-300).ln()).sqrt() * (std::f64::consts::TAU * self.next()).cos()
    }

    /// Marsaglia & Tsang; `shape` at least 1.
    fn gamma(&mut self, shape: f64) -> f64 {
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = (1.0 + c * x).powi(3);
            if v > 0.0 && self.next().max(1e-300).ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v;
            }
        }
    }

    fn poisson(&mut self, mean: f64) -> u32 {
        let (limit, mut product, mut count) = ((-mean).exp(), self.next(), 0);
        while product > limit {
            product *= self.next();
            count += 1;
        }
        count
    }
}

struct Product {
    units: f64,
    rate: f64,
    faulty: bool,
}

fn market(chance: &mut Chance) -> Vec<Product> {
    (0..PRODUCTS)
        .map(|place| Product {
            units: 5.0 * (1.2 * chance.normal().abs()).exp(),
            rate: MEAN_RATE * chance.gamma(6.0) / 6.0,
            faulty: place % 25 == 0,
        })
        .collect()
}

/// Names everything a method names over all days: (true, false) names, and (found, findable) faulty products. A fault can be
/// expected to be found where the cohort would have more than 0.3 complaints a day and the fault makes it three times as bad.
fn watched(method: Method, shocks: Option<f64>, seed: u64) -> ((usize, usize), (usize, usize)) {
    let limits = [
        ("days", 28.0),
        ("ratio_min", MARGIN),
        ("events_min", 3.0),
        ("delay_days", 0.0),
        ("base_rate", MEAN_RATE),
        ("base_weight", 2000.0),
    ];
    let what = (method, Some(Measure::Complaints));
    let policy = Policy::new("p", what, Scope::Product, Level::Watch, 0.05, limits.into_iter()).expect("a policy");
    let detector = Detector::new(policy).expect("a detector");
    let mut chance = Chance(seed);
    let products = market(&mut chance);
    let mut builder = WindowBuilder::new();
    let mut named: BTreeSet<usize> = BTreeSet::new();
    for day in 0..DAYS {
        for (place, product) in products.iter().enumerate() {
            let shipped = chance.poisson(product.units);
            let lift = if product.faulty && day >= LOOKED_FROM + 10 { 5.0 } else { 1.0 };
            let shock = shocks.map_or(1.0, |shape| chance.gamma(shape) / shape);
            let complaints = chance.poisson(f64::from(shipped) * product.rate * lift * shock);
            let counts = DayCounts { signals: 1, shipments: shipped, complaints, ..DayCounts::default() };
            let key = Key { kind: KeyKind::Product, id: format!("m/{place}") };
            let (prices, shape) = (DayPrices::default(), Shape::default());
            builder.add(&DayRow { day: day as i32, closed_in: day as i32, key, counts, prices, shape });
        }
        if day >= LOOKED_FROM {
            named.extend(look_once(&detector, &builder, day as i32));
        }
    }
    let is_true = |place: &usize| products[*place].faulty || products[*place].rate > MARGIN * MEAN_RATE;
    let right = named.iter().filter(|place| is_true(place)).count();
    let findable =
        |product: &&Product| product.faulty && product.units * MEAN_RATE > 0.3 && product.rate * 5.0 > 3.0 * MEAN_RATE;
    let all = products.iter().filter(findable).count();
    let found = named.iter().filter(|place| findable(&&products[**place])).count();
    ((right, named.len() - right), (found, all))
}

fn look_once(detector: &Detector, builder: &WindowBuilder, day: i32) -> Vec<usize> {
    let mut sums = Sums::default();
    builder.for_each(day, |window| sums.add(&detector.own_sums(window)));
    let (mut strengths, mut places): (Vec<Strength>, Vec<usize>) = (Vec::new(), Vec::new());
    builder.for_each(day, |window| {
        let compared = Compared { sums: &sums, funnel: None, others: None };
        if let Some(found) = look(detector, window, &compared) {
            strengths.push(found.strength);
            places.push(window.key.local_id().parse().expect("a number"));
        }
    });
    select(&detector.policy, &strengths, PRODUCTS).places.into_iter().map(|chosen| places[chosen]).collect()
}

#[test]
fn few_of_everything_ever_named_are_false_and_most_faulty_products_are_found() {
    for method in [Method::Margin, Method::EDetector] {
        for shocks in [None, Some(2.0)] {
            let (mut right, mut wrong, mut found, mut all) = (0, 0, 0, 0);
            for seed in 1..=3 {
                let (names, faults) = watched(method, shocks, 0x9E37_79B9 + seed);
                (right, wrong) = (right + names.0, wrong + names.1);
                (found, all) = (found + faults.0, all + faults.1);
            }
            let false_share = wrong as f64 / (right + wrong).max(1) as f64;
            let recall = found as f64 / all.max(1) as f64;
            println!(
                "{} shocks {shocks:?}: {right} true and {wrong} false names ({false_share:.3}); {found} of {all} found ({recall:.2})",
                method.name()
            );
            assert!(false_share <= 0.05, "{method:?} {shocks:?}: {wrong} false of {}", right + wrong);
            // Wild days cost the e-detector, which pays for being valid at any time, some of its strength.
            let least = if method == Method::EDetector && shocks.is_some() { 0.6 } else { 0.8 };
            assert!(recall >= least, "{method:?} {shocks:?}: {found} of {all}");
        }
    }
}
