//! The API describes itself, whole and rightly.

use serde_json::Value;
use std::collections::BTreeSet;
use testkit::App;

fn described(document: &Value) -> BTreeSet<(String, String)> {
    let paths = document["paths"].as_object().expect("paths");
    let methods = ["get", "post", "put", "patch", "delete"];
    paths
        .iter()
        .flat_map(|(path, item)| {
            methods
                .iter()
                .filter(|method| item.get(**method).is_some())
                .map(|method| (method.to_uppercase(), path.clone()))
        })
        .collect()
}

#[tokio::test]
async fn every_json_route_is_described_and_nothing_else() {
    let app = App::start().await.unwrap();
    let document = app.visitor().get("/v1/openapi.json").await.unwrap().ok().unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let described = described(&document);
    let routed: BTreeSet<(String, String)> = app
        .product
        .table
        .iter()
        // OPTIONS tells about an address; it is no operation on it.
        .filter(|row| row.path.starts_with("/v1/") && row.path != "/v1/openapi.json" && row.method != "OPTIONS")
        .map(|row| (row.method.clone(), row.path.clone()))
        .collect();
    let apart: Vec<_> = described.symmetric_difference(&routed).collect();
    assert!(apart.is_empty(), "described and routed differ: {apart:#?}");
    assert!(described.len() > 25, "{}", described.len());
}

#[tokio::test]
async fn every_operation_has_a_summary_and_every_reference_leads_somewhere() {
    let app = App::start().await.unwrap();
    let document = app.visitor().get("/v1/openapi.json").await.unwrap().ok().unwrap();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("an item") {
            let told = operation["summary"].as_str().or(operation["description"].as_str()).unwrap_or("");
            assert!(!told.is_empty(), "{method} {path} says nothing of itself");
            assert!(
                operation["responses"].as_object().is_some_and(|all| !all.is_empty()),
                "{method} {path} has no response"
            );
        }
    }
    let mut open = vec![&document];
    while let Some(value) = open.pop() {
        if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
            let pointer = reference.strip_prefix('#').expect("a reference inside the document");
            assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
        }
        match value {
            Value::Object(map) => open.extend(map.values()),
            Value::Array(list) => open.extend(list),
            _ => {}
        }
    }
}
