//! Agreement with the standard's JSON schema on changed examples: every field of every example removed, or put in
//! another shape, in turn.

use crate::shared;
use epcis::Code;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;

/// Reasons of the standard's text that its schema does not know.
const BEYOND_SCHEMA: &[Code] = &[
    Code::NoObject,
    Code::Identifier,
    Code::CheckDigit,
    Code::Level,
    Code::Number,
    Code::SensorReport,
    Code::TimeOrder,
    Code::UndefinedPrefix,
];

/// Whether the schema is looser here and we know why.
fn beyond_schema(error: &epcis::EventError) -> bool {
    let pointer = error.pointer.as_str();
    BEYOND_SCHEMA.contains(&error.code)
        // A parent must be named when something is put in or taken out; a unit without a quantity means nothing.
        || (error.code == Code::Missing && pointer == "/parentID")
        || (error.code == Code::NotAllowed && pointer.ends_with("/uom"))
        // The schema lets places have any further fields; the standard wants extensions to have a namespace.
        || (error.code == Code::UnknownField && (pointer.starts_with("/readPoint/") || pointer.starts_with("/bizLocation/")))
        // Units of sensor reports are plain strings for the schema, codes of Recommendation 20 for the standard.
        || (error.code == Code::Unit && pointer.starts_with("/sensorElementList"))
        // An object where the context's terms must be addresses.
        || error.code == Code::Context
}

/// Every place below a value, as a list of steps.
fn places(value: &Value, here: &mut Vec<String>, out: &mut Vec<Vec<String>>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(list) => list.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    for (step, child) in children {
        here.push(step);
        out.push(here.clone());
        places(child, here, out);
        here.pop();
    }
}

fn at<'v>(value: &'v mut Value, steps: &[String]) -> &'v mut Value {
    steps.iter().fold(value, |value, step| match value {
        Value::Object(map) => map.get_mut(step).expect("a member"),
        Value::Array(list) => &mut list[step.parse::<usize>().expect("an index")],
        _ => panic!("no children"),
    })
}

fn changed(event: &Value, steps: &[String]) -> Vec<Value> {
    let (last, parents) = steps.split_last().expect("a step");
    let mut variants = Vec::new();
    let mut removed = event.clone();
    match at(&mut removed, parents) {
        Value::Object(map) => drop(map.shift_remove(last)),
        Value::Array(list) => drop(list.remove(last.parse::<usize>().expect("an index"))),
        _ => {}
    }
    variants.push(removed);
    let shapes = [
        Value::Null,
        json!(true),
        json!(17),
        json!("no such word"),
        json!("bare"),
        json!("urn:example:thing"),
        json!("https://example.org/thing"),
        json!([]),
        json!({}),
        json!(["bare"]),
        json!({"strange": 1}),
        json!("2024-05-01T08:30:00"),
        json!("urn:epcglobal:cbv:bizstep:shipping"),
        json!("%zz://broken"),
    ];
    for shape in shapes {
        let mut variant = event.clone();
        *at(&mut variant, steps) = shape;
        variants.push(variant);
    }
    let mut added = event.clone();
    if let Value::Object(map) = at(&mut added, steps) {
        map.insert("strange".to_owned(), json!("x"));
        variants.push(added);
    }
    variants
}

#[test]
fn changed_examples_are_accepted_and_refused_as_the_schema_does() {
    let Some(folder) = shared::folder() else { return };
    let schema: Value =
        serde_json::from_slice(&fs::read(folder.join("schema/EPCIS-JSON-Schema.json")).expect("the schema"))
            .expect("JSON");
    let schema = jsonschema::options().should_validate_formats(true).build(&schema).expect("a schema");
    let (mut compared, mut refused, mut stricter) = (0u32, 0u32, BTreeMap::<&str, u32>::new());
    let mut differences = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for path in shared::files(&folder.join("examples"), ".jsonld") {
        let document = epcis::read(&fs::read(&path).expect("a file"), &epcis::Limits::default()).expect("an example");
        for event in document.events.into_iter().flatten().map(|event| event.standalone()) {
            let mut list = Vec::new();
            places(&event, &mut Vec::new(), &mut list);
            // Deep inside extensions nothing is judged.
            list.retain(|steps| steps[0] != "@context" && !steps.iter().rev().skip(1).any(|step| step.contains(':')));
            for variant in list.iter().flat_map(|steps| changed(&event, steps)) {
                if !seen.insert(variant.to_string()) {
                    continue;
                }
                let (wanted, ours) = (schema.is_valid(&variant), epcis::read_event(variant.clone()));
                compared += 1;
                refused += u32::from(!wanted);
                match (&ours, wanted) {
                    (Ok(_), true) | (Err(_), false) => {}
                    (Err(error), true) if beyond_schema(error) => {
                        *stricter.entry(error.code.as_str()).or_default() += 1
                    }
                    (Err(error), true) => differences.push(format!("refused by us alone: {error}")),
                    (Ok(_), false) => differences.push(format!(
                        "accepted by us alone: {}\n  {}",
                        schema
                            .iter_errors(&variant)
                            .next()
                            .map(|error| error.to_string().chars().take(200).collect::<String>())
                            .unwrap_or_default(),
                        variant.to_string().chars().take(1500).collect::<String>()
                    )),
                }
            }
        }
    }
    println!(
        "{compared} changed events, {refused} refused by the schema; refused by the standard's text alone: {stricter:?}"
    );
    differences.sort();
    differences.dedup();
    assert!(
        differences.is_empty(),
        "{} kinds\n{}",
        differences.len(),
        differences[..differences.len().min(25)].join("\n")
    );
    assert!(compared > 10_000 && refused > 5_000, "{compared} {refused}");
}
