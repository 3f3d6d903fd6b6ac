//! Events on their way out: query documents, single events, the form of identifiers.

use crate::model::StoredEvent;
use crate::search::EpcFormat;
use ground::Timestamp;
use serde_json::{Map, Value, json};

/// The version of EPCIS spoken here.
pub const EPCIS_VERSION: &str = "2.0.0";
/// The version of the Core Business Vocabulary spoken here.
pub const CBV_VERSION: &str = "2.0.0";

/// A query document. `name`: the query's name and the subscription's id; `SimpleEventQuery` without.
pub(crate) fn query_document(
    events: &[StoredEvent],
    name: Option<(&str, Option<&str>)>,
    format: EpcFormat,
    now: Timestamp,
) -> Value {
    let mut results = Map::new();
    if let Some((_, Some(subscription))) = name {
        results.insert("subscriptionID".into(), json!(subscription));
    }
    results.insert("queryName".into(), json!(name.map_or("SimpleEventQuery", |(name, _)| name)));
    let list: Vec<Value> = events.iter().map(|event| event_json(event, format)).collect();
    results.insert("resultsBody".into(), json!({ "eventList": list }));
    json!({
        "@context": [epcis::context::STANDARD_ADDRESS],
        "type": "EPCISQueryDocument",
        "schemaVersion": "2.0",
        "creationDate": now.to_rfc3339(),
        "epcisBody": { "queryResults": results },
    })
}

/// An event that stands alone: with its `@context`.
pub(crate) fn single(event: &StoredEvent, format: EpcFormat) -> Value {
    let mut json = event_json(event, format);
    let mut context = vec![json!(epcis::context::STANDARD_ADDRESS)];
    if let Some(Value::Array(own)) = json.as_object_mut().and_then(|object| object.shift_remove("@context")) {
        context.extend(own);
    }
    let mut whole = Map::from_iter([("@context".to_owned(), Value::Array(context))]);
    whole.extend(json.as_object().cloned().unwrap_or_default());
    Value::Object(whole)
}

/// The event as it came, with what the repository adds: its id where it had none, and the record time.
pub(crate) fn event_json(event: &StoredEvent, format: EpcFormat) -> Value {
    let mut json = event.json.clone();
    if let Some(object) = json.as_object_mut() {
        object.insert("recordTime".into(), json!(event.record_time.to_rfc3339()));
    }
    if format == EpcFormat::AlwaysDigitalLink {
        translate(&mut json);
    }
    json
}

/// Writes every EPC URN as the Digital Link it stands for.
fn translate(value: &mut Value) {
    match value {
        Value::String(text) if text.starts_with("urn:epc:") => {
            let link = crate::reading::canonical(text);
            if *text != link {
                *text = link;
            }
        }
        Value::Array(list) => list.iter_mut().for_each(translate),
        Value::Object(object) => object.values_mut().for_each(translate),
        _ => {}
    }
}
