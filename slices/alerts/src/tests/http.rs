//! The pages and the API.

use super::*;
use axum::Router;
use axum::body::Body;
use axum::http::StatusCode;
use serde_json::{Value, json};
use web::Routes;
use web::testing::{People, call, site};

async fn router(bench: &Bench) -> Router {
    let site = site(&bench.kernel, &[web::CATALOG, crate::CATALOG], People::default()).await;
    Routes::default().merge(crate::routes()).into_router(site)
}

async fn ask(
    router: &Router,
    token: &str,
    (method, path): (&str, &str),
    language: &str,
    body: Option<Value>,
) -> (StatusCode, String) {
    let bearer = format!("Bearer {token}");
    let headers =
        [("authorization", bearer.as_str()), ("accept-language", language), ("content-type", "application/json")];
    let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    let answer = call(router, method, path, &headers, body).await;
    (answer.status, answer.body)
}

#[tokio::test]
async fn every_page_opens_in_both_languages_for_who_may_see_it_and_for_nobody_else() {
    let (bench, _, _) = swept().await;
    let router = router(&bench).await;
    let alert = about(&bench.kernel, "faulty").await.expect("an alert");
    crate::decide::request_inspection(&bench.kernel, &staff(Role::Analyst), &alert.id, "").await.expect("asked for");
    let console = [
        "/console/alerts".to_owned(),
        "/console/alerts?state=standing&level=enforcement&sort=-since".to_owned(),
        "/console/alerts.csv".to_owned(),
        format!("/console/alerts/{}", alert.id),
        "/console/alerts/suppressions".to_owned(),
        "/console/alerts/digests".to_owned(),
        "/console/detectors".to_owned(),
        "/console/detectors/cn-complaint-rate-watch".to_owned(),
    ];
    let merchant = ["/merchant/alerts".to_owned(), format!("/merchant/alerts/{}", alert.id)];
    for language in ["zh-CN", "en"] {
        for path in &console {
            let (status, body) = ask(&router, "analyst", ("GET", path), language, None).await;
            assert_eq!(status, StatusCode::OK, "{path}: {body}");
            let missing: Vec<&str> = body.split(['<', '>', '"']).filter(|part| part.starts_with("alerts-")).collect();
            assert_eq!(missing, Vec::<&str>::new(), "{path} in {language}");
            assert_eq!(ask(&router, "merchant:m1", ("GET", path), language, None).await.0, StatusCode::FORBIDDEN);
        }
        for path in &merchant {
            let (status, body) = ask(&router, "merchant:m1", ("GET", path), language, None).await;
            assert_eq!(status, StatusCode::OK, "{path}: {body}");
            let missing: Vec<&str> = body.split(['<', '>', '"']).filter(|part| part.starts_with("alerts-")).collect();
            assert_eq!(missing, Vec::<&str>::new(), "{path} in {language}");
        }
    }
    let (_, page) = ask(&router, "manager", ("GET", &format!("/console/alerts/{}", alert.id)), "en", None).await;
    for part in ["data-chart", "curve-0-option", "/stop\"", "/inspect\"", "/close\"", "/suppress\""] {
        let done = part == "/inspect\"";
        assert_eq!(page.contains(part), !done, "{part}");
    }
    let (status, _) = ask(&router, "merchant:m2", ("GET", &merchant[1]), "en", None).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_api_lists_decides_and_refuses_with_the_field() {
    let (bench, last, _) = swept().await;
    let router = router(&bench).await;
    let (status, listed) =
        ask(&router, "analyst", ("GET", "/v1/alerts?state=open&level=enforcement"), "en", None).await;
    assert_eq!(status, StatusCode::OK, "{listed}");
    let listed: Value = serde_json::from_str(&listed).expect("JSON");
    let row =
        listed["rows"].as_array().expect("rows").iter().find(|row| row["scope"] == "product").expect("the product");
    assert_eq!(
        (&row["product"], &row["family"], &row["merchant_id"]),
        (&json!("faulty"), &json!("quality"), &json!("m1"))
    );
    let id = row["id"].as_str().expect("an id").to_owned();
    let (_, one) = ask(&router, "analyst", ("GET", &format!("/v1/alerts/{id}")), "en", None).await;
    let one: Value = serde_json::from_str(&one).expect("JSON");
    assert_eq!(one["contributions"][0]["points"].as_array().map(Vec::len), Some(35));
    for (path, body, status) in [
        ("/v1/alerts?state=nonsense".to_owned(), None, 422),
        (format!("/v1/alerts/{id}/close"), Some(json!({"closed_as": "maybe", "reason": "other"})), 422),
        (format!("/v1/alerts/{id}/close"), Some(json!({"closed_as": "true"})), 422),
        (format!("/v1/alerts/{id}/suppress"), Some(json!({"until": "tomorrow", "reason": "x"})), 422),
        (format!("/v1/alerts/{id}/stop-sale"), Some(json!({"note": ""})), 422),
        (format!("/v1/alerts/{id}/acknowledge"), Some(json!({})), 200),
        (format!("/v1/alerts/{id}/acknowledge"), Some(json!({})), 409),
        (format!("/v1/alerts/{id}/stop-sale"), Some(json!({"note": "停"})), 200),
        (format!("/v1/alerts/{id}/close"), Some(json!({"closed_as": "true", "reason": "test_failed"})), 200),
        (format!("/v1/alerts/{id}/close"), Some(json!({"closed_as": "true", "reason": "test_failed"})), 409),
        ("/v1/alerts/none".to_owned(), None, 404),
        ("/v1/detectors".to_owned(), None, 200),
    ] {
        let method = if body.is_some() { "POST" } else { "GET" };
        let (found, text) = ask(&router, "manager", (method, &path), "en", body).await;
        assert_eq!(found.as_u16(), status, "{path}: {text}");
    }
    let trial = json!({
        "policy": "cn-complaint-rate-watch",
        "from": signals::day_date(last - 2).to_string(),
        "until": signals::day_date(last).to_string(),
    });
    let (status, text) = ask(&router, "analyst", ("POST", "/v1/detectors/backtests"), "en", Some(trial)).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{text}");
}
