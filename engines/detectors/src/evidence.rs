//! What a person is shown of a finding: the curve against the band of the cohort, since when, and the figures.

use crate::cohort::Prior;
use crate::finding::{Curve, Figure, Finding, Look, Point, Unit};
use crate::look::{Compared, Detector, batch_parts, sign_of, sizes_of_others};
use crate::names::Method;
use crate::rates::{Course, events_ever, reached_ever};
use crate::signs;
use crate::sizes::Sizes;
use statistics::distributions::NegativeBinomial;
use stream::{WINDOW_DAYS, Window};

/// Share of the cohort inside the band.
const BAND: f64 = 0.9;
/// Days over which a rate is smoothed in the curve.
const CURVE_DAYS: usize = 7;
/// Half the width of a normal band of 90 %, standard deviations.
const BAND_DEVIATIONS: f64 = 1.645;

/// Makes a finding of a look that was named. `threshold` is what its statistic had to reach among all keys.
pub fn explain(
    detector: &Detector,
    window: &Window,
    compared: &Compared<'_>,
    look: &Look,
    threshold: Option<f64>,
) -> Finding {
    let policy = &detector.policy;
    let (curve, mut figures, own_threshold, began) = match policy.method {
        Method::Burst | Method::Brushing | Method::Reviews | Method::Price => of_signs(detector, window, compared),
        Method::Batch => of_batch(detector, window, compared),
        _ => of_rates(detector, window, compared),
    };
    figures.insert(0, Figure::told("observed", look.observed));
    figures.insert(1, Figure::told("expected", look.expected));
    Finding {
        policy: policy.id.clone(),
        method: policy.method,
        measure: policy.measure,
        scope: policy.scope,
        level: policy.level,
        since_day: began.or(curve.crossed).unwrap_or(window.last_day),
        day: window.last_day,
        statistic: look.statistic,
        threshold: threshold.unwrap_or(own_threshold),
        promise: policy.method.promise(),
        error_rate: policy.error_rate,
        expected: look.expected,
        observed: look.observed,
        curve,
        figures,
    }
}

type Parts = (Curve, Vec<Figure>, f64, Option<i32>);

fn of_rates(detector: &Detector, window: &Window, compared: &Compared<'_>) -> Parts {
    let policy = &detector.policy;
    let prior = detector.prior(window, compared);
    let course = Course::judged(window, policy);
    let curve = rate_curve(&course, window, &prior);
    let (events, exposure) = course.trailing(WINDOW_DAYS - 1, policy.count("days").clamp(1, WINDOW_DAYS));
    let mut figures = vec![
        Figure::told("exposure", exposure),
        Figure::told("rate", if exposure > 0.0 { events / exposure } else { 0.0 }),
        Figure::told("cohort_rate", prior.mean),
        Figure::told("cohort_members", prior.members as f64),
        Figure::at_least("events", events, policy.limit("events_min")),
    ];
    if prior.mean * exposure > 0.0 && policy.limit("ratio_min") > 0.0 {
        figures.push(Figure::at_least("ratio", events / (prior.mean * exposure), policy.limit("ratio_min")));
    }
    let first = window.first_day;
    let at = |place: usize| first + i32::try_from(place).unwrap_or(0);
    let offset = WINDOW_DAYS - policy.count("days").clamp(1, WINDOW_DAYS);
    let (threshold, began) = match policy.method {
        Method::EDetector => {
            let began = detector.e_evidence(window, &prior).map(|evidence| {
                figures.push(Figure::told("events_since", evidence.observed as f64));
                figures.push(Figure::told("expected_since", evidence.expected));
                at(offset + evidence.start)
            });
            (0.0, began)
        }
        Method::Launch => {
            figures.push(Figure::told("days_since_first", f64::from(window.last_day - window.first_seen_day)));
            let looks = detector.launch_looks(window, &prior);
            (detector.launch_threshold(), looks.iter().position(|look| look.named).map(at))
        }
        Method::Proportion => {
            let path = detector.cusum(window, &prior).unwrap_or_default();
            let began = path.iter().rposition(|value| *value <= 0.0).map_or(offset, |place| offset + place + 1);
            (policy.limit("threshold"), Some(at(began.min(WINDOW_DAYS - 1))))
        }
        Method::Funnel => {
            figures.extend(compared.funnel.map(|funnel| Figure::told("dispersion", funnel.dispersion)));
            (statistics::distributions::normal::quantile(1.0 - policy.error_rate).unwrap_or(0.0), None)
        }
        _ => (0.0, first_event(&course, offset).map(at)),
    };
    (curve, figures, threshold, if policy.method == Method::Margin { None } else { began })
}

fn first_event(course: &Course, from: usize) -> Option<usize> {
    course.events[from..].iter().position(|events| *events > 0.0).map(|place| from + place)
}

/// The rate of each day over the week before it, against what the cohort would show with the same exposure.
fn rate_curve(course: &Course, window: &Window, prior: &Prior) -> Curve {
    let points: Vec<Point> = (0..WINDOW_DAYS)
        .map(|place| {
            let (events, exposure) = course.trailing(place, CURVE_DAYS);
            let day = window.first_day + i32::try_from(place).unwrap_or(0);
            let seen = exposure >= 1.0 && day >= window.first_seen_day;
            let (low, high) = band(prior.shape, prior.mean, exposure);
            Point { day, value: seen.then(|| events / exposure), low, high }
        })
        .collect();
    curve(Unit::Share, points)
}

fn band(shape: f64, mean: f64, exposure: f64) -> (f64, f64) {
    if exposure < 1.0 {
        return (0.0, 0.0);
    }
    let quantile = |share: f64| {
        let found = NegativeBinomial::new(shape, mean * exposure).and_then(|counts| counts.quantile(share));
        found.map_or(mean, |count| count as f64 / exposure)
    };
    let tail = (1.0 - BAND) / 2.0;
    (quantile(tail), quantile(1.0 - tail))
}

fn curve(unit: Unit, points: Vec<Point>) -> Curve {
    let outside = |point: &Point| {
        point.value.is_some_and(|value| value > point.high || (unit == Unit::Minor && value < point.low))
    };
    let newest = points.iter().rposition(outside);
    let crossed = newest.map(|newest| {
        let before = points[..newest].iter().rposition(|point| !outside(point));
        points[before.map_or(0, |place| place + 1)].day
    });
    Curve { unit, band: BAND, points, crossed }
}

fn of_batch(detector: &Detector, lot: &Window, compared: &Compared<'_>) -> Parts {
    let policy = &detector.policy;
    let Some(others) = compared.others else {
        return (Curve { unit: Unit::Share, band: BAND, points: Vec::new(), crossed: None }, Vec::new(), 0.0, None);
    };
    let (one, rest) = batch_parts(policy, lot, others);
    let rate = if rest.1 > 0.0 { rest.0 / rest.1 } else { 0.0 };
    let prior = Prior {
        mean: rate.max(1e-6),
        shape: rest.0.max(1.0),
        members: 1,
        variation: statistics::margin::Variation::Poisson,
    };
    let measure = policy.measure.unwrap_or(crate::names::Measure::Complaints);
    let course = Course::of(lot, measure, 0.0);
    let figures = vec![
        Figure::at_least("events", one.0, policy.limit("events_min")),
        Figure::told("exposure", one.1),
        Figure::told("rate", if one.1 > 0.0 { one.0 / one.1 } else { 0.0 }),
        Figure::told("others_rate", rate),
        Figure::told("others_events", rest.0),
        Figure::at_least("others_exposure", rest.1, policy.limit("others_min")),
    ];
    // Goods reach people over a few days and complaints come later: the curve shows events since the lot's start over its
    // purchases so far.
    let reached_before = (reached_ever(lot) - course.exposure.iter().sum::<f64>()).max(0.0);
    let events_before = (events_ever(measure, lot) as f64 - course.events.iter().sum::<f64>()).max(0.0);
    let (mut reached, mut events) = (reached_before, events_before);
    let points: Vec<Point> = (0..WINDOW_DAYS)
        .map(|place| {
            reached += course.exposure[place];
            events += course.events[place];
            let day = lot.first_day + i32::try_from(place).unwrap_or(0);
            let (low, high) = band(prior.shape, prior.mean, reached);
            Point { day, value: (reached >= 1.0).then(|| events / reached), low, high }
        })
        .collect();
    (curve(Unit::Share, points), figures, 0.0, None)
}

fn of_signs(detector: &Detector, window: &Window, compared: &Compared<'_>) -> Parts {
    let policy = &detector.policy;
    let curve = match policy.method {
        Method::Price => price_curve(window),
        Method::Reviews => count_curve(window, policy.count("days"), |day| f64::from(day.reviews)),
        Method::Burst => burst_curve(window, &sizes_of_others(detector, window, compared)),
        _ => count_curve(window, policy.count("days"), |day| f64::from(day.orders)),
    };
    let Some(sign) = sign_of(detector, window, compared) else { return (curve, Vec::new(), 0.0, None) };
    (curve, sign.figures, sign.threshold, None)
}

/// Units of each day against what is usual for the newest one.
fn burst_curve(window: &Window, others: &Sizes) -> Curve {
    let (low, high) = others.usual(window).map_or((0.0, 0.0), |usual| {
        let reach = BAND_DEVIATIONS * usual.deviation;
        ((usual.middle - reach).exp(), (usual.middle + reach).exp())
    });
    let points = window.days.iter().zip(window.first_day..).map(|(counts, day)| {
        let value = (day >= window.first_seen_day).then(|| f64::from(counts.units_ordered));
        Point { day, value, low, high }
    });
    curve(Unit::Count, points.collect())
}

/// Counts of each day against the key's own past before the newest `recent` days.
fn count_curve(window: &Window, recent: usize, of: fn(&stream::DayCounts) -> f64) -> Curve {
    let mut past = signs::past_of(window, recent, of);
    let (middle, spread) = signs::usual(&mut past);
    let (low, high) = ((middle - BAND_DEVIATIONS * spread).max(0.0), middle + BAND_DEVIATIONS * spread);
    let points = window.days.iter().zip(window.first_day..).map(|(counts, day)| {
        let value = (day >= window.first_seen_day).then(|| of(counts));
        Point { day, value, low, high }
    });
    curve(Unit::Count, points.collect())
}

/// The price that held last on each day against all prices of the days before.
fn price_curve(window: &Window) -> Curve {
    let (low, high) = signs::usual_prices(window).map_or((0.0, 0.0), |(low, high, _)| (low as f64, high as f64));
    let points = window.prices.iter().zip(window.first_day..).map(|(prices, day)| {
        let value = (prices.seen > 0).then_some(prices.last_minor as f64);
        Point { day, value, low, high }
    });
    Curve { band: 1.0, ..curve(Unit::Minor, points.collect()) }
}
