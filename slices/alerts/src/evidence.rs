//! Contributions as JSON: how an alert keeps them, and how programs read them.

use crate::model::Contribution;
use detectors::{Action, Curve, Figure, Finding, Level, Measure, Method, Point, Promise, Scope, Unit};
use serde_json::{Value, json};

/// Contributions as they are kept.
pub(crate) fn to_json(contributions: &[Contribution]) -> Value {
    contributions.iter().map(one).collect::<Vec<_>>().into()
}

/// A contribution as it is kept.
pub(crate) fn one(contribution: &Contribution) -> Value {
    let finding = &contribution.finding;
    let points: Vec<Value> =
        finding.curve.points.iter().map(|point| json!([point.day, point.value, point.low, point.high])).collect();
    let figures: Vec<Value> = finding
        .figures
        .iter()
        .map(|figure| json!({"name": figure.name, "value": figure.value, "limit": figure.limit, "against": figure.against}))
        .collect();
    json!({
        "policy": finding.policy,
        "method": finding.method.name(),
        "measure": finding.measure.map(Measure::name),
        "scope": finding.scope.name(),
        "level": finding.level.name(),
        "since_day": finding.since_day,
        "day": finding.day,
        "statistic": finding.statistic,
        "threshold": finding.threshold,
        "promise": finding.promise.name(),
        "error_rate": finding.error_rate,
        "expected": finding.expected,
        "observed": finding.observed,
        "unit": finding.curve.unit.name(),
        "band": finding.curve.band,
        "crossed": finding.curve.crossed,
        "points": points,
        "figures": figures,
        "action": contribution.action.name(),
        "minutes": contribution.minutes,
    })
}

/// Reads what [`to_json`] wrote; what cannot be read is left out.
pub(crate) fn from_json(kept: &Value) -> Vec<Contribution> {
    kept.as_array().into_iter().flatten().filter_map(read).collect()
}

fn read(kept: &Value) -> Option<Contribution> {
    let text = |name: &str| kept.get(name).and_then(Value::as_str);
    let number = |name: &str| kept.get(name).and_then(Value::as_f64);
    let day = |name: &str| kept.get(name).and_then(Value::as_i64).and_then(|day| i32::try_from(day).ok());
    let curve = Curve {
        unit: Unit::from_name(text("unit")?)?,
        band: number("band")?,
        points: kept.get("points")?.as_array()?.iter().filter_map(point).collect(),
        crossed: day("crossed"),
    };
    let finding = Finding {
        policy: text("policy")?.to_owned(),
        method: Method::from_name(text("method")?)?,
        measure: text("measure").and_then(Measure::from_name),
        scope: Scope::from_name(text("scope")?)?,
        level: Level::from_name(text("level")?)?,
        since_day: day("since_day")?,
        day: day("day")?,
        statistic: number("statistic").unwrap_or(f64::INFINITY),
        threshold: number("threshold").unwrap_or_default(),
        promise: Promise::from_name(text("promise")?)?,
        error_rate: number("error_rate")?,
        expected: number("expected").unwrap_or_default(),
        observed: number("observed").unwrap_or_default(),
        curve,
        figures: kept.get("figures")?.as_array()?.iter().filter_map(figure).collect(),
    };
    let minutes = kept.get("minutes").and_then(Value::as_u64).and_then(|minutes| u32::try_from(minutes).ok());
    Some(Contribution { finding, action: Action::from_name(text("action")?)?, minutes: minutes.unwrap_or_default() })
}

fn point(kept: &Value) -> Option<Point> {
    let day = i32::try_from(kept.get(0)?.as_i64()?).ok()?;
    let number = |place: usize| kept.get(place).and_then(Value::as_f64);
    Some(Point { day, value: number(1), low: number(2)?, high: number(3)? })
}

fn figure(kept: &Value) -> Option<Figure> {
    let name = kept.get("name")?.as_str()?;
    Some(Figure {
        name: detectors::finding::FIGURES.iter().copied().find(|known| *known == name)?,
        value: kept.get("value").and_then(Value::as_f64).unwrap_or_default(),
        limit: kept.get("limit").and_then(Value::as_f64),
        against: kept.get("against").and_then(Value::as_bool).unwrap_or_default(),
    })
}
