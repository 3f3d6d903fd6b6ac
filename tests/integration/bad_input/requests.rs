//! Requests as such: queries, paths, methods, types, JSON, tokens, sessions.

use super::*;
use axum::http::StatusCode;
use web::RouteRow;

const ID: &str = "01890000-0000-7000-8000-000000000000";

fn filled(path: &str, part: &str) -> String {
    let mut out = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, behind) = after.split_once('}').unwrap_or((after, ""));
        out.push_str(before);
        out.push_str(match (part, name.trim_start_matches('*')) {
            ("", "market") => "cn",
            ("", "table") => "claims",
            ("", _) => ID,
            (part, _) => part,
        });
        rest = behind;
    }
    out + rest
}

async fn everybody(app: &App) -> Vec<(Role, Client)> {
    let mut all = Vec::new();
    for role in [Role::Admin, Role::Manager, Role::Reviewer, Role::Merchant] {
        all.push((role, app.signed_in(role, role.name()).await.unwrap()));
    }
    all
}

fn reader<'a>(all: &'a [(Role, Client)], row: &RouteRow) -> Option<&'a Client> {
    all.iter().find(|(role, _)| row.access.admits(*role)).map(|(_, client)| client)
}

const QUERIES: [&str; 7] = [
    "page=0&rows=-1&sort=name%27%3B%20DROP%20TABLE%20users%3B--",
    "page=18446744073709551615&rows=1000000000&sort=-no_such_column",
    "page=99999999999999999999999&after=-1&cursor=%00&before=%ff%fe",
    "q=%25_%27%22%5C%3B--&search=%25&text=%5F%27&state=nonsense&kind=%3Cscript%3E&category=%25&market=%27&merchant=%27%20OR%201%3D1&rule=%25&status=x",
    "q=%E2%80%AE%00%EF%BF%BE&from=0000-00-00&until=99999-99-99&date=2026-02-30&day=-1&expiring_days=99999&mode=zz&force=zz&worst=zz&queue=%27",
    "state=&state=&q=a&q=b&page=1&page=2&active=maybe&to_verify=2&mine=perhaps&size=-5&first=9999999999999&second=1e999",
    "next=https%3A%2F%2Fevil.example&lang=xx&%ff=%ff&=&&&a[b][c]=1",
];

#[tokio::test]
async fn no_query_breaks_a_page_or_a_list() {
    let app = App::start().await.unwrap();
    let all = everybody(&app).await;
    let long = format!("q={}&category={0}&sort={0}", "茶%25".repeat(3_000));
    let mut wrong = Vec::new();
    for row in app.product.table.iter().filter(|row| row.method == "GET") {
        let Some(client) = reader(&all, row) else { continue };
        for query in QUERIES.iter().copied().chain([long.as_str()]) {
            pass(&app);
            let path = format!("{}?{query}", filled(&row.path, ""));
            let answer = client.get(&path).await.unwrap();
            let short: String = path.chars().take(140).collect();
            wrong.extend(flaws(&answer, true).into_iter().map(|flaw| format!("{short}: {flaw}")));
        }
    }
    assert!(wrong.is_empty(), "{} answers: {wrong:#?}", wrong.len());
}

#[tokio::test]
async fn no_path_leads_out_or_breaks_a_page() {
    let app = App::start().await.unwrap();
    let all = everybody(&app).await;
    let long = "x".repeat(5_000);
    let parts =
        ["..%2f..%2f..%2fetc%2fpasswd", "%00", "%27%20OR%20%271%27%3D%271", "%F0%9F%8D%B5", "..", "-1", long.as_str()];
    let mut wrong = Vec::new();
    for row in app.product.table.iter().filter(|row| row.path.contains('{') && row.method == "GET") {
        let Some(client) = reader(&all, row) else { continue };
        for part in parts {
            pass(&app);
            let path = filled(&row.path, part);
            let answer = client.get(&path).await.unwrap();
            let short: String = path.chars().take(120).collect();
            wrong.extend(flaws(&answer, true).into_iter().map(|flaw| format!("{short}: {flaw}")));
            if answer.text().contains("root:x:0") {
                wrong.push(format!("{short} leads out"));
            }
        }
    }
    for path in [
        "/assets/../../../etc/passwd",
        "/assets/..%2f..%2fetc%2fpasswd",
        "/assets/%2e%2e/%2e%2e/etc/passwd",
        "/assets//etc/passwd",
        "/ledger/../touchstone.db",
        "/ledger/..%2ftouchstone.db",
        "/ledger/%2e%2e%2fledger.key",
        "/ledger/tile/0/x001/../../../key",
        "/ledger/tile/../../touchstone.db",
        "/ledger//etc/passwd",
        "/ledger/checkpoint/../../x",
        "/ledger/tile/0/..%5c..%5cx",
    ] {
        let answer = app.visitor().get(path).await.unwrap();
        if answer.status.is_success() || answer.status.is_server_error() {
            wrong.push(format!("{path}: {}", answer.status));
        }
    }
    assert!(wrong.is_empty(), "{} answers: {wrong:#?}", wrong.len());
}

/// Bodies no address expects, each with its media type.
fn bodies() -> Vec<(&'static str, Vec<u8>)> {
    let deep = "[".repeat(100_000);
    let deep_object = "{\"a\":".repeat(20_000);
    let wide = format!("{{{}}}", (0..10_000).map(|n| format!("\"f{n}\":1")).collect::<Vec<_>>().join(","));
    let numbers = r#"{"version":1e999,"price_minor":-9223372036854775809,"number":18446744073709551616,"days":1e400,"title":NaN}"#;
    vec![
        ("application/json", b"".to_vec()),
        ("application/json", b"{".to_vec()),
        ("application/json", b"null".to_vec()),
        ("application/json", b"[]".to_vec()),
        ("application/json", b"\"x\"".to_vec()),
        ("application/json", b"{} {}".to_vec()),
        ("application/json", b"\xEF\xBB\xBF{}".to_vec()),
        ("application/json", b"{\"title\":\"\xFF\xFE\"}".to_vec()),
        ("application/json", "{\"title\":\"\\ud800\"}".as_bytes().to_vec()),
        ("application/json", numbers.as_bytes().to_vec()),
        ("application/json", deep.into_bytes()),
        ("application/json", deep_object.into_bytes()),
        ("application/json", wide.into_bytes()),
        ("text/plain", b"hello".to_vec()),
        ("application/xml", b"<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>".to_vec()),
        ("application/x-www-form-urlencoded", b"a=b".to_vec()),
        ("multipart/form-data", b"no boundary".to_vec()),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=\"a".to_vec()),
    ]
}

#[tokio::test]
async fn no_body_breaks_the_api() {
    let app = App::start().await.unwrap();
    let all = everybody(&app).await;
    let bodies = bodies();
    let mut wrong = Vec::new();
    for row in app
        .product
        .table
        .iter()
        .filter(|row| row.path.starts_with("/v1/") && !matches!(row.method.as_str(), "GET" | "*"))
    {
        let Some(client) = reader(&all, row) else { continue };
        for (place, (kind, body)) in bodies.iter().enumerate() {
            pass(&app);
            let answer = raw(client, &row.method, &filled(&row.path, ""), kind, body.clone()).await;
            let flaws = flaws(&answer, true).into_iter();
            wrong.extend(flaws.map(|flaw| format!("{} {} body {place} ({kind}): {flaw}", row.method, row.path)));
        }
    }
    assert!(wrong.is_empty(), "{} answers: {wrong:#?}", wrong.len());
}

/// Values of the right or the wrong type that nobody should send.
fn hostile_value(schema: &Value, round: usize) -> Value {
    let kind = schema["type"]
        .as_str()
        .or_else(|| schema["type"].as_array().and_then(|all| all[0].as_str()))
        .unwrap_or("string");
    match (round, kind) {
        (0, "string") => json!("好".repeat(300_000)),
        (1, "string") => json!("a\u{0}b\u{202E}c\u{FFFF}\r\nX-Evil: 1"),
        (2, "string") => json!(HOSTILE),
        (3, "string") => json!(12),
        (_, "string") => json!("2026-02-30"),
        (0, "integer") => json!(i64::MAX),
        (1, "integer") => json!(i64::MIN),
        (2, "integer") => json!(-1),
        (3, "integer") => json!("1"),
        (_, "integer") => json!(1.5),
        (3, "boolean") => json!("yes"),
        (_, "boolean") => json!(round.is_multiple_of(2)),
        (0, "array") => json!(vec!["x"; 20_000]),
        (1, "array") => json!(["\u{0}", "\u{202E}", HOSTILE]),
        (2, "array") => json!([[]]),
        (3, "array") => json!("x"),
        (_, "array") => json!([null]),
        (3, _) => json!([]),
        _ => json!({ "\u{0}": "\u{202E}", HOSTILE: HOSTILE }),
    }
}

fn schema_of<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(name) => document.pointer(name.trim_start_matches('#')).unwrap_or(&Value::Null),
        None => schema,
    }
}

fn properties(document: &Value, schema: &Value) -> Vec<(String, Value)> {
    let schema = schema_of(document, schema);
    let mut all: Vec<(String, Value)> = Vec::new();
    for part in schema["allOf"].as_array().into_iter().flatten() {
        all.extend(properties(document, part));
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        all.push((name.clone(), schema_of(document, property).clone()));
    }
    all
}

#[tokio::test]
async fn every_field_of_the_api_takes_hostile_values_calmly() {
    let app = App::start().await.unwrap();
    let all = everybody(&app).await;
    let document = app.visitor().get("/v1/openapi.json").await.unwrap().json().unwrap();
    let mut wrong = Vec::new();
    let mut asked = 0;
    for row in app
        .product
        .table
        .iter()
        .filter(|row| row.path.starts_with("/v1/") && !matches!(row.method.as_str(), "GET" | "*"))
    {
        let Some(client) = reader(&all, row) else { continue };
        let operation = &document["paths"][&row.path][row.method.to_lowercase()];
        let fields = properties(&document, &operation["requestBody"]["content"]["application/json"]["schema"]);
        for round in 0..5 {
            let body: serde_json::Map<String, Value> =
                fields.iter().map(|(name, schema)| (name.clone(), hostile_value(schema, round))).collect();
            for client in [client.clone(), client.clone().in_english()] {
                pass(&app);
                asked += 1;
                let answer =
                    raw(&client, &row.method, &filled(&row.path, ""), "application/json", json!(body).to_string())
                        .await;
                let flaws = flaws(&answer, false).into_iter();
                wrong.extend(flaws.map(|flaw| format!("{} {} round {round}: {flaw}", row.method, row.path)));
            }
        }
    }
    assert!(asked > 200, "only {asked} requests");
    assert!(wrong.is_empty(), "{} answers: {wrong:#?}", wrong.len());
}

#[tokio::test]
async fn json_that_cannot_be_read_names_its_place_in_both_languages() {
    let app = App::start().await.unwrap();
    let shop = enrolled(&app, 0, |_| {}).await.unwrap();
    let cases = [
        ("{\n  \"title\": \n}", 400, "malformed"),
        ("{\"external_id\":\"1\",\"title\":\"x\",\"price_minor\":1e999}", 400, "malformed"),
        ("{\"external_id\":\"1\",\"title\":\"x\",\"price_minor\":\"12\"}", 422, "invalid_input"),
        ("{\"external_id\":\"1\",\"title\":[1]}", 422, "invalid_input"),
        ("{\"title\":\"x\"}", 422, "invalid_input"),
        ("{\"external_id\":\"1\",\"titel\":\"x\"}", 422, "invalid_input"),
    ];
    for (body, status, code) in cases {
        for (client, chinese) in [(shop.door.clone(), true), (shop.door.clone().in_english(), false)] {
            let answer = raw(&client, "POST", "/v1/listings", "application/json", body).await;
            assert_eq!(flaws(&answer, chinese), Vec::<String>::new(), "{body}");
            let (is, named, _) = told(&answer);
            assert_eq!((is, named.as_str()), (status, code), "{body}: {}", answer.text());
            let fault = &answer.json().unwrap()["errors"][0];
            assert!(
                !fault["line"].is_null() || !fault["pointer"].is_null() || !fault["field"].is_null(),
                "{body}: {}",
                answer.text()
            );
        }
    }
    assert_eq!(shop.door.get("/v1/listings").await.unwrap().ok().unwrap()["total"], 0, "nothing was half kept");
}

#[tokio::test]
async fn nobody_is_sent_elsewhere_after_signing_in() {
    let app = App::start().await.unwrap();
    for next in [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/%0d%0aSet-Cookie:a=b",
        "/\t/evil.example",
        " //evil.example",
        "/.//evil.example/..//evil.example",
    ] {
        let encoded: String = next.bytes().map(|byte| format!("%{byte:02X}")).collect();
        for path in [format!("/sign-in?next={encoded}"), format!("/sign-in/with/none?next={encoded}")] {
            let answer = app.visitor().get(&path).await.unwrap();
            assert!(
                !answer.text().contains("href=\"https://evil") && !answer.text().contains("value=\"https://evil"),
                "{path}"
            );
            assert!(!answer.text().contains("value=\"//evil"), "{path}");
            assert!(
                answer.location.as_deref().is_none_or(|to| to.starts_with('/') && !to.starts_with("//")),
                "{path}: {:?}",
                answer.location
            );
        }
    }
}

#[tokio::test]
async fn no_answer_carries_a_header_somebody_wrote() {
    let app = App::start().await.unwrap();
    let merchant = app.signed_in(Role::Merchant, "headers").await.unwrap();
    for path in [
        "/console?x=%0d%0aX-Evil:%201",
        "/console/%0d%0aX-Evil:%201",
        "/proofs/%0d%0aX-Evil:1",
        "/?lang=en%0d%0aX-Evil:1",
        "/search?q=%0d%0aX-Evil:1",
    ] {
        for client in [app.visitor(), merchant.clone()] {
            let answer = client.get(path).await.unwrap();
            let location = answer.location.clone().unwrap_or_default();
            assert!(!location.contains(['\r', '\n']), "{path}: {location:?}");
            assert!(!answer.status.is_server_error(), "{path}: {}", answer.status);
        }
    }
}

#[tokio::test]
async fn a_token_does_what_its_scopes_say_and_nothing_after_it_is_revoked() {
    let app = App::start().await.unwrap();
    let admin = app.signed_in(Role::Manager, "owner").await.unwrap();
    let made = admin
        .post_json("/v1/tokens", &json!({ "name": "reader", "scopes": ["merchants_read"], "days": 1 }))
        .await
        .unwrap();
    let made = made.ok().unwrap();
    let token = Client::with_token(app.product.router.clone(), made["secret"].as_str().unwrap());
    assert_eq!(token.get("/v1/merchants").await.unwrap().status, StatusCode::OK);
    for path in ["/v1/listings", "/v1/review/items", "/v1/policies", "/v1/acts"] {
        let answer = token.get(path).await.unwrap();
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}: {}", answer.text());
    }
    let widened = json!({ "name": "more", "scopes": ["policies_manage"], "days": 1 });
    assert!(token.post_json("/v1/tokens", &widened).await.unwrap().status.is_client_error(), "a token makes no tokens");
    for scopes in [json!([]), json!(["*"]), json!(["accounts_manage"]), json!(["no.such"])] {
        let answer = admin.post_json("/v1/tokens", &json!({ "name": "x", "scopes": scopes, "days": 1 })).await.unwrap();
        refused(&answer, 422, "invalid_input");
    }
    for days in [0, -1, i64::MAX] {
        let answer = admin
            .post_json("/v1/tokens", &json!({ "name": "x", "scopes": ["merchants_read"], "days": days }))
            .await
            .unwrap();
        refused(&answer, 422, "invalid_input");
    }
    let revoke = format!("/v1/tokens/{}", made["id"].as_str().unwrap());
    assert!(admin.send_json(Method::DELETE, &revoke, &json!({})).await.unwrap().status.is_success());
    refused(&token.get("/v1/merchants").await.unwrap(), 401, "token_invalid");
    for forged in ["ts_", "ts_00000000", "Bearer", "", "\u{7f}", &"x".repeat(10_000)] {
        let request = app
            .visitor()
            .request(Method::GET, "/v1/merchants")
            .header(header::AUTHORIZATION, format!("Bearer {forged}").trim().as_bytes());
        let Ok(request) = request.body(Body::empty()) else { continue };
        refused(&sent(&app.visitor(), request).await, 401, "token_invalid");
    }
}

#[tokio::test]
async fn an_ended_session_opens_nothing() {
    let app = App::start().await.unwrap();
    let client = app.signed_in(Role::Reviewer, "leaving").await.unwrap();
    assert_eq!(client.get("/console/review").await.unwrap().status, StatusCode::OK);
    client.post_form("/sign-out", &[]).await.unwrap();
    let answer = client.get("/console/review").await.unwrap();
    assert!(answer.location.unwrap_or_default().starts_with("/sign-in"));
    refused(&client.get("/v1/review/items").await.unwrap(), 401, "signed_out");
}
