//! Laws over any event.

use crate::shared::{document, object_event, read_one};
use epcis::Limits;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// A valid event with many parts.
fn event() -> impl Strategy<Value = Value> {
    let ids = prop::collection::btree_set("[A-Za-z0-9._-]{1,12}", 1..6);
    let words = prop::sample::select(vec!["shipping", "receiving", "packing", "other"]);
    let extension = prop::collection::vec(
        (
            "[a-z]{1,6}",
            prop_oneof![
                "[a-zA-Z ]{0,10}".prop_map(Value::from),
                any::<i32>().prop_map(Value::from),
                any::<bool>().prop_map(Value::from)
            ],
        ),
        0..5,
    );
    (ids, words, extension, 0i64..4_000_000_000, prop::collection::vec(0u32..1000, 0..4), 1u32..5000).prop_map(
        |(ids, step, extension, second, values, quantity)| {
            let mut event = object_event();
            event["epcList"] = ids.iter().map(|id| json!(format!("urn:epc:id:sgtin:9506000.013435.{id}"))).collect();
            event["bizStep"] = json!(step);
            event["eventTime"] = json!(epcis::time::canonical(jiff::Timestamp::from_second(second).unwrap()));
            event["quantityList"] = json!([
                {"epcClass": "urn:epc:class:lgtin:4012345.012345.L1", "quantity": quantity, "uom": "KGM"},
                {"epcClass": "urn:epc:idpat:sgtin:4012345.012345.*", "quantity": 3}]);
            event["sourceList"] = json!([{"type": "owning_party", "source": "urn:epc:id:pgln:9506000.13430"}, {"type": "location", "source": "urn:x:a"}]);
            if !values.is_empty() {
                let reports: Vec<Value> = values.iter().map(|value| json!({"type": "Temperature", "value": value, "uom": "CEL"})).collect();
                event["sensorElementList"] = json!([{"sensorReport": reports, "ex:note": "n"}]);
            }
            for (name, value) in extension {
                event[format!("ex:{name}")] = json!([value, "x", {"ex:b": 1, "ex:a": "y"}]);
            }
            event
        },
    )
}

/// The same event with fields and lists in another order.
fn shuffled(value: &Value, seed: u64) -> Value {
    let turn = |length: usize| if length == 0 { 0 } else { (seed as usize).wrapping_mul(2_654_435_761) % length };
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(&String, &Value)> = map.iter().collect();
            let by = turn(entries.len());
            entries.rotate_left(by);
            if seed % 2 == 1 {
                entries.reverse();
            }
            Value::Object(
                entries
                    .into_iter()
                    .map(|(name, value)| (name.clone(), shuffled(value, seed / 3)))
                    .collect::<Map<_, _>>(),
            )
        }
        Value::Array(list) => {
            let mut list: Vec<Value> = list.iter().map(|value| shuffled(value, seed / 3)).collect();
            let by = turn(list.len());
            list.rotate_left(by);
            Value::Array(list)
        }
        other => other.clone(),
    }
}

fn hash(event: &Value) -> String {
    epcis::hash(&read_one(event).unwrap_or_else(|error| panic!("{error}: {event}")))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn the_hash_does_not_see_order(event in event(), seed in any::<u64>()) {
        prop_assert_eq!(hash(&shuffled(&event, seed)), hash(&event));
    }

    #[test]
    fn the_hash_does_not_see_how_things_are_spelled(event in event(), hours in -13i64..=13, domain in "[a-z]{3,8}") {
        let mut other = event.clone();
        let at = epcis::time::parse(event["eventTime"].as_str().unwrap()).unwrap();
        let local = epcis::time::canonical(at.checked_add(jiff::SignedDuration::from_hours(hours)).unwrap());
        let sign = if hours < 0 { '-' } else { '+' };
        other["eventTime"] = json!(format!("{}000{sign}{:02}:00", local.trim_end_matches('Z'), hours.abs()));
        let ids: Vec<Value> = event["epcList"].as_array().unwrap().iter().map(|id| {
            let canonical = epcis::identifier::canonical(id.as_str().unwrap()).into_owned();
            json!(canonical.replace("https://id.gs1.org/01/", &format!("https://{domain}.example/x/gtin/")) + "?linkType=all")
        }).collect();
        other["epcList"] = Value::Array(ids);
        let step = event["bizStep"].as_str().unwrap().to_owned();
        other["bizStep"] = json!(format!("cbv:BizStep-{step}"));
        other["quantityList"][1]["quantity"] = json!(3.0);
        other["eventID"] = json!("urn:uuid:7");
        other["recordTime"] = json!("2024-05-05T00:00:00Z");
        other["errorDeclaration"] = json!({"declarationTime": "2024-05-05T00:00:00Z"});
        prop_assert_eq!(hash(&other), hash(&event));
        // Another prefix for the same namespace.
        let text = document(std::slice::from_ref(&event)).to_string().replace("\"ex\":", "\"other\":").replace("\"ex:", "\"other:");
        let read = epcis::read(text.as_bytes(), &Limits::default()).unwrap();
        prop_assert_eq!(epcis::hash(read.events[0].as_ref().unwrap()), hash(&event));
        // White space around values.
        let mut spaced = event.clone();
        spaced["ex:spaced"] = json!("  text \t");
        let mut plain = event.clone();
        plain["ex:spaced"] = json!("text");
        prop_assert_eq!(hash(&spaced), hash(&plain));
    }

    #[test]
    fn the_hash_sees_every_change(event in event()) {
        let whole = hash(&event);
        for name in event.as_object().unwrap().keys().filter(|name| !matches!(name.as_str(), "type" | "eventTime" | "eventTimeZoneOffset" | "action" | "epcList")) {
            let mut less = event.clone();
            less.as_object_mut().unwrap().shift_remove(name);
            prop_assert_ne!(hash(&less), whole.clone(), "{}", name);
        }
        let mut more = event.clone();
        more["ex:another"] = json!(1);
        prop_assert_ne!(hash(&more), whole.clone());
        let mut later = event.clone();
        later["eventTime"] = json!("1999-01-01T00:00:00.001Z");
        prop_assert_ne!(hash(&later), whole);
    }

    #[test]
    fn an_event_reads_back_alone_as_the_same(event in event()) {
        let first = read_one(&event).unwrap();
        let again = epcis::read_event(first.standalone()).unwrap();
        prop_assert_eq!(epcis::prehash(&again), epcis::prehash(&first));
        prop_assert_eq!(again.epcs, first.epcs);
        prop_assert_eq!(again.extensions, first.extensions);
    }

    #[test]
    fn no_text_makes_a_reader_panic(text in "\\PC{0,300}", bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = epcis::read(text.as_bytes(), &Limits::default());
        let _ = epcis::read(&bytes, &Limits::default());
        let _ = epcis::identifier::read(&text);
        let _ = epcis::identifier::Pattern::read(&text);
        let _ = epcis::query::Query::from_params(&[(text.as_str(), text.as_str())]);
        let options = epcis::template::Options { time_zone_offset: "+08:00".into(), base: "urn:x".into() };
        let _ = epcis::template::read(&text, &options);
    }

    #[test]
    fn a_changed_document_never_makes_a_reader_panic(event in event(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = document(&[event]).to_string().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(read) = epcis::read(&bytes, &Limits::default()) {
            for event in read.events.iter().flatten() {
                let _ = epcis::hash(event);
                let _ = epcis::query::terms_of(event);
            }
        }
    }

    #[test]
    fn gs1_looking_text_never_makes_identifiers_panic(text in "(urn:epc:(id|class|idpat):(sgtin|sscc|sgln|grai|gdti|cpi|itip|giai|lgtin):[0-9.*%A-F]{0,30})|(https://[a-z.]{1,8}/(01|00|8003|8010|253|414)/[0-9a-zé%/]{0,40})") {
        let canonical = epcis::identifier::canonical(&text).into_owned();
        // The canonical form is canonical.
        prop_assert_eq!(epcis::identifier::canonical(&canonical).into_owned(), canonical.clone());
        let _ = epcis::identifier::Pattern::read(&text);
    }
}
