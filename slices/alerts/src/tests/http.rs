//! The pages and the API.

use super::*;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use ground::Language;
use http_body_util::BodyExt;
use kernel::{Actor, ActorKind, Permission};
use serde_json::{Value, json};
use tower::ServiceExt;
use web::{Authenticator, FixedNav, Routes, SignedSession, Site};

/// The token says who it is: a role, and for merchants the organisation behind a colon.
struct People;

#[async_trait::async_trait]
impl Authenticator for People {
    async fn session(&self, _: &Kernel, _: &str) -> kernel::Result<Option<SignedSession>> {
        Ok(None)
    }

    async fn bearer(&self, _: &Kernel, token: &str) -> kernel::Result<Option<Actor>> {
        let (role, organisation) = match token.split_once(':') {
            Some((role, organisation)) => (role, Some(organisation.to_owned())),
            None => (token, None),
        };
        Ok(Role::from_name(role).map(|role| Actor {
            id: format!("user-{token}"),
            name: token.to_owned(),
            roles: [role].into(),
            organisation,
            kind: ActorKind::Token { token: "t".into(), scopes: Permission::ALL.into_iter().collect() },
            language: Language::En,
        }))
    }
}

async fn router(bench: &Bench) -> Router {
    let catalogs = Arc::new(ui::Catalogs::new(&[web::CATALOG, crate::CATALOG]).expect("the texts"));
    let settings = web::Settings {
        base_url: "https://quality.example".into(),
        address_requests_per_minute: 1_000_000,
        ..web::Settings::default()
    };
    let site = Site::new(bench.kernel.clone(), catalogs, settings, Arc::new(People), Arc::new(FixedNav(vec![])));
    Routes::default().merge(crate::routes()).into_router(site.await.expect("a site"))
}

async fn ask(
    router: &Router,
    token: &str,
    (method, path): (&str, &str),
    language: &str,
    body: Option<Value>,
) -> (StatusCode, String) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {token}"))
        .header("accept-language", language)
        .header("content-type", "application/json");
    let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    let answer = router.clone().oneshot(request.body(body).expect("a request")).await.expect("an answer");
    let status = answer.status();
    let bytes = answer.into_body().collect().await.expect("the body").to_bytes();
    (status, String::from_utf8_lossy(&bytes).into_owned())
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
