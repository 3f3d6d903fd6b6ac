//! Problems, JSON, OpenAPI, idempotency.

use super::*;
use serde_json::{Value, json};

fn things() -> axum::http::request::Builder {
    Request::post("/v1/things").header("authorization", "Bearer admin-token").header("content-type", "application/json")
}

/// The schema of a problem as the served document has it.
async fn problem_schema(app: &App) -> jsonschema::Validator {
    let document = app.get("/v1/openapi.json").await.json();
    let schema = json!({ "$ref": "#/components/schemas/Problem", "components": document["components"] });
    jsonschema::validator_for(&schema).expect("a schema")
}

#[tokio::test]
async fn every_failure_of_the_api_is_a_problem_of_the_described_shape() {
    let app = App::start().await;
    let schema = problem_schema(&app).await;
    assert!(!schema.is_valid(&json!({ "title": "x" })), "the schema asks for something");
    let failures = [
        app.get("/v1/nowhere").await,
        app.get("/v1/webhooks").await,
        app.get("/v1/panics").await,
        app.get("/v1/leaks").await,
        app.call(Request::put("/v1/things"), Body::empty()).await,
        app.call(things(), "{").await,
        app.call(things(), "{}").await,
        app.call(things().header("content-encoding", "x"), r#"{"name":1,"price":2}"#).await,
    ];
    for failure in failures {
        let body = failure.json();
        assert_eq!(failure.header("content-type"), "application/problem+json", "{body}");
        assert!(schema.is_valid(&body), "{body}");
        assert_eq!(body["status"], failure.status, "{body}");
        assert!(!body["title"].as_str().unwrap().contains('⟨'), "a text for every code: {body}");
        assert!(body["instance"].as_str().unwrap().ends_with(failure.header("x-request-id")), "{body}");
    }
}

#[tokio::test]
async fn what_caused_a_failure_never_leaves_the_process() {
    let app = App::start().await;
    for path in ["/v1/panics", "/v1/leaks", "/public/panics"] {
        let answer = app.get(path).await;
        assert_eq!(answer.status, 500, "{path}");
        assert!(!answer.text.contains("secret-in"), "{}", answer.text);
    }
    assert_eq!(app.get("/now").await.status, 200, "a panic ends one request, not the process");
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_ended() {
    let app = App::with(Settings { request_seconds_max: 0, ..Settings::default() }).await;
    let answer = app.get("/v1/slow").await;
    assert_eq!((answer.status, answer.json()["code"].as_str()), (503, Some("timed_out")));
}

#[tokio::test]
async fn wrong_json_is_answered_with_its_place_and_remedy() {
    let app = App::start().await;
    let cases = [
        ("{\n  \"name\": \"a\",\n  \"price\": }", "malformed", Value::Null, 3),
        ("{\"name\":\"a\"}", "invalid_input", json!("/price"), 1),
        ("{\"name\":\"a\",\"price\":\"x\"}", "invalid_input", json!("/price"), 1),
        ("{\"name\":\"a\",\"price\":1,\n\"prise\":2}", "invalid_input", json!("/prise"), 2),
        (
            "{\"name\":\"a\",\"price\":1,\"parts\":[{\"size\":1},{\"size\":-1}]}",
            "invalid_input",
            json!("/parts/1/size"),
            1,
        ),
        ("{\"name\":\"a\",\"price\":1,\"parts\":[{}]}", "invalid_input", json!("/parts/0/size"), 1),
        ("{\"name\":\"a\",\"price\":1} x", "malformed", Value::Null, 1),
    ];
    for (body, code, pointer, line) in cases {
        let answer = app.call(things(), body).await.json();
        assert_eq!(answer["code"], code, "{body}: {answer}");
        let fault = &answer["errors"][0];
        assert_eq!(fault["pointer"], pointer, "{body}: {answer}");
        assert_eq!(fault["line"], line, "{body}: {answer}");
        assert!(fault["column"].as_u64().unwrap() >= 1 && !fault["detail"].as_str().unwrap().contains('⟨'), "{answer}");
    }
    let gbk = app.call(things(), b"{\"name\":\"\xb2\xe8\",\"price\":1}".to_vec()).await;
    assert_eq!(gbk.status, 400, "{}", gbk.text);
    let form = Request::post("/v1/things").header("authorization", "Bearer admin-token");
    assert_eq!(app.call(form.header("content-type", "text/plain"), "x").await.status, 415);
}

#[tokio::test]
async fn the_same_key_gives_the_same_answer_and_does_it_once() {
    let app = App::start().await;
    let body = r#"{"name":"a","price":1}"#;
    let first = app.call(things().header("idempotency-key", "k1"), body).await;
    let again = app.call(things().header("idempotency-key", "k1"), body).await;
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.json(), again.json());
    assert_eq!(again.header("idempotency-replayed"), "true");
    let other = app.call(things().header("idempotency-key", "k1"), r#"{"name":"b","price":1}"#).await;
    assert_eq!(other.json()["code"], "idempotency_reused");
    let fresh = app.call(things().header("idempotency-key", "k2"), body).await;
    assert_ne!(fresh.json()["number"], first.json()["number"]);
    let wrong = app.call(things().header("idempotency-key", "k3"), "{}").await;
    assert_eq!(wrong.status, 422);
    assert_eq!(app.call(things().header("idempotency-key", "k3"), body).await.status, 201, "a failure is not kept");
    app.clock.advance_days(2);
    let later = app.call(things().header("idempotency-key", "k1"), body).await;
    assert_ne!(later.json()["number"], first.json()["number"], "after its day a key is free");
}

#[tokio::test]
async fn the_served_document_is_openapi_3_1_and_all_its_references_lead_somewhere() {
    let app = App::start().await;
    let document = app.get("/v1/openapi.json").await.json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    assert_eq!(document["paths"]["/v1/webhooks"]["get"]["security"][0]["token"][0], "webhooks_manage");
    assert!(
        document["paths"]["/v1/things"]["post"]["responses"]["default"]["content"]["application/problem+json"]
            .is_object()
    );
    let mut references = Vec::new();
    collect(&document, &mut references);
    assert!(!references.is_empty());
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    let page = app.get("/docs/api").await;
    assert!(page.status == 200 && page.text.contains("/v1/webhooks/{id}/deliveries"), "{}", page.text);
}

fn collect(value: &Value, references: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(reference)) = map.get("$ref") {
                references.push(reference.clone());
            }
            map.values().for_each(|value| collect(value, references));
        }
        Value::Array(list) => list.iter().for_each(|value| collect(value, references)),
        _ => {}
    }
}

#[test]
fn both_languages_say_the_same_things_with_the_same_values() {
    let catalogs = ui::Catalogs::new(&[crate::CATALOG]).unwrap();
    assert_eq!(catalogs.missing_keys(), Vec::<String>::new());
    assert_eq!(catalogs.differing_variables(), Vec::<String>::new());
    for code in crate::CODES {
        assert!(catalogs.has(&code.message_id()), "{}", code.code);
    }
}

#[tokio::test]
async fn health_tells_life_from_readiness() {
    let app = App::start().await;
    assert_eq!(app.get("/health/ready").await.status, 200);
    app.kernel.db().clone().close().await;
    assert_eq!(app.get("/health/live").await.status, 200);
    assert_eq!(app.get("/health/ready").await.status, 503);
}
