//! The figures of a finding, as they are kept, written into acts and shown.

use ground::Timestamp;
use journey::clones::record::Point;
use journey::clones::{Evidence, Source};
use serde_json::{Value, json};

/// As JSON: moments RFC 3339, distances in kilometres, speeds in km/h.
pub fn to_json(evidence: &Evidence) -> Value {
    match evidence {
        Evidence::NotCommissioned { at } => json!({ "at": text(*at) }),
        Evidence::Decommissioned { at, since } => json!({ "at": text(*at), "since": text(*since) }),
        Evidence::TwoOrders { first, second, at } => {
            json!({ "first_order": format!("{first:016x}"), "second_order": format!("{second:016x}"), "at": text(*at) })
        }
        Evidence::ImpossibleTravel {
            from,
            to,
            distance_km,
            distance_at_least_km,
            minutes,
            speed_kmh,
            limit_kmh,
            weight,
        } => {
            json!({
                "from": point(from),
                "to": point(to),
                "distance_km": whole(*distance_km),
                "distance_at_least_km": whole(*distance_at_least_km),
                "minutes": whole(*minutes),
                "speed_kmh": whole(*speed_kmh),
                "limit_kmh": whole(*limit_kmh),
                "weight_percent": whole(weight * 100.0),
            })
        }
        Evidence::TooManyDevices { today, limit_today, span, limit_span } => {
            json!({ "today": today, "limit_today": limit_today, "span": span, "limit_span": limit_span })
        }
        Evidence::WrongMarket { abroad, home, devices, limit } => {
            json!({ "abroad": abroad, "home": home, "devices": devices, "limit": limit })
        }
        Evidence::LotRate { scans, expected, deviations, baseline_days, units } => json!({
            "scans": scans,
            "expected": whole(*expected),
            "deviations": whole(*deviations),
            "baseline_days": baseline_days,
            "units": units,
        }),
    }
}

fn text(at: Timestamp) -> String {
    at.to_rfc3339()
}

/// Whole numbers: canonical JSON of an act has no rounding to argue about.
fn whole(value: f64) -> i64 {
    value.round() as i64
}

fn point(point: &Point) -> Value {
    json!({
        "at": text(point.at),
        "latitude_e4": point.place.latitude_e4,
        "longitude_e4": point.place.longitude_e4,
        "radius_km": point.place.radius_km,
        "source": if point.place.source == Source::Given { "given" } else { "network" },
    })
}
