//! What a record says, by thresholds that come from the policy in force.

use super::record::{LotRecord, Point, UnitRecord};
use super::{Event, Observation, Place, Rule, Source};
use ground::Timestamp;
use ground::time::{HOUR_MICROS, MINUTE_MICROS};

/// Two scans within this time are judged as if this far apart, so that a distance over no time is still a speed.
const INTERVAL_MICROS_MIN: i64 = MINUTE_MICROS;

/// When a unit's record is worth a warning.
#[derive(Debug, Clone, PartialEq)]
pub struct Thresholds {
    /// Faster than this nobody carries a package, km/h (door to door, airliners fly at 900).
    pub speed_kmh_max: f64,
    /// Shorter distances are never held against anybody, kilometres.
    pub distance_km_min: f64,
    /// Sum of weights at which travel is impossible. A pair of places that were both given weighs 1.
    pub travel_weight_min: f64,
    /// What a pair weighs when one of its places is known from the network only.
    pub network_pair_weight: f64,
    /// Most phones on one day.
    pub devices_day_max: u32,
    /// Most phones over 15 to 30 days, each counted once a day.
    pub devices_span_max: u32,
    /// Different phones abroad, with none at home, from which the market is wrong.
    pub abroad_devices_min: u32,
    /// How long after it was taken out of circulation a package may still be seen, microseconds.
    pub decommission_grace_micros: i64,
}

/// When a lot's record is worth a warning.
#[derive(Debug, Clone, PartialEq)]
pub struct LotThresholds {
    /// Fewer scans a day never warn.
    pub scans_day_min: u32,
    /// How many times the usual number a day must reach.
    pub factor_min: f64,
    /// Distance from the usual number in standard deviations.
    pub deviations_min: f64,
    /// Variance over mean of daily scans: 1 would be Poisson.
    pub dispersion: f64,
    /// Days after which a lot has a usual number.
    pub baseline_days_min: u32,
    /// Before that: the share of its units that may be scanned in a day.
    pub launch_share_max: f64,
    /// Share of scans outside the market from which the lot was diverted.
    pub abroad_share_max: f64,
}

/// Where a genuine code stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnitState {
    /// Printed, or not even that: not on any package yet.
    NotCommissioned,
    /// On a package.
    Commissioned,
    /// Its package was taken out of circulation then.
    Decommissioned {
        /// When.
        at: Timestamp,
    },
}

/// What is known of a unit apart from its scans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// Where it stands.
    pub state: UnitState,
}

/// What is known of a lot apart from its scans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LotFacts {
    /// Units commissioned into it.
    pub units: u64,
}

/// The figures a finding rests on.
#[derive(Debug, Clone, PartialEq)]
pub enum Evidence {
    /// It was seen then although nobody had commissioned it.
    NotCommissioned {
        /// When.
        at: Timestamp,
    },
    /// It was seen after it was taken out of circulation.
    Decommissioned {
        /// When it was seen.
        at: Timestamp,
        /// When it was taken out.
        since: Timestamp,
    },
    /// Hashes of both orders.
    TwoOrders {
        /// The earlier.
        first: u64,
        /// The later.
        second: u64,
        /// When the later one was recorded.
        at: Timestamp,
    },
    /// The pair that is furthest beyond what is possible, and what all disjoint pairs weigh.
    ImpossibleTravel {
        /// The earlier place.
        from: Point,
        /// The later place.
        to: Point,
        /// Distance, kilometres.
        distance_km: f64,
        /// What is left of it after both uncertainties, kilometres.
        distance_at_least_km: f64,
        /// Minutes between them, at least 1.
        minutes: f64,
        /// Speed that would have been needed at least, km/h.
        speed_kmh: f64,
        /// The fastest that is possible.
        limit_kmh: f64,
        /// Sum of weights.
        weight: f64,
    },
    /// Phones, about.
    TooManyDevices {
        /// On the present day.
        today: u32,
        /// The most there may be.
        limit_today: u32,
        /// Over the span, each counted once a day.
        span: u32,
        /// The most there may be.
        limit_span: u32,
    },
    /// Scans at home and abroad.
    WrongMarket {
        /// Outside the market.
        abroad: u32,
        /// Inside.
        home: u32,
        /// Phones abroad (of a unit), about; 0 for a lot.
        devices: u32,
        /// The limit: phones for a unit; share in thousandths for a lot.
        limit: u32,
    },
    /// Scans of a lot on one day.
    LotRate {
        /// Scans of the day.
        scans: u32,
        /// The usual number, or the most its units allow when the lot is new.
        expected: f64,
        /// Standard deviations from it; 0 for a new lot.
        deviations: f64,
        /// Days the usual number is made from; 0 for a new lot.
        baseline_days: u32,
        /// Units of the lot.
        units: u64,
    },
}

/// A reason to warn, with its figures.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// What it rests on.
    pub evidence: Evidence,
}

/// What a unit's record says after `seen` was taken into it. Only rules that this observation can speak for are looked at.
pub fn judge(record: &UnitRecord, seen: &Observation, facts: &Facts, limits: &Thresholds) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut add = |rule, evidence: Option<Evidence>| found.extend(evidence.map(|evidence| Finding { rule, evidence }));
    match seen.event {
        Event::Scan => {
            state(seen, facts, limits).into_iter().for_each(|(rule, evidence)| add(rule, Some(evidence)));
            add(Rule::ImpossibleTravel, travel(record, limits));
            add(Rule::TooManyDevices, devices(record, limits));
            add(Rule::WrongMarket, market(record, limits));
        }
        Event::Located => {
            add(Rule::ImpossibleTravel, travel(record, limits));
            add(Rule::WrongMarket, market(record, limits));
        }
        Event::Sale { .. } => add(Rule::TwoOrders, orders(record, seen.at)),
        Event::Return | Event::Cleared(_) => {}
    }
    found
}

fn state(seen: &Observation, facts: &Facts, limits: &Thresholds) -> Option<(Rule, Evidence)> {
    match facts.state {
        UnitState::NotCommissioned => Some((Rule::NotCommissioned, Evidence::NotCommissioned { at: seen.at })),
        UnitState::Decommissioned { at: since } if seen.at > since.plus_micros(limits.decommission_grace_micros) => {
            Some((Rule::Decommissioned, Evidence::Decommissioned { at: seen.at, since }))
        }
        _ => None,
    }
}

fn orders(record: &UnitRecord, at: Timestamp) -> Option<Evidence> {
    (record.order_before != 0).then_some(Evidence::TwoOrders { first: record.order_before, second: record.order, at })
}

/// A pair of places in which one package cannot have been.
struct Conflict<'a> {
    from: &'a Point,
    to: &'a Point,
    places: (usize, usize),
    weight: f64,
    speed_kmh: f64,
    minutes: f64,
    at_least_km: f64,
}

/// Each place is used in one pair at most, in the way that weighs most: one wrong position, however many right ones it
/// contradicts, weighs no more than one pair.
fn travel(record: &UnitRecord, limits: &Thresholds) -> Option<Evidence> {
    let points: Vec<&Point> = record.points().collect();
    let mut conflicts = Vec::new();
    for (a, from) in points.iter().enumerate() {
        for (b, to) in points.iter().enumerate().skip(a + 1) {
            conflicts.extend(conflict(from, to, (a, b), limits));
        }
    }
    conflicts.sort_by(|one, other| {
        (other.weight, other.speed_kmh).partial_cmp(&(one.weight, one.speed_kmh)).unwrap_or(std::cmp::Ordering::Equal)
    });
    let weight = matched(&conflicts, 0);
    let worst = conflicts.first().filter(|_| weight >= limits.travel_weight_min)?;
    Some(Evidence::ImpossibleTravel {
        from: *worst.from,
        to: *worst.to,
        distance_km: worst.from.place.distance_km(&worst.to.place),
        distance_at_least_km: worst.at_least_km,
        minutes: worst.minutes,
        speed_kmh: worst.speed_kmh,
        limit_kmh: limits.speed_kmh_max,
        weight,
    })
}

/// The weight of the heaviest set of conflicts that share no place; `used` has a bit for every place taken. With six places
/// there are at most three pairs and fifteen ways.
fn matched(conflicts: &[Conflict<'_>], used: u32) -> f64 {
    let Some((first, rest)) = conflicts.split_first() else { return 0.0 };
    let taken = 1 << first.places.0 | 1 << first.places.1;
    let without = matched(rest, used);
    if used & taken != 0 { without } else { without.max(first.weight + matched(rest, used | taken)) }
}

fn conflict<'a>(one: &'a Point, other: &'a Point, places: (usize, usize), limits: &Thresholds) -> Option<Conflict<'a>> {
    if one.device == other.device && one.device != 0 {
        return None;
    }
    let (from, to) = if one.at <= other.at { (one, other) } else { (other, one) };
    let at_least_km = from.place.distance_at_least_km(&to.place);
    let micros = (to.at.micros() - from.at.micros()).max(INTERVAL_MICROS_MIN);
    let speed_kmh = at_least_km / (micros as f64 / HOUR_MICROS as f64);
    if at_least_km < limits.distance_km_min || speed_kmh <= limits.speed_kmh_max {
        return None;
    }
    let given = |place: &Place| place.source == Source::Given;
    let weight = if given(&from.place) && given(&to.place) { 1.0 } else { limits.network_pair_weight };
    let minutes = micros as f64 / MINUTE_MICROS as f64;
    Some(Conflict { from, to, places, weight, speed_kmh, minutes, at_least_km })
}

fn devices(record: &UnitRecord, limits: &Thresholds) -> Option<Evidence> {
    let (today, span) = (record.devices_today.count(), record.device_days());
    let over = today > f64::from(limits.devices_day_max) + 0.5 || span > f64::from(limits.devices_span_max) + 0.5;
    over.then(|| Evidence::TooManyDevices {
        today: today.round() as u32,
        limit_today: limits.devices_day_max,
        span: span.round() as u32,
        limit_span: limits.devices_span_max,
    })
}

fn market(record: &UnitRecord, limits: &Thresholds) -> Option<Evidence> {
    let devices = record.abroad_devices();
    let wrong = record.scans_home == 0 && devices >= limits.abroad_devices_min.max(1);
    wrong.then_some(Evidence::WrongMarket {
        abroad: record.scans_abroad,
        home: record.scans_home,
        devices,
        limit: limits.abroad_devices_min,
    })
}

/// What a lot's record says.
pub fn judge_lot(record: &LotRecord, facts: &LotFacts, limits: &LotThresholds) -> Vec<Finding> {
    let mut found = Vec::new();
    if let Some(evidence) = lot_rate(record, facts, limits) {
        found.push(Finding { rule: Rule::LotRate, evidence });
    }
    let known = record.scans_home.saturating_add(record.scans_abroad);
    let share = f64::from(record.scans_abroad) / f64::from(known.max(1));
    if known >= limits.scans_day_min && share > limits.abroad_share_max {
        let evidence = Evidence::WrongMarket {
            abroad: record.scans_abroad,
            home: record.scans_home,
            devices: 0,
            limit: (limits.abroad_share_max * 1000.0).round() as u32,
        };
        found.push(Finding { rule: Rule::WrongMarket, evidence });
    }
    found
}

/// A day against the days before it: more than `factor_min` times the mean, and further from it than `deviations_min`
/// standard deviations, where the variance of a day is its mean times the dispersion (quasi-Poisson, McCullagh and Nelder
/// 1989, §6.2) and the mean itself is only known from the days there are.
fn lot_rate(record: &LotRecord, facts: &LotFacts, limits: &LotThresholds) -> Option<Evidence> {
    let scans = record.today();
    if scans < limits.scans_day_min {
        return None;
    }
    let before = record.before();
    let days = before.len() as u32;
    if days < limits.baseline_days_min.max(1) {
        let expected = facts.units as f64 * limits.launch_share_max;
        let over = f64::from(scans) > expected;
        return over.then_some(Evidence::LotRate {
            scans,
            expected,
            deviations: 0.0,
            baseline_days: 0,
            units: facts.units,
        });
    }
    // Half a scan keeps a silent lot from making every scan infinite.
    let mean = (before.iter().map(|count| f64::from(*count)).sum::<f64>() + 0.5) / f64::from(days);
    let deviation = (limits.dispersion.max(1.0) * mean * (1.0 + 1.0 / f64::from(days))).sqrt();
    let deviations = (f64::from(scans) - mean) / deviation;
    let out = f64::from(scans) >= mean * limits.factor_min && deviations >= limits.deviations_min;
    out.then_some(Evidence::LotRate { scans, expected: mean, deviations, baseline_days: days, units: facts.units })
}
