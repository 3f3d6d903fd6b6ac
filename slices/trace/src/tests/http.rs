//! Through the router: the merchant's walk, who sees what, and that nothing typed runs anywhere.

use super::*;
use axum::Router;
use axum::body::Body;
use axum::http::StatusCode;
use serde_json::{Value, json};
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
    crate::routes().into_router(site(&bench.kernel, &[crate::CATALOG, web::CATALOG], Tokens).await)
}

async fn send(
    router: &Router,
    token: &str,
    method: &str,
    path: &str,
    kind: &str,
    body: impl Into<Body>,
) -> (StatusCode, String) {
    let bearer = format!("Bearer {token}");
    let mut headers = vec![("content-type", kind), ("accept-language", "en")];
    if !token.is_empty() {
        headers.push(("authorization", bearer.as_str()));
    }
    let answer = call(router, method, path, &headers, body).await;
    let location = answer.header("location");
    (answer.status, if location.is_empty() { answer.body } else { location })
}

async fn get(router: &Router, token: &str, path: &str) -> (StatusCode, String) {
    send(router, token, "GET", path, "text/plain", Body::empty()).await
}

async fn post(router: &Router, token: &str, path: &str, form: &str) -> (StatusCode, String) {
    send(router, token, "POST", path, "application/x-www-form-urlencoded", form.to_owned()).await
}

async fn api(router: &Router, token: &str, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
    let (status, text) = send(router, token, method, path, "application/json", body.to_string()).await;
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

#[tokio::test]
async fn a_merchant_enters_a_lot_mints_prints_and_staff_look_a_code_up() {
    let bench = sqlite().await;
    let router = router(&bench).await;
    let (status, page) = get(&router, "owner-m1", "/merchant/lots").await;
    assert!(status == StatusCode::OK && page.contains("No lot fits"), "{page}");
    let wrong = format!("gtin={GTIN}&number=&produced_on=2026-02-20");
    let (status, page) = post(&router, "owner-m1", "/merchant/lots", &wrong).await;
    assert!(status == StatusCode::UNPROCESSABLE_ENTITY && page.contains("Please fill this in") && page.contains(GTIN));
    let form = format!("gtin={GTIN}&number=L1&origin=Anji&expires_on=2028-01-01");
    let (status, lot) = post(&router, "owner-m1", "/merchant/lots", &form).await;
    assert_eq!(status, StatusCode::SEE_OTHER, "{lot}");
    let (status, page) = post(&router, "owner-m1", "/merchant/lots", &form).await;
    assert!(status == StatusCode::UNPROCESSABLE_ENTITY && page.contains("a lot with this number"));
    let (_, page) = get(&router, "owner-m1", &lot).await;
    assert!(page.contains("Lot entered") && page.contains("Anji") && page.contains("No documents yet"));
    let (status, batch) = post(&router, "owner-m1", &format!("{lot}/mint"), "count=120&covered=on").await;
    assert_eq!(status, StatusCode::SEE_OTHER, "{batch}");
    let (_, page) = get(&router, "owner-m1", &batch).await;
    assert!(page.contains("120 codes") && page.contains("(01)06901234567892(10)L1(21)"), "{page}");
    let (status, table) = get(&router, "owner-m1", &format!("{batch}/file.csv")).await;
    assert_eq!((status, table.lines().count()), (StatusCode::OK, 121));
    let code = table.lines().nth(5).unwrap().split(',').nth(2).unwrap().to_owned();
    let (status, pdf) = get(&router, "owner-m1", &format!("{batch}/labels?symbol=qr&layout=a4-3x8&count=30")).await;
    assert!(status == StatusCode::OK && pdf.starts_with("%PDF-"));
    let (status, page) = get(&router, "owner-m1", &format!("{batch}/labels?count=500")).await;
    assert!(status == StatusCode::UNPROCESSABLE_ENTITY && page.contains("From 1 to 120"), "{page}");
    let escaped: String = code.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let (_, page) = get(&router, "manager", &format!("/console/trace/unit?code={escaped}")).await;
    assert!(page.contains("Genuine") && page.contains("On goods") && page.contains("No. 5 of 120"), "{page}");
    let (_, page) = get(&router, "manager", &format!("/console/trace/unit?code={GTIN}+00000000000000000000")).await;
    assert!(page.contains("Forged") && page.contains("counterfeit"));
    let (_, page) = get(&router, "manager", "/console/trace/unit?code=%3Cscript%3Ealert(1)%3C/script%3E").await;
    assert!(page.contains("This is no code") && !page.contains("<script>alert"));
    let id = lot.rsplit('/').next().unwrap();
    let (status, _) =
        post(&router, "manager", &format!("/console/trace/lots/{id}/state"), "state=recalled&reason=x").await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let (_, page) = get(&router, "manager", &format!("/console/trace/lots/{id}")).await;
    assert!(page.contains("Lot recalled") && page.contains("Reopen"));
    for (token, path) in [
        ("manager", "/console/trace"),
        ("manager", "/console/trace.csv"),
        ("manager", "/console/trace/codes"),
        ("manager", "/console/trace/codes.csv"),
        ("manager", "/console/trace/keys"),
        ("manager", "/console/trace/keys.csv"),
        ("owner-m1", "/merchant/lots/new"),
        ("owner-m1", "/merchant/lots.csv"),
        ("owner-m1", "/merchant/codes"),
        ("owner-m1", "/merchant/codes.csv"),
        ("owner-m1", "/merchant/codes/new"),
        ("owner-m1", "/merchant/codes/decommission"),
    ] {
        for language in ["zh-CN", "en"] {
            let (status, page) = get(&router, token, &format!("{path}?lang={language}")).await;
            assert_eq!(status, StatusCode::OK, "{path}: {page}");
            assert!(!page.contains(">trace-"), "{path}: a message is missing: {page}");
        }
    }
}

#[tokio::test]
async fn other_merchants_and_readers_are_kept_out() {
    let bench = sqlite().await;
    let kernel = &bench.kernel;
    let router = router(&bench).await;
    let (lot, batch) = (lot(kernel, "m1", "L1").await, mint(kernel, "m1", 5).await);
    for path in [
        format!("/merchant/lots/{}", lot.id),
        format!("/merchant/lots/{}/edit", lot.id),
        format!("/merchant/codes/{}", batch.id),
        format!("/merchant/codes/{}/file.csv", batch.id),
        format!("/merchant/codes/{}/labels", batch.id),
        format!("/v1/lots/{}", lot.id),
        format!("/v1/codes/{}/file", batch.id),
    ] {
        assert_eq!(get(&router, "owner-m2", &path).await.0, StatusCode::NOT_FOUND, "{path}");
        assert!(!get(&router, "", &path).await.0.is_success(), "{path}");
    }
    let file = format!("/v1/codes/{}/file", batch.id);
    assert_eq!(get(&router, "auditor", &file).await.0, StatusCode::FORBIDDEN);
    let (status, _) =
        post(&router, "auditor", "/console/trace/keys/rotate", "merchant_id=m1&purpose=unit&reason=x").await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let state = format!("/merchant/lots/{}/state", lot.id);
    assert_eq!(post(&router, "owner-m1", &state, "state=blocked&reason=x").await.0, StatusCode::FORBIDDEN);
    assert_eq!(get(&router, "owner-m1", "/console/trace").await.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_whole_walk_is_there_as_json() {
    let bench = sqlite().await;
    let router = router(&bench).await;
    let new = json!({"gtin": GTIN, "number": "L1", "produced_on": "2026-02-20"});
    let (status, lot) = api(&router, "owner-m1", "POST", "/v1/lots", new).await;
    assert_eq!(status, StatusCode::CREATED, "{lot}");
    let id = lot["id"].as_str().unwrap();
    let change = json!({"version": 1, "origin": "安吉"});
    let (_, changed) = api(&router, "owner-m1", "PATCH", &format!("/v1/lots/{id}"), change).await;
    assert_eq!(changed["origin"], "安吉");
    let form = "--b\r\nContent-Disposition: form-data; name=\"kind\"\r\n\r\nquarantine\r\n--b\r\nContent-Disposition: form-data; name=\"issuer\"\r\n\r\n海关\r\n--b\r\nContent-Disposition: form-data; name=\"public\"\r\n\r\ntrue\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\nContent-Type: application/pdf\r\n\r\n%PDF-1.4 q\r\n--b--\r\n";
    let (status, text) =
        send(&router, "owner-m1", "POST", &format!("/v1/lots/{id}/documents"), "multipart/form-data; boundary=b", form)
            .await;
    assert_eq!(status, StatusCode::CREATED, "{text}");
    let document: Value = serde_json::from_str(&text).unwrap();
    let (status, content) = get(&router, "", document["path"].as_str().unwrap()).await;
    assert!(status == StatusCode::OK && content.starts_with("%PDF"), "a public document is for everybody");
    let (status, batch) = api(&router, "owner-m1", "POST", "/v1/codes", json!({"gtin": GTIN, "count": 50})).await;
    assert_eq!(status, StatusCode::CREATED, "{batch}");
    let batch = batch["id"].as_str().unwrap();
    let range = json!({"batch_id": batch, "first": 1, "count": 10});
    let (_, filled) = api(&router, "owner-m1", "POST", &format!("/v1/lots/{id}/units"), range).await;
    assert_eq!(filled["units_commissioned"], 10);
    let (_, table) = get(&router, "owner-m1", &format!("/v1/codes/{batch}/file")).await;
    let link = |n: usize| table.lines().nth(n).unwrap().split(',').nth(2).unwrap().to_owned();
    let sold = json!({"orders": [{"order": "D1", "codes": [link(1), link(2)]}, {"order": "D2", "codes": [link(1)]}]});
    let (_, outcomes) = api(&router, "manager", "POST", "/v1/units/sold", sold).await;
    let outcomes: Vec<&str> = outcomes.as_array().unwrap().iter().map(|one| one["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["recorded", "recorded", "sold_before"]);
    let out = json!({"units": {"codes": [link(20)]}, "reason": "sample", "note": ""});
    let (_, count) = api(&router, "owner-m1", "POST", "/v1/units/decommission", out).await;
    assert_eq!(count["units"], 1);
    let asked = json!({"codes": [link(1), link(3), link(20), link(30), "?", format!("{GTIN} 00000000000000000000")]});
    let (_, units) = api(&router, "auditor", "POST", "/v1/units/verify", asked).await;
    let seen: Vec<&str> =
        units.as_array().unwrap().iter().map(|unit| unit["state"].as_str().unwrap_or("unreadable")).collect();
    assert_eq!(seen, ["sold", "commissioned", "decommissioned", "minted", "unreadable", "unminted"]);
    assert_eq!(units[0]["orders"], 2);
    assert_eq!(units[5]["authenticity"], "forged");
    let (status, answer) =
        api(&router, "", "POST", "/v1/units/covered", json!({"code": link(1), "covered": "X"})).await;
    assert_eq!((status, &answer["result"]), (StatusCode::OK, &json!("none")));
    let rotate = json!({"merchant_id": "m1", "purpose": "unit", "reason": "yearly"});
    let (_, key) = api(&router, "manager", "POST", "/v1/code-keys/rotate", rotate).await;
    assert_eq!((&key["epoch"], &key["number"]), (&json!(1), &json!(1)));
    let (_, keys) = api(&router, "owner-m1", "GET", "/v1/code-keys", Value::Null).await;
    assert_eq!(keys.as_array().unwrap().len(), 2);
    assert!(!keys.to_string().contains("sealed"), "secrets stay inside");
    let (status, problem) = api(&router, "owner-m1", "POST", "/v1/codes", json!({"gtin": "1", "count": 0})).await;
    assert_eq!((status, problem["code"].as_str()), (StatusCode::UNPROCESSABLE_ENTITY, Some("invalid_input")));
    let described = crate::routes().openapi();
    assert!(described.paths.paths.contains_key("/v1/units/sold"));
}

#[tokio::test]
async fn the_page_of_a_unit_tells_of_wrong_covered_codes() {
    let bench = sqlite().await;
    let kernel = &bench.kernel;
    let batch = crate::mint(kernel, &owner("m1"), NewBatch { covered: true, ..codes_of("m1", 2) }).await.unwrap();
    let link = file(kernel, &batch).await.code(1).unwrap().digital_link;
    let router = router(&bench).await;
    let path = format!("/console/trace/unit?code={link}");
    let (_, before) = get(&router, "manager", &path).await;
    assert!(!before.contains("Wrong covered codes"));
    for _ in 0..2 {
        assert_eq!(crate::reveal(kernel, &link, "0000-0000-0000").await.unwrap(), crate::Reveal::Wrong);
    }
    let (_, after) = get(&router, "manager", &path).await;
    assert!(after.contains("Wrong covered codes") && after.contains("2 (somebody"), "{after}");
}
