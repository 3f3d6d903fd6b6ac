//! Looks at windows made from day rows: what is named and what is not.

use detectors::{
    Compared, Detector, Level, Look, Measure, Method, Policy, Scope, Strength, Sums, explain, look, select,
};
use stream::{DayCounts, DayPrices, DayRow, Key, KeyKind, Shape, WINDOW_DAYS, Window, WindowBuilder};

const LAST: i32 = 20_500;

/// A window of `days` days up to [`LAST`], each as `day` makes it (0 is the oldest).
fn window(kind: KeyKind, id: &str, days: usize, day: impl Fn(usize) -> (DayCounts, DayPrices, Shape)) -> Window {
    let mut builder = WindowBuilder::new();
    let key = Key { kind, id: id.to_owned() };
    for place in 0..days {
        let on = LAST + 1 - (days - place) as i32;
        let (mut counts, prices, shape) = day(place);
        counts.signals = counts.signals.max(1);
        builder.add(&DayRow { day: on, closed_in: on, key: key.clone(), counts, prices, shape });
    }
    builder.window(&key, LAST).expect("a window")
}

fn counted(of: impl Fn(usize) -> DayCounts) -> impl Fn(usize) -> (DayCounts, DayPrices, Shape) {
    move |place| (of(place), DayPrices::default(), Shape::default())
}

fn rate_limits() -> Vec<(&'static str, f64)> {
    vec![
        ("days", 28.0),
        ("ratio_min", 1.5),
        ("events_min", 3.0),
        ("delay_days", 3.0),
        ("base_rate", 0.01),
        ("base_weight", 2000.0),
    ]
}

fn detector(method: Method, measure: Option<Measure>, scope: Scope, limits: Vec<(&'static str, f64)>) -> Detector {
    let policy = Policy::new("p", (method, measure), scope, Level::Watch, 0.05, limits.into_iter()).expect("a policy");
    Detector::new(policy).expect("a detector")
}

/// A cohort of calm members: 1 complaint in 100 units.
fn cohort(detector: &Detector, members: usize) -> Sums {
    let mut sums = Sums::default();
    for member in 0..members {
        let one = window(
            KeyKind::Product,
            "m/c",
            40,
            counted(|place| DayCounts {
                shipments: 100,
                complaints: u32::from((place + member) % 3 != 0) + u32::from((place * 7 + member) % 11 == 0),
                ..DayCounts::default()
            }),
        );
        sums.add(&detector.own_sums(&one));
    }
    sums
}

fn named(detector: &Detector, seen: &Window, sums: &Sums, hypotheses: usize) -> Option<(Look, Option<f64>)> {
    let mut all = *sums;
    all.add(&detector.own_sums(seen));
    let found = look(detector, seen, &Compared { sums: &all, funnel: None, others: None })?;
    let selected = select(&detector.policy, &[found.strength], hypotheses);
    selected.places.first().map(|_| (found, selected.threshold))
}

fn faulty(from: usize, complaints: u32) -> Window {
    window(
        KeyKind::Product,
        "m/p",
        40,
        counted(move |place| DayCounts {
            shipments: 100,
            complaints: if place >= from { complaints } else { 1 },
            ..DayCounts::default()
        }),
    )
}

#[test]
fn a_rate_that_rises_is_named_among_a_hundred_thousand_with_the_day_it_began() {
    for method in [Method::Margin, Method::EDetector] {
        let detector = detector(method, Some(Measure::Complaints), Scope::Product, rate_limits());
        let sums = cohort(&detector, 40);
        let seen = faulty(33, 9);
        let (found, threshold) =
            named(&detector, &seen, &sums, 100_000).unwrap_or_else(|| panic!("{method:?} names it"));
        let mut all = sums;
        all.add(&detector.own_sums(&seen));
        let finding =
            explain(&detector, &seen, &Compared { sums: &all, funnel: None, others: None }, &found, threshold);
        assert!(finding.ratio().unwrap() > 1.5, "{method:?} {finding:?}");
        assert!(finding.statistic >= finding.threshold, "{method:?}: {} of {}", finding.statistic, finding.threshold);
        let crossed = finding.curve.crossed.expect("it left the band");
        assert!((LAST - 8..=LAST).contains(&crossed), "{method:?} crossed {}", LAST - crossed);
        assert!((LAST - 9..=LAST).contains(&finding.since_day), "{method:?} since {}", LAST - finding.since_day);
        assert_eq!(finding.curve.points.len(), WINDOW_DAYS);
    }
}

#[test]
fn an_ordinary_rate_is_not_named_however_often_one_looks() {
    for method in [Method::Margin, Method::EDetector] {
        let detector = detector(method, Some(Measure::Complaints), Scope::Product, rate_limits());
        let sums = cohort(&detector, 40);
        let calm = faulty(40, 1);
        assert!(named(&detector, &calm, &sums, 1).is_none(), "{method:?}");
        let a_little = window(
            KeyKind::Product,
            "m/p",
            40,
            counted(|place| DayCounts {
                shipments: 100,
                complaints: 1 + u32::from(place % 4 == 0),
                ..DayCounts::default()
            }),
        );
        assert!(
            named(&detector, &a_little, &sums, 1000).is_none(),
            "{method:?}: 1.25 times the cohort is within the margin"
        );
    }
}

#[test]
fn a_product_alone_in_its_cohort_is_held_against_what_is_believed_of_it() {
    let detector = detector(Method::Margin, Some(Measure::Complaints), Scope::Product, rate_limits());
    assert!(named(&detector, &faulty(20, 8), &Sums::default(), 1000).is_some());
    assert!(named(&detector, &faulty(40, 1), &Sums::default(), 1000).is_none());
}

#[test]
fn nothing_and_very_much_are_looked_at_without_harm() {
    let everything = DayCounts::from_array([u32::MAX; DayCounts::LEN], i64::MAX, i64::MAX);
    for method in Method::ALL.iter().filter(|method| !matches!(method, Method::Totals | Method::Clone)) {
        let limits: Vec<(&str, f64)> =
            method.limits().iter().map(|limit| (limit.name, limit.minimum.max(limit.maximum.min(1.0)))).collect();
        let measure = method.is_counting().then_some(Measure::Complaints);
        let Ok(policy) =
            Policy::new("p", (*method, measure), method.scopes()[0], Level::Watch, 0.05, limits.into_iter())
        else {
            panic!("{method:?} refuses its own limits");
        };
        let Ok(detector) = Detector::new(policy) else { continue };
        for seen in [
            window(KeyKind::Product, "m/p", 1, counted(|_| DayCounts::default())),
            window(KeyKind::Product, "m/p", 40, counted(|_| everything)),
        ] {
            let own = detector.own_sums(&seen);
            let compared = Compared { sums: &own, funnel: None, others: Some(&seen) };
            if let Some(found) = look(&detector, &seen, &compared) {
                let finding = explain(&detector, &seen, &compared, &found, None);
                assert!(!finding.statistic.is_nan(), "{method:?}");
            }
        }
    }
}

fn burst_detector() -> Detector {
    let limits = vec![("units_min", 100.0), ("z_min", 4.5), ("factor_min", 5.0), ("top_share_min", 0.4)];
    detector(Method::Burst, None, Scope::Product, limits)
}

fn shape(buyers: impl Iterator<Item = u64>) -> Shape {
    let mut shape = Shape::default();
    buyers.for_each(|buyer| shape.see_buyer((buyer + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15)));
    shape
}

#[test]
fn a_promotion_with_many_buyers_is_no_finding_and_one_huge_order_is() {
    let detector = burst_detector();
    let sums = Sums::default();
    let promotion = window(KeyKind::Product, "m/p", 40, |place| {
        let orders = if place == 39 { 600 } else { 20 };
        let counts = DayCounts { orders, units_ordered: orders + orders / 5, ..DayCounts::default() };
        (counts, DayPrices::default(), shape((0..u64::from(orders)).map(|buyer| buyer + place as u64 * 1000)))
    });
    assert_eq!(named(&detector, &promotion, &sums, 1), None);
    let huge = window(KeyKind::Product, "m/p", 40, |place| {
        let (orders, units) = if place == 39 { (21, 80_000) } else { (20, 24) };
        let counts = DayCounts { orders, units_ordered: units, ..DayCounts::default() };
        (counts, DayPrices::default(), shape((0..u64::from(orders)).map(|buyer| buyer + place as u64 * 1000)))
    });
    let (found, _) = named(&detector, &huge, &sums, 1).expect("a finding");
    assert_eq!((found.strength, found.observed), (Strength::Crossed, 80_000.0));
}

/// A product of a wholesaler: on most days a few dozen, every so often a shop orders hundreds.
fn wholesale(id: &str, seed: u64, newest: Option<u32>) -> Window {
    window(KeyKind::Product, id, 34, |place| {
        let mut chance = (seed * 1_000 + place as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        chance ^= chance >> 29;
        chance = chance.wrapping_mul(0xBF58_476D_1CE4_E5B9) ^ (chance >> 32);
        // The mean of four uniform numbers is close to normal: e to it spreads tenfold up and down.
        let normal = (0..4).map(|part| ((chance >> (16 * part)) & 0xFFFF) as f64 / 65_536.0).sum::<f64>() - 2.0;
        let units = (3.4 + 1.9 * normal).exp().round().max(1.0) as u32;
        let units = newest.filter(|_| place == 33).unwrap_or(units);
        let counts = DayCounts { orders: 1, units_ordered: units, ..DayCounts::default() };
        (counts, DayPrices::default(), shape(std::iter::once(u64::from(units))))
    })
}

#[test]
fn what_a_wholesaler_does_every_week_is_no_burst_and_a_slip_of_the_keyboard_is() {
    let detector = burst_detector();
    let mut sums = Sums::default();
    let goods: Vec<Window> = (0..300).map(|seed| wholesale(&format!("m/{seed}"), seed, None)).collect();
    goods.iter().for_each(|window| sums.add(&detector.own_sums(window)));
    let large = goods.iter().filter(|window| window.days[WINDOW_DAYS - 1].units_ordered >= 100).count();
    assert!(large > 20, "many have a large day as their newest: {large}");
    let named_ones = goods.iter().filter(|window| named(&detector, window, &sums, 300).is_some()).count();
    assert_eq!(named_ones, 0);
    let slip = wholesale("m/slip", 1, Some(74_215));
    let mut with_it = sums;
    with_it.add(&detector.own_sums(&slip));
    assert!(named(&detector, &slip, &with_it, 301).is_some());

    // The same order as the very first of a product: only the cohort can tell.
    let first = window(KeyKind::Product, "m/first", 1, |_| {
        let counts = DayCounts { orders: 1, units_ordered: 80_995, ..DayCounts::default() };
        (counts, DayPrices::default(), shape(std::iter::once(7)))
    });
    let mut with_it = sums;
    with_it.add(&detector.own_sums(&first));
    assert!(named(&detector, &first, &with_it, 301).is_some());
    assert!(named(&detector, &first, &detector.own_sums(&first), 1).is_none(), "without a cohort nobody can tell");
}

#[test]
fn a_thousand_pieces_sent_back_at_once_are_one_return() {
    let detector = detector(Method::Margin, Some(Measure::Returns), Scope::Product, rate_limits());
    let seen = |times: u32, pieces: u32| {
        window(
            KeyKind::Product,
            "m/p",
            40,
            counted(move |place| DayCounts {
                shipments: 10,
                units_shipped: 1_000,
                returns: if place == 39 { times } else { 0 },
                units_returned: if place == 39 { pieces } else { 0 },
                ..DayCounts::default()
            }),
        )
    };
    assert!(named(&detector, &seen(1, 1_000), &Sums::default(), 1).is_none());
    assert!(named(&detector, &seen(60, 60), &Sums::default(), 1).is_some());
}

#[test]
fn made_up_sales_need_two_signs_and_new_customers_alone_are_none() {
    let limits = vec![
        ("days", 7.0),
        ("orders_min", 30.0),
        ("factor_min", 2.0),
        ("top_share_min", 0.2),
        ("new_share_min", 0.6),
        ("empty_share_min", 0.2),
        ("signs_min", 2.0),
    ];
    let detector = detector(Method::Brushing, None, Scope::Product, limits);
    let seen = |young: u32, light: u32| {
        window(KeyKind::Product, "m/p", 40, move |place| {
            let orders = if place >= 33 { 50 } else { 5 };
            let recent = place >= 33;
            let counts = DayCounts {
                orders,
                units_ordered: orders,
                aged_orders: orders,
                young_orders: if recent { young } else { 0 },
                weighed_parcels: orders,
                light_parcels: if recent { light } else { 0 },
                ..DayCounts::default()
            };
            (counts, DayPrices::default(), shape((0..u64::from(orders)).map(|buyer| buyer + place as u64 * 1000)))
        })
    };
    assert!(named(&detector, &seen(45, 30), &Sums::default(), 1).is_some(), "new accounts and empty parcels");
    assert!(named(&detector, &seen(45, 0), &Sums::default(), 1).is_none(), "a campaign for new customers");
    assert!(named(&detector, &seen(0, 0), &Sums::default(), 1).is_none(), "a promotion");
}

#[test]
fn a_lot_is_held_against_the_rest() {
    let limits = vec![("ratio_min", 1.5), ("events_min", 4.0), ("others_min", 30.0)];
    let detector = detector(Method::Batch, Some(Measure::Complaints), Scope::Lot, limits);
    let lot = |complaints: u32| {
        window(
            KeyKind::Lot,
            "m/l",
            10,
            counted(move |_| DayCounts { shipments: 20, complaints, ..DayCounts::default() }),
        )
    };
    let all = |complaints: u32| {
        window(
            KeyKind::Merchant,
            "m",
            40,
            counted(move |place| DayCounts {
                shipments: 120,
                complaints: u32::from(place % 2 == 0) + if place >= 30 { complaints } else { 0 },
                ..DayCounts::default()
            }),
        )
    };
    for (complaints, is_named) in [(2, true), (0, false)] {
        let (one, others) = (lot(complaints), all(complaints));
        let compared = Compared { sums: &Sums::NONE, funnel: None, others: Some(&others) };
        let found = look(&detector, &one, &compared);
        let chosen = found.is_some_and(|found| !select(&detector.policy, &[found.strength], 1000).places.is_empty());
        assert_eq!(chosen, is_named, "{complaints} complaints a day: {found:?}");
    }
}

#[test]
fn a_price_that_jumps_is_named_and_one_that_creeps_or_has_tiers_is_not() {
    let limits = vec![("change_min", 0.4), ("days_min", 7.0), ("prices_min", 3.0)];
    let detector = detector(Method::Price, None, Scope::Product, limits);
    // Prices of each day, oldest first; `set`: by the merchant, else as orders tell it.
    let seen = |set: bool, prices_of: fn(usize) -> Vec<i64>| {
        let seen = window(KeyKind::Product, "m/p", 30, move |place| {
            let mut prices = DayPrices::default();
            prices_of(place).iter().enumerate().for_each(|(at, price)| prices.see((place * 10 + at) as i64, *price));
            let counts = DayCounts { price_changes: u32::from(set), orders: u32::from(!set), ..DayCounts::default() };
            (counts, prices, Shape::default())
        });
        named(&detector, &seen, &Sums::default(), 1).is_some()
    };
    assert!(seen(true, |place| vec![if place == 29 { 4_000 } else { 9_900 }]), "set to less than half");
    assert!(!seen(true, |place| vec![9_900 - 40 * place as i64]), "a little cheaper every day");
    assert!(!seen(false, |place| vec![if place == 29 { 4_000 } else { 9_900 }]), "one order says nothing");
    assert!(seen(false, |place| vec![if place == 29 { 4_000 } else { 9_900 }; 3]), "three orders agree");
    assert!(!seen(false, |place| if place == 29 { vec![4_000, 9_900, 9_900] } else { vec![9_900; 3] }), "they do not");
    assert!(
        seen(false, |place| match place {
            28 => vec![9_900, 9_900, 4_000],
            29 => vec![4_000; 3],
            _ => vec![9_900; 3],
        }),
        "changed yesterday at noon"
    );
    assert!(!seen(false, |place| vec![if place % 5 == 4 { 4_000 } else { 9_900 }; 3]), "dear for one, cheap for many");
}

#[test]
fn made_up_reviews_are_named_and_happy_buyers_are_not() {
    let limits = vec![
        ("days", 7.0),
        ("reviews_min", 20.0),
        ("burst_factor_min", 3.0),
        ("repeat_share_min", 0.3),
        ("extreme_share_min", 0.9),
        ("verified_share_max", 0.5),
        ("top_share_min", 0.2),
        ("signs_min", 3.0),
    ];
    let detector = detector(Method::Reviews, None, Scope::Product, limits);
    let seen = |made_up: bool| {
        window(KeyKind::Product, "m/p", 40, move |place| {
            let recent = place >= 33;
            let reviews = if recent { 12 } else { 2 };
            let mut shape = Shape::default();
            for review in 0..u64::from(reviews) {
                let text = if made_up && recent { review % 2 } else { place as u64 * 100 + review };
                shape.see_text((text + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
            }
            let verified_reviews = if made_up && recent { 1 } else { reviews };
            let counts = DayCounts {
                reviews,
                verified_reviews,
                text_reviews: reviews,
                stars: [0, 0, 0, 0, reviews],
                ..DayCounts::default()
            };
            (counts, DayPrices::default(), shape)
        })
    };
    assert!(named(&detector, &seen(true), &Sums::default(), 1).is_some());
    assert!(
        named(&detector, &seen(false), &Sums::default(), 1).is_none(),
        "many honest five-star reviews after a campaign"
    );
}

#[test]
fn a_new_lot_with_too_many_complaints_is_named_within_its_first_weeks() {
    let limits = vec![
        ("days_since_first", 60.0),
        ("ratio_min", 1.5),
        ("events_min", 4.0),
        ("delay_days", 3.0),
        ("base_rate", 0.01),
        ("base_weight", 2000.0),
        ("expected_max", 50.0),
    ];
    let detector = detector(Method::Launch, Some(Measure::Complaints), Scope::Lot, limits);
    let lot = |complaints: u32| {
        window(
            KeyKind::Lot,
            "m/l",
            8,
            counted(move |_| DayCounts { shipments: 30, complaints, ..DayCounts::default() }),
        )
    };
    assert!(named(&detector, &lot(3), &Sums::default(), 1).is_some());
    assert!(named(&detector, &lot(0), &Sums::default(), 1).is_none());
    let old = window(
        KeyKind::Lot,
        "m/l",
        90,
        counted(|_| DayCounts { shipments: 30, complaints: 3, ..DayCounts::default() }),
    );
    assert!(named(&detector, &old, &Sums::default(), 1).is_none(), "after its launch other detectors watch it");
}
