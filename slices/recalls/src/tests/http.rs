//! Through the router: pages in both languages, JSON, and who is let in.

use super::*;
use axum::Router;
use axum::http::StatusCode;
use kernel::Kernel;
use web::testing::{call, site};
use web::{Authenticator, SignedSession};

struct Tokens;

#[async_trait::async_trait]
impl Authenticator for Tokens {
    async fn session(&self, _kernel: &Kernel, _token: &str) -> kernel::Result<Option<SignedSession>> {
        Ok(None)
    }

    async fn bearer(&self, _kernel: &Kernel, token: &str) -> kernel::Result<Option<Actor>> {
        Ok(match token {
            "manager" => Some(manager()),
            "auditor" => Some(staff(Role::Auditor)),
            other => other.strip_prefix("owner-").map(owner),
        })
    }
}

async fn router(bench: &Bench) -> Router {
    let sources = [crate::CATALOG, web::CATALOG, listings::CATALOG, merchants::CATALOG, trace::CATALOG];
    crate::routes().into_router(site(&bench.kernel, &sources, Tokens).await)
}

async fn send(
    router: &Router,
    token: &str,
    method: &str,
    path: &str,
    kind: &str,
    body: String,
) -> (StatusCode, String) {
    let bearer = format!("Bearer {token}");
    let mut headers = vec![("content-type", kind)];
    if !token.is_empty() {
        headers.push(("authorization", bearer.as_str()));
    }
    let answer = call(router, method, path, &headers, body).await;
    (answer.status, answer.body)
}

async fn get_page(router: &Router, token: &str, path: &str) -> (StatusCode, String) {
    send(router, token, "GET", path, "text/plain", String::new()).await
}

async fn post_json(
    router: &Router,
    token: &str,
    path: &str,
    body: serde_json::Value,
) -> (StatusCode, serde_json::Value) {
    let (status, text) = send(router, token, "POST", path, "application/json", body.to_string()).await;
    (status, serde_json::from_str(&text).unwrap_or_default())
}

async fn post_form(router: &Router, token: &str, path: &str, body: &str) -> (StatusCode, String) {
    send(router, token, "POST", path, "application/x-www-form-urlencoded", body.to_owned()).await
}

const HOSTILE: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";

#[tokio::test]
async fn a_recall_is_opened_shown_started_and_closed_by_json() {
    let scene = Scene::sqlite().await;
    let router = router(&scene.bench).await;
    let input = serde_json::json!({
        "origin": "lot", "origin_ref": scene.shirts.id, "level": 1, "informed_by": "authority", "remedy": "refund",
        "reason_zh": "甲醛超标", "advice_en": "Stop using it",
    });
    let (status, opened) = post_json(&router, "manager", "/v1/recalls", input.clone()).await;
    assert_eq!(status, StatusCode::CREATED, "{opened}");
    assert_eq!((opened["state"].as_str(), opened["stop_sale"].as_bool()), (Some("draft"), Some(true)));
    let path = format!("/v1/recalls/{}", opened["id"].as_str().unwrap());
    let (status, refusal) =
        post_json(&router, "manager", &format!("{path}/start"), serde_json::json!({"version": 1})).await;
    assert_eq!((status, refusal["code"].as_str()), (StatusCode::CONFLICT, Some("wrong_state")));
    let (_, shown) = post_json(&router, "manager", &format!("{path}/preview"), serde_json::json!({"version": 1})).await;
    assert_eq!(shown["counts"]["lots"].as_i64(), Some(1), "{shown}");
    let (status, started) =
        post_json(&router, "manager", &format!("{path}/start"), serde_json::json!({"version": 2})).await;
    assert_eq!(status, StatusCode::OK, "{started}");
    scene.settle().await;
    let (status, _) =
        post_json(&router, "owner-m2", &format!("{path}/answer"), serde_json::json!({"answer": "已停售"})).await;
    assert_eq!(status, StatusCode::OK);
    let (_, text) = get_page(&router, "auditor", &path).await;
    let now: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((now["state"].as_str(), now["counts"]["answered"].as_i64()), (Some("remedying"), Some(1)), "{now}");
    let end = serde_json::json!({"version": now["version"], "note": "完成"});
    let (status, closed) = post_json(&router, "manager", &format!("{path}/close"), end).await;
    assert_eq!((status, closed["state"].as_str()), (StatusCode::OK, Some("closed")));
    let (_, report) = get_page(&router, "auditor", &format!("{path}/report")).await;
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["recalled"][0]["stopped"].as_str(), Some("on"));
    assert_eq!(report["acts"].as_array().map(Vec::len), Some(7), "{}", report["acts"]);
    for (token, status) in
        [("", StatusCode::UNAUTHORIZED), ("auditor", StatusCode::FORBIDDEN), ("owner-m2", StatusCode::FORBIDDEN)]
    {
        assert_eq!(post_json(&router, token, "/v1/recalls", input.clone()).await.0, status, "{token}");
    }
    let wrong = serde_json::json!({"origin": "lot", "surprise": 1});
    assert!(post_json(&router, "manager", "/v1/recalls", wrong).await.0.is_client_error());
}

#[tokio::test]
async fn every_page_shows_what_people_wrote_as_text_in_both_languages() {
    let scene = Scene::sqlite().await;
    let kernel = &scene.bench.kernel;
    let router = router(&scene.bench).await;
    let new = New {
        reason_zh: HOSTILE.into(),
        reason_en: HOSTILE.into(),
        advice_zh: HOSTILE.into(),
        ..of_lot(&scene.shirts.id)
    };
    let recall = open(kernel, &manager(), new).await.unwrap();
    let path = format!("/console/recalls/{}", recall.id);
    for state in ["draft", "previewed", "remedying", "closed"] {
        let recall = scene.recall(&recall.id).await;
        match state {
            "previewed" => drop(preview(kernel, &manager(), &recall.id, recall.version).await.unwrap()),
            "remedying" => {
                start(kernel, &manager(), &recall.id, recall.version).await.unwrap();
                scene.settle().await;
                answer(kernel, &owner("m2"), &recall.id, HOSTILE).await.unwrap();
            }
            "closed" => drop(close(kernel, &manager(), &recall.id, recall.version, HOSTILE, false).await.unwrap()),
            _ => {}
        }
        let mut pages =
            vec![("manager", "/console/recalls".to_owned()), ("auditor", path.clone()), ("manager", path.clone())];
        pages.push(("manager", format!("{path}/report")));
        pages.push(("manager", "/console/recalls/new".to_owned()));
        pages.push(("manager", format!("{path}/edit")));
        if matches!(state, "remedying" | "closed") {
            pages.push(("owner-m2", "/merchant/recalls".to_owned()));
            pages.push(("owner-m2", format!("/merchant/recalls/{}", recall.id)));
            pages.push(("", format!("/recalls/{}", recall.id)));
        }
        for (token, page) in pages {
            for language in ["zh", "en"] {
                let (status, html) = get_page(&router, token, &format!("{page}?lang={language}")).await;
                assert_eq!(status, StatusCode::OK, "{state} {page}: {html}");
                assert!(!html.contains("<script>alert") && !html.contains("<img src=x"), "{page}");
                assert!(!html.contains("recalls-"), "{page} has a text without words: {}", around(&html, "recalls-"));
            }
        }
    }
}

/// What stands around a text in a page, for the message.
fn around<'a>(html: &'a str, text: &str) -> &'a str {
    let at = html.find(text).unwrap_or(0);
    html.get(at..(at + 60).min(html.len())).unwrap_or("")
}

#[tokio::test]
async fn the_form_a_public_notice_leads_to_is_filled_in_and_opens_a_recall_of_those_goods() {
    let scene = Scene::sqlite().await;
    let router = router(&scene.bench).await;
    let gtin = scene.shirts.gtin.as_str();
    // The address the bank of notices links to.
    let path = format!("/console/recalls/new?origin=goods&origin_ref={gtin}&informed_by=notice");
    let (status, html) = get_page(&router, "manager", &path).await;
    assert_eq!(status, StatusCode::OK);
    let chosen = |value: &str| html.contains(&format!("value=\"{value}\" selected"));
    assert!(chosen("goods") && chosen("notice") && html.contains(&format!("value=\"{gtin}\"")), "{html}");
    let form =
        format!("origin=goods&origin_ref={gtin}&level=1&informed_by=notice&remedy=refund&reason_zh=a&advice_zh=b");
    assert_eq!(post_form(&router, "manager", "/console/recalls/new", &form).await.0, StatusCode::SEE_OTHER);
    let all =
        crate::list(&scene.bench.kernel, &manager(), &crate::Filter::default(), &Paging::default()).await.unwrap();
    let content = &all.rows[0].content;
    assert_eq!(
        (content.origin.name(), content.origin_ref.as_str(), content.informed_by.name()),
        ("goods", gtin, "notice")
    );
}

#[tokio::test]
async fn the_forms_of_the_console_and_of_the_merchant_do_what_they_say() {
    let scene = Scene::sqlite().await;
    let router = router(&scene.bench).await;
    let (status, html) = post_form(&router, "manager", "/console/recalls/new", "origin=lot&level=1").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(html.contains("origin_ref"), "{html}");
    let form = format!(
        "origin=lot&origin_ref={}&level=2&informed_by=notice&remedy=refund&stop_sale=true&reason_zh=a&advice_zh=b",
        scene.shirts.id
    );
    assert_eq!(post_form(&router, "manager", "/console/recalls/new", &form).await.0, StatusCode::SEE_OTHER);
    let all =
        crate::list(&scene.bench.kernel, &manager(), &crate::Filter::default(), &Paging::default()).await.unwrap();
    let path = format!("/console/recalls/{}", all.rows[0].id);
    assert_eq!(post_form(&router, "manager", &format!("{path}/preview"), "version=1").await.0, StatusCode::SEE_OTHER);
    let (_, html) = get_page(&router, "manager", &path).await;
    assert!(html.contains(&format!("{path}/start")) && html.contains("S/1"), "the start is offered beside the reach");
    assert_eq!(post_form(&router, "manager", &format!("{path}/start"), "version=2").await.0, StatusCode::SEE_OTHER);
    scene.settle().await;
    let own = format!("/merchant/recalls/{}", all.rows[0].id);
    assert_eq!(post_form(&router, "owner-m2", &format!("{own}/answer"), "answer=ok").await.0, StatusCode::SEE_OTHER);
    let (status, _) = post_form(&router, "owner-m2", &format!("{own}/progress"), "returned=x").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let (_, csv) = get_page(&router, "manager", &format!("{path}/reach.csv")).await;
    assert!(csv.contains("S/1"), "{csv}");
    let (_, csv) = get_page(&router, "auditor", "/console/recalls.csv").await;
    assert!(csv.lines().count() == 2, "{csv}");
    assert_eq!(get_page(&router, "owner-m1", &own).await.0, StatusCode::NOT_FOUND);
    assert_eq!(get_page(&router, "", "/recalls/nothing").await.0, StatusCode::NOT_FOUND);
}
