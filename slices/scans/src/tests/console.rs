//! The console, the API and who may see what.

use super::*;
use serde_json::{Value, json};

async fn suspicious() -> House {
    let house = house().await;
    let code = format!("https://quality.example{}", house.unit(0));
    for (device, latitude, longitude) in [("a", 39.9, 116.4), ("b", 23.1, 113.2)] {
        let body = json!({ "code": code, "device": device, "latitude": latitude, "longitude": longitude });
        assert_eq!(house.app(body).await.status, StatusCode::CREATED);
    }
    house
}

#[tokio::test]
async fn every_page_opens_for_who_may_see_it_and_for_nobody_else() {
    let house = suspicious().await;
    let listed = house.staff("analyst", "/v1/scan-warnings").await;
    let body: Value = serde_json::from_str(&listed.body).unwrap();
    let id = body["rows"][0]["id"].as_str().expect("a warning").to_owned();
    for path in [
        "/console/scans".to_owned(),
        "/console/scans.csv".to_owned(),
        "/console/scans/all".to_owned(),
        "/console/scans/all.csv".to_owned(),
        "/console/scans/reports".to_owned(),
        "/console/scans/reports.csv".to_owned(),
        format!("/console/scans/{id}"),
    ] {
        for role in ["analyst", "auditor", "manager", "regulator"] {
            let answer = house.staff(role, &path).await;
            assert_eq!(answer.status, StatusCode::OK, "{role} {path}: {}", answer.body);
            let missing: Vec<&str> =
                answer.body.split(['<', '>', '"']).filter(|part| part.starts_with("scans-")).collect();
            assert_eq!(missing, Vec::<&str>::new(), "{path}");
        }
        for role in ["merchant:m1", "laboratory:l1"] {
            assert_eq!(house.staff(role, &path).await.status, StatusCode::FORBIDDEN, "{role} {path}");
        }
        assert_eq!(house.get(&path).await.status, StatusCode::SEE_OTHER, "a stranger signs in: {path}");
    }
}

#[tokio::test]
async fn a_merchant_sees_scans_and_warnings_of_its_own_lots_alone() {
    let house = suspicious().await;
    let total = |answer: Answer| serde_json::from_str::<Value>(&answer.body).unwrap()["total"].clone();
    assert_eq!(total(house.staff("merchant:m1", "/v1/scans").await), json!(2));
    assert_eq!(total(house.staff("merchant:m1", "/v1/scan-warnings").await), json!(1));
    assert_eq!(total(house.staff("merchant:m2", "/v1/scans").await), json!(0));
    assert_eq!(total(house.staff("merchant:m2", "/v1/scan-warnings?merchant=m1").await), json!(0));
    let listed = house.staff("analyst", "/v1/scan-warnings").await;
    let id = serde_json::from_str::<Value>(&listed.body).unwrap()["rows"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(house.staff("merchant:m2", &format!("/v1/scan-warnings/{id}")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(house.staff("merchant:m1", &format!("/v1/scan-warnings/{id}")).await.status, StatusCode::OK);
    assert_eq!(house.staff("laboratory:l1", "/v1/scans").await.status, StatusCode::FORBIDDEN);
    let own = format!("/merchant/scans/{id}");
    let list = house.staff("merchant:m1", "/merchant/scans").await;
    assert!(list.status == StatusCode::OK && list.body.contains(&own), "{}", list.body);
    let page = house.staff("merchant:m1", &own).await;
    assert!(page.status == StatusCode::OK && page.body.contains("平台正在核查") && !page.body.contains("/close"));
    let missing: Vec<&str> = page.body.split(['<', '>', '"']).filter(|part| part.starts_with("scans-")).collect();
    assert_eq!(missing, Vec::<&str>::new());
    assert!(!house.staff("merchant:m2", "/merchant/scans").await.body.contains(&id));
    assert_eq!(house.staff("merchant:m2", &own).await.status, StatusCode::NOT_FOUND);
    assert_eq!(house.staff("analyst", "/merchant/scans").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_api_closes_a_warning_and_says_when_it_is_closed_already() {
    let house = suspicious().await;
    let listed = house.staff("analyst", "/v1/scan-warnings?state=open&rule=impossible_travel").await;
    let id = serde_json::from_str::<Value>(&listed.body).unwrap()["rows"][0]["id"].as_str().unwrap().to_owned();
    let close = |token: &'static str| {
        let headers = [("authorization", token), ("content-type", "application/json")];
        let path = format!("/v1/scan-warnings/{id}/close");
        let house = &house;
        async move { house.send("POST", &path, &headers, r#"{"state":"confirmed","reason":"查获"}"#).await }
    };
    assert_eq!(close("Bearer analyst").await.status, StatusCode::FORBIDDEN);
    let closed = close("Bearer enforcement").await;
    assert_eq!(closed.status, StatusCode::OK, "{}", closed.body);
    assert_eq!(serde_json::from_str::<Value>(&closed.body).unwrap()["state"], "confirmed");
    assert_eq!(close("Bearer enforcement").await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_bad_scan_is_refused_with_its_field() {
    let house = house().await;
    let code = format!("https://quality.example{}", house.unit(0));
    for (body, status, field) in [
        (json!({ "code": code, "latitude": 91, "longitude": 1 }), 422, "/latitude"),
        (json!({ "code": code, "latitude": 31 }), 422, "/latitude"),
        (json!({ "code": code, "country": "CHN" }), 422, "/country"),
        (json!({ "code": code, "at": "yesterday" }), 422, "/at"),
        (json!({ "code": code, "at": "2020-01-01T00:00:00Z" }), 422, "at"),
        (json!({ "code": code, "at": "2099-01-01T00:00:00Z" }), 422, "at"),
        (json!({ "code": "(01)123" }), 400, "code"),
        (json!({ "code": "" }), 400, "code"),
        (json!({ "code": code, "device": "x".repeat(300) }), 422, "/device"),
    ] {
        let answer = house.app(body.clone()).await;
        assert_eq!(answer.status.as_u16(), status, "{body}: {}", answer.body);
        assert!(answer.body.contains(field), "{body}: {}", answer.body);
    }
    let answer = house.staff("analyst", "/v1/scans?outcome=nonsense").await;
    assert_eq!(answer.status.as_u16(), 422);
}

#[tokio::test]
async fn the_header_of_the_proxy_names_the_country_and_nothing_else_does() {
    let house = house().await;
    let headers = [("accept", "text/html"), ("user-agent", "x"), ("x-country", "fr"), ("cf-ipcountry", "US")];
    house.send("GET", &house.unit(0), &headers, Body::empty()).await;
    house.settle().await;
    let scans = house.staff("analyst", "/v1/scans").await;
    let body: Value = serde_json::from_str(&scans.body).unwrap();
    assert_eq!((&body["rows"][0]["country"], &body["rows"][0]["radius_km"]), (&json!("FR"), &json!(550)));
}
