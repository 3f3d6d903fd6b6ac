use super::traffic::{Attack, Honest, Life, honest, misused};
use super::*;
use ground::time::{DAY_MICROS, HOUR_MICROS, MINUTE_MICROS};
use ground::{Rng, SeededRng};
use proptest::prelude::*;
use std::collections::{BTreeMap, HashMap};

/// The values of the shipped packs.
fn limits() -> Thresholds {
    Thresholds {
        speed_kmh_max: 1000.0,
        distance_km_min: 150.0,
        travel_weight_min: 1.0,
        network_pair_weight: 0.5,
        devices_day_max: 12,
        devices_span_max: 30,
        abroad_devices_min: 3,
        decommission_grace_micros: 72 * HOUR_MICROS,
    }
}

fn lot_limits() -> LotThresholds {
    LotThresholds {
        scans_day_min: 50,
        factor_min: 4.0,
        deviations_min: 6.0,
        dispersion: 3.0,
        baseline_days_min: 7,
        launch_share_max: 0.5,
        abroad_share_max: 0.3,
    }
}

const GENUINE: Facts = Facts { state: UnitState::Commissioned };

fn start() -> Timestamp {
    Timestamp::parse_rfc3339("2026-03-02T04:00:00Z").unwrap()
}

fn after(minutes: i64) -> Timestamp {
    start().plus_micros(minutes * MINUTE_MICROS)
}

fn scan(minutes: i64, device: u64, degrees: (f64, f64)) -> Observation {
    let place = Place::from_degrees(degrees.0, degrees.1, 2.0, Source::Given);
    Observation { device: Some(device), place, ..Observation::scan(after(minutes)) }
}

fn told(life: &[Observation], facts: &Facts) -> Vec<Finding> {
    let mut record = UnitRecord::default();
    let mut found = Vec::new();
    for seen in life {
        record.observe(seen);
        found.extend(judge(&record, seen, facts, &limits()));
    }
    found
}

fn rules(life: &[Observation], facts: &Facts) -> Vec<Rule> {
    let mut rules: Vec<Rule> = told(life, facts).into_iter().map(|finding| finding.rule).collect();
    rules.sort();
    rules.dedup();
    rules
}

const BEIJING: (f64, f64) = (39.90, 116.40);
const GUANGZHOU: (f64, f64) = (23.13, 113.26);
const TIANJIN: (f64, f64) = (39.13, 117.20);

#[test]
fn one_package_in_two_far_places_within_the_hour_is_two_packages() {
    let found = told(&[scan(0, 1, BEIJING), scan(30, 2, GUANGZHOU)], &GENUINE);
    let [Finding { rule: Rule::ImpossibleTravel, evidence }] = found.as_slice() else { panic!("{found:?}") };
    let Evidence::ImpossibleTravel { distance_km, minutes, speed_kmh, limit_kmh, from, to, .. } = evidence else {
        panic!("{evidence:?}")
    };
    assert!((1850.0..1930.0).contains(distance_km), "{distance_km}");
    assert_eq!((*minutes, *limit_kmh), (30.0, 1000.0));
    assert!(*speed_kmh > 3600.0 && from.at < to.at);
}

#[test]
fn a_flight_a_neighbour_town_and_one_and_the_same_phone_are_no_evidence() {
    assert_eq!(rules(&[scan(0, 1, BEIJING), scan(180, 2, GUANGZHOU)], &GENUINE), []);
    assert_eq!(rules(&[scan(0, 1, BEIJING), scan(1, 2, TIANJIN)], &GENUINE), []);
    assert_eq!(rules(&[scan(0, 1, BEIJING), scan(1, 1, GUANGZHOU)], &GENUINE), []);
}

#[test]
fn a_place_told_after_the_scan_speaks_as_well_and_is_not_a_second_scan() {
    let told = Observation { event: Event::Located, ..scan(31, 2, GUANGZHOU) };
    let life = [scan(0, 1, BEIJING), Observation { place: None, ..scan(30, 2, GUANGZHOU) }, told];
    assert_eq!(rules(&life, &GENUINE), [Rule::ImpossibleTravel]);
    let mut record = UnitRecord::default();
    life.iter().for_each(|seen| record.observe(seen));
    assert_eq!((record.scans, record.observations), (2, 3));
}

#[test]
fn places_of_the_network_need_two_independent_contradictions() {
    let network = |minutes, device, latitude, longitude| Observation {
        device: Some(device),
        place: Place::from_degrees(latitude, longitude, 300.0, Source::Network),
        ..Observation::scan(after(minutes))
    };
    let one_relay = [
        network(0, 1, 39.9, 116.4),
        network(10, 2, 39.9, 116.4),
        network(20, 3, 39.9, 116.4),
        network(25, 9, 40.7, -74.0),
    ];
    assert_eq!(rules(&one_relay, &GENUINE), [], "however many it contradicts");
    let mut two = one_relay.to_vec();
    two.push(network(30, 10, -33.9, 151.2));
    assert_eq!(rules(&two, &GENUINE), [Rule::ImpossibleTravel]);
}

#[test]
fn the_order_in_which_late_scans_arrive_does_not_matter_for_travel() {
    let life = [scan(30, 2, GUANGZHOU), scan(0, 1, BEIJING)];
    assert_eq!(rules(&life, &GENUINE), [Rule::ImpossibleTravel]);
}

#[test]
fn a_code_on_no_package_and_one_of_a_destroyed_package_are_told_at_the_first_scan() {
    let seen = [Observation::scan(after(0))];
    assert_eq!(rules(&seen, &Facts { state: UnitState::NotCommissioned }), [Rule::NotCommissioned]);
    let gone = |hours: i64| Facts { state: UnitState::Decommissioned { at: after(-60 * hours) } };
    assert_eq!(rules(&seen, &gone(73)), [Rule::Decommissioned]);
    assert_eq!(rules(&seen, &gone(71)), [], "on the way to the bin");
}

#[test]
fn two_orders_count_only_while_the_first_keeps_it() {
    let sale = |minutes, order| Observation { event: Event::Sale { order }, ..Observation::scan(after(minutes)) };
    let back = Observation { event: Event::Return, ..Observation::scan(after(5)) };
    assert_eq!(rules(&[sale(0, 7), sale(9, 8)], &GENUINE), [Rule::TwoOrders]);
    assert_eq!(rules(&[sale(0, 7), sale(9, 7)], &GENUINE), [], "the same order told twice");
    assert_eq!(rules(&[sale(0, 7), back, sale(9, 8)], &GENUINE), []);
}

#[test]
fn more_phones_than_a_dinner_has_guests_are_too_many() {
    let phones = |count: u64| (0..count).map(|device| scan(device as i64, device + 1, BEIJING)).collect::<Vec<_>>();
    assert_eq!(rules(&phones(10), &GENUINE), []);
    assert_eq!(rules(&phones(18), &GENUINE), [Rule::TooManyDevices]);
    let over_weeks: Vec<_> = (0..45).map(|day| scan(day * 12 * 60, day as u64 + 1, BEIJING)).collect();
    assert_eq!(rules(&over_weeks, &GENUINE), [Rule::TooManyDevices], "two a day for three weeks");
    let slowly: Vec<_> = (0..45).map(|day| scan(day * 10 * 24 * 60, day as u64 + 1, BEIJING)).collect();
    assert_eq!(rules(&slowly, &GENUINE), [], "what is older than two spans is forgotten");
}

#[test]
fn a_unit_only_ever_seen_abroad_is_in_the_wrong_market() {
    let abroad =
        |minutes, device| Observation { abroad: Some(true), device: Some(device), ..Observation::scan(after(minutes)) };
    let home = Observation { abroad: Some(false), ..abroad(50, 77) };
    assert_eq!(rules(&[abroad(0, 1), abroad(5, 2)], &GENUINE), [], "a couple on a journey");
    assert_eq!(rules(&[abroad(0, 1), abroad(5, 2), abroad(9, 3)], &GENUINE), [Rule::WrongMarket]);
    assert_eq!(rules(&[home, abroad(55, 2), abroad(59, 3), abroad(61, 4)], &GENUINE), []);
}

#[test]
fn what_a_person_found_harmless_starts_from_nothing() {
    let cleared = Observation { event: Event::Cleared(Rule::ImpossibleTravel), ..Observation::scan(after(31)) };
    let life = [scan(0, 1, BEIJING), scan(30, 2, GUANGZHOU), cleared, scan(32, 3, GUANGZHOU)];
    assert_eq!(told(&life, &GENUINE).len(), 1);
    let again = [&life[..], &[scan(40, 4, BEIJING)]].concat();
    assert_eq!(told(&again, &GENUINE).len(), 2, "new evidence counts again");
}

#[test]
fn a_lot_that_is_suddenly_seen_everywhere_is_told_and_a_weekend_is_not() {
    let mut record = LotRecord::default();
    let day = |record: &mut LotRecord, day: i64, scans: u32| {
        (0..scans).for_each(|_| record.observe(&Observation::scan(start().plus_days(day))));
        judge_lot(record, &LotFacts { units: 10_000 }, &lot_limits())
    };
    for n in 0..20 {
        assert_eq!(day(&mut record, n, if n % 7 > 4 { 55 } else { 25 }), [], "day {n}");
    }
    let found = day(&mut record, 20, 400);
    let [Finding { rule: Rule::LotRate, evidence: Evidence::LotRate { scans, expected, baseline_days, .. } }] =
        found.as_slice()
    else {
        panic!("{found:?}")
    };
    assert_eq!((*scans, *baseline_days), (400, 20));
    assert!((25.0..45.0).contains(expected), "{expected}");
}

#[test]
fn a_new_lot_is_measured_by_its_units() {
    let mut record = LotRecord::default();
    (0..120).for_each(|_| record.observe(&Observation::scan(start())));
    assert_eq!(judge_lot(&record, &LotFacts { units: 1000 }, &lot_limits()), []);
    assert_eq!(judge_lot(&record, &LotFacts { units: 100 }, &lot_limits()).len(), 1);
}

#[test]
fn a_lot_forgets_days_that_are_long_gone() {
    let mut record = LotRecord::default();
    (0..90).for_each(|_| record.observe(&Observation::scan(start())));
    record.observe(&Observation::scan(start().plus_days(400)));
    assert_eq!((record.today(), record.before().iter().sum::<u32>(), record.before().len()), (1, 0, 28));
    record.observe(&Observation::scan(start().plus_days(395)));
    assert_eq!(record.before().iter().sum::<u32>(), 1, "a late scan counts for its own day");
    record.observe(&Observation::scan(start()));
    assert_eq!((record.today(), record.before().iter().sum::<u32>()), (1, 1), "one too late for any count");
}

/// Shares of units, in thousandths, for which a rule spoke.
fn measure(lives: impl Iterator<Item = Life>) -> (BTreeMap<&'static str, usize>, usize, usize) {
    let (mut by_rule, mut units, mut suspected) = (BTreeMap::new(), 0, 0);
    for life in lives {
        let rules = rules(&life.seen, &life.facts);
        units += 1;
        suspected += usize::from(!rules.is_empty());
        rules.iter().for_each(|rule| *by_rule.entry(rule.name()).or_default() += 1);
    }
    (by_rule, units, suspected)
}

#[test]
fn of_honest_units_fewer_than_one_in_two_thousand_is_suspected() {
    let rng = SeededRng::new(5);
    let lives = (0..60_000).map(|_| {
        let mut share = rng.unit();
        let kind = Honest::SHARES.iter().find(|(_, part)| {
            share -= part;
            share < 0.0
        });
        honest(&rng, kind.map_or(Honest::Buyer, |(kind, _)| *kind), start())
    });
    let (by_rule, units, suspected) = measure(lives);
    println!("honest: {suspected} of {units} suspected, {by_rule:?}");
    assert!(suspected * 2000 < units, "{suspected} of {units}: {by_rule:?}");
}

#[test]
fn of_misused_codes_at_least_nineteen_in_twenty_are_found() {
    let rng = SeededRng::new(6);
    for attack in Attack::ALL {
        let (by_rule, units, found) = measure((0..1500).map(|_| misused(&rng, attack, 60, start())));
        println!("{attack:?}: {found} of {units} found, {by_rule:?}");
        assert!(found * 20 >= units * 19, "{attack:?}: {found} of {units}, {by_rule:?}");
    }
}

#[test]
fn with_a_bounded_hot_set_every_record_is_the_one_of_a_fold() {
    let rng = SeededRng::new(8);
    let lives: Vec<Life> = (0..300).map(|_| honest(&rng, Honest::Family, start())).collect();
    let mut all: Vec<(usize, Observation)> =
        lives.iter().enumerate().flat_map(|(unit, life)| life.seen.iter().map(move |seen| (unit, *seen))).collect();
    all.sort_by_key(|(_, seen)| seen.at);
    let (mut hot, mut cold) = (HotSet::new(16), HashMap::new());
    for (unit, seen) in &all {
        if hot.get(unit).is_none() {
            let kept: Option<[u8; UNIT_RECORD_BYTES]> = cold.remove(unit);
            let record = kept.map_or_else(UnitRecord::default, |bytes| UnitRecord::from_bytes(&bytes).unwrap());
            if let Some((out, record)) = hot.put(*unit, record) {
                cold.insert(out, record.to_bytes());
            }
        }
        hot.get(unit).unwrap().observe(seen);
        assert!(hot.len() <= 16);
    }
    assert!(hot.evicted() > 300);
    for (unit, life) in lives.iter().enumerate() {
        let mut folded = UnitRecord::default();
        life.seen.iter().for_each(|seen| folded.observe(seen));
        let kept = hot.remove(&unit).map_or_else(|| cold[&unit], |record| record.to_bytes());
        assert_eq!(kept, folded.to_bytes(), "unit {unit}");
    }
}

fn any_observation() -> impl Strategy<Value = Observation> {
    let event = prop_oneof![
        6 => Just(Event::Scan),
        1 => any::<u64>().prop_map(|order| Event::Sale { order }),
        1 => Just(Event::Return),
        1 => Just(Event::Located),
        1 => (0usize..7).prop_map(|rule| Event::Cleared(Rule::ALL[rule])),
    ];
    let place = prop::option::of((-90.0..90.0f64, -180.0..180.0f64, 0.0..9000.0f64, any::<bool>()));
    (0..400 * DAY_MICROS, event, any::<Option<u64>>(), place, any::<Option<bool>>()).prop_map(
        |(at, event, device, place, abroad)| Observation {
            at: start().plus_micros(at),
            event,
            device,
            place: place.and_then(|(latitude, longitude, radius, network)| {
                let source = if network { Source::Network } else { Source::Given };
                Place::from_degrees(latitude, longitude, radius, source)
            }),
            abroad,
        },
    )
}

proptest! {
    #[test]
    fn a_record_survives_being_kept_at_any_step(life in prop::collection::vec(any_observation(), 0..60), cut in 0usize..60) {
        let (mut whole, mut kept) = (UnitRecord::default(), UnitRecord::default());
        let (mut lot, mut lot_kept) = (LotRecord::default(), LotRecord::default());
        for (n, seen) in life.iter().enumerate() {
            whole.observe(seen);
            lot.observe(seen);
            kept.observe(seen);
            lot_kept.observe(seen);
            if n == cut {
                kept = UnitRecord::from_bytes(&kept.to_bytes()).unwrap();
                lot_kept = LotRecord::from_bytes(&lot_kept.to_bytes()).unwrap();
            }
            let _ = judge(&whole, seen, &GENUINE, &limits());
            let _ = judge_lot(&lot, &LotFacts { units: 10 }, &lot_limits());
        }
        prop_assert_eq!(&whole, &kept);
        prop_assert_eq!(&lot, &lot_kept);
        prop_assert!(whole.points().count() <= super::record::POINTS_MAX);
    }

    #[test]
    fn bytes_that_are_no_record_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if bytes.len() != UNIT_RECORD_BYTES { prop_assert!(UnitRecord::from_bytes(&bytes).is_none()); }
        if bytes.len() != LOT_RECORD_BYTES { prop_assert!(LotRecord::from_bytes(&bytes).is_none()); }
        let mut exact = [7u8; UNIT_RECORD_BYTES];
        exact[..bytes.len().min(UNIT_RECORD_BYTES)].copy_from_slice(&bytes[..bytes.len().min(UNIT_RECORD_BYTES)]);
        let _ = UnitRecord::from_bytes(&exact);
    }

    #[test]
    fn a_sketch_counts_to_within_a_fifth(count in 0u64..60, salt in any::<u64>()) {
        let mut sketch = super::record::Sketch::default();
        (0..count).for_each(|n| { sketch.add(n ^ salt); sketch.add(n ^ salt); });
        let error = (sketch.count() - count as f64).abs();
        prop_assert!(error <= 4.0 + count as f64 * 0.3, "{count}: {}", sketch.count());
    }
}
